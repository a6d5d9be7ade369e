"""Where each series is heading: the value at its due date with an 80% interval, and the probability of meeting the target.

Flows and levels by assess.forecast. A milestone is done or not: one that is done stays so; of one that is not nothing is known
until the last quarter of its time; after that what is left is a mixture of the pace so far and the plan, weighted by the share
of the path seen (the Benktander method of claims reserving; Mack 2000, "Credible claims reserves", ASTIN Bulletin 30).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.assess import forecast
from monitor.assess.features import row_median
from monitor.assess.forecast import Outlook, Question
from monitor.assess.history import YEARS, History, Mask, Matrix, Vector, at
from monitor.assess.path import Path, holds, step
from monitor.assess.plans import Plans
from monitor.assess.reckoning import in_reported_terms
from monitor.model.assessment import Errors
from monitor.model.comparator import edges, keeps, rounded

# Relative error of a milestone's end when nothing of its path has been seen; it shrinks with the root of what is left.
MILESTONE_SPREAD = 0.12
TREND_REPORTS = 6


# Decimals of a probability: beyond these it is otherwise where others are reckoned beside it, by how processors take many numbers
# at once, and the same figures are to say the same whoever else has reported.
_CHANCE = 9


@dataclass(frozen=True)
class Projection:
    """All in the target's unit of measure; `probability` 0..1, and `striving`, of what is striven for (NaN: nothing);
    `years`: past years it rests on. NaN: nothing is known, because nothing was reported (`method` none), or because a
    milestone is not done and need not be yet (`milestone-open`). `errors`: what the width of low to high is taken from
    (model.assessment.ERRORS, None: there is none); `learned`: how many times the shipped scale the workspace's own past
    projections erred (NaN: nothing was projected).
    """

    median: Vector
    low: Vector
    high: Vector
    probability: Vector
    striving: Vector
    method: npt.NDArray[np.object_]
    years: npt.NDArray[np.int64]
    errors: npt.NDArray[np.object_]
    learned: Vector


def project(
    history: History,
    path: Path,
    series: pd.DataFrame,
    year: Matrix,
    last: npt.NDArray[np.int64],
    due: np.ndarray,
    learned: Vector | None = None,
) -> Projection:
    """The projection of every series from its report in column `last` of `year` (-1: none) to the month `due` (1..).

    `learned`: what past projections taught of the scale of errors, where a projection of the same day has told already.
    """
    rows = len(series)
    known = last >= 0
    month = np.where(known, last + 1, 1)
    ended = month >= due
    now = at(year, last)
    kept, reached = holds(now, series), _strives(now, series)
    history, series, year, terms = in_reported_terms(history, _open_ends(series), year, last, due)
    path = replace(path, began=np.where(terms.rows, terms.began(series), path.began))
    value = at(year, last)
    measure = series["measure"].to_numpy()
    low_bound, high_bound, floor, ceiling = (
        series[name].to_numpy(dtype=float) for name in ("low_bound", "high_bound", "floor", "ceiling")
    )
    median, low, high, probability, striving = (np.full(rows, np.nan) for _ in range(5))
    softer = series["strive"].to_numpy(dtype=object) != ""
    least, most = (series[name].to_numpy(dtype=float) for name in ("strive_floor", "strive_ceiling"))
    method, years = np.full(rows, "none", dtype=object), np.zeros(rows, dtype=np.int64)
    errors, told = np.full(rows, None, dtype=object), np.full(rows, np.nan)
    for kind in ("level", "flow", "milestone"):
        of = known & (measure == kind)
        if not of.any():
            continue
        outlook = _outlook(kind, history, path, series, year, month, terms.due, of, learned)
        end, began = value[of], np.where(kind == "level", low_bound[of], np.fmax(low_bound[of], value[of]))
        quantiles = (np.clip(values, began, high_bound[of]) for values in outlook.quantiles((0.1, 0.5, 0.9)))
        low[of], median[of], high[of] = (np.where(ended[of], end, q) for q in quantiles)
        likely = np.clip(outlook.below(ceiling[of]) - outlook.below(floor[of]), 0.0, 1.0)
        probability[of] = np.where(ended[of], kept[of], likely)
        hoped = np.clip(outlook.below(most[of]) - outlook.below(least[of]), 0.0, 1.0)
        striving[of] = np.where(softer[of], np.where(ended[of], reached[of], hoped), np.nan)
        method[of], years[of] = outlook.method, outlook.years
        if kind != "milestone":
            errors[of], told[of] = _errors(outlook), outlook.learned
    median, low, high = terms.told(median), *terms.interval(low, high)
    milestone = known & (measure == "milestone")
    done = milestone & kept & np.isposinf(ceiling)
    for figures in (median, low, high):
        figures[done] = value[done]
    probability[done], method[done] = 1.0, "milestone-done"
    waiting = milestone & ~kept & ~ended & (at(path.share, last) == 0)
    for figures in (median, low, high, probability, striving):
        figures[waiting] = np.nan
    method[waiting] = "milestone-open"
    probability, striving = np.round(probability, _CHANCE), np.round(striving, _CHANCE)
    return Projection(median, low, high, probability, striving, method, years, errors, told)


def _errors(outlook: Outlook) -> npt.NDArray[np.object_]:
    """What the scale of each row is taken from; None where nothing is left to err."""
    sources: list[Errors | None] = [None, Errors.PLANS, Errors.PAST]
    cases = [outlook.scale <= 0, outlook.by_plans, outlook.learned != 1]
    return np.select(cases, [np.full(len(outlook.scale), source, dtype=object) for source in sources], Errors.METHOD)


def _open_ends(series: pd.DataFrame) -> pd.DataFrame:
    """`series` with the edges of what keeps its promise, and of what is striven for, where an open end begins."""
    ends = {}
    for least, most, strict in (("floor", "ceiling", "strict"), ("strive_floor", "strive_ceiling", "strive_strict")):
        low, high = (series[name].to_numpy(dtype=float) for name in (least, most))
        ends[least], ends[most] = edges(low, high, series[strict].to_numpy(dtype=bool), step(series))
    return series.assign(**ends)


def _strives(values: Vector, series: pd.DataFrame) -> Mask:
    """Whether each value reaches what is striven for."""
    least, most = (series[name].to_numpy(dtype=float) for name in ("strive_floor", "strive_ceiling"))
    return keeps(values, least, most, series["strive_strict"].to_numpy(dtype=bool), series["digits"].to_numpy())


def _outlook(
    kind: str,
    history: History,
    path: Path,
    series: pd.DataFrame,
    year: Matrix,
    month: npt.NDArray[np.int64],
    due: np.ndarray,
    of: npt.NDArray[np.bool_],
    learned: Vector | None,
) -> Outlook:
    plan = series["value"].to_numpy(dtype=float)[of]
    floor, ceiling = (series[name].to_numpy(dtype=float)[of] for name in ("floor", "ceiling"))
    plan = np.where(np.isfinite(floor) & np.isfinite(ceiling), (floor + ceiling) / 2, plan)
    low, high = (series[name].to_numpy(dtype=float)[of] for name in ("low_bound", "high_bound"))
    month, due = np.minimum(month[of], due[of]), due[of].astype(np.int64)
    if kind == "milestone":
        return _milestones(path.share[of], year[of], month, plan, low, high)
    past, now = history.monthly(of, year[of], month)
    plans = Plans(history.plans(of, month)[:, -past.shape[1] - 1 :], history.siblings[of])
    calendar = history.calendar[of] if history.calendar is not None else np.zeros(len(plan), dtype=np.int64)
    known = None if learned is None else learned[of]
    question = Question(past, now, month, due, low, high, plan, plans, calendar, known)
    if kind == "flow":
        return forecast.flows(question)
    return forecast.levels(question, path.began[of], _stays(history, series, year, month, due, of))


def _stays(
    history: History, series: pd.DataFrame, year: Matrix, month: npt.NDArray[np.int64], due: np.ndarray, of: Mask
) -> Vector:
    """The chance that levels `of` stay just where they are: by how many of their reports were, as decided by, the one before."""
    length, digits = history.length, series["digits"].to_numpy()[of]
    window = history.values[of, -(YEARS + 1) * length : -length]
    now = np.where(np.arange(length)[None, :] < month[:, None], year[of], np.nan)
    reports = rounded(np.concatenate([window, now], axis=1), digits[:, None])
    place = np.maximum.accumulate(np.where(np.isnan(reports), -1, np.arange(reports.shape[1])), axis=1)
    # The report before each: none before the first.
    place = np.concatenate([np.full((len(place), 1), -1), place[:, :-1]], axis=1)
    before = np.where(place >= 0, np.take_along_axis(reports, np.maximum(place, 0), axis=1), np.nan)
    stood, moved = (reports == before).sum(axis=1), (np.abs(reports - before) > 0).sum(axis=1)
    left = np.ceil((due - month) / series["frequency"].to_numpy()[of])
    return forecast.standing(stood, moved, left)


def _milestones(
    share: Matrix, year: Matrix, month: npt.NDArray[np.int64], plan: Vector, low: Vector, high: Vector
) -> Outlook:
    value, seen = at(year, month - 1), at(share, month - 1)
    size = np.where(plan != 0, np.abs(plan), 1.0)
    # Nobody does more than there is to do.
    centre = np.minimum(value + (1 - seen) * (value + (1 - seen) * plan), np.maximum(plan, value))
    scale = MILESTONE_SPREAD * np.sqrt(1 - seen) * np.maximum(np.abs(centre), size)
    rows = len(plan)
    return Outlook(
        centre=centre / size,
        scale=scale / size,
        link=np.zeros(rows, dtype=np.int64),
        size=size,
        low=low,
        high=high,
        least=value,
        method=np.full(rows, "milestone", dtype=object),
        years=np.zeros(rows, dtype=np.int64),
        stays=np.zeros(rows),
        now=value,
        learned=np.ones(rows),
        by_plans=np.zeros(rows, dtype=bool),
    )


def trend(history: History, series: pd.DataFrame, month: np.ndarray) -> Vector:
    """Change a month, Theil-Sen (Sen 1968): the median slope between all pairs of the last reports; NaN with fewer than two."""
    level = (series["measure"] == "level").to_numpy()
    window = _window(history, month, TREND_REPORTS, ~level)
    i, j = np.triu_indices(TREND_REPORTS, k=1)
    return row_median((window[:, j] - window[:, i]) / (j - i))


def _window(history: History, month: np.ndarray, width: int, within_year: np.ndarray) -> Matrix:
    """The `width` months up to each row's latest, NaN before the history (or the year) begins."""
    offset = history.values.shape[1] - history.length
    columns = (offset + month.astype(np.int64) - 1)[:, None] + np.arange(1 - width, 1)[None, :]
    picked = np.take_along_axis(history.values, np.clip(columns, 0, history.values.shape[1] - 1), axis=1)
    outside = (columns < 0) | (within_year[:, None] & (columns < offset)) | (month <= 0)[:, None]
    return np.where(outside, np.nan, picked)
