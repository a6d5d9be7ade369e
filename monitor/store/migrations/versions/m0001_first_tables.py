"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "delivery",
        sa.Column("resolution", sa.String(length=100), nullable=False),
        sa.Column("route", sa.String(length=100), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("delivered", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("resolution", "route", "as_of", "channel", name=op.f("pk_delivery")),
    )
    op.create_table(
        "feed_reading",
        sa.Column("feed", sa.String(length=100), nullable=False),
        sa.Column("read", sa.DateTime(timezone=True), nullable=False),
        sa.Column("figures", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.Column("early", sa.Integer(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("feed", name=op.f("pk_feed_reading")),
    )
    op.create_table(
        "observation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feed", sa.String(length=100), nullable=False),
        sa.Column("target", sa.String(length=100), nullable=False),
        sa.Column("unit", sa.String(length=100), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("value", sa.Float(precision=53), nullable=False),
        sa.Column("basis", sa.String(length=12), nullable=False),
        sa.Column("received", sa.Date(), nullable=False),
        sa.Column("recorded", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("cell", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observation")),
        sa.UniqueConstraint(
            "feed", "target", "unit", "period", "revision", name=op.f("uq_observation_feed_target_unit_period_revision")
        ),
    )
    with op.batch_alter_table("observation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_observation_received"), ["received"], unique=False)

    op.create_table(
        "quarantine",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feed", sa.String(length=100), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("cell", sa.String(length=20), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("values", sa.Text(), nullable=False),
        sa.Column("recorded", sa.DateTime(timezone=True), nullable=False),
        sa.Column("current", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint(
            "feed",
            "file",
            "sheet",
            "cell",
            "found",
            "reason",
            name=op.f("uq_quarantine_feed_file_sheet_cell_found_reason"),
        ),
    )
    op.create_table(
        "ruleset",
        sa.Column("version", sa.String(length=12), nullable=False),
        sa.Column("resolution", sa.String(length=100), nullable=False),
        sa.Column("first_used", sa.Date(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_ruleset")),
    )
    op.create_table(
        "alert",
        sa.Column("fingerprint", sa.String(length=12), nullable=False),
        sa.Column("resolution", sa.String(length=100), nullable=False),
        sa.Column("rule", sa.String(length=100), nullable=False),
        sa.Column("target", sa.String(length=100), nullable=False),
        sa.Column("unit", sa.String(length=100), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("first_seen", sa.Date(), nullable=False),
        sa.Column("last_seen", sa.Date(), nullable=False),
        sa.Column("opened", sa.Date(), nullable=True),
        sa.Column("resolved", sa.Date(), nullable=True),
        sa.Column("closed_by", sa.String(length=100), nullable=False),
        sa.Column("compiled", sa.String(length=300), nullable=False),
        sa.Column("version", sa.String(length=12), nullable=False),
        sa.Column("message", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["version"], ["ruleset.version"], name=op.f("fk_alert_version")),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_alert")),
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_resolution_state"), ["resolution", "state"], unique=False)

    op.create_table(
        "evaluation",
        sa.Column("resolution", sa.String(length=100), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("version", sa.String(length=12), nullable=False),
        sa.Column("findings", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["version"], ["ruleset.version"], name=op.f("fk_evaluation_version")),
        sa.PrimaryKeyConstraint("resolution", "as_of", name=op.f("pk_evaluation")),
    )
    op.create_table(
        "alert_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=12), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("happening", sa.String(length=12), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.String(length=12), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("message", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["fingerprint"], ["alert.fingerprint"], name=op.f("fk_alert_event_fingerprint")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_event")),
    )
    with op.batch_alter_table("alert_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_event_as_of"), ["as_of"], unique=False)
        batch_op.create_index(batch_op.f("ix_alert_event_fingerprint"), ["fingerprint"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("alert_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_event_fingerprint"))
        batch_op.drop_index(batch_op.f("ix_alert_event_as_of"))

    op.drop_table("alert_event")
    op.drop_table("evaluation")
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_resolution_state"))

    op.drop_table("alert")
    op.drop_table("ruleset")
    op.drop_table("quarantine")
    with op.batch_alter_table("observation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_observation_received"))

    op.drop_table("observation")
    op.drop_table("feed_reading")
    op.drop_table("delivery")
