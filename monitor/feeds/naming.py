"""Names as they are spelled: the same one with other punctuation, or with a word written out, is one name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable

from monitor.language import fold

_BETWEEN_WORDS = re.compile(r"[\s.,;:/()\[\]'\"_&–—-]+")
_WRITTEN_OUT = re.compile(r"\b(?:thanh pho|t p)\b")


def spelling(text: str) -> str:
    """A name by its words alone: `Thừa Thiên-Huế` and `Thừa Thiên - Huế`, `TP. Đà Nẵng` and `Thành phố Đà Nẵng` are alike.

    It begins with a space, as no folded text does: the two kinds of key are never taken for each other.
    """
    return " " + _WRITTEN_OUT.sub("tp", _BETWEEN_WORDS.sub(" ", fold(text)).strip())


def known_as(text: str, known: Container[str]) -> str | None:
    """Under which of the keys of `spellings` a text stands: as it is written, else by its words; None where it is none."""
    return next((key for key in (fold(text), spelling(text)) if key in known), None)


def spellings(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Key -> id, of (name, id) pairs of which a later one overrides: each name as it is written, and by its words where all that
    are spelled so mean one thing.
    """
    exact = {fold(text): name for text, name in pairs}
    by_words: defaultdict[str, set[str]] = defaultdict(set)
    for text, name in exact.items():
        by_words[spelling(text)].add(name)
    return {words: next(iter(ids)) for words, ids in by_words.items() if len(ids) == 1} | exact
