"""`monitor record`: a figure reported by hand."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from monitor.acts import figures
from monitor.cli.frame import (
    HERE,
    AsOfOption,
    ByOption,
    Where,
    actor,
    language,
    moment,
    open_store,
    options,
    output,
    placed,
    read_workspace,
    say,
)
from monitor.model.assessment import STATUS_NAMES, Status


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(record))


def record(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="The target: its id, or its name as printed.")],
    value: Annotated[str, typer.Argument(metavar="FIGURE", help='As Vietnamese writes it: "95,15" or "1.234,5".')],
    period: Annotated[str, typer.Option("--period", help="Its period: 2024-06, 06/2024, Quý 2/2024.")],
    unit: Annotated[str, typer.Option("--unit", help="Whose figure it is (default: of the whole).")] = "",
    basis: Annotated[
        Literal["year-to-date", "per-period"], typer.Option("--basis", help="Of a flow: what the figure counts.")
    ] = "year-to-date",
    measured_in: Annotated[str, typer.Option("--in", help="Its unit of measure (default: the target's own).")] = "",
    why: Annotated[
        str, typer.Option("--why", help="Why it is right though it is doubted, or why it is corrected.")
    ] = "",
    try_: Annotated[bool, typer.Option("--try", help="Only show how it is read and what it would change.")] = False,
    by: ByOption = None,
    where: Where = HERE,
    as_of: AsOfOption = None,
) -> None:
    """Report a figure by hand, or correct one. A doubtful one is refused unless --why says why it is right."""
    read = read_workspace(where.workspace)
    engine = open_store(read, where.database)
    typed = figures.Typed(target, period, value, unit, basis, measured_in=measured_in)
    with placed(figures="FIGURE", why="--why", as_of="--as-of"):
        tried = figures.attempt(read, engine, [typed], moment(as_of))
        if not try_:
            receipt = figures.report(read, engine, actor(by, why), [typed], moment(as_of))
    for row in tried.table.to_dict("records"):
        of = read.targets[str(row["target"])]
        shown = language().number(float(row["value"]), of.unit_of_measure, 6)
        output.print(f"{of.name}, {row['unit']}, {language().month(str(row['period']))}: {shown}", markup=False)
    for key, fields in tried.after.items():
        was = tried.before[key]
        if fields["status"] != was["status"]:
            names = [say(STATUS_NAMES[Status(str(each["status"]))]) for each in (was, fields)]
            output.print(say("{target} would be {now}; it is {before}.", target=key[0], now=names[1], before=names[0]))
    for doubt in tried.doubts:
        output.print(say(doubt.message, **doubt.values), markup=False, soft_wrap=True)
    if not try_:
        message = (
            "Kept as act {number}: {added} new, {revised} revised, {known} known. `monitor evaluate` reckons with it."
        )
        counts = {"added": receipt.added, "revised": receipt.revised, "known": receipt.known}
        output.print(say(message, number=receipt.number, **counts), soft_wrap=True)
