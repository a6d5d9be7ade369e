"""The smallest binary workbook (.xlsb): what is tested of it, by the records of [MS-XLSB]. No library writes it."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import Any

_RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
_RELATION = '<Relationship Id="{0}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{1}" Target="{2}"/>'
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>'
)


def _record(kind: int, body: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, length = b"", len(body)
    while True:
        size += bytes([length & 0x7F | (0x80 if length > 0x7F else 0)])
        length >>= 7
        if not length:
            return head + size + body


def _text(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def workbook(
    sheets: dict[str, dict[tuple[int, int], tuple[Any, int]]],
    hidden: tuple[str, ...] = (),
    hidden_rows: tuple[int, ...] = (),
    hidden_columns: tuple[int, ...] = (),
    merged: tuple[tuple[int, int, int, int], ...] = (),
    fonts: tuple[str, ...] = ("Arial",),
) -> bytes:
    """`sheets`: name -> (row, column) -> (value, style). Style 0 is plain, 1 a percentage, 2 a date, 3 the second font."""
    listed = b"".join(
        _record(156, struct.pack("<II", 1 if name in hidden else 0, n) + _text(f"rId{n}") + _text(name))
        for n, name in enumerate(sheets, start=1)
    )
    book = (
        _record(131) + _record(153, struct.pack("<III", 0, 0, 0)) + _record(143) + listed + _record(144) + _record(132)
    )
    styles = (
        _record(278)
        + b"".join(_record(43, struct.pack("<4H4B8sB", 220, 0, 400, 0, 0, 0, 0, 0, b"\0" * 8, 0) + _text(font)) for font in fonts)
        + _record(617, struct.pack("<I", 4))
        + b"".join(_record(47, struct.pack("<HHH10s", 0, code, font, b"\0" * 10)) for code, font in ((0, 0), (10, 0), (14, 0), (0, len(fonts) - 1)))
        + _record(618)
        + _record(279)
    )  # fmt: skip
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr(
            "_rels/.rels", _RELATIONS.format(_RELATION.format("rId1", "officeDocument", "xl/workbook.bin"))
        )
        archive.writestr("xl/workbook.bin", book)
        relations = [
            _RELATION.format(f"rId{n}", "worksheet", f"worksheets/sheet{n}.bin") for n in range(1, len(sheets) + 1)
        ]
        relations.append(_RELATION.format("rId99", "styles", "styles.bin"))
        archive.writestr("xl/_rels/workbook.bin.rels", _RELATIONS.format("".join(relations)))
        archive.writestr("xl/styles.bin", styles)
        for n, cells in enumerate(sheets.values(), start=1):
            archive.writestr(f"xl/worksheets/sheet{n}.bin", _sheet(cells, hidden_rows, hidden_columns, merged))
    return content.getvalue()


def _sheet(
    cells: dict[tuple[int, int], tuple[Any, int]],
    hidden_rows: tuple[int, ...],
    hidden_columns: tuple[int, ...],
    merged: tuple[tuple[int, int, int, int], ...],
) -> bytes:
    height, width = (max((place[n] for place in cells), default=0) for n in (0, 1))
    written = _record(129) + _record(148, struct.pack("<4I", 0, height, 0, width))
    if hidden_columns:
        columns = b"".join(_record(60, struct.pack("<4IH", c, c, 2048, 0, 1)) for c in hidden_columns)
        written += _record(390) + columns + _record(391)
    written += _record(145)
    for row in sorted({place[0] for place in cells}):
        flags = 0x10 if row in hidden_rows else 0
        written += _record(0, struct.pack("<IIHBBBI", row, 0, 300, 0, flags, 0, 0))
        for (r, column), (value, style) in sorted(cells.items()):
            if r == row:
                written += _cell(column, value, style)
    written += _record(146)
    if merged:
        spans = b"".join(
            _record(176, struct.pack("<4I", top, bottom, left, right)) for top, left, bottom, right in merged
        )
        written += _record(177, struct.pack("<I", len(merged))) + spans + _record(178)
    return written + _record(130)


def _cell(column: int, value: Any, style: int) -> bytes:
    place = struct.pack("<II", column, style)
    if isinstance(value, bool):
        return _record(4, place + bytes([value]))
    if isinstance(value, str) and value.startswith("#"):
        return _record(3, place + bytes([{"#REF!": 23, "#N/A": 42}[value]]))
    if isinstance(value, str):
        return _record(6, place + _text(value))
    return _record(5, place + struct.pack("<d", value))
