"""Workbooks that others open (.xlsx): what is written as a text stays that text, whatever it looks like."""

from __future__ import annotations

import io
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet


class _Sheet(Worksheet):  # type: ignore[misc]
    """A sheet whose `write_string` writes the string."""

    def write_string(self, row: int, col: int, string: str, cell_format: Any = None) -> Any:
        """As that of xlsxwriter, which takes what begins and ends so for XML of its own, and puts it in as it is."""
        if string.startswith("<r>") and string.endswith("</r>"):
            form = [] if cell_format is None else [cell_format]
            return self.write_rich_string(row, col, string[:1], string[1:2], string[2:], *form)
        return super().write_string(row, col, string, cell_format)


class Book(xlsxwriter.Workbook):  # type: ignore[misc]
    """A workbook into `written`: what begins with = is no formula, what looks like an address no link."""

    def __init__(self, written: io.BytesIO) -> None:
        super().__init__(written, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})

    def add_worksheet(self, name: str | None = None, worksheet_class: Any = None) -> Any:
        """A sheet of that name."""
        return super().add_worksheet(name, worksheet_class or _Sheet)
