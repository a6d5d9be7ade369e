"""Backup and restore: the whole database as one SQLite file, whatever kind it is itself, and back.

A backup is taken in one transaction while others go on working, and compared row by row with what was read. It restores into an
empty database of either kind, so it also moves one from SQLite to PostgreSQL.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, select, text

from monitor.model.problem import Problem, Problems
from monitor.store.database import open_database, writing
from monitor.store.tables import metadata

_ROWS = 5000


def backup(engine: Engine, file: Path) -> dict[str, int]:
    """Write everything into a new file; table -> rows. Raises Problems when the file is there already, or is not what
    was read.
    """
    if file.exists():
        raise Problems([Problem(str(file), "the file is there already: a backup never overwrites another")])
    partial = file.with_name(f".{file.name}.partial")
    partial.unlink(missing_ok=True)
    target = open_database(f"sqlite:///{partial.resolve()}")
    with engine.connect().execution_options(**_snapshot(engine)) as source, writing(target) as into:
        counts, read = _copy(source, into)
    with target.connect() as written:
        intact = written.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        if not intact or _digests(written) != read:
            raise Problems([Problem(str(file), "the backup is not what was read: is the disk full, or failing?")])
    target.dispose()
    # One file, without a write-ahead log beside it.
    with closing(sqlite3.connect(partial)) as whole:
        whole.execute("PRAGMA journal_mode = DELETE")
    partial.replace(file)
    return counts


def restore(engine: Engine, file: Path) -> dict[str, int]:
    """Fill an empty database from a backup; table -> rows. Raises Problems when it is not empty, or the file is no backup."""
    if not file.is_file():
        raise Problems([Problem(str(file), "the file cannot be read: {reason}", {"reason": "No such file"})])
    with file.open("rb") as content:
        if content.read(15) != b"SQLite format 3":
            raise Problems([Problem(str(file), "this is not a backup of the monitor")])
    with TemporaryDirectory() as folder:
        # The backup itself stays as it is, for the program that wrote it too: a copy is brought to the newest schema.
        copy = Path(folder) / "copy.db"
        try:
            with (
                closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as saved,
                closing(sqlite3.connect(copy)) as into,
            ):
                saved.backup(into)
                ours = into.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        except sqlite3.Error as error:
            raise Problems([Problem(str(file), "the file cannot be read: {reason}", {"reason": str(error)})]) from error
        # Opened, any database would be made one of ours.
        if ours is None:
            raise Problems([Problem(str(file), "this is not a backup of the monitor")])
        return _restored(engine, copy)


def _restored(engine: Engine, copy: Path) -> dict[str, int]:
    """See restore; by a copy of the file that may be changed."""
    source = open_database(f"sqlite:///{copy}")
    with source.connect() as saved, writing(engine) as into:
        if names := used_tables(into):
            message = "the database is not empty ({names}): restore into a new one"
            raise Problems([Problem("database", message, {"names": ", ".join(names)})])
        counts, read = _copy(saved, into)
        if _digests(into) != read:
            raise Problems([Problem("database", "what was written is not what was read: nothing is restored")])
        _renumber(into)
    source.dispose()
    return counts


def used_tables(connection: Connection) -> list[str]:
    """The tables in which anything is stored."""
    return [t.name for t in metadata.sorted_tables if connection.execute(select(t).limit(1)).first() is not None]


def _snapshot(engine: Engine) -> dict[str, Any]:
    return {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}


def _copy(source: Connection, into: Connection) -> tuple[dict[str, int], dict[str, str]]:
    """Every table, in an order that keeps references whole; counts, and digests of what was read."""
    counts, digests = {}, {}
    for table in metadata.sorted_tables:
        seen, count = hashlib.sha256(), 0
        for rows in _rows(source, table):
            _add(seen, rows)
            into.execute(table.insert(), [dict(row) for row in rows])
            count += len(rows)
        counts[table.name], digests[table.name] = count, seen.hexdigest()
    return counts, digests


def _digests(connection: Connection) -> dict[str, str]:
    digests = {}
    for table in metadata.sorted_tables:
        seen = hashlib.sha256()
        for rows in _rows(connection, table):
            _add(seen, rows)
        digests[table.name] = seen.hexdigest()
    return digests


def _rows(connection: Connection, table: Table) -> Iterator[Sequence[Any]]:
    ordered = select(table).order_by(*table.primary_key.columns)
    yield from connection.execute(ordered).mappings().partitions(_ROWS)


def _add(seen: Any, rows: Sequence[Any]) -> None:
    for row in rows:
        seen.update(repr([row[name] for name in sorted(row)]).encode())


def _renumber(connection: Connection) -> None:
    """PostgreSQL's counters go on after the numbers that were given."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        key = list(table.primary_key.columns)
        if len(key) == 1 and key[0].type.python_type is int:
            last = select(func.max(key[0])).scalar_subquery()
            sequence = func.pg_get_serial_sequence(table.name, key[0].name)
            connection.execute(select(func.setval(sequence, func.coalesce(last, 1))))
