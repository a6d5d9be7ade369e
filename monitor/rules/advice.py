"""What is legal in the rules, but odd: told as a warning, with its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from monitor.model.problem import Problem, Said
from monitor.model.target import Measure, Target
from monitor.model.unit_of_measure import is_of_people
from monitor.rules.compiler import Compiled, Written, literals
from monitor.rules.expression import AllOf, AnyOf, Compare, Const, Expr, Name, normal, parse, substitute, walk, written
from monitor.rules.load import Declared
from monitor.rules.reason import always_holds, can_hold


def advise(declared: Declared) -> list[Problem]:
    """Warnings on a resolution's rules, in order of their places."""
    found = [*_idle(declared), *_same(declared), *_loose(declared)]
    found += [*_shares(declared), *_halves(declared), *_rough(declared), *_thresholds(declared)]
    return sorted(found, key=lambda p: (p.file, p.line, p.column))


def _idle(declared: Declared) -> Iterator[Problem]:
    """Rules that cannot hold for any target, or hold for one whatever its figures; rules made for none."""
    by_rule: dict[int, list[Compiled]] = defaultdict(list)
    for rule in declared.rules.rules:
        by_rule[id(rule.written.rule)].append(rule)
    for made in by_rule.values():
        item = made[0].written
        if item.rule.match is not None:
            if not can_hold(made[0].condition):
                yield item.tell(Said("this condition can never hold"), "when")
            continue
        bases = [_base(rule) for rule in made if "@" not in rule.name]
        if bases and not any(_can_hold(written(base), base) for base in bases):
            yield item.tell(Said("this condition can never hold"), "when")
        elif bases and all(_always(written(base), base) for base in bases):
            yield item.tell(Said("this condition always holds, whatever the figures are"), "when")


def _base(rule: Compiled) -> Expr:
    """The condition without the target that it is for."""
    names = {**literals(rule.target), **{k: Const(float(v)) for k, v in rule.written.rule.with_.items()}}
    return substitute(parse(rule.written.rule.when), names)


@cache
def _can_hold(_: str, condition: Expr) -> bool:
    return can_hold(condition)


@cache
def _always(_: str, condition: Expr) -> bool:
    return always_holds(condition)


def _same(declared: Declared) -> Iterator[Problem]:
    """Two rules that say the same of a target."""
    said: dict[tuple[str, str], Written] = {}
    told: set[frozenset[str]] = set()
    for rule in declared.rules.rules:
        key = (
            rule.target.id,
            f"{_ordered(rule.condition)} {rule.written.rule.match and sorted(rule.written.rule.match.items())}",
        )
        first = said.setdefault(key, rule.written)
        pair = frozenset((first.rule.id, rule.rule))
        if len(pair) == 2 and pair not in told:
            told.add(pair)
            later, earlier = (rule.written, first) if _place(rule.written) > _place(first) else (first, rule.written)
            place = f"{earlier.document.file}:{earlier.document.line(earlier.path)}"
            yield later.tell(
                Said(
                    'rule "{found}" says the same as "{other}" at {place}',
                    found=later.rule.id,
                    other=earlier.rule.id,
                    place=place,
                ),
                "when",
            )


def _place(item: Written) -> tuple[int, str, int]:
    """The common policies come first."""
    return item.document.file.count("/"), item.document.file, item.document.line(item.path)


def _ordered(expr: Expr) -> str:
    """The condition as text, whatever the order of what is joined."""
    plain = normal(expr)
    if isinstance(plain, AllOf | AnyOf):
        joint = " and " if isinstance(plain, AllOf) else " or "
        return "(" + joint.join(sorted(_ordered(part) for part in plain.parts)) + ")"
    return written(plain)


def _loose(declared: Declared) -> Iterator[Problem]:
    """Rules of single targets that wait for a figure that misses the target already."""
    told: set[int] = set()
    for rule in declared.rules.rules:
        item = rule.written
        single = isinstance(item.rule.for_each.target, str)
        if not single or item.rule.match is not None or id(item.rule) in told:
            continue
        for compare in (node for node in walk(normal(parse(item.rule.when))) if isinstance(node, Compare)):
            if _is_looser(compare, rule.target):
                told.add(id(item.rule))
                message = "the threshold {found} is looser than the target {target}: the target is missed before this rule holds"
                yield item.tell(Said(message, found=written(compare), target=str(rule.target.target)), "when")
                break


def _is_looser(compare: Compare, target: Target) -> bool:
    left, right = compare.left, compare.right
    if not (isinstance(left, Name) and left.field in ("value", "projection") and not left.alias):
        return False
    if not isinstance(right, Const) or isinstance(right.value, str | bool):
        return False
    if compare.op in ("<", "<="):
        return target.floor != float("-inf") and right.value < target.floor
    return compare.op in (">", ">=") and target.ceiling != float("inf") and right.value > target.ceiling


def _shares(declared: Declared) -> Iterator[Problem]:
    """Shares of a whole that have the year to grow, declared as done or not done."""
    for target in declared.targets.values():
        rate = target.unit_of_measure in ("%", "‰") or "/" in target.unit_of_measure
        # What is due on a day of its own may well happen on one, such as a call-up.
        if target.measure is Measure.MILESTONE and rate and target.due in ("year-end", "throughout"):
            file, _, line = declared.places[target.id].rpartition(":")
            message = (
                'target "{found}" is a share ({unit}) and declared as a milestone, done or not done: a share that grows over the '
                "year is a flow, one that stands at each report is a level"
            )
            yield Problem(file, message, {"found": target.id, "unit": target.unit_of_measure}, int(line))


def _halves(declared: Declared) -> Iterator[Problem]:
    """People and households of which a half would be told: nobody said whether they come whole."""
    for target in declared.targets.values():
        whole = target.target.value.is_integer()
        if "whole_numbers" not in target.model_fields_set and whole and is_of_people(target.unit_of_measure):
            file, _, line = declared.places[target.id].rpartition(":")
            message = (
                'target "{found}" counts {unit}, and half a one would be told: say whole_numbers: true '
                "(false for an average, which may have decimals)"
            )
            yield Problem(file, message, {"found": target.id, "unit": target.unit_of_measure}, int(line))


def _rough(declared: Declared) -> Iterator[Problem]:
    """Figures that are finer than what is held against them: what falls short of them would meet them."""
    for target in declared.targets.values():
        of, digits = target.target, target.digits
        if any(round(end, digits) != end for end in (of.value, of.upper) if end is not None):
            file, _, line = declared.places[target.id].rpartition(":")
            message = (
                'target "{found}" has more decimals than its precision ({digits}): what falls short of it may be '
                "held to meet it"
            )
            yield Problem(file, message, {"found": target.id, "digits": digits}, int(line))


def _thresholds(declared: Declared) -> Iterator[Problem]:
    limits = declared.thresholds
    if limits.off_track >= limits.on_track:
        message = "status: off_track ({off}) is not below on_track ({on}): no target is ever at risk"
        yield Problem("rules/policy.yaml", message, {"off": limits.off_track, "on": limits.on_track})
