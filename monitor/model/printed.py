"""How the figures of a series are printed: together, on their own side of what the series promised, and beside its own target."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import Any

from monitor.language import Language
from monitor.language.figures import BETWEEN, RATIOS, RECKONED, STATED, Sentence
from monitor.model.comparator import keeps

# Figures come rounded to their target's precision, and what is printed of them has fewer decimals.
_FINE = 12
FIGURES = (*STATED, *RECKONED, *BETWEEN, *RATIOS)
# What a line about a series prints, if nothing else is said.
LINE = ("value", "required", *RECKONED, *BETWEEN, *RATIOS)
_FIGURE = re.compile(r"\d[\d.,]*\d|\d")


def sentence(floor: float | None, ceiling: float | None, *, strict: bool, whole: bool) -> Sentence:
    """What the figures of a series are held against: its floor and ceiling (None or infinite: there is none)."""
    low = -math.inf if floor is None or floor != floor else floor
    high = math.inf if ceiling is None or ceiling != ceiling else ceiling

    def kept(figure: float) -> bool:
        return bool(keeps(figure, low, high, strict, _FINE))

    return Sentence(kept, -1 if low == -math.inf else 1, whole)


def together(
    row: Mapping[str, Any], *, strict: bool, whole: bool, names: Collection[str] = LINE
) -> tuple[dict[str, float | None], int]:
    """Those figures of an assessment (fields of model.assessment) that are `names`, as they are printed, and their decimals."""
    floor, ceiling = (_number(row.get(side)) for side in ("floor", "ceiling"))
    figures = {name: _number(row.get(name)) for name in FIGURES if name in names and name in row}
    # Shares of a unit are told as they are printed, whole where they are counted.
    figures["promised"] = _number(row.get("promised"))
    return sentence(floor, ceiling, strict=strict, whole=whole).together(figures)


def own(printed: str, value: float, part: float, *, whole: bool, unit: str) -> str:
    """A target as printed, for a unit whose share of `value` is `part`: `2.850 người` is `285 người` for a ward of a tenth."""
    speaks, digits = Language("vi"), 0 if whole else None
    written = speaks.number(part, "", digits)
    for found in _FIGURE.finditer(printed):
        if math.isclose(_read(found[0]), value, rel_tol=1e-9):
            return printed[: found.start()] + written + printed[found.end() :]
    return speaks.number(part, unit, digits)


def amended(language: Language, printed: object, was: object, document: object) -> str:
    """How the plan was changed; empty where it was not."""
    if not was:
        return ""
    return language.say(
        "the plan was changed from {was} to {printed} by {document}", was=was, printed=printed, document=document
    )


def incomplete(language: Language, lacking: object) -> str:
    """What a year to date lacks; empty when nothing."""
    if not isinstance(lacking, int | float) or not lacking > 0:
        return ""
    return language.say("the sum lacks {count} periods that nobody reported", count=int(lacking))


def awaited(language: Language, held_back: object) -> str:
    """What was sent and waits to be verified; empty when nothing."""
    if not isinstance(held_back, int | float) or not held_back > 0:
        return ""
    return language.say(
        "{count} reports of its parts have come, and are held back until verified", count=int(held_back)
    )


def _read(figure: str) -> float:
    """A figure as Vietnamese writes it; one that is none is no number."""
    try:
        return float(figure.replace(".", "").replace(",", "."))
    except ValueError:
        return math.nan


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
