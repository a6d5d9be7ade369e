"""What a condition says whatever the figures are: whether it can hold at all, and whether it always does.

Exact for comparisons of one field (or of one sum of fields) with constants, joined by and/or/not; where it knows no answer it
says that the condition may hold. Missing figures are left out: a comparison with one never holds, nor does its contrary.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from monitor.model.assessment import FIELDS
from monitor.rules.expression import AllOf, AnyOf, Compare, Const, Expr, Name, Not, normal, written

# Beyond so many ways of holding, no answer is sought.
MOST_WAYS = 2000
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_AT_LEAST_ZERO = {"worsening", "overdue", "failures", "years", "data_age"}


@dataclass
class _Allowed:
    """What one field may be so far."""

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False
    texts: set[str | bool] | None = None
    not_texts: set[str | bool] = field(default_factory=set)

    def take(self, op: str, value: float | str | bool) -> None:
        """One more comparison that must hold."""
        if isinstance(value, str | bool):
            if op == "==":
                self.texts = {value} if self.texts is None else self.texts & {value}
            else:
                self.not_texts.add(value)
            return
        if op in (">", ">=", "=="):
            stricter = (value, op == ">") > (self.low, self.open_low)
            self.low, self.open_low = (value, op == ">") if stricter else (self.low, self.open_low)
        if op in ("<", "<=", "=="):
            stricter = (value, op != "<") < (self.high, not self.open_high)
            self.high, self.open_high = (value, op == "<") if stricter else (self.high, self.open_high)

    @property
    def empty(self) -> bool:
        """Whether nothing is left."""
        if self.texts is not None and not self.texts - self.not_texts:
            return True
        return self.low > self.high or (self.low == self.high and (self.open_low or self.open_high))


def can_hold(condition: Expr) -> bool:
    """Whether some figures make the condition hold; true where it is not known."""
    ways = _ways(normal(condition))
    return ways is None or any(_possible(way) for way in ways)


def always_holds(condition: Expr) -> bool:
    """Whether it holds for all figures that are not missing; false where it is not known."""
    return not can_hold(Not(condition))


def _ways(expr: Expr) -> list[tuple[Compare, ...]] | None:
    """The condition as a list of ways in which it holds, each a list of comparisons; None when there are too many."""
    match expr:
        case Compare():
            return [(expr,)]
        case AnyOf(parts):
            found = [_ways(part) for part in parts]
            if any(ways is None for ways in found):
                return None
            joined = [way for ways in found for way in ways or []]
            return joined if len(joined) <= MOST_WAYS else None
        case AllOf(parts):
            ways: list[tuple[Compare, ...]] = [()]
            for part in parts:
                more = _ways(part)
                if more is None or len(ways) * len(more) > MOST_WAYS:
                    return None
                ways = [(*one, *other) for one in ways for other in more]
            return ways
        case Name():
            return [(Compare("==", expr, Const(True)),)]
    return None


def _possible(way: Iterable[Compare]) -> bool:
    allowed: dict[str, _Allowed] = {}
    for compare in way:
        left, op, right = compare.left, compare.op, compare.right
        if isinstance(left, Const) and not isinstance(right, Const):
            left, op, right = right, _FLIPPED[op], left
        if written(left) == written(right):
            if op in ("<", ">", "!="):
                return False
            continue
        if not isinstance(right, Const):
            continue
        if isinstance(left, Const):
            if not _constant(left, op, right):
                return False
            continue
        key = written(left)
        known = allowed.setdefault(key, _within(left))
        known.take(op, right.value)
        if known.empty:
            return False
    return True


def _within(left: Expr) -> _Allowed:
    """What a field may be by its nature."""
    allowed = _Allowed()
    if not isinstance(left, Name) or left.field not in FIELDS:
        return allowed
    kind = FIELDS[left.field]
    if kind.kind == "text" and kind.values:
        allowed.texts = {str(value) for value in kind.values}
    elif kind.kind == "flag":
        allowed.texts = {True, False}
    elif left.field == "probability":
        allowed.low, allowed.high = 0.0, 1.0
    elif left.field in _AT_LEAST_ZERO:
        allowed.low = 0.0
    return allowed


def _constant(left: Const, op: str, right: Const) -> bool:
    probe = _Allowed()
    probe.take("==", left.value)
    probe.take(op, right.value)
    return not probe.empty
