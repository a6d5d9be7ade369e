"""Text with a delimiter between the columns. Delimiter and encoding are found, unless they are declared."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate, chain, islice
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from monitor.feeds.grid import MOST_CELLS, Flaw, Grid, Sheet, Unreadable, coded, not_read, plain, within
from monitor.feeds.texts import Codes, Numbers, objects
from monitor.language import legacy
from monitor.model.declared import Declared

SUFFIXES = (".csv", ".txt", ".tsv", ".tab")
DELIMITERS = "\t;|,"  # in the order of trust: a comma also stands in figures and sentences

_MARKED = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 200_000  # characters by which encoding and delimiter are judged
_LONGEST = 100_000  # characters of one field: a quote left open swallows the rest of the file
_AT_A_TIME = 500  # rows held as Python objects
_BREAK = re.compile(r"\r\n|\r|\n")
_BINARY = bytes([*range(0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20)])


class Options(Declared):
    """How the text is written, where it does not tell."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    encoding: str | None = None


def read(content: bytes, options: Options) -> list[Sheet]:
    """One sheet without a name. Raises Unreadable for bytes of another encoding, a quote never closed, and the like."""
    text, told = _declared(content, options.encoding) if options.encoding else text_of(content)
    if _is_binary(text):
        raise Unreadable("this is not text, but the bytes of something else")
    delimiter = options.delimiter or _delimiter(text)
    table = _table(text, delimiter)
    if options.delimiter and table.columns.max(initial=-1) == 0 and (found := _delimiter(text)) != delimiter:
        raise _another(found, delimiter)
    codes, notes = _within(table)
    entries = table.entries
    if not text.isascii():
        there = entries[np.flatnonzero(np.bincount(codes.ravel(), minlength=len(entries)))]
        encoding = legacy.encoding_of(filter(None, there), told)
        # What differed may be one text now.
        again, entries = coded(objects([_unicode(value, encoding) for value in entries]))
        codes = again[codes]
    return [Sheet("", False, lambda: Grid("", codes, entries, notes=notes, lines=table.lines[: len(codes)]))]


def is_text(content: bytes) -> bool:
    """Whether the bytes may be text: without the many control characters that no text has."""
    if content.startswith(tuple(mark for mark, _ in _MARKED)) or _wide(content):
        return True
    return not _is_binary(content[:_SAMPLE].decode("latin-1"))


def _is_binary(text: str) -> bool:
    """Whether it is full of control characters; a few, in a text, belong to the cells that they stand in."""
    content = text.encode("utf-8", "surrogatepass")
    return len(content) - len(content.translate(None, _BINARY)) > 0.03 * len(text)


def text_of(content: bytes) -> tuple[str, legacy.Encoding | None]:
    """What `content` says, and in which encoding of a font the letters are. Raises Unreadable where that cannot be told.

    By its byte order mark, as UTF-8, as UTF-16 without a mark, else by which reading of its bytes makes Vietnamese of them.
    """
    for mark, name in _MARKED:
        if content.startswith(mark):
            return _declared(content, name)
    wide = _wide(content)
    if wide:
        return _declared(content, wide)
    try:
        return content.decode("utf-8"), None
    except UnicodeDecodeError as error:
        where = error.start
    readings: list[tuple[float, str, legacy.Encoding | None]] = []
    candidates: tuple[tuple[str, legacy.Encoding | None], ...]
    candidates = (("cp1258", None), ("latin-1", "tcvn3"), ("latin-1", "vni"), ("cp1252", None))
    for name, told in candidates:
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        misread, words = legacy.misread(text[:_SAMPLE], told)
        readings.append((misread / max(words, 1), text, told))
    odd, text, told = min(readings, key=lambda reading: reading[0])
    if odd > 0.4:
        line = content[:where].count(b"\n") + 1
        message = "the encoding of the text cannot be told: found the byte {found}. Save it again as UTF-8"
        raise Unreadable(message, line, found=f"0x{content[where]:02x}")
    return text, told


def _declared(content: bytes, encoding: str) -> tuple[str, None]:
    name = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    try:
        return content.decode(name), None
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        message = "the file is not {expected}: found the byte {found}. Save it again as UTF-8"
        raise Unreadable(message, line, expected=encoding, found=f"0x{content[error.start]:02x}") from None
    except LookupError:
        raise Unreadable('"{found}" is no encoding, such as utf-8, utf-16, cp1258', found=encoding) from None


def _wide(content: bytes) -> str:
    """UTF-16 without a mark: every second byte of what is ASCII in it is zero."""
    sample = content[:_SAMPLE]
    zeros = sample[0::2].count(0), sample[1::2].count(0)
    if len(content) % 2 or max(zeros) < 0.2 * len(sample) / 2 or min(zeros) * 10 > max(zeros):
        return ""
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


def _delimiter(text: str) -> str:
    """What separates the columns: the first of DELIMITERS that makes a table, else the one that is met most."""
    sample = text[:_SAMPLE]
    if len(text) > _SAMPLE:
        sample = sample[: sample.rfind("\n") + 1] or sample
    widths: dict[str, list[int]] = {}
    for each in DELIMITERS:
        widths[each] = found = _widths(sample, each)
        several = [width for width in found if width > 1]
        usual = Counter(several).most_common(1)[0][1] if several else 0
        if several and 2 * len(several) >= len(found) and usual >= 0.8 * len(several):
            return each
    return max(reversed(DELIMITERS), key=lambda each: sum(widths[each]))


def _widths(text: str, delimiter: str) -> list[int]:
    """How many columns each row has that is not blank; up to where it cannot be read."""
    found = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if any(row):
                found.append(len(row))
    except csv.Error:
        pass  # what is wrong is told when the whole is read
    return found


@dataclass(frozen=True)
class _Table:
    """The cells that are not blank: their `rows` and `columns`, and which of the `entries` stands there (`codes`, as in a Grid);
    and the line on which each row begins.
    """

    rows: Codes
    columns: Codes
    codes: Codes
    entries: npt.NDArray[np.object_]
    lines: npt.NDArray[np.int64]


def _table(text: str, delimiter: str) -> _Table:
    """Raises Unreadable."""
    place, parts, widths, begins, line = Numbers(), [np.array([], dtype=np.int32)], [0], [0], 1
    reader = _reader(text, delimiter)
    try:
        while rows := list(islice(reader, _AT_A_TIME)):
            parts.append(np.fromiter(map(place.__getitem__, chain.from_iterable(rows)), dtype=np.int32))
            widths += map(len, rows)
            begins += range(line, line + len(rows)) if reader.line_num == line + len(rows) - 1 else _begins(rows, line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise _unfit(str(error), _read_to(text, delimiter) + 1, text, delimiter) from None
    width = np.array(widths[1:], dtype=np.int32)
    stripped, entries = coded(objects([value.strip() or None for value in place]))
    codes = stripped[np.concatenate(parts)]
    filled = codes > 0
    rows_of = np.repeat(np.arange(len(width), dtype=np.int32), width)
    columns = np.arange(len(codes), dtype=np.int32) - np.repeat(np.cumsum(width, dtype=np.int32) - width, width)
    return _Table(rows_of[filled], columns[filled], codes[filled], entries, np.array(begins[1:]))


def _reader(text: str, delimiter: str) -> Any:
    csv.field_size_limit(_LONGEST)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _begins(rows: list[list[str]], line: int) -> list[int]:
    """The line on which each row begins, the first on `line`, where cells hold line breaks."""
    took = [1 + sum(len(_BREAK.findall(value)) for value in row) for row in rows]
    return [line, *(line + n for n in accumulate(took[:-1]))]


def _read_to(text: str, delimiter: str) -> int:
    """The last line of the last row that can be read."""
    reader, last = _reader(text, delimiter), 0
    try:
        for _ in reader:
            last = reader.line_num
    except csv.Error:
        pass  # which is why it is asked
    return last


def _unfit(reason: str, line: int, text: str, delimiter: str) -> Unreadable:
    if "unexpected end" in reason or "field larger" in reason:
        return Unreadable("the quote that opens here is never closed: the file may be cut short", line)
    found = _delimiter(text)
    if found != delimiter:
        return _another(found, delimiter, line)
    return Unreadable(
        'after a closing quote stands something else than the delimiter "{expected}"', line, expected=delimiter
    )


def _unicode(value: str | None, encoding: legacy.Encoding | None) -> str | None:
    if value is None or value.isascii():
        return value
    return plain(legacy.unicode_of(value, encoding))  # type: ignore[no-any-return]


def _another(found: str, declared: str, line: int = 0) -> Unreadable:
    message = 'the columns are separated by "{found}", and the feed declares "{expected}" (options: delimiter)'
    return Unreadable(message, line, found=found, expected=declared)


def _within(table: _Table) -> tuple[Codes, tuple[Flaw, ...]]:
    """The rows as far as they are read, and what is to be said of the rest."""
    rows, columns = table.rows, table.columns
    notes: tuple[Flaw, ...] = ()
    height, width = int(rows.max(initial=-1)) + 1, int(columns.max(initial=-1)) + 1
    kept: slice | npt.NDArray[np.bool_] = slice(None)
    if height * width > MOST_CELLS:
        height, width = within(rows, columns)
        kept = (rows < height) & (columns < width)
        beyond = np.flatnonzero(~kept)
        notes = (not_read(len(beyond), f"{rows[beyond[0]] + 1}:{columns[beyond[0]] + 1}"),)
    codes = np.zeros((height, width), dtype=np.int32)
    codes[rows[kept], columns[kept]] = table.codes[kept]
    return codes, notes
