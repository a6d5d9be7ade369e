"""Silences in the store: added, and ended early, never removed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, select

from monitor.model.silence import Silence
from monitor.store.tables import silence


def silences(connection: Connection) -> list[Silence]:
    """All there ever were, in the order they were made."""
    c = silence.c
    columns = (c.id, c.author, c.reason, c.matchers, c.starts, c.ends, c.ended_by)
    return [Silence(**row._asdict()) for row in connection.execute(select(*columns).order_by(c.id))]


def add(connection: Connection, made: Silence, now: datetime) -> int:
    """Keep a silence (its id is given here); the id."""
    values = {"author": made.author, "reason": made.reason, "matchers": made.matchers, "recorded": now}
    values |= {"starts": made.starts, "ends": made.ends, "ended_by": ""}
    key: int = connection.execute(silence.insert().values(values).returning(silence.c.id)).scalar_one()
    return key


def end(connection: Connection, key: int, by: str, last: date) -> bool:
    """Cut a silence short, so that `last` is its last day; false when it had ended by then."""
    running = (silence.c.id == key) & (silence.c.ends > last)
    return connection.execute(silence.update().where(running).values(ends=last, ended_by=by)).rowcount == 1
