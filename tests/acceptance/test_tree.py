"""A nation, its ministries, provinces and communes through the installed command: plans in tables, changed in mid-year."""

from __future__ import annotations

from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook
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


@pytest.mark.filterwarnings("ignore:Sparkline")
def test_a_units_own_report_is_of_it_and_of_its_parts_compared(command: Monitor, tmp_path: Path) -> None:
    """The province has two targets that go up from its communes, and one figure of its own."""
    for ending in ("xlsx", "docx"):
        command.run("report", "--unit", "an-giang", "--as-of", "2024-09-30", "--out", str(tmp_path / f"r.{ending}"))
    book = load_workbook(tmp_path / "r.xlsx")
    first, compared = book[book.sheetnames[1]], book[book.sheetnames[-1]]
    assert "An Giang" in str(first["A1"].value)
    plans = {row[1]: row[3] for row in first.iter_rows(min_row=5, values_only=True) if row[4] is not None}
    assert plans == {
        "Vốn đầu tư thực hiện": "150 tỷ đồng",
        "Tỷ lệ hộ dùng nước sạch": "90%",
        "Số nhà xóa tạm": "400 căn",
    }
    units = [row[1] for row in compared.iter_rows(min_row=5, values_only=True)]
    assert units == ["Xã A", "Xã B", "Xã B", "Xã A"]  # 80% and 100%, 72 of 100 and 225 of 300: the weakest first
    words = [p.text for p in Document(str(tmp_path / "r.docx")).paragraphs]
    assert "An Giang" in words
    assert not any("Cà Mau" in text for text in words)
    assert not any("(An Giang)" in text for text in words)  # whose report it is need not be said of each figure


def test_the_whole_report_compares_ministries_and_provinces_the_weakest_first(command: Monitor, tmp_path: Path) -> None:
    command.run("report", "--as-of", "2024-09-30", "--out", str(tmp_path / "r.docx"))
    tables = Document(str(tmp_path / "r.docx")).tables
    rows = [[cell.text for cell in row.cells] for row in tables[2].rows]
    assert rows[0][1] == "Đơn vị"
    assert rows[1][1] == "Bộ Y tế"


def test_a_unit_that_is_not_there_is_told_with_the_nearest(command: Monitor) -> None:
    told = command.run("report", "--unit", "an-gian", "--as-of", "2024-09-30", expect=2).stderr
    assert "an-giang" in told


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> Monitor:
    """Two communes became one in July, and two ministries, whose figures stand in the table of the plan alone."""
    root = tree.lay_out(tmp_path_factory.mktemp("merged") / "nuoc")
    units = root / "rules" / "nq-1" / "units.yaml"
    text = units.read_text(encoding="utf-8").replace(
        "parent: an-giang, weights", "parent: an-giang, until: 2024-06-30, weights"
    )
    text = text.replace("kind: ministry, parent: vn", "kind: ministry, parent: vn, until: 2024-06-30")
    text += (
        "  - {id: xa-m, name: Xã M, kind: commune, parent: an-giang, since: 2024-07-01, succeeds: [xa-a, xa-b], "
        "weights: {ho: 400}}\n"
        "  - {id: bo-moi, name: Bộ Mới, kind: ministry, parent: vn, since: 2024-07-01, succeeds: [bo-y-te, bo-xay-dung]}\n"
    )
    units.write_text(text, encoding="utf-8")
    for file in (root / "rules" / "nq-2" / "plans").iterdir():
        file.write_text("Chỉ tiêu,Đơn vị,Kế hoạch\nvon,An Giang,160\n", encoding="utf-8")
    rows = [row for row in tree.figures(6).splitlines() if not row.startswith("tang-truong")]
    for month in (7, 8):
        rows += [f"von,bo-moi,2024-{month:02},{41 * month}", f"nha-o,xa-m,2024-{month:02},{33 * month}"]
        rows += [f"von,{unit},2024-{month:02},{tree.ADDED[unit] * month}" for unit in ("an-giang", "ca-mau")]
        rows += [f"nuoc-sach,{unit},2024-{month:02},{rate}" for unit, rate in (("xa-m", 86), ("xa-c", 90))]
        rows += [f"nha-o,xa-c,2024-{month:02},{50 * month}"]
    (root / "feeds" / "so-lieu.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    command = Monitor(root)
    for day in ("2024-05-31", "2024-07-10", "2024-08-31"):
        assert command.run("run", "--as-of", day).stderr == ""
    return command


def test_a_merged_unit_goes_on_where_those_before_it_stood(merged: Monitor) -> None:
    rows = {row["unit"]: row for row in merged.json("status", "--target", "von", "--as-of", "2024-07-10")}
    assert set(rows) == {"vn", "bo-moi", "an-giang", "ca-mau"}
    assert rows["bo-moi"]["required"] == pytest.approx(0.95 * 500 / 2)
    assert merged.json("explain", "von@bo-moi", "--as-of", "2024-07-10")["printed"] == "500 tỷ đồng"
    assert rows["bo-moi"]["value"] == pytest.approx(41 * 6)
    assert rows["vn"]["value"] == pytest.approx(sum(tree.ADDED.values()) * 6)
    rates = {
        row["unit"]: row["value"] for row in merged.json("status", "--target", "nuoc-sach", "--as-of", "2024-07-10")
    }
    assert rates == pytest.approx({"vn": 88, "an-giang": 85, "ca-mau": 90, "xa-m": 85, "xa-c": 90})


def test_its_own_figures_follow_theirs(merged: Monitor) -> None:
    rows = {row["unit"]: row for row in merged.json("status", "--target", "nha-o", "--as-of", "2024-08-31")}
    assert {unit: row["value"] for unit, row in rows.items()} == pytest.approx(
        {"vn": 83 * 8, "an-giang": 33 * 8, "ca-mau": 50 * 8, "xa-m": 33 * 8, "xa-c": 50 * 8}
    )


def test_a_share_is_explained_as_its_unit_s_own(merged: Monitor) -> None:
    clause = merged.json("explain", "nha-o@xa-m", "--as-of", "2024-08-31")["clause"]
    assert (clause["printed"], clause["held_as"]) == ("400 căn", ">= 400 căn")
