"""Excel's workbooks of 2003 in XML (XML Spreadsheet), which keep the ending .xls and which many programs still write."""

from __future__ import annotations

import codecs
import re
from datetime import datetime
from functools import partial
from typing import Any

from lxml import etree

from monitor.feeds.formats.excel.cells import Marks, grid, is_percent, no_result
from monitor.feeds.formats.excel.package import not_a_workbook, parsed
from monitor.feeds.grid import Grid, Sheet
from monitor.language import legacy

_NAMESPACE = "{urn:schemas-microsoft-com:office:spreadsheet}"
_START = re.compile(rb"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*<(?:\w+:)?Workbook\b", re.DOTALL)
_LAST_ROW, _LAST_COLUMN = 2**20, 2**14


def is_book(content: bytes) -> bool:
    """Whether the bytes begin as such a workbook does."""
    start = content[:4096].removeprefix(codecs.BOM_UTF8)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        start = start.decode("utf-16", "ignore").encode()
    return _START.match(start) is not None and _NAMESPACE.strip("{}").encode() in start


def sheets(content: bytes) -> list[Sheet]:
    """The worksheets. Raises Unreadable for XML that is damaged or cut short."""
    try:
        book = parsed(content)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise not_a_workbook(str(error)) from None
    percent, fonts = _styles(book)
    found = []
    for number, sheet in enumerate(book.iterfind("{*}Worksheet"), start=1):
        name = sheet.get(f"{_NAMESPACE}Name") or str(number)
        hidden = (sheet.findtext("{*}WorksheetOptions/{*}Visible") or "SheetVisible") != "SheetVisible"
        found.append(Sheet(name, hidden, partial(_load, name, hidden, sheet, percent, fonts)))
    return found


def _styles(book: etree._Element) -> tuple[set[str], dict[str, str]]:
    """The ids of styles that show percentages; id -> font, of those whose name tells an encoding."""
    percent, fonts = set(), {}
    for style in book.iterfind("{*}Styles/{*}Style"):
        name, form, font = style.get(f"{_NAMESPACE}ID", ""), style.find("{*}NumberFormat"), style.find("{*}Font")
        code = form.get(f"{_NAMESPACE}Format", "") if form is not None else ""
        if code == "Percent" or is_percent(code):
            percent.add(name)
        written = font.get(f"{_NAMESPACE}FontName", "") if font is not None else ""
        if legacy.font(written).encoding:
            fonts[name] = written
    return percent, fonts


def _load(name: str, hidden: bool, sheet: etree._Element, percent: set[str], fonts: dict[str, str]) -> Grid:
    marks = Marks()
    values: dict[tuple[int, int], Any] = {}
    try:
        _columns(sheet, marks)
        row = -1
        for line in sheet.iterfind("{*}Table/{*}Row"):
            row = _place(line, row, _LAST_ROW)
            if line.get(f"{_NAMESPACE}Hidden") == "1":
                marks.hidden_rows.add(row)
            _row(line, row, values, marks, percent, fonts)
    except ValueError as error:
        raise not_a_workbook(str(error), name) from None
    marks.filled = [*values, *marks.flaws]
    height, width, notes = marks.size()
    rows: list[list[Any]] = [[None] * width for _ in range(height)]
    for (r, c), value in values.items():
        if r < height and c < width:
            rows[r][c] = value
    return grid(name, hidden, rows, marks, notes)


def _columns(sheet: etree._Element, marks: Marks) -> None:
    column = -1
    for each in sheet.iterfind("{*}Table/{*}Column"):
        first = _place(each, column, _LAST_COLUMN)
        column = first + _count(each, "Span", _LAST_COLUMN)
        if each.get(f"{_NAMESPACE}Hidden") == "1":
            marks.hidden_columns.update(range(first, column + 1))


def _row(
    line: etree._Element,
    row: int,
    values: dict[tuple[int, int], Any],
    marks: Marks,
    percent: set[str],
    fonts: dict[str, str],
) -> None:
    column = -1
    for cell in line.iterfind("{*}Cell"):
        column = _place(cell, column, _LAST_COLUMN)
        place, style = (row, column), cell.get(f"{_NAMESPACE}StyleID", "")
        across, down = _count(cell, "MergeAcross", _LAST_COLUMN), _count(cell, "MergeDown", _LAST_ROW)
        if across or down:
            marks.spans.append((row, column, row + down, column + across))
        data, formula = cell.find("{*}Data"), cell.get(f"{_NAMESPACE}Formula")
        if data is not None:
            values[place] = _value(data)
            if style in percent:
                marks.percent.append(place)
            if style in fonts:
                marks.fonts[place] = fonts[style]
        elif formula is not None:
            marks.flaws[place] = no_result(formula.removeprefix("="))
        column += across


def _place(element: etree._Element, before: int, last: int) -> int:
    """Where a row, column or cell stands, from 0: as it says, else next to the one before. Raises ValueError."""
    place = int(element.get(f"{_NAMESPACE}Index", before + 2)) - 1
    if not 0 <= place < last:
        raise ValueError(f"Index={place + 1}")
    return place


def _count(element: etree._Element, attribute: str, most: int) -> int:
    return min(max(int(element.get(f"{_NAMESPACE}{attribute}", 0)), 0), most)


def _value(data: etree._Element) -> Any:
    """Raises ValueError for what is not of the type that it says."""
    text = "".join(data.itertext())
    match data.get(f"{_NAMESPACE}Type"):
        case "Number":
            return float(text)
        case "Boolean":
            return text.strip() == "1"
        case "DateTime":
            moment = datetime.fromisoformat(text.strip())
            return moment if moment.time() != datetime.min.time() else moment.date()
    return text
