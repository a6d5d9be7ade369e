"""A sheet's values and what stands beside them in its file, to a Grid."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.feeds.grid import Flaw, Grid, Span, address, coded, not_read, plain, within
from monitor.language import fold, legacy

Place = tuple[int, int]
Run = tuple[str, str]  # font, text

_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')


@dataclass
class Marks:
    """What a sheet's file tells of its cells beside their values. Places are (row, column), from 0.

    `filled`: where something stands; `percent`: which are shown as percentages; `fonts`: the name of the cell's font, where
    that tells an encoding; `runs`: of a text in several fonts, its parts, each with its font ("": the cell's); `texts`: what
    stands there in truth, where the library that gave the values does not know it.
    """

    filled: list[Place] = field(default_factory=list)
    percent: list[Place] = field(default_factory=list)
    fonts: dict[Place, str] = field(default_factory=dict)
    runs: dict[Place, list[Run]] = field(default_factory=dict)
    texts: dict[Place, str] = field(default_factory=dict)
    flaws: dict[Place, Flaw] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)

    def size(self) -> tuple[int, int, tuple[Flaw, ...]]:
        """How many rows and columns to read, and what is to be said of those that are not."""
        places = np.array(self.filled, dtype=np.int64).reshape(-1, 2)
        height, width = within(places[:, 0], places[:, 1])
        left_out = places[(places[:, 0] >= height) | (places[:, 1] >= width)]
        if not len(left_out):
            return height, width, ()
        return height, width, (not_read(len(left_out), address(*map(int, left_out[0]))),)


def is_percent(code: str) -> bool:
    """Whether a number format shows a share of one as a percentage; a quoted sign is a mere letter."""
    return "%" in code and "%" in _LITERAL.sub("", code)


def no_result(formula: str) -> Flaw:
    """For a formula that nobody has reckoned."""
    message = "the formula {found} has no stored result: open the file in Excel, save it, and send it again"
    return message, {"found": f"={formula}"}


def grid(sheet: str, hidden: bool, rows: Sequence[Sequence[Any]], marks: Marks, notes: tuple[Flaw, ...] = ()) -> Grid:
    """`rows`: the values from A1 on."""
    width = max((len(row) for row in rows), default=0)
    values = np.full((len(rows), width), None, dtype=object)
    for n, row in enumerate(rows):
        values[n, : len(row)] = [plain(value) for value in row]
    for (r, c), text in marks.texts.items():
        if r < len(values) and c < width:
            values[r, c] = text or None
    _to_unicode(values, marks)
    for r, c in marks.percent:
        if r < len(values) and c < width and isinstance(values[r, c], int | float) and values[r, c] is not True:
            values[r, c] = round(values[r, c] * 100, 10)
    spans = tuple(sorted(span for span in marks.spans if span[0] < len(values) and span[1] < width))
    flaws = marks.flaws | {(top, left): _merged(*span) for span in spans for top, left in [span[:2]]
                           if fold(str(values[top, left] or ""))}  # fmt: skip
    return Grid(
        *(sheet, *coded(values), flaws, spans, hidden),
        hidden_rows=frozenset(r for r in marks.hidden_rows if r < len(values)),
        hidden_columns=frozenset(c for c in marks.hidden_columns if c < width),
        notes=notes,
    )


def _merged(top: int, left: int, bottom: int, right: int) -> Flaw:
    message = "the cell is merged with its neighbours ({found}): it cannot be told whose figure it is"
    return message, {"found": f"{address(top, left)}:{address(bottom, right)}"}


def _to_unicode(values: npt.NDArray[np.object_], marks: Marks) -> None:
    """Bring the texts that are written in the encoding of a font to Unicode; each font of a sheet is judged by all its texts."""
    parts: dict[Place, list[Run]] = {}
    for place in ((r, c) for r, row in enumerate(values) for c, value in enumerate(row) if isinstance(value, str)):
        own = marks.fonts.get(place, "")
        parts[place] = [(name or own, text) for name, text in marks.runs.get(place, [("", values[place])])]
    by_font: dict[str, list[str]] = {}
    for runs in parts.values():
        for name, text in runs:
            by_font.setdefault(name, []).append(text)
    encodings = {name: legacy.encoding_of(texts, legacy.font(name).encoding) for name, texts in by_font.items()}
    for place, runs in parts.items():
        joined = "".join(legacy.unicode_of(text, encodings[name], legacy.font(name).capitals) for name, text in runs)
        values[place] = plain(joined)
