"""The outbox: letters, and one delivery a letter and recipient, from queued to delivered or dead.

A letter is posted in the transaction of what it tells of. Whoever delivers claims a row by one conditional update and looks
whether it changed, so any number of senders are safe; a claim that is not settled in time lapses, and the row is owed again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select

from monitor.model.letter import FILES, Attachment, Delivery, DeliveryState, Kind, Letter, PreviousDigest, Stamp
from monitor.store.tables import attachment, delivery, letter

# Longer than a mail server may take over one mail (see channels.smtp), shorter than people wait for it.
CLAIM = timedelta(minutes=15)


def previous(connection: Connection, resolution: str, route: str, as_of: date) -> PreviousDigest | None:
    """The route's last digest before `as_of` that was posted to people; those written as files count only while none ever was."""
    c, d = letter.c, delivery.c
    digests = (c.resolution == resolution) & (c.route == route) & (c.kind == Kind.DIGEST)
    sent = select(d.id).where(d.letter == c.id, d.recipient != FILES).exists()
    ever = connection.execute(select(c.id).where(digests, sent).limit(1)).first() is not None
    query = select(c.as_of, c.last_event).where(digests, c.as_of < as_of).order_by(c.as_of.desc(), c.id.desc()).limit(1)
    row = connection.execute(query.where(sent) if ever else query).first()
    return PreviousDigest(row.as_of, row.last_event or 0) if row is not None else None


def posted(connection: Connection, stamp: Stamp) -> int | None:
    """The number under which the letter of that stamp is kept, or None."""
    found: int | None = connection.execute(select(letter.c.id).where(_is(stamp))).scalar()
    return found


def of_day(connection: Connection, stamp: Stamp) -> list[tuple[int, Stamp, tuple[str, ...], bool]]:
    """The letters of the stamp's route, kind and day: (key, stamp, alerts told, whether none of it has gone out yet)."""
    c, d = letter.c, delivery.c
    waits = ~select(d.id).where(d.letter == c.id, or_(d.attempts > 0, d.state != DeliveryState.QUEUED)).exists()
    query = select(letter, waits.label("waits")).where(
        c.resolution == stamp.resolution, c.route == stamp.route, c.kind == stamp.kind, c.as_of == stamp.as_of
    )
    rows = connection.execute(query.order_by(c.number))
    return [(row.id, _stamp(row), tuple(row.told), bool(row.waits)) for row in rows]


def post(
    connection: Connection,
    stamp: Stamp,
    written: Letter,
    told: Iterable[str],
    recipients: Iterable[str],
    due: datetime,
    now: datetime,
    last_event: int | None = None,
) -> None:
    """Put a letter into the outbox. One that is there gets the recipients that it lacks; nobody is sent other words than
    another, but what was only written as files may have newer figures. `last_event`: up to which event a digest tells.
    """
    key = posted(connection, stamp)
    have = set(connection.execute(select(delivery.c.recipient).where(delivery.c.letter == key)).scalars())
    if key is not None and have == {FILES}:
        rewrite(connection, key, written, told, last_event)
    elif key is None:
        values: dict[str, Any] = {"resolution": stamp.resolution, "route": stamp.route, "kind": stamp.kind.value}
        values |= {"as_of": stamp.as_of, "number": stamp.number, "composed": now}
        statement = letter.insert().values(values | _content(written, told, last_event)).returning(letter.c.id)
        key = connection.execute(statement).scalar_one()
        _attach(connection, key, written)
    rows = [
        {"letter": key, "recipient": name, "message_id": stamp.message_id(name), "state": DeliveryState.QUEUED.value}
        | {"attempts": 0, "due": due, "confirmed": [], "error": ""}
        for name in dict.fromkeys(recipients)
        if name not in have
    ]
    if rows:
        connection.execute(delivery.insert(), rows)


def rewrite(
    connection: Connection, key: int, written: Letter, told: Iterable[str], last_event: int | None = None
) -> None:
    """Other words for a letter that has not gone out."""
    connection.execute(letter.update().where(letter.c.id == key).values(_content(written, told, last_event)))
    connection.execute(attachment.delete().where(attachment.c.letter == key))
    _attach(connection, key, written)


def note_delivered(connection: Connection, stamp: Stamp, recipient: str, now: datetime) -> None:
    """A letter that was handed over on the spot (as a file)."""
    keys = (delivery.c.letter == posted(connection, stamp)) & (delivery.c.recipient == recipient)
    connection.execute(delivery.update().where(keys).values(state=DeliveryState.DELIVERED, attempts=1, delivered=now))


def due(connection: Connection, now: datetime) -> list[int]:
    """The deliveries that may be attempted now, the oldest first."""
    d = delivery.c
    return list(connection.execute(select(d.id).where(_open_at(now)).order_by(d.due, d.id)).scalars())


def next_due(connection: Connection) -> datetime | None:
    """When the next attempt is due, if any is owed."""
    d = delivery.c
    queued = select(func.min(d.due)).where(d.state == DeliveryState.QUEUED)
    lapsing = select(func.min(d.claimed)).where(d.state == DeliveryState.SENDING)
    found = [connection.execute(query).scalar() for query in (queued, lapsing)]
    return min((moment for moment in found if moment is not None), default=None)


def claim(connection: Connection, key: int, now: datetime) -> str | None:
    """Take a delivery for oneself: the token to settle it with, or None when somebody else has it, or it is done."""
    token = secrets.token_hex(16)
    values = {"state": DeliveryState.SENDING, "claimed": now + CLAIM, "token": token}
    statement = delivery.update().where(delivery.c.id == key, _open_at(now))
    taken = connection.execute(statement.values(**values, attempts=delivery.c.attempts + 1)).rowcount == 1
    return token if taken else None


def settle(
    connection: Connection,
    key: int,
    token: str,
    state: DeliveryState,
    confirmed: Iterable[str],
    error: str,
    due_again: datetime,
    now: datetime,
    *,
    counts: bool = True,
) -> bool:
    """Write down how the attempt ended for which `claim` gave the token; unless it `counts`, as if it had not been made.

    False, and nothing is changed, when the claim has lapsed and somebody else has taken the delivery since.
    """
    values: dict[str, Any] = {"state": state, "claimed": None, "token": None, "confirmed": sorted(confirmed)}
    values |= {"error": error, "due": due_again, "delivered": now if state is DeliveryState.DELIVERED else None}
    if not counts:
        values["attempts"] = delivery.c.attempts - 1
    mine = (delivery.c.id == key) & (delivery.c.token == token)
    return connection.execute(delivery.update().where(mine).values(values)).rowcount == 1


def hasten(connection: Connection, keys: Iterable[int], now: datetime) -> None:
    """Let queued deliveries be attempted now, however long they were to wait."""
    waiting = delivery.c.id.in_(list(keys)) & (delivery.c.state == DeliveryState.QUEUED)
    connection.execute(delivery.update().where(waiting).values(due=now))


def requeue(connection: Connection, key: int, now: datetime) -> bool:
    """Set a dead delivery going again; false when it is not dead."""
    is_dead = (delivery.c.id == key) & (delivery.c.state == DeliveryState.DEAD)
    values = {"state": DeliveryState.QUEUED, "attempts": 0, "due": now}
    return connection.execute(delivery.update().where(is_dead).values(values)).rowcount == 1


def deliveries(connection: Connection, state: DeliveryState | None = None) -> list[Delivery]:
    """All deliveries, or those of a state; the latest letter first."""
    query = _joined().order_by(letter.c.composed.desc(), delivery.c.id)
    if state is not None:
        query = query.where(delivery.c.state == state)
    return [_delivery(row) for row in connection.execute(query)]


def by_state(connection: Connection) -> dict[str, int]:
    """State -> how many deliveries are in it."""
    query = select(delivery.c.state, func.count()).group_by(delivery.c.state)
    found: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
    return {state.value: found.get(state.value, 0) for state in DeliveryState}


def opened(connection: Connection, key: int) -> tuple[Delivery, Letter]:
    """A delivery and the letter that it carries."""
    row = connection.execute(_joined().add_columns(letter.c.text, letter.c.html).where(delivery.c.id == key)).one()
    c = attachment.c
    found = connection.execute(select(attachment).where(c.letter == row.letter).order_by(c.name))
    attached = tuple(Attachment(a.name, a.media, a.content, bool(a.inline)) for a in found)
    return _delivery(row), Letter(row.subject, row.html, row.text, attached)


def telling(connection: Connection, resolution: str, names: Set[str], until: date) -> list[Stamp]:
    """The letters, until a day, that tell of any of those alerts, in order."""
    c = letter.c
    query = select(c.resolution, c.route, c.kind, c.as_of, c.number, c.told).where(
        c.resolution == resolution, c.as_of <= until
    )
    return [_stamp(row) for row in connection.execute(query.order_by(c.id)) if not names.isdisjoint(row.told)]


def told(connection: Connection, key: int) -> tuple[str, ...]:
    """The alerts that a letter tells of; none, where there is no such letter."""
    return tuple(connection.execute(select(letter.c.told).where(letter.c.id == key)).scalar() or ())


@dataclass(frozen=True, slots=True)
class Written:
    """A letter to a route about its targets, as it was written."""

    id: int
    stamp: Stamp
    composed: datetime
    subject: str
    text: str


def written(connection: Connection, key: int | None = None) -> list[Written]:
    """The digests and urgent letters, the latest first; or the one of that number."""
    c = letter.c
    query = select(letter).where(c.kind.in_([Kind.DIGEST.value, Kind.URGENT.value]))
    if key is not None:
        query = query.where(c.id == key)
    rows = connection.execute(query.order_by(c.as_of.desc(), c.id.desc()))
    return [Written(row.id, _stamp(row), row.composed, row.subject, row.text) for row in rows]


def _is(stamp: Stamp) -> Any:
    c = letter.c
    return and_(
        c.resolution == stamp.resolution,
        c.route == stamp.route,
        c.kind == stamp.kind,
        c.as_of == stamp.as_of,
        c.number == stamp.number,
    )


def _open_at(now: datetime) -> Any:
    d = delivery.c
    return or_(
        and_(d.state == DeliveryState.QUEUED, d.due <= now), and_(d.state == DeliveryState.SENDING, d.claimed <= now)
    )


def _content(written: Letter, told: Iterable[str], last_event: int | None) -> dict[str, Any]:
    words = {"subject": written.subject, "text": written.text, "html": written.html}
    return {**words, "told": sorted(told), "last_event": last_event}


def _attach(connection: Connection, key: int, written: Letter) -> None:
    rows = [
        {"letter": key, "name": a.name, "media": a.media, "inline": int(a.inline), "content": a.content}
        for a in written.attachments
    ]
    if rows:
        connection.execute(attachment.insert(), rows)


def _joined() -> Any:
    c = letter.c
    about = (c.resolution, c.route, c.kind, c.as_of, c.number, c.composed, c.subject)
    return select(delivery, *about).join(letter, letter.c.id == delivery.c.letter)


def _stamp(row: Any) -> Stamp:
    return Stamp(row.resolution, row.route, Kind(row.kind), row.as_of, row.number)


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        stamp=_stamp(row),
        recipient=row.recipient,
        message_id=row.message_id,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        due=row.due,
        composed=row.composed,
        confirmed=tuple(row.confirmed),
        error=row.error,
        delivered=row.delivered,
        subject=row.subject,
    )
