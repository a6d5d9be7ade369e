"""What an evaluation leaves for the next, so that only what has changed is assessed anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "standing",
        sa.Column("resolution", sa.String(length=100), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("known", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("resolution", name=op.f("pk_standing")),
    )
    op.create_table(
        "standing_unit",
        sa.Column("resolution", sa.String(length=100), nullable=False),
        sa.Column("unit", sa.String(length=100), nullable=False),
        sa.Column("figures", sa.LargeBinary(), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("resolution", "unit", name=op.f("pk_standing_unit")),
    )
    op.add_column("alert", sa.Column("holds", sa.Integer(), nullable=False, server_default="0"))
    op.create_index(op.f("ix_alert_resolution_unit"), "alert", ["resolution", "unit"])
    op.create_index(op.f("ix_alert_closed_by"), "alert", ["closed_by"])
    op.create_index(op.f("ix_observation_unit"), "observation", ["unit"])


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_observation_unit"), "observation")
    op.drop_index(op.f("ix_alert_closed_by"), "alert")
    op.drop_index(op.f("ix_alert_resolution_unit"), "alert")
    op.drop_column("alert", "holds")
    op.drop_table("standing_unit")
    op.drop_table("standing")
