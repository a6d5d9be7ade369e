"""The way of one number, on one page: feeds, observations, assessments, findings, alerts. What is told of them is in post.py.

One direction, no step reaches back. From the history to the findings everything is a pure function of (declarations,
observations, as-of date), so the live run and the replay of a year are the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine

from monitor.alerts.lifecycle import transitions
from monitor.assess import assess
from monitor.assess.history import lay_out
from monitor.assess.path import required_path
from monitor.assess.reckoning import reckoned
from monitor.assess.succession import carried_on, taken_up
from monitor.feeds.declaration import Feed
from monitor.feeds.read import Opened, open_feed, quarantined
from monitor.language import ZONE
from monitor.model.alert import Alert, Change
from monitor.model.finding import Finding
from monitor.model.observation import Taken
from monitor.model.period import Calendar
from monitor.model.problem import Problem, Problems
from monitor.model.unit_of_measure import conversion
from monitor.rules.findings import figures, find, with_held_back
from monitor.rules.load import Declared
from monitor.store import alerts as stored_alerts
from monitor.store import observations as stored_observations
from monitor.store import sources as stored_sources
from monitor.store.database import writing
from monitor.workspace import Workspace


@dataclass(frozen=True)
class Moment:
    """When a run takes place: the day it looks from, and the instant it writes down. `today`: the day it really is, where that is
    known.
    """

    as_of: date
    now: datetime
    today: date = date.max

    @classmethod
    def at(cls, now: datetime) -> Moment:
        """The run of an instant."""
        today = now.astimezone(ZONE).date()
        return cls(today, now, today)

    @classmethod
    def end_of(cls, as_of: date) -> Moment:
        """A run as of a past day takes place at its end."""
        return cls(as_of, datetime.combine(as_of, time(23, 59, 59), tzinfo=ZONE))

    @property
    def ahead(self) -> bool:
        """Whether it looks from a day to come: what would be recorded as of it would stand before all that happens until then."""
        return self.as_of > self.today

    def to_record(self) -> Moment:
        """Itself, as the moment of what is written down. Raises Problems (`as_of`) for a day to come."""
        if self.ahead:
            message = (
                "{day} is yet to come, and nothing is recorded as of it. Give today or a past day; `monitor status` looks "
                "ahead"
            )
            raise Problems([Problem("as_of", message, {"day": self.as_of})])
        return self

    @property
    def latest(self) -> date:
        """The last day that can have been looked from by now, with a day's grace for clocks that differ; what was recorded as of
        a later one stands in nobody's way.
        """
        return self.today if self.today == date.max else self.today + timedelta(days=1)


@dataclass(frozen=True)
class Ingestion:
    """What one reading of a feed brought; `problems`: files that could not be read, `quarantined`: figures of no use."""

    feed: str
    taken: Taken
    problems: tuple[Problem, ...]
    quarantined: tuple[Problem, ...]

    @property
    def unusable(self) -> int:
        """How many figures are of no use."""
        return sum(1 + problem.more for problem in self.quarantined)


@dataclass(frozen=True)
class Standing:
    """What is so as of a day. `series`: what is followed by the plan in force then; `assessments`: see assess; `observations`:
    the figures known by then, with their cells.
    """

    declared: Declared
    as_of: date
    series: pd.DataFrame
    observations: pd.DataFrame
    assessments: pd.DataFrame
    findings: list[Finding]


@dataclass(frozen=True)
class Evaluation:
    """A standing and what it changed. `withheld`: why nothing was recorded, a source string with {number}, {day} and {count};
    `asked`: as of which day that was, where the resolution may have retired before it.
    """

    standing: Standing
    changes: list[Change]
    withheld: str = ""
    asked: date | None = None

    @property
    def recorded(self) -> bool:
        """Whether the changes were written."""
        return not self.withheld

    @property
    def values(self) -> dict[str, object]:
        """What fills the messages about it."""
        changed = sum(change.event is not None for change in self.changes)
        number, found = self.standing.declared.resolution.number, len(self.standing.findings)
        return {"number": number, "count": found, "changes": changed, "day": self.day.isoformat()}

    @property
    def day(self) -> date:
        """As of which day it was asked for."""
        return self.asked or self.standing.as_of


Tell = Callable[[Connection, Evaluation, Moment], None]


def open_source(
    workspace: Workspace, feed: Feed, environment: Mapping[str, str], engine: Engine | None = None
) -> Opened:
    """The feed's source as it stands now. With an engine, one that says that nothing has changed since it was last stored is
    not fetched again, nor a file whose content is the same read again.
    """
    first, last = workspace.months
    tag, taken = "", dict[str, str]()
    if engine is not None:
        with engine.connect() as connection:
            tag = stored_sources.tag(connection, feed.id, workspace.meaning(feed))
            taken = stored_sources.pieces(connection, feed.id, workspace.meaning(feed))
    folder, (targets, units) = workspace.feeds_folder, workspace.spoken_of(feed)
    return open_feed(feed, folder, targets, units, first, last, environment, tag, taken)


def ingest(
    workspace: Workspace, engine: Engine, feed: Feed, opened: Opened, moment: Moment, *, settle: bool = True
) -> Ingestion:
    """Store what is new in an opened feed as of a day, all or nothing; then, if `settle`, tell its source that it is stored."""
    if opened.fetched.unchanged:
        return Ingestion(feed.id, Taken(feed.id), (), ())
    reading = opened.reading
    problems = opened.problems
    told: list[dict[str, object]] = [
        {"place": p.place(), "message": p.message, "values": {k: str(v) for k, v in p.values.items()}} for p in problems
    ]
    with writing(engine) as connection:
        bodies = workspace.bodies(feed)
        without = workspace.strangers(bodies) if bodies else frozenset[str]()
        taken = stored_observations.add(
            connection, feed.id, reading, workspace.calendar(feed), moment.now, moment.as_of, without
        )
        stored_observations.note_reading(connection, reading, taken, told, moment.now)
        stored_sources.note(connection, feed.id, workspace.meaning(feed), opened.fetched.tag, moment.now)
        stored_sources.note_pieces(connection, feed.id, workspace.meaning(feed), opened.digests)
    if settle:
        opened.settle()
    return Ingestion(feed.id, taken, problems, quarantined(reading.quarantine))


def stand(workspace: Workspace, engine: Engine, declared: Declared, as_of: date) -> Standing:
    """Where every series stands as of a day, and which rules hold: nothing is written. Of a resolution that has retired, where it
    stood then.
    """
    as_of = min(as_of, declared.resolution.retires)
    with engine.connect() as connection:
        observations = known_figures(workspace, connection, declared, as_of)
    return standing(workspace, declared, observations, as_of)


def known_figures(workspace: Workspace, connection: Connection, declared: Declared, as_of: date) -> pd.DataFrame:
    """The figures of a resolution's body as known at the end of a day (see store.observations.observations)."""
    return stored_observations.observations(connection, as_of, workspace.strangers({declared.resolution.body}))


def standing(
    workspace: Workspace,
    declared: Declared,
    observations: pd.DataFrame,
    as_of: date,
    targets: Collection[str] | None = None,
) -> Standing:
    """Where every series (or those of some targets) stands by the figures and the plan known as of a day: pure.

    observations: see store.observations.observations.
    """
    followed, plan = declared.series(as_of), declared.followed.by_month(as_of)
    if targets is not None:
        # A share is made from two others.
        of = followed[followed.index.get_level_values("target").isin(targets)]
        wanted = {*targets, *of["part"], *of["whole"]}
        followed = followed[followed.index.get_level_values("target").isin(wanted)]
        plan = {name: table.loc[followed.index] for name, table in plan.items()}
    expected = _expected(workspace, declared, observations, as_of)
    year = declared.resolution.of_year(as_of)
    plans = known_plans(workspace, declared, year.first, plan)
    assessments = assess(_history(declared, observations), followed, year, declared.thresholds, expected, plan, plans)
    assessments = with_held_back(assessments, followed)
    findings = find(assessments, declared.rules, declared.unit_names, observations)
    return Standing(declared, as_of, followed, observations, assessments, findings)


def _history(declared: Declared, observations: pd.DataFrame) -> pd.DataFrame:
    """The figures as the series of a resolution go on from them: with those of targets and of units that were there before."""
    return carried_on(taken_up(observations, declared.followed.continued), declared.followed.successions)


def known_plans(
    workspace: Workspace, declared: Declared, first: pd.Period, plan: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """What was to be reached, month by month: by the body's resolutions of a year each that were over before this one began, and
    by this one, where its plan changed in the year that begins with `first` (`plan`: see model.series.Followed.by_month).
    Columns target, unit, period, value (see assess).
    """
    tables = [pd.DataFrame({"target": [], "unit": [], "period": [], "value": np.array([], dtype=float)})]
    of = declared.resolution
    for earlier in workspace.resolutions:
        before = earlier.resolution
        if before.body == of.body and before.years == 1 and before.last < of.first:
            months = pd.period_range(before.first, before.last, freq="M")
            by_month = {str(m): earlier.followed.table(before.retires, m.end_time.date())["value"] for m in months}
            table = pd.concat(by_month, names=["period"]).reset_index().replace({"target": declared.followed.continued})
            factors = table["target"].map(_comparable(earlier, declared)).astype(float)
            tables.append(table.assign(value=table["value"] * factors)[factors.notna()])
    if plan:
        own = {str(first + n): plan["value"].iloc[:, n] for n in range(plan["value"].shape[1])}
        tables.append(pd.concat(own, names=["period"]).rename("value").reset_index())
    return pd.concat(tables[1:] or tables, ignore_index=True)[["target", "unit", "period", "value"]]


def _comparable(earlier: Declared, declared: Declared) -> dict[str, float]:
    """Target -> how many of its unit of measure one of the earlier one's is, of those that measure the same."""
    before = {declared.followed.continued.get(name, name): target for name, target in earlier.targets.items()}
    factors = {
        name: conversion(before[name].unit_of_measure, target.unit_of_measure)
        for name, target in declared.targets.items()
        if name in before and before[name].measure is target.measure
    }
    return {name: factor for name, factor in factors.items() if factor is not None}


def changed(present: Mapping[str, Alert], now: Standing, as_of: date) -> list[Change]:
    """What a standing does, as of a day, to the alerts that are present: pure."""
    rules = now.declared.rules
    names = {rule.name: rule.written.rule.until for rule in rules.rules}
    over = as_of > now.declared.resolution.retires
    return transitions(present, now.findings, rules.version, names, figures(now.assessments), as_of, over=over)


def evaluate(
    workspace: Workspace, engine: Engine, declared: Declared, moment: Moment, tell: Tell | None = None
) -> Evaluation:
    """Turn what holds as of a day into alerts, in one transaction. As of a day before the last evaluation, or of one to come,
    nothing is recorded.

    The standing is that of the figures stored when it is recorded: others cannot write within the transaction, and what they
    wrote just before it is reckoned with.

    `tell` is called within the transaction, so that what it posts is posted if and only if the alerts have changed.
    """
    identifier, rules = declared.resolution.id, declared.rules
    day = min(moment.as_of, declared.resolution.retires)
    with engine.connect() as connection:
        # First the number: what comes between the two questions is noticed below.
        seen = stored_observations.last_recorded(connection)
        observations = known_figures(workspace, connection, declared, day)
    now = standing(workspace, declared, observations, day)
    if moment.ahead:
        message = "{number}: {day} is yet to come, so nothing is recorded as of it; {count} rules hold then."
        return Evaluation(now, [], message, moment.as_of)
    with writing(engine) as connection:
        last = stored_alerts.last_evaluation(connection, identifier, moment.latest)
        if last is not None and moment.as_of < last:
            message = "{number}: a later day was evaluated before, so nothing is recorded as of {day}; {count} rules hold then."
            return Evaluation(now, [], message, moment.as_of)
        if stored_observations.last_recorded(connection) != seen:
            # Another has stored figures meanwhile, and may have told of them.
            observations = known_figures(workspace, connection, declared, day)
            now = standing(workspace, declared, observations, day)
        changes = changed(stored_alerts.alerts(connection, identifier), now, moment.as_of)
        stored_alerts.keep_ruleset(connection, rules.version, identifier, moment.as_of, rules.kept)
        stored_alerts.record(connection, changes)
        stored_alerts.note_evaluation(connection, identifier, moment.as_of, rules.version, len(now.findings))
        done = Evaluation(now, changes)
        if tell is not None:
            tell(connection, done, moment)
    return done


def month_ends(first: pd.Period, last: pd.Period) -> Iterator[Moment]:
    """The last day of every month, for a replay."""
    for month in pd.period_range(first, last, freq="M"):
        yield Moment.end_of(month.end_time.date())


def courses(standing: Standing, unit: str) -> dict[tuple[str, str], tuple[float, ...]]:
    """(target, a unit) -> what was reported in the resolution's year, month by month (a flow's year to date), NaN where
    nothing.
    """
    declared, resolution = standing.declared, standing.declared.resolution
    jump = declared.thresholds.jump
    series = standing.series
    first = resolution.of_year(standing.as_of).first
    history = reckoned(lay_out(_history(declared, standing.observations), series, first, jump), series)
    of = series.index.get_level_values("unit") == unit
    return dict(zip(series.index[of], map(tuple, history.values[of, history.year].tolist()), strict=True))


@dataclass(frozen=True)
class Drawn:
    """How every series of a standing went: `index` (target, unit) -> its row of `past` (years x rows x months, the oldest first),
    `year` (what was reported, a flow's year to date) and `required` (the path). NaN where nothing is. `first`: the year's first
    month; `due`: the month (1..) that decides.
    """

    index: pd.Index
    first: pd.Period
    past: np.ndarray
    year: np.ndarray
    required: np.ndarray
    due: np.ndarray

    def row(self, target: str, unit: str) -> int:
        """The row of a series; -1 of one that is not followed."""
        return int(self.index.get_indexer(pd.MultiIndex.from_tuples([(target, unit)]))[0])


def drawn(standing: Standing) -> Drawn:
    """What a chart of each series shows, past years beside this one: as the assessment saw them."""
    declared, series = standing.declared, standing.series
    first = declared.resolution.of_year(standing.as_of).first
    jump = declared.thresholds.jump
    history = reckoned(lay_out(_history(declared, standing.observations), series, first, jump), series)
    due = np.array([month.ordinal for month in series["due_month"]]) - first.ordinal + 1
    path = required_path(history, series, due, declared.followed.by_month(standing.as_of))
    years = history.years(history.values)
    past, year = np.moveaxis(years[:, :-1], 1, 0), years[:, -1]
    required = np.broadcast_to(path.required, year.shape)
    return Drawn(series.index, first, past, year, required, due)


def replay(
    workspace: Workspace, engine: Engine, opened: list[tuple[Feed, Opened]], moments: Iterable[Moment]
) -> Iterator[tuple[Moment, list[Evaluation]]]:
    """Live through `moments` in a database of their own, telling what each brought."""
    for moment in moments:
        for feed, source in opened:
            ingest(workspace, engine, feed, source, moment, settle=False)
        yield moment, [evaluate(workspace, engine, declared, moment) for declared in workspace.in_force(moment.as_of)]


def monthly_series(workspace: Workspace, engine: Engine) -> pd.DataFrame:
    """The whole stored history as back-tests read it: series (`target unit`), period, value (of a flow: added), kind."""
    declared = workspace.resolutions[-1]
    resolution, jump = declared.resolution, declared.thresholds.jump
    with engine.connect() as connection:
        observations = known_figures(workspace, connection, declared, date.max)
    series = declared.series(date.max)
    first = resolution.of_year(date.max).first
    history = reckoned(lay_out(_history(declared, observations), series, first, jump), series)
    kinds = series["measure"].to_numpy()
    every, length = np.ones(len(kinds), dtype=bool), history.length
    past, year = history.monthly(every, history.values[:, history.year], np.full(len(kinds), length))
    months = np.concatenate([past, year[:, None, :]], axis=1).reshape(len(kinds), -1)
    names = [f"{target} {unit}" for target, unit in series.index]
    periods = pd.period_range(end=first + length - 1, periods=months.shape[1], freq="M").astype(str)
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
    calendars = {feed.id: workspace.calendar(feed) for feed in workspace.feeds}
    usual = Calendar(days=workspace.alerts.calendar.days)
    months = {calendar: calendar.last_due(as_of) for calendar in {usual, *calendars.values()}}
    feeds = observations.drop_duplicates("target", keep="last").set_index("target")["feed"]
    by_feed = feeds.reindex(list(declared.targets)).map(calendars)
    return by_feed.map(lambda calendar: months[calendar if isinstance(calendar, Calendar) else usual])
