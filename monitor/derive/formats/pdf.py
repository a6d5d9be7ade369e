"""A PDF with text in it: lines joined to paragraphs across pages, and ruled tables."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfminer.psexceptions import PSException
from pdfplumber.utils.exceptions import PdfminerException

from monitor.derive.formats import SCAN, scan
from monitor.derive.passage import Block, Passage, Picture, Table, holds_figures, joined
from monitor.model.problem import Problem, Problems

# It warns of every font that is described badly, and reads the text all the same.
logging.getLogger("pdfminer").setLevel(logging.ERROR)
_PAGE_NUMBER = re.compile(r"-?\s*\d{1,3}\s*-?(?:\s*/\s*\d{1,3})?")


def read(name: str, content: bytes) -> list[Block | Picture]:
    """The document's passages and tables, each with its page; a page that is a picture is recognised, or told."""
    try:
        with pdfplumber.open(io.BytesIO(content)) as document:
            pages = [_recognised(name, number, page) for number, page in enumerate(document.pages, start=1)]
    except (PdfminerException, PDFPasswordIncorrect, PSException) as error:
        inner = error.args[0] if error.args else error
        if isinstance(error, PDFPasswordIncorrect) or isinstance(inner, PDFPasswordIncorrect):
            message = "the document is locked with a password: save a copy without one"
            raise Problems([Problem(name, message)]) from None
        reason = str(inner) or type(inner).__name__
        raise Problems([Problem(name, "the document cannot be read: {reason}", {"reason": reason})]) from None
    blocks = [block for page in pages for block in page if not isinstance(block, Picture)]
    pictures = [block for page in pages for block in page if isinstance(block, Picture)]
    if not blocks and pictures:
        raise Problems([Problem(name, SCAN)])
    return [*joined(blocks), *pictures]


def _recognised(name: str, number: int, page: Any) -> Sequence[Block | Picture]:
    """A page's text; of one that is a picture what is recognised in it, where a program for that is installed."""
    found = _page(number, page)
    if found or not page.images:
        return found
    return scan.passages(name, number, page) if scan.program() else [Picture(f"tr. {number}")]


def _page(number: int, page: Any) -> list[Block]:
    """A page's lines and tables from top to bottom, each with its page and number there, without the page's own number."""
    ruled = [
        (table, [[" ".join((c or "").split()) for c in row] for row in table.extract()]) for table in page.find_tables()
    ]
    tables = [(table, rows) for table, rows in ruled if holds_figures(rows)]
    outside = page
    for table, _ in tables:
        outside = outside.outside_bbox(table.bbox)
    found: list[tuple[float, Block]] = [(table.bbox[1], Table(tuple(map(tuple, rows)), "")) for table, rows in tables]
    found += [(line["top"], Passage(line["text"], "")) for line in outside.extract_text_lines(strip=True)]
    ordered = [block for _, block in sorted(found, key=lambda item: item[0])]
    kept = [b for b in ordered if not (isinstance(b, Passage) and _PAGE_NUMBER.fullmatch(b.text.strip()))]
    # No two passages are at one place: the report tells them apart by it.
    return [replace(block, place=f"tr. {number}.{n}") for n, block in enumerate(kept, start=1)]
