"""Where in a document things stand: the parts that hold the targets, the tasks, the tables.

A list of targets is recognised by being one: figures with units under a heading or a lead-in sentence that speaks of targets,
whatever its words. The surest headings (`các chỉ tiêu …`) are taken where they lead to figures, then wider ones, then all that
a resolution decides. A part ends at the next heading of its own kind or of an outer one, at the tasks, or, in a page that is no
resolution, where the list does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from monitor.derive.head import Head, head
from monitor.derive.passage import MARKS, NUMBERED, Block, Passage, Table
from monitor.derive.promise import promises
from monitor.language import fold as _fold
from monitor.model.problem import Problem, Problems

fold = lru_cache(maxsize=16384)(_fold)
_DECIDES = re.compile(r"(?:hoi dong nhan dan .{0,60})?(?:quyet nghi|quyet dinh)")
# Folded headings, from the surest on.
# A sentence that begins a list without a colon (`Năm 2025, tỉnh phấn đấu tăng trưởng … 10%, thu ngân sách …`).
_STRIVING = (
    r"^(?:[a-z]{2,6} ?- ?)?(?:trong |buoc sang )?nam (?:19|20)\d\d\b[^.;:]{0,60}\b"
    r"(?:phan dau|(?:dat|de)(?: ra)?(?: cac)? muc tieu)$"
)
# What was agreed upon goes on in the same sentence (`thống nhất mục tiêu năm 2018 với tốc độ tăng trưởng 12,5%, …`).
_AGREED = re.compile(
    r"\b(?:thong nhat|thong qua|de ra|dat ra|xac dinh|giao)\b.{0,60}\b(?:muc tieu|chi tieu)\b.{0,40} voi$"
)
_STRIVES = re.compile(_STRIVING)
_TARGETS = re.compile(rf"\b(?:chi tieu|muc tieu cu the)\b|{_STRIVING}")
_AIMS = re.compile(r"\b(?:chi tieu|muc tieu(?! (?:tong quat|chung|chuong trinh|trong tam)))\b")
_PLANS = re.compile(r"\b(?:chi tieu|muc tieu|nhiem vu|ke hoach|phuong huong|phan dau|dinh huong|quyet tam)\b")
_WEAK = re.compile(r"\b(?:nhiem vu|giai phap|ket qua|danh gia|tinh hinh|thuc hien cac chi tieu|hoan thanh)\b")
_TASKS = re.compile(r"\b(?:nhiem vu|giai phap)\b")
# What heads results, not promises.
_RESULTS = re.compile(
    r"\b(?:ket qua|quyet toan|danh gia|tinh hinh (?:thuc hien|kinh te|phat trien)|to chuc thuc hien|uoc thuc hien|"
    r"nhung (?:han che|ton tai)|da dat duoc|"
    r"dat va vuot|da (?:hoan thanh|dat|vuot|thuc hien)|hoan thanh (?:va vuot|vuot)|(?:chi tieu|nhiem vu) (?:chua|khong|da) dat)\b"
)
_ENDING = re.compile(
    r"^(?:cac |mot so |ve |nhung )*(?:nhom )?(?:nhiem vu|giai phap|to chuc thuc hien|dieu khoan|hieu luc|trach nhiem)\b"
)
_FUNDED = re.compile(
    r"(?:tong )?(?:kinh phi|nguon von|nguon luc|von) thuc hien\b|tong kinh phi\b|(?:tong )?nhu cau (?:von|kinh phi)\b"
)
_CLOSING = re.compile(
    r"(?:Nơi nhận|Nghị quyết này|Tin liên quan|Tin khác|Bài viết liên quan|Xem (?:thêm|nhiều)|Đọc (?:thêm|nhiều)|"
    r"Từ khóa|Tags?\b|Bình luận|"
    r"Chia sẻ|Nguồn\s*:|Tác giả|Bản quyền|©|TM\.\s|Lượt xem)",
    re.IGNORECASE,
)
# What heads prices, rates and allowances: figures that are charged or paid, not promised.
_RULES = re.compile(
    r"\b(?:quy dinh|ban hanh|dieu chinh|sua doi|thong qua)\b.{0,60}?\b(?:muc (?:thu|chi|ho tro|gia|phi|phat|luong|dong)|phi|"
    r"le phi|hoc phi|gia dat|bang gia|gia dich vu|dinh muc|che do|chinh sach)\b"
)
# What a page of news goes on with behind its list.
_TOLD = re.compile(
    r"^(?:cung (?:tai|trong)|tai (?:ky hop|phien)|truoc do|phat bieu|ngoai ra,? (?:ky hop|hdnd)|ket luan|be mac|ky hop|"
    r"(?:cac )?dai bieu)\b|\bda (?:chat van|thong qua|nghe|thao luan|cho y kien|bau|bieu quyet|xem xet)\b"
)
_ORDER = {name: n for n, (name, _) in enumerate(MARKS)}
LONGEST_HEADING = 250
# So many figures with units make a list.
LIST = 3


@dataclass(frozen=True)
class Part:
    """The targets' part or a tasks' part: its heading, the article it stands in, its passages and tables, in order."""

    article: str
    heading: Passage
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Outline:
    """A document's head (see `Head`) and parts. `points`: it writes decimals with a point, and thousands with a comma."""

    head: Head
    targets: tuple[Part, ...]
    tasks: tuple[Part, ...]
    points: bool = False

    @property
    def number(self) -> str:
        """As printed; empty when it was not found."""
        return self.head.number

    @property
    def title(self) -> str:
        """As a sentence."""
        return self.head.title

    @property
    def body(self) -> str:
        """The council, or another body whose document it is."""
        return self.head.body

    @property
    def adopted(self) -> date | None:
        """The day of adoption."""
        return self.head.adopted

    @property
    def year(self) -> int | None:
        """The last year that it binds."""
        return self.head.last

    @property
    def period(self) -> tuple[date, date] | None:
        """The first and the last day that it binds."""
        first, last = self.head.first, self.head.last
        if first is None or last is None:
            return None
        return (date(first, 9, 1), date(last, 8, 31)) if self.head.school else (date(first, 1, 1), date(last, 12, 31))

    @property
    def doubts(self) -> tuple[str, ...]:
        """What of the head a person must fill in, source strings of the catalogue."""
        return self.head.doubts


def outline(name: str, blocks: Sequence[Block], year: int | None = None) -> Outline:
    """Find the parts of a document; `year`: the one it binds, where a person tells it.

    Raises Problems for a document without a list of targets, saying why.
    """
    blocks = [piece for block in blocks for piece in _opened(block)]
    begun = next((n for n, p in enumerate(blocks) if isinstance(p, Passage) and _DECIDES.fullmatch(fold(p.text))), None)
    parts = _found(blocks, begun)
    if not parts:
        message, values = _why(blocks)
        raise Problems([Problem(name, message, values)])
    texts = [block.text for block in blocks if isinstance(block, Passage)]
    before = [p.text for p in blocks[: begun if begun is not None else 30] if isinstance(p, Passage)]
    headings = [part.heading.text for part in parts if part.heading.text]
    taken = {id(block) for part in parts for block in part.blocks}
    told = head(before if begun is not None else _until(before, headings), headings, texts, year)
    tasks = _parts([block for block in blocks if id(block) not in taken], begun or 0, _TASKS.search, tasks=True)
    return Outline(told, tuple(parts), tuple(tasks), _points(parts))


def _points(parts: Sequence[Part]) -> bool:
    """Whether the lists write 8.5 and 52,300 where Vietnamese writes 8,5 and 52.300."""
    held = " ".join(
        b.text if isinstance(b, Passage) else " ".join(map(" ".join, b.rows)) for p in parts for b in p.blocks
    )
    point, comma = (
        len(re.findall(rf"(?<![\d.,])\d+{mark}\d{{1,2}}(?=\s*[%‰]|\s+[^\W\d_])(?![.,]?\d)", held))
        for mark in (r"\.", ",")
    )
    thousands = re.findall(r"(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})+(?![.,\d])", held)
    return bool(point > comma and thousands) or bool(len(thousands) > 2 and not comma)


def _until(lines: list[str], headings: Sequence[str]) -> list[str]:
    """The lines before the first list: those of the list itself are no head."""
    first = next((n for n, line in enumerate(lines) if headings and line == headings[0]), len(lines))
    return lines[:first]


def _found(blocks: Sequence[Block], begun: int | None) -> list[Part]:
    """The parts that hold targets, by the surest headings that lead to a list."""
    start, resolution = begun or 0, begun is not None
    for fits, strict in ((_TARGETS.search, True), (_AIMS.search, False), (_PLANS.search, False)):
        parts = _parts(blocks, start, fits, strict=strict, resolution=resolution)
        held = sum(_measured(block) for part in parts for block in part.blocks)
        if held >= LIST or any(isinstance(block, Table) for part in parts for block in part.blocks):
            return parts
        if parts and strict and resolution:
            return parts
    ruled = any(isinstance(block, Passage) and _RULES.search(fold(block.text)) for block in blocks[: start + 2])
    whole = _whole(blocks, start) if resolution and not ruled else []
    return whole or parts


def _opened(block: Block) -> Iterator[Block]:
    """A passage whose list runs on in the line of its lead-in, as the lead-in and the list."""
    if isinstance(block, Passage):
        for match in re.finditer(
            r":(?=\s*\D)|(?<![A-ZĐ0-9])\.(?=\s+[A-ZĐÀ-Ỹ])|\b(?:là|gồm|với|phấn đấu|mục tiêu)(?=\s+[^\W\d_]{2,}\s)",
            block.text,
        ):
            lead, rest = block.text[: match.end()], block.text[match.end() :].strip()
            sentence = lead.rsplit(". ", 1)[-1] if match[0] != "." else lead[:-1].rsplit(". ", 1)[-1]
            if len(sentence) > LONGEST_HEADING:
                continue
            said = fold(sentence)
            if match[0] == "với" and not _AGREED.search(said):
                continue
            strives = match[0] in ("phấn đấu", "mục tiêu")
            if strives and (block.mark[0] or not _STRIVES.search(said)):
                continue
            if (not strives and not re.search(r"\b(?:chi tieu|muc tieu|nhiem vu)\b", said)) or _RESULTS.search(said):
                continue
            if not Passage(lead, "").words.strip(" :."):
                continue
            if _measured(Passage(lead, "")):
                continue
            listed = promises(rest, None).promises
            runs_on = (
                match[0] != ":"
                and not strives
                and not (match[0] == "với" and _AGREED.search(said))
                and not re.search(r"\b(?:chu yeu|co ban|cac chi tieu|so chi tieu|\d chi tieu)\b", said)
            )
            if runs_on or sum(bool(p.figure.unit) for p in listed) < 2 or len(listed[0].name.split()) < 2:
                continue
            begun = lead[:-1].rfind(". ") + 1 if lead[:-1].rfind(". ") > 4 else 0
            if begun:
                yield replace(block, text=lead[:begun])
            yield replace(block, text=lead[begun:].strip(), place=f"{block.place}a" if begun else block.place)
            yield replace(block, text=rest, place=f"{block.place}b")
            return
    yield block


def _why(blocks: Sequence[Block]) -> tuple[str, dict[str, object]]:
    """Why a document holds no list of targets: the message and its values."""
    held = sum(_measured(block) for block in blocks)
    tables = sum(isinstance(block, Table) for block in blocks)
    if not held and not tables:
        return "this is no list of targets: no figure with a unit of measure stands in it", {}
    spoken = next((b.text for b in blocks if isinstance(b, Passage) and _AIMS.search(fold(b.words))), None)
    ruled = next((b.text for b in blocks if isinstance(b, Passage) and _RULES.search(fold(b.text))), None)
    results = next(
        (b.text for b in blocks if isinstance(b, Passage) and _is_heading(b) and _RESULTS.search(fold(b.text))), None
    )
    if spoken is None and ruled is None and results is not None:
        spoken = results
    if spoken is None and ruled is not None:
        shown = ruled if len(ruled) < 80 else f"{ruled[:77]}…"
        return 'this is no list of targets: "{heading}" tells what is charged, paid or allowed, not promises', {
            "heading": shown
        }
    if spoken is None:
        message = (
            "this is no list of targets: {figures} figures with a unit of measure and {tables} tables stand in it, but no "
            "heading or lead-in speaks of targets (chỉ tiêu, mục tiêu, phấn đấu, kế hoạch)"
        )
        return message, {"figures": held, "tables": tables}
    shown = spoken if len(spoken) < 80 else f"{spoken[:77]}…"
    if _RESULTS.search(fold(spoken)):
        return 'this is no list of targets: "{heading}" tells results, not promises', {"heading": shown}
    message = 'this is no list of targets: "{heading}" stands in it, but no list of figures with units of measure follows there'
    return message, {"heading": shown}


def _parts(
    blocks: Sequence[Block],
    begun: int,
    fits: Callable[[str], object],
    *,
    strict: bool = False,
    resolution: bool = True,
    tasks: bool = False,
) -> list[Part]:
    """Parts by their headings; of targets, those with figures: strong headings alone where there is one."""
    found: list[tuple[bool, Part]] = []
    article, reached = "", 0
    until = len(blocks) if tasks else max((n for n, block in enumerate(blocks) if _holds(block)), default=0)
    for n, block in enumerate(blocks[:until]):
        if n < begun or not isinstance(block, Passage):
            continue
        if block.mark[0] == "article":
            article = block.mark[1].rstrip(".: ")
        if n < reached or not _is_heading(block):
            continue
        words = fold(block.words)
        if not fits(words) or (_TARGETS.search(words) if tasks else _RESULTS.search(words)):
            continue
        weak = bool(_WEAK.search(words))
        if weak and block.mark[0] == "article" and (strict or (tasks and not _ENDING.match(words))):
            continue
        end = _end(blocks, n, targets=not tasks)
        if not tasks and not (resolution and block.mark[0]):
            end = min(end, _list_end(blocks, n))
        part = Part(article, block, tuple(blocks[n + 1 : end]))
        if tasks or any(_holds(inner) for inner in part.blocks):
            found.append((weak, part))
            reached = end
    strong = [part for weak, part in found if not weak]
    return strong if not tasks and strong else [part for _, part in found]


def _is_heading(passage: Passage) -> bool:
    if len(passage.text) > LONGEST_HEADING:
        return False
    return not promises(passage.words, None).promises


def _holds(block: Block) -> bool:
    return isinstance(block, Table) or bool(promises(block.words, None).promises)


def _measured(block: Block) -> int:
    """How many figures with a unit a passage promises."""
    return 0 if isinstance(block, Table) else sum(bool(p.figure.unit) for p in promises(block.words, None).promises)


def _end(blocks: Sequence[Block], start: int, *, targets: bool) -> int:
    """Behind the last block of the part that the heading at `start` begins."""
    heading = blocks[start]
    assert isinstance(heading, Passage)  # noqa: S101
    kind, mark = heading.mark
    ordinal = _ordinal(mark)
    for n in range(start + 1, len(blocks)):
        block = blocks[n]
        if not isinstance(block, Passage):
            continue
        if re.match(r"(?:Nơi nhận|Nghị quyết này)", block.text):
            return n
        inner, inner_mark = block.mark
        if inner == "article":
            return n
        words = fold(block.words)
        headed = len(block.text) < LONGEST_HEADING
        if targets and headed and _ENDING.match(words) and (inner or block.text.isupper()):
            return n
        if targets and inner in NUMBERED and inner == kind and _FUNDED.match(words):
            return n
        if not inner:
            continue
        following = kind and inner == kind and inner in NUMBERED and _ordinal(inner_mark) == ordinal + 1
        if following and headed and not re.search(r"\d", block.words) and not (targets and _goes_on(blocks, n)):
            return n
        if kind in NUMBERED and inner in NUMBERED and _ORDER[inner] < _ORDER[kind] and inner == "roman":
            return n
    return len(blocks)


def _goes_on(blocks: Sequence[Block], start: int) -> bool:
    """Whether the next heading of a part's kind only begins its next group: most of what it heads is figures with units."""
    heading = blocks[start]
    assert isinstance(heading, Passage)  # noqa: S101
    words = fold(heading.words)
    if _PLANS.search(words) or _TASKS.search(words) or _RESULTS.search(words):
        return False
    kind = heading.mark[0]
    inner = []
    for block in blocks[start + 1 :]:
        if not isinstance(block, Passage) or block.mark[0] in (kind, "article"):
            break
        inner.append(block)
    listed = [block for block in inner if _measured(block) and len(block.text) < LONGEST_HEADING]
    return len(listed) >= 2 and len(listed) >= 0.7 * len(inner)


def _list_end(blocks: Sequence[Block], start: int) -> int:
    """Behind the last item of the list that follows a lead-in: before sentences that promise nothing, or a page's own."""
    marked: bool | None = None
    last = start + 1
    for n in range(start + 1, len(blocks)):
        block = blocks[n]
        if isinstance(block, Table):
            last = n + 1
            continue
        if _CLOSING.match(block.text) or (last > start + 1 and not block.mark[0] and _TOLD.search(fold(block.text))):
            break
        if not _measured(block):
            if marked and block.mark[0] and promises(block.words, None).promises:
                # An item whose unit is not known.
                last = n + 1
                continue
            # A heading of a group, or an item in words alone.
            listed = block.mark[0] or block.text.endswith((":", ";")) or len(block.text) < 90
            if (not listed and last > start + 1) or _RESULTS.search(fold(block.words)):
                break
            continue
        if marked is None:
            marked = bool(block.mark[0])
        ended = isinstance(blocks[n - 1], Passage) and getattr(blocks[n - 1], "text", "").endswith((".", ";", "/."))
        if marked and not block.mark[0] and ended and len(block.text) > 60:
            break
        last = n + 1
    return last


def _ordinal(mark: str) -> int:
    """The number of a mark, a letter's place, a Roman number's value; 0 when it has none."""
    bare = mark.strip("()./-: ")
    last = bare.rsplit(".", 1)[-1]
    if last.isdigit():
        return int(last)
    if bare and set(bare) <= set("IVX"):
        values = [{"I": 1, "V": 5, "X": 10}[c] for c in bare]
        return sum(-v if n + 1 < len(values) and v < values[n + 1] else v for n, v in enumerate(values))
    return "abcdđeghiklmnopqrstuvxy".find(bare) + 1 if len(bare) == 1 else 0


def _whole(blocks: Sequence[Block], begun: int) -> list[Part]:
    """Where no heading speaks of targets: all that is decided, up to the tasks."""
    heading = Passage("", "")
    end = next(
        (
            n
            for n, b in enumerate(blocks)
            if n > begun and isinstance(b, Passage) and _ENDING.match(fold(b.words)) and b.mark[0]
        ),
        len(blocks),
    )
    part = Part("Điều 1", heading, tuple(blocks[begun + 1 : end]))
    held = [b for b in part.blocks if isinstance(b, Passage) and promises(b.words, None).promises]
    return [part] if len(held) >= LIST or any(isinstance(b, Table) for b in part.blocks) else []
