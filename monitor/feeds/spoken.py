"""What a heading, a title, or the name of a sheet or a file says of the figures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from monitor.feeds.written_period import Written, written_period, written_year
from monitor.language import fold


def period_in(texts: list[str]) -> str:
    """The narrowest of the periods that headings name and say nothing else, with the year that stands in another of them."""
    found = [(period, text) for text in texts if (period := written_period(text)) is not None and period.only]
    if not found:
        return ""
    period, text = min(found, key=lambda each: each[0].months)
    years = [year for each in texts if each != text and (year := written_year(each)) is not None]
    return f"{text} năm {years[-1]}" if period.year is None and years else text


def said_of(name: str, text: str, known: Mapping[str, set[str]]) -> str:
    """What a title, or the name of a sheet or a file, says of a property."""
    if name == "year":
        return str(written_year(text) or "")
    if name == "received":
        return day_in(text)
    if name == "period":
        return text if written_period(text) is not None else ""
    if name == "measured_in":
        return ""
    return max((k for k in known.get(name, ()) if k in fold(text)), key=len, default="")


def of_path(name: str, file: str) -> str:
    """What of a file's path speaks: its own name, or a folder named by a month (`2024-03/so-lieu.csv`)."""
    own = PurePosixPath(file).name
    if name in ("period", "year") and (spoken := _spoken_in(PurePosixPath(file).stem)):
        return spoken
    if name == "period" and written_period(own) is None and (month := re.search(r"(?<!\d)\d{4}-\d{2}(?!\d)", file)):
        return month[0]
    return own if name in ("period", "received") or written_year(own) is not None else file


def _spoken_in(stem: str) -> str:
    """The period that a file's name spells out (`2024-01-05-bao-cao-thang-12`), as a text; empty where it only has a day."""
    dated = re.search(r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(?:[0-2]\d|3[01])(?!\d)", stem)
    rest = stem if dated is None else stem.replace(dated[0], " ")
    text = " ".join(re.split(r"[-_\s]+", rest))
    period = written_period(text)
    if period is None or not re.search(r"[^\W\d_]", text):
        return ""
    if period.year is not None or dated is None:
        return text
    # What is published in January of December is the year before's.
    return f"{text} năm {int(dated[1]) - (period.month > int(dated[2]))}"


def day_in(text: str) -> str:
    """The day that a text names: `ngày 20 tháng 6 năm 2024`, `20/6/2024`, `2024-06-20`, `20240620`; empty where it names none."""
    folded = fold(text)
    for form in (r"ngay (\d{1,2}) thang (\d{1,2}) nam (\d{4})", r"(?<!\d)(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?!\d)"):
        if match := re.search(form, folded):
            return f"{match[3]}-{int(match[2]):02}-{int(match[1]):02}"
    match = re.search(r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?([0-2]\d|3[01])(?!\d)", text)
    return f"{match[1]}-{match[2]}-{match[3]}" if match else ""


def covers(period: Written, what: str) -> bool:
    """Whether a period is one of those that a column is declared for (`declaration.Column.covers`)."""
    if what == "year-to-date":
        return period.to_date
    return period.months == {"month": 1, "quarter": 3, "half": 6, "year": 12}[what]


def occurs(words: str, text: str) -> bool:
    """Whether one of `a|b` occurs in a text, as whole words."""
    folded = f" {fold(text)} "
    return any(re.search(rf"(?<!\w){re.escape(fold(each))}(?!\w)", folded) for each in words.split("|") if fold(each))


def of_one_period(one: Written, other: Written | None) -> bool:
    """Whether two headings speak of one period; a heading that is printed again without what stands over it may leave the
    year out.
    """
    if other is None or (one.month, one.months, one.back) != (other.month, other.months, other.back):
        return False
    return None in (one.year, other.year) or one.year == other.year
