"""What was reported: the columns of the tables in which figures travel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd

# datetime64[D].
Dates = npt.NDArray[np.datetime64]

# A clean figure, a whole fact. `period`: the month in which it ends, `YYYY-MM`; `value`: in `unit_of_measure`, the target's
# own when it was read; `basis`: of a flow, `year-to-date` or `per-period`; `standing`: one of Standing, or empty;
# `received`: the day the source says it was sent, missing when it does not say. All but `value` may be categories, and those of
# all but `cell` stand in their order.
OBSERVATION_COLUMNS = [
    *("feed", "target", "unit", "period", "value", "unit_of_measure", "basis", "standing"),
    *("received", "file", "sheet", "cell"),
]

# A figure that could not be used. `reason`: an English source string of the catalogue; `values`: what fills it.
QUARANTINE_COLUMNS = ["feed", "file", "sheet", "cell", "found", "reason", "values"]

# Older than this when it comes, a figure is archive material: it counts as received on the day it was due, so that past years
# read today serve a replay of them. So does what a feed's first reading brings: nobody wrote down when it was sent.
ARCHIVE_AFTER = timedelta(days=365)


class Standing(StrEnum):
    """How far a figure has come on its way to the final one: statistics offices estimate a month, then revise it."""

    ESTIMATE = "estimate"
    PRELIMINARY = "preliminary"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Days:
    """The days of figures, arrays alike long. `stated`: the day a source says one was sent (NaT: it does not); `begins`,
    `closes`, `due`: of its period; `stands`: whether a figure of that target, unit and period is known already.
    """

    stated: Dates
    begins: Dates
    closes: Dates
    due: Dates
    stands: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Reading:
    """What one reading of a feed gave: `observations`, `quarantine` (tables as above); `doubted`: targets of the latter."""

    observations: pd.DataFrame
    quarantine: pd.DataFrame
    doubted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Taken:
    """What of a reading was new: `added` first figures, `revised` corrected ones, `known` that stood already; `early`: how many
    of all are kept, and count only from a later day on, the last of them from `newest` on.
    """

    feed: str
    added: int = 0
    revised: int = 0
    known: int = 0
    quarantined: int = 0
    early: int = 0
    newest: date | None = None


def known_from(days: Days, today: date, *, first: bool) -> Dates:
    """The day from which each figure counts as known.

    It is the stated day, else the day it came, `today`; of archive material, and of all that a feed's `first` reading brings, the
    day it was due, unless a figure stands: that one it corrects, and today. Before the period closes no figure counts, and one
    that came before the period had begun counts from the day it is due.
    """
    came = np.datetime64(today)
    archive = (first | (came - days.due > np.timedelta64(ARCHIVE_AFTER))) & ~days.stands
    said = ~np.isnat(days.stated)
    day = np.where(said, days.stated, np.where(archive, np.minimum(days.due, came), came))
    return np.maximum(day, np.where(said | (came >= days.begins), days.closes, days.due))
