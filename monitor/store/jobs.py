"""The last run of every job, so that what was due while nobody served is done once when somebody does."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, select

from monitor.language import Language
from monitor.store.tables import job


class Outcome(StrEnum):
    """How a run ended; `running`: it has not, or died."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Did:
    """One thing that a job did: an English source string of the catalogue, and what fills it."""

    message: str
    values: dict[str, Any] = field(default_factory=dict)


def spoken(did: Iterable[Did], language: Language) -> str:
    """What a job did, in a reader's language."""
    return "; ".join(language.say(each.message, **each.values) for each in did)


@dataclass(frozen=True, slots=True)
class Run:
    """A job's last run. `planned`: when it was due; `did`: what it did, or why it failed."""

    id: str
    planned: datetime
    started: datetime
    finished: datetime | None
    outcome: Outcome
    did: tuple[Did, ...]


def runs(connection: Connection) -> dict[str, Run]:
    """Job -> its last run."""
    found = connection.execute(select(job).order_by(job.c.id))
    return {
        row.id: Run(row.id, row.planned, row.started, row.finished, Outcome(row.outcome), recalled(row.detail))
        for row in found
    }


def recalled(detail: str) -> tuple[Did, ...]:
    """What a job did, from the column that keeps it."""
    return tuple(Did(message, values) for message, values in json.loads(detail or "[]"))


def begin(connection: Connection, name: str, planned: datetime, now: datetime, *, once: bool) -> bool:
    """Take the run that was due at `planned`; false when it (if `once`), or a later one, has been done.

    Only whoever leads calls this (see service.leadership), so a run that is still `running` died, and is taken again.
    """
    values = {"planned": planned, "started": now, "finished": None, "outcome": Outcome.RUNNING.value, "detail": ""}
    c = job.c
    again = c.outcome != Outcome.DONE if once else True
    due = (c.planned < planned) | ((c.planned == planned) & again)
    if connection.execute(job.update().where(c.id == name, due).values(values)).rowcount:
        return True
    if connection.execute(select(c.id).where(c.id == name)).first() is not None:
        return False
    connection.execute(job.insert().values(values | {"id": name}))
    return True


def finish(connection: Connection, name: str, outcome: Outcome, did: Iterable[Did], now: datetime) -> None:
    """How the run ended."""
    kept = json.dumps([[each.message, each.values] for each in did], ensure_ascii=False)
    values = {"finished": now, "outcome": outcome.value, "detail": kept}
    connection.execute(job.update().where(job.c.id == name).values(values))


def forget(connection: Connection, keep: Iterable[str]) -> None:
    """Drop the jobs that are no longer declared."""
    connection.execute(job.delete().where(job.c.id.not_in(list(keep))))
