"""Killed at any moment of `run`, and run again: the database is the same as if nothing had happened."""

from __future__ import annotations

import signal
import sqlite3
from pathlib import Path
from typing import Any

from support.command import Monitor

MORTAL = Path(__file__).parents[1] / "support" / "mortal"
KILLS = 14
DAYS = (("--as-of", "2024-05-31"), ("--as-of", "2024-06-30"))


def contents(workspace: Path) -> dict[str, list[Any]]:
    """Every row of every table."""
    with sqlite3.connect(workspace / "monitor.db") as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(database.execute(f"SELECT * FROM {name}"), key=str) for name in tables}  # noqa: S608


def test_a_run_killed_at_any_moment_and_run_again_gives_the_same_database(tmp_path: Path) -> None:
    counted = tmp_path / "count"
    undisturbed = tmp_path / "undisturbed"
    Monitor(tmp_path).run("init", str(undisturbed))
    counting = {"PYTHONPATH": str(MORTAL), "MORTAL_COUNT": str(counted)}
    totals = []
    for day in DAYS:
        Monitor(undisturbed, counting).run("run", *day)
        totals.append(int(counted.read_text()))
    killed = tmp_path / "killed"
    Monitor(tmp_path).run("init", str(killed))
    died = 0
    for day, total in zip(DAYS, totals, strict=True):
        for n in range(1, total, max(1, total // (KILLS // 2))):
            mortal = Monitor(killed, {"PYTHONPATH": str(MORTAL), "MORTAL_AT": str(n)})
            died += mortal.run("run", *day, expect=None).returncode == -signal.SIGKILL
        Monitor(killed).run("run", *day)
    assert died >= KILLS // 2
    assert contents(killed) == contents(undisturbed)
    written = [
        {p.relative_to(w): p.read_bytes() for p in (w / "digests").rglob("*.txt")} for w in (killed, undisturbed)
    ]
    assert written[0] == written[1]
