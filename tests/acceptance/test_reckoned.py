"""Targets as officials measure them, through the installed command: growth, averages, reductions, shares, half-years, what comes when
there is something to tell, and a softer figure that is striven for.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook
from support import small
from support.command import Monitor

TARGETS = """\
group: kinh-te
name: Kinh tế
defaults: {article: Điều 1, item: "1", owner: y-te, frequency: month}
targets:
  - id: ban-le
    name: Tốc độ tăng tổng mức bán lẻ
    printed: 9% trở lên, phấn đấu 12%
    target: ">= 9"
    strive: ">= 12"
    measure: growth
    of: {measure: flow, unit_of_measure: tỷ đồng}
    unit_of_measure: "%"
  - id: cpi
    name: Chỉ số giá tiêu dùng bình quân
    printed: dưới 4%
    target: "< 4"
    measure: average
    unit_of_measure: "%"
    domain: [-20, 50]
  - id: ho-ngheo
    name: Giảm tỷ lệ hộ nghèo
    printed: giảm 0,45 điểm %
    target: ">= 0.45"
    measure: reduction
    of: {unit_of_measure: "%"}
    unit_of_measure: điểm %
    frequency: half
    baseline: 2.45
  - {id: thu, name: Thu ngân sách, printed: 1.000 tỷ đồng, target: ">= 1000", measure: flow, unit_of_measure: tỷ đồng}
  - {id: thu-dat, name: Thu tiền sử dụng đất, printed: 300 tỷ đồng, target: ">= 300", measure: flow, unit_of_measure: tỷ đồng}
  - id: ty-trong-dat
    name: Tỷ trọng thu tiền sử dụng đất
    printed: không quá 30%
    target: "<= 30"
    measure: share
    of: {part: thu-dat, whole: thu}
    unit_of_measure: "%"
  - {id: cuu-tro, name: Số hộ được cứu trợ, printed: 100 hộ, target: ">= 100", measure: flow, frequency: irregular, unit_of_measure: hộ}
"""


def feed() -> str:
    sales = {y: 1000 * 1.1 ** (y - 2022) for y in (2022, 2023, 2024)}
    rows = [f"ban-le,{y}-{m:02},{total * m / 12:.3f}" for y, total in sales.items() for m in range(1, 13)]
    rows += [f"cpi,2024-{m:02},{3.2 + m / 10:.2f}" for m in range(1, 13)]
    rows += ["ho-ngheo,2024-06,2.2", "ho-ngheo,2024-12,1.9"]
    rows += [f"thu,2024-{m:02},{90 * m}" for m in range(1, 13)] + [
        f"thu-dat,2024-{m:02},{30 * m}" for m in range(1, 13)
    ]
    rows += ["cuu-tro,2024-02,40"]
    return small.HEAD + "\n".join(rows) + "\n"


@pytest.fixture(scope="module")
def monitor(tmp_path_factory: pytest.TempPathFactory) -> Monitor:
    root: Path = small.lay_out(tmp_path_factory.mktemp("reckoned") / "w")
    (root / "rules" / "nq" / "01-y-te.yaml").write_text(TARGETS, encoding="utf-8")
    (root / "feeds" / "so-lieu.csv").write_text(feed(), encoding="utf-8")
    made = Monitor(root)
    made.run("check", "--feeds")
    made.run("run", "--as-of", "2024-08-31")
    return made


def rows(monitor: Monitor, day: str) -> dict[str, dict[str, object]]:
    return {row["target"]: row for row in monitor.json("status", "--as-of", day)}


def test_in_august_each_stands_where_an_office_would_say(monitor: Monitor) -> None:
    now = rows(monitor, "2024-08-31")
    assert now["ban-le"]["value"] == pytest.approx(10.0, abs=0.01)
    assert now["cpi"]["value"] == pytest.approx(3.2 + 0.45)
    assert now["ho-ngheo"]["value"] == pytest.approx(0.25)
    assert now["ty-trong-dat"]["value"] == pytest.approx(33.33, abs=0.01)
    assert now["cuu-tro"]["projection"] < 100  # 40 in February, and nothing since
    assert not [
        alert
        for alert in monitor.json("alerts", "list")
        if alert["rule"].startswith("overdue") and alert["target"] in ("cuu-tro", "ho-ngheo")
    ]


def test_the_softer_figure_is_told_and_decides_nothing(monitor: Monitor) -> None:
    said = monitor.run("explain", "ban-le", "--as-of", "2024-08-31").stdout
    assert "Phấn đấu: 12%, khả năng đạt" in said
    assert rows(monitor, "2024-12-31")["ban-le"]["status"] in ("met", "on_track")


def test_explain_shows_what_was_reported_and_what_it_is_held_against(monitor: Monitor) -> None:
    growth = monitor.run("explain", "ban-le", "--as-of", "2024-08-31").stdout
    assert "tính từ 806,667 tỷ đồng, so với 733,333 tỷ đồng" in growth
    assert "2023-08" in growth
    assert "khoảng dự báo rộng hẹp theo thước sai số chung của phương pháp" in growth
    share = monitor.run("explain", "ty-trong-dat", "--as-of", "2024-08-31").stdout
    assert "tính từ 240, so với 720" in share
    assert "thu-dat" in share


def test_the_form_asks_for_what_is_reported_and_for_no_share(monitor: Monitor, tmp_path: Path) -> None:
    path = tmp_path / "bieu.xlsx"
    monitor.run("form", "--owner", "y-te", "--period", "2024-07", "--out", str(path))
    sheet = load_workbook(path).active
    assert sheet is not None
    asked = {str(row[1].value): str(row[3].value) for row in sheet.iter_rows(min_row=5) if row[1].value}
    units = {value for row in sheet.iter_rows(min_row=5, values_only=True) for value in row if value == "tỷ đồng"}
    assert "Tốc độ tăng tổng mức bán lẻ" in asked
    assert "Tỷ trọng thu tiền sử dụng đất" not in asked
    assert units == {"tỷ đồng"}
    assert "Giảm tỷ lệ hộ nghèo" not in asked  # a half-year's figure is not asked for in July
