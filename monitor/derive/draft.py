"""A resolution read: its targets and tasks with what was guessed of each, and every number that became none of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from monitor.derive import guess
from monitor.derive.figure import Figure
from monitor.derive.formats import read
from monitor.derive.guess import SURE, Guess
from monitor.derive.lexicon import Owner, any_of, lexicon
from monitor.derive.outline import LONGEST_HEADING, Outline, Part, outline
from monitor.derive.passage import NUMBERED, Passage, Table
from monitor.derive.promise import Promise, promises
from monitor.derive.table import caption_unit, columns, rows
from monitor.derive.task import Task, tasks
from monitor.language import fold
from monitor.model.comparator import Bound, Comparator
from monitor.model.problem import Problem, Problems, Said

# A heading of a group, whatever its mark.
_TITLE = re.compile(r"(?:các\s+)?chỉ tiêu\b|về\s|lĩnh vực\s", re.IGNORECASE)
_RATES = ("%", "‰")
_CENTRAL = ("ha noi", "ho chi minh", "da nang", "hai phong", "can tho", "hue")


@dataclass(frozen=True)
class Strive:
    """A softer figure beside a target's own (`phấn đấu 7-7,5%`), and where it stands in the same passage."""

    held: Bound
    printed: str
    start: int
    end: int


@dataclass(frozen=True)
class Drafted:
    """One target or task of the draft. `place`, `start`, `end`: where its figure stands in which passage of the document.

    `of`: what a reckoned measure is reckoned from, as the declaration names it.
    """

    id: str
    group: str
    name: str
    article: str
    item: str
    printed: str
    held: Bound
    unit: str
    measure: str
    due: str
    owner: Owner
    parent: str | None
    baseline: float | None
    whole_numbers: bool
    guesses: tuple[Guess, ...]
    doubts: tuple[Said, ...]
    place: str
    start: int
    end: int
    task: bool = False
    strive: Strive | None = None
    of: dict[str, str] = field(default_factory=dict)

    @property
    def confidence(self) -> float:
        """That of its least certain guess or doubt: how often such a one was right on the documents of the tests."""
        doubted = (guess.DOUBTED.get(doubt.message, guess.SELDOM) for doubt in self.doubts)
        return min((*(g.confidence for g in self.guesses), *doubted), default=1.0)

    @property
    def for_a_person(self) -> tuple[Said, ...]:
        """What a person must look at."""
        return (*self.doubts, *(g.reason for g in self.guesses if g.confidence < SURE))


@dataclass(frozen=True)
class Unread:
    """A number that became no target, and why (a source string of the catalogue)."""

    printed: str
    reason: str
    place: str
    start: int
    end: int


@dataclass(frozen=True)
class Draft:
    """All that was read. `groups`: id -> name, in order; `passages`: place -> text of the parts that were read, in order."""

    outline: Outline
    identifier: str
    groups: dict[str, str]
    targets: tuple[Drafted, ...]
    unread: tuple[Unread, ...]
    passages: dict[str, str]

    @property
    def counts(self) -> dict[str, int]:
        """How many targets, tasks, numbers that are neither, and how many of the first two a person must look at."""
        return {
            "targets": sum(not target.task for target in self.targets),
            "tasks": sum(target.task for target in self.targets),
            "unread": len(self.unread),
            "for_a_person": sum(bool(target.for_a_person) for target in self.targets),
        }

    @property
    def place_name(self) -> str:
        """The city, district or province."""
        return place_name(self.outline.body)

    @property
    def provincial(self) -> bool:
        """Whether its offices are a province's."""
        return _provincial(self.outline.body)


def place_name(body: str) -> str:
    """The city, district or province whose Council a body is."""
    return re.sub(r"^hội đồng nhân dân\s*", "", body, flags=re.IGNORECASE).strip() or "Địa phương"


def _provincial(body: str) -> bool:
    name = fold(place_name(body))
    return "tinh" in name.split() or any(name.endswith(city) for city in _CENTRAL)


def derive(name: str, content: bytes, year: int | None = None) -> Draft:
    """Read a document's targets; `year`: the one that it binds, where a person tells it.

    Raises Problems for a document that cannot be read, or holds no list of targets.
    """
    blocks, pictures = read(name, content)
    pages = ", ".join(picture.place for picture in pictures)
    try:
        found = outline(name, blocks, year)
    except Problems as refused:
        if not pictures:
            raise
        message = (
            "pages of it are pictures without text, and were not read: {pages}. To read them, install tesseract-ocr-vie"
        )
        raise Problems([*refused.problems, Problem(name, message, {"pages": pages})]) from None
    if pictures:
        doubts = (
            *found.head.doubts,
            "some pages are pictures without text, and were not read: install tesseract-ocr-vie",
        )
        found = replace(found, head=replace(found.head, doubts=doubts))
    left = [Unread(picture.place, "this page is a picture without text", picture.place, 0, 0) for picture in pictures]
    return _Drafting(name, found, unread=left).draft()


@dataclass
class _Drafting:
    name: str
    outline: Outline
    groups: dict[str, str] = field(default_factory=dict)
    targets: list[Drafted] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    passages: dict[str, str] = field(default_factory=dict)
    ids: Counter[str] = field(default_factory=Counter)
    by_id: dict[str, Drafted] = field(default_factory=dict)
    said: dict[tuple[str, str], int] = field(default_factory=dict)
    # How sure the recognition of a picture's text is of the words of the passage that is read.
    sure: dict[str, float] = field(default_factory=dict)
    # The unit of measure that the words above a table give for all of it.
    caption: str = ""

    def draft(self) -> Draft:
        for part in self.outline.targets:
            self._part(part)
        for part in self.outline.tasks:
            self._tasks(part)
        adopted, last = self.outline.adopted, self.outline.year
        year = adopted.year if adopted is not None else last
        if not self.targets and not self.unread:
            raise Problems(
                [Problem(self.name, "a list of targets seems to stand in it, but no figure of it could be read")]
            )
        number = re.sub(r"[^0-9].*", "", self.outline.number) or "moi"
        identifier = f"nq-{number}" if year is None else f"nq-{number}-{year}"
        return Draft(self.outline, identifier, self.groups, tuple(self.targets), tuple(self.unread), self.passages)

    def _part(self, part: Part) -> None:
        kind = _group_kind(part)
        group, item = "", part.heading.mark[1]
        article = _article(part)
        last: str | None = None
        self.caption = caption_unit(part.heading.text)
        for block in part.blocks:
            if isinstance(block, Table):
                self._table(block, article, group, part.heading.words or "Chỉ tiêu")
                continue
            self.caption = caption_unit(block.text) or self.caption
            self.sure = dict(sorted(block.sure, key=lambda pair: -pair[1]))
            read_ = promises(block.words, self.outline.head.first, self.outline.points)
            mark, label = block.mark
            if mark in NUMBERED:
                item = label
            if not read_.promises or (mark == kind and mark in NUMBERED):
                heading = block.words if not read_.promises else read_.promises[0].name
                titled = mark in NUMBERED and not read_.promises and _TITLE.match(heading)
                if (mark == kind or titled) and len(heading) < LONGEST_HEADING:
                    group = self._group(heading)
            if not read_.promises and not read_.others:
                continue
            self.passages[block.place] = block.text
            offset = block.text.rfind(block.words) if block.words else 0
            if not read_.promises:
                self._others(read_.others, block.place, offset)
                continue
            group = group or self._group(part.heading.words or "Chỉ tiêu")
            whole = last if read_.of_which or mark == "plus" else None
            made = [*self._promised(list(read_.promises), block.place, offset, article, item, group, whole)]
            if not read_.of_which and mark != "plus":
                last = made[0]
            self._others(read_.others, block.place, offset)

    def _promised(
        self, read_: list[Promise], place: str, offset: int, article: str, item: str, group: str, whole: str | None
    ) -> Iterator[str]:
        made: list[str] = []
        for promise in read_:
            parent = made[promise.whole] if promise.whole is not None else whole
            on = made[promise.on] if promise.on is not None else None
            made.append(self._target(promise, place, offset, article, item, group, parent, on=on))
        yield from made

    def _target(
        self,
        promise: Promise,
        place: str,
        offset: int,
        article: str,
        item: str,
        group: str,
        parent: str | None,
        *,
        on: str | None = None,
    ) -> str:
        figure, name = promise.figure, _sentence(promise.name) or "(không rõ tên)"
        whole = self.by_id.get(parent) if parent is not None else None
        figure = _with_unit(figure, name, whole.unit if whole is not None else "")
        held, compared = guess.bound(name, figure)
        around = f"{promise.name} {self.passages[place][offset + figure.end :][:25]}"
        head = self.outline.head
        told = guess.told_due(around, head.first, head.last) if not head.school else None
        due = told or guess.due(name, held, figure.unit, head.last)
        measure = guess.measure(name, figure.unit)
        if whole is not None and (whole.unit in _RATES) == (figure.unit in _RATES):
            # A part is measured, and due, as its whole is.
            reason = Said("as the figure that it is a part of")
            measure = (
                Guess("measure", whole.measure, 0.9, reason)
                if measure.confidence < guess.FIRM or figure.unit not in _RATES
                else measure
            )
            due = due if told else Guess("due", whole.due, 0.9, reason) if whole.due != "throughout" else due
        base = self.by_id.get(on) if on is not None else None
        reckoned = guess.reckoned(
            name,
            figure.unit,
            promise.against,
            (base.name, base.unit, base.measure) if base is not None else None,
            one_year=head.first == head.last,
        )
        measure, of = reckoned or (measure, {})
        owner, owned = self._owner(name, self.groups[group])
        doubts = [Said(doubt) for doubt in figure.doubts]
        if not promise.name:
            doubts.append(Said("no name was found"))
        key = (fold(name), figure.unit)
        if key in self.said:
            other = self.targets[self.said[key]]
            if other.held != held:
                doubts.append(
                    Said(
                        'the same figure is printed twice and differs: "{first}" and "{second}"',
                        first=other.printed,
                        second=figure.printed,
                    )
                )
        self.said.setdefault(key, len(self.targets))
        counted = (
            held.value == int(held.value)
            and figure.unit.split("/")[0] not in ("%", "‰", "")
            and not re.search(r"đồng|USD|tấn|ha|km|/|triệu|nghìn|vạn|kWh|MW", figure.unit)
        )
        identifier = self._id(group, name)
        strive, strived = _strive(promise.softer, held, offset)
        seen = guess.recognised(figure.printed, self.sure)
        guesses = tuple(g for g in (seen, compared, strived, measure, due, owned) if g is not None)
        self.targets.append(
            Drafted(
                id=identifier,
                group=group,
                name=name,
                article=article,
                item=item,
                printed=figure.printed,
                held=held,
                unit=figure.unit or "đơn vị",
                measure=measure.value,
                due=due.value,
                owner=owner,
                parent=parent,
                baseline=promise.past,
                whole_numbers=counted,
                guesses=guesses,
                doubts=tuple(doubts),
                place=place,
                start=offset + figure.start,
                end=offset + figure.end,
                strive=strive,
                of=of,
            )
        )
        self.by_id[identifier] = self.targets[-1]
        return identifier

    def _table(self, table: Table, article: str, group: str, heading: str) -> None:
        found = columns(table, self.outline.year)
        self.sure = {}
        if found is None:
            self._left(table)
            return
        ids: dict[int, str] = {}
        for row in rows(table, found, self.caption, points=self.outline.points):
            if isinstance(row, tuple):
                line, figure = row
                self._others((figure,), f"{table.place}:{line + 1}", 0)
                continue
            place = f"{table.place}:{row.line + 1}"
            self.passages[place] = " | ".join(table.rows[row.line])
            key = (fold(_sentence(row.promise.name)), row.promise.figure.unit)
            known = self.said.get(key)
            if known is not None and self.targets[known].held.value == row.promise.figure.value:
                ids[len(ids)] = self.targets[known].id
                self.unread.append(
                    Unread(row.promise.figure.printed, "the same figure stands in the text", place, 0, 0)
                )
                continue
            under = self._group(row.group or heading) if row.group or not group else group
            parent = ids.get(row.part_of) if row.part_of is not None else None
            ids[len(ids)] = self._target(row.promise, place, 0, article, row.item or "bảng", under, parent)

    def _left(self, table: Table) -> None:
        """Tell every row with a number of a table that was not understood."""
        for line, cells in enumerate(table.rows):
            if any(re.search(r"\d", cell) for cell in cells):
                printed = " | ".join(dict.fromkeys(cell for cell in cells if cell))
                self.unread.append(
                    Unread(printed, "the columns of the table are not understood", f"{table.place}:{line + 1}", 0, 0)
                )

    def _tasks(self, part: Part) -> None:
        article, item = _article(part), part.heading.mark[1]
        for block in part.blocks:
            if not isinstance(block, Passage):
                continue
            if block.mark[0] in NUMBERED:
                item = block.mark[1]
            found = tasks(block.words, self.outline.year)
            if found:
                self.passages[block.place] = block.text
            offset = block.text.rfind(block.words) if block.words else 0
            for task in found:
                self._task(task, block.place, offset, article, item.rstrip("."))

    def _task(self, task: Task, place: str, offset: int, article: str, item: str) -> None:
        owner, owned = self._owner(task.name, "")
        held, _ = guess.bound(task.name, task.figure) if task.figure else (task.held, None)
        unit = task.figure.unit if task.figure else task.unit
        measure = guess.measure(task.name, unit) if task.figure else guess.measure_of_task(task.name, unit)
        due = Guess(
            "due",
            task.due,
            0.6,
            Said("tasks are found by their dates and counts: whether to follow it is to be decided"),
        )
        self.groups.setdefault("nhiem-vu", "Nhiệm vụ có thời hạn hoặc số lượng")
        counted = unit not in ("%", "‰") and "/" not in unit and held.value == int(held.value)
        self.targets.append(
            Drafted(
                id=self._id("nhiem-vu", task.name),
                group="nhiem-vu",
                name=_sentence(task.name),
                article=article,
                item=item,
                printed=task.printed,
                held=held,
                unit=unit or "đơn vị",
                measure=measure.value,
                due=task.due,
                owner=owner,
                parent=None,
                baseline=None,
                whole_numbers=counted,
                guesses=(measure, due, owned),
                doubts=(),
                place=place,
                start=offset + task.start,
                end=offset + task.end,
                task=True,
            )
        )

    def _owner(self, name: str, group: str) -> tuple[Owner, Guess]:
        """Who answers for it, by the id of a province's or a district's office."""
        owner, owned = guess.owner(name, group)
        if not _provincial(self.outline.body):
            return owner, owned
        named = re.sub(r"^phong-", "so-", owner.id)
        return owner.model_copy(update={"id": named}), replace(owned, value=named)

    def _others(self, figures: tuple[Figure, ...], place: str, offset: int) -> None:
        self.unread += [Unread(f.printed, f.reason, place, offset + f.start, offset + f.end) for f in figures]

    def _group(self, name: str) -> str:
        plain = re.sub(r"\s*\([^()]*\)\s*$", "", name).strip(" :.;,-")
        plain = (
            _sentence(
                re.sub(r"^(?:về|lĩnh vực|nhóm|các chỉ tiêu|chỉ tiêu)\s+(?:về\s+)?", "", plain, flags=re.IGNORECASE)
            )
            or plain
        )
        plain = plain.capitalize() if plain.isupper() else plain
        for words in (2, 4, 8, 20):
            found = slug(plain, words) or "chi-tieu"
            if self.groups.setdefault(found, plain) == plain:
                break
        return found

    def _id(self, group: str, name: str) -> str:
        base = f"{group}.{slug(re.sub(r'[(][^()]*[)]', ' ', name), 6) or 'chi-tieu'}"
        found = base
        while found in self.ids:
            self.ids[base] += 1
            found = f"{base}-{self.ids[base]}"
        self.ids[found] = 1
        return found


def _with_unit(figure: Figure, name: str, of_whole: str) -> Figure:
    """A figure without a unit with that of its name, of the words behind it, or of the figure that it is a part of."""
    if figure.unit:
        return figure
    told = (
        ("the unit is taken from the name", guess.unit(name, figure.value)),
        ("the unit is guessed from the words behind it", figure.noun),
        ("the unit is that of the figure it is a part of", of_whole),
    )
    found = next(((why, unit) for why, unit in told if unit), None)
    if found is None:
        return figure
    doubts = (*(d for d in figure.doubts if d != "no unit is printed"), found[0])
    return replace(figure, unit=found[1], doubts=doubts)


def _strive(softer: Figure | None, held: Bound, offset: int) -> tuple[Strive | None, Guess | None]:
    """The softer figure as a bound on the promise's own side."""
    if softer is None:
        return None, None
    most = held.comparator in (Comparator.AT_MOST, Comparator.UNDER)
    told = softer.comparator if softer.comparator not in (None, Comparator.RANGE) else None
    value = softer.upper if most and softer.upper is not None else softer.value
    bound = Bound(told or (Comparator.AT_MOST if most else Comparator.AT_LEAST), value)
    reason = Said('a softer figure stands beside it: "{printed}"', printed=softer.printed)
    made = Strive(bound, softer.printed, offset + softer.start, offset + softer.end)
    return made, Guess("strive", str(bound), 0.95, reason)


def _group_kind(part: Part) -> str:
    """The mark of the headings that divide a part into groups; none of it is one of these kinds where there is none."""
    passages = [block for block in part.blocks if isinstance(block, Passage)]
    kinds = list(dict.fromkeys(p.mark[0] for p in passages))
    for kind in kinds:
        heads = [p for p in passages if p.mark[0] == kind and not promises(p.words, None).promises]
        heads = [p for p in heads if len(p.words) < 90 and (kind in NUMBERED or p.words.endswith(":") or not kind)]
        if heads and (kind or len(heads) > 1):
            return kind
    return "none"


def _article(part: Part) -> str:
    kind, mark = part.heading.mark
    bare = mark.strip("().:/- ")
    return part.article if kind in ("article", "") or not bare else f"{part.article}, mục {bare}".lstrip(", ")


def _sentence(text: str) -> str:
    """With a capital first, brackets closed, no loose ends."""
    plain = re.sub(r"\s+", " ", re.sub(r"\(\W*\)", "", text)).strip(" ,;:.-")
    if plain.count("(") > plain.count(")"):
        plain += ")"
    elif plain.count(")") > plain.count("("):
        plain = plain.replace(")", "", 1).strip()
    return plain[:1].upper() + plain[1:]


def slug(text: str, most: int) -> str:
    """`text` as an id: ASCII words with hyphens, without those that say nothing; at most so many."""
    plain = re.sub(rf"(?<!\w)(?:{any_of(lexicon().stop_words)})(?!\w)", " ", text.lower())
    return "-".join(re.findall(r"[a-z0-9]+", fold(plain))[:most])
