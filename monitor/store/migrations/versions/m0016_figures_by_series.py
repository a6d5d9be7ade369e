"""All figures of a series in one row: to read a row a figure took longer than all else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# So many series at a time.
_SERIES = 500
# A figure as a series has it.
_FIGURE = np.dtype(
    [
        *(("value", "<f8"), ("cell", "<i8"), ("arrival", "<i4")),
        *(("period", "<i4"), ("received", "<i4"), ("origin", "<i4")),
    ]
)
_NAMES = _FIGURE.names or ()


def _tables() -> tuple[sa.Table, sa.Table]:
    """The figures as they were kept before, and as they are from here on."""
    metadata = sa.MetaData()
    kinds: dict[str, sa.types.TypeEngine[Any]] = {"value": sa.Float(53), "cell": sa.BigInteger()}
    names = ("period", "value", "received", "origin", "cell")
    observation = sa.Table(
        "observation",
        metadata,
        sa.Column("arrival", sa.Integer(), primary_key=True),
        sa.Column("series", sa.Integer(), nullable=False),
        *(sa.Column(name, kinds.get(name, sa.Integer()), nullable=False) for name in names),
    )
    by_series = sa.Table(
        "series_figures",
        metadata,
        sa.Column("series", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("figures", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(f"length(figures) % {_FIGURE.itemsize} = 0", name="ck_series_figures_whole"),
    )
    for table in (observation, by_series):
        table.primary_key.name = f"pk_{table.name}"
    return observation, by_series


def upgrade() -> None:
    """Apply; every figure keeps its arrival number."""
    connection, (observation, by_series) = op.get_bind(), _tables()
    by_series.create(connection)
    if connection.dialect.name == "postgresql":
        # As 0015 has it.
        op.execute("ALTER TABLE series_figures ALTER COLUMN figures SET STORAGE EXTERNAL")
    o = observation.c
    query = sa.select(o.series, *(o[name] for name in _NAMES)).order_by(o.series, o.arrival)
    for part in _parts(connection, o.series):
        rows = connection.execute(query.where(o.series.in_(part))).all()
        if rows:
            connection.execute(by_series.insert(), list(_by_series(rows)))
    op.create_index(op.f("ix_series_figures_last"), "series_figures", ["last"])
    op.drop_index(op.f("ix_observation_series"), "observation")
    observation.drop(connection)


def _parts(connection: sa.Connection, series: sa.Column[int]) -> Iterator[Sequence[int]]:
    """The numbers of the series that have figures, some at a time."""
    numbers = connection.execute(sa.select(series).distinct().order_by(series)).scalars().all()
    for begin in range(0, len(numbers), _SERIES):
        yield numbers[begin : begin + _SERIES]


def _by_series(rows: Sequence[sa.Row[Any]]) -> Iterator[dict[str, object]]:
    """Rows of figures, series by series, as one row a series."""
    series = np.array([row[0] for row in rows], dtype=np.int64)
    figures = np.array([tuple(row[1:]) for row in rows], dtype=_FIGURE)
    begins = np.flatnonzero(np.diff(series, prepend=-1))
    for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(rows)], strict=True):
        own = figures[begin:end]
        yield {"series": series[begin].item(), "last": own["arrival"][-1].item(), "figures": own.tobytes()}


def downgrade() -> None:
    """Undo."""
    connection, (observation, by_series) = op.get_bind(), _tables()
    observation.create(connection)
    for part in _parts(connection, by_series.c.series):
        found = connection.execute(sa.select(by_series).where(by_series.c.series.in_(part))).all()
        rows = [
            {"series": row.series} | dict(zip(_NAMES, figure, strict=True))
            for row in found
            for figure in np.frombuffer(row.figures, _FIGURE).tolist()
        ]
        connection.execute(observation.insert(), rows)
    if connection.dialect.name == "postgresql":
        counted = "SELECT setval(pg_get_serial_sequence('observation', 'arrival'), max(arrival)) FROM observation"
        connection.execute(sa.text(counted))
    op.create_index(op.f("ix_observation_series"), "observation", ["series"])
    by_series.drop(connection)
