"""The last run of every job, so that what was due while nobody served is done once when somebody does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, select

from monitor.store.tables import job


class Outcome(StrEnum):
    """How a run ended; `running`: it has not, or died."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Run:
    """A job's last run. `planned`: when it was due; `detail`: what it did, or why it failed."""

    id: str
    planned: datetime
    started: datetime
    finished: datetime | None
    outcome: Outcome
    detail: str


def runs(connection: Connection) -> dict[str, Run]:
    """Job -> its last run."""
    found = connection.execute(select(job).order_by(job.c.id))
    return {row.id: Run(**row._asdict() | {"outcome": Outcome(row.outcome)}) for row in found}


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


def finish(connection: Connection, name: str, outcome: Outcome, detail: str, now: datetime) -> None:
    """How the run ended."""
    values = {"finished": now, "outcome": outcome.value, "detail": detail}
    connection.execute(job.update().where(job.c.id == name).values(values))


def forget(connection: Connection, keep: Iterable[str]) -> None:
    """Drop the jobs that are no longer declared."""
    connection.execute(job.delete().where(job.c.id.not_in(list(keep))))
