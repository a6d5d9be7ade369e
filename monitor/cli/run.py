"""`monitor run`: the main job once."""

from __future__ import annotations

import sys

import typer

from monitor import pipeline
from monitor.acts.requests import chase
from monitor.cli import digest as digests
from monitor.cli.evaluate import evaluate_all, plain_change, print_evaluated, tell_withheld
from monitor.cli.frame import (
    HERE,
    AsOfOption,
    Form,
    FormatOption,
    Where,
    WorkersOption,
    moment,
    open_workers,
    open_working,
    options,
    output,
    print_json,
    recorded,
    say,
    told,
)
from monitor.cli.ingest import print_ingested, problems_in, take_all


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(run))


def run(
    out: digests.OutOption = None,
    mail: digests.MailOption = False,
    where: Where = HERE,
    as_of: AsOfOption = None,
    form: FormatOption = Form.TABLE,
    workers: WorkersOption = None,
) -> None:
    """Ingest, evaluate, digest. Exit 2 if a figure or a file could not be used; all the rest is done."""
    read, engine = open_working(where.workspace, where.database)
    when = recorded(as_of) if mail else moment(as_of)
    told_of = {declared.resolution.id for declared in read.told(when.as_of)}
    with open_workers(workers) as by:
        # Where they cannot assess nothing is taken in either; where they can they read the declarations meanwhile.
        by.prepare(read, engine, when.as_of)
        taken = take_all(read, engine, moment(None) if when.ahead else when)
        evaluated = evaluate_all(read, engine, when, by)
        now = [e.standing for e in evaluated if e.standing.declared.resolution.id in told_of]
        standings = [pipeline.whole(read, engine, each, by) for each in now]
    if not when.ahead:
        chase(read, engine, when)
    routes = list(read.alerts.readers)
    failed = False
    folder = out or read.root / "digests"
    if mail:
        _, failed = digests.send_all(read, engine, standings, routes, when)
    else:
        digests.write_all(read, engine, standings, routes, when, folder)
    if form is Form.JSON:
        print_json([plain_change(change) for e in evaluated for change in e.changes if change.event])
        tell_withheld(evaluated)
        told(problems_in(taken))
    else:
        print_ingested(taken)
        print_evaluated(evaluated)
        if not mail and standings:
            output.print(
                say("Digests of {count} routes are in {folder}.", count=len(routes), folder=folder), soft_wrap=True
            )
    if problems_in(taken):
        sys.exit(2)
    if failed:
        sys.exit(3)
