"""An alert's message: a template that may print figures and do nothing else (syntax.template).

Every name it may use is known beforehand, so a misspelt one is told at `check`, whatever branch it stands in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from monitor.language import Language
from monitor.model.assessment import FIELDS
from monitor.model.printed import remarks, together
from monitor.model.problem import Said
from monitor.model.target import Target
from monitor.syntax.view import MISSING, Shape, View, shape, view

if TYPE_CHECKING:
    from jinja2.runtime import Context

    from monitor.syntax.template import Sandbox

# Characters of a message: a letter has a card for each.
MOST_MESSAGE = 2000
_ABSENT: dict[str, float | str | bool] = {"number": MISSING, "text": "", "flag": False}
# What an assessment lacks, by the names that a message may print.
_LACKING = {name: _ABSENT[field.kind] for name, field in FIELDS.items()}


@cache
def _sandbox(language: str) -> Sandbox:
    from jinja2 import pass_context  # noqa: PLC0415 - who asks where targets stand, and prints no message, need not wait for it

    from monitor.syntax.template import Sandbox  # noqa: PLC0415 - as above

    speaks = Language(language)

    @pass_context
    def number(context: Context, value: float | None, unit: str | None = None, digits: int | None = None) -> str:
        """A figure in the target's unit of measure, with the decimals of its sentence; or in `unit`."""
        target: View = context.parent["target"]
        if unit is None:
            unit = target["unit_of_measure"]
            digits = context.parent.get("digits") if digits is None else digits
        return speaks.number(value, unit, digits)

    @pass_context
    def interval(context: Context, low: float | None, high: float | None) -> str:
        """`low` to `high` in the target's unit of measure."""
        target: View = context.parent["target"]
        return speaks.interval(low, high, target["unit_of_measure"], context.parent.get("digits"))

    given: dict[str, Callable[..., str]] = {
        "number": number,
        "interval": interval,
        "percent": speaks.percent,
        "month": speaks.month,
    }
    return Sandbox(given, most=MOST_MESSAGE)


@dataclass(frozen=True, slots=True)
class Subject:
    """The target that messages speak of; `seen`: as a template sees it, `printed`: with what is promised as it is printed of the
    unit told of. Made once for many messages.
    """

    target: Target
    seen: View

    @classmethod
    def of(cls, target: Target) -> Subject:
        """Of a target, as the resolution prints it."""
        return cls(target, view(target))

    def printed(self, printed: str) -> Subject:
        """The same, where something else is printed of what it promised."""
        if printed == self.target.source.printed:
            return self
        return Subject(self.target, self.seen.with_(source=self.seen.source.with_(printed=printed)))


def render(
    messages: Mapping[str, str],
    subject: Subject,
    unit: str,
    parts: Mapping[str, str],
    values: Mapping[str, Any],
    *,
    across: bool,
) -> dict[str, str]:
    """Language -> message, with `target`, `unit` (the unit's name), `parts` (what its parts are called) and `values` (the
    assessment's fields, or, `across` targets, those of each matched, by alias) to print; what is missing prints as a dash. The
    figures of a message are printed together.

    A message that real figures show to be impossible to fill in says so in its own place: the alert is told all the same.
    """
    told, target, printed = {}, subject.target, dict[frozenset[str], dict[str, Any]]()
    for language, text in messages.items():
        sandbox = _sandbox(language)
        try:
            named = sandbox.names(text)
            figures = printed.get(named)
            if figures is None:
                figures = printed[named] = _printed(values, target, named, across=across)
            if across:
                used = {alias: {**_LACKING, **of} for alias, of in values.items()}
            else:
                used = {name: values.get(name, lacking) for name, lacking in _asked(named)}
            names = {"target": subject.seen, "unit": unit, "parts": parts[language]}
            written = sandbox.read(text).render({**used, **figures, **names}).strip()
            told[language] = _remarked(Language(language), written, values)
        except Said as wrong:
            speaks = Language(language)
            message = "{name} ({unit}): the message of this alert cannot be filled in: {reason}"
            reason = speaks.say(wrong.message, **wrong.values)
            told[language] = speaks.say(message, name=target.name, unit=unit, reason=reason)
    return told


@lru_cache(maxsize=4096)
def _asked(named: frozenset[str]) -> tuple[tuple[str, float | str | bool], ...]:
    """The fields of an assessment that are among the names, each with what stands for it where it is missing."""
    return tuple((name, _LACKING[name]) for name in named if name in _LACKING)


def _remarked(language: Language, message: str, values: Mapping[str, Any]) -> str:
    """A message about a promise that was changed, or a sum that lacks something, says so: who knows only the old figure, or has
    sent the one that is said to be missing, must understand it.
    """
    for remark in remarks(language, values):
        message = language.say("{told} ({remark})", told=message, remark=remark)
    return message


def _printed(values: Mapping[str, Any], target: Target, names: frozenset[str], *, across: bool) -> dict[str, Any]:
    """The figures that one sentence names, as they are printed together. Across targets each has the decimals it came with."""
    if across:
        return {"digits": 0 if target.whole_numbers else 2}
    figures, digits = together(values, strict=target.target.strict, whole=target.whole_numbers, names=names)
    return {**{name: MISSING if figure is None else figure for name, figure in figures.items()}, "digits": digits}


def tried(messages: Mapping[str, str], target: Target, aliases: Mapping[str, str]) -> list[Said]:
    """What is wrong in each language's message first (what follows may come of it): every name is looked at; where all are known,
    it is filled in once with made-up figures.
    """
    fields: dict[str, Any] = {f: {"number": 1.0, "text": "x", "flag": True}[field.kind] for f, field in FIELDS.items()}
    fields["period"] = "2024-06"
    values = dict.fromkeys(aliases, fields) if aliases else fields
    seen = {name: view(value) for name, value in {**values, "target": target, "unit": "x", "parts": "x"}.items()}
    found: list[Said] = []
    for language, text in messages.items():
        wrong = _faults(language, text, tuple(aliases))
        found += wrong[:1]
        if not wrong:
            try:
                _sandbox(language).read(text).render(seen)
            except Said as said:
                found.append(said)
    return found


@lru_cache(maxsize=4096)
def _faults(language: str, text: str, aliases: tuple[str, ...]) -> tuple[Said, ...]:
    """What is wrong in a message that may name those targets matched, or one target's own fields. A policy's messages are those
    of every resolution: each is looked through once.
    """
    one = dict.fromkeys(FIELDS)
    names: dict[str, Shape] = dict.fromkeys(aliases, one) if aliases else dict(one)
    names |= {"target": shape(Target), "unit": None, "parts": None}
    return tuple(said for _, said in _sandbox(language).faults(text, names))
