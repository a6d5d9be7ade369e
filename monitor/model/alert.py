"""A finding's life: pending, open, acknowledged, resolved; every change is an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from monitor.model.finding import Severity


class State(StrEnum):
    """Where an alert is in its life."""

    PENDING = "pending"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"

    @property
    def active(self) -> bool:
        """Whether people are to be told of it."""
        return self in (State.OPEN, State.ACKNOWLEDGED)


class Happening(StrEnum):
    """What can happen to an alert."""

    PENDING = "pending"
    OPENED = "opened"
    WORSENED = "worsened"
    EASED = "eased"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Alert:
    """The present of one fingerprint.

    `held`: successive reporting periods at which the rule held, `period`: the last of them (`YYYY-MM`); `first_seen`,
    `last_seen`: as-of dates at which it held; `opened`, `resolved`: of its latest life; `closed_by`: who closed it while the rule
    held, which keeps it closed until the rule has let go once, or holds more gravely. `message`: language -> text; `evidence`:
    field -> value; `version`: of the rule set; `holds`: the rule held at the last evaluation; `free`: successive reporting
    periods at which an open one's rule has not held, `free_period`: the last of them.
    """

    fingerprint: str
    resolution: str
    rule: str
    target: str
    unit: str
    severity: Severity
    state: State
    held: int
    first_seen: date
    last_seen: date
    opened: date | None
    resolved: date | None
    closed_by: str
    compiled: str
    version: str
    message: dict[str, str] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    period: str = ""
    free: int = 0
    free_period: str = ""
    holds: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """One change of an alert, as of a day; `by` and `note` where a person made it, or why it was resolved. `number`: its place in
    the history of all alerts, 0 while it is not recorded.
    """

    fingerprint: str
    as_of: date
    happening: Happening
    severity: Severity
    state: State
    version: str
    by: str = ""
    note: str = ""
    message: dict[str, str] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    number: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """An alert as it is now, and what happened to it (None: only its figures are newer)."""

    alert: Alert
    event: Event | None
