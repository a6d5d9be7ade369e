"""What was reported: the columns of the tables in which figures travel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
import pandas as pd

# A clean figure, a whole fact. `period`: the month in which it ends, `YYYY-MM`; `value`: in `unit_of_measure`, the target's
# own when it was read; `basis`: of a flow, `year-to-date` or `per-period`; `standing`: one of Standing, or empty;
# `received`: the day the source says it was sent, None when it does not say. Texts may be categories, of which those of all but
# `cell` stand in their order.
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


def known_from(days: pd.DataFrame, today: date, *, first: bool) -> pd.Series:
    """The day from which each figure counts as known (object of date).

    days: one row a figure, columns stated (the day its source says it was sent, or None), begins, closes, due (of its period),
    all object of date; stands (bool: a figure of that target, unit and period is known already). It is the stated day, else the
    day it came, `today`; of archive material, and of all that a feed's `first` reading brings, the day it was due,
    unless a figure stands: that one it corrects, and today. Before the period closes no figure counts, and one that
    came before the period had begun counts from the day it is due.
    """
    when = {name: pd.to_datetime(days[name]) for name in ("stated", "begins", "closes", "due")}
    came = pd.Series(pd.Timestamp(today), index=days.index)
    archive = (first | (came - when["due"] > ARCHIVE_AFTER)) & ~days["stands"]
    day = when["stated"].fillna(came.where(~archive, when["due"].where(when["due"] < came, came)))
    counts = when["closes"].where(when["stated"].notna() | (came >= when["begins"]), when["due"])
    latest = day.where(day > counts, counts)
    codes, distinct = pd.factorize(latest)
    told = np.empty(len(distinct), dtype=object)
    told[:] = [d.date() for d in distinct]
    return pd.Series(told[codes], index=days.index, dtype=object)
