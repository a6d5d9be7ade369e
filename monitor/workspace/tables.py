"""Tables of a plan as they lie beside the rules: CSV (UTF-8) and .xlsx, to the rows of texts, numbers and days in them."""

from __future__ import annotations

import csv
import io
from pathlib import PurePath
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from monitor.model.problem import Problem, Problems
from monitor.rules.plan import Sheet

SUFFIXES = (".csv", ".xlsx")
# No plan that a body hands out has more.
MOST_BYTES = 20_000_000


def read_table(name: str, content: bytes) -> list[Sheet]:
    """The table of a CSV, or those of a workbook's sheets. Raises Problems for what is none."""
    if len(content) > MOST_BYTES:
        raise Problems([Problem(name, "the file is larger than {most} bytes", {"most": MOST_BYTES})])
    if PurePath(name).suffix == ".xlsx":
        return _workbook(name, content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        found = f"0x{content[error.start]:02x}"
        message = "the file is not UTF-8: found the byte {found}. Save it again as UTF-8"
        raise Problems([Problem(name, message, {"found": found}, line, 1)]) from None
    try:
        dialect: Any = csv.Sniffer().sniff(text[:4096], ",;\t")
    except csv.Error:
        dialect = csv.excel
    try:
        rows = tuple(tuple(row) for row in csv.reader(io.StringIO(text, newline=""), dialect))
    except csv.Error as error:
        raise Problems([Problem(name, "the table cannot be read: {reason}", {"reason": str(error)})]) from None
    return [Sheet(name, rows)]


def _workbook(name: str, content: bytes) -> list[Sheet]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        found = []
        for sheet in book.sheet_names:
            rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
            if any(cell not in (None, "") for row in rows for cell in row):
                found.append(Sheet(f"{name}!{sheet}", tuple(tuple(row) for row in rows), spreadsheet=True))
        return found
    except (CalamineError, OSError, ValueError) as error:
        message = "the workbook cannot be read: {reason}"
        raise Problems([Problem(name, message, {"reason": str(error)})]) from None
