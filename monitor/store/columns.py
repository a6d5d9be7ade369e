"""Many rows at once, column by column: written, and read, without a statement or a table of Python objects a row."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Texts:
    """A column of few different values (texts, days, instants): `codes` (int32) says which of the `distinct` (object) each is."""

    codes: npt.NDArray[np.int32]
    distinct: npt.NDArray[np.object_]

    def __getitem__(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
        """The values of some rows."""
        return self.distinct[self.codes[rows]]

    @property
    def ranks(self) -> npt.NDArray[np.int32]:
        """Each row's place in the order of the values: equal ones have one."""
        rank = np.empty(len(self.distinct), dtype=np.int32)
        rank[np.argsort(self.distinct)] = np.arange(len(self.distinct), dtype=np.int32)
        return rank[self.codes]


@dataclass(frozen=True, slots=True)
class Columns:
    """What was read, by the names of its columns: `figures` as int64 or float64, all others as `texts`."""

    texts: dict[str, Texts]
    figures: dict[str, npt.NDArray[np.int64] | npt.NDArray[np.float64]]

    def table(self, names: Iterable[str], rows: npt.NDArray[np.int64]) -> pd.DataFrame:
        """Some of the rows, whose columns are used up by it: there may be millions."""
        return pd.DataFrame(
            {name: (self.texts if name in self.texts else self.figures).pop(name)[rows] for name in names}
        )


def read(connection: Connection, query: Select[Any]) -> Columns:
    """All rows that `query` finds."""
    wanted = list(query.selected_columns)
    # As the driver gives them: days and instants are made once a distinct one.
    labels: list[Any] = [type_coerce(column, NullType()).label(column.name) for column in wanted]
    raw = query.with_only_columns(*labels)
    kinds = [_DTYPES.get(column.type.python_type) for column in wanted]
    parts: list[list[npt.NDArray[Any]]] = [[np.array([], dtype=kind or np.int32)] for kind in kinds]
    seen = [_Codes() for _ in wanted]
    with connection.execute(raw, execution_options={"yield_per": _ROWS}) as result:
        # The driver's own rows: to make a Row of each takes twice as long as to fetch them.
        strategy = result.cursor_strategy
        while result.cursor is not None and (rows := strategy.fetchmany(result, result.cursor, _ROWS)):
            for n, values in enumerate(zip(*rows, strict=True)):
                if kinds[n] is not None:
                    parts[n].append(np.array(values, dtype=kinds[n]))
                else:
                    parts[n].append(np.fromiter(map(seen[n].__getitem__, values), dtype=np.int32, count=len(values)))
    found = Columns({}, {})
    for n, column in enumerate(wanted):
        whole, parts[n] = np.concatenate(parts[n]), []
        if kinds[n] is not None:
            found.figures[column.name] = whole
        else:
            found.texts[column.name] = Texts(whole, _told(list(seen[n]), column.type, connection.dialect))
    return found


class _Codes(dict[Any, int]):
    """A number for each value that is asked for, in the order in which they come: the driver makes each text anew."""

    def __missing__(self, value: Any) -> int:
        self[value] = number = len(self)
        return number


def _told(distinct: Sequence[Any], kind: Any, dialect: Dialect) -> npt.NDArray[np.object_]:
    """What the driver gives as Python has it."""
    process: Callable[[Any], Any] | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    told = np.empty(len(distinct), dtype=object)
    told[:] = distinct if process is None else [process(value) for value in distinct]
    return told


_DTYPES: dict[type, type[np.int64] | type[np.float64]] = {int: np.int64, float: np.float64}


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
