"""How the figures of a series are printed: together, on their own side of what the series promised, and beside its own target."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from monitor.language import Language
from monitor.language.figures import BETWEEN, RATIOS, RECKONED, STATED, Sentence
from monitor.model.comparator import Bound, Comparator, keeper

# Figures come rounded to their target's precision, and what is printed of them has fewer decimals.
_FINE = 12
FIGURES = (*STATED, *RECKONED, *BETWEEN, *RATIOS)
# What a line about a series prints, if nothing else is said.
LINE = ("value", "required", *RECKONED, *BETWEEN, *RATIOS)
_Names = tuple[str, ...] | frozenset[str]
_FIGURE = re.compile(r"\d[\d.,]*\d|\d")
_SIGNS = {Comparator.OVER: ">", Comparator.AT_MOST: "≤", Comparator.UNDER: "<"}


def sentence(floor: float | None, ceiling: float | None, *, strict: bool, whole: bool) -> Sentence:
    """What the figures of a series are held against: its floor and ceiling (None or infinite: there is none)."""
    low = -math.inf if floor is None or floor != floor else floor
    high = math.inf if ceiling is None or ceiling != ceiling else ceiling

    return Sentence(keeper(low, high, strict=strict, digits=_FINE), -1 if low == -math.inf else 1, whole)


def together(
    row: Mapping[str, Any], *, strict: bool, whole: bool, names: _Names = LINE
) -> tuple[dict[str, float | None], int]:
    """Those figures of an assessment (fields of model.assessment) that are `names`, as they are printed, and their decimals."""
    floor, ceiling = _number(row.get("floor")), _number(row.get("ceiling"))
    figures = {name: _number(row[name]) for name in _told(names) if name in row}
    # Shares of a unit are told as they are printed, whole where they are counted.
    figures["promised"] = _number(row.get("promised"))
    return sentence(floor, ceiling, strict=strict, whole=whole).together(figures)


@lru_cache(maxsize=4096)
def _told(names: _Names) -> tuple[str, ...]:
    """The figures that are among the names: those of a message are asked for at each alert."""
    return tuple(name for name in FIGURES if name in names)


def issued(printed: str, target: Bound, bound: Bound, unit: str) -> str:
    """A target as printed, with the figure that a plan gives in its place: with all decimals, and its own sign or range."""
    if bound == target:
        return printed
    if bound.upper is not None or bound.comparator is not target.comparator:
        return written(bound, unit)
    return own(printed, target.value, bound.value, unit=unit, digits=bound.decimals)


def own(printed: str, value: float, part: float, *, unit: str, digits: int | None) -> str:
    """A target as printed, for a unit whose share of `value` is `part`: `2.850 người` is `285 người` for a ward of a tenth."""
    speaks = Language("vi")
    written = speaks.number(part, "", digits)
    for found in _FIGURE.finditer(printed):
        if math.isclose(_read(found[0]), value, rel_tol=1e-9):
            return printed[: found.start()] + written + printed[found.end() :]
    return speaks.number(part, unit, digits)


def interval(low: float, high: float, unit: str, digits: int | None) -> str:
    """A range as a target, as it is printed."""
    return Language("vi").interval(low, high, unit, digits)


def written(bound: Bound, unit: str) -> str:
    """A figure with its sign, or a range, with all decimals: at least so much, where no sign says otherwise."""
    if bound.upper is not None:
        return interval(bound.value, bound.upper, unit, bound.decimals)
    return _SIGNS.get(bound.comparator, "") + Language("vi").number(bound.value, unit, bound.decimals)


def remarks(language: Language, of: Mapping[str, Any]) -> list[str]:
    """What must be said beside a series (fields of model.assessment): how its plan was changed, what its sum lacks, what waits
    to be verified, and how it stands to the softer figure that is striven for.
    """
    found = []
    if of.get("was"):
        message = "the plan was changed from {was} to {printed} by {document}"
        found.append(language.say(message, was=of["was"], printed=of["printed"], document=of["document"]))
    if (lacking := _number(of.get("lacking"))) is not None and lacking > 0:
        found.append(language.say("the sum lacks {count} periods that nobody reported", count=int(lacking)))
    if (held_back := _number(of.get("held_back"))) is not None and held_back > 0:
        message = "{count} reports of its parts have come, and are held back until verified"
        found.append(language.say(message, count=int(held_back)))
    if goal := of.get("strive"):
        chance = _number(of.get("striving"))
        message = "striven for: {goal}" if chance is None else "striven for: {goal}, probability {chance}"
        found.append(language.say(message, goal=goal, chance=language.percent(chance)))
    return found


def _read(figure: str) -> float:
    """A figure as Vietnamese writes it; one that is none is no number."""
    try:
        return float(figure.replace(".", "").replace(",", "."))
    except ValueError:
        return math.nan


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None
