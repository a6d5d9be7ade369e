"""Backup and restore: the whole database as one SQLite file, whatever kind it is itself, and back.

A backup is taken in one transaction while others go on working, and compared row by row with what was read. It restores into an
empty database of either kind, so it also moves one from SQLite to PostgreSQL.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from monitor.model.problem import Problem, Problems
from monitor.store.database import REVISIONS, of_file, open_database, writing
from monitor.store.tables import metadata

_ROWS = 5000
# The table of a backup that says by what it is known to be as it was written.
_SEAL = "backup"


def backup(engine: Engine, file: Path) -> dict[str, int]:
    """Write everything into a new file; table -> rows. Raises Problems when the file is there already, cannot be written, or is
    not what was read.
    """
    if file.exists():
        raise Problems([Problem(str(file), "the file is there already: a backup never overwrites another")])
    partial = file.with_name(f".{file.name}.partial")
    parts = [partial.with_name(partial.name + end) for end in ("", "-wal", "-shm", "-journal")]
    try:
        for part in parts:
            part.unlink(missing_ok=True)
        counts = _written(engine, file, partial)
        partial.replace(file)
    except (OSError, sqlite3.Error, DBAPIError) as error:
        if isinstance(error, DBAPIError) and not isinstance(error.orig, sqlite3.Error):
            raise
        reason = str(getattr(error, "orig", None) or error)
        raise Problems([Problem(str(file), "the backup cannot be written: {reason}", {"reason": reason})]) from error
    finally:
        # What is left of a failed one would keep the disk full; one that cannot be written to has nothing.
        for part in parts:
            with suppress(OSError):
                part.unlink(missing_ok=True)
    return counts


def _written(engine: Engine, file: Path, partial: Path) -> dict[str, int]:
    """See backup."""
    message = "the backup cannot be written: {reason}"
    target = _opened(partial, file, message)
    try:
        with engine.connect().execution_options(**_snapshot(engine)) as source, writing(target) as into:
            counts, read = _copy(source, into)
        with target.connect() as written:
            intact = written.execute(text("PRAGMA integrity_check")).scalar() == "ok"
            if not intact or _digests(written) != read:
                raise Problems([Problem(str(file), "the backup is not what was read: is the disk full, or failing?")])
    finally:
        target.dispose()
    with closing(sqlite3.connect(partial)) as whole, whole:
        whole.execute(f"CREATE TABLE {_SEAL} (sum TEXT NOT NULL)")
        whole.execute(f"INSERT INTO {_SEAL} VALUES (?)", (_sum(whole),))  # noqa: S608 - a constant
    # One file, without a write-ahead log beside it.
    with closing(sqlite3.connect(partial)) as whole:
        whole.execute("PRAGMA journal_mode = DELETE")
    return counts


def restore(engine: Engine, file: Path) -> dict[str, int]:
    """Fill an empty database from a backup; table -> rows. Raises Problems when it is not empty, or the file is no backup, one
    of a newer program, or damaged.
    """
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
                # Opened, any database would be made one of ours.
                if not _ours(into):
                    message = "this is not a backup of the monitor, or one of a newer version of it"
                    raise Problems([Problem(str(file), message)])
                if damage := _damage(file, into):
                    raise Problems([damage])
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                message = "there is no room for a copy of it in {folder}: name another in TMPDIR"
                raise Problems([Problem(str(file), message, {"folder": folder})]) from error
            raise Problems([Problem(str(file), "the file cannot be read: {reason}", {"reason": str(error)})]) from error
        return _restored(engine, file, copy)


def _ours(copy: sqlite3.Connection) -> bool:
    """Whether a database is one of this program, or of one before it."""
    if copy.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'").fetchone() is None:
        return False
    columns = [row[1] for row in copy.execute("PRAGMA table_info(alembic_version)")]
    versions = copy.execute("SELECT * FROM alembic_version").fetchall()
    return columns == ["version_num"] and len(versions) == 1 and str(versions[0][0]) in REVISIONS


def _damage(file: Path, copy: sqlite3.Connection) -> Problem | None:
    """What is wrong in a backup, if anything is."""
    found = copy.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        return _damaged(file, str(found).splitlines()[-1])
    # Those of older programs have none.
    if copy.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (_SEAL,)).fetchone() is not None:
        sealed = copy.execute(f"SELECT sum FROM {_SEAL}").fetchall()  # noqa: S608 - a constant
        if sealed != [(_sum(copy),)]:
            message = "the backup is damaged, and nothing is restored: its contents are not those that were written"
            return Problem(str(file), message)
    orphan = copy.execute("PRAGMA foreign_key_check").fetchone()
    if orphan is None:
        return None
    message = (
        "the backup is damaged, and nothing is restored: a row of {table} refers to one of {other} that is not there"
    )
    return Problem(str(file), message, {"table": orphan[0], "other": orphan[2]})


def _damaged(file: Path, reason: str) -> Problem:
    return Problem(str(file), "the backup is damaged, and nothing is restored: {reason}", {"reason": reason})


def _sum(whole: sqlite3.Connection) -> str:
    """Of all that a file of SQLite holds, as it stands there."""
    seen = hashlib.sha256()
    tables = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> ? ORDER BY name"
    )
    for (name,) in whole.execute(tables, (_SEAL,)).fetchall():
        seen.update(repr(name).encode())
        quoted = name.replace('"', '""')
        for row in whole.execute(f'SELECT * FROM "{quoted}" NOT INDEXED'):  # noqa: S608 - a name of the file's own
            seen.update(repr(row).encode())
    return seen.hexdigest()


def _restored(engine: Engine, file: Path, copy: Path) -> dict[str, int]:
    """See restore; by a copy of the file that may be changed."""
    message = "the file cannot be read: {reason}"
    source = _opened(copy, file, message)
    try:
        with source.connect() as saved, writing(engine) as into:
            if names := used_tables(into):
                message = "the database is not empty ({names}): restore into a new one"
                raise Problems([Problem("database", message, {"names": ", ".join(names)})])
            if lacking := _lacking(saved):
                message = "the backup is damaged, and nothing is restored: it has no {found}"
                raise Problems([Problem(str(file), message, {"found": lacking})])
            try:
                counts, read = _copy(saved, into)
            # What was written as JSON or a day, and is none.
            except (ValueError, TypeError) as error:
                raise Problems([_damaged(file, str(error))]) from error
            if _digests(into) != read:
                raise Problems([Problem("database", "what was written is not what was read: nothing is restored")])
            _renumber(into)
    finally:
        source.dispose()
    return counts


def _opened(part: Path, file: Path, message: str) -> Engine:
    """The database of a file of ours; what is wrong with it is told of the one that was named, in `message`."""
    try:
        return open_database(of_file(part))
    except Problems as told:
        reason = told.problems[0].values.get("reason", "")
        raise Problems([Problem(str(file), message, {"reason": reason})]) from told


def _lacking(saved: Connection) -> str:
    """A table or column that a backup should have and has not."""
    there, found = inspect(saved), set[str]()
    for table in metadata.sorted_tables:
        columns = {each["name"] for each in there.get_columns(table.name)} if there.has_table(table.name) else set()
        found |= {f"{table.name}.{column.name}" for column in table.columns if column.name not in columns}
    return min(found, default="")


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
