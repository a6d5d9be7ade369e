"""A workbook: of each sheet that is shown, the lines above its table, and the table as it is seen."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from monitor.derive.passage import Block, Passage, Table, joined
from monitor.model.problem import Problem, Problems


def read(name: str, content: bytes) -> list[Block]:
    """The sheets' passages and tables, each with its sheet and row."""
    try:
        book = load_workbook(io.BytesIO(content), data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        message = "the document cannot be read: {reason}"
        raise Problems([Problem(name, message, {"reason": str(error) or type(error).__name__})]) from None
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    return list(joined([block for sheet in shown for block in _sheet(sheet)], wrapped=False))


def _sheet(sheet: Any) -> list[Block]:
    cells = [[_printed(cell) for cell in row] for row in sheet.iter_rows()]
    for merged in sheet.merged_cells.ranges:
        for line, column in ((c[0] - 1, c[1] - 1) for row in merged.rows for c in row):
            cells[line][column] = cells[merged.min_row - 1][merged.min_col - 1]
    wide = [n for n, row in enumerate(cells) if len({cell for cell in row if cell}) >= (3 if len(row) > 2 else 2)]
    first, last = (wide[0], wide[-1]) if len(wide) > 1 else (len(cells), len(cells))
    blocks: list[Block] = []
    for n, row in enumerate(cells):
        if first <= n <= last:
            continue
        if n == last + 1 and first <= last:
            blocks.append(_table(sheet.title, cells, first, last))
        blocks += [Passage(cell, f"{sheet.title}:{n + 1}") for cell in dict.fromkeys(row) if cell]
    if first <= last == len(cells) - 1:
        blocks.append(_table(sheet.title, cells, first, last))
    return blocks


def _table(title: str, cells: list[list[str]], first: int, last: int) -> Table:
    kept = [n for n in range(len(cells[first])) if any(row[n] for row in cells[first : last + 1])]
    rows = [tuple(row[n] for n in kept) for row in cells[first : last + 1]]
    return Table(tuple(row for row in rows if any(row)), f"{title}:{first + 1}")


def _printed(cell: Any) -> str:
    """A cell as Vietnamese prints it: 1.250 and 7,5; a share with its %."""
    value = cell.value
    if value is None or isinstance(value, bool):
        return ""
    if not isinstance(value, int | float):
        return " ".join(str(value).split())
    share = "%" in str(cell.number_format)
    plain = f"{round(value * (100 if share else 1), 6):,.10f}".rstrip("0").rstrip(".")
    year = value == int(value) and 1900 <= value < 2200 and not share
    printed = str(int(value)) if year else plain.translate(str.maketrans(",.", ".,"))
    return f"{printed}%" if share else printed
