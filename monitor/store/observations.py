"""Figures in the store: appended, never overwritten; a reader sees what was known as of a day. How they come: store.taking."""

from __future__ import annotations

from collections.abc import Set
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    and_,
    cast,
    func,
    select,
    type_coerce,
    union,
)

from monitor.store import columns
from monitor.store.columns import Numbers
from monitor.store.tables import feed_reading, observation, origin, series

_KEY = ["target", "unit", "period"]
_NAMES = [
    *("arrival", "feed", "target", "unit", "period", "value", "unit_of_measure", "basis", "standing", "received"),
    *("recorded", "file", "sheet", "cell"),
]
_MEANT = ("feed", "unit_of_measure", "basis", "standing")
_OF_ORIGIN = (*_MEANT, "recorded", "file", "sheet")
_NAMED = select(series.c.id, series.c.target, series.c.unit)
_READ = select(*observation.columns)
# Each column costs as much as the next, and of millions most are only reckoned with: series and period are one number.
_MONTHS = 1_000_000
_BRIEF = select(
    observation.c.arrival,
    (cast(observation.c.series, BigInteger) * _MONTHS + type_coerce(observation.c.period, Integer)).label("key"),
    observation.c.value,
    observation.c.origin,
)
# Asked at every page: made once.
_LAST = select(func.max(observation.c.arrival))
# Of more origins than so many all are read: no statement takes names without end.
_MANY = 500


def observations(
    connection: Connection,
    as_of: date,
    without: Set[str] = frozenset(),
    *,
    units: Set[str] | None = None,
    targets: Set[str] | None = None,
    periods: Set[str] | None = None,
    placed: bool = True,
) -> pd.DataFrame:
    """Every figure as known at the end of `as_of`: one row a (target, unit, period), in their order: the one received last, and
    of one day's the one that arrived last; of all feeds but those `without` (of other bodies); of some `units`, `targets`,
    `periods` alone.

    Columns: arrival (int32), value (float64); feed, target, unit, period (`YYYY-MM`), unit_of_measure, basis, standing, received
    (date), recorded (datetime), file, sheet, cell (all categories, of values in their order); and `revision` (int64): how many
    figures were received for it by then. Not `placed`, it is without received, recorded, file, sheet and cell, which `places`
    tells of a few.
    """
    of_series = [series.c[name].in_(of) for name, of in (("unit", units), ("target", targets)) if of is not None]
    query = (_READ if placed else _BRIEF).where(observation.c.received <= as_of, *_not_of(without))
    if of_series:
        query = query.where(columns.of_those(connection, observation.c.series, select(series.c.id).where(*of_series)))
    if periods is not None:
        query = query.where(observation.c.period.in_(periods))
    found = columns.read(connection, query, observation.c.period)
    if not placed:
        number, month = np.divmod(found.pop("key"), _MONTHS)
        found |= {"series": number.astype(np.int32), "period": month.astype(np.int32)}
    named = columns.plain(connection, _NAMED.where(*of_series))
    table = _table(connection, found, named)
    return _latest(connection, table)


def places(connection: Connection, table: pd.DataFrame) -> pd.DataFrame:
    """Some `observations` that are not placed, with `received`, `file`, `sheet` and `cell` (objects)."""
    c = observation.c
    query = select(c.arrival, c.received, origin.c.file, origin.c.sheet, c.cell).join(origin, origin.c.id == c.origin)
    of = columns.among(connection, c.arrival, table["arrival"].unique())
    rows = connection.execute(query.where(of)).all()
    told = pd.DataFrame(rows, columns=["arrival", "received", "file", "sheet", "cell"], dtype=object)
    return table.merge(told.astype({"arrival": table["arrival"].dtype}), on="arrival", how="left")


def _not_of(feeds: Set[str]) -> list[ColumnElement[bool]]:
    """Brought by none of the `feeds`."""
    return [observation.c.origin.not_in(select(origin.c.id).where(origin.c.feed.in_(feeds)))] if feeds else []


def _table(connection: Connection, found: dict[str, Numbers], named: pd.DataFrame) -> pd.DataFrame:
    """What was read, whose columns are used up by it, in words: columns as `observations` without `revision`, placed if it is.

    named: id, target and unit of at least those series.
    """
    told: dict[str, Any] = {name: found.pop(name) for name in ("arrival", "value")}
    told |= _of_numbered(named, found.pop("series"), ("target", "unit"))
    used = found.pop("origin")
    which = np.flatnonzero(np.bincount(used)).tolist()
    of_origin = _OF_ORIGIN if "cell" in found else _MEANT
    query = select(origin.c.id, *(origin.c[name] for name in of_origin))
    rows = connection.execute(query.where(origin.c.id.in_(which)) if len(which) <= _MANY else query).all()
    told |= _of_numbered(pd.DataFrame(rows, columns=["id", *of_origin]), used, of_origin)
    for name in [*found]:
        codes, distinct = pd.factorize(found.pop(name), sort=name != "cell")
        kind: Any = observation.c[name].type
        values = [kind.process_result_value(number, connection.dialect) for number in distinct.tolist()]
        told[name] = _category(codes, np.array(values, dtype=object))
    return pd.DataFrame({name: told.pop(name) for name in _NAMES if name in told}, copy=False)


def _of_numbered(rows: pd.DataFrame, numbers: Numbers, names: tuple[str, ...]) -> dict[str, pd.Categorical]:
    """What the `rows` (id and others) of those `numbers` say under some names."""
    place = np.zeros(int(rows["id"].max()) + 1 if len(rows) else 0, dtype=np.int32)
    place[rows["id"]] = np.arange(len(rows), dtype=np.int32)
    at = place[numbers]
    # What none of them says is no category.
    said = np.flatnonzero(np.bincount(at, minlength=len(rows)))
    found = {}
    for name in names:
        codes, distinct = pd.factorize(rows[name].to_numpy(dtype=object)[said], sort=True)
        of_row = np.zeros(len(rows), dtype=np.int32)
        of_row[said] = codes
        found[name] = _category(of_row[at], distinct)
    return found


def _category(codes: npt.NDArray[Any], distinct: npt.NDArray[np.object_]) -> pd.Categorical:
    """Those of the `distinct` values that `codes` say."""
    return pd.Categorical.from_codes(codes, pd.Index(distinct, dtype=object))


def _latest(connection: Connection, table: pd.DataFrame) -> pd.DataFrame:
    """Of each (target, unit, period) the row received last, and of one day's the one that arrived last, with its `revision`."""
    target, unit, period = (table[name].cat for name in _KEY)
    of = target.codes.to_numpy(dtype=np.int64) * len(unit.categories) + unit.codes.to_numpy()
    # One number for each key, in their order.
    key = of * len(period.categories) + period.codes.to_numpy()
    order = np.argsort(key, kind="stable")
    if not np.diff(key[order]).all():
        order = np.lexsort((table["arrival"], _received(connection, table, key), key))
    key = key[order]
    begins = np.flatnonzero(np.diff(key, prepend=-1))
    last = np.append(begins[1:], len(key)) - 1 if len(key) else begins
    return table.take(order[last]).reset_index(drop=True).assign(revision=last - begins + 1)


def _received(connection: Connection, table: pd.DataFrame, key: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """Numbers in the order of the days from which figures count as known; of those whose key no other has, any."""
    if "received" in table:
        return table["received"].cat.codes.to_numpy()
    again = pd.Series(key).duplicated(keep=False).to_numpy()
    arrival = table["arrival"].to_numpy()[again]
    query = select(observation.c.arrival, observation.c.received)
    told = columns.read(
        connection, query.where(columns.among(connection, observation.c.arrival, arrival)), observation.c.period
    )
    order = np.argsort(told["arrival"])
    days = np.zeros(len(table), dtype=np.int64)
    days[again] = told["received"][order][np.searchsorted(told["arrival"][order], arrival)]
    return days


def any_of(connection: Connection, feeds: Set[str], as_of: date) -> bool:
    """Whether any figure of some feeds is known at the end of a day."""
    of = connection.execute(select(origin.c.id, origin.c.first).where(origin.c.feed.in_(feeds))).all()
    c = observation.c
    among = columns.among(connection, c.origin, np.array([each.id for each in of], dtype=np.int64))
    query = select(c.arrival).where(
        c.arrival >= min((each.first for each in of), default=0), among, c.received <= as_of
    )
    return bool(of) and connection.execute(query.limit(1)).first() is not None


def series_of(connection: Connection, feed: str) -> list[tuple[str, str]]:
    """The targets and units of which a feed has brought figures."""
    brought = (
        select(observation.c.series).join(origin, origin.c.id == observation.c.origin).where(origin.c.feed == feed)
    )
    query = (
        select(series.c.target, series.c.unit).where(series.c.id.in_(brought)).order_by(series.c.target, series.c.unit)
    )
    return [(target, unit) for target, unit in connection.execute(query)]


def last_recorded(connection: Connection) -> int:
    """The arrival number of the figure that was stored last; 0 before the first."""
    return connection.execute(_LAST).scalar() or 0


def figure(connection: Connection, arrival: int) -> tuple[Any, ...]:
    """The figure of a number, as it is stored; empty where there is none."""
    return tuple(connection.execute(_READ.where(observation.c.arrival == arrival)).first() or ())


def revisions(
    connection: Connection, target: str, unit: str, as_of: date, without: Set[str] = frozenset()
) -> pd.DataFrame:
    """All that was reported of a series by the end of `as_of`, as it was received; columns as `observations`, of objects."""
    named = columns.plain(connection, _NAMED.where(series.c.target == target, series.c.unit == unit))
    query = _READ.where(
        observation.c.series.in_(named["id"].tolist()), observation.c.received <= as_of, *_not_of(without)
    )
    found = columns.read(connection, query, observation.c.period)
    table = _table(connection, found, named).astype(
        {name: object for name in _NAMES if name not in ("arrival", "value")}
    )
    table = table.sort_values(["received", "arrival"], ignore_index=True)
    return table.assign(revision=table.groupby(_KEY).cumcount() + 1)


def changed_units(connection: Connection, arrival: int, then: date, now: date, without: Set[str]) -> set[str]:
    """The units of which figures are known at the end of `now` that were not at the end of `then` (not after it), by what had
    been stored up to the number `arrival`; of all feeds but those `without`.
    """
    c = observation.c
    fresh = [c.arrival > arrival]
    # What did not count yet is of few origins, if there is any.
    waited = connection.execute(select(origin.c.id, origin.c.first).where(origin.c.newest > then)).all()
    waited = [of for of in waited if of.first <= arrival]
    if waited:
        late = (c.arrival >= min(of.first for of in waited), c.arrival <= arrival, c.received > then)
        fresh.append(and_(*late, columns.among(connection, c.origin, np.array([of.id for of in waited]))))
    numbers = [select(c.series).where(of, c.received <= now, *_not_of(without)) for of in fresh]
    return set(connection.execute(select(series.c.unit).where(series.c.id.in_(union(*numbers))).distinct()).scalars())


def last_reading(connection: Connection) -> datetime | None:
    """When any feed was read last."""
    found: datetime | None = connection.execute(select(func.max(feed_reading.c.read))).scalar()
    return found
