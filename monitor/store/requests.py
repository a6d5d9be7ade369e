"""Requests for explanation in the store, and their answers: appended, never changed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, select

from monitor.model.request import Answer, Request
from monitor.store.tables import answer, request

# What stands in the table under the same name: all but the number and the answers.
_KEPT = Request.__slots__[1:-1]


def requests(connection: Connection, resolution: str | None = None, until: date = date.max) -> list[Request]:
    """Those of a resolution, or of all, in the order in which they were asked, as they were known on a day."""
    asked = select(request).where(request.c.asked <= until).order_by(request.c.id)
    if resolution is not None:
        asked = asked.where(request.c.resolution == resolution)
    given: dict[int, list[Answer]] = {}
    columns = [answer.c[name] for name in Answer.__slots__]
    for number, *values in connection.execute(
        select(answer.c.request, *columns).where(answer.c.day <= until).order_by(answer.c.id)
    ):
        of = Answer(*values)
        given.setdefault(number, []).append(Answer(of.who, of.day, tuple(of.causes), *values[3:]))
    return [
        Request(number=row.id, answers=tuple(given.get(row.id, ())), **{name: getattr(row, name) for name in _KEPT})
        for row in connection.execute(asked)
    ]


def ask(connection: Connection, asked: Request, now: datetime) -> int:
    """Keep a request (its number is given here); the number."""
    values = {name: getattr(asked, name) for name in _KEPT}
    number: int = connection.execute(
        request.insert().values({**values, "recorded": now}).returning(request.c.id)
    ).scalar_one()
    return number


def give(connection: Connection, number: int, given: Answer, now: datetime) -> None:
    """Keep an answer."""
    values = {name: getattr(given, name) for name in Answer.__slots__}
    connection.execute(
        answer.insert().values({**values, "causes": list(given.causes), "request": number, "recorded": now})
    )


def note_escalated(connection: Connection, number: int, day: date) -> bool:
    """Write down that the lateness of a request was told of; false when it had been."""
    untold = (request.c.id == number) & request.c.escalated.is_(None)
    return connection.execute(request.update().where(untold).values(escalated=day)).rowcount == 1
