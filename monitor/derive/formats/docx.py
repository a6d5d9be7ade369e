"""A Word document: its paragraphs (numbered ones with a bullet) and its tables."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from docx import Document
from docx.opc.exceptions import PackageNotFoundError
from docx.text.paragraph import Paragraph

from monitor.derive.formats import SCAN
from monitor.derive.passage import Block, Passage, Table, holds_figures, joined
from monitor.model.problem import Problem, Problems


def read(name: str, content: bytes) -> list[Block]:
    """The document's passages and tables, numbered in their order."""
    try:
        document = Document(io.BytesIO(content))
    except (PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError) as error:
        message = "the document cannot be read: {reason}"
        raise Problems([Problem(name, message, {"reason": str(error) or type(error).__name__})]) from None
    blocks: list[Block] = []
    for item in document.iter_inner_content():
        if isinstance(item, Paragraph):
            lines = item.text.split("\n")
            blocks += [Passage(_bullet(item) + line if n == 0 else line, "") for n, line in enumerate(lines)]
        else:
            rows = tuple(tuple(" ".join(cell.text.split()) for cell in row.cells) for row in item.rows)
            if holds_figures(rows):
                blocks.append(Table(rows, ""))
            else:
                # A table of two columns lays out the head of the document.
                blocks += [
                    Passage(line, "")
                    for row in item.rows
                    for cell in dict.fromkeys(row.cells)
                    for line in cell.text.split("\n")
                ]
    found = list(joined(blocks, wrapped=False))
    if not found and any(part.partname.startswith("/word/media/") for part in document.part.package.iter_parts()):
        raise Problems([Problem(name, SCAN)])
    return found


def _bullet(paragraph: Paragraph) -> str:
    """The mark of a paragraph that Word numbers by itself, deeper ones with a deeper mark."""
    properties = paragraph._p.pPr
    numbering: Any = properties.numPr if properties is not None else None
    style = paragraph.style.name if paragraph.style is not None else ""
    if numbering is None and not (style or "").startswith("List"):
        return ""
    deep = numbering is not None and numbering.ilvl is not None and numbering.ilvl.val > 0
    return "+ " if deep else "- "
