"""Accounts and keys in the store."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from monitor.model.person import Grant, Person, Role
from monitor.store.tables import key, person

_HOLDER = (
    select(key, person)
    .join(person, person.c.login == key.c.login)
    .where(key.c.hash == bindparam("hash"), key.c.opens == bindparam("opens"), key.c.expires > bindparam("now"))
)


@dataclass(frozen=True, slots=True)
class Key:
    """What opens a door. `opens`: session, token or link; see the table."""

    hash: str
    opens: str
    login: str
    subject: str
    csrf: str
    made: datetime
    expires: datetime
    used: datetime | None


def hashed(secret: str) -> str:
    """What is kept of a secret. It is long and random, so that a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def people(connection: Connection) -> dict[str, Person]:
    """Login -> person, removed ones too."""
    return {row.login: _person(*row) for row in connection.execute(select(person).order_by(person.c.login))}


def found(connection: Connection, login: str) -> Person | None:
    """The person of that login."""
    row = connection.execute(select(person).where(person.c.login == login)).first()
    return _person(*row) if row is not None else None


def keep(connection: Connection, kept: Person) -> None:
    """Write a person down, new or changed."""
    values = asdict(kept) | {"active": int(kept.active), "grants": [_plain(grant) for grant in kept.grants]}
    del values["login"]
    if connection.execute(person.update().where(person.c.login == kept.login).values(values)).rowcount == 0:
        connection.execute(person.insert().values(login=kept.login, **values))


def cut(connection: Connection, secret: str, made: Key) -> None:
    """Keep a key by the hash of its secret."""
    connection.execute(key.insert().values(asdict(made) | {"hash": hashed(secret)}))


def holder(connection: Connection, secret: str, opens: str, now: datetime) -> tuple[Key, Person] | None:
    """The key of that secret, while it holds, and the person who has it: asked at every page, so in one statement made once."""
    asked = {"hash": hashed(secret), "opens": opens, "now": now}
    row = connection.execute(_HOLDER, asked).first()
    if row is None:
        return None
    return Key(*row[: len(key.columns)]), _person(*row[len(key.columns) :])


def fitting(connection: Connection, secret: str, opens: str, now: datetime) -> Key | None:
    """The key of that secret, while it holds."""
    c = key.c
    held = (c.hash == hashed(secret)) & (c.opens == opens) & (c.expires > now)
    row = connection.execute(select(key).where(held)).first()
    return Key(**row._asdict()) if row is not None else None


def use(connection: Connection, secret: str, now: datetime) -> bool:
    """Note that a link was acted by; false when it had been."""
    fresh = (key.c.hash == hashed(secret)) & key.c.used.is_(None)
    return connection.execute(key.update().where(fresh).values(used=now)).rowcount == 1


def drop(connection: Connection, *, secret: str = "", login: str = "", before: datetime | None = None) -> None:
    """Take away a key, or all of a person, or those that held until a moment."""
    if secret:
        connection.execute(key.delete().where(key.c.hash == hashed(secret)))
    if login:
        connection.execute(key.delete().where(key.c.login == login, key.c.opens != "link"))
    if before is not None:
        connection.execute(key.delete().where(key.c.expires < before))


def _plain(grant: Grant) -> dict[str, Any]:
    return {"role": grant.role.value} | {n: list(getattr(grant, n)) for n in ("resolutions", "units", "owners")}


def _person(
    login: str,
    name: str,
    password: str,
    grants: list[dict[str, Any]],
    active: int,
    failures: int,
    locked: datetime | None,
) -> Person:
    held = tuple(
        Grant(Role(given["role"]), *(tuple(given[n]) for n in ("resolutions", "units", "owners"))) for given in grants
    )
    return Person(login, name, password, held, bool(active), failures, locked)
