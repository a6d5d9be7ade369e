"""The way of one number, on one page: feeds, observations, assessments, findings, alerts, digests.

One direction, no step reaches back. From the history to the findings everything is a pure function of (declarations,
observations, as-of date), so the live run and the replay of a year are the same code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine

from monitor.alerts import render
from monitor.alerts.channels import Envelope, file, smtp
from monitor.alerts.declaration import Addresses, Route
from monitor.alerts.digest import Digest, digest
from monitor.alerts.lifecycle import transitions
from monitor.assess import assess
from monitor.assess.history import lay_out
from monitor.feeds.declaration import Feed
from monitor.feeds.read import Opened, open_feed, quarantined
from monitor.language import ZONE
from monitor.model.alert import Change
from monitor.model.finding import Finding
from monitor.model.observation import Taken
from monitor.model.period import Calendar
from monitor.model.problem import Problem
from monitor.rules.findings import figures, find
from monitor.rules.load import Declared
from monitor.store import alerts as stored_alerts
from monitor.store import deliveries as stored_deliveries
from monitor.store import observations as stored_observations
from monitor.store.database import writing
from monitor.workspace import Workspace


@dataclass(frozen=True)
class Moment:
    """When a run takes place: the day it looks from, and the instant it writes down."""

    as_of: date
    now: datetime

    @classmethod
    def at(cls, now: datetime) -> Moment:
        """The run of an instant."""
        return cls(now.astimezone(ZONE).date(), now)

    @classmethod
    def end_of(cls, as_of: date) -> Moment:
        """A run as of a past day takes place at its end."""
        return cls(as_of, datetime.combine(as_of, time(23, 59, 59), tzinfo=ZONE))


@dataclass(frozen=True)
class Ingestion:
    """What one reading of a feed brought; `problems`: files that could not be read, `quarantined`: figures of no use."""

    feed: str
    taken: Taken
    problems: tuple[Problem, ...]
    quarantined: tuple[Problem, ...]


@dataclass(frozen=True)
class Standing:
    """What is so as of a day. `assessments`: see assess; `observations`: the figures known by then, with their cells."""

    declared: Declared
    as_of: date
    observations: pd.DataFrame
    assessments: pd.DataFrame
    findings: list[Finding]


@dataclass(frozen=True)
class Evaluation:
    """A standing and what it changed. `recorded`: false when a later day was evaluated before, so nothing was written."""

    standing: Standing
    changes: list[Change]
    recorded: bool


def open_source(workspace: Workspace, feed: Feed) -> Opened:
    """The feed's files as they stand now."""
    first, last = workspace.months
    return open_feed(feed, workspace.feeds_folder, workspace.targets, workspace.units, first, last)


def ingest(engine: Engine, feed: Feed, opened: Opened, moment: Moment) -> Ingestion:
    """Store what is new in an opened feed as of a day, all or nothing."""
    reading = opened.known_by(moment.as_of)
    problems = opened.problems
    told: list[dict[str, object]] = [
        {"place": p.place(), "message": p.message, "values": {k: str(v) for k, v in p.values.items()}} for p in problems
    ]
    with writing(engine) as connection:
        taken = stored_observations.add(connection, feed.id, reading, feed.calendar, moment.now, moment.as_of)
        stored_observations.note_reading(connection, feed.id, reading, told, moment.now)
    return Ingestion(feed.id, taken, problems, quarantined(reading.quarantine))


def stand(workspace: Workspace, engine: Engine, declared: Declared, as_of: date) -> Standing:
    """Where every series stands as of a day, and which rules hold: nothing is written."""
    with engine.connect() as connection:
        observations = stored_observations.observations(connection, as_of)
    expected = _expected(workspace, declared, observations, as_of)
    assessments = assess(observations, declared.series, declared.resolution, declared.thresholds, expected)
    findings = find(assessments, declared.rules, declared.unit_names, observations)
    return Standing(declared, as_of, observations, assessments, findings)


def evaluate(workspace: Workspace, engine: Engine, declared: Declared, moment: Moment) -> Evaluation:
    """Turn what holds as of a day into alerts, in one transaction. As of a day before the last evaluation nothing is recorded."""
    standing = stand(workspace, engine, declared, moment.as_of)
    identifier, rules = declared.resolution.id, declared.rules
    with writing(engine) as connection:
        last = stored_alerts.last_evaluation(connection, identifier)
        if last is not None and moment.as_of < last:
            return Evaluation(standing, [], recorded=False)
        present = stored_alerts.alerts(connection, identifier)
        names = frozenset(rule.name for rule in rules.rules)
        changes = transitions(
            present, standing.findings, rules.version, names, figures(standing.assessments), moment.as_of
        )
        stored_alerts.keep_ruleset(connection, rules.version, identifier, moment.as_of, rules.kept)
        stored_alerts.record(connection, changes)
        stored_alerts.note_evaluation(connection, identifier, moment.as_of, rules.version, len(standing.findings))
    return Evaluation(standing, changes, recorded=True)


def digest_for(workspace: Workspace, engine: Engine, standing: Standing, route: Route) -> Digest:
    """The route's digest as of the standing's day, against the one before it."""
    declared, as_of = standing.declared, standing.as_of
    with engine.connect() as connection:
        alerts = stored_alerts.alerts(connection, declared.resolution.id)
        events = stored_alerts.events(connection, declared.resolution.id, until=as_of)
        previous = stored_deliveries.previous(connection, declared.resolution.id, route.id, as_of)
    synthetic = standing.observations["feed"].isin([feed.id for feed in workspace.feeds if feed.synthetic]).any()
    return digest(
        route,
        declared.resolution,
        declared.groups,
        declared.unit_names,
        declared.series,
        standing.assessments,
        alerts,
        standing.findings,
        events,
        previous,
        as_of,
        bool(synthetic),
    )


def write_digest(
    workspace: Workspace, engine: Engine, standing: Standing, route: Route, moment: Moment, folder: Path
) -> tuple[Path, ...]:
    """The route's digest as files in `folder`; their paths. Written again it is the same, or has the newer figures."""
    letter = render.letter(digest_for(workspace, engine, standing, route), workspace.alerts.templates)
    envelope = _envelope(standing, route, moment, folder, ())
    paths = file.deliver(letter, envelope)
    with writing(engine) as connection:
        _note(connection, envelope, "file", moment)
    return paths


def mail_digest(
    workspace: Workspace,
    engine: Engine,
    standing: Standing,
    route: Route,
    moment: Moment,
    url: str,
    addresses: Addresses,
) -> bool:
    """Mail the route's digest unless that day's has gone out; whether it went now. Raises Undeliverable, and it is still owed.

    The row is written while other writers wait, so two processes never send the same; a process killed between the server's
    acceptance and the row sends again under the same Message-ID.
    """
    letter = render.letter(digest_for(workspace, engine, standing, route), workspace.alerts.templates)
    envelope = _envelope(standing, route, moment, workspace.root, addresses.of(route))
    with writing(engine) as connection:
        if stored_deliveries.delivered(connection, envelope.resolution, route.id, envelope.as_of, "smtp"):
            return False
        smtp.deliver(letter, envelope, url)
        _note(connection, envelope, "smtp", moment)
    return True


def _envelope(standing: Standing, route: Route, moment: Moment, folder: Path, addresses: tuple[str, ...]) -> Envelope:
    resolution = standing.declared.resolution.id
    name = f"<{resolution}.{route.id}.{standing.as_of.isoformat()}@compliance-monitor>"
    return Envelope(route, resolution, standing.as_of, moment.now, name, folder, addresses)


def _note(connection: Connection, envelope: Envelope, channel: str, moment: Moment) -> None:
    stored_deliveries.note_delivery(
        connection, envelope.resolution, envelope.route.id, envelope.as_of, channel, envelope.message_id, moment.now
    )


def month_ends(first: pd.Period, last: pd.Period) -> Iterator[Moment]:
    """The last day of every month, for a replay."""
    for month in pd.period_range(first, last, freq="M"):
        yield Moment.end_of(month.end_time.date())


def replay(
    workspace: Workspace, engine: Engine, opened: list[tuple[Feed, Opened]], moments: Iterable[Moment]
) -> Iterator[tuple[Moment, list[Evaluation]]]:
    """Live through `moments` in a database of their own, telling what each brought."""
    for moment in moments:
        for feed, source in opened:
            ingest(engine, feed, source, moment)
        yield moment, [evaluate(workspace, engine, declared, moment) for declared in workspace.in_force(moment.as_of)]


def monthly_series(workspace: Workspace, engine: Engine) -> pd.DataFrame:
    """The whole stored history as back-tests read it: series (`target unit`), period, value (of a flow: added), kind."""
    declared = workspace.resolutions[-1]
    resolution, jump = declared.resolution, declared.thresholds.jump
    with engine.connect() as connection:
        observations = stored_observations.observations(connection, date.max)
    history = lay_out(observations, declared.series, resolution.first, resolution.last, jump)
    kinds = declared.series["measure"].to_numpy()
    every, length = np.ones(len(kinds), dtype=bool), history.length
    past, year = history.monthly(every, history.values[:, history.year], np.full(len(kinds), length))
    months = np.concatenate([past, year[:, None, :]], axis=1).reshape(len(kinds), -1)
    names = [f"{target} {unit}" for target, unit in declared.series.index]
    periods = pd.period_range(end=resolution.last, periods=months.shape[1], freq="M").astype(str)
    table = pd.DataFrame(
        {
            "series": np.repeat(names, len(periods)),
            "period": np.tile(periods, len(names)),
            "value": months.ravel(),
            "kind": np.repeat(kinds, len(periods)),
        }
    )
    return table[table["kind"] != "milestone"].dropna()


def _expected(workspace: Workspace, declared: Declared, observations: pd.DataFrame, as_of: date) -> pd.Series:
    """The month by which each target's figures should have come, by the calendar of the feed that last brought them."""
    calendars = {feed.id: feed.calendar for feed in workspace.feeds}
    months = {calendar: calendar.last_due(as_of) for calendar in {Calendar(), *calendars.values()}}
    feeds = observations.drop_duplicates("target", keep="last").set_index("target")["feed"]
    by_feed = feeds.reindex(list(declared.targets)).map(calendars)
    return by_feed.map(lambda calendar: months[calendar if isinstance(calendar, Calendar) else Calendar()])
