"""Asks the assessment each question of the protocol, exactly as it would have been asked then.

It goes through `assess_history`, which assesses the live figures too: the method sees the history and the first months of the
year, and its status is the policy's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from monitor.assess.assessing import assess_history
from monitor.assess.features import Months, blocks
from monitor.assess.history import History
from monitor.backtest.protocol import Array, Instances, targets
from monitor.model.assessment import Thresholds

PREDICTIONS = ["series", "year", "kind", "month", "target", "probability", "projection", "low", "high"]
KINDS = ("flow", "level")
MONTHS = range(1, 12)
# Instances asked at a time.
BLOCK = 1000


def ask(
    instances: Instances,
    thresholds: Thresholds,
    tell: Callable[[str, int], object],
    kinds: Mapping[str, np.ndarray] | None = None,
    years: int | None = None,
) -> pd.DataFrame:
    """One row a question: PREDICTIONS, `status`, and `line`: whether the straight line says that the target will be met.

    `kinds`: which instances are asked as which kind (all as both, unless given); `years`: how many years of the history are
    shown (0: of a level only where it stood when the year began); `tell` is called with the kind after so many instances.
    """
    plan = targets(instances.past)
    tables = []
    for kind in KINDS:
        of = np.arange(len(instances.year)) if kinds is None else np.flatnonzero(kinds[kind])
        for rows in blocks(of, BLOCK):
            tables.append(_answers(kind, instances, rows, plan[kind], thresholds, years))
            tell(kind, len(rows))
    columns = [*PREDICTIONS, "status", "line"]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def _answers(
    kind: str, instances: Instances, rows: np.ndarray, plan: Array, thresholds: Thresholds, years: int | None
) -> pd.DataFrame:
    """The answers of some instances, at each month."""
    month, of = np.repeat(MONTHS, len(rows)), np.tile(rows, len(MONTHS))
    past, year, goal = instances.past[of], instances.year[of], plan[of]
    shown = past if years is None else past[:, past.shape[1] - min(years, past.shape[1]) :]
    began = past[:, -1, 11] if kind == "level" and years == 0 else np.full(len(of), np.nan)
    table = assess_history(
        history_of(kind, shown, year, month),
        series_table(kind, goal, began),
        np.full(len(of), 12),
        month,
        thresholds,
        pd.Period("2000-01", freq="M"),
    )
    answers = table[["probability", "projection", "low", "high", "status"]].reset_index(drop=True)
    answers["series"], answers["year"] = instances.series[of], instances.calendar[of]
    answers["kind"], answers["month"], answers["target"] = kind, month, goal
    answers["line"] = straight_line(kind, past, year, goal, month)
    return answers


def straight_line(kind: str, past: Array, year: Array, goal: Array, month: Months) -> np.ndarray:
    """Whether the straight line to the target says at each row's `month` (1..11) that it will be met."""
    now = np.take_along_axis(year if kind == "level" else year.cumsum(axis=1), (month - 1)[:, None], axis=1)[:, 0]
    began = past[:, -1, 11] if kind == "level" else np.zeros(len(goal))
    return np.asarray(now >= began + (goal - began) * month / 12)


def history_of(kind: str, past: Array, year: Array, month: Months) -> History:
    """What was known at each row's `month`, as the assessment lays figures out: flows as year to date."""
    seen = np.where(np.arange(1, 13) <= month[:, None], year, np.nan)
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
    )


def series_table(kind: str, goal: Array, began: Array) -> pd.DataFrame:
    """The targets `>= goal` as model.target.target_table gives them; `began`: their baselines."""
    rows = len(goal)
    index = pd.MultiIndex.from_arrays([np.arange(rows).astype(str), np.full(rows, "")], names=["target", "unit"])
    fixed: dict[str, object] = {
        **{"group": "", "owner": "", "measure": kind, "frequency": 1, "unit_of_measure": "", "printed": "", "name": ""},
        **{
            "ceiling": np.inf,
            "strict": False,
            "digits": 12,
            "low_bound": -np.inf,
            "high_bound": np.inf,
            "throughout": False,
        },
        **{
            "task": False,
            "whole_numbers": False,
            "city": True,
            "weight": np.nan,
            "roll_up": "",
            "within": "",
            "was": "",
            "document": "",
        },
    }
    return pd.DataFrame({"floor": goal, "value": goal, "baseline": began, **fixed}, index=index)
