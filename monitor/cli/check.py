"""`monitor check`: is every file right?"""

from __future__ import annotations

import sys

import typer

from monitor.cli.frame import (
    Form,
    FormatOption,
    LanguageOption,
    WorkspaceOption,
    language,
    output,
    print_json,
    read_workspace_or_defaults,
    say,
    told,
)
from monitor.model.problem import Problems


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)


def check(workspace: WorkspaceOption = None, form: FormatOption = Form.TABLE, lang: LanguageOption = "vi") -> None:  # noqa: ARG001
    """Read every file of the workspace and tell all that is wrong in them; exit 1 if anything is."""
    try:
        read = read_workspace_or_defaults(workspace)
    except Problems as found:
        if form is Form.JSON:
            print_json(
                [
                    {"file": p.file, "line": p.line or None, "column": p.column or None, "message": p.text(language())}
                    for p in found.problems
                ]
            )
        else:
            told(found.problems)
        sys.exit(1)
    if form is Form.JSON:
        print_json([])
        return
    for declared in read.resolutions:
        figures = [target for target in declared.targets.values() if not target.task]
        output.print(
            say(
                "{number}: {targets} targets in {groups} groups, {tasks} tasks, {rules} rules (version {version})",
                number=declared.resolution.number,
                targets=len(figures),
                groups=len({target.group for target in figures}),
                tasks=len(declared.targets) - len(figures),
                rules=len(declared.rules.rules),
                version=declared.rules.version,
            )
        )
    output.print(
        say(
            "{feeds} feeds, {routes} routes. All files are right.",
            feeds=len(read.feeds),
            routes=len(read.alerts.routes),
        )
    )
