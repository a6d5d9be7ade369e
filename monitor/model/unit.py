"""Who reports and is watched: units of any kind, a tree under the one that a resolution binds as a whole.

A nation's ministries and provinces, a province's communes, a city's wards are all said alike: each names the unit above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from monitor.model.declared import Declared
from monitor.model.name import Identifier
from monitor.model.problem import Said

# Who answers for figures without being a part of what is watched.
DEPARTMENT = "department"
# The kind that stands at the top where no unit names the one above it.
CITY = "city"


class Word(Declared):
    """What a kind of unit is called, in each language."""

    vi: str
    en: str


KINDS: Mapping[str, Word] = {
    "nation": Word(vi="cả nước", en="nation"),
    "ministry": Word(vi="bộ, ngành", en="ministry"),
    "province": Word(vi="tỉnh", en="province"),
    CITY: Word(vi="thành phố", en="city"),
    "district": Word(vi="huyện", en="district"),
    "commune": Word(vi="xã", en="commune"),
    "ward": Word(vi="phường", en="ward"),
    "special-zone": Word(vi="đặc khu", en="special zone"),
    DEPARTMENT: Word(vi="phòng, ban", en="department"),
    "unit": Word(vi="đơn vị", en="unit"),
}


class Part(Declared):
    """What a unit took over of another that is no more: `share` of what is added up (of one split in two), else all of it."""

    unit: Identifier
    share: Annotated[float, Field(gt=0, le=1)] = 1.0


def _part(value: Any) -> Any:
    return {"unit": value} if isinstance(value, str) else value


def _weights(value: Any) -> Any:
    """A weight that is one figure holds for all years."""
    if not isinstance(value, dict):
        return value
    return {name: of if isinstance(of, dict) else {0: of} for name, of in value.items()}


Weight = Annotated[float, Field(gt=0)]


class Unit(Declared):
    """Who reports: the whole, a part of it, a department. `parent`: the unit above (the whole, if nothing is said).

    `weights` (such as population) serve weighted means and shares of sums; one that changes is given by year, each from its
    year on. `since`, `until`: the days between which the unit is (both included). `succeeds`: the units whose history it goes
    on with, from `since` on.
    """

    id: Identifier
    name: str
    kind: Identifier
    parent: Identifier | None = None
    aliases: tuple[str, ...] = ()
    weights: Annotated[
        dict[str, dict[int, Weight]],
        BeforeValidator(_weights, json_schema_input_type=dict[str, Weight | dict[int, Weight]]),
    ] = {}
    since: date | None = None
    until: date | None = None
    succeeds: tuple[Annotated[Part, BeforeValidator(_part, json_schema_input_type=str | Part)], ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Unit:
        if self.since is not None and self.until is not None and self.until < self.since:
            raise Said("the period ends ({end}) before it starts ({start})", start=self.since, end=self.until)
        if self.succeeds and self.since is None:
            raise Said('"succeeds" needs "since": the day from which the unit stands for those before it')
        return self

    def weight(self, name: str, year: int) -> float | None:
        """The weight of that name in a year: the latest given by then, else the earliest."""
        by_year = self.weights.get(name)
        if not by_year:
            return None
        begun = [each for each in by_year if each <= year]
        return by_year[max(begun) if begun else min(by_year)]

    def exists(self, day: date) -> bool:
        """Whether the unit is there on a day."""
        return (self.since is None or self.since <= day) and (self.until is None or self.until >= day)


def whole(units: Iterable[Unit]) -> Unit:
    """The unit at the top. Raises Said when there is none, or more than one."""
    atop = [unit for unit in units if unit.parent is None and unit.kind != DEPARTMENT]
    cities = [unit for unit in atop if unit.kind == CITY]
    named = {unit.parent for unit in units if unit.parent}
    above = [unit for unit in atop if unit.id in named]
    for found in (atop, above, cities):
        if len(found) == 1:
            return found[0]
    message = "exactly one unit must stand above all others, and there are {found} without  parent:  {names}"
    raise Said(message, found=len(atop), names=", ".join(unit.id for unit in atop[:5]) or "–")


def standing(units: Sequence[Unit], day: date) -> tuple[Unit, ...]:
    """The units that are there on a day, each under one that is: the parts of a unit that is no more (a district abolished)
    stand under the one that took over from it, where it is one, else under the next above.
    """
    known, there = {unit.id: unit for unit in units}, [unit for unit in units if unit.exists(day)]
    present = {unit.id for unit in there}
    heirs: dict[str, list[str]] = {}
    for unit in there:
        for part in unit.succeeds:
            heirs.setdefault(part.unit, []).append(unit.id)

    def above(unit: Unit) -> str | None:
        found, passed = unit.parent, {unit.id}
        while found is not None and found not in present and found not in passed:
            passed.add(found)
            taken = [heir for heir in heirs.get(found, ()) if heir != unit.id]
            found = taken[0] if len(taken) == 1 else known[found].parent if found in known else None
        return found

    return tuple(
        unit if above(unit) == unit.parent else unit.model_copy(update={"parent": above(unit)}) for unit in there
    )


def tops(units: Sequence[Unit]) -> list[str]:
    """The units that stand above all others, where several bodies' units are together; of one body, its whole."""
    try:
        return [whole(units).id]
    except Said:
        return [unit.id for unit in units if unit.parent is None and unit.kind != DEPARTMENT]


def parents(units: Sequence[Unit]) -> dict[str, str]:
    """Unit id -> the unit above it; the whole has none. Raises Said as `whole` does."""
    top = whole(units)
    return {unit.id: unit.parent or top.id for unit in units if unit.id != top.id}


@dataclass(frozen=True)
class Level:
    """The parts of one unit in a roll-up: their ids, in the order they are declared, and each one's share of it by weight (they
    add up to 1).
    """

    of: str
    units: tuple[str, ...]
    shares: tuple[float, ...]


def levels(units: Sequence[Unit], kinds: Sequence[str], weight: str | None, year: int) -> list[Level]:
    """How what the units of some kinds report makes the whole, from the top down: each unit between them is a step of its own.

    The weight of a unit between is its own where it has one, else what its parts have together; without a `weight` all
    parts weigh alike. Raises Said as `whole` does.
    """
    above, known = parents(units), {unit.id: unit for unit in units}
    children: dict[str, list[str]] = {}
    wanted = [unit.id for unit in units if unit.kind in kinds and unit.id in above]
    placed: set[str] = set()
    for identifier in wanted:
        step = identifier
        while step in above and step not in placed:
            placed.add(step)
            children.setdefault(above[step], []).append(step)
            step = above[step]
    order = {unit.id: n for n, unit in enumerate(units)}

    def weigh(identifier: str) -> float:
        own = known[identifier].weight(weight, year) if weight else 1.0
        return own if own is not None else sum(weigh(child) for child in children.get(identifier, ()))

    found, waiting = [], [whole(units).id]
    while waiting:
        of = waiting.pop(0)
        parts = sorted(children.get(of, ()), key=order.__getitem__)
        if parts:
            weights = [weigh(part) for part in parts]
            total = sum(weights)
            found.append(Level(of, tuple(parts), tuple(each / total if total else 0.0 for each in weights)))
            waiting += parts
    return found
