"""Findings to alerts: what opens, worsens, eases, resolves and comes back. Pure; the store writes what this decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from monitor.model.alert import Alert, Change, Event, Happening, State
from monitor.model.finding import Finding
from monitor.model.sealed import Sealed

# Why an alert was resolved, source strings of the catalogue.
NO_LONGER = "the rule no longer holds"
NO_RULE = "the rule is no longer declared"
ENDED = "the resolution is over, and its last verdict stands"

Series = tuple[str, str]


def transitions(
    alerts: Mapping[str, Alert],
    findings: Iterable[Finding],
    version: str,
    rules: Mapping[str, int],
    figures: Mapping[Series, Mapping[str, Any]],
    as_of: date,
    *,
    over: bool = False,
) -> list[Change]:
    """What `findings` as of a day do to the alerts of their resolution; nothing twice on one day.

    What is counted is the findings' reporting periods, never the days on which somebody evaluated. An alert that began as of
    a day to come begins anew. Of one whose rule `holds` as it did, with the same figures, nothing changes from day to day: it was
    last seen when its resolution was last evaluated.

    alerts: fingerprint -> present; version: of the rule set that found; rules: its compiled rules, and how many periods without
    each end its alert; figures: the assessments, for the evidence of what was resolved; over: the resolution has retired, and
    whatever is open ends as what it is. Ordered by target, unit, rule.
    """
    changes = []
    found = {} if over else {finding.fingerprint: finding for finding in findings}
    for name, finding in found.items():
        change = _held(alerts.get(name), finding, version, as_of)
        if change is not None:
            changes.append(change)
    for name, alert in alerts.items():
        if name not in found:
            note = ENDED if over else NO_LONGER if alert.compiled in rules else NO_RULE
            waits = rules.get(alert.compiled, 1) if note is NO_LONGER else 1
            change = _let_go(alert, version, note, figures.get((alert.target, alert.unit), {}), as_of, waits)
            if change is not None:
                changes.append(change)
    return sorted(changes, key=lambda c: (c.alert.target, c.alert.unit, c.alert.rule))


def acknowledge(alert: Alert, by: str, note: str, as_of: date) -> Change:
    """A person has seen it. Raises ValueError for an alert that is not open."""
    if alert.state is not State.OPEN:
        raise ValueError(alert.state)
    return _person(replace(alert, state=State.ACKNOWLEDGED), Happening.ACKNOWLEDGED, by, note, as_of)


def close(alert: Alert, by: str, note: str, as_of: date) -> Change:
    """A person has dealt with it; it stays closed until the rule lets go, or holds more gravely.

    Raises ValueError when it is resolved.
    """
    if alert.state is State.RESOLVED:
        raise ValueError(alert.state)
    closed = replace(alert, state=State.RESOLVED, resolved=as_of, closed_by=by)
    return _person(closed, Happening.CLOSED, by, note, as_of)


def _person(alert: Alert, happening: Happening, by: str, note: str, as_of: date) -> Change:
    event = Event(
        alert.fingerprint, as_of, happening, alert.severity, alert.state, alert.version, by, note, alert.message
    )
    return Change(alert, event)


def _held(alert: Alert | None, finding: Finding, version: str, as_of: date) -> Change | None:
    """The rule holds."""
    if alert is None or alert.first_seen > as_of:
        return _begun(finding, version, as_of, was_open=False)
    ahead = alert.last_seen > as_of
    later = finding.period > alert.period and not ahead
    graver = finding.severity.rank > alert.severity.rank
    if alert.state is State.RESOLVED:
        if alert.closed_by and not graver:
            return _seen(replace(alert, last_seen=as_of, holds=True), alert)
        return _begun(finding, version, as_of, was_open=alert.opened is not None)
    now = replace(
        _fresh(finding, version, as_of),
        held=alert.held + 1 if later else alert.held,
        period=finding.period if later or ahead else alert.period,
        first_seen=alert.first_seen,
        opened=alert.opened,
        state=alert.state,
    )
    if alert.state is State.PENDING:
        if now.held < finding.holds_for:
            return _seen(now, alert)
        return _told(replace(now, state=State.OPEN, opened=as_of), Happening.OPENED)
    if graver:
        return _told(replace(now, state=State.OPEN), Happening.WORSENED)
    if finding.severity.rank < alert.severity.rank:
        return _told(now, Happening.EASED)
    return _seen(now, alert)


def _seen(now: Alert, before: Alert) -> Change | None:
    """An alert to which nothing has happened: that its rule holds on a later day too is no change of it."""
    return None if replace(now, last_seen=before.last_seen) == before else Change(now, None)


def _fresh(finding: Finding, version: str, as_of: date, state: State = State.PENDING) -> Alert:
    return Alert(
        fingerprint=finding.fingerprint,
        resolution=finding.resolution,
        rule=finding.rule,
        target=finding.target,
        unit=finding.unit,
        severity=finding.severity,
        state=state,
        held=1,
        period=finding.period,
        first_seen=as_of,
        last_seen=as_of,
        opened=as_of if state is State.OPEN else None,
        resolved=None,
        closed_by="",
        compiled=finding.compiled,
        version=version,
        message=finding.message,
        evidence=finding.evidence,
        holds=True,
    )


def _begun(finding: Finding, version: str, as_of: date, *, was_open: bool) -> Change:
    if finding.holds_for > 1:
        return _told(_fresh(finding, version, as_of), Happening.PENDING)
    return _told(_fresh(finding, version, as_of, State.OPEN), Happening.REOPENED if was_open else Happening.OPENED)


def _let_go(
    alert: Alert, version: str, note: str, figures: Mapping[str, Any], as_of: date, waits: int
) -> Change | None:
    """The rule does not hold; an open alert ends when it has not for `waits` periods."""
    before, alert = alert, replace(alert, holds=False)
    if alert.state is State.RESOLVED:
        still = replace(alert, closed_by="")
        return None if still == before else Change(still, None)
    if alert.state.active and waits > 1:
        period = str(figures.get("period", ""))
        later = period > max(alert.period, alert.free_period)
        waiting = replace(alert, free=alert.free + later, free_period=period if later else alert.free_period)
        if waiting.free < waits:
            return None if waiting == before else Change(waiting, None)
    resolved = replace(alert, state=State.RESOLVED, resolved=as_of, closed_by="", version=version)
    return _told(resolved, Happening.RESOLVED, note=note, evidence=Sealed.of(figures))


def _told(alert: Alert, happening: Happening, *, note: str = "", evidence: Mapping[str, Any] | None = None) -> Change:
    as_of = alert.resolved if alert.state is State.RESOLVED and alert.resolved else alert.last_seen
    event = Event(
        fingerprint=alert.fingerprint,
        as_of=as_of,
        happening=happening,
        severity=alert.severity,
        state=alert.state,
        version=alert.version,
        note=note,
        message=alert.message,
        evidence=alert.evidence if evidence is None else evidence,
    )
    return Change(alert, event)
