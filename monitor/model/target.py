"""What was promised: one figure of a resolution, and the resolution that holds it."""

from __future__ import annotations

import math
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from monitor.model.comparator import Bound, Comparator, parse_bound
from monitor.model.document import Declared
from monitor.model.period import Frequency, parse_period
from monitor.model.problem import Said


class Measure(StrEnum):
    """What a reported value is: a `level` at a time, a `flow` that adds up over the year, a `milestone` done by a date."""

    LEVEL = "level"
    FLOW = "flow"
    MILESTONE = "milestone"


class RollUp(StrEnum):
    """How the wards' figures make the city's: added, or averaged with weights."""

    SUM = "sum"
    MEAN = "mean"


class UnitKind(StrEnum):
    """What a reporting unit is."""

    CITY = "city"
    WARD = "ward"
    DEPARTMENT = "department"


def _identifier(text: str) -> str:
    ok = text.isascii() and text == text.lower() and text.replace("-", "a").replace(".", "a").isalnum()
    if not ok or text.startswith((".", "-")):
        raise Said('id "{found}" must be lower-case ASCII letters, digits, "-" and "."', found=text)
    return text


Identifier = Annotated[str, AfterValidator(_identifier)]


class Unit(Declared):
    """Who reports: the city, a ward, a department. `weights` (such as population) serve weighted means and shares of sums."""

    id: Identifier
    name: str
    kind: UnitKind
    aliases: tuple[str, ...] = ()
    weights: dict[str, Annotated[float, Field(gt=0)]] = {}


class Breakdown(Declared):
    """By which units a target is followed too, and how their figures roll up; `weight` names a weight of the units."""

    units: Literal[UnitKind.WARD, UnitKind.DEPARTMENT] = UnitKind.WARD
    roll_up: RollUp
    weight: str


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


class Target(Declared):
    """One figure of a resolution. Values are in `unit_of_measure`; a percentage is written 95.15, not 0.9515.

    `execution`: of a ceiling that must also be used, the least share of it (0..1) to be reached by the due date.
    `baseline`: the value at the end of the year before, where no history tells it. `domain`: the values that can be true.
    `policies`: this target's own parameters of a policy (`off-track: {severity: critical}`), or false to leave it out.
    """

    id: Identifier
    name: str
    source: Source
    unit_of_measure: str
    target: Annotated[Bound, BeforeValidator(_bound)]
    measure: Measure
    due: Annotated[str, BeforeValidator(_due)] = "year-end"
    owner: str
    group: str
    frequency: Frequency = Frequency.MONTH
    parent: str | None = None
    breakdown: Breakdown | None = None
    baseline: float | None = None
    execution: Annotated[float, Field(gt=0, lt=1)] | None = None
    domain: tuple[float, float] | None = None
    whole_numbers: bool = False
    task: bool = False
    note: str = ""
    policies: dict[str, dict[str, Any] | bool] = {}

    @model_validator(mode="after")
    def _consistent(self) -> Target:
        if self.execution is not None and self.target.comparator not in (Comparator.AT_MOST, Comparator.UNDER):
            raise Said('execution belongs to a ceiling ("<="), and this target is "{found}"', found=str(self.target))
        if self.domain is not None and self.domain[0] >= self.domain[1]:
            raise Said("domain must rise: found {low} .. {high}", low=self.domain[0], high=self.domain[1])
        return self

    @property
    def floor(self) -> float:
        """Least value that keeps the promise (-inf: none); of a ceiling that must be executed, that share of it."""
        return self.execution * self.target.value if self.execution is not None else self.target.floor

    @property
    def ceiling(self) -> float:
        """Greatest value that keeps the promise; +inf when there is none."""
        return self.target.ceiling

    @property
    def bounds(self) -> tuple[float, float]:
        """The values that can be true: the declared domain, 0..100 for a percentage, else 0 and up."""
        if self.domain is not None:
            return self.domain
        return (0.0, 100.0) if self.unit_of_measure == "%" else (0.0, math.inf)

    @property
    def throughout(self) -> bool:
        """Whether the promise must hold at every period."""
        return self.due == "throughout"


class Period(Declared):
    """The days a resolution binds, both included."""

    start: date
    end: date

    @model_validator(mode="after")
    def _rises(self) -> Period:
        if not 1950 <= self.start.year <= 2150:
            raise Said("the period starts in the year {found}: is it written right?", found=self.start.year)
        if self.end < self.start:
            raise Said("the period ends ({end}) before it starts ({start})", start=self.start, end=self.end)
        months = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month + 1
        if months != 12:
            message = "the period must be twelve months, and {start} .. {end} has {found}"
            raise Said(message, start=self.start, end=self.end, found=months)
        return self


class Resolution(Declared):
    """The document: number, body, date, and the period it binds."""

    id: Identifier
    number: str
    title: str
    body: str
    adopted: date
    period: Period

    @property
    def first(self) -> pd.Period:
        """First month that it binds."""
        return pd.Period(self.period.start, freq="M")

    @property
    def last(self) -> pd.Period:
        """Last month that it binds."""
        return pd.Period(self.period.end, freq="M")


def target_table(resolution: Resolution, targets: tuple[Target, ...], units: tuple[Unit, ...]) -> pd.DataFrame:
    """One row a series to follow: every target for the city, and for each unit of its breakdown.

    Indexed by (target, unit), sorted. Columns: parent (the target of which it is a part, or empty), group, owner, measure,
    unit_of_measure, printed, name, roll_up (str); frequency (months in a period); floor, ceiling, value, low_bound,
    high_bound, baseline (float, in the unit of measure; under a `sum` the unit's promise is its share, by weight, of
    the whole); weight (float: the unit's share of the roll-up, NaN for the city); strict, throughout, task,
    whole_numbers, city (bool); due_month (Period).
    """
    city = next(unit for unit in units if unit.kind is UnitKind.CITY)
    rows = []
    for target in targets:
        rows.append(_row(target, resolution, city, 1.0, None))
        if target.breakdown is None:
            continue
        members = [unit for unit in units if unit.kind is target.breakdown.units]
        total = sum(unit.weights[target.breakdown.weight] for unit in members)
        for unit in members:
            rows.append(_row(target, resolution, unit, unit.weights[target.breakdown.weight] / total, target.breakdown))
    return pd.DataFrame(rows).set_index(["target", "unit"]).sort_index()


def due_month(target: Target, resolution: Resolution) -> pd.Period:
    """The month whose figures decide `target`."""
    period = None if target.due in ("year-end", "throughout") else parse_period(target.due)
    return period if period is not None else resolution.last


def _row(target: Target, resolution: Resolution, unit: Unit, weight: float, part: Breakdown | None) -> dict[str, Any]:
    shared = part is not None and part.roll_up is RollUp.SUM
    # A ward's share of what is counted is whole: of half a household nobody can be told that it is missing.
    least = (
        math.floor(target.floor * weight) if shared and target.whole_numbers and math.isfinite(target.floor) else None
    )
    scale = weight if shared else 1.0
    return {
        "target": target.id,
        "unit": unit.id,
        "parent": target.parent or "",
        "group": target.group,
        "owner": target.owner,
        "measure": target.measure.value,
        "frequency": target.frequency.months,
        "unit_of_measure": target.unit_of_measure,
        "printed": target.source.printed,
        "name": target.name,
        "floor": target.floor * scale if least is None else float(least),
        "ceiling": target.ceiling * scale,
        "strict": target.target.strict,
        "value": target.target.value * scale if least is None else float(least),
        "low_bound": target.bounds[0],
        "high_bound": target.bounds[1],
        "due_month": due_month(target, resolution),
        "throughout": target.throughout,
        "task": target.task,
        "baseline": math.nan if target.baseline is None else target.baseline * scale,
        "whole_numbers": target.whole_numbers,
        "city": part is None,
        "weight": math.nan if part is None else weight,
        "roll_up": "" if part is None else part.roll_up.value,
    }
