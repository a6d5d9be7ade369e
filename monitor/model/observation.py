"""What was reported: the columns of the tables in which figures travel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

# A clean figure. `period`: the month in which it ends, `YYYY-MM`; `value`: in the target's unit of measure; `basis`: of a flow,
# `year-to-date` or `per-period`; `received`: the day the source says it was sent, None when it does not say.
OBSERVATION_COLUMNS = ["feed", "target", "unit", "period", "value", "basis", "received", "file", "sheet", "cell"]

# A figure that could not be used. `reason`: an English source string of the catalogue; `values`: what fills it.
QUARANTINE_COLUMNS = ["feed", "file", "sheet", "cell", "found", "reason", "values"]

# Older than this when it comes, a figure is archive material: it counts as received on the day it was due, so that past years
# read today serve a replay of them. So does what a feed's first reading brings: nobody wrote down when it was sent.
ARCHIVE_AFTER = timedelta(days=365)


@dataclass(frozen=True)
class Reading:
    """What one reading of a feed gave: `observations`, `quarantine` (tables as above), and how many figures are not yet due."""

    observations: pd.DataFrame
    quarantine: pd.DataFrame
    early: int = 0


@dataclass(frozen=True)
class Taken:
    """What of a reading was new: `added` first figures, `revised` corrected ones, `known` that stood already."""

    feed: str
    added: int = 0
    revised: int = 0
    known: int = 0
    quarantined: int = 0
    early: int = 0


def known_from(declared: pd.Series, due: pd.Series, now: date, *, first: bool) -> pd.Series:
    """The day from which each figure counts as known (object of date), the day its source declares; the day
    it was due, for archive material and for all that a feed's `first` reading brings; else the day it came, `now`.
    """
    came = pd.Series(now, index=declared.index, dtype=object)
    past = due.map(lambda day: first or now - day > ARCHIVE_AFTER).astype(bool)
    latest = due.map(lambda day: min(day, now)).astype(object)
    return declared.where(declared.notna(), latest.where(past, came)).astype(object)
