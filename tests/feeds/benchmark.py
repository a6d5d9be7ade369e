"""How long and how much memory it takes to read every sheet of every workbook in a folder: `python tests/feeds/benchmark.py FOLDER`."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import psutil

from monitor.feeds.formats import excel


def main(folder: Path) -> None:
    process = psutil.Process()
    most, over = [process.memory_info().rss], threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            most[0] = max(most[0], process.memory_info().rss)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    began, cpu, files, sheets, filled, slowest = time.perf_counter(), time.process_time(), 0, 0, 0, (0.0, "")
    for path in sorted(folder.iterdir()):
        start = time.perf_counter()
        for sheet in excel.read(path.read_bytes(), excel.Options()):
            grid = sheet.load()
            sheets, filled = sheets + 1, filled + sum(value is not None for value in grid.values.flat)
        files += 1
        slowest = max(slowest, (time.perf_counter() - start, path.name))
    over.set()
    watcher.join()
    took, busy = time.perf_counter() - began, time.process_time() - cpu
    sys.stdout.write(f"{files} workbooks, {sheets} sheets, {filled} cells: {took:.1f} s ({busy:.1f} s of a core), {most[0] / 2**20:.0f} MB at most; "
          f"slowest {slowest[1]} {slowest[0]:.2f} s\n")  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
