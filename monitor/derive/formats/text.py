"""Plain text: lines, joined where a paragraph was broken; lines of cells between bars or tabs are a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from monitor.derive.passage import Block, Passage, Table, holds_figures, joined
from monitor.language.legacy import encoding_of
from monitor.model.problem import Problem, Problems

# A cell of a line whose cells two or more spaces set apart.
_SPACED = re.compile(r"\S+(?: \S+)*")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read(name: str, content: bytes) -> list[Block]:
    """The text's paragraphs and tables, each with the line on which it begins."""
    encoding = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        # Before Unicode, Vietnamese was stored as the letters of a font: `read` of the package makes Unicode of them.
        text = content.decode("latin-1")
        if encoding_of(text.splitlines()) is None:
            message = "the file is not UTF-8: found the byte {found}. Save it again as UTF-8"
            line = content[: error.start].count(b"\n") + 1
            raise Problems([Problem(name, message, {"found": f"0x{content[error.start]:02x}"}, line)]) from None
    return list(joined([*_blocks(list(enumerate(re.split(r"\r\n|\n|\r|\f", text), start=1)))]))


def _blocks(lines: list[tuple[int, str]]) -> Iterator[Block]:
    """Each line a passage; successive ones with the same bars or tabs a table, if they hold figures."""
    for separator, group in groupby(lines, key=lambda line: _separator(line[1])):
        members = list(group)
        if separator == "  ":
            yield from _aligned(members)
            continue
        rows = [
            tuple(cell.strip() for cell in text.strip().strip("|").split(separator)) for _, text in members if separator
        ]
        rows = [row for row in rows if not all(re.fullmatch(r":?-*:?", cell) for cell in row)]
        if len(rows) >= 2 and holds_figures(rows):
            yield Table(tuple(rows), str(members[0][0]))
        else:
            yield from (Passage(text.replace("\t", " "), str(number)) for number, text in members)


def _aligned(members: list[tuple[int, str]]) -> Iterator[Block]:
    """Lines whose cells are set apart by spaces: a table where three or more stand below each other, each cell under the head
    that it is nearest to; else passages.
    """
    lines = [[(m.start(), m[0]) for m in _SPACED.finditer(text)] for _, text in members]
    widest = max(lines, key=len)
    if len(members) >= 3 and len(widest) >= 3:
        starts = [at for at, _ in widest]
        rows = []
        for cells in lines:
            row = [""] * len(starts)
            for at, cell in cells:
                column = (
                    min(range(len(starts)), key=lambda n: abs(starts[n] - at))
                    if len(cells) < len(starts)
                    else cells.index((at, cell))
                )
                row[column] = f"{row[column]} {cell}".strip()
            rows.append(tuple(row))
        if holds_figures(rows) and sum(any(c.isdigit() for c in "".join(row[1:])) for row in rows) >= len(rows) - 2:
            yield Table(tuple(rows), str(members[0][0]))
            return
    yield from (Passage(text, str(number)) for number, text in members)


def _separator(line: str) -> str:
    """What parts the cells of a line; empty for a line of prose."""
    if line.count("|") >= 2 or re.search(r"\S \| \S", line):
        return "|"
    if len([cell for cell in line.split("\t") if cell.strip()]) >= 2:
        return "\t"
    return "  " if len(_SPACED.findall(line)) >= 3 else ""
