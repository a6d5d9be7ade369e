"""Workbooks: .xlsx, .xlsm, .xlsb, .xls (of 2003 in XML too), .ods. What a file is, its content tells, whatever its name."""

from __future__ import annotations

import unicodedata

from monitor.feeds.grid import Sheet, Unreadable
from monitor.model.declared import Declared
from monitor.model.problem import nearest

ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".htm", ".html")


class Options(Declared):
    """Which sheet to read; without one, every sheet that has the header."""

    sheet: str | None = None


def read(content: bytes, options: Options) -> list[Sheet]:
    """The workbook's sheets. Raises Unreadable for what is no workbook, is cut short, unpacks too large, or lacks the sheet."""
    sheets = _sheets(content)
    if options.sheet is None:
        return sheets
    wanted = unicodedata.normalize("NFC", options.sheet)
    found = [sheet for sheet in sheets if unicodedata.normalize("NFC", sheet.name) == wanted]
    if not found:
        names = [sheet.name for sheet in sheets]
        message = 'sheet "{found}" is not in the workbook, which has: {names}. Did you mean "{near}"?'
        near = nearest(options.sheet, names) or (names or [""])[0]
        raise Unreadable(message, found=options.sheet, names=", ".join(names), near=near)
    return found


def is_workbook(content: bytes) -> bool:
    """Whether the bytes begin as a workbook does, or as a web page, which many programs call one."""
    from monitor.feeds.formats.excel import html, spreadsheetml, xls  # noqa: PLC0415 - each brings a library, which options need not

    begins = content.startswith((*ZIP, *xls.SIGNATURES))
    return begins or html.is_page(content) or spreadsheetml.is_book(content)


def _sheets(content: bytes) -> list[Sheet]:
    from monitor.feeds.formats.excel import html, ods, spreadsheetml, xls, xlsb, xlsx  # noqa: PLC0415 - as above
    from monitor.feeds.formats.excel.package import Package  # noqa: PLC0415 - as above

    if content.startswith(xls.SIGNATURES):
        return xls.sheets(content)
    if html.is_page(content):
        return html.sheets(content)
    if spreadsheetml.is_book(content):
        return spreadsheetml.sheets(content)
    package = Package(content)
    if ods.CONTENT in package:
        return ods.sheets(package)
    return xlsb.sheets(package) if xlsb.WORKBOOK in package else xlsx.sheets(package)
