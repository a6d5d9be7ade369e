"""What series go on from: figures of targets and units that were there before, and plans that were."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from monitor.assess.succession import carried_on, taken_up
from monitor.model.unit_of_measure import conversion
from monitor.rules.load import Declared
from monitor.workspace import Workspace


def gone_on(declared: Declared, observations: pd.DataFrame) -> pd.DataFrame:
    """The figures as the series of a resolution go on from them: with those of targets and of units that were there before."""
    return carried_on(taken_up(observations, declared.followed.continued), declared.followed.successions)


def known_plans(
    workspace: Workspace, declared: Declared, first: pd.Period, plan: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """What was to be reached, month by month: by the body's resolutions of a year each that were over before this one began, and
    by this one, where its plan changed in the year that begins with `first` (`plan`: see model.series.Followed.by_month).
    Columns target, unit, period, value (see assess).
    """
    tables = [pd.DataFrame({"target": [], "unit": [], "period": [], "value": np.array([], dtype=float)})]
    for earlier in _before(workspace, declared):
        before = earlier.resolution
        months = pd.period_range(before.first, before.last, freq="M")
        by_month = {str(m): earlier.followed.table(before.retires, m.end_time.date())["value"] for m in months}
        table = pd.concat(by_month, names=["period"]).reset_index().replace({"target": declared.followed.continued})
        factors = table["target"].map(_comparable(earlier, declared)).astype(float)
        tables.append(table.assign(value=table["value"] * factors)[factors.notna()])
    if plan:
        own = {str(first + n): plan["value"].iloc[:, n] for n in range(plan["value"].shape[1])}
        tables.append(pd.concat(own, names=["period"]).rename("value").reset_index())
    return pd.concat(tables[1:] or tables, ignore_index=True)[["target", "unit", "period", "value"]]


def has_past_plans(workspace: Workspace, declared: Declared) -> bool:
    """Whether past plans are known of a target that units share."""
    return any(
        declared.targets[name].breakdown is not None
        for earlier in _before(workspace, declared)
        for name in _comparable(earlier, declared)
    )


def _before(workspace: Workspace, declared: Declared) -> list[Declared]:
    """The body's resolutions of a year each that were over before this one began."""
    of = declared.resolution
    return [
        earlier
        for earlier in workspace.resolutions
        if (before := earlier.resolution).body == of.body and before.years == 1 and before.last < of.first
    ]


def _comparable(earlier: Declared, declared: Declared) -> dict[str, float]:
    """Target -> how many of its unit of measure one of the earlier one's is, of those that measure the same."""
    before = {declared.followed.continued.get(name, name): target for name, target in earlier.targets.items()}
    factors = {
        name: conversion(before[name].unit_of_measure, target.unit_of_measure)
        for name, target in declared.targets.items()
        if name in before and before[name].measure is target.measure
    }
    return {name: factor for name, factor in factors.items() if factor is not None}
