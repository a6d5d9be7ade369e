"""What is counted by its number: the period at which an alert was counted last, the last event a digest tells of, a claim."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. What stands is counted from the period of its figures; digests of before told of the events until their day."""
    with op.batch_alter_table("alert") as table:
        table.add_column(sa.Column("period", sa.String(7), nullable=False, server_default=""))
    with op.batch_alter_table("letter") as table:
        table.add_column(sa.Column("last_event", sa.Integer()))
    with op.batch_alter_table("delivery") as table:
        table.add_column(sa.Column("token", sa.String(32)))
    connection = op.get_bind()
    c = sa.table(
        "alert",
        sa.column("fingerprint", sa.String()),
        sa.column("period", sa.String()),
        sa.column("last_seen", sa.Date()),
        sa.column("evidence", sa.JSON()),
    )
    for name, last_seen, evidence in connection.execute(sa.select(c.c.fingerprint, c.c.last_seen, c.c.evidence)).all():
        period = _period(evidence, last_seen)
        connection.execute(c.update().where(c.c.fingerprint == name).values(period=period))
    connection.execute(
        sa.text(
            "UPDATE letter SET last_event = COALESCE((SELECT MAX(alert_event.id) FROM alert_event "
            "JOIN alert ON alert.fingerprint = alert_event.fingerprint "
            "WHERE alert.resolution = letter.resolution AND alert_event.as_of <= letter.as_of), 0) WHERE kind = 'digest'"
        )
    )


def _period(evidence: Any, last_seen: date) -> str:
    found = evidence.get("period") if isinstance(evidence, dict) else None
    return found if isinstance(found, str) and found else f"{last_seen:%Y-%m}"


def downgrade() -> None:
    """Undo."""
    for name, column in (("delivery", "token"), ("letter", "last_event"), ("alert", "period")):
        with op.batch_alter_table(name) as table:
            table.drop_column(column)
