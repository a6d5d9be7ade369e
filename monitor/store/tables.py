"""The database's tables. A change here needs a migration beside it (`migrations/versions/`); a test holds the two together."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Append-only. A corrected figure is a new revision; `received` is the day from which it counts as known.
observation = Table(
    "observation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("feed", String(100), nullable=False),
    Column("target", String(100), nullable=False),
    Column("unit", String(100), nullable=False),
    Column("period", String(7), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("value", Float(53), nullable=False),
    Column("basis", String(12), nullable=False),
    Column("received", Date, nullable=False),
    Column("recorded", DateTime(timezone=True), nullable=False),
    Column("file", Text, nullable=False),
    Column("sheet", Text, nullable=False),
    Column("cell", String(20), nullable=False),
    UniqueConstraint("feed", "target", "unit", "period", "revision"),
    Index(None, "received"),
)

# Figures that could not be used; `current`: still so in the source's last reading.
quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("feed", String(100), nullable=False),
    Column("file", Text, nullable=False),
    Column("sheet", Text, nullable=False),
    Column("cell", String(20), nullable=False),
    Column("found", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("values", Text, nullable=False),
    Column("recorded", DateTime(timezone=True), nullable=False),
    Column("current", Integer, nullable=False),
    UniqueConstraint("feed", "file", "sheet", "cell", "found", "reason"),
)

# Each feed's last reading: `problems` are the files that could not be read.
feed_reading = Table(
    "feed_reading",
    metadata,
    Column("feed", String(100), primary_key=True),
    Column("read", DateTime(timezone=True), nullable=False),
    Column("figures", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
    Column("early", Integer, nullable=False),
    Column("problems", JSON, nullable=False),
)

# Every rule set that ever decided, so that an alert can be explained under the rules that raised it.
ruleset = Table(
    "ruleset",
    metadata,
    Column("version", String(12), primary_key=True),
    Column("resolution", String(100), nullable=False),
    Column("first_used", Date, nullable=False),
    Column("rules", JSON, nullable=False),
)

evaluation = Table(
    "evaluation",
    metadata,
    Column("resolution", String(100), primary_key=True),
    Column("as_of", Date, primary_key=True),
    Column("version", ForeignKey("ruleset.version"), nullable=False),
    Column("findings", Integer, nullable=False),
)

alert = Table(
    "alert",
    metadata,
    Column("fingerprint", String(12), primary_key=True),
    Column("resolution", String(100), nullable=False),
    Column("rule", String(100), nullable=False),
    Column("target", String(100), nullable=False),
    Column("unit", String(100), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("state", String(12), nullable=False),
    Column("held", Integer, nullable=False),
    Column("first_seen", Date, nullable=False),
    Column("last_seen", Date, nullable=False),
    Column("opened", Date),
    Column("resolved", Date),
    Column("closed_by", String(100), nullable=False),
    Column("compiled", String(300), nullable=False),
    Column("version", ForeignKey("ruleset.version"), nullable=False),
    Column("message", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
    Index(None, "resolution", "state"),
)

# Append-only: everything that ever happened to an alert.
alert_event = Table(
    "alert_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("fingerprint", ForeignKey("alert.fingerprint"), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("happening", String(12), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("state", String(12), nullable=False),
    Column("version", String(12), nullable=False),
    Column("by", String(100), nullable=False),
    Column("note", Text, nullable=False),
    Column("message", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
    Index(None, "fingerprint"),
    Index(None, "as_of"),
)

# One row a digest delivered; its key keeps a second delivery out.
delivery = Table(
    "delivery",
    metadata,
    Column("resolution", String(100), primary_key=True),
    Column("route", String(100), primary_key=True),
    Column("as_of", Date, primary_key=True),
    Column("channel", String(20), primary_key=True),
    Column("message_id", String(200), nullable=False),
    Column("delivered", DateTime(timezone=True), nullable=False),
)
