"""What is drawn of a standing: how each series went, and where it should have been."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from monitor.assess.history import as_it_stands, lay_out
from monitor.assess.path import due_months, required_path
from monitor.assess.reckoning import reckoned
from monitor.standing.known import Standing, unit_codes
from monitor.standing.past import gone_on


def courses(standing: Standing, unit: str) -> dict[tuple[str, str], tuple[float, ...]]:
    """(target, a unit) -> what was reported in the resolution's year, month by month (a flow's year to date), NaN where
    nothing.
    """
    code, names = unit_codes(standing.series)
    of = np.flatnonzero(code == names.get_indexer(pd.Index([unit]))[0])
    series, values = standing.series.iloc[of], standing.values
    history = reckoned(as_it_stands(values.matrix[of], values.start, series), series)
    return dict(zip(series.index, map(tuple, history.values[:, history.year].tolist()), strict=True))


@dataclass(frozen=True)
class Drawn:
    """How every series of a standing went: `index` (target, unit) -> its row of `past` (years x rows x months, the oldest first),
    `year` (what was reported, a flow's year to date) and `required` (the path). NaN where nothing is. `first`: the year's first
    month; `due`: the month (1..) that decides.
    """

    index: pd.Index
    first: pd.Period
    past: np.ndarray
    year: np.ndarray
    required: np.ndarray
    due: np.ndarray

    def row(self, target: str, unit: str) -> int:
        """The row of a series; -1 of one that is not followed."""
        return int(self.index.get_indexer(pd.MultiIndex.from_tuples([(target, unit)]))[0])


def drawn(standing: Standing) -> Drawn:
    """What a chart of each series shows, past years beside this one: as the assessment saw them."""
    declared, series = standing.declared, standing.series
    first = declared.resolution.of_year(standing.as_of).first
    jump = declared.thresholds.jump
    history = reckoned(lay_out(gone_on(declared, standing.observations), series, first, jump), series)
    due = due_months(series, first)
    path = required_path(history, series, due, declared.followed.by_month(standing.as_of))
    years = history.years(history.values)
    past, year = np.moveaxis(years[:, :-1], 1, 0), years[:, -1]
    required = np.broadcast_to(path.required, year.shape)
    return Drawn(series.index, first, past, year, required, due)
