"""What was promised: one figure of a resolution, and the resolution that holds it."""

from __future__ import annotations

import math
import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from monitor.model.comparator import Bound, Comparator, keeps, parse_bound, rounded
from monitor.model.document import Declared
from monitor.model.period import Frequency, parse_period
from monitor.model.printed import own
from monitor.model.problem import Said, legible

# Values are held against a target to so many decimals more than the target itself is printed with.
FINER = 2
# A float tells no more steps apart than this many.
FINEST = 2.0**52
# Decimals as a resolution prints them: 95,15.
_PRINTED_DECIMALS = re.compile(r"\d,(\d+)")


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


# Names stand in keys of the database, and several of them in the Message-ID of a mail.
MOST_NAME = 80


def name_of(text: str) -> str:
    """A name that fits wherever one is kept and shown. Raises Said."""
    if not text.strip() or len(text) > MOST_NAME or not text.isprintable():
        message = 'found "{found}", a name of {count} characters: it must have 1 to {most}, all printable'
        raise Said(message, found=legible(text), count=len(text), most=MOST_NAME)
    return text


def _identifier(text: str) -> str:
    ok = text.isascii() and text == text.lower() and text.replace("-", "a").replace(".", "a").isalnum()
    if not ok or text.startswith((".", "-")):
        raise Said('id "{found}" must be lower-case ASCII letters, digits, "-" and "."', found=text)
    return text


Name = Annotated[str, AfterValidator(name_of)]
Identifier = Annotated[str, AfterValidator(_identifier), AfterValidator(name_of)]


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


Precision = Annotated[
    int,
    Field(
        ge=0,
        le=12,
        description="Decimals to which a value is held against the target; two more than printed unless given",
    ),
]


class Target(Declared):
    """One figure of a resolution. Values are in `unit_of_measure`; a percentage is written 95.15, not 0.9515.

    `execution`: of a ceiling that must also be used, the least share of it (0..1) to be reached by the due date.
    `baseline`: the value at the end of the year before, where no history tells it. `domain`: the values that can be true.
    `precision`: the decimals to which a value is held against the target, where it is not two more than are printed.
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
    precision: Precision | None = None
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
        floor = self.execution * self.target.value if self.execution is not None else self.target.floor
        return float(rounded(floor, self.digits))

    @property
    def ceiling(self) -> float:
        """Greatest value that keeps the promise; +inf when there is none."""
        return float(rounded(self.target.ceiling, self.digits))

    @property
    def digits(self) -> int:
        """To how many decimals a value is held against the promise."""
        if self.precision is not None:
            return self.precision
        printed = (len(decimals) for decimals in _PRINTED_DECIMALS.findall(self.source.printed))
        return max(self.target.decimals, *printed, 0) + FINER

    def keeps(self, value: float) -> bool:
        """Whether a value keeps the promise as it stands."""
        return bool(keeps(value, self.floor, self.ceiling, self.target.strict, self.digits))

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
    the whole, and the shares add up to it); digits (int: decimals to which values are held against the promise); weight
    (float: the unit's share of the roll-up, NaN for the city); strict, throughout, task, whole_numbers, city (bool);
    due_month (Period).
    """
    city = next(unit for unit in units if unit.kind is UnitKind.CITY)
    rows = []
    for target in targets:
        whole = _row(target, resolution, city)
        rows.append(whole)
        if target.breakdown is None:
            continue
        members = [unit for unit in units if unit.kind is target.breakdown.units]
        weights = np.array([unit.weights[target.breakdown.weight] for unit in members])
        weights = weights / weights.sum()
        promised = _promises(target, weights) if target.breakdown.roll_up is RollUp.SUM else [{}] * len(members)
        for unit, weight, share in zip(members, weights.tolist(), promised, strict=True):
            part = {"unit": unit.id, "city": False, "weight": weight, "roll_up": target.breakdown.roll_up.value}
            printed = printed_for(target, share.get("value", target.target.value))
            rows.append(whole | part | share | {"printed": printed})
    return pd.DataFrame(rows).set_index(["target", "unit"]).sort_index()


def due_month(target: Target, resolution: Resolution) -> pd.Period:
    """The month whose figures decide `target`."""
    period = None if target.due in ("year-end", "throughout") else parse_period(target.due)
    return period if period is not None else resolution.last


def printed_for(target: Target, promised: float) -> str:
    """What was promised, as it is printed: for a unit whose share it is, its own figure instead of the whole."""
    if promised == target.target.value:
        return target.source.printed
    unit, whole = target.unit_of_measure, target.whole_numbers
    return own(target.source.printed, target.target.value, promised, whole=whole, unit=unit)


def _promises(target: Target, weights: npt.NDArray[np.float64]) -> list[dict[str, float]]:
    """Each unit's own floor, ceiling, value and baseline of a target that adds up. Counted ones are whole: of half a household
    nobody can be told that it is missing.
    """
    digits = 0 if target.whole_numbers else target.digits
    floor, ceiling = target.floor, target.ceiling
    # Below 2 of what is counted is at most 1: that is shared out, and each unit must stay below one more than its share.
    step = 1.0 if target.whole_numbers and target.target.strict else 0.0
    if target.whole_numbers:
        # What is counted keeps 949.05 with 950, and 100.5 with 100.
        floor = math.ceil(floor) if math.isfinite(floor) else floor
        ceiling = math.floor(ceiling) if math.isfinite(ceiling) else ceiling
        if step:
            floor = math.floor(target.floor) + step if math.isfinite(floor) else floor
            ceiling = math.ceil(target.ceiling) - step if math.isfinite(ceiling) else ceiling
    floors = shares(floor, weights, digits)
    # Between the two lies what is shared out anew, so that no unit's ceiling is below its floor.
    ceilings = (
        floors + shares(ceiling - floor, weights, digits) if math.isfinite(floor) else shares(ceiling, weights, digits)
    )
    floors, ceilings = floors - step, ceilings + step
    values = ceilings if target.target.comparator in (Comparator.AT_MOST, Comparator.UNDER) else floors
    baselines = np.nan if target.baseline is None else target.baseline * weights
    table = pd.DataFrame({"floor": floors, "ceiling": ceilings, "value": values, "baseline": baselines}, dtype=float)
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def shares(total: float, weights: npt.NDArray[np.float64], digits: int) -> npt.NDArray[np.float64]:
    """`total` shared out by `weights` (which add up to 1), each share to `digits` decimals, so that the shares add up to it: the
    largest remainders are rounded up (Hamilton's method). An infinite total is everybody's.
    """
    if not math.isfinite(total):
        return np.full(len(weights), total)
    scale = 10.0**digits
    if abs(total) * scale > FINEST:
        return np.asarray(total * weights)
    steps = round(total * scale)
    exact = steps * weights
    least = np.floor(exact)
    missing = steps - int(least.sum())
    # Of equal remainders the larger weight's comes first, then the first.
    order = np.lexsort((-weights, -np.round(exact - least, 9)))
    least[order[:missing]] += 1
    return np.asarray(least / scale)


def _row(target: Target, resolution: Resolution, city: Unit) -> dict[str, Any]:
    """The row of the whole."""
    return {
        "target": target.id,
        "unit": city.id,
        "parent": target.parent or "",
        "group": target.group,
        "owner": target.owner,
        "measure": target.measure.value,
        "frequency": target.frequency.months,
        "unit_of_measure": target.unit_of_measure,
        "printed": target.source.printed,
        "name": target.name,
        "floor": target.floor,
        "ceiling": target.ceiling,
        "strict": target.target.strict,
        "digits": target.digits,
        "value": target.target.value,
        "low_bound": target.bounds[0],
        "high_bound": target.bounds[1],
        "due_month": due_month(target, resolution),
        "throughout": target.throughout,
        "task": target.task,
        "baseline": math.nan if target.baseline is None else target.baseline,
        "whole_numbers": target.whole_numbers,
        "city": True,
        "weight": math.nan,
        "roll_up": "",
    }
