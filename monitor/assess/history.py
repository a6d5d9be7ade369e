"""Observations laid out by series and month: what was reported, what of it is plausible, what it adds up to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from monitor.model.comparator import rounded
from monitor.model.unit_of_measure import conversion

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

MONTHS = 12
# The years of history that forecasts look at.
YEARS = 5
# What is less than this is taken for nothing: a part of it may have no logarithm, and nothing may be divided by it.
NOTHING = 1e-250
# So many reports of a level tell what is usual of it. Of so many series they are looked at at once: each report has its own.
_LAST, _ROWS = 12, 10_000


@dataclass(frozen=True)
class History:
    """Series x months, the last `length` of them the year the resolution binds. Rows follow the table of series.

    `reported`: as reported, flows as year to date (`flow`: their rows); `held_back`: figures that cannot be right; `values`: the
    others; `alone`: what a flow's report of its period alone says (NaN where it was reported to date, or not at all): a
    year to date made of such lacks the months nobody reported; `frequency`: months in a period; `rolled_up`: what a
    unit's parts make; `own`: cells that are the unit's own report, not rolled up; `plan`: what the year of each month was to
    reach by its due date, as known at that month (NaN: no plan is known); `siblings`: rows with one number are the same target of
    other units (-1: of none). Where some are reckoned (assess.reckoning): `native`: the same of what is reported; `measured`: the
    figures that each is made from, and `base`: what those are held against (NaN: nothing, or not known). `calendar`: a number for
    the time of each row's figures, where the table holds several (None: one).
    """

    start: int
    length: int
    reported: Matrix
    values: Matrix
    held_back: Mask
    alone: Matrix
    frequency: npt.NDArray[np.int64]
    flow: Mask
    rolled_up: Matrix
    own: Mask
    plan: Matrix
    siblings: npt.NDArray[np.int64]
    native: History | None = None
    measured: Matrix | None = None
    base: Matrix | None = None
    calendar: npt.NDArray[np.int64] | None = None

    @property
    def year(self) -> slice:
        """The columns of the year in force."""
        return slice(self.values.shape[1] - self.length, self.values.shape[1])

    def years(self, matrix: Matrix) -> npt.NDArray[np.float64]:
        """`matrix` as series x years x months."""
        return matrix.reshape(len(matrix), matrix.shape[1] // self.length, self.length)

    def plans(self, of: Mask, month: npt.NDArray[np.int64]) -> Matrix:
        """What each of the last YEARS years and this one was to reach, as known at the row's `month` of it: rows `of` x years."""
        window = self.years(self.plan[of])[:, -(YEARS + 1) :]
        if window.shape[1] == 1:
            window = np.concatenate([np.full_like(window, np.nan), window], axis=1)
        place = (month - 1)[:, None, None].repeat(window.shape[1], 1)
        return np.asarray(np.take_along_axis(window, place, axis=2)[:, :, 0])

    def outcomes(self, due: npt.NDArray[np.int64]) -> tuple[Matrix, Matrix]:
        """What each of the last YEARS years came to by its month `due`, and the plan of that month (rows x years)."""
        place = (due - 1)[:, None, None]
        both = (self.years(of)[:, -(YEARS + 1) : -1] for of in (self.values, self.plan))
        came, planned = (np.take_along_axis(of, place.repeat(of.shape[1], 1), axis=2)[:, :, 0] for of in both)
        return came, planned

    def monthly(self, of: Mask, year: Matrix, month: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.float64], Matrix]:
        """The rows `of` without gaps, as forecasts want them: the last YEARS years (rows x years x months), `year` up to `month`.

        Levels between two reports lie on the line between them; flows are given as what each month added, a year to date rising
        evenly between reports. A past year that is not whole is NaN; months of a flow reported per period that nobody reported
        count as the usual of the year.
        """
        ahead = np.arange(self.length)[None, :] >= month[:, None]
        window = slice(max(0, self.values.shape[1] - (YEARS + 1) * self.length), self.values.shape[1])
        values = np.concatenate([self.values[of, window][:, : -self.length], np.where(ahead, np.nan, year)], axis=1)
        by_year = values.reshape(len(values), -1, self.length)
        flow: Mask = self.flow[of]
        alone = np.where(np.isnan(values), np.nan, self.alone[of, window]).reshape(by_year.shape)
        filled = np.empty_like(by_year)
        filled[flow] = _added(by_year[flow], alone[flow], self.frequency[of][flow])
        filled[~flow] = _standing(by_year[~flow])
        past = filled[:, :-1] if filled.shape[1] > 1 else np.full((len(filled), 1, self.length), np.nan)
        whole = np.asarray(~np.isnan(past).any(axis=2))
        return np.where(whole[:, :, None], past, np.nan), np.where(ahead, np.nan, filled[:, -1])

    def lacking(self, last: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """How many periods the year to date of month `last` (from 0; -1: none) lacks, for it is made of single ones."""
        of = self.flow & ~np.isnan(self.alone[:, self.year]).all(axis=1)
        count = np.zeros(len(self.values), dtype=np.int64)
        if not of.any():
            return count
        values, alone, last = self.values[of, self.year], self.alone[of, self.year], last[of, None]
        frequency, months = self.frequency[of], np.arange(self.length)[None, :]
        whole = _whole(values[:, None, :], alone[:, None, :], frequency)[:, 0]
        since = np.where(whole & (months <= last), months, -1).max(axis=1, keepdims=True)
        ends = (months + 1) % frequency[:, None] == 0
        count[of] = (np.isnan(values) & ends & (months > since) & (months < last)).sum(axis=1)
        return count


@dataclass(frozen=True)
class Beside:
    """Of some series of a table, parts of theirs that are known already. `series`: the rows of those parts; `values`: theirs, as
    History has them, from the month `start` (ordinal); `places`: where each stands in the whole table, and `asked`: where those
    stand of which the history is wanted, so that sums are made in one order.
    """

    series: pd.DataFrame
    values: Matrix
    start: int
    places: npt.NDArray[np.int64]
    asked: npt.NDArray[np.int64]


def lay_out(
    observations: pd.DataFrame,
    series: pd.DataFrame,
    first: pd.Period,
    jump: float,
    plans: pd.DataFrame | None = None,
    beside: Beside | None = None,
    start: int | None = None,
) -> History:
    """The history of `series` (model.series.target_table), up to the year that begins with the month `first`, from `observations`
    (target, unit, period, value, unit_of_measure, basis); plans: see assess. `beside`: of some of the series alone, what else
    their roll-ups are made of; figures before its `start` are then none. `start`: the month (ordinal) before which no figure
    is, where it is known already.

    Each figure is brought to the unit of measure that its target is reported in (one that measures something else is none), and
    each of a flow to the year to date, whatever the others of its year are. What is reckoned stands here as it is reported.
    """
    # A year is twelve months, though the resolution may bind fewer of them: the years before are then laid out alike.
    length, last = MONTHS, first + MONTHS - 1
    rows = series.index.get_indexer(pd.MultiIndex.from_frame(observations[["target", "unit"]]))
    codes, texts = pd.factorize(observations["period"])
    months = pd.PeriodIndex(texts, freq="M").asi8[codes]
    given = observations["value"].to_numpy(dtype=float) * _conversions(observations, series, rows)
    known = (rows >= 0) & (months <= last.ordinal) & ~np.isnan(given)
    if beside is not None:
        known &= months >= beside.start
    if beside is not None:
        start = beside.start
    earliest = start if start is not None else int(months[known].min()) if known.any() else first.ordinal
    blocks = 1 + max(0, -(-(first.ordinal - earliest) // length))
    start = last.ordinal + 1 - blocks * length
    reported = np.full((len(series), blocks * length), np.nan)
    places = (rows[known], months[known] - start)
    reported[places] = given[known]
    flow = (series["reported_measure"] == "flow").to_numpy()
    alone = np.full_like(reported, np.nan)
    alone[places] = np.where((observations["basis"] == "per-period").to_numpy()[known], given[known], np.nan)
    alone[~flow] = np.nan
    strange = _out_of_proportion(alone, series, length, jump)
    reported = _to_date(reported, alone, strange, length)
    own = ~np.isnan(reported)
    # Each unit's figures are judged by themselves: what is held back of one is in no sum either.
    held_back = strange | _held_back(reported, series, flow, length, jump)
    rolled_up = _rolled_up(np.where(held_back, np.nan, reported), own, series, beside)
    reported = np.where(own, reported, rolled_up)
    values = np.where(held_back, np.nan, reported)
    frequency = series["frequency"].to_numpy(dtype=np.int64)
    alone = np.where(held_back, np.nan, alone)
    plan, siblings = _planned(plans, series, start, blocks, length), _siblings(series)
    return History(start, length, reported, values, held_back, alone, frequency, flow, rolled_up, own, plan, siblings)


def as_it_stands(values: Matrix, start: int, series: pd.DataFrame) -> History:
    """The history of `series` of which no more is known than the figures that stand (`lay_out`, its `values`)."""
    none, no = np.full_like(values, np.nan), np.zeros(values.shape, dtype=bool)
    frequency, flow = series["frequency"].to_numpy(dtype=np.int64), (series["reported_measure"] == "flow").to_numpy()
    siblings = np.full(len(series), -1)
    return History(start, MONTHS, values, values, no, none, frequency, flow, none, ~np.isnan(values), none, siblings)


def carried(history: History, series: pd.DataFrame, until: npt.NDArray[np.int64]) -> History:
    """`history` in which what is told only when there is something to tell stands until the next report, this year up to its
    month `until` (1..; 0: not at all): levels from year to year, of a flow the year to date.
    """
    of = np.flatnonzero(series["irregular"])
    if not len(of):
        return history
    values, flow = history.values[of], history.flow[of]
    by_year = history.years(values)
    stands = np.where(
        flow[:, None], _forward(by_year.reshape(-1, history.length)).reshape(values.shape), _forward(values)
    )
    ahead = np.zeros(values.shape, dtype=bool)
    ahead[:, history.year] = np.arange(1, history.length + 1)[None, :] > until[of, None]
    result = history.values.copy()
    result[of] = np.where(ahead, values, stands)
    return replace(history, values=result)


def _forward(matrix: Matrix) -> Matrix:
    """Gaps in a row filled with the figure before them."""
    place = np.maximum.accumulate(np.where(np.isnan(matrix), -1, np.arange(matrix.shape[1])), axis=1)
    return np.where(place >= 0, np.take_along_axis(matrix, np.maximum(place, 0), axis=1), np.nan)


def _planned(plans: pd.DataFrame | None, series: pd.DataFrame, start: int, blocks: int, length: int) -> Matrix:
    """What the year of each month was to reach, as known at that month; this year's plan is the promise, where none is given."""
    plan = np.full((len(series), blocks * length), np.nan)
    if plans is not None and len(plans):
        rows = series.index.get_indexer(pd.MultiIndex.from_frame(plans[["target", "unit"]]))
        months = pd.PeriodIndex(plans["period"], freq="M").asi8 - start
        known = (rows >= 0) & (months >= 0) & (months < plan.shape[1])
        plan[rows[known], months[known]] = plans["value"].to_numpy(dtype=float)[known]
        by_year = plan.reshape(-1, length)
        place = np.maximum.accumulate(np.where(np.isnan(by_year), -1, np.arange(length)), axis=1)
        filled = np.where(place >= 0, np.take_along_axis(by_year, np.maximum(place, 0), axis=1), np.nan)
        plan = filled.reshape(plan.shape)
    now = plan[:, -length:]
    plan[:, -length:] = np.where(np.isnan(now), series["value"].to_numpy(dtype=float)[:, None], now)
    return plan


def _siblings(series: pd.DataFrame) -> npt.NDArray[np.int64]:
    """A number for each target that several units share as parts of one step of the tree; -1 for the whole."""
    targets = series.index.get_level_values("target")
    depth = _depths(series.index.get_indexer(pd.MultiIndex.from_arrays([targets, series["within"]])))
    codes = pd.factorize(targets)[0] * (1 + int(depth.max(initial=0))) + depth
    parts = ~series["city"].to_numpy(dtype=bool)
    return np.where(parts, codes, -1).astype(np.int64)


def _conversions(observations: pd.DataFrame, series: pd.DataFrame, rows: npt.NDArray[np.int64]) -> Vector:
    """How many of its target's unit of measure one of each figure's is; NaN where they measure different things."""
    stated, units = pd.factorize(observations["unit_of_measure"])
    own, wanted = pd.factorize(series["reported_unit"])
    # Of what is of no series (-1) any will do.
    codes = stated * len(wanted) + own[rows]
    used = np.unique(codes)
    factors = np.full(len(units) * len(wanted), np.nan)
    for code in used:
        one, other = units[code // len(wanted)], wanted[code % len(wanted)]
        # A figure of before units of measure were kept is in its target's.
        factor = conversion(one, other) if one else 1.0
        factors[code] = np.nan if factor is None else factor
    return np.asarray(factors[codes])


def _to_date(reported: Matrix, alone: Matrix, strange: Mask, length: int) -> Matrix:
    """Reports as year to date: one of a period alone (`alone`) on top of what stood before it, without what cannot be right."""
    shape = (len(reported), -1, length)
    by_year, by_period, out = reported.reshape(shape), alone.reshape(shape), strange.reshape(shape)
    total = np.zeros(by_year.shape[:2])
    result = np.full_like(by_year, np.nan)
    for month in range(length):
        given, period = by_year[:, :, month], by_period[:, :, month]
        stands = np.where(np.isnan(period), given, total + period)
        result[:, :, month] = stands
        total = np.where(np.isnan(stands) | out[:, :, month], total, stands)
    return result.reshape(reported.shape)


def _out_of_proportion(alone: Matrix, series: pd.DataFrame, length: int, jump: float) -> Mask:
    """Figures of a period alone that are too large for last year's same one and for an even share of the promise."""
    promised = _usual(series) * series["frequency"].to_numpy(dtype=float) / length
    before = np.full_like(alone, np.nan)
    before[:, length:] = np.abs(alone[:, :-length])
    likely = np.fmax(before, promised[:, None])
    with np.errstate(invalid="ignore"):
        return np.asarray((likely > 0) & (np.abs(alone) > jump * likely), dtype=bool)


def _usual(series: pd.DataFrame) -> Vector:
    """The size of what was promised, by which reports are judged; NaN of what is reckoned from them."""
    return np.where(series["reckoned"] == "", np.abs(series["value"].to_numpy(dtype=float)), np.nan)


def _rolled_up(matrix: Matrix, own: Mask, series: pd.DataFrame, beside: Beside | None = None) -> Matrix:
    """What the parts of each unit add up or average to, in its own rows, at the periods for which every part has a figure that
    stands: its own report, else what its own parts make. Step by step, from the lowest parts up.
    """
    result = np.full_like(matrix, np.nan)
    # What is known of parts already needs no further step: it follows the rows asked about, and is put in its place below.
    table, places = series, np.arange(len(series))
    if beside is not None:
        table = pd.concat([series[_ROLLING], beside.series[_ROLLING]])
        places = np.concatenate([beside.asked, beside.places])
        matrix, own = np.concatenate([matrix, beside.values]), np.concatenate([own, np.ones(beside.values.shape, bool)])
    rolling = table["roll_up"].isin(["sum", "mean"]).to_numpy()
    if not rolling.any():
        return result
    targets = table.index.get_level_values("target")
    above = series.index.get_indexer(pd.MultiIndex.from_arrays([targets, table["within"]]))
    weights = np.where(table["roll_up"] == "mean", table["weight"], 1.0)
    depths = _depths(above)
    for depth in range(int(depths.max()), 0, -1):
        parts = np.flatnonzero(rolling & (depths == depth))
        parts = parts[np.argsort(places[parts], kind="stable")]
        made = result[np.minimum(parts, len(series) - 1)]
        standing = np.where(own[parts], matrix[parts], made)
        grouped = pd.DataFrame(standing * weights[parts, None]).groupby(above[parts])
        complete = grouped.sum().where(grouped.count().eq(grouped.size(), axis=0))
        result[complete.index.to_numpy()] = complete.to_numpy()
    return result


_ROLLING = ["roll_up", "within", "weight"]


def _depths(above: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How many steps each row is below the whole, by the row that it is a part of (-1: none)."""
    depth, reached = np.zeros(len(above), dtype=np.int64), above.copy()
    while (reached >= 0).any():
        depth += reached >= 0
        reached = np.where(reached >= 0, above[np.maximum(reached, 0)], -1)
    return depth


def _held_back(reported: Matrix, series: pd.DataFrame, flow: Mask, length: int, jump: float) -> Mask:
    """Reports outside what can be true, or out of all proportion to the unit's own past and promise. Nothing is a figure like
    others: a level may reach it, and a first report may be it.
    """
    low = series["reported_low"].to_numpy()[:, None]
    high = series["reported_high"].to_numpy()[:, None]
    promised = _usual(series)[:, None]
    digits = series["digits"].to_numpy()[:, None]
    level = ~flow & (series["reported_measure"] != "milestone").to_numpy()
    with np.errstate(invalid="ignore", over="ignore"):
        outside = np.asarray((reported < low - 1e-9) | (reported > high + 1e-9), dtype=bool)
        likely, held = np.where(outside, np.nan, reported), outside.copy()
        held[level] |= _beyond_levels(reported[level], likely[level], promised[level], digits[level], jump)
        held[flow] |= _beyond_flows(reported[flow], likely[flow], promised[flow], length, jump)
    return held


def _beyond_levels(
    reported: Matrix, likely: Matrix, promised: Matrix, digits: npt.NDArray[np.int64], jump: float
) -> Mask:
    """Levels out of proportion to the median of the last twelve reports that are `likely`, or to the promise where fewer
    than two are.
    """
    usual = _median_before(likely)
    usual = np.abs(np.where(np.isnan(usual), promised, usual))
    size = np.abs(rounded(reported, digits))
    # Too large is what is so against both: from next to nothing a level may come back to what was promised.
    most = jump * np.fmax(usual, promised)
    return np.asarray((usual > 0) & (size > 0) & ((size > most) | (size * jump < usual)), dtype=bool)


def _beyond_flows(reported: Matrix, likely: Matrix, promised: Matrix, length: int, jump: float) -> Mask:
    """Flows out of proportion to last year's same month and the straight line to the promise; and one may not fall by half."""
    month = np.arange(reported.shape[1]) % length + 1
    before = np.full_like(reported, np.nan)
    before[:, length:] = np.abs(reported[:, :-length])
    usual = np.fmax(before, promised * month / length)
    above = (usual > 0) & (np.abs(reported) > jump * usual)
    by_year = np.where(above, np.nan, likely).reshape(len(reported), reported.shape[1] // length, length)
    return np.asarray(above | _fallen(by_year).reshape(reported.shape), dtype=bool)


def _median_before(values: Matrix) -> Matrix:
    """For each of the values of a row the median of the _LAST before it; NaN where fewer than two are known."""
    found = np.empty_like(values)
    before = np.concatenate([np.full((len(values), _LAST), np.nan), values[:, :-1]], axis=1)
    for begin in range(0, len(values), _ROWS):
        rows = slice(begin, begin + _ROWS)
        # What is missing is last when sorted.
        windows = np.sort(sliding_window_view(before[rows], _LAST, axis=1), axis=2)
        count = (~np.isnan(windows)).sum(axis=2, keepdims=True)
        middle = [np.take_along_axis(windows, np.maximum(of, 0), axis=2) for of in ((count - 1) // 2, count // 2)]
        found[rows] = np.where(count >= 2, (middle[0] + middle[1]) / 2, np.nan)[:, :, 0]
    return found


def between(matrix: Matrix) -> Matrix:
    """Gaps between two figures of a row filled on the line between them."""
    known = ~np.isnan(matrix)
    width = matrix.shape[1]
    spans = np.where(known.any(axis=1), width - np.argmax(known[:, ::-1], axis=1) - np.argmax(known, axis=1), 0)
    gappy = known.sum(axis=1) < spans
    if not gappy.any():
        return matrix
    columns, rows, known = np.arange(width), matrix[gappy], known[gappy]
    before = np.maximum.accumulate(np.where(known, columns, -1), axis=1)
    after = np.minimum.accumulate(np.where(known, columns, width)[:, ::-1], axis=1)[:, ::-1]
    low = np.take_along_axis(rows, np.maximum(before, 0), axis=1)
    high = np.take_along_axis(rows, np.minimum(after, width - 1), axis=1)
    part = (columns - before) / np.maximum(after - before, 1)
    filled = matrix.copy()
    filled[gappy] = np.where(known, rows, np.where((before >= 0) & (after < width), low + (high - low) * part, np.nan))
    return filled


def _standing(by_year: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Levels (rows x years x months) without gaps. In the last year, before its first report of all, one stood as it did then."""
    rows, years, months = by_year.shape
    filled = between(by_year.reshape(rows, years * months)).reshape(by_year.shape)
    now = filled[:, -1]
    begun = np.take_along_axis(now, np.argmax(~np.isnan(now), axis=1)[:, None], axis=1)
    return np.concatenate([filled[:, :-1], np.where(np.isnan(now), begun, now)[:, None]], axis=1)


def _added(
    by_year: npt.NDArray[np.float64], alone: npt.NDArray[np.float64], frequency: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """What each month of a year to date (rows x years x months) added.

    Between two figures to date what is not told by a period alone (`alone`, of `frequency` months) is spread evenly;
    after the last of them a month that nobody reported counts as the usual of the year.
    """
    begun = np.concatenate([np.zeros((*by_year.shape[:2], 1)), by_year], axis=2)
    evenly = np.diff(between(begun.reshape(-1, begun.shape[2])).reshape(begun.shape), axis=2)
    if np.isnan(alone).all():
        return evenly
    own = _by_month(alone, frequency)
    covered, months = ~np.isnan(own), np.arange(by_year.shape[2])
    whole = _whole(by_year, alone, frequency)
    after = np.minimum.accumulate(np.where(whole, months, len(months))[:, :, ::-1], axis=2)[:, :, ::-1]
    before = np.maximum.accumulate(np.where(whole, months + 1, 0), axis=2)
    before = np.concatenate([np.zeros_like(before[:, :, :1]), before[:, :, :-1]], axis=2)
    told = _sums(np.nan_to_num(own), before, after) + np.take_along_axis(begun, before, axis=2)
    end = np.take_along_axis(by_year, np.minimum(after, len(months) - 1), axis=2)
    spread = (end - told) / np.maximum(_sums((~covered).astype(float), before, after), 1)
    usual = np.nansum(own, axis=2, keepdims=True) / np.maximum(covered.sum(axis=2, keepdims=True), 1)
    last = np.where(covered, months, -1).max(axis=2, keepdims=True)
    open_end = np.where(months <= last, usual, np.nan)
    return np.where(covered, own, np.where(after < len(months), spread, open_end))


def _whole(
    by_year: npt.NDArray[np.float64], alone: npt.NDArray[np.float64], frequency: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """At which months a year to date lacks nothing: reported as such, or made of all the periods since one that was."""
    whole = np.zeros(by_year.shape, dtype=bool)
    complete = np.ones(by_year.shape[:2], dtype=bool)
    for month in range(by_year.shape[2]):
        known, period = ~np.isnan(by_year[:, :, month]), ~np.isnan(alone[:, :, month])
        whole[:, :, month] = known & (~period | complete)
        ends = ((month + 1) % frequency == 0)[:, None]
        complete = np.where(known, whole[:, :, month], complete & ~ends)
    return whole


def _by_month(alone: npt.NDArray[np.float64], frequency: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """What a period added, in equal parts in each of its months."""
    result = alone.copy()
    for months in np.unique(frequency[frequency > 1]):
        of = frequency == months
        parts = alone[of] / months
        for end in range(months - 1, alone.shape[2], months):
            result[of, :, end - months + 1 : end + 1] = parts[:, :, end, None]
    return result


def _sums(
    amounts: npt.NDArray[np.float64], begin: npt.NDArray[np.int64], end: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """The sums over the months `begin` to `end`, both included (the last, when `end` is beyond it)."""
    running = np.concatenate([np.zeros((*amounts.shape[:2], 1)), np.cumsum(amounts, axis=2)], axis=2)
    upper = np.take_along_axis(running, np.minimum(end + 1, amounts.shape[2]), axis=2)
    return np.asarray(upper - np.take_along_axis(running, begin, axis=2))


def _fallen(by_year: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Years to date (rows x years x months) less than half of the one before: held back, until the next report goes on
    from there.
    """
    fallen = np.zeros(by_year.shape, dtype=bool)
    stood, doubted = np.full(by_year.shape[:2], np.nan), np.full(by_year.shape[:2], np.nan)
    for month in range(by_year.shape[2]):
        value = by_year[:, :, month]
        known = ~np.isnan(value)
        with np.errstate(invalid="ignore"):
            low = 2 * np.abs(value) < np.abs(stood)
            confirmed = np.abs(value) >= np.abs(doubted)
        fallen[:, :, month] = known & low & ~confirmed
        doubted = np.where(known, np.where(fallen[:, :, month], value, np.nan), doubted)
        stood = np.where(known & ~fallen[:, :, month], value, stood)
    return fallen


def at(matrix: Matrix, column: npt.NDArray[np.int64]) -> Vector:
    """One figure a row, from `column`; NaN where it is negative."""
    picked = matrix[np.arange(len(matrix)), np.maximum(column, 0)]
    return np.where(column >= 0, picked, np.nan)


def last_known(matrix: Matrix) -> npt.NDArray[np.int64]:
    """The last column of each row that holds a figure; -1 where none does."""
    known = ~np.isnan(matrix)
    return np.where(known.any(axis=1), matrix.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1), -1).astype(np.int64)
