"""`monitor apply`: put the edited files in force, with who and why."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from monitor import workspace as workspaces
from monitor.cli.frame import (
    ByOption,
    DatabaseOption,
    LanguageOption,
    WorkspaceOption,
    open_store,
    output,
    person,
    read_workspace,
    say,
)
from monitor.store import versions
from monitor.store.database import writing


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
    read = read_workspace(workspace)
    files = workspaces.snapshot(read.root)
    digest = workspaces.digest(files)
    engine = open_store(read, database)
    rules = {declared.resolution.id: declared.rules.version for declared in read.resolutions}
    with writing(engine) as connection:
        new = versions.note(connection, digest, [], rules, files, datetime.now(UTC), person(by), why)
    if not new:
        output.print(say("Version {version} is in force already: nothing was done.", version=digest[:12]))
        return
    # A service that runs looks at the files when one of them is touched.
    os.utime(read.root / "rules" / "policy.yaml")
    output.print(say("Version {version} is in force, applied by {by}.", version=digest[:12], by=person(by)))
