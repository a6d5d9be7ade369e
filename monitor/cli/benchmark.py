"""`monitor benchmark`: how long each step of the way takes here, and how much memory."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from monitor import workspace as workspaces
from monitor.benchmark import Measured, invented, measure
from monitor.cli.frame import (
    HERE,
    Form,
    FormatOption,
    Where,
    WorkersOption,
    open_workers,
    options,
    output,
    print_json,
    print_table,
    read_workspace_or_defaults,
    say,
)
from monitor.model.problem import Problem, Problems
from monitor.pipeline import Moment
from monitor.store.archive import used_tables
from monitor.store.database import default_url, open_database


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(benchmark))


def benchmark(
    rounds: Annotated[int, typer.Option(min=1, help="How often reading, assessment and rules are timed.")] = 1,
    units: Annotated[
        int | None, typer.Option(min=1, help="Measure a workspace invented for it, of so many units that report.")
    ] = None,
    targets: Annotated[int | None, typer.Option(min=1, help="With --units: so many targets of each (70).")] = None,
    years: Annotated[
        int | None, typer.Option(min=1, max=9, help="With --units: so many years of monthly figures (3).")
    ] = None,
    where: Where = HERE,
    workers: WorkersOption = None,
    form: FormatOption = Form.TABLE,
) -> None:
    """Time every step, from the feeds' files to the digests, in a database of its own: of the workspace at the end of its last
    resolution, or of an invented one. --database: an empty database to do it in.
    """
    alone = [name for name, given in (("--targets", targets), ("--years", years)) if given and units is None]
    if alone:
        raise Problems(
            [Problem(name, "it says how large an invented workspace is: give --units too") for name in alone]
        )
    with open_workers(workers) as by, tempfile.TemporaryDirectory(prefix="monitor-benchmark-") as place:
        root, report_anew = Path(place), None
        engine = open_database(where.database or default_url(root))
        try:
            # Before anything is done: whether they can, and that nothing real is mixed with what is invented.
            by.fewest(engine, 0)
            _empty(engine)
            if units is None:
                read = read_workspace_or_defaults(where.workspace)
                moment = Moment.end_of(read.resolutions[-1].resolution.period.end)
            else:
                size = invented.Size(units, targets or 70, years or 3)
                invented.write(root, size)
                read, report_anew = workspaces.load(root), partial(invented.write_one, root, size)
                moment = Moment.end_of(invented.LAST.end_time.date())
            measured = measure(read, engine, moment, root / "digests", by, rounds, report_anew)
        finally:
            engine.dispose()
    _print(measured, form)


def _empty(engine: Engine) -> None:
    """Raises Problems where a database has been used."""
    with engine.connect() as connection:
        if names := used_tables(connection):
            message = "the database is not empty ({names}): a benchmark needs one for itself, so name an empty one"
            raise Problems([Problem("database", message, {"names": ", ".join(names)})])


def _print(measured: Measured, form: Form) -> None:
    sizes = {name: getattr(measured, name) for name in ("series", "figures", "rules", "findings")}
    steps = [
        {
            "step": step.name,
            "seconds": round(step.seconds, 3),
            "cpu_seconds": round(step.cpu_seconds, 3),
            "microseconds_per_series": round(step.seconds * 1e6 / max(measured.series, 1), 1),
            "peak_memory_mb": round(step.peak_mb),
        }
        for step in measured.steps
    ]
    if form is Form.JSON:
        print_json({**sizes, "steps": steps})
        return
    heads = [say(head) for head in ("Step", "Seconds", "Of a core", "Per series, µs", "Peak memory, MB")]
    print_table(heads, [[str(value) for value in step.values()] for step in steps], right=(1, 2, 3, 4))
    output.print(
        say("{series} series, {figures} figures, {rules} rules, {findings} findings.", **sizes), soft_wrap=True
    )
