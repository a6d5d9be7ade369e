"""`monitor backup`: the database as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.frame import DatabaseOption, LanguageOption, WorkspaceOption, open_store_at, output, say
from monitor.store import archive

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The backup: one SQLite file.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(backup)


def backup(
    file: FileArgument,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    lang: LanguageOption = "vi",  # noqa: ARG001
) -> None:
    """Write the whole database, of either kind, into a new file, while the service goes on; what was written is read again."""
    counts = archive.backup(open_store_at(workspace or Path.cwd(), database), file)
    output.print(
        say("{count} rows are in {file}, and were read again.", count=sum(counts.values()), file=file), soft_wrap=True
    )
