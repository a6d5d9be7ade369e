"""The whole assessment, from a table of observations to a table of assessments."""

from __future__ import annotations

import types
from collections.abc import Mapping, Set
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.assess.history import History, Mask, Vector, at, carried, last_known, lay_out
from monitor.assess.path import ahead, due_months, holds, required_path, rounding
from monitor.assess.plans import fulfilment, short_years
from monitor.assess.projection import project, trend
from monitor.assess.reckoning import reckoned
from monitor.assess.status import Evidence, because, doubtful
from monitor.model.assessment import CASES, FIELDS, Thresholds
from monitor.model.comparator import beyond, rounded
from monitor.model.resolution import Resolution

# So many past plans, all of them missed, are a habit.
EVER = 2


def assess(
    observations: pd.DataFrame,
    series: pd.DataFrame,
    year: Resolution,
    thresholds: Thresholds,
    expected: pd.Series,
    plan: Mapping[str, pd.DataFrame] | None = None,
    plans: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """One row a (target, unit): where it stands, and where it is heading, by what was known as of a day.

    observations: columns target, unit, period (`YYYY-MM`), value (float64, in the unit of measure), basis; one row a period, as
    known on that day; any order. series: model.series.target_table. year: the resolution, or of one that binds several years that
    year of it. expected: the month (Period) by which each target's figures should have come by then, indexed by target. plan:
    model.series.Followed.by_month, where the plan changed within the year. plans: what years were to reach, past ones and, where
    it changed, this one: columns target, unit, period (`YYYY-MM` or Period), value (float64, in the unit of measure): the plan of
    that month's year as it was in force in that month, valid until the year's next row; rows of other series are passed over.
    This year's is the promise unless given.
    Returns the columns of model.assessment.FIELDS, indexed by (target, unit), sorted. A series without a report this year has
    status `no_data` (`not_due` while nothing was due) and NaN figures.
    """
    laid_out = lay_out(observations, series, year.first, thresholds.jump, plans)
    return assess_laid_out(laid_out, series, year, thresholds, expected, plan)[0]


def assess_laid_out(
    laid_out: History,
    series: pd.DataFrame,
    year: Resolution,
    thresholds: Thresholds,
    expected: pd.Series,
    plan: Mapping[str, pd.DataFrame] | None = None,
    in_use: Set[str] = frozenset(),
) -> tuple[pd.DataFrame, Mask]:
    """`assess` from figures laid out; and which rows have a figure of any time. `in_use`: targets of which others than the parts
    in `series` report.
    """
    due = due_months(series, year.first)
    by_now = _by_now(series, expected, year, due)
    # The figure of the due date itself must come: what nobody reports is no outcome.
    history = reckoned(carried(laid_out, series, np.minimum(by_now, due - 1)), series)
    wanted = _wanted(series, by_now, due)
    table = assess_history(history, series, due, wanted, thresholds, year.first, plan or {}, in_use)
    return table, np.asarray(~np.isnan(history.values).all(axis=1))


def assess_history(
    history: History,
    series: pd.DataFrame,
    due: np.ndarray,
    wanted: np.ndarray,
    thresholds: Thresholds,
    first: pd.Period,
    plan: Mapping[str, pd.DataFrame] = types.MappingProxyType({}),
    in_use: Set[str] = frozenset(),
) -> pd.DataFrame:
    """`assess` from figures laid out and reckoned already. `due`: the month of the year (1..12) that decides; `wanted`: up to
    which month (0: none) figures should have come; `first`: the month that is 1; `in_use`: see assess_laid_out.
    """
    path = required_path(history, series, due, plan)
    late = np.arange(1, history.length + 1)[None, :] > due[:, None]
    year = np.where(late, np.nan, history.values[:, history.year])
    reported = np.where(late, np.nan, history.reported[:, history.year])
    # What came is no later for lack of anything to hold it against.
    came = reported if history.native is None else np.where(late, np.nan, history.native.reported[:, history.year])
    # What stands for lack of news is no report of its own.
    own = np.where(np.isnan(reported), np.nan, year)
    last = last_known(year)
    earlier = last_known(_before(year, last))
    month = (last + 1).astype(float)
    digits = series["digits"].to_numpy()
    # One figure is decided by, compared and shown: no finer than the promise is held to.
    value, previous = rounded(at(year, last), digits), rounded(at(year, earlier), digits)
    required = rounded(at(path.required, last), digits)
    promised = series["value"].to_numpy(dtype=float)
    deviation = ahead(value, required, series, path.corridor)
    line = path.baseline + (promised - path.baseline) * np.minimum(month / due, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        least = np.where(path.corridor, line * series["floor"].to_numpy(dtype=float) / promised, line)
    line = np.where(path.corridor, np.clip(value, np.fmin(least, line), np.fmax(least, line)), line)
    projection = project(history, path, series, year, last, due)
    # The report before only matters where the latest leaves it in doubt.
    asked = np.where(doubtful(thresholds, projection.probability), earlier, -1)
    before = project(history, path, series, year, asked, due, projection.learned).probability
    failures = _failures(year, series)
    ended, planned = history.outcomes(due)
    fulfilled, plan_years = fulfilment(ended, planned)
    # What had to hold at every period and did not cannot be kept any more.
    projection = replace(
        projection,
        probability=np.where(failures > 0, 0.0, projection.probability),
        median=rounded(projection.median, digits),
        low=rounded(projection.low, digits),
        high=rounded(projection.high, digits),
    )
    with np.errstate(invalid="ignore"):
        behind = deviation < -thresholds.tolerance * np.abs(promised)
    over = beyond(value, series["ceiling"].to_numpy(dtype=float), series["strict"].to_numpy(dtype=bool), digits)
    final = (month == due) & (last_known(reported) == last)
    keeps = holds(value, series)
    # To stand at 9 is short of a path that leads below 9.
    edge = series["strict"].to_numpy(dtype=bool) & (value == required) & (required == rounded(promised, digits))
    periods_left = np.where(last < 0, np.nan, (due - month) / series["frequency"].to_numpy())
    # What is done needs no further report.
    done = (series["measure"] == "milestone").to_numpy() & keeps
    overdue = np.where(done, 0, _overdue(came, wanted, history, series, in_use))
    evidence = Evidence(
        value=value,
        probability=projection.probability,
        before=before,
        periods_left=periods_left,
        likeliest=projection.median,
        keeps=keeps,
        final=final,
        overspent=over & (series["measure"] == "flow").to_numpy(),
        failures=failures,
        behind=(deviation < -rounding(series)) | (edge & ~keeps),
        ever_short=(plan_years >= EVER) & (short_years(ended, planned, series) == plan_years),
        unreckoned=_unreckoned(history),
        wanted=wanted,
        missing=overdue,
    )
    why = because(thresholds, evidence, series)
    # The last stands for none: it is what -1 picks.
    months = np.array([*(str(first + n) for n in range(history.length)), ""], dtype=object)
    columns = {
        "group": series["group"],
        "owner": series["owner"],
        "measure": series["reckoned"].where(series["reckoned"] != "", series["measure"]),
        "status": np.array([CASES[case].status for case in why], dtype=object),
        "because": why,
        "period": months[last],
        "reported_period": months[last_known(reported)],
        "expected_period": months[wanted - 1],
        "method": projection.method,
        "errors": projection.errors,
        **{name: _texts(series[name]) for name in ("printed", "was", "document", "strive")},
        "city": series["city"],
        "task": series["task"],
        "throughout": series["throughout"],
        "final": final,
        "holds": keeps,
        "behind": behind,
        "implausible": (last_known(reported) >= 0) & _held(history, reported),
        "fell": _fell(value, previous, series),
        "value": value,
        "previous": previous,
        "reported": rounded(at(reported, last_known(reported)), digits),
        "rolled_up": rounded(
            np.where(_own(history, last), at(history.rolled_up[:, history.year], last), np.nan), digits
        ),
        "last_year": rounded(_last_year(history, last), digits),
        **_from(history, last),
        "promised": promised,
        "floor": series["floor"],
        "ceiling": series["ceiling"],
        "required": required,
        "deviation": deviation,
        "linear_deviation": ahead(value, line, series, path.corridor),
        "attainment": _ratio(value, promised),
        "pace": _ratio(value - path.baseline, required - path.baseline),
        "trend": trend(history, series, month),
        # Who goes on as before, and is asked for more, does not get slower: the plan that the year began with counts too.
        "worsening": _worsening(
            np.fmax(*(ahead(own, way, series, path.corridor) for way in (path.required, path.steady))),
            rounding(series),
        ),
        "projection": projection.median,
        "low": projection.low,
        "high": projection.high,
        "probability": projection.probability,
        "striving": projection.striving,
        "years": projection.years,
        "learned": projection.learned,
        "plan_years": plan_years,
        "fulfilment": fulfilled,
        "periods_left": periods_left,
        "data_age": np.where(last < 0, np.nan, np.maximum(wanted - month, 0)),
        "lacking": history.lacking(last),
        "overdue": overdue,
        "failures": failures,
    }
    table = pd.DataFrame({name: np.asarray(column) for name, column in columns.items()}, index=series.index)
    return table[[name for name in FIELDS if name in table]]


def _texts(column: pd.Series) -> np.ndarray:
    """Texts, None for empty ones: no rule meets a plan that was not changed."""
    return column.astype(object).where(column.astype(bool), None).to_numpy()


def _ratio(above: Vector, below: Vector) -> Vector:
    with np.errstate(over="ignore", invalid="ignore"):
        share = above / np.where(below == 0, 1.0, below)
    return np.where((below != 0) & np.isfinite(share), share, np.nan)


def _before(year: np.ndarray, last: np.ndarray) -> np.ndarray:
    return np.where(np.arange(year.shape[1])[None, :] < last[:, None], year, np.nan)


def _failures(year: np.ndarray, series: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Reported months at which what had to hold throughout did not."""
    asked = series["throughout"].to_numpy(dtype=bool)
    failures = np.zeros(len(series), dtype=np.int64)
    if not asked.any():
        return failures
    year, series = year[asked], series[asked]
    kept = np.stack([holds(year[:, m], series) for m in range(year.shape[1])], axis=1)
    failures[asked] = (~np.isnan(year) & ~kept).sum(axis=1)
    return failures


def _held(history: History, reported: np.ndarray) -> Mask:
    """Whether the latest report is held back."""
    latest = last_known(reported)
    flags = history.held_back[:, history.year]
    return np.asarray(flags[np.arange(len(flags)), np.maximum(latest, 0)])


def _from(history: History, last: np.ndarray) -> dict[str, Vector]:
    """What the value of each row is reckoned from, and what that is held against."""
    if history.measured is None or history.base is None:
        return {name: np.full(len(last), np.nan) for name in ("measured", "base")}
    return {"measured": at(history.measured[:, history.year], last), "base": at(history.base[:, history.year], last)}


def _unreckoned(history: History) -> Mask:
    """Rows of which sound figures came this year, and none could be reckoned from."""
    if history.native is None:
        return np.zeros(len(history.values), dtype=bool)
    none = np.isnan(history.values[:, history.year]).all(axis=1)
    return np.asarray(none & ~np.isnan(history.native.values[:, history.year]).all(axis=1))


def _own(history: History, last: np.ndarray) -> Mask:
    flags = history.own[:, history.year]
    return np.asarray(flags[np.arange(len(flags)), np.maximum(last, 0)] & (last >= 0))


def _fell(value: Vector, previous: Vector, series: pd.DataFrame) -> Mask:
    with np.errstate(invalid="ignore"):
        return np.asarray((series["measure"] == "flow").to_numpy() & (value < previous))


def _last_year(history: History, last: np.ndarray) -> Vector:
    offset = history.values.shape[1] - 2 * history.length
    return at(history.values, np.where((last >= 0) & (offset >= 0), offset + last, -1))


def _worsening(gaps: np.ndarray, least: Vector) -> np.ndarray:
    """Successive latest reports, each further behind the path than the report before it, by `least` at least."""
    count = np.zeros(len(gaps), dtype=np.int64)
    before = np.full(len(gaps), np.nan)
    for month in range(gaps.shape[1]):
        gap = gaps[:, month]
        known = ~np.isnan(gap)
        with np.errstate(invalid="ignore"):
            worse = gap < before - least
        count = np.where(known, np.where(worse, count + 1, 0), count)
        before = np.where(known, gap, before)
    return count


def _by_now(series: pd.DataFrame, expected: pd.Series, year: Resolution, due: np.ndarray) -> np.ndarray:
    """The month of the year (0: none) that figures should tell of by now, none after the due date."""
    ordinals = expected.map(lambda month: month.ordinal)
    months = ordinals.reindex(series.index.get_level_values("target")).to_numpy(dtype=np.int64)
    return np.asarray(np.clip(months - year.first.ordinal + 1, 0, due))


def _wanted(series: pd.DataFrame, months: np.ndarray, due: np.ndarray) -> np.ndarray:
    """The month (0: none) up to which figures should have come: whole periods."""
    frequency = series["frequency"].to_numpy(dtype=np.int64)
    # Of what is reported when there is something to tell only the figure of the due date is awaited.
    irregular = series["irregular"].to_numpy(dtype=bool) & (months < due)
    return np.where(irregular, 0, months // frequency * frequency)


def _overdue(
    reported: np.ndarray, wanted: np.ndarray, history: History, series: pd.DataFrame, in_use: Set[str]
) -> np.ndarray:
    """Periods between the latest report and the one that should have come. A breakdown of which no unit reports is not in use."""
    latest = last_known(reported) + 1
    missing = np.maximum(wanted - latest, 0) // series["frequency"].to_numpy(dtype=np.int64)
    if series["city"].all():
        return np.asarray(missing)
    ever = pd.Series(~np.isnan(history.values).all(axis=1) & ~series["city"].to_numpy(), index=series.index)
    used = ever.groupby(level="target").transform("any").to_numpy()
    used |= series.index.get_level_values("target").isin(list(in_use))
    return np.where(series["city"].to_numpy() | used, missing, 0)
