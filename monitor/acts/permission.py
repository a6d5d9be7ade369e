"""The one place that says who may do what: role x act x door, and over what."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.model.act import Actor, Deed, Door
from monitor.model.person import Role
from monitor.model.problem import Problem, Problems

# What keeps the monitor itself going: letters sent again, feeds read, files dropped in, cells left out; and the
# declarations read.
_UPKEEP = frozenset({Deed.RESEND, Deed.INGEST, Deed.SUPPLY, Deed.IGNORE, Deed.READ_FILES})
# What each role may do, over what it is granted.
ROLES: dict[Role, frozenset[Deed]] = {
    Role.READER: frozenset({Deed.LOOK}),
    Role.REPORTER: frozenset({Deed.LOOK, Deed.REPORT, Deed.ANSWER}),
    Role.OFFICIAL: frozenset({Deed.LOOK, Deed.ACKNOWLEDGE, Deed.CLOSE, Deed.SILENCE, Deed.END_SILENCE, Deed.ASK}),
    Role.ADMINISTRATOR: frozenset({Deed.LOOK, Deed.EDIT, Deed.APPLY, Deed.SILENCE, Deed.END_SILENCE}) | _UPKEEP,
    Role.OPERATOR: frozenset({Deed.LOOK}) | _UPKEEP,
}
# What can be done by each door at all. At the command line whoever may read and write the database may do everything.
DOORS: dict[Door, frozenset[Deed]] = {
    Door.COMMAND: frozenset(Deed),
    Door.PAGE: frozenset(Deed) - {Deed.PEOPLE},
    Door.API: frozenset({Deed.LOOK, Deed.REPORT, Deed.ACKNOWLEDGE, Deed.CLOSE, Deed.SILENCE, Deed.END_SILENCE})
    | {Deed.ASK, Deed.ANSWER, Deed.READ_FILES},
    Door.LETTER: frozenset({Deed.LOOK, Deed.ANSWER, Deed.ACKNOWLEDGE}),
}
# What concerns the whole, and so needs a role that is granted over no part.
WHOLE = frozenset({Deed.EDIT, Deed.APPLY, Deed.SILENCE, Deed.END_SILENCE}) | _UPKEEP


class Refused(Problems):
    """Somebody may not do what they asked for."""


@dataclass(frozen=True, slots=True)
class Over:
    """The series that an act is about."""

    resolution: str
    unit: str
    owner: str


def may(actor: Actor, deed: Deed, over: Over | None = None, subject: str = "") -> bool:
    """Whether an actor may do that, over a series; without one: over any at all, or of what concerns the whole, over all.

    `subject`: what it is done to, which a letter's link names.
    """
    if deed not in DOORS[actor.door]:
        return False
    if actor.door is Door.COMMAND:
        return True
    if actor.door is Door.LETTER:
        return bool(subject) and actor.only == subject
    granted = [grant for grant in actor.grants if deed in ROLES[grant.role]]
    if deed in WHOLE:
        return any(not (grant.units or grant.owners or grant.resolutions) for grant in granted)
    return any(over is None or grant.covers(over.resolution, over.unit, over.owner) for grant in granted)


def require(actor: Actor, deed: Deed, over: Over | None = None, subject: str = "") -> None:
    """Raises Refused unless the actor may."""
    if not may(actor, deed, over, subject):
        message = "{who} may not do this here: {deed}"
        raise Refused([Problem("actor", message, {"who": actor.who, "deed": deed.value})])
