"""What the monitor said at the end of each month of 2020 and 2021 of the nation's main targets, and of each ministry's and province's
investment of 2017 to 2021, and what came.

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

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
import releases as small
from support.command import Monitor

HERE = Path(__file__).parent
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
RESOLUTIONS = {
    **{2017: "nq-23-2016-qh14", 2018: "nq-48-2017-qh14", 2019: "nq-69-2018-qh14"},
    **{2020: "nq-85-2019-qh14", 2021: "nq-124-2020-qh14"},
}
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
    shutil.copytree(HERE.parents[1] / "alerts" / "templates", root / "alerts" / "templates")
    units = root / "units.yaml"
    for resolution in (root / "rules").iterdir():
        if resolution.is_dir():
            shutil.copy(units, resolution)
    units.unlink()
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
    return Monitor(root).run(*arguments, expect=None)


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


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one unit's investment of a year was told of, and how it ended. `said`: month (`01`..) -> status by then."""

    unit: str
    year: str
    said: dict[str, str]

    @property
    def missed(self) -> bool:
        """Whether less was done than had to be, by the last figures published."""
        return self.said["12"] == "missed"

    def called(self, month: str, *statuses: str) -> bool:
        """Whether it was called so in a month or before it."""
        return any(self.said[each] in statuses for each in self.said if each <= month)


def investment(root: Path, years: Iterable[int] = tuple(RESOLUTIONS)) -> list[Outcome]:
    """The years that ended with a verdict, of ministries and provinces."""
    said: dict[tuple[str, str], dict[str, str]] = {}
    for year in years:
        for month in range(1, 13):
            day = f"{year}-{month:02}-{calendar.monthrange(year, month)[1]}"
            of = ("--target", "dau-tu.von", "--resolution", RESOLUTIONS[year])
            told = monitor(root, "status", *of, "--as-of", day, "--format", "json")
            assert told.returncode == 0, told.stderr
            for row in json.loads(told.stdout):
                if row["unit"] != "vn":
                    said.setdefault((row["unit"], str(year)), {})[f"{month:02}"] = str(row["status"])
    return [Outcome(unit, year, of) for (unit, year), of in sorted(said.items()) if of.get("12") in ("met", "missed")]


def units(outcomes: list[Outcome]) -> str:
    """A row a year, for README: misses, and how many of them were called at risk or off track by a month; good years called off track."""
    lines = [
        "| | missed | called by March | June | September | November | met | called off track | in September |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for year in sorted({each.year for each in outcomes}):
        bad, good = ([o for o in outcomes if o.year == year and o.missed is missed] for missed in (True, False))
        early = [sum(o.called(month, "at_risk", "off_track") for o in bad) for month in ("03", "06", "09", "11")]
        false = [sum(o.called("11", "off_track") for o in good), sum(o.said.get("09") == "off_track" for o in good)]
        lines.append("| " + " | ".join(str(cell) for cell in (year, len(bad), *early, len(good), *false)) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read, replay, print."""
    with tempfile.TemporaryDirectory() as place:
        root = lay_out(Path(place) / "workspace", Path(sys.argv[1]) if len(sys.argv) > 1 else None)
        told = monitor(root, "ingest", "--as-of", "2022-01-31", "--lang", "en")
        sys.stderr.write(told.stderr)
        sys.stdout.write(table(statuses(root)) + "\n")
        sys.stdout.write(units(investment(root)))


if __name__ == "__main__":
    main()
