"""`monitor benchmark`: how long an evaluation takes here."""

from __future__ import annotations

import os
import statistics
import tempfile
from time import perf_counter
from typing import Annotated

import typer

from monitor import pipeline
from monitor.cli.frame import (
    Form,
    FormatOption,
    LanguageOption,
    WorkspaceOption,
    output,
    print_json,
    print_table,
    read_workspace_or_defaults,
    say,
)
from monitor.pipeline import Moment
from monitor.store.database import open_database


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(benchmark)


def benchmark(
    rounds: Annotated[int, typer.Option(min=1, help="How often the evaluation is timed.")] = 10,
    workspace: WorkspaceOption = None,
    form: FormatOption = Form.TABLE,
    lang: LanguageOption = "vi",  # noqa: ARG001
) -> None:
    """Time the full evaluation of the workspace's feeds at the end of the resolution's period, in a database of its own."""
    read = read_workspace_or_defaults(workspace)
    declared = read.resolutions[-1]
    moment = Moment.end_of(declared.resolution.period.end)
    with tempfile.TemporaryDirectory(prefix="monitor-benchmark-") as place:
        engine = open_database(f"sqlite:///{place}/benchmark.db")
        for feed in read.feeds:
            pipeline.ingest(read, engine, feed, pipeline.open_source(read, feed, os.environ), moment, settle=False)
        standing = pipeline.stand(read, engine, declared, moment.as_of)
        seconds = []
        for _ in range(rounds):
            begun = perf_counter()
            pipeline.stand(read, engine, declared, moment.as_of)
            seconds.append(perf_counter() - begun)
        engine.dispose()
    told = {
        "series": len(standing.assessments),
        "figures": len(standing.observations),
        "rules": len(declared.rules.rules),
        "findings": len(standing.findings),
        "seconds_median": round(statistics.median(seconds), 4),
        "seconds_least": round(min(seconds), 4),
        "seconds_most": round(max(seconds), 4),
    }
    if form is Form.JSON:
        print_json(told)
        return
    print_table([say("Measure"), say("Figure")], [[name, str(value)] for name, value in told.items()], right=(1,))
    output.print(say("One evaluation: figures read from the database, assessed, and held against every rule."))
