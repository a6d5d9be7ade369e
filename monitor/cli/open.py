"""`monitor open`: the page in a browser, on this machine, for whoever runs the command."""

from __future__ import annotations

import os
import secrets
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.frame import (
    HERE,
    Where,
    language,
    open_working,
    options,
    output,
    say,
)
from monitor.desk import Desk, Latest
from monitor.web.app import make
from monitor.web.server import WebServer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("open")(options(open_))


def open_(
    port: Annotated[int, typer.Option("--port", help="Loopback port of the page; 0: any free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in the browser.")] = True,
    where: Where = HERE,
) -> None:
    """Show the page of this workspace on this machine until stopped (Ctrl+C). Whoever has the address may do everything."""
    read, engine = open_working(where.workspace, where.database)
    local = secrets.token_urlsafe(32)
    root = (where.workspace or Path.cwd()).resolve()
    server = WebServer(make(Desk(Latest(root, engine, read), engine, root, os.environ, local=local)), port)
    address = f"http://127.0.0.1:{server.port}/open?key={local}&lang={language().code}"
    output.print(say("The page: {address}", address=address), markup=False, soft_wrap=True)
    sys.stdout.flush()
    if browser:
        webbrowser.open(address)
    try:
        server.wait()
    except KeyboardInterrupt:
        server.close()
    engine.dispose()
