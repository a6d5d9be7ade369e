"""What is done when: the jobs that feeds, routes and the passing of days ask for, run by whoever leads.

A job that the database or a feed keeps from being done is done again soon; one that fails is told of. Every job can be done again
without harm: what it writes it writes in one transaction, or finds written.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from apscheduler.triggers.date import DateTrigger
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from monitor import pipeline, post
from monitor.acts import requests
from monitor.alerts.declaration import Route
from monitor.feeds.declaration import Feed, source_options
from monitor.feeds.sources import inbox
from monitor.language import Language
from monitor.pipeline import Moment
from monitor.post import Outlet
from monitor.reassessment import Assessing
from monitor.rules.load import Declared
from monitor.service.clock import Clock, still
from monitor.service.health import Meters
from monitor.service.keeper import Keeper
from monitor.service.scheduler import CARRY, WORK, Scheduler
from monitor.standing.known import Standing
from monitor.store import alerts as stored_alerts
from monitor.store import jobs as stored_jobs
from monitor.store import observations as stored_observations
from monitor.store import outbox, retention
from monitor.store.database import out_of_reach, writing
from monitor.store.jobs import Did, Outcome, Run, spoken
from monitor.syntax.timetable import cron_trigger
from monitor.workspace import Workspace

log = logging.getLogger(__name__)

# Once a day for what only time changes: reports overdue, due dates passed; and for what is kept long enough.
DAILY, NIGHTLY = "0 5 * * *", "0 3 * * *"
# How long after a failure of the database, and of a feed, the same is tried again.
AGAIN_DATABASE, AGAIN_FEED = timedelta(seconds=20), timedelta(hours=1)
# What is under way when the service is told to stop has so long to end; then it is abandoned: the next start does it again.
PATIENCE = 8.0
# What changed is evaluated after everything else that is due at the same instant: between two feeds half of the figures would be
# missing, and be told of as missing.
AFTER_ALL = timedelta(milliseconds=1)
EVALUATE, TIDY, DELIVER, CHANGED, RELOAD = "evaluate", "tidy", "deliver", "changed", "reload"


def jobs(workspace: Workspace) -> dict[str, str]:
    """Every scheduled job -> its cron line."""
    return {
        **{f"feed {feed.id}": feed.schedule for feed in workspace.feeds},
        EVALUATE: DAILY,
        **{f"digest {route.id}": route.schedule for route in workspace.alerts.routes},
        TIDY: NIGHTLY,
    }


def next_run(schedule: str, last: Run | None, now: datetime) -> datetime | None:
    """When a job is due: what was missed since its last run, or did not end well, now; a feed's first reading too."""
    trigger = cron_trigger(schedule)
    if last is None:
        due: datetime | None = trigger.get_next_fire_time(None, now)
        return due
    if last.outcome is not Outcome.DONE:
        return last.planned
    following: datetime | None = trigger.get_next_fire_time(last.planned, last.planned)
    return following


@dataclass
class Service:
    """One workspace served. `keep_days`: how long what has served its purpose is kept (store.retention); `workers`: who assesses,
    where it is not this process.
    """

    keeper: Keeper
    engine: Engine
    outlet: Outlet
    clock: Clock
    environment: Mapping[str, str]
    keep_days: int = 400
    workers: Assessing | None = None
    meters: Meters = field(default_factory=Meters)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(self.clock)
        self.under_way: dict[str, float] = {}
        self._unplanned = False
        self._planned: dict[str, str] = {}
        self._stood: tuple[tuple[Any, ...], Standing] | None = None

    @property
    def workspace(self) -> Workspace:
        """What is in force."""
        return self.keeper.held.workspace

    def plan(self) -> None:
        """Put every job on the schedule: when it is due next, or at once if that time went by while nobody served. By a schedule
        that was edited just now, nothing has been missed.
        """
        with still(self.clock) as now:
            self._plan(now)

    def _plan(self, now: datetime) -> None:
        self.keeper.keep(now)
        declared = jobs(self.workspace)
        with writing(self.engine) as connection:
            stored_jobs.forget(connection, [*declared, DELIVER, CHANGED, RELOAD])
            last = stored_jobs.runs(connection)
        for name in {job.id for job in self.scheduler.get_jobs()} - declared.keys():
            self.scheduler.remove_job(name)
        for name, schedule in declared.items():
            first = name.startswith("feed ") and name not in last
            edited = self._planned.get(name, schedule) != schedule
            due = now if first else next_run(schedule, None if edited else last.get(name), now)
            self._add(name, cron_trigger(schedule), due, WORK)
        self._planned = declared
        self._soon(CHANGED, now + AFTER_ALL, WORK)
        self._deliver_next(now)

    def unplan(self) -> None:
        """Take every job off the schedule: another leads."""
        self.scheduler.remove_all_jobs()

    def end(self) -> bool:
        """Begin nothing any more; whether what was under way ended in time."""
        self.stopping.set()
        self.unplan()
        until = time.monotonic() + PATIENCE
        while self.under_way and time.monotonic() < until:
            time.sleep(0.05)
        finished = not self.under_way
        if not finished:
            log.warning("abandoned: %s; the next start does it again", ", ".join(self.under_way))
        self.scheduler.shutdown(wait=finished)
        return finished

    def files_changed(self) -> None:
        """Look at the files of the workspace: between two jobs, so that none works with two versions; or now, without jobs."""
        if self.scheduler.get_jobs():
            with still(self.clock) as now:
                self._soon(RELOAD, now, WORK)
        else:
            self.keeper.reload()

    def _reload(self) -> Did:
        """Put a new version to work, or tell what is wrong with it."""
        self._unplanned = self.keeper.reload() or self._unplanned
        if not self._unplanned:
            return Did("nothing is new")
        self.plan()
        self._unplanned = False
        held = self.keeper.held
        if held.refused:
            return Did("the edited files are refused")
        if held.waiting:
            return Did("the edited files wait for `monitor apply`")
        return Did("version {version} of the files is in force", {"version": held.hash[:12]})

    def data_changed(self) -> None:
        """Files of the feeds have changed: read those feeds now, inboxes when what was dropped there has come to rest."""
        with still(self.clock) as now:
            for feed in self.workspace.feeds:
                name, options = f"feed {feed.id}", source_options(feed)
                if feed.source["kind"] in ("file", "inbox") and self.scheduler.get_job(name) is not None:
                    rest = options.settled + 1 if isinstance(options, inbox.Options) else 0
                    self.scheduler.modify_job(name, next_run_time=now + timedelta(seconds=rest))

    def acted(self) -> None:
        """Somebody has reported or asked: reckon with it soon, and deliver what is owed; another leader does at its time."""
        if self.scheduler.get_jobs():
            with still(self.clock) as now:
                self._soon(CHANGED, now + AFTER_ALL, WORK)
                self._deliver_next(now)

    def _add(
        self, name: str, trigger: Any, due: datetime | None, hand: str, run: Callable[..., None] | None = None
    ) -> None:
        """Put a job on the schedule; the scheduler fills in `planned` when it is due."""
        self.scheduler.add_job(
            run or functools.partial(self._run, name),
            trigger,
            id=name,
            kwargs={"planned": due},
            executor=hand,
            next_run_time=due,
            replace_existing=True,
        )

    def _soon(self, name: str, when: datetime, hand: str) -> None:
        """Once, at `when`, unless it is to be done sooner anyhow."""
        present = self.scheduler.next_run(name)
        if present is None or present > when:
            self._add(name, DateTrigger(when), when, hand)

    def _run(self, name: str, planned: datetime) -> None:
        """One run of a job, from taking it to writing down how it ended."""
        # In this order, as `end` asks in the other: what that does not see under way sees here that it is not to begin. Begun, it
        # would ask the scheduler for what is due next, which on its way out keeps that from it and waits for it to end.
        self.under_way[name] = begun = time.monotonic()
        try:
            if not self.stopping.is_set():
                self._attempt(name, planned)
        except DBAPIError as error:
            if not out_of_reach(error):
                raise
            log.error("%s: the database does not answer, again in %s: %s", name, AGAIN_DATABASE, error.orig)
            self.meters.runs.labels(name.split(maxsplit=1)[0], "database").inc()
            hand = CARRY if name == DELIVER else WORK
            again = self.clock.now() + AGAIN_DATABASE
            missed = functools.partial(self._run_again, name, planned)
            self._add(f"{name} again", DateTrigger(again), again, hand, missed)
        finally:
            self.meters.seconds.labels(name.split(maxsplit=1)[0]).observe(time.monotonic() - begun)
            self.under_way.pop(name, None)
            self.clock.release()

    def _run_again(self, name: str, missed: datetime, planned: datetime) -> None:  # noqa: ARG002 - what counts is what was missed
        """A run that the database kept from being done at its time."""
        self._run(name, missed)

    def _attempt(self, name: str, planned: datetime) -> None:
        with writing(self.engine) as connection:
            once = name not in (DELIVER, CHANGED, RELOAD)
            if not stored_jobs.begin(connection, name, planned, self.clock.now(), once=once):
                return
        outcome = Outcome.DONE
        try:
            did = self._work(name, Moment.at(self.clock.now()))
        except Exception as error:
            if isinstance(error, DBAPIError) and out_of_reach(error):
                raise
            log.exception("%s: failed", name)
            reason = f"{type(error).__name__}: {error}".splitlines()[0][:500]
            outcome, did = Outcome.FAILED, [Did("{reason}", {"reason": reason})]
        now = self.clock.now()
        with writing(self.engine) as connection:
            stored_jobs.finish(connection, name, outcome, did, now)
        self.meters.runs.labels(name.split(maxsplit=1)[0], outcome.value).inc()
        if outcome is Outcome.DONE:
            self.meters.last.labels(name.split(maxsplit=1)[0]).set(now.timestamp())
        told = spoken(did, Language("en"))
        log.info("%s: %s %s", name, outcome.value, told, extra={"job": name, "outcome": outcome.value})
        if name != DELIVER:
            post.look_after(self.workspace, self.engine, self.outlet, Moment.at(now))
        self._deliver_next(now)
        self._measure()

    def _work(self, name: str, moment: Moment) -> list[Did]:
        kind, _, of = name.partition(" ")
        workspace = self.workspace
        match kind:
            case "feed":
                return [self._take(feed, moment) for feed in workspace.feeds if feed.id == of]
            case "digest":
                return [self._digest(route, moment) for route in workspace.alerts.routes if route.id == of]
            case "deliver":
                went = post.deliver(self.engine, self.outlet, self.clock.now, self.stopping.is_set)
                self.meters.delivered.inc(went)
                return [Did("{count} letters delivered", {"count": went})]
            case "reload":
                return [self._reload()]
            case "tidy":
                return [Did(*retention.tidy(self.engine, moment.now, timedelta(days=self.keep_days)))]
            case _:
                return self._evaluate(moment)

    def _take(self, feed: Feed, moment: Moment) -> Did:
        """Read a feed; one that cannot be read is tried again before its time."""
        opened = pipeline.open_source(self.workspace, feed, self.environment, self.engine)
        done = pipeline.ingest(self.workspace, self.engine, feed, opened, moment)
        for problem in (*done.problems, *done.quarantined):
            log.warning("feed %s: %s", feed.id, problem.render(Language("en")), extra={"feed": feed.id})
        counts = {"added": done.taken.added, "revised": done.taken.revised, "unusable": done.unusable}
        for kind, count in counts.items():
            self.meters.figures.labels(feed.id, kind).inc(count)
        name = f"feed {feed.id}"
        regular = self.scheduler.next_run(name)
        again = moment.now + AGAIN_FEED
        if done.problems and regular is not None and regular > again:
            self.scheduler.modify_job(name, next_run_time=again)
        if done.taken.added or done.taken.revised:
            self._soon(CHANGED, moment.now + AFTER_ALL, WORK)
        return Did("{added} new, {revised} revised, {unusable} unusable", counts)

    def _evaluate(self, moment: Moment) -> list[Did]:
        """Findings to alerts, for every resolution in force; what is grave is told at once."""
        told = []
        tell = functools.partial(post.post_urgent, self.workspace)
        for declared in self.workspace.in_force(moment.as_of):
            done = pipeline.evaluate(self.workspace, self.engine, declared, moment, tell, self.workers)
            if not done.recorded:
                log.warning("evaluate: %s", Language("en").say(done.withheld, **done.values))
            told.append(Did(done.withheld or "{number}: {count} rules hold, {changes} alerts changed.", done.values))
        late = requests.chase(self.workspace, self.engine, moment)
        if late:
            told.append(Did("{count} answers are late: those above are told", {"count": len(late)}))
        return told or [Did("no resolution is in force")]

    def _digest(self, route: Route, moment: Moment) -> Did:
        """A route's digest into the outbox."""
        if route.upkeep:
            open_ = post.remind_of_upkeep(self.workspace, self.engine, route, moment)
            return Did("a letter is posted") if open_ else Did("nothing is open")
        posted = []
        for declared in self.workspace.told(moment.as_of):
            standing = self._standing(declared, moment)
            if post.post_digest(self.workspace, self.engine, standing, route, moment):
                posted.append(declared.resolution.number)
        return Did("a letter is posted") if posted else Did("nothing is new")

    def _standing(self, declared: Declared, moment: Moment) -> Standing:
        """Where everything stands, for the routes that are told at the same time: reckoned once."""
        with self.engine.connect() as connection:
            figures = stored_observations.last_recorded(connection)
        key = (self.keeper.held.hash, declared.resolution.id, moment.as_of, figures)
        if self._stood is None or self._stood[0] != key:
            self._stood = (key, pipeline.stand(self.workspace, self.engine, declared, moment.as_of, self.workers))
        return self._stood[1]

    def _deliver_next(self, now: datetime) -> None:
        with self.engine.connect() as connection:
            due = outbox.next_due(connection)
        if due is not None:
            self._soon(DELIVER, max(due, now), CARRY)

    def _measure(self) -> None:
        """Figures for Prometheus that the store knows."""
        with self.engine.connect() as connection:
            active = stored_alerts.active_by_severity(connection)
            owed = outbox.by_state(connection)
        for severity, count in active.items():
            self.meters.alerts.labels(severity).set(count)
        for state, count in owed.items():
            self.meters.owed.labels(state).set(count)
        self.meters.refused.set(bool(self.keeper.held.refused))
