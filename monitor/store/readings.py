"""How the last reading of each feed went, and which of its figures are of no use, as the store has them."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from monitor.model.problem import Problem
from monitor.store.tables import feed_reading, quarantine


@dataclass(frozen=True, slots=True)
class FeedReading:
    """A feed's last reading. `figures`: how many it had; `early`: of those, how many count only from a later day on; `problems`:
    files and sheets that could not be read.
    """

    feed: str
    read: datetime
    figures: int
    quarantined: int
    early: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Unusable:
    """A figure that the last reading could not use. `number`: its place among all; `found`: what stands in the cell."""

    number: int
    feed: str
    file: str
    sheet: str
    cell: str
    found: str
    problem: Problem
    recorded: datetime


def readings(connection: Connection) -> dict[str, FeedReading]:
    """Feed -> its last reading."""
    return {
        row.feed: FeedReading(
            row.feed, row.read, row.figures, row.quarantined, row.early, tuple(map(_problem, row.problems))
        )
        for row in connection.execute(select(feed_reading))
    }


def unusable(connection: Connection, feeds: Sequence[str], numbers: Collection[int] | None = None) -> list[Unusable]:
    """The figures of those feeds that are of no use now, or those of them that are asked for, in the order of their coming."""
    c = quarantine.c
    query = select(quarantine).where(c.current == 1, c.feed.in_(feeds)).order_by(c.feed, c.id)
    if numbers is not None:
        query = query.where(c.id.in_(numbers))
    return [_unusable(row) for row in connection.execute(query).mappings()]


def dismiss(connection: Connection, numbers: Collection[int]) -> None:
    """Those figures are looked for no more; a reading that finds them again brings them back."""
    connection.execute(quarantine.update().where(quarantine.c.id.in_(numbers)).values(current=0))


def _unusable(row: Any) -> Unusable:
    file, sheet, cell, values = row["file"], row["sheet"], row["cell"], json.loads(row["values"])
    if sheet:
        problem = Problem(file, row["reason"], values, cell=f"{sheet}!{cell}")
    else:
        line, column = (int(n) for n in cell.split(":"))
        problem = Problem(file, row["reason"], values, line, column)
    return Unusable(row["id"], row["feed"], file, sheet, cell, row["found"], problem, row["recorded"])


def _problem(said: dict[str, Any]) -> Problem:
    """A problem as the store keeps it: its place in words."""
    return Problem(said["place"], said["message"], said["values"])
