"""The status of a target: the one place where a probability, a path and a due date become a word (model.assessment.CASES)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.assess.history import Mask, Vector
from monitor.assess.path import holds, margin
from monitor.model.assessment import Because, Thresholds


@dataclass(frozen=True)
class Evidence:
    """What a status is decided by. `value`: latest; `probability` of meeting the target (NaN: not known) and, `before`, by the
    report before it (NaN: there was none, or there is no doubt); `periods_left`: reports still to come; `likeliest`: median of
    the value at the due date; `keeps`: the value keeps the promise; `final`: it is that of the due period; `overspent`: a flow
    is over its ceiling; `failures`: periods at which a promise for the whole year did not hold; `behind`: short of the path by
    more than rounding; `ever_short`: several past plans are known, and all were missed; `unreckoned`: figures came, and
    what they are held against is not known; `wanted`: months that should have been
    reported; `missing`: reports that have not come since the latest.
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
    ever_short: Mask
    unreckoned: Mask
    wanted: npt.NDArray[np.int64]
    missing: npt.NDArray[np.int64]


def doubtful(thresholds: Thresholds, probability: Vector) -> Mask:
    """Whether a probability is low enough to call the target off track, and not so low that it does by itself."""
    with np.errstate(invalid="ignore"):
        return np.asarray((probability < thresholds.off_track) & (probability >= thresholds.hopeless))


def because(thresholds: Thresholds, of: Evidence, series: pd.DataFrame) -> npt.NDArray[np.object_]:
    """One Because a series: the first that is so.

    Final figures decide; so do a flow's floor once reached and its ceiling once passed, which no later report undoes. Before
    that the probability speaks, against the policy's thresholds, and the path beside it: what is on its path is at risk at
    worst. One report does not call a target off track that the report before had on track, nor does the year's first while
    others are to come, unless it leaves hardly a chance.
    """
    throughout = series["throughout"].to_numpy(dtype=bool)
    adds_up = (series["measure"] != "level").to_numpy() & np.isposinf(series["ceiling"].to_numpy(dtype=float))
    between = np.isfinite(series["floor"].to_numpy(dtype=float)) & np.isfinite(series["ceiling"].to_numpy(dtype=float))
    # NaN compares false: without a figure, or a report before, none of these holds.
    with np.errstate(invalid="ignore"):
        likely = of.probability >= thresholds.on_track
        alone = np.isnan(of.before) & (of.periods_left >= 2)
        sudden = doubtful(thresholds, of.probability) & (alone | (of.before >= thresholds.on_track))
        unlikely = of.probability < thresholds.off_track
    silent = np.isnan(of.value)
    broken_before = throughout & (of.failures > 0)
    cases = {
        Because.UNRECKONED: silent & of.unreckoned,
        Because.NOT_DUE: silent & (of.wanted == 0),
        Because.SILENT: silent,
        Because.KEPT: of.final & of.keeps & ~broken_before,
        Because.BROKEN_BEFORE: of.final & of.keeps,
        Because.NOT_KEPT: of.final,
        Because.OVERSPENT: of.overspent,
        Because.REACHED: adds_up & of.keeps,
        Because.BROKEN: throughout & ~of.keeps,
        Because.HOLDS_AGAIN: broken_before,
        Because.OPEN: np.isnan(of.probability),
        Because.UNHEARD: (of.missing >= thresholds.silence) & ~(of.behind & unlikely),
        Because.LIKELY: likely & ~of.behind,
        Because.LIKELY_THOUGH_BEHIND: likely,
        Because.LIKELIEST_KEEPS: between & holds(of.likeliest, series, margin(series)),
        Because.AS_EVER: ~of.behind & of.ever_short,
        Because.UNLIKELY_THOUGH_ON_PATH: ~of.behind,
        Because.ONE_REPORT: sudden,
        Because.UNLIKELY: unlikely,
    }
    return np.select(list(cases.values()), list(cases), Because.DOUBTFUL).astype(object)
