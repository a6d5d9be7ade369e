"""The status of a target: the one place where a probability and a due date become a word."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.assess.history import Mask, Vector
from monitor.assess.path import holds, margin
from monitor.model.assessment import Status, Thresholds

# The part of the policy's `off_track` under which a target is as good as missed: no report before it is asked.
HOPELESS = 1 / 3


@dataclass(frozen=True)
class Evidence:
    """What a status is decided by. `value`: latest; `probability` of meeting the target and, `before`, by the report before it
    (NaN: there was none, or there is no doubt); `periods_left`: reports still to come; `likeliest`: median of the value at the
    due date; `keeps`: the value keeps the promise; `final`: it is that of the due period; `overspent`: a flow is over its
    ceiling; `failures`: periods at which a promise for the whole year did not hold; `behind`: short of the path by more than
    rounding; `informed`: by more than the year's own reports; `wanted`: months that should have been reported.
    """

    value: Vector
    probability: Vector
    before: Vector
    periods_left: Vector
    likeliest: Vector
    keeps: Mask
    final: Mask
    overspent: Mask
    failures: npt.NDArray[np.int64]
    behind: Mask
    informed: Mask
    wanted: npt.NDArray[np.int64]


def doubtful(thresholds: Thresholds, probability: Vector) -> Mask:
    """Whether a probability is low enough to call the target off track, and not so low that it does by itself."""
    with np.errstate(invalid="ignore"):
        return np.asarray((probability < thresholds.off_track) & (probability >= thresholds.off_track * HOPELESS))


def status(thresholds: Thresholds, of: Evidence, series: pd.DataFrame) -> npt.NDArray[np.object_]:
    """One Status a series.

    Final figures decide; so do a flow's floor once reached and its ceiling once passed, which no later report undoes. Before
    that the probability speaks, against the policy's thresholds, of what is behind its path; on its path a target is on track
    while past years leave it a chance at all, and at risk at worst. One report does not call a target off track that the report
    before had on track, nor does the year's first while others are to come, unless it leaves hardly a chance. A promise for the
    whole year that was broken once stays a risk though it holds again. Between a floor and a ceiling the probability is low
    however well all goes: there it is enough that the likeliest value keeps the promise.
    """
    throughout = series["throughout"].to_numpy(dtype=bool)
    adds_up = (series["measure"] != "level").to_numpy() & np.isposinf(series["ceiling"].to_numpy(dtype=float))
    kept = of.keeps & (~throughout | (of.failures == 0))
    between = np.isfinite(series["floor"].to_numpy(dtype=float)) & np.isfinite(series["ceiling"].to_numpy(dtype=float))
    well = holds(of.likeliest, series, margin(series)) & between
    # NaN compares false: without a figure, or a report before, none of these holds.
    with np.errstate(invalid="ignore"):
        likely = (of.probability >= thresholds.on_track) | well
        possible = ~of.behind & ((of.probability >= thresholds.off_track * HOPELESS) | ~of.informed)
        unlikely = of.behind & (of.probability < thresholds.off_track)
        alone = np.isnan(of.before) & (of.periods_left >= 2)
        sudden = doubtful(thresholds, of.probability) & (alone | (of.before >= thresholds.on_track))
    return np.select(
        [
            np.isnan(of.value) & (of.wanted == 0),
            np.isnan(of.value),
            of.final & kept,
            of.final | of.overspent,
            adds_up & of.keeps,
            throughout & ~of.keeps,
            throughout & (of.failures > 0),
            likely | possible,
            unlikely & ~sudden,
        ],
        [
            Status.NOT_DUE,
            Status.NO_DATA,
            Status.MET,
            Status.MISSED,
            Status.MET,
            Status.OFF_TRACK,
            Status.AT_RISK,
            Status.ON_TRACK,
            Status.OFF_TRACK,
        ],
        Status.AT_RISK,
    ).astype(object)
