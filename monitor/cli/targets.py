"""`monitor targets`: what was promised."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.cli.frame import (
    HERE,
    Files,
    Form,
    FormatOption,
    options,
    print_json,
    print_table,
    read_workspace_or_defaults,
    say,
)
from monitor.model.target import Target


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(targets))


def targets(
    where: Files = HERE,
    tasks: Annotated[bool, typer.Option("--tasks", help="The tasks too, not only the figures.")] = False,
    form: FormatOption = Form.TABLE,
) -> None:
    """List the resolution's targets, as declared."""
    read = read_workspace_or_defaults(where.workspace)
    chosen = [t for declared in read.resolutions for t in declared.targets.values() if tasks or not t.task]
    if form is Form.JSON:
        print_json([_plain(target) for target in chosen])
        return
    names = {unit.id: unit.name for unit in read.units}
    heads = [say(h) for h in ("Item", "Target", "Printed", "Held as", "Measure", "Due", "Owner")]
    rows = [
        [
            t.source.item,
            f"{t.name}\n{t.id}",
            t.source.printed,
            str(t.target),
            say(t.measure),
            say(t.due),
            names[t.owner],
        ]
        for t in chosen
    ]
    print_table(heads, rows)


def _plain(target: Target) -> dict[str, object]:
    return {
        "id": target.id,
        "item": target.source.item,
        "name": target.name,
        "printed": target.source.printed,
        "comparator": target.target.comparator.value,
        "value": target.target.value,
        "unit": target.unit_of_measure,
        "measure": target.measure.value,
        "due": target.due,
        "owner": target.owner,
        "breakdown": None if target.breakdown is None else target.breakdown.model_dump(mode="json"),
    }
