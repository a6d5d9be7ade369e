"""The status of a target: the one place where a probability and a due date become a word."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.assess.history import Mask, Vector
from monitor.assess.path import holds, margin
from monitor.model.assessment import Status, Thresholds


def status(
    thresholds: Thresholds,
    probability: Vector,
    likeliest: Vector,
    value: Vector,
    now_holds: Mask,
    final: Mask,
    overspent: Mask,
    failures: npt.NDArray[np.int64],
    behind: Mask,
    wanted: npt.NDArray[np.int64],
    series: pd.DataFrame,
) -> npt.NDArray[np.object_]:
    """One Status a series.

    Final figures decide; so do a flow's floor once reached and its ceiling once passed, which no later report undoes. Before
    that the probability speaks, against the policy's thresholds; one that is low while the value is still on its path is a risk,
    not yet a failure. A promise for the whole year that was broken once stays a risk though it holds again. Between a floor and
    a ceiling the probability is low however well all goes: there it is enough that the `likeliest` value, the median of the
    projection, keeps the promise.
    """
    throughout = series["throughout"].to_numpy(dtype=bool)
    adds_up = (series["measure"] != "level").to_numpy() & np.isposinf(series["ceiling"].to_numpy(dtype=float))
    kept = now_holds & (~throughout | (failures == 0))
    likeliest_holds = holds(likeliest, series, margin(series))
    # NaN compares false: without a figure none of these holds.
    with np.errstate(invalid="ignore"):
        likely = (probability >= thresholds.on_track) | likeliest_holds
        unlikely = probability < thresholds.off_track
    return np.select(
        [
            np.isnan(value) & (wanted == 0),
            np.isnan(value),
            final & kept,
            final | overspent,
            adds_up & now_holds,
            throughout & ~now_holds,
            throughout & (failures > 0),
            likely,
            unlikely & behind,
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
