"""What people did, in the store: appended, never changed (the database itself refuses)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from monitor.model.act import Act, Actor, Deed, Door
from monitor.store.tables import act


def add(
    connection: Connection,
    deed: Deed,
    actor: Actor,
    subject: str,
    as_of: date,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> int:
    """Keep what was done, in the transaction of what it did; its number."""
    values: dict[str, Any] = {
        "deed": deed.value,
        "who": actor.who,
        "door": actor.door.value,
        "why": actor.why,
        "subject": subject,
    }
    values |= {"as_of": as_of, "recorded": now, "details": dict(details or {})}
    number: int = connection.execute(act.insert().values(values).returning(act.c.id)).scalar_one()
    return number


def acts(connection: Connection, deed: Deed | None = None, subject: str | None = None) -> list[Act]:
    """What was done, in order: everything, or one kind of it, or to one subject."""
    query = select(act).order_by(act.c.id)
    if deed is not None:
        query = query.where(act.c.deed == deed.value)
    if subject is not None:
        query = query.where(act.c.subject == subject)
    return [_act(row) for row in connection.execute(query)]


def last(connection: Connection, deed: Deed, subject: str) -> Act | None:
    """What of that kind was last done to a subject."""
    query = select(act).where(act.c.deed == deed.value, act.c.subject == subject).order_by(act.c.id.desc()).limit(1)
    row = connection.execute(query).first()
    return _act(row) if row is not None else None


def _act(row: Row[Any]) -> Act:
    actor = Actor(row.who, Door(row.door), row.why)
    return Act(row.id, Deed(row.deed), actor, row.subject, row.as_of, row.recorded, row.details)
