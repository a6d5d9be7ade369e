"""What a plan gave to units that are no more: the promise of those that took over from them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from monitor.model.comparator import Bound
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
    those before it: added up by their shares, or the mean by their weights. Only where it gives all of them one, of one kind.
    """
    own: dict[str, dict[str, InForce]] = {}
    for (about, unit), figure in plan.items():
        own.setdefault(unit, {})[about] = figure
    known = {unit.id: unit for unit in units}
    heirs = [(unit.since, unit) for unit in units if unit.succeeds and unit.since is not None and unit.since <= day]
    # An heir may have an heir.
    for since, heir in sorted(heirs, key=lambda each: each[0]):
        if any(known[part.unit].exists(day) for part in heir.succeeds):
            continue  # Who gave a part away goes on with the figure.
        theirs = own.setdefault(heir.id, {})
        for about in own.get(heir.succeeds[0].unit, {}).keys() - theirs.keys():
            given = [own.get(part.unit, {}).get(about) for part in heir.succeeds]
            figures = [each.figure for each in given if each is not None]
            if len(figures) < len(given) or len({each.bound.comparator for each in figures}) > 1:
                continue
            target = targets[about]
            shares = [part.share for part in heir.succeeds]
            if averaged(target):
                name = target.breakdown.weight if target.breakdown else None
                weights = [
                    (known[part.unit].weight(name, since.year) if name else None) or 1.0 for part in heir.succeeds
                ]
                shares = [weight / sum(weights) for weight in weights]
            bound = _joined([each.bound for each in figures], shares, 0 if target.whole_numbers else target.digits)
            last = max(figures, key=lambda each: each.applies)
            theirs[about] = InForce(replace(last, unit=heir.id, bound=bound, since=since), None)
    return {(about, unit): figure for unit, of in own.items() for about, figure in of.items()}


def _joined(bounds: Sequence[Bound], shares: Sequence[float], digits: int) -> Bound:
    """Bounds of one kind as one."""
    values = [sum(bound.value * share for bound, share in zip(bounds, shares, strict=True))]
    if bounds[0].upper is not None:
        uppers = [bound.value if bound.upper is None else bound.upper for bound in bounds]
        values.append(sum(upper * share for upper, share in zip(uppers, shares, strict=True)))
    return Bound(bounds[0].comparator, *(round(value, digits) for value in values))
