"""All figures of a series, as they came, in one row of the store.

A row for each of millions of figures would take longer to read than to assess it, and to write than to read it in a file. A
series is read as it lies there, however many times it was added to; what is asked of single figures is asked of columns.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import reduce
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Connection, Select, func, literal_column, select

from monitor.store import columns
from monitor.store.tables import series_figures

Ints = npt.NDArray[np.int32] | npt.NDArray[np.int64]
# A figure within its series. `arrival`: the number under which it came; `cell`, `period` and `received` as store.tables numbers
# them; `origin`: of that table.
FIGURE = np.dtype(
    [
        *(("value", "<f8"), ("cell", "<i8"), ("arrival", "<i4")),
        *(("period", "<i4"), ("received", "<i4"), ("origin", "<i4")),
    ]
)
# So many series go together when PostgreSQL tells them.
_TOGETHER = 10_000
_LAST = select(func.max(series_figures.c.last))


@dataclass(frozen=True, slots=True)
class Stored:
    """Figures as columns, alike long. `series`: of that table; the others: as FIGURE."""

    series: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    cell: npt.NDArray[np.int64]
    arrival: npt.NDArray[np.int32]
    period: npt.NDArray[np.int32]
    received: npt.NDArray[np.int32]
    origin: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.series)

    def __getitem__(self, rows: Any) -> Stored:
        """Some of them."""
        return Stored(*(getattr(self, field.name)[rows] for field in fields(self)))


def last(connection: Connection) -> int:
    """The number under which the last figure arrived; 0 before the first."""
    return connection.execute(_LAST).scalar() or 0


def append(connection: Connection, series: Ints, given: npt.NDArray[np.void]) -> None:
    """Add figures (of FIGURE) to their `series`, in the order of arrival: those of one stand together, after all that it has."""
    places = np.append(np.flatnonzero(np.diff(series, prepend=-1)), len(given))
    numbers = series[places[:-1]]
    c, there = series_figures.c, dict[int, bytes]()
    if last(connection):
        asked = columns.numbers(connection, numbers)
        there = dict(connection.execute(select(c.series, c.figures).where(c.series.in_(select(asked.c.value)))).all())
    packed = given.tobytes()
    rows = {
        "series": numbers.tolist(),
        "last": given["arrival"][places[1:] - 1].tolist(),
        "figures": [
            there.get(of, b"") + packed[begin:end]
            for of, (begin, end) in zip(numbers.tolist(), pairwise((places * FIGURE.itemsize).tolist()), strict=True)
        ],
    }
    columns.write(connection, series_figures, rows, replace=bool(there))


def read(connection: Connection, *which: ColumnElement[bool]) -> Stored:
    """All figures of the series of which all of that holds, those of one as they came."""
    c = series_figures.c
    told = _packed if connection.dialect.name == "postgresql" else _fetched
    series, sizes, packed = told(connection, select(c.series, c.figures).where(*which))
    found = np.frombuffer(packed, FIGURE)
    return Stored(np.repeat(series, sizes // FIGURE.itemsize), *(found[field.name] for field in fields(Stored)[1:]))


def of(connection: Connection, series: npt.NDArray[Any]) -> ColumnElement[bool]:
    """That a series is one of those numbers."""
    return series_figures.c.series.in_(select(columns.numbers(connection, np.unique(series)).c.value))


_Told = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], bytes]


def _fetched(connection: Connection, query: Select[tuple[int, bytes]]) -> _Told:
    """The numbers of series, how many bytes each has, and the bytes of all; of SQLite."""
    with connection.execute(query) as result:
        # The driver's own rows: to make a Row of each takes twice as long as to fetch them.
        cursor: Any = result.cursor
        series, blocks = zip(*rows, strict=True) if (rows := cursor.fetchall()) else ((), ())
    return np.array(series, dtype=np.int64), np.array([*map(len, blocks)], dtype=np.int64), b"".join(blocks)


def _packed(connection: Connection, query: Select[tuple[int, bytes]]) -> _Told:
    """The same of PostgreSQL. Its driver takes a microsecond for each row that comes: so many come as one."""
    c = series_figures.c
    sent = (func.int4send(number) for number in (c.series, func.length(c.figures)))
    head: ColumnElement[Any] = reduce(lambda bytes_, more: bytes_.op("||")(more), sent)
    nothing: ColumnElement[bytes] = literal_column("''::bytea")
    packed = query.with_only_columns(func.string_agg(head, nothing), func.string_agg(c.figures, nothing))
    # COPY takes no parameters; the dialect that names them leaves a % as it is.
    dialect: Any = import_module("sqlalchemy.dialects.postgresql").dialect(paramstyle="named")
    together = packed.group_by(c.series // _TOGETHER)
    asked = str(together.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY ({asked}) TO STDOUT (FORMAT binary)") as copy:
        copy.set_types(["bytea", "bytea"])
        heads, blocks = zip(*rows, strict=True) if (rows := list(copy.rows())) else ((), ())
    series, sizes = np.frombuffer(b"".join(heads), ">i4").reshape(-1, 2).T.astype(np.int64)
    return series, sizes, b"".join(blocks)
