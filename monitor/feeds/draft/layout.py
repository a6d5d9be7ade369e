"""A sheet and its targets as a declaration's table: by words rather than letters, so that the next month's file reads too."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from monitor.feeds.declaration import Sheets, Table
from monitor.feeds.draft.candidate import Candidate, is_index
from monitor.feeds.draft.proposal import Entry
from monitor.feeds.draft.sheet import Seen, View
from monitor.feeds.draft.wording import (
    common_phrases,
    concepts_in,
    is_total,
    lexicon,
    occurs,
    phrases,
    tokens,
)
from monitor.feeds.grid import is_number, letters_of
from monitor.feeds.table import title_fits
from monitor.feeds.written_period import written_period, written_year
from monitor.language import fold
from monitor.model.problem import Said
from monitor.model.target import Measure

# What a year to date has grown to, of as many of its first months as have passed.
MONTHLY = 0.4
_COVERS = {1: "month", 3: "quarter", 6: "half", 12: "year"}


def sheets(view: View, names: Sequence[str], others: Iterable[View], *, required: bool = True) -> Entry:
    """Which sheets: words of the title that the targets' names have too, and what keeps the file's other sheets away.
    `required`: whether each month's file has such a sheet.
    """
    shared = set[int]().union(*(concepts_in(name) for name in names)) & concepts_in(view.title)
    apart = [lexicon().alternatives(lexicon().concept(phrase)) for phrase in lexicon().apart]
    title = [lexicon().alternatives(n) for n in sorted(shared)]
    covered = "|".join(title)
    title += [
        phrase
        for phrase in dict.fromkeys(p for name in names for p in common_phrases(name, view.title))
        if not any(occurs(known, phrase) or occurs(phrase, known) for known in covered.split("|") if known)
    ]
    reasons = [Said("words of its title, without months and numbers")]
    doubts = []
    if not title:
        title = [phrase.lower() for phrase in phrases(view.title)[:1]]
        doubts.append(Said("no word of the title is the target's: is this the right sheet?"))
    above = " ".join([view.grid.sheet, view.title, *view.heading.columns])
    # What is not about a month's own figures is kept away, whether this file has it or the next.
    without = [words for words in apart if not occurs(words, above) and not occurs(words, covered)]
    alike = [other for other in others if other is not view and _fits(other, title, without)]
    while alike and (words := _told_apart(alike, above)) is not None:
        without.append(words)
        alike = [other for other in alike if _fits(other, title, without)]
    if alike:
        doubts.append(
            Said("sheets {names} have these words too: say more", names=", ".join(o.grid.sheet for o in alike))
        )
    value: dict[str, object] = {"title": title} if title else {"name": [re.sub(r"\d+", "*", view.grid.sheet)]}
    if without:
        value["without"] = without
    if not required:
        value["required"] = False
        reasons.append(Said("not in each file, for it comes each quarter"))
    return Entry("sheets", value, tuple(reasons), tuple(doubts))


def _fits(view: View, title: list[str], without: list[str]) -> bool:
    table = Table.model_construct(sheets=Sheets(title=tuple(title), without=tuple(without)), header=None, header_rows=1)
    return title_fits(view.grid, table) is None


def _told_apart(alike: Sequence[View], above: str) -> str | None:
    """Words that most of the sheets alike have above their figures, and this one not."""
    counts = Counter(n for other in alike for n in concepts_in(other.title) - concepts_in(above))
    if counts:
        return lexicon().alternatives(counts.most_common(1)[0][0])
    found: dict[str, int] = {}
    for other in alike:
        for phrase in phrases(other.title):
            words = phrase.lower().split()
            for pair in {" ".join(words[n : n + size]) for size in (2, 3) for n in range(len(words) - size + 1)}:
                if tokens(pair) and not occurs(pair, above):
                    found[pair] = found.get(pair, 0) + 1
    return max(found, key=lambda pair: (found[pair], len(pair)), default=None)


def column(view: View, found: Candidate, *, named: bool) -> Entry:
    """The columns that hold a target's figures, by the words above them. `named`: the column says whose figures they are."""
    seen = found.column
    if seen is None:
        raise ValueError("a sheet with months across has no one column")
    covers = _covers(seen)
    words, without = _marked(view, seen)
    if _doubled(view, left := _left(view, words, without, covers)):
        others = [other for other in left if other is not seen]
        own = lexicon().columns["average"] if "average" in seen.marks else _own_words(seen, others)
        words += [own] if own else []
    value: dict[str, object] = {"words": words} if words else {}
    value |= {"without": without} if without else {}
    value |= {"covers": covers} if covers is not None else {}
    doubts = list(found.doubts)
    if _doubled(view, _left(view, words, without, covers)) or not (words or covers):
        value["at"] = letters_of(seen.column)
        doubts.append(Said("by its letter, for no words tell it from its neighbours: the next file may differ"))
    value |= {"target": found.target.id} if named else {}
    return Entry("column", value | _meaning(view, found, covers), _why(seen), tuple(doubts))


def _marked(view: View, seen: Seen) -> tuple[list[str], list[str]]:
    """By the lexicon's marks, the words that the column's heading must have, and those that it must not."""
    marks = lexicon().columns
    words = [marks[mark] for mark in ("compared", "plan") if mark in seen.marks]
    if "worth" in seen.marks and any("volume" in other.marks for other in view.columns):
        words.append(marks["worth"])
    without = [marks[mark] for mark in ("compared", "plan") if mark not in seen.marks]
    for mark in ("share", "base", "december"):
        told = mark == "share" or "compared" in seen.marks
        if told and mark not in seen.marks and any(mark in other.marks for other in view.columns):
            without.append(marks[mark])
    return words, without


def _doubled(view: View, left: Sequence[Seen]) -> bool:
    """Whether two of the columns speak of one period."""
    return len({_when(view, other) for other in left}) < len(left)


def _why(seen: Seen) -> tuple[Said, ...]:
    return (Said('column {column} "{heading}"', column=letters_of(seen.column), heading=seen.heading),)


def _meaning(view: View, found: Candidate, covers: str | None) -> dict[str, object]:
    """What a column says of its figures: basis, what is added to an index, percent in a sheet of money."""
    value: dict[str, object] = {}
    if found.target.reported.measure is Measure.FLOW:
        value["basis"] = "year-to-date" if covers in ("year-to-date", None) else "per-period"
    if is_index(found):
        value["offset"] = -100
    percent = found.target.reported.unit_of_measure == "%"
    if percent and view.heading.corner and any(part.strip() != "%" for part in view.heading.corner):
        value["measured_in"] = "%"
    return value


def _covers(seen: Seen) -> str | None:
    if seen.period is None:
        return None
    return "year-to-date" if seen.to_date else _COVERS.get(seen.period.months)


def _left(view: View, words: Sequence[str], without: Sequence[str], covers: str | None) -> list[Seen]:
    """The columns that a declaration of these words takes."""
    return [
        seen
        for seen in view.columns
        if all(occurs(each, seen.heading) for each in words)
        and not any(occurs(each, seen.heading) for each in without)
        and (covers is None or _fitting(seen, covers))
    ]


def _fitting(seen: Seen, covers: str) -> bool:
    return seen.period is not None and (
        seen.to_date if covers == "year-to-date" else _COVERS.get(seen.period.months) == covers
    )


def _when(view: View, seen: Seen) -> tuple[int | None, int | None]:
    year = written_year(view.title)
    return (None, None) if seen.period is None else (seen.period.year or year, seen.period.month)


def _own_words(seen: Seen, others: Sequence[Seen]) -> str:
    """Words of a column's heading that none of the others has, and that the next month's will have."""
    words = re.split(r"\s+", seen.heading)
    for size in (1, 2, 3):
        for start in range(len(words) - size + 1):
            phrase = " ".join(words[start : start + size]).strip("()%,;:. ")
            lasting = phrase and not re.search(r"\d", phrase) and written_period(phrase) is None
            if (
                lasting
                and fold(phrase) not in ("thang", "nam", "quy")
                and not any(occurs(phrase, o.heading) for o in others)
            ):
                return phrase.lower()
    return ""


def labels(view: View, found: Sequence[Candidate]) -> tuple[int, str] | None:
    """The column of the labels and its heading's text, by which the headings are found; None where none stands above them."""
    wanted = {label for each in found for label in each.labels}
    first = view.columns[0].column
    best = max(range(first), key=lambda c: sum(text in wanted for text in map(_joined, view.texts(c))), default=None)
    if best is None:
        return None
    text = view.head(best)
    top = next((r for r, row in enumerate(view.grid.values) if any(_is(v, text) for v in row)), None)
    inside = top is not None and view.heading.top <= top < view.heading.body and view.heading.body - top <= 5
    return (best, text) if text and inside else None


def _joined(text: str) -> str:
    return " ".join(text.split())


def _is(value: object, text: str) -> bool:
    return value is not None and fold(str(value)) == fold(text)


def header(view: View, text: str) -> tuple[Entry, ...]:
    """The headings by the text of one of them, and how many rows they have."""
    top = next(r for r, row in enumerate(view.grid.values) if any(_is(v, text) for v in row))
    rows = view.heading.body - top
    # Blank rows before the first figures are no headings, and do no harm.
    found = [Entry("header", text, (Said("the headings are found by this one"),))]
    return (*found, Entry("header_rows", rows)) if rows > 1 else (*found,)


def across_basis(view: View) -> tuple[str, Said]:
    """Whether months across add up from the year's beginning: then no row ever falls."""
    rising = grown = rows = 0
    for each in view.labels:
        values = [v for seen in view.columns if (v := view.value(each.row, seen.column)) is not None]
        if len(values) >= 4:
            rows += 1
            rising += all(a <= b for a, b in pairwise(values))
            # A sum of months grows by one each month, not by a trend.
            grown += values[0] == 0 or values[-1] / values[0] >= MONTHLY * len(values)
    if rows and rising == rows and grown == rows:
        return "year-to-date", Said("no row falls from one month to the next: the year to date")
    if rows and rising == rows:
        return "per-period", Said("rows rise, but not as sums of months do: each month's own")
    return "per-period", Said("rows rise and fall from month to month: each month's own")


def unknown_rows(view: View, known: Mapping[str, str], names: Iterable[str]) -> tuple[Entry, ...]:
    """What is done with rows of other names: passed over when most are, or skipped by name when they are few totals."""
    folded = {fold(label) for label in known} | {fold(name) for name in names}
    strange = [label for label in dict.fromkeys(each.label for each in view.labels) if fold(label) not in folded]
    if not strange:
        return ()
    if all(is_total(label) for label in strange):
        return (Entry("skip", strange, (Said("totals are no data of their own"),)),)
    message = "{count} of {total} rows are of names that no target or unit has, such as {names}"
    total = len({each.label for each in view.labels})
    reason = Said(message, count=len(strange), total=total, names=", ".join(f'"{label}"' for label in strange[:3]))
    return (Entry("unknown", "pass", (reason,)),)


def numbers(views: Iterable[View]) -> str:
    """How figures that are kept as texts are written: `vi` 1.234,5 or `en` 1,234.5."""
    texts = [v for view in views for v in view.grid.values.ravel() if isinstance(v, str) and is_number(v)]
    english = sum(bool(re.fullmatch(r"-?\d{1,3}(?:,\d{3})*\.\d{1,2}|-?\d+\.\d+", t)) for t in texts)
    vietnamese = sum(bool(re.fullmatch(r"-?\d{1,3}(?:\.\d{3})*,\d{1,2}|-?\d+,\d+", t)) for t in texts)
    return "en" if english > vietnamese else "vi"
