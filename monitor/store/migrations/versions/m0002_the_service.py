"""Letters and their deliveries, jobs, silences, the workspace's versions, what remote sources said."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. What was delivered before is kept with empty letters: nobody kept theirs."""
    connection = op.get_bind()
    old = sa.Table("delivery", sa.MetaData(), autoload_with=connection)
    noted = [dict(row) for row in connection.execute(sa.select(old).order_by(old.c.as_of)).mappings()]
    op.drop_table("delivery")
    letter, delivery = _letters()
    _others()
    letters: dict[tuple[Any, ...], int] = {}
    for row in noted:
        key = (row["resolution"], row["route"], row["as_of"])
        if key not in letters:
            digest = {"resolution": key[0], "route": key[1], "as_of": key[2], "kind": "digest", "number": 1}
            digest |= {"composed": row["delivered"], "subject": "", "text": "", "html": "", "told": []}
            letters[key] = connection.execute(letter.insert().values(digest).returning(letter.c.id)).scalar_one()
        sent = {"letter": letters[key], "recipient": row["channel"], "message_id": row["message_id"]}
        sent |= {"state": "delivered", "attempts": 1, "due": row["delivered"], "delivered": row["delivered"]}
        connection.execute(delivery.insert().values(sent | {"confirmed": [], "error": ""}))


def _letters() -> tuple[sa.Table, sa.Table]:
    letter = op.create_table(
        "letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("resolution", sa.String(length=100), nullable=False),
        sa.Column("route", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("composed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint(
            "resolution", "route", "kind", "as_of", "number", name=op.f("uq_letter_resolution_route_kind_as_of_number")
        ),
    )
    op.create_table(
        "attachment",
        sa.Column("letter", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("media", sa.String(length=100), nullable=False),
        sa.Column("inline", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["letter"], ["letter.id"], name=op.f("fk_attachment_letter")),
        sa.PrimaryKeyConstraint("letter", "name", name=op.f("pk_attachment")),
    )
    delivery = op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.String(length=100), nullable=False),
        sa.Column("message_id", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("delivered", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["letter"], ["letter.id"], name=op.f("fk_delivery_letter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("letter", "recipient", name=op.f("uq_delivery_letter_recipient")),
    )
    op.create_index(op.f("ix_delivery_state_due"), "delivery", ["state", "due"])
    return letter, delivery


def _others() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.String(length=110), nullable=False),
        sa.Column("planned", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_table(
        "silence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("matchers", sa.JSON(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=False),
        sa.Column("recorded", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silence")),
    )
    op.create_table(
        "workspace_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("rulesets", sa.JSON(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspace_version")),
    )
    op.create_table(
        "source_state",
        sa.Column("feed", sa.String(length=100), nullable=False),
        sa.Column("declared", sa.String(length=64), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("taken", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("feed", name=op.f("pk_source_state")),
    )
