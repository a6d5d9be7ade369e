"""Whether the service can do its work here, and what to do about it if not."""

from __future__ import annotations

import os
import shutil
import smtplib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from monitor import pipeline
from monitor import workspace as workspaces
from monitor.acts.provider import provider
from monitor.alerts.channels import smtp
from monitor.language import ZONE, Language
from monitor.model.problem import Problem, Problems
from monitor.store.database import writing
from monitor.store.observations import last_reading
from monitor.workspace import Workspace

# Below this the disk is called full: a year of the shipped workspace takes a tenth of it.
LEAST_FREE = 200 * 2**20
_ZONE_HOURS = timedelta(hours=7)
_PATIENCE = 10.0  # seconds

# What was looked at, whether it is well, and what was found: in the reader's language.
Finding = tuple[str, bool, str]


def examine(
    root: Path, opened: Callable[[], Engine], environment: Mapping[str, str], speaks: Language, *, feeds: bool
) -> Iterator[Finding]:
    """Try everything that the service needs: files, database, clock, disk, mail server, recipients; `feeds`: each feed too."""
    say = speaks.say
    read = None
    try:
        read = workspaces.load(root)
        yield (
            say("Files"),
            True,
            say("{count} feeds, {routes} routes", count=len(read.feeds), routes=len(read.alerts.routes)),
        )
    except Problems as found:
        yield say("Files"), False, _first(found, speaks)
    engine = None
    try:
        engine = opened()
        yield say("Database"), True, _database(engine, speaks)
    except (Problems, SQLAlchemyError) as error:
        yield (
            say("Database"),
            False,
            _first(error, speaks) if isinstance(error, Problems) else str(error).splitlines()[0],
        )
    yield _clock(engine, speaks)
    yield _disk(root, speaks)
    yield from _provider(environment, speaks)
    if read is not None:
        yield from _recipients(read, environment, speaks)
        if feeds:
            yield from (_feed(read, n, environment, speaks) for n in range(len(read.feeds)))


def _first(found: Problems, speaks: Language) -> str:
    rest = len(found.problems) - 1
    text = f"{found.problems[0].place()}: {found.problems[0].text(speaks)}"
    return text if not rest else speaks.say("{first} (and {count} more: monitor check)", first=text, count=rest)


def _database(engine: Engine, speaks: Language) -> str:
    """Its kind; that it can be written to is tried, and taken back."""
    with writing(engine) as connection, connection.begin_nested() as attempt:
        connection.execute(text("CREATE TABLE doctor (x INTEGER)"))
        attempt.rollback()
    return speaks.say("{kind}, newest schema, can be written to", kind=engine.dialect.name)


def _clock(engine: Engine | None, speaks: Language) -> Finding:
    """The zone is the city's, and time does not lie before what is in the database."""
    now = datetime.now(UTC)
    shown = speaks.moment(now)
    if now.astimezone(ZONE).utcoffset() != _ZONE_HOURS:
        return speaks.say("Clock"), False, speaks.say("the zone data of Asia/Ho_Chi_Minh are wrong: {time}", time=shown)
    last = None
    if engine is not None:
        with engine.connect() as connection:
            last = last_reading(connection)
    if last is not None and last > now + timedelta(minutes=5):
        return (
            speaks.say("Clock"),
            False,
            speaks.say("it is {time}, but a feed was read at {last}", time=shown, last=speaks.moment(last)),
        )
    return speaks.say("Clock"), True, shown


def _disk(root: Path, speaks: Language) -> Finding:
    free = shutil.disk_usage(root).free
    said = speaks.say("{count} MB free", count=speaks.number(free // 2**20))
    return speaks.say("Disk"), free >= LEAST_FREE and os.access(root, os.W_OK), said


def _provider(environment: Mapping[str, str], speaks: Language) -> Iterator[Finding]:
    """Who vouches for people, where anybody does."""
    try:
        of = provider(environment)
        if of is not None:
            httpx.get(of.described_at, timeout=_PATIENCE).raise_for_status()
            yield "OpenID Connect", True, speaks.say("it answers")
    except Problems as found:
        yield "OpenID Connect", False, _first(found, speaks)
    except httpx.HTTPError as error:
        yield "OpenID Connect", False, str(error)


def _recipients(read: Workspace, environment: Mapping[str, str], speaks: Language) -> Iterator[Finding]:
    try:
        known = workspaces.addresses(read.root, environment.get("MONITOR_ADDRESSES"))
    except Problems as found:
        yield speaks.say("Recipients"), False, _first(found, speaks)
    else:
        missing: list[Problem] = known.missing(read.alerts.routes)
        told = speaks.say("{count} recipients have an address", count=len(known.known))
        yield speaks.say("Recipients"), not missing, _first(Problems(missing), speaks) if missing else told
    server = environment.get("MONITOR_SMTP_URL")
    if not server:
        yield speaks.say("Mail server"), False, speaks.say("no mail server is named (MONITOR_SMTP_URL)")
        return
    try:
        with smtp.connect(server) as session:
            session.noop()
        yield speaks.say("Mail server"), True, speaks.say("it answers")
    except (OSError, smtplib.SMTPException) as error:
        yield speaks.say("Mail server"), False, str(error)


def _feed(read: Workspace, n: int, environment: Mapping[str, str], speaks: Language) -> Finding:
    """Fetched and read, but not stored."""
    feed = read.feeds[n]
    opened = pipeline.open_source(read, feed, environment)
    if opened.problems:
        return f"feed {feed.id}", False, _first(Problems(opened.problems), speaks)
    return f"feed {feed.id}", True, speaks.say("{count} figures", count=len(opened.reading.observations))
