"""What people do: who, by which door, why; and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from monitor.model.free_text import plain
from monitor.model.person import Grant


class Door(StrEnum):
    """By which way somebody came in."""

    COMMAND = "command"
    PAGE = "page"
    API = "api"
    LETTER = "letter"


class Deed(StrEnum):
    """What can be done."""

    REPORT = "report"
    ACKNOWLEDGE = "acknowledge"
    CLOSE = "close"
    SILENCE = "silence"
    END_SILENCE = "end-silence"
    ASK = "ask"
    ANSWER = "answer"
    EDIT = "edit"
    APPLY = "apply"
    LOOK = "look"
    RESEND = "resend"
    INGEST = "ingest"
    SUPPLY = "supply"
    IGNORE = "ignore"
    READ_FILES = "read-files"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, by which door, and why. `grants`: what they are, where the door asks; `only`: of one who came in by a
    link, the one subject that it opens.
    """

    who: str
    door: Door
    why: str = ""
    grants: tuple[Grant, ...] = ()
    only: str = ""

    def __post_init__(self) -> None:
        """A reason is words that can be read."""
        object.__setattr__(self, "why", plain(self.why))

    def because(self, why: str) -> Actor:
        """The same, who says why."""
        return replace(self, why=why)


@dataclass(frozen=True, slots=True)
class Act:
    """What was done: `subject` is the alert, silence, request, file, version or series that it was done to; `details`: what is
    not told elsewhere in the store; `as_of`: the day of which it is; `number`: its place among all acts.
    """

    number: int
    deed: Deed
    actor: Actor
    subject: str
    as_of: date
    recorded: datetime
    details: dict[str, Any] = field(default_factory=dict)
