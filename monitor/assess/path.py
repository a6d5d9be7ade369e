"""The required path: what each target should have reached by each month of the year to be met when it is due.

A flow follows the share of the year that past years had reached by then (the development pattern of the chain ladder); without
history, a straight line. A milestone is expected in the last quarter of its time. A level goes straight from where the year
began to what was promised, and stays there if it began there.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from monitor.assess.history import NOTHING, YEARS, History, Mask, Matrix, Vector, at, between, last_known
from monitor.model.comparator import keeps

# A projection this close to the promise (a part of it) meets it: figures are rounded where they are reported.
SLIP = 0.001


@dataclass(frozen=True)
class Path:
    """`share`: of the due total reached by each month (flows, milestones); `required`: the path itself, in the unit of measure;
    `baseline`: where the year began, `began`: the same, NaN where only the year's own first report tells; `seasonal`: rows whose
    share comes from past years; `corridor`: rows between a floor and a ceiling, whose path is the nearest edge, or the value
    itself inside; `steady`: the path to the plan that the year began with. Series x months of the year.
    """

    share: Matrix
    required: Matrix
    baseline: Vector
    began: Vector
    seasonal: Mask
    corridor: Mask
    steady: Matrix


def due_months(series: pd.DataFrame, first: pd.Period) -> np.ndarray:
    """The month that decides each series (int64; 1: `first`)."""
    return np.asarray(series["due_month"].astype("int64").to_numpy() - first.ordinal + 1)


def required_path(
    history: History,
    series: pd.DataFrame,
    due: np.ndarray,
    plan: Mapping[str, pd.DataFrame] = types.MappingProxyType({}),
) -> Path:
    """The path of every series; `due`: the month of the year (1..) at which each is decided.

    `plan`: value, floor and ceiling in force at each month (model.series.Followed.by_month), where they changed: each month is
    held against the plan of its own, so that one raised in mid-year makes no earlier month late.
    """
    months = np.arange(1, history.length + 1)
    elapsed = np.clip(months / due[:, None], 0.0, 1.0)
    milestone = (series["measure"] == "milestone").to_numpy()
    level = (series["measure"] == "level").to_numpy()
    past = np.full(elapsed.shape, np.nan)
    flow = np.asarray(~milestone & ~level)
    past[flow] = _past_share(history, flow, due[flow])
    seasonal = np.asarray(~np.isnan(past).any(axis=1))
    share = np.where(seasonal[:, None], past, elapsed)
    share = np.where(milestone[:, None], np.clip(4 * elapsed - 3, 0.0, 1.0), share)
    baseline, begun = _baseline(history, series)
    short = ~holds(baseline, series)
    span = np.maximum(due - begun, 1)
    progress = np.clip((months - begun[:, None]) / span[:, None], 0.0, 1.0)
    straight = (short & ~series["throughout"].to_numpy(dtype=bool))[:, None]
    counted = (milestone & series["whole_numbers"].to_numpy(dtype=bool))[:, None]

    def toward(promised: Matrix) -> Matrix:
        """The way to one figure, or to each month's own."""
        adding = share * promised
        # Half a ward cannot be recognised: of a milestone that is counted, whole ones are required.
        adding = np.where(counted, np.floor(adding + 0.5), adding)
        level_way = np.where(straight, baseline[:, None] + (promised - baseline[:, None]) * progress, promised)
        return np.where(level[:, None], level_way, adding)

    value, floor, ceiling = (_by_month(series, plan, name) for name in ("value", "floor", "ceiling"))
    required = toward(value)
    corridor = np.asarray((np.isfinite(floor) & np.isfinite(ceiling)).all(axis=1))
    within_both = corridor[:, None]
    least, most = toward(np.where(within_both, floor, 0.0)), toward(np.where(within_both, ceiling, 0.0))
    year = np.where(np.isnan(history.values[:, history.year]), required, history.values[:, history.year])
    within = np.clip(year, np.fmin(least, most), np.fmax(least, most))
    required = np.where(corridor[:, None], within, required)
    began = np.where(begun == 0, baseline, np.nan)
    steady = np.where(corridor[:, None], required, toward(value[:, :1]))
    return Path(share, required, np.where(level, baseline, 0.0), began, seasonal, corridor, steady)


def _by_month(series: pd.DataFrame, plan: Mapping[str, pd.DataFrame], name: str) -> Matrix:
    """A figure of the plan, series x months; one column where it is the same all year."""
    if name in plan:
        return plan[name].to_numpy(dtype=float)
    return series[name].to_numpy(dtype=float)[:, None]


def ahead(values: Matrix, required: Matrix, series: pd.DataFrame, corridor: Mask) -> Matrix:
    """How far each value is beyond what the path requires, negative when it is behind; of a corridor, outside on either side."""
    better = np.where(np.isneginf(series["floor"].to_numpy(dtype=float)), -1.0, 1.0).reshape(
        -1, *[1] * (values.ndim - 1)
    )
    outside = corridor.reshape(better.shape)
    return np.where(outside, -np.abs(values - required), better * (values - required))


def step(series: pd.DataFrame) -> Vector:
    """The least difference that decides: one in what is counted month by month, else the last decimal that is looked at."""
    counted = series["whole_numbers"].to_numpy(dtype=bool) & (series["measure"] != "milestone").to_numpy()
    return np.where(counted, 1.0, 10.0 ** -series["digits"].to_numpy(dtype=float))


def rounding(series: pd.DataFrame) -> Vector:
    """What is no shortfall but the way figures are written: a twentieth of a percent of the promise, half of the least step."""
    return np.asarray(np.maximum(5e-4 * np.abs(series["value"].to_numpy(dtype=float)), step(series) / 2))


def margin(series: pd.DataFrame) -> Vector:
    """By how much a projection may fall short and still meet: SLIP of the promise, half of the least step."""
    return np.asarray(np.maximum(SLIP * np.abs(series["value"].to_numpy(dtype=float)), step(series) / 2))


def holds(values: Vector, series: pd.DataFrame, slip: Vector | float = 0.0) -> Mask:
    """Whether each value keeps its promise (model.comparator.keeps), or comes within `slip`; a missing one does not."""
    floor, ceiling = series["floor"].to_numpy(dtype=float) - slip, series["ceiling"].to_numpy(dtype=float) + slip
    return keeps(values, floor, ceiling, series["strict"].to_numpy(dtype=bool), series["digits"].to_numpy())


def _past_share(history: History, of: Mask, due: np.ndarray) -> Matrix:
    """The mean share of the due total that past years had reached by each month; NaN rows where no past year is complete."""
    years = history.years(history.values[of])[:, :-1][:, -YEARS:]
    if years.shape[1] == 0:
        return np.full((len(years), history.length), np.nan)
    total = np.take_along_axis(years, (due - 1)[:, None, None].repeat(years.shape[1], axis=1), axis=2)
    complete = np.nan_to_num(total) > NOTHING
    past_due = np.arange(1, history.length + 1)[None, None, :] > due[:, None, None]
    share = np.where(complete & ~past_due, years, np.nan) / np.where(complete, total, 1.0)
    # Months nobody reported lie on the line between those around them; the year begins at nothing.
    flat = np.concatenate([np.zeros((share.shape[0] * share.shape[1], 1)), share.reshape(-1, history.length)], axis=1)
    filled = np.where(complete & past_due, 1.0, between(flat)[:, 1:].reshape(share.shape))
    count = complete.sum(axis=1)
    mean = np.where(count > 0, np.nansum(filled, axis=1) / np.maximum(count, 1), np.nan)
    return np.asarray(np.clip(np.maximum.accumulate(mean, axis=1), 0.0, 1.0))


def _baseline(history: History, series: pd.DataFrame) -> tuple[Vector, np.ndarray]:
    """Where each level stood when the year began, and after how many months that was: declared, else the last figure of the
    year before, else the year's own first.
    """
    year = history.values[:, history.year]
    before = history.values[:, : history.values.shape[1] - history.length]
    earlier = at(before, last_known(before)) if before.shape[1] else np.full(len(year), np.nan)
    known = ~np.isnan(year)
    first = np.where(known.any(axis=1), np.argmax(known, axis=1), -1).astype(np.int64)
    declared = series["baseline"].to_numpy(dtype=float)
    began = np.where(np.isnan(declared), earlier, declared)
    from_year = np.isnan(began)
    return np.where(from_year, at(year, first), began), np.where(from_year & (first >= 0), first + 1, 0)
