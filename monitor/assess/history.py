"""Observations laid out by series and month: what was reported, what of it is plausible, what it adds up to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.model.comparator import rounded

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# The years of history that forecasts look at.
YEARS = 5
# What is less than this is taken for nothing: a part of it may have no logarithm, and nothing may be divided by it.
NOTHING = 1e-250


@dataclass(frozen=True)
class History:
    """Series x months, the last `length` of them the year the resolution binds. Rows follow the table of series.

    `reported`: as reported, flows as year to date (`flow`: their rows); `held_back`: figures that cannot be right; `values`: the
    others; `partial`: series x years that were reported per period, whose year to date lacks the months nobody reported;
    `rolled_up`: what the wards make, in the city's rows; `own`: cells that are the unit's own report, not rolled up.
    """

    start: int
    length: int
    reported: Matrix
    values: Matrix
    held_back: Mask
    partial: Mask
    flow: Mask
    rolled_up: Matrix
    own: Mask

    @property
    def year(self) -> slice:
        """The columns of the year in force."""
        return slice(self.values.shape[1] - self.length, self.values.shape[1])

    def years(self, matrix: Matrix) -> npt.NDArray[np.float64]:
        """`matrix` as series x years x months."""
        return matrix.reshape(len(matrix), matrix.shape[1] // self.length, self.length)

    def monthly(self, of: Mask, year: Matrix, month: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.float64], Matrix]:
        """The rows `of` without gaps, as forecasts want them: the last YEARS years (rows x years x months), `year` up to `month`.

        Levels between two reports lie on the line between them; flows are given as what each month added, a year to date rising
        evenly between reports. A past year that is not whole is NaN; months of a flow reported per period that nobody reported
        count as the usual of the year.
        """
        ahead = np.arange(self.length)[None, :] >= month[:, None]
        before = self.values[of, max(0, self.values.shape[1] - (YEARS + 1) * self.length) : -self.length]
        values = np.concatenate([before, np.where(ahead, np.nan, year)], axis=1)
        by_year = values.reshape(len(values), -1, self.length)
        flow: Mask = self.flow[of]
        filled = np.empty_like(by_year)
        filled[flow] = _added(by_year[flow], self.partial[of][flow, -by_year.shape[1] :])
        filled[~flow] = _standing(by_year[~flow])
        past = filled[:, :-1] if filled.shape[1] > 1 else np.full((len(filled), 1, self.length), np.nan)
        whole = np.asarray(~np.isnan(past).any(axis=2))
        return np.where(whole[:, :, None], past, np.nan), np.where(ahead, np.nan, filled[:, -1])


def lay_out(
    observations: pd.DataFrame, series: pd.DataFrame, first: pd.Period, last: pd.Period, jump: float
) -> History:
    """The history of `series` (model.target.target_table) from `observations` (target, unit, period, value, basis)."""
    length = last.ordinal - first.ordinal + 1
    rows = series.index.get_indexer(pd.MultiIndex.from_frame(observations[["target", "unit"]]))
    codes, texts = pd.factorize(observations["period"])
    months = pd.PeriodIndex(texts, freq="M").asi8[codes]
    known = (rows >= 0) & (months <= last.ordinal)
    earliest = int(months[known].min()) if known.any() else first.ordinal
    blocks = 1 + max(0, -(-(first.ordinal - earliest) // length))
    start = last.ordinal + 1 - blocks * length
    reported = np.full((len(series), blocks * length), np.nan)
    reported[rows[known], months[known] - start] = observations["value"].to_numpy(dtype=float)[known]
    flow = (series["measure"] == "flow").to_numpy()
    partial = np.zeros((len(series), blocks), dtype=bool)
    alone = known & (observations["basis"] == "per-period").to_numpy()
    partial[rows[alone], (months[alone] - start) // length] = True
    partial &= flow[:, None]
    reported = np.where(np.repeat(partial, length, axis=1), _cumulated(reported, length), reported)
    own = ~np.isnan(reported)
    # Each unit's figures are judged by themselves: what is held back of one is in no sum either.
    held_back = _held_back(reported, series, flow, length, jump)
    rolled_up = _rolled_up(np.where(held_back, np.nan, reported), series)
    reported = np.where(own, reported, rolled_up)
    values = np.where(held_back, np.nan, reported)
    return History(start, length, reported, values, held_back, partial, flow, rolled_up, own)


def _cumulated(matrix: Matrix, length: int) -> Matrix:
    by_year = matrix.reshape(len(matrix), -1, length)
    sums = np.nancumsum(by_year, axis=2)
    return np.where(np.isnan(by_year), np.nan, sums).reshape(matrix.shape)


def _rolled_up(matrix: Matrix, series: pd.DataFrame) -> Matrix:
    """The wards' sum or weighted mean, in the city's rows, at the periods for which every ward has a figure that stands."""
    parts = (~series["city"]).to_numpy()
    result = np.full_like(matrix, np.nan)
    if not parts.any():
        return result
    weights = np.where(series["roll_up"] == "mean", series["weight"], 1.0)[parts]
    members = series.index.get_level_values("target")[parts]
    grouped = pd.DataFrame(matrix[parts] * weights[:, None]).groupby(members)
    complete = grouped.sum().where(grouped.count().eq(grouped.size(), axis=0))
    city = series["city"].to_numpy() & series.index.get_level_values("target").isin(complete.index)
    result[city] = complete.loc[series.index.get_level_values("target")[city]].to_numpy()
    return result


def _held_back(reported: Matrix, series: pd.DataFrame, flow: Mask, length: int, jump: float) -> Mask:
    """Reports outside what can be true, or out of all proportion to the unit's own past and promise. Nothing is a figure like
    others: a level may reach it, and a first report may be it.
    """
    low = series["low_bound"].to_numpy()[:, None]
    high = series["high_bound"].to_numpy()[:, None]
    promised = np.abs(series["value"].to_numpy())[:, None]
    with np.errstate(invalid="ignore"):
        outside = (reported < low - 1e-9) | (reported > high + 1e-9)
        sound = pd.DataFrame(np.where(outside, np.nan, reported).T)
        # A level against the median of its last twelve reports, or its promise while there are fewer than two.
        usual = sound.rolling(12, min_periods=2).median().shift(1).to_numpy().T
        usual = np.abs(np.where(np.isnan(usual), promised, usual))
        size = np.abs(rounded(reported, series["digits"].to_numpy()[:, None]))
        # Too large is what is so against both: from next to nothing a level may come back to what was promised.
        most = jump * np.fmax(usual, promised)
        level = (usual > 0) & (size > 0) & ((size > most) | (size * jump < usual))
        # A flow against last year's same month and the straight line to its promise; and it may not fall to a tenth.
        month = np.arange(reported.shape[1]) % length + 1
        before = np.full_like(reported, np.nan)
        before[:, length:] = np.abs(reported[:, :-length])
        likely = np.fmax(before, promised * month / length)
        above = (likely > 0) & (np.abs(reported) > jump * likely)
        by_year = np.where(outside | above, np.nan, reported).reshape(len(reported), -1, length)
        previous = np.roll(_forward(by_year), 1, axis=2)
        previous[:, :, 0] = np.nan
        below = np.abs(reported) * jump < np.abs(previous.reshape(reported.shape))
    milestone = (series["measure"] == "milestone").to_numpy()[:, None]
    out_of_proportion = np.where(flow[:, None], above | below, level & ~milestone)
    return np.asarray(outside | out_of_proportion, dtype=bool)


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


def _added(by_year: npt.NDArray[np.float64], partial: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """What each month of a year to date (rows x years x months) added; `partial`: the years that were reported per period."""
    begun = np.concatenate([np.zeros((*by_year.shape[:2], 1)), by_year], axis=2)
    added = np.diff(between(begun.reshape(-1, begun.shape[2])).reshape(begun.shape), axis=2)
    if not partial.any():
        return added
    reported = partial[:, :, None] & ~np.isnan(by_year)
    own = np.where(reported, _alone(by_year), np.nan)
    usual = np.nansum(own, axis=2, keepdims=True) / np.maximum(reported.sum(axis=2, keepdims=True), 1)
    missing = partial[:, :, None] & np.isnan(by_year) & ~np.isnan(added)
    return np.where(missing, usual, np.where(reported, own, added))


def _alone(by_year: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What each report of a year to date adds to the one before it."""
    carried = np.concatenate([np.zeros((*by_year.shape[:2], 1)), by_year[:, :, :-1]], axis=2)
    carried = np.maximum.accumulate(np.where(np.isnan(carried), 0.0, carried), axis=2)
    return np.asarray(by_year - carried)


def _forward(years: Matrix) -> Matrix:
    """Each month's latest known figure within its year."""
    flat = pd.DataFrame(years.reshape(-1, years.shape[2])).ffill(axis=1).to_numpy()
    return flat.reshape(years.shape)


def at(matrix: Matrix, column: npt.NDArray[np.int64]) -> Vector:
    """One figure a row, from `column`; NaN where it is negative."""
    picked = matrix[np.arange(len(matrix)), np.maximum(column, 0)]
    return np.where(column >= 0, picked, np.nan)


def last_known(matrix: Matrix) -> npt.NDArray[np.int64]:
    """The last column of each row that holds a figure; -1 where none does."""
    known = ~np.isnan(matrix)
    return np.where(known.any(axis=1), matrix.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1), -1).astype(np.int64)
