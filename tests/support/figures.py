"""The figures that a database holds, in words: as its series have them, without the program's own way of asking."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, select

from monitor.store import figures
from monitor.store.tables import cell_address, day_of, month_text, origin, series


class Figure(NamedTuple):
    """One of them."""

    feed: str
    file: str
    sheet: str
    cell: str
    target: str
    unit: str
    period: str
    value: float
    received: date


def stored(connection: Connection) -> list[Figure]:
    """All of them, as they arrived."""
    found = figures.read(connection)
    found = found[np.argsort(found.arrival)]
    of = {row.id: (row.target, row.unit) for row in connection.execute(select(series))}
    origins = {row.id: (row.feed, row.file, row.sheet) for row in connection.execute(select(origin))}
    columns = (found.origin, found.cell, found.series, found.period, found.value, found.received)
    return [
        Figure(*origins[o], cell_address(cell), *of[s], month_text(period), value, day_of(day))
        for o, cell, s, period, value, day in zip(*(column.tolist() for column in columns), strict=True)
    ]
