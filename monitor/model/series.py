"""What is followed: one row a (target, unit), with what was promised of it by the plan in force.

The whole's promise is the resolution's figure; a part's is its own figure in a plan, else its share of the unit above it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.model.comparator import Bound, Comparator
from monitor.model.heirs import averaged, passed_on
from monitor.model.period import Frequency, parse_period
from monitor.model.plan import Figure, InForce, in_force
from monitor.model.printed import interval, issued, own, striven
from monitor.model.resolution import Resolution
from monitor.model.target import RECKONED, Against, Basis, Breakdown, Promise, RollUp, Target
from monitor.model.unit import Level, Unit, levels, standing, whole

# A float tells no more steps apart than this many.
FINEST = 2.0**52
# Figures in the unit of measure that a plan changes, month by month.
PLANNED = ("value", "floor", "ceiling")

_Own = Mapping[tuple[str, str], InForce]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Followed:
    """The series of one resolution, as of any day. `figures`: what plans and amendments say beside the targets' own figures."""

    resolution: Resolution
    targets: tuple[Target, ...]
    units: tuple[Unit, ...]
    figures: tuple[Figure, ...] = ()
    _made: dict[_Key, pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)
    _there: dict[date, tuple[Unit, ...]] = field(default_factory=dict, repr=False, compare=False)

    def table(self, as_of: date, day: date | None = None) -> pd.DataFrame:
        """The series by the plan in force on `day` (`as_of`, if nothing is said), as known as of a day; see target_table."""
        day = as_of if day is None else day
        key = self.version(as_of, day)
        if key not in self._made:
            plan, units = self.plan(as_of, day), self.present(as_of)
            self._made[key] = target_table(self.resolution, self.targets, units, plan, self.resolution.of_year(as_of))
        return self._made[key]

    def plan(self, as_of: date, day: date | None = None) -> dict[tuple[str, str], InForce]:
        """(target, unit) -> the figure that counts on `day` (`as_of`, if nothing is said), as known as of a day; of who took over
        from units that are no more what those had.
        """
        return passed_on(in_force(self.figures, as_of, day), self._by_id, self.units, self._within(as_of))

    def version(self, as_of: date, day: date | None = None) -> tuple[tuple[bool, ...], tuple[str, ...], int]:
        """What a table depends on: which of the plan's days apply, which units are there, which of its years it is. The same on
        two days, and so on all between: their tables are the same, and those of each month too.
        """
        day = as_of if day is None else day
        applying = tuple(known <= as_of and since <= day for known, since in self._days)
        return applying, tuple(unit.id for unit in self.present(as_of)), self.resolution.year(as_of)

    def present(self, as_of: date) -> tuple[Unit, ...]:
        """The units that are there on a day within the period that the resolution binds."""
        now = self._within(as_of)
        if now not in self._there:
            self._there[now] = standing(self.units, now)
        return self._there[now]

    def _within(self, as_of: date) -> date:
        """The day of the period that the resolution binds that is nearest to another."""
        return min(max(as_of, self.resolution.period.start), self.resolution.period.end)

    @cached_property
    def _by_id(self) -> dict[str, Target]:
        return {target.id: target for target in self.targets}

    @cached_property
    def _days(self) -> tuple[tuple[date, date], ...]:
        """The days from which figures are known and apply, each pair once: a plan has many figures and few days."""
        return tuple(dict.fromkeys((figure.known, figure.since) for figure in self.figures))

    def by_month(self, as_of: date) -> dict[str, pd.DataFrame]:
        """PLANNED -> series x months of the year (1..): the plan in force at each month's end, as known as of a day. Months to
        come, and units that had no figure yet, have that of the day. Empty while nothing has changed since the beginning.
        """
        months = pd.period_range(self.resolution.of_year(as_of).first, periods=12, freq="M")
        now = self.table(as_of)
        tables = [self.table(as_of, min(month.end_time.date(), as_of)) for month in months]
        if all(table is now for table in tables):
            return {}
        return {
            name: pd.concat(
                {n: table[name].reindex(now.index).fillna(now[name]) for n, table in enumerate(tables, start=1)}, axis=1
            )
            for name in PLANNED
        }

    @cached_property
    def continued(self) -> dict[str, str]:
        """Target of an earlier resolution -> the one here that goes on with its history."""
        own = {target.id for target in self.targets}
        return {t.continues: t.id for t in self.targets if t.continues is not None and t.continues not in own}

    @cached_property
    def successions(self) -> pd.DataFrame:
        """Who goes on with whose figures: target, before and successor (unit ids), share (of what adds up; else 1), weight (of
        the unit before among those averaged; else 1), since (date), parts (how many there were before), averaged (bool).
        """
        known = {unit.id: unit for unit in self.units}
        rows = []
        for target in self.targets:
            of, mean = target.breakdown, averaged(target)
            for unit in self.units:
                for part in unit.succeeds if unit.since is not None else ():
                    own = (
                        known[part.unit].weight(of.weight, unit.since.year) if of and of.weight and unit.since else None
                    )
                    weight = own if mean and own is not None else 1.0
                    share = 1.0 if mean else part.share
                    rows.append((target.id, part.unit, unit.id, share, weight, unit.since, len(unit.succeeds), mean))
        columns = ["target", "before", "successor", "share", "weight", "since", "parts", "averaged"]
        return pd.DataFrame(rows, columns=columns)


_Key = tuple[tuple[bool, ...], tuple[str, ...], int]


def target_table(
    resolution: Resolution,
    targets: Sequence[Target],
    units: Sequence[Unit],
    plan: _Own | None = None,
    year: Resolution | None = None,
) -> pd.DataFrame:
    """One row a series to follow: every target for the whole, and for each unit of its breakdown and those between.

    Indexed by (target, unit), sorted. Columns: parent (the target of which it is a part, or empty), group, owner, measure,
    unit_of_measure, printed, name, roll_up, within (the unit above in the roll-up; empty of the whole), was (as it was
    printed before the plan changed; else empty), document (the number of the one that changed it; else empty) (str); amended
    (the day it did: date, else None); frequency (months in a period); floor, ceiling, value, low_bound, high_bound, baseline
    (float, in the unit of measure; under a `sum` a part's promise is its share, by weight, of the unit above, and the shares
    add up to it); digits (int: decimals to which values are held against the promise); weight (float: the part's share of the
    roll-up, NaN of the whole); strict, throughout, task, whole_numbers, irregular, city (bool: the whole); due_month
    (Period). Of what is reckoned: reckoned (the measure; else empty), reported_measure, reported_unit, against, part, whole
    (str), reported_low, reported_high, scale, base (float: as declared), relative, to_date (bool); `measure` is then `level`.
    Of what is striven for: strive (str: printed, else empty), strive_floor, strive_ceiling (float), strive_strict (bool).

    `plan`: the figures in force, of whole and parts, that stand for the target's own; `year`: the resolution as it binds in
    the year that is asked about, where it binds several. Raises Said as model.unit.whole does.
    """
    own: dict[str, dict[str, InForce]] = {}
    for (about, unit), figure in (plan or {}).items():
        own.setdefault(about, {})[unit] = figure
    asked = _Asked(resolution, year or resolution, units, whole(units).id, own)
    blocks = [_block(target, asked) for target in targets]
    counts = [len(block["unit"]) for block in blocks]
    columns: dict[str, Any] = {}
    for name, first in blocks[0].items():
        given = [block[name] for block in blocks]
        if isinstance(first, np.ndarray):
            columns[name] = np.concatenate(given)
        else:
            columns[name] = np.repeat(np.array(given, dtype=object if isinstance(first, str) else None), counts)
    columns["due_month"] = pd.arrays.PeriodArray(columns["due_month"], dtype=pd.PeriodDtype("M"))
    return pd.DataFrame(columns).set_index(["target", "unit"]).sort_index()


def due_month(target: Target, resolution: Resolution) -> pd.Period:
    """The month whose figures decide `target`."""
    period = None if target.due in ("year-end", "throughout") else parse_period(target.due)
    return period if period is not None else resolution.last


def printed_for(target: Target, promised: float, most: float) -> str:
    """What was promised (of a range from there to the `most`), as it is printed: for a unit whose share it is, its own figure
    instead of the whole.
    """
    if promised in (target.target.value, target.promise(target.target).value):
        return target.source.printed
    unit, digits = target.unit_of_measure, 0 if target.whole_numbers else None
    if target.target.upper is not None:
        return interval(promised, most, unit, digits)
    figure = promised / target.execution if target.execution is not None and math.isinf(target.ceiling) else promised
    return own(target.source.printed, target.target.value, figure, unit=unit, digits=digits)


def _printed(target: Target, rows: _Rows) -> Texts:
    """What each unit promised, as it is printed: the figure that a plan gives it, as given. Of many units many promised alike."""
    promised, codes = np.unique(np.column_stack([rows.value, rows.ceiling]), axis=0, return_inverse=True)
    printed = np.array([printed_for(target, value, most) for value, most in promised.tolist()], dtype=object)[codes]
    for place, changed in rows.changed.items():
        bound = changed.figure.bound
        if bound is not None and rows.value[place] == target.promise(bound).value:
            printed[place] = issued(target.source.printed, target.target, bound, target.unit_of_measure)
    return printed


@dataclass(frozen=True)
class _Asked:
    """What a table is made for: the resolution, it in the year asked about, the units, the one at the top, the plan in force
    (target -> unit -> figure).
    """

    resolution: Resolution
    year: Resolution
    units: Sequence[Unit]
    top: str
    plan: Mapping[str, Mapping[str, InForce]]
    _broken: dict[tuple[Any, ...], _Broken] = field(default_factory=dict)

    def broken(self, of: Breakdown) -> _Broken:
        """How a breakdown makes the whole: the same for all targets that are broken down alike."""
        key = (of.units, of.weight)
        if key not in self._broken:
            steps = levels(self.units, of.units, of.weight, self.year.period.start.year)
            own = {unit.id for unit in self.units if unit.kind in of.units}
            self._broken[key] = _Broken.of(self.top, steps, own)
        return self._broken[key]

    def promise(self, target: Target, bound: Bound) -> Promise:
        """What a figure promises for the year."""
        years, number = self.resolution.years, self.resolution.year(self.year.period.start) + 1
        return target.in_year(bound, self.year.period.start.year, number, years) if years > 1 else target.promise(bound)


@dataclass(frozen=True)
class _Broken:
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
    def of(cls, top: str, levels: list[Level], reporting: Set[str]) -> _Broken:
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
class _Rows:
    """What units promised of a target, and where they stand in the roll-up: the whole first, each unit before its parts.
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
    changed: dict[int, InForce]

    @classmethod
    def of(
        cls,
        units: Sequence[str] | Texts,
        promise: Promise,
        baseline: Floats | float,
        within: str | Texts,
        weight: Floats,
    ) -> _Rows:
        """Of units that promised alike, none of whose figures has changed."""
        count = len(units)
        return cls(
            units=np.array(units, dtype=object),
            floor=np.full(count, promise.floor, dtype=float),
            ceiling=np.full(count, promise.ceiling, dtype=float),
            value=np.full(count, promise.value, dtype=float),
            strict=np.full(count, promise.strict),
            baseline=np.full(count, baseline, dtype=float),
            within=np.full(count, within, dtype=object),
            weight=np.array(weight),
            changed={},
        )

    def changed_at(self, place: int, promise: Promise, figure: InForce) -> None:
        """The figure that a plan gives the unit at a place."""
        for name in ("floor", "ceiling", "value", "strict"):
            getattr(self, name)[place] = getattr(promise, name)
        self.changed[place] = figure

    def of_some(self, kept: Flags) -> _Rows:
        """The rows of some of the units."""
        places = {old: new for new, old in enumerate(np.flatnonzero(kept).tolist())}
        changed = {places[place]: figure for place, figure in self.changed.items() if kept[place]}
        return replace(self, **{name: getattr(self, name)[kept] for name in _COLUMNS}, changed=changed)


_COLUMNS = ("units", "floor", "ceiling", "value", "strict", "baseline", "within", "weight")


def _block(target: Target, asked: _Asked) -> dict[str, Any]:
    """The rows of one target: its columns, an array of a value a row, or the one value of all."""
    rows, due = _rows(target, asked), due_month(target, asked.year)
    parts = rows.units != asked.top
    due_months = np.full(len(parts), due.ordinal)
    was, amended, document = (np.full(len(parts), nothing, dtype=object) for nothing in ("", None, ""))
    for place, changed in rows.changed.items():
        if changed.figure.due:
            due_months[place] = changed.figure.due.ordinal
        before = _before(target, whole=not parts[place], changed=changed)
        if before:
            was[place], amended[place], document[place] = before, changed.figure.applies, changed.figure.document
    return {
        "target": target.id,
        "unit": rows.units,
        "parent": target.parent or "",
        "group": target.group,
        "owner": target.owner,
        "measure": target.assessed_as.value,
        "frequency": target.frequency.months,
        "irregular": target.frequency is Frequency.IRREGULAR,
        "unit_of_measure": target.unit_of_measure,
        "printed": _printed(target, rows),
        "name": target.name,
        "floor": rows.floor,
        "ceiling": rows.ceiling,
        "strict": rows.strict,
        "digits": target.digits,
        "value": rows.value,
        "low_bound": target.bounds[0],
        "high_bound": target.bounds[1],
        "due_month": due_months,
        **_reckoned(target),
        **_striven(target, rows.value == rows.value[0]),
        "base": rows.baseline if target.against else np.full(len(parts), math.nan),
        "throughout": target.throughout,
        "task": target.task,
        "baseline": rows.baseline if target.against is None else np.full(len(parts), _begins(target)),
        "whole_numbers": target.whole_numbers,
        "city": ~parts,
        "weight": rows.weight,
        "roll_up": np.where(parts, target.breakdown.roll_up.value if target.breakdown else "", "").astype(object),
        "within": rows.within,
        "was": was,
        "amended": amended,
        "document": document,
    }


def _reckoned(target: Target) -> dict[str, Any]:
    """What one target's figures are reckoned from: columns of its block."""
    reported, of = target.reported, target.of
    return {
        "reckoned": target.measure.value if target.measure in RECKONED else "",
        "reported_measure": reported.measure.value,
        "reported_unit": reported.unit_of_measure,
        "reported_low": reported.bounds[0],
        "reported_high": reported.bounds[1],
        "against": target.against.value if target.against else "",
        "relative": target.relative,
        "to_date": of is not None and of.basis is Basis.YEAR_TO_DATE,
        "scale": target.scale,
        "part": (of.part if of else None) or "",
        "whole": (of.whole if of else None) or "",
    }


def _striven(target: Target, whole: Flags) -> dict[str, Any]:
    """The softer figure beside the promise, of the rows that promised what the whole did: columns of one target's block."""
    bound = target.strive
    ends = (bound.floor, bound.ceiling) if bound else (-math.inf, math.inf)
    printed = striven(bound, target.unit_of_measure) if bound else ""
    return {
        "strive": np.where(whole, printed, "").astype(object),
        "strive_floor": np.where(whole, ends[0], -math.inf),
        "strive_ceiling": np.where(whole, ends[1], math.inf),
        "strive_strict": bound is not None and bound.strict,
    }


def _begins(target: Target) -> float:
    """Where the path of a growth begins: what is held against the end of the year before begins at nothing."""
    return 0.0 if target.against is Against.YEAR_END else math.nan


def _before(target: Target, changed: InForce, *, whole: bool) -> str:
    """What the plan said before it changed, as printed; empty where it did not change."""
    before = changed.before
    if before is not None:
        return issued(target.source.printed, target.target, before.bound, target.unit_of_measure)
    # The whole's figure stands in the resolution: a table of its own that repeats it changes nothing.
    stood = whole and changed.figure.since > date.min and changed.figure.bound != target.target
    return target.source.printed if stood else ""


def _rows(target: Target, asked: _Asked) -> _Rows:
    """The whole, and the units of its breakdown and those between."""
    plan = asked.plan.get(target.id, {})
    whole = plan.get(asked.top)
    # Where several years began says nothing of where the second did: that its history tells.
    begins = asked.year.period.start == asked.resolution.period.start
    baseline = target.baseline if target.baseline is not None and begins else math.nan
    promise = asked.promise(target, whole.figure.bound if whole else target.target)
    if target.breakdown is None:
        rows = _Rows.of([asked.top], promise, baseline, "", np.array([math.nan]))
        rows.changed.update({0: whole} if whole else {})
        return rows
    of, broken = target.breakdown, asked.broken(target.breakdown)
    theirs = np.full(len(broken.units), math.nan)
    theirs[0] = baseline
    rows = _Rows.of(broken.units, promise, theirs, broken.within, broken.weight)
    free = np.ones(len(broken.units), dtype=bool)
    for unit, figure in plan.items():
        if (place := broken.place.get(unit)) is not None:
            rows.changed_at(place, asked.promise(target, figure.figure.bound), figure)
            free[place] = False
    for begin, end in broken.tiers:
        _share(target, rows, broken, begin, end, free)
    # Of what is reckoned the whole is made of all that is reported, whichever parts a table speaks of.
    everybody = of.weight is not None or not plan.keys() - {asked.top} or target.measure in RECKONED
    # Of what is not rolled up nobody makes a figure of those between.
    kept = ~free | (everybody & (broken.reporting | (of.roll_up is not RollUp.NONE)))
    kept[0] = True
    return rows if kept.all() else _of_some(rows, broken, kept)


def _of_some(rows: _Rows, broken: _Broken, kept: Flags) -> _Rows:
    """Some units alone, alike in weight, each a part of the next one above it that is kept too."""
    above = broken.above.copy()
    for begin, end in broken.tiers:
        of = above[begin:end]
        above[begin:end] = np.where(kept[of], of, above[of])
    parts = np.flatnonzero(kept)[1:]
    rows.within[parts] = broken.units[above[parts]]
    rows.weight[parts] = 1 / np.bincount(above[parts])[above[parts]]
    return rows.of_some(kept)


def _share(target: Target, rows: _Rows, broken: _Broken, begin: int, end: int, free: Flags) -> None:
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
