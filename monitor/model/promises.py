"""What each unit promises of what the whole does: its own figure in a plan, else its share of the unit above it. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from monitor.model.comparator import Bound, Comparator
from monitor.model.plan import InForce
from monitor.model.target import RECKONED, Promise, RollUp, Target
from monitor.model.unit import Level

# A float tells no more steps apart than this many.
FINEST = 2.0**52

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Broken:
    """How a breakdown makes the whole: its units, the whole first, each before its parts, and the parts of one beside each other.

    `above`: at which place the unit is of which each is a part; `weight`: each one's share of that; `tiers`: where the units of
    each depth begin and end; `reporting`: of whose kind the breakdown is, and not of those between.
    """

    units: Texts
    within: Texts
    weight: Floats
    above: Places
    tiers: list[tuple[int, int]]
    place: Mapping[str, int]
    reporting: Flags

    @classmethod
    def of(cls, top: str, levels: list[Level], reporting: Set[str]) -> Broken:
        """Of the levels below the one at the top, from there down."""
        units = [top, *(unit for level in levels for unit in level.units)]
        within = ["", *(level.of for level in levels for _ in level.units)]
        weight = [math.nan, *(share for level in levels for share in level.shares)]
        place = {unit: n for n, unit in enumerate(units)}
        above = np.array([place.get(of, 0) for of in within])
        ends = [1]
        while ends[-1] < len(units):
            # The parts of all that stand before the end of a tier.
            ends.append(int(np.searchsorted(above, ends[-1])))
        told = np.array([unit in reporting for unit in units], dtype=bool)
        names, steps = np.array(units, dtype=object), np.array(within, dtype=object)
        return cls(names, steps, np.array(weight), above, list(pairwise(ends)), place, told)


@dataclass(frozen=True)
class Promised:
    """What units promise of a target, and where they stand in the roll-up: the whole first, each unit before its parts.
    `changed`: place -> the plan's figure there.
    """

    units: Texts
    floor: Floats
    ceiling: Floats
    value: Floats
    strict: Flags
    baseline: Floats
    within: Texts
    weight: Floats
    changed: dict[int, InForce] = field(default_factory=dict)

    @classmethod
    def alike(cls, promise: Promise, broken: Broken) -> Promised:
        """By each unit, which knows nothing of where it begins, and none of whose figures has changed."""
        count = len(broken.units)
        return cls(
            units=broken.units,
            floor=np.full(count, promise.floor, dtype=float),
            ceiling=np.full(count, promise.ceiling, dtype=float),
            value=np.full(count, promise.value, dtype=float),
            strict=np.full(count, promise.strict),
            baseline=np.full(count, math.nan),
            within=broken.within.copy(),
            weight=broken.weight.copy(),
        )

    def changed_at(self, place: int, promise: Promise, figure: InForce) -> None:
        """The figure that a plan gives the unit at a place."""
        for name in ("floor", "ceiling", "value", "strict"):
            getattr(self, name)[place] = getattr(promise, name)
        self.changed[place] = figure

    def of_some(self, kept: Flags) -> Promised:
        """The rows of some of the units."""
        places = {old: new for new, old in enumerate(np.flatnonzero(kept).tolist())}
        changed = {places[place]: figure for place, figure in self.changed.items() if kept[place]}
        return replace(self, **{name: getattr(self, name)[kept] for name in _COLUMNS}, changed=changed)


_COLUMNS = ("units", "floor", "ceiling", "value", "strict", "baseline", "within", "weight")


def promised(
    target: Target,
    broken: Broken,
    plan: Mapping[str, InForce],
    baseline: float,
    promise: Callable[[Bound], Promise],
) -> Promised:
    """By the whole, and by the units of its breakdown and those between. `plan`: unit -> its own figure; `baseline`: where the
    whole begins; `promise`: what a figure promises for the year.
    """
    top, of = broken.units[0], target.breakdown
    whole = plan.get(top)
    rows = Promised.alike(promise(whole.figure.bound if whole else target.target), broken)
    rows.baseline[0] = baseline
    free = np.ones(len(broken.units), dtype=bool)
    for unit, figure in plan.items():
        if (place := broken.place.get(unit)) is not None:
            rows.changed_at(place, promise(figure.figure.bound), figure)
            free[place] = False
    for begin, end in broken.tiers:
        _share(target, rows, broken, begin, end, free)
    # Of what is reckoned the whole is made of all that is reported, whichever parts a table speaks of.
    weighed = of is not None and of.weight is not None
    everybody = weighed or not plan.keys() - {top} or target.measure in RECKONED
    # Of what is not rolled up nobody makes a figure of those between.
    rolled_up = of is not None and of.roll_up is not RollUp.NONE
    kept = ~free | (everybody & (broken.reporting | rolled_up))
    kept[0] = True
    return rows if kept.all() else _of_some(rows, broken, kept)


def _of_some(rows: Promised, broken: Broken, kept: Flags) -> Promised:
    """Some units alone, alike in weight, each a part of the next one above it that is kept too."""
    above = broken.above.copy()
    for begin, end in broken.tiers:
        of = above[begin:end]
        above[begin:end] = np.where(kept[of], of, above[of])
    parts = np.flatnonzero(kept)[1:]
    rows.within[parts] = broken.units[above[parts]]
    rows.weight[parts] = 1 / np.bincount(above[parts])[above[parts]]
    return rows.of_some(kept)


def _share(target: Target, rows: Promised, broken: Broken, begin: int, end: int, free: Flags) -> None:
    """Give those units of a tier that have no figure of their own (`free`) what the one above them promises: of what is added up
    their share of what the others leave.
    """
    places = begin + np.flatnonzero(free[begin:end])
    above = broken.above[places]
    rows.strict[places] = rows.strict[above]
    if not _added(target):
        for ends in (rows.floor, rows.ceiling, rows.value):
            ends[places] = ends[above]
        rows.baseline[places] = rows.baseline[above] if target.against is None else math.nan
        return
    rows.baseline[places] = rows.baseline[above] * broken.weight[places]
    of, within = np.unique(above, return_inverse=True)
    given = begin + np.flatnonzero(~free[begin:end])
    floors, ceilings = _kept(target, rows.floor, rows.ceiling, rows.strict)
    floor = _left(floors, of, broken.above[given], given)
    # Of a range, parts that have ranges of their own may leave less at most than at least.
    ceiling = np.maximum(_left(ceilings, of, broken.above[given], given), floor)
    weights = _own(broken.weight[places], within)
    rows.floor[places], rows.ceiling[places], rows.value[places] = _ends(
        target, floor, ceiling, rows.strict[of], weights, within
    )


def _kept(target: Target, floor: Floats, ceiling: Floats, strict: Flags) -> tuple[Floats, Floats]:
    """The least and the most that keep a promise: of what is counted 950 keeps at least 949.05, and 100 at most 100.5; 1 is at
    most what is below 2.
    """
    if not target.whole_numbers:
        return floor, ceiling
    return np.where(strict, np.floor(floor) + 1.0, np.ceil(floor)), np.where(
        strict, np.ceil(ceiling) - 1.0, np.floor(ceiling)
    )


def _left(ends: Floats, of: Places, above: Places, given: Places) -> Floats:
    """What of the promise of each unit is left by those of its parts that have figures of their own."""
    finite = np.isfinite(ends[given])
    taken = np.bincount(above[finite], ends[given[finite]], len(ends))[of]
    some = (np.bincount(above, minlength=len(ends))[of] > 0) & np.isfinite(ends[of])
    return np.where(some, np.maximum(ends[of] - taken, 0.0), ends[of])


def _own(weights: Floats, within: Places) -> Floats:
    """The weights of parts so that those within one unit add up to 1: alike where they have none."""
    sums, counts = np.bincount(within, weights), np.bincount(within)
    with np.errstate(invalid="ignore"):
        return np.where(sums[within] > 0, weights / sums[within], 1 / counts[within])


def _added(target: Target) -> bool:
    """Whether the parts' promises add up to the whole's. A growth of what adds up is every part's own: it is no sum of theirs."""
    return target.breakdown is not None and target.breakdown.roll_up is RollUp.SUM and target.measure not in RECKONED


def _ends(
    target: Target, floor: Floats, ceiling: Floats, strict: Flags, weights: Floats, within: Places
) -> tuple[Floats, Floats, Floats]:
    """Each part's own share of the least and the most (`_kept`), of several that add up, that it is `within`: floors, ceilings,
    values. Counted ones are whole: of half a household nobody can be told that it is missing.
    """
    digits = 0 if target.whole_numbers else target.digits
    # Of what is counted each unit must stay below one more than its share, or above one less.
    step = np.where(strict & target.whole_numbers, 1.0, 0.0)
    bounded = np.isfinite(floor)
    least = np.where(bounded, floor, 0.0)
    floors = shares(least, weights, digits, within)
    # Between the two lies what is shared out anew, so that no unit's ceiling is below its floor.
    ceilings = floors + shares(ceiling - least, weights, digits, within) + step[within]
    floors = np.where(bounded[within], floors - step[within], floor[within])
    # The way leads to the ceiling of what may be used up, else to the floor.
    used_up = ~bounded | (target.target.comparator in _CEILINGS)
    return floors, ceilings, np.where(used_up[within], ceilings, floors)


_CEILINGS = (Comparator.AT_MOST, Comparator.UNDER)


def shares(totals: Floats, weights: Floats, digits: int, within: Places) -> Floats:
    """Each of some totals shared out by the weights of the parts `within` it (their places among the totals; the weights of one
    add up to 1), each share to `digits` decimals, so that the shares add up to it: the largest remainders are rounded up
    (Hamilton's method). An infinite total is everybody's.
    """
    scale = 10.0**digits
    finite = np.isfinite(totals)
    fine = finite & (np.abs(totals) * scale <= FINEST)
    steps = np.rint(np.where(fine, totals, 0.0) * scale)
    exact = steps[within] * weights
    least = np.floor(exact)
    missing = steps - np.bincount(within, least, len(totals))
    # Of equal remainders the larger weight's comes first, then the first.
    order = np.lexsort((-weights, -np.round(exact - least, 9), within))
    sizes = np.bincount(within, minlength=len(totals))
    rank = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    least[order[rank < missing[within[order]]]] += 1
    whole = np.where(finite, totals, 0.0)[within] * weights
    return np.where(fine[within], least / scale, np.where(finite[within], whole, totals[within]))
