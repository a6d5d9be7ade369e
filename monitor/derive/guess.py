"""What the text does not say: comparator, measure, due, owner. Each guess with its confidence (0..1) and its reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from monitor.derive.figure import Figure, unit_of
from monitor.derive.lexicon import Owner, found, lexicon, loose
from monitor.model.comparator import Bound, Comparator
from monitor.model.problem import Said
from monitor.model.target import Measure

# How often a guess is right is measured on the documents of the tests; one that is a decision of people stays low, however often
# it fits. Below this a person must look.
SURE = 0.9
# Below this a part is measured as its whole is.
FIRM = 0.92


# How often a figure with such a doubt was read right on the documents of the tests, one more of either kind added to what was
# counted (few were): tests/derive/test_corpus.py prints the counts, and holds these to them.
DOUBTED: Mapping[str, float] = {
    "the text says about": 0.95,
    "the unit is taken from the name": 0.88,
    "the unit is that of the figure it is a part of": 0.85,
    "the unit is guessed from the words behind it": 0.5,
    "no unit is printed": 0.7,
    "a scale without its unit is printed": 0.83,
    "a point where Vietnamese writes a comma": 0.85,
    "the document writes commas between thousands": 0.83,
    "spaces stand within the number": 0.85,
    "which column of the table is the plan is a guess": 0.85,
    'the same figure is printed twice and differs: "{first}" and "{second}"': 0.8,
}
# Of a doubt that the tests' documents have too seldom to count.
SELDOM = 0.5


@dataclass(frozen=True, slots=True)
class Guess:
    """One field's value, how sure it is, and why."""

    field: str
    value: str
    confidence: float
    reason: Said


_REMAINS = re.compile(r"(?<!\w)(?:xuống|còn|còn lại)\)?$")
# A name that ends in its verb (`Tỷ lệ hộ nghèo giảm trong năm`), or is told so after it (`… (giảm)`).
_LESSENED = re.compile(
    loose(
        r"(?<!\w)(?:giảm|hạ|kéo giảm)(?:[\s,]+(?:trong năm|bình quân|(?:hàng|hằng|mỗi|một) năm|thêm|từ|so với [^,]*|"
        r"(?:trong |cuối )?năm \d+|"
        r"khoảng|tối thiểu|ít nhất|tương đương|mỗi năm|ít nhất là|được|là|giai đoạn [\d -]+))*\)?$"
    )
)
# What is done for, or against, a bad thing is good: insured, supported, solved, left behind.
_TURNED = re.compile(
    r"bảo hiểm thất nghiệp|(?:không còn|không có|không để|xóa|xoá|thoát|hết)\s+(?:hộ |tái )?(?:cận )?nghèo|"
    r"(?:điều tra|khám phá|phá án|xử lý|giải quyết|truy tố|phòng,? chống|chống|phòng ngừa|thụ lý|điều trị|giảm|khỏi|hỗ trợ|"
    r"cho|tập huấn|tuyên truyền)\s[^,;]*$|"
    r"(?:hộ|người|xã|huyện|thôn|bản|trẻ em)\s+(?:cận )?nghèo\b(?=[^,;]*\b(?:được|tham gia|sử dụng|tiếp cận|vay|hưởng|"
    r"hỗ trợ|có (?:nhà|đất|điện|nước|thẻ)))"
)


def _begins(words: Iterable[str], name: str) -> str:
    """The first of the words that a name begins with."""
    return next(
        (word for word in words if re.match(rf"{loose(word)}(?!\w)", name) and not name.startswith("hạ tầng")), ""
    )


def _governed(name: str) -> str:
    """A name, in small letters, without bad things that it speaks against."""
    return _TURNED.sub(" ", name)


def bound(name: str, figure: Figure) -> tuple[Bound, Guess | None]:
    """What the figure is held against; a guess where the text has no comparator."""
    words = lexicon()
    low = name.lower()
    # Of some (`giảm 3% (riêng … 4,5%)`) it is what it is of all.
    low = re.sub(r"\s*\((?:riêng|trong đó|tương đương|tương ứng|khoảng|hay|tức)\b[^()]*\)$", "", low)
    lessening = _begins(words.lessening, low) or (_LESSENED.search(low) or [""])[0]
    full = figure.unit == "%" and figure.value >= 100
    gain = _begins(words.more_is_better, low) or _begins(words.more_is_better, low.rpartition(":")[2].strip())
    less = "" if lessening or full or gain else found(words.less_is_better, _governed(low))
    if figure.comparator is Comparator.RANGE and figure.upper is not None:
        reason = Said(
            "a range: more than its upper end counts as missed, unless it is written as  >= {low}",
            low=f"{figure.value:g}",
        )
        held = Bound(Comparator.RANGE, figure.value, figure.upper)
        return held, Guess("target", str(held), 0.6, reason)
    if figure.comparator is not None:
        # "not more than 8 - 8,5%" is held to its looser end.
        loose = (
            figure.upper
            if figure.upper is not None and figure.comparator in (Comparator.AT_MOST, Comparator.UNDER)
            else figure.value
        )
        return Bound(figure.comparator, loose), None
    if _REMAINS.search(low):
        held = Bound(Comparator.AT_MOST, figure.value)
        return held, Guess("target", str(held), 0.9, Said("the name says what may remain"))
    if found(words.either_way, low) and not re.search(r"tăng|giảm|phát triển", low):
        reason = Said("a share of a structure, or a forecast: which side of it is good is to be decided")
        return Bound(Comparator.AT_LEAST, figure.value), Guess("target", f">= {figure.value:g}", 0.5, reason)
    if less and not low.startswith(("giải quyết", "phổ cập")):
        held = Bound(Comparator.AT_MOST, figure.value)
        return held, Guess(
            "target", str(held), 0.95, Said('no comparator is printed; of "{word}" less is better', word=less)
        )
    held = Bound(Comparator.AT_LEAST, figure.value)
    return held, Guess("target", str(held), 0.95, Said("no comparator is printed; more is better"))


_COUNT = re.compile(r"(?:tổng\s+)?(?:số(?:\s+lượng)?|mật độ)\s+(?P<noun>[^\W\d_].*)", re.IGNORECASE | re.DOTALL)
_PER = re.compile(
    r"(?:\s*/\s*|\s+trên\s+(?:mỗi\s+)?)(?P<base>(?:\d[\d.]*|một|vạn|nghìn)?\s*(?:vạn|nghìn|triệu)?\s*[^\W\d_]+)"
)
_SHARE = re.compile(r"(?:tỷ|tỉ)\s+(?:lệ|trọng)(?!\w)|tốc độ\s+(?:tăng|phát triển)(?!\w)", re.IGNORECASE)


def unit(name: str, value: float) -> str:
    """The unit of a bare figure by its name (`Số bác sĩ/vạn dân`, `Số bác sĩ trên một vạn dân`, `Tỷ lệ …`); empty if none."""
    if _SHARE.match(name):
        return "%" if value <= 100 else ""
    if value > 1 and re.match(r"(?:chỉ số|PCI|PAPI|SIPAS|PAR INDEX)(?!\w)", name, re.IGNORECASE):
        return "điểm"
    counted = _COUNT.match(name)
    if counted is None:
        # `Ấp văn hóa: 6/6`.
        begun, length = unit_of(f" {name.rpartition(':')[2].strip()}")
        return begun if length < len(name) and begun not in lexicon().no_count_of_names and "đồng" not in begun else ""
    per = _PER.search(counted["noun"])
    noun = counted["noun"][: per.start()] if per else counted["noun"]
    known, _ = unit_of(f" {noun}")
    called = known or (noun if per and len(noun.split()) <= 3 else "")
    base = re.sub(r"^(?:1|một)\s+(?=vạn|nghìn)", "", per["base"].strip()) if per else ""
    return f"{called}/{base}" if called and base else called


def measure(name: str, unit: str) -> Guess:
    """Level, flow or milestone, by the words of the name."""
    low = name.lower()
    rate = unit in ("%", "‰") or "/" in unit
    if rate and any(low.startswith(w) for w in lexicon().lessening):
        return Guess("measure", Measure.FLOW.value, 0.9, Said("a lessening adds up over the year"))
    # What a sentence begins with says more than what it mentions.
    places = []
    for rank, kind in enumerate(lexicon().measures):
        word = found(kind.words, name)
        if word and not (rate and kind.measure is Measure.FLOW and not low.startswith(("giảm", "xóa", "xoá"))):
            places.append((low.find(word.lower()), rank, kind.measure, word))
    if rate and not places:
        return Guess("measure", Measure.LEVEL.value, 0.92, Said('a rate ("{unit}") is a level', unit=unit))
    if not places:
        return Guess("measure", Measure.LEVEL.value, 0.5, Said("no word of the name tells what is measured"))
    _, _, value, word = min(places, key=lambda p: (p[1] != 0, p[0]) if p[2] is Measure.MILESTONE else (True, p[0]))
    if value is Measure.MILESTONE and rate and found(("tỷ lệ", "tỉ lệ"), name):
        return Guess("measure", Measure.LEVEL.value, 0.92, Said('a rate ("{unit}") is a level', unit=unit))
    return Guess("measure", value.value, 0.95, Said('the name has "{word}"', word=word))


_AVERAGE = re.compile(loose(r"(?:giá tiêu dùng|CPI|lạm phát)(?!\w)[^,;]*bình quân(?!\s*(?:đầu|\d))"), re.IGNORECASE)
_POINTS = ("điểm %", "điểm phần trăm")


def recognised(printed: str, sure: Mapping[str, float]) -> Guess | None:
    """How sure the recognition of a picture's text is of a figure; None for a document with text.

    `sure`: each word of the passage. A figure that stands in none of them as it is printed is as sure as the least of all.
    """
    if not sure:
        return None
    digits = re.findall(r"\d[\d.,]*", printed)
    least = min(
        min(
            (
                share
                for word, share in sure.items()
                if number.strip(".,") in [found.strip(".,") for found in re.findall(r"\d[\d.,]*", word)]
            ),
            default=min(sure.values()),
        )
        for number in digits or [""]
    )
    reason = Said('recognised in a picture: to be compared with it: "{printed}"', printed=printed)
    return Guess("printed", printed, round(least, 2), reason)


def reckoned(
    name: str, unit: str, against: str, base: tuple[str, str, str] | None, *, one_year: bool
) -> tuple[Guess, dict[str, str]] | None:
    """What is reckoned from reports, where the text says so plainly: a growth or reduction of a flow held against another year,
    points of a rate, an average of prices; the measure and what it is of, as declared. None where it is reported itself.

    `against`: the words that hold it against another year; `base`: name, unit and measure of the figure that it is said of.
    """
    low = name.lower()
    lessened = bool(re.search(loose(r"(?<!\w)(?:giảm|hạ)(?!\w)"), low))
    turned = Measure.REDUCTION if lessened else Measure.GROWTH
    if unit in _POINTS and (lessened or re.search(loose(r"(?<!\w)tăng(?!\w)"), low)):
        reason = Said("points of a rate: reckoned from the rate that is reported, against the end of the year before")
        return Guess("measure", turned.value, 0.7, reason), {"measure": "level", "unit_of_measure": "%"}
    if (
        unit == "%"
        and against
        and base is not None
        and base[1] not in ("%", "‰", *_POINTS)
        and base[2] in ("flow", "level")
    ):
        reason = Said('"{word}" says a growth or reduction of what is in {unit}', word=against, unit=base[1])
        return Guess("measure", turned.value, 0.7, reason), {"measure": base[2], "unit_of_measure": base[1]}
    if unit == "%" and one_year and _AVERAGE.search(name):
        reason = Said("an average of the year: reckoned from what is reported of each period")
        return Guess("measure", Measure.AVERAGE.value, 0.7, reason), {"unit_of_measure": "%"}
    return None


def measure_of_task(name: str, unit: str) -> Guess:
    """A task is done or not done, unless it is to spend what was planned."""
    if unit == "%" and found(("giải ngân",), name):
        return Guess("measure", Measure.FLOW.value, 0.9, Said("what is disbursed adds up over the year"))
    return Guess("measure", Measure.MILESTONE.value, 0.9, Said("a task is done by a date"))


_HALF = re.compile(r"(?<!\d)6 tháng đầu năm|nửa đầu năm", re.IGNORECASE)
_NINE = re.compile(r"(?<!\d)9 tháng(?: đầu năm)?(?!\s*tuổi)", re.IGNORECASE)
_QUARTER = re.compile(r"(?:hết|trong|cuối|đến)\s+quý\s+(?P<quarter>IV|I{1,3}|[1-4])(?!\w)")
_BY_YEAR = re.compile(r"(?:đến|hết|trong)\s+(?:hết\s+|cuối\s+)?năm\s+(?P<year>(?:19|20)\d\d)", re.IGNORECASE)
_QUARTERS = {"I": 3, "II": 6, "III": 9, "IV": 12, "1": 3, "2": 6, "3": 9, "4": 12}


def told_due(said: str, first: int | None, last: int | None) -> Guess | None:
    """When a figure is due by the words around it: a half, a quarter, or a year before the last; None where they say none."""
    if first is None or last is None:
        return None
    by_year = _BY_YEAR.search(said)
    if by_year and first <= int(by_year["year"]) < last:
        return Guess("due", f"{by_year['year']}-12", 0.9, Said('the text has "{word}"', word=by_year[0]))
    quarter = _QUARTER.search(said)
    month = _QUARTERS[quarter["quarter"]] if quarter else 6 if _HALF.search(said) else 9 if _NINE.search(said) else 0
    if not month or first != last:
        return None
    word = next(m[0] for m in (quarter, _HALF.search(said), _NINE.search(said)) if m)
    return Guess("due", f"{last}-{month:02}", 0.9, Said('the text has "{word}"', word=word))


def due(name: str, held: Bound, unit: str, year: int | None) -> Guess:
    """Year-end, a month, or throughout."""
    for known in lexicon().dues:
        if year is not None and found(known.words, name):
            return Guess(
                "due",
                f"{year}-{known.month:02}",
                0.9,
                Said('the name has "{word}": {why}', word=found(known.words, name), why=known.reason),
            )
    kept = found(("duy trì", "giữ vững", "luôn"), name)
    if kept:
        return Guess("due", "throughout", 0.9, Said('the name has "{word}"', word=kept))
    if unit == "%" and held.value == 100 and held.comparator in (Comparator.AT_LEAST, Comparator.EQUAL):
        return Guess(
            "due",
            "throughout",
            0.6,
            Said("a rate of 100% may have to hold at every report, or be reached by the year's end"),
        )
    return Guess("due", "year-end", 0.95, Said("no date is printed"))


def owner(name: str, group: str) -> tuple[Owner, Guess]:
    """The office that answers for it: by the group's words, unless the group is as wide as `kinh tế - xã hội`."""
    word, of_group = _owner(group)
    named, of_name = _owner(name)
    wide = found(("xã hội", "kinh tế", "chỉ tiêu"), group) and not found(("bảo hiểm xã hội",), group)
    if of_group is not None and not (wide and of_name is not None):
        return of_group, Guess("owner", of_group.id, 0.95, Said('the group has "{word}"', word=word))
    if of_name is not None:
        return of_name, Guess("owner", of_name.id, 0.95, Said('the name has "{word}"', word=named))
    last = lexicon().last_owner
    return last, Guess("owner", last.id, 0.3, Said("no word tells who answers for it"))


def _owner(text: str) -> tuple[str, Owner | None]:
    """The office whose longest word stands in a text; of equally long ones, the first."""
    fits = [(word, known) for known in lexicon().owners for word in known.words if found((word,), text)]
    return max(fits, key=lambda fit: len(fit[0]), default=("", None))
