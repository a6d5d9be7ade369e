"""Figures as their sources write them: `1.234,5`, `(12)`, `8,5%`; and cells that hold none."""

from __future__ import annotations

import math
import re
import sys
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from babel.numbers import NumberFormatError, parse_decimal

from monitor.feeds.grid import Flaw
from monitor.feeds.texts import objects
from monitor.language import fold
from monitor.model.problem import legible

_NOTHING = {fold(text) for text in ("", "-", "–", "—", "--", "...", "…", "x")}


class Raw:
    """The distinct values of cells: each is read once. `shown`: as a message may show them; `found`: as text; `read`: as a
    figure, or why it is none; `blank`: whether there is nothing, or a sign for that.
    """

    def __init__(self, values: npt.NDArray[np.object_], language: str) -> None:
        self.shown = shown = objects([printable(value) for value in values])
        self.read = objects([written_number(value, language) for value in shown])
        self.found = objects(
            [value if isinstance(value, str) else "" if value is None else _text(value) for value in shown]
        )
        self.blank = np.fromiter(map(_is_blank, values, self.read), dtype=bool, count=len(values))


def _is_blank(value: Any, read: float | Flaw) -> bool:
    """Whether a cell holds nothing, or a sign for that; none is read as a figure."""
    return value is None or (isinstance(read, tuple) and isinstance(value, str) and fold(value) in _NOTHING)


def printable(value: Any) -> Any:
    """A cell's value with its text, or a number of more digits than anything is counted in, as a message may show it."""
    large = isinstance(value, int) and value.bit_length() > 1024
    return _text(value) if large or isinstance(value, str) else value


def _text(value: Any) -> str:
    """What stands in a cell, as a message may show it."""
    large = isinstance(value, int) and value.bit_length() > 1024
    return legible(str(Decimal(value) if large else value))


def no_figure(raw: Any) -> Flaw:
    """For what stands where a figure should."""
    return '"{found}" is not a figure', {"found": _text(raw)}


@lru_cache(maxsize=65536, typed=True)
def written_number(raw: Any, language: str) -> float | Flaw:
    """A figure as its source writes it; or why it is none."""
    if isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) <= sys.float_info.max:
        return float(raw)
    if not isinstance(raw, str):
        return no_figure(raw)
    # Most are written plainly; Babel reads a few thousand a second.
    if re.fullmatch(r"-?[0-9]{1,300}(?:,[0-9]+)?" if language == "vi" else r"-?[0-9]{1,300}(?:\.[0-9]+)?", raw):
        return float(raw.replace(",", "."))
    text = raw.removesuffix("%").strip()
    # Accountants write what is below nothing in brackets.
    text = f"-{text[1:-1].strip()}" if re.fullmatch(r"\(\s*\d[\d.,\s]*\)", text) else text
    try:
        figure = parse_decimal(text, locale=language, strict=True)
        return float(figure) if math.isfinite(figure) else no_figure(raw)
    except NumberFormatError as error:
        form = "1.234,5" if language == "vi" else "1,234.5"
        if error.suggestions:
            message = 'figure "{found}" is not written as {form}: did you mean {near}?'
            return message, {"found": raw, "form": form, "near": _closest(text, error.suggestions)}
        return '"{found}" is not a figure such as {form}', {"found": raw, "form": form}


def _closest(text: str, suggestions: list[str]) -> str:
    """Of Babel's suggestions, the one with the same digits on each side of the separator: 95.15 means 95,15."""
    groups = re.split(r"[.,]", text)
    return next((s for s in suggestions if re.split(r"[.,]", s) == groups), suggestions[0])
