"""The language of a rule's condition: one expression, parsed once into one tree.

The tree has two readings: `durable` turns it into durable_rules' conditions, which decide; `evaluate` computes it on plain
values or whole columns, for named quantities and for the tests that hold one reading against the other.

A comparison with a missing figure never holds, nor does its contrary: `not (value < 9)` is read as `value >= 9`.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any, Literal

import numpy as np
import pandas as pd

from monitor.model.problem import Said


@dataclass(frozen=True, slots=True)
class Const:
    """A number, a text, or a truth value."""

    value: float | str | bool


@dataclass(frozen=True, slots=True)
class Name:
    """A field of the assessment; in a rule across targets, of the one matched as `alias`."""

    field: str
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Arith:
    """`left op right`, op one of + - * /."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Abs:
    """The distance of `of` from zero."""

    of: Expr


@dataclass(frozen=True, slots=True)
class Compare:
    """`left op right`, op one of < <= > >= == !=."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold; `normal` pushes it down to the comparisons."""

    part: Expr


Expr = Const | Name | Arith | Abs | Compare | AllOf | AnyOf | Not

OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
MIRROR = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_COMPARE = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_ARITH = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
# 60,1 + 35,05 is 95,15, though their floats are not: sums of several targets are compared to half of the sixth decimal.
SLACK = 5e-7
_DO: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


# What Python only warns of ("1or 2") is told below, or is right: whoever starts the process keeps its warnings of this file
# out. Not here: to change them for a moment changes them for every thread.
SOURCE = "<condition>"
# A condition longer or deeper than this was not written by a person, and would be slow to compile.
MOST_CHARACTERS, MOST_DEPTH, MOST_NUMBER = 2000, 30, 1e30


@lru_cache(maxsize=4096)
def parse(text: str) -> Expr:
    """The tree of `text`. Raises Said for anything beyond the language: what was found, and what may stand there."""
    plain = " ".join(text.split())
    too_long = Said('condition "{found}" is too long, or nested too deeply', found=plain[:60])
    if len(plain) > MOST_CHARACTERS:
        raise too_long
    try:
        tree = ast.parse(plain, filename=SOURCE, mode="eval")
        if _depth(tree) > MOST_DEPTH:
            raise too_long
        _nothing_hidden(tree, plain)
    except SyntaxError as error:
        at = max(0, (error.offset or 1) - 1)
        near = plain[at : at + 20] or plain[-20:]
        message = (
            'condition "{found}" cannot be read at "{near}": an operator, bracket, quote or name too many or too few'
        )
        raise Said(message, found=plain, near=near) from None
    except (RecursionError, MemoryError, ValueError) as error:
        raise (error if isinstance(error, Said) else too_long) from None
    return _convert(tree.body, plain)


def _nothing_hidden(tree: ast.AST, text: str) -> None:
    """Raises Said for words that a # hides."""
    texts = [str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    if text.count("#") > sum(each.count("#") for each in texts):
        raise Said('what follows # in the condition "{found}" would not be read', found=text)


def _depth(node: ast.AST) -> int:
    level: list[ast.AST] = [node]
    found = 0
    while level:
        level, found = [inner for outer in level for inner in ast.iter_child_nodes(outer)], found + 1
    return found


def _convert(node: ast.AST, text: str) -> Expr:
    match node:
        case ast.Constant(value=bool() | int() | float() | str() as value):
            return Const(value if isinstance(value, bool | str) else _finite(value, text))
        case ast.Name(id=name) if name in ("true", "false"):
            return Const(name == "true")
        case ast.Name(id=name):
            return Name(name)
        case ast.Attribute(value=ast.Name(id=alias), attr=name):
            return Name(name, alias)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return Const(-_finite(value, text))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Arith("-", Const(0.0), _convert(operand, text))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return Not(_convert(operand, text))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITH:
            return Arith(_ARITH[type(op)], _convert(left, text), _convert(right, text))
        case ast.BoolOp(op=op, values=values):
            parts = tuple(_convert(value, text) for value in values)
            return AllOf(parts) if isinstance(op, ast.And) else AnyOf(parts)
        case ast.Call(func=ast.Name(id="abs"), args=[argument], keywords=[]):
            return Abs(_convert(argument, text))
        case ast.Compare(left=left, ops=ops, comparators=rights):
            sides = [left, *rights]
            parts = tuple(_comparison(a, op, b, text) for a, op, b in zip(sides, ops, rights, strict=False))
            return parts[0] if len(parts) == 1 else AllOf(parts)
    found = ast.get_source_segment(text, node) if isinstance(node, ast.expr) else None
    message = (
        '"{found}" cannot stand in a condition. It may hold: fields, numbers, "texts", true/false, comparisons, '
        "and/or/not, in [...], + - * /, abs(...)"
    )
    raise Said(message, found=found or text)


def _finite(value: float, text: str) -> float:
    """A number that can be reckoned with. Raises Said."""
    if abs(value) > MOST_NUMBER:
        raise Said('"{found}" is no number that can be reckoned with', found=text[:40])
    return float(value)


def _comparison(left: ast.expr, op: ast.cmpop, right: ast.expr, text: str) -> Expr:
    if type(op) in _COMPARE:
        return Compare(_COMPARE[type(op)], _convert(left, text), _convert(right, text))
    if isinstance(op, ast.In | ast.NotIn) and isinstance(right, ast.List | ast.Tuple) and right.elts:
        subject = _convert(left, text)
        sign = "==" if isinstance(op, ast.In) else "!="
        parts = tuple(Compare(sign, subject, _convert(element, text)) for element in right.elts)
        return parts[0] if len(parts) == 1 else AnyOf(parts) if isinstance(op, ast.In) else AllOf(parts)
    raise Said('"{found}" cannot stand in a condition: after "in" write a list such as ["met", "missed"]', found=text)


def walk(expr: Expr) -> Iterator[Expr]:
    """`expr` and everything inside it."""
    yield expr
    match expr:
        case Arith(left=left, right=right) | Compare(left=left, right=right):
            yield from walk(left)
            yield from walk(right)
        case Abs(of=part) | Not(part=part):
            yield from walk(part)
        case AllOf(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from walk(part)


def substitute(expr: Expr, names: Mapping[str, Expr]) -> Expr:
    """`expr` with each plain name in `names` replaced: how parameters and a target's own figures become literals."""
    match expr:
        case Name(field=field, alias=""):
            return names.get(field, expr)
        case Arith(op, left, right):
            return _folded(op, substitute(left, names), substitute(right, names))
        case Compare(op, left, right):
            return Compare(op, substitute(left, names), substitute(right, names))
        case Abs(part):
            return Abs(substitute(part, names))
        case Not(part):
            return Not(substitute(part, names))
        case AllOf(parts):
            return AllOf(tuple(substitute(part, names) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(substitute(part, names) for part in parts))
    return expr


def _folded(op: str, left: Expr, right: Expr) -> Expr:
    """Arithmetic between two numbers done once, so that a compiled rule shows the literal it decides by.

    Raises Said for a division by zero, and for an outcome that is out of reason.
    """
    match left, right:
        case Const(value=float() as a), Const(value=float() as b) if op != "/" or b:
            return Const(_finite(a / b if op == "/" else float(_DO[op](a, b)), written(Arith(op, left, right))))
        case _, Const(value=0.0) if op == "/":
            raise Said('"{found}" divides by nothing', found=written(Arith(op, left, right)))
    return Arith(op, left, right)


def normal(expr: Expr, negated: bool = False) -> Expr:
    """`expr` as conditions: no `not`, a lone flag written as `flag == true`. What remains is AllOf, AnyOf and Compare."""
    match expr:
        case Not(part):
            return normal(part, not negated)
        case AllOf(parts):
            inner = tuple(normal(part, negated) for part in parts)
            return AnyOf(inner) if negated else AllOf(inner)
        case AnyOf(parts):
            inner = tuple(normal(part, negated) for part in parts)
            return AllOf(inner) if negated else AnyOf(inner)
        case Compare("==" | "!=" as op, left, Const(value=bool() as wanted)) if _is_condition(left):
            return normal(left, negated is (wanted is (op == "==")))
        case Compare("==" | "!=", Const(value=bool()), right) if _is_condition(right):
            return normal(Compare(expr.op, right, expr.left), negated)
        case Compare(op, left, right):
            return Compare(OPPOSITE[op] if negated else op, left, right)
        case Const(value=bool() as value):
            return Compare("==", Const(1.0), Const(1.0 if value is not negated else 0.0))
        case Name():
            return Compare("==", expr, Const(not negated))
    raise Said('"{found}" is a figure, not a condition: compare it with something', found=written(expr))


def _is_condition(expr: Expr) -> bool:
    """Whether it holds or does not, rather than being a figure, a text or a field."""
    return isinstance(expr, Compare | AllOf | AnyOf | Not)


def evaluate(expr: Expr, values: Mapping[Any, Any]) -> Any:
    """Compute `expr` on `values`, keyed by field name or (alias, field): single values, or columns of one length.

    Conditions give truth values, arithmetic gives figures (NaN where one is missing, divided by zero or beyond all floats).
    """
    match expr:
        case Const(value):
            return value
        case Name(field, alias):
            return values.get((alias, field) if alias else field, np.nan)
        case Abs(part):
            return abs(evaluate(part, values))
        case Arith(op, left, right):
            a, b = (np.asarray(evaluate(side, values), dtype=float) for side in (left, right))
            with np.errstate(all="ignore"):
                figure = a / np.where(b == 0, np.nan, b) if op == "/" else _DO[op](a, b)
            # What no float can hold is no figure; a fact cannot carry it.
            return np.where(np.isfinite(figure), figure, np.nan)
        case Compare(op, left, right):
            a, b = evaluate(left, values), evaluate(right, values)
            known = ~(pd.isna(a) | pd.isna(b))
            if joint(expr):
                # As durable_rules is asked (rules.durable), which has the figures to SLACK alone.
                between = np.where(known, np.subtract(a, b, where=known, out=np.zeros(np.shape(known))), np.nan)
                return known & _DO[op](np.where(np.abs(between) <= SLACK, 0.0, between), 0.0)
            return known & _DO[op](a, b)
        case AllOf(parts):
            return reduce(np.logical_and, (evaluate(part, values) for part in parts))
        case AnyOf(parts):
            return reduce(np.logical_or, (evaluate(part, values) for part in parts))
        case Not():
            return evaluate(normal(expr), values)


def joint(compare: Compare) -> bool:
    """Whether a comparison reckons with figures of several targets: their sums are equal when they are so to SLACK."""
    return len({node.alias for node in walk(compare) if isinstance(node, Name)}) > 1


def written(expr: Expr) -> str:
    """`expr` as an administrator would write it."""
    match expr:
        case Const(value=bool() as value):
            return "true" if value else "false"
        case Const(value=str() as value):
            return f'"{value}"'
        case Const(value=float() as value):
            return positional(value)
        case Name(field, alias):
            return f"{alias}.{field}" if alias else field
        case Abs(part):
            return f"abs({written(part)})"
        case Not(part):
            return f"not ({written(part)})"
        case Arith(op, left, right) | Compare(op, left, right):
            return f"{_side(left)} {op} {_side(right)}"
        case AllOf(parts):
            return " and ".join(f"({written(p)})" if isinstance(p, AnyOf) else written(p) for p in parts)
        case AnyOf(parts):
            return " or ".join(f"({written(p)})" if isinstance(p, AllOf) else written(p) for p in parts)
    raise TypeError(expr)


def _side(expr: Expr) -> str:
    return f"({written(expr)})" if isinstance(expr, Arith | Compare) else written(expr)


def positional(number: float, trim: Literal["-", "0"] = "-") -> str:
    """`number` in positional notation, to the last digit: durable_rules misreads `1e-05`. Raises ValueError unless finite.

    `trim`: of a whole number leave the point (`0`: `9.0`) or not (`-`: `9`).
    """
    if not math.isfinite(number):
        raise ValueError(number)
    text = repr(float(number))
    if "e" in text:
        text = np.format_float_positional(number, trim="0")
    return text.removesuffix(".0") if trim == "-" else text
