"""The database locked, read-only, full, gone for a minute, or of a schema that cannot be migrated."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic import command as alembic
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from support import postgres, small
from support.command import Monitor
from support.mail import post_office
from support.process import AFTER_THE_YEAR, serve
from support.rig import Rig, serving

from monitor.store import database, jobs
from monitor.store.database import NEWEST, out_of_reach
from monitor.store.jobs import Outcome
from monitor.store.observations import last_recorded


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait half a minute for another writer."""
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.1)


def outcome(rig: Rig, name: str) -> tuple[str, str]:
    with rig.engine.connect() as connection:
        found = jobs.runs(connection)[name]
    return found.planned.isoformat(), found.outcome.value


def figures(rig: Rig) -> int:
    with rig.engine.connect() as connection:
        return last_recorded(connection)


def test_while_it_is_locked_work_waits_and_is_done_once_when_it_is_free(tmp_path: Path) -> None:
    root = small.lay_out(tmp_path / "w")
    with post_office() as post, serving(root, "2024-03-20 09:00", post.url) as rig:
        rig.live_until("2024-03-21 05:00")
        before = figures(rig)
        with closing(sqlite3.connect(root / "monitor.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            (root / "feeds" / "so-lieu.csv").write_text(small.figures(months=3, bhyt=[93.0] * 3))
            rig.live_until("2024-03-21 06:01")
            other.execute("ROLLBACK")
        rig.live_until("2024-03-21 06:02")
        assert figures(rig) == before + 3
        rig.live_until("2024-03-26 00:00")
        assert outcome(rig, "digest hdnd")[1] == Outcome.DONE
    assert len(post.about("digest")) == 1


def test_what_the_database_refuses_is_a_failure_that_is_told_and_not_tried_for_ever(tmp_path: Path) -> None:
    root = small.lay_out(tmp_path / "w")
    with post_office() as post, serving(root, "2024-03-20 09:00", post.url) as rig:
        with rig.engine.begin() as connection:
            refuse = (
                "CREATE TRIGGER refuse BEFORE INSERT ON series_figures BEGIN SELECT RAISE(ABORT, 'no such figure'); END"
            )
            connection.execute(text(refuse))
        rig.live_until("2024-03-21 07:00")
        assert outcome(rig, "feed so-lieu")[1] == Outcome.FAILED
        assert any("no such figure" in mail.get_body(("plain",)).get_content() for mail in post.about("upkeep"))


@pytest.mark.parametrize(
    ("statement", "passes"),
    [
        ("INSERT INTO t VALUES (NULL)", False),
        ("SELECT * FROM nowhere", False),
        ("SELEKT", False),
        ("INSERT INTO t VALUES (1)", True),
    ],
    ids=["a-null-where-none-may-be", "a-table-that-is-not-there", "no-sql", "locked-by-another"],
)
def test_only_a_database_out_of_reach_is_asked_again(tmp_path: Path, statement: str, passes: bool) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}", connect_args={"timeout": 0})
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (a INTEGER NOT NULL)"))
    with closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None)) as other:
        if passes:
            other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DBAPIError) as told, engine.begin() as connection:
            connection.execute(text(statement))
    assert out_of_reach(told.value) is passes
    engine.dispose()


@pytest.mark.parametrize(
    ("statement", "passes"),
    [
        ("SELECT 'a' || chr(0)", False),
        ("SELECT * FROM nowhere", False),
        ("SELECT 1/0", False),
        ("SET statement_timeout = 1; SELECT pg_sleep(2)", True),
        ("SELECT pg_terminate_backend(pg_backend_pid())", True),
    ],
)
def test_only_a_postgresql_out_of_reach_is_asked_again(postgres_url: str, statement: str, passes: bool) -> None:
    engine = database.open_database(postgres_url)
    with pytest.raises(DBAPIError) as told, engine.connect() as connection:
        connection.execute(text(statement))
    assert out_of_reach(told.value) is passes
    engine.dispose()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk of its own that is soon full."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"this account may not mount a disk: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_on_a_full_disk_nothing_is_lost_and_work_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 6) as disk, post_office() as post:
        root = small.lay_out(disk / "w")
        with serving(root, "2024-03-20 09:00", post.url) as rig:
            rig.live_until("2024-03-20 10:00")
            before = figures(rig)
            (root / "feeds" / "so-lieu.csv").write_text(small.figures(months=3, bhyt=[93.0] * 3))
            filler = disk / "filler"
            with filler.open("wb", buffering=0) as out, pytest.raises(OSError, match="No space"):
                while True:
                    out.write(b"x" * 4096)
            rig.live_until("2024-03-21 06:05")
            assert figures(rig) == before
            filler.unlink()
            rig.live_until("2024-03-21 06:10")
            assert figures(rig) == before + 3
            rig.live_until("2024-03-26 00:00")
            with rig.engine.connect() as connection:
                assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    assert len(post.about("digest")) == 1


def test_a_command_tells_of_a_full_disk_in_a_sentence_and_is_done_again(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 6) as disk:
        command = Monitor(small.lay_out(disk / "w"), {"MONITOR_SMTP_URL": "smtp://127.0.0.1:1"})
        command.run("ingest", "--as-of", "2024-03-20")
        (command.workspace / "feeds" / "so-lieu.csv").write_text(small.figures(months=3, bhyt=[93.0] * 3))
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as out, pytest.raises(OSError, match="No space"):
            while True:
                out.write(b"x" * 4096)
        told = command.run("ingest", "--as-of", "2024-03-20", expect=2).stderr
        assert "Việc đang làm chưa được lưu" in told
        assert len(told.splitlines()) == 1
        filler.unlink()
        assert "3" in command.run("ingest", "--as-of", "2024-03-20").stdout


def test_on_a_full_disk_an_older_database_stays_one_and_that_is_told(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 6) as disk:
        command = Monitor(small.lay_out(disk / "w"), {"MONITOR_SMTP_URL": "smtp://127.0.0.1:1"})
        command.run("run", "--as-of", "2024-03-20")
        before = command.json("status", "--as-of", "2024-03-20")
        older(command.workspace / "monitor.db")
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as out, pytest.raises(OSError, match="No space"):
            while True:
                out.write(b"x" * 4096)
        # Enough to open it.
        os.truncate(filler, filler.stat().st_size - 48_000)
        told = command.run("status", "--as-of", "2024-03-20", expect=2).stderr
        assert "vẫn như cũ" in told
        assert len(told.splitlines()) == 1
        filler.unlink()
        assert command.json("status", "--as-of", "2024-03-20") == before


@pytest.mark.parametrize("room", [100_000, 400_000, 600_000])
def test_a_backup_that_has_no_room_is_told_and_leaves_none_taken(tmp_path: Path, room: int) -> None:
    command = Monitor(small.lay_out(tmp_path / "w"), {"MONITOR_SMTP_URL": "smtp://127.0.0.1:1"})
    command.run("run", "--as-of", "2024-03-20")
    with small_disk(tmp_path / "disk", 2) as disk:
        (disk / "filler").write_bytes(b"x" * (2_097_152 - room))
        told = command.run("backup", str(disk / "luu.sqlite"), expect=2).stderr
        assert "không ghi được bản sao lưu" in told
        assert len(told.splitlines()) == 1
        assert [each.name for each in disk.iterdir()] == ["filler"]
        (disk / "filler").unlink()
        command.run("backup", str(disk / "luu.sqlite"))


def older(file: Path) -> None:
    """The database as the program before this one had it."""
    engine, config = database.open_database(f"sqlite:///{file}"), Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    with database.writing(engine) as connection:
        config.attributes["connection"] = connection
        alembic.downgrade(config, "-1")
    engine.dispose()


def test_read_only_it_is_told_and_work_goes_on_when_it_can_be_written_again(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 16) as disk, post_office() as post:
        root = small.lay_out(disk / "w")
        with serving(root, "2024-03-20 09:00", post.url) as rig:
            rig.live_until("2024-03-20 10:00")
            before = figures(rig)
            (root / "feeds" / "so-lieu.csv").write_text(small.figures(months=3, bhyt=[93.0] * 3))
            rig.engine.dispose()
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            rig.live_until("2024-03-21 06:05")
            subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
            rig.live_until("2024-03-21 06:10")
            assert figures(rig) == before + 3


def test_gone_for_a_while_the_service_says_so_and_takes_up_its_work_again(
    tmp_path: Path, mortal_postgres: postgres.Server
) -> None:
    root = small.lay_out(tmp_path / "w")
    feed = root / "feeds" / "so-lieu.yaml"
    feed.write_text(feed.read_text(encoding="utf-8").replace("0 6 21 * *", '"*/2 * * * * *"'), encoding="utf-8")
    command = Monitor(root, {"MONITOR_DATABASE": mortal_postgres.url, "MONITOR_SMTP_URL": "smtp://127.0.0.1:1"})
    with serve(command) as service:
        service.until(lambda: "changed" in (service.page("healthz")[1] or {}).get("jobs", {}))
        mortal_postgres.stop()
        service.until(lambda: service.page("healthz")[0] == 503)
        assert service.page("readyz")[0] == 503
        mortal_postgres.start()
        (root / "feeds" / "so-lieu.csv").write_text(small.figures(bhyt=[80.0] * 12))
        service.until(service.leads)
        service.until(lambda: "12 revised" in service.log.read_text(encoding="utf-8"))
        assert service.stop() == 0
    assert "Traceback" not in service.log.read_text(encoding="utf-8")


def test_a_migration_that_fails_changes_nothing_and_is_told(tmp_path: Path) -> None:
    root = small.lay_out(tmp_path / "w")
    command = Monitor(root, {"MONITOR_SMTP_URL": "smtp://127.0.0.1:1"})
    command.run("run", "--as-of", "2024-06-30")
    file = root / "monitor.db"
    with closing(sqlite3.connect(file)) as old:
        # As if an older program had left it, with a table in the way of the next step.
        old.execute("UPDATE alembic_version SET version_num = '0001'")
        old.commit()
        kept = old.execute("SELECT count(*) FROM series_figures").fetchone()
    told = command.run("run", "--as-of", "2024-07-31", expect=2).stderr
    assert "lược đồ" in told
    with closing(sqlite3.connect(file)) as same:
        assert same.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert same.execute("SELECT count(*) FROM series_figures").fetchone() == kept
        assert same.execute("SELECT count(*) FROM letter").fetchone() == (1,)
        same.execute(f"UPDATE alembic_version SET version_num = '{NEWEST}'")  # noqa: S608 - a constant
        same.commit()
    command.run("run", "--as-of", "2024-07-31")


def test_a_backup_taken_while_it_serves_restores_into_either_kind(tmp_path: Path, postgres_url: str) -> None:
    root = small.lay_out(tmp_path / "w")
    command = Monitor(root, {"MONITOR_SMTP_URL": "smtp://127.0.0.1:1"})
    with serve(command, *AFTER_THE_YEAR, "--out", "thu") as service:
        service.until(lambda: command.json("alerts", "list"), seconds=60)
        command.run("backup", "luu.sqlite")
    assert "đã có" in command.run("backup", "luu.sqlite", expect=2).stderr
    alerts = command.json("alerts", "list")
    assert alerts
    for url in (f"sqlite:///{tmp_path / 'moi.db'}", emptied(postgres_url)):
        other = Monitor(root, {"MONITOR_DATABASE": url})
        other.run("restore", "luu.sqlite")
        assert other.json("alerts", "list") == alerts
        assert "không trống" in other.run("restore", "luu.sqlite", expect=2).stderr
        other.run("run", "--as-of", "2026-12-31")
    shutil.copy(root / "feeds" / "so-lieu.csv", root / "khong-phai")
    assert "không phải bản sao lưu" in command.run("restore", "khong-phai", expect=2).stderr
    assert not os.access(root / ".luu.sqlite.partial", os.F_OK)


def emptied(url: str) -> str:
    engine = database.open_database(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return url
