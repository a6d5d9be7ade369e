"""At how many periods an open alert's rule has not held: some end only after several."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. No rule of before waited."""
    with op.batch_alter_table("alert") as table:
        table.add_column(sa.Column("free", sa.Integer(), server_default="0", nullable=False))
        table.add_column(sa.Column("free_period", sa.String(length=7), server_default="", nullable=False))


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("alert") as table:
        table.drop_column("free_period")
        table.drop_column("free")
