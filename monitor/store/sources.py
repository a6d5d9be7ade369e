"""What remote sources said of their content when it was last taken over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from monitor.store.tables import source_state


def tag(connection: Connection, feed: str, meaning: str) -> str:
    """What the feed's source said of itself, if it was read then as it would be now (`meaning`); else empty."""
    c = source_state.c
    found = connection.execute(select(c.tag).where(c.feed == feed, c.declared == meaning)).scalar()
    return found or ""


def note(connection: Connection, feed: str, meaning: str, tag: str, now: datetime) -> None:
    """Keep what it says now; nothing, for a source that says nothing."""
    connection.execute(source_state.delete().where(source_state.c.feed == feed))
    if tag:
        values = {"feed": feed, "declared": meaning, "tag": tag, "taken": now}
        connection.execute(source_state.insert().values(values))
