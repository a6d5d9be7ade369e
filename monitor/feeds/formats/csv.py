"""Comma-separated text."""

from __future__ import annotations

import csv
import io
from typing import Annotated

from pydantic import Field

from monitor.feeds.grid import Grid, Sheet, Unreadable, rectangle
from monitor.model.document import Declared

SUFFIXES = (".csv", ".txt")


class Options(Declared):
    """How the text is written."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encoding: str = "utf-8-sig"


def read(content: bytes, options: Options) -> list[Sheet]:
    """One sheet without a name. Raises Unreadable for bytes of another encoding, a quote never closed, and the like."""
    try:
        text = content.decode(options.encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        message = "the file is not {expected}: found the byte {found}. Save it again as UTF-8"
        raise Unreadable(message, line, expected=options.encoding, found=f"0x{content[error.start]:02x}") from None
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=options.delimiter, strict=True)
    try:
        rows = [[value.strip() or None for value in row] for row in lines]
    except csv.Error as error:
        message = "the text cannot be read as a table: {reason}. The file may be cut short"
        raise Unreadable(message, lines.line_num, reason=str(error)) from None
    return [Sheet("", False, lambda: Grid("", rectangle(rows)))]
