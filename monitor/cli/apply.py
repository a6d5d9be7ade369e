"""`monitor apply`: put the edited files in force, with who and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.acts import files
from monitor.cli.frame import (
    HERE,
    ByOption,
    Where,
    actor,
    moment,
    open_store_at,
    options,
    output,
    person,
    placed,
    say,
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(apply))


def apply(
    why: Annotated[str, typer.Option("--why", help="The reason, kept with the version.")],
    by: ByOption = None,
    where: Where = HERE,
) -> None:
    """Put the files as they are in force; where policy.yaml says `edits: applied`, nothing else does. `monitor plan` shows it."""
    root = where.workspace or Path.cwd()
    prepared = files.prepare(root)
    with placed(why="--why"):
        digest, new = files.apply(root, open_store_at(root, where.database), actor(by, why), prepared, moment(None))
    if not new:
        output.print(say("Version {version} is in force already: nothing was done.", version=digest[:12]))
        return
    output.print(say("Version {version} is in force, applied by {by}.", version=digest[:12], by=person(by)))
