"""Measures the service on the shipped workspace with its sample years: `python tests/service/benchmark.py`.

Start to ready (three times), memory and idle time; then memory through a rehearsed year, quarter by quarter.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil
from support.command import Monitor
from support.process import serve

from monitor.workspace import lay_out


def main(folder: Path) -> None:
    lay_out(folder / "w")
    command = Monitor(folder / "w")
    command.run("run", "--as-of", "2024-12-31")
    for _ in range(3):
        with serve(command, "--out", "thu") as service:
            seconds = service.ready()
            process = psutil.Process(service.process.pid)
            service.until(lambda s=service: "changed" in (s.page("healthz")[1] or {}).get("jobs", {}), seconds=120)
            service.until(lambda p=process: p.cpu_percent(interval=3) < 5, seconds=120)
            idle, size = process.cpu_percent(interval=10), process.memory_info().rss / 2**20
            say(f"ready after {seconds:.2f} s; idle {idle:.1f}% of a core; {size:.0f} MB")
    (folder / "w" / "monitor.db").unlink()
    arguments = ("--out", "thu", "--from", "2024-01-01", "--to", "2024-12-31", "--speed", "3000000")
    with serve(command, *arguments) as service:
        process, seen = psutil.Process(service.process.pid), 0
        while service.process.poll() is None:
            month = reached(folder / "w" / "monitor.db")
            if month // 3 > seen // 3:
                say(f"after {month} months: {process.memory_info().rss / 2**20:.0f} MB")
                seen = month


def reached(database: Path) -> int:
    """The month that the rehearsal has evaluated."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
            last = opened.execute("SELECT max(as_of) FROM evaluation").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    return int(last[5:7]) if last else 0


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        main(Path(place))
