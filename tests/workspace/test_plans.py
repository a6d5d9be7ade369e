"""Units are a tree, plans are tables, documents amend one another: what a workspace says of them, and what it refuses."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook
from support import tree

from monitor.language import Language
from monitor.model.problem import Problems
from monitor.workspace import load, load_snapshot, snapshot
from monitor.workspace.advice import advise

JUNE, AUGUST = date(2024, 6, 30), date(2024, 8, 31)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tree.lay_out(tmp_path / "nuoc")


def series(root: Path, day: date) -> pd.DataFrame:
    return load(root).resolutions[0].series(day)


def complaints(root: Path) -> str:
    with pytest.raises(Problems) as found:
        load(root)
    return "\n".join(f"{p.place()} {p.text(Language('en'))}" for p in found.value.problems)


def test_each_unit_has_the_figure_that_the_table_gives_it(root: Path) -> None:
    plan = series(root, JUNE).loc["von"]
    assert plan["value"].to_dict() == pytest.approx(
        {"vn": 950, "bo-y-te": 190, "bo-xay-dung": 285, "an-giang": 142.5, "ca-mau": 332.5}
    )
    assert plan.loc["bo-y-te", "printed"] == "200 tỷ đồng"


def test_a_plan_counts_from_the_day_that_it_is_known(root: Path) -> None:
    """The amendment of 10 July speaks of 1 July on: nobody could know it on the 5th."""
    found = {
        day: series(root, date(2024, 7, day)).loc[("von", "bo-y-te"), ["value", "was", "document"]] for day in (5, 10)
    }
    assert list(found[5]) == [190, "", ""]
    assert list(found[10]) == [285, "200 tỷ đồng", "2/NQ"]


def test_months_before_the_amendment_keep_their_plan(root: Path) -> None:
    months = load(root).resolutions[0].followed.by_month(AUGUST)["value"].loc[("von", "bo-y-te")]
    assert months.tolist() == pytest.approx([190] * 6 + [285] * 6)


def test_without_a_change_no_month_has_a_plan_of_its_own(root: Path) -> None:
    assert load(root).resolutions[0].followed.by_month(JUNE) == {}


def test_shares_go_down_the_tree_and_add_up_at_each_step(root: Path) -> None:
    shares = series(root, JUNE).loc["nha-o"]
    assert shares["value"].to_dict() == {
        "vn": 1000,
        "an-giang": 400,
        "ca-mau": 600,
        "xa-a": 300,
        "xa-b": 100,
        "xa-c": 600,
    }
    assert shares["within"].to_dict() == {
        "vn": "", "an-giang": "vn", "ca-mau": "vn", "xa-a": "an-giang", "xa-b": "an-giang", "xa-c": "ca-mau"
    }  # fmt: skip


def test_of_a_range_the_end_that_is_promised_decides(root: Path) -> None:
    growth = series(root, JUNE).loc[("tang-truong", "vn")]
    assert (growth["floor"], growth["ceiling"]) == (6.0, float("inf"))


def test_a_snapshot_holds_tables_and_workbooks_as_they_are(root: Path) -> None:
    book = Workbook()
    book.active.append(["Đơn vị", "Vốn đầu tư thực hiện"])
    book.active.append(["Bộ Y tế", 210])
    place = root / "rules" / "nq-1" / "plans" / "02-bo-sung.xlsx"
    book.save(place)
    kept = load_snapshot(snapshot(root), root).resolutions[0].series(JUNE)
    assert kept.loc[("von", "bo-y-te"), "value"] == pytest.approx(0.95 * 210)
    pd.testing.assert_frame_equal(kept, series(root, JUNE))


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("5,Bộ Y tê,200,", ""),
        ("5,Bộ Z,200,", 'rules/nq-1/plans/01-giao-von.csv:6:2 unit "Bộ Z" is not known'),
        ("5,Bộ Y tế,hai trăm,", 'rules/nq-1/plans/01-giao-von.csv:6:3 found "hai trăm", which must be a number'),
        ("5,Xã A,200,", 'rules/nq-1/plans/01-giao-von.csv:6:3 unit "xa-a" is not known'),
        ("5,An Giang,nan,", 'rules/nq-1/plans/01-giao-von.csv:6:3 found "nan", which must be a number'),
        ("5,An Giang,1e400,", 'rules/nq-1/plans/01-giao-von.csv:6:3 found "1e400", which must be a number'),
        ("5,An Giang,-5,", "rules/nq-1/plans/01-giao-von.csv:6:3 -5 is less than a value of this target can be: 0"),
        ("5,An Giang,150.000,", '"150.000" is read by some as 150000'),
        ("5,An Giang,160,", '"an-giang" has a figure already'),
    ],
    ids=["tone", "stranger", "words", "no-part", "no-number", "without-end", "below-nothing", "thousands", "twice"],
)
def test_a_row_that_cannot_be_right_is_told_with_its_place(root: Path, row: str, told: str) -> None:
    plan = root / "rules" / "nq-1" / "plans" / "01-giao-von.csv"
    text = tree.PLAN if row.startswith("5,An Giang,160") else tree.PLAN.replace("3,An Giang,150,\n", "")
    lines = [*text.splitlines(), row]
    while len(lines) < 6:
        lines.insert(-1, "")
    plan.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if row.startswith("5,Bộ Y tê"):
        told = '"bo-y-te" has a figure already'
    assert told in complaints(root)


# What is wrong with who takes over from whom -> what stands before `kind: commune` of the commune A, and its own beginning.
_NEW = "  - {id: %s, name: %s, kind: commune, parent: an-giang, since: %s, succeeds: [%s]}\n"
_A = "  - {id: xa-a, name: Xã A, %s"
SUCCESSIONS = {
    '"xa-a" is still there on 2024-07-01, when it is taken over': [_NEW % ("x", "X", "2024-07-01", "xa-a"), _A % ""],
    '"xa-a" is still there on 2024-06-30, when it is taken over': [
        _NEW % ("x", "X", "2024-06-30", "{unit: xa-a, share: 0.3}"),
        _A % "until: 2024-06-30,",
    ],
    'more than all of "xa-a" is taken over': [
        _NEW % ("x", "X", "2024-07-01", "{unit: xa-a, share: 0.7}"),
        _NEW % ("y", "Y", "2024-08-01", "{unit: xa-a, share: 0.7}"),
        _A % "until: 2024-06-30,",
    ],
    'rules/nq-1/units.yaml:10:58 unit "xa-a" takes over from itself': [_A % "since: 2024-07-01, succeeds: [xa-a],"],
    '"x" begins on 2024-08-01, and is taken over on 2024-07-01': [
        _NEW % ("x", "X", "2024-08-01", ""),
        _A % "since: 2024-07-01, succeeds: [x],",
    ],
}


@pytest.mark.parametrize(
    ("path", "old", "new", "told"),
    [
        ("nq-1/units.yaml", "kind: province, parent: vn}", "kind: province, parent: vm}", 'unit "vm" is not known'),
        (
            "nq-1/units.yaml",
            "kind: nation, ",
            "kind: nation, until: 2024-05-31, ",
            'rules/nq-1/units.yaml:5:50 unit "vn" is the whole that the resolution binds, from 2024-01-01 to 2024-12-31',
        ),
        ("nq-1/units.yaml", "name: Xã B, kind", "name: Xã B, since: 2024-07-01, succeeds: [xa-a, xa-a], kind", "named twice"),
        *(
            ("nq-1/units.yaml", "  - {id: xa-a, name: Xã A,", "".join(lines), told)
            for told, lines in SUCCESSIONS.items()
        ),
        ("nq-1/units.yaml", "name: Cà Mau, kind: province", "name: Cà Mau, kind: provinse", 'kind "provinse" is not known'),
        ("nq-1/units.yaml", "{id: vn, name: Cả nước, kind: nation", "{id: vn, name: Cả nước, parent: xa-c, kind: nation", "is a part of itself"),
        ("nq-1/units.yaml", ", parent: vn", "", "exactly one unit must stand above all others"),
        ("nq-1/01-dau-tu.yaml", "units: [ministry, province]", "units: [ministry, ward]", 'kind "ward" is not known'),
        ("nq-1/01-dau-tu.yaml", "weight: ho}", "weight: hộ}", 'weight "hộ" is not known'),
        ("nq-1/01-dau-tu.yaml", "execution: 0.95", "execution: 1.2", '01-dau-tu.yaml:9:16 found "1.2", which must be less than 1'),
        ("nq-1/units.yaml", ", weights: {ho: 100}", "", '1 units of these kinds lack the weight "ho", such as "xa-b"'),
        ("nq-1/01-dau-tu.yaml", "    edge: floor\n    unit_of_measure", "    execution: 0.9\n    unit_of_measure", "execution belongs to one figure"),
        ("nq-2/resolution.yaml", "amends: nq-1", "amends: nq-3", 'resolution "nq-3" is not known. Did you mean "nq-1"?'),
        ("nq-2/plans/dieu-chinh.csv", "von,Tổng số", "vốn,Tổng số", 'target "vốn" is not known. Did you mean "von"?'),
        ("nq-2/plans/dieu-chinh.csv", "Kế hoạch", "Kết quả", "no heading of a plan is found"),
    ],
)  # fmt: skip
def test_what_refers_to_nothing_is_told(root: Path, path: str, old: str, new: str, told: str) -> None:
    file = root / "rules" / path
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    assert told in complaints(root)


def test_a_file_beside_the_plans_that_is_not_read_is_told(root: Path) -> None:
    (root / "rules" / "nq-1" / "plans" / "cu.xls").write_bytes(b"x")
    (root / "rules" / "nq-2" / "01-chi-tieu.yaml").write_text("group: a\n", encoding="utf-8")
    told = complaints(root)
    assert "rules/nq-1/plans/cu.xls" in told
    assert "rules/nq-2/01-chi-tieu.yaml" in told


def test_a_unit_may_have_a_day_of_its_own(root: Path) -> None:
    plan = root / "rules" / "nq-1" / "plans" / "01-giao-von.csv"
    plan.write_text("Đơn vị,Vốn đầu tư thực hiện,Thời hạn\nBộ Y tế,200,30/09/2024\nAn Giang,150,\n", encoding="utf-8")
    due = series(root, JUNE).loc["von"]["due_month"].astype(str).to_dict()
    assert due == {"vn": "2024-12", "bo-y-te": "2024-09", "an-giang": "2024-12"}
    plan.write_text("Đơn vị,Vốn đầu tư thực hiện,Thời hạn\nBộ Y tế,200,30/09/2025\n", encoding="utf-8")
    assert "must be a day or a month that the resolution binds" in complaints(root)


def test_parts_that_do_not_add_up_to_their_whole_are_told(root: Path) -> None:
    assert advise(load(root), None, None) == []
    plan = root / "rules" / "nq-1" / "plans" / "01-giao-von.csv"
    plan.write_text(tree.PLAN.replace("Cà Mau,350", "Cà Mau,300"), encoding="utf-8")
    (told,) = advise(load(root), None, None)
    assert 'the parts of "von" are given 950 together, and vn 1,000' in told.text(Language("en"))


@pytest.mark.parametrize(
    ("heirs", "told"),
    [
        ("", 'xa-a" is no more after 2024-06-30, and nobody takes over from it'),
        (_NEW % ("x", "X", "2024-07-01", "{unit: xa-a, share: 0.7}"), 'only 0.7 of "xa-a" is taken over'),
        (_NEW % ("x", "X", "2024-08-01", "xa-a"), "after 2024-06-30, and is taken over on 2024-08-01"),
        (_NEW % ("x", "X", "2024-07-01", "xa-a"), ""),
    ],
)
def test_what_a_unit_had_that_nobody_has_from_then_on_is_told(root: Path, heirs: str, told: str) -> None:
    units = root / "rules" / "nq-1" / "units.yaml"
    heirs = heirs.replace("kind: commune,", "kind: commune, weights: {ho: 300},")
    lines = heirs + _A % "until: 2024-06-30,"
    units.write_text(tree.UNITS.replace("  - {id: xa-a, name: Xã A,", lines), encoding="utf-8")
    found = [(each.place(), each.text(Language("en"))) for each in advise(load(root), None, None)]
    assert [told in text for _, text in found] == [True] * bool(told)
    assert [place for place, _ in found] == [f"rules/nq-1/units.yaml:{10 + bool(heirs)}:35"] * bool(told)


# Plans as offices hand them out, and what they say of the investment of two ministries, a province and the whole (None: nothing).
OFFICE = {
    "numbered-columns": "STT,Đơn vị,Vốn đầu tư thực hiện\nA,B,1\n1,Bộ Y tế,200\n2,An Giang,150\n",
    "total-below": "Đơn vị,Vốn đầu tư thực hiện\nBộ Y tế,200\nAn Giang,150\nTổng cộng,1000\n",
    "total-twice": "Đơn vị,Vốn đầu tư thực hiện\nCả nước,1000\nBộ Y tế,200\nAn Giang,150\nTổng số,1000\n",
    "signed": "STT;Đơn vị;Vốn đầu tư thực hiện\n1;Bộ Y tế;200\n2;An Giang;150\nNơi nhận: như Điều 3;;\n;;CHỦ TỊCH\n",
    "decimal-comma": "Đơn vị;Vốn đầu tư thực hiện\nBộ Y tế;200\nAn Giang;150,0\nCả nước;1.000\n",
    "decimal-point": "Đơn vị;Vốn đầu tư thực hiện\nBộ Y tế;200\nAn Giang;150.0\nCả nước;1,000\n",
    "year-in-heading": "Chỉ tiêu;Đơn vị;Kế hoạch năm 2024\nvon;Bộ Y tế;200\nvon;An Giang;150\n",
    "what-was-done": "Đơn vị;Thực hiện năm 2023;Vốn đầu tư thực hiện\nBộ Y tế;180;200\nAn Giang;1;150\n",
    "titles-above": 'QUỐC HỘI,,\n"BIỂU 1: GIAO VỐN, NĂM 2024",,\n,,\nTT,Đơn vị,Vốn đầu tư thực hiện (tỷ đồng)\n1,Bộ Y tế,200\n2,An Giang,150\n',
    "two-rows-of-headings": "STT,Đơn vị,Kế hoạch,\n,,Vốn đầu tư thực hiện,Ghi chú\n1,Bộ Y tế,200,\n2,An Giang,150,\n",
    "subtotals": "TT,Đơn vị,Vốn đầu tư thực hiện\n,TỔNG SỐ,1000\nI,Bộ và địa phương,350\n1,Bộ Y tế,200\n2,An Giang,150\n",
    "subtotals-below": "Đơn vị,Vốn đầu tư thực hiện\nBộ Y tế,200\nAn Giang,150\nCộng khối trung ương,350\n",
    "quarter-by-numeral": "Đơn vị,Vốn đầu tư thực hiện,Thời hạn\nBộ Y tế,200,Quý IV/2024\nAn Giang,150,\n",
}


@pytest.mark.parametrize("table", OFFICE.values(), ids=OFFICE)
def test_a_plan_is_read_as_an_office_hands_it_out(root: Path, table: str) -> None:
    (root / "rules" / "nq-1" / "plans" / "01-giao-von.csv").write_text(table, encoding="utf-8")
    plan = series(root, JUNE).loc["von"]
    assert plan["value"].to_dict() == pytest.approx({"vn": 950, "bo-y-te": 190, "an-giang": 142.5})
    assert set(plan["was"]) == {""}  # what a table repeats is no change


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("Cả nước,1.000", '"1.000" is read by some as 1000'),  # nothing else in the table tells
        ("Cả nước,1100\nTổng cộng,1000", '"vn" has a figure already'),
        ("Bộ Y tếe,200", 'unit "Bộ Y tếe" is not known. Did you mean "Bộ Y tế"?'),
        ("Các bộ,360\nBộ Y tế,200\nAn Giang,150", 'unit "Các bộ" is not known'),  # no sum of what follows
        ("Bộ Y tếe,150\nAn Giang,150", 'unit "Bộ Y tếe" is not known'),  # of one row no sum is made
    ],
    ids=["thousands", "two-totals", "name", "no-sum", "one-row"],
)
def test_what_an_office_s_plan_leaves_open_is_told(root: Path, row: str, told: str) -> None:
    table = f"Đơn vị,Vốn đầu tư thực hiện\n{row}\n"
    (root / "rules" / "nq-1" / "plans" / "01-giao-von.csv").write_text(table, encoding="utf-8")
    assert told in complaints(root)


@pytest.mark.parametrize(
    ("figure", "printed"),
    [
        ("1234.5", "1.234,5 tỷ đồng"),
        ("200.25", "200,25 tỷ đồng"),
        ("<= 300", "≤300 tỷ đồng"),
        ("> 300", ">300 tỷ đồng"),
    ],
)
def test_a_plan_s_figure_is_printed_as_it_is_given(root: Path, figure: str, printed: str) -> None:
    table = f"Đơn vị,Vốn đầu tư thực hiện\nBộ Y tế,{figure}\n"
    (root / "rules" / "nq-1" / "plans" / "01-giao-von.csv").write_text(table, encoding="utf-8")
    assert series(root, JUNE).loc[("von", "bo-y-te"), "printed"] == printed


def test_a_table_issued_anew_changes_only_what_it_says_otherwise(root: Path) -> None:
    """The whole table again, as councils issue it: of eleven figures one is another."""
    again = tree.PLAN.replace("Bộ Y tế,200", "Bộ Y tế,300")
    (root / "rules" / "nq-2" / "plans" / "dieu-chinh.csv").write_text(again, encoding="utf-8")
    changed = series(root, AUGUST).loc["von", ["was", "document"]]
    assert changed[changed["was"] != ""].to_dict("index") == {"bo-y-te": {"was": "200 tỷ đồng", "document": "2/NQ"}}


def test_a_table_of_the_resolution_that_gives_the_whole_another_figure_is_told(root: Path) -> None:
    plan = root / "rules" / "nq-1" / "plans" / "01-giao-von.csv"
    plan.write_text(tree.PLAN + "5,Tổng cộng,990,\n", encoding="utf-8")
    told = [each.text(Language("en")) for each in advise(load(root), None, None)]
    assert any("gives vn >= 990" in each and "the resolution itself says >= 1000" in each for each in told)


def test_a_growth_of_one_part_in_a_table_leaves_the_others_followed_and_needs_no_sum(root: Path) -> None:
    rules = root / "rules" / "nq-1"
    text = tree.TARGETS.replace(
        "measure: flow\n    breakdown",
        "measure: growth\n    of: {measure: flow, unit_of_measure: tấn}\n    breakdown",
        1,
    )
    text = text.replace("    execution: 0.95\n    unit_of_measure: tỷ đồng", '    unit_of_measure: "%"').replace(
        "printed: 1.000 tỷ đồng", "printed: 1.000%"
    )
    (rules / "01-dau-tu.yaml").write_text(text, encoding="utf-8")
    (rules / "plans" / "01-giao-von.csv").write_text("Đơn vị,Vốn đầu tư thực hiện\nBộ Y tế,12\n", encoding="utf-8")
    (root / "rules" / "nq-2" / "plans" / "dieu-chinh.csv").write_text(
        "Chỉ tiêu,Đơn vị,Kế hoạch\nvon,Tổng số,1000\n", encoding="utf-8"
    )
    plan = series(root, JUNE).loc["von", "value"].to_dict()
    assert plan == {"vn": 1000, "bo-y-te": 12, "bo-xay-dung": 1000, "an-giang": 1000, "ca-mau": 1000}
    assert advise(load(root), None, None) == []
