"""A digest to what is read: HTML for a phone's mail client, and plain text, from the templates that administrators edit.

Templates run in a sandbox, HTML is escaped; they can print what the digest holds and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment

from monitor.alerts.declaration import TEMPLATES
from monitor.alerts.digest import Digest, Figures, Part
from monitor.language import Language
from monitor.model.assessment import Status
from monitor.model.problem import Problem, Problems

PART_TITLES = {
    Part.NEW: "New",
    Part.WORSE: "Worse",
    Part.STILL_OPEN: "Still open",
    Part.RESOLVED: "Resolved",
}
STATUS_NAMES = {
    Status.MET: "met",
    Status.ON_TRACK: "on track",
    Status.AT_RISK: "at risk",
    Status.OFF_TRACK: "off track",
    Status.MISSED: "missed",
    Status.NO_DATA: "no data",
    Status.NOT_DUE: "not due",
}
# What a projection rests on, by its method (see assess.forecast).
REASONS = {
    "flow-years": "from the course of the last {years} years and this year's pace ({pace} of the path)",
    "flow-two-years": "from the course of the last two years and this year's pace ({pace} of the path)",
    "flow-one-year": "from the course of last year and this year's pace ({pace} of the path)",
    "flow-this-year": "from this year's pace alone ({pace} of the path): no past year is known",
    "level-years": "from the seasons and trend of the last {years} years and of late ({trend} a month)",
    "level-two-years": "from the seasons and trend of the last two years and of late ({trend} a month)",
    "level-one-year": "from last year's course and the trend of late ({trend} a month)",
    "level-baseline": "from where the year began and the trend since ({trend} a month)",
    "level-this-year": "from this year's few reports alone: no past year is known",
    "milestone": "a task is done or not: until its last quarter nothing is read into a slow beginning",
    "none": "nothing is reported",
}
SEVERITY_NAMES = {"info": "info", "warning": "warning", "high": "high", "critical": "critical"}


@dataclass(frozen=True, slots=True)
class Letter:
    """A digest as it is sent."""

    subject: str
    html: str
    text: str


def letter(digest: Digest, templates: Path) -> Letter:
    """The digest in its route's language. Raises Problems when a template cannot be read or filled in."""
    speaks = Language(digest.route.language)
    environment = _environment(templates, digest.route.language)
    values = {
        "digest": digest,
        "parts": [(part, speaks.say(PART_TITLES[part]), digest.part(part)) for part in Part],
        "statuses": [(status, speaks.say(STATUS_NAMES[status])) for status in Status],
        "status_name": {status: speaks.say(name) for status, name in STATUS_NAMES.items()},
        "severity_name": {severity: speaks.say(name) for severity, name in SEVERITY_NAMES.items()},
        "say": speaks.say,
        "summary": summary(digest, speaks),
    }
    try:
        html, text = (environment.get_template(name).render(values) for name in TEMPLATES)
    except TemplateError as error:
        line = getattr(error, "lineno", None) or 0
        name = getattr(error, "filename", None) or templates / TEMPLATES[0]
        place = f"alerts/templates/{Path(name).name}"
        message = "the template cannot be filled in: {reason}"
        raise Problems([Problem(place, message, {"reason": error.message or str(error)}, line)]) from error
    subject = speaks.say(
        "[{number}] {name}: {summary}",
        number=digest.resolution.number,
        name=digest.route.name,
        summary=_short(digest, speaks),
    )
    return Letter(subject, html, text)


def mistakes(templates: Path) -> list[Problem]:
    """What is wrong in the form of the templates; what only filling in shows is told then."""
    problems = []
    for name in TEMPLATES:
        if not (templates / name).is_file():
            continue
        try:
            _environment(templates, "vi").get_template(name)
        except TemplateSyntaxError as error:
            message = "the template cannot be read: {reason}"
            problems.append(Problem(f"alerts/templates/{name}", message, {"reason": error.message or ""}, error.lineno))
        except UnicodeDecodeError as error:
            message = "the file is not UTF-8: found the byte {found}. Save it again as UTF-8"
            found = f"0x{error.object[error.start]:02x}"
            problems.append(Problem(f"alerts/templates/{name}", message, {"found": found}))
    return problems


@lru_cache
def _environment(templates: Path, language: str) -> ImmutableSandboxedEnvironment:
    """Where templates are filled in; an edited one is read again."""
    speaks = Language(language)
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html.j2", "html"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def figure(value: float | None, of: Figures) -> str:
        """A figure in the unit of measure of its target."""
        return speaks.number(value, of.unit_of_measure, 0 if of.whole_numbers else None)

    def span(of: Figures) -> str:
        """The 80% interval of the projection."""
        return speaks.interval(of.low, of.high, of.unit_of_measure, 0 if of.whole_numbers else None)

    def why(of: Figures) -> str:
        """What the projection rests on, in a sentence."""
        trend = speaks.number(of.trend, of.unit_of_measure)
        return speaks.say(REASONS[of.method], years=of.years, pace=speaks.percent(of.pace), trend=trend)

    environment.filters.update(figure=figure, span=span, why=why, number=speaks.number, percent=speaks.percent)
    environment.filters.update(month=speaks.month, day=speaks.day)
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


def _short(digest: Digest, speaks: Language) -> str:
    open_now = sum(len(digest.part(part)) for part in Part if part is not Part.RESOLVED)
    if not open_now:
        return speaks.say("nothing to warn of on {day}", day=speaks.day(digest.as_of))
    return speaks.say("{count} warnings on {day}", count=open_now, day=speaks.day(digest.as_of))
