"""The database's tables. A change here needs a migration beside it (`migrations/versions/`); a test holds the two together."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect

from monitor.feeds.grid import column_of, letters_of


class Instant(TypeDecorator[datetime]):
    """A moment with its zone: kept in UTC, also by a database that knows no zones, and so in order when compared there."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To UTC. Raises ValueError for a moment without a zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no zone")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """In UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def month_number(month: str) -> int:
    """202403 for `2024-03`."""
    return int(month[:4]) * 100 + int(month[5:])


def month_text(number: int) -> str:
    """`2024-03` of 202403."""
    return f"{number // 100:04}-{number % 100:02}"


def day_number(day: date) -> int:
    """20240320 for the 20th of March 2024."""
    return day.year * 10000 + day.month * 100 + day.day


def day_of(number: int) -> date:
    """The day of 20240320."""
    return date(number // 10000, number // 100 % 100, number % 100)


class Day(TypeDecorator[date]):
    """A day: kept as 20240320."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Its number."""
        return None if value is None else day_number(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> date | None:  # noqa: ARG002
        """The day."""
        return None if value is None else day_of(value)


# How the address of a cell is written: `B7` of a workbook, `7:2` (line:column) of a text, `7` of a form.
_ADDRESS = re.compile(
    r"(?P<letters>[A-Z]{1,3})(?P<row>\d{1,8})|(?P<line>\d{1,8}):(?P<column>\d{1,7})|(?P<number>\d{1,8})"
)
_OF_BOOK, _OF_TEXT, _OF_FORM = range(3)


def cell_number(address: str) -> int:
    """One number of a cell's row, its column, and how its address is written. Raises ValueError for what is no address."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise ValueError(f"{address!r} is no address of a cell")
    if match["line"]:
        return int(match["line"]) << 24 | int(match["column"]) << 2 | _OF_TEXT
    if match["number"]:
        return int(match["number"]) << 24 | _OF_FORM
    return int(match["row"]) << 24 | column_of(match["letters"]) + 1 << 2 | _OF_BOOK


def cell_address(number: int) -> str:
    """The address as it is written, of a `cell_number`."""
    row, column, kind = number >> 24, number >> 2 & 0x3FFFFF, number & 3
    if kind == _OF_TEXT:
        return f"{row}:{column}"
    return f"{letters_of(column - 1)}{row}" if kind == _OF_BOOK else str(row)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# What has reported, or is reported of: a number for each target of a unit.
series = Table(
    "series",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("target", String(100), nullable=False),
    Column("unit", String(100), nullable=False),
    UniqueConstraint("target", "unit"),
    Index(None, "unit"),
)

# What many figures have in common: the sheet they stand in, and as what. `unit_of_measure`: the target's own when they were
# stored (empty, of figures of before 0004: as it is now). None of its figures counts from a later day than `newest`, none arrived
# before the number `first`.
origin = Table(
    "origin",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("feed", String(100), nullable=False),
    Column("file", Text, nullable=False),
    Column("sheet", Text, nullable=False),
    Column("unit_of_measure", Text, nullable=False),
    Column("basis", String(12), nullable=False),
    Column("standing", String(12), nullable=False),
    Column("recorded", Instant, nullable=False),
    Column("newest", Day, nullable=False, server_default="0"),
    Column("first", Integer, nullable=False, server_default="0"),
    Index(None, "feed"),
)

# All figures of a series, as they came (store.figures): they are added to, and never changed. Each has an `arrival` number,
# counted for all series: what came later has the greater; `last`: that of the last of them. No foreign keys, which PostgreSQL
# would look up one by one; nothing is ever taken out of the tables that they number.
series_figures = Table(
    "series_figures",
    metadata,
    Column("series", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
    Column("figures", LargeBinary, nullable=False),
    CheckConstraint("length(figures) % 32 = 0", name="ck_series_figures_whole"),
    Index(None, "last"),
)

# Figures that could not be used; `current`: still so in the source's last reading; `identity`: the hash of all that tells one
# from another, which may be longer than an index takes.
quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("identity", String(64), nullable=False),
    Column("feed", String(100), nullable=False),
    Column("file", Text, nullable=False),
    Column("sheet", Text, nullable=False),
    Column("cell", String(20), nullable=False),
    Column("found", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("values", Text, nullable=False),
    Column("recorded", Instant, nullable=False),
    Column("current", Integer, nullable=False),
    UniqueConstraint("identity"),
)

# Each feed's last reading: `problems` are the files that could not be read.
feed_reading = Table(
    "feed_reading",
    metadata,
    Column("feed", String(100), primary_key=True),
    Column("read", Instant, nullable=False),
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

# What the last evaluation of a resolution left for the next: `as_of`: as of which day it was recorded; `version`: of all that it
# followed from but the figures (empty: nothing more is kept); `known`: what it knew of the series together (model as
# monitor.standing.known.Known).
standing = Table(
    "standing",
    metadata,
    Column("resolution", String(100), primary_key=True),
    Column("as_of", Date, nullable=False),
    Column("version", String(64), nullable=False),
    Column("known", JSON, nullable=False),
)

# The figures of one unit that its series stood by then: series x months, float64 as it is in memory; `marks`: a byte a
# series (monitor.standing.known.Values).
standing_unit = Table(
    "standing_unit",
    metadata,
    Column("resolution", String(100), primary_key=True),
    Column("unit", String(100), primary_key=True),
    Column("figures", LargeBinary, nullable=False),
    Column("marks", LargeBinary, nullable=False),
)

# `holds`: its rule held at the last evaluation, whose day stands for a later `last_seen`; `evidence`: `null` where it is that of
# its last event.
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
    Column("free", Integer, nullable=False, server_default="0"),
    Column("free_period", String(7), nullable=False, server_default=""),
    Column("period", String(7), nullable=False, server_default=""),
    Column("first_seen", Date, nullable=False),
    Column("last_seen", Date, nullable=False),
    Column("holds", Integer, nullable=False, server_default="0"),
    Column("opened", Date),
    Column("resolved", Date),
    Column("closed_by", String(100), nullable=False),
    Column("compiled", String(300), nullable=False),
    Column("version", ForeignKey("ruleset.version"), nullable=False),
    Column("message", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
    Index(None, "resolution", "state"),
    Index(None, "resolution", "unit"),
    Index(None, "closed_by"),
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

# Append-only: everything that a person did. `door`: command, page, api or letter; `subject`: what it was done to; `details`: what
# no other table tells of it.
act = Table(
    "act",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("recorded", Instant, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("deed", String(20), nullable=False),
    Column("who", String(100), nullable=False),
    Column("door", String(10), nullable=False),
    Column("why", Text, nullable=False),
    Column("subject", String(300), nullable=False),
    Column("details", JSON, nullable=False),
    Index(None, "subject"),
)

# A question to whoever answers for a series. `escalated`: the day on which it was told that no answer has come; else append-only.
request = Table(
    "request",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("resolution", String(100), nullable=False),
    Column("target", String(100), nullable=False),
    Column("unit", String(100), nullable=False),
    Column("owner", String(100), nullable=False),
    Column("alert", String(12), nullable=False),
    Column("asked_by", String(100), nullable=False),
    Column("asked", Date, nullable=False),
    Column("due", Date, nullable=False),
    Column("question", Text, nullable=False),
    Column("escalated", Date),
    Column("recorded", Instant, nullable=False),
    Index(None, "resolution"),
)

# Append-only: the last answer to a request is the one that stands. `causes`: of the declared list.
answer = Table(
    "answer",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("request", ForeignKey("request.id"), nullable=False),
    Column("who", String(100), nullable=False),
    Column("day", Date, nullable=False),
    Column("causes", JSON, nullable=False),
    Column("because", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Column("expected", Float(53)),
    Column("by", Date, nullable=False),
    Column("recorded", Instant, nullable=False),
    Index(None, "request"),
)

# Accounts. `password`: argon2; `grants`: role, resolutions, units, owners of each; never removed, so that the history keeps its
# names.
person = Table(
    "person",
    metadata,
    Column("login", String(100), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("password", Text, nullable=False),
    Column("grants", JSON, nullable=False),
    Column("active", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked", Instant),
)

# What opens the doors: a session of the page, a token of the API, a link of a letter. `hash`: of the secret, which is kept
# nowhere; `opens`: session, token or link; `subject`: of a link, the one thing that it opens; `csrf`: of a session, what its
# forms carry; `used`: when a link was acted by.
key = Table(
    "key",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("opens", String(10), nullable=False),
    Column("login", String(100), nullable=False),
    Column("subject", String(100), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("made", Instant, nullable=False),
    Column("expires", Instant, nullable=False),
    Column("used", Instant),
    Index(None, "login"),
)

# A letter as it was composed: a digest (one a route and day), an urgent one (`number`: of the day), or one about the monitor
# itself. `told`: the alerts it tells of, by fingerprint; `last_event`: up to which event a digest tells.
letter = Table(
    "letter",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("resolution", String(100), nullable=False),
    Column("route", String(100), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("number", Integer, nullable=False),
    Column("composed", Instant, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("told", JSON, nullable=False),
    Column("last_event", Integer),
    UniqueConstraint("resolution", "route", "kind", "as_of", "number"),
)

attachment = Table(
    "attachment",
    metadata,
    Column("letter", ForeignKey("letter.id"), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("media", String(100), nullable=False),
    Column("inline", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

# The outbox: one row a letter and recipient. `confirmed`: digests of the addresses that have it, so that a second attempt
# leaves them out; `claimed`: until when somebody is at it, and nobody else may be; `token`: whose claim it is.
delivery = Table(
    "delivery",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("letter", ForeignKey("letter.id"), nullable=False),
    Column("recipient", String(100), nullable=False),
    Column("message_id", String(300), nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", Instant, nullable=False),
    Column("claimed", Instant),
    Column("token", String(32)),
    Column("confirmed", JSON, nullable=False),
    Column("error", Text, nullable=False),
    Column("delivered", Instant),
    UniqueConstraint("letter", "recipient"),
    Index(None, "state", "due"),
)

# Each scheduled job's last run. `planned`: the time it was due; `outcome`: running, done, failed.
job = Table(
    "job",
    metadata,
    Column("id", String(110), primary_key=True),
    Column("planned", Instant, nullable=False),
    Column("started", Instant, nullable=False),
    Column("finished", Instant),
    Column("outcome", String(10), nullable=False),
    Column("detail", Text, nullable=False),
)

# Append-only but for its end. `matchers`: field -> values that an alert must have.
silence = Table(
    "silence",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("author", String(100), nullable=False),
    Column("reason", Text, nullable=False),
    Column("matchers", JSON, nullable=False),
    Column("starts", Date, nullable=False),
    Column("ends", Date, nullable=False),
    Column("recorded", Instant, nullable=False),
    Column("ended_by", String(100), nullable=False),
)

# Every state of the workspace's files that was read while serving. `problems`: why it was refused (none: it came into force);
# `rulesets`: resolution -> the version of its rule set, which alerts name; `files`: path -> text. `by`, `why`: who applied it by
# hand, and why; empty where it came into force by being saved.
workspace_version = Table(
    "workspace_version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("seen", Instant, nullable=False),
    Column("problems", JSON, nullable=False),
    Column("rulesets", JSON, nullable=False),
    Column("files", JSON, nullable=False),
    Column("by", String(100), nullable=False, server_default=""),
    Column("why", Text, nullable=False, server_default=""),
)

# What a remote source said of its content when it was last taken over, so that the same is not fetched again.
source_state = Table(
    "source_state",
    metadata,
    Column("feed", String(100), primary_key=True),
    Column("declared", String(64), nullable=False),
    Column("tag", Text, nullable=False),
    Column("taken", Instant, nullable=False),
)

# What was taken over from each file of a feed, so that the same is not read again. `declared`: how it was read then.
source_piece = Table(
    "source_piece",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("feed", String(100), nullable=False),
    Column("name", Text, nullable=False),
    Column("declared", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Index(None, "feed"),
)
