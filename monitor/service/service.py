"""What is done when: APScheduler calls the functions of the pipeline that `monitor run` calls.

One worker does everything, so that no two jobs ever touch the database at once; what comes late is done late, once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger
from sqlalchemy import Engine

from monitor import pipeline
from monitor.alerts.channels import Undeliverable
from monitor.alerts.declaration import Route
from monitor.feeds.declaration import Feed
from monitor.language import ZONE, Language
from monitor.model.timetable import cron_trigger
from monitor.pipeline import Moment, Standing
from monitor.workspace import Workspace

log = logging.getLogger(__name__)

# Once a day for what only time changes: reports overdue, due dates passed.
DAILY = "0 5 * * *"
RETRY_AFTER = timedelta(minutes=5)

Deliver = Callable[[Standing, Route, Moment], bool]


@dataclass
class Service:
    """One workspace served. `deliver` hands a route's digest over and tells whether it went now (raises Undeliverable:
    it is owed still); `clock` tells the time.
    """

    workspace: Workspace
    engine: Engine
    deliver: Deliver
    clock: Callable[[], datetime]

    def scheduler(self) -> BackgroundScheduler:
        """Everything scheduled, not yet started. The feeds are read and evaluated once at the start, too."""
        made = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=ZONE,
        )
        made.add_job(self.begin, id="begin", name="begin")
        for feed in self.workspace.feeds:
            made.add_job(self.take, cron_trigger(feed.schedule), [feed], id=f"feed {feed.id}", name=f"feed {feed.id}")
        made.add_job(self.evaluate, cron_trigger(DAILY), id="evaluate", name="evaluate")
        for route in self.workspace.alerts.routes:
            name = f"digest {route.id}"
            made.add_job(self.digest, cron_trigger(route.schedule), [route, made], id=name, name=name)
        return made

    def begin(self) -> None:
        """Take what came while nobody served."""
        taken = [self._take(feed) for feed in self.workspace.feeds]
        log.info("began: %d figures are new", sum(taken))
        self.evaluate()

    def take(self, feed: Feed) -> None:
        """Read a feed, and evaluate if it brought anything."""
        if self._take(feed):
            self.evaluate()

    def _take(self, feed: Feed) -> int:
        done = pipeline.ingest(self.engine, feed, pipeline.open_source(self.workspace, feed), self._moment())
        new = done.taken.added + done.taken.revised
        log.info(
            "feed %s: %d new, %d revised, %d unusable",
            feed.id,
            done.taken.added,
            done.taken.revised,
            len(done.quarantined),
        )
        for problem in done.problems:
            log.warning("feed %s: %s", feed.id, problem.render(Language("en")))
        return new

    def evaluate(self) -> None:
        """Findings to alerts, for every resolution in force."""
        moment = self._moment()
        for declared in self.workspace.in_force(moment.as_of):
            done = pipeline.evaluate(self.workspace, self.engine, declared, moment)
            told = [change.event for change in done.changes if change.event is not None]
            log.info(
                "%s: %d rules hold, %d alerts changed",
                declared.resolution.number,
                len(done.standing.findings),
                len(told),
            )

    def digest(self, route: Route, scheduler: BackgroundScheduler) -> None:
        """Deliver a route's digest; one that cannot be delivered is tried again, as of the same day, until it can."""
        self._deliver(route, self._moment(), scheduler)

    def _deliver(self, route: Route, moment: Moment, scheduler: BackgroundScheduler) -> None:
        for declared in self.workspace.told(moment.as_of):
            standing = pipeline.stand(self.workspace, self.engine, declared, moment.as_of)
            try:
                went = self.deliver(standing, route, moment)
            except Undeliverable as error:
                log.error("digest %s: not delivered, tried again in %s: %s", route.id, RETRY_AFTER, error)
                again = DateTrigger(datetime.now(ZONE) + RETRY_AFTER)
                scheduler.add_job(
                    self._deliver, again, [route, moment, scheduler], id=f"again {route.id}", replace_existing=True
                )
            else:
                log.info("digest %s: %s", route.id, "delivered" if went else "had been delivered before")

    def _moment(self) -> Moment:
        return Moment.at(self.clock())


def run_until(stop: threading.Event, service: Service) -> None:
    """Serve until `stop` is set; a job that is under way is finished first."""
    scheduler = service.scheduler()
    scheduler.start()
    log.info("serving %s: %d jobs", service.workspace.root, len(scheduler.get_jobs()))
    stop.wait()
    log.info("stopping")
    scheduler.shutdown(wait=True)
