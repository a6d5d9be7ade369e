"""Documents by their kind, a file each: bytes to passages."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from monitor.derive.passage import Block, Picture
from monitor.model.problem import Problem, Problems

# How a file begins, whatever its name says. An old .doc and a .docx with a password begin alike.
_BEGINNINGS = ((b"PK\x03\x04", "docx"), (b"%PDF", "pdf"), (b"\xd0\xcf\x11\xe0", "old"), (b"{\\rtf", "old"))
SCAN = (
    "the document holds pictures and no text: it is a scan. Install tesseract with its Vietnamese (the package "
    "tesseract-ocr-vie), and a .pdf is read by itself; or ask for the file that it was printed from"
)
_SUFFIXES = {".html": "html", ".htm": "html", ".txt": "text", ".md": "text", "": "text"}


def read(name: str, content: bytes) -> tuple[list[Block], tuple[Picture, ...]]:
    """The document's passages and tables, in order; and its pages that are pictures, which could not be read.

    Raises Problems, telling what is needed, for one that is empty, scanned, locked, damaged, or of no known kind.
    """
    if not content.strip():
        raise Problems([Problem(name, "the document is empty")])
    kind = next((kind for beginning, kind in _BEGINNINGS if content.startswith(beginning)), None)
    if kind == "docx" and b"xl/workbook.xml" in content:
        kind = "xlsx"
    suffix = name[name.rfind(".") :].lower() if "." in name else ""
    kind = kind or _SUFFIXES.get(suffix)
    if kind is None:
        message = "this kind of document is not read: found {found}, expected .docx, .xlsx, .pdf, .html or .txt"
        raise Problems([Problem(name, message, {"found": suffix})])
    reader: Callable[[str, bytes], list[Block | Picture]] = importlib.import_module(f"{__name__}.{kind}").read
    found = reader(name, content)
    if not found:
        raise Problems([Problem(name, "the document is empty")])
    pictures = tuple(block for block in found if isinstance(block, Picture))
    return [block for block in found if not isinstance(block, Picture)], pictures
