"""The head of a document: its number, title, body, the day it was adopted, the years that it binds.

A resolution prints them in known places; a page of news, a portal or an annex names them in a sentence, or not at all. What
is not found is a doubt, never a made-up figure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from monitor.language import fold

_NUMBER = re.compile(
    r"(?:Số\s*:?|nghị quyết số\s*:?)\s*(?P<number>\d+[^\s,;]*(?:NQ-?|/QH|/KH-|/BC-|/QĐ-|/CTr)\s?[^\s,;]*)",
    re.IGNORECASE,
)
_DATE = re.compile(r"ngày\s+(\d{1,2})\s+tháng\s+(\d{1,2})\s+năm\s+(\d{4})", re.IGNORECASE)
_FULL_DATE = re.compile(
    r"ngày\s+\d{1,2}\s+tháng\s+\d{1,2}\s+năm\s+\d{4}|\b\d{1,2}[/.-]\d{1,2}[/.-]\d{4}\b", re.IGNORECASE
)
_YEAR = re.compile(
    r"(?:n[ăa]m|kế hoạch|mục tiêu|chỉ tiêu|nhiệm vụ|KH)\s+((?:19|20)\d\d)(?!\s*[-/]\s*(?:19|20)?\d)", re.IGNORECASE
)
_YEARS = re.compile(
    r"(?P<school>năm học|niên khóa|niên học)?\s*(?<!\d)(?P<first>(?:19|20)\d\d)\s*(?:-|đến năm|đến)\s*(?P<last>(?:19|"
    r"20)\d\d)(?!\d)",
    re.IGNORECASE,
)
# Years of a strategy or an outlook, which this document does not bind.
_OUTLOOK = re.compile(
    r"(?:tầm nhìn|định hướng|chiến lược|quy hoạch|so với|ước|thực hiện|kết quả|kể từ|hết|căn cứ)[^.;:]{0,30}?(?:19|20)\d\d",
    re.IGNORECASE,
)
_UNTIL = re.compile(r"đến\s+(?:cuối\s+|hết\s+)?năm\s+((?:19|20)\d\d)", re.IGNORECASE)
_KINDS = r"tỉnh|thành phố|tp\.?|thị xã|huyện|quận|phường|xã|thị trấn|đặc khu"
# Capitals alone: a range from À to Ỹ holds small letters too.
_CAPITAL = f"[A-ZĐ{''.join(c for c in map(chr, range(0xC0, 0x1EF9)) if c.isupper())}]"
_WORD = rf"{_CAPITAL}[^\W\d_]*"
_BODY = re.compile(
    rf"(?P<who>Hội đồng nhân dân|HĐND|Ủy ban nhân dân|Uỷ ban nhân dân|UBND|Đảng bộ)\s+(?P<kind>{_KINDS})\s+"
    rf"(?P<name>{_WORD}(?:\s+(?:{_WORD}|\d{{1,2}}(?!\d)))*)"
)
_PLACE = re.compile(rf"(?P<kind>(?i:{_KINDS}))(?!\s+(?i:hội)(?!\w))\s+(?P<name>{_WORD}(?:\s+{_WORD}){{0,3}})(?!\w)")
_MOTTO = re.compile(r"\s*(?:CỘNG H[ÒO]A X[ÃA].*|Độc lập\s*-\s*Tự do.*)$")
LONGEST_TITLE = 300


@dataclass(frozen=True)
class Head:
    """What of a document's head was found; None and empty texts for what was not, each with its doubt.

    `first`, `last`: the years it binds; `school`: from September to August. `doubts`: source strings of the catalogue.
    """

    number: str
    title: str
    body: str
    adopted: date | None
    first: int | None
    last: int | None
    school: bool
    doubts: tuple[str, ...]


def head(lines: Sequence[str], headings: Sequence[str], whole: Sequence[str], year: int | None) -> Head:
    """Read `lines` (before what is decided), then `headings` of the lists, then the `whole` text; `year`: told by a person."""
    # The two columns of the first lines come as one from some documents.
    lines = [plain for plain in (_MOTTO.sub("", text).strip() for text in lines) if plain]
    text = "\n".join(lines)
    found = _NUMBER.search(text)
    number = found["number"].rstrip(".:") if found else ""
    title = _title(lines, headings)
    body = _body(lines, whole)
    adopted, doubtful = _adopted(text)
    first, last, school = (year, year, False) if year else _years(title, headings, text, whole, adopted)
    doubts = [
        said
        for said, there in (
            ("the number was not found", number),
            ("the day of adoption was not found", adopted is not None and not doubtful),
            ("the year that it binds was not found: tell it with --year", last),
            ("the body was not found", body),
        )
        if not there
    ]
    if first is not None and last is not None and not year and first == last - 4:
        # "Đến năm 2030" names the end alone: the years of the same end that the text names say where it begins.
        spans = Counter(
            int(m["first"])
            for t in whole
            for m in _YEARS.finditer(t)
            if int(m["last"]) == last and int(m["first"]) >= last - 10
        )
        first = spans.most_common(1)[0][0] if spans else first
    return Head(
        number, _as_sentence(title, body), body or "Hội đồng nhân dân", adopted, first, last, school, tuple(doubts)
    )


def _title(lines: Sequence[str], headings: Sequence[str]) -> str:
    """What stands below `NGHỊ QUYẾT`; else the first short line that speaks of a plan or of targets."""
    titled = next(
        (n for n, t in enumerate(lines) if re.match(r"nghi quyet\b", fold(t)) and t.upper()[:4] == t[:4]), None
    )
    if titled is not None:
        first = re.sub(r"^NGHỊ QUYẾT\s*", "", lines[titled])
        rest = [first, *lines[titled + 1 :]] if first else list(lines[titled + 1 :])
        ends = r"hoi dong nhan dan|quoc hoi|can cu|khoa |dieu \d|\(?kem theo|quyet nghi|[ivx]+[. ]"
        until = next((n for n, t in enumerate(rest) if n and re.match(ends, fold(t))), min(2, len(rest)))
        title = " ".join(t for t in rest[: min(until, 4)] if len(t) <= LONGEST_TITLE).strip()
        if title:
            return _under(title[:LONGEST_TITLE])
    spoken = r"chi tieu|ke hoach|nghi quyet|muc tieu|nhiem vu|bao cao|chuong trinh|de an"
    for text in (*lines, *headings):
        sentence = text.endswith(".") or ". " in text
        if not sentence and len(text) <= LONGEST_TITLE and len(text.split()) > 3 and re.search(spoken, fold(text)):
            return text.rstrip(" :")
    return ""


def _body(lines: Sequence[str], whole: Sequence[str]) -> str:
    bodies = [
        t for t in lines if fold(t).startswith("hoi dong nhan dan") and not t.endswith((";", ".")) and len(t) < 120
    ]
    if bodies:
        longest = max(bodies, key=len)
        place = lines.index(bodies[0])
        following = lines[place + 1] if place + 1 < len(lines) else ""
        body = longest if len(fold(longest)) > len("hoi dong nhan dan") else f"{longest} {following}"
        return _named(re.sub(r"\s*(?:CỘNG H[ÒO]A.*|[-_]{3,}.*|KH[OÓ]A\b.*)$", "", body))
    for n, text in enumerate(lines):
        if re.fullmatch(r"quoc hoi", fold(text)) or fold(text).startswith("quoc hoi nuoc"):
            return "Quốc hội"
        short = re.fullmatch(r"(?:hdnd|ubnd|uy ban nhan dan)(?: (?P<place>.+))?", fold(text))
        if short is not None and len(text) < 60:
            rest = re.sub(r"^(?:HĐND|UBND|[ỦU][ỶY] BAN NHÂN DÂN)\s*", "", text) or (
                lines[n + 1] if n + 1 < len(lines) else ""
            )
            return _named(f"HỘI ĐỒNG NHÂN DÂN {rest}" if text.isupper() else f"Hội đồng nhân dân {rest}")
    named = next((m for m in map(_BODY.search, whole) if m), None)
    if named is not None:
        return _of_place(named)
    placed = next((m for m in map(_PLACE.search, whole[:5]) if m), None)
    if placed is not None:
        return _of_place(placed)
    return "Quốc hội" if any(re.search(r"\bquoc hoi\b", fold(t)) for t in whole[:5]) else ""


def _of_place(found: re.Match[str]) -> str:
    name = found["name"].title() if found["name"].isupper() else found["name"]
    return f"Hội đồng nhân dân {found['kind'].lower()} {name}"


def _named(body: str) -> str:
    """`HỘI ĐỒNG NHÂN DÂN THÀNH PHỐ SÓC TRĂNG` as one writes it within a sentence."""
    body = body.strip(" ,;.")
    if not body.isupper():
        return body
    kind = re.match(
        r"(hội đồng nhân dân)\s*(tỉnh|thành phố|thị xã|huyện|quận|phường|xã|thị trấn|đặc khu)?\s*(.*)", body.lower()
    )
    if kind is None:
        return body
    return " ".join(word for word in (kind[1].capitalize(), kind[2] or "", kind[3].title()) if word)


def _adopted(text: str) -> tuple[date | None, bool]:
    """The first day that is written out, and whether it is doubtful."""
    found = _DATE.search(text)
    if found is None:
        return None, True
    day, month, year = (int(part) for part in found.groups())
    try:
        return date(year, month, day), False
    except ValueError:
        return (date(year, 12, 1), True) if 1900 < year < 2200 else (None, True)


def _years(
    title: str, headings: Sequence[str], text: str, whole: Sequence[str], adopted: date | None
) -> tuple[int | None, int | None, bool]:
    """The first and the last year, and whether it is a school year: of the title, else of the nearest words that name one."""
    for said in (title, *headings):
        span = _span(said)
        if span is not None:
            return span
    told = _span(text)
    if told is not None:
        return told
    if adopted is not None:
        year = adopted.year + (1 if adopted.month >= 7 else 0)
        return year, year, False
    counted = Counter(int(year) for t in whole for year in _YEAR.findall(_OUTLOOK.sub(" ", _FULL_DATE.sub(" ", t))))
    if not counted:
        return None, None, False
    year = max(counted, key=lambda y: (counted[y], y))
    return year, year, False


def _span(text: str) -> tuple[int, int, bool] | None:
    """The years that a text names: a single one before a span, since a year's plan mentions the five years it is part of."""
    plain = re.sub(r"nghị quyết số[^,;]{0,80}?(?=về|$)", " ", text, flags=re.IGNORECASE)
    plain = _FULL_DATE.sub(" ", plain)
    spans = [m for m in _YEARS.finditer(plain) if 0 < int(m["last"]) - int(m["first"]) <= 10]
    bare = _OUTLOOK.sub(" ", _YEARS.sub(" ", plain))
    single = [int(y) for y in _YEAR.findall(_UNTIL.sub(" ", bare))]
    if spans and spans[0]["school"]:
        return int(spans[0]["first"]), int(spans[0]["last"]), True
    if spans and not single:
        return int(spans[0]["first"]), int(spans[0]["last"]), False
    if single:
        return max(single), max(single), False
    until = [int(y) for y in _UNTIL.findall(bare)]
    # A five-year plan ends in a year of 0 or 5.
    if until and until[0] % 5 == 0:
        return until[0] - 4, until[0], False
    return (until[0], until[0], False) if until else None


def _under(title: str) -> str:
    """What stands below `NGHỊ QUYẾT`, with those words."""
    plain = title.capitalize() if title.isupper() else title
    return plain if fold(plain).startswith("nghi quyet") else f"Nghị quyết {plain[0].lower()}{plain[1:]}"


def _as_sentence(title: str, body: str) -> str:
    """In small letters, but for the name of the place."""
    if title.isupper():
        title = title.capitalize()
    kinds = r"^hội đồng nhân dân\s*(?:tỉnh|thành phố|thị xã|huyện|quận|phường|xã)?\s*"
    called = re.sub(kinds, "", body, flags=re.IGNORECASE)
    if called:
        title = re.sub(re.escape(called), called, title, flags=re.IGNORECASE)
    return title or "Nghị quyết"
