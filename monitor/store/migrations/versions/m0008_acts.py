"""Everything that people do, by whichever door, in one history that the database itself keeps append-only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. What was done before stands in the tables of what it was done to."""
    op.create_table(
        "act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recorded", sa.DateTime(timezone=True), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("deed", sa.String(length=20), nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("door", sa.String(length=10), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act")),
    )
    op.create_index(op.f("ix_act_subject"), "act", ["subject"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION acts_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the history of acts is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER act_append_only BEFORE UPDATE OR DELETE ON act "
            "FOR EACH ROW EXECUTE FUNCTION acts_append_only()"
        )
        return
    for deed in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER act_no_{deed} BEFORE {deed.upper()} ON act "
            "BEGIN SELECT RAISE(ABORT, 'the history of acts is append-only'); END"
        )


def downgrade() -> None:
    """Undo."""
    op.drop_table("act")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION acts_append_only()")
