"""Where each series is heading: projection at the due date, an 80% interval, the probability of meeting the target.

Flows: what has come, plus the rest of the year as a mixture of the pace so far and the plan, weighted by the share of the year
seen (the Benktander method of claims reserving; Mack 2000, "Credible claims reserves: the Benktander method", ASTIN Bulletin 30).
Levels: the latest value, plus a mixture of its own trend (Theil-Sen; Sen 1968) and the plan, weighted by the time elapsed. Errors
are taken as normal; their spread is a plain first setting, not yet fitted to past errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from monitor.assess.history import History, Mask, Matrix, Vector
from monitor.assess.path import Path, holds, margin

# Relative standard error of a year's total when nothing of it has been seen; it shrinks with the root of what is left.
FLOW_SPREAD = 0.12
# Of the change a level still owes, how uncertain it is that the plan brings it.
PLAN_SPREAD = 0.5
# The standard normal's 90% quantile.
Z80 = 1.2815515655446004
TREND_REPORTS = 6


@dataclass(frozen=True)
class Projection:
    """All in the target's unit of measure; `trend` a month; `probability` 0..1. NaN where nothing is known."""

    median: Vector
    low: Vector
    high: Vector
    probability: Vector
    trend: Vector


def project(
    history: History, path: Path, series: pd.DataFrame, value: Vector, seen: Vector, month: Vector, due: Vector
) -> Projection:
    """The projection of every series from its latest `value` at `month` (1..), `seen` the share of the year that it covers."""
    level = (series["measure"] == "level").to_numpy()
    promised = series["value"].to_numpy(dtype=float)
    left = np.maximum(due - month, 0)
    trend = _trend(history, month, level)
    flow_median = value + (1 - seen) * (value + (1 - seen) * promised)
    flow_spread = FLOW_SPREAD * np.sqrt(1 - seen) * np.maximum(np.abs(flow_median), np.abs(promised))
    level_median, level_spread = _level(history, path, series, value, month, due, trend)
    median = np.where(level, level_median, flow_median)
    spread = np.where(left == 0, 0.0, np.where(level, level_spread, flow_spread))
    median = np.where(left == 0, value, median)
    low_bound, high_bound = series["low_bound"].to_numpy(dtype=float), series["high_bound"].to_numpy(dtype=float)
    least = np.where(level, low_bound, np.fmax(low_bound, value))
    middle = np.clip(median, least, high_bound)
    low = np.clip(median - Z80 * spread, least, high_bound)
    high = np.clip(median + Z80 * spread, least, high_bound)
    probability = _probability(median, spread, series)
    return Projection(middle, low, high, np.where(np.isnan(value), np.nan, probability), trend)


def _level(
    history: History, path: Path, series: pd.DataFrame, value: Vector, month: Vector, due: Vector, trend: Vector
) -> tuple[Vector, Vector]:
    promised = series["value"].to_numpy(dtype=float)
    elapsed = np.clip(month / due, 0.0, 1.0)
    left = np.maximum(due - month, 0)
    owed = np.where(holds(value, series), 0.0, promised - value)
    median = value + elapsed * np.nan_to_num(trend) * left + (1 - elapsed) * owed
    step = _step(history, month)
    unknown = np.abs(promised - path.baseline) / np.sqrt(due)
    step = np.where(np.isnan(step), unknown, step)
    return median, np.sqrt(step**2 * left + (PLAN_SPREAD * (1 - elapsed) * owed) ** 2)


def _probability(median: Vector, spread: Vector, series: pd.DataFrame) -> Vector:
    """P(floor <= X <= ceiling) for X normal, each end widened by path.margin."""
    slip = margin(series)
    floor, ceiling = series["floor"].to_numpy(dtype=float) - slip, series["ceiling"].to_numpy(dtype=float) + slip
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.where(spread > 0, ndtr((ceiling - median) / spread), median <= ceiling)
        under = np.where(spread > 0, ndtr((floor - median) / spread), median < floor)
    return np.asarray(np.clip(below - under, 0.0, 1.0))


def _window(history: History, month: Vector, width: int, within_year: Mask) -> Matrix:
    """The `width` months up to each row's latest, NaN before the history (or the year) begins."""
    offset = history.values.shape[1] - history.length
    columns = (offset + month.astype(np.int64) - 1)[:, None] + np.arange(1 - width, 1)[None, :]
    picked = np.take_along_axis(history.values, np.clip(columns, 0, history.values.shape[1] - 1), axis=1)
    outside = (columns < 0) | (within_year[:, None] & (columns < offset)) | (month <= 0)[:, None]
    return np.where(outside, np.nan, picked)


def _trend(history: History, month: Vector, level: Mask) -> Vector:
    """Theil-Sen: the median of the slopes between all pairs of the last reports; NaN with fewer than two."""
    window = _window(history, month, TREND_REPORTS, ~level)
    i, j = np.triu_indices(TREND_REPORTS, k=1)
    return _median((window[:, j] - window[:, i]) / (j - i))


def _step(history: History, month: Vector) -> Vector:
    """The usual size of a month's change beyond the trend: the median absolute deviation of the changes of two years, scaled to
    a standard deviation; NaN with fewer than three changes.
    """
    window = _window(history, month, 25, np.zeros(len(history.values), dtype=bool))
    changes = np.diff(window, axis=1)
    spread = 1.4826 * _median(np.abs(changes - _median(changes)[:, None]))
    return np.where((~np.isnan(changes)).sum(axis=1) >= 3, spread, np.nan)


def _median(matrix: Matrix) -> Vector:
    """Row medians that pass over NaN, and are NaN for a row of nothing else."""
    return pd.DataFrame(matrix.T).median().to_numpy()
