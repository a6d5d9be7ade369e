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

from PIL import Image, ImageChops, ImageFilter

from monitor.derive.passage import Passage
from monitor.model.problem import Problem, Problems

# What a printed page is read at; finer ones cost time and are read no better.
_DPI = 300
_LONGEST = 300.0
_WORD = "5"
# What is ink of a seal, of 255: this much colour, and not as dark as print.
_COLOURED, _BRIGHT = 80, 90
# The part of a word's box that a seal takes when it goes over it, and how sure one can be of the word then.
_UNDER, _SEALED = 0.02, 0.5


def program() -> str | None:
    """Where Tesseract is; None where it is not installed."""
    return shutil.which("tesseract")


def passages(name: str, number: int, page: Any) -> list[Passage]:
    """The lines of a page (of pdfplumber) that is a picture, each with its page and number there.

    Raises Problems when Tesseract fails, such as without its Vietnamese.
    """
    grey, seals = _cleaned(page.to_image(resolution=_DPI).original)
    picture = io.BytesIO()
    grey.save(picture, format="PNG")
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
    return _lines(number, done.stdout.decode("utf-8", "replace"), seals)


def _cleaned(picture: Image.Image) -> tuple[Image.Image, Image.Image]:
    """The page in grey, without specks and without what is printed in colour, and where that stands (white on black).

    Tesseract takes the lines under a seal for a part of its picture. Black ink under a red seal stays black.
    """
    _, saturation, brightness = picture.convert("RGB").convert("HSV").split()
    seals = ImageChops.multiply(
        saturation.point(lambda of: 255 * (of > _COLOURED)), brightness.point(lambda of: 255 * (of > _BRIGHT))
    )
    grey = picture.convert("L")
    grey.paste(255, mask=seals)
    return grey.filter(ImageFilter.MedianFilter(3)), seals


def _lines(number: int, table: str, seals: Image.Image) -> list[Passage]:
    """Tesseract's words joined to lines; of one that a seal goes over nobody is sure."""
    rows = csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE)
    words = [row for row in rows if row.get("level") == _WORD and (row.get("text") or "").strip()]
    made: list[Passage] = []
    for _, line in groupby(words, key=lambda row: (row["block_num"], row["par_num"], row["line_num"])):
        members = list(line)
        text = " ".join(row["text"].strip() for row in members)
        sure = tuple((row["text"].strip(), _sure(row, seals)) for row in members)
        made.append(Passage(text, f"tr. {number}.{len(made) + 1}", sure))
    return made


def _sure(row: dict[str, str], seals: Image.Image) -> float:
    """How sure Tesseract is of a word, at most _SEALED where a seal goes over it."""
    left, top, width, height = (int(row[name]) for name in ("left", "top", "width", "height"))
    under = seals.crop((left, top, left + width, top + height)).histogram()[255]
    said = max(float(row["conf"]), 0.0) / 100
    return min(said, _SEALED) if under > _UNDER * width * height else said
