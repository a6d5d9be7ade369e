"""`monitor serve`: the monitor as a service."""

from __future__ import annotations

import os
import sys
import threading
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.digest import outlet
from monitor.cli.frame import (
    HERE,
    DateParser,
    Where,
    WorkersOption,
    open_store_at,
    open_workers,
    options,
    told,
)
from monitor.desk import Desk
from monitor.language import ZONE
from monitor.model.problem import Problem, Problems
from monitor.service.clock import Clock, FastClock, SystemClock
from monitor.service.host import Host
from monitor.service.keeper import Keeper
from monitor.service.logs import LogForm, set_up
from monitor.service.service import Service
from monitor.web.app import make
from monitor.web.server import WebServer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(serve))


def serve(
    out: Annotated[
        Path | None, typer.Option("--out", help="Write letters as files into this folder instead of sending them.")
    ] = None,
    port: Annotated[
        int, typer.Option("--port", help="Port of the page, /healthz, /readyz, /metrics; 0: any free one, -1: none.")
    ] = 8642,
    address: Annotated[
        str,
        typer.Option("--address", help="Where it listens; a reverse proxy with a certificate stands before the world."),
    ] = "127.0.0.1",
    log: Annotated[LogForm, typer.Option("--log", help="How the log is written.")] = LogForm.TEXT,
    keep: Annotated[
        int, typer.Option("--keep", min=31, help="Days that arrived letters and mended figures are kept.")
    ] = 400,
    first: Annotated[
        date | None,
        typer.Option(
            "--from", parser=DateParser, metavar="DATE", help="Rehearse: begin on that day, by a clock of its own."
        ),
    ] = None,
    last: Annotated[
        date | None,
        typer.Option("--to", parser=DateParser, metavar="DATE", help="Rehearse: stop at the end of that day."),
    ] = None,
    speed: Annotated[
        float, typer.Option("--speed", min=1, help="Rehearse: how many times faster that clock runs.")
    ] = 1000,
    workers: WorkersOption = None,
    where: Where = HERE,
) -> None:
    """Serve until stopped: feeds, evaluations and letters at their declared times; mail goes by SMTP (MONITOR_SMTP_URL)."""
    if (last is None) != (first is None):
        raise Problems([Problem("--from", "a rehearsal has both a first and a last day (--from, --to)")])
    set_up(log)
    root = (where.workspace or Path.cwd()).resolve()
    engine = open_store_at(root, where.database)
    keeper = Keeper(root, engine)
    letters = outlet(root, out, lambda: keeper.held.workspace)
    if out is None:
        # Their letters are kept until they have one; the administrators are told (alerts.upkeep).
        told(letters.addresses().missing(keeper.held.workspace.alerts.routes))
    clock: Clock = SystemClock()
    end = datetime.combine(last, time(23, 59, 59), tzinfo=ZONE) if last is not None else None
    if first is not None and end is not None:
        clock = FastClock(datetime.combine(first, time(), tzinfo=ZONE), speed, end)

    def page(host: Host) -> WebServer:
        desk = Desk(lambda: service.workspace, engine, root, os.environ, clock.now, changed=service.acted)
        return WebServer(make(desk, host.health, host.ready, service.meters.registry), port, address)

    with open_workers(workers) as by:
        service = Service(keeper, engine, letters, clock, os.environ, keep, by)
        if end is not None:
            _stop_after(service, end)
        finished = Host(service, root).run(page if port >= 0 else None)
    engine.dispose()
    if not finished:
        # A thread still hangs in what was abandoned, and the interpreter would wait for it.
        sys.stderr.flush()
        os._exit(0)


def _stop_after(service: Service, moment: datetime) -> None:
    """Stop a rehearsal when its clock has come to `moment`."""

    def wait() -> None:
        while service.clock.now() < moment and not service.stopping.is_set():
            service.clock.wait(service.stopping, moment)
        service.stopping.set()

    threading.Thread(target=wait, name="rehearsal", daemon=True).start()
