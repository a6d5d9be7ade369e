"""How a reported value is held against a target: `< 9`, `>= 95.15`, `8 .. 8.5`.

`keeps` is the one place that says whether a value keeps a bound; status, probability, failures and rules go by it, or by figures
that `rounded` has made. Figures are sums and means of floats: 0.1 + 0.2 keeps `<= 0.3` because both are rounded first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from monitor.model.problem import Said, nearest


class Comparator(StrEnum):
    """The relation a value must have to its target. `<` and `>` exclude equality: 9,0% misses `<9%`."""

    AT_LEAST = ">="
    OVER = ">"
    AT_MOST = "<="
    UNDER = "<"
    EQUAL = "="
    RANGE = ".."


Figures = npt.NDArray[np.float64] | float
Truths = npt.NDArray[np.bool_]

# Above this a float has no decimals left to round.
_WHOLE = 2.0**52

_SWAPPED = {"=<": "<=", "=>": ">=", "≤": "<=", "≥": ">=", "==": "="}
_FORM = re.compile(r"^\s*(?P<sign>[<>=≤≥!~]+)?\s*(?P<low>[-+\d.,_]*?\d)?\s*(?:\.\.\s*(?P<high>[-+\d.,_]*\d))?\s*$")


@dataclass(frozen=True, slots=True)
class Bound:
    """What was promised, in the target's unit of measure: comparator, value, and for a range its upper end.

    As an interval: `floor` (-inf when there is none) to `ceiling` (+inf when there is none), either end open when strict.
    """

    comparator: Comparator
    value: float
    upper: float | None = None

    @property
    def floor(self) -> float:
        """The least value that keeps the promise; -inf when any small one does."""
        return -math.inf if self.comparator in (Comparator.AT_MOST, Comparator.UNDER) else self.value

    @property
    def ceiling(self) -> float:
        """The greatest value that keeps the promise; +inf when any large one does."""
        if self.comparator in (Comparator.AT_LEAST, Comparator.OVER):
            return math.inf
        return self.upper if self.upper is not None else self.value

    @property
    def strict(self) -> bool:
        """Whether a value equal to the bound misses it."""
        return self.comparator in (Comparator.OVER, Comparator.UNDER)

    @property
    def decimals(self) -> int:
        """How many decimals the promise is written with: 2 for `>= 95.15`."""
        figures = [self.value] if self.upper is None else [self.value, self.upper]
        return max(len(np.format_float_positional(figure, trim="-").partition(".")[2]) for figure in figures)

    def __str__(self) -> str:
        if self.upper is not None:
            return f"{self.value:g} .. {self.upper:g}"
        return f"{self.comparator} {self.value:g}"


def between(floor: float, ceiling: float) -> Bound:
    """What keeps a value from a floor up to a ceiling (infinite: there is none)."""
    if math.isinf(ceiling):
        return Bound(Comparator.AT_LEAST, floor)
    if math.isinf(floor):
        return Bound(Comparator.AT_MOST, ceiling)
    return Bound(Comparator.RANGE, floor, ceiling)


def rounded(values: Figures, digits: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """`values` to so many decimals each, as the nearest float to that decimal figure; NaN and infinities as they are."""
    scale = 10.0 ** np.asarray(digits, dtype=float)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = values * scale
        # Adding nothing makes 0 of -0.
        return np.asarray(np.where(np.abs(scaled) < _WHOLE, np.rint(scaled) / scale + 0.0, values))


def short_of(values: Figures, floor: Figures, strict: npt.ArrayLike, digits: npt.ArrayLike) -> Truths:
    """Whether each value is below its floor (or at it, where that is `strict`), both to `digits` decimals; NaN is not."""
    values, floor = rounded(values, digits), rounded(floor, digits)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.isfinite(floor) & np.where(strict, values <= floor, values < floor), dtype=bool)


def beyond(values: Figures, ceiling: Figures, strict: npt.ArrayLike, digits: npt.ArrayLike) -> Truths:
    """Whether each value is above its ceiling (or at it, where that is `strict`), both to `digits` decimals; NaN is not."""
    return short_of(-np.asarray(values), -np.asarray(ceiling), strict, digits)


def keeps(
    values: Figures, floor: Figures, ceiling: Figures, strict: npt.ArrayLike, digits: npt.ArrayLike
) -> npt.NDArray[np.bool_]:
    """Whether each value keeps its promise: `floor` (-inf: none) to `ceiling` (+inf: none), the ends included unless `strict`,
    all to `digits` decimals. Single figures or columns; a missing value keeps nothing.
    """
    broken = short_of(values, floor, strict, digits) | beyond(values, ceiling, strict, digits)
    return np.asarray(~broken & ~np.isnan(values), dtype=bool)


def keeper(floor: float, ceiling: float, *, strict: bool, digits: int) -> Callable[[float], bool]:
    """`keeps` of one promise, for one figure at a time: of many sentences each holds a few figures against its own."""
    scale = 10.0**digits

    def exact(value: float) -> float:
        scaled = value * scale
        return round(scaled) / scale + 0.0 if abs(scaled) < _WHOLE else value

    low, high = exact(floor), exact(ceiling)

    def kept(value: float) -> bool:
        figure = exact(value)
        if strict and figure in (low, high):
            return False
        return low <= figure <= high

    return kept


def edges(
    floor: Figures, ceiling: Figures, strict: npt.ArrayLike, step: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Between which values, before they are rounded to multiples of `step`, a promise is kept: `keeps` as an interval."""
    shift = np.where(strict, -0.5, 0.5) * np.asarray(step, dtype=float)
    return np.asarray(floor - shift), np.asarray(ceiling + shift)


def parse_bound(text: str) -> Bound:
    """Read `>= 95.15`, `< 9`, `8 .. 8.5`.

    Raises Said for another comparator, a missing value, or a figure that is not a plain number.
    """
    match = _FORM.match(text)
    if match is None:
        raise Said('target "{found}" is not a comparator and a figure such as  >= 95.15  or  8 .. 8.5', found=text)
    sign, low, high = match["sign"], match["low"], match["high"]
    if high is not None and low is not None and not sign:
        bound = Bound(Comparator.RANGE, _figure(low), _figure(high))
        if bound.upper is not None and bound.upper < bound.value:
            raise Said('range "{found}" ends below its start', found=text)
        return bound
    signs = [c.value for c in Comparator if c is not Comparator.RANGE]
    if not sign:
        raise Said('target "{found}" has no comparator: write one of  >=  >  <=  <  =  before the figure', found=text)
    if sign not in signs:
        near = _SWAPPED.get(sign) or nearest(sign, signs) or ">="
        message = 'comparator "{found}" is not one of  >=  >  <=  <  =  — did you mean "{near}"?'
        raise Said(message, found=sign, near=near)
    if low is None:
        raise Said('comparator "{found}" has no value: write a figure after it, such as  {found} 95.15', found=sign)
    return Bound(Comparator(sign), _figure(low))


def _figure(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        message = (
            'figure "{found}" is not a plain number: write 95.15 or 778290, with a point and no thousands separator'
        )
        raise Said(message, found=text) from None
