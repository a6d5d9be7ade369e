"""Tables as text: however a program wrote them, they are read; what cannot be told is said."""

from __future__ import annotations

import time
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.feeds import formats
from monitor.feeds.formats import csv, excel
from monitor.feeds.grid import Grid, Unreadable
from monitor.language import legacy

ROWS = [
    ["Chỉ tiêu", "Đơn vị", "Số liệu"],
    ["Tổng thu, chi", "Phường 1", "95,15"],
    ["Bảo hiểm y tế", "Phường 2", "94,8"],
]


def read(content: bytes, **options: Any) -> Grid:
    (sheet,) = csv.read(content, csv.Options(**options))
    return sheet.load()


def written(delimiter: str, rows: list[list[str]] = ROWS) -> str:
    return "".join(
        delimiter.join(f'"{value}"' if delimiter in value else value for value in row) + "\r\n" for row in rows
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1258", "tcvn3", "vni"]
)
def test_encoding_and_delimiter_are_found(encoding: str, delimiter: str) -> None:
    text = written(delimiter)
    if encoding in legacy.ENCODINGS:
        content = legacy.encoded(text, encoding).encode("latin-1")
    elif encoding == "cp1258":
        content = _cp1258(text)
    else:
        content = text.encode(encoding)
    rows = read(content).values.tolist()
    # TCVN3 has no capitals with tones.
    assert [[v.lower() for v in row] for row in rows] == [[v.lower() for v in row] for row in ROWS]


def _cp1258(text: str) -> bytes:
    """As Windows writes it: base letters composed, tones apart."""
    content = b""
    for letter in text:
        try:
            content += letter.encode("cp1258")
        except UnicodeEncodeError:
            spread = unicodedata.normalize("NFD", letter)
            tone = (
                spread[-1]
                if spread[-1] in "\u0300\u0301\u0303\u0309\u0323"
                else next(c for c in spread if c in "\u0300\u0301\u0303\u0309\u0323")
            )
            base = unicodedata.normalize("NFC", spread.replace(tone, ""))
            content += base.encode("cp1258") + tone.encode("cp1258")
    return content


def test_decimal_commas_do_not_make_columns() -> None:
    content = "Báo cáo tháng 6\n\nNội dung;Kế hoạch;Thực hiện\nThu;1.234,5;617,2\nChi, trong đó;900,1;\n".encode()
    assert read(content).values.tolist() == [
        ["Báo cáo tháng 6", None, None],
        [None, None, None],
        ["Nội dung", "Kế hoạch", "Thực hiện"],
        ["Thu", "1.234,5", "617,2"],
        ["Chi, trong đó", "900,1", None],
    ]


def test_a_declared_delimiter_and_encoding_hold() -> None:
    assert read(b"a;b|c;d\n", delimiter="|").values.tolist() == [["a;b", "c;d"]]
    assert read("é,b\n".encode("cp1252"), encoding="cp1252").values.tolist() == [["é", "b"]]


def test_the_line_is_that_of_the_file_where_a_field_has_several() -> None:
    grid = read('a,b\n"một\nhai",2\nc,3\n'.encode())
    assert [grid.cell(row, 1) for row in range(3)] == ["1:2", "2:2", "4:2"]


@pytest.mark.parametrize(
    ("content", "options", "line", "said"),
    [
        (b'a,b\n1,2\n"3,4\n', {}, 3, "the quote that opens here is never closed: the file may be cut short"),
        (b'"a";"b"\n"1";"2"\n', {"delimiter": ","}, 1, 'the columns are separated by ";", and the feed declares ","'),
        (b"a;b\n1;2\n", {"delimiter": ","}, 0, 'the columns are separated by ";", and the feed declares ","'),
        (b'a,b\n"1"x,2\n', {}, 2, 'after a closing quote stands something else than the delimiter ","'),
        (b"a,b\n\xff\xfa\x81\x9d\xfb\xfb,2\n", {}, 2, "the encoding of the text cannot be told: found the byte 0xff"),
        ("ế,b\n".encode("utf-16"), {"encoding": "utf-8"}, 1, "the file is not utf-8: found the byte 0xff"),
        (b"a,b\n", {"encoding": "utf-9"}, 0, '"utf-9" is no encoding'),
        (b"a,b\x01\n", {}, 0, "this is not text"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(
    content: bytes, options: dict[str, Any], line: int, said: str
) -> None:
    with pytest.raises(Unreadable) as caught:
        read(content, **options)
    assert said in str(caught.value)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("content", "height", "width", "notes"),
    [
        (b"a,b\n" + b"," * 1_000_000 + b"\n1,2\n", 3, 2, []),
        (b"a,b\n" + b"," * 1_000_000 + b"x\n1,2\n3,4\n5,6\n", 5, 2, ["what stands from 2:1000001 on is not read (cells: 1): with it the sheet has more than 4000000 cells"]),
        (b"a,b\n" + b"\n" * 3_000_000 + b"x\n", 1, 2, ["what stands from 3000002:1 on is not read (cells: 1): with it the sheet has more than 4000000 cells"]),
        (b"1,2,3,4\n" * 1_100_000, 1_000_000, 4, ["what stands from 1000001:1 on is not read (cells: 400000): with it the sheet has more than 4000000 cells"]),
    ],
    ids=["blank", "stray-right", "stray-below", "too-long"],
)  # fmt: skip
def test_ragged_and_endless_files_are_read_within_limits(
    content: bytes, height: int, width: int, notes: list[str]
) -> None:
    began = time.process_time()
    grid = read(content)
    assert grid.values.shape == (height, width)
    assert [message.format(**values) for message, values in grid.notes] == notes
    assert time.process_time() - began < 40


@pytest.mark.parametrize("form", [csv, excel], ids=["named .csv", "named .xls"])
def test_the_content_decides_not_the_name(form: Any) -> None:
    page = b"<html><table><tr><th>Ch\xe1\xbb\x89 ti\xc3\xaau<th>S\xe1\xbb\x91<tr><td>Thu<td>95</table></html>"
    for content in (page, "Chỉ tiêu\tSố\nThu\t95\n".encode("utf-16")):
        (sheet,) = formats.read(form, content, form.Options())
        assert sheet.load().values.tolist() == [["Chỉ tiêu", "Số"], ["Thu", "95"]]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_told(content: bytes) -> None:
    try:
        read(content)
    except Unreadable as error:
        assert str(error)
