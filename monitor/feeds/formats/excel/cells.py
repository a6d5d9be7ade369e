"""A sheet's values and what stands beside them in its file, to a Grid."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from monitor.feeds.grid import MOST_CELLS, Flaw, Grid, Span, address, within
from monitor.language import fold

_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')


@dataclass
class Marks:
    """What a sheet's file tells of its cells beside their values. Places are (row, column), from 0.

    `filled`: where something stands; `percent`: which are shown as percentages; `fonts`: the names of fonts of an
    encoding of their own; `texts`: what stands there in truth, where the library that gave the values does not know it.
    """

    filled: list[tuple[int, int]] = field(default_factory=list)
    percent: list[tuple[int, int]] = field(default_factory=list)
    texts: dict[tuple[int, int], str] = field(default_factory=dict)
    flaws: dict[tuple[int, int], Flaw] = field(default_factory=dict)
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
        message = "{count} cells from {cell} on are not read: with them the sheet has more than {most} cells"
        values = {"count": len(left_out), "cell": address(*map(int, left_out[0])), "most": MOST_CELLS}
        return height, width, ((message, values),)


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
        values[n, : len(row)] = [_plain(value) for value in row]
    for (r, c), text in marks.texts.items():
        if r < len(values) and c < width:
            values[r, c] = _plain(text)
    for r, c in marks.percent:
        if r < len(values) and c < width and isinstance(values[r, c], int | float) and values[r, c] is not True:
            values[r, c] = round(values[r, c] * 100, 10)
    spans = tuple(sorted(span for span in marks.spans if span[0] < len(values) and span[1] < width))
    flaws = marks.flaws | {(top, left): _merged(*span) for span in spans for top, left in [span[:2]]
                           if fold(str(values[top, left] or ""))}  # fmt: skip
    return Grid(
        *(sheet, values, flaws, spans, hidden),
        hidden_rows=frozenset(r for r in marks.hidden_rows if r < len(values)),
        hidden_columns=frozenset(c for c in marks.hidden_columns if c < width),
        notes=notes,
    )


def _merged(top: int, left: int, bottom: int, right: int) -> Flaw:
    message = "the cell is merged with its neighbours ({found}): it cannot be told whose figure it is"
    return message, {"found": f"{address(top, left)}:{address(bottom, right)}"}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value
