"""Assessment on all the cores that this process may use (monitor.beside): parts of the targets in processes of its own, each of
which reads its part of the figures itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from sqlalchemy import URL, Connection, Engine

from monitor import beside
from monitor.reassessment import stored_parts
from monitor.rules.load import Declared
from monitor.standing.known import Part
from monitor.store.database import open_database
from monitor.workspace import Workspace

# Of fewer series than that a process costs more than it saves where a server begins it, which takes seconds. A fork costs nothing
# that one of the usual parts would not earn.
SERVED = 40_000


class Cores:
    """The cores of this machine: so many, or as many as the process may use. They need a database that others can open too."""

    def __init__(self, most: int | None = None) -> None:
        self._most = most or beside.usable()

    def prepare(self, workspace: Workspace, engine: Engine, as_of: date) -> None:
        """They are this process: they have what it has."""

    def fewest(self, engine: Engine, series: int) -> int:
        """The usual parts will do."""
        enough = self._most > 1 and (beside.begun_by() == beside.FORK or series >= SERVED)
        return int(enough and _shared(engine))

    def parts(
        self,
        workspace: Workspace,
        connection: Connection,
        declared: Declared,
        as_of: date,
        asked: Sequence[frozenset[str]],
    ) -> list[Part]:
        """Of what is asked the next to whoever is free.

        The connection is to have begun to read: while it does, SQLite's write-ahead log stays as those who were forked from
        here, and have its locks only in memory, find it.
        """
        order = _Order(workspace, connection.engine.url, declared.resolution.id, as_of)
        # A workspace goes to another process as its files.
        width = self._most if beside.begun_by() == beside.FORK or workspace.files else 1
        own = partial(stored_parts, workspace, connection, declared, as_of)
        return beside.shared_out(asked, width, own, partial(assessed_beside, order))


def _shared(engine: Engine) -> bool:
    """Whether another process finds the same database."""
    database = engine.url.database or ""
    return engine.dialect.name != "sqlite" or (database != "" and ":memory:" not in database)


@dataclass(frozen=True)
class _Order:
    """What all parts of an assessment have in common."""

    workspace: Workspace
    url: URL
    resolution: str
    as_of: date


def assessed_beside(order: _Order, asked: Iterable[frozenset[str]]) -> Iterator[Part]:
    """What each part gives, in a process of its own."""
    engine = open_database(order.url)
    try:
        with engine.connect() as connection:
            declared = order.workspace.resolution(order.resolution)
            yield from stored_parts(order.workspace, connection, declared, order.as_of, asked)
    finally:
        engine.dispose()
