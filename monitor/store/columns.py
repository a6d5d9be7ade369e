"""Tables of numbers, read and written column by column: without a statement, or a Python object that stays, a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from importlib import import_module
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import (
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
    cast,
    func,
    literal_column,
    select,
    text,
    type_coerce,
)
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine

from monitor.store.database import replacing

Numbers = npt.NDArray[np.int32] | npt.NDArray[np.int64] | npt.NDArray[np.float64]
# Rows held as Python objects at a time.
_ROWS = 20_000
# How PostgreSQL writes a number as its bytes, the highest first.
_SENT = {np.int32: func.int4send, np.int64: func.int8send, np.float64: func.float8send}
# PostgreSQL's binary COPY: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format". A row is the count of its
# fields, then of each its length in bytes and itself, the first byte the highest.
_BEGINS, _ENDS = b"PGCOPY\n\xff\r\n\x00" + bytes(8), b"\xff\xff"
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


def insert(connection: Connection, table: Table, columns: Mapping[str, Numbers]) -> None:
    """Append rows to `table`: of `columns` (numbers as the table keeps them), all but what it counts itself, alike long."""
    names, count = list(columns), len(next(iter(columns.values())))
    listed = _listed(connection, names)
    parts = ({name: columns[name][n : n + _ROWS] for name in names} for n in range(0, count, _ROWS))
    if connection.dialect.name == "postgresql":
        layout = _layout({name: table.c[name].type for name in names})
        driver: Any = connection.connection.driver_connection
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {table.name} ({listed}) FROM STDIN (FORMAT binary)") as copy,
        ):
            copy.write(_BEGINS)
            for part in parts:
                copy.write(_rows(part, layout))
            copy.write(_ENDS)
        return
    marks = ", ".join("?" * len(names))
    for part in parts:
        rows = zip(*(part[name].tolist() for name in names), strict=True)
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({listed}) VALUES ({marks})", list(rows))  # noqa: S608 - names of ours


@contextmanager
def filled(connection: Connection, table: Table) -> Iterator[None]:
    """Within, a table that is empty is filled: in SQLite without its indexes, which it takes half the time to make at the end."""
    later = sorted(table.indexes, key=lambda index: str(index.name)) if connection.dialect.name == "sqlite" else []
    for index in later:
        index.drop(connection)
    yield
    for index in later:
        index.create(connection)


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


def read(connection: Connection, query: Select[Any], by: ColumnElement[Any]) -> dict[str, Numbers]:
    """All rows that `query`, of columns of numbers, finds: name -> those, as the table keeps them: int32 of an Integer, int64 of
    a BigInteger, float64. `by`: of which a hundred values are many; PostgreSQL tells the rows of each at once.
    """
    kinds = {column.name: column.type for column in query.selected_columns}
    parts: dict[str, list[npt.NDArray[Any]]] = {name: [np.empty(0, dtype=_dtype(kind))] for name, kind in kinds.items()}
    blocks = (
        _packed(connection, query, by, kinds)
        if connection.dialect.name == "postgresql"
        else _fetched(connection, query)
    )
    for block in blocks:
        for name, column in zip(kinds, block, strict=True):
            parts[name].append(column.astype(parts[name][0].dtype))
    return {name: np.concatenate(parts.pop(name)) for name in kinds}


def plain(connection: Connection, query: Select[Any]) -> pd.DataFrame:
    """What `query` finds, whole numbers and texts alone: as the driver gives them, for a Row costs three times as much."""
    with connection.execute(query) as result:
        cursor: Any = result.cursor
        return pd.DataFrame.from_records(cursor.fetchall(), columns=[column.name for column in query.selected_columns])


def among(connection: Connection, column: ColumnElement[int], numbers: npt.NDArray[Any]) -> ColumnElement[bool]:
    """That a column is one of so many numbers as there are: no statement takes names without end, but one text it does."""
    told = ",".join(map(str, numbers.tolist()))
    if connection.dialect.name == "postgresql":
        return column.in_(select(cast(func.unnest(func.string_to_array(told, ",")), Integer)))
    return column.in_(select(func.json_each(f"[{told}]").table_valued("value").c.value))


def of_those(connection: Connection, column: ColumnElement[int], numbers: Select[tuple[int]]) -> ColumnElement[bool]:
    """That a column is one of the `numbers` that a query finds, by the column's index: joined with them PostgreSQL would go
    through all that there is, and many times where it is asked for part after part.
    """
    if connection.dialect.name == "postgresql":
        return column == func.any(func.array(numbers.scalar_subquery()))
    return column.in_(numbers)


def _fetched(connection: Connection, query: Select[Any]) -> Iterator[Sequence[npt.NDArray[Any]]]:
    """The columns of what a query of SQLite finds, some rows at a time."""
    raw: Any = [type_coerce(column, NullType()).label(column.name) for column in query.selected_columns]
    with connection.execute(query.with_only_columns(*raw)) as result:
        # The driver's own rows: to make a Row of each takes twice as long as to fetch them.
        cursor: Any = result.cursor
        while rows := cursor.fetchmany(_ROWS):
            # No whole number that we keep has more digits than a float holds.
            numbers = np.fromiter(chain.from_iterable(rows), dtype=np.float64, count=len(rows) * len(raw))
            yield list(numbers.reshape(-1, len(raw)).T)


def _packed(
    connection: Connection, query: Select[Any], by: ColumnElement[Any], kinds: Mapping[str, TypeEngine[Any]]
) -> Iterator[Sequence[npt.NDArray[Any]]]:
    """The columns of what a query of PostgreSQL finds, those of a value of `by` at a time. Its driver takes a microsecond for
    each row that comes: so many come as one, their numbers' bytes one after the other.
    """
    layout = np.dtype([(name, np.dtype(_dtype(kind)).newbyteorder(">")) for name, kind in kinds.items()])
    sent: Iterator[ColumnElement[Any]] = (_SENT[_dtype(column.type)](column) for column in query.selected_columns)
    row = reduce(lambda bytes_, more: bytes_.op("||")(more), sent)
    packed = query.with_only_columns(func.string_agg(row, literal_column("''::bytea"))).group_by(by)
    # COPY takes no parameters; the dialect that names them leaves a % as it is.
    dialect: Any = import_module("sqlalchemy.dialects.postgresql").dialect(paramstyle="named")
    asked = str(packed.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY ({asked}) TO STDOUT (FORMAT binary)") as copy:
        copy.set_types(["bytea"])
        for (block,) in copy.rows():
            rows = np.frombuffer(block, dtype=layout)
            yield [rows[name] for name in kinds]


def _wire(kind: TypeEngine[Any]) -> str:
    """See _WIRE."""
    return next((name for of, name in _WIRE.items() if isinstance(_kept(kind), of)), "text")


def _kept(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """As what a column is kept, whatever is made of it."""
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind


def _dtype(kind: TypeEngine[Any]) -> type[np.int32 | np.int64 | np.float64]:
    """What holds the numbers of a column."""
    kept = _kept(kind)
    return np.float64 if isinstance(kept, Float) else np.int64 if isinstance(kept, BigInteger) else np.int32


def _layout(kinds: Mapping[str, TypeEngine[Any]]) -> np.dtype[np.void]:
    """A row of PostgreSQL's binary COPY, of columns of those types."""
    fields: list[tuple[str, Any]] = [("count", ">i2")]
    for name, kind in kinds.items():
        fields += [(f"length of {name}", ">i4"), (name, np.dtype(_dtype(kind)).newbyteorder(">"))]
    return np.dtype(fields)


def _rows(columns: Mapping[str, Numbers], layout: np.dtype[np.void]) -> bytes:
    """Rows of that layout."""
    rows = np.empty(len(next(iter(columns.values()))), dtype=layout)
    rows["count"] = len(columns)
    for name, column in columns.items():
        rows[f"length of {name}"], rows[name] = layout[name].itemsize, column
    return rows.tobytes()
