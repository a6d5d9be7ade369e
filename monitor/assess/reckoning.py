"""Figures that are reckoned from reported ones: growth and reduction since a base, averages of the year to date, shares.

What is reported is laid out, held against its own past and rolled up as it is; only then is it reckoned, so that a whole's growth
is that of its parts' sum. A growth or a reduction is projected in what is reported, where seasons and trends are, and told in its
own terms: that a total ends 9% above last year's is the same as that it reaches 1.09 of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.assess.history import History, Mask, Matrix, Vector, at

Months = npt.NDArray[np.int64]

_SINCE = ("growth", "reduction")


@dataclass(frozen=True)
class Terms:
    """What is reckoned, in reported terms at the due date. `rows`: growths and reductions whose base is known, and averages
    that are not whole yet; `base`, and `slope`: how much a figure rises when what is reported rises by one (NaN of the
    others); `due`: the month that is asked about.
    """

    rows: Mask
    base: Vector
    slope: Vector
    due: Months

    def told(self, reported: Vector) -> Vector:
        """Reported figures as what is reckoned from them; others as they are."""
        return np.where(self.rows, (reported - self.base) * self.slope, reported)

    def interval(self, low: Vector, high: Vector) -> tuple[Vector, Vector]:
        """The ends of an interval as what is reckoned from them, the lesser first."""
        falls = self.rows & (self.slope < 0)
        low, high = self.told(low), self.told(high)
        return np.where(falls, high, low), np.where(falls, low, high)

    def began(self, series: pd.DataFrame) -> Vector:
        """Where the year began, as reported: at the end of the one before; NaN of what is held against the same period."""
        return np.where(series["against"] == "year-end", self.base, np.nan)

    def needed(self, figure: Vector) -> Vector:
        """What must be reported for a reckoned figure."""
        with np.errstate(invalid="ignore"):
            return np.where(self.rows, self.base + figure / self.slope, figure)


def reckoned(history: History, series: pd.DataFrame) -> History:
    """`history` of what is reported, with the figures that are reckoned in their place."""
    how = series["reckoned"].to_numpy(dtype=object)
    if not (how != "").any():
        return history
    since = np.isin(how, _SINCE)
    base = _base(history, series, since)
    slope = _slope(base, series, since)
    averages = np.asarray((how == "average") & ~series["to_date"].to_numpy(dtype=bool))
    plain = np.asarray(how == "")
    share = np.asarray(how == "share")[:, None]
    times = series["scale"].to_numpy(dtype=float)[:, None]

    def of(matrix: Matrix) -> Matrix:
        made = np.where(since[:, None], (matrix - base) * slope, matrix)
        averaged = _averages(history.years(made[averages])).reshape(-1, made.shape[1])
        made[averages] = averaged * times[averages]
        part, whole = _parts_and_wholes(made, series)
        return np.where(share, times * part / np.where(whole > 0, whole, np.nan), made)

    reported, values = of(history.reported), of(history.values)
    part, whole = _parts_and_wholes(values, series)
    low, high = (series[name].to_numpy(dtype=float)[:, None] for name in ("low_bound", "high_bound"))
    held_back = history.held_back | (((reported < low) | (reported > high)) & ~plain[:, None])
    return replace(
        history,
        reported=reported,
        values=np.where(held_back, np.nan, values),
        rolled_up=of(history.rolled_up),
        held_back=held_back,
        alone=np.where(plain[:, None], history.alone, np.nan),
        flow=history.flow & plain,
        native=history,
        measured=np.where(share, part, np.where(plain[:, None], np.nan, history.values)),
        base=np.where(share, whole, base),
    )


def in_reported_terms(
    history: History, series: pd.DataFrame, year: Matrix, last: Months, due: Months
) -> tuple[History, pd.DataFrame, Matrix, Terms]:
    """History, series and year with what is reported in place of what is reckoned from it; `last`: the column of each latest
    figure (-1: none), `due`: the month that decides.
    """
    how = series["reckoned"].to_numpy(dtype=object)
    if history.native is None or history.base is None or not (how != "").any():
        unknown = np.full(len(series), np.nan)
        return history, series, year, Terms(np.zeros(len(series), dtype=bool), unknown, unknown, due)
    terms = _terms(history, series, year, last, due)
    average = np.asarray(how == "average")
    native, column = history.native, terms.rows[:, None]
    raw = np.where((series["to_date"].to_numpy(dtype=bool) & average)[:, None], _single(native), native.values)
    plan = np.full_like(history.plan, np.nan)
    plan[:, history.year] = np.where(average, history.plan[:, -1], terms.needed(history.plan[:, -1]))[:, None]
    changed = replace(
        history,
        values=np.where(column, raw, history.values),
        alone=np.where(column, native.alone, history.alone),
        flow=np.where(terms.rows, native.flow, history.flow),
        plan=np.where(column, plan, history.plan),
    )
    own = np.where(column & ~np.isnan(year), raw[:, history.year], year)
    return changed, _reported(series, terms), own, terms


def _terms(history: History, series: pd.DataFrame, year: Matrix, last: Months, due: Months) -> Terms:
    """Growths and reductions by their base at the due date. Of an average what has been reported stands, and what is to come
    is its mean: the figure in the middle of the rest of the time.
    """
    assert history.base is not None  # noqa: S101 - of what is reckoned there is one
    how = series["reckoned"].to_numpy(dtype=object)
    since = np.isin(how, _SINCE)
    base = history.base[:, history.year][np.arange(len(series)), due - 1]
    slope = _slope(base[:, None], series, since)[:, 0]
    frequency = series["frequency"].to_numpy(dtype=np.int64)
    gone, whole = (last + 1) / frequency, due / frequency
    rest = whole - gone
    open_average = np.asarray((how == "average") & (last >= 0) & (rest > 0))
    share = series["scale"].to_numpy(dtype=float) * rest / whole
    with np.errstate(divide="ignore", invalid="ignore"):
        stands = -gone * at(year, last) / (whole * share)
    base, slope = np.where(open_average, stands, base), np.where(open_average, share, slope)
    middle = last + 1 + frequency * np.ceil((rest + 1) / 2).astype(np.int64)
    rows = np.asarray((since | open_average) & np.isfinite(base) & np.isfinite(slope))
    return Terms(rows, base, slope, np.where(open_average, np.minimum(middle, due), due))


def _single(history: History) -> Matrix:
    """What single periods must have been for averages to date to be what they are."""
    by_year = history.years(history.values)
    months = np.where(np.isnan(by_year), 0, np.arange(1, history.length + 1))
    so_far = np.maximum.accumulate(months, axis=2)
    before = np.concatenate([np.zeros_like(so_far[:, :, :1]), so_far[:, :, :-1]], axis=2)
    sums = np.concatenate([np.zeros((*by_year.shape[:2], 1)), np.nan_to_num(by_year) * months], axis=2)
    earlier = np.take_along_axis(sums, before, axis=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        single = (by_year * months - earlier) / (months - before)
    return np.asarray(single.reshape(history.values.shape))


def _reported(series: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    """`series` with measure, promise and bounds of what is reported, in the rows of `terms`."""
    rows = terms.rows
    falls = rows & (terms.slope < 0)
    ends = {}
    for least, most in (("floor", "ceiling"), ("strive_floor", "strive_ceiling")):
        low, high = (terms.needed(series[name].to_numpy(dtype=float)) for name in (least, most))
        ends[least], ends[most] = np.where(falls, high, low), np.where(falls, low, high)
    return series.assign(
        measure=np.where(rows, series["reported_measure"], series["measure"]),
        **ends,
        # An average's plan is what its single figures should be about, not what those to come must make up for.
        value=np.where(
            series["reckoned"] == "average", series["value"], terms.needed(series["value"].to_numpy(dtype=float))
        ),
        low_bound=np.where(rows, series["reported_low"], series["low_bound"]),
        high_bound=np.where(rows, series["reported_high"], series["high_bound"]),
    )


def _base(history: History, series: pd.DataFrame, since: Mask) -> Matrix:
    """What each month's figure is held against (NaN: not known): the same month of the year before, or that year's last figure;
    this year's as declared, where it is: of the same period the last month's alone.
    """
    by_year = history.years(history.values)
    months, width = np.arange(history.length), history.length
    place = np.where(np.isnan(by_year), -1, months).max(axis=2)
    ended = np.take_along_axis(by_year, np.maximum(place, 0)[:, :, None], axis=2)[:, :, 0]
    at_end = (series["against"] == "year-end").to_numpy()
    before = np.full_like(by_year, np.nan)
    before[:, 1:] = np.where(at_end[:, None, None], ended[:, :-1, None], by_year[:, :-1])
    declared = series["base"].to_numpy(dtype=float)
    given = np.isfinite(declared)[:, None] & (at_end[:, None] | (months == width - 1)[None, :])
    before[:, -1] = np.where(given, declared[:, None], before[:, -1])
    return np.where(since[:, None], before.reshape(history.values.shape), np.nan)


def _slope(base: Matrix, series: pd.DataFrame, since: Mask) -> Matrix:
    """How much a growth or a reduction rises with what is reported; NaN where the base is nothing, or less than that."""
    sign = np.where(series["reckoned"] == "reduction", -1.0, 1.0) * series["scale"].to_numpy(dtype=float)
    relative = series["relative"].to_numpy(dtype=bool)[:, None]
    size = np.where(relative, np.where(base > 0, base, np.nan), 1.0)
    return np.where(since[:, None], sign[:, None] / size, np.nan)


def _averages(by_year: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The mean of each year's figures so far (rows x years x months), at the months that have one."""
    known = ~np.isnan(by_year)
    total = np.cumsum(np.where(known, by_year, 0.0), axis=2)
    return np.where(known, total / np.maximum(np.cumsum(known, axis=2), 1), np.nan)


def _parts_and_wholes(matrix: Matrix, series: pd.DataFrame) -> tuple[Matrix, Matrix]:
    """Of each share of one target in another, of the same unit: the figures of both, in its own row (NaN in others)."""
    of = np.flatnonzero(series["reckoned"] == "share")
    units = series.index.get_level_values("unit")[of]
    found = []
    for name in ("part", "whole"):
        rows = series.index.get_indexer(pd.MultiIndex.from_arrays([series[name].iloc[of], units]))
        figures = np.full_like(matrix, np.nan)
        figures[of] = np.where((rows >= 0)[:, None], matrix[rows], np.nan)
        found.append(figures)
    return found[0], found[1]
