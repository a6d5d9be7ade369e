"""`monitor digest`: what people are told."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from monitor import pipeline
from monitor import workspace as workspaces
from monitor.alerts.channels import Undeliverable
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
    open_store,
    output,
    print_json,
    progress,
    read_workspace,
    say,
)
from monitor.model.problem import Problem, Problems
from monitor.pipeline import Moment, Standing
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
    read = read_workspace(workspace)
    if route is not None:
        one_of("route", route, [r.id for r in read.alerts.routes])
    if lang is not None:
        one_of("lang", lang, ["vi", "en"])
    routes = [replace_language(r, lang) for r in read.alerts.routes if route is None or r.id == route]
    when, engine = moment(as_of), open_store(read, database)
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
            for route in routes:
                written.append((route, pipeline.write_digest(read, engine, standing, route, when, folder)))
                step(route.id)
    return written


def send_all(
    read: Workspace, engine: Engine, standings: Iterable[Standing], routes: list[Route], when: Moment
) -> tuple[list[tuple[str, bool]], bool]:
    """Every route's digest by mail: (route, whether it went now), and whether any failed. Raises Problems without a server."""
    url, addresses = mail_server(read)
    sent, failed = [], False
    for standing in standings:
        for route in routes:
            try:
                sent.append((route.id, pipeline.mail_digest(read, engine, standing, route, when, url, addresses)))
            except Undeliverable as error:
                failed = True
                errors.print(say("{route}: not delivered: {reason}", route=route.id, reason=str(error)), markup=False)
    return sent, failed


def mail_server(read: Workspace) -> tuple[str, Addresses]:
    """The mail server's URL and who has which address, from the environment. Raises Problems for what is missing."""
    url = os.environ.get("MONITOR_SMTP_URL")
    if not url:
        message = "no mail server is named: set it, such as smtp://user:password@mail.example.vn:587"
        raise Problems([Problem("MONITOR_SMTP_URL", message)])
    path = os.environ.get("MONITOR_ADDRESSES")
    return url, workspaces.addresses(read.root, Path(path) if path else None)
