"""The service in this process, on a clock that the test turns: real database, real files, real mail, no waiting.

Time jumps from one thing that is due to the next, as long as nothing is under way, up to where the test wants it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from monitor import workspace as workspaces
from monitor.language import ZONE
from monitor.post import Outlet
from monitor.service.keeper import Keeper
from monitor.service.service import Service
from monitor.store.database import default_url, open_database

PATIENCE = 60.0


class HandClock:
    """Stands still until it is turned."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._held = 0
        self._changed = threading.Condition()

    def now(self) -> datetime:
        with self._changed:
            return self._now

    def set(self, moment: datetime) -> None:
        with self._changed:
            self._now = moment
            self._changed.notify_all()

    def wait(self, event: threading.Event, until: datetime | None) -> None:  # noqa: ARG002 - it is turned to there
        event.wait(0.002)

    def run_to(self, moment: datetime | None) -> None:
        """It goes where it is turned."""

    def hold(self) -> None:
        with self._changed:
            self._held += 1

    def release(self) -> None:
        with self._changed:
            self._held -= 1
            self._changed.notify_all()

    @property
    def held(self) -> int:
        """How much is under way, or waits for its turn."""
        with self._changed:
            return self._held

    @property
    def idle(self) -> bool:
        return self.held == 0


def at(text: str) -> datetime:
    """`2024-05-21 06:00`, in the city."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


class Rig:
    """One instance that leads."""

    def __init__(
        self, root: Path, engine: Engine, start: str, server: str | None, environment: Mapping[str, str]
    ) -> None:
        self.root, self.engine, self.clock = root, engine, HandClock(at(start))
        self.keeper = Keeper(root, engine)
        outlet = Outlet(lambda: workspaces.addresses(root, None), server)
        self.service = Service(self.keeper, engine, outlet, self.clock, environment)
        self.service.scheduler.start()
        self.service.plan()

    def live_until(self, text: str) -> None:
        """Let everything happen that is due until then, each thing at its time."""
        end = at(text)
        self.settle()
        while (upcoming := self._next()) is not None and upcoming <= end:
            self.clock.set(max(upcoming, self.clock.now()))
            self.settle()
        self.clock.set(end)
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is due and nothing is under way."""
        waited = threading.Event()
        for _ in range(int(PATIENCE / 0.003)):
            upcoming = self._next()
            if self.clock.idle and (upcoming is None or upcoming > self.clock.now()):
                return
            waited.wait(0.003)
        raise AssertionError(f"still at work after {PATIENCE} s: {self.service.under_way}")

    def close(self) -> None:
        if self.service.scheduler.running:
            assert self.service.end()

    def _next(self) -> datetime | None:
        due = [job.next_run_time for job in self.service.scheduler.get_jobs() if job.next_run_time is not None]
        return min(due, default=None)


@contextmanager
def serving(
    root: Path,
    start: str,
    server: str | None = None,
    url: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Rig]:
    """A service that leads, from `start` on."""
    engine = open_database(url or default_url(root))
    rig = Rig(root, engine, start, server, os.environ if environment is None else environment)
    try:
        yield rig
    finally:
        rig.close()
        engine.dispose()


def later(moment: datetime, **more: float) -> str:
    """So much after a moment, as `at` reads it."""
    return (moment + timedelta(**more)).astimezone(ZONE).replace(tzinfo=None).isoformat()
