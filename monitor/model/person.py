"""Who may come in, and as what: people, the roles they have, and over what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What somebody is to the monitor."""

    READER = "reader"
    REPORTER = "reporter"
    OFFICIAL = "official"
    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role over some of what there is: resolutions, units and owners by id; an empty list takes all."""

    role: Role
    resolutions: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()

    def covers(self, resolution: str, unit: str, owner: str) -> bool:
        """Whether a series is among what the role is over. Of `units` and `owners` one is enough: a department answers for
        what it owns, a ward for itself.
        """
        by_place = not self.units and not self.owners
        by_place = by_place or unit in self.units or owner in self.owners
        return by_place and (not self.resolutions or resolution in self.resolutions)


@dataclass(frozen=True, slots=True)
class Person:
    """An account. `login`: by which it signs in; `password`: its argon2 hash, empty where none is set; `locked`: until when
    it cannot sign in, after too many failures; `active`: not removed.
    """

    login: str
    name: str
    password: str
    grants: tuple[Grant, ...]
    active: bool = True
    failures: int = 0
    locked: datetime | None = None
