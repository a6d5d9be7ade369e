"""Figures in the store: appended, never overwritten; a reader sees what was known as of a day."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Set
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Connection, false, func, select, update

from monitor.model.observation import Reading, Taken, known_from
from monitor.model.period import Calendar
from monitor.store import columns
from monitor.store.columns import Columns
from monitor.store.database import inserting
from monitor.store.tables import feed_reading, observation, quarantine

_KEY = ["target", "unit", "period"]
_FACT = ["value", "unit_of_measure", "basis", "standing"]
_COLUMNS = list(observation.columns)
_NAMES = [column.name for column in _COLUMNS]
# Asked at every page: made once.
_LAST = select(func.max(observation.c.arrival))
# Figures that are compared with what stands, and stored, at a time.
_BLOCK = 100_000
_MANY = 5000


def observations(
    connection: Connection,
    as_of: date,
    without: Set[str] = frozenset(),
    *,
    units: Set[str] | None = None,
    targets: Set[str] | None = None,
    periods: Set[str] | None = None,
) -> pd.DataFrame:
    """Every figure as known at the end of `as_of`: one row a (target, unit, period), the one received last, and of one day's the
    one that arrived last; of all feeds but those `without` (of other bodies); of some `units`, `targets`, `periods` alone.

    Columns: the table's own; `received` (object of date), `value` (float64), `arrival` (int64); and `revision` (int64): how many
    figures were received for it by then.
    """
    query = select(*_COLUMNS).where(_known(as_of), observation.c.feed.not_in(without))
    for name, chosen in (("unit", units), ("target", targets), ("period", periods)):
        if chosen is not None:
            query = query.where(observation.c[name].in_(chosen))
    return _latest(columns.read(connection, query))


def _known(as_of: date) -> ColumnElement[bool]:
    """Received by a day: nearly all there is, so that SQLite must not go by the index of days, from place to place."""
    return func.coalesce(observation.c.received, as_of) <= as_of


def _latest(found: Columns) -> pd.DataFrame:
    """Of each (target, unit, period) the row received last, and of one day's the one that arrived last, with its `revision`."""
    target, unit, period, received = (found.texts[name] for name in (*_KEY, "received"))
    # One number for each key, in their order.
    key = (target.ranks.astype(np.int64) * len(unit.distinct) + unit.ranks) * len(period.distinct) + period.ranks
    order = np.lexsort((found.figures["arrival"], received.ranks, key))
    key = key[order]
    begins = np.flatnonzero(np.diff(key, prepend=-1))
    last = np.append(begins[1:], len(key)) - 1 if len(key) else begins
    return found.table(_NAMES, order[last]).assign(revision=last - begins + 1)


def any_of(connection: Connection, feeds: Set[str], as_of: date) -> bool:
    """Whether any figure of some feeds is known at the end of a day."""
    query = select(observation.c.arrival).where(observation.c.feed.in_(feeds), observation.c.received <= as_of)
    return connection.execute(query.limit(1)).first() is not None


def last_recorded(connection: Connection) -> int:
    """The arrival number of the figure that was stored last; 0 before the first."""
    return connection.execute(_LAST).scalar() or 0


def revisions(
    connection: Connection, target: str, unit: str, as_of: date, without: Set[str] = frozenset()
) -> pd.DataFrame:
    """All that was reported of a series by the end of `as_of`, as it was received; columns as `observations`."""
    c = observation.c
    query = select(*_COLUMNS).where(c.target == target, c.unit == unit, c.received <= as_of, c.feed.not_in(without))
    table = _table(connection.execute(query.order_by(c.received, c.arrival)).all())
    return table.assign(revision=table.groupby(_KEY).cumcount() + 1)


def add(
    connection: Connection,
    feed: str,
    reading: Reading,
    calendar: Calendar,
    now: datetime,
    today: date,
    without: Set[str] = frozenset(),
) -> Taken:
    """Store what is new in a reading; what stands already changes nothing.

    A figure with a stated day of sending is new unless it is what the feed said last under that day; without one, unless it is
    what the feed said last of all. What does not count yet is stored too, and counts from its day on. What feeds `without`
    (of other bodies) said is no figure that this one could revise.
    """
    begun = connection.execute(select(observation.c.arrival).where(observation.c.feed == feed).limit(1)).first()
    done = [
        _store(connection, feed, rows, calendar, now, today, without, first=begun is None)
        for rows in _by_units(reading.observations)
    ]
    quarantined = _quarantine(connection, feed, reading.quarantine, now)
    return Taken(
        feed,
        added=sum(of.added for of in done),
        revised=sum(of.revised for of in done),
        known=sum(of.known for of in done),
        quarantined=quarantined,
        early=sum(of.early for of in done),
        newest=max((of.newest for of in done if of.newest is not None), default=None),
    )


def _by_units(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The rows in parts of _BLOCK or a few more, each of whole units: what one says, no other can know or revise."""
    if len(rows) <= _BLOCK:
        yield rows
        return
    unit = pd.factorize(rows["unit"], sort=True)[0]
    order = np.argsort(unit, kind="stable")
    ends = np.flatnonzero(np.diff(unit[order], append=-1)) + 1
    begin = 0
    while begin < len(rows):
        end = int(ends[min(int(np.searchsorted(ends, begin + _BLOCK)), len(ends) - 1)])
        yield rows.iloc[order[begin:end]].reset_index(drop=True)
        begin = end


def _store(
    connection: Connection,
    feed: str,
    rows: pd.DataFrame,
    calendar: Calendar,
    now: datetime,
    today: date,
    without: Set[str],
    *,
    first: bool,
) -> Taken:
    """`add` of some whole units' rows. `first`: nothing of the feed is stored yet."""
    present = _present(connection, rows, observation.c.feed == feed, [*_KEY, *_FACT, "received", "arrival"], none=first)
    known = _present(connection, rows, observation.c.feed.not_in(without), _KEY).drop_duplicates()
    stands = pd.Series(pd.MultiIndex.from_frame(rows[_KEY]).isin(pd.MultiIndex.from_frame(known)), index=rows.index)
    received = known_from(_days(rows, calendar, stands), today, first=first)
    rows = rows.assign(stated=rows["received"].notna(), received=received, stands=stands)
    rows = rows.sort_values([*_KEY, "received", "file"], kind="stable")
    fresh = _fresh(rows, present)
    if len(fresh):
        columns.insert(
            connection, observation, fresh.assign(recorded=now)[[name for name in _NAMES if name != "arrival"]]
        )
    revised = int((fresh["stands"] | fresh.duplicated(_KEY)).sum())
    early = rows.loc[rows["received"] > today, "received"]
    return Taken(feed, len(fresh) - revised, revised, len(rows) - len(fresh), 0, len(early), max(early, default=None))


def _table(rows: Any) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=_NAMES)
    return table.assign(value=table["value"].astype(float))


def _days(rows: pd.DataFrame, calendar: Calendar, stands: pd.Series) -> pd.DataFrame:
    """The days of each figure's period, as model.observation.known_from wants them."""
    periods = {text: pd.Period(text, freq="M") for text in rows["period"].unique()}
    of = {
        "begins": {text: period.start_time.date() for text, period in periods.items()},
        "closes": {text: calendar.closing(period) for text, period in periods.items()},
        "due": {text: calendar.due_day(period) for text, period in periods.items()},
    }
    days = {name: rows["period"].map(known).astype(object) for name, known in of.items()}
    return pd.DataFrame({"stated": rows["received"], **days, "stands": stands}, index=rows.index)


def _present(
    connection: Connection, rows: pd.DataFrame, of: ColumnElement[bool], names: list[str], *, none: bool = False
) -> pd.DataFrame:
    """What is stored `of` the units and periods of some rows; nothing, where it is known that there is `none`."""
    c = observation.c
    units, periods = (rows[name].unique().tolist() for name in ("unit", "period"))
    query = select(*(c[name] for name in names)).where(of, c.period.in_(periods))
    # Of very many units all are looked at: no statement takes names without end.
    if len(units) <= _MANY:
        query = query.where(c.unit.in_(units))
    found = columns.read(connection, query.where(false()) if none else query)
    return found.table(names, np.arange(len(found.texts["unit"].codes)))


def _fresh(rows: pd.DataFrame, present: pd.DataFrame) -> pd.DataFrame:
    """The rows that say something new. Of a reading's figures for one day (undated: of all) only the last file's speaks."""
    rows = rows[~rows.duplicated([*_KEY, "received"], keep="last")]
    rows = rows[rows["stated"] | ~rows.duplicated([*_KEY, "stated"], keep="last")]
    present = present.sort_values("arrival")
    last = present.drop_duplicates(_KEY, keep="last")[[*_KEY, *_FACT]]
    of_day = present.drop_duplicates([*_KEY, "received"], keep="last")[[*_KEY, "received", *_FACT]]
    said = rows[_FACT]
    same_day = rows.merge(of_day, on=[*_KEY, "received"], how="left", suffixes=("_new", ""))[_FACT]
    same = rows.merge(last, on=_KEY, how="left", suffixes=("_new", ""))[_FACT]
    known = [(said.to_numpy(dtype=object) == found.to_numpy(dtype=object)).all(axis=1) for found in (same_day, same)]
    stated = rows["stated"].to_numpy(dtype=bool)
    new: pd.DataFrame = rows[~((stated & known[0]) | (~stated & known[1]))]
    return new


def _quarantine(connection: Connection, feed: str, rows: pd.DataFrame, now: datetime) -> int:
    """Keep what could not be used; how many of them are new."""
    connection.execute(update(quarantine).where(quarantine.c.feed == feed).values(current=0))
    if rows.empty:
        return 0
    identity = [
        _identity(*row) for row in rows[["feed", "file", "sheet", "cell", "found", "reason"]].itertuples(index=False)
    ]
    values = rows.assign(identity=identity, recorded=now, current=1).drop_duplicates("identity")
    before = connection.execute(select(func.count()).select_from(quarantine)).scalar_one()
    statement = inserting(connection, quarantine)
    connection.execute(statement.on_conflict_do_update(index_elements=["identity"], set_={"current": 1}), _rows(values))
    after = connection.execute(select(func.count()).select_from(quarantine)).scalar_one()
    return int(after - before)


def _identity(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The table's rows as statements take them."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def last_reading(connection: Connection) -> datetime | None:
    """When any feed was read last."""
    found: datetime | None = connection.execute(select(func.max(feed_reading.c.read))).scalar()
    return found


def note_reading(
    connection: Connection, reading: Reading, taken: Taken, problems: list[dict[str, object]], now: datetime
) -> None:
    """Keep how the feed's last reading went."""
    connection.execute(feed_reading.delete().where(feed_reading.c.feed == taken.feed))
    row = {
        "feed": taken.feed,
        "read": now,
        "figures": len(reading.observations),
        "quarantined": len(reading.quarantine),
        "early": taken.early,
        "problems": problems,
    }
    connection.execute(feed_reading.insert(), row)
