"""What the monitor said at the end of each month of 2020 and 2021 of the nation's main targets, and what came.

    python tests/real/year.py FOLDER

reads the monthly releases of Vietnam's statistics office in FOLDER (their names begin with the day of publication, 2020-06-29-….xlsx) as they
are, in a copy of tests/real/workspace. Without FOLDER, it reads small releases with invented figures.
"""

from __future__ import annotations

import calendar
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import releases as small

HERE = Path(__file__).parent
COMMAND = Path(sys.executable).with_name("monitor")
# As they are shown, in English.
SHOWN = {
    "gdp": "GDP",
    "cpi": "CPI",
    "xuat-khau": "exports",
    "nhap-khau": "imports",
    "ban-le": "retail",
    "dau-tu.ty-le": "investment, % of plan",
}
# How a status is shown in the table: as nothing yet, as a promise kept so far, as a warning.
SIGNS = {"no_data": "-", "not_due": "-", "on_track": ".", "met": ".", "at_risk": "?", "off_track": "!", "missed": "!"}
MONTHS = tuple(f"{year}-{number:02}" for year in (2020, 2021) for number in range(1, 13))


@dataclass(frozen=True)
class Nation:
    """Its workspace's `root`; `complaints`: what ingest told, empty when nothing was wrong."""

    root: Path
    complaints: str


def published() -> Path | None:
    """The folder of true releases that MONITOR_REAL names."""
    folder = os.environ.get("MONITOR_REAL")
    return Path(folder) if folder else None


def lay_out(root: Path, folder: Path | None = None) -> Path:
    """The workspace with the releases of 2017 to 2021 of `folder`, or of MONITOR_REAL, or else the small ones; the root."""
    shutil.copytree(HERE / "workspace", root)
    place, folder = root / "feeds" / "releases", folder or published()
    if folder is None:
        small.write(place)
        return root
    place.mkdir(exist_ok=True)
    for file in sorted(folder.iterdir()):
        if "2017" <= file.name[:4] <= "2021":
            shutil.copy(file, place)
    return root


def monitor(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The installed command in a workspace."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MONITOR_")} | {
        "COLUMNS": "200"
    }
    return subprocess.run([COMMAND, *arguments], cwd=root, env=environment, capture_output=True, text=True, check=False)


def statuses(root: Path, months: Iterable[str] = MONTHS) -> dict[tuple[str, str], dict[str, Any]]:
    """(target, month) -> what `monitor status` says of the nation at that month's end, of the year's own targets, by what was
    published by then. The feeds must be ingested.
    """
    found = {}
    for month in months:
        day = f"{month}-{calendar.monthrange(int(month[:4]), int(month[5:]))[1]}"
        told = monitor(root, "status", "--unit", "city", "--as-of", day, "--format", "json")
        assert told.returncode == 0, told.stderr
        # The resolutions stand in the order of their years: the later one's row is the year's own.
        found |= {(row["target"], month): row for row in json.loads(told.stdout)}
    return found


def table(found: dict[tuple[str, str], dict[str, Any]]) -> str:
    """A row a target and year, for README: a letter for each month before the last (SIGNS), and what came."""
    lines = ["| | J F M A M J J A S O N | came | required |", "|---|---|---|---|"]
    months = sorted({month for _, month in found})
    for year in sorted({month[:4] for month in months}):
        for target, name in SHOWN.items():
            *before, last = [found[target, month] for month in months if month.startswith(year)]
            signs = " ".join(SIGNS[str(row["status"])] for row in before)
            came, required = (f"{n:,.0f}" if n > 1000 else f"{n:.3g}" for n in (last["value"], last["required"]))
            lines.append(f"| {year} {name} | `{signs}` | {last['status']} {came} | {required} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read, replay, print."""
    with tempfile.TemporaryDirectory() as place:
        root = lay_out(Path(place) / "workspace", Path(sys.argv[1]) if len(sys.argv) > 1 else None)
        told = monitor(root, "ingest", "--as-of", "2022-01-31", "--lang", "en")
        sys.stderr.write(told.stderr)
        sys.stdout.write(table(statuses(root)))


if __name__ == "__main__":
    main()
