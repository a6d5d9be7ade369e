"""All cores give what one gives, to the last digit; a process that dies among them is no loss; a city needs none."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine
from support import change
from support.change import evaluate, recorded, report

from monitor import beside, cores, measuring
from monitor.cores import Cores
from monitor.rules.load import Declared
from monitor.standing import assessing
from monitor.standing.drawing import courses
from monitor.standing.known import Part
from monitor.store.database import open_database
from monitor.workspace import Workspace, load

DAY = date(2024, 4, 30)
WORK = beside._work


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return load(change.lay_out(tmp_path_factory.mktemp("cores") / "w"))


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few series are as many as are assessed in parts, by processes that are forked whatever runs beside the test."""
    monkeypatch.setattr(assessing, "MOST_SERIES", 20)
    monkeypatch.setattr(cores, "SERVED", 1)
    begun_by(monkeypatch, "fork")


def begun_by(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    monkeypatch.setattr(beside, "begun_by", lambda: method)


def filled(url: str, *figures: tuple[str, str, str, float]) -> Engine:
    """A database with figures of each unit, and some more."""
    engine = open_database(url)
    change.begin(engine)
    if figures:
        report(engine, date(2024, 2, 20), *figures)
    return engine


def by_one(workspace: Workspace, folder: Path, *figures: tuple[str, str, str, float]) -> dict[str, Any]:
    """What one process records of them."""
    engine = filled(f"sqlite:///{folder / 'one.db'}", *figures)
    evaluate(workspace, engine, DAY)
    engine.dispose()
    return recorded(engine)


@pytest.fixture(scope="module")
def one(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one process records, in as many parts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assessing, "MOST_SERIES", 20)
        return by_one(workspace, tmp_path_factory.mktemp("one"))


@pytest.mark.usefixtures("many")
def test_two_cores_find_what_one_finds_to_the_last_digit(
    workspace: Workspace, database_url: str, one: dict[str, Any]
) -> None:
    """On either database."""
    engine = filled(database_url)
    now = evaluate(workspace, engine, DAY, by=Cores(2)).standing
    assert recorded(engine) == one
    whole = evaluate(workspace, engine, DAY, whole=True).standing
    assert now.assessments.equals(whole.assessments)
    assert now.findings == whole.findings
    # They have read the figures, which letters need not.
    assert now.observations.empty
    assert str(courses(now, "vn")) == str(courses(whole, "vn"))
    engine.dispose()


@pytest.mark.usefixtures("many")
def test_a_server_begins_processes_where_threads_run(
    workspace: Workspace, one: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They know of this process what is sent to them: of the declarations, the files."""
    begun_by(monkeypatch, "forkserver")
    engine = filled(f"sqlite:///{tmp_path / 'm.db'}")
    with watched() as seen:
        evaluate(workspace, engine, DAY, by=Cores(2))
    assert recorded(engine) == one
    # One of its own did half of it.
    assert len(seen) == 1
    engine.dispose()


@contextmanager
def watched() -> Iterator[list[float]]:
    """The memory that other processes had."""
    seen: list[float] = []

    class Watch:
        @contextmanager
        def step(self, _name: str) -> Iterator[None]:
            yield

        def beside(self, megabytes: float) -> None:
            seen.append(megabytes)

    with measuring.observed(Watch()):
        yield seen


def at_once(_tells: Pipe, *_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def in_the_middle(tells: Pipe, *_: Any) -> None:
    os.write(tells.fileno(), b"\x00\x00\x10\x00half of its first")
    os.kill(os.getpid(), signal.SIGKILL)


def by_a_fault(*_: Any) -> None:
    raise OSError("disk I/O error")


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("dies", [at_once, in_the_middle, by_a_fault])
def test_a_process_that_dies_is_no_loss(
    workspace: Workspace,
    one: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    dies: Callable[..., None],
) -> None:
    monkeypatch.setattr(beside, "_work", dies)
    engine = filled(f"sqlite:///{tmp_path / 'm.db'}")
    evaluate(workspace, engine, DAY, by=Cores(2))
    assert recorded(engine) == one
    assert "they are done here" in caplog.text
    assert not multiprocessing.active_children()
    engine.dispose()


class Interrupted(Cores):
    """While others read for the first time, somebody stores one more figure."""

    def parts(
        self,
        workspace: Workspace,
        connection: Connection,
        declared: Declared,
        as_of: date,
        asked: Sequence[frozenset[str]],
    ) -> list[Part]:
        if not hasattr(self, "late"):
            self.late = ("nuoc-sach", "xa-a", "2024-03", 31.0)
            report(connection.engine, date(2024, 2, 20), self.late)
        return super().parts(workspace, connection, declared, as_of, asked)


@pytest.mark.usefixtures("many")
def test_what_was_stored_meanwhile_is_assessed_by_all_while_nobody_else_may_write(
    workspace: Workspace, database_url: str, tmp_path: Path
) -> None:
    engine, by = filled(database_url), Interrupted(2)
    evaluate(workspace, engine, DAY, by=by)
    assert recorded(engine) == by_one(workspace, tmp_path, by.late)
    engine.dispose()


@pytest.mark.usefixtures("many")
def test_what_no_other_process_can_read_is_assessed_by_this_one(
    workspace: Workspace, one: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(multiprocessing, "get_context", no_other)
    engine = filled("sqlite://")
    evaluate(workspace, engine, DAY, by=Cores(2))
    assert recorded(engine) == one


def test_a_city_is_assessed_by_one_process(shipped: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiprocessing, "get_context", no_other)
    begun_by(monkeypatch, "fork")
    engine = open_database(f"sqlite:///{tmp_path / 'm.db'}")
    evaluate(shipped, engine, date(2024, 6, 30), by=Cores(64))
    engine.dispose()


def no_other(*_: Any) -> None:
    raise AssertionError("another process is begun")
