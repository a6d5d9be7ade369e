"""`monitor backup`: the database as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.frame import (
    HERE,
    Where,
    open_store_at,
    options,
    output,
    say,
)
from monitor.store import archive

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The backup: one SQLite file.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(backup))


def backup(
    file: FileArgument,
    where: Where = HERE,
) -> None:
    """Write the whole database, of either kind, into a new file, while the service goes on; what was written is read again."""
    counts = archive.backup(open_store_at(where.workspace or Path.cwd(), where.database), file)
    output.print(
        say("{count} rows are in {file}, and were read again.", count=sum(counts.values()), file=file), soft_wrap=True
    )
