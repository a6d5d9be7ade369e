"""Figures as the store keeps them: in blocks, each of one series and of what came one after the other.

A row for each of millions of figures would take longer to read than they take to assess, and to write than to read from a file. A
block is read as it lies there; what is asked of single figures is asked of columns, once they are read.
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
from monitor.store.tables import figure_block

Ints = npt.NDArray[np.int32] | npt.NDArray[np.int64]
# A figure within its block: `cell`, `period` and `received` as store.tables numbers them, `origin` of that table.
FIGURE = np.dtype([("value", "<f8"), ("cell", "<i8"), ("period", "<i4"), ("received", "<i4"), ("origin", "<i4")])
# So many numbers of arrival go together when PostgreSQL tells blocks.
_TOGETHER = 1_000_000
_LAST = select(figure_block.c.first, func.length(figure_block.c.figures)).order_by(figure_block.c.first.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Stored:
    """Figures as columns, alike long. `arrival`: under which number each came; `series`: of that table; the others: as FIGURE."""

    arrival: npt.NDArray[np.int64]
    series: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    cell: npt.NDArray[np.int64]
    period: npt.NDArray[np.int32]
    received: npt.NDArray[np.int32]
    origin: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.arrival)

    def __getitem__(self, rows: Any) -> Stored:
        """Some of them."""
        return Stored(*(getattr(self, field.name)[rows] for field in fields(self)))


def last(connection: Connection) -> int:
    """The number under which the last figure arrived; 0 before the first."""
    first, size = connection.execute(_LAST).first() or (1, 0)
    return int(first) + int(size) // FIGURE.itemsize - 1


def append(connection: Connection, after: int, series: Ints, figures: npt.NDArray[np.void]) -> None:
    """Store `figures` (of FIGURE), each of a `series`, under the numbers that follow `after`, the last one."""
    begins = np.flatnonzero(np.diff(series, prepend=-1))
    packed, places = figures.tobytes(), np.append(begins, len(figures)) * FIGURE.itemsize
    rows = {
        "first": (after + 1 + begins).tolist(),
        "series": series[begins].tolist(),
        "figures": [packed[begin:end] for begin, end in pairwise(places.tolist())],
    }
    columns.write(connection, figure_block, rows)


def read(connection: Connection, *which: ColumnElement[bool]) -> Stored:
    """The figures of the blocks of which all of that holds."""
    c = figure_block.c
    query = select(c.first, c.series, c.figures).where(*which)
    told = _packed if connection.dialect.name == "postgresql" else _fetched
    first, series, sizes, packed = told(connection, query)
    figures, counts = np.frombuffer(packed, FIGURE), sizes // FIGURE.itemsize
    # The number of a block's first figure, less how many come before it here.
    shift = np.repeat(first - (np.cumsum(counts) - counts), counts)
    arrival = shift + np.arange(len(figures))
    return Stored(arrival, np.repeat(series, counts), *(figures[name] for name in FIGURE.names or ()))


def holding(connection: Connection, arrivals: npt.NDArray[Any]) -> ColumnElement[bool]:
    """That a block has one of those figures."""
    asked, of = columns.numbers(connection, arrivals), figure_block.alias()
    begins = select(of.c.first).where(of.c.first <= asked.c.value).order_by(of.c.first.desc()).limit(1)
    return figure_block.c.first.in_(select(begins.correlate(asked).scalar_subquery()).select_from(asked))


def since(arrival: int) -> ColumnElement[bool]:
    """That a block has the figure of that number, or later ones."""
    of = figure_block.alias()
    begins = select(func.max(of.c.first)).where(of.c.first <= arrival).scalar_subquery()
    return figure_block.c.first >= func.coalesce(begins, 0)


_Told = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], bytes]


def _fetched(connection: Connection, query: Select[tuple[int, int, bytes]]) -> _Told:
    """Of blocks the numbers of their first figures and of their series, their sizes, and all of them as one; of SQLite."""
    with connection.execute(query) as result:
        # The driver's own rows: to make a Row of each takes twice as long as to fetch them.
        cursor: Any = result.cursor
        first, series, blocks = zip(*rows, strict=True) if (rows := cursor.fetchall()) else ((), (), ())
    numbers = (np.array(of, dtype=np.int64) for of in (first, series, [*map(len, blocks)]))
    return *numbers, b"".join(blocks)  # type: ignore[return-value]


def _packed(connection: Connection, query: Select[tuple[int, int, bytes]]) -> _Told:
    """The same of PostgreSQL. Its driver takes a microsecond for each row that comes: so many come as one."""
    c = figure_block.c
    sent = (func.int4send(of) for of in (c.first, c.series, func.length(c.figures)))
    head: ColumnElement[Any] = reduce(lambda bytes_, more: bytes_.op("||")(more), sent)
    nothing: ColumnElement[bytes] = literal_column("''::bytea")
    packed = query.with_only_columns(func.string_agg(head, nothing), func.string_agg(c.figures, nothing))
    # COPY takes no parameters; the dialect that names them leaves a % as it is.
    dialect: Any = import_module("sqlalchemy.dialects.postgresql").dialect(paramstyle="named")
    by_arrival = packed.group_by(c.first // _TOGETHER)
    asked = str(by_arrival.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY ({asked}) TO STDOUT (FORMAT binary)") as copy:
        copy.set_types(["bytea", "bytea"])
        heads, blocks = zip(*rows, strict=True) if (rows := list(copy.rows())) else ((), ())
    first, series, sizes = np.frombuffer(b"".join(heads), ">i4").reshape(-1, 3).T.astype(np.int64)
    return first, series, sizes, b"".join(blocks)
