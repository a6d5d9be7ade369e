"""What a plan gave to units that are no more: the promise of those that took over from them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

import numpy as np

from monitor.model.comparator import Bound, rounded
from monitor.model.plan import InForce
from monitor.model.target import Measure, RollUp, Target
from monitor.model.unit import Unit


def averaged(target: Target) -> bool:
    """Whether units together have the mean of their figures, rather than the sum."""
    of = target.breakdown
    return target.reported.measure is Measure.LEVEL and (of is None or of.roll_up is not RollUp.SUM)


def passed_on(
    plan: Mapping[tuple[str, str], InForce], targets: Mapping[str, Target], units: Sequence[Unit], day: date
) -> dict[tuple[str, str], InForce]:
    """`plan` (model.plan.in_force), and for each unit that took over by a day, and of which it says nothing, what it gives to
    those before it: added up by their shares, or the mean by their weights and shares. Only where it gives all of them one, of
    one kind.
    """
    own: dict[str, dict[str, InForce]] = {}
    for (about, unit), figure in plan.items():
        own.setdefault(unit, {})[about] = figure
    known = {unit.id: unit for unit in units}
    heirs = [(unit.since, unit) for unit in units if unit.succeeds and unit.since is not None and unit.since <= day]
    heirs.sort(key=lambda each: each[0])
    slices = _slices([heir for _, heir in heirs])
    # An heir may have an heir.
    for since, heir in heirs:
        theirs = own.setdefault(heir.id, {})
        for about in own.get(heir.succeeds[0].unit, {}).keys() - theirs.keys():
            given = [own.get(part.unit, {}).get(about) for part in heir.succeeds]
            figures = [each.figure for each in given if each is not None]
            if len(figures) < len(given) or len({each.bound.comparator for each in figures}) > 1:
                continue
            target = targets[about]
            digits = 0 if target.whole_numbers else target.digits
            if averaged(target):
                name = target.breakdown.weight if target.breakdown else None
                weights = [
                    ((known[part.unit].weight(name, since.year) if name else None) or 1.0) * part.share
                    for part in heir.succeeds
                ]
                bound = _joined([each.bound for each in figures], partial(_mean, weights), digits)
            else:
                bound = _joined([each.bound for each in figures], partial(_sum, slices[heir.id], digits), digits)
            last = max(figures, key=lambda each: each.applies)
            theirs[about] = InForce(replace(last, unit=heir.id, bound=bound, since=since), None)
    return {(about, unit): figure for unit, of in own.items() for about, figure in of.items()}


def _slices(heirs: Sequence[Unit]) -> dict[str, list[tuple[float, float]]]:
    """Heir -> of each unit before it, from where to where of it (0 to 1) it took over: what lies between is nobody's twice."""
    handed: dict[str, float] = {}
    slices: dict[str, list[tuple[float, float]]] = {}
    for heir in heirs:
        for part in heir.succeeds:
            start = handed.get(part.unit, 0.0)
            handed[part.unit] = start + part.share
            slices.setdefault(heir.id, []).append((start, start + part.share))
    return slices


def _sum(slices: Sequence[tuple[float, float]], digits: int, values: Sequence[float]) -> float:
    """Of each value its slice, so that the slices of a counted one are whole and add up to it."""
    ends = rounded(np.array(values)[:, None] * np.array(slices), digits)
    return float((ends[:, 1] - ends[:, 0]).sum())


def _mean(weights: Sequence[float], values: Sequence[float]) -> float:
    return float(np.average(values, weights=weights))


def _joined(bounds: Sequence[Bound], together: Callable[[Sequence[float]], float], digits: int) -> Bound:
    """Bounds of one kind as one."""
    ends = [[bound.value for bound in bounds]]
    if bounds[0].upper is not None:
        ends.append([bound.value if bound.upper is None else bound.upper for bound in bounds])
    return Bound(bounds[0].comparator, *(round(together(values), digits) for values in ends))
