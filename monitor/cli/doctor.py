"""`monitor doctor`: whether the service can do its work here, and what to do about it if not."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

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
from monitor.service.checkup import examine


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
    found = list(examine(root, lambda: open_store_at(root, where.database), os.environ, language(), feeds=feeds))
    if form is Form.JSON:
        print_json([{"what": what, "well": well, "found": said} for what, well, said in found])
    else:
        print_table(
            [say(h) for h in ("What", "Well", "Found")],
            [[what, say("yes") if well else say("NO"), said] for what, well, said in found],
        )
    if not all(well for _, well, _ in found):
        sys.exit(1)
