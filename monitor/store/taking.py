"""What a feed has read, taken over: what is new is stored, what stands already changes nothing, and what is of no use is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Set
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Connection, Integer, Select, bindparam, func, select, update

from monitor.model.observation import Dates, Days, Reading, Taken, known_from
from monitor.model.period import Calendar
from monitor.store import columns, figures
from monitor.store.database import inserting
from monitor.store.figures import FIGURE
from monitor.store.observations import last_recorded
from monitor.store.tables import cell_number, feed_reading, month_number, origin, quarantine, series, series_figures

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

# Figures that are compared with what stands, and stored, at a time.
_BLOCK = 100_000
# Of more units than so many all are read: no statement takes names without end.
_MANY = 5000
_MEANS = ("unit_of_measure", "basis", "standing")
_OF_ORIGIN = (*_MEANS, "file", "sheet")


@dataclass(frozen=True, slots=True)
class _Figures:
    """Figures as columns, alike long, in numbers that are equal and in order as what they stand for. `pair`: of target and unit;
    `means`: of unit of measure, basis and standing; `origin`: of those, file and sheet; `stated`: the day on which it says that
    it was sent (NaT: it does not); `cell`: as the table has it.
    """

    pair: Ints
    month: Ints
    value: Floats
    means: Ints
    origin: Ints
    file: Ints
    stated: Dates
    cell: Ints

    def __getitem__(self, rows: Any) -> _Figures:
        """Some of them."""
        return _Figures(*(getattr(self, field.name)[rows] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class _Known:
    """What is stored of some targets, units and periods (one `key` each), in the order in which it came. `means`: -1 for what
    none of the reading means; `own`: brought by the same feed.
    """

    key: Ints
    value: Floats
    means: Ints
    received: Dates
    own: Flags


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
    taking = _Taking(connection, feed, reading.observations, calendar, now, today, without)
    done = taking.done()
    return Taken(
        feed,
        added=sum(of.added for of in done),
        revised=sum(of.revised for of in done),
        known=sum(of.known for of in done),
        quarantined=_quarantine(connection, feed, reading.quarantine, now),
        early=sum(of.early for of in done),
        newest=max((of.newest for of in done if of.newest is not None), default=None),
    )


class _Taking:
    """The figures of one reading on their way into the store."""

    def __init__(
        self,
        connection: Connection,
        feed: str,
        rows: pd.DataFrame,
        calendar: Calendar,
        now: datetime,
        today: date,
        without: Set[str],
    ) -> None:
        self._connection, self._feed, self._now, self._today, self._without = connection, feed, now, today, without
        self._last, self._stored = last_recorded(connection), 0
        self._first = connection.execute(select(origin.c.id).where(origin.c.feed == feed).limit(1)).first() is None
        numbered = {name: _numbered(rows[name]) for name in ("target", "unit", "period", *_OF_ORIGIN)}
        code = {name: codes for name, (codes, _) in numbered.items()}
        distinct = {name: values for name, (_, values) in numbered.items()}
        self._unit, self._units, self._periods = code["unit"], distinct["unit"], distinct["period"]
        # Unit by unit, as they are stored: what is found in that order is written at the end of the table and of its index.
        pair, at = _together(code["unit"], code["target"])
        self._series = self._numbers_of_series(
            list(zip(distinct["target"][code["target"][at]], self._units[code["unit"][at]], strict=True))
        )
        means, at = _together(*(code[name] for name in _MEANS))
        self._meanings = list(zip(*(distinct[name][code[name][at]] for name in _MEANS), strict=True))
        of_origin, at = _together(means, code["file"], code["sheet"])
        self._origins = list(zip(*(distinct[name][code[name][at]] for name in _OF_ORIGIN), strict=True))
        self._origin_ids = np.zeros(len(self._origins), dtype=np.int64)
        self._newest = np.zeros(len(self._origins), dtype=np.int64)
        self._months = np.array([month_number(text) for text in self._periods], dtype=np.int64)
        months = [pd.Period(text, freq="M") for text in self._periods]
        self._begins = np.array([month.start_time.date() for month in months], dtype="datetime64[D]")
        self._closes = np.array([calendar.closing(month) for month in months], dtype="datetime64[D]")
        self._due = np.array([calendar.due_day(month) for month in months], dtype="datetime64[D]")
        days, stated = pd.factorize(rows["received"])
        sent = np.append(np.array(list(stated), dtype="datetime64[D]"), np.datetime64("NaT"))
        cells, written = pd.factorize(rows["cell"])
        cell = np.array([_cell(str(text)) for text in written], dtype=np.int64)
        value = rows["value"].to_numpy(dtype=np.float64)
        self._rows = _Figures(pair, code["period"], value, means, of_origin, code["file"], sent[days], cell[cells])

    def done(self) -> list[Taken]:
        """Store what is new, block by block."""
        done = [self._take(rows) for rows in self._blocks()]
        used = [(self._origin_ids[n].item(), self._newest[n].item()) for n in np.flatnonzero(self._origin_ids)]
        if used:
            values = {"newest": bindparam("last", type_=Integer), "first": self._last + 1}
            statement = update(origin).where(origin.c.id == bindparam("of")).values(values)
            self._connection.execute(statement, [{"of": number, "last": newest} for number, newest in used])
        return done

    def _blocks(self) -> Iterator[Ints]:
        """The rows in parts of _BLOCK or a few more, each of whole units: what one says, no other can know or revise."""
        order = np.argsort(self._unit, kind="stable")
        ends = np.flatnonzero(np.diff(self._unit[order], append=-1)) + 1
        begin = 0
        while begin < len(order):
            end = int(ends[min(int(np.searchsorted(ends, begin + _BLOCK)), len(ends) - 1)])
            yield order[begin:end]
            begin = end

    def _take(self, block: Ints) -> Taken:
        """Store what is new in a block."""
        rows = self._rows[block]
        key = rows.pair * len(self._periods) + rows.month
        known = self._known(block)
        stands = np.isin(key, known.key)
        of = rows.month
        days = Days(rows.stated, self._begins[of], self._closes[of], self._due[of], stands)
        received = known_from(days, self._today, first=self._first)
        early = received[received > np.datetime64(self._today)]
        order = np.lexsort((rows.file, received, key))
        new = order[_fresh(key[order], rows[order], received[order], known)]
        self._store(rows[new], received[new])
        again = np.append(False, key[new][1:] == key[new][:-1]) if len(new) else stands[:0]
        revised = int((stands[new] | again).sum())
        newest = early.max().astype(date) if len(early) else None
        return Taken(self._feed, len(new) - revised, revised, len(block) - len(new), 0, len(early), newest)

    def _known(self, block: Ints) -> _Known:
        """What is stored of a block's targets, units and periods by this feed, and those that it can revise."""
        if not self._last:
            # No block knows of another.
            none = np.empty(0, dtype=np.int64)
            return _Known(none, none.astype(np.float64), none, none.astype("datetime64[D]"), none.astype(bool))
        units = self._units[np.unique(self._unit[block])].tolist()
        of_series = select(series.c.id)
        if len(units) <= _MANY:
            of_series = of_series.where(series.c.unit.in_(units))
        found = figures.read(self._connection, columns.of_those(self._connection, series_figures.c.series, of_series))
        pair = _place(self._series, found.series)
        rows = np.flatnonzero((pair >= 0) & np.isin(found.period, self._months))
        found, pair = found[rows], pair[rows]
        means, own, counts = self._known_origins(found.origin)
        rows = np.flatnonzero(counts)
        rows = rows[np.argsort(found.arrival[rows], kind="stable")]
        key = pair * len(self._months) + np.searchsorted(self._months, found.period)
        return _Known(key[rows], found.value[rows], means[rows], _dates(found.received[rows]), own[rows])

    def _known_origins(self, numbers: Any) -> tuple[Ints, Flags, Flags]:
        """Of figures from origins of those numbers: what they mean, whether this feed brought them, whether they count for it."""
        meaning = {said: n for n, said in enumerate(self._meanings)}
        used, at = np.unique(numbers, return_inverse=True)
        query = select(origin.c.id, origin.c.feed, *(origin.c[name] for name in _MEANS))
        if len(used) <= _MANY:
            query = query.where(origin.c.id.in_(used.tolist()))
        told = {number: (feed, meaning.get(tuple(said), -1)) for number, feed, *said in self._connection.execute(query)}
        feeds = [told[number][0] for number in used.tolist()]
        means = np.array([told[number][1] for number in used.tolist()], dtype=np.int64)
        own = np.array([feed == self._feed for feed in feeds], dtype=bool)
        counts = own | np.array([feed not in self._without for feed in feeds], dtype=bool)
        return means[at], own[at], counts[at]

    def _store(self, rows: _Figures, received: Dates) -> None:
        """Append figures, each counting from a day on."""
        wanted = [n for n in np.unique(rows.origin).tolist() if not self._origin_ids[n]]
        if wanted:
            last = self._connection.execute(select(func.max(origin.c.id))).scalar() or 0
            common = {"feed": self._feed, "recorded": self._now}
            named = [dict(zip(_OF_ORIGIN, self._origins[n], strict=True)) for n in wanted]
            self._connection.execute(origin.insert(), [common | names for names in named])
            query = select(origin.c.id, *(origin.c[name] for name in _OF_ORIGIN)).where(origin.c.id > last)
            given = {tuple(said): number for number, *said in self._connection.execute(query)}
            self._origin_ids[wanted] = [given[self._origins[n]] for n in wanted]
        new = np.empty(len(received), dtype=FIGURE)
        new["value"], new["cell"], new["origin"] = rows.value, rows.cell, self._origin_ids[rows.origin]
        new["period"], new["received"] = self._months[rows.month], _as_kept(received)
        new["arrival"] = self._last + 1 + self._stored + np.arange(len(new))
        figures.append(self._connection, self._series[rows.pair], new)
        self._stored += len(new)
        np.maximum.at(self._newest, rows.origin, new["received"])

    def _numbers_of_series(self, pairs: list[tuple[str, str]]) -> Ints:
        """The number of each target of a unit; one that is met for the first time gets it now."""
        query = select(series.c.id, series.c.target, series.c.unit)
        if len(self._units) <= _MANY:
            query = query.where(series.c.unit.in_(self._units.tolist()))
        numbers = _by_pair(self._connection, query)
        rows = [{"target": target, "unit": unit} for target, unit in pairs if (target, unit) not in numbers]
        if rows:
            self._connection.execute(series.insert(), rows)
            numbers = _by_pair(self._connection, query)
        return np.array([numbers[pair] for pair in pairs], dtype=np.int64)


def _by_pair(connection: Connection, query: Select[Any]) -> dict[tuple[str, str], int]:
    """Target and unit -> number, of a query for number, target, unit."""
    found = columns.plain(connection, query)
    return dict(zip(zip(found["target"], found["unit"], strict=True), found["id"].tolist(), strict=True))


def _fresh(key: Ints, rows: _Figures, received: Dates, known: _Known) -> Ints:
    """Which of the rows, in order of key, day and file, say something new. Of a reading's figures for one day (undated: of all)
    only the last file's speaks.
    """
    day, undated = received.astype(np.int64), np.isnat(rows.stated)
    speaks = np.append((key[1:] != key[:-1]) | (day[1:] != day[:-1]), True)[: len(key)]
    silent = np.flatnonzero(speaks & undated)
    speaks[silent[:-1][key[silent][1:] == key[silent][:-1]]] = False
    own = known.own
    of, means, value, days = known.key[own], known.means[own], known.value[own], known.received[own].astype(np.int64)
    same = np.zeros((2, len(key)), dtype=bool)
    # Of all that was said, and of what was said for that day, the last is what stands.
    for n, (asked, told) in enumerate(((key, of), (key * _DAYS + day, of * _DAYS + days))):
        order = np.argsort(told, kind="stable")
        at = np.searchsorted(told[order], asked, side="right") - 1
        there = at >= 0
        last = order[at[there]] if len(order) else order
        same[n, there] = (
            (told[last] == asked[there]) & (value[last] == rows.value[there]) & (means[last] == rows.means[there])
        )
    return np.flatnonzero(speaks & ~np.where(undated, same[0], same[1]))


# More days than from the beginning to the end of time.
_DAYS = 4_000_000


def _numbered(column: pd.Series) -> tuple[Ints, Texts]:
    """A number for each value, and the different values in their order."""
    codes, found = pd.factorize(column)
    distinct = np.asarray(found, dtype=object)
    order = np.argsort(distinct)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[codes], distinct[order]


def _together(*numbers: Ints) -> tuple[Ints, Ints]:
    """A number for each different combination, in their order; and a row that has it."""
    whole = np.zeros(len(numbers[0]), dtype=np.int64)
    for each in numbers:
        whole = whole * (1 + int(each.max(initial=0))) + each
    _, at, codes = np.unique(whole, return_index=True, return_inverse=True)
    return codes.astype(np.int64), at


def _place(of: Ints, numbers: Any) -> Ints:
    """Where each of the numbers stands among others; -1: nowhere."""
    place = np.full(1 + max(int(of.max(initial=0)), int(numbers.max(initial=0))), -1, dtype=np.int64)
    place[of] = np.arange(len(of))
    return np.asarray(place[numbers])


def _as_kept(days: Dates) -> Ints:
    """Days as the table keeps them (tables.Day)."""
    months = days.astype("datetime64[M]")
    year, month = np.divmod(months.astype(np.int64), 12)
    return np.asarray((year + 1970) * 10000 + (month + 1) * 100 + (days - months).astype(np.int64) + 1)


def _dates(numbers: Any) -> Dates:
    """The days that the table keeps as those numbers."""
    months = (numbers // 10000 - 1970) * 12 + numbers // 100 % 100 - 1
    return np.asarray(months.astype("datetime64[M]").astype("datetime64[D]") + (numbers % 100 - 1))


@lru_cache(1 << 18)
def _cell(address: str) -> int:
    """As the table keeps it; most files have the same."""
    return cell_number(address)


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
