"""Where in a document things stand: its head, the part that holds the targets, the tasks, the tables.

The targets' part begins at a heading that speaks of `chỉ tiêu` (or `mục tiêu cụ thể`) and of no tasks, and ends at the next
heading of its own kind or of an outer one, or at the tasks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from monitor.derive.passage import MARKS, NUMBERED, Block, Passage, Table
from monitor.derive.promise import promises
from monitor.language import fold
from monitor.model.problem import Problem, Problems

_NUMBER = re.compile(r"Số\s*:?\s*(?P<number>\d+[^\s,;]*NQ-?\s?[^\s,;]*)", re.IGNORECASE)
_DATE = re.compile(r"ngày\s+(\d{1,2})\s+tháng\s+(\d{1,2})\s+năm\s+(\d{4})", re.IGNORECASE)
_YEAR = re.compile(r"năm\s+(20\d\d)", re.IGNORECASE)
_DECIDES = re.compile(r"quyet nghi|quyet dinh")
# Folded headings.
_TARGETS = re.compile(r"\b(?:chi tieu|muc tieu cu the)\b")
_WEAK = re.compile(r"\b(?:nhiem vu|giai phap|ket qua|danh gia|tinh hinh|thuc hien cac chi tieu|hoan thanh)\b")
_TASKS = re.compile(r"\b(?:nhiem vu|giai phap)\b")
_ENDING = re.compile(
    r"^(?:cac |mot so |ve |nhung )*(?:nhom )?(?:nhiem vu|giai phap|to chuc thuc hien|dieu khoan|hieu luc|trach nhiem)\b"
)
_ORDER = {name: n for n, (name, _) in enumerate(MARKS)}
LONGEST_HEADING = 250


@dataclass(frozen=True)
class Part:
    """The targets' part or a tasks' part: its heading, the article it stands in, its passages and tables, in order."""

    article: str
    heading: Passage
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Outline:
    """A resolution's head and parts. `doubts`: what of the head a person must fill in, source strings of the catalogue."""

    number: str
    title: str
    body: str
    adopted: date
    year: int
    targets: tuple[Part, ...]
    tasks: tuple[Part, ...]
    doubts: tuple[str, ...]


def outline(name: str, blocks: Sequence[Block]) -> Outline:
    """Find the parts of a resolution. Raises Problems for a document that is none, saying what was looked for."""
    texts = [block if isinstance(block, Passage) else None for block in blocks]
    begun = next((n for n, p in enumerate(texts) if p and _DECIDES.fullmatch(fold(p.text))), None)
    head = [p.text for p in texts[: begun if begun is not None else 30] if p]
    number, title, body, adopted, year, doubts = _head(head)
    parts = _parts(blocks, (begun or 0), year, targets=True)
    if not parts and begun is not None and number:
        parts = _whole(blocks, begun, year)
    missing = [
        what
        for what, there in (
            ('"Số: …/NQ-HĐND"', number),
            ('"QUYẾT NGHỊ"', begun is not None),
            ('"Các chỉ tiêu …"', parts),
        )
        if not there
    ]
    if not parts or (len(missing) > 1 and not any("chỉ tiêu" in p.text.lower() for p in texts if p)):
        message = "this is not a resolution with targets: not found: {missing}"
        raise Problems([Problem(name, message, {"missing": "; ".join(missing)})])
    taken = {id(block) for part in parts for block in part.blocks}
    tasks = _parts([block for block in blocks if id(block) not in taken], begun or 0, year, targets=False)
    return Outline(number, title, body, adopted, year, tuple(parts), tuple(tasks), tuple(doubts))


def _head(head: Sequence[str]) -> tuple[str, str, str, date, int, list[str]]:
    doubts = []
    # The two columns of the first lines come as one from some documents.
    head = [t for t in (re.sub(r"\s*(?:CỘNG H[ÒO]A X[ÃA].*|Độc lập\s*-\s*Tự do.*)$", "", text) for text in head) if t]
    whole = "\n".join(head)
    found = _NUMBER.search(whole)
    number = found["number"].rstrip(".:") if found else ""
    if not number:
        doubts.append("the number was not found")
    titled = next(
        (n for n, text in enumerate(head) if re.match(r"nghi quyet\b", fold(text)) and text.upper()[:4] == text[:4]),
        None,
    )
    title, body = "", ""
    if titled is not None:
        first = re.sub(r"^NGHỊ QUYẾT\s*", "", head[titled])
        rest = [first, *head[titled + 1 :]] if first else head[titled + 1 :]
        until = next(
            (n for n, t in enumerate(rest) if n and re.match(r"hoi dong nhan dan|can cu|khoa ", fold(t))),
            min(2, len(rest)),
        )
        title = " ".join(rest[:until]).strip()
    bodies = [t for t in head if fold(t).startswith("hoi dong nhan dan") and not t.endswith((";", "."))]
    if bodies:
        longest = max(bodies, key=len)
        place = head.index(bodies[0])
        body = longest if len(fold(longest)) > len("hoi dong nhan dan") else f"{longest} {head[place + 1]}"
        body = _named(re.sub(r"\s*(?:CỘNG H[ÒO]A.*|[-_]{3,}.*)$", "", body))
    dates = _DATE.findall(whole)
    years = [int(y) for y in _YEAR.findall(title)] or [
        int(y) for y in _YEAR.findall(re.sub(r"ngày[^\n]*?năm 20\d\d", "", whole))
    ]
    if dates:
        day, month, adopted_year = (int(part) for part in dates[0])
        try:
            adopted = date(adopted_year, month, day)
        except ValueError:
            adopted = date(adopted_year, 12, 1)
            doubts.append("the day of adoption was not found")
        year = max(years) if years else adopted_year + (1 if month >= 7 else 0)
    else:
        year = max(years) if years else date.min.year
        doubts.append("the day of adoption was not found")
        adopted = date(max(year - 1, 1), 12, 1)
    if not years:
        doubts.append("the year that it binds was not found")
    if not body:
        doubts.append("the body was not found")
    if title.isupper():
        title = title.capitalize()
    title = title if not title or fold(title).startswith("nghi quyet") else f"Nghị quyết {title[0].lower()}{title[1:]}"
    called = re.sub(
        r"^hội đồng nhân dân\s*(?:tỉnh|thành phố|thị xã|huyện|quận|phường|xã)?\s*", "", body, flags=re.IGNORECASE
    )
    if called:
        title = re.sub(re.escape(called), called, title, flags=re.IGNORECASE)
    return number, title or "Nghị quyết", body or "Hội đồng nhân dân", adopted, year, doubts


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


def _parts(blocks: Sequence[Block], begun: int, year: int, *, targets: bool) -> list[Part]:
    """Parts by their headings; with `targets`, of those with figures: strong headings alone where there is one."""
    found: list[tuple[bool, Part]] = []
    article, reached = "", 0
    for n, block in enumerate(blocks):
        if n < begun or not isinstance(block, Passage):
            continue
        if block.mark[0] == "article":
            article = block.mark[1].rstrip(".: ")
        if n < reached or not _is_heading(block, year):
            continue
        words = fold(block.words)
        fits = _TARGETS.search(words) if targets else _TASKS.search(words) and not _TARGETS.search(words)
        if not fits or (targets and re.search(r"ket qua|danh gia|tinh hinh thuc hien|to chuc thuc hien", words)):
            continue
        weak = bool(_WEAK.search(words))
        if weak and block.mark[0] == "article" and (targets or not _ENDING.match(words)):
            continue
        end = _end(blocks, n, targets)
        part = Part(article, block, tuple(blocks[n + 1 : end]))
        if not targets or any(_holds(inner, year) for inner in part.blocks):
            found.append((weak, part))
            reached = end
    strong = [part for weak, part in found if not weak]
    return strong if targets and strong else [part for _, part in found]


def _is_heading(passage: Passage, year: int) -> bool:
    if len(passage.text) > LONGEST_HEADING:
        return False
    return not promises(passage.words, year).promises


def _holds(block: Block, year: int) -> bool:
    return isinstance(block, Table) or bool(promises(block.words, year).promises)


def _end(blocks: Sequence[Block], start: int, targets: bool) -> int:
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
        if not inner:
            continue
        if (
            kind
            and inner == kind
            and inner in NUMBERED
            and _ordinal(inner_mark) == ordinal + 1
            and (headed and not re.search(r"\d", block.words))
        ):
            return n
        if kind in NUMBERED and inner in NUMBERED and _ORDER[inner] < _ORDER[kind] and inner == "roman":
            return n
    return len(blocks)


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


def _whole(blocks: Sequence[Block], begun: int, year: int) -> list[Part]:
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
    held = [b for b in part.blocks if isinstance(b, Passage) and promises(b.words, year).promises]
    return [part] if len(held) >= 3 or any(isinstance(b, Table) for b in part.blocks) else []
