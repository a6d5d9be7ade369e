"""`monitor ingest`: figures in."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Annotated

import typer
from sqlalchemy import Engine

from monitor import pipeline
from monitor.cli.frame import (
    HERE,
    AsOfOption,
    Form,
    FormatOption,
    Where,
    language,
    one_of,
    open_working,
    options,
    output,
    print_json,
    print_table,
    progress,
    recorded,
    say,
    told,
)
from monitor.model.problem import Problem
from monitor.pipeline import Ingestion, Moment
from monitor.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(ingest))


def ingest(
    feed: Annotated[str | None, typer.Option(help="Only this feed.")] = None,
    where: Where = HERE,
    as_of: AsOfOption = None,
    form: FormatOption = Form.TABLE,
) -> None:
    """Read the feeds and store what is new. Exit 2 if a file could not be read or a figure not be used; the good rest is in."""
    read, engine = open_working(where.workspace, where.database)
    if feed is not None:
        one_of("feed", feed, [f.id for f in read.feeds])
    done = take_all(read, engine, recorded(as_of), feed)
    if form is Form.JSON:
        print_json([_plain(ingestion) for ingestion in done])
    else:
        print_ingested(done)
    if problems_in(done):
        sys.exit(2)


def take_all(read: Workspace, engine: Engine, when: Moment, feed: str | None = None) -> list[Ingestion]:
    """Read every feed, or one."""
    feeds = [f for f in read.feeds if feed is None or f.id == feed]
    done = []
    with progress(say("Reading feeds"), len(feeds)) as step:
        for each in feeds:
            done.append(pipeline.ingest(read, engine, each, pipeline.open_source(read, each, os.environ, engine), when))
            step(each.id)
    return done


def print_ingested(done: list[Ingestion]) -> None:
    """What came in, and every problem in what did not."""
    heads = [say(h) for h in ("Feed", "New", "Revised", "Known", "Not yet due", "Unusable")]
    rows = [
        [i.feed, *(str(n) for n in (i.taken.added, i.taken.revised, i.taken.known, i.taken.early, i.unusable))]
        for i in done
    ]
    print_table(heads, rows, right=range(1, 6))
    early = [i.taken for i in done if i.taken.newest is not None]
    if early:
        output.print(
            say(
                "{count} figures are kept, and count only from a later day on, the newest from {newest} on: {feeds}",
                count=sum(taken.early for taken in early),
                newest=language().day(max(taken.newest for taken in early if taken.newest is not None)),
                feeds=", ".join(taken.feed for taken in early),
            ),
            soft_wrap=True,
            markup=False,
        )
    told(problems_in(done))


def problems_in(done: Iterable[Ingestion]) -> list[Problem]:
    """What could not be read or used."""
    return [problem for ingestion in done for problem in (*ingestion.problems, *ingestion.quarantined)]


def _plain(ingestion: Ingestion) -> dict[str, object]:
    taken = ingestion.taken
    return {
        "feed": ingestion.feed,
        "added": taken.added,
        "revised": taken.revised,
        "known": taken.known,
        "early": taken.early,
        "newest": taken.newest.isoformat() if taken.newest else None,
        "problems": [{"place": p.place(), "message": p.text(language())} for p in ingestion.problems],
        "quarantined": [{"place": p.place(), "message": p.text(language())} for p in ingestion.quarantined],
    }
