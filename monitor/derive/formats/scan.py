"""Pages that are pictures, read by Tesseract where it is installed: words with how sure it is of each.

A figure is never changed: one that it is unsure of is drafted as it was seen, and marked.
"""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from itertools import groupby
from typing import Any

from monitor.derive.passage import Passage
from monitor.model.problem import Problem, Problems

# What a printed page is read at; finer ones cost time and are read no better.
_DPI = 300
_LONGEST = 300.0
_WORD = "5"


def program() -> str | None:
    """Where Tesseract is; None where it is not installed."""
    return shutil.which("tesseract")


def passages(name: str, number: int, page: Any) -> list[Passage]:
    """The lines of a page (of pdfplumber) that is a picture, each with its page and number there.

    Raises Problems when Tesseract fails, such as without its Vietnamese.
    """
    picture = io.BytesIO()
    page.to_image(resolution=_DPI).original.save(picture, format="PNG")
    called = [program() or "tesseract", "stdin", "stdout", "-l", "vie", "--psm", "4", "--dpi", str(_DPI), "tsv"]
    try:
        done = subprocess.run(called, input=picture.getvalue(), capture_output=True, timeout=_LONGEST, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        told = (getattr(error, "stderr", None) or str(error).encode()).decode("utf-8", "replace").strip().splitlines()
        message = (
            "text recognition (tesseract) failed at page {page}: {reason}. Its Vietnamese comes with the package "
            "tesseract-ocr-vie"
        )
        reason = told[-1] if told else type(error).__name__
        raise Problems([Problem(name, message, {"page": number, "reason": reason})]) from None
    return _lines(number, done.stdout.decode("utf-8", "replace"))


def _lines(number: int, table: str) -> list[Passage]:
    """Tesseract's words joined to lines."""
    rows = csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE)
    words = [row for row in rows if row.get("level") == _WORD and (row.get("text") or "").strip()]
    made: list[Passage] = []
    for _, line in groupby(words, key=lambda row: (row["block_num"], row["par_num"], row["line_num"])):
        members = list(line)
        text = " ".join(row["text"].strip() for row in members)
        sure = tuple((row["text"].strip(), max(float(row["conf"]), 0.0) / 100) for row in members)
        made.append(Passage(text, f"tr. {number}.{len(made) + 1}", sure))
    return made
