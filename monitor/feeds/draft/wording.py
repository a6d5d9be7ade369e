"""What texts of a sheet have in common with the name of a target or a unit, in the words of offices' tables (lexicon.yaml)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import yaml

from monitor.feeds.written_period import written_period, written_year
from monitor.language import fold
from monitor.model.unit import Unit

# How alike two spellings of one name are, of 1 for the same.
ALIKE = 0.9
_PLACES = re.compile(r"^(?:thanh pho|tp|tinh|quan|huyen|thi xa|bo)\b\.? ?")
_CONCEPT = re.compile(r"<\d+>")


@dataclass(frozen=True)
class Lexicon:
    """`concepts`: phrases that mean the same, a tuple each; `apart`, `totals`, `columns`: see lexicon.yaml, folded but for those
    that are written into a declaration (`concepts`, `columns`).
    """

    concepts: tuple[tuple[str, ...], ...]
    apart: tuple[str, ...]
    totals: frozenset[str]
    empty: frozenset[str]
    columns: Mapping[str, str]

    def alternatives(self, concept: int) -> str:
        """A concept as a declaration's words: `xuất khẩu|exports|export`."""
        return "|".join(self.concepts[concept])

    def concept(self, phrase: str) -> int:
        """Which concept a phrase of the lexicon is."""
        return next(n for n, phrases in enumerate(self.concepts) if phrase in phrases)


@lru_cache
def lexicon() -> Lexicon:
    """The lexicon beside this file."""
    text = resources.files(__package__).joinpath("lexicon.yaml").read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    return Lexicon(
        tuple(tuple(each) for each in data["concepts"]),
        tuple(data["apart"]),
        frozenset(fold(t) for t in data["totals"]),
        frozenset(fold(t) for t in data["empty"]),
        {name: "|".join(words) for name, words in data["columns"].items()},
    )


def occurs(words: str, text: str) -> bool:
    """Whether one of `a|b` occurs in a text, as whole words."""
    folded = fold(text)
    return any(re.search(rf"(?<!\w){re.escape(fold(each))}(?!\w)", folded) for each in words.split("|"))


def concepts_in(text: str) -> set[int]:
    """The concepts that a text speaks of."""
    return {int(t[1:-1]) for t in _CONCEPT.findall(_replaced(fold(text)))}


@lru_cache(maxsize=16384)
def _replaced(folded: str) -> str:
    for n, phrases in enumerate(lexicon().concepts):
        for phrase in phrases:
            folded = re.sub(rf"(?<!\w){re.escape(fold(phrase))}(?!\w)", f"<{n}>", folded)
    return folded


@lru_cache(maxsize=16384)
def tokens(text: str) -> frozenset[str]:
    """What a text speaks of: concepts and words, without those that tell nothing; `<3>` is the concept number 3."""
    text = _replaced(fold(text))
    words = re.findall(r"<\d+>|[^\W\d_]{2,}", text)
    return frozenset(word for word in words if word not in lexicon().empty)


def coverage(wanted: frozenset[str], found: frozenset[str]) -> float:
    """How much of what is wanted is found, 0..1; concepts weigh more than words."""
    return _weight(wanted & found) / _weight(wanted) if wanted else 0.0


def _weight(words: frozenset[str]) -> float:
    return sum(3.0 if word.startswith("<") else 1.0 for word in words)


def is_total(label: str) -> bool:
    """Whether a row of this label is the whole of what the title names."""
    return fold(label) in lexicon().totals


@lru_cache(maxsize=65536)
def same_name(one: str, other: str) -> bool:
    """Whether two texts are one name, written a little differently."""
    first, second = fold(one), fold(other)
    if first == second:
        return True
    matcher = difflib.SequenceMatcher(None, first, second)
    alike = matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE
    return alike and re.findall(r"\d+", first) == re.findall(r"\d+", second)


def unit_of(label: str, units: Iterable[Unit]) -> Unit | None:
    """The unit that a label names: as it is called, without `Thành phố` or `Tỉnh` before it, or shortened (`Bộ NN và PTNT`)."""
    folded, short = fold(label), _shortened(label)
    bare = _PLACES.sub("", folded)
    nearly = None
    for unit in units:
        names = [fold(text) for text in (unit.id, unit.name, *unit.aliases)]
        if folded in names or (bare and bare in {_PLACES.sub("", name) for name in names[1:]}):
            return unit
        if nearly is None and (
            same_name(label, unit.name) or (short and short == "".join(w[0] for w in names[1].split()))
        ):
            nearly = unit
    return nearly


def _shortened(label: str) -> str:
    """The initials of a name of which some words are initials already: `Bộ NN và PTNT` is bnnvptnt; empty for another."""
    words = re.findall(r"\w+", label)
    if label.isupper() or not any(word.isupper() and len(word) > 1 for word in words):
        return ""
    return fold("".join(word if word.isupper() else word[0] for word in words))


def phrases(text: str) -> list[str]:
    """The stretches of a title that next month's has too: without numbers, months and years, the longest first."""
    text = re.sub(r"^\s*(?:biểu\s*)?[\dIVX]+(?:\.\d+)*[.)\s]\s*", "", text, flags=re.IGNORECASE)
    # What stands at the head of every official paper.
    text = re.sub(
        r"cộng h(?:òa|oà) xã hội chủ nghĩa việt nam|độc lập\s*[-–]\s*tự do\s*[-–]\s*hạnh phúc|\(kèm theo[^)]*\)",
        ";",
        text,
        flags=re.IGNORECASE,
    )
    parts = re.split(r"\d+|[(),;:.\-–]|\b(?:tháng|năm|quý|đến ngày|ước|months?|in|of)\b", text, flags=re.IGNORECASE)
    clean = [" ".join(part.split()) for part in parts]
    kept = [
        part for part in clean if len(part.split()) >= 2 and written_period(part) is None and not written_year(part)
    ]
    return sorted(kept, key=lambda part: -len(part.split()))


def common_phrases(name: str, title: str) -> list[str]:
    """What a title has word for word in common with a target's name, two words and more, as the title writes it."""
    ours, words = f" {fold(name)} ", [word for word in title.lower().split() if fold(word)]
    found: list[str] = []
    start = 0
    while start < len(words):
        end = start
        while (
            end < len(words) and f" {' '.join(map(fold, words[start : end + 1]))} " in ours and not words[end].isdigit()
        ):
            end += 1
        phrase = " ".join(words[start:end]).strip(" .,;:()-–")
        if end - start >= 2 and tokens(phrase):
            found.append(phrase)
        start = max(end, start + 1)
    return list(dict.fromkeys(found))
