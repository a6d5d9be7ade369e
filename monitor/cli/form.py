"""`monitor form`: the form that a department fills in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from monitor.acts.figures import asked_of, told_by
from monitor.cli.frame import (
    HERE,
    MonthParser,
    Where,
    language,
    one_of,
    open_store,
    options,
    output,
    read_workspace,
    say,
)
from monitor.model.problem import Problem, Problems
from monitor.report.form import write


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(form))


def form(
    owner: Annotated[str, typer.Option("--owner", help="The department: its id in units.yaml.")],
    period: Annotated[
        pd.Period,
        typer.Option("--period", parser=MonthParser, metavar="MONTH", help="The month in which the period ends."),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="The file (default: bieu-mau-OWNER-MONTH.xlsx here).")
    ] = None,
    where: Where = HERE,
) -> None:
    """Make the .xlsx form of a department's figures for a period; filled in and dropped in the inbox, it is read as it is."""
    read = read_workspace(where.workspace)
    named = {unit.id: unit.name for unit in read.units}
    one_of("owner", owner, {target.owner for target in read.targets.values()})
    with open_store(read, where.database).connect() as connection:
        table = told_by(read, connection, owner)
    asked = asked_of(read, owner, period, table)
    if not asked:
        message = (
            "{owner} reports nothing for {period}: no resolution binds that month, or none of its targets has a period "
            "that ends then"
        )
        raise Problems([Problem("--period", message, {"owner": owner, "period": str(period)})])
    path = out or Path(f"bieu-mau-{owner}-{period}.xlsx")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(write(named[owner], period, asked, language()))
    inbox = next((feed for feed in read.feeds if feed.source["kind"] == "inbox"), None)
    output.print(
        say("The form is in {file}: {found} figures are asked for.", file=path, found=len(asked)), soft_wrap=True
    )
    if inbox is not None:
        folder = read.feeds_folder / str(inbox.source["folder"])
        output.print(say("Filled in, it goes into {folder}.", folder=folder), soft_wrap=True)
