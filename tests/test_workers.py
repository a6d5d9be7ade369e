"""The workers of a Dask cluster give what one process gives; who is lost among them is no loss."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from support import change
from support.change import evaluate, plain, recorded
from support.command import Monitor

from monitor import workers
from monitor.model.problem import Problems
from monitor.pipeline import stand
from monitor.standing.assessing import partitions
from monitor.standing.known import Standing
from monitor.store.archive import used_tables
from monitor.store.database import default_url, open_database
from monitor.workers import Workers
from monitor.workspace import Workspace, load

dask = pytest.importorskip("dask", reason="Dask is not installed here")
distributed = pytest.importorskip("distributed", reason="Dask is not installed here")


def _begun(workers: int) -> Any:
    """A scheduler and so many workers."""
    at = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    return distributed.LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, **at)


@contextmanager
def _while_one_waits(workspace: Workspace, engine: Engine, cluster: Any) -> Iterator[Future[Standing]]:
    """An evaluation whose only worker has got all parts, and does nothing."""
    worker = next(iter(cluster.workers.values())).pid
    os.kill(worker, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(1) as beside, closing(Workers(cluster.scheduler_address)) as by:
            asked = beside.submit(stand, workspace, engine, workspace.resolutions[0], date(2024, 5, 31), by)
            while not any("_part" in str(key) for key in cluster.scheduler.tasks) and not asked.done():
                wait([asked], timeout=0.05)
            yield asked
    finally:
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGCONT)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two workers, each a process."""
    with _begun(2) as made:
        yield made


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return load(change.lay_out(tmp_path_factory.mktemp("workers") / "w"))


@contextmanager
def _empty(postgres_url: str, name: str) -> Iterator[Engine]:
    """A database of the tests' own on the server."""
    server = open_database(postgres_url)
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    made = open_database(server.url.set(database=name).render_as_string(hide_password=False))
    try:
        yield made
    finally:
        made.dispose()
        with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        server.dispose()


@pytest.fixture(scope="module")
def postgres(postgres_url: str) -> Iterator[Engine]:
    with _empty(postgres_url, "workers") as made:
        change.begin(made)
        yield made


def test_what_workers_find_is_what_one_process_finds_also_when_one_of_them_dies(
    workspace: Workspace, postgres: Engine, cluster: Any, tmp_path: Path
) -> None:
    alone = open_database(f"sqlite:///{tmp_path / 'alone.db'}")
    change.begin(alone)
    workers = Workers(cluster.scheduler_address)
    day = date(2024, 4, 30)
    evaluate(workspace, alone, day)
    # Nobody has told the scheduler yet when the evaluation begins.
    os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
    evaluate(workspace, postgres, day, by=workers)
    assert recorded(postgres) == plain(recorded(alone))
    workers.close()
    alone.dispose()


def test_a_scheduler_that_goes_away_in_the_middle_is_told(workspace: Workspace, postgres: Engine) -> None:
    with _begun(1) as doomed, _while_one_waits(workspace, postgres, doomed) as asked:
        doomed.sync(doomed.scheduler.close)
        with pytest.raises(Problems, match="went away while its workers assessed"):
            asked.result()
    # What it means is told, and no trace of it beside.
    assert logging.getLogger("distributed.client").level == logging.CRITICAL


def test_a_part_that_every_worker_dies_of_is_told(workspace: Workspace, postgres: Engine) -> None:
    once = dask.config.set({"distributed.scheduler.allowed-failures": 0})
    with once, _begun(1) as doomed, _while_one_waits(workspace, postgres, doomed) as asked:
        os.kill(next(iter(doomed.workers.values())).pid, signal.SIGKILL)
        with pytest.raises(Problems, match="died one after the other"):
            asked.result()


def test_workers_that_are_all_lost_are_waited_for_no_longer_than_one_takes_to_come_back(
    workspace: Workspace, postgres: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "ASKING", 0.2)
    with _begun(1) as doomed, _while_one_waits(workspace, postgres, doomed) as asked:
        nanny = next(iter(doomed.workers.values()))
        nanny.auto_restart = False
        os.kill(nanny.pid, signal.SIGKILL)
        with pytest.raises(Problems, match="are all lost"):
            asked.result()


def test_workers_read_the_declarations_once_before_there_are_figures(
    postgres: Engine, cluster: Any, tmp_path: Path
) -> None:
    policy, day = change.lay_out(tmp_path / "w") / "rules" / "policy.yaml", date(2024, 5, 31)
    before = load(tmp_path / "w")
    policy.write_text(policy.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
    edited = load(tmp_path / "w")

    def read() -> int:
        from monitor import workers as theirs  # noqa: PLC0415 - on a worker

        return theirs._workspace.cache_info().misses

    with closing(Workers(cluster.scheduler_address)) as by:
        for workspace in (before, edited):
            by.prepare(workspace, postgres, day)
            told = dict(by._told)
            assert len(told) == 2
            by.prepare(workspace, postgres, day)
            assert by._told == told
        for future in told.values():
            future.result()
        misses = by._client.run(read)
        assert min(misses.values()) > 0
        evaluate(edited, postgres, day, by=by)
        assert by._client.run(read) == misses


def test_a_part_that_fails_for_lack_of_time_is_not_asked_for_again_and_again(
    workspace: Workspace, postgres: Engine, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_part", lambda *_: (each for each in ()).throw(TimeoutError("late")))
    with closing(Workers(cluster.scheduler_address)) as by, pytest.raises(TimeoutError, match="late"):
        evaluate(workspace, postgres, date(2024, 5, 31), by=by)


def test_a_worker_that_reads_another_database_is_told_and_nothing_is_recorded(
    workspace: Workspace, postgres: Engine, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = recorded(postgres)
    with _empty(postgres_url, "another") as other:
        monkeypatch.setenv("MONITOR_DATABASE", other.url.render_as_string(hide_password=False))
        told = pytest.raises(Problems, match="reads other figures")
        with _begun(1) as astray, closing(Workers(astray.scheduler_address)) as by, told:
            evaluate(workspace, postgres, date(2024, 5, 31), by=by)
    assert recorded(postgres) == before


@pytest.mark.parametrize("address", ["tls://127.0.0.1:8786", "ucx://127.0.0.1:8786"])
def test_an_address_that_dask_has_no_way_to_is_told(postgres: Engine, address: str) -> None:
    with pytest.raises(Problems, match="no Dask scheduler answers"):
        Workers(address).fewest(postgres, 1)


def test_a_run_that_nobody_can_assess_takes_nothing_in(cluster: Any, tmp_path: Path) -> None:
    monitor = Monitor(tmp_path)
    monitor.run("init", ".")
    # It has SQLite, which workers cannot read.
    told = monitor.run("run", "--workers", cluster.scheduler_address, "--as-of", "2024-06-30", expect=2)
    assert "PostgreSQL" in told.stderr
    with open_database(default_url(tmp_path)).connect() as connection:
        assert not used_tables(connection)


def test_a_benchmark_for_workers_that_cannot_read_the_database_ends_before_it_begins(
    cluster: Any, tmp_path: Path
) -> None:
    asked = ("benchmark", "--units", "2", "--targets", "4", "--years", "1", "--workers", cluster.scheduler_address)
    told = Monitor(tmp_path).run(*asked, expect=2)
    assert "PostgreSQL" in told.stderr
    assert not told.stdout


def test_a_benchmark_mixes_nothing_invented_with_what_is_stored(tmp_path: Path) -> None:
    asked = ("benchmark", "--units", "2", "--targets", "2", "--years", "1", "--database", str(default_url(tmp_path)))
    Monitor(tmp_path).run(*asked)
    told = Monitor(tmp_path).run(*asked, expect=2)
    assert "cơ sở dữ liệu không trống" in told.stderr


def test_the_benchmark_measures_them(postgres_url: str, cluster: Any, tmp_path: Path) -> None:
    with _empty(postgres_url, "measured") as engine:
        url = engine.url.render_as_string(hide_password=False)
        size = ("--units", "2", "--targets", "4", "--years", "1")
        there = ("--database", url, "--workers", cluster.scheduler_address)
        told = Monitor(tmp_path).json("benchmark", *size, *there)
        assert (told["series"], told["figures"]) == (16, 96)
        # What they read and assess is not done here.
        steps = [step["step"] for step in told["steps"]]
        assert steps == ["ingest", "alerts", "evaluate", "digest", "ingest-one", "evaluate-one"]


def test_what_is_joined_is_never_parted(workspace: Workspace) -> None:
    declared, day = workspace.resolutions[0], date(2024, 2, 28)
    parts = partitions(declared, day, 16)
    assert sorted(target for part in parts for target in part) == sorted(declared.targets)
    assert [part for part in parts if {"thu", "chi", "ti-trong"} & part] == [{"thu", "chi", "ti-trong"}]
    assert len(partitions(declared, day, 2)) == 2


def test_workers_that_cannot_read_the_database_are_told_so(workspace: Workspace, tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'm.db'}")
    with pytest.raises(Problems, match="PostgreSQL"):
        evaluate(workspace, engine, date(2024, 2, 28), by=Workers("tcp://127.0.0.1:1"))
