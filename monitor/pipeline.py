"""The way of one number, on one page: feeds, observations, assessments, findings, alerts. What is told of them is in post.py.

One direction, no step reaches back. From the history to the findings everything is a pure function of (declarations,
observations, as-of date; monitor.standing), so the live run and the replay of a year are the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine

from monitor.assess.history import lay_out
from monitor.assess.reckoning import reckoned
from monitor.feeds.declaration import Feed
from monitor.language import ZONE
from monitor.measuring import step
from monitor.model.alert import Change
from monitor.model.observation import Taken
from monitor.model.problem import Problem, Problems
from monitor.reassessment import Assessing, current, keep, known_figures, known_standing, since
from monitor.rules.load import Declared
from monitor.standing.assessing import changed
from monitor.standing.known import Standing
from monitor.standing.past import gone_on
from monitor.store import alerts as stored_alerts
from monitor.store import sources as stored_sources
from monitor.store import taking
from monitor.store.database import writing
from monitor.workspace import Workspace

if TYPE_CHECKING:
    from monitor.feeds.read import Opened


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
class Evaluation:
    """A standing, of those units alone of which it can be another than at the last one, and what it changed. `found`: how many
    rules hold of all units; `withheld`: why nothing was recorded, a source string with {number}, {day} and {count};
    `asked`: as of which day that was, where the resolution may have retired before it.
    """

    standing: Standing
    changes: list[Change]
    found: int
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
        number = self.standing.declared.resolution.number
        return {"number": number, "count": self.found, "changes": changed, "day": self.day.isoformat()}

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
    from monitor.feeds.read import open_feed  # noqa: PLC0415 - what reads files, those who only look need not import

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
    from monitor.feeds.read import quarantined  # noqa: PLC0415 - as above

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
        taken = taking.add(connection, feed.id, reading, workspace.calendar(feed), moment.now, moment.as_of, without)
        taking.note_reading(connection, reading, taken, told, moment.now)
        stored_sources.note(connection, feed.id, workspace.meaning(feed), opened.fetched.tag, moment.now)
        stored_sources.note_pieces(connection, feed.id, workspace.meaning(feed), opened.digests)
    if settle:
        opened.settle()
    return Ingestion(feed.id, taken, problems, quarantined(reading.quarantine))


def stand(
    workspace: Workspace, engine: Engine, declared: Declared, as_of: date, by: Assessing | None = None
) -> Standing:
    """Where every series stands as of a day, and which rules hold: nothing is written. Of a resolution that has retired, where it
    stood then. `by`: see reassessment.known_standing.
    """
    with engine.connect() as connection:
        return known_standing(workspace, connection, declared, as_of, by)


def whole(workspace: Workspace, engine: Engine, standing: Standing, by: Assessing | None = None) -> Standing:
    """The standing of an evaluation with all units, also where only some were assessed anew: as letters tell of it."""
    return standing if standing.units is None else stand(workspace, engine, standing.declared, standing.as_of, by)


def evaluate(
    workspace: Workspace,
    engine: Engine,
    declared: Declared,
    moment: Moment,
    tell: Tell | None = None,
    by: Assessing | None = None,
) -> Evaluation:
    """Turn what holds as of a day into alerts, in one transaction. As of a day before the last evaluation, or of one to come,
    nothing is recorded.

    Only what can stand otherwise than at the last evaluation is assessed, where that is known (standing.concern): what comes of
    it is the same. The standing is that of the figures stored when it is recorded: others cannot write within the transaction,
    and what they wrote just before it is reckoned with.

    `tell` is called within the transaction, so that what it posts is posted if and only if the alerts have changed. `by`: see
    reassessment.current.
    """
    identifier, rules = declared.resolution.id, declared.rules
    with engine.connect() as connection:
        now = current(workspace, connection, declared, moment.as_of, by)
    if moment.ahead:
        message = "{number}: {day} is yet to come, so nothing is recorded as of it; {count} rules hold then."
        return Evaluation(now.standing, [], now.found, message, moment.as_of)
    with writing(engine) as connection:
        last = stored_alerts.last_evaluation(connection, identifier, moment.latest)
        if last is not None and moment.as_of < last:
            message = "{number}: a later day was evaluated before, so nothing is recorded as of {day}; {count} rules hold then."
            return Evaluation(now.standing, [], now.found, message, moment.as_of)
        if now.since != since(connection, identifier):
            # Another has stored figures or evaluated meanwhile, and may have told of them.
            now = current(workspace, connection, declared, moment.as_of, by)
        with step("alerts"):
            present = stored_alerts.alerts(connection, identifier, now.standing.units)
            changes = changed(present, now.standing, moment.as_of)
            stored_alerts.keep_ruleset(connection, rules.version, identifier, moment.as_of, rules.kept)
            stored_alerts.record(connection, changes, present)
            stored_alerts.note_evaluation(connection, identifier, moment.as_of, rules.version, now.found)
            keep(connection, now, moment.as_of)
            done = Evaluation(now.standing, changes, now.found)
            if tell is not None:
                tell(connection, done, moment)
    return done


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
            ingest(workspace, engine, feed, source, moment, settle=False)
        yield moment, [evaluate(workspace, engine, declared, moment) for declared in workspace.in_force(moment.as_of)]


def monthly_series(workspace: Workspace, engine: Engine) -> pd.DataFrame:
    """The whole stored history as back-tests read it: series (`target unit`), period, value (of a flow: added), kind."""
    declared = workspace.resolutions[-1]
    resolution, jump = declared.resolution, declared.thresholds.jump
    with engine.connect() as connection:
        observations = known_figures(workspace, connection, declared, date.max, placed=False)
    series = declared.series(date.max)
    first = resolution.of_year(date.max).first
    history = reckoned(lay_out(gone_on(declared, observations), series, first, jump), series)
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
