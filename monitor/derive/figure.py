"""The numbers of a text: which of them are figures that something is promised with, and which are dates, ages, names.

Vietnamese writes 778.290 and 95,15; `2.032` is two thousand, a bare 2024 a year. What else a document may hold (95.15) is read
as what it must mean, and marked as uncertain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from monitor.derive.lexicon import any_of, lexicon, loose
from monitor.language import fold
from monitor.model.comparator import Comparator

# A scanner parts a number at its marks: `3 . 500`, `13 , 5 %`.
_PARTED = r"\d{1,3}(?: \. ?\d{3})+(?! ?[.,]? ?\d)|\d{1,3} , ?\d{1,2}(?=\s?[%‰])|\d{1,3} , \d{1,2}(?=\s[^\W\d_]{2})"
_PLAIN = (
    rf"{_PARTED}|"
    r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d{1,3}(?: \d{3})+(?:,\d+)?(?=\s*(?:triệu|tỷ|người|hộ|tấn|ha|học|đồng))|\d+(?:[.,]\d+)?"
)
_DASH = r"\s*(?:-|÷|~)\s*"
_NUMBER = re.compile(
    (
        rf"(?<![\w.,])(?P<low>{_PLAIN})(?:(?P<first>\s*%)?(?:{_DASH}|\s+(?:[đd][ếêe]n|t[ớơo]i)\s+)(?P<high>{_PLAIN})|"
        rf"\s?/\s?(?P<of>(?!10{{2,5}}\s+(?:dân|trẻ|người|phụ nữ|nữ|bé|ca|bà mẹ)\b)\d+)(?=\s+[^\W\d_]))?(?![\d])"
    ),
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_CODE = re.compile(r"\s*/\s*(?:[A-ZĐ]{2,}|\d{4}/)|-[A-ZĐ]{2,}|[A-ZĐ]\b|[a-ln-zđ]\b|/\d{1,2}/\d{4}|/\d{4}|/20\d\d")
_ACT = (
    r"(?:nghị quyết|quyết định|chỉ thị|kết luận|nghị định|thông tư|chương trình|kế hoạch|báo cáo|tờ trình|"
    r"luật|đề án|công văn|văn bản|quy định|thông báo)"
)
_BEFORE = (
    (r"(?:^|\W)(?:ngày|tháng|quý|tuần)\s*$", "a date"),
    (r"(?:^|\W)(?:năm|năm học|niên vụ|giai đoạn|nhiệm kỳ|niên độ)\s*$", "a year"),
    (rf"{_ACT}\s*(?:số)?\s*:?\s*$", "the number of a document"),
    (r"(?:^|\W)(?:điều|khoản|mục|chương|phụ lục|biểu|bảng|phần|mẫu)\s*(?:số)?\s*$", "the number of a clause"),
    (
        (
            r"(?:mức độ|cấp độ|độ|loại|hạng|lớp|khóa|khoá|lần thứ|thứ|kỳ họp|quốc lộ|ql|đt|tỉnh lộ|vùng|khu vực|top|"
            r"cấp|mũi|đối tượng|hợp phần|tiểu dự án|phase|covid|tiêu chí|type)\s*(?:số)?\s*-?\s*$"
        ),
        "a rank or a name",
    ),
    (
        r"(?:mức độ|cấp độ|mức|cấp|loại|mũi|phường|quận|khóm|ấp|tổ|khối|lớp)\s+\d{1,2}(?:,\s*\d{1,2})*\s*(?:,|và)\s*$",
        "a rank or a name",
    ),
    (r"(?:^|[\s,(])(?:phường|quận|khóm|ấp|khu phố|tổ|đường|thôn|cụm|nhóm|dự án)\s*$", "a rank or a name"),
    (r"(?:^|\W)giá\s*(?:cđ|ss|cố định|so sánh)\s*(?:năm\s*)?$", "a year"),
    (r"(?:^|\W)(?:độ tuổi|tuổi)(?:\s+từ)?\s*$", "an age"),
    (r"(?:ban chấp hành|ban thường vụ|ủy ban|khóa \w+) gồm\s*$", "how many there are in the text"),
    (r"(?:^|\W)cả\s*$", "how many there are in the text"),
    (r"(?:^|\s)(?:trên|tính trên|bình quân trên|bình quân|mỗi|trên đơn vị|đơn vị)\s*$|/\s*$", ""),
)
# A day of the month in a page's own words (`Sáng 12/12`, `16:42`).
_CLOCK = re.compile(r"(?:^|\W)(?:sáng|chiều|tối|trưa|hôm|ngày|đêm)\s*(?:nay)?,?\s*\(?$", re.IGNORECASE)
_COUNTERS = re.compile(
    r"(?:lượt xem|lượt truy cập|đang truy cập|số lượt đọc|cập nhật|(?:^|[^\w\s]\s*)trang|page|fax|tel|hotline)\s*:?\s*$",
    re.IGNORECASE,
)
# A time within or around the year, not a figure: 6 tháng đầu năm, bình quân 5 năm, trong 3 năm.
_SPAN = re.compile(
    loose(
        r"\s*(?:tháng\s+(?:đầu|cuối)\s+năm|tháng\s+năm|năm(?!\s*(?:sống|khỏe|khoẻ))(?=\s|[,;.:)(]|$)|"
        r"tháng(?=\s+(?:đầu|cuối|đến))|ngày(?=\s+(?:làm việc|họp|qua|nay)))"
    ),
    re.IGNORECASE,
)
_SPANNED = re.compile(
    loose(
        r"(?:bình quân|trung bình|trong|cả|qua|kế hoạch|giai đoạn|hằng|nhiệm kỳ|sau|vòng|tổng|thời kỳ|mục tiêu|xã hội|"
        r"đầu tư|của|^)\s*$"
    ),
    re.IGNORECASE,
)
# So many of a hundred, a thousand … of what the lexicon need not know (`18 ca sinh/1.000 phụ nữ`, `42/100.000 trẻ đẻ sống`).
_PER = re.compile(
    r"\s*/\s*(?:1|10{2,5}|1\.000|10\.000|100\.000|1 triệu)\s+[^\W\d_]+(?:\s+[^\W\d_]+){0,2}?"
    r"(?=\s*(?:[;,.)(]|$)|\s+(?:vào|trở|và|năm)\b)"
)
_RATIO = re.compile(rf"(?:\s+[^\W\d_]+(?:\s+[^\W\d_]+)?)?{_PER.pattern}")
# An item's number within a sentence (`Trong đó: (1) Nông nghiệp …; (2) Công nghiệp …`).
_ENUMERATED = re.compile(r"(?:^|[:;.,]\s*)\($|[:;.]\s+$")
_ENUMERATES = re.compile(r"\s*[).]\s*[^\W\d_]")
# How often a thing of many words is done (`02 buổi hướng dẫn/tháng`).
_OFTEN = re.compile(
    r"(?:\s+[^\W\d_]+){1,3}\s*/\s*(năm|tháng|quý|tuần|ngày|xã|thôn|hộ|người|(?:1|10{2,5}|1\.000|10\.000|100\.000|vạn)\s+dân)(?!\w)"
)
_AGE = re.compile(r"\s*(?:tháng\s*)?tuổi(?!\s*thọ)")
_DENOMINATOR = re.compile(
    r"\s*(?:vạn|nghìn|ngàn|triệu)?\s*(?:dân|người dân|trẻ|ca|bà mẹ|nữ|ha|đơn vị|km|lao động|hộ|ca đẻ|em|đầu người)\b"
)
_AFTER = (
    (re.compile(r"\s*(?:không|sạch|tốt|đúng|nhất|rõ|biết)(?=\s*(?:[,;.\"”'’)]|và\b|$))"), "a rank or a name"),
    (re.compile(r"\s*năm\s*(?:(?:đạt|là|khoảng|tăng|giảm|trên)\s|(?=[:(]))"), "a time"),
    (re.compile(r"\s*vụ\s*\)"), "how often a day or a week"),
    (re.compile(r"\s*sao\b"), "a rank or a name"),
    (
        re.compile(
            loose(
                r"\s*(?:nhóm\s+)?(?:chỉ tiêu|nhiệm vụ|nội dung|khâu đột phá|mục tiêu|giải pháp|lĩnh vực|trụ cột|"
                r"(?:dự thảo\s+)?nghị quyết|tờ trình)"
            )
        ),
        "how many there are in the text",
    ),
    (re.compile(r"\s*(?:giờ|h)\b(?=\s*/)|/7\b"), "a time"),
    (re.compile(r"\s*buổi\s*/\s*(?:ngày|tuần)"), "how often a day or a week"),
    (
        re.compile(r"\s*(?:lần|buổi|lượt)\s*/\s*(?:năm|tháng|quý|tuần|ngày)[^;.%\d]{0,40}?\d[\d.,]*\s*%"),
        "how often a day or a week",
    ),
    (re.compile(r"\s*(?:CV|kV|mã lực|inch)\b"), "a rank or a name"),
    (re.compile(r"\s*(?:đại biểu|phiếu)\b"), "a count of votes"),
    (re.compile(r"\s*(?:loại|mũi)\s+(?:vắc|vac|thuốc|cơ bản)"), "how many there are in the text"),
)
_SIGNS = {"<": "<", ">": ">", "≤": "<=", "≥": ">=", "<=": "<=", ">=": ">="}
# Who is meant, by a threshold: `không còn hộ có thu nhập dưới 12 triệu đồng`.
_THRESHOLD = re.compile(
    loose(
        r"(?:không còn|không có|không để|xóa|chấm dứt)(?!\w)[^,;.]*(?:(?:thu nhập|mức|điểm|chuẩn|diện tích)(?!\w)"
        r"[^,;.]*|(?:xã|thôn|ấp|bản|huyện|phường|trường|đơn vị|hộ)\s+(?:nào\s+)?(?:đạt\s+)?)(?:dưới|trên)\s*$"
    ),
    re.IGNORECASE,
)
# What may stand between a comparator's word and its figure.
_FILL = r"(?:\s*(?:đạt|là|mức|khoảng|từ|có|còn|ở|tỷ lệ|tỉ lệ|bằng|ước|thêm|hơn|:|cho|được|số|tăng|giảm))*\s*"
_COMPARATORS = tuple(
    (re.compile(loose(rf"(?:^|[\s,;(:])(?:{words}){_FILL}$"), re.IGNORECASE), Comparator(sign))
    for words, sign in (
        (
            (
                r"không\s+(?:vượt\s+)?quá|không\s+vượt|không\s+cao\s+hơn|không\s+lớn\s+hơn|không\s+nhiều\s+hơn|tối\s+đa|"
                r"nhiều\s+nhất|cao\s+nhất|≤|<="
            ),
            "<=",
        ),
        (
            r"không\s+dưới|không\s+thấp\s+hơn|không\s+ít\s+hơn|không\s+nhỏ\s+hơn|tối\s+thiểu|ít\s+nhất|thấp\s+nhất|≥|>=",
            ">=",
        ),
        (r"dưới|thấp\s+hơn|nhỏ\s+hơn|ít\s+hơn|chưa\s+đến|<", "<"),
        (r"trên|cao\s+hơn|lớn\s+hơn|nhiều\s+hơn|vượt|hơn|>", ">"),
        (r"xuống|xuống\s+còn|giảm\s+còn|chỉ\s+còn|còn\s+lại|còn", "<="),
    )
)
_SIGN = re.compile(r"(?P<sign><=|>=|[<>≤≥])\s*$")
_FROM = re.compile(r"(?:^|\W)từ\s*$", re.IGNORECASE)
_UP = re.compile(loose(r"\s*(?:[^\W\d_]+\s+){0,5}?trở\s+lên"))
_DOWN = re.compile(loose(r"\s*(?:[^\W\d_]+\s+){0,3}?trở\s+xuống"))
# More than a plan by so much (`vượt 12% so với dự toán`).
_BEYOND = re.compile(loose(r"(?:^|\W)vượt\s*$"), re.IGNORECASE)
_OVER = re.compile(loose(r"\s*(?:so|kế hoạch|dự toán|chỉ tiêu|KH|DT|NQ|nghị quyết|mức)(?!\w)"), re.IGNORECASE)
_APPROXIMATE = re.compile(r"(?:khoảng|xấp xỉ|ước|gần|chừng)\s*(?:đạt|là|từ)?\s*$", re.IGNORECASE)


# How many letters on either side of a number say what it is.
_AROUND = 300
# More digits than any figure has.
LONGEST = 16
_NOUN = re.compile(r"\s*([^\W\d_]+)(?:[ \t]+([^\W\d_]+))?")
_PER_ONE = re.compile(r"\s*/\s*(người|hộ|năm|tháng|xã|thôn|km|ha|lớp|trường)(?!\w)")
_SCALES = ("triệu", "tỷ", "tỉ", "nghìn tỷ", "ngàn tỷ", "nghìn tỉ", "ngàn tỉ", "nghìn", "ngàn", "vạn")
_REST = re.compile(loose(r"\s*(?P<more>\d{1,3}(?:,\d+)?)\s*triệu(?:\s+đồng)?(?!\w)"), re.IGNORECASE)
_OF_MONEY = re.compile(
    r"thu nhập|\bthu\b|\bchi\b|vốn|GRDP|GDP|giá trị|doanh thu|ngân sách|dư nợ|quỹ|kinh phí|lương", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a text at `start`..`end` (its unit included), as printed.

    `comparator`: what the text says, None when it says none; `value` to `upper`, in `unit`; `doubts`: why a person should look,
    source strings of the catalogue; `reason`: why it is no promised figure, empty when it is one.
    """

    start: int
    end: int
    printed: str
    value: float
    upper: float | None
    unit: str
    comparator: Comparator | None
    doubts: tuple[str, ...]
    reason: str
    # What a number without a known unit seems to count: the words behind it.
    noun: str = ""


def figures(text: str, *, points: bool = False) -> Iterator[Figure]:
    """Every number of `text`, in order. `points`: the document writes decimals with a point, thousands with a comma."""
    reached = 0
    held: Figure | None = None
    for match in _NUMBER.finditer(text):
        if match.start() >= reached:
            found = _figure(text, match, points)
            reached = found.end
            if held is not None:
                yield _per_the_same(held, found, text)
            held = found
    if held is not None:
        yield held


def _per_the_same(one: Figure, other: Figure, text: str) -> Figure:
    """The first of two figures that one denominator stands behind (`8 bác sĩ và 23 giường bệnh/vạn dân`), with it."""
    _, slash, per = other.unit.partition("/")
    counted = one.unit and "/" not in one.unit and one.unit not in ("%", "‰") and not one.reason
    if slash and counted and text[one.end : other.start].strip() == "và":
        return replace(one, unit=f"{one.unit}/{per}")
    return one


def _figure(text: str, match: re.Match[str], points: bool) -> Figure:
    before = text[max(0, match.start() - _AROUND) : match.start()]
    after = text[match.end() : match.end() + _AROUND]
    unit, length = unit_of(after)
    value, doubts = number(match["low"], unit, points=points)
    upper = None
    if match["high"] is not None:
        upper, more = number(match["high"], unit, points=points)
        doubts = (*doubts, *more)
    reason = _no_promise(before, match, after, unit)
    if upper is not None and upper < value:
        reason = reason or "a range that falls"
        upper = None
    end = match.end() + length
    value, unit, end = _with_rest(text, value, unit, end)
    if unit in _SCALES:
        unit, doubts = _money(unit, before), (*doubts, "a scale without its unit is printed")
    comparator, closing = _comparator(before, text[end : end + _AROUND], ranged=upper is not None)
    if not unit and not reason:
        doubts = (*doubts, "no unit is printed")
    if _APPROXIMATE.search(before):
        doubts = (*doubts, "the text says about")
    start = match.start()
    sign = _SIGN.search(before)
    if sign:
        start -= len(before) - sign.start("sign")
    end += closing
    printed = text[start:end].strip()
    noun = "" if unit or reason else _noun(text[match.end() :])
    return Figure(start, end, printed, value, upper, unit, comparator, tuple(doubts), reason, noun)


def _noun(after: str) -> str:
    """The one or two words that a bare number seems to count (`12 tụ điểm ma túy`); empty where none follows at once."""
    found = _NOUN.match(after)
    if found is None or found[1].lower() in lexicon().function_words:
        return ""
    noun = found[1] if not found[2] or found[2].lower() in lexicon().function_words else f"{found[1]} {found[2]}"
    per = _PER_ONE.match(after[found.start(1) + len(noun) :])
    return f"{noun}/{per[1]}" if per else noun


def number(text: str, unit: str, *, points: bool = False) -> tuple[float, tuple[str, ...]]:
    """The value of a number as printed, and what is doubtful about reading it so."""
    if re.search(r" [.,]", text):
        return number(re.sub(r" ?([.,]) ?", r"\1", text), unit, points=points)[0], ("spaces stand within the number",)
    plain = text.replace(" ", ".")
    if re.fullmatch(r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?", plain):
        doubt = unit == "%" and float(plain.replace(".", "").replace(",", ".")) > 1000
        return float(plain.replace(".", "").replace(",", ".")), ("a point before three digits",) if doubt else ()
    if points and re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", text):
        return float(text.replace(",", "")), ("the document writes commas between thousands",)
    if re.fullmatch(r"\d+\.\d+", plain):
        return float(plain), ("a point where Vietnamese writes a comma",)
    if re.fullmatch(r"[1-9]\d{0,2},\d{3}", plain) and _counted(unit):
        return float(plain.replace(",", "")), ("a comma before three digits of things that are counted",)
    thousands = bool(re.fullmatch(r"[1-9]\d{0,2},\d{3}", plain)) and unit not in ("%", "‰")
    return float(plain.replace(",", ".")), ("three digits behind a comma: they may be thousands",) if thousands else ()


def _with_rest(text: str, value: float, unit: str, end: int) -> tuple[float, str, int]:
    """A sum printed in two units (`2.150 tỷ 500 triệu đồng`) as one figure of the greater."""
    rest = _REST.match(text[end:]) if unit in ("tỷ", "tỉ", "tỷ đồng") else None
    if rest is None:
        return value, unit, end
    return value + number(rest["more"], "triệu đồng")[0] / 1000, "tỷ đồng", end + rest.end()


def _money(scale: str, before: str) -> str:
    """A scale without a unit (`72 triệu`, `25 nghìn tỷ`) is of đồng where only money is so great, or the name is of money."""
    plain = scale.replace("tỉ", "tỷ")
    return f"{plain} đồng" if "tỷ" in plain or _OF_MONEY.search(before) else plain


def unit_of(after: str) -> tuple[str, int]:
    """The unit at the beginning of what follows a number, and how many characters it takes."""
    share = re.match(r"\s*(%[o0](?!\w)|[%‰]|phần nghìn|phần trăm)(?:\s*/\s*năm(?!\w))?", after)
    if share:
        # 1%/năm is 1% in each year that is bound.
        return "%" if share[1] in ("%", "phần trăm") else "‰", share.end()
    known = _units().match(after)
    if known is None:
        ratio = _RATIO.match(after)
        return ("", 0) if ratio is None else (_plain_ratio(ratio[0]), ratio.end())
    unit = re.sub(r"(?<!\w)tỉ(?!\w)", "tỷ", _accented(" ".join(known[0].split())))
    per = _PER.match(after[known.end() :])
    if per is None:
        often = _OFTEN.match(after[known.end() :]) if "/" not in unit else None
        return _plain_ratio(f"{unit}/{often[1]}" if often else unit), known.end()
    return _plain_ratio(unit + per[0]), known.end() + per.end()


def _plain_ratio(unit: str) -> str:
    """`bác sĩ / 1 vạn dân` as `bác sĩ/vạn dân`."""
    return re.sub(r"\s*/\s*(?:1\s+(?=[^\W\d_]))?", "/", " ".join(unit.split()))


@lru_cache
def _units() -> re.Pattern[str]:
    words = lexicon()
    below = rf"\s*/\s*(?:\d[\d.]*\s*)?(?:vạn\s+|nghìn\s+|ngàn\s+|triệu\s+)?(?:{any_of(words.denominators)})(?!\w)"
    named = any_of((*words.units, *words.abbreviations), _loosened)
    return re.compile(
        rf"\s*(?:{loose('(?:nghìn|ngàn|vạn|triệu|tỷ|tỉ)')}\s+)*(?:{named})(?!\w)(?:{loose(below)})*",
        re.IGNORECASE,
    )


def _loosened(unit: str) -> str:
    """A unit's pattern; a word alone is read without its accents only where it can be nothing else (`con` is not `còn`)."""
    return (
        loose(unit)
        if "\\" in unit or unit in ("triệu", "đồng", "người", "tấn", "giường", "xã", "thôn", "trường", "học")
        else unit
    )


def _accented(unit: str) -> str:
    """A unit with the accents that its words have lost, and written out."""
    short, slash, per = unit.partition("/") if unit.lower() not in _abbreviated() else (unit, "", "")
    if short.strip().lower() in _abbreviated():
        return _abbreviated()[short.strip().lower()] + (f"{slash}{per}")
    scaled = re.fullmatch(
        rf"(?P<scales>(?:(?:{loose('nghìn|ngàn|vạn|triệu|tỷ|tỉ')})\s+)*)(?P<unit>.*)", unit, re.IGNORECASE | re.DOTALL
    )
    if scaled is None:
        return unit
    scales = "".join(f"{_known().get(fold(word), word)} " for word in scaled["scales"].split())
    parts = [
        part if part.lower() in _printed() else _known().get(fold(part), part) for part in scaled["unit"].split("/")
    ]
    return scales + "/".join(parts)


@lru_cache
def _printed() -> frozenset[str]:
    """Every unit as it is printed."""
    words = lexicon()
    return frozenset(word.lower() for word in (*words.units, *words.denominators))


@lru_cache
def _abbreviated() -> dict[str, str]:
    """A shortened unit, in small letters, to what it stands for."""
    return {short.lower(): unit for short, unit in lexicon().abbreviations.items()}


@lru_cache
def _known() -> dict[str, str]:
    """A unit without accents to the first that it may be."""
    words = lexicon()
    found: dict[str, str] = {}
    for word in ("nghìn", "ngàn", "vạn", "triệu", "tỷ", *words.units, *words.denominators):
        found.setdefault(fold(word), word)
    return found


def _counted(unit: str) -> bool:
    """Whether a unit is of whole things."""
    return unit.split("/", maxsplit=1)[0] in {
        *(
            "người",
            "hộ",
            "con",
            "học sinh",
            "cháu",
            "lao động",
            "giường",
            "doanh nghiệp",
            "ha",
            "tấn",
            "triệu đồng",
            "lượt",
        )
    }


def _no_promise(before: str, match: re.Match[str], after: str, unit: str) -> str:
    """Why a number is no promised figure; a source string of the catalogue, empty when it is one."""
    low, high = match["low"], match["high"]
    years = _YEAR.fullmatch(low) and (high is None or _YEAR.fullmatch(high))
    if years and (not unit or re.search(r"(?:năm|đoạn|kỳ|-)\s*$", before)):
        return "a year"
    if _THRESHOLD.search(before):
        return "a threshold that tells who is meant"
    if _CODE.match(after) and match["of"] is None and not unit.startswith("/"):
        return "a date" if re.match(r"/\d", after) else "the number of a document"
    if re.search(r"\d[-/]\s*$", before):
        return "a date"
    if high is None and re.fullmatch(r"\d{1,2}", low) and _ENUMERATED.search(before) and _ENUMERATES.match(after):
        return "the number of a clause"
    if _AGE.match(after) and "tuổi thọ" not in before.lower():
        return "an age"
    if _COUNTERS.search(before) or (_CLOCK.search(before) and (match["of"] or re.match(r"/\d", after)) and not unit):
        return "a date" if _CLOCK.search(before) else "a number of the page"
    if re.fullmatch(r"0\d{2,}[.\d]*", low) or len(re.sub(r"\D", "", low)) > LONGEST:
        return "a number of the page"
    if re.match(r":\d\d", after) or re.search(r"\d:$", before):
        return "a time"
    if (
        _SPAN.match(after)
        and fold(unit or after.split(maxsplit=1)[0]) in ("nam", "thang", "ngay")
        and (_SPANNED.search(before.strip()) or "tháng" in after[:8])
    ):
        return "a time"
    found = _by_words_before(before[-40:].lower(), after, unit, low)
    return found or next((reason for pattern, reason in _AFTER if pattern.match(after)), "")


def _by_words_before(tail: str, after: str, unit: str, low: str) -> str:
    """The reason that the words before a number give."""
    measured = bool(unit) or "," in low or "." in low
    for pattern, reason in _BEFORE:
        if re.search(pattern, tail) is None:
            continue
        if not reason:
            if _DENOMINATOR.match(after) and re.fullmatch(r"0?1(?:0|\.0)*", low):
                return "what a figure is divided by"
            continue
        named = re.search(r"(?:phường|quận|thứ|khóa|lần thứ|nhóm|top)\s*$", tail)
        if measured and (reason == "the number of a clause" or (reason == "a rank or a name" and not named)):
            continue
        if reason == "a year" and unit and not _YEAR.fullmatch(low):
            continue
        return reason
    return ""


def _comparator(before: str, after: str, *, ranged: bool) -> tuple[Comparator | None, int]:
    """What the words around a figure say, and how many characters after it say so."""
    up, down = _UP.match(after), _DOWN.match(after)
    if up and len(up[0]) < 30:
        return Comparator.AT_LEAST, up.end()
    if down and len(down[0]) < 30:
        return Comparator.AT_MOST, down.end()
    sign = _SIGN.search(before)
    if sign:
        return Comparator(_SIGNS[sign["sign"]]), 0
    if _BEYOND.search(before) and _OVER.match(after):
        return Comparator.AT_LEAST, 0
    near = before[-45:]
    for pattern, comparator in _COMPARATORS:
        if pattern.search(near):
            return comparator, 0
    if ranged:
        return Comparator.RANGE, 0
    if _FROM.search(before):
        return Comparator.AT_LEAST, 0
    return None, 0
