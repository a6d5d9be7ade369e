"""What was taken over from each file of a feed, by its content."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Every file is read once more."""
    op.create_table(
        "source_piece",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feed", sa.String(length=100), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("declared", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_piece")),
    )
    op.create_index(op.f("ix_source_piece_feed"), "source_piece", ["feed"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("source_piece")
