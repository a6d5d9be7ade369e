"""Figures in the store: appended, never overwritten; a reader sees what was known as of a day. How they come: store.taking."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import fields
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Connection, Integer, func, select, type_coerce

from monitor.store import columns, figures
from monitor.store.figures import Ints, Stored
from monitor.store.tables import (
    cell_address,
    day_number,
    day_of,
    feed_reading,
    month_number,
    month_text,
    origin,
    series,
    series_figures,
)

_KEY = ["target", "unit", "period"]
_NAMES = [
    *(
        "arrival",
        "series",
        "feed",
        "target",
        "unit",
        "period",
        "value",
        "unit_of_measure",
        "basis",
        "standing",
        "received",
    ),
    *("recorded", "file", "sheet", "cell"),
]
_MEANT = ("feed", "unit_of_measure", "basis", "standing")
_PLACED = ("recorded", "file", "sheet")
_NAMED = select(series.c.id, series.c.target, series.c.unit)
# More than any month's number.
_MONTHS = 1_000_000
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

    Columns: arrival, series (int32: its number), value (float64); feed, target, unit, period (`YYYY-MM`), unit_of_measure, basis,
    standing, received (date), recorded (datetime), file, sheet, cell (all categories, of values in their order); and `revision`
    (int64): how many figures were received for it by then. Not `placed`, it is without received, recorded, file, sheet and cell,
    which `places` tells of a few.
    """
    of_series = [series.c[name].in_(of) for name, of in (("unit", units), ("target", targets)) if of is not None]
    which = (
        [columns.of_those(connection, series_figures.c.series, select(series.c.id).where(*of_series))]
        if of_series
        else []
    )
    found = _known(connection, figures.read(connection, *which), as_of, without)
    if periods is not None:
        found = found[np.isin(found.period, [month_number(period) for period in periods])]
    words = _of_numbered(columns.plain(connection, _NAMED.where(*of_series)), found.series, ("target", "unit"))
    target, unit = words["target"], words["unit"]
    rows, revision = _latest(found, target.codes.astype(np.int64) * len(unit.categories) + unit.codes)
    words = {name: of[rows] for name, of in words.items()}
    return _table(connection, found[rows], words, placed=placed).assign(revision=revision)


def places(connection: Connection, table: pd.DataFrame) -> pd.DataFrame:
    """Some `observations` that are not placed, with `received`, `file`, `sheet` and `cell` (objects)."""
    found = figures.read(connection, figures.of(connection, table["series"].to_numpy(dtype=np.int64)))
    asked = np.isin(found.arrival, table["arrival"].to_numpy(dtype=np.int64))
    told = _table(connection, found[asked], {}, placed=True)
    told = told[["arrival", "received", "file", "sheet", "cell"]].astype(object)
    return table.merge(told.astype({"arrival": table["arrival"].dtype}), on="arrival", how="left")


def _known(connection: Connection, found: Stored, as_of: date, without: Set[str]) -> Stored:
    """Those that are known at the end of a day, brought by none of the feeds `without`."""
    kept = found.received <= day_number(as_of)
    if without:
        others = connection.execute(select(origin.c.id).where(origin.c.feed.in_(without))).scalars().all()
        kept &= ~np.isin(found.origin, others)
    return found if kept.all() else found[kept]


def _table(connection: Connection, found: Stored, words: dict[str, pd.Categorical], *, placed: bool) -> pd.DataFrame:
    """What was read, in words; columns as `observations` without `revision`, placed or not. `words`: target and unit."""
    of_origin = (*_MEANT, *_PLACED) if placed else _MEANT
    which = np.flatnonzero(np.bincount(found.origin)).tolist()
    query = select(origin.c.id, *(origin.c[name] for name in of_origin))
    rows = connection.execute(query.where(origin.c.id.in_(which)) if len(which) <= _MANY else query).all()
    told: dict[str, Any] = {
        "arrival": np.ascontiguousarray(found.arrival),
        "series": found.series.astype(np.int32),
        "value": np.ascontiguousarray(found.value),
        **words,
    }
    told |= _of_numbered(pd.DataFrame(rows, columns=["id", *of_origin]), found.origin, of_origin)
    told["period"] = _in_words(found.period, month_text)
    if placed:
        told |= {"received": _in_words(found.received, day_of), "cell": _in_words(found.cell, cell_address)}
    return pd.DataFrame({name: told.pop(name) for name in _NAMES if name in told}, copy=False)


def _in_words(numbers: Ints, word: Callable[[int], Any]) -> pd.Categorical:
    """What each of the numbers says."""
    codes, distinct = pd.factorize(numbers, sort=True)
    return _category(codes, np.array([word(number) for number in distinct.tolist()], dtype=object))


def _of_numbered(rows: pd.DataFrame, numbers: Ints, names: tuple[str, ...]) -> dict[str, pd.Categorical]:
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


def _latest(
    found: Stored, series_in_order: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Of each series and period, in their order, the place of the figure received last, and of one day's of that which arrived
    last; and its `revision`. `series_in_order`: a number of each figure's series.
    """
    key = series_in_order * _MONTHS + found.period
    order = np.argsort(key, kind="stable")
    if not np.diff(key[order]).all():
        order = np.lexsort((found.arrival, found.received, key))
    key = key[order]
    begins = np.flatnonzero(np.diff(key, prepend=-1))
    last = np.append(begins[1:], len(key)) - 1 if len(key) else begins
    return order[last], last - begins + 1


def any_of(connection: Connection, feeds: Set[str], as_of: date) -> bool:
    """Whether any figure of some feeds is known at the end of a day."""
    c, day = origin.c, day_number(as_of)
    of = connection.execute(
        select(c.id, c.first, type_coerce(c.newest, Integer).label("newest")).where(c.feed.in_(feeds))
    ).all()
    if any(each.newest <= day for each in of):
        return True
    if not of:
        return False
    # Of each some figures count from a later day on, and perhaps not all.
    found = figures.read(connection, series_figures.c.last >= min(each.first for each in of))
    return bool((np.isin(found.origin, [each.id for each in of]) & (found.received <= day)).any())


def series_of(connection: Connection, feed: str) -> list[tuple[str, str]]:
    """The targets and units of which a feed has brought figures."""
    origins = connection.execute(select(origin.c.id).where(origin.c.feed == feed)).scalars().all()
    found = figures.read(connection)
    named = columns.plain(connection, _NAMED)
    brought = named[named["id"].isin(found.series[np.isin(found.origin, origins)])].sort_values(["target", "unit"])
    return list(zip(brought["target"], brought["unit"], strict=True))


def last_recorded(connection: Connection) -> int:
    """The arrival number of the figure that was stored last; 0 before the first."""
    return figures.last(connection)


def last_figure(connection: Connection) -> tuple[float, ...]:
    """The figure that was stored last, as it is stored (see `holds`); empty before the first."""
    found = figures.read(connection, series_figures.c.last == figures.last(connection))
    return _plain(found[found.arrival == found.arrival.max()]) if len(found) else ()


def holds(connection: Connection, figure: tuple[float, ...]) -> bool:
    """Whether a figure, as `last_figure` tells one, is stored."""
    told = Stored(*(np.array([part]) for part in figure))
    found = figures.read(connection, figures.of(connection, told.series))
    found = found[found.arrival == told.arrival]
    return len(found) == 1 and _plain(found) == figure


def _plain(one: Stored) -> tuple[float, ...]:
    return tuple(getattr(one, field.name).item() for field in fields(one))


def revisions(
    connection: Connection, target: str, unit: str, as_of: date, without: Set[str] = frozenset()
) -> pd.DataFrame:
    """All that was reported of a series by the end of `as_of`, as it was received; columns as `observations`, of objects."""
    named = columns.plain(connection, _NAMED.where(series.c.target == target, series.c.unit == unit))
    of_series = series_figures.c.series.in_(named["id"].tolist())
    found = _known(connection, figures.read(connection, of_series), as_of, without)
    words = _of_numbered(named, found.series, ("target", "unit"))
    table = _table(connection, found, words, placed=True).astype(
        {name: object for name in _NAMES if name not in ("arrival", "value")}
    )
    table = table.sort_values(["received", "arrival"], ignore_index=True)
    return table.assign(revision=table.groupby(_KEY).cumcount() + 1)


def changed_units(connection: Connection, arrival: int, then: date, now: date, without: Set[str]) -> set[str]:
    """The units of which figures are known at the end of `now` that were not at the end of `then` (not after it), by what had
    been stored up to the number `arrival`; of all feeds but those `without`.
    """
    new = figures.read(connection, series_figures.c.last > arrival)
    fresh = _known(connection, new[new.arrival > arrival], now, without).series
    # What did not count yet is of few origins, if there is any.
    waited = connection.execute(select(origin.c.id, origin.c.first).where(origin.c.newest > then)).all()
    waited = [of for of in waited if of.first <= arrival]
    if waited:
        found = figures.read(connection, series_figures.c.last >= min(of.first for of in waited))
        late = (found.arrival <= arrival) & (found.received > day_number(then))
        late &= np.isin(found.origin, [of.id for of in waited])
        fresh = np.append(fresh, _known(connection, found[late], now, without).series)
    numbers = columns.numbers(connection, np.unique(fresh))
    query = select(series.c.unit).where(series.c.id.in_(select(numbers.c.value))).distinct()
    return set(connection.execute(query).scalars())


def last_reading(connection: Connection) -> datetime | None:
    """When any feed was read last."""
    found: datetime | None = connection.execute(select(func.max(feed_reading.c.read))).scalar()
    return found
