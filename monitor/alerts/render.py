"""A digest to what is read: HTML for a phone's mail client, and plain text, from the templates that administrators edit.

Templates run in a sandbox (syntax.template), HTML is escaped; they can print what the digest holds and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from monitor.alerts.declaration import Templates
from monitor.alerts.digest import PART_TITLES, Digest, Item, Part
from monitor.alerts.upkeep import Upkeep
from monitor.language import Language
from monitor.model.alert import Happening
from monitor.model.assessment import STATUS_NAMES, Status, reason
from monitor.model.letter import Attachment, Letter
from monitor.model.problem import Problem, Problems, Said
from monitor.syntax.template import Faults, Sandbox
from monitor.syntax.view import View, sample, shape, view

SEVERITY_NAMES = {"info": "info", "warning": "warning", "high": "high", "critical": "critical"}


# A digest is read in a minute: so many cards, what is new and grave first; the rest is in the attached table.
MOST_ITEMS = 12
# What the templates of a letter may name beside `_words`, with its type (syntax.view.shape).
_LETTERS: Mapping[str, Mapping[str, Any]] = {
    "digest": {
        "digest": Digest,
        "parts": tuple[tuple[str, str, tuple[Item, ...], int], ...],
        "summary": str,
        "chart": str,
    },
    "upkeep": {"upkeep": Upkeep},
}
# Characters of a letter: far more than anybody reads, and no burden to a mail server.
MOST_LETTER = 3_000_000
CHART, TABLE = "charts.png", "scoreboard.xlsx"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def letter(digest: Digest, templates: Templates, chart: bytes | None = None, table: bytes | None = None) -> Letter:
    """The digest in its route's language, with a picture and a workbook if they are given.

    Raises Problems when a template cannot be read or filled in.
    """
    speaks = Language(digest.route.language)
    parts, room, shown = [], MOST_ITEMS, list[Item]()
    for part in Part:
        items = digest.part(part)
        few = [replace(i, members=i.members[:MOST_ITEMS], behind=i.behind[:MOST_ITEMS]) for i in items[:room]]
        parts.append((part, speaks.say(PART_TITLES[part]), tuple(few), len(items)))
        shown += few
        room -= min(room, len(items))
    values = {
        # What is told of in the table alone is nothing that a template needs to see.
        "digest": replace(digest, items=tuple(shown)),
        "parts": parts,
        "summary": _urgent_summary(digest, speaks) if digest.urgent else summary(digest, speaks),
        "chart": f"cid:{CHART}" if chart else "",
    }
    html, text = filled(templates, digest.route.language, ("digest.html.j2", "digest.txt.j2"), values)
    subject = speaks.say(
        "[{number}] {name}: {summary}",
        number=digest.resolution.number,
        name=digest.route.name,
        summary=_short(digest, speaks),
    )
    attached = [Attachment(CHART, "image/png", chart, inline=True)] if chart else []
    attached += [Attachment(TABLE, XLSX, table)] if table else []
    return Letter(subject, html, text, tuple(attached))


def upkeep_letter(upkeep: Upkeep, templates: Templates) -> Letter:
    """A letter about the monitor itself. Raises Problems as `letter` does."""
    speaks = Language(upkeep.route.language)
    html, text = filled(templates, upkeep.route.language, ("upkeep.html.j2", "upkeep.txt.j2"), {"upkeep": upkeep})
    subject = speaks.say(
        "[monitor] {changed} changes, {count} conditions still open",
        changed=len(upkeep.changed),
        count=len(upkeep.still_open),
    )
    return Letter(subject, html, text)


def filled(
    templates: Templates, language: str, names: tuple[str, str], values: Mapping[str, object]
) -> tuple[str, str]:
    """Two templates, HTML and plain text, filled in. Raises Problems."""
    texts = dict(templates.texts)
    filled = []
    # Both see the same: what is seen is made once.
    seen = {name: view(value) for name, value in {**_words(Language(language)), **values}.items()}
    for name in names:
        try:
            filled.append(_sandbox(language, name).read(texts[name]).render(seen))
        except Faults as error:
            raise Problems(_problems(name, error.found)) from None
        except Said as said:
            raise Problems(_problems(name, [(0, said)])) from None
    html, text = filled
    return html, text


def mistakes(templates: Templates) -> list[Problem]:
    """What is wrong in the templates: their form, every name that no letter holds, and what a made-up letter shows."""
    return [problem for name, text in templates.texts for problem in _problems(name, _faults(name, text))]


@lru_cache(maxsize=64)
def _faults(name: str, text: str) -> list[tuple[int, Said]]:
    """As `mistakes`, of one template: looked at once, however often the files are read."""
    kinds = _LETTERS.get(name.partition(".")[0], {})
    sandbox = _sandbox("vi", name)
    words = _words(Language("vi"))
    found = sandbox.faults(text, {**dict.fromkeys(words), **{each: shape(kind) for each, kind in kinds.items()}})
    if found:
        return found
    try:
        sandbox.read(text).render({**words, **{each: sample(kind, {"method": "none"}) for each, kind in kinds.items()}})
    except Said as said:
        return [(0, said)]
    return []


def _words(speaks: Language) -> dict[str, object]:
    """What things are called, for every template."""
    names = {status: speaks.say(name) for status, name in STATUS_NAMES.items()}
    return {
        "statuses": list(names.items()),
        "status_name": names,
        "severity_name": {severity: speaks.say(name) for severity, name in SEVERITY_NAMES.items()},
        "happening_name": {happening: speaks.say(happening.value) for happening in Happening},
    }


def _problems(name: str, found: Iterable[tuple[int, Said]]) -> list[Problem]:
    return [Problem(f"alerts/templates/{name}", said.message, said.values, line) for line, said in found]


@lru_cache(maxsize=8)
def _sandbox(language: str, template: str) -> Sandbox:
    """Where a template is filled in."""
    speaks = Language(language)

    def figure(value: float | None, of: View) -> str:
        """A figure in the unit of measure of its target."""
        return speaks.number(value, of.unit_of_measure, of.digits)

    def difference(value: float | None, of: View) -> str:
        """What lies between two figures of its target."""
        return speaks.difference(value, of.unit_of_measure, of.digits)

    def span(of: View) -> str:
        """The 80% interval of the projection."""
        return speaks.interval(of.low, of.high, of.unit_of_measure, of.digits)

    def why(of: View) -> str:
        """What the projection rests on, in a sentence."""
        return reason(speaks, of.method, of.years, of.pace, speaks.difference(of.trend, of.unit_of_measure))

    given: dict[str, Callable[..., str]] = {
        "figure": figure,
        "difference": difference,
        "span": span,
        "why": why,
        "below_name": below_name,
    }
    given |= {"number": speaks.number, "percent": speaks.percent, "month": speaks.month, "day": speaks.day}
    html = template.endswith((".html.j2", ".html"))
    return Sandbox(given, {"say": speaks.say}, html=html, trimmed=True, most=MOST_LETTER)


def below_name(message: str, item: View) -> str:
    """A message without the name of its target and unit, which stand above it."""
    of = item.figures
    name = item.title if item.reporter or of.city else f"{of.name} ({of.unit})"
    rest = message.removeprefix(f"{name}: ")
    return rest[:1].upper() + rest[1:]


def summary(digest: Digest, speaks: Language) -> str:
    """One sentence: where the targets stand, and what changed."""
    parts = {part: len(digest.part(part)) for part in Part}
    changed = speaks.say(
        "{new} new, {worse} worse, {still} still open, {resolved} resolved",
        new=parts[Part.NEW],
        worse=parts[Part.WORSE],
        still=parts[Part.STILL_OPEN],
        resolved=parts[Part.RESOLVED],
    )
    if not digest.scoreboard:
        return speaks.say("As of {day}: {changed}.", day=speaks.day(digest.as_of), changed=changed)
    counts = digest.counts
    return speaks.say(
        "As of {day}, of {total} targets {well} are met or on track, {risk} at risk, {off} off track, {missed} missed, "
        "{silent} without figures. Alerts: {changed}.",
        day=speaks.day(digest.as_of),
        total=sum(counts.values()),
        well=counts[Status.MET] + counts[Status.ON_TRACK],
        risk=counts[Status.AT_RISK],
        off=counts[Status.OFF_TRACK],
        missed=counts[Status.MISSED],
        silent=counts[Status.NO_DATA] + counts[Status.NOT_DUE],
        changed=changed,
    )


def _urgent_summary(digest: Digest, speaks: Language) -> str:
    return speaks.say(
        "At once, as of {day}: {count} targets need attention.", day=speaks.day(digest.as_of), count=len(digest.items)
    )


def _short(digest: Digest, speaks: Language) -> str:
    if digest.urgent:
        return speaks.say("URGENT, {count} warnings on {day}", count=len(digest.items), day=speaks.day(digest.as_of))
    open_now = sum(len(digest.part(part)) for part in Part if part is not Part.RESOLVED)
    if not open_now:
        return speaks.say("nothing to warn of on {day}", day=speaks.day(digest.as_of))
    return speaks.say("{count} warnings on {day}", count=open_now, day=speaks.day(digest.as_of))
