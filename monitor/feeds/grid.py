"""A sheet as it stands: values by row and column, before anything is known of what they mean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.feeds.texts import Codes, Texts, chosen

Flaw = tuple[str, dict[str, object]]
Places = npt.NDArray[np.int32] | npt.NDArray[np.int64]
Span = tuple[int, int, int, int]

# How much of one sheet is read: rows x columns, from A1 to the last that holds something.
MOST_CELLS = 4_000_000
_NUMBER = re.compile(r"[-+(]?\d[\d\s.,\u00a0]*\)?%?")


def why(message: str, **values: object) -> Flaw:
    """Why something is not read: an English source string of the catalogue and its values."""
    return message, values


class Unreadable(Exception):
    """A source, or one sheet of it, that cannot be read: an English source string of the catalogue and its values.

    `line` 0 and an empty `sheet`: unknown, or the whole file.
    """

    def __init__(self, message: str, line: int = 0, sheet: str = "", **values: object) -> None:
        self.message, self.line, self.sheet, self.values = message, line, sheet, values
        super().__init__(message.format(**values))


class Unfit(Unreadable):
    """A sheet that has the declared heading but none of the columns: it only looks like the one that is read."""


@dataclass(frozen=True)
class Grid:
    """One sheet. `codes`: rows x columns, which of the `entries` stands in each cell, the first always row 1 and column A of the
    file. `entries`: objects, of which the first is None, for blank cells; each text is there once, for a long table says the
    same again and again. Numbers are int or float (what is shown as a percentage in percent), days `date`, instants
    `datetime`, texts stripped and in Unicode.

    `sheet`: its name, empty for a CSV file. `flaws`: cells that hold no figure though they seem to, with the reason. `spans`:
    merged cells as (top, left, bottom, right), from 0, inclusive. `hidden`: the sheet itself; `hidden_rows`,
    `hidden_columns`: from 0; what is hidden is in `values` all the same. `notes`: what of the sheet was not read, and why.
    `lines`: of a text file, the line on which each row begins, from 1.
    """

    sheet: str
    codes: Codes
    entries: npt.NDArray[np.object_]
    flaws: dict[tuple[int, int], Flaw] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    notes: tuple[Flaw, ...] = ()
    lines: npt.NDArray[np.int64] | None = None

    @cached_property
    def values(self) -> npt.NDArray[np.object_]:
        """What stands in each cell."""
        return self.entries[self.codes]

    @cached_property
    def spread(self) -> Codes:
        """`codes`, each merged cell's in all the cells it covers."""
        if not self.spans:
            return self.codes
        filled = self.codes.copy()
        for top, left, bottom, right in self.spans:
            # A span may lie below all that holds something.
            if top < filled.shape[0] and left < filled.shape[1]:
                filled[top : bottom + 1, left : right + 1] = self.codes[top, left]
        return filled

    @cached_property
    def numeric(self) -> npt.NDArray[np.bool_]:
        """Whether each cell holds a number."""
        return self.where(self.codes, is_number)

    def where(self, codes: Codes, of: Callable[[Any], object]) -> npt.NDArray[np.bool_]:
        """Whether `of` holds for what each of `codes` stands for; it is asked once of each entry."""
        there, said = self._asked(codes, lambda value: bool(of(value)))
        holds = np.zeros(len(self.entries), dtype=bool)
        holds[there] = said
        return holds[codes]

    def texts(self, codes: Codes, of: Callable[[str], str] = lambda text: text) -> Texts:
        """`of` the text that each of `codes` (one dimension) stands for, asked once of each entry."""
        there, said = self._asked(codes, lambda value: of(label(value)))
        place = np.zeros(len(self.entries), dtype=np.int32)
        place[there] = np.arange(len(there), dtype=np.int32)
        return chosen(place[codes], said)

    def labels(self, rows: slice) -> npt.NDArray[np.object_]:
        """The texts of `rows`, each merged cell's text in all the cells it covers."""
        codes = self.spread[rows]
        return self.texts(codes.ravel()).values.reshape(codes.shape)

    def _asked(self, codes: Codes, of: Callable[[Any], Any]) -> tuple[npt.NDArray[np.int64], list[Any]]:
        """Which of the entries are among `codes`, and `of` each of them."""
        there = np.flatnonzero(np.bincount(codes.ravel(), minlength=len(self.entries)))
        return there, [of(entry) for entry in self.entries[there]]

    def cell(self, row: int, column: int) -> str:
        """The address a person would use."""
        before, after = around(self.sheet, column)
        return f"{before}{self.line(np.array([row]))[0]}{after}"

    def line(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The numbers of some rows as a person counts them, from 1."""
        return rows + 1 if self.lines is None else self.lines[rows]

    def text(self, row: int, column: int) -> str:
        """What stands there as text, empty when blank."""
        value: Any = self.entries[self.codes[row, column]]
        return "" if value is None else str(value).strip()


@dataclass(frozen=True)
class Sheet:
    """A sheet whose cells are read only when asked for. `load` raises Unreadable, with the sheet's name, for a damaged one."""

    name: str
    hidden: bool
    load: Callable[[], Grid]


def coded(values: npt.NDArray[np.object_]) -> tuple[Codes, npt.NDArray[np.object_]]:
    """Values of any shape as codes and entries (`Grid`)."""
    flat = values.ravel()
    # 1, 1.0 and True are equal, and mean different things: only texts are known by being equal.
    texts = np.fromiter(map(isinstance, flat, repeat(str)), dtype=bool, count=len(flat))
    others = np.flatnonzero(~texts & (flat != None))  # noqa: E711 - each of an array
    places, distinct = pd.factorize(flat[texts])
    codes = np.zeros(len(flat), dtype=np.int32)
    codes[texts] = places + 1
    codes[others] = np.arange(len(others)) + 1 + len(distinct)
    entries = np.concatenate([np.array([None], dtype=object), distinct, flat[others]])
    return codes.reshape(values.shape), entries


def label(value: Any) -> str:
    """What stands in a cell as a text in one line; empty when blank."""
    return "" if value is None else " ".join(str(value).split())


def is_number(value: Any) -> bool:
    """Whether a cell holds a number, or a text that is one."""
    if isinstance(value, str):
        return bool(_NUMBER.fullmatch(value.strip()))
    return isinstance(value, int | float) and not isinstance(value, bool)


def letters_of(column: int) -> str:
    """`B` for 1."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_of(letters: str) -> int:
    """1 for `B`."""
    column = 0
    for letter in letters:
        column = 26 * column + ord(letter) - 64
    return column - 1


def around(sheet: str, column: int) -> tuple[str, str]:
    """What stands before and after the row's number in the address a person would use: `B7` in a workbook, `7:2` (line:column)
    in a text; nothing for what has no columns (-1).
    """
    if sheet:
        return letters_of(column), ""
    return "", "" if column < 0 else f":{column + 1}"


def address(row: int, column: int) -> str:
    """`B7` for (6, 1)."""
    return f"{letters_of(column)}{row + 1}"


def rectangle(rows: list[list[Any]]) -> npt.NDArray[np.object_]:
    """Rows of differing length as one array, short ones filled with None."""
    width = max((len(row) for row in rows), default=0)
    if rows and all(len(row) == width for row in rows):
        return np.array(rows, dtype=object).reshape(len(rows), width)
    values = np.full((len(rows), width), None, dtype=object)
    for n, row in enumerate(rows):
        values[n, : len(row)] = row
    return values


def plain(value: Any) -> Any:
    """A value as Grid holds it: texts stripped, their accents composed, None when blank; a float without a fraction an int."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value.strip()) or None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def not_read(count: int, cell: str) -> Flaw:
    """For the `count` filled cells from `cell` on that lie beyond what is read (`within`)."""
    message = "what stands from {cell} on is not read (cells: {count}): with it the sheet has more than {most} cells"
    return message, {"count": count, "cell": cell, "most": MOST_CELLS}


def within(rows: Places, columns: Places) -> tuple[int, int]:
    """How many rows and columns of a sheet to read, of which the cells at `rows` and `columns` (alike long) are filled.

    All, unless they make more than MOST_CELLS. Then what stands behind the widest gap is left out, again and again (one stray
    cell at L1048576 of a form of 40 rows); a sheet without a gap loses its last rows.
    """
    while rows.size:
        height, width = int(rows.max()) + 1, int(columns.max()) + 1
        if height * width <= MOST_CELLS:
            return height, width
        last_row, row_gap = _before_gap(rows)
        last_column, column_gap = _before_gap(columns)
        if max(row_gap, column_gap) <= 1:
            return max(MOST_CELLS // width, 1), min(width, MOST_CELLS)
        # Compared as shares of the whole, for sheets are longer than wide.
        kept = rows <= last_row if row_gap / height >= column_gap / width else columns <= last_column
        rows, columns = rows[kept], columns[kept]
    return 0, 0


def _before_gap(places: Places) -> tuple[int, int]:
    """The last place before the widest gap, and how wide that is; counted from the sheet's edge nothing is a gap."""
    there = np.unique(places)
    if len(there) < 2:
        return int(there[0]), 0
    gaps = np.diff(there)
    widest = int(gaps.argmax())
    return int(there[widest]), int(gaps[widest])
