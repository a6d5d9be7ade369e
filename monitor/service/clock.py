"""The time by which the service lives: the system's, or one of its own that begins on another day and runs faster."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol

# A clock that is set while nobody looks is noticed after so long at the latest.
LOOK_AGAIN = 30.0


class Clock(Protocol):
    """What the service asks of a clock."""

    def now(self) -> datetime:
        """This instant, with its zone."""

    def wait(self, event: threading.Event, until: datetime | None) -> None:
        """Return when `event` is set, or when it may be `until` (None: when it is set)."""

    def run_to(self, moment: datetime | None) -> None:
        """Nothing is due before `moment` (None: nothing at all): a clock of its own goes no further, so that neither its pace nor
        the machine's decides what comes before what.
        """

    def hold(self) -> None:
        """Work begins: a clock of its own stands still until all work is done, so that its pace does not decide what is late."""

    def release(self) -> None:
        """Work ends."""


@contextmanager
def still(clock: Clock) -> Iterator[datetime]:
    """The clock held, and its time."""
    clock.hold()
    try:
        yield clock.now()
    finally:
        clock.release()


class SystemClock:
    """The system's own, which may be set back and forth."""

    def now(self) -> datetime:
        """As Clock's."""
        return datetime.now(UTC)

    def wait(self, event: threading.Event, until: datetime | None) -> None:
        """As Clock's."""
        seconds = LOOK_AGAIN if until is None else (until - self.now()).total_seconds()
        event.wait(min(max(seconds, 0.0), LOOK_AGAIN))

    def run_to(self, moment: datetime | None) -> None:
        """As Clock's: the system's time goes on."""

    def hold(self) -> None:
        """As Clock's: the system's time goes on."""

    def release(self) -> None:
        """As Clock's."""


class FastClock:
    """Begins at `start`, and runs `speed` times as fast as the system's to what is due next, and no further than `end`; it stands
    still while there is work.
    """

    def __init__(self, start: datetime, speed: float, end: datetime) -> None:
        self._reached, self._speed, self._end = start, speed, end
        self._since, self._until = time.monotonic(), start
        self._held = 0
        self._changed = threading.Condition()

    def now(self) -> datetime:
        """As Clock's."""
        with self._changed:
            return self._now()

    def wait(self, event: threading.Event, until: datetime | None) -> None:
        """As Clock's."""
        event.wait(None if until is None else max((until - self.now()).total_seconds(), 0.0) / self._speed)
        with self._changed:
            # Who is told to stop does not wait for work that was abandoned, and so never lets go of the clock.
            while not event.is_set() and not self._changed.wait_for(lambda: self._held == 0, timeout=0.2):
                continue

    def run_to(self, moment: datetime | None) -> None:
        """As Clock's."""
        with self._changed:
            self._stop()
            self._until = self._reached if moment is None else min(moment, self._end)

    def hold(self) -> None:
        """As Clock's."""
        with self._changed:
            self._stop()
            self._held += 1

    def release(self) -> None:
        """As Clock's."""
        with self._changed:
            self._held -= 1
            self._since = time.monotonic()
            self._changed.notify_all()

    def _stop(self) -> None:
        self._reached, self._since = self._now(), time.monotonic()

    def _now(self) -> datetime:
        if self._held:
            return self._reached
        run = self._reached + timedelta(seconds=self._speed * (time.monotonic() - self._since))
        return max(self._reached, min(run, self._until))
