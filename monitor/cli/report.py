"""`monitor report`: the report for a session, as a workbook or a Word document."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from monitor import pipeline, report
from monitor.alerts.explanations import sentences
from monitor.cli.frame import (
    HERE,
    AsOfOption,
    Where,
    language,
    moment,
    one_of,
    open_store,
    options,
    output,
    read_workspace,
    say,
)
from monitor.language import Language
from monitor.model.problem import Problem, Problems
from monitor.report import Report
from monitor.rules.findings import figures
from monitor.standing.drawing import courses
from monitor.standing.known import Standing
from monitor.store import requests as stored_requests


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report")(options(report_))


def report_(
    out: Annotated[
        Path | None, typer.Option("--out", help="A file ending in .xlsx or .docx (default: both, in reports/).")
    ] = None,
    resolution: Annotated[
        str | None, typer.Option("--resolution", help="Of this resolution (default: the latest in force).")
    ] = None,
    unit: Annotated[
        str | None, typer.Option("--unit", help="Of this unit, with its parts compared (default: the whole).")
    ] = None,
    where: Where = HERE,
    as_of: AsOfOption = None,
) -> None:
    """Write the report of a day: plan, done, ratio, last year, projection, assessment and note of every target."""
    read, when = read_workspace(where.workspace), moment(as_of)
    kind = None if out is None else one_of("out", out.suffix.lstrip("."), report.kinds())
    begun = read.in_force(when.as_of)
    if not begun:
        raise Problems([Problem("--as-of", "no resolution is in force on {day}", {"day": when.as_of})])
    known = {declared.resolution.id: declared for declared in begun}
    declared = known[one_of("resolution", resolution, known)] if resolution is not None else begun[-1]
    engine = open_store(read, where.database)
    now = pipeline.stand(read, engine, declared, when.as_of)
    with engine.connect() as connection:
        asked = stored_requests.requests(connection, declared.resolution.id, until=when.as_of)
    top = declared.city.id
    chosen = top if unit is None else one_of("unit", unit, {u for _, u in now.series.index})
    answers = sentences(asked, declared.targets, declared.unit_names, read.alerts.requests, language())
    synthetic = any(feed.synthetic for feed in read.feeds)
    made = report_of(now, chosen, language(), answers, synthetic=synthetic)
    name = (
        f"{declared.resolution.id}-{when.as_of}" if chosen == top else f"{declared.resolution.id}-{chosen}-{when.as_of}"
    )
    paths = [out] if out is not None else [Path("reports") / f"{name}.{ending}" for ending in report.kinds()]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(report.write(made, kind or path.suffix.lstrip(".")))
        output.print(say("The report is in {file}.", file=path), soft_wrap=True)


def report_of(
    now: Standing, unit: str, speaks: Language, answers: Mapping[str, tuple[str, ...]] | None = None, *, synthetic: bool
) -> Report:
    """The report of a unit, as it stands; `answers`: target -> what its owner says of cause and remedy, in sentences."""
    declared = now.declared
    parts: dict[tuple[str, str], list[str]] = {}
    below = now.series.reset_index()[["target", "unit", "within"]]
    for target, part, within in below[below["within"] != ""].itertuples(index=False, name=None):
        parts.setdefault((target, within), []).append(part)
    made_from = report.Figures(figures(now.assessments), parts, declared.unit_names, courses(now, unit), answers or {})
    targets = list(declared.targets.values())
    return Report(
        declared.resolution,
        now.as_of,
        declared.groups,
        report.rows(targets, made_from, now.findings, unit, speaks),
        synthetic,
        speaks,
        "" if unit == declared.city.id else declared.unit_names[unit],
        report.compared(targets, made_from, now.findings, unit, speaks),
    )
