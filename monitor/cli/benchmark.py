"""`monitor benchmark`: how long an evaluation takes here, and how much memory."""

from __future__ import annotations

import os
import resource
import statistics
import tempfile
from time import perf_counter
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from monitor import pipeline
from monitor.assess import assess
from monitor.cli.frame import (
    HERE,
    Files,
    Form,
    FormatOption,
    options,
    output,
    print_json,
    print_table,
    read_workspace_or_defaults,
    say,
)
from monitor.pipeline import Moment
from monitor.rules.findings import find
from monitor.standing import Standing
from monitor.store.database import open_database


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(benchmark))


def benchmark(
    rounds: Annotated[int, typer.Option(min=1, help="How often the evaluation is timed.")] = 10,
    units: Annotated[
        int | None, typer.Option(min=1, help="Evaluate the city's figures as those of so many units, once.")
    ] = None,
    where: Files = HERE,
    form: FormatOption = Form.TABLE,
) -> None:
    """Time the full evaluation of the workspace's feeds at the end of the resolution's period, in a database of its own."""
    read = read_workspace_or_defaults(where.workspace)
    declared = read.resolutions[-1]
    moment = Moment.end_of(declared.resolution.period.end)
    with tempfile.TemporaryDirectory(prefix="monitor-benchmark-") as place:
        engine = open_database(f"sqlite:///{place}/benchmark.db")
        for feed in read.feeds:
            pipeline.ingest(read, engine, feed, pipeline.open_source(read, feed, os.environ), moment, settle=False)
        standing = pipeline.stand(read, engine, declared, moment.as_of)
        if units is not None:
            engine.dispose()
            _print(_many(standing, units), form)
            return
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
    _print(told, form)


def _many(standing: Standing, units: int) -> dict[str, float]:
    """What it takes to evaluate the city's series as if each of so many units had them."""
    declared = standing.declared
    city = standing.series[standing.series["city"]]
    names = np.array([f"unit-{n + 1:05}" for n in range(units)])
    series = pd.concat([city] * units)
    index = pd.MultiIndex.from_arrays(
        [series.index.get_level_values("target"), np.repeat(names, len(city))], names=series.index.names
    )
    series = series.set_axis(index).sort_index()
    figures = standing.observations[standing.observations["unit"] == declared.city.id]
    observations = pd.concat([figures] * units, ignore_index=True).assign(unit=np.repeat(names, len(figures)))
    expected = pd.Series(declared.resolution.last, index=list(declared.targets))
    begun = perf_counter()
    assessments = assess(observations, series, declared.resolution, declared.thresholds, expected)
    assessed = perf_counter()
    findings = find(assessments, declared.rules, {}, observations)
    return {
        "series": len(assessments),
        "figures": len(observations),
        "rules": len(declared.rules.rules),
        "findings": len(findings),
        "seconds_assessed": round(assessed - begun, 2),
        "seconds_found": round(perf_counter() - assessed, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _print(told: dict[str, float], form: Form) -> None:
    if form is Form.JSON:
        print_json(told)
        return
    print_table([say("Measure"), say("Figure")], [[name, str(value)] for name, value in told.items()], right=(1,))
    output.print(say("One evaluation: figures read from the database, assessed, and held against every rule."))
