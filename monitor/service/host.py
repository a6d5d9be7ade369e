"""The process around the service: its threads, its signals, its end."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from watchfiles import DefaultFilter, watch

from monitor import workspace as workspaces
from monitor.language import Language
from monitor.service import systemd
from monitor.service.health import Report
from monitor.service.leadership import ASK_EVERY, Leadership, leadership
from monitor.service.service import Service
from monitor.store import jobs as stored_jobs
from monitor.store import outbox

log = logging.getLogger(__name__)

# A job that runs for longer than this hangs.
LONGEST_JOB = 1800.0
_WAKE = 0.5


class Page(Protocol):
    """What is served beside the work."""

    @property
    def port(self) -> int:
        """Where it listens."""

    def close(self) -> None:
        """Stop listening."""


class Host:
    """Runs one service until it is told to stop."""

    def __init__(self, service: Service, root: Path) -> None:
        self._service, self._root = service, root
        self._stop = service.stopping
        self._reload = threading.Event()
        self._leadership: Leadership = leadership(service.engine)
        self._leads = False
        self._since = time.monotonic()

    def run(self, serve: Callable[[Host], Page] | None) -> bool:
        """Serve, with the page that `serve` opens. Whether everything under way could be finished in time."""
        page = serve(self) if serve is not None else None
        watching = threading.Thread(target=self._watch, name="watch", daemon=True)
        with self._signals():
            self._service.scheduler.start()
            watching.start()
            if page is not None:
                log.info(
                    "page on http://127.0.0.1:%d/, health page on http://127.0.0.1:%d/healthz", page.port, page.port
                )
            systemd.notify("READY=1")
            self._attend()
        log.info("stopping")
        systemd.notify("STOPPING=1")
        finished = self._service.end()
        if page is not None:
            page.close()
        self._leadership.resign()
        return finished

    def health(self) -> tuple[bool, Report]:
        """Whether the service does its work, and on what."""
        held, english = self._service.keeper.held, Language("en")
        stuck = [name for name, since in self._service.under_way.items() if time.monotonic() - since > LONGEST_JOB]
        alive = self._service.scheduler.running and not stuck and time.monotonic() - self._since < 12 * ASK_EVERY
        report: Report = {"leads": self._leads, "version": held.hash[:12], "hanging": stuck}
        report["edit_waits"] = held.waiting
        report["edit_refused"] = [f"{p.place()}  {p.text(english)}" for p in held.refused]
        try:
            with self._service.engine.connect() as connection:
                report["letters"] = outbox.by_state(connection)
                runs = stored_jobs.runs(connection).values()
            report["jobs"] = {run.id: f"{run.outcome.value} {run.started.isoformat()}" for run in runs}
        except SQLAlchemyError as error:
            alive, report["database"] = False, type(error).__name__
        return alive, report

    def ready(self) -> tuple[bool, Report]:
        """Whether it can be counted on: the files are read, the database answers."""
        try:
            with self._service.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except SQLAlchemyError as error:
            return False, {"database": type(error).__name__}
        return True, {"leads": self._leads}

    def _attend(self) -> None:
        """Lead when nobody else does; look at the files when asked; tell systemd that all is well."""
        pause = min(ASK_EVERY, systemd.watchdog_seconds() or ASK_EVERY)
        asked = 0.0
        while not self._stop.is_set():
            self._since = time.monotonic()
            if self._reload.is_set():
                self._reload.clear()
                systemd.reloading()
                self._guarded("reload", self._service.files_changed)
                systemd.notify("READY=1")
            if time.monotonic() - asked >= pause:
                asked = time.monotonic()
                self._lead()
                if self.health()[0]:
                    systemd.notify("WATCHDOG=1")
            self._stop.wait(_WAKE)

    def _lead(self) -> None:
        leads = self._leadership.leads()
        if leads and not self._leads:
            log.info("this instance leads")
            leads = self._guarded("plan", self._service.plan)
        elif self._leads and not leads:
            log.warning("this instance leads no longer")
            self._service.unplan()
        self._leads = leads
        self._service.meters.leads.set(leads)

    def _guarded(self, what: str, step: Any) -> bool:
        """A step that the database or the disk may fail: it is tried again at the next turn."""
        try:
            step()
        except (SQLAlchemyError, OSError) as error:
            log.error("%s: the database or the disk does not answer: %s", what, error)
            return False
        return True

    def _watch(self) -> None:
        """Notice what is saved in the workspace: declarations, and the feeds' own files."""
        folders = [self._root / name for name in workspaces.FOLDERS]
        while not self._stop.is_set():
            try:
                for changes in watch(
                    *(f for f in folders if f.is_dir()),
                    stop_event=self._stop,
                    watch_filter=DefaultFilter(),
                    debounce=1000,
                ):
                    paths = {Path(path) for _, path in changes}
                    if any(workspaces.declares(path, self._root) for path in paths):
                        self._reload.set()
                    if any(self._root / "feeds" in path.parents and path.suffix != ".yaml" for path in paths):
                        self._guarded("feeds", self._service.data_changed)
            except OSError as error:
                # A folder was taken away: look again, and at the files, which are refused meanwhile.
                log.warning("the workspace cannot be watched: %s", error)
                self._reload.set()
                self._stop.wait(ASK_EVERY)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT stop, SIGHUP looks at the files."""
        handlers = {
            signal.SIGTERM: lambda *_: self._stop.set(),
            signal.SIGINT: lambda *_: self._stop.set(),
            signal.SIGHUP: lambda *_: self._reload.set(),
        }
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
