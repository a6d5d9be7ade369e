"""Declarations to rules: each target gets literal rules of its own (`y-te.suy-dinh-duong/missed`: `value >= 9`)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from monitor.language import LANGUAGES, Language
from monitor.model.assessment import FIELDS
from monitor.model.comparator import Comparator
from monitor.model.finding import Severity
from monitor.model.problem import Problem, Said, unknown
from monitor.model.target import RollUp, Target
from monitor.model.unit import KINDS, Word
from monitor.rules.declaration import Rule
from monitor.rules.durable import Condition, Json, across, every, on_one
from monitor.rules.expression import (
    Abs,
    AllOf,
    AnyOf,
    Arith,
    Compare,
    Const,
    Expr,
    Name,
    Not,
    evaluate,
    normal,
    parse,
    substitute,
    walk,
    written,
)
from monitor.rules.message import tried
from monitor.syntax.document import Document, Path

# At about 1,900 rules in one ruleset durable_rules 2.0.28 never returns from creation or from the first fact; 1,500 worked.
MOST_RULES = 1200
# Words of a condition that cannot be given another meaning.
_ALIAS = re.compile(r"[a-z][a-z0-9_]*")
_TAKEN = ("target", "unit", "misses", "overspends", "true", "false", "and", "or", "not", "in", "abs", "if", "is", "for")


@dataclass(frozen=True, slots=True)
class Written:
    """A rule as declared, and where."""

    rule: Rule
    document: Document
    path: Path

    def tell(self, said: Said, key: str) -> Problem:
        """`said` at the rule's `key`."""
        return self.document.tell((*self.path, key), said)


# What tells of reports that should have come and did not.
ABSENT = frozenset({"overdue", "data_age"})


@dataclass(frozen=True, slots=True)
class Compiled:
    """One literal rule: its name in durable_rules, whom it is for, its condition in both readings."""

    name: str
    written: Written
    target: Target
    severity: Severity
    holds_for: int
    condition: Expr
    definition: tuple[Json, ...]
    quantities: tuple[tuple[str, Expr], ...]

    @property
    def rule(self) -> str:
        """Id of the rule as declared."""
        return self.written.rule.id

    @property
    def targets(self) -> frozenset[str]:
        """Of which targets it may hold: its own, or those that it joins."""
        return frozenset((self.target.id, *(self.written.rule.match or {}).values()))

    @property
    def of_absence(self) -> bool:
        """Whether it asks after reports that have not come."""
        nodes = list(walk(self.condition))
        named = any(isinstance(node, Name) and node.field in ABSENT for node in nodes)
        return named or Compare("==", Name("status"), Const("no_data")) in nodes


@dataclass(frozen=True)
class RuleSet:
    """All rules of one resolution. `version`: the hash of everything that decides, in conditions, severities and messages;
    `kinds`: what kinds of units are called.
    """

    resolution: str
    rules: tuple[Compiled, ...]
    version: str
    kinds: Mapping[str, Word] = field(default_factory=lambda: KINDS)

    def parts(self, target: Target) -> dict[str, str]:
        """Language -> what the units are called that a target is broken down by."""
        kinds = target.breakdown.units if target.breakdown else ("unit",)
        words = [self.kinds[kind].model_dump() for kind in kinds]
        return {code: Language(code).list([word[code] for word in words]) for code in LANGUAGES}

    def about(self, targets: AbstractSet[str]) -> RuleSet:
        """The rules that may hold of some targets alone: it takes long to build what decides of all."""
        own = (rule for rule in self.rules if not targets.isdisjoint(rule.targets))
        return replace(self, rules=tuple(own))

    @cached_property
    def of_absence(self) -> frozenset[str]:
        """The ids of the rules that ask after reports that have not come: each letter needs them."""
        return frozenset(rule.rule for rule in self.rules if rule.of_absence)

    @property
    def quantities(self) -> dict[str, Expr]:
        """Named quantities that the assessment table computes for the rules: field -> expression."""
        return {name: expr for rule in self.rules for name, expr in rule.quantities}

    def kept(self) -> dict[str, dict[str, Any]]:
        """What an explanation needs later, when the files may say something else: rule name -> where and how it was written,
        its condition, and what durable_rules was given.
        """
        return {
            rule.name: {
                "place": f"{rule.written.document.file}:{rule.written.document.line(rule.written.path)}",
                "written": rule.written.document.source(rule.written.path),
                "condition": written(rule.condition),
                "definition": list(rule.definition),
                "clause": {
                    "article": rule.target.source.article,
                    "item": rule.target.source.item,
                    "name": rule.target.name,
                    "printed": rule.target.source.printed,
                    "held_as": f"{rule.target.target} {rule.target.unit_of_measure}",
                },
            }
            for rule in self.rules
        }


def rulesets(rules: Sequence[Compiled]) -> list[tuple[Compiled, ...]]:
    """The rules in as many parts as durable_rules needs: all of one target, and of those it is joined with, in one."""
    parts: list[list[Compiled]] = [[]]
    for group in _joined(rules):
        if parts[-1] and len(parts[-1]) + len(group) > MOST_RULES:
            parts.append([])
        parts[-1] += group
    return [tuple(part) for part in parts if part]


def _joined(rules: Iterable[Compiled]) -> list[list[Compiled]]:
    """The rules by targets that no rule joins with others."""
    rules = list(rules)
    group = {rule.target.id: {rule.target.id} for rule in rules}
    for rule in rules:
        named = set((rule.written.rule.match or {}).values())
        whole = {rule.target.id}.union(*(group.get(target, {target}) for target in named), group[rule.target.id])
        group |= dict.fromkeys(whole, whole)
    found: dict[int, list[Compiled]] = {}
    for rule in rules:
        found.setdefault(id(group[rule.target.id]), []).append(rule)
    return list(found.values())


def unsound(rules: Iterable[Written], targets: Mapping[str, Target], *, complete: bool) -> list[Problem]:
    """What is wrong in the rules themselves, whatever the targets' own settings.

    Unless the targets are `complete`, no name of one is held against them: one slip would be told at every rule that names it.
    """
    return [problem for item in rules for problem in _sound(item, targets, complete)]


def compile_rules(
    resolution: str,
    targets: Mapping[str, Target],
    rules: Iterable[Written],
    planned: AbstractSet[str] = frozenset(),
    kinds: Mapping[str, Word] = KINDS,
) -> tuple[RuleSet, list[Problem]]:
    """Every sound rule for every target it fits, and what only compiling shows to be wrong. `planned`: the targets of which a
    plan has figures too; `kinds`: what kinds of units are called.
    """
    problems: list[Problem] = []
    compiled: list[Compiled] = []
    everything = list(rules)
    for item in everything:
        compiled += _compile(item, targets, planned, problems)
    for group in _joined(compiled):
        if len(group) > MOST_RULES:
            item = group[-1].written
            message = (
                "{found} rules for targets that rules join: durable_rules takes no more than {most}. Narrow a for_each"
            )
            problems.append(item.document.problem(item.path, message, found=len(group), most=MOST_RULES))
    content = [
        (
            *(r.name, r.severity, r.holds_for, r.written.rule.until, r.definition, written(r.condition)),
            r.written.rule.message.model_dump(),
        )
        for r in compiled
    ]
    version = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:12]
    return RuleSet(resolution, tuple(sorted(compiled, key=lambda r: r.name)), version, kinds), problems


def literals(target: Target, *, planned: bool = False) -> dict[str, Expr]:
    """The words a condition may use for what `target` promised: `misses`, `overspends`.

    Under a roll-up by sum a part's promise is its own share, and a plan gives units figures of their own and changes them
    (`planned`): there the fact's `floor` and `ceiling` stand for the figure.
    """
    if planned:
        return _planned()
    shared = target.breakdown is not None and target.breakdown.roll_up is RollUp.SUM
    floor: Expr = Name("floor") if shared else Const(target.floor)
    ceiling: Expr = Name("ceiling") if shared else Const(target.ceiling)
    value = Name("value")
    under = "<=" if target.target.comparator is Comparator.OVER else "<"
    over = ">=" if target.target.comparator is Comparator.UNDER else ">"
    sides = []
    if target.floor != float("-inf"):
        sides.append(Compare(under, value, floor))
    above = Compare(over, value, ceiling)
    if target.ceiling != float("inf"):
        sides.append(above)
    never = Compare("<", value, value)
    return {
        "misses": sides[0] if len(sides) == 1 else AnyOf(tuple(sides)),
        "overspends": above if target.ceiling != float("inf") else never,
    }


def _planned() -> dict[str, Expr]:
    """The same where each figure has its own comparator: at the edge the assessment says whether it keeps the promise."""
    value, floor, ceiling = Name("value"), Name("floor"), Name("ceiling")
    broken = Compare("==", Name("holds"), Const(False))
    under = (Compare("<", value, floor), AllOf((Compare("==", value, floor), broken)))
    over = (Compare(">", value, ceiling), AllOf((Compare("==", value, ceiling), broken)))
    return {"misses": AnyOf((*under, *over)), "overspends": AnyOf(over)}


def _compile(
    item: Written, targets: Mapping[str, Target], planned: AbstractSet[str], problems: list[Problem]
) -> list[Compiled]:
    rule = item.rule
    if rule.match is not None:
        return _across(item, targets, problems)
    made: list[Compiled] = []
    for target in targets.values():
        if not _made_for(rule, target):
            continue
        own = target.policies.get(rule.id, {})
        overrides = own if isinstance(own, dict) else {}
        try:
            made += _for_target(item, target, overrides, planned=target.id in planned)
        except Said as said:
            problems.append(item.tell(said, "when"))
            break
    return made


def _for_target(item: Written, target: Target, overrides: Mapping[str, Any], *, planned: bool) -> list[Compiled]:
    rule = item.rule
    numbers = {name: Const(float(overrides.get(name, value))) for name, value in rule.with_.items()}
    names = {**literals(target, planned=planned), **numbers}
    severity = Severity(overrides.get("severity", rule.severity))
    holds_for = int(overrides.get("for", rule.for_))
    # Each is read once, however many variants have it in common.
    base = [
        on_one(Compare("==", Name("target"), Const(target.id))),
        on_one(substitute(parse(rule.when), names)),
    ]
    city = base if target.breakdown is None else [*base, _OF_THE_WHOLE]
    variants: list[tuple[str, Severity, list[Condition]]] = [("", severity, city)]
    for step in rule.escalate:
        extra = on_one(substitute(parse(step.when), names))
        variants.append((f"@{step.severity}", step.severity, [*city, extra]))
    if target.breakdown is not None and rule.wards is not False:
        variants.append(("@wards", Severity(rule.wards or severity), [*base, _OF_PARTS]))
    made = []
    for suffix, grave, parts in variants:
        one = every(parts)
        name = f"{target.id}/{rule.id}{suffix}"
        quantities = tuple(one.quantities.items())
        made.append(Compiled(name, item, target, grave, holds_for, one.expr, ({"m": one.test},), quantities))
    return made


_OF_THE_WHOLE, _OF_PARTS = on_one(Name("city")), on_one(Compare("==", Name("city"), Const(False)))


def _across(item: Written, targets: Mapping[str, Target], problems: list[Problem]) -> list[Compiled]:
    rule = item.rule
    matched = rule.match or {}
    try:
        condition = substitute(parse(rule.when), {name: Const(value) for name, value in rule.with_.items()})
        definitions = across(condition, matched)
    except Said as said:
        problems.append(item.tell(said, "when"))
        return []
    if rule.holds_for_targets:
        promised = {(alias, "value"): targets[target].target.value for alias, target in matched.items()}
        if bool(evaluate(normal(condition), promised)):
            message = 'the resolution\'s own figures break this rule: "{found}" holds for them'
            problems.append(item.document.problem((*item.path, "when"), message, found=rule.when))
    first = targets[next(iter(matched.values()))]
    shown = normal(condition)
    return [
        Compiled(f"{first.id}/{rule.id}{way}", item, first, rule.severity, rule.for_, shown, tuple(definition), ())
        for way, definition in zip(["", *(f"@{n}" for n in range(2, len(definitions) + 1))], definitions, strict=True)
    ]


def _sound(item: Written, targets: Mapping[str, Target], complete: bool) -> list[Problem]:
    """What is wrong in a rule whatever the target: names, types, its message."""
    rule, problems = item.rule, []
    conditions: list[tuple[Path, str]] = [(("when",), rule.when)]
    conditions += [(("escalate", n, "when"), step.when) for n, step in enumerate(rule.escalate)]
    aliases = rule.match or {}
    for alias, target in aliases.items():
        if not _ALIAS.fullmatch(alias) or alias in (*FIELDS, *rule.with_, *_TAKEN):
            message = (
                'the name "{found}" of a target matched must be a word of a-z, 0-9 and _ that means nothing else here'
            )
            problems.append(item.document.problem((*item.path, "match", alias), message, on_key=True, found=alias))
        if complete and target not in targets:
            problems.append(item.document.tell((*item.path, "match", alias), unknown("target", target, targets)))
    for name in rule.with_:
        if not _ALIAS.fullmatch(name) or name in (*FIELDS, *_TAKEN):
            message = 'the parameter "{found}" must be a word of a-z, 0-9 and _ that means nothing else here'
            problems.append(item.document.problem((*item.path, "with", name), message, on_key=True, found=name))
    for key in ("target", "owner", "group"):
        wanted = getattr(rule.for_each, key)
        known = {str(t.id if key == "target" else getattr(t, key)) for t in targets.values()}
        for value in (wanted,) if isinstance(wanted, str) else wanted or ():
            if complete and value not in known:
                problems.append(item.document.tell((*item.path, "for_each", key), unknown(key, value, known)))
    named = not problems
    for path, text in conditions:
        try:
            found = _names(normal(parse(text)), rule, aliases)
        except Said as said:
            found = [said]
        problems += [item.document.tell((*item.path, *path), said) for said in found]
    if named and targets and all(name in targets for name in aliases.values()):
        subject = targets[next(iter(aliases.values()))] if aliases else next(iter(targets.values()))
        told = [item.tell(said, "message") for said in tried(rule.message.model_dump(), subject, aliases)]
        # What is wrong in both languages is told once.
        problems += [problem for n, problem in enumerate(told) if problem not in told[:n]]
    return problems or _idle(item, targets)


def _idle(item: Written, targets: Mapping[str, Target]) -> list[Problem]:
    """What is wrong in a rule for which there is no target yet: it is compiled for any, so that its mistakes wait for none."""
    rule = item.rule
    if rule.match is not None or not targets or any(_made_for(rule, target) for target in targets.values()):
        return []
    try:
        _for_target(item, next(iter(targets.values())), {}, planned=False)
    except Said as said:
        return [item.tell(said, "when")]
    return []


def _made_for(rule: Rule, target: Target) -> bool:
    return target.policies.get(rule.id, {}) is not False and rule.for_each.fits(target)


def _names(expr: Expr, rule: Rule, aliases: Mapping[str, str]) -> list[Said]:
    """Every name in `expr` that is no field, alias or parameter, and every comparison of things of two kinds."""
    extra = [] if aliases else ["misses", "overspends"]
    said = []
    for node in walk(expr):
        if not isinstance(node, Name):
            continue
        if aliases and not node.alias and node.field not in rule.with_:
            message = 'field "{found}" does not say whose: write one of  {names}'
            said.append(Said(message, found=node.field, names="  ".join(f"{a}.{node.field}" for a in aliases)))
        elif node.alias and node.alias not in aliases:
            message = '"{found}" speaks of a target matched as "{alias}", and this rule matches none'
            said.append(
                unknown("match", node.alias, aliases)
                if aliases
                else Said(message, found=written(node), alias=node.alias)
            )
        elif node.field not in FIELDS and (node.alias or node.field not in [*rule.with_, *extra]):
            said.append(unknown("field", node.field, [*FIELDS, *rule.with_, *extra]))
    known = {*FIELDS, *rule.with_, *extra}
    for node in walk(expr):
        if isinstance(node, Arith | Abs):
            parts = (node.left, node.right) if isinstance(node, Arith) else (node.of,)
            message = '"{found}" reckons with a {what}: only figures can be added, multiplied, or put into abs()'
            kinds = {kind for kind in (_kind(part, rule) for part in parts) if kind != "number"}
            said += [Said(message, found=written(node), what=kind) for kind in sorted(kinds)]
        if isinstance(node, Compare) and all(n.field in known for n in walk(node) if isinstance(n, Name)):
            said += _kinds(node, rule)
    return said


def _kind(expr: Expr, rule: Rule) -> str:
    match expr:
        case Const(value=bool()):
            return "flag"
        case Const(value=str()):
            return "text"
        case Name(field) if field in FIELDS and field not in rule.with_:
            return FIELDS[field].kind
        case Name(field="misses" | "overspends") | Compare() | AllOf() | AnyOf() | Not():
            return "flag"
    return "number"


def _reckoned(expr: Expr) -> bool:
    """Whether it becomes a comparison of its own, rather than a field of the assessment."""
    return not isinstance(expr, Const) and (not isinstance(expr, Name) or expr.field not in FIELDS)


def _kinds(compare: Compare, rule: Rule) -> list[Said]:
    left, right = _kind(compare.left, rule), _kind(compare.right, rule)
    if isinstance(compare.right, Const) and isinstance(compare.right.value, bool) and left != "flag":
        return [Said('"{found}" is a figure, not a condition: compare it with something', found=written(compare.left))]
    conditions = [part for part in (compare.left, compare.right) if _kind(part, rule) == "flag" and _reckoned(part)]
    if conditions and not any(isinstance(part, Const) for part in (compare.left, compare.right)):
        return [Said('"{found}" compares two conditions: join them by and, or, not', found=written(compare))]
    if left != right or (left != "number" and compare.op not in ("==", "!=")):
        message = '"{found}" compares a {left} by {op} with a {right}'
        return [Said(message, found=written(compare), left=left, right=right, op=compare.op)]
    if isinstance(compare.left, Name) and isinstance(compare.right, Const) and isinstance(compare.right.value, str):
        allowed = FIELDS[compare.left.field].values if compare.left.field in FIELDS else ()
        if allowed and compare.right.value not in allowed:
            return [unknown("value", compare.right.value, allowed)]
    return []
