"""A digest to what is read: HTML for a phone's mail client, and plain text, from the templates that administrators edit.

Templates run in a sandbox, HTML is escaped; they can print what the digest holds and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from jinja2 import DictLoader, StrictUndefined, TemplateError, TemplateSyntaxError, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment

from monitor.alerts.declaration import Templates
from monitor.alerts.digest import Digest, Figures, Part
from monitor.alerts.upkeep import Upkeep
from monitor.language import Language
from monitor.model.alert import Happening
from monitor.model.assessment import STATUS_NAMES, Status, reason
from monitor.model.letter import Attachment, Letter
from monitor.model.problem import Problem, Problems

PART_TITLES = {
    Part.NEW: "New",
    Part.WORSE: "Worse",
    Part.STILL_OPEN: "Still open",
    Part.RESOLVED: "Resolved",
}
SEVERITY_NAMES = {"info": "info", "warning": "warning", "high": "high", "critical": "critical"}


# A digest is read in a minute: so many cards, what is new and grave first; the rest is in the attached table.
MOST_ITEMS = 12
CHART, TABLE = "charts.png", "scoreboard.xlsx"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def letter(digest: Digest, templates: Templates, chart: bytes | None = None, table: bytes | None = None) -> Letter:
    """The digest in its route's language, with a picture and a workbook if they are given.

    Raises Problems when a template cannot be read or filled in.
    """
    speaks = Language(digest.route.language)
    parts, room = [], MOST_ITEMS
    for part in Part:
        items = digest.part(part)
        parts.append((part, speaks.say(PART_TITLES[part]), items[:room], len(items)))
        room -= min(room, len(items))
    values = {
        "digest": digest,
        "parts": parts,
        "statuses": [(status, speaks.say(STATUS_NAMES[status])) for status in Status],
        "status_name": {status: speaks.say(name) for status, name in STATUS_NAMES.items()},
        "summary": _urgent_summary(digest, speaks) if digest.urgent else summary(digest, speaks),
        "chart": f"cid:{CHART}" if chart else "",
    }
    html, text = _filled(templates, digest.route.language, ("digest.html.j2", "digest.txt.j2"), values)
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
    values = {
        "upkeep": upkeep,
        "happening_name": {happening: speaks.say(happening.value) for happening in Happening},
    }
    html, text = _filled(templates, upkeep.route.language, ("upkeep.html.j2", "upkeep.txt.j2"), values)
    subject = speaks.say(
        "[monitor] {changed} changes, {count} conditions still open",
        changed=len(upkeep.changed),
        count=len(upkeep.still_open),
    )
    return Letter(subject, html, text)


def _filled(
    templates: Templates, language: str, names: tuple[str, str], values: Mapping[str, object]
) -> tuple[str, str]:
    speaks = Language(language)
    environment = _environment(templates, language)
    severities = {severity: speaks.say(name) for severity, name in SEVERITY_NAMES.items()}
    shared = {"severity_name": severities, "say": speaks.say}
    try:
        html, text = (environment.get_template(name).render({**values, **shared}) for name in names)
    except TemplateError as error:
        line = getattr(error, "lineno", None) or 0
        place = f"alerts/templates/{getattr(error, 'name', None) or names[0]}"
        message = "the template cannot be filled in: {reason}"
        raise Problems([Problem(place, message, {"reason": error.message or str(error)}, line)]) from error
    return html, text


def mistakes(templates: Templates) -> list[Problem]:
    """What is wrong in the form of the templates; what only filling in shows is told then."""
    problems = []
    for name, _ in templates.texts:
        try:
            _environment(templates, "vi").get_template(name)
        except TemplateSyntaxError as error:
            message = "the template cannot be read: {reason}"
            problems.append(Problem(f"alerts/templates/{name}", message, {"reason": error.message or ""}, error.lineno))
    return problems


@lru_cache(maxsize=8)
def _environment(templates: Templates, language: str) -> ImmutableSandboxedEnvironment:
    """Where templates are filled in."""
    speaks = Language(language)
    environment = ImmutableSandboxedEnvironment(
        loader=DictLoader(dict(templates.texts)),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html.j2", "html"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def figure(value: float | None, of: Figures) -> str:
        """A figure in the unit of measure of its target."""
        return speaks.number(value, of.unit_of_measure, of.digits)

    def difference(value: float | None, of: Figures) -> str:
        """What lies between two figures of its target."""
        return speaks.difference(value, of.unit_of_measure, of.digits)

    def span(of: Figures) -> str:
        """The 80% interval of the projection."""
        return speaks.interval(of.low, of.high, of.unit_of_measure, of.digits)

    def why(of: Figures) -> str:
        """What the projection rests on, in a sentence."""
        return reason(speaks, of.method, of.years, of.pace, speaks.difference(of.trend, of.unit_of_measure))

    environment.filters.update(figure=figure, difference=difference, span=span, why=why)
    environment.filters.update(number=speaks.number, percent=speaks.percent, month=speaks.month, day=speaks.day)
    return environment


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
