"""Who put a version of the files in force, and why; the history of alerts made append-only by the database itself."""

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
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the history of alerts is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER alert_event_append_only BEFORE UPDATE OR DELETE ON alert_event "
            "FOR EACH ROW EXECUTE FUNCTION append_only()"
        )
        return
    for deed in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER alert_event_no_{deed} BEFORE {deed.upper()} ON alert_event "
            "BEGIN SELECT RAISE(ABORT, 'the history of alerts is append-only'); END"
        )


def downgrade() -> None:
    """Undo."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER alert_event_append_only ON alert_event")
        op.execute("DROP FUNCTION append_only()")
    else:
        op.execute("DROP TRIGGER alert_event_no_update")
        op.execute("DROP TRIGGER alert_event_no_delete")
    with op.batch_alter_table("workspace_version") as table:
        table.drop_column("why")
        table.drop_column("by")
