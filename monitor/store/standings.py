"""What the last evaluation of a resolution left for the next, column-wise: a blob of figures a unit, and one row of what is known
of all together. It is no record: what does not fit is not used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from monitor.store import columns
from monitor.store.database import replacing
from monitor.store.tables import standing, standing_unit

# Of more units than so many all are read: no statement takes names without end.
_MANY = 500


@dataclass(frozen=True)
class Kept:
    """`as_of`: as of which day the last evaluation was recorded; `version`: what it followed from (see tables); `known`: JSON."""

    as_of: date
    version: str
    known: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OfUnit:
    """`figures`, `marks`: see tables."""

    unit: str
    figures: bytes
    marks: bytes


def kept(connection: Connection, resolution: str) -> Kept | None:
    """What the last evaluation left, if there was one."""
    query = select(standing.c.as_of, standing.c.version, standing.c.known).where(standing.c.resolution == resolution)
    row = connection.execute(query).first()
    return Kept(*row) if row is not None else None


def keep(connection: Connection, resolution: str, left: Kept, units: Iterable[OfUnit] = (), *, anew: bool) -> None:
    """Leave what is known for the next evaluation. `units`: in place of what is left of those, or, `anew`, of all."""
    if anew:
        connection.execute(standing_unit.delete().where(standing_unit.c.resolution == resolution))
    left_of = list(units)
    rows = {name: [getattr(of, name) for of in left_of] for name in OfUnit.__slots__}
    columns.write(connection, standing_unit, {"resolution": [resolution] * len(left_of), **rows}, replace=not anew)
    row = {"resolution": resolution, "as_of": left.as_of, "version": left.version, "known": left.known}
    connection.execute(replacing(connection, standing), [row])


def note_day(connection: Connection, resolution: str, as_of: date) -> None:
    """Note as of which day a resolution's alerts hold, where nothing else is left."""
    before = kept(connection, resolution)
    if before is None or before.as_of != as_of:
        keep(connection, resolution, Kept(as_of, "", {}), anew=True)


def of_units(connection: Connection, resolution: str, units: Collection[str]) -> dict[str, OfUnit]:
    """Unit -> what is left of it, of `units` and maybe of others."""
    c = standing_unit.c
    query = select(c.unit, c.figures, c.marks).where(c.resolution == resolution)
    if len(units) <= _MANY:
        query = query.where(c.unit.in_(units))
    return {row.unit: OfUnit(*row) for row in connection.execute(query)}
