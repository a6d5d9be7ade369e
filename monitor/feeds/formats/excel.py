"""Excel workbooks (.xlsx)."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from monitor.feeds.grid import Flaw, Grid, Unreadable, rectangle
from monitor.language import fold
from monitor.model.document import Declared
from monitor.model.problem import nearest

# A workbook is a zip: a small file may unpack to fill the memory.
MOST_UNPACKED = 300 * 2**20

# A formula in a sheet's XML: openpyxl tells either formulas or their results, and reading twice is for those that have any.
FORMULA = re.compile(rb"<(\w+:)?f[ >/]")

# What zipfile, zlib, the XML parser and openpyxl raise for a file with a byte gone wrong, or with a password.
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, InvalidFileException, SyntaxError),
    *(EOFError, KeyError, ValueError, TypeError, RuntimeError),
)

SUFFIXES = (".xlsx", ".xlsm")


class Options(Declared):
    """Which sheet to read; without one, every sheet that has the header."""

    sheet: str | None = None


def read(content: bytes, options: Options) -> list[Grid]:
    """The workbook's sheets. Raises Unreadable for what is no workbook, is cut short, unpacks too large, or lacks the sheet."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
            if unpacked > MOST_UNPACKED:
                message = "the workbook unpacks to {found} MB, more than {most} MB"
                raise Unreadable(message, found=unpacked // 2**20, most=MOST_UNPACKED // 2**20)
            xml = (name for name in archive.namelist() if name.endswith(".xml"))
            with_formulas = any(FORMULA.search(archive.read(name)) for name in xml)
        values = load_workbook(io.BytesIO(content), data_only=True)
        formulas = load_workbook(io.BytesIO(content)) if with_formulas else values
    except DAMAGED as error:
        old = content[:4] == b"\xd0\xcf\x11\xe0"
        message = (
            "this is an old Excel file (.xls) or one with a password: save it as .xlsx without one"
            if old
            else "this is not an Excel workbook (.xlsx), or it is cut short: {reason}"
        )
        raise Unreadable(message, reason=str(error)) from None
    names = [sheet.title for sheet in values.worksheets]
    if options.sheet is not None:
        if options.sheet not in names:
            message = 'sheet "{found}" is not in the workbook, which has: {names}. Did you mean "{near}"?'
            near = nearest(options.sheet, names) or names[0]
            raise Unreadable(message, found=options.sheet, names=", ".join(names), near=near)
        names = [options.sheet]
    return [_grid(values[name], formulas[name]) for name in names]


def _grid(values: Worksheet, formulas: Worksheet) -> Grid:
    spans = tuple((m.min_row - 1, m.min_col - 1, m.max_row - 1, m.max_col - 1) for m in values.merged_cells.ranges)
    flaws: dict[tuple[int, int], Flaw] = {}
    rows: list[list[Any]] = []
    for r, (cells, written) in enumerate(zip(values.iter_rows(), formulas.iter_rows(), strict=True)):
        row: list[Any] = []
        for c, (cell, formula) in enumerate(zip(cells, written, strict=True)):
            value = cell.value
            if value is None and formula.data_type == "f":
                message = "the formula {found} has no stored result: open the file in Excel, save it, and send it again"
                flaws[r, c] = (message, {"found": str(formula.value)})
            row.append(_percent(cell, value) if isinstance(value, int | float) else _text(value))
        rows.append(row)
    for top, left, bottom, right in spans:
        if fold(str(values.cell(top + 1, left + 1).value or "")):
            message = "the cell is merged with its neighbours ({found}): it cannot be told whose figure it is"
            found = f"{values.cell(top + 1, left + 1).coordinate}:{values.cell(bottom + 1, right + 1).coordinate}"
            flaws[top, left] = (message, {"found": found})
    return Grid(values.title, rectangle(rows), flaws, spans)


def _percent(cell: Cell | MergedCell, value: float) -> float:
    """A cell that Excel shows as a percentage holds a share of one: 0.9515 under the format 0.00% is 95,15%."""
    if isinstance(value, bool) or "%" not in (cell.number_format or ""):
        return value
    return round(value * 100, 10)


def _text(value: Any) -> Any:
    return (value.strip() or None) if isinstance(value, str) else value
