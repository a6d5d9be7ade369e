"""A figure as a whole fact: its unit of measure, its standing, one arrival number for all feeds; quarantined text of
any length.
"""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_UNIQUE = "uq_observation_feed_target_unit_period_revision"
_OLD_KEY = ("feed", "file", "sheet", "cell", "found", "reason")


def upgrade() -> None:
    """Apply. Figures arrived in the order in which they were stored; their unit of measure is taken to be the target's
    of today.
    """
    with op.batch_alter_table("observation") as table:
        table.alter_column("id", new_column_name="arrival", existing_type=sa.Integer(), existing_nullable=False)
        table.add_column(sa.Column("unit_of_measure", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("standing", sa.String(12), nullable=False, server_default=""))
        table.drop_constraint(_UNIQUE, type_="unique")
        table.drop_column("revision")
        table.create_index("ix_observation_feed", ["feed"])
    with op.batch_alter_table("observation") as table:
        table.alter_column("unit_of_measure", server_default=None, existing_type=sa.Text())
        table.alter_column("standing", server_default=None, existing_type=sa.String(12))
    with op.batch_alter_table("quarantine") as table:
        table.add_column(sa.Column("identity", sa.String(64), nullable=False, server_default=""))
    connection = op.get_bind()
    quarantine = sa.Table("quarantine", sa.MetaData(), autoload_with=connection)
    columns = [quarantine.c[name] for name in _OLD_KEY]
    for identifier, *parts in connection.execute(sa.select(quarantine.c.id, *columns)).all():
        identity = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
        connection.execute(quarantine.update().where(quarantine.c.id == identifier).values(identity=identity))
    with op.batch_alter_table("quarantine") as table:
        table.alter_column("identity", server_default=None, existing_type=sa.String(64))
        table.drop_constraint("uq_quarantine_feed_file_sheet_cell_found_reason", type_="unique")
        table.create_unique_constraint("uq_quarantine_identity", ["identity"])


def downgrade() -> None:
    """Undo. Revisions are counted again, a feed at a time."""
    connection = op.get_bind()
    with op.batch_alter_table("quarantine") as table:
        table.drop_constraint("uq_quarantine_identity", type_="unique")
        table.drop_column("identity")
        table.create_unique_constraint("uq_quarantine_feed_file_sheet_cell_found_reason", list(_OLD_KEY))
    with op.batch_alter_table("observation") as table:
        table.drop_index("ix_observation_feed")
        table.alter_column("arrival", new_column_name="id", existing_type=sa.Integer(), existing_nullable=False)
        table.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
        table.drop_column("standing")
        table.drop_column("unit_of_measure")
    o = sa.Table("observation", sa.MetaData(), autoload_with=connection)
    count = sa.func.row_number().over(partition_by=(o.c.feed, o.c.target, o.c.unit, o.c.period), order_by=o.c.id)
    for identifier, revision_ in connection.execute(sa.select(o.c.id, count)).all():
        connection.execute(o.update().where(o.c.id == identifier).values(revision=revision_))
    with op.batch_alter_table("observation") as table:
        table.alter_column("revision", server_default=None, existing_type=sa.Integer())
        table.create_unique_constraint(_UNIQUE, ["feed", "target", "unit", "period", "revision"])
