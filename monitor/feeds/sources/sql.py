"""A query of another database: one row an observation, its columns the headings of the table.

The database's URL stands in the environment (`url: ${KHO_DU_LIEU}`). The query runs in a read-only transaction that
is rolled back.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from monitor.feeds import secret
from monitor.feeds.grid import Grid, Unreadable, coded, rectangle
from monitor.feeds.sources import Fetched, Piece, Setting
from monitor.model.declared import Declared
from monitor.model.problem import Said


def _reads(query: str) -> str:
    if query.split(maxsplit=1)[0].lower() not in ("select", "with"):
        raise Said("a feed's query only reads: it begins with SELECT or WITH")
    return query


class Options(Declared):
    """`url` may hold `${NAME}`s of the environment; `most_rows`: more is an error; `timeout`: seconds, where the
    database has one.
    """

    url: Annotated[str, AfterValidator(secret.in_address)]
    query: Annotated[str, AfterValidator(_reads)]
    most_rows: Annotated[int, Field(ge=1)] = 1_000_000
    timeout: Annotated[int, Field(ge=1, le=3600)] = 60


def fetch(options: Options, setting: Setting) -> Fetched:
    """The answer as a table, or why there is none."""
    name = f"feeds/{setting.feed}.sql"
    try:
        return Fetched((Piece(name, _answer(options, setting)),))
    except Unreadable as error:
        return Fetched((Piece(name, error),))
    except (SQLAlchemyError, ArgumentError, NoSuchModuleError, ImportError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        reason = setting.hidden(reason, options.url)
        return Fetched((Piece(name, Unreadable("the database does not answer the query: {reason}", reason=reason)),))


def _answer(options: Options, setting: Setting) -> Grid:
    engine = create_engine(setting.filled(options.url), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            _read_only(connection, options.timeout)
            found = connection.execute(text(options.query))
            heading: list[Any] = list(found.keys())
            rows = [[_cell(value) for value in row] for row in found.fetchmany(options.most_rows + 1)]
            connection.rollback()
    finally:
        engine.dispose()
    if len(rows) > options.most_rows:
        raise Unreadable("the query gives more than the {most} rows it may give (most_rows)", most=options.most_rows)
    return Grid("", *coded(rectangle([heading, *rows])))


def _read_only(connection: Connection, seconds: int) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET TRANSACTION READ ONLY"))
        connection.execute(text(f"SET LOCAL statement_timeout = {1000 * seconds}"))
    elif connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA query_only = ON"))


def _cell(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()[:10]
    return value.strip() or None if isinstance(value, str) else value
