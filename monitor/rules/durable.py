"""The tree of a condition as durable_rules' own conditions.

The engine compares one field of the fact being matched with a figure, another of its fields, or arithmetic over the facts
matched before it. What does not fit that form becomes a named quantity, which the assessment table computes for all rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, product
from typing import Any

from monitor.model.assessment import FIELDS
from monitor.model.problem import Said
from monitor.rules.expression import (
    MIRROR,
    SLACK,
    Abs,
    AllOf,
    AnyOf,
    Arith,
    Compare,
    Const,
    Expr,
    Name,
    joint,
    normal,
    walk,
    written,
)

Json = dict[str, Any]

_OPERATOR = {"<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte", "!=": "$neq"}
_ARITHMETIC = {"+": "$add", "-": "$sub", "*": "$mul", "/": "$div"}


@dataclass(frozen=True, slots=True)
class Condition:
    """Conditions on one fact, as `expr` (rules.expression.normal) and as the engine's `test`, and the quantities they name:
    field -> the expression that the table computes.
    """

    expr: Expr
    test: Json
    quantities: dict[str, Expr]


def on_one(expr: Expr) -> Condition:
    """`expr`, which speaks of one assessment, as a condition on its fact. Raises Said where a text or a flag is reckoned with."""
    _figures_only(expr)
    quantities: dict[str, Expr] = {}

    def leaf(compare: Compare) -> Json:
        op, left, right = compare.op, compare.left, compare.right
        if not isinstance(left, Name) and isinstance(right, Name):
            op, left, right = MIRROR[op], right, left
        if isinstance(left, Name) and isinstance(right, Const):
            return _test(op, left.field, right.value)
        if isinstance(left, Name) and isinstance(right, Name):
            return _together(({"$ex": {right.field: 1}}, _test(op, left.field, {"$m": right.field})))
        quantity = Arith("-", compare.left, compare.right)
        name = "q_" + hashlib.sha256(written(quantity).encode()).hexdigest()[:10]
        quantities[name] = quantity
        return _test(compare.op, name, 0.0)

    plain = normal(expr)
    return Condition(plain, _tree(plain, leaf), quantities)


def every(conditions: Sequence[Condition]) -> Condition:
    """All of several conditions, as `on_one` has what holds where they all do."""
    quantities = {name: of for each in conditions for name, of in each.quantities.items()}
    return Condition(
        AllOf(tuple(each.expr for each in conditions)), _together([each.test for each in conditions]), quantities
    )


def across(expr: Expr, targets: dict[str, str]) -> list[list[Json]]:
    """`expr` over several assessments (`targets`: alias -> target id) as `all`s of durable_rules, of which one must hold: one
    for each way in which `expr` can hold, with one step an alias.

    The figures compared are of the same unit and the same period. Raises Said when a comparison cannot be put as one field
    of the last fact against arithmetic over the others, and where a text or a flag is reckoned with.
    """
    _figures_only(expr)
    return [_joined(way, targets) for way in _ways(_either_side(normal(_without_abs(expr))))]


def _either_side(expr: Expr) -> Expr:
    """Of figures of several targets `!=` is to be above or below."""
    match expr:
        case AllOf(parts):
            return AllOf(tuple(_either_side(part) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(_either_side(part) for part in parts))
        case Compare("!=", left, right) if joint(expr):
            return AnyOf((Compare("<", left, right), Compare(">", left, right)))
    return expr


def _figures_only(expr: Expr) -> None:
    """Texts and flags are equal or not, and nothing else: the engine would put them in an order of its own. Raises Said."""
    parts: tuple[Expr, ...]
    for node in walk(expr):
        match node:
            case Arith(left=left, right=right):
                parts = (left, right)
            case Abs(of=part):
                parts = (part,)
            case Compare(op=op, left=left, right=right) if op not in ("==", "!="):
                parts = (left, right)
            case _:
                continue
        for part in parts:
            text = isinstance(part, Const) and isinstance(part.value, str | bool)
            if text or (isinstance(part, Name) and part.field in FIELDS and FIELDS[part.field].kind != "number"):
                raise Said('"{found}" is no figure: it cannot be reckoned with or put in an order', found=written(part))


def _ways(expr: Expr) -> list[tuple[Compare, ...]]:
    """The ways in which a condition can hold (its disjunctive normal form): the engine's joins misread `$or` with `$and` inside
    and forget what follows an `$or` (2.0.28), so each way becomes a rule of its own.
    """
    match expr:
        case AllOf(parts):
            return [tuple(chain(*way)) for way in product(*(_ways(part) for part in parts))]
        case AnyOf(parts):
            return [way for part in parts for way in _ways(part)]
        case Compare():
            return [(expr,)]
    raise TypeError(expr)


def _joined(conjuncts: tuple[Compare, ...], targets: dict[str, str]) -> list[Json]:
    joint = [part for part in conjuncts if len(_aliases(part)) > 1]
    order = _order(joint, list(targets))
    tests: dict[str, list[Json]] = {alias: [{"target": targets[alias]}] for alias in order}
    for alias in order:
        used = (node for part in conjuncts for node in walk(part) if isinstance(node, Name) and node.alias == alias)
        tests[alias] += [{"$ex": {field: 1}} for field in sorted({node.field for node in used})]
        if alias != order[0]:
            tests[alias] += [{"unit": {order[0]: "unit"}}, {"period": {order[0]: "period"}}]
    for part in conjuncts:
        last = max(_aliases(part), key=order.index)
        tests[last] += _isolated(part, last)
    for alias in order[1:]:
        # When the last test of a join fails, the engine reads on past the end of its memory (2.0.28, events.c, the loop that
        # looks for OP_END): a last test that always holds keeps it inside.
        tests[alias].append({"$neq": {"target": {order[0]: "target"}}})
    return [{alias: {"$and": tests[alias]}} for alias in order]


def _together(parts: Sequence[Json]) -> Json:
    """Several conditions as one."""
    return parts[0] if len(parts) == 1 else {"$and": list(parts)}


def _test(op: str, field: str, right: Any) -> Json:
    return {field: right} if op == "==" else {_OPERATOR[op]: {field: right}}


def _tree(expr: Expr, leaf: Any) -> Json:
    match expr:
        case AllOf(parts):
            return _together([_tree(part, leaf) for part in parts])
        case AnyOf(parts):
            tests = [_tree(part, leaf) for part in parts]
            return tests[0] if len(tests) == 1 else {"$or": tests}
    result: Json = leaf(expr)
    return result


def _aliases(expr: Expr) -> set[str]:
    return {node.alias for node in walk(expr) if isinstance(node, Name)}


def _without_abs(expr: Expr) -> Expr:
    """`abs(e) > c` as `e > c or e < -c`, and so for the other comparisons."""
    match expr:
        case AllOf(parts):
            return AllOf(tuple(_without_abs(part) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(_without_abs(part) for part in parts))
        case Compare(op, Abs(inner), limit):
            contrary = Compare(MIRROR[op], inner, Arith("-", Const(0.0), limit))
            both = (Compare(op, inner, limit), contrary)
            return AnyOf(both) if op in (">", ">=") else AllOf(both)
        case Compare(op, limit, Abs(_) as distance):
            return _without_abs(Compare(MIRROR[op], distance, limit))
    return expr


def _order(joint: list[Compare], aliases: list[str]) -> list[str]:
    """`aliases` with one last that every joint comparison can be solved for."""
    for last in reversed(aliases):
        if all(_solvable(part, last) for part in joint):
            return [alias for alias in aliases if alias != last] + [last]
    raise Said(
        'condition "{found}" cannot be decided: one figure must stand alone in it, added or subtracted, in every comparison',
        found=" and ".join(written(part) for part in joint),
    )


def _solvable(compare: Compare, alias: str) -> bool:
    terms = _terms(compare.left, 1) + _terms(compare.right, -1)
    return sum(isinstance(term, Name) and term.alias == alias for _, term in terms) == 1


def _terms(expr: Expr, sign: int) -> list[tuple[int, Expr]]:
    match expr:
        case Arith("+", left, right):
            return _terms(left, sign) + _terms(right, sign)
        case Arith("-", left, right):
            return _terms(left, sign) + _terms(right, -sign)
        case Const(value=0.0):
            return []
    return [(sign, expr)]


def _isolated(compare: Compare, alias: str) -> list[Json]:
    """The comparison solved for the lone field of the fact matched as `alias`; of figures of several targets, to SLACK."""
    terms = _terms(compare.left, 1) + _terms(compare.right, -1)
    at = next(i for i, (_, term) in enumerate(terms) if isinstance(term, Name) and term.alias == alias)
    sign, lone = terms.pop(at)
    if not isinstance(lone, Name):
        raise TypeError(lone)
    right: Any = 0.0
    for n, (term_sign, term) in enumerate(terms):
        moved = -sign * term_sign
        rendered = _arithmetic(term, alias)
        first = n == 0 and moved > 0
        right = rendered if first else {"$add" if moved > 0 else "$sub": {"$l": right, "$r": rendered}}
    op = compare.op if sign > 0 else MIRROR[compare.op]
    if not joint(compare):
        return [_test(op, lone.field, right)]
    above, below = ({way: {"$l": right, "$r": SLACK}} for way in ("$add", "$sub"))
    bounds = {"<": (("<", below),), "<=": (("<=", above),), ">": ((">", above),), ">=": ((">=", below),)}
    return [_test(way, lone.field, bound) for way, bound in bounds.get(op, (("<=", above), (">=", below)))]


def _arithmetic(expr: Expr, alias: str) -> Any:
    match expr:
        case Const(value):
            return value
        case Name(field, of):
            return {"$m" if of == alias else of: field}
        case Arith(op, left, right):
            return {_ARITHMETIC[op]: {"$l": _arithmetic(left, alias), "$r": _arithmetic(right, alias)}}
    raise Said('"{found}" cannot stand inside arithmetic here', found=written(expr))
