"""`monitor apply`: put the edited files in force, with who and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.acts import files
from monitor.cli.frame import (
    ByOption,
    DatabaseOption,
    LanguageOption,
    WorkspaceOption,
    actor,
    moment,
    open_store_at,
    output,
    person,
    placed,
    say,
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(apply)


def apply(
    why: Annotated[str, typer.Option("--why", help="The reason, kept with the version.")],
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    lang: LanguageOption = "vi",  # noqa: ARG001
) -> None:
    """Put the files as they are in force; where policy.yaml says `edits: applied`, nothing else does. `monitor plan` shows it."""
    root = workspace or Path.cwd()
    prepared = files.prepare(root)
    with placed(why="--why"):
        digest, new = files.apply(root, open_store_at(root, database), actor(by, why), prepared, moment(None))
    if not new:
        output.print(say("Version {version} is in force already: nothing was done.", version=digest[:12]))
        return
    output.print(say("Version {version} is in force, applied by {by}.", version=digest[:12], by=person(by)))
