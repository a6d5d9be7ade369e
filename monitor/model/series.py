"""What is followed: one row a (target, unit), with what was promised of it by the plan in force (model.promises)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from monitor.model.comparator import Bound, between
from monitor.model.heirs import averaged, passed_on
from monitor.model.period import Frequency, parse_period
from monitor.model.plan import Figure, InForce, in_force
from monitor.model.printed import issued, own, written
from monitor.model.promises import Broken, Flags, Promised, Texts, promised
from monitor.model.resolution import Resolution
from monitor.model.target import RECKONED, Against, Basis, Breakdown, Edge, Promise, Target
from monitor.model.unit import Unit, levels, standing, whole

# Figures in the unit of measure that a plan changes, month by month.
PLANNED = ("value", "floor", "ceiling")

_Own = Mapping[tuple[str, str], InForce]


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
        the unit before among those averaged, of a part of it its share; else 1), since (date), parts (how many there were
        before), averaged (bool).
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
                    weight = (1.0 if own is None else own) * part.share if mean else 1.0
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
    # With all decimals that count: a figure that is printed like the promise keeps it.
    unit, digits = target.unit_of_measure, 0 if target.whole_numbers else target.digits
    if target.target.upper is not None:
        # Of a range one end of which is the promise, a unit is told that end.
        return written(between(-math.inf if target.edge is Edge.CEILING else promised, most), unit)
    figure = promised / target.execution if target.execution is not None and math.isinf(target.ceiling) else promised
    return own(target.source.printed, target.target.value, figure, unit=unit, digits=digits)


def _printed(target: Target, rows: Promised) -> Texts:
    """What each unit promised, as it is printed: the figure that a plan gives it, as given. Of many units many promised alike."""
    # A pair as one number with two parts: so numpy sorts them ten times as fast as rows.
    pairs = np.column_stack([rows.value, rows.ceiling]).view(np.complex128)[:, 0]
    promised, codes = np.unique(pairs, return_inverse=True)
    printed = np.array([printed_for(target, pair.real, pair.imag) for pair in promised.tolist()], dtype=object)[codes]
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
    _broken: dict[tuple[Any, ...], Broken] = field(default_factory=dict)

    def broken(self, of: Breakdown | None) -> Broken:
        """How a breakdown makes the whole: the same for all targets that are broken down alike."""
        key = (of.units, of.weight) if of is not None else ()
        if key not in self._broken:
            year = self.year.period.start.year
            steps = levels(self.units, of.units, of.weight, year) if of is not None else []
            own = {unit.id for unit in self.units if of is not None and unit.kind in of.units}
            self._broken[key] = Broken.of(self.top, steps, own)
        return self._broken[key]

    def promise(self, target: Target, bound: Bound) -> Promise:
        """What a figure promises for the year."""
        years, number = self.resolution.years, self.resolution.year(self.year.period.start) + 1
        return target.in_year(bound, self.year.period.start.year, number, years) if years > 1 else target.promise(bound)


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
    printed = written(bound, target.unit_of_measure) if bound else ""
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


def _rows(target: Target, asked: _Asked) -> Promised:
    """What the whole, and the units of its breakdown and those between, promise for the year asked about."""
    # Where several years began says nothing of where the second did: that its history tells.
    begins = asked.year.period.start == asked.resolution.period.start
    baseline = target.baseline if target.baseline is not None and begins else math.nan
    promise = partial(asked.promise, target)
    return promised(target, asked.broken(target.breakdown), asked.plan.get(target.id, {}), baseline, promise)
