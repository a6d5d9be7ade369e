"""Excel's workbooks since 2007 (.xlsx, .xlsm): values by calamine, what it does not tell by the sheet's own XML."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from functools import lru_cache, partial

from lxml import etree
from python_calamine import CalamineWorkbook

from monitor.feeds.formats.excel import calamine
from monitor.feeds.formats.excel.cells import Marks, Run, grid, is_percent, no_result
from monitor.feeds.formats.excel.package import Package, not_a_workbook, parsed
from monitor.feeds.grid import Grid, Sheet, Unreadable, column_of
from monitor.language import legacy

WORKBOOK = "xl/workbook.xml"
_PERCENT = {"9", "10"}  # the number formats every workbook has, of which the file does not say so (ECMA-376, 18.8.30)

# Cells and rows with a format and nothing in them, nine in ten of a form's. Those without a place count for the next, so
# only those with one are left out; as Excel and all others write them, for a search by fixed letters is fast.
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_RUN = re.compile(rb"<(?:\w+:)?rFont\b")
_TEXTS = ("s", "str", "inlineStr")
_BLANK_CELL = re.compile(rb'<c r="[^<>/]*+/>')
_BLANK_ROW = re.compile(rb'<row r="(?![^<>]*hidden=)[^<>/]*+(?:/>|></row>)')


@dataclass(frozen=True)
class Style:
    """What matters of a cell's style."""

    percent: bool
    font: str
    encoded: bool


PLAIN = Style(percent=False, font="", encoded=False)


@dataclass(frozen=True)
class Book:
    """A workbook that is open: its parts, what calamine made of them, and its cell styles in their order."""

    package: Package
    parts: dict[str, bytes]
    values: CalamineWorkbook
    styles: list[Style]
    runs: dict[int, list[Run]]


def sheets(package: Package) -> list[Sheet]:
    """The worksheets (no charts). Raises Unreadable for a package that is none."""
    if WORKBOOK not in package:
        raise not_a_workbook(WORKBOOK)
    related = package.related(WORKBOOK)
    parts = calamine.parts_of(package, {name for kind, name in related.values() if kind == "worksheet"})
    book = Book(package, parts, calamine.opened(parts), _styles(package), _runs(package))
    found = []
    for index, each in enumerate(package.tree(WORKBOOK).iterfind("{*}sheets/{*}sheet")):
        identity = next((value for name, value in each.items() if etree.QName(name).localname == "id"), "")
        kind, part = related.get(identity, ("", ""))
        if kind == "worksheet":
            name, hidden = each.get("name", ""), each.get("state", "visible") != "visible"
            found.append(Sheet(name, hidden, partial(_load, book, index, name, hidden, part)))
    return found


def _load(book: Book, index: int, name: str, hidden: bool, part: str) -> Grid:
    try:
        written = _BLANK_ROW.sub(b"", _BLANK_CELL.sub(b"", book.package.part(part)))
        marks = _marks(written, book)
    except (Unreadable, etree.XMLSyntaxError, ValueError) as error:
        raise not_a_workbook(str(error), name) from None
    height, width, notes = marks.size()
    values = book.values
    if notes:  # calamine takes memory for all between A1 and the last cell: it is shown what will be read
        values = calamine.opened({**book.parts, part: _cut(written, height, width)})
    return grid(name, hidden, calamine.rows(values, index, name), marks, notes)


def _marks(written: bytes, book: Book) -> Marks:
    """What the XML of a sheet says of its cells. Raises etree.XMLSyntaxError, ValueError for a damaged one."""
    marks = Marks()
    row = -1
    wanted = ("{*}row", "{*}col", "{*}mergeCell")
    for _, element in etree.iterparse(io.BytesIO(written), tag=wanted, resolve_entities=False, no_network=True):
        tag = etree.QName(element).localname
        if tag == "row":
            row = int(element.get("r") or row + 2) - 1
            _row(element, row, book, marks)
        elif tag == "mergeCell":
            first, _, last = element.get("ref", "").partition(":")
            marks.spans.append((*place(first), *place(last or first)))
        elif element.get("hidden") in ("1", "true"):
            left, right = int(element.get("min", 1)), int(element.get("max", 1))
            marks.hidden_columns.update(range(left - 1, min(right, 2**14)))
        element.clear()
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]
    return marks


def _row(element: etree._Element, row: int, book: Book, marks: Marks) -> None:
    if element.get("hidden") in ("1", "true"):
        marks.hidden_rows.add(row)
    column = -1
    for cell in element.iterchildren("{*}c"):
        at = cell.get("r")
        where = place(at) if at else (row, column + 1)
        column = where[1]
        value, formula = cell.find("{*}v"), cell.find("{*}f")
        kind = cell.get("t", "n")
        stored = value is not None and (value.text is not None or kind == "str")
        if formula is not None and not stored:
            marks.flaws[where] = no_result(formula.text or "")
        elif value is None and kind != "inlineStr":
            continue
        marks.filled.append(where)
        if kind == "e" and value is not None:
            marks.texts[where] = value.text or ""
        style = book.styles[int(cell.get("s", 0))] if book.styles else PLAIN
        if kind in _TEXTS and style.encoded:
            marks.fonts[where] = style.font
        if kind == "s" and value is not None and int(value.text or 0) in book.runs:
            marks.runs[where] = book.runs[int(value.text or 0)]
        if style.percent and kind == "n":
            marks.percent.append(where)


@lru_cache(maxsize=65536)
def place(reference: str) -> tuple[int, int]:
    """(6, 1) for `B7`. Raises ValueError for what is none."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise ValueError(reference)
    return int(found[2]) - 1, column_of(found[1])


def _cut(written: bytes, height: int, width: int) -> bytes:
    """A sheet's XML without the cells outside of those rows and columns."""
    sheet = parsed(written)
    for cell in list(sheet.iterfind("{*}sheetData/{*}row/{*}c")):
        row, column = place(cell.get("r", ""))
        parent = cell.getparent()
        if parent is not None and (row >= height or column >= width):
            parent.remove(cell)
    return etree.tostring(sheet)


def _styles(package: Package) -> list[Style]:
    """The styles of cells by their number in `s`."""
    part = _part(package, "styles")
    if part not in package:
        return []
    tree = package.tree(part)
    codes = {each.get("numFmtId"): each.get("formatCode", "") for each in tree.iterfind("{*}numFmts/{*}numFmt")}
    names = [each.find("{*}name") for each in tree.iterfind("{*}fonts/{*}font")]
    fonts = dict(enumerate("" if name is None else name.get("val", "") for name in names))
    return [
        Style(
            percent=is_percent(codes.get(each.get("numFmtId"), "%" if each.get("numFmtId") in _PERCENT else "")),
            font=(font := fonts.get(int(each.get("fontId", 0)), "")),
            encoded=legacy.font(font).encoding is not None,
        )
        for each in tree.iterfind("{*}cellXfs/{*}xf")
    ]


def _runs(package: Package) -> dict[int, list[Run]]:
    """Of the texts that all sheets share, those in several fonts, by their number."""
    part = _part(package, "sharedStrings")
    if not _RUN.search(package.part(part)):
        return {}
    found = {}
    for index, text in enumerate(package.tree(part).iterfind("{*}si")):
        runs = text.findall("{*}r")
        if runs:
            fonts = [run.find("{*}rPr/{*}rFont") for run in runs]
            names = ["" if font is None else font.get("val", "") for font in fonts]
            found[index] = [(name, run.findtext("{*}t") or "") for name, run in zip(names, runs, strict=True)]
    return found


def _part(package: Package, wanted: str) -> str:
    return next((name for kind, name in package.related(WORKBOOK).values() if kind == wanted), "")
