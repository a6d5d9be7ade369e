"""A sheet as it stands: values by row and column, before anything is known of what they mean."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Flaw = tuple[str, dict[str, object]]
Span = tuple[int, int, int, int]

# How much of one sheet is read: rows x columns, from A1 to the last that holds something.
MOST_CELLS = 4_000_000


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
    """One sheet. `values`: rows x columns of objects, None where blank, the first always row 1 and column A of the file;
    numbers are int or float (what is shown as a percentage in percent), days `date`, instants `datetime`, texts stripped and
    in Unicode.

    `sheet`: its name, empty for a CSV file. `flaws`: cells that hold no figure though they seem to, with the reason. `spans`:
    merged cells as (top, left, bottom, right), from 0, inclusive. `hidden`: the sheet itself; `hidden_rows`,
    `hidden_columns`: from 0; what is hidden is in `values` all the same. `notes`: what of the sheet was not read, and why.
    `lines`: of a text file, the line on which each row begins, from 1.
    """

    sheet: str
    values: npt.NDArray[np.object_]
    flaws: dict[tuple[int, int], Flaw] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    notes: tuple[Flaw, ...] = ()
    lines: tuple[int, ...] = ()

    def cell(self, row: int, column: int) -> str:
        """The address a person would use: `B7` in a workbook, `7:2` (line:column) in a CSV file."""
        if self.sheet:
            return address(row, column)
        return f"{self.lines[row] if self.lines else row + 1}:{column + 1}"

    def cells(self, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]) -> list[str]:
        """The addresses of several cells."""
        return [self.cell(row, column) for row, column in zip(rows.tolist(), columns.tolist(), strict=True)]

    def text(self, row: int, column: int) -> str:
        """What stands there as text, empty when blank."""
        value: Any = self.values[row, column]
        return "" if value is None else str(value).strip()

    def labels(self, rows: slice) -> npt.NDArray[np.object_]:
        """The texts of `rows`, each merged cell's text in all the cells it covers."""
        return self._texts[rows].copy()

    @cached_property
    def _texts(self) -> npt.NDArray[np.object_]:
        filled = self.values.copy()
        for top, left, bottom, right in self.spans:
            # A span may lie below all that holds something.
            if top >= filled.shape[0] or left >= filled.shape[1]:
                continue
            filled[top : bottom + 1, left : right + 1] = self.values[top, left]
        return of_each(filled, lambda v: "" if v is None else " ".join(str(v).split()))


@dataclass(frozen=True)
class Sheet:
    """A sheet whose cells are read only when asked for. `load` raises Unreadable, with the sheet's name, for a damaged one."""

    name: str
    hidden: bool
    load: Callable[[], Grid]


def of_each(values: npt.NDArray[np.object_], of: Callable[[Any], Any]) -> npt.NDArray[np.object_]:
    """`of` each of the values; of texts, which come again and again in a long table, it is asked once."""
    flat = values.ravel()
    found = np.empty(len(flat), dtype=object)
    # 1, 1.0 and True are equal, and mean different things: only texts are known by being equal.
    if pd.api.types.infer_dtype(flat, skipna=True) == "string":
        codes, distinct = pd.factorize(flat)
        told = np.empty(len(distinct) + 1, dtype=object)
        told[:-1] = [of(text) for text in distinct]
        if (codes < 0).any():
            told[-1] = of(None)
        found[:] = told[codes]
    else:
        for n, value in enumerate(flat):
            found[n] = of(value)
    return found.reshape(values.shape)


def address(row: int, column: int) -> str:
    """`B7` for (6, 1)."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


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


def within(rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]) -> tuple[int, int]:
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


def _before_gap(places: npt.NDArray[np.int64]) -> tuple[int, int]:
    """The last place before the widest gap, and how wide that is; counted from the sheet's edge nothing is a gap."""
    there = np.unique(places)
    if len(there) < 2:
        return int(there[0]), 0
    gaps = np.diff(there)
    widest = int(gaps.argmax())
    return int(there[widest]), int(gaps[widest])
