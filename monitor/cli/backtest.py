"""`monitor backtest`: how early and how calm the assessment is, on years that are over."""

from __future__ import annotations

import math
from pathlib import Path
from time import perf_counter
from typing import Annotated

import pandas as pd
import typer

from monitor.backtest import rival
from monitor.backtest.protocol import ASKED_YEARS, KINDS, Instances, asked, read_series, years_after
from monitor.backtest.run import PREDICTIONS, ask
from monitor.backtest.score import coverage_by_third, coverage_by_year, reliability, scores, warnings, with_outcomes
from monitor.cli.frame import (
    HERE,
    Form,
    FormatOption,
    Where,
    language,
    open_store,
    options,
    output,
    print_json,
    print_table,
    progress,
    read_workspace,
    read_workspace_or_defaults,
    say,
)
from monitor.model.problem import Problem, Problems
from monitor.pipeline import monthly_series

# Columns of score.scores, in the order of the table, and their heads; those of the table beside AutoETS; and which are shares.
HEADS = {
    "brier": "Brier",
    "straight_line": "Straight line",
    "ratio": "Ratio",
    "auc": "AUC",
    "coverage": "Within the 80% interval",
    "mdape": "MdAPE",
    "detection": "Called off track",
    "false_alarms": "False alarms",
    "detection_calm": "Called at 6% false",
}
BESIDE = {
    "brier": "Brier",
    "brier_ets": "AutoETS",
    "ratio_ets": "Ratio",
    "coverage": "Within the 80% interval",
    "coverage_ets": "AutoETS",
    "detection_calm": "Called at 6% false",
    "calm_ets": "AutoETS",
}
THIRDS = ("first", "second", "last")
SHARES = {"coverage", "mdape", "detection", "false_alarms", "detection_calm", "coverage_ets", "calm_ets"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(backtest))


def backtest(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="CSV of series,period,value[,plan,group,kind] (default: the stored history)."
        ),
    ] = None,
    predictions: Annotated[Path | None, typer.Option("--predictions", help="Write every answer to this CSV.")] = None,
    plots: Annotated[Path | None, typer.Option("--plots", help="Folder for reliability.png and lead-time.png.")] = None,
    compare: Annotated[bool, typer.Option("--compare", help="AutoETS beside it, at months 3, 6 and 9 (slow).")] = False,
    history: Annotated[
        int | None, typer.Option("--history", min=0, help="Show the method only so many past years.")
    ] = None,
    share: Annotated[
        float, typer.Option("--share", min=0.01, max=2.0, help="Of a file with plans: the part of each to be reached.")
    ] = 1.0,
    where: Where = HERE,
    form: FormatOption = Form.TABLE,
) -> None:
    """Ask of each past year, month by month, whether its target would be met, and hold the answers against what came."""
    if file is not None:
        read, instances = read_workspace_or_defaults(where.workspace), asked(read_series(file))
    else:
        read = read_workspace(where.workspace)
        table = monthly_series(read, open_store(read, where.database))
        instances = years_after(table, 1, ASKED_YEARS)
    if not len(instances.year):
        message = "no series has enough complete years: three before the one asked about (in a workspace, one)"
        raise Problems([Problem(str(file or read.root), message)])
    thresholds = read.resolutions[-1].thresholds
    begun = perf_counter()
    total = sum(len(instances.of_kind(kind)) for kind in KINDS)
    with progress(say("Asking"), total) as step:
        answers = ask(instances, thresholds, step, history, share)
    seconds = perf_counter() - begun
    if compare:
        answers = _beside(answers, instances, share)
    if predictions is not None:
        answers[PREDICTIONS].to_csv(predictions, index=False)
    scored = with_outcomes(answers, instances)
    result, bins, lead = scores(scored), reliability(scored), warnings(scored)
    if plots is not None:
        from monitor.backtest.plots import lead_time_plot, reliability_plot  # noqa: PLC0415 - matplotlib is slow to load

        plots.mkdir(parents=True, exist_ok=True)
        reliability_plot(bins, plots / "reliability.png")
        lead_time_plot(result, plots / "lead-time.png")
    told = {
        "questions": len(answers),
        "years": len(instances.year),
        "microseconds_a_question": round(1e6 * seconds / len(answers), 1),
        "thresholds": {"on_track": thresholds.on_track, "off_track": thresholds.off_track},
        "scores": _rows(result),
        "coverage": _rows(coverage_by_third(result)),
        "coverage_by_year": _rows(coverage_by_year(scored)),
        "reliability": _rows(bins),
        "warnings": _rows(lead),
    }
    if form is Form.JSON:
        print_json(told)
    else:
        _print(result, lead, told)


def _beside(answers: pd.DataFrame, instances: Instances, share: float) -> pd.DataFrame:
    with progress(say("AutoETS"), len(instances.year)) as step:
        theirs = rival.autoets(instances, range(3, 12, 3), step, share)
    return answers.merge(theirs, on=["series", "year", "kind", "month"], how="left")


def _rows(table: pd.DataFrame) -> list[dict[str, object]]:
    rows = table.to_dict("records")
    return [
        {str(k): None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()} for row in rows
    ]


def _print(result: pd.DataFrame, lead: pd.DataFrame, told: dict[str, object]) -> None:
    thirds = coverage_by_third(result).groupby("kind")
    warned = {row["kind"]: row for row in lead.to_dict("records")}
    for kind, part in result.groupby("kind"):
        _table(part, HEADS, say(str(kind)))
        if "brier_ets" in part:
            _table(part[part["brier_ets"].notna()], BESIDE, say("beside AutoETS"))
        text = "The 80% interval held {first}, {second}, {last} of what came in the thirds of the year."
        held = map(language().percent, thirds.get_group(kind)["coverage"])
        output.print(say(text, **dict(zip(THIRDS, held, strict=True))), soft_wrap=True)
        text = "Its width was {first}, {second}, {last} times the method's own, by what past projections taught."
        widths = (language().decimal(times, 2) for times in thirds.get_group(kind)["learned"])
        output.print(say(text, **dict(zip(THIRDS, widths, strict=True))), soft_wrap=True)
        if kind in warned:
            text = "{misses} misses, {called} of them called off track, with {months} months of warning (median)."
            row = warned[kind]
            called = language().percent(row["called"])
            output.print(say(text, misses=row["misses"], called=called, months=row["months"]), soft_wrap=True)
        output.print()
    text = "{questions} questions about {years} years, {time} µs each"
    time = language().number(float(str(told["microseconds_a_question"])), digits=1)
    output.print(say(text, questions=told["questions"], years=told["years"], time=time), soft_wrap=True)


def _table(part: pd.DataFrame, heads: dict[str, str], title: str) -> None:
    columns = [[str(month) for month in part["month"]], *([_cell(name, v) for v in part[name]] for name in heads)]
    names = [say("Month"), *(say(head) for head in heads.values())]
    print_table(names, list(zip(*columns, strict=True)), title, right=range(len(names)))


def _cell(name: str, value: float) -> str:
    return language().percent(value) if name in SHARES else language().decimal(value, 3)
