"""The required path: what each target should have reached by each month of the year to be met when it is due.

A flow follows the share of the year that past years had reached by then (the development pattern of the chain ladder); without
history, a straight line. A milestone is expected in the last quarter of its time. A level goes straight from where the year
began to what was promised, and stays there if it began there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from monitor.assess.history import History, Mask, Matrix, Vector, at, last_known

# A projection this close to the promise (a part of it) meets it: figures are rounded where they are reported.
SLIP = 0.001


@dataclass(frozen=True)
class Path:
    """`share`: of the due total reached by each month (flows, milestones); `required`: the path itself, in the unit of measure;
    `baseline`: where the year began; `seasonal`: rows whose share comes from past years. Series x months of the year.
    """

    share: Matrix
    required: Matrix
    baseline: Vector
    seasonal: Mask


def required_path(history: History, series: pd.DataFrame, due: np.ndarray) -> Path:
    """The path of every series; `due`: the month of the year (1..) at which each is decided."""
    months = np.arange(1, history.length + 1)
    elapsed = np.clip(months / due[:, None], 0.0, 1.0)
    milestone = (series["measure"] == "milestone").to_numpy()
    level = (series["measure"] == "level").to_numpy()
    past = _past_share(history, due)
    seasonal = ~np.isnan(past).any(axis=1) & ~milestone & ~level
    share = np.where(seasonal[:, None], past, elapsed)
    share = np.where(milestone[:, None], np.clip(4 * elapsed - 3, 0.0, 1.0), share)
    promised = series["value"].to_numpy(dtype=float)
    baseline, begun = _baseline(history, series)
    short = ~holds(baseline, series)
    span = np.maximum(due - begun, 1)
    progress = np.clip((months - begun[:, None]) / span[:, None], 0.0, 1.0)
    straight = baseline[:, None] + (promised - baseline)[:, None] * progress
    kept = np.broadcast_to(promised[:, None], straight.shape)
    throughout = series["throughout"].to_numpy(dtype=bool)
    levels = np.where((short & ~throughout)[:, None], straight, kept)
    adding = share * promised[:, None]
    # Half a ward cannot be recognised: of a milestone that is counted, whole ones are required.
    counted = milestone & series["whole_numbers"].to_numpy(dtype=bool)
    adding = np.where(counted[:, None], np.floor(adding + 0.5), adding)
    required = np.where(level[:, None], levels, adding)
    return Path(share, required, np.where(level, baseline, 0.0), seasonal)


def holds(values: Vector, series: pd.DataFrame, slip: float = 0.0) -> Mask:
    """Whether each value keeps its promise, or comes within `slip` (a part of it); a missing one does not."""
    strict = series["strict"].to_numpy(dtype=bool)
    margin = slip * np.abs(series["value"].to_numpy(dtype=float))
    floor, ceiling = series["floor"].to_numpy(dtype=float) - margin, series["ceiling"].to_numpy(dtype=float) + margin
    with np.errstate(invalid="ignore"):
        above = np.where(strict, values > floor, values >= floor)
        below = np.where(strict, values < ceiling, values <= ceiling)
    return np.asarray((above | np.isneginf(floor)) & (below | np.isposinf(ceiling)) & ~np.isnan(values), dtype=bool)


def _past_share(history: History, due: np.ndarray) -> Matrix:
    """The mean share of the due total that past years had reached by each month; NaN rows where no past year is complete."""
    years = history.years(history.values)[:, :-1]
    if years.shape[1] == 0:
        return np.full((len(years), history.length), np.nan)
    total = np.take_along_axis(years, (due - 1)[:, None, None].repeat(years.shape[1], axis=1), axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(total > 0, years / total, np.nan)
    # Months nobody reported lie on the line between those around them; the year begins at nothing.
    flat = np.concatenate([np.zeros((share.shape[0] * share.shape[1], 1)), share.reshape(-1, history.length)], axis=1)
    filled = pd.DataFrame(flat).interpolate(axis=1, limit_area="inside").to_numpy()[:, 1:].reshape(share.shape)
    complete = ~np.isnan(total[:, :, 0]) & (total[:, :, 0] > 0)
    filled = np.where(complete[:, :, None], filled, np.nan)
    past_due = np.arange(1, history.length + 1)[None, None, :] > due[:, None, None]
    filled = np.where(past_due & complete[:, :, None], 1.0, filled)
    count = complete.sum(axis=1)[:, None]
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
