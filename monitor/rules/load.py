"""`rules/` to what it declares: the resolution, its units and targets, and the compiled rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property, partial
from typing import Any, TypeVar

import pandas as pd
from pydantic import BaseModel, ValidationError

from monitor.model.assessment import Thresholds
from monitor.model.finding import Severity
from monitor.model.plan import Figure
from monitor.model.problem import Problem, Problems, Said, unknown
from monitor.model.resolution import Amendment, Resolution
from monitor.model.series import Followed, due_month
from monitor.model.target import RECKONED, Measure, RollUp, Source, Target
from monitor.model.unit import KINDS, Unit, Word, levels, whole
from monitor.rules.compiler import RuleSet, Written, compile_rules, unsound
from monitor.rules.declaration import MOST_PERIODS, PolicyFile, Rule, RuleFile, TargetEntry, UnitsFile
from monitor.rules.plan import Issued, Sheet, read_plan
from monitor.syntax.document import Document, Path

Read = TypeVar("Read", bound=BaseModel)

# What shares that are written with three decimals may be off by when they are added up.
_SLIGHT = 1e-3


@dataclass(frozen=True)
class Declared:
    """One resolution. `kinds`: what its kinds of units are called; `groups`: id -> name; `places`: target -> file:line."""

    resolution: Resolution
    units: tuple[Unit, ...]
    kinds: Mapping[str, Word]
    targets: Mapping[str, Target]
    groups: Mapping[str, str]
    thresholds: Thresholds
    compiled: Callable[[], RuleSet]
    followed: Followed
    places: Mapping[str, str]

    @cached_property
    def rules(self) -> RuleSet:
        """What is checked of every target."""
        return self.compiled()

    def series(self, as_of: date) -> pd.DataFrame:
        """What is followed by the plan in force on a day: see model.series.target_table."""
        return self.followed.table(as_of)

    @property
    def without_rules(self) -> Declared:
        """The same for those who ask where everything stands, and not which rules hold: it takes long to build what decides."""
        return replace(self, compiled=partial(RuleSet, self.resolution.id, (), ""))

    @property
    def city(self) -> Unit:
        """The unit that the resolution binds as a whole."""
        return whole(self.units)

    @property
    def unit_names(self) -> dict[str, str]:
        """Unit id -> name."""
        return {unit.id: unit.name for unit in self.units}


class Reading:
    """Reads documents and keeps every problem, so that all are told at once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def read(self, document: Document | None, model: type[Read], path: Path = ()) -> Read | None:
        """The block as `model`; None when it does not fit, which is then among the problems."""
        if document is None:
            return None
        try:
            return document.read(model, path)
        except Problems as found:
            self.problems += found.problems
            return None

    def add(self, problem: Problem) -> None:
        """Keep `problem`."""
        self.problems.append(problem)


@dataclass(frozen=True)
class Amending:
    """A document that amends a resolution, and the tables of what it changes."""

    amendment: Amendment
    tables: tuple[Sheet, ...]


def declare(
    policy: Document | None,
    files: Mapping[str, Document],
    tables: Sequence[Sheet] = (),
    amending: Sequence[Amending] = (),
    *,
    complete: bool = True,
    tried: bool = False,
) -> Declared:
    """One resolution from its files (name -> document, `resolution.yaml` and `units.yaml` among them), its plan's tables, what
    amends it, and the common policy.

    `complete`: whether every file of it could be read; `tried`: whether its rules are known to be sound. Raises Problems with
    everything that is wrong in all of them.
    """
    reading = Reading()
    resolution = reading.read(files.get("resolution.yaml"), Resolution)
    units_file = reading.read(files.get("units.yaml"), UnitsFile)
    policies = reading.read(policy, PolicyFile) or PolicyFile()
    units = units_file.units if units_file else ()
    kinds = {**KINDS, **(units_file.kinds if units_file else {})}
    if units_file and not _check_units(files["units.yaml"], units, kinds, reading):
        units = ()
    targets: dict[str, Target] = {}
    places: dict[str, tuple[Document, Path]] = {}
    groups: dict[str, str] = {}
    own_rules: list[Written] = []
    told = len(reading.problems)
    for name in sorted(files):
        if name in ("resolution.yaml", "units.yaml"):
            continue
        _read_file(files[name], reading, targets, places, groups, own_rules)
    complete = complete and len(reading.problems) == told
    _check_targets(targets, places, units, resolution, policies, reading, complete=complete)
    written = [Written(rule, policy, ("policies", n)) for n, rule in enumerate(policies.policies)] if policy else []
    _check_ids([*written, *own_rules], reading)
    if not targets and complete:
        message = "there is no target: a file such as {near} declares them under  targets:"
        reading.problems.append(
            Problem(f"rules/{resolution.id if resolution else ''}", message, {"near": "01-thu-nhap.yaml"})
        )
    if resolution is not None and units:
        _check_whole(files["units.yaml"], units, resolution, reading)
    if resolution is None or not units or not targets:
        raise Problems(_ordered(reading.problems))
    everything = [*written, *own_rules]
    problems = [*reading.problems, *(() if tried else unsound(everything, targets, complete=complete))]
    # What could not be read in full is told where it was read; what refers to it cannot be compiled.
    if problems or not complete:
        raise Problems(_ordered(problems))
    figures = _plan(resolution, targets, units, tables, amending)
    _check_covered(targets, places, units, figures)
    planned = frozenset(figure.target for figure in figures)
    compiled = cache(partial(_compiled, resolution.id, targets, everything, planned, kinds))
    if not tried:
        compiled()
    followed = Followed(resolution, tuple(targets.values()), units, figures)
    where = {target: f"{document.file}:{document.line(path)}" for target, (document, path) in places.items()}
    return Declared(resolution, units, kinds, targets, groups, policies.status, compiled, followed, where)


def _compiled(
    resolution: str,
    targets: Mapping[str, Target],
    rules: Sequence[Written],
    planned: Set[str],
    kinds: Mapping[str, Word],
) -> RuleSet:
    """See compile_rules. Raises Problems with what that shows to be wrong."""
    found, problems = compile_rules(resolution, targets, rules, planned, kinds)
    if problems:
        raise Problems(_ordered(problems))
    return found


def _ordered(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda p: (p.file, p.line, p.column))


def _read_file(
    document: Document,
    reading: Reading,
    targets: dict[str, Target],
    places: dict[str, tuple[Document, Path]],
    groups: dict[str, str],
    rules: list[Written],
) -> None:
    before = len(reading.problems)
    declared = reading.read(document, RuleFile)
    if declared is None:
        return
    if declared.targets and not declared.group:
        reading.add(document.problem(("targets",), 'key "{name}" is missing here', on_key=True, name="group"))
    groups.setdefault(declared.group, declared.name or declared.group)
    for n, entry in enumerate(declared.targets):
        path: Path = ("targets", n)
        if entry.id in targets:
            other, there = places[entry.id]
            message = 'target "{found}" is declared twice: first at {place}'
            place = f"{other.file}:{other.line(there)}"
            reading.add(document.problem((*path, "id"), message, found=entry.id, place=place))
            continue
        target = _target(document, path, declared, entry, reading)
        if target is not None:
            targets[entry.id] = target
            places[entry.id] = (document, path)
    if len(reading.problems) == before:
        rules += [Written(rule, document, ("rules", n)) for n, rule in enumerate(declared.rules)]


def _target(document: Document, path: Path, file: RuleFile, entry: TargetEntry, reading: Reading) -> Target | None:
    defaults = file.defaults
    owner = entry.owner or defaults.owner
    if owner is None:
        reading.add(document.problem(path, 'key "{name}" is missing here', name="owner"))
        return None
    given: dict[str, Any] = entry.model_dump(exclude={"article", "item", "printed", "target", "breakdown"})
    if "whole_numbers" not in entry.model_fields_set:
        # Nobody said: `check` asks of people and households (rules.advice).
        del given["whole_numbers"]
    given |= {
        "source": Source(
            article=entry.article or defaults.article, item=entry.item or defaults.item, printed=entry.printed
        ),
        "target": entry.target,
        "breakdown": entry.breakdown,
        "owner": owner,
        "group": file.group,
        "task": file.task,
        "due": entry.due or defaults.due,
        "frequency": entry.frequency or defaults.frequency,
    }
    try:
        return Target.model_validate(given)
    except ValidationError as error:
        for found in error.errors():
            said = found.get("ctx", {}).get("error")
            if isinstance(said, Said):
                reading.add(document.tell((*path, *(found["loc"] or ("target",))), said))
            else:
                reading.add(document.complaint(Target, path, found))
        return None


def _check_units(document: Document, units: tuple[Unit, ...], kinds: Mapping[str, Word], reading: Reading) -> bool:
    """Whether the units are a tree under one of them, each of a kind that has a word and with parents that are there."""
    before, seen = len(reading.problems), set[str]()
    ids = {unit.id for unit in units}
    for n, unit in enumerate(units):
        if unit.id in seen:
            reading.add(document.problem(("units", n, "id"), 'unit "{found}" is declared twice', found=unit.id))
        seen.add(unit.id)
        if unit.kind not in kinds:
            reading.add(document.tell(("units", n, "kind"), unknown("kind", unit.kind, kinds)))
        if unit.parent is not None and unit.parent not in ids:
            reading.add(document.tell(("units", n, "parent"), unknown("unit", unit.parent, ids)))
        for m, part in enumerate(unit.succeeds):
            if part.unit == unit.id:
                message = 'unit "{found}" takes over from itself'
                reading.add(document.problem(("units", n, "succeeds", m), message, found=part.unit))
            elif part.unit not in ids:
                reading.add(document.tell(("units", n, "succeeds", m), unknown("unit", part.unit, ids - {unit.id})))
            elif part.unit in [each.unit for each in unit.succeeds[:m]]:
                message = '"{found}" is named twice'
                reading.add(document.problem(("units", n, "succeeds", m), message, found=part.unit))
    parents = {unit.id: unit.parent for unit in units}
    for n, unit in enumerate(units):
        if unit.id in _above(unit.id, parents):
            message = 'unit "{found}" is a part of itself'
            reading.add(document.problem(("units", n, "parent"), message, found=unit.id))
    try:
        whole(units)
    except Said as said:
        reading.add(document.tell(("units",), said, on_key=True))
    _check_successions(document, units, reading)
    return len(reading.problems) == before


def _check_successions(document: Document, units: tuple[Unit, ...], reading: Reading) -> None:
    """Who is taken over from was there before and is no more, and gives no more away than all that it had: else its figures would
    be counted beside those of who has them now.
    """
    known, given = {unit.id: unit for unit in units}, dict[str, float]()
    for n, unit in enumerate(units):
        # One that is named twice is told as that.
        for of, m in {part.unit: m for m, part in enumerate(unit.succeeds)}.items():
            before, since = known.get(of), unit.since
            if before is None or before is unit or since is None:
                continue
            given[of] = given.get(of, 0.0) + unit.succeeds[m].share
            message = ""
            values: dict[str, Any] = {"found": of, "day": since}
            if before.since is not None and before.since >= since:
                message, values = (
                    '"{found}" begins on {begun}, and is taken over on {day}',
                    {"begun": before.since, **values},
                )
            elif before.until is None or before.until >= since:
                message = (
                    '"{found}" is still there on {day}, when it is taken over: its  until:  is a day before that, and what '
                    "goes on of it is a unit of its own since then, with its  share:"
                )
            elif given[of] > 1 + _SLIGHT:
                message = 'more than all of "{found}" is taken over: each of several says its  share:  of it'
            if message:
                reading.add(document.problem(("units", n, "succeeds", m), message, **values))


def _check_whole(document: Document, units: tuple[Unit, ...], resolution: Resolution, reading: Reading) -> None:
    """The unit that the resolution binds as a whole is there as long as it binds."""
    top, period = whole(units), resolution.period
    for key, day in (("since", top.since), ("until", top.until)):
        if day is not None and not top.exists(period.start if key == "since" else period.end):
            message = (
                'unit "{found}" is the whole that the resolution binds, from {start} to {end}: it must be there so long'
            )
            path = ("units", units.index(top), key)
            reading.add(document.problem(path, message, found=top.id, start=period.start, end=period.end))


def _plan(
    resolution: Resolution,
    targets: Mapping[str, Target],
    units: tuple[Unit, ...],
    tables: Sequence[Sheet],
    amending: Sequence[Amending],
) -> tuple[Figure, ...]:
    """All figures of tables, in the order of their documents. Raises Problems with everything that is wrong in them."""
    issued: list[tuple[Issued, Sequence[Sheet]]] = [
        (Issued(resolution.number, date.min, date.min, resolution.first, resolution.last), tables)
    ]
    for each in sorted(amending, key=lambda one: (one.amendment.begins, one.amendment.adopted)):
        of = each.amendment
        issued.append((Issued(of.number, of.adopted, of.begins, resolution.first, resolution.last), each.tables))
    figures: list[Figure] = []
    problems: list[Problem] = []
    for document, sheets in issued:
        for sheet in sheets:
            found, wrong = read_plan(sheet, document, targets, units)
            figures += found
            problems += wrong
            members = {target: _planned(targets[target], units) for target in {each.target for each in found}}
            strangers = [each for each in found if each.unit not in members[each.target]]
            problems += [sheet.told(e.place, unknown("unit", e.unit, members[e.target])) for e in strangers]
    if problems:
        raise Problems(problems)
    return tuple(figures)


def _planned(target: Target, units: Sequence[Unit]) -> set[str]:
    """The units that a plan of a target may speak of: the whole, and those of its breakdown."""
    top = whole(units).id
    if target.breakdown is None:
        return {top}
    return {top, *(each for level in levels(units, target.breakdown.units, None, 0) for each in level.units)}


def _check_covered(
    targets: Mapping[str, Target],
    places: Mapping[str, tuple[Document, Path]],
    units: tuple[Unit, ...],
    figures: Sequence[Figure],
) -> None:
    """Where a breakdown has no weight, a table must say what each part is to reach. Raises Problems."""
    top, problems = whole(units).id, []
    told = {figure.target for figure in figures if figure.unit != top}
    for target in targets.values():
        if target.breakdown is None or target.breakdown.weight is not None or target.measure in RECKONED:
            continue
        if target.id not in told and target.breakdown.roll_up is not RollUp.NONE:
            document, path = places[target.id]
            message = "a breakdown without a weight needs a table of the plan (plans/*.csv) with each unit's own figure"
            problems.append(document.problem((*path, "breakdown"), message, on_key=True))
    if problems:
        raise Problems(_ordered(problems))


def _above(of: str, parent: Mapping[str, str | None]) -> list[str]:
    """What stands above, one over the other."""
    found: list[str] = []
    above = parent.get(of)
    while above is not None and above not in found:
        found.append(above)
        above = parent.get(above)
    return found


def _check_targets(
    targets: Mapping[str, Target],
    places: Mapping[str, tuple[Document, Path]],
    units: tuple[Unit, ...],
    resolution: Resolution | None,
    policies: PolicyFile,
    reading: Reading,
    *,
    complete: bool,
) -> None:
    """What no single target can know: its owner, parent, breakdown, due date, and the policies it overrides."""
    unit_ids, kinds = {unit.id for unit in units}, {unit.kind for unit in units}
    parents = {target.id: target.parent for target in targets.values()}
    rules = {rule.id: rule for rule in policies.policies}

    @cache
    def weights(of: tuple[str, ...]) -> dict[str, list[str]]:
        members = [unit for unit in units if unit.kind in of]
        known = {weight for unit in members for weight in unit.weights}
        return {weight: [unit.id for unit in members if weight not in unit.weights] for weight in sorted(known)}

    for target in targets.values():
        document, path = places[target.id]

        def add(key: Path, what: str, found: str, known: Any, document: Document = document, path: Path = path) -> None:
            reading.add(document.tell((*path, *key), unknown(what, found, known)))

        if units and target.owner not in unit_ids:
            own = "owner" in document.data["targets"][path[1]]
            where: Path = (*path, "owner") if own else ("defaults", "owner")
            reading.add(document.tell(where, unknown("owner", target.owner, unit_ids)))
        if complete and target.parent is not None and target.parent not in targets:
            add(("parent",), "target", target.parent, targets)
        elif target.parent is not None and target.id in _above(target.id, parents):
            message = 'target "{found}" is a part of itself'
            reading.add(document.problem((*path, "parent"), message, found=target.id))
        if target.breakdown is not None and units:
            of = target.breakdown
            for n, kind in enumerate(of.units):
                if kind not in kinds:
                    single = not isinstance(document.data["targets"][path[1]]["breakdown"].get("units"), list)
                    add(("breakdown", "units", *(() if single else (n,))), "kind", kind, kinds)
            if of.weight is not None and kinds & {*of.units}:
                _check_weight(of.weight, weights(of.units), document, (*path, "breakdown", "weight"), reading)
        if complete:
            _check_share(target, targets, document, path, reading)
        if resolution is not None and not resolution.first <= due_month(target, resolution) <= resolution.last:
            message = 'due "{found}" is outside the period the resolution binds ({start} .. {end})'
            period = resolution.period
            reading.add(document.problem((*path, "due"), message, found=target.due, start=period.start, end=period.end))
        if resolution is not None and resolution.years > 1:
            _check_years(target, resolution, document, path, reading)
        elif target.by_year:
            message = "by_year belongs to a plan of several years"
            reading.add(document.problem((*path, "by_year"), message, on_key=True))
        _check_policies(target, rules, document, path, reading)


def _check_weight(
    weight: str, lacking: Mapping[str, Sequence[str]], document: Document, path: Path, reading: Reading
) -> None:
    """A breakdown goes by what each of its units has. `lacking`: weight -> who has none."""
    if weight not in lacking:
        reading.add(document.tell(path, unknown("weight", weight, [name for name, of in lacking.items() if not of])))
    elif of := lacking[weight]:
        message = '{count} units of these kinds lack the weight "{found}", such as "{unit}"'
        reading.add(document.problem(path, message, found=weight, count=len(of), unit=of[0]))


def _check_share(
    target: Target, targets: Mapping[str, Target], document: Document, path: Path, reading: Reading
) -> None:
    """A share is one of two targets that are reported, or reckoned from what is."""
    known = {name for name, other in targets.items() if other.measure is not Measure.SHARE}
    for key in ("part", "whole"):
        named = getattr(target.of, key, None)
        if named is not None and named not in known:
            reading.add(document.tell((*path, "of", key), unknown("target", named, known)))


def _check_years(target: Target, resolution: Resolution, document: Document, path: Path, reading: Reading) -> None:
    """What a plan of several years must say of each."""
    years = [resolution.period.start.year + n for n in range(resolution.years)]
    for year in target.by_year:
        if year not in years:
            said = unknown("year", str(year), [str(each) for each in years])
            reading.add(document.tell((*path, "by_year"), said, on_key=True))
    if target.assessed_as is not Measure.LEVEL and set(years) - target.by_year.keys():
        message = "what adds up over several years needs  by_year  with a figure for each of {first} to {last}"
        reading.add(document.problem(path, message, first=years[0], last=years[-1]))
    if target.due not in ("year-end", "throughout"):
        message = "in a plan of several years each year is judged at its end: write  by_year  instead of a due day"
        reading.add(document.problem((*path, "due"), message, on_key=True))


def _check_policies(
    target: Target, rules: Mapping[str, Rule], document: Document, path: Path, reading: Reading
) -> None:
    """The policies that a target overrides are declared, and so are their parameters."""
    for policy, own in target.policies.items():
        if policy not in rules:
            reading.add(document.tell((*path, "policies", policy), unknown("policy", policy, rules), on_key=True))
            continue
        known = [*rules[policy].with_, "severity", "for"]
        for parameter, value in own.items() if isinstance(own, dict) else ():
            where: Path = (*path, "policies", policy, parameter)
            if parameter not in known:
                reading.add(document.tell(where, unknown("parameter", parameter, known), on_key=True))
            elif parameter == "severity" and value not in list(Severity):
                reading.add(document.tell(where, unknown("value", str(value), list(Severity))))
            elif parameter != "severity" and (isinstance(value, bool) or not isinstance(value, int | float)):
                said = Said('found "{found}", which {what}', found=str(value), what="must be a number")
                reading.add(document.tell(where, said))
            elif parameter == "for" and (value != int(value) or not 1 <= value <= MOST_PERIODS):
                said = Said(
                    'found "{found}", which {what}', found=str(value), what="must be a whole number from 1 to 60"
                )
                reading.add(document.tell(where, said))


def _check_ids(rules: list[Written], reading: Reading) -> None:
    seen: dict[str, Written] = {}
    for item in rules:
        first = seen.setdefault(item.rule.id, item)
        if first is not item:
            place = f"{first.document.file}:{first.document.line(first.path)}"
            message = 'rule "{found}" is declared twice: first at {place}'
            reading.add(item.document.problem((*item.path, "id"), message, found=item.rule.id, place=place))
