"""What stands above a column: its headings over several rows and merged cells, as one text; and what stands above those."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.feeds.grid import Grid, is_number
from monitor.feeds.naming import known_as
from monitor.feeds.written_period import written_period
from monitor.language import fold
from monitor.model.unit_of_measure import is_known

_CORNER = re.compile(r"(?:don vi tinh|don vi|dvt|unit)\s*[:.]?\s*(.*)")
_ORDINALS = re.compile(r"[a-z]|\(?\d{1,2}\)?(?:\s*=.*)?")

# Digits, and letters that are struck for them.
_AS_DIGITS = frozenset("0123456789oOlI")


@dataclass(frozen=True)
class Heading:
    """`body`: the first row of figures; `top`: the first of the rows of headings above it; `columns`: for each column
    the text of its headings from above; `title`: what stands above the headings; `corner`: the units of measure that
    are printed there.
    """

    top: int
    body: int
    columns: tuple[str, ...]
    title: str
    corner: tuple[str, ...]


def find_heading(grid: Grid, header: str | None, rows: int, known: Container[str] = ()) -> Heading | None:
    """The headings: those at the row that has the text `header`, `rows` of them; without one, the lines above the first
    row of figures. None when there is no such text, or no figure. `known`: the names (naming.spellings) of what has figures.
    """
    if header is not None:
        wanted = fold(header)
        top = next(
            (r for r, row in enumerate(grid.values) if any(v is not None and fold(str(v)) == wanted for v in row)), None
        )
        return None if top is None else _heading(grid, top, top + rows)
    body = _first_figures(grid, known)
    return None if body is None else _heading(grid, _first_heading(grid, body), body)


def _heading(grid: Grid, top: int, body: int) -> Heading:
    columns = tuple(" ".join(dict.fromkeys(t for t in column if t)) for column in _spread(grid, top, body).T)
    above = [[text for v in row if v is not None and (text := _shown(v))] for row in grid.values[:top]]
    corner = tuple(unit for row in above for text in row if (unit := _unit(text)))
    return Heading(top, body, columns, " ".join(text for row in above for text in row), corner)


def _shown(value: Any) -> str:
    """A heading's text; a year that is kept as a number as a year, and other numbers, which are somebody's reckoning,
    not at all.
    """
    text = str(int(value) if isinstance(value, float) and value.is_integer() else value)
    return " ".join(text.split()) if isinstance(value, str) or is_year(text) else ""


def _headed(value: Any) -> str:
    """The same of a cell over figures: there a day is the month that it is shown as."""
    return f"{value:%Y-%m}" if isinstance(value, date) else _shown(value)


def _spread(grid: Grid, top: int, body: int) -> npt.NDArray[np.object_]:
    """The texts of the heading's rows, a merged cell's in all the cells that it covers, and one that stands over several columns
    without being merged over those to its right that have headings of their own below, and none beside it.
    """
    shown = np.vectorize(lambda v: "" if v is None else _headed(v), otypes=[object])
    rows = grid.values[top:body]
    texts: npt.NDArray[np.object_] = shown(rows) if rows.size else np.full((0, rows.shape[1]), "", dtype=object)
    merged = np.zeros(texts.shape, dtype=bool)
    for first, left, last, right in grid.spans:
        if first < body and last >= top and left < texts.shape[1]:
            value = grid.values[first, left]
            block = (slice(max(first - top, 0), last + 1 - top), slice(left, right + 1))
            texts[block], merged[block] = "" if value is None else _headed(value), True
    own = texts != ""
    for column in range(1, texts.shape[1]):
        begins = np.argmax(own[:, column]) if own[:, column].any() else 0
        for row in range(int(begins)):
            beside = own[begins, column - 1] or texts[row, column - 1] == ""
            if not merged[row, column] and texts[row, column - 1] and beside:
                texts[row, column] = texts[row, column - 1]
    return texts


def _first_figures(grid: Grid, known: Container[str]) -> int | None:
    """The first row of the table that has a label, and in one of its columns of figures a number that is no year and
    counts nothing; or, beside a name that is known, what should have been a number.
    """
    numeric = grid.numeric
    first = _first_column(grid)
    if first is None:
        return None
    for r, row in enumerate(grid.values):
        numbers = [c for c in range(first, len(row)) if numeric[r, c]]
        labels = [str(v) for c, v in enumerate(row[:first]) if isinstance(v, str) and not numeric[r, c]]
        if any(known_as(text, known) for text in labels) and any(_misspelled(v) for v in row[first:]):
            return r
        headings = sum(isinstance(v, str) and not numeric[r, first + n] for n, v in enumerate(row[first:]))
        if not numbers or not labels or len(numbers) < headings or all(is_year(row[c]) for c in numbers):
            continue
        if not (all(_ORDINALS.fullmatch(fold(text)) for text in labels) and _counts(row, numbers)):
            return r
    return None


def _misspelled(value: Any) -> bool:
    """Whether a text was meant for a number: `6oo`, `9o,1`, `12,5 %`."""
    if not isinstance(value, str) or is_number(value) or written_period(value) is not None:
        return False
    letters = [c for c in value if c.isalnum()]
    like = [c for c in letters if c in _AS_DIGITS]
    return any(c.isdigit() for c in like) and letters[0] in _AS_DIGITS and 2 * len(like) > len(letters)


def _first_column(grid: Grid) -> int | None:
    """The leftmost column of figures: one of those with most numbers, most of which have a text to their left. What
    somebody reckoned beside the table has none, and the numbers of the rows (1, 2, 3) stand before their texts.
    """
    numeric = grid.numeric
    if not numeric.any():
        return None
    counts = numeric.sum(axis=0)
    texts = grid.where(grid.codes, lambda value: isinstance(value, str)) & ~numeric
    before = np.cumsum(texts, axis=1) > 0
    labelled = (numeric & np.roll(before, 1, axis=1)).sum(axis=0)
    labelled[0] = 0
    fits = np.flatnonzero((counts >= 0.4 * counts.max()) & (labelled * 2 > counts))
    if len(fits):
        return int(fits[0])
    anywhere = np.flatnonzero(labelled)
    return int(anywhere[0]) if len(anywhere) else None


def is_year(value: Any) -> bool:
    """Whether a cell holds what may be a year."""
    return bool(re.fullmatch(r"(?:19|20|21)\d\d(?:\.0)?", str(value).strip()))


def _counts(row: npt.NDArray[np.object_], numbers: list[int]) -> bool:
    """Whether the numbers of a row count its columns: 1, 2, 3."""
    found = [re.sub(r"\.0$|[()]", "", str(row[c]).strip()) for c in numbers]
    return (
        len(found) > 1
        and all(t.isdigit() for t in found)
        and [int(t) - int(found[0]) for t in found] == list(range(len(found)))
    )


def _first_heading(grid: Grid, body: int) -> int:
    """Up from the figures to a blank row, a corner with the unit of measure, or a title that begins where the labels stand."""
    row = grid.values[body]
    figures = [c for c, v in enumerate(row) if is_number(v) or _misspelled(v)]
    # What numbers the rows stands before their labels.
    label = next((c for c, v in enumerate(row) if isinstance(v, str) and c not in figures), -1)
    first = next((c for c in figures if c > label), figures[0] if figures else 0)
    top = body
    # Blank rows, and those that begin a section before its first figure, stand between.
    for row in range(body - 1, -1, -1):
        texts = _texts(grid, row)
        if any(c >= first for c, _ in texts):
            top = row + 1
            break
    while top > 0:
        texts = _texts(grid, top - 1)
        if not any(c >= first for c, _ in texts) or all(_unit(text) for _, text in texts):
            break
        if len(texts) == 1 and texts[0][0] < first:
            break
        top -= 1
    return top


def _texts(grid: Grid, row: int) -> list[tuple[int, str]]:
    """What stands in a row, from which column on; of a merged cell that began in a row above too."""
    own = [(c, _headed(v)) for c, v in enumerate(grid.values[row]) if v is not None and _headed(v)]
    hung = [
        (left, text)
        for top, left, bottom, _ in grid.spans
        if top < row <= bottom
        and left < grid.values.shape[1]
        and (text := _headed(grid.values[top, left] if grid.values[top, left] is not None else ""))
    ]
    return own + hung


def _unit(text: str) -> str:
    """The unit of measure that a text states; empty where it states none."""
    stated = _CORNER.fullmatch(fold(text))
    if stated is not None and stated[1]:
        return text[len(text) - len(stated[1]) :] if fold(text[-len(stated[1]) :]) == stated[1] else stated[1]
    known = [is_known(part) for part in re.split(r"[;,]", text.strip("() "))]
    # Beside several that are known stands one that is counted in pieces: "Nghìn tấn; triệu USD; chiếc".
    return text.strip("() ") if all(known) or sum(known) >= max(2, len(known) - 1) else ""


def units_in(text: str) -> str:
    """The unit of measure in brackets in a heading: `Tổng mức (Tỷ đồng)`; empty where there is none."""
    return next((inner for inner in re.findall(r"\(([^()]*)\)", text) if is_known(inner)), "")
