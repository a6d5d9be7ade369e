"""`monitor status`: where every target stands."""

from __future__ import annotations

import math
from collections import Counter
from typing import Annotated

import pandas as pd
import typer
from rich.text import Text

from monitor import pipeline
from monitor.cli.frame import (
    HERE,
    AsOfOption,
    Form,
    FormatOption,
    Where,
    language,
    moment,
    one_of,
    open_store,
    options,
    output,
    print_json,
    print_table,
    read_workspace,
    say,
)
from monitor.model.assessment import BESIDE, FINISHED, STATUS_NAMES, Because, Status
from monitor.model.printed import together
from monitor.standing.known import Standing

FIGURES = ["value", "required", "projection", "low", "high", "probability"]
# Of more rows than these, where none are asked for, nobody reads those of units: they are counted.
READABLE = 500
COLOURS = {"met": "green", "on_track": "green", "at_risk": "yellow", "off_track": "red", "missed": "bold red"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(status))


def status(
    target: Annotated[str | None, typer.Option(help="Only this target.")] = None,
    unit: Annotated[str | None, typer.Option(help="Only this unit (city: the whole city).")] = None,
    group: Annotated[str | None, typer.Option(help="Only this group.")] = None,
    resolution: Annotated[str | None, typer.Option(help="Only this resolution (default: all in force).")] = None,
    where: Where = HERE,
    as_of: AsOfOption = None,
    form: FormatOption = Form.TABLE,
) -> None:
    """Show every target's latest value, required value, projection, probability and status. Nothing is written.

    Of more than 500 rows those of units are only counted, unless a target or a unit is asked for.
    """
    read = read_workspace(where.workspace)
    if target is not None:
        one_of("target", target, read.targets)
    if unit is not None and unit != "city":
        one_of("unit", unit, [u.id for u in read.units])
    if group is not None:
        one_of("group", group, {g for declared in read.resolutions for g in declared.groups})
    when = moment(as_of)
    engine = open_store(read, where.database)
    tables = []
    begun = read.in_force(when.as_of)
    if resolution is not None:
        resolution = one_of("resolution", resolution, [declared.resolution.id for declared in begun])
    for declared in begun:
        if resolution not in (None, declared.resolution.id):
            continue
        standing = pipeline.stand(read, engine, declared.without_rules, when.as_of)
        tables.append((standing, _chosen(standing, target, unit, group)))
    if form is Form.JSON:
        print_json([row for standing, table in tables for row in _plain(standing, table)])
        return
    for standing, table in tables:
        many = len(table) > READABLE and target is None and unit is None
        _print(standing, table[table["city"].astype(bool)] if many else table)
        if many:
            _count(table[~table["city"].astype(bool)])


def _count(others: pd.DataFrame) -> None:
    """How many rows are left out, and how they stand."""
    now = Counter(Status(each) for each in others["status"])
    message = (
        "{count} rows of units are not shown: {well} met or on track, {risk} at risk, {off} off track, {missed} missed, {silent} "
        "without data or not due; see them by  --unit,  --target  or  --format json"
    )
    counts = {
        "count": len(others),
        "well": now[Status.MET] + now[Status.ON_TRACK],
        "risk": now[Status.AT_RISK],
        "off": now[Status.OFF_TRACK],
        "missed": now[Status.MISSED],
        "silent": now[Status.NO_DATA] + now[Status.NOT_DUE],
    }
    output.print(say(message, **{name: language().number(count, digits=0) for name, count in counts.items()}))


def _word(word: str, colour: str, beside: str) -> Text:
    """A status, and below it what its path or its chance says otherwise."""
    return Text(word, style=colour) if not beside else Text.assemble((word, colour), "\n", (say(beside), "dim"))


def _chosen(standing: Standing, target: str | None, unit: str | None, group: str | None) -> pd.DataFrame:
    table = standing.assessments.reset_index()
    keep = pd.Series(True, index=table.index)
    if target is not None:
        keep &= table["target"] == target
    if unit is not None:
        keep &= table["city"].astype(bool) if unit == "city" else table["unit"] == unit
    if group is not None:
        keep &= table["group"] == group
    return table[keep]


def _plain(standing: Standing, table: pd.DataFrame) -> list[dict[str, object]]:
    table = table.assign(resolution=standing.declared.resolution.id)
    rows = table[["resolution", "target", "unit", "period", *FIGURES, "status", "because"]].to_dict("records")
    return [
        {str(k): None if (isinstance(v, float) and not math.isfinite(v)) or v == "" else v for k, v in row.items()}
        for row in rows
    ]


def _print(standing: Standing, table: pd.DataFrame) -> None:
    speaks, declared = language(), standing.declared
    units = declared.unit_names
    rows: list[list[str | Text]] = []
    for row in table.to_dict("records"):
        of = declared.targets[row["target"]]
        own = [str(row["printed"]), *([say("before: {was}", was=row["was"])] if row["was"] else [])]
        printed, digits = together({str(k): v for k, v in row.items()}, strict=of.target.strict, whole=of.whole_numbers)
        if Status(row["status"]) in FINISHED:
            # Decided: there is nothing left to forecast.
            printed |= dict.fromkeys(("projection", "low", "high"))
        figures = [
            speaks.number(printed[name], of.unit_of_measure, digits) for name in ("value", "required", "projection")
        ]
        value, required, projection = figures
        span = speaks.interval(printed["low"], printed["high"], "", digits)
        name = f"{of.name}\n{of.id}" + ("" if row["city"] else f" · {units[row['unit']]}")
        word, beside = say(STATUS_NAMES[Status(row["status"])]), BESIDE.get(Because(row["because"]), "")
        colour = COLOURS.get(row["status"], "dim")
        reported = f"{value}\n{speaks.month(row['period'])}"
        expected = f"{projection}\n{span}"
        chance = speaks.percent(None if Status(row["status"]) in FINISHED else row["probability"])
        rows.append([name, "\n".join(own), reported, required, expected, chance, _word(word, colour, beside)])
    heads = ("Target", "Printed", "Value", "Required", "Projection", "Chance", "Status")
    title = say("{number} as of {day}", number=declared.resolution.number, day=speaks.day(standing.as_of))
    print_table([say(h) for h in heads], rows, title, right=range(2, 6))
