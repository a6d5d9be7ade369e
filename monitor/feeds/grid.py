"""A sheet as it stands: values by row and column, before anything is known of what they mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Flaw = tuple[str, dict[str, object]]


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
    """One sheet. `values`: rows x columns of objects, None where blank; `flaws`: cells that hold no figure though they seem to,
    with the reason; `spans`: merged cells as (top, left, bottom, right), from 0; `sheet` is empty for a CSV file.
    """

    sheet: str
    values: npt.NDArray[np.object_]
    flaws: dict[tuple[int, int], Flaw] = field(default_factory=dict)
    spans: tuple[tuple[int, int, int, int], ...] = ()

    def cell(self, row: int, column: int) -> str:
        """The address a person would use: `B7` in a workbook, `7:2` (line:column) in a CSV file."""
        if not self.sheet:
            return f"{row + 1}:{column + 1}"
        from openpyxl.utils import get_column_letter  # noqa: PLC0415 - a fifth of a second, for workbooks only

        return f"{get_column_letter(column + 1)}{row + 1}"

    def text(self, row: int, column: int) -> str:
        """What stands there as text, empty when blank."""
        value: Any = self.values[row, column]
        return "" if value is None else str(value).strip()

    def labels(self, rows: slice) -> npt.NDArray[np.object_]:
        """The texts of `rows`, each merged cell's text in all the cells it covers."""
        filled = self.values.copy()
        for top, left, bottom, right in self.spans:
            # A span may lie below all that holds something.
            if top >= filled.shape[0] or left >= filled.shape[1]:
                continue
            filled[top : bottom + 1, left : right + 1] = self.values[top, left]
        texts = np.vectorize(lambda v: "" if v is None else " ".join(str(v).split()), otypes=[object])
        part: npt.NDArray[np.object_] = filled[rows]
        return texts(part) if part.size else part


def rectangle(rows: list[list[Any]]) -> npt.NDArray[np.object_]:
    """Rows of differing length as one array, short ones filled with None."""
    width = max((len(row) for row in rows), default=0)
    values = np.full((len(rows), width), None, dtype=object)
    for n, row in enumerate(rows):
        values[n, : len(row)] = row
    return values
