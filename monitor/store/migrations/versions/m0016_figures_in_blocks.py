"""Figures in blocks: of one series, and of what came one after the other. To read a row a figure took longer than all else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_ROWS = 20_000
# A figure as a block has it.
_FIGURE = np.dtype([("value", "<f8"), ("cell", "<i8"), ("period", "<i4"), ("received", "<i4"), ("origin", "<i4")])
_NAMES = ("arrival", "series", *(_FIGURE.names or ()))


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
    block = sa.Table(
        "figure_block",
        metadata,
        sa.Column("first", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("figures", sa.LargeBinary(), nullable=False),
    )
    for table in (observation, block):
        table.primary_key.name = f"pk_{table.name}"
    return observation, block


def upgrade() -> None:
    """Apply; every figure keeps its arrival number."""
    connection, (observation, block) = op.get_bind(), _tables()
    block.create(connection)
    if connection.dialect.name == "postgresql":
        # As 0015 has it.
        op.execute("ALTER TABLE figure_block ALTER COLUMN figures SET STORAGE EXTERNAL")
    query = sa.select(*(observation.c[name] for name in _NAMES)).order_by(observation.c.arrival)
    last = 0
    while rows := connection.execute(query.where(observation.c.arrival > last).limit(_ROWS)).all():
        connection.execute(block.insert(), list(_blocks(rows)))
        last = rows[-1].arrival
    op.create_index(op.f("ix_figure_block_series"), "figure_block", ["series"])
    op.drop_index(op.f("ix_observation_series"), "observation")
    observation.drop(connection)


def _blocks(rows: object) -> Iterator[dict[str, object]]:
    """Rows of figures, in the order of arrival, as blocks."""
    given = np.array([tuple(row) for row in rows], dtype=[("arrival", "<i8"), ("series", "<i8"), *_FIGURE.descr])  # type: ignore[attr-defined]
    figures = np.empty(len(given), dtype=_FIGURE)
    for name in _FIGURE.names or ():
        figures[name] = given[name]
    goes_on = (np.diff(given["arrival"]) == 1) & (np.diff(given["series"]) == 0)
    begins = np.flatnonzero(np.append(True, ~goes_on))
    for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(given)], strict=True):
        first, series = given["arrival"][begin].item(), given["series"][begin].item()
        yield {"first": first, "series": series, "figures": figures[begin:end].tobytes()}


def downgrade() -> None:
    """Undo."""
    connection, (observation, block) = op.get_bind(), _tables()
    observation.create(connection)
    query, last = sa.select(block).order_by(block.c.first), 0
    while rows := connection.execute(query.where(block.c.first > last).limit(_ROWS)).all():
        for row in rows:
            connection.execute(observation.insert(), _rows(row.first, row.series, np.frombuffer(row.figures, _FIGURE)))
        last = rows[-1].first
    if connection.dialect.name == "postgresql":
        counted = "SELECT setval(pg_get_serial_sequence('observation', 'arrival'), max(arrival)) FROM observation"
        connection.execute(sa.text(counted))
    op.create_index(op.f("ix_observation_series"), "observation", ["series"])
    block.drop(connection)


def _rows(first: int, series: int, figures: npt.NDArray[np.void]) -> list[dict[str, object]]:
    """A block's figures, a row each."""
    columns = {name: figures[name].tolist() for name in _FIGURE.names or ()}
    return [
        {"arrival": arrival, "series": series} | dict(zip(columns, of, strict=True))
        for arrival, of in enumerate(zip(*columns.values(), strict=True), first)
    ]
