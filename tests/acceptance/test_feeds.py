"""A sheet never seen before: drafted, tried, declared, as somebody types it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.command import Monitor
from support.nation import Rows, workbook, write_rules

SHEET: Rows = [
    ["11. Vốn đầu tư thực hiện từ nguồn ngân sách Nhà nước"],
    [None, None, None, None, "Tỷ đồng"],
    [
        None,
        None,
        "Ước tính tháng 6 năm 2021",
        "Cộng dồn 6 tháng năm 2021",
        "6 tháng năm 2021 so với kế hoạch năm 2021 (%)",
    ],
    ["TỔNG SỐ", None, 29000, 169000, 36.6],
    ["Trung ương", None, 4500, 26000, 33.5],
    [None, "Bộ Y tế", 160, 900, 20.5],
    ["Địa phương", None, 24500, 143000, 37.2],
    [None, "Hà Nội", 3100, 17000, 35.0],
    [None, "Thanh Hóa", 900, 4300, 48.8],
]


@pytest.fixture
def nation(workspace: Path) -> Monitor:
    write_rules(workspace)
    (workspace / "Bieu-6.2021.xlsx").write_bytes(workbook({"VonDT": SHEET, "Khac": [["Không liên quan"]]}))
    return Monitor(workspace)


def test_a_new_sheet_is_drafted_checked_and_tried(nation: Monitor) -> None:
    drafted = nation.run("feed", "draft", "Bieu-6.2021.xlsx", "--target", "von", "--out", "feeds/von.yaml")
    assert drafted.stdout == ""
    assert "số liệu đọc được: 4, của 1 chỉ tiêu, 4 đơn vị, 06/2021; giữ lại: 0" in drafted.stderr
    nation.run("check")
    told = nation.run("feed", "try", "von", "Bieu-6.2021.xlsx").stdout
    assert "17 nghìn tỷ đồng" in told and "D8" in told
    assert 'không đọc: dòng 5, 7 (2 số): "Trung ương", "Địa phương" không phải tên' in told
    assert 'không đọc: cột E (6 số): tiêu đề "6 tháng năm 2021 so với kế hoạch năm 2021 (%)" có' in told
    plain = nation.json("feed", "try", "von", "Bieu-6.2021.xlsx")
    assert (plain["figures"], plain["quarantined"], plain["sound"]) == (4, 0, True)
    assert not (nation.workspace / "monitor.db").exists()


def test_a_draft_overwrites_nothing(nation: Monitor) -> None:
    nation.run("feed", "draft", "Bieu-6.2021.xlsx", "--target", "von", "--out", "feeds/von.yaml")
    before = (nation.workspace / "feeds" / "von.yaml").read_text(encoding="utf-8")
    again = nation.run("feed", "draft", "Bieu-6.2021.xlsx", "--target", "von", "--out", "feeds/von.yaml", expect=2)
    assert "không ghi đè" in again.stderr
    assert (nation.workspace / "feeds" / "von.yaml").read_text(encoding="utf-8") == before


def test_a_target_that_is_not_in_the_file_is_told_and_ends_with_1(nation: Monitor) -> None:
    drafted = nation.run("feed", "draft", "Bieu-6.2021.xlsx", "--target", "khach", expect=1)
    assert "(!) khach:" in drafted.stderr and "# (!) khach:" in drafted.stdout


def test_try_ends_with_1_when_the_file_does_not_bring_what_is_expected(nation: Monitor) -> None:
    nation.run("feed", "draft", "Bieu-6.2021.xlsx", "--target", "von", "--out", "feeds/von.yaml")
    other = [[str(cell).replace("Vốn", "Vay") if isinstance(cell, str) else cell for cell in row] for row in SHEET]
    (nation.workspace / "khac.xlsx").write_bytes(workbook({"VonDT": other}))
    told = nation.run("feed", "try", "von", "khac.xlsx", expect=1)
    assert "cần mà không thấy: chỉ tiêu von" in told.stdout
    assert "bỏ qua 1 trang" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("feed", "try", "bieu-phuon"), "bieu-phuong"),
        (("feed", "try", "bieu-phuong", "khong-co.xlsx"), "khong-co.xlsx"),
        (("feed", "draft", "khong-co.xlsx"), "khong-co.xlsx"),
        (("feed", "draft", "README.txt", "--target", "bao-hiem.bhy"), "bao-hiem.bhyt"),
    ],
)
def test_bad_input_is_told_and_ends_with_2(command: Monitor, arguments: tuple[str, ...], told: str) -> None:
    assert told in command.run(*arguments, expect=2).stderr


@pytest.mark.parametrize("feed", ["bieu-phuong", "bieu-thanh-pho", "phong-ban", "tai-chinh"])
def test_a_shipped_feed_tried_on_its_own_source_lacks_nothing(command: Monitor, feed: str) -> None:
    assert command.json("feed", "try", feed)["sound"]
    assert not (command.workspace / "monitor.db").exists()


def test_a_dropped_file_stays_where_it_is_when_its_feed_is_tried(
    command: Monitor, command_in: Callable[[Path], Monitor]
) -> None:
    command.run("form", "--owner", "phong-y-te", "--period", "2024-07", "--out", "feeds/bieu-mau/bieu.xlsx")
    command_in(command.workspace).run("feed", "try", "bieu-mau", "feeds/bieu-mau/bieu.xlsx", expect=None)
    command.run("feed", "try", "bieu-mau", expect=None)
    assert (command.workspace / "feeds" / "bieu-mau" / "bieu.xlsx").exists()
