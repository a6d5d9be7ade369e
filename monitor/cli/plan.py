"""`monitor plan`: what an edit would change, before it takes effect."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from monitor import preview
from monitor import workspace as workspaces
from monitor.cli.frame import (
    HERE,
    AsOfOption,
    Form,
    FormatOption,
    Where,
    language,
    moment,
    open_store,
    options,
    output,
    print_json,
    read_workspace,
    say,
)
from monitor.preview import Difference, Edited, Opened, Told
from monitor.store import versions
from monitor.workspace import Workspace

HEADS = {
    preview.GONE: "{found} alerts would not have opened",
    preview.NEW: "{found} alerts would be new",
    preview.EARLIER: "{found} alerts would have opened earlier",
    preview.LATER: "{found} alerts would have opened later",
    preview.SEVERITY: "{found} alerts would have had another severity",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(plan))


def plan(
    against: Annotated[
        Path | None,
        typer.Option("--against", help="Another workspace to compare with (default: the version in force)."),
    ] = None,
    where: Where = HERE,
    as_of: AsOfOption = None,
    form: FormatOption = Form.TABLE,
) -> None:
    """Compare the edited files with the version in force: what is declared otherwise, what the year's alerts would be, and who
    would be told of them.
    """
    after = read_workspace(where.workspace)
    engine = open_store(after, where.database)
    before = workspaces.load(against) if against is not None else in_force(engine, after.root)
    until = moment(as_of).as_of
    edited = preview.edits(before, after)
    known, figures = preview.stored_figures(engine)
    # Against no version at all every alert would be new, which tells nothing.
    differences, told = preview.history(before, after, known, until) if figures and before is not None else ([], [])
    if form is Form.JSON:
        print_json(
            {
                "compared": before is not None,
                "declarations": [_declaration(e) for e in edited],
                "alerts": [_alert(d) for d in differences],
                "told": [_told(t) for t in told],
                "figures": figures,
            }
        )
        return
    if before is None:
        output.print(
            say("No version is in force in this database yet (`monitor apply` or `monitor serve` keeps one)."),
            soft_wrap=True,
        )
    print_plan(edited, differences, told, figures=figures, compared=before is not None)


def in_force(engine: Engine, root: Path) -> Workspace | None:
    """The version in force, if one ever was."""
    with engine.connect() as connection:
        last = versions.in_force(connection)
    return workspaces.load_snapshot(last.files, root) if last is not None else None


def print_plan(
    edited: list[Edited], differences: list[Difference], told: list[Told], *, figures: bool, compared: bool
) -> None:
    """A plan for people."""
    if not edited:
        output.print(say("Nothing is declared otherwise."))
    elif compared:
        _print_edits(edited)
    else:
        output.print(say("{found} declarations, all new.", found=len(edited)))
    if not figures:
        output.print(
            say(
                "The database has no figures: what the alerts would have been cannot be told. `monitor ingest` reads them."
            ),
            soft_wrap=True,
        )
        return
    if not differences and compared:
        output.print(say("The year's alerts would have been the same."))
    if not told and compared:
        output.print(say("The year's digests would have told the same people of the same alerts."))
    for kind, head in HEADS.items():
        of_kind = [d for d in differences if d.kind == kind]
        if of_kind:
            output.print(say(head, found=len(of_kind)), style="bold")
        for d in of_kind:
            # A line each: an edit may concern hundreds.
            output.print(
                f"    {d.alert.rule}  {d.alert.target} @ {d.alert.unit}  {_when(d.before)} → {_when(d.after)}",
                markup=False,
                soft_wrap=True,
            )
    for route in dict.fromkeys(t.route for t in told):
        of_route = [t for t in told if t.route == route]
        message = "digests to {route} would tell otherwise of {found} alerts"
        output.print(say(message, route=route, found=len(of_route)), style="bold", markup=False)
        for t in of_route:
            days = " → ".join(language().day(day) if day else "–" for day in (t.before, t.after))
            output.print(f"    {t.alert.rule}  {t.alert.target} @ {t.alert.unit}  {days}", markup=False, soft_wrap=True)


def _print_edits(edited: list[Edited]) -> None:
    """What is declared otherwise, file by file."""
    for file in dict.fromkeys(one.file for one in edited):
        output.print(file, style="bold", markup=False)
        for one in (each for each in edited if each.file == file):
            mark = {"added": "+", "removed": "-"}.get(one.how, "~")
            style = {"+": "green", "-": "red"}.get(mark, "yellow")
            output.print(f"{mark} {say(one.what)} {one.id}", style=style, markup=False, soft_wrap=True)
            for name, old, new in one.fields:
                output.print(f"    {name}: {old or '–'} → {new or '–'}", markup=False, soft_wrap=True)


def _when(opened: Opened | None) -> str:
    return f"{language().day(opened.first)} {say(opened.severity)}" if opened is not None else "–"


def _declaration(edited: Edited) -> dict[str, object]:
    fields = {name: {"before": old, "after": new} for name, old, new in edited.fields}
    named = {"what": edited.what, "id": edited.id, "resolution": edited.resolution, "file": edited.file}
    return {**named, "how": edited.how, "fields": fields}


def _told(told: Told) -> dict[str, object]:
    alert = told.alert
    named = {"route": told.route, "rule": alert.rule, "target": alert.target, "unit": alert.unit}
    return {**named, "before": told.before, "after": told.after}


def _alert(difference: Difference) -> dict[str, object]:
    def told(opened: Opened | None) -> dict[str, object] | None:
        return None if opened is None else {"opened": opened.first, "severity": opened.severity}

    alert = difference.alert
    return {
        "kind": difference.kind,
        "rule": alert.rule,
        "target": alert.target,
        "unit": alert.unit,
        "before": told(difference.before),
        "after": told(difference.after),
    }
