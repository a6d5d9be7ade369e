"""Ways for a letter to reach its readers: a file each, with `deliver(letter, envelope)`. A new channel is a new file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from monitor.alerts.declaration import Route


@dataclass(frozen=True, slots=True)
class Envelope:
    """Whom a letter is for: `addresses` for the mail, `folder` for the file; `message_id` is the same at every attempt."""

    route: Route
    resolution: str
    as_of: date
    sent: datetime
    message_id: str
    folder: Path
    addresses: tuple[str, ...] = ()


class Undeliverable(Exception):
    """A letter could not be delivered; it is still owed."""
