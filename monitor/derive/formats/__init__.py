"""Documents by their kind, a file each: bytes to passages."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from monitor.derive.passage import Block
from monitor.model.problem import Problem, Problems

# How a file begins, whatever its name says. An old .doc and a .docx with a password are both of the last kind.
_BEGINNINGS = ((b"PK\x03\x04", "docx"), (b"%PDF", "pdf"), (b"\xd0\xcf\x11\xe0", "locked"), (b"{\\rtf", "rtf"))
SCAN = (
    "the document holds pictures and no text: it is a scan. Run text recognition (OCR) on it, such as  ocrmypdf -l vie --deskew "
    "scan.pdf text.pdf  (of the packages ocrmypdf and tesseract-ocr-vie), or ask for the file that it was printed from"
)
_SUFFIXES = {".html": "html", ".htm": "html", ".txt": "text", ".md": "text", "": "text"}


def read(name: str, content: bytes) -> list[Block]:
    """The document's passages and tables, in order.

    Raises Problems, telling what is needed, for one that is empty, scanned, locked, damaged, or of no known kind.
    """
    if not content.strip():
        raise Problems([Problem(name, "the document is empty")])
    kind = next((kind for beginning, kind in _BEGINNINGS if content.startswith(beginning)), None)
    if kind == "locked":
        message = (
            "this is an old .doc file, or one with a password: open it in Word and save it as .docx without a password"
        )
        raise Problems([Problem(name, message)])
    if kind == "rtf":
        message = "this is an .rtf file: open it in Word or LibreOffice and save it as .docx"
        raise Problems([Problem(name, message)])
    suffix = name[name.rfind(".") :].lower() if "." in name else ""
    kind = kind or _SUFFIXES.get(suffix)
    if kind is None:
        message = "this kind of document is not read: found {found}, expected .docx, .pdf, .html or .txt"
        raise Problems([Problem(name, message, {"found": suffix})])
    reader: Callable[[str, bytes], list[Block]] = importlib.import_module(f"{__name__}.{kind}").read
    blocks = reader(name, content)
    if not blocks:
        raise Problems([Problem(name, "the document is empty")])
    return blocks
