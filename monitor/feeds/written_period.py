"""Periods as offices write them: in a heading over several rows, in a title, in the name of a sheet or of a file.

`6 tháng`, `Cộng dồn 9 tháng năm 2020`, `sáu tháng đầu năm 2011`, `tháng Sáu`, `Quý I năm 2020`, `Ước tính tháng 6`, `9
months of 2020`. What a figure is compared with (`so với cùng kỳ năm 2019`, `kế hoạch năm 2020`, `giá so sánh 2010`) is
no period of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
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
_SHORT = tuple(name[:3] for name in _ENGLISH)
_QUARTERS = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_WORD = "|".join(_NUMBERS)
# `Từ tháng 1` is not four months, `sau tháng 6` not six and `kế hoạch năm` over `tháng 6` not five.
_COUNTED = rf"\d{{1,2}}|(?:{'|'.join(word for word in _NUMBERS if word != 'tu')})(?= (?:thang|months?)\b(?! ?\d))"
_YEAR = r"(?P<year>(?:19|20|21)\d\d)\b"
# The year of a period follows it: `năm 2020`, `/2020`, `/20`, `of 2020`, or a cell of its own that holds 2020.
_OF_YEAR = (
    rf"(?:,? ?(?:cua )?(?:dau )?(?:nam|of|in)? ?{_YEAR}| ?[/.-] ?{_YEAR.replace('year', 'slash')}"
    r"| ?[/.'’-] ?(?P<two>[1-3]\d)(?![\d/.-])| nam (?P<short>[1-3]\d)(?!\d))?"
)
_MONTH = r"(?:thang|thg[. ]?|th[.]?|t)"
_SHORT_MONTH = rf"(?:{'|'.join(_SHORT)})[a-z]*"
_AND = r" ?(?:-|–|den|toi|to) ?(?:het )?"
_TO = r"(?:tinh |luy ke |cong don |giai ngan )?(?:den|toi) ?(?:het |cuoi )?(?:ngay )?"
# In this order: `6 tháng năm 2020` holds `tháng năm`, which alone is May.
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(rf"(?<![\w/])(?:{form}){_OF_YEAR}(?![\w])"))
    for name, form in (
        ("iso", r"(?P<iso>(?:19|20|21)\d\d)[-/](?P<n>\d{1,2})(?:-\d{1,2})?(?: 00:00:00)?"),
        ("iso-quarter", r"(?P<iso>(?:19|20|21)\d\d)-?q(?P<n>[1-4])"),
        ("iso-half", r"(?P<iso>(?:19|20|21)\d\d)-?h(?P<n>[12])"),
        ("to-day", rf"{_TO}\d{{1,2}}(?: thang |[/.-])(?P<n>\d{{1,2}})(?![\d])"),
        ("range", rf"(?:tu )?{_MONTH} ?(?P<from>\d{{1,2}}){_AND}{_MONTH}? ?(?P<n>\d{{1,2}})"),
        ("range", r"(?P<from>\d{1,2}) ?[-–] ?(?P<n>\d{1,2})(?= ?/ ?(?:19|20|21)\d\d)"),
        ("range", rf"(?P<from>{_SHORT_MONTH}){_AND}(?P<n>{_SHORT_MONTH})"),
        ("quarter", r"quy (?P<n>iv|iii|ii|i|[1-4])"),
        # "Q.1" is the first district of a city.
        ("quarter", r"q(?P<n>[1-4])|q[.]? ?(?P<roman>iv|iii|ii|i)"),
        ("quarter", r"quarter (?P<n>iv|iii|ii|i|[1-4])(?: of)?"),
        ("quarter", r"(?P<n>[1-4])(?:st|nd|rd|sd|th) quarter(?: of)?"),
        ("first-half", r"nua dau(?: nam)?|first half(?: of)?"),
        ("second-half", r"nua cuoi(?: nam)?|second half(?: of)?"),
        ("last-months", r"(?P<n>\d{1,2}) thang cuoi(?: nam)?"),
        ("months", rf"(?P<n>{_COUNTED}) (?:thang|months?)(?: dau)?(?: nam)?(?: of)?"),
        ("months", r"(?P<n>\d{1,2})t"),
        ("month", r"thang nam(?= nam\b)(?P<may>)"),
        # "Các tháng năm 2024" are all of them, and none; "TH 6 tháng" is what was done in six.
        ("month", rf"(?<!cac ){_MONTH} ?(?P<n>\d{{1,2}}|{_WORD})(?! ?thang)(?! ?/ ?\d{{1,2}}(?!\d))"),
        ("month", r"(?P<n>\d{1,2})(?= ?/ ?(?:19|20|21)\d\d)"),
        # "Dệt may" and "máy móc" are not May.
        ("english", rf"(?:in )?(?P<n>{'|'.join(name for name in _ENGLISH if name != 'may')})"),
        ("english", r"in (?P<n>may)|^(?P<roman>may)$|(?P<only>may)(?= ?,?/?-? ?(?:of |in )?20\d\d)"),
        ("english", rf"(?P<n>{'|'.join(_SHORT)})t?[.]?(?=[-/'’ ]*(?:20)?\d\d(?!\w))"),
    )
)
# A text that is a day and nothing more: `30/6/2023`.
_DAY = re.compile(r"(?:ngay )?\d{1,2}(?P<mark>[/.-])(?P<n>\d{1,2})(?P=mark)(?P<year>(?:19|20|21)\d\d)")
# When a document was signed, and its number: `Thông tư số 09/2019/TT-BTC ngày 5 tháng 7 năm 2019`.
_DOCUMENT = re.compile(r"(?<![\w/])\d+/(?:\d{4}/)?[a-z]{2}[\w-]*(?:/[\w-]+)*")
_SIGNED = re.compile(
    r"(?<!den )(?<!toi )(?<!het )(?<!\w)ngay \d{1,2}(?:/| thang )\d{1,2}(?:/| nam )(?:19|20|21)\d\d"
    r"|(?<![\w/.-])(?<!den )(?<!toi )(?<!het )(?<!den ngay )(?<!toi ngay )(?<!het ngay )"
    r"\d{1,2}[/.]\d{1,2}[/.](?:19|20|21)\d\d(?![\w/])"
)
_WHOLE_YEAR = re.compile(rf"(?<![\w/])(?:ca )?(?:nam|year) {_YEAR}(?!\w)|^{_YEAR.replace('year', 'alone')}$")
_PLAN = (
    r"(?:ke hoach|kh|du toan|chi tieu|muc tieu|nghi quyet|plan|paln)"
    r"(?: (?:von|dau tu|cong|giao|duoc giao|dau|ca|hdnd|ubnd|tinh|thanh pho|tw|trung uong))*"
)
_COMPARED = re.compile(
    r"(?:so voi:?|versus|compared to|compared with) ?(?:cung ky|same period|ke hoach|plan|paln|kh|du toan)?"
    r"(?: ?(?:nam|of|in)? ?(?:truoc|last year|(?:19|20|21)\d\d))?"
    rf"|\b(?:{_PLAN}|cung ky|same period)(?: ?(?:nam|of)? ?(?:truoc|last year|(?:19|20|21)\d\d))?(?!\w)"
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
_RELATIVE = re.compile(
    r"\bluy ke\b|\bcong don\b|\btu dau nam\b|\baccrued\b|\baccumulat|\bthang (?:truoc|bao cao|nay)\b|\btrong thang\b"
    r"|\b(?:last|previous|this) month\b|\bnam truoc\b|\b(?:last|previous) year\b"
)
_COMPARES = re.compile(r"\bso\b|%|\bversus\b|\bcompared?\b|\btang\b|\bgiam\b|\bty le\b|\btoc do\b")
_YEAR_BEFORE = re.compile(r"\bnam truoc\b|\blast year\b|\bprevious year\b")
_TO_DATE = re.compile(r"\bluy ke\b|\bcong don\b|\btu dau nam\b|\baccrued\b|\baccumulat")


@dataclass(frozen=True, slots=True)
class Written:
    """A period in a text: it ends in `month` (1..12) of `year` (None: not said) and has so many `months`; `only`: the text says
    nothing else, and compares with nothing; `back`: of so many years before the one that is not said.
    """

    year: int | None
    month: int
    months: int
    only: bool
    back: int = 0

    @property
    def to_date(self) -> bool:
        """Whether it begins with the year: what it adds up to is the year to date."""
        return self.months == self.month

    def ending(self, year: int | None = None) -> pd.Period | None:
        """The month in which it ends; `year`: where the text does not say one. None when neither does."""
        known = self.year if self.year is not None else None if year is None else year - self.back
        return None if known is None else pd.Period(year=known, month=self.month, freq="M")


@lru_cache(maxsize=65536)
def written_period(text: str) -> Written | None:
    """The first period that `text` speaks of, other than what it compares with and the day on which it was signed."""
    folded = " ".join(fold(text).split())
    if day := _DAY.fullmatch(folded):
        month = int(day["n"])
        return Written(int(day["year"]), month, 1, only=True) if 1 <= month <= 12 else None
    plain = " ".join(_without_comparison(_SIGNED.sub(" ", _DOCUMENT.sub(" ", folded))).split())
    alone = plain == folded
    found = [
        (m.start(), -(m.end() - m.start()), rank, m)
        for rank, (_, form) in enumerate(_FORMS)
        for m in form.finditer(plain)
    ]
    for _, _, rank, match in sorted(found, key=lambda f: f[:3]):
        read = _read(_FORMS[rank][0], match, plain, alone)
        if read is not None:
            return read if read.year is not None else _of_year(read, plain, folded)
    whole = _WHOLE_YEAR.search(plain)
    if whole is None:
        return None
    return Written(int(whole["year"] or whole["alone"]), 12, 12, alone and _only(plain, whole))


def _of_year(read: Written, plain: str, folded: str) -> Written:
    """A period whose year does not follow it: the one year that stands elsewhere, or `năm trước`."""
    years = {int(year) for year in re.findall(r"(?:^|(?<!\w)(?:nam|year) )((?:19|20|21)\d\d)(?![\w/-])", plain)}
    if len(years) == 1:
        return replace(read, year=years.pop())
    before = not years and not _COMPARES.search(folded) and _YEAR_BEFORE.search(folded)
    return replace(read, back=1) if before else read


def written_year(text: str) -> int | None:
    """The year of the period that `text` speaks of, else the first that it names; none is the number of a document, or the
    day on which it was signed.
    """
    period = written_period(text)
    if period is not None and period.year is not None:
        return period.year
    found = re.search(r"(?<!\d)(?:19|20|21)\d\d(?!\d)", _SIGNED.sub(" ", _DOCUMENT.sub(" ", fold(text))))
    return int(found[0]) if found else None


def speaks_of_period(heading: str) -> bool:
    """Whether a heading names a period, or tells one by that of the title (`reported_period`)."""
    return written_period(heading) is not None or bool(_RELATIVE.search(fold(heading)))


def reported_period(heading: str, told: Written | None) -> Written | None:
    """The period of a heading that names none, by what it says of the one that is `told` elsewhere (in the title):
    `lũy kế từ đầu năm`, `tháng báo cáo`, `tháng trước`, `cùng kỳ năm trước`.
    """
    folded = fold(heading)
    if told is None or _COMPARES.search(folded):
        return told
    if _TO_DATE.search(folded):
        told = replace(told, months=told.month)
    elif re.search(r"\bthang truoc\b|\blast month\b|\bprevious month\b", folded):
        year = told.year if told.year is None or told.month > 1 else told.year - 1
        back = told.back + 1 if told.year is None and told.month == 1 else told.back
        told = replace(told, year=year, month=told.month - 1 or 12, months=1, back=back)
    elif re.search(r"\bthang (?:bao cao|nay)\b|\btrong thang\b|\bthis month\b", folded):
        told = replace(told, months=1)
    if not _YEAR_BEFORE.search(folded):
        return told
    return replace(told, year=told.year - 1) if told.year is not None else replace(told, back=told.back + 1)


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
    groups = {name: value for name, value in match.groupdict().items() if value is not None}
    said = groups.get("iso") or groups.get("year") or groups.get("slash")
    two = groups.get("two") or groups.get("short")
    year = int(said) if said else 2000 + int(two) if two else None
    only = alone and _only(text, match)
    if kind in ("first-half", "second-half"):
        return Written(year, 6 if kind == "first-half" else 12, 6, only)
    number = 5 if "may" in groups else _number(groups.get("n") or groups.get("roman") or groups["only"])
    to_date = _TO_DATE.search(text) is not None
    if kind in ("quarter", "iso-quarter"):
        return Written(year, 3 * number, 3 * number if to_date else 3, only)
    if kind == "iso-half":
        return Written(year, 6 * number, 6, only)
    if not 1 <= number <= 12:
        return None
    if kind == "range":
        first = _number(groups["from"])
        return Written(year, number, number - first + 1, only) if 1 <= first < number else None
    months = {"months": number, "last-months": number, "to-day": number}.get(kind, number if to_date else 1)
    return Written(year, 12 if kind == "last-months" else number, months, only)


def _number(text: str) -> int:
    if text[:3] in _SHORT:
        return _SHORT.index(text[:3]) + 1
    return _NUMBERS.get(text) or _QUARTERS.get(text) or int(text)


def _only(text: str, match: re.Match[str]) -> bool:
    rest = text[: match.start()] + " " + text[match.end() :]
    return not _FILLERS.sub("", rest).strip()
