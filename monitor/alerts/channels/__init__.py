"""Ways for a letter to reach people: a file each. A new channel is a new file.

A module offers `takes(address)`, whether an address is of its kind, and `deliver(letter, envelope, addresses, server)`, which
hands the letter over, or raises Undeliverable.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Protocol, cast

from monitor.model.letter import Letter


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a channel must know beside the letter. `message_id` is the same at every attempt."""

    message_id: str
    composed: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of each address: `accepted` ones have it for good; `refused`: address -> the reason, for good."""

    accepted: tuple[str, ...]
    refused: Mapping[str, str] = field(default_factory=dict)


class Undeliverable(Exception):
    """Nobody got the letter, now: it is still owed. Its text never holds a password or a token."""


class Channel(Protocol):
    """What a module of this package offers."""

    def takes(self, address: str) -> bool:
        """Whether an address is of this channel's kind."""

    def deliver(self, letter: Letter, envelope: Envelope, addresses: tuple[str, ...], server: str | None) -> Outcome:
        """Hand a letter over for all these addresses. Raises Undeliverable."""


def of(address: str) -> Channel | None:
    """The channel that reaches an address, or None."""
    found = (channel(name) for name in names())
    return next((each for each in found if each.takes(address)), None)


def names() -> list[str]:
    """The channels there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def channel(name: str) -> Channel:
    """The module of a channel among `names()`."""
    return cast(Channel, import_module(f"{__name__}.{name}"))
