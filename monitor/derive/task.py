"""Tasks with a date, a count, a quota or named places, in the sentences of a resolution's tasks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.derive.figure import Figure
from monitor.derive.promise import promises
from monitor.model.comparator import Bound, Comparator

_PLACE = r"(?:phường|xã|thị trấn|huyện|quận|khóm|ấp)\s+(?:\d+|[A-ZĐÀ-Ỹ]\w*(?:\s+[A-ZĐÀ-Ỹ]\w*)*)"
_PLACES = re.compile(rf"\s+(?:tại|ở)\s+(?P<places>{_PLACE}(?:\s*(?:,|và)\s*{_PLACE})*)")
_QUOTA = re.compile(
    (
        r"(?:đạt|hoàn thành)\s+(?:100%\s+)?(?:chỉ tiêu|kế hoạch)(?!\s+(?:của|nghị quyết))[^,;.]*|"
        r"theo\s+(?:đúng\s+)?kế hoạch(?:\s+vốn)?\s+được\s+giao"
    ),
    re.IGNORECASE,
)
_DEADLINE = re.compile(
    r"(?:hoàn thành\s+)?(?:xong|trước|trong|chậm nhất|đến hết|đến cuối|hết|vào|kết thúc)\s[^,;.]{0,12}?"
    r"(?:(?:ngày\s+)?(?P<day>\d{1,2})[/.](?P<month>\d{1,2})[/.](?P<year1>20\d\d)|"
    r"tháng\s+(?P<only>\d{1,2})(?:\s+năm\s+(?P<year2>20\d\d)|/(?P<year3>20\d\d))?"
    r"|quý\s+(?P<quarter>IV|I{1,3}|[1-4])(?:\s*/\s*|\s+năm\s+)?(?P<year4>20\d\d)?|năm\s+(?P<year5>20\d\d))",
    re.IGNORECASE,
)
_LEADING = re.compile(
    (
        r"^(?:[\s,;.\-]|(?:và|tiếp tục|tập trung|phấn đấu|đồng thời|bên cạnh đó|trong đó|cần|gắn với|chỉ đạo|"
        r"lãnh đạo|tổ chức tốt công tác|tổ chức|thực hiện tốt|đẩy mạnh|quyết liệt)(?!\w))+"
    ),
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Task:
    """One task: what is to be done (`held` in `unit`, or the figure that is printed), by when, and where the text says so."""

    name: str
    printed: str
    held: Bound
    unit: str
    due: str
    figure: Figure | None
    start: int
    end: int


def tasks(text: str, year: int | None) -> list[Task]:
    """The tasks of one passage, in order."""
    found: list[Task] = []
    for start, end in _spans(text, r"[.](?=\s|$)"):
        deadline = _deadline(text[start:end], year)
        due = deadline[0] if deadline else "year-end"
        for a, b in _spans(text[start:end], r";"):
            found += _clause(text, start + a, start + b, due, deadline, year)
    return found


def _clause(
    text: str, start: int, end: int, due: str, deadline: tuple[str, str] | None, year: int | None
) -> Iterator[Task]:
    clause = text[start:end]
    read = promises(clause, year)
    counted = [p for p in read.promises if p.figure.unit]
    for promise in counted:
        f = promise.figure
        name = promise.name or clause[: f.start]
        yield Task(
            _named(name), f.printed, Bound(Comparator.AT_LEAST, f.value), f.unit, due, f, start + f.start, start + f.end
        )
    reached = 0
    places = list(_PLACES.finditer(clause))
    for match in places:
        doing = _named(re.split(r",", clause[reached : match.start()])[-1])
        for place in re.findall(_PLACE, match["places"]):
            printed = deadline[1] if deadline else match[0].strip()
            kind = place.split()[0]
            yield Task(
                f"{doing} tại {place}",
                printed,
                Bound(Comparator.AT_LEAST, 1),
                kind,
                due,
                None,
                start + match.start(),
                start + match.end(),
            )
        reached = match.end()
    quota = _QUOTA.search(clause)
    if quota and "các chỉ tiêu" not in clause.lower():
        doing = _named(re.split(r",", clause[: quota.start()])[-1]) or _named(clause[: quota.start()])
        yield Task(
            f"{doing} {quota[0]}".strip(),
            quota[0].strip(),
            Bound(Comparator.AT_LEAST, 100),
            "%",
            due,
            None,
            start + quota.start(),
            start + quota.end(),
        )
    own = _deadline(clause, year)
    if own and not counted and not places:
        at = clause.find(own[1])
        doing = _named(re.sub(r",?\s*(?:phấn đấu\s*)?$", "", clause[:at]))
        if doing:
            yield Task(
                doing,
                own[1],
                Bound(Comparator.AT_LEAST, 1),
                "nhiệm vụ",
                own[0],
                None,
                start + at,
                start + at + len(own[1]),
            )


def _deadline(text: str, year: int | None) -> tuple[str, str] | None:
    """The due date a text names, as declared, and its words; one of another year is none."""
    for match in _DEADLINE.finditer(text):
        told = next((int(match[f"year{n}"]) for n in range(1, 6) if match[f"year{n}"]), year)
        if year is None or told != year:
            continue
        if match["day"]:
            return f"{year}-{int(match['month']):02}-{int(match['day']):02}", match[0]
        if match["only"] and 1 <= int(match["only"]) <= 12:
            return f"{year}-{int(match['only']):02}", match[0]
        if match["quarter"]:
            quarter = {"I": 1, "II": 2, "III": 3, "IV": 4}.get(match["quarter"].upper()) or int(match["quarter"])
            return f"{year}-{3 * quarter:02}", match[0]
        if match["year5"]:
            return "year-end", match[0]
    return None


def _named(text: str) -> str:
    return _LEADING.sub("", text).strip(" ,;:.-")


def _spans(text: str, ends: str) -> Iterator[tuple[int, int]]:
    reached = 0
    for match in re.finditer(ends, text):
        yield reached, match.start()
        reached = match.end()
    yield reached, len(text)
