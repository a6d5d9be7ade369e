"""What the store knows to be wrong with the monitor itself, as conditions for alerts.upkeep."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from monitor.alerts.upkeep import Condition
from monitor.language import LANGUAGES, Language
from monitor.model.letter import DeliveryState
from monitor.store.jobs import recalled, spoken
from monitor.store.tables import delivery, feed_reading, job, letter, quarantine, workspace_version


def conditions(connection: Connection, feeds: Sequence[str]) -> list[Condition]:
    """All of them, in a fixed order. `feeds`: those that are declared; what others left behind concerns nobody."""
    return [
        *_unreadable(connection, feeds),
        *_unusable(connection, feeds),
        *_undelivered(connection),
        *_refused(connection),
        *_failed(connection),
    ]


def _unreadable(connection: Connection, feeds: Sequence[str]) -> list[Condition]:
    c = feed_reading.c
    found = connection.execute(select(c.feed, c.problems).where(c.feed.in_(feeds)).order_by(c.feed)).all()
    return [_told("feed-unreadable", row.feed, row.problems) for row in found if row.problems]


def _unusable(connection: Connection, feeds: Sequence[str]) -> list[Condition]:
    c = quarantine.c
    count = func.count().over(partition_by=c.feed).label("count")
    first = func.row_number().over(partition_by=c.feed, order_by=c.id).label("place")
    cells = select(c.feed, c.file, c.sheet, c.cell, c.reason, c["values"], count, first)
    rows = cells.where(c.current == 1, c.feed.in_(feeds)).subquery()
    found = []
    for row in connection.execute(select(rows).where(rows.c.place == 1).order_by(rows.c.feed)).mappings():
        place = f"{row['file']}!{row['sheet']}!{row['cell']}" if row["sheet"] else f"{row['file']}:{row['cell']}"
        problem = {"place": place, "message": row["reason"], "values": json.loads(row["values"])}
        found.append(_told("figures-unusable", row["feed"], [problem] * row["count"]))
    return found


def _undelivered(connection: Connection) -> list[Condition]:
    d, c = delivery.c, letter.c
    query = select(d.recipient, d.attempts, d.error, c.route).join(letter, c.id == d.letter)
    found = {}
    for row in connection.execute(query.where(d.state == DeliveryState.DEAD).order_by(d.id)):
        values = {"count": row.attempts, "reason": row.error}
        subject = f"{row.recipient} ({row.route})"
        found[subject] = Condition("letter-undelivered", subject, dict.fromkeys(LANGUAGES, values))
    return list(found.values())


def _refused(connection: Connection) -> list[Condition]:
    c = workspace_version.c
    problems = connection.execute(select(c.problems).order_by(c.id.desc()).limit(1)).scalar()
    return [_told("edit-refused", "workspace", problems)] if problems else []


def _failed(connection: Connection) -> list[Condition]:
    c = job.c
    found = connection.execute(select(c.id, c.detail).where(c.outcome == "failed").order_by(c.id))
    return [
        Condition(
            "job-failed",
            row.id,
            {code: {"reason": spoken(recalled(row.detail), Language(code))} for code in LANGUAGES},
        )
        for row in found
    ]


def _told(rule: str, subject: str, problems: list[Mapping[str, Any]]) -> Condition:
    """A condition that speaks of the first of several problems (place, message, values), in every language."""
    first = problems[0]
    values = {
        code: {
            "count": len(problems),
            "place": first["place"],
            "reason": Language(code).say(first["message"], **first["values"]),
        }
        for code in LANGUAGES
    }
    return Condition(rule, subject, values)
