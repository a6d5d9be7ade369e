"""Figures as numbers: of their series, of what many have in common, of their month, day and cell; read as columns."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.engine import Dialect

from monitor.store.tables import Day, Instant, cell_address, cell_number, month_number, month_text

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_ROWS = 20_000
_TEXTS = ("feed", "file", "sheet", "unit_of_measure", "basis", "standing", "recorded")


class Month(sa.TypeDecorator[str]):
    """A month, `2024-03`: kept as 202403."""

    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Its number."""
        return None if value is None else month_number(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The text."""
        return None if value is None else month_text(value)


class Cell(sa.TypeDecorator[str]):
    """The address of a cell: kept as `cell_number`."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Its number."""
        return None if value is None else cell_number(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """As it is written."""
        return None if value is None else cell_address(value)


def _in_words() -> sa.Table:
    """The figures as they were kept before."""
    return sa.Table(
        "observation_in_words",
        sa.MetaData(),
        sa.Column("arrival", sa.Integer(), primary_key=True),
        sa.Column("feed", sa.String(100), nullable=False),
        sa.Column("target", sa.String(100), nullable=False),
        sa.Column("unit", sa.String(100), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("value", sa.Float(53), nullable=False),
        sa.Column("unit_of_measure", sa.Text(), nullable=False),
        sa.Column("basis", sa.String(12), nullable=False),
        sa.Column("standing", sa.String(12), nullable=False),
        sa.Column("received", sa.Date(), nullable=False),
        sa.Column("recorded", Instant(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("cell", sa.String(20), nullable=False),
    )


def _in_numbers() -> tuple[sa.Table, sa.Table, sa.Table]:
    """The figures, the series and the origins as they are kept from here on."""
    metadata = sa.MetaData()
    observation = sa.Table(
        "observation",
        metadata,
        sa.Column("arrival", sa.Integer(), primary_key=True),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("period", Month(), nullable=False),
        sa.Column("value", sa.Float(53), nullable=False),
        sa.Column("received", Day(), nullable=False),
        sa.Column("origin", sa.Integer(), nullable=False),
        sa.Column("cell", Cell(), nullable=False),
    )
    series = sa.Table(
        "series",
        metadata,
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("target", sa.String(100), nullable=False),
        sa.Column("unit", sa.String(100), nullable=False),
        sa.UniqueConstraint("target", "unit", name=op.f("uq_series_target_unit")),
    )
    kinds: dict[str, Any] = {
        "feed": sa.String(100),
        "basis": sa.String(12),
        "standing": sa.String(12),
        "recorded": Instant(),
    }
    texts: list[sa.Column[Any]] = [sa.Column(name, kinds.get(name, sa.Text()), nullable=False) for name in _TEXTS]
    origin = sa.Table("origin", metadata, sa.Column("id", sa.Integer(), primary_key=True), *texts)
    for table in metadata.tables.values():
        table.primary_key.name = f"pk_{table.name}"
    return observation, series, origin


def upgrade() -> None:
    """Apply; every figure keeps its arrival number."""
    connection, words = op.get_bind(), _in_words()
    _rename("observation", words.name, ("received", "feed", "unit"))
    observation, series, origin = _in_numbers()
    for table in (series, origin, observation):
        table.create(connection)
    op.create_index(op.f("ix_series_unit"), "series", ["unit"])
    op.create_index(op.f("ix_origin_feed"), "origin", ["feed"])
    pairs, origins = [words.c.target, words.c.unit], [words.c[name] for name in _TEXTS]
    connection.execute(
        series.insert().from_select(["target", "unit"], sa.select(*pairs).group_by(*pairs).order_by(*pairs))
    )
    came = sa.func.min(words.c.arrival)
    connection.execute(origin.insert().from_select(_TEXTS, sa.select(*origins).group_by(*origins).order_by(came)))
    of_series = sa.and_(series.c.target == words.c.target, series.c.unit == words.c.unit)
    of_origin = sa.and_(*(origin.c[name] == words.c[name] for name in _TEXTS))
    query = (
        sa.select(words.c.arrival, series.c.id.label("series"), words.c.period, words.c.value, words.c.received)
        .add_columns(origin.c.id.label("origin"), words.c.cell)
        .join_from(words, series, of_series)
        .join(origin, of_origin)
    )
    _copy(connection, words, query, observation)
    op.create_index(op.f("ix_observation_received"), "observation", ["received"])
    op.create_index(op.f("ix_observation_series"), "observation", ["series"])
    words.drop(connection)


def downgrade() -> None:
    """Undo."""
    connection, words = op.get_bind(), _in_words()
    words.name = "observation"
    observation, series, origin = _in_numbers()
    observation.name = "observation_in_numbers"
    _rename("observation", observation.name, ("received", "series"))
    words.primary_key.name = "pk_observation"
    words.create(connection)
    query = sa.select(
        *(
            (origin if c.name in _TEXTS else series if c.name in ("target", "unit") else observation).c[c.name]
            for c in words.c
        )
    )
    joined = query.join_from(observation, series, series.c.id == observation.c.series)
    _copy(connection, observation, joined.join(origin, origin.c.id == observation.c.origin), words)
    for name in ("received", "feed", "unit"):
        op.create_index(op.f(f"ix_observation_{name}"), "observation", [name])
    for table in (observation, series, origin):
        table.drop(connection)


def _rename(name: str, to: str, indexes: tuple[str, ...]) -> None:
    """Move a table, and all that bears its name, out of the way of the one to come."""
    for each in indexes:
        op.drop_index(op.f(f"ix_{name}_{each}"), name)
    op.rename_table(name, to)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {to} RENAME CONSTRAINT pk_{name} TO pk_{to}")


def _copy(connection: sa.Connection, of: sa.Table, query: sa.Select[tuple[object, ...]], into: sa.Table) -> None:
    """Write what a query finds into another table, in the order of arrival, some rows at a time."""
    last = 0
    while (
        rows := connection.execute(query.where(of.c.arrival > last).order_by(of.c.arrival).limit(_ROWS))
        .mappings()
        .all()
    ):
        connection.execute(into.insert(), [dict(row) for row in rows])
        last = rows[-1]["arrival"]
    if connection.dialect.name == "postgresql":
        connection.execute(
            sa.text(f"SELECT setval(pg_get_serial_sequence('{into.name}', 'arrival'), max(arrival)) FROM {into.name}")  # noqa: S608 - names of ours
        )
