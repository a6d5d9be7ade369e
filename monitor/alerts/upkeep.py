"""What is wrong with the monitor itself: a feed nobody can read, a letter given up, an edit refused, a job that fails.

Such a condition is a finding like any other, of a resolution named `monitor`: it has the same life, can be acknowledged
and closed, and is told to the routes that say `upkeep: true`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from monitor.alerts.declaration import Addresses, Route
from monitor.language import LANGUAGES, Language
from monitor.model.alert import Alert, Change, Happening
from monitor.model.finding import Finding, Severity
from monitor.model.problem import Problems

RESOLUTION = "monitor"
# The "rule set" that found it: there is one, and it is this program.
VERSION = "monitor"

# Rule -> its message, and how grave it is.
MESSAGES = {
    "feed-unreadable": "feed {subject}: {count} of its sources cannot be read: {place}: {reason}",
    "figures-unusable": "feed {subject}: {count} figures cannot be used, such as {place}: {reason}",
    "address-missing": "the recipient {subject} ({routes}) has no address: letters are kept until alerts/addresses.yaml has one",
    "addresses-unreadable": "the addresses cannot be read, and letters are kept until they can: {place}: {reason}",
    "letter-undelivered": "a letter to {subject} was given up after {count} attempts: {reason}",
    "edit-refused": "the edited files are not in force, the last good ones are: {count} mistakes, such as {place}: {reason}",
    "job-failed": "the job {subject} failed: {reason}",
}
SEVERITIES = dict.fromkeys(MESSAGES, Severity.HIGH) | {"figures-unusable": Severity.WARNING}


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is so now. `subject`: the feed, recipient, file or job; `values`: what fills the rule's message, language ->
    them, or the same for all.
    """

    rule: str
    subject: str
    values: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """One line of a letter about the monitor: what happened, how grave it is, what it is, since when."""

    happening: Happening
    severity: Severity
    message: str
    since: date | None


@dataclass(frozen=True, slots=True)
class Upkeep:
    """A letter about the monitor itself: what changed, and what is still open besides."""

    route: Route
    as_of: date
    changed: tuple[Notice, ...]
    still_open: tuple[Notice, ...]


def unaddressed(addresses: Callable[[], Addresses], routes: Iterable[Route]) -> list[Condition]:
    """Whom of the routes' recipients no letter can reach; `addresses`: who has which, raises Problems when nobody can tell."""
    try:
        known = addresses().known
    except Problems as error:
        first = error.problems[0]
        values = {c: {"place": first.place(), "reason": first.text(Language(c))} for c in LANGUAGES}
        return [Condition("addresses-unreadable", "addresses", values)]
    lacking: dict[str, list[str]] = {}
    for route in routes:
        for name in route.to:
            if not known.get(name):
                lacking.setdefault(name, []).append(route.id)
    return [
        Condition("address-missing", name, {code: {"routes": ", ".join(of)} for code in LANGUAGES})
        for name, of in sorted(lacking.items())
    ]


def findings(conditions: Iterable[Condition]) -> list[Finding]:
    """What the conditions are as findings."""
    found = []
    for condition in conditions:
        severity, message = SEVERITIES[condition.rule], MESSAGES[condition.rule]
        told = {
            code: Language(code).say(message, subject=condition.subject, **condition.values.get(code, {}))
            for code in LANGUAGES
        }
        found.append(
            Finding(RESOLUTION, condition.rule, condition.subject, "", severity, 1, told, condition.rule, evidence={})
        )
    return found


def kept() -> dict[str, str]:
    """What is kept of these rules, as of those of a resolution."""
    return dict(MESSAGES)


def letter_for(route: Route, alerts: Mapping[str, Alert], changes: Iterable[Change], as_of: date) -> Upkeep:
    """What an upkeep route is told. `changes`: since the last letter; `alerts`: the present of all."""
    language = route.language
    told = [change for change in changes if change.event is not None]
    changed = tuple(
        Notice(c.event.happening, c.event.severity, c.event.message[language], c.alert.opened)
        for c in told
        if c.event is not None
    )
    fresh = {change.alert.fingerprint for change in told}
    still = tuple(
        Notice(Happening.OPENED, a.severity, a.message[language], a.opened)
        for a in alerts.values()
        if a.state.active and a.fingerprint not in fresh
    )
    return Upkeep(route, as_of, changed, still)
