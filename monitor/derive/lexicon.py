"""The words of resolutions, from `lexicon.yaml`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib import resources
from typing import Annotated

import yaml
from pydantic import BaseModel, BeforeValidator

from monitor.language import fold
from monitor.model.target import Measure

Words = Annotated[
    tuple[str, ...], BeforeValidator(lambda t: [w.strip() for w in t.split(";")] if isinstance(t, str) else t)
]


class MeasureWords(BaseModel):
    """Words that tell what a reported value is."""

    measure: Measure
    words: Words


class DueWords(BaseModel):
    """Words that tell the month in which a figure is due, and why."""

    month: int
    words: Words
    reason: str


class Owner(BaseModel):
    """An office by the words of what it answers for; its name in a district (or city) and in a province."""

    id: str
    words: Words = ()
    district: str
    province: str


class Lexicon(BaseModel):
    """See the file."""

    units: Words
    abbreviations: dict[str, str]
    no_count_of_names: Words
    function_words: Words
    denominators: Words
    less_is_better: Words
    more_is_better: Words
    either_way: Words
    lessening: Words
    measures: tuple[MeasureWords, ...]
    dues: tuple[DueWords, ...]
    owners: tuple[Owner, ...]
    last_owner: Owner
    stop_words: Words


@lru_cache
def lexicon() -> Lexicon:
    """The lexicon as shipped."""
    text = resources.files(__package__).joinpath("lexicon.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where libyaml is
    return Lexicon.model_validate(yaml.load(text, Loader=loader))  # noqa: S506 - either is safe


def any_of(words: Iterable[str], form: Callable[[str], str] = str) -> str:
    """A pattern for any of the words, the longest first; a space stands for any. `form`: what each word's pattern becomes."""
    longest = sorted(words, key=len, reverse=True)
    return "|".join(form(re.escape(word).replace(r"\ ", r"\s+")) for word in longest)


def loose(pattern: str) -> str:
    """A pattern whose letters may have lost their accents, or their tone alone (`đồng`, `đông`, `dong`); not within classes."""
    made, within = [], False
    for letter in pattern:
        within = letter == "[" or (within and letter != "]")
        forms = without_accents(letter)
        made.append(letter if within or len(forms) < 2 else f"[{''.join(forms)}]")
    return "".join(made)


@lru_cache(maxsize=512)
def without_accents(letter: str) -> tuple[str, ...]:
    """A letter, without its tone, and without any accent."""
    spread = unicodedata.normalize("NFD", letter)
    toneless = unicodedata.normalize("NFC", re.sub("[\u0300\u0301\u0303\u0309\u0323]", "", spread))
    bare = "d" if letter in "đĐ" else spread[0]
    return tuple(dict.fromkeys((letter, toneless, bare)))


def found(words: Iterable[str], text: str) -> str:
    """The first of the words that stands in `text`, whole, though it may have lost its accents; empty when none does."""
    plain = fold(text)
    return next((word for word in words if _fold(word) in plain and _whole(word).search(text)), "")


@lru_cache(maxsize=4096)
def _fold(word: str) -> str:
    return fold(word)


@lru_cache(maxsize=4096)
def _whole(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){loose(re.escape(word.lower()))}(?!\w)", re.IGNORECASE)
