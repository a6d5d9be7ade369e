"""Many rows at once, column by column: written, and read, without a statement or a table of Python objects a row."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Connection, Select, Table, type_coerce
from sqlalchemy.engine import Dialect
from sqlalchemy.types import NullType

# Rows held as Python objects at a time.
_ROWS = 20_000


def insert(connection: Connection, table: Table, rows: pd.DataFrame) -> None:
    """Append `rows`, whose columns are those of `table` without what it counts itself, in their order. None of them is NULL."""
    dialect, names = connection.dialect, [str(name) for name in rows.columns]
    columns = [_bound(rows[name], table.c[name].type, dialect) for name in names]
    listed = ", ".join(dialect.identifier_preparer.quote(name) for name in names)
    if dialect.name == "postgresql":
        text = io.StringIO()
        pd.DataFrame(dict(zip(names, columns, strict=True))).to_csv(text, header=False, index=False)
        driver: Any = connection.connection.driver_connection
        # No text stands for NULL: an empty one is empty.
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {table.name} ({listed}) FROM STDIN (FORMAT csv, NULL '\\N')") as copy,
        ):
            copy.write(text.getvalue())
        return
    marks = ", ".join("?" * len(names))
    for begin in range(0, len(rows), _ROWS):
        block = zip(*(column[begin : begin + _ROWS].tolist() for column in columns), strict=True)
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({listed}) VALUES ({marks})", list(block))  # noqa: S608 - names of ours


def read(connection: Connection, query: Select[Any]) -> dict[str, npt.NDArray[Any]]:
    """Column -> its values, of all rows that `query` finds: figures as int64 or float64, others as objects, equal ones one."""
    wanted = list(query.selected_columns)
    names = [column.name for column in wanted]
    # As the driver gives them: days and instants are made once a distinct one.
    labels: list[Any] = [type_coerce(column, NullType()).label(column.name) for column in wanted]
    raw = query.with_only_columns(*labels)
    parts: list[list[npt.NDArray[Any]]] = []
    shared: list[dict[Any, Any]] = [{} for _ in names]
    with connection.execute(raw, execution_options={"yield_per": _ROWS}) as result:
        # The driver's own rows: to make a Row of each takes twice as long as to fetch them.
        strategy = result.cursor_strategy
        while result.cursor is not None and (rows := strategy.fetchmany(result, result.cursor, _ROWS)):
            columns = zip(*rows, strict=True)
            parts.append([_column(column, one) for column, one in zip(columns, shared, strict=True)])
    if not parts:
        kinds = [column.type.python_type for column in wanted]
        return {name: np.array([], dtype=_DTYPES.get(kind, object)) for name, kind in zip(names, kinds, strict=True)}
    found = {}
    for n, column in enumerate(wanted):
        found[column.name] = _told(np.concatenate([part[n] for part in parts]), column.type, connection.dialect)
        for part in parts:
            part[n] = part[n][:0]
    return found


def _told(values: npt.NDArray[Any], kind: Any, dialect: Dialect) -> npt.NDArray[Any]:
    """A column of what the driver gives as Python has it."""
    if values.dtype != object:
        return values
    process: Callable[[Any], Any] | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    if process is None:
        return values
    codes, distinct = pd.factorize(values)
    told = np.empty(len(distinct), dtype=object)
    told[:] = [process(value) for value in distinct]
    return told[codes]


_DTYPES: dict[type, type] = {int: np.int64, float: np.float64}


def _column(values: Sequence[Any], shared: dict[Any, Any]) -> npt.NDArray[Any]:
    if isinstance(values[0], int | float):
        return np.array(values)
    # The driver makes each text anew.
    return np.fromiter(map(shared.setdefault, values, values), dtype=object, count=len(values))


def _bound(values: pd.Series, kind: Any, dialect: Dialect) -> npt.NDArray[Any]:
    """A column as the driver takes it: what is no figure or text is turned once a distinct value."""
    process: Callable[[Any], Any] | None = kind.dialect_impl(dialect).bind_processor(dialect)
    if process is None or (values.dtype != object and values.dtype.kind in "fi"):
        return values.to_numpy()
    codes, distinct = pd.factorize(values)
    told = np.empty(len(distinct), dtype=object)
    told[:] = [process(value) for value in _plain(distinct)]
    return told[codes]


def _plain(distinct: Any) -> Iterable[Any]:
    """Instants as Python has them."""
    return ((each.to_pydatetime() if isinstance(each, pd.Timestamp) else each) for each in distinct)
