"""Excel's binary workbooks (.xlsb): values by calamine, what it does not tell by the records of the sheet ([MS-XLSB])."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from python_calamine import CalamineWorkbook

from monitor.feeds.formats.excel import calamine
from monitor.feeds.formats.excel.cells import Marks, grid, is_percent
from monitor.feeds.formats.excel.package import Package, not_a_workbook
from monitor.feeds.grid import MOST_CELLS, Grid, Sheet, Unreadable
from monitor.language import legacy

WORKBOOK = "xl/workbook.bin"

# The records read here, by the numbers of [MS-XLSB] 2.3.2.
_ROW, _BLANK, _ERROR, _FORMULA_ERROR = 0, 1, 3, 11
_CELLS = range(1, 12)
_NUMBERS = (2, 5, 9)
_TEXTS = (6, 7, 8)
_FONT, _FORMAT, _STYLE, _COLUMN, _SHEET, _MERGED = 43, 44, 47, 60, 156, 176
_STYLES_BEGIN, _STYLES_END = 617, 618
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_PERCENT = {9: "0%", 10: "0.00%"}


@dataclass(frozen=True)
class Book:
    """A workbook that is open; `percent`, `fonts`: of its cell styles in their order."""

    package: Package
    values: CalamineWorkbook
    percent: list[bool]
    fonts: list[str]


def sheets(package: Package) -> list[Sheet]:
    """The worksheets. Raises Unreadable for a package that is none."""
    try:
        related = package.related(WORKBOOK)
        listed = [_listed(body) for kind, body in _records(package.part(WORKBOOK)) if kind == _SHEET]
        percent, fonts = _styles(package.part("xl/styles.bin"))
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise not_a_workbook(str(error)) from None
    parts = calamine.parts_of(package, {name for kind, name in related.values() if kind == "worksheet"})
    book = Book(package, calamine.opened(parts), percent, fonts)
    return [
        Sheet(name, hidden, partial(_load, book, index, name, hidden, related[identity][1]))
        for index, (name, hidden, identity) in enumerate(listed)
        if related.get(identity, ("", ""))[0] == "worksheet"
    ]


def _load(book: Book, index: int, name: str, hidden: bool, part: str) -> Grid:
    try:
        marks = _marks(book.package.part(part), book)
    except (Unreadable, struct.error, IndexError) as error:
        raise not_a_workbook(str(error), name) from None
    height, width, notes = marks.size()
    if notes and (max(r for r, _ in marks.filled) + 1) * (max(c for _, c in marks.filled) + 1) > 4 * MOST_CELLS:
        raise Unreadable("the table has more than {most} cells", sheet=name, most=MOST_CELLS)
    rows = [row[:width] for row in calamine.rows(book.values, index, name)[:height]]
    return grid(name, hidden, rows, marks, notes)


def _records(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The records of a part: number and body. Both number and length are written seven bits a byte, the least first."""
    at = 0
    while at < len(content):
        kind = content[at]
        at += 1
        if kind & 0x80:
            kind = kind & 0x7F | (content[at] & 0x7F) << 7
            at += 1
        size = 0
        for shift in range(0, 28, 7):
            byte = content[at]
            at += 1
            size |= (byte & 0x7F) << shift
            if not byte & 0x80:
                break
        yield kind, content[at : at + size]
        at += size


def _text(body: bytes, at: int) -> tuple[str, int]:
    """A text with its length in front, and where it ends."""
    (length,) = struct.unpack_from("<I", body, at)
    end = at + 4 + 2 * length
    return body[at + 4 : end].decode("utf-16-le"), end


def _listed(body: bytes) -> tuple[str, bool, str]:
    """A sheet's name, whether it is hidden, and the id of its part."""
    identity, end = _text(body, 8)
    name, _ = _text(body, end)
    return name, body[0] != 0, identity


def _styles(content: bytes) -> tuple[list[bool], list[str]]:
    codes, names = dict(_PERCENT), []
    percent: list[bool] = []
    fonts: list[str] = []
    within = False
    for kind, body in _records(content):
        within = kind == _STYLES_BEGIN or (within and kind != _STYLES_END)
        if kind == _FONT:
            names.append(_text(body, 21)[0])
        elif kind == _FORMAT:
            codes[struct.unpack_from("<H", body)[0]] = _text(body, 2)[0]
        elif kind == _STYLE and within:
            _, code, font = struct.unpack_from("<HHH", body)
            percent.append(is_percent(codes.get(code, "")))
            fonts.append(names[font] if font < len(names) and legacy.font(names[font]).encoding else "")
    return percent, fonts


def _marks(content: bytes, book: Book) -> Marks:
    marks, row = Marks(), 0
    for kind, body in _records(content):
        if kind == _ROW:
            (row,) = struct.unpack_from("<I", body)
            if body[11] & 0x10:
                marks.hidden_rows.add(row)
        elif kind == _MERGED:
            top, bottom, left, right = struct.unpack_from("<4I", body)
            marks.spans.append((top, left, bottom, right))
        elif kind == _COLUMN:
            left, right, _, _, flags = struct.unpack_from("<4IH", body)
            if flags & 1:
                marks.hidden_columns.update(range(left, min(right + 1, 2**14)))
        elif kind in _CELLS and kind != _BLANK:
            column, style = struct.unpack_from("<II", body)
            _cell(kind, body, (row, column), style & 0xFFFFFF, book, marks)
    return marks


def _cell(kind: int, body: bytes, place: tuple[int, int], style: int, book: Book, marks: Marks) -> None:
    marks.filled.append(place)
    if kind in _NUMBERS and style < len(book.percent) and book.percent[style]:
        marks.percent.append(place)
    if kind in _TEXTS and style < len(book.fonts) and book.fonts[style]:
        marks.fonts[place] = book.fonts[style]
    if kind in (_ERROR, _FORMULA_ERROR):
        marks.texts[place] = _ERRORS.get(body[8], "#N/A")
