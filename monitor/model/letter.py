"""What is sent: a letter, and its way to each recipient."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

# The recipient of a digest that was written as files: nobody was sent it.
FILES = "files"


class Kind(StrEnum):
    """Why a letter is written: at its route's time, at once, about the monitor itself, or to ask for an explanation."""

    DIGEST = "digest"
    URGENT = "urgent"
    UPKEEP = "upkeep"
    REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along; `inline`: shown inside the HTML, which names it as `cid:<name>`."""

    name: str
    media: str
    content: bytes
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """What is read, in one route's language."""

    subject: str
    html: str
    text: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which letter it is: no two have the same. `number`: of its kind, route and day."""

    resolution: str
    route: str
    kind: Kind
    as_of: date
    number: int = 1

    def message_id(self, recipient: str) -> str:
        """The same at every attempt, so that a mail server or reader that has it already can tell."""
        name = ".".join((self.resolution, self.route, self.kind, self.as_of.isoformat(), str(self.number), recipient))
        return f"<{name}@compliance-monitor>"


@dataclass(frozen=True, slots=True)
class PreviousDigest:
    """What a route was told last: on which day, and up to which event in the history of all alerts."""

    as_of: date
    last_event: int


class DeliveryState(StrEnum):
    """How far a delivery is. `dead`: given up, until a person sets it going again."""

    QUEUED = "queued"
    SENDING = "sending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One letter on its way to one recipient. `confirmed`: digests of the addresses that have it; `due`: next attempt."""

    id: int
    stamp: Stamp
    recipient: str
    message_id: str
    state: DeliveryState
    attempts: int
    due: datetime
    composed: datetime
    confirmed: tuple[str, ...]
    error: str
    delivered: datetime | None
    subject: str
