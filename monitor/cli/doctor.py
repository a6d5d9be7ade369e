"""`monitor doctor`: whether the service can do its work here, and what to do about it if not."""

from __future__ import annotations

import os
import shutil
import smtplib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from monitor import pipeline
from monitor import workspace as workspaces
from monitor.alerts.channels import smtp
from monitor.cli.frame import (
    HERE,
    Form,
    FormatOption,
    Where,
    language,
    open_store_at,
    options,
    print_json,
    print_table,
    say,
)
from monitor.language import ZONE
from monitor.model.problem import Problem, Problems
from monitor.store.database import writing
from monitor.store.observations import last_reading
from monitor.workspace import Workspace

# Below this the disk is called full: a year of the shipped workspace takes a tenth of it.
LEAST_FREE = 200 * 2**20
_ZONE_HOURS = timedelta(hours=7)

Finding = tuple[str, bool, str]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(doctor))


def doctor(
    feeds: Annotated[bool, typer.Option("--feeds/--no-feeds", help="Also fetch every feed.")] = True,
    where: Where = HERE,
    form: FormatOption = Form.TABLE,
) -> None:
    """Try everything that the service needs: files, database, clock, disk, mail server, feeds, recipients. Exit 1 if
    any is amiss.
    """
    root = (where.workspace or Path.cwd()).resolve()
    found = list(_examine(root, where.database, feeds))
    if form is Form.JSON:
        print_json([{"what": what, "well": well, "found": said} for what, well, said in found])
    else:
        print_table(
            [say(h) for h in ("What", "Well", "Found")],
            [[what, say("yes") if well else say("NO"), said] for what, well, said in found],
        )
    if not all(well for _, well, _ in found):
        sys.exit(1)


def _examine(root: Path, database: str | None, feeds: bool) -> Iterator[Finding]:
    read = None
    try:
        read = workspaces.load(root)
        yield (
            say("Files"),
            True,
            say("{count} feeds, {routes} routes", count=len(read.feeds), routes=len(read.alerts.routes)),
        )
    except Problems as found:
        yield say("Files"), False, _first(found)
    engine = None
    try:
        engine = open_store_at(root, database)
        yield say("Database"), True, _database(engine)
    except (Problems, SQLAlchemyError) as error:
        yield say("Database"), False, _first(error) if isinstance(error, Problems) else str(error).splitlines()[0]
    yield _clock(engine)
    yield _disk(root)
    if read is not None:
        yield from _recipients(read)
        if feeds:
            yield from (_feed(read, n) for n in range(len(read.feeds)))


def _first(found: Problems) -> str:
    rest = len(found.problems) - 1
    text = f"{found.problems[0].place()}: {found.problems[0].text(language())}"
    return text if not rest else say("{first} (and {count} more: monitor check)", first=text, count=rest)


def _database(engine: Engine) -> str:
    """Its kind; that it can be written to is tried, and taken back."""
    with writing(engine) as connection, connection.begin_nested() as attempt:
        connection.execute(text("CREATE TABLE doctor (x INTEGER)"))
        attempt.rollback()
    return say("{kind}, newest schema, can be written to", kind=engine.dialect.name)


def _clock(engine: Engine | None) -> Finding:
    """The zone is the city's, and time does not lie before what is in the database."""
    now = datetime.now(UTC)
    shown = language().moment(now)
    if now.astimezone(ZONE).utcoffset() != _ZONE_HOURS:
        return say("Clock"), False, say("the zone data of Asia/Ho_Chi_Minh are wrong: {time}", time=shown)
    last = None
    if engine is not None:
        with engine.connect() as connection:
            last = last_reading(connection)
    if last is not None and last > now + timedelta(minutes=5):
        return (
            say("Clock"),
            False,
            say("it is {time}, but a feed was read at {last}", time=shown, last=language().moment(last)),
        )
    return say("Clock"), True, shown


def _disk(root: Path) -> Finding:
    free = shutil.disk_usage(root).free
    said = say("{count} MB free", count=language().number(free // 2**20))
    return say("Disk"), free >= LEAST_FREE and os.access(root, os.W_OK), said


def _recipients(read: Workspace) -> Iterator[Finding]:
    try:
        known = workspaces.addresses(read.root, os.environ.get("MONITOR_ADDRESSES"))
    except Problems as found:
        yield say("Recipients"), False, _first(found)
    else:
        missing: list[Problem] = known.missing(read.alerts.routes)
        told = say("{count} recipients have an address", count=len(known.known))
        yield say("Recipients"), not missing, _first(Problems(missing)) if missing else told
    server = os.environ.get("MONITOR_SMTP_URL")
    if not server:
        yield say("Mail server"), False, say("no mail server is named (MONITOR_SMTP_URL)")
        return
    try:
        with smtp.connect(server) as session:
            session.noop()
        yield say("Mail server"), True, say("it answers")
    except (OSError, smtplib.SMTPException) as error:
        yield say("Mail server"), False, str(error)


def _feed(read: Workspace, n: int) -> Finding:
    """Fetched and read, but not stored."""
    feed = read.feeds[n]
    opened = pipeline.open_source(read, feed, os.environ)
    if opened.problems:
        return f"feed {feed.id}", False, _first(Problems(opened.problems))
    return f"feed {feed.id}", True, say("{count} figures", count=len(opened.reading.observations))
