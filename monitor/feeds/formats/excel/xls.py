"""Excel's workbooks before 2007 (.xls), by xlrd: it alone tells the formats and fonts of their cells."""

from __future__ import annotations

import io
import re
import struct
from functools import partial
from typing import Any, cast

import xlrd
from xlrd.formula import FMLA_TYPE_CELL, decompile_formula
from xlrd.sheet import Sheet as Written

from monitor.feeds.formats.excel.cells import Marks, grid, is_percent, no_result
from monitor.feeds.formats.excel.package import not_a_workbook, protected
from monitor.feeds.grid import Grid, Sheet
from monitor.language import legacy

# A compound file (OLE 2), and the bare streams of Excel 2 to 4.
COMPOUND = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # an .xlsx with a password is a compound file, too
SIGNATURES = (COMPOUND, b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")

# Records of a sheet's stream ([MS-XLS] 2.3), and how a formula's empty result looks.
_BEGINS, _ENDS, _FORMULAS = (0x0009, 0x0209, 0x0409, 0x0809), 0x000A, (0x0006, 0x0206, 0x0406)
_EMPTY, _NO_NUMBER = b"\x03", b"\xff\xff"
_TOKENS, _UNTOLD = 22, "…"


def sheets(content: bytes) -> list[Sheet]:
    """The worksheets. Raises Unreadable for what is no workbook or protected by a password."""
    if content.startswith(COMPOUND) and _ENCRYPTED in content:
        raise protected()
    try:
        book = xlrd.open_workbook(
            file_contents=content, formatting_info=True, on_demand=True, ragged_rows=True, logfile=io.StringIO()
        )
        found = []
        for index, name in enumerate(book.sheet_names()):
            # What a sheet tells of itself only once it is read.
            hidden = book._sheet_visibility[index] != 0  # type: ignore[attr-defined]
            found.append(Sheet(name, hidden, partial(_load, book, index, name, hidden)))
    except Exception as error:  # whatever xlrd meets in bytes gone wrong: struct.error, IndexError, AssertionError, …
        raise protected() if "encrypted" in str(error) else not_a_workbook(str(error)) from None
    return found


def _load(book: xlrd.Book, index: int, name: str, hidden: bool) -> Grid:
    try:
        written = book.sheet_by_index(index)
        book.unload_sheet(index)
        marks = _marks(book, written)
        height, width, notes = marks.size()
        rows = [
            [_value(book, written, r, c) for c in range(min(written.row_len(r), width))]
            for r in range(min(written.nrows, height))
        ]
    except Exception as error:  # as above
        raise not_a_workbook(str(error), name) from None
    return grid(name, hidden, rows, marks, notes)


def _marks(book: xlrd.Book, written: Written) -> Marks:
    marks = Marks()
    empty: set[tuple[int, int]] = set()
    percent = {
        index
        for index, xf in enumerate(book.xf_list)
        if xf.format_key in book.format_map and is_percent(book.format_map[xf.format_key].format_str or "")
    }
    for r in range(written.nrows):
        for c, kind in enumerate(written.row_types(r)):
            if kind in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
                continue
            marks.filled.append((r, c))
            if kind == xlrd.XL_CELL_TEXT and not written.cell_value(r, c):
                empty.add((r, c))
            elif kind == xlrd.XL_CELL_TEXT:
                _fonts(book, written, r, c, marks)
            elif kind == xlrd.XL_CELL_NUMBER and written.cell_xf_index(r, c) in percent:
                marks.percent.append((r, c))
    if empty:
        marks.flaws |= {p: no_result(text) for p, text in _unreckoned(book, written).items() if p in empty}
    marks.spans = [(top, left, bottom - 1, right - 1) for top, bottom, left, right in written.merged_cells]
    marks.hidden_rows = {r for r, info in written.rowinfo_map.items() if info.hidden}
    marks.hidden_columns = {c for c, info in written.colinfo_map.items() if info.hidden}
    return marks


def _unreckoned(book: xlrd.Book, written: Written) -> dict[tuple[int, int], str]:
    """The sheet's formulas that nobody has reckoned, as they are written. One whose result is an empty text is stored alike
    ([MS-XLS] 2.5.133): where another formula of the sheet has a result, only those are told that can only give a number.
    """
    memory, place = cast(bytes, book.mem), book._sh_abs_posn[written.number]  # type: ignore[attr-defined]
    found: dict[tuple[int, int], str] = {}
    none_has_result = True
    depth = 0
    while place + 4 <= len(memory):
        code, length = struct.unpack_from("<HH", memory, place)
        # A chart in the sheet is a stream of its own within.
        depth += (code in _BEGINS) - (code == _ENDS)
        if depth == 0:
            break
        if code in _FORMULAS:
            row, column, _, result, kind = struct.unpack_from("<HHH6s2s", memory, place + 4)
            if result[:1] == _EMPTY and kind == _NO_NUMBER:
                found[row, column] = _formula(book, memory[place + 4 : place + 4 + length], row, column)
            else:
                none_has_result = False
        place += 4 + length
    return found if none_has_result else {p: text for p, text in found.items() if _is_reckoning(text)}


def _formula(book: xlrd.Book, record: bytes, row: int, column: int) -> str:
    """A formula's text; `…` where it cannot be told (Excel before 97, one that is shared by several cells)."""
    if book.biff_version < 80 or len(record) < _TOKENS:
        return _UNTOLD
    (length,) = struct.unpack_from("<H", record, _TOKENS - 2)
    try:
        text = decompile_formula(
            book, record[_TOKENS : _TOKENS + length], length, FMLA_TYPE_CELL, browx=row, bcolx=column
        )
    except Exception:  # whatever xlrd meets in tokens that it does not know
        return _UNTOLD
    return str(text or _UNTOLD)


def _is_reckoning(formula: str) -> bool:
    """Whether only a number can come of a formula: sums, products, means; not `IF(A1="","",A1)`, nor a mere reference."""
    if '"' in formula or "&" in formula or re.search(r"\b(?:IF|CHOOSE|[VH]?LOOKUP|INDEX|INDIRECT|T|TEXT)\(", formula):
        return False
    bare = re.sub(r"'[^']*'", "", formula)
    return bool(re.search(r"[-+*/^]|\b(?:SUM|SUMIF|SUBTOTAL|AVERAGE|MEDIAN|ROUND|MAX|MIN|COUNTA?|PRODUCT)\(", bare))


def _fonts(book: xlrd.Book, written: Written, row: int, column: int, marks: Marks) -> None:
    own = book.font_list[book.xf_list[written.cell_xf_index(row, column)].font_index].name
    if legacy.font(own).encoding:
        marks.fonts[row, column] = own
    runs = written.rich_text_runlist_map.get((row, column), [])
    if runs:
        text = str(written.cell_value(row, column))
        starts = [0, *(start for start, _ in runs)]
        names = [own, *(book.font_list[index].name for _, index in runs)]
        ends = [*starts[1:], len(text)]
        marks.runs[row, column] = [
            (name, text[start:end]) for name, start, end in zip(names, starts, ends, strict=True)
        ]


def _value(book: xlrd.Book, written: Written, row: int, column: int) -> Any:
    kind, value = written.cell_type(row, column), cast(Any, written.cell_value(row, column))
    if kind in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return None
    if kind == xlrd.XL_CELL_BOOLEAN:
        return bool(value)
    if kind == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(value, "#N/A")
    if kind == xlrd.XL_CELL_DATE:
        try:
            moment = xlrd.xldate_as_datetime(value, book.datemode)
        except (ValueError, OverflowError):
            return value
        return moment.date() if value >= 1 and value == int(value) else moment
    return value
