"""Targets that stand in a table: its columns told apart by their heads, or by what they hold; a row a promise.

Beside the plan's column may stand what was done before (`Ước thực hiện năm …`): it is the baseline, never the target. Unit may
stand in a column, in the name's brackets, or in the table's caption.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from monitor.derive.figure import Figure, figures, unit_of
from monitor.derive.passage import Table
from monitor.derive.promise import TAIL, Promise
from monitor.language import fold
from monitor.model.comparator import Comparator

_NAME = re.compile(r"chi tieu|noi dung|\bten\b|danh muc|tieu chi|muc tieu|chi so|linh vuc|khoan muc|dien giai|cac mat")
_UNIT = re.compile(r"don vi|dvt|\bdv tinh|\bd v t\b|^dv$")
_PLAN = re.compile(r"ke hoach|\bkh\b|muc tieu|du toan|phan dau|chi tieu|nghi quyet|giao|\bnq\b|de ra|dang ky")
_PAST = re.compile(r"thuc hien|\bth\b|\buoc|uth|hien trang|ket qua|da dat|cung ky|\btt\b")
_COMPARED = re.compile(r"so sanh|so voi|ty le|ti le|tang|giam|%|/|toc do|bqgd|chenh lech")
_NOTE = re.compile(r"ghi chu|co quan|chu tri|phan cong|phu trach|don vi (?:thuc hien|chu tri|theo doi)|can cu|theo doi")
_INNER = re.compile(r"[-+•]|\d+\.\d+|[a-z][.)]?$")
_PARTS = re.compile(r"^(?:-|\+|•)?\s*(?:trong do|trong đó|chia ra|bao gồm)\b", re.IGNORECASE)
_ITEM = re.compile(r"(?:\(?(?:\d{1,3}(?:\.\d{1,2})*|[IVX]{1,5}|[A-Za-zĐđ])[.)]?|[-+•*]|)\s*")
_CELL = re.compile(
    r"[\s:]*(?:[<>≤≥]=?\s*)?(?:(?:trên|dưới|từ|đạt|khoảng|còn|tăng|giảm|không quá|ít nhất|tối thiểu)\s+)*\d",
    re.IGNORECASE,
)
_BARE = re.compile(r"(?P<number>(?<![\w.,])\d[\d.,]*(?:\s*(?:-|÷|đến)\s*\d[\d.,]*)?)(?!\s*[\w%‰/.,])")
_CAPTION = re.compile(r"(?:đơn vị(?: tính)?|đvt)\s*:\s*(?P<unit>[^).;,|]+)", re.IGNORECASE)
# `Nội dung (đơn vị tính)`: a column of names that hold their units.
_IN_NAMES = re.compile(r"(\S.*?)\s*\((?:đơn vị|đvt|ĐVT)[^)]*\)", re.IGNORECASE)
_RATES = ("%", "‰")
# A scale in figures (`1.000 tấn`, `1000 lượt`); a bare one counts nothing.
# As in the row above.
_DITTO = re.compile(r"[\"“”″'’,]{1,2}|-?\s*nt\s*-?|//|như trên", re.IGNORECASE)
_THOUSANDS = ((r"1[.,]?000[.,]?000", "triệu "), (r"1[.,]?000", "nghìn "), (r"10\^?3", "nghìn "), (r"\d+(?=\s)", ""))
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Row:
    """One row with a plan: the number of its line in the table, its promise, the row it is a part of, the group it stands in."""

    line: int
    item: str
    promise: Promise
    part_of: int | None
    group: str
    further: bool = False


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a table says what; `first`: the first row below the heads; `past`: what was done before; `doubt`: of the plan."""

    first: int
    item: int | None
    name: int
    unit: int | None
    plan: int
    past: int | None = None
    doubt: str = ""


def columns(table: Table, year: int | None) -> Columns | None:
    """The columns of a table of targets; None for another table."""
    lines = _padded(table)
    depth = _depth(lines)
    if not depth:
        return _by_content(lines)
    heads = [fold(_IN_NAMES.sub(r"\1", " ".join(dict.fromkeys(cells)))) for cells in zip(*lines[:depth], strict=True)]
    first = depth + (1 if len(lines) > depth and _numbered(lines[depth]) else 0)
    filled = [_filled(lines[first:], n) for n in range(len(heads))]
    named = [
        n for n, head in enumerate(heads) if _NAME.search(head) and not _UNIT.search(head) and not _NOTE.search(head)
    ]
    named = [n for n in named if filled[n] < 0.5] or named[:1]
    if not named:
        guessed = _by_content(lines[first:])
        if guessed is None:
            return None
        named = [guessed.name]
    name = named[0]
    units = [n for n, head in enumerate(heads) if _UNIT.search(head) and not _NOTE.search(head) and filled[n] < 0.5]
    left = [n for n in range(name + 1, len(heads)) if n not in units and not _NOTE.search(heads[n]) and filled[n] > 0]
    plan, doubt = _plan(heads, left, year)
    if plan is None:
        return None
    before = [n for n in left if n < plan and _PAST.search(heads[n]) and not _COMPARED.search(heads[n])]
    return Columns(
        first,
        name - 1 if name else None,
        name,
        units[0] if units else None,
        plan,
        before[-1] if before else None,
        doubt,
    )


def _plan(heads: Sequence[str], left: Sequence[int], year: int | None) -> tuple[int | None, str]:
    """The column of what is promised: of this year, a plan rather than an estimate, one's own rather than what was assigned."""
    told = str(year)
    candidates = [
        n
        for n in left
        if not (_COMPARED.search(heads[n]) and not re.search(r"phan dau|muc tieu|ke hoach nam", heads[n]))
    ]
    candidates = [n for n in candidates if not re.match(r"(?:so sanh|ty le|ti le|%|toc do)", heads[n])]

    def rank(n: int) -> tuple[bool, ...]:
        head = heads[n]
        years = _YEAR.findall(head)
        return (
            not (_PAST.search(head) and not _PLAN.search(head)),
            not years or told in years or (year is None and max(years) == max(_YEAR.findall(" ".join(heads)))),
            bool(_PLAN.search(head)),
            told in years,
            "phan dau" in head or "nghi quyet" in head or "hdnd" in head,
        )

    ranked = sorted(candidates, key=rank, reverse=True)
    if not ranked or not rank(ranked[0])[0]:
        return None, ""
    best = [n for n in ranked if rank(n) == rank(ranked[0])]
    if (
        not rank(best[0])[2]
        and not rank(best[0])[3]
        and len(candidates) > 1
        and any(_PAST.search(heads[n]) for n in left) is False
    ):
        return best[-1], "which column of the table is the plan is a guess"
    if len(best) > 1:
        return best[-1], "which column of the table is the plan is a guess"
    return best[0], ""


def _depth(lines: Sequence[tuple[str, ...]]) -> int:
    """How many rows of heads a table begins with, at most three; none where its first row is one of figures."""
    for depth in (1, 2, 3):
        if len(lines) <= depth:
            return 0
        cells = [fold(cell) for row in lines[:depth] for cell in row if cell]
        known = sum(
            bool(
                any(words.search(c) for words in (_NAME, _UNIT, _PLAN, _PAST))
                or re.match("so sanh", c)
                or re.fullmatch(r"s?tt|so tt", c)
            )
            for c in cells
        )
        if any(
            _CELL.match(cell) and not _YEAR.match(cell.strip()) and not _ITEM.fullmatch(cell)
            for cell in lines[depth - 1]
        ):
            return depth - 1 if depth > 1 and known else 0
        below = lines[depth]
        begun = _numbered(below) or (below[0] and below[0] != lines[depth - 1][0] and bool(_ITEM.fullmatch(below[0])))
        figures_ = any(_CELL.match(cell) and not _YEAR.fullmatch(cell.strip()) for cell in below[1:])
        if known >= 1 and (begun or figures_ or len({c for c in below if c}) <= 1):
            return depth
    return 0


def _by_content(lines: Sequence[tuple[str, ...]]) -> Columns | None:
    """The columns of a table without heads: the one of words, before it the items, behind it a unit, and the last of numbers."""
    if not lines:
        return None
    width = len(lines[0])
    words = [sum(len(re.findall(r"[^\W\d_]{2,}", row[n])) for row in lines) for n in range(width)]
    name = max(range(width), key=words.__getitem__)
    numeric = [n for n in range(name + 1, width) if _filled(lines, n) >= 0.5]
    if not words[name] or not numeric:
        return None
    units = [
        n
        for n in range(name + 1, width)
        if n not in numeric and 2 * sum(bool(_unit(r[n])) for r in lines) >= len(lines)
    ]
    doubt = "which column of the table is the plan is a guess" if len(numeric) > 1 else ""
    return Columns(0, name - 1 if name else None, name, units[0] if units else None, numeric[-1], None, doubt)


def _filled(lines: Sequence[tuple[str, ...]], column: int) -> float:
    """The share of rows, of those with anything in it, that have a number in a column."""
    cells = [row[column] for row in lines if row[column] and len(set(row)) > 1]
    return sum(bool(_CELL.match(cell)) for cell in cells) / max(len(cells), 1)


def _numbered(row: Sequence[str]) -> bool:
    """Whether a row only numbers the columns (`A  B  1  2  (3)=(2)/(1)`)."""
    cells = [cell.strip("() ") for cell in row if cell.strip()]
    return len(cells) > 2 and all(re.fullmatch(r"\d{1,2}|[A-Z]|\d{1,2}\s*\)?\s*=.*", cell) for cell in cells)


def caption_unit(text: str) -> str:
    """The unit that a caption gives for a whole table (`Đơn vị tính: triệu đồng`); empty when it gives none."""
    found = _CAPTION.search(text)
    return _unit(found["unit"]) if found else ""


def rows(table: Table, found: Columns, unit: str = "", *, points: bool = False) -> Iterator[Row | tuple[int, Figure]]:
    """Each row's promises; a cell of the plan that cannot be read comes as a figure with its reason.

    `unit`: the caption's; `points`: as of `figures`.
    """
    group, whole, last = "", None, None
    shared = above = ""
    position = -1
    lines = _padded(table)
    for line, cells in enumerate(lines[found.first :], start=found.first):
        name = cells[found.name].strip(" -+•*:;")
        plan = cells[found.plan].strip()
        item = cells[found.item].strip() if found.item is not None else ""
        empty = not plan or len({cell for cell in cells if cell}) == 1
        if empty and not (len({c for c in cells if c}) == 1 and cells[found.name] != plan and re.search(r"\d", plan)):
            if name and not _PARTS.match(name) and name != item:
                listed = any(_CELL.match(cell) for n, cell in enumerate(cells) if n > found.name)
                if listed:
                    yield line, _unread(cells[found.name + 1 :], "the plan's cell of this row is empty")
                else:
                    group, whole = (name, None)
                    # The unit of a row without a figure is that of the rows below it.
                    shared = _bracketed(name)[1] or (_unit(cells[found.unit]) if found.unit is not None else "")
            elif _PARTS.match(name):
                whole = last
            continue
        if not re.search(r"\d", plan) or plan == name:
            continue
        told = _unit(cells[found.unit]) if found.unit is not None else ""
        if _DITTO.fullmatch(told):
            told = above
        above = told or above
        plain, bracketed = _bracketed(re.sub(r"^\s*trong\s+đó\s*:?\s*", "", name, flags=re.IGNORECASE))
        read = _read(plan, told or bracketed or shared or unit, points)
        plain, read = _named(plain, read)
        if not read:
            yield line, Figure(0, len(plan), plan, 0.0, None, told, None, (), "the cell is not one figure")
            continue
        inner = bool(re.match(r"\s*[-+•]", cells[found.name])) or bool(_PARTS.match(name)) or bool(_INNER.match(item))
        if item and not inner:
            whole = None
        part = whole if whole is not None else (last if inner else None)
        doubts = (found.doubt,) if found.doubt else ()
        past = _past(cells[found.past], told or bracketed or shared or unit, points) if found.past is not None else None
        for n, (words, figure) in enumerate(read):
            position += 1
            called = plain if n == 0 else f"{plain} ({words or figure.unit})"
            promise = Promise(
                called, replace(figure, doubts=(*figure.doubts, *doubts)), None, past=past if n == 0 else None
            )
            yield Row(line, item, promise, part, group, further=n > 0)
            if not inner and whole is None and n == 0:
                last = position


def _named(name: str, read: list[tuple[str, Figure]]) -> tuple[str, list[tuple[str, Figure]]]:
    """A name without the comparison that it ends in (`Tỷ lệ thất nghiệp dưới | 4`), which its figure takes."""
    plain = TAIL.sub("", name).strip()
    if not read or not plain or plain == name:
        return name, read
    words, first = read[0]
    said = next(figures(f"{name[len(plain) :].strip()} 1 %"))
    told = first.comparator or (
        said.comparator if said.comparator is not Comparator.AT_LEAST or first.upper is None else None
    )
    verbs = re.fullmatch(r"(?:\s|đạt|chiếm|khoảng|là|bằng|ước)+", name[len(plain) :])
    if (said.comparator is None and not verbs) or re.search(r"(?:cấp|bên)\s+trên$|(?:xuống|còn)$", name):
        return name, read
    return plain, [(words, replace(first, comparator=told)), *read[1:]]


def _unread(cells: Sequence[str], reason: str) -> Figure:
    printed = " | ".join(cell for cell in cells if cell)
    return Figure(0, 0, printed, 0.0, None, "", None, (), reason)


def _bracketed(name: str) -> tuple[str, str]:
    """A name without the unit in its brackets, and that unit (`Xuất khẩu (triệu USD)`)."""
    for match in re.finditer(r"\s*\((?:đvt|đơn vị(?: tính)?)?\s*:?\s*([^()]+)\)|,\s*([^,()]+)$", name, re.IGNORECASE):
        unit = _known(match[1] or match[2])
        if unit:
            return (name[: match.start()] + name[match.end() :]).strip(), unit
    return name, ""


def _unit(text: str) -> str:
    """A cell as a unit of measure, as documents print it; empty when it is none."""
    plain = text.strip(" .()")
    if per := re.fullmatch(
        r"(?P<of>[^\W\d]{0,20})\s*/\s*(?P<base>1?0{1,2}(?:\.?000)*|\d{1,3}(?:\.?000)+)(?P<what>[^\W\d]|\s)*", plain
    ):
        return f"{per['of'].strip()}/{plain.split('/', 1)[1].strip()}"
    short = len(plain) < 25 and not re.search(r"\d{2,}", plain)
    return _known(text) or (_small(plain) if short else "")


def _known(text: str) -> str:
    """A text that is a unit of measure of the lexicon, and nothing more; empty when it is none."""
    plain = text.strip(" .()")
    for printed, scale in _THOUSANDS:
        plain = re.sub(rf"^{printed}\s*(?=[^\W\d_])", scale, plain)
    unit, length = unit_of(f" {plain}")
    return _small(unit) if unit and length > len(plain) else ""


def _small(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:].islower() else text


def _read(plan: str, unit: str, points: bool) -> list[tuple[str, Figure]]:
    """The figures of a cell in the unit of its row, each with the words before it; those that promise nothing are left out."""
    shared = re.fullmatch(r"\d+\s*/\s*\d+", plan)
    spelled = unit and not re.search(r"\d", unit)
    text = f"{plan} {unit}" if shared else _BARE.sub(lambda match: f"{match[0]} {unit}", plan) if spelled else plan
    own = [figure.unit for figure in figures(plan, points=points)]
    made: list[tuple[str, Figure]] = []
    reached = 0
    every = list(figures(text, points=points))
    for n, figure in enumerate(every):
        words = re.sub(r"[()]", " ", text[reached : figure.start]).strip(" ,;:-")
        reached = figure.end
        if figure.reason and figure.reason != "an age":
            continue
        kept = (own[n] if len(own) == len(every) else "") or unit or figure.unit
        doubts = tuple(doubt for doubt in figure.doubts if doubt != "no unit is printed" or not kept)
        whole = len(every) == 1 and kept
        printed = (
            plan
            if whole and kept in plan
            else f"{plan}{'' if kept in _RATES else ' '}{kept}"
            if whole
            else figure.printed
        )
        made.append(
            (words, replace(figure, start=0, end=len(plan), printed=printed, unit=kept, doubts=doubts, reason=""))
        )
    return made


def _past(cell: str, unit: str, points: bool) -> float | None:
    """What stands in the column of what was done before, where it is one figure of the same kind."""
    read = _read(cell, unit, points)
    return read[0][1].value if len(read) == 1 and read[0][1].upper is None else None


def _padded(table: Table) -> Sequence[tuple[str, ...]]:
    width = max(len(row) for row in table.rows)
    return [(*row, *("",) * (width - len(row))) for row in table.rows]
