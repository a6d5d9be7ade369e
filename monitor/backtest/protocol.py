"""The questions of the year-end back-test: which years are asked about, what they are to reach, and what came.

Of each series the complete calendar years from its first complete one on, without gaps; the last two of them that have three
complete years before are asked about. As a flow, the year's sum is to reach last year's, grown by the median growth of the
history's sums; as a level, December is to reach last December, grown likewise.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.assess.features import row_median
from monitor.model.problem import Problem, Problems

Array = npt.NDArray[np.float64]
COLUMNS = ("series", "period", "value")
ASKED_YEARS = 2
HISTORY_YEARS = 3


@dataclass(frozen=True)
class Instances:
    """Years asked about. `past`: rows x years x 12, the latest last, NaN before a series begins; `year`: rows x 12, what came."""

    series: npt.NDArray[np.object_]
    calendar: npt.NDArray[np.int64]
    past: Array
    year: Array


def read_series(path: Path) -> pd.DataFrame:
    """The monthly series of a CSV (.csv, .csv.gz): columns series (str), period (str `YYYY-MM`), value (float64).

    Raises Problems for a file that is none, columns that are missing, and every figure or period that cannot be read.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError, pd.errors.ParserError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Problems([Problem(str(path), "the file cannot be read: {reason}", {"reason": reason})]) from None
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        message = 'column "{found}" is not in the heading, which has: {names}'
        present = ", ".join(table.columns)
        raise Problems(Problem(str(path), message, {"found": name, "names": present}, 1) for name in missing)
    figures = pd.to_numeric(table["value"], errors="coerce")
    good_period = table["period"].str.fullmatch(r"\d{4}-(0[1-9]|1[0-2])")
    problems = []
    message_value, message_period = (
        '"{found}" is not a figure such as {form}',
        '"{found}" is not a month such as 2024-06',
    )
    wrong_value = figures.isna() & (table["value"] != "")
    for column, bad, message in (("value", wrong_value, message_value), ("period", ~good_period, message_period)):
        where = list(table.columns).index(column) + 1
        for row, text in table.loc[bad, column].head(20).items():
            problems.append(Problem(str(path), message, {"found": text, "form": "95.15"}, int(str(row)) + 2, where))
    again = table.duplicated(["series", "period"])
    for row, text in (table["series"] + " " + table["period"])[again].head(20).items():
        problems.append(Problem(str(path), '"{found}" is given twice', {"found": text}, int(str(row)) + 2, 1))
    if problems:
        raise Problems(sorted(problems, key=lambda p: p.line))
    return pd.DataFrame({"series": table["series"], "period": table["period"], "value": figures.astype(float)})


def years_after(table: pd.DataFrame, least: int, most: int | None = None) -> Instances:
    """Every year of every series that has at least `least` complete years before it, or the last `most` of them.

    `table`: as read_series gives it, in any order.
    """
    months = pd.PeriodIndex(table["period"], freq="M")
    wide = pd.DataFrame(
        {"series": table["series"], "year": months.year, "month": months.month, "value": table["value"]}
    )
    wide = wide.pivot_table(index=["series", "year"], columns="month", values="value", aggfunc="last").reindex(
        columns=range(1, 13)
    )
    full = wide.dropna().reset_index()
    # A run is what follows the first complete year without a gap.
    first = full.groupby("series")["year"].transform("min")
    full = full[full["year"] - first == full.groupby("series").cumcount()]
    count = full.groupby("series")["year"].transform("size")
    place = full.groupby("series").cumcount()
    asked = place >= least
    if most is not None:
        asked &= place >= count - most
    figures = full[list(range(1, 13))].to_numpy(dtype=float)
    rows = np.flatnonzero(asked.to_numpy())
    before = place.to_numpy()[rows]
    depth = int(before.max()) if len(before) else 1
    back = np.arange(-depth, 0)[None, :]
    source = rows[:, None] + back
    past = np.where((back >= -before[:, None])[:, :, None], figures[np.maximum(source, 0)], np.nan)
    picked = full.iloc[rows]
    return Instances(
        picked["series"].to_numpy(dtype=object), picked["year"].to_numpy(dtype=np.int64), past, figures[rows]
    )


def asked(table: pd.DataFrame) -> Instances:
    """The years of the protocol."""
    return years_after(table, HISTORY_YEARS, ASKED_YEARS)


def targets(past: Array) -> dict[str, Array]:
    """What each instance is to reach: kind (flow, level) -> value."""
    last = {"flow": past.sum(axis=2), "level": past[:, :, 11]}
    made = {}
    for kind, values in last.items():
        with np.errstate(divide="ignore", invalid="ignore"):
            growth = values[:, 1:] / values[:, :-1] - 1
        usual = (
            row_median(np.where(np.isfinite(growth), growth, np.nan))
            if growth.shape[1]
            else np.full(len(values), np.nan)
        )
        made[kind] = values[:, -1] * (1 + np.nan_to_num(usual))
    return made


def outcomes(year: Array) -> dict[str, Array]:
    """What came: kind -> value."""
    return {"flow": year.sum(axis=1), "level": year[:, 11]}
