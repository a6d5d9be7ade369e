"""A nation, its ministries, provinces and communes through the installed command: plans in tables, changed in mid-year."""

from __future__ import annotations

import pytest
from support import tree
from support.command import Monitor


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Monitor:
    command = Monitor(tree.lay_out(tmp_path_factory.mktemp("tree") / "nuoc"))
    command.run("run", "--as-of", "2024-09-30")
    return command


def test_an_alert_says_from_what_to_what_the_plan_was_changed(command: Monitor) -> None:
    told = [a["message"] for a in command.json("alerts", "list") if a["target"] == "von" and a["unit"] == "bo-y-te"]
    assert told
    assert all("điều chỉnh từ 200 tỷ đồng thành 300 tỷ đồng theo 2/NQ" in message for message in told)


def test_before_the_plan_was_changed_nobody_was_late(command: Monitor) -> None:
    rows = {row["unit"]: row for row in command.json("status", "--target", "von", "--as-of", "2024-06-30")}
    assert {row["status"] for row in rows.values()} == {"on_track"}
    assert rows["vn"]["value"] == pytest.approx(sum(tree.ADDED.values()) * 6)


def test_what_its_parts_make_is_explained_by_their_cells(command: Monitor) -> None:
    of = {"nuoc-sach": {"xa-a", "xa-b", "xa-c"}, "nuoc-sach@an-giang": {"xa-a", "xa-b"}}
    for series, parts in of.items():
        told = command.json("explain", series, "--as-of", "2024-09-30")
        assert {(cell["unit"], cell["period"]) for cell in told["sources"]} == {(unit, "2024-09") for unit in parts}
