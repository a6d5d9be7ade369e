"""Which assessments any rule may hold of, read off whole columns: no other is asserted. durable_rules decides.

What is dropped here cannot fire: conditions on one assessment are read plainly, which is held against the engine by test; of
rules across targets every assessment that they may join is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.model.assessment import FIELDS
from monitor.rules.compiler import Compiled, RuleSet
from monitor.rules.expression import AllOf, Compare, Const, Expr, Name, evaluate, walk

Mask = npt.NDArray[np.bool_]
Columns = Mapping[Any, npt.NDArray[Any]]


def may_hold(table: pd.DataFrame, rules: RuleSet) -> Mask:
    """For each row (the fields of model.assessment, target and unit as columns) whether some rule may hold of it."""
    columns = {name: as_carried(table[name], FIELDS[name].kind) for name in FIELDS if name in table}
    codes, names = pd.factorize(table["target"])
    found = np.zeros(len(table), dtype=bool)
    alike: defaultdict[str, list[Compiled]] = defaultdict(list)
    for rule in rules.rules:
        if rule.written.rule.match is not None:
            found |= _joined(rule, columns)
        else:
            alike[rule.name.removeprefix(rule.target.id)].append(rule)
    places = {name: code for code, name in enumerate(names)}
    for group in alike.values():
        found |= _any(group, columns, codes, places)
    return found


def conjuncts(condition: Expr) -> tuple[Expr, ...]:
    """What must all hold for a condition to hold."""
    if isinstance(condition, AllOf):
        return tuple(part for each in condition.parts for part in conjuncts(each))
    return (condition,)


def _any(group: Iterable[Compiled], columns: Columns, codes: npt.NDArray[np.int64], places: Mapping[str, int]) -> Mask:
    """Where one of several rules may hold. What they have in common is asked of all rows at once, the rest of those left."""
    asked = [
        (rule.target.id, [part for part in conjuncts(rule.condition) if part != _of(rule)])
        for rule in group
        if rule.target.id in places
    ]
    if not asked:
        return np.zeros(len(codes), dtype=bool)
    first, *others = (parts for _, parts in asked)
    common = [part for part in first if all(part in parts for parts in others)]
    left = _holds(common, columns, len(codes))
    found = np.zeros(len(codes), dtype=bool)
    found |= left & np.isin(codes, [places[target] for target, parts in asked if len(parts) == len(common)])
    rows = np.flatnonzero(left)
    for target, parts in asked:
        own = rows[codes[rows] == places[target]] if len(parts) > len(common) else rows[:0]
        if len(own):
            rest = [part for part in parts if part not in common]
            found[own] |= _holds(rest, {name: column[own] for name, column in columns.items()}, len(own))
    return found


def _of(rule: Compiled) -> Compare:
    return Compare("==", Name("target"), Const(rule.target.id))


def _holds(parts: Iterable[Expr], columns: Columns, rows: int) -> Mask:
    """Where all of `parts` hold."""
    found = np.ones(rows, dtype=bool)
    for part in parts:
        found &= np.broadcast_to(np.asarray(evaluate(part, columns), dtype=bool), rows)
    return found


def _joined(rule: Compiled, columns: Columns) -> Mask:
    """The rows that a rule across targets may join: of those targets, with every figure that it asks for."""
    found = np.zeros(len(columns["target"]), dtype=bool)
    for alias, target in (rule.written.rule.match or {}).items():
        named = {node.field for node in walk(rule.condition) if isinstance(node, Name) and node.alias == alias}
        of = columns["target"] == target
        for field in named & set(columns):
            of &= ~pd.isna(columns[field])
        found |= of
    return found


def as_carried(column: pd.Series, kind: str) -> npt.NDArray[Any]:
    """A column of a kind (of model.assessment.FIELDS) as facts carry it; figures that are not finite are NaN."""
    if kind == "number":
        figures = column.to_numpy(dtype=float)
        return np.where(np.isfinite(figures), figures, np.nan)
    return column.to_numpy(dtype=bool if kind == "flag" else object)
