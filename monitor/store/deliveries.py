"""Digests delivered: one row each, so that none goes twice."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, func, select

from monitor.store.tables import delivery


def delivered(connection: Connection, resolution: str, route: str, as_of: date, channel: str) -> bool:
    """Whether the route's digest of that day went out by the channel."""
    c = delivery.c
    query = select(c.route).where(c.resolution == resolution, c.route == route, c.as_of == as_of, c.channel == channel)
    return connection.execute(query).first() is not None


def previous(connection: Connection, resolution: str, route: str, as_of: date) -> date | None:
    """The day of the route's last digest before `as_of`."""
    c = delivery.c
    query = select(func.max(c.as_of)).where(c.resolution == resolution, c.route == route, c.as_of < as_of)
    found: date | None = connection.execute(query).scalar()
    return found


def note_delivery(
    connection: Connection, resolution: str, route: str, as_of: date, channel: str, message_id: str, now: datetime
) -> None:
    """Keep that it went out; once is enough."""
    if delivered(connection, resolution, route, as_of, channel):
        return
    row = {"resolution": resolution, "route": route, "as_of": as_of}
    row |= {"channel": channel, "message_id": message_id, "delivered": now}
    connection.execute(delivery.insert(), row)
