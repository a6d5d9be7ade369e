"""Web pages under the name of a workbook, as many programs "export to Excel": each table a sheet."""

from __future__ import annotations

import codecs
import re
from functools import partial
from typing import Any

import lxml.html

from monitor.feeds.formats.csv import text_of
from monitor.feeds.formats.excel.cells import Marks, grid
from monitor.feeds.grid import MOST_CELLS, Grid, Sheet, Unreadable

_PAGE = re.compile(rb"\s*<(?:!doctype html|html|head|meta|body|table|style)\b", re.IGNORECASE)
_CHARSET = re.compile(rb"""<meta[^>]*charset=["']?([\w-]+)""", re.IGNORECASE)
_NAME = re.compile(r"<x:Name>([^<]*)</x:Name>")
_WIDEST = 16_384


def is_page(content: bytes) -> bool:
    """Whether the bytes begin as a web page does."""
    start = content[:4096].removeprefix(codecs.BOM_UTF8)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        start = start.decode("utf-16", "ignore").encode()
    return _PAGE.match(start) is not None


def sheets(content: bytes) -> list[Sheet]:
    """The tables, named as the page says (Excel writes names), else `1`, `2`, … Raises Unreadable when there is none."""
    text = _text(content)
    page = lxml.html.fromstring(text)
    tables = [table for table in page.iter("table") if table.find(".//table") is None]
    names = _NAME.findall(text)
    if not tables:
        raise Unreadable("this is a web page without a table")
    if len(names) != len(tables):
        names = [str(n) for n in range(1, len(tables) + 1)]
    return [Sheet(name, False, partial(_load, name, table)) for name, table in zip(names, tables, strict=True)]


def _text(content: bytes) -> str:
    charset = _CHARSET.search(content[:4096])
    if charset is not None and not content.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return content.decode(charset[1].decode())
        except (LookupError, UnicodeDecodeError):
            pass  # a page that is not what it says of itself is judged by its letters
    return text_of(content)[0]


def _load(name: str, table: lxml.html.HtmlElement) -> Grid:
    marks = Marks()
    values: dict[tuple[int, int], Any] = {}
    covered: set[tuple[int, int]] = set()
    for row, line in enumerate(table.iter("tr")):
        column = 0
        for cell in line.iterchildren("td", "th"):
            while (row, column) in covered:
                column += 1
            down, across = _count(cell, "rowspan"), _count(cell, "colspan")
            if len(covered) + down * across > MOST_CELLS:
                raise Unreadable("the table has more than {most} cells", sheet=name, most=MOST_CELLS)
            if down * across > 1:
                marks.spans.append((row, column, row + down - 1, column + across - 1))
                covered |= {(r, c) for r in range(row, row + down) for c in range(column, column + across)}
            values[row, column] = _value(cell)
            column += across
    marks.filled = [place for place, value in values.items() if value not in (None, "")]
    height, width, notes = marks.size()
    rows: list[list[Any]] = [[None] * width for _ in range(height)]
    for (row, column), value in values.items():
        if row < height and column < width:
            rows[row][column] = value
    return grid(name, False, rows, marks, notes)


def _count(cell: lxml.html.HtmlElement, attribute: str) -> int:
    text = cell.get(attribute, "1").strip()
    return min(max(int(text), 1), _WIDEST) if text.isdecimal() else 1


def _value(cell: lxml.html.HtmlElement) -> Any:
    """Excel writes a figure in full beside what it shows of it."""
    number = cell.get("x:num") or cell.get("num")
    try:
        return float(number) if number else " ".join(cell.text_content().split())
    except ValueError:
        return " ".join(cell.text_content().split())
