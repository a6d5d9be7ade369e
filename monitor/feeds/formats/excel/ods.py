"""OpenDocument workbooks (.ods), as LibreOffice writes them: all that calamine leaves out stands beside the values in one XML."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from lxml import etree

from monitor.feeds.formats.excel.cells import Marks, grid, no_result
from monitor.feeds.formats.excel.package import Package, not_a_workbook, protected
from monitor.feeds.grid import MOST_CELLS, Grid, Sheet, Unreadable
from monitor.language import legacy

CONTENT = "content.xml"
_MANIFEST = "META-INF/manifest.xml"
_OFFICE, _TABLE, _STYLE, _TEXT = (
    f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("office", "table", "style", "text")
)
_ROWS, _COLUMNS = 2**20, 2**14


@dataclass
class _Table:
    """A sheet as far as it is read: `row`, `column` are the next."""

    name: str
    hidden: bool
    marks: Marks = field(default_factory=Marks)
    values: dict[tuple[int, int], Any] = field(default_factory=dict)
    row: int = 0
    column: int = 0


def sheets(package: Package) -> list[Sheet]:
    """The sheets, read in one go. Raises Unreadable for what is none, is damaged, or has a password."""
    if b"encryption-data" in package.part(_MANIFEST):
        raise protected()
    try:
        tables = _tables(package.part(CONTENT))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise not_a_workbook(f"{CONTENT}: {error}") from None
    return [Sheet(table.name, table.hidden, partial(_load, table)) for table in tables]


def _load(table: _Table) -> Grid:
    if len(table.values) > MOST_CELLS:
        raise Unreadable("the table has more than {most} cells", sheet=table.name, most=MOST_CELLS)
    height, width, notes = table.marks.size()
    rows: list[list[Any]] = [[None] * width for _ in range(height)]
    for (row, column), value in table.values.items():
        if row < height and column < width:
            rows[row][column] = value
    return grid(table.name, table.hidden, rows, table.marks, notes)


def _tables(content: bytes) -> list[_Table]:
    """Raises etree.XMLSyntaxError, ValueError."""
    tables: list[_Table] = []
    fonts: dict[str, str] = {}
    hidden: set[str] = set()
    wanted = (f"{_STYLE}style", f"{_TABLE}table", f"{_TABLE}table-column", f"{_TABLE}table-row")
    for event, element in etree.iterparse(
        io.BytesIO(content), events=("start", "end"), tag=wanted, resolve_entities=False, no_network=True
    ):
        if element.tag == f"{_TABLE}table":
            if event == "start":
                style = element.get(f"{_TABLE}style-name", "")
                tables.append(_Table(element.get(f"{_TABLE}name", ""), style in hidden))
        elif event == "end":
            if element.tag == f"{_STYLE}style":
                _style(element, fonts, hidden)
            elif element.tag == f"{_TABLE}table-column" and tables:
                _column(element, tables[-1])
            elif tables:
                _row(element, tables[-1], fonts)
            element.clear()
    return tables


def _style(element: etree._Element, fonts: dict[str, str], hidden: set[str]) -> None:
    name = element.get(f"{_STYLE}name", "")
    for each in element:
        if each.get(f"{_TABLE}display") == "false":
            hidden.add(name)
        font = each.get(f"{_STYLE}font-name", "")
        if legacy.font(font).encoding:
            fonts[name] = font


def _column(element: etree._Element, table: _Table) -> None:
    until = min(table.column + _repeated(element, "columns"), _COLUMNS)
    if element.get(f"{_TABLE}visibility", "visible") != "visible":
        table.marks.hidden_columns.update(range(table.column, until))
    table.column = until


def _row(element: etree._Element, table: _Table, fonts: dict[str, str]) -> None:
    until = min(table.row + _repeated(element, "rows"), _ROWS)
    if element.get(f"{_TABLE}visibility", "visible") != "visible":
        table.marks.hidden_rows.update(range(table.row, until))
    column = 0
    for cell in element.iterchildren(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
        end = min(column + _repeated(cell, "columns"), _COLUMNS)
        value = _value(cell)
        formula = cell.get(f"{_TABLE}formula", "")
        if value is not None or formula:
            font = fonts.get(cell.get(f"{_TABLE}style-name", ""), "")
            for place in ((r, c) for r in range(table.row, until) for c in range(column, end)):
                if len(table.values) > MOST_CELLS:
                    break
                _put(table, place, value, formula, font)
        _span(cell, table, column)
        column = end
    table.row = until


def _put(table: _Table, place: tuple[int, int], value: Any, formula: str, font: str) -> None:
    table.values[place] = value
    table.marks.filled.append(place)
    if value is None:
        table.marks.flaws[place] = no_result(formula.partition(":=")[2] or formula)
    elif font:
        table.marks.fonts[place] = font


def _span(cell: etree._Element, table: _Table, column: int) -> None:
    down, across = (int(cell.get(f"{_TABLE}number-{way}-spanned", "1")) for way in ("rows", "columns"))
    if down > 1 or across > 1:
        table.marks.spans.append((table.row, column, table.row + down - 1, column + across - 1))


def _repeated(element: etree._Element, way: str) -> int:
    return max(int(element.get(f"{_TABLE}number-{way}-repeated", "1")), 1)


def _value(cell: etree._Element) -> Any:
    """A percentage in percent, a day as such; None when blank. Raises ValueError for a figure that is none."""
    kind = cell.get(f"{_OFFICE}value-type")
    if kind in ("float", "currency", "percentage"):
        value = float(cell.get(f"{_OFFICE}value", ""))
        return round(value * 100, 10) if kind == "percentage" else value
    if kind == "boolean":
        return cell.get(f"{_OFFICE}boolean-value") == "true"
    if kind == "date":
        moment = datetime.fromisoformat(cell.get(f"{_OFFICE}date-value", ""))
        return moment if "T" in cell.get(f"{_OFFICE}date-value", "") else moment.date()
    text = "\n".join("".join(map(str, each.itertext())) for each in cell.iterchildren(f"{_TEXT}p"))
    return text or None
