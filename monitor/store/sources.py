"""What sources said of their content, and what their files held, when it was last taken over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from monitor.store.tables import source_piece, source_state


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


def pieces(connection: Connection, feed: str, meaning: str) -> dict[str, str]:
    """Name -> hash of what was taken over from each of the feed's files, if it was read then as it would be now (`meaning`)."""
    c = source_piece.c
    found = connection.execute(select(c.name, c.digest).where(c.feed == feed, c.declared == meaning))
    return {row.name: row.digest for row in found}


def note_pieces(connection: Connection, feed: str, meaning: str, digests: Mapping[str, str]) -> None:
    """Keep the hashes of the feed's files: all that it has now."""
    connection.execute(source_piece.delete().where(source_piece.c.feed == feed))
    rows = [{"feed": feed, "name": name, "declared": meaning, "digest": digest} for name, digest in digests.items()]
    if rows:
        connection.execute(source_piece.insert(), rows)
