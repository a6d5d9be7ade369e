"""Who put a version of the files in force, and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Versions of before came into force by themselves."""
    with op.batch_alter_table("workspace_version") as table:
        table.add_column(sa.Column("by", sa.String(100), nullable=False, server_default=""))
        table.add_column(sa.Column("why", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("workspace_version") as table:
        table.drop_column("why")
        table.drop_column("by")
