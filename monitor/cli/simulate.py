"""`monitor simulate`: a year replayed, month by month."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from monitor import pipeline, post
from monitor.cli.evaluate import plain_change, print_changes
from monitor.cli.frame import (
    HERE,
    Files,
    Form,
    FormatOption,
    MonthParser,
    options,
    output,
    print_json,
    progress,
    read_workspace_or_defaults,
    say,
    told,
)
from monitor.model.problem import Problem, Problems
from monitor.pipeline import Evaluation, Moment
from monitor.store.database import of_file, open_database
from monitor.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(simulate))


def simulate(
    first: Annotated[pd.Period, typer.Option("--from", parser=MonthParser, metavar="MONTH", help="First month.")],
    last: Annotated[pd.Period, typer.Option("--to", parser=MonthParser, metavar="MONTH", help="Last month.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the last month's digests (default: digests/simulated).")
    ] = None,
    where: Files = HERE,
    form: FormatOption = Form.TABLE,
) -> None:
    """Replay the feeds month by month in a database of its own: what would have opened, worsened, been resolved, and when."""
    if last < first:
        message = "the replay ends ({last}) before it begins ({first})"
        raise Problems([Problem("--to", message, {"first": str(first), "last": str(last)})])
    read = read_workspace_or_defaults(where.workspace)
    folder = out or Path.cwd() / "digests" / "simulated"
    told_events: list[dict[str, object]] = []
    for moment, evaluations in _lived(read, first, last, folder):
        changes = [change for e in evaluations for change in e.changes if change.event]
        month = moment.as_of.isoformat()[:7]
        if form is Form.JSON:
            told_events += [{"month": month, **plain_change(change)} for change in changes]
        else:
            output.rule(month, align="left")
            print_changes(changes)
    if form is Form.JSON:
        print_json(told_events)
    else:
        if any(feed.synthetic for feed in read.feeds):
            output.print(say("Synthetic sample figures, not real statistics"), style="yellow")
        output.print(say("The digests of {month} are in {folder}.", month=str(last), folder=folder), soft_wrap=True)


def _lived(
    read: Workspace, first: pd.Period, last: pd.Period, folder: Path
) -> Iterator[tuple[Moment, list[Evaluation]]]:
    """Each month's evaluations; the digests of the last two are written, so that the last tells what changed."""
    moments = list(pipeline.month_ends(first, last))
    with (
        tempfile.TemporaryDirectory(prefix="monitor-simulate-") as place,
        progress(say("Replaying"), len(moments)) as step,
    ):
        engine = open_database(of_file(Path(place) / "replay.db"))
        opened = [(feed, pipeline.open_source(read, feed, os.environ)) for feed in read.feeds]
        told([problem for _, source in opened for problem in source.problems])
        for moment, evaluations in pipeline.replay(read, engine, opened, moments):
            step(str(moment.as_of))
            yield moment, evaluations
            if moment in moments[-2:]:
                for standing in [pipeline.whole(read, engine, evaluation.standing) for evaluation in evaluations]:
                    list(post.write_digests(read, engine, standing, read.alerts.readers, moment, folder))
        engine.dispose()
