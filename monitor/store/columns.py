"""Many rows at once, read and written column by column: without a statement, or a Python object that stays, a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy.typing as npt
import pandas as pd
from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    ColumnElement,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    Table,
    TableValuedAlias,
    cast,
    func,
    select,
    text,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from monitor.store.database import replacing

# What PostgreSQL calls the values of a column of each kind, as its driver is told; all others are text.
_WIRE: dict[type[TypeEngine[Any]], str] = {
    BigInteger: "int8",
    Integer: "int4",
    Float: "float8",
    Date: "date",
    DateTime: "timestamptz",
    LargeBinary: "bytea",
    JSON: "json",
}


def write(connection: Connection, table: Table, rows: Mapping[str, Sequence[Any]], *, replace: bool = False) -> None:
    """Write rows to `table`, each of them with a value of each of those names; to `replace` those whose key is there already. As
    `execute` does it, at half its time a row in SQLite; in PostgreSQL without a statement a row.
    """
    dialect, names = connection.dialect, list(rows)
    ready: dict[str, Sequence[Any]] = {}
    for name, values in rows.items():
        process = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        if process is None:
            ready[name] = values
        elif isinstance(table.c[name].type, Date):
            # Thousands of rows say the same few days.
            days = {day: process(day) for day in set(values)}
            ready[name] = [days[day] for day in values]
        else:
            ready[name] = [process(value) for value in values]
    if not all(ready.values()):
        return
    statement = replacing(connection, table) if replace else table.insert()
    given = zip(*ready.values(), strict=True)
    if dialect.name != "postgresql":
        compiled = statement.compile(dialect=dialect, column_keys=names)
        told = zip(*(ready[name] for name in compiled.positiontup or ()), strict=True)
        connection.exec_driver_sql(str(compiled), list(told))
    elif not replace:
        _copy(connection, table, names, given)
    else:
        # COPY replaces nothing: what it took aside does.
        aside = table.to_metadata(MetaData(), name=f"new_{table.name}")
        connection.execute(
            text(f"CREATE TEMPORARY TABLE {aside.name} (LIKE {table.name} INCLUDING DEFAULTS INCLUDING STORAGE)")
        )
        _copy(connection, aside, names, given)
        connection.execute(statement.from_select(names, select(*(aside.c[name] for name in names))))
        connection.execute(text(f"DROP TABLE {aside.name}"))


def _copy(connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Rows of values as PostgreSQL's driver takes them, in their order. As they are: what is written out as text, bytes most of
    all, is twice as long.
    """
    driver: Any = connection.connection.driver_connection
    kinds = [_wire(table.c[name].type) for name in names]
    statement = f"COPY {table.name} ({_listed(connection, names)}) FROM STDIN (FORMAT binary)"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(kinds)
        for row in rows:
            copy.write_row(row)


def _listed(connection: Connection, names: Sequence[str]) -> str:
    """The names of columns, as a statement has them."""
    return ", ".join(connection.dialect.identifier_preparer.quote(name) for name in names)


def plain(connection: Connection, query: Select[Any]) -> pd.DataFrame:
    """What `query` finds, whole numbers and texts alone: as the driver gives them, for a Row costs three times as much."""
    with connection.execute(query) as result:
        cursor: Any = result.cursor
        return pd.DataFrame.from_records(cursor.fetchall(), columns=[column.name for column in query.selected_columns])


def numbers(connection: Connection, given: npt.NDArray[Any]) -> TableValuedAlias:
    """Numbers, however many, as a table of one column, `value`: no statement takes names without end, but one text it does."""
    told = ",".join(map(str, given.tolist()))
    if connection.dialect.name == "postgresql":
        return func.unnest(cast(func.string_to_array(told, ","), ARRAY(Integer))).table_valued("value").render_derived()
    return func.json_each(f"[{told}]").table_valued("value")


def of_those(connection: Connection, column: ColumnElement[int], numbers: Select[tuple[int]]) -> ColumnElement[bool]:
    """That a column is one of the `numbers` that a query finds, by the column's index: joined with them PostgreSQL would go
    through all that there is, and many times where it is asked for part after part.
    """
    if connection.dialect.name == "postgresql":
        return column == func.any(func.array(numbers.scalar_subquery()))
    return column.in_(numbers)


def _wire(kind: TypeEngine[Any]) -> str:
    """See _WIRE."""
    return next((name for of, name in _WIRE.items() if isinstance(_kept(kind), of)), "text")


def _kept(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """As what a column is kept, whatever is made of it."""
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind
