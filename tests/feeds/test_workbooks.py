"""Workbooks of every kind that offices send: the same sheet reads alike in each, with its cells' own addresses; the rest is told."""

from __future__ import annotations

import io
import os
import random
import re
import struct
import time
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import odf.opendocument
import odf.style
import odf.table
import odf.text
import openpyxl
import psutil
import pytest
import xlsxwriter
import xlwt
from support import xlsb

from monitor.feeds import formats
from monitor.feeds.formats import excel
from monitor.feeds.formats.csv import Options as TextOptions
from monitor.feeds.grid import MOST_CELLS, Grid, Sheet, Unreadable
from monitor.language import legacy

# The sheet that every format is given: begins at B3, row 5 and column E are hidden, B7:C7 is merged; a second sheet is hidden.
CELLS: dict[str, Any] = {"B3": "Chỉ tiêu", "C3": 2024, "D3": 1.5, "B4": ("percent", 0.9515), "C4": date(2024, 3, 1), "E4": True, "B5": "ẩn", "B7": "gộp"}  # fmt: skip
READ = [
    [None] * 5,
    [None] * 5,
    [None, "Chỉ tiêu", 2024, 1.5, None],
    [None, 95.15, date(2024, 3, 1), None, True],
    [None, "ẩn", None, None, None],
    [None] * 5,
    [None, "gộp", None, None, None],
]


def sheets(content: bytes, **options: Any) -> list[Sheet]:
    return excel.read(content, excel.Options(**options))


def first(content: bytes) -> Grid:
    return sheets(content)[0].load()


def place(cell: str) -> tuple[int, int]:
    row, column = openpyxl.utils.cell.coordinate_to_tuple(cell)
    return row - 1, column - 1


def xlsx() -> bytes:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content)
    sheet, percent, day = (
        book.add_worksheet("Biểu 1"),
        book.add_format({"num_format": "0.00%"}),
        book.add_format({"num_format": "d/m/yyyy"}),
    )
    for cell, value in CELLS.items():
        if isinstance(value, tuple):
            sheet.write_number(cell, value[1], percent)
        elif isinstance(value, date):
            sheet.write_datetime(cell, value, day)
        else:
            sheet.write(cell, value)
    sheet.merge_range("B7:C7", "gộp")
    sheet.set_row(4, None, None, {"hidden": True})
    sheet.set_column("E:E", None, None, {"hidden": True})
    book.add_chartsheet("Đồ thị")
    book.add_worksheet("Ẩn").hide()
    book.close()
    return content.getvalue()


def xls() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Biểu 1")
    styles = {tuple: xlwt.easyxf(num_format_str="0.00%"), date: xlwt.easyxf(num_format_str="D/M/YYYY")}
    for cell, value in CELLS.items():
        if cell != "B7":
            sheet.write(
                *place(cell),
                value[1] if isinstance(value, tuple) else value,
                styles.get(type(value), xlwt.Style.default_style),
            )
    sheet.write_merge(6, 6, 1, 2, "gộp")
    sheet.row(4).hidden = True
    sheet.col(4).hidden = True
    book.add_sheet("Ẩn").visibility = 1
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def ods() -> bytes:
    book = odf.opendocument.OpenDocumentSpreadsheet()
    unseen = odf.style.Style(name="unseen", family="table")
    unseen.addElement(odf.style.TableProperties(display="false"))
    book.automaticstyles.addElement(unseen)
    table = odf.table.Table(name="Biểu 1")
    table.addElement(odf.table.TableColumn(numbercolumnsrepeated=4))
    table.addElement(odf.table.TableColumn(visibility="collapse"))
    for r in range(7):
        row = odf.table.TableRow(**({"visibility": "collapse"} if r == 4 else {}))
        for c in range(5):
            row.addElement(_ods_cell(CELLS.get("ABCDE"[c] + str(r + 1)), spanned=(r, c) == (6, 1)))
        table.addElement(row)
    table.addElement(odf.table.TableRow(numberrowsrepeated=1_048_569))
    book.spreadsheet.addElement(table)
    book.spreadsheet.addElement(odf.table.Table(name="Ẩn", stylename=unseen))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _ods_cell(value: Any, spanned: bool) -> Any:
    span = {"numbercolumnsspanned": 2, "numberrowsspanned": 1} if spanned else {}
    if isinstance(value, tuple):
        return odf.table.TableCell(valuetype="percentage", value=value[1])
    if isinstance(value, bool):
        return odf.table.TableCell(valuetype="boolean", booleanvalue=str(value).lower())
    if isinstance(value, date):
        return odf.table.TableCell(valuetype="date", datevalue=value.isoformat())
    if isinstance(value, str):
        cell = odf.table.TableCell(valuetype="string", **span)
        cell.addElement(odf.text.P(text=value))
        return cell
    return odf.table.TableCell(valuetype="float", value=value) if value is not None else odf.table.TableCell()


def binary() -> bytes:
    serial = (date(2024, 3, 1) - date(1899, 12, 30)).days
    cells = {
        place(cell): (value[1], 1)
        if isinstance(value, tuple)
        else (serial, 2)
        if isinstance(value, date)
        else (value, 0)
        for cell, value in CELLS.items()
    }
    return xlsb.workbook(
        {"Biểu 1": cells, "Ẩn": {}}, hidden=("Ẩn",), hidden_rows=(4,), hidden_columns=(4,), merged=((6, 1, 6, 2),)
    )


KINDS: list[Callable[[], bytes]] = [xlsx, xls, binary, ods]


@pytest.mark.parametrize("kind", KINDS, ids=["xlsx", "xls", "xlsb", "ods"])
def test_the_same_sheet_reads_alike_in_every_format(kind: Callable[[], bytes]) -> None:
    seen, unseen = sheets(kind())
    assert [(seen.name, seen.hidden), (unseen.name, unseen.hidden)] == [("Biểu 1", False), ("Ẩn", True)]
    grid = seen.load()
    assert grid.values.tolist() == READ
    assert [type(value) for value in grid.values[2]] == [type(None), str, int, float, type(None)]
    assert grid.cell(2, 1) == "B3"
    assert grid.spans == ((6, 1, 6, 2),)
    assert (6, 1) in grid.flaws
    assert (grid.hidden_rows, grid.hidden_columns) == (frozenset({4}), frozenset({4}))
    assert not unseen.load().values.size


@pytest.mark.parametrize("name", ["thu.csv", "thu.xls"])
@pytest.mark.parametrize("kind", KINDS, ids=["xlsx", "xls", "xlsb", "ods"])
def test_a_workbook_is_read_under_any_name(kind: Callable[[], bytes], name: str) -> None:
    form = formats.format_of("auto", name)
    options = TextOptions() if name.endswith(".csv") else excel.Options()
    assert formats.read(form, kind(), options)[0].load().values.tolist() == READ


def saved(fill: Callable[[Any], Any], **options: Any) -> bytes:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, options)
    fill(book)
    book.close()
    return content.getvalue()


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("0%", 95.15),
        ("0.00%", 95.15),
        ('0.0"%"', 0.9515),
        ("0.0\\%", 0.9515),
        ("[Red]0.0%;-0.0%", 95.15),
        ("0.00", 0.9515),
    ],
)
def test_only_a_percent_format_makes_a_percentage(code: str, value: float) -> None:
    content = saved(lambda book: book.add_worksheet().write("A1", 0.9515, book.add_format({"num_format": code})))
    assert first(content).values[0, 0] == value


def test_errors_and_formulas_without_a_result_are_told_with_their_cells() -> None:
    book = openpyxl.Workbook()
    book.active["B2"] = "=1/0"
    book.active["C2"] = "#REF!"
    book.active["C2"].data_type = "e"
    content = io.BytesIO()
    book.save(content)
    grid = first(content.getvalue())
    assert grid.flaws[1, 1][1] == {"found": "=1/0"}
    assert grid.values[1, 2] == "#REF!"
    assert first(xlsb.workbook({"S": {(0, 0): ("#N/A", 0)}})).values[0, 0] == "#N/A"
    text = odf.opendocument.OpenDocumentSpreadsheet()
    table, row = odf.table.Table(name="S"), odf.table.TableRow()
    row.addElement(odf.table.TableCell(formula="of:=1+1"))
    table.addElement(row)
    text.spreadsheet.addElement(table)
    content = io.BytesIO()
    text.save(content)
    assert first(content.getvalue()).flaws[0, 0][1] == {"found": "=1+1"}


def _old_formulas(*formulas: str, empty_text: bool = False) -> bytes:
    """A sheet of formulas as xlwt writes them, which reckons none: a label in A1, the first in B1. With `empty_text` one more has
    a result, as Excel would have stored it.
    """
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    sheet.write(0, 0, "x")
    for n, formula in enumerate(formulas, start=1):
        sheet.write(0, n, xlwt.Formula(formula))
    sheet.write(0, len(formulas) + 1, 5.0)
    content = io.BytesIO()
    book.save(content)
    if not empty_text:
        return content.getvalue()
    # The result of the last formula, as a double, instead of none.
    none, two = b"\x03\x00\x00\x00\x00\x00\xff\xff", struct.pack("<d", 2.0)
    at = content.getvalue().rindex(none)
    return content.getvalue()[:at] + two + content.getvalue()[at + 8 :]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (_old_formulas("1+1", "2+2"), {(0, 1), (0, 2)}),
        (_old_formulas('IF(1=1,"",2)', "1+1", empty_text=True), set()),
        (_old_formulas("SUM(A1:A2)", "A1/2", 'IF(1=1,"",2)', "A1&A2", "A1", "1+1", empty_text=True), {(0, 1), (0, 2)}),
        (_old_formulas(), set()),
    ],
    ids=["nothing reckoned", "one empty text beside a result", "some reckoned, sums not", "no formula"],
)
def test_formulas_of_an_old_workbook_that_nobody_has_reckoned_are_told(
    content: bytes, told: set[tuple[int, int]]
) -> None:
    assert set(first(content).flaws) == told


def test_a_formula_of_an_old_workbook_without_a_result_is_told_as_it_is_written() -> None:
    assert first(_old_formulas("SUM(A1:A2)")).flaws[0, 1][1] == {"found": "=SUM(A1:A2)"}


OLD = [
    ("Tổng sản phẩm trong nước", ".VnTime", "tcvn3"),
    ("Khách quốc tế", "VNI-Times", "vni"),
    ("Thái Bình", ".VnTime", None),
]


def _old_xlsx() -> bytes:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        for n, (text, font, encoding) in enumerate(OLD):
            sheet.write(
                n, 0, legacy.encoded(text, encoding) if encoding else text, book.add_format({"font_name": font})
            )
        parts = legacy.encoded("Nghìn ", "tcvn3"), "tấn"
        sheet.write_rich_string(
            3,
            0,
            book.add_format({"font_name": ".VnArial"}),
            parts[0],
            book.add_format({"font_name": "Arial"}),
            parts[1],
        )
        sheet.write(4, 0, legacy.encoded("tổng số", "tcvn3"), book.add_format({"font_name": ".VnArialH"}))

    return saved(fill)


def _old_xls() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    for n, (text, font, encoding) in enumerate(OLD):
        sheet.write(n, 0, legacy.encoded(text, encoding) if encoding else text, xlwt.easyxf(f"font: name {font}"))
    fonts = {name: xlwt.easyfont(f"name {name}") for name in (".VnArial", "Arial")}
    sheet.write_rich_text(3, 0, ((legacy.encoded("Nghìn ", "tcvn3"), fonts[".VnArial"]), ("tấn", fonts["Arial"])))
    sheet.write(4, 0, legacy.encoded("tổng số", "tcvn3"), xlwt.easyxf("font: name .VnArialH"))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("content", [_old_xlsx(), _old_xls()], ids=["xlsx", "xls"])
def test_text_in_the_encoding_of_its_font_comes_out_in_unicode(content: bytes) -> None:
    assert first(content).values[:, 0].tolist() == [*(text for text, _, _ in OLD), "Nghìn tấn", "TỔNG SỐ"]


def _patched(content: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """The workbook with each part as `change` makes it; None leaves it out."""
    patched = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(patched, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = change(name, old.read(name))
            if part is not None:
                new.writestr(name, part)
    return patched.getvalue()


def _stray(cell: str) -> bytes:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write_column("A1", [1, 2, 3])
        sheet.write_column("B1", ["a", "b", "c"])
        sheet.write(cell, "x")

    return saved(fill)


def _merged(count: int) -> bytes:
    ranges = "".join(f'<mergeCell ref="C{n}:D{n}"/>' for n in range(1, count + 1)).encode()
    return _patched(
        _stray("B3"),
        lambda name, part: part.replace(b"</sheetData>", b'</sheetData><mergeCells count="1">' + ranges + b"</mergeCells>") if "sheet1.xml" in name else part,
    )  # fmt: skip


def _styled_rows(count: int) -> bytes:
    blank = "".join(
        f'<row r="{n}" s="1" customFormat="1"><c r="A{n}" s="1"/><c r="B{n}" s="1"/></row>' for n in range(4, count)
    )
    return _patched(
        _stray("B3"), lambda name, part: part.replace(b"</sheetData>", blank.encode() + b"</sheetData>") if "sheet1.xml" in name else part
    )  # fmt: skip


def _wrong_dimension() -> bytes:
    return _patched(
        _stray("B3"), lambda _, part: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', part)
    )


@pytest.mark.parametrize(
    ("content", "noted"),
    [
        (_stray("L1048576"), "L1048576"),
        (_stray("XFD1048576"), "XFD1048576"),
        (_stray("XFD3"), ""),
        (_merged(42_000), ""),
        (_styled_rows(1_000_000), ""),
        (_wrong_dimension(), ""),
    ],
    ids=["stray-row", "stray-corner", "stray-column", "merged", "styled", "dimension"],
)
def test_a_sheet_is_read_in_bounded_time_and_memory_and_what_is_left_out_is_told(content: bytes, noted: str) -> None:
    before, began = psutil.Process().memory_info().rss, time.process_time()
    grid = first(content)
    assert time.process_time() - began < 20
    assert psutil.Process().memory_info().rss - before < 400 * 2**20
    assert grid.values[:3, 0].tolist() == [1, 2, 3]
    assert len(grid.values) == 3
    assert [values["cell"] for _, values in grid.notes] == ([noted] if noted else [])
    assert all(values["most"] == MOST_CELLS for _, values in grid.notes)


def test_a_stray_cell_in_an_xlsb_is_told() -> None:
    content = xlsb.workbook({"Xa": {(0, 0): (1, 0), (2**20 - 1, 2**14 - 1): (1, 0)}, "Gần": {(0, 0): (1, 0)}})
    far, near = sheets(content)
    with pytest.raises(Unreadable, match="more than 4000000 cells"):
        far.load()
    assert near.load().values.tolist() == [[1]]


def _two_sheets() -> bytes:
    return saved(lambda book: [book.add_worksheet(name).write("A1", name) for name in ("Biểu", "Hai")])


def test_two_sheets_whose_names_differ_in_case_are_two_sheets() -> None:
    content = _patched(_two_sheets(), lambda _, part: part.replace(b'name="Hai"', 'name="BIỂU"'.encode()))
    assert [(sheet.name, sheet.load().values[0, 0]) for sheet in sheets(content)] == [("Biểu", "Biểu"), ("BIỂU", "Hai")]
    assert [sheet.name for sheet in sheets(content, sheet="BIỂU")] == ["BIỂU"]


def test_one_damaged_sheet_leaves_the_others() -> None:
    content = _patched(_two_sheets(), lambda name, part: part[: len(part) // 2] if "sheet1.xml" in name else part)
    broken, whole = sheets(content)
    with pytest.raises(Unreadable, match="the sheet is damaged") as caught:
        broken.load()
    assert caught.value.sheet == "Biểu"
    assert whole.load().values.tolist() == [["Hai"]]


def _lying_bomb() -> bytes:
    """A part whose header says it is small."""
    content = bytearray(
        _patched(_two_sheets(), lambda name, part: part + b" " * 50_000_000 if "sheet1.xml" in name else part)
    )
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entry = next(each for each in archive.infolist() if "sheet1.xml" in each.filename)
    at = content.index(b"PK\x01\x02", archive.start_dir)
    while not content[at + 46 :].startswith(entry.filename.encode()):
        at = content.index(b"PK\x01\x02", at + 4)
    content[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    return bytes(content)


def _bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (301 * 2**20))
    return content.getvalue()


def _nested() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.zip", _bomb())
    return content.getvalue()


def _entities() -> bytes:
    swell = (
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
        + b"]>"
    )
    return _patched(
        _two_sheets(),
        lambda name, part: (
            part.replace(b"?>", b"?>" + swell, 1).replace(b"</v>", b"&m;</v>") if "sheet" in name else part
        ),
    )


def _with_flag() -> bytes:
    content = bytearray(_two_sheets())
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04 and no more", "this is not a workbook"),
        (_two_sheets()[:3000], "this is not a workbook"),
        (xls()[:1500], "this is not a workbook"),
        (_nested(), "this is not a workbook"),
        (_bomb(), "the workbook unpacks to 301 MB, more than 300 MB"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1000 + "EncryptedPackage".encode("utf-16-le"), "protected with a password"),
        (_with_flag(), "protected with a password"),
        (b"<html><p>Access denied</html>", "this is a web page without a table"),
    ],
    ids=["no-zip", "cut-xlsx", "cut-xls", "nested-bomb", "bomb", "password", "zip-password", "no-table"],
)  # fmt: skip
def test_a_file_that_is_no_workbook_is_said_in_one_sentence(content: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said) as caught:
        sheets(content)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [_lying_bomb(), _entities()], ids=["lying-header", "entities"])
def test_what_swells_is_not_let_in(content: bytes) -> None:
    before = psutil.Process().memory_info().rss
    for sheet in sheets(content):
        try:
            sheet.load()
        except Unreadable as error:
            assert error.sheet == sheet.name
    assert psutil.Process().memory_info().rss - before < 200 * 2**20


def test_a_page_under_the_name_of_a_workbook_keeps_its_merged_cells() -> None:
    page = """<html xmlns:x="urn:x"><meta charset="windows-1258"><table>
      <tr><td colspan=2>Chi</td><td rowspan=2>Năm</td></tr><tr><td>a</td><td x:num="0.5">0,5</td></tr><tr><td>c<td>d<td>2024</tr></table></html>"""
    grid = first(page.encode("cp1258"))
    assert grid.values.tolist() == [["Chi", None, "Năm"], ["a", 0.5, None], ["c", "d", "2024"]]
    assert grid.spans == ((0, 0, 0, 1), (0, 2, 1, 2))
    assert grid.cell(2, 2) == "C3"


IN_XML = """<?xml version="1.0"?>
<?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:s="urn:schemas-microsoft-com:office:spreadsheet">
 <Styles><Style s:ID="p"><NumberFormat s:Format="Percent"/></Style></Styles>
 <Worksheet s:Name="Biểu"><Table>
  <Row><Cell s:MergeAcross="1" s:MergeDown="1"><Data s:Type="String">Tên</Data></Cell><Cell><Data s:Type="String">Tháng 6</Data></Cell></Row>
  <Row s:Index="3"><Cell><Data s:Type="String">Hà Nội</Data></Cell><Cell s:Index="3"><Data s:Type="Number">5.5</Data></Cell></Row>
  <Row s:Hidden="1"><Cell s:Index="2" s:StyleID="p"><Data s:Type="Number">0.95</Data></Cell><Cell s:Formula="=R[-1]C"/></Row>
  <Row><Cell><Data s:Type="DateTime">2021-06-29T00:00:00.000</Data></Cell></Row>
 </Table></Worksheet>
 <Worksheet s:Name="Hai"><Table/></Worksheet>
</Workbook>"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_workbook_of_2003_in_xml_is_read(encoding: str) -> None:
    content = IN_XML.encode(encoding)
    form = formats.format_of("auto", "bieu.xls")
    read = formats.read(form, content, form.Options())
    grid = read[0].load()
    assert [sheet.name for sheet in read] == ["Biểu", "Hai"]
    assert grid.values.tolist() == [
        ["Tên", None, "Tháng 6"],
        [None, None, None],
        ["Hà Nội", None, 5.5],
        [None, 95, None],
        [date(2021, 6, 29), None, None],
    ]
    assert (grid.spans, grid.hidden_rows, set(grid.flaws)) == (((0, 0, 1, 1),), {3}, {(0, 0), (3, 2)})


@pytest.mark.parametrize(
    ("old", "new", "sheet"),
    [("</Workbook>", "", ""), ('s:Index="3"', 's:Index="x"', "Biểu"), ('Index="3"', 'Index="99999999"', "Biểu"),
     ("5.5", "năm", "Biểu"), ("2021-06-29T", "29/6T", "Biểu")],
)  # fmt: skip
def test_a_damaged_workbook_in_xml_is_told(old: str, new: str, sheet: str) -> None:
    form = formats.format_of("auto", "bieu.xls")
    with pytest.raises(Unreadable) as caught:
        formats.read(form, IN_XML.replace(old, new).encode(), form.Options())[0].load()
    assert caught.value.sheet == sheet


@pytest.mark.parametrize("kind", [*KINDS, _old_xls], ids=["xlsx", "xls", "xlsb", "ods", "old xls"])
def test_bytes_gone_wrong_are_read_or_told_never_a_fault(kind: Callable[[], bytes]) -> None:
    whole, chance = kind(), random.Random(16)
    for _ in range(150):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            content[chance.randrange(len(content))] ^= chance.randint(1, 255)
        if chance.random() < 0.2:
            del content[chance.randrange(len(content)) :]
        try:
            found = formats.read(excel, bytes(content), excel.Options())
        except Unreadable as error:
            assert str(error)
            continue
        for sheet in found:
            try:
                sheet.load()
            except Unreadable as error:
                assert error.sheet == sheet.name


@pytest.mark.parametrize("kind", [xlsx, binary, ods], ids=["xlsx", "xlsb", "ods"])
def test_parts_gone_wrong_inside_a_sound_zip_are_read_or_told(kind: Callable[[], bytes]) -> None:
    whole, chance = kind(), random.Random(17)

    def damage(_: str, part: bytes) -> bytes | None:
        damaged = bytearray(part)
        for _ in range(chance.choice([0, 0, 1, 3])):
            if damaged:
                damaged[chance.randrange(len(damaged))] ^= chance.randint(1, 255)
        return None if chance.random() < 0.03 else bytes(damaged)

    for _ in range(150):
        try:
            for sheet in sheets(_patched(whole, damage)):
                sheet.load()
        except Unreadable as error:
            assert str(error)


REAL = os.environ.get("MONITOR_REAL")


@pytest.mark.skipif(not REAL, reason="MONITOR_REAL names no folder of releases")
def test_real_releases_come_out_in_unicode_within_time() -> None:
    folder, began = Path(str(REAL)), time.process_time()
    files = sorted(folder.iterdir())
    for path in files:
        for sheet in sheets(path.read_bytes()):
            for value in sheet.load().values.flat:
                if isinstance(value, str) and not value.isascii():
                    odd, words = legacy.misread(value, None)
                    # What is left are abbreviations (ĐTNN) and the names of countries.
                    assert odd <= 2 or odd < words / 2, (path.name, sheet.name, value)
    assert time.process_time() - began < 0.25 * len(files) + 2
