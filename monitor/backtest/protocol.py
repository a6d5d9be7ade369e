"""The questions of the year-end back-test: which years are asked about, what they are to reach, and what came.

Of each series the complete calendar years from its first complete one on, without gaps; the last two of them that have three
complete years before are asked about. As a flow, the year's sum is to reach last year's, grown by the median growth of the
history's sums; as a level, December is to reach last December, grown likewise.

With real plans every complete year that has one is asked about, whatever is known of before, as the kind that the file says,
and is to reach the plan as it was known at the month that is asked at.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.assess.features import row_median
from monitor.model.problem import Problem, Problems

Array = npt.NDArray[np.float64]
COLUMNS = ("series", "period", "value")
FURTHER = ("plan", "group", "kind")
KINDS = ("flow", "level")
ASKED_YEARS = 2
HISTORY_YEARS = 3


@dataclass(frozen=True)
class Instances:
    """Years asked about. `past`: rows x years x 12, the latest last, NaN where a year is not known; `year`: rows x 12, what came;
    `plan`: rows x (years + 1) x 12, what each year was to reach as known at each month, NaN without a plan; `group`: series of
    one are siblings, empty: of none; `kind`: what it is asked as, empty: as both.
    """

    series: npt.NDArray[np.object_]
    calendar: npt.NDArray[np.int64]
    past: Array
    year: Array
    plan: Array
    group: npt.NDArray[np.object_]
    kind: npt.NDArray[np.object_]

    def __getitem__(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Instances:
        """Some of them."""
        return Instances(*(getattr(self, field.name)[rows] for field in fields(self)))

    def of_kind(self, kind: str) -> npt.NDArray[np.int64]:
        """The rows that are asked as a kind."""
        return np.flatnonzero((self.kind == kind) | (self.kind == ""))


def read_series(path: Path) -> pd.DataFrame:
    """The monthly series of a CSV (.csv, .csv.gz): columns series (str), period (str `YYYY-MM`), value (float64), plan (float64,
    NaN where there is none), group and kind (str, empty where the file has none).

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
    table = table.assign(**{name: "" for name in FURTHER if name not in table})
    figures = {name: pd.to_numeric(table[name], errors="coerce") for name in ("value", "plan")}
    message_value, message_month = (
        '"{found}" is not a figure such as {form}',
        '"{found}" is not a month such as 2024-06',
    )
    message_kind = 'kind "{found}" is not one of  flow, level'
    wrong = [
        *((name, figures[name].isna() & (table[name] != ""), message_value) for name in figures),
        ("period", ~table["period"].str.fullmatch(r"\d{4}-(0[1-9]|1[0-2])"), message_month),
        ("kind", ~table["kind"].isin(["", *KINDS]), message_kind),
    ]
    problems = []
    for column, bad, message in wrong:
        where = list(table.columns).index(column) + 1
        for row, text in table.loc[bad, column].head(20).items():
            problems.append(Problem(str(path), message, {"found": text, "form": "95.15"}, int(str(row)) + 2, where))
    again = table.duplicated(["series", "period"])
    for row, text in (table["series"] + " " + table["period"])[again].head(20).items():
        problems.append(Problem(str(path), '"{found}" is given twice', {"found": text}, int(str(row)) + 2, 1))
    if problems:
        raise Problems(sorted(problems, key=lambda p: p.line))
    return table[[*COLUMNS, *FURTHER]].assign(**figures).astype({"value": float, "plan": float})


def years_after(table: pd.DataFrame, least: int, most: int | None = None) -> Instances:
    """Every year of every series that has at least `least` complete years before it, or the last `most` of them.

    `table`: as read_series gives it (plan, group and kind may be missing), in any order.
    """
    full = _complete(table)
    # A run is what follows the first complete year without a gap.
    first = full.groupby("series")["year"].transform("min")
    full = full[full["year"] - first == full.groupby("series").cumcount()].reset_index(drop=True)
    count = full.groupby("series")["year"].transform("size")
    place = full.groupby("series").cumcount()
    asked = place >= least
    if most is not None:
        asked &= place >= count - most
    return _instances(full, asked)


def planned(table: pd.DataFrame) -> Instances:
    """Every complete year that has a plan, with history or without; gaps between years are none of it."""
    full = _complete(table)
    return _instances(full, full["plan"].map(lambda plan: not np.isnan(plan).any()))


def asked(table: pd.DataFrame) -> Instances:
    """The years of the protocol: of a file with plans those of its plans."""
    return planned(table) if table["plan"].notna().any() else years_after(table, HISTORY_YEARS, ASKED_YEARS)


def _complete(table: pd.DataFrame) -> pd.DataFrame:
    """One row a series and complete year, sorted: series, year (int), value and plan (12 figures; a plan holds until the next is
    told), group, kind.
    """
    months = pd.PeriodIndex(table["period"], freq="M")
    table = table.assign(year=months.year, month=months.month).sort_values(["series", "year", "month"])
    table = table.assign(**{name: np.nan if name == "plan" else "" for name in FURTHER if name not in table})
    table["plan"] = table.groupby(["series", "year"])["plan"].ffill()
    whole = table["value"].notna().groupby([table["series"], table["year"]]).transform("sum") == 12
    table = table[whole]
    ends = table[table["month"] == 12]
    rows = ends[["series", "year", "group", "kind"]].reset_index(drop=True)
    for name in ("value", "plan"):
        rows[name] = pd.Series(list(table[name].to_numpy(dtype=float).reshape(-1, 12)), dtype=object)
    return rows


def _instances(full: pd.DataFrame, asked: pd.Series) -> Instances:
    """The years `asked` about, of the rows that `_complete` gave, each with the calendar years before it."""
    rows = np.flatnonzero(asked.to_numpy(dtype=bool))
    shape = (len(full), 12)
    value, plan = (np.array(full[name].tolist(), dtype=float).reshape(shape) for name in ("value", "plan"))
    codes, years = pd.factorize(full["series"])[0], full["year"].to_numpy(dtype=np.int64)
    first = pd.Series(years).groupby(codes).transform("min").to_numpy()
    depth = max(1, int((years - first)[rows].max(initial=0)))
    found = pd.Series(np.arange(len(full)), index=pd.MultiIndex.from_arrays([codes, years]))
    back = years[rows, None] + np.arange(-depth, 1)[None, :]
    wanted = pd.MultiIndex.from_arrays([np.repeat(codes[rows], depth + 1), back.ravel()])
    source = found.reindex(wanted, fill_value=-1).to_numpy().reshape(back.shape)
    known = (source >= 0)[:, :, None]
    of = full.iloc[rows]
    names = (of[name].to_numpy(dtype=object) for name in ("group", "kind"))
    return Instances(
        of["series"].to_numpy(dtype=object),
        years[rows],
        np.where(known, value[source], np.nan)[:, :-1],
        value[rows],
        np.where(known, plan[source], np.nan),
        *names,
    )


def goals(of: Instances, kind: str, share: float = 1.0) -> Array:
    """What each instance is to reach, as known at each month (rows x 12): `share` of its plan, or of what `targets` says."""
    plan = of.plan[:, -1]
    return np.where(np.isnan(plan), targets(of.past)[kind][:, None], plan * share)


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
