"""Opening the database: SQLite in the workspace by default, PostgreSQL by URL; brought to the newest schema on the way."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json, to_json
from sqlalchemy import URL, Connection, Engine, Insert, Table, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)

from monitor.model.problem import Problem, Problems
from monitor.model.sealed import Sealed

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

log = logging.getLogger(__name__)

# Any constant will do: writers of one PostgreSQL database take turns under it.
_WRITERS = 43_2023
_BUSY_SECONDS = 30
# The last of migrations/versions; a test holds the two together.
NEWEST = "0016"
REVISIONS = frozenset(f"{number:04}" for number in range(1, int(NEWEST) + 1))


def default_url(workspace: Path) -> URL:
    """The workspace's own SQLite file."""
    return of_file(workspace / "monitor.db")


def of_file(file: Path) -> URL:
    """An SQLite file, whatever its name: in a URL's text a `?` or a `%` is none of it."""
    return URL.create("sqlite", database=str(file.resolve()))


def open_database(url: str | URL) -> Engine:
    """An engine for `url`, its schema up to date. Raises Problems when it is no URL we know or nothing answers there."""
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        # Evidence is most of what an evaluation writes: the standard library takes three times as long for it. What was to be
        # written may be thousands of rows, or somebody's secret: no message has it.
        engine = create_engine(parsed, json_serializer=_json, json_deserializer=from_json, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        message = "the database URL cannot be used: {reason}. Write sqlite:///FILE or postgresql://USER@HOST/NAME"
        raise Problems([Problem("database", message, {"reason": str(error).splitlines()[0]})]) from None
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    try:
        migrate(engine)
    except SQLAlchemyError as error:
        shown = parsed.render_as_string(hide_password=True)
        message = "the database {url} cannot be opened: {reason}"
        raise Problems([Problem("database", message, {"url": shown, "reason": _reason(error)})]) from error
    return engine


def _json(value: object) -> str:
    if isinstance(value, Sealed):
        return value.text
    return to_json(value, inf_nan_mode="constants").decode()


def migrate(engine: Engine) -> None:
    """Bring the schema to its newest revision, in one transaction; nothing to do when it is there."""
    if inspect(engine).has_table("alembic_version"):
        with engine.connect() as connection:
            if connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == NEWEST:
                return
    # A third of a second, for those who need it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    try:
        with writing(engine) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        if isinstance(error, SQLAlchemyError):
            reason = _reason(error)
        else:
            log.exception("the migration failed")
        message = "the database could not be brought to the newest schema, and is as it was: {reason}"
        raise Problems([Problem("database", message, {"reason": reason})]) from error


def _reason(error: SQLAlchemyError) -> str:
    """What the driver says, without the statement."""
    return str(getattr(error, "orig", None) or error).splitlines()[0]


# SQLSTATE classes of PostgreSQL that another time does away with: connection, rollback of a conflict, resources,
# intervention, system.
_PASSING = ("08", "40", "53", "55", "57", "58")
_SQLITE_PASSING = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL}
    | {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
    }
)


def out_of_reach(error: DBAPIError) -> bool:
    """Whether it is the database that failed (gone, busy, full), and may answer another time, rather than what was
    asked of it.
    """
    origin = error.orig
    if error.connection_invalidated or isinstance(error, InterfaceError):
        return True
    if not isinstance(error, OperationalError):
        return False
    if isinstance(origin, sqlite3.Error):
        return (getattr(origin, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF) in _SQLITE_PASSING
    state = getattr(origin, "sqlstate", None)
    return state is None or state.startswith(_PASSING)


def replacing(connection: Connection, table: Table) -> Insert:
    """An insert of whole rows into a table; one whose key is there takes the place of what is."""
    statement = inserting(connection, table)
    key = [column.name for column in table.primary_key]
    others = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=others)


def inserting(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert into a table as this kind of database knows it: it may say what is to be done on a conflict."""
    # The other kind's dialect, with all its drivers, need not be imported.
    dialect = import_module(f"sqlalchemy.dialects.{connection.dialect.name}")
    statement: postgresql.Insert | sqlite.Insert = dialect.insert(table)
    return statement


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, all or nothing, and no other writer within it."""
    options: dict[str, Any] = {"writes": True}
    if engine.dialect.name == "postgresql":
        # Whatever the server is set to: what the writer before has written must be seen by who has waited for it.
        options["isolation_level"] = "READ COMMITTED"
    with engine.connect().execution_options(**options) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITERS})
        yield connection


def _prepare_sqlite(engine: Engine) -> None:
    """Real transactions (the driver's own begin too late), durable writes, and patience with another writer."""

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {1000 * _BUSY_SECONDS}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_mode = WAL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
