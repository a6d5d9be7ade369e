"""`monitor serve`: the monitor as a service."""

from __future__ import annotations

import logging
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from monitor import pipeline
from monitor.alerts.declaration import Route
from monitor.cli.digest import mail_server
from monitor.cli.frame import DatabaseOption, LanguageOption, WorkspaceOption, open_store, read_workspace
from monitor.pipeline import Moment, Standing
from monitor.service import Service, run_until


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(serve)


def serve(
    out: Annotated[
        Path | None, typer.Option("--out", help="Write digests as files into this folder instead of mailing them.")
    ] = None,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    lang: LanguageOption = "vi",  # noqa: ARG001
) -> None:
    """Serve until stopped: feeds, evaluations and digests at their declared times; digests go by SMTP (MONITOR_SMTP_URL)."""
    read = read_workspace(workspace)
    engine = open_store(read, database)
    if out is None:
        url, addresses = mail_server(read)
        for route in read.alerts.routes:
            addresses.of(route)

    def deliver(standing: Standing, route: Route, moment: Moment) -> bool:
        if out is not None:
            pipeline.write_digest(read, engine, standing, route, moment, out)
            return True
        return pipeline.mail_digest(read, engine, standing, route, moment, url, addresses)

    logging.getLogger("monitor").setLevel(logging.INFO)
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    run_until(stop, Service(read, engine, deliver, clock=lambda: datetime.now(UTC)))
    engine.dispose()
