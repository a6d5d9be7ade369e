"""Of many units `monitor status` shows what can be read, and says what it does not show."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from support.command import Monitor

from monitor.benchmark import invented

DAY = ("--as-of", "2024-08-31")


def test_of_many_units_the_whole_s_rows_are_shown_and_those_of_units_counted(
    command_in: Callable[[Path], Monitor], tmp_path: Path
) -> None:
    invented.write(tmp_path / "w", invented.Size(60, 10, 1))
    command = command_in(tmp_path / "w")
    command.run("run", *DAY)
    rows = json.loads(command.run("status", *DAY, "--format", "json").stdout)
    others = [row for row in rows if row["unit"] != invented.TOP]
    assert len(rows) - len(others) == 10 and len(others) > 600
    short = command.run("status", *DAY, "--lang", "en").stdout
    assert "xa-0" not in short and "ct-010" in short
    well, silent = (sum(row["status"] in of for row in others) for of in ({"met", "on_track"}, {"no_data", "not_due"}))
    counts = [well, *(sum(row["status"] == of for row in others) for of in ("at_risk", "off_track", "missed")), silent]
    told = " ".join(short.split())
    assert f"{len(others)} rows of units are not shown: {counts[0]} met or on track, {counts[1]} at risk" in told
    assert f"{counts[2]} off track, {counts[3]} missed, {counts[4]} without data" in told
    assert counts[1] + counts[2] > 0
    one = command.run("status", *DAY, "--unit", "xa-00007", "--lang", "en").stdout
    assert "not shown" not in one and one.count("ct-0") == 10
    of_all = command.run("status", *DAY, "--target", "ct-001", "--lang", "en").stdout
    assert "not shown" not in of_all and of_all.count("ct-001") > 60
