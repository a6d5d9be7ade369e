"""How many decimals the figures of one sentence need, so that what is printed holds of what is printed. Pure.

`573, required 572, deviation 1`: the difference that is printed is that of the printed figures; a figure that misses its target
is printed so that it is seen to miss it; one that is ahead of another is not printed as equal to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

# So many decimals more than usual at most: what is closer than that differs in nothing that people would call a difference.
MORE = 4
# What was reported, or is asked: printed as it is, with as many decimals as it needs.
STATED = ("value", "reported", "previous", "rolled_up", "last_year", "required")
# What is reckoned: needs no decimals of its own, but stays on its side of the target.
RECKONED = ("projection", "low", "high")
# What lies between two others.
BETWEEN = ("deviation", "linear_deviation")
# What one is of another, where it is no more than that.
RATIOS = {"pace": ("value", "required"), "attainment": ("value", "promised")}

Keeps = Callable[[float], bool]


@dataclass(frozen=True, slots=True)
class Sentence:
    """What figures printed together have in common. `keeps`: whether a figure keeps the target; `better`: 1 when more is better,
    -1 when less is; `whole`: of what is counted.
    """

    keeps: Keeps
    better: int = 1
    whole: bool = False

    def together(self, figures: Mapping[str, float | None]) -> tuple[dict[str, float | None], int]:
        """The figures (by the names above; others are left out) as they are to be printed, and with how many decimals. `promised`
        may stand among them, as what a ratio is of.
        """
        known = {n: v for n, v in figures.items() if v is not None and math.isfinite(v)}
        # What is required of what is counted is printed whole.
        stated = [name for name in STATED if name in known and not (self.whole and name == "required")]
        digits = self.digits([known[name] for name in stated])
        printed: dict[str, float | None] = dict.fromkeys(
            n for n in (*STATED, *RECKONED, *BETWEEN, *RATIOS) if n in figures
        )
        for name in (*STATED, *RECKONED):
            if name in known:
                printed[name] = self._rounded(name, known[name], digits)
        for name in BETWEEN:
            if name in known:
                printed[name] = _exactly(known[name], digits)
        value, required, deviation = (known.get(n) for n in ("value", "required", "deviation"))
        if value is not None and required is not None and deviation is not None:
            apart = abs(value - required)
            if math.isclose(apart, abs(deviation), rel_tol=1e-6, abs_tol=1e-9):
                shown = abs((printed["value"] or 0.0) - (printed["required"] or 0.0))
                printed["deviation"] = _exactly(math.copysign(shown, deviation), digits)
        for name in RATIOS:
            if name in known:
                printed[name] = _ratio(name, known, printed)
        return printed, digits

    def digits(self, figures: Iterable[float]) -> int:
        """The fewest decimals at which each of `figures` keeps or misses the target as it does, and stays before or behind the
        first of them.
        """
        stated = list(figures)
        least = 0 if self.whole else usual(stated)
        for digits in range(least, least + MORE + 1):
            shown = [_exactly(figure, digits) for figure in stated]
            # What is printed as it is stays where it is.
            if shown == stated:
                return digits
            sides = all(self.keeps(s) == self.keeps(f) for s, f in zip(shown, stated, strict=True))
            # Between whole numbers nothing comes before another by a part of one, but 41.6 of 42 is not all of them.
            if sides and (
                self.whole
                or all(_order(shown[0], s) == _order(stated[0], f) for s, f in zip(shown, stated, strict=True))
            ):
                return digits
        return least

    def _rounded(self, name: str, figure: float, digits: int) -> float:
        """A figure with so many decimals, on its own side of the target."""
        if self.whole and name == "required":
            # Of half a household nobody can be told that it is missing: the least whole number that is enough.
            return float(math.ceil(figure - 1e-9) if self.better > 0 else math.floor(figure + 1e-9))
        shown = _exactly(figure, digits)
        if name in STATED or self.keeps(shown) == self.keeps(figure):
            return shown
        scale = 10.0**digits
        sides = (math.floor(figure * scale) / scale, math.ceil(figure * scale) / scale)
        return next((s for s in sides if self.keeps(s) == self.keeps(figure)), shown)


def usual(figures: Iterable[float]) -> int:
    """The decimals of figures of that size: two, and none from a thousand on."""
    return 0 if max((abs(figure) for figure in figures), default=0.0) >= 1000 else 2


def share(part: float) -> tuple[float, int]:
    """A share of one in percent, and its decimals: what is not all of it is never printed as 100, nor what is more."""
    percent = 100 * part
    whole = Sentence(lambda figure: figure >= 100)
    for digits in range(1, MORE + 1):
        shown = _exactly(percent, digits)
        if whole.keeps(shown) == whole.keeps(percent):
            return shown, digits
    return _exactly(percent, 1), 1


def _ratio(name: str, known: Mapping[str, float], printed: Mapping[str, float | None]) -> float:
    """A ratio of two figures as that of what is printed of them: 4 of 10 is 40%, though 4 of 9.23 is more. One that is reckoned
    from something else, or of a figure that is not told, stays.
    """
    ratio = known[name]
    part, whole = (known.get(figure) for figure in RATIOS[name])
    if part is None or not whole or not math.isclose(part / whole, ratio, rel_tol=1e-6, abs_tol=1e-9):
        return ratio
    shown_part, shown_whole = (printed.get(figure, known[figure]) for figure in RATIOS[name])
    return shown_part / shown_whole if shown_part is not None and shown_whole else ratio


def _exactly(figure: float, digits: int) -> float:
    return round(figure, digits) + 0.0


def _order(one: float, other: float) -> int:
    """-1, 0, 1: before, equal (but for what a float cannot hold), behind."""
    if math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12):
        return 0
    return -1 if one < other else 1
