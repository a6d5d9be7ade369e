"""The figures of one passage as promises: what is promised, in which words, and what is a part of what.

A figure's name is what the text says before it (`Tỷ lệ …: 95,15%`), or, where the figure comes first, after it (`95% hộ …`).
What stands in brackets behind a figure, or after `trong đó`, is a part of it when it has a name of its own, and the same
promise said otherwise when it has none (`0,45% (tương đương 150 hộ)`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from monitor.derive.figure import Figure, figures
from monitor.derive.lexicon import loose

_OF_WHICH = re.compile(r"[\s,;:(-]*(?:và\s+)?trong\s+(?:đó|số đó)\b\s*[,:]?\s*", re.IGNORECASE)
_VERBS = (
    r"phấn đấu|đạt|là|bằng|ước|chiếm|có|được|khoảng|(?<!đầu )từ|trên|dưới|mức|còn|đến|thêm|tối thiểu|tối đa|ít nhất|"
    r"không quá|không vượt quá|không dưới|không thấp hơn|không cao hơn|(?<!trở )xuống|(?<!trở )lên|hơn|thấp hơn|cao hơn|vượt|"
    r"nâng|(?<!nhà )(?<!chỗ )ở|xấp xỉ|gần|đảm bảo|bảo đảm|cho|chung|nhiều nhất|cao nhất|thấp nhất|<|>|≤|≥|="
)
# Words before a figure that say how it is held, not of what it is.
TAIL = re.compile(rf"(?:[\s:,;.\-–(]|(?<!\w)(?:{loose(_VERBS)})(?!\w))+$", re.IGNORECASE)
_HEAD = re.compile(
    r"^(?:[\s:,;.)\-–+]|(?<!\w)(?:và|còn lại|phấn đấu|riêng|đồng thời|cụ thể|như sau|hoặc|tương ứng|trong khi|theo đó)(?!\w))+",
    re.IGNORECASE,
)
# What begins a further word on the figure before, not a new name.
_FURTHER = re.compile(
    r"^(?:(?:bình quân|trung bình)\s+(?:(?:mỗi|hằng|hàng) năm\s+)?(?:giảm|tăng)|tương đương|tương ứng|tăng|giảm|bằng|"
    r"gấp|còn|để đạt|đạt|chiếm|lũy kế|luỹ kế|nâng(?!\s+(?:cấp|cao))|(?:đến\s+)?cuối (?:năm|kỳ)|"
    r"đến (?:cuối |hết )?năm(?: \d{4})?|cả năm|xuống|lên|vượt|duy trì|so|"
    r"trị giá|kinh phí)(?!\w)",
    re.IGNORECASE,
)
_NO_NAME = re.compile(r"$|(?:so với|trở lên|trở xuống|vào|theo|năm|/|đến|và|trong)\b")
_PAST = re.compile(
    (
        r"^\s*(?:ước|ước thực hiện|thực hiện|th|kh|kế hoạch|cùng kỳ|năm trước|năm|nghị quyết|nq|chỉ tiêu|dự toán|"
        r"ước tính|ước đạt|hiện nay|hiện|tính đến)\b[^;()]{0,40}?(?P<year>20\d\d)?"
    ),
    re.IGNORECASE,
)
# What a level above has assigned is not what is promised here.
_ASSIGNED = re.compile(
    r"^\s*(?:dự toán|kế hoạch|chỉ tiêu|nghị quyết|trung ương|tw|hđnd|ubnd|cấp trên|tỉnh|huyện|thành phố|thủ tướng)\b"
    r"[^;()]{0,40}?\b(?:giao|đề ra)\b",
    re.IGNORECASE,
)
# What a figure is compared with is of another time or place: `so với năm 2019`, `so với cùng kỳ`; a share of another thing
# (`nhập siêu so với kim ngạch xuất khẩu dưới 4%`) is none.
_COMPARED = re.compile(
    r"so\s+(?:với|sánh)(?:\s+(?:mức|số|tỷ lệ|con số))?\s*$|"
    r"so\s+(?:với|sánh)\s+(?:mức|năm|cùng kỳ|cuối|đầu|tháng|quý|kế hoạch|dự toán|thực hiện|ước|hiện|trước|chỉ tiêu|"
    r"nghị quyết|giai đoạn|nhiệm kỳ|"
    r"bình quân|cả nước|toàn quốc|khu vực|kết quả|6 tháng|20\d\d)[^,;.():]*$|"
    r"(?:cùng kỳ|năm trước|hiện nay)[^,;.():]*$",
    re.IGNORECASE,
)
# A figure that is held against the same time of another year (not against a plan).
_AGAINST = re.compile(
    loose(
        r"\s*(?:\(\s*)?so\s*(?:với|sánh)?\s*(?:(?:ước\s+)?(?:thực hiện|TH)\s+|ước\s+)?(?:cùng kỳ|năm (?:trước|ngoái|\d{4})|"
        r"cuối năm (?:trước|\d{4}))(?!\w)"
    ),
    re.IGNORECASE,
)
# A second figure of the same target, which is hoped for and not promised.
SOFTER = re.compile(
    loose(
        r"[\s,;(]*(?:và\s+|nhưng\s+)?(?:phấn đấu|quyết tâm|nỗ lực|cố gắng|kỳ vọng)(?:\s+(?:đạt|trên|từ|cao hơn|tăng|"
        r"hoàn thành|vượt|đến|mức|khoảng|là|ở|thực hiện|hơn|giảm|còn|dưới))*\s*"
    ),
    re.IGNORECASE,
)
# Behind a bar stands the figure of another year (`1.560 tỷ đồng/KH 2017: 1.480 tỷ đồng`).
_BESIDE = re.compile(
    r"/\s*(?:KH|TH|ƯTH|NQ|kế hoạch|thực hiện|ước thực hiện)(?:\s+năm)?\s+(?P<year>20\d\d)\s*:?\s*$", re.IGNORECASE
)
# A sentence that begins with an earlier year tells what was.
_EARLIER = re.compile(
    r"(?:[-+•*]\s*)?(?:trước đó,?\s*)?(?:(?:trong|tính đến|đến|cuối|hết|kết thúc|ước)\s+)*năm\s+(?:19|20)\d\d\b(?!\s*(?:-|đến))",
    re.IGNORECASE,
)
# What was done in another year is told so (`năm 2022 tỉnh đã hoàn thành 24/26 chỉ tiêu, GRDP tăng 9,1%`).
_TOLD = re.compile(r"năm\s+(?:19|20)\d\d,?\s[^.;]{0,60}?\bđã\s", re.IGNORECASE)
_CHANGED = re.compile(
    loose(r"^[^,;.()]{0,25}?(?:(?<!trở )xuống|(?<!trở )lên|còn|thành(?!\s+(?:viên|phố|lập|thị))|sang)\b")
)
_VERB_FIRST = re.compile(
    (
        r"(?:xây dựng|công nhận|thành lập|có|thêm|phát triển|trồng mới|trồng|tạo|cho|hoàn thành|kết nạp|khởi công|"
        r"đầu tư|xây mới|cấp|hỗ trợ|mở|nâng cấp|sửa chữa|duy trì|giữ vững|phấn đấu|đưa|đón|thu hút|giới thiệu|"
        r"giảm|cắt giảm|đơn giản hóa|rải nhựa|huy động|xóa|tuyển|đào tạo|tổ chức|"
        r"cung cấp nước sạch cho|số|làm|làm mới|lắp đặt|lắp|thu gom|cải tạo|tu sửa|"
        r"nạo vét|kiên cố|cứng hóa|"
        r"nhựa hóa|bê tông hóa|kiên cố hóa|tiêm|gieo trồng|chăm sóc|bảo vệ|khoanh nuôi|giao|thực hiện|xử lý|tư vấn|"
        r"bồi dưỡng|chuyển đổi|"
        r"mở mới|mở rộng|quy hoạch|xây|dựng|tiếp nhận|khai hoang|nuôi|sản xuất|khai thác|chế biến|xuất khẩu|giải quyết|đóng mới|"
        r"vận động|quyên góp|đầu tư xây dựng|bàn giao|khám|bao phủ|sử dụng|đảm bảo|bảo đảm|thành lập mới|"
        r"tạo việc làm cho|cho vay)(?:\s+(?:mới|thêm|được))?$"
    ),
    re.IGNORECASE,
)
_DOES = re.compile(
    r"(?:vận động|xây dựng|làm|lắp|thu gom|cải tạo|nạo vét|trồng|tổ chức|huy động|hỗ trợ|đầu tư|triển khai|hoàn thành|"
    r"tiếp tục|đào tạo|thành lập|phát triển|"
    r"duy trì|giữ vững|phấn đấu|tạo|bê tông|nâng cấp|sửa chữa|mở|cấp|xóa|xoá|kết nạp|tuyển|đưa|tiếp nhận)(?!\w)",
    re.IGNORECASE,
)
_NOUN = re.compile(r"(?:tỷ|tỉ|tổng|số|mức|tốc|diện|sản lượng|năng suất)\b", re.IGNORECASE)
_RATE = re.compile(r"(?:tỷ|tỉ) (?:lệ|trọng)", re.IGNORECASE)
# Units that say how much, not of what.
_MEASURED = re.compile(
    r"^$|%|‰|(?<!\w)(?:ha|tấn|tạ|đồng(?! chí| bào)|km|km2|m|m2|m3|USD|kWh|MW|lượt|hạng)(?!\w)|/|(?<!\w)điểm(?! \w)|"
    r"điểm (?:%|phần trăm)",
    re.IGNORECASE,
)
# What is lessened to so much is named without its verb (`Số hộ nghèo giảm còn 12 hộ`).
_REMAINING = re.compile(rf"(?<=\w)\s+(?:giảm|hạ)\s+(?:(?:xuống|chỉ)\s+)?còn(?:\s|{loose(_VERBS)})*$", re.IGNORECASE)
# Of which place all is meant, and not what.
_ALL_OF = re.compile(r"(?:toàn|cả|trên toàn|trên địa bàn)(?!\w)", re.IGNORECASE)
# What says which side of the thing before is meant, and not of what (`Lúa mùa: 412 ha, năng suất 68 tạ/ha`).
_ASPECT = re.compile(
    r"(?:điểm số|số điểm|tổng điểm|điểm|thứ hạng|xếp hạng|năng suất(?: bình quân)?|sản lượng|diện tích|doanh thu|doanh số|"
    r"tổng vốn|quy mô|công suất|trị giá|kinh phí)",
    re.IGNORECASE,
)
# Words that say when, and nothing else.
_WHEN = re.compile(r"(?:(?:đến|vào|trong|hết|cuối)\s+)*(?:cuối\s+)?năm\s+(?:19|20)\d\d", re.IGNORECASE)
_AVERAGE_OF_ALL = re.compile(r"bình quân(?:\s+(?:chung|(?:toàn|cả|mỗi|trên)\b[^,;:]*))?", re.IGNORECASE)
# More words than so many letters before a figure are not its name alone.
_LONGEST_NAME = 700
# Brackets within so many others tell nothing more.
_DEEPEST = 4
_SENTENCE = re.compile(r"[.](?=\s+[A-ZĐÀ-Ỹ])|;(?=\s*[A-ZĐÀ-Ỹ])")


@dataclass(frozen=True, slots=True)
class Promise:
    """A figure with its name. `whole`: the position, among a passage's promises, of the one it is a part of.

    `past`: the figure of before that the text names beside it (`từ 8% xuống 6%`); `softer`: a second figure that is strived for
    beside it (`phấn đấu 7-7,5%`); `on`: the position of the promise that it is a further word on (`5.000 tỷ đồng, tăng 9%`);
    `against`: what the text holds it against (`so với năm trước`).
    """

    name: str
    figure: Figure
    whole: int | None
    of_which: bool = False
    past: float | None = None
    softer: Figure | None = None
    on: int | None = None
    against: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """What is in one passage: promises, and the numbers that promise nothing, each with its reason."""

    promises: tuple[Promise, ...]
    others: tuple[Figure, ...]
    # The passage begins with `trong đó`: its promises are parts of the last promise before.
    of_which: bool = False


@lru_cache(maxsize=4096)
def promises(text: str, year: int | None, points: bool = False) -> Read:
    """The promises of a passage's words, in order. `points`: as of `figures`."""
    every = list(figures(text, points=points))
    reading = _Reading(text, every, year)
    reading.scope(0, len(text), None, "")
    others = [f for f in every if f.reason] + reading.unread
    return Read(tuple(reading.found), tuple(sorted(others, key=lambda f: f.start)), bool(_OF_WHICH.match(text)))


@dataclass
class _State:
    """How far a scope is read. `head`: of the list it is in; `outer`: the promise that what follows is a part of; `current`: the
    last promise with a name of its own; `past`, `carried`: the figure of before, and the name that it stood with.
    """

    reached: int
    whole: int | None
    outer: int | None
    head: str = ""
    current: int | None = None
    past: float | None = None
    carried: str = ""
    # A semicolon ended what stood before.
    anew: bool = False

    def turn(self, lead: str) -> str:
        """What of the words before a figure is of its own sentence."""
        ends = list(_SENTENCE.finditer(lead))
        if ends:
            lead, self.head = lead[ends[-1].end() :], ""
            if ends[-1][0] == "." or self.outer == self.whole:
                self.outer, self.current = self.whole, None
        self.anew = ";" in lead.rstrip("; ") or lead.lstrip().startswith(";")
        # What promises no figure ends at its semicolon.
        return lead.rstrip("; ").rpartition(";")[2] if ";" in lead.rstrip("; ") else lead

    def leave(self, figure: Figure, lead: str, stop: int, reason: str) -> None:
        """Pass by a figure that promises nothing; one of before lends its name to the one that follows."""
        self.reached = stop
        if reason == "the value of before":
            self.past, self.carried, self.reached = figure.value, lead.rsplit("từ", 1)[0], figure.end


class _Reading:
    def __init__(self, text: str, every: list[Figure], year: int | None) -> None:
        self.text, self.year = text, year
        self.promised = [figure for figure in every if not figure.reason]
        self.found: list[Promise] = []
        self.unread: list[Figure] = []
        self.brackets = list(_brackets(text, self.promised))

    def scope(self, start: int, end: int, whole: int | None, main: str) -> None:
        """The text between two places, not in inner brackets: its figures in order, each with what it brackets."""
        inner = [(a, b) for a, b in self.brackets if start <= a and b <= end and (a, b) != (start - 1, end + 1)]
        inner = [(a, b) for a, b in inner if not any(x < a and b < y for x, y in inner)]
        here = [f for f in self.promised if start <= f.start < end and not any(a < f.start < b for a, b in inner)]
        now = _State(reached=start, whole=whole, outer=whole)
        left = dict.fromkeys(inner)
        for n, figure in enumerate(here):
            lead = self.text[max(now.reached, figure.start - _LONGEST_NAME) : figure.start]
            following = here[n + 1].start if n + 1 < len(here) else end
            before = TAIL.sub("", _HEAD.sub("", lead.rpartition(";")[2])).strip()
            if self._begins_anew(lead, figure.end):
                before = lead = ""
            first = "(" not in lead and (not before or self._names_all(before, figure, following, end))
            stop = _stop(self.text, figure.end, following, inner, number_first=first)
            tail = self.text[figure.end : stop]
            if first and not before:
                tail = self._beyond(figure.end, following, inner)
            lead = now.turn(lead)
            if n and self._threshold(here[n - 1], figure):
                self.unread.append(replace(figure, reason="a threshold that tells who is meant"))
                now.reached = figure.end
                continue
            if self._softer(lead, figure, now):
                now.reached = stop
                continue
            part = _OF_WHICH.search(lead)
            if part:
                lead = lead[part.end() :]
                now.outer, now.head = now.current if now.current is not None else whole, ""
            reason = self._past(lead, tail, self.text[max(0, start - 1) : figure.start], figure.start)
            if reason:
                self.unread.append(replace(figure, reason=reason))
                now.leave(figure, lead, stop, reason)
                continue
            position = self._promise(figure, now.carried or lead, tail, main, now, of_which=bool(part))
            now.reached = stop
            for a, b in list(left):
                if figure.end <= a < following:
                    del left[a, b]
                    under = now.current if now.current is not None else position
                    self.scope(a + 1, b - 1, under, self.found[position].name)
                    now.reached = max(now.reached, b)
                elif a < figure.start:
                    del left[a, b]
                    self.scope(a + 1, b - 1, position, self.found[position].name)
        self._name_by_the_last()
        for a, b in left:
            # A figure in brackets with none before them: what stands before the brackets is its name.
            self.scope(a + 1, b - 1, whole, TAIL.sub("", _HEAD.sub("", self.text[now.reached : a])).strip() or main)

    def _threshold(self, before: Figure, figure: Figure) -> bool:
        """Whether a figure only tells who is meant by the rate before it (`100% tàu cá từ 15 m trở lên lắp thiết bị`)."""
        lead = self.text[before.end : figure.start]
        behind = re.search(r"[^\W\d_]", self.text[figure.end : figure.end + 3])
        return bool(
            before.unit == "%" != figure.unit
            and behind
            and re.fullmatch(r"(?:\s+[^\W\d_]+){1,8}\s+(?:từ|trên|dưới)\s*", lead)
            and not _FURTHER.match(lead.strip())
            and re.search(r"(?:^|[,;.:])\s*(?:[^\W\d_]+\s+){0,2}$", self.text[: before.start])
        )

    def _name_by_the_last(self) -> None:
        """Of several years' figures with one name behind them (`năm 2025 đạt 60% và năm 2030 đạt 75% số xã …`), all have it."""
        for n in range(len(self.found) - 2, -1, -1):
            one, other = self.found[n], self.found[n + 1]
            between = self.text[one.figure.end : other.figure.start]
            if not one.name and other.name and one.figure.unit == other.figure.unit and len(between) < 40:
                self.found[n] = replace(one, name=other.name)

    def _begins_anew(self, lead: str, end: int) -> bool:
        """Whether a comma ended what stands before a figure, and its own name follows (`không còn hộ nghèo, 96% dân …`)."""
        after = self.text[end : end + 60].strip()
        ended = re.search(r"[,;]\s*(?:(?:và|trên|có|khoảng|dưới|hơn|ít nhất|tối thiểu)\s*)*$", lead, re.IGNORECASE)
        return bool(
            ended
            and re.match(r"[^\W\d_]+\s+[^\W\d_]+", after)
            and not _NO_NAME.match(after)
            and not _FURTHER.match(after)
        )

    def _softer(self, lead: str, figure: Figure, now: _State) -> bool:
        """Whether a figure is only a hope beside the promise before it, which then has it."""
        beside = now.current if now.current is not None else now.whole
        if beside is None or SOFTER.fullmatch(lead) is None:
            return False
        before = self.found[beside]
        if before.figure.unit != figure.unit or before.softer is not None:
            return False
        self.found[beside] = replace(before, softer=figure)
        return True

    def _names_all(self, before: str, figure: Figure, following: int, end: int) -> bool:
        """Whether all that follows a rate is its name, commas and all (`duy trì 100% xã, phường, thị trấn đạt …`)."""
        alone = following == end or re.search(r"[;.](?=\s)", self.text[figure.end : following])
        return bool(alone) and figure.unit == "%" and bool(_VERB_FIRST.search(before))

    def _beyond(self, start: int, end: int, inner: list[tuple[int, int]]) -> str:
        """What follows a figure to the end of its clause, without what is in brackets (`95% xã (81/85 xã) đạt chuẩn …`)."""
        pieces, reached = [], start
        for a, b in sorted(inner):
            if start <= a < end:
                pieces.append(self.text[reached:a])
                reached = min(b, end)
        found = "".join([*pieces, self.text[reached:end]])
        stop = re.search(r"[;.](?=\s|$)|\svà\s+(?=$)|,?\s+trong đó|,\s*$", found)
        return found[: stop.start()] if stop else found

    def _promise(self, figure: Figure, lead: str, tail: str, main: str, now: _State, *, of_which: bool) -> int:
        """Add a promise; its position."""
        name, now.head, further = self._name(lead, tail, figure.unit, now.head, main, now.current, anew=now.anew)
        under = now.outer
        if further:
            under = self.found[now.current].whole if now.current is not None else now.whole
            if now.whole is not None and now.current is None:
                under = self.found[now.whole].whole
        elif now.whole is None and under is not None and _RATE.match(name) and self._of_another_kind(figure, under):
            # A rate is no part of a count: the list of parts has ended.
            under = now.outer = None
        if of_which and under is not None and _VERB_FIRST.fullmatch(name):
            name = f"{self.found[under].name} ({name[:1].lower()}{name[1:]})"
        told = _AGAINST.match(tail)
        on = now.current if further and now.current is not None else now.whole if further else None
        self.found.append(
            Promise(name, figure, under, of_which, now.past, on=on, against=told[0].strip() if told else "")
        )
        now.past, now.carried = None, ""
        if not further:
            now.current = len(self.found) - 1
        return len(self.found) - 1

    def _of_another_kind(self, figure: Figure, whole: int) -> bool:
        return (figure.unit in ("%", "‰")) != (self.found[whole].figure.unit in ("%", "‰"))

    def _past(self, lead: str, tail: str, before: str, end: int) -> str:
        """Why a figure is not of this year; empty when it is."""
        if _COMPARED.search(lead):
            return "what it is compared with"
        if re.search(r"(?:^|\W)từ(?:\s+mức)?\s*$", lead, re.IGNORECASE) and _CHANGED.match(tail):
            return "the value of before"
        bracket = before.rsplit("(", 1)
        if len(bracket) == 2 and ")" not in bracket[1]:
            if _ASSIGNED.match(bracket[1]):
                return "what it is compared with"
            begun = _PAST.match(bracket[1])
            years = [int(y) for y in re.findall(r"20\d\d", bracket[1])]
            if begun and years and (self.year is None or max(years) < self.year):
                return "a figure of another year"
        beside = _BESIDE.search(self.text[max(0, end - 40) : end])
        if self._of_before(end) or (beside and int(beside["year"]) != self.year):
            return "a figure of another year"
        years = [int(y) for y in re.findall(r"năm\s+(20\d\d)\s*(?:là|đạt|:|ước đạt|ước|thực hiện)?\s*$", lead)]
        if years and self.year is not None and years[-1] < self.year:
            return "a figure of another year"
        return ""

    def _of_before(self, end: int) -> bool:
        """Whether the sentence that reaches to `end` begins with an earlier year, and names no later one."""
        begun = max((m.end() for m in re.finditer(r"[.;]\s+(?=[A-ZĐÀ-Ỹ])", self.text[:end])), default=0)
        sentence = self.text[begun:end]
        years = [int(year) for year in re.findall(r"(?:19|20)\d\d", sentence)]
        told = _EARLIER.match(sentence) or _TOLD.search(sentence)
        return bool(self.year and years and told and max(years) < self.year)

    def _name(
        self, lead: str, tail: str, unit: str, head: str, main: str, current: int | None, *, anew: bool = False
    ) -> tuple[str, str, bool]:
        """A figure's name, the head of the list it stands in, and whether it is a further word on the figure before."""
        begun = _HEAD.sub("", lead).strip()
        previous = self.found[current].name if current is not None else main
        if previous and _is_further(begun) and not _names_itself(begun, tail, unit, anew=anew):
            return f"{previous} ({(TAIL.sub('', begun) or begun).strip(' :,')})", head, True
        name = TAIL.sub("", _REMAINING.sub("", begun)).strip()
        if _WHEN.fullmatch(name):
            name = ""
        elif _AVERAGE_OF_ALL.fullmatch(name) and not _MEASURED.search(unit.split("/", maxsplit=1)[0]):
            name = f"{name} ({unit.split('/', maxsplit=1)[0]})"
        if _wants_its_object(name, unit):
            name = _with_object(name, tail, unit, bare=not name and not previous)
        if not name:
            return (f"{previous} ({unit})" if previous else ""), head, bool(previous)
        if previous and _ASPECT.fullmatch(name) and not head:
            return f"{previous} ({name[:1].lower()}{name[1:]})", head, False
        if ":" in name and not head:
            first, rest = name.split(":", 1)
            if rest.strip() and len(first.split()) <= 12:
                if re.match(r"(?:về|lĩnh vực|chỉ tiêu|công tác)\b", first.strip(), re.IGNORECASE):
                    return rest.strip(), "", False
                return name, first.strip(), False
        if head and ":" not in name and not name[0].isupper():
            name = f"{head}: {name}"
        return name, head, False


def _names_itself(begun: str, tail: str, unit: str, *, anew: bool) -> bool:
    """Whether a figure behind words of change has a name of its own (`duy trì 45 ha chè`, `; giảm 120 hộ nghèo`)."""
    if re.match(r"duy trì", begun, re.IGNORECASE) and re.match(r"\s*[^\W\d_]+", tail):
        return True
    follows = not _NO_NAME.match(tail.strip()) and re.match(r"\s*[^\W\d_]+\s+[^\W\d_]+", tail)
    return anew and bool(follows or (len(unit.split()) > 1 and not _MEASURED.search(unit)))


def _wants_its_object(name: str, unit: str) -> bool:
    """Whether the words before a figure name nothing, or only what is done or where: what is counted stands behind it."""
    _, colon, rest = name.rpartition(":")
    return (
        not name
        or bool(_VERB_FIRST.search(name))
        or (bool(_DOES.match(name)) and unit not in ("%", "‰"))
        or (bool(colon) and len(rest.split()) <= 3 and bool(_ALL_OF.match(rest.strip())))
        or (len(name.split()) <= 4 and not _NOUN.match(name))
    )


def _with_object(name: str, tail: str, unit: str, *, bare: bool) -> str:
    """A name with what its figure counts, and what stands behind it. `bare`: nothing before gives it a name."""
    after = _HEAD.sub("", re.sub(r"\([^()]*\)", "", tail)).strip(" .;:,")
    own = "" if _NO_NAME.match(after) or tail.lstrip().startswith("- ") else after
    noun = unit.split("/", maxsplit=1)[0]
    of_what = not _MEASURED.search(noun) or (not own and re.search(r"lượt|khách", noun))
    counted = noun if of_what and (own or bare or _VERB_FIRST.search(name)) else ""
    counted = re.sub(r"^(?:(?:nghìn|ngàn|vạn|triệu|tỷ)\s+)+", "", counted)
    if re.search(r"(?<!\w)giảm(?:\s+(?:thêm|được))?$", name) and len(name.rpartition(":")[2].split()) > 1:
        # What is lessened stands before the verb (`Hộ nghèo giảm 5 hộ`).
        counted = ""
    return " ".join(word for word in (name, counted, own) if word)


def _is_further(begun: str) -> bool:
    """Whether the words before a figure say no more than how it changes the one before (`tăng`, `tương đương`, `còn`)."""
    verb = _FURTHER.match(begun)
    if verb is None:
        return False
    rest = _HEAD.sub("", TAIL.sub("", begun[verb.end() :])).strip()
    return len(rest.split()) <= 2 or bool(re.match(r"(?:bình quân|hàng năm|đến|cuối|thêm|so)\b", rest))


def _brackets(text: str, promised: list[Figure]) -> Iterator[tuple[int, int]]:
    """Each pair of brackets that holds a promised figure, from the opening one to behind the closing one."""
    opened: list[int] = []
    for n, letter in enumerate(text):
        if letter == "(":
            opened.append(n)
        elif letter == ")" and opened:
            begun = opened.pop()
            if len(opened) < _DEEPEST and any(begun < figure.start < n for figure in promised):
                yield begun, n + 1
    for begun in opened[:_DEEPEST]:
        if any(begun < figure.start for figure in promised):
            yield begun, len(text) + 1


def _stop(text: str, start: int, end: int, inner: list[tuple[int, int]], *, number_first: bool) -> int:
    """Where what belongs to a figure ends: at the next bracket, comma, semicolon, sentence, or `và`; a name that follows
    its figure may hold commas.
    """
    first = min([a for a, _ in inner if a >= start], default=end)
    ends = r"[;.](?=\s|$)|\svà\s+(?=\d)|,?\s+trong đó" if number_first else r"[;,.](?=\s|$)|\svà\s|,?\s+trong đó"
    stop = re.search(ends, text[start : min(end, first)])
    return start + stop.start() if stop else min(end, first)
