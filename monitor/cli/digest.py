"""`monitor digest`: what people are told."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from monitor import pipeline, post
from monitor import workspace as workspaces
from monitor.acts.letters import with_link
from monitor.alerts.declaration import Addresses, Route
from monitor.cli.frame import (
    AsOfOption,
    DatabaseOption,
    Form,
    FormatOption,
    WorkspaceOption,
    errors,
    moment,
    one_of,
    open_working,
    output,
    print_json,
    progress,
    recorded,
    say,
)
from monitor.model.letter import FILES, Delivery, DeliveryState, Kind
from monitor.model.problem import Problem, Problems
from monitor.pipeline import Moment
from monitor.post import Outlet
from monitor.standing.known import Standing
from monitor.store import outbox
from monitor.store.database import writing
from monitor.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(digest)


MailOption = Annotated[bool, typer.Option("--mail", help="Send by SMTP (MONITOR_SMTP_URL) instead of writing files.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="Folder for the files (default: digests/ in the workspace).")
]


def digest(
    route: Annotated[str | None, typer.Option(help="Only this route.")] = None,
    out: OutOption = None,
    mail: MailOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_of: AsOfOption = None,
    form: FormatOption = Form.TABLE,
    lang: Annotated[str | None, typer.Option("--lang", help="vi or en, instead of each route's own language.")] = None,
) -> None:
    """Write each route's digest as HTML and text, or send it by mail; what was sent once is not sent again."""
    read, engine = open_working(workspace, database)
    if route is not None:
        one_of("route", route, [r.id for r in read.alerts.readers])
    if lang is not None:
        one_of("lang", lang, ["vi", "en"])
    routes = [replace_language(r, lang) for r in read.alerts.readers if route is None or r.id == route]
    when = recorded(as_of) if mail else moment(as_of)
    standings = [pipeline.stand(read, engine, declared, when.as_of) for declared in read.told(when.as_of)]
    failed = False
    if mail:
        sent, failed = send_all(read, engine, standings, routes, when)
        done = [{"route": name, "mailed": now} for name, now in sent]
    else:
        written = write_all(read, engine, standings, routes, when, out or read.root / "digests")
        done = [{"route": r.id, "html": str(paths[0]), "text": str(paths[1])} for r, paths in written]
    if form is Form.JSON:
        print_json(done)
    else:
        for row in done:
            output.print(" ".join(str(value) for value in row.values()), soft_wrap=True)
    if failed:
        sys.exit(3)


def replace_language(route: Route, lang: str | None) -> Route:
    """The route in another language, if one is asked for."""
    return route if lang is None else route.model_copy(update={"language": lang})


def write_all(
    read: Workspace, engine: Engine, standings: Iterable[Standing], routes: list[Route], when: Moment, folder: Path
) -> list[tuple[Route, tuple[Path, ...]]]:
    """Every route's digest as files."""
    written = []
    with progress(say("Writing digests"), len(routes)) as step:
        for standing in standings:
            for route, paths in post.write_digests(read, engine, standing, routes, when, folder):
                written.append((route, paths))
                step(route.id)
    return written


def send_all(
    read: Workspace, engine: Engine, standings: list[Standing], routes: list[Route], when: Moment
) -> tuple[list[tuple[str, bool]], bool]:
    """Every route's digest by mail: (route, whether it went now), and whether any is still owed. Raises Problems
    without a server.

    What could not be delivered stays in the outbox: the service, or the next call, tries again.
    """
    letters = outlet(read.root, None, lambda: read)
    missing = letters.addresses().missing(routes)
    if missing:
        raise Problems(missing)
    for standing in standings:
        tale = post.tale_of(read, engine, standing)
        for route in routes:
            post.post_digest(read, engine, standing, route, when, tale)
    chosen = {(s.declared.resolution.id, r.id) for s in standings for r in routes}
    present = _deliveries(engine, chosen, when)
    before = {d.id for d in present if d.state is DeliveryState.DELIVERED}
    with writing(engine) as connection:
        outbox.hasten(connection, [d.id for d in present], when.now)
    post.deliver(engine, letters, lambda: max(datetime.now(UTC), when.now), lambda: False)
    order = [route.id for route in routes]
    after = sorted(_deliveries(engine, chosen, when), key=lambda d: order.index(d.stamp.route))
    for d in after:
        if d.state is not DeliveryState.DELIVERED:
            reason = d.error or say("another process is sending it")
            errors.print(say("{route}: not delivered: {reason}", route=d.stamp.route, reason=reason), markup=False)
    sent = [(d.stamp.route, d.id not in before) for d in after if d.state is DeliveryState.DELIVERED]
    return sent, len(sent) < len(after)


def _deliveries(engine: Engine, chosen: set[tuple[str, str]], when: Moment) -> list[Delivery]:
    """The deliveries of the digests of the day."""
    with engine.connect() as connection:
        found = outbox.deliveries(connection)
    return [
        d
        for d in found
        if d.stamp.kind is Kind.DIGEST
        and d.recipient != FILES
        and d.stamp.as_of == when.as_of
        and (d.stamp.resolution, d.stamp.route) in chosen
    ]


def outlet(root: Path, folder: Path | None, workspace: Callable[[], Workspace]) -> Outlet:
    """How letters leave: as files into `folder`, or as the environment says. Raises Problems for a mail server that
    is missing.
    """
    if folder is not None:
        return Outlet(lambda: Addresses({}), folder=folder)
    given, server = os.environ.get("MONITOR_ADDRESSES"), os.environ.get("MONITOR_SMTP_URL")
    problems: list[Problem] = []
    mails = True
    try:
        known = workspaces.addresses(root, given).known
        mails = any("://" not in address for addresses in known.values() for address in addresses)
    except Problems as found:
        problems += found.problems
    if mails and not server:
        message = "no mail server is named: set it, such as smtp://user:password@mail.example.vn:587"
        problems.append(Problem("MONITOR_SMTP_URL", message))
    if problems:
        raise Problems(problems)
    personal = with_link(os.environ.get("MONITOR_URL", ""), workspace)
    return Outlet(lambda: workspaces.addresses(root, given), server, personal=personal)
