"""Killed at random instants of ingesting, evaluating and delivering: nothing is lost, and nobody is told twice."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from support import small
from support.figures import stored
from support.mail import Post, post_office

from monitor.store.database import open_database

TESTS = Path(__file__).parents[1]
# Two hundred by hand; fewer in every run.
WHOLE = "MONITOR_TEST_WHOLE" in os.environ
DAYS, KILLS_A_DAY = 9, 12 if WHOLE else 4
# What is the same whether or not somebody was killed: not when a row was written, nor how often it was tried.
TABLES = {
    "alert": "fingerprint, state, severity, held, first_seen, last_seen, opened, resolved, message, evidence",
    "alert_event": "fingerprint, as_of, happening, severity, state, message",
    "letter": "resolution, route, kind, as_of, number, subject, text, html, told",
    "delivery": "recipient, message_id, state, confirmed",
    "evaluation": "resolution, as_of, version, findings",
}


def lived(root: Path, post: Post, seed: int, kills: int) -> int:
    """Live through the days; how many children were killed."""
    small.lay_out(root)
    routes = root / "alerts" / "routes.yaml"
    text = routes.read_text(encoding="utf-8").replace("30 7 25 * *}", "30 7 * * *, immediate: warning}")
    routes.write_text(text.replace("group_wait: 10", "group_wait: 0"), encoding="utf-8")
    arguments = [sys.executable, "-m", "support.days", root, post.url, str(seed), str(kills), str(DAYS)]
    done = subprocess.run(
        arguments, cwd=TESTS, env={**os.environ, "PYTHONPATH": str(TESTS)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return int(done.stdout)


def contents(root: Path) -> dict[str, list[Any]]:
    file = root / "monitor.db"
    engine = open_database(f"sqlite:///{file}")
    with engine.connect() as connection:
        figures = sorted((of.feed, of.target, of.unit, of.period, of.value, of.received) for of in stored(connection))
    engine.dispose()
    with closing(sqlite3.connect(file)) as database:
        return {"figures": figures} | {
            table: sorted(database.execute(f"SELECT {columns} FROM {table}"), key=str)  # noqa: S608 - constants
            for table, columns in TABLES.items()
        }


def test_killed_at_any_instant_everything_is_as_if_nothing_had_happened(tmp_path: Path) -> None:
    with post_office() as calm, post_office() as shaken, post_office() as shattered, ThreadPoolExecutor() as pool:
        lives = [
            pool.submit(lived, tmp_path / "calm", calm, 0, 0),
            pool.submit(lived, tmp_path / "shaken", shaken, 7, KILLS_A_DAY),
            pool.submit(lived, tmp_path / "shattered", shattered, 8, KILLS_A_DAY),
        ]
        died = [life.result() for life in lives]
    assert died[0] == 0
    assert sum(died) >= (200 if WHOLE else 60)
    once = Counter(mail["Message-ID"] for mail in calm.mails)
    assert set(once.values()) == {1}
    for name, post in (("shaken", shaken), ("shattered", shattered)):
        assert contents(tmp_path / name) == contents(tmp_path / "calm")
        told = Counter(mail["Message-ID"] for mail in post.mails)
        assert told.keys() == once.keys()
        # Killed between the server's word and its own note, it sends again, under the Message-ID that the reader has already.
        assert sum(told.values()) - len(told) < 0.2 * len(told) + 5
