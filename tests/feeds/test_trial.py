"""A feed is tried: what is read of each cell, why the other numbers are not, and what was expected and is not there."""

from __future__ import annotations

from typing import Any

import pytest
from support.nation import MONTHS, NATION, TARGETS, UNITS, Rows, workbook

from monitor.feeds.declaration import Feed
from monitor.feeds.grid import Flaw
from monitor.feeds.sources import Piece
from monitor.feeds.trial import Missing, Trial, attempt
from monitor.language import Language

SHEET: Rows = [
    ["Vốn đầu tư tháng 6 năm 2021"],
    [None, None, "Tỷ đồng"],
    ["Đơn vị", "Tháng 6", "Cộng dồn 6 tháng", "So với cùng kỳ năm trước (%)"],
    ["Thành phố Hà Nội", 100.0, 600.0, 101.5],
    ["Tỉnh Thanh Hóa", 50.0, "6oo", 99.0],
    ["Các đơn vị khác", 1.0, 2.0, 3.0],
    ["Cộng", 151.0, 602.0, None],
    [None, 7.0, 8.0],
]
COLUMNS = [{"covers": "year-to-date", "without": ["so với"], "target": "von"}]


def feed(**changes: Any) -> Feed:
    table = {"unit": {"column": "left"}, "measured_in": {"title": True}, "columns": COLUMNS} | changes.pop("table", {})
    given = {"id": "thu", "source": {"kind": "file", "path": "*"}, "schedule": "0 6 21 * *", "table": table}
    return Feed.model_validate(given | changes)


def tried(declared: Feed, sheets: dict[str, Rows], brought: tuple[tuple[str, str], ...] = ()) -> Trial:
    return attempt(declared, [Piece("bieu.xlsx", workbook(sheets))], TARGETS, UNITS, MONTHS, brought)


def said(why: Flaw | None) -> str:
    return "" if why is None else Language("en").say(why[0], **why[1])


PASSING = feed(table={"unknown": "pass"})


def test_every_figure_stands_beside_its_cell_as_it_is_read() -> None:
    (sheet,) = tried(PASSING, {"VonDT": SHEET}).sheets
    first = sheet.figures.iloc[0]
    assert (first["cell"], first["target"], first["unit"], first["period"]) == ("C4", "von", "ha-noi", "2021-06")
    assert (first["found"], first["value"], first["unit_of_measure"]) == ("600", 0.6, "nghìn tỷ đồng")


def test_every_number_that_is_not_read_tells_why() -> None:
    (sheet,) = tried(feed(table={"unknown": "pass", "skip": ["Cộng"]}), {"VonDT": SHEET}).sheets
    assert [(each.kind, each.places, each.count, said(each.why)) for each in sheet.unread] == [
        ("row", ("6",), 1, '"Các đơn vị khác" is no name of a target or a unit'),
        ("row", ("7",), 1, "the row is one of those to skip"),
        ("row", ("8",), 1, "the row has no label"),
        ("column", ("B",), 5, 'the heading "Tháng 6" does not speak of such a period: year-to-date'),
        ("column", ("D",), 3, 'the heading "So với cùng kỳ năm trước (%)" has "so với"'),
    ]


def test_rows_that_are_not_read_are_told_together() -> None:
    strange = [[f"Đơn vị lạ {n}", 1.0, 2.0] for n in range(400)]
    (sheet,) = tried(PASSING, {"VonDT": [*SHEET[:4], *strange]}).sheets
    row, column = (each for each in sheet.unread if each.places != ("D",))
    assert (row.kind, len(row.places), row.count) == ("row", 400, 400)
    assert said(row.why).startswith('"Đơn vị lạ 0", "Đơn vị lạ 1"')
    assert column.count == 401


def test_numbers_read_unread_and_held_back_are_all_the_numbers_below_the_headings() -> None:
    (sheet,) = tried(PASSING, {"VonDT": SHEET}).sheets
    numbers = sum(isinstance(value, float) for row in SHEET[3:] for value in row)
    good = int(sheet.figures["reason"].isna().sum())
    assert good + sum(each.count for each in sheet.unread) == numbers


def test_a_cell_to_be_ignored_is_told_as_such() -> None:
    ignore = [{"cell": "C4", "reason": "in nhầm", "since": "2021-07-01"}]
    (sheet,) = tried(feed(ignore=ignore, table={"unknown": "pass"}), {"VonDT": SHEET}).sheets
    assert [each.places for each in sheet.unread if each.kind == "cell"] == [("C4",)]


def test_a_held_back_figure_makes_the_trial_unsound() -> None:
    trial = tried(feed(), {"VonDT": SHEET})
    assert trial.quarantined["cell"].tolist() == ["C5", "C6", "C7"]
    assert not trial.sound


def test_sheets_that_are_passed_over_say_why() -> None:
    declared = feed(table={"unknown": "pass", "sheets": {"title": ["vốn đầu tư"]}})
    sheets = tried(declared, {"VonDT": SHEET, "GDP": [["Tổng sản phẩm"], ["A", "Tháng 6 năm 2021"], ["B", 1.0]]}).sheets
    assert [(sheet.name, said(sheet.passed)) for sheet in sheets] == [
        ("VonDT", ""),
        ("GDP", 'above the figures there is no "vốn đầu tư"'),
    ]


GOOD = [row for row in SHEET if row[:1] != ["Tỉnh Thanh Hóa"]]


@pytest.mark.parametrize(
    ("changes", "brought", "missing"),
    [
        ({}, (), []),
        ({"targets": {"Xuất khẩu": "xuat-khau"}}, (), [Missing("xuat-khau", "", open=False)]),
        ({}, (("cpi", NATION),), [Missing("cpi", "", open=False)]),
        ({}, (("von", "thanh-hoa"),), [Missing("von", "thanh-hoa", open=False)]),
        ({"units": {"TP. HCM": "tp-hcm"}}, (), [Missing("von", "tp-hcm", open=False)]),
        (
            {"table": {"unknown": "tell", "skip": ["Các đơn vị khác", "Cộng"]}, "units": {"TP. HCM": "tp-hcm"}},
            (),
            [Missing("von", "tp-hcm", open=False)],
        ),
    ],
    ids=[
        "nothing",
        "a declared target",
        "a target of before",
        "a unit of before",
        "a declared unit",
        "a declared unit, where other names are told",
    ],
)
def test_what_is_expected_and_not_found_is_told(
    changes: dict[str, Any], brought: tuple[tuple[str, str], ...], missing: list[Missing]
) -> None:
    trial = tried(feed(**({"table": {"unknown": "pass"}} | changes)), {"VonDT": GOOD}, brought)
    assert list(trial.missing) == missing
    assert trial.sound == all(each.open for each in missing)


def test_a_figure_that_cannot_be_read_is_told_once_and_is_not_missing_too() -> None:
    spoilt = [[*row[:2], "6OO", *row[3:]] if row[:1] == ["Thành phố Hà Nội"] else row for row in GOOD]
    assert spoilt != GOOD
    trial = tried(feed(table={"unknown": "pass"}), {"VonDT": spoilt}, (("von", "ha-noi"),))
    assert list(trial.quarantined["found"]) == ["6OO"]
    assert trial.missing == ()
    assert not trial.sound


def test_a_list_that_names_some_units_each_time_lacks_none() -> None:
    """Its target says so: no unit of it is ever overdue."""
    targets = TARGETS | {"von": TARGETS["von"].model_copy(update={"policies": {"overdue": False}})}
    piece = Piece("bieu.xlsx", workbook({"VonDT": GOOD}))
    trial = attempt(feed(table={"unknown": "pass"}), [piece], targets, UNITS, MONTHS, [("von", "thanh-hoa")])
    assert (trial.missing, trial.sound) == ((Missing("von", "thanh-hoa", open=True),), True)


def test_a_file_that_is_no_workbook_is_a_problem_and_no_more() -> None:
    trial = attempt(feed(), [Piece("bieu.xlsx", b"PK\x03\x04 cut short")], TARGETS, UNITS, MONTHS)
    assert trial.good.empty and len(trial.problems) == 1 and not trial.sound
