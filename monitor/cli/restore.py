"""`monitor restore`: the database from a backup."""

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
    app.command()(options(restore))


def restore(
    file: FileArgument,
    where: Where = HERE,
) -> None:
    """Fill an empty database, of either kind, from a backup."""
    counts = archive.restore(open_store_at(where.workspace or Path.cwd(), where.database), file)
    output.print(say("{count} rows of {file} are restored.", count=sum(counts.values()), file=file), soft_wrap=True)
