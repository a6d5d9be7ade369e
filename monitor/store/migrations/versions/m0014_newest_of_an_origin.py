"""The last day from which a figure of an origin counts, and its first arrival, in place of an index of all figures' days."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.store.tables import Day

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ORIGIN = sa.table("origin", sa.column("id", sa.Integer), sa.column("newest", Day), sa.column("first", sa.Integer))
_OBSERVATION = sa.table(
    "observation", sa.column("arrival", sa.Integer), sa.column("received", Day), sa.column("origin", sa.Integer)
)


def upgrade() -> None:
    """Ask each origin's figures once."""
    # Of an origin without figures, so that nobody looks for any.
    op.add_column("origin", sa.Column("newest", Day(), nullable=False, server_default="0"))
    op.add_column("origin", sa.Column("first", sa.Integer(), nullable=False, server_default="0"))
    connection, c = op.get_bind(), _OBSERVATION.c
    query = sa.select(c.origin, sa.func.max(c.received).label("newest"), sa.func.min(c.arrival).label("first"))
    found = [
        {"of": row.origin, "n": row.newest, "f": row.first} for row in connection.execute(query.group_by(c.origin))
    ]
    if found:
        values = {"newest": sa.bindparam("n", type_=Day), "first": sa.bindparam("f")}
        connection.execute(_ORIGIN.update().where(_ORIGIN.c.id == sa.bindparam("of")).values(values), found)
    op.drop_index(op.f("ix_observation_received"), "observation")


def downgrade() -> None:
    """The index again."""
    op.create_index(op.f("ix_observation_received"), "observation", ["received"])
    op.drop_column("origin", "newest")
    op.drop_column("origin", "first")
