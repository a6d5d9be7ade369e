"""Periods as offices write them: in a heading over several rows, in a title, in the name of a sheet or of a file.

`6 tháng`, `Cộng dồn 9 tháng năm 2020`, `sáu tháng đầu năm 2011`, `tháng Sáu`, `Quý I năm 2020`, `Ước tính tháng 6`, `9
months of 2020`. What a figure is compared with (`so với cùng kỳ năm 2019`, `kế hoạch năm 2020`, `giá so sánh 2010`) is
no period of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from monitor.language import fold
from monitor.model.observation import Standing

_NUMBERS = {
    **{"mot": 1, "hai": 2, "ba": 3, "bon": 4, "tu": 4, "nam": 5, "sau": 6, "bay": 7, "tam": 8, "chin": 9},
    **{
        "one": 1,
        "two": 2,
        "three": 3,
        "four": 4,
        "five": 5,
        "six": 6,
        "seven": 7,
        "eight": 8,
        "nine": 9,
        "ten": 10,
        "eleven": 11,
    },
    **{"muoi mot": 11, "muoi hai": 12, "muoi": 10, "gieng": 1, "chap": 12},
}
_ENGLISH = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
    *("november", "december"),
)
_QUARTERS = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_WORD = "|".join(_NUMBERS)
_YEAR = r"(?P<year>(?:19|20|21)\d\d)\b"
# The year of a period follows it: `năm 2020`, `/2020`, `of 2020`, or a cell of its own that holds 2020.
_OF_YEAR = rf"(?: ?(?:cua )?(?:dau )?(?:nam|of|in)? ?{_YEAR}| ?[/.-] ?{_YEAR.replace('year', 'slash')})?"
# In this order: `6 tháng năm 2020` holds `tháng năm`, which alone is May.
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(rf"(?<![\w/])(?:{form}){_OF_YEAR}(?![\w])"))
    for name, form in (
        ("iso", r"(?P<iso>(?:19|20|21)\d\d)-(?P<n>\d{1,2})(?:-\d{1,2})?(?: 00:00:00)?"),
        ("iso-quarter", r"(?P<iso>(?:19|20|21)\d\d)-?q(?P<n>[1-4])"),
        ("iso-half", r"(?P<iso>(?:19|20|21)\d\d)-?h(?P<n>[12])"),
        ("quarter", r"quy (?P<n>iv|iii|ii|i|[1-4])"),
        ("quarter", r"q(?P<n>[1-4])"),
        ("quarter", r"quarter (?P<n>iv|iii|ii|i|[1-4])(?: of)?"),
        ("quarter", r"(?P<n>[1-4])(?:st|nd|rd|sd|th) quarter(?: of)?"),
        ("last-months", r"(?P<n>\d{1,2}) thang cuoi(?: nam)?"),
        ("months", rf"(?P<n>\d{{1,2}}|{_WORD}) (?:thang|months?)(?: dau)?(?: nam)?(?: of)?"),
        ("month", r"thang nam(?= nam\b)(?P<may>)"),
        # "Các tháng năm 2024" are all of them, and none.
        ("month", rf"(?<!cac )(?:thang|t) ?(?P<n>\d{{1,2}}|{_WORD})"),
        ("month", r"(?P<n>\d{1,2})(?= ?/ ?(?:19|20|21)\d\d)"),
        ("english", rf"(?:in )?(?P<n>{'|'.join(_ENGLISH)})"),
    )
)
_WHOLE_YEAR = re.compile(rf"(?<![\w/])(?:ca )?(?:nam|year) {_YEAR}(?!\w)|^{_YEAR.replace('year', 'alone')}$")
_COMPARED = re.compile(
    r"(?:so voi:?|versus|compared to|compared with) ?(?:cung ky|same period|ke hoach|plan|paln)?"
    r"(?: ?(?:nam|of|in)? ?(?:truoc|last year|(?:19|20|21)\d\d))?"
    r"|(?:ke hoach|plan|paln|cung ky|same period)(?: ?(?:nam|of)? ?(?:truoc|last year|(?:19|20|21)\d\d))?"
    r"|(?:gia )?so sanh(?: nam)? ?(?:19|20|21)\d\d|\((?:19|20|21)\d\d\)"
)
# What else may stand in a heading that names a period and nothing more.
_FILLERS = re.compile(
    r"\b(?:uoc|tinh|uoc tinh|so bo|thuc hien|chinh thuc|luy ke|cong don|den|het|tu dau nam|dau nam|cua|ky bao cao|trong|tinh"
    r"|nam|thang|ca nam|performance|estimate|accrued|accumulated|accumulation|prel|preliminary|of|in)\b|[^\w%]"
)
_STANDINGS = (
    (re.compile(r"\buoc|\bestimate"), Standing.ESTIMATE),
    (re.compile(r"\bso bo\b|\bprel"), Standing.PRELIMINARY),
    (re.compile(r"\bthuc hien\b|\bchinh thuc\b|\bperformance\b"), Standing.FINAL),
)
_TO_DATE = re.compile(r"\bluy ke\b|\bcong don\b|\btu dau nam\b|\baccrued\b|\baccumulat")


@dataclass(frozen=True, slots=True)
class Written:
    """A period in a text: it ends in `month` (1..12) of `year` (None: not said) and has so many `months`; `only`: the text says
    nothing else, and compares with nothing.
    """

    year: int | None
    month: int
    months: int
    only: bool

    @property
    def to_date(self) -> bool:
        """Whether it begins with the year: what it adds up to is the year to date."""
        return self.months == self.month

    def ending(self, year: int | None = None) -> pd.Period | None:
        """The month in which it ends; `year`: where the text does not say one. None when neither does."""
        known = self.year if self.year is not None else year
        return None if known is None else pd.Period(year=known, month=self.month, freq="M")


@lru_cache(maxsize=65536)
def written_period(text: str) -> Written | None:
    """The first period that `text` speaks of, other than what it compares with."""
    folded = fold(text)
    plain = " ".join(_without_comparison(folded).split())
    alone = plain == folded
    found = [
        (m.start(), -(m.end() - m.start()), rank, m)
        for rank, (_, form) in enumerate(_FORMS)
        for m in form.finditer(plain)
    ]
    for _, _, rank, match in sorted(found, key=lambda f: f[:3]):
        read = _read(_FORMS[rank][0], match, plain, alone)
        if read is not None:
            return read
    whole = _WHOLE_YEAR.search(plain)
    if whole is None:
        return None
    return Written(int(whole["year"] or whole["alone"]), 12, 12, alone and _only(plain, whole))


def written_year(text: str) -> int | None:
    """The first year that `text` speaks of."""
    found = re.search(r"(?<!\d)(?:19|20|21)\d\d(?!\d)", text)
    return int(found[0]) if found else None


def written_standing(text: str) -> Standing | None:
    """How far the figures under a heading have come: estimated, preliminary, final."""
    folded = fold(text)
    return next((standing for form, standing in _STANDINGS if form.search(folded)), None)


def _without_comparison(folded: str) -> str:
    """The text without what it compares with; from `so với` on, a period that follows at once is one of those too."""
    head, *tails = re.split(r"(?=so voi|versus|compared)", folded)
    kept = [head]
    for tail in tails:
        rest = _COMPARED.sub(" ", tail, count=1)
        # "Tháng 6 năm 2020 so với: Tháng 6 năm 2019" has said its period by now; "So với cùng kỳ năm trước: 6 tháng" has not.
        kept.append(
            rest
            if rest != tail and re.match(r"(?:so voi:?|versus|compared \w+) ?(?:cung|same|ke|plan|paln|nam)", tail)
            else ""
        )
    return _COMPARED.sub(" ", " ".join(kept))


def _read(kind: str, match: re.Match[str], text: str, alone: bool) -> Written | None:
    groups = match.groupdict()
    said = groups.get("iso") or groups.get("year") or groups.get("slash")
    year = int(said) if said else None
    number = 5 if groups.get("may") is not None else _number(groups["n"])
    only = alone and _only(text, match)
    match kind:
        case "quarter" | "iso-quarter":
            return Written(year, 3 * number, 3, only)
        case "iso-half":
            return Written(year, 6 * number, 6, only)
        case "months":
            return Written(year, number, number, only) if 1 <= number <= 12 else None
        case "last-months":
            return Written(year, 12, number, only) if 1 <= number <= 12 else None
    if not 1 <= number <= 12:
        return None
    return Written(year, number, number if _TO_DATE.search(text) else 1, only)


def _number(text: str) -> int:
    if text in _ENGLISH:
        return _ENGLISH.index(text) + 1
    return _NUMBERS.get(text) or _QUARTERS.get(text) or int(text)


def _only(text: str, match: re.Match[str]) -> bool:
    rest = text[: match.start()] + " " + text[match.end() :]
    return not _FILLERS.sub("", rest).strip()
