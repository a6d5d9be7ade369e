"""Accounts, and coming in: by a password, with a session; by a token; by a letter's link."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Engine

from monitor.acts.names import known
from monitor.acts.permission import require
from monitor.model.act import Actor, Deed, Door
from monitor.model.name import name_of
from monitor.model.person import Grant, Person
from monitor.model.problem import Problem, Problems, Said
from monitor.pipeline import Moment
from monitor.store import acts as stored_acts
from monitor.store import people as stored
from monitor.store.database import writing
from monitor.store.people import Key
from monitor.workspace import Workspace

# A session ends after a working day; a link of a letter after a month; a token after a year.
SESSION, LINK, TOKEN = timedelta(hours=10), timedelta(days=31), timedelta(days=366)
# After so many wrong passwords in a row an account is locked for so long.
MOST_FAILURES, LOCKED = 5, timedelta(minutes=15)
LEAST_PASSWORD, MOST_PASSWORD = 10, 200
# To look at a password takes 64 MB and a core for some tenths of a second: more than two at once are made to wait.
_LOOKING = threading.BoundedSemaphore(2)


def enrol(workspace: Workspace, engine: Engine, actor: Actor, person: Person, password: str, moment: Moment) -> Person:
    """Add a person, or change one; an empty password keeps the one there is. Their sessions end. Raises Problems."""
    require(actor, Deed.PEOPLE)
    problems = [*_named(person), *_granted(workspace, person.grants)]
    if password and not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        message = "a password has {least} to {most} characters"
        problems.append(Problem("password", message, {"least": LEAST_PASSWORD, "most": MOST_PASSWORD}))
    if problems:
        raise Problems(problems)
    with writing(engine) as connection:
        before = stored.found(connection, person.login)
        hashed = _hasher().hash(password) if password else before.password if before is not None else ""
        made = replace(person, password=hashed, failures=0, locked=None)
        stored.keep(connection, made)
        stored.drop(connection, login=person.login)
        grants = [grant.role.value for grant in person.grants]
        details = {"active": person.active, "roles": grants, "password": bool(password)}
        stored_acts.add(connection, Deed.PEOPLE, actor, person.login, moment.as_of, moment.now, details)
    return made


def sign_in(engine: Engine, login: str, password: str, now: datetime) -> tuple[str, Key] | None:
    """A session's secret and its key; None when login and password do not fit, or the account is locked or removed: which of
    these, nobody outside is told, and each takes the same time.
    """
    with engine.connect() as connection:
        person = stored.found(connection, login)
    fits = _fits(person.password if person is not None and person.password else _nobody(), password)
    if person is None or not person.password:
        return None
    with writing(engine) as connection:
        # As it is now: others may have tried at the same time.
        present = stored.found(connection, login) or person
        if not present.active or (present.locked is not None and present.locked > now):
            return None
        if not fits:
            failures = present.failures + 1
            locked = now + LOCKED if failures >= MOST_FAILURES else None
            stored.keep(connection, replace(present, failures=0 if locked else failures, locked=locked))
            return None
        stored.keep(connection, replace(present, failures=0, locked=None))
        stored.drop(connection, before=now)
        return session(connection, login, now)


def vouched(engine: Engine, login: str, now: datetime) -> tuple[str, Key] | None:
    """A session for whom a provider calls `login`; None where nobody was added by that, or was removed."""
    with writing(engine) as connection:
        person = stored.found(connection, login)
        if person is None or not person.active:
            return None
        stored.drop(connection, before=now)
        return session(connection, person.login, now)


def session(connection: Connection, login: str, now: datetime) -> tuple[str, Key]:
    """A session's secret and its key, for somebody who has been let in."""
    return _cut(connection, "session", login, "", now, SESSION)


def sign_out(engine: Engine, secret: str) -> None:
    """End a session."""
    with writing(engine) as connection:
        stored.drop(connection, secret=secret)


def came_in(engine: Engine, secret: str, now: datetime, door: Door) -> tuple[Actor, Key] | None:
    """Who holds a session or a token; None when it has ended, or its person was removed since."""
    with engine.connect() as connection:
        found = stored.holder(connection, secret, "session" if door is Door.PAGE else "token", now)
    if found is None or not found[1].active:
        return None
    key, person = found
    return Actor(person.name, door, grants=person.grants), key


def token(engine: Engine, actor: Actor, login: str, moment: Moment) -> str:
    """A token for programs, with the roles of a person; it is shown once. Raises Problems."""
    require(actor, Deed.PEOPLE)
    with writing(engine) as connection:
        wrong = known("login", [login], [p.login for p in stored.people(connection).values() if p.active])
        if wrong:
            raise Problems(wrong)
        stored_acts.add(connection, Deed.PEOPLE, actor, login, moment.as_of, moment.now, {"token": True})
        return _cut(connection, "token", login, "", moment.now, TOKEN)[0]


def link(connection: Connection, who: str, subject: str, now: datetime) -> str:
    """The secret of a letter's link, which opens `subject` to `who` for LINK; in the transaction of the letter."""
    return _cut(connection, "link", who, subject, now, LINK)[0]


def by_link(engine: Engine, secret: str, now: datetime) -> tuple[Actor, Key] | None:
    """Whom a link of a letter lets in, and to what; None when it is none, or its time is over."""
    with engine.connect() as connection:
        key = stored.fitting(connection, secret, "link", now)
    return (Actor(key.login, Door.LETTER, only=key.subject), key) if key is not None else None


def _cut(
    connection: Connection, opens: str, login: str, subject: str, now: datetime, holds: timedelta
) -> tuple[str, Key]:
    secret = secrets.token_urlsafe(32)
    made = Key(stored.hashed(secret), opens, login, subject, secrets.token_urlsafe(32), now, now + holds, None)
    stored.cut(connection, secret, made)
    return secret, made


@lru_cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@lru_cache
def _nobody() -> str:
    """A hash that no password fits, so that a login that does not exist takes as long."""
    return _hasher().hash(secrets.token_urlsafe(32))


def _fits(hashed: str, password: str) -> bool:
    try:
        with _LOOKING:
            return _hasher().verify(hashed, password[: MOST_PASSWORD + 1])
    except (VerificationError, InvalidHashError):
        return False


def _named(person: Person) -> list[Problem]:
    found = []
    for place, text in (("login", person.login), ("name", person.name)):
        try:
            name_of(text)
        except Said as said:
            found.append(Problem(place, said.message, said.values))
    return found


def _granted(workspace: Workspace, grants: Sequence[Grant]) -> list[Problem]:
    names = workspace.names
    found = [] if grants else [Problem("role", "say what they are: a role is missing")]
    for grant in grants:
        found += known("resolution", grant.resolutions, names.resolution)
        found += known("unit", grant.units, names.unit)
        found += known("owner", grant.owners, names.owner)
    return found
