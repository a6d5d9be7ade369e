"""What was promised: one figure of a resolution."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from monitor.language import fold
from monitor.model.comparator import Bound, Comparator, keeps, parse_bound, rounded
from monitor.model.declared import Declared
from monitor.model.name import Identifier
from monitor.model.period import Frequency, parse_period
from monitor.model.problem import Said
from monitor.model.unit_of_measure import conversion

# Values are held against a target to so many decimals more than the target itself is printed with.
FINER = 2
# What a difference of two percentages is in.
_POINTS = {fold(name) for name in ("điểm %", "điểm phần trăm", "điểm", "percentage points", "pp")}
# Decimals as a resolution prints them: 95,15.
_PRINTED_DECIMALS = re.compile(r"\d,(\d+)")


class Measure(StrEnum):
    """What a value is: a `level` at a time, a `flow` that adds up over the year, a `milestone` done by a date; or what is
    reckoned from reported ones: the `growth` or `reduction` since a base, the `average` of the year to date, the `share` of one
    target in another.
    """

    LEVEL = "level"
    FLOW = "flow"
    MILESTONE = "milestone"
    GROWTH = "growth"
    REDUCTION = "reduction"
    AVERAGE = "average"
    SHARE = "share"


RECKONED = (Measure.GROWTH, Measure.REDUCTION, Measure.AVERAGE, Measure.SHARE)


class Against(StrEnum):
    """What a growth or a reduction is held against: the same period of the year before, or where that year ended."""

    SAME_PERIOD = "same-period"
    YEAR_END = "year-end"


class RollUp(StrEnum):
    """How the parts' figures make the whole's: added, averaged with weights, or not at all."""

    SUM = "sum"
    MEAN = "mean"
    NONE = "none"


class Edge(StrEnum):
    """Which end of a range is the promise: at 7,09% a growth of 6–6,5% is met where that is the floor."""

    FLOOR = "floor"
    CEILING = "ceiling"
    BOTH = "both"


def _kinds(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Kinds = Annotated[
    tuple[Identifier, ...],
    BeforeValidator(_kinds, json_schema_input_type=str | tuple[str, ...]),
    Field(min_length=1),
]


class Breakdown(Declared):
    """By which kinds of units a target is followed too, and how their figures roll up, step by step up the tree of units.

    `weight` names a weight of the units; without it each part has its own figure in a table of the plan, and what has none
    there is not followed; where no table speaks of parts, all have the whole's.
    """

    units: Annotated[
        tuple[Identifier, ...],
        BeforeValidator(_kinds, json_schema_input_type=str | tuple[str, ...]),
        Field(min_length=1),
    ] = ("ward",)
    roll_up: RollUp
    weight: str | None = None


class Basis(StrEnum):
    """Whether reported averages are each of a period alone, or of the year to date."""

    PER_PERIOD = "per-period"
    YEAR_TO_DATE = "year-to-date"


class Of(Declared):
    """What a reckoned target is reckoned from: what is reported of it, or two other targets of the resolution.

    `measure`: flow or level; `basis`: of an average, whether that of each period is reported or, as offices publish prices
    and growth, that of the year to date; `unit_of_measure`: what its figures are in (the target's own, if nothing is said);
    `against`: of a flow the same period, of a level the end of the year before, if nothing is said; `domain`: the reports
    that can be true; `part` and `whole`: of a share.
    """

    measure: Literal[Measure.LEVEL, Measure.FLOW] = Measure.LEVEL
    unit_of_measure: str | None = None
    against: Against | None = None
    basis: Basis = Basis.PER_PERIOD
    domain: tuple[float, float] | None = None
    part: Identifier | None = None
    whole: Identifier | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """What offices report of a target. `bounds`: the values that can be true."""

    measure: Measure
    unit_of_measure: str
    bounds: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Promise:
    """`floor` (-inf: none) and `ceiling` (+inf: none) of what keeps it, either end open when `strict`; `value`: the figure that
    paths lead to.
    """

    floor: float
    ceiling: float
    value: float
    strict: bool


class Source(Declared):
    """Where the figure stands in the resolution, and how it is printed there."""

    article: str
    item: str
    printed: str


def _due(value: Any) -> Any:
    """`year-end`, `throughout`, a day, or a period inside the year."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and value not in ("year-end", "throughout") and parse_period(value) is None:
        message = 'due "{found}" is none of  year-end, throughout, a day (2024-09-05), a month (2024-09)'
        raise Said(message, found=value)
    return value


def _bound(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    return parse_bound(value) if isinstance(value, str) else value


Precision = Annotated[
    int,
    Field(
        ge=0,
        le=12,
        description="Decimals to which a value is held against the target; two more than printed unless given",
    ),
]


def _bounds(unit_of_measure: str) -> tuple[float, float]:
    return (0.0, 100.0) if unit_of_measure == "%" else (0.0, math.inf)


class Target(Declared):
    """One figure of a resolution. Values are in `unit_of_measure`; a percentage is written 95.15, not 0.9515.

    `execution`: the least share (0..1) of the figure that must be reached by the due date: of a budget that is a ceiling and must
    be used, of a plan of which 95% count as done. `edge`: of a range, the end that is the promise (both, if nothing is said).
    `of`: what a reckoned measure is reckoned from. `baseline`: the value at the end of the year before, where no history tells
    it; of a growth or a reduction what it is held against, as reported. `domain`: the values that can be true.
    `precision`: the decimals to which a value is held against the target, where it is not two more than are printed.
    `strive`: a softer figure beside the promised one ("phấn đấu"), which decides nothing.
    `by_year`: in a plan of several years, what the document says of each. `continues`: the target of an earlier resolution
    whose history it takes up, where its id is another. `policies`: this target's own parameters of a policy
    (`off-track: {severity: critical}`), or false to leave it out.
    """

    id: Identifier
    name: str
    source: Source
    unit_of_measure: str
    target: Annotated[Bound, BeforeValidator(_bound)]
    measure: Measure
    of: Of | None = None
    due: Annotated[str, BeforeValidator(_due)] = "year-end"
    owner: str
    group: str
    frequency: Frequency = Frequency.MONTH
    parent: str | None = None
    breakdown: Breakdown | None = None
    baseline: float | None = None
    execution: Annotated[float, Field(gt=0, lt=1)] | None = None
    edge: Edge | None = None
    domain: tuple[float, float] | None = None
    precision: Precision | None = None
    whole_numbers: bool = False
    strive: Annotated[Bound, BeforeValidator(_bound)] | None = None
    task: bool = False
    note: str = ""
    policies: dict[str, dict[str, Any] | bool] = {}
    by_year: dict[int, Annotated[Bound, BeforeValidator(_bound)]] = {}
    continues: Identifier | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Target:
        if self.execution is not None and self.target.comparator in (Comparator.EQUAL, Comparator.RANGE):
            raise Said(
                'execution belongs to one figure ("<=" or ">="), and this target is "{found}"', found=str(self.target)
            )
        if self.edge is not None and self.target.comparator is not Comparator.RANGE:
            raise Said('edge belongs to a range ("6 .. 6.5"), and this target is "{found}"', found=str(self.target))
        if self.domain is not None and self.domain[0] >= self.domain[1]:
            raise Said("domain must rise: found {low} .. {high}", low=self.domain[0], high=self.domain[1])
        self._reckonable()
        return self

    def _reckonable(self) -> None:
        """Raises Said when `of` does not fit what is reckoned."""
        of, measure = self.of, self.measure
        if measure not in RECKONED:
            if of is not None:
                raise Said('of belongs to  {names};  measure is "{found}"', names=", ".join(RECKONED), found=measure)
            return
        if self.whole_numbers:
            raise Said("whole_numbers belongs to what is counted, and a {found} is reckoned", found=measure)
        if measure is Measure.SHARE and (of is None or of.part is None or of.whole is None):
            raise Said("a share needs, under of, the targets that are its  part  and its  whole")
        if measure is not Measure.AVERAGE and of is not None and of.basis is not Basis.PER_PERIOD:
            raise Said('basis belongs to an average; measure is "{found}"', found=measure)
        if measure is not Measure.SHARE and of is not None and (of.part is not None or of.whole is not None):
            raise Said('part and whole belong to a share; measure is "{found}"', found=measure)
        if measure is Measure.AVERAGE:
            self._averageable(of or Of())
        elif measure is not Measure.SHARE:
            self._comparable(of)

    def _averageable(self, of: Of) -> None:
        if of.measure is Measure.FLOW or of.against is not None:
            raise Said("an average is of levels, against nothing: under of stand unit_of_measure and domain")
        reported, own = self.reported.unit_of_measure, self.unit_of_measure
        if conversion(reported, own) is None:
            raise Said('an average is in what is reported: "{found}" is not "{own}"', found=reported, own=own)

    def _comparable(self, of: Of | None) -> None:
        if of is None or of.unit_of_measure is None:
            message = "a {found} needs, under of, what is reported: its  measure (flow, level)  and  unit_of_measure"
            raise Said(message, found=self.measure)
        if of.measure is Measure.FLOW and of.against is Against.YEAR_END:
            raise Said("a flow is held against the same period of the year before, not against its end")
        if not self.relative and self._per_unit is None:
            points = fold(of.unit_of_measure) == "%"
            raise Said(
                'a {measure} of what is in "{reported}" is in "{own}" or, in hundredths of it, "%"; found "{found}"'
                if not points
                else 'a {measure} of what is in "%" is in "điểm %"; found "{found}"',
                measure=self.measure,
                reported=of.unit_of_measure,
                own=of.unit_of_measure,
                found=self.unit_of_measure,
            )

    @property
    def assessed_as(self) -> Measure:
        """Level, flow or milestone: how its figures go on, once they are reckoned."""
        return Measure.LEVEL if self.measure in RECKONED else self.measure

    @property
    def reported(self) -> Reported:
        """What offices report of it: its own figures, or what they are reckoned from."""
        if self.measure not in RECKONED or self.measure is Measure.SHARE:
            return Reported(self.assessed_as, self.unit_of_measure, self.bounds)
        of = self.of or Of()
        unit = of.unit_of_measure or self.unit_of_measure
        own = self.domain if self.measure is Measure.AVERAGE else None
        return Reported(of.measure, unit, of.domain or own or _bounds(unit))

    @property
    def relative(self) -> bool:
        """Whether a growth or a reduction is in hundredths of its base, not in what is reported."""
        return fold(self.unit_of_measure) == "%" and self.of is not None and fold(self.of.unit_of_measure or "%") != "%"

    @property
    def _per_unit(self) -> float | None:
        """How many of its unit of measure one of what is reported makes; None where they measure different things."""
        reported = self.reported.unit_of_measure
        if fold(reported) == "%":
            return 1.0 if fold(self.unit_of_measure) in _POINTS else None
        return conversion(reported, self.unit_of_measure)

    @property
    def scale(self) -> float:
        """By what a reckoned figure is multiplied to be in its unit of measure: 100 for one relative to its base."""
        return 100.0 if self.relative or self.measure is Measure.SHARE else self._per_unit or 1.0

    @property
    def against(self) -> Against | None:
        """What a growth or a reduction is held against; None for any other."""
        if self.of is None or self.measure not in (Measure.GROWTH, Measure.REDUCTION):
            return None
        usual = Against.SAME_PERIOD if self.of.measure is Measure.FLOW else Against.YEAR_END
        return self.of.against or usual

    @property
    def floor(self) -> float:
        """Least value that keeps the promise; -inf when there is none."""
        return self.promise(self.target).floor

    @property
    def ceiling(self) -> float:
        """Greatest value that keeps the promise; +inf when there is none."""
        return self.promise(self.target).ceiling

    def in_year(self, bound: Bound, calendar_year: int, number: int, years: int) -> Promise:
        """What a figure for the end of several years promises for one of them (`number` from 1): what the document says of it,
        else a level's place on the straight line from its baseline. Of another figure than the target's own, a unit's or one
        that amends it, the document says nothing year by year.
        """
        given = self.by_year.get(calendar_year) if bound == self.target else None
        promise = self.promise(given if given is not None else bound)
        if given is not None or number >= years or self.baseline is None:
            return promise
        start, share = self.baseline, number / years

        def on_the_way(end: float) -> float:
            return float(rounded(start + (end - start) * share, self.digits)) if math.isfinite(end) else end

        floor, ceiling, value = (on_the_way(end) for end in (promise.floor, promise.ceiling, promise.value))
        return Promise(floor, ceiling, value, promise.strict)

    def promise(self, bound: Bound) -> Promise:
        """What a figure of this target, its own or a plan's for one unit, promises."""
        return _promise(bound, self.execution, self.edge, self.digits)

    @property
    def digits(self) -> int:
        """To how many decimals a value is held against the promise."""
        return self.precision if self.precision is not None else _digits(self.target, self.source.printed)

    def keeps(self, value: float) -> bool:
        """Whether a value keeps the promise as it stands."""
        return bool(keeps(value, self.floor, self.ceiling, self.target.strict, self.digits))

    @property
    def bounds(self) -> tuple[float, float]:
        """The values that can be true: the declared domain, 0..100 for a percentage, else 0 and up; what grows may also fall."""
        if self.domain is not None:
            return self.domain
        if self.measure in (Measure.GROWTH, Measure.REDUCTION):
            return (-math.inf, math.inf)
        return _bounds(self.unit_of_measure)

    @property
    def throughout(self) -> bool:
        """Whether the promise must hold at every period."""
        return self.due == "throughout"


# Each target is asked for what it promises at each of its units, rules and messages: it is reckoned once.
@lru_cache(maxsize=65536)
def _promise(bound: Bound, execution: float | None, edge: Edge | None, digits: int) -> Promise:
    """See Target.promise."""
    floor, ceiling, value = bound.floor, bound.ceiling, bound.value
    if execution is not None:
        floor = execution * bound.value
        value = value if math.isfinite(ceiling) else floor
    if edge is Edge.FLOOR:
        ceiling = math.inf
    elif edge is Edge.CEILING:
        floor, value = -math.inf, ceiling
    return Promise(float(rounded(floor, digits)), float(rounded(ceiling, digits)), value, bound.strict)


@lru_cache(maxsize=65536)
def _digits(bound: Bound, printed: str) -> int:
    """See Target.digits."""
    decimals = (len(found) for found in _PRINTED_DECIMALS.findall(printed))
    return max(bound.decimals, *decimals, 0) + FINER
