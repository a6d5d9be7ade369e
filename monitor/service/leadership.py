"""Of all instances that share a database, one leads: it alone runs jobs and delivers.

On PostgreSQL the leader holds an advisory lock on a connection of its own: when it dies, the server lets go of the
lock. On SQLite it holds a lock on a file beside the database, which the system lets go of.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

# Any constant that is not that of the writers (store.database) will do.
_LEADER = 43_2024
# How soon a server notices that a leader's machine is gone: after 10 seconds of silence, and two questions unanswered.
_KEEPALIVE = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=2"
ASK_EVERY = 5.0


class Leadership(Protocol):
    """A claim to lead."""

    def leads(self) -> bool:
        """Whether this instance leads now: it goes on leading, or begins to, when nobody else does."""

    def resign(self) -> None:
        """Let another lead."""


def leadership(engine: Engine) -> Leadership:
    """The kind that the database allows for."""
    if engine.dialect.name == "postgresql":
        return _Advisory(engine)
    return _Beside(Path(engine.url.database or "monitor.db"))


class _Advisory:
    def __init__(self, engine: Engine) -> None:
        options = {"options": _KEEPALIVE, "connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5}
        self._engine = create_engine(engine.url, poolclass=NullPool, connect_args=options, isolation_level="AUTOCOMMIT")
        self._connection: Connection | None = None
        self._holds = False

    def leads(self) -> bool:
        """As Leadership's."""
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            if self._holds:
                self._connection.execute(text("SELECT 1"))
            else:
                asked = self._connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LEADER})
                self._holds = bool(asked.scalar_one())
        except SQLAlchemyError:
            self.resign()
        return self._holds

    def resign(self) -> None:
        """As Leadership's."""
        connection, self._connection, self._holds = self._connection, None, False
        if connection is not None:
            connection.invalidate()
            connection.close()


class _Beside:
    def __init__(self, database: Path) -> None:
        self._lock = FileLock(database.with_name(f"{database.name}.leader"))

    def leads(self) -> bool:
        """As Leadership's."""
        if not self._lock.is_locked:
            try:
                self._lock.acquire(blocking=False)
            except Timeout:
                return False
        return True

    def resign(self) -> None:
        """As Leadership's."""
        self._lock.release()
