"""Asks the assessment each question of the protocol, exactly as it would have been asked then.

It goes through `assess_history`, which assesses the live figures too: the method sees the history and the first months of the
year, and its status is the policy's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from monitor.assess.assessing import assess_history
from monitor.assess.features import Months
from monitor.assess.history import History
from monitor.backtest.protocol import KINDS, Array, Instances, goals
from monitor.model.assessment import Thresholds

PREDICTIONS = ["series", "year", "kind", "month", "target", "probability", "projection", "low", "high"]
MONTHS = range(1, 12)
# Instances asked at a time.
BLOCK = 1000


def ask(
    instances: Instances,
    thresholds: Thresholds,
    tell: Callable[[str, int], object],
    years: int | None = None,
    share: float = 1.0,
    months: Sequence[int] = MONTHS,
) -> pd.DataFrame:
    """One row a question: PREDICTIONS, `status`, `learned` (see model.assessment.FIELDS), and `line`: whether the straight line
    says that the target will be met.

    `years`: how many years of the history are shown (0: of a level only where it stood when the year began); `share`: of a plan,
    what is to be reached; `months`: when it is asked; `tell` is called with the kind after so many instances.
    """
    tables = []
    for kind in KINDS:
        goal = goals(instances, kind, share)
        for rows in _together(instances, instances.of_kind(kind)):
            tables.append(_answers(kind, instances[rows], goal[rows], thresholds, years, months))
            tell(kind, len(rows))
    columns = [*PREDICTIONS, "status", "learned", "line"]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def _together(instances: Instances, rows: Months) -> list[Months]:
    """`rows` in parts of about BLOCK, all of one year in one part: they tell of each other."""
    if not len(rows):
        return []
    codes = pd.factorize(instances.calendar[rows])[0]
    order = np.argsort(codes, kind="stable")
    # A year belongs to the part in which its first row is.
    part = np.searchsorted(codes[order], codes[order]) // BLOCK
    return [rows[order[part == each]] for each in np.unique(part)]


def _answers(
    kind: str, of: Instances, goals: Array, thresholds: Thresholds, years: int | None, months: Sequence[int]
) -> pd.DataFrame:
    """The answers of some instances, at each of `months`."""
    rows = np.arange(len(of.year))
    month, repeated = np.repeat(months, len(rows)), np.tile(rows, len(months))
    goal = goals[repeated, month - 1]
    known = of.past if years is None else of.past[:, of.past.shape[1] - min(years, of.past.shape[1]) :]
    plan = of.plan[:, of.plan.shape[1] - known.shape[1] - 1 :]
    began = of.past[:, -1, 11] if kind == "level" and years == 0 else np.full(len(rows), np.nan)
    codes = pd.factorize(pd.MultiIndex.from_arrays([of.calendar, of.group]))[0]
    siblings = np.where(of.group == "", -1, codes)[repeated]
    of = of[repeated]
    table = assess_history(
        history_of(kind, known[repeated], of.year, month, plan[repeated], siblings, of.calendar),
        series_table(kind, goal, began[repeated]),
        np.full(len(month), 12),
        month,
        thresholds,
        pd.Period("2000-01", freq="M"),
    )
    answers = table[["probability", "projection", "low", "high", "status", "learned"]].reset_index(drop=True)
    answers["series"], answers["year"] = of.series, of.calendar
    answers["kind"], answers["month"], answers["target"] = kind, month, goal
    answers["line"] = straight_line(kind, of.past, of.year, goal, month)
    return answers


def straight_line(kind: str, past: Array, year: Array, goal: Array, month: Months) -> np.ndarray:
    """Whether the straight line to the target says at each row's `month` (1..11) that it will be met. Of a level of which nobody
    knows where the year began it says so once it is there.
    """
    now = np.take_along_axis(year if kind == "level" else year.cumsum(axis=1), (month - 1)[:, None], axis=1)[:, 0]
    began = np.where(np.isnan(past[:, -1, 11]), goal, past[:, -1, 11]) if kind == "level" else np.zeros(len(goal))
    return np.asarray(now >= began + (goal - began) * month / 12)


def history_of(
    kind: str, past: Array, year: Array, month: Months, plan: Array, siblings: Months, calendar: Months
) -> History:
    """What was known at each row's `month`, as the assessment lays figures out: flows as year to date. `plan`: rows x years x 12,
    the year itself the last; `siblings`: rows with one number are siblings of one year (-1: none); `calendar`: each row's year.
    """
    seen = np.where(np.arange(1, 13) <= month[:, None], year, np.nan)
    in_force = np.take_along_axis(plan[:, -1], np.minimum(np.arange(12)[None, :], month[:, None] - 1), axis=1)
    whole = np.concatenate([past, seen[:, None, :]], axis=1)
    if kind == "flow":
        whole = np.where(np.isnan(whole), np.nan, np.nancumsum(whole, axis=2))
    values = whole.reshape(len(whole), -1)
    nothing = np.zeros(values.shape, dtype=bool)
    return History(
        start=0,
        length=12,
        reported=values,
        values=values,
        held_back=nothing,
        alone=np.full_like(values, np.nan),
        frequency=np.ones(len(values), dtype=np.int64),
        flow=np.full(len(values), kind == "flow"),
        rolled_up=np.full(values.shape, np.nan),
        own=~nothing,
        plan=np.concatenate([plan[:, :-1], in_force[:, None]], axis=1).reshape(len(values), -1),
        siblings=siblings,
        calendar=calendar,
    )


_TEXTS = (
    *("group", "owner", "unit_of_measure", "printed", "name", "roll_up", "within", "was", "document"),
    *("reckoned", "reported_unit", "against", "part", "whole", "strive"),
)
_FLAGS = ("strict", "throughout", "task", "whole_numbers", "irregular", "relative", "to_date", "strive_strict")


def series_table(kind: str, goal: Array, began: Array) -> pd.DataFrame:
    """The targets `>= goal` as model.target.target_table gives them; `began`: their baselines."""
    rows = len(goal)
    index = pd.MultiIndex.from_arrays([np.arange(rows).astype(str), np.full(rows, "")], names=["target", "unit"])
    fixed: dict[str, object] = dict.fromkeys(_TEXTS, "") | dict.fromkeys(_FLAGS, False)
    fixed |= {"measure": kind, "reported_measure": kind, "frequency": 1, "digits": 12, "scale": 1.0, "city": True}
    fixed |= dict.fromkeys(("weight", "base"), np.nan)
    fixed |= dict.fromkeys(("low_bound", "reported_low", "strive_floor"), -np.inf)
    fixed |= dict.fromkeys(("ceiling", "high_bound", "reported_high", "strive_ceiling"), np.inf)
    return pd.DataFrame({"floor": goal, "value": goal, "baseline": began, **fixed}, index=index)
