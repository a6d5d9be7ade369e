"""What many units cost: as many statements as a few, and memory for columns of figures rather than for a table of objects."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from monitor import pipeline, post
from monitor.benchmark import ONE, STEPS, invented, measure
from monitor.cores import Cores
from monitor.pipeline import Moment
from monitor.store import observations as stored
from monitor.store.database import open_database
from monitor.workspace import load

AS_OF = Moment.end_of(invented.LAST.end_time.date())


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    told: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def count(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        told.append(statement)

    yield told
    event.remove(engine, "before_cursor_execute", count)


def filled(folder: Path, url: str, size: invented.Size) -> tuple[Engine, int]:
    """A database with the figures of an invented workspace, evaluated; and how many statements that took."""
    invented.write(folder, size)
    workspace, engine = load(folder), open_database(url)
    with statements(engine) as told:
        for feed in workspace.feeds:
            opened = pipeline.open_source(workspace, feed, {}, engine)
            assert pipeline.ingest(workspace, engine, feed, opened, AS_OF).taken.added == size.units * size.targets * 12
        assert pipeline.evaluate(workspace, engine, workspace.resolutions[0], AS_OF).changes
    return engine, len(told)


def test_many_units_take_as_many_statements_as_a_few(tmp_path: Path) -> None:
    counted = {}
    for units in (8, 60):
        url = f"sqlite:///{tmp_path}/{units}.db"
        engine, counted[units] = filled(tmp_path / str(units), url, invented.Size(units, 4, 1))
        engine.dispose()
    assert counted[60] == counted[8]


def test_declarations_are_read_in_steps_that_grow_no_faster_than_the_units(tmp_path: Path) -> None:
    steps = {}
    for units in (50, 100, 200):
        root = tmp_path / str(units)
        invented.write(root, invented.Size(units, 20, 1))
        rows = ["Đơn vị,ct-001,ct-002", *(f"{name},900,81" for name in invented.Size(units, 20, 1).names)]
        (root / "rules" / invented.RESOLUTION / "plans").mkdir()
        (root / "rules" / invented.RESOLUTION / "plans" / "giao.csv").write_text("\n".join(rows), encoding="utf-8")
        load(root)  # what is made once a process
        with lines_run() as counted:
            load(root)
        steps[units] = sum(counted)
    # What each unit costs is the same of many: twice as many more of them cost twice as much more.
    assert steps[200] - steps[100] <= 2.1 * (steps[100] - steps[50])


@contextmanager
def lines_run() -> Iterator[list[int]]:
    """A 1 for each line of the program that is run meanwhile, and for each round of a loop within one."""
    told: list[int] = []

    def line(_frame: FrameType, kind: str, _value: object) -> Any:
        if kind == "line":
            told.append(1)
        return line

    def call(frame: FrameType, _kind: str, _value: object) -> Any:
        return line if frame.f_globals.get("__name__", "").startswith("monitor.") else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        yield told
    finally:
        sys.settrace(before)


def test_what_is_told_of_alerts_is_read_once_for_all_routes(tmp_path: Path) -> None:
    engine, _ = filled(tmp_path / "w", f"sqlite:///{tmp_path}/w.db", invented.Size(8, 4, 1))
    workspace = load(tmp_path / "w")
    standing = pipeline.stand(workspace, engine, workspace.resolutions[0], AS_OF.as_of)
    (route, *_) = workspace.alerts.readers
    routes = [route.model_copy(update={"id": f"{route.id}-{n}"}) for n in range(5)]
    with statements(engine) as told:
        written = list(post.write_digests(workspace, engine, standing, routes, AS_OF, tmp_path / "digests"))
    assert len({path for _, paths in written for path in paths}) == len(routes) * len(written[0][1])
    assert sum("FROM alert " in statement or "FROM alert_event " in statement for statement in told) == 2
    engine.dispose()


def test_figures_are_kept_and_read_in_columns(tmp_path: Path) -> None:
    size = invented.Size(60, 8, 1)
    engine, _ = filled(tmp_path / "w", f"sqlite:///{tmp_path}/w.db", size)
    with engine.connect() as connection:
        stored.observations(connection, AS_OF.as_of)
        tracemalloc.start()
        found = stored.observations(connection, AS_OF.as_of)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        kept = connection.execute(text("SELECT count(*) FROM series_figures")).scalar_one()
    engine.dispose()
    # Those of a series are one row.
    assert kept == len(found.drop_duplicates(["target", "unit"])) == len(found) // 12
    # A row of fourteen Python objects takes more than a thousand bytes.
    assert peak / len(found) < 400


def test_figures_of_several_blocks_are_stored_as_those_of_one(database_url: str, tmp_path: Path) -> None:
    """On either database: each figure once, with its place; read again they are known, and one unit's news are its own."""
    size = invented.Size(3, 2, 1)
    invented.write(tmp_path / "w", size)
    workspace, engine = load(tmp_path / "w"), open_database(database_url)
    feed = workspace.feeds[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("monitor.store.taking._BLOCK", 10)
        told = [
            pipeline.ingest(workspace, engine, feed, pipeline.open_source(workspace, feed, {}), AS_OF).taken
            for _ in range(2)
        ]
        invented.write_one(tmp_path / "w", size)
        one = pipeline.ingest(workspace, engine, feed, pipeline.open_source(workspace, feed, {}), AS_OF).taken
    assert [(taken.added, taken.revised, taken.known) for taken in told] == [(72, 0, 0), (0, 0, 72)]
    assert (one.added, one.revised, one.known) == (0, 2, 72)
    with engine.connect() as connection:
        table = stored.observations(connection, AS_OF.as_of)
    assert len(table) == 72
    assert table["revision"].value_counts().to_dict() == {1: 70, 2: 2}
    first = table.iloc[0]
    assert (first["file"], first["sheet"], first["cell"]) == (f"feeds/{invented.FEED}/tinh-001.csv", "", "2:4")
    engine.dispose()


def test_the_benchmark_tells_every_step(tmp_path: Path) -> None:
    size = invented.Size(2, 2, 1)
    invented.write(tmp_path / "w", size)
    engine = open_database(f"sqlite:///{tmp_path}/w.db")
    told = measure(
        load(tmp_path / "w"),
        engine,
        AS_OF,
        tmp_path / "digests",
        Cores(),
        2,
        lambda: invented.write_one(tmp_path / "w", size),
    )
    engine.dispose()
    assert [step.name for step in told.steps] == [*STEPS, *ONE]
    assert (told.series, told.figures) == (2 * 4, 2 * 2 * 12)
    assert all(step.seconds > 0 and step.peak_mb > 10 for step in told.steps)
