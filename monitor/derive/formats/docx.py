"""A Word document: its paragraphs (numbered ones with a bullet), text boxes and tables; tracked changes as if accepted."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from docx import Document
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph

from monitor.derive.formats import SCAN
from monitor.derive.passage import Block, Passage, Table, holds_figures, joined
from monitor.model.problem import Problem, Problems

# What was deleted, and what stands a second time for older programs.
_GONE = {qn("w:del"), qn("w:moveFrom"), "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}
_BOX = qn("w:txbxContent")
_BREAKS = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}


def read(name: str, content: bytes) -> list[Block]:
    """The document's passages and tables, numbered in their order."""
    try:
        document = Document(io.BytesIO(content))
    except (PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError) as error:
        message = "the document cannot be read: {reason}"
        raise Problems([Problem(name, message, {"reason": str(error) or type(error).__name__})]) from None
    found = list(joined([*_blocks(document.element.body, document)], wrapped=False))
    if not found and any(part.partname.startswith("/word/media/") for part in document.part.package.iter_parts()):
        raise Problems([Problem(name, SCAN)])
    return found


def _blocks(parent: Any, document: Any) -> Iterator[Block]:
    """What an element of the document holds, in order; text boxes behind the paragraph that they are tied to."""
    for child in parent.iterchildren():
        if child.tag in _GONE:
            continue
        if child.tag == qn("w:p"):
            paragraph = Paragraph(child, document)
            for n, line in enumerate(_words(child).split("\n")):
                yield Passage(_bullet(paragraph) + line if n == 0 else line, "")
            for box in _boxes(child):
                yield from _blocks(box, document)
        elif child.tag == qn("w:tbl"):
            yield from _table(WordTable(child, document), document)
        else:
            # A content control, or a tracked insertion of paragraphs.
            yield from _blocks(child, document)


def _table(table: WordTable, document: Any) -> Iterator[Block]:
    """A table of figures; one that lays out the page, or holds other tables, as what its cells hold."""
    rows = tuple(tuple(_cell(cell._tc) for cell in row.cells) for row in table.rows)
    nested = table._tbl.find(f".//{qn('w:tbl')}") is not None
    if holds_figures(rows) and not nested:
        yield Table(rows, "")
        return
    cells = dict.fromkeys(cell._tc for row in table.rows for cell in row.cells)
    for cell in cells:
        yield from _blocks(cell, document)


def _cell(cell: Any) -> str:
    return " ".join(" ".join(_words(paragraph) for paragraph in cell.iter(qn("w:p"))).split())


def _words(element: Any) -> str:
    """The text of a paragraph without what stands in text boxes."""
    made = []
    for child in element.iterchildren():
        if child.tag in _GONE or child.tag == _BOX:
            continue
        if child.tag == qn("w:t"):
            made.append(child.text or "")
        elif child.tag in _BREAKS and element.tag == qn("w:r"):
            made.append(_BREAKS[child.tag])
        else:
            made.append(_words(child))
    return "".join(made)


def _boxes(element: Any) -> Iterator[Any]:
    """The text boxes of a paragraph, each once."""
    for child in element.iterchildren():
        if child.tag == _BOX:
            yield child
        elif child.tag not in _GONE:
            yield from _boxes(child)


def _bullet(paragraph: Paragraph) -> str:
    """The mark of a paragraph that Word numbers by itself, deeper ones with a deeper mark."""
    properties = paragraph._p.pPr
    numbering: Any = properties.numPr if properties is not None else None
    style = paragraph.style.name if paragraph.style is not None else ""
    if numbering is None and not (style or "").startswith("List"):
        return ""
    deep = numbering is not None and numbering.ilvl is not None and numbering.ilvl.val > 0
    return "+ " if deep else "- "
