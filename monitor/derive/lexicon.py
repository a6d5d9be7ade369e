"""The words of resolutions, from `lexicon.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from typing import Annotated

import yaml
from pydantic import BaseModel, BeforeValidator

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
    denominators: Words
    less_is_better: Words
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
    return Lexicon.model_validate(yaml.safe_load(text))


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of the words, the longest first; a space stands for any."""
    longest = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in longest)


def found(words: Iterable[str], text: str) -> str:
    """The first of the words that stands in `text`, whole; empty when none does."""
    low = text.lower()
    return next((word for word in words if re.search(rf"(?<!\w){re.escape(word.lower())}(?!\w)", low)), "")
