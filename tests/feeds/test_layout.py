"""Sheets as offices lay them out: headings over several rows, labels without a heading, sections, corners; each is declared in words."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook as Book
from pydantic import ValidationError

from monitor.feeds.declaration import Feed
from monitor.feeds.naming import known_as, spellings
from monitor.feeds.read import open_feed, quarantined
from monitor.language import Language
from monitor.workspace import Workspace

Rows = list[list[Any]]
Read = Callable[..., tuple[list[tuple[Any, ...]], list[str]]]

BHYT, REVENUE = "bao-hiem.bhyt", "tai-chinh.tong-thu"
# A release of an office: a title in two lines, the unit of measure in a corner, headings over four rows, sections, a signature.
RELEASE: Rows = [
    ["8. Tỷ lệ bao phủ bảo hiểm y tế"],
    ["     tháng 6 và 6 tháng năm 2024"],
    [],
    [None, None, None, None, None, None, "%"],
    [None, None, "Thực hiện", "Ước tính ", "Cộng dồn", "6 tháng năm", "6 tháng năm"],
    [None, None, "tháng 5", "tháng 6", "6 tháng", "2024 so với", "2024 so với"],
    [None, None, "năm", "năm", "năm", " kế hoạch", "cùng kỳ"],
    [None, None, 2024, 2024, 2024, "năm 2024 (%)", "năm trước (%)"],
    [],
    ["TỔNG SỐ", None, 91.5, 92.5, 92.0, 96.8, 101.2],
    [None, "Trong đó:"],
    [None, "Phường 1", 90.1, 90.4, 90.2, 95.0, 100.5],
    [None, "   Phường 2", 88.0, 88.6, 88.3, 93.1, 100.1],
    [None, "Khóm lẻ", 10.0, 11.0, 12.0, 13.0, 14.0],
    [],
    [None, "Ghi chú: số liệu ước tính"],
    ["Người lập biểu", None, None, None, "Thủ trưởng đơn vị"],
]
COLUMNS = [
    {"words": ["thực hiện", "tháng"], "covers": "month", "target": BHYT},
    {"words": ["ước tính", "tháng"], "covers": "month", "target": BHYT},
]


def declared(columns: list[dict[str, Any]] | None = None, **table: Any) -> dict[str, Any]:
    layout = {"unit": {"column": "left"}, "unknown": "pass", "columns": columns or COLUMNS} | table
    source = {"kind": "file", "path": "*"}
    return {"id": "thu", "source": source, "schedule": "0 6 21 * *", "numbers": "vi", "table": layout}


def book(sheets: dict[str, Rows], merged: str = "") -> bytes:
    made, content = Book(), io.BytesIO()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if merged:
            sheet.merge_cells(merged)
    made.save(content)
    return content.getvalue()


@pytest.fixture
def read(shipped: Workspace, tmp_path: Path) -> Read:
    """Read a workbook of those sheets: (unit, period, value, cell) in order, and all that is told, in English."""

    def reading(sheets: dict[str, Rows], declaration: dict[str, Any], name: str = "bieu.xlsx", merged: str = "") -> Any:
        (tmp_path / name).write_bytes(book(sheets, merged))
        first, last = shipped.months
        feed = Feed.model_validate(declaration)
        opened = open_feed(feed, tmp_path, shipped.targets, shipped.units, first, last, {})
        found = opened.reading.observations
        told = [*opened.problems, *quarantined(opened.reading.quarantine)]
        rows = [tuple(row) for row in found[["unit", "period", "value", "cell"]].itertuples(index=False)]
        return rows, [f"{p.place()}  {p.text(Language('en'))}" for p in told], found

    return reading


def test_a_release_is_read_by_the_words_over_its_columns(read: Read) -> None:
    rows, told, found = read({"8. BHYT": RELEASE}, declared())
    assert told == []
    assert rows == [
        ("phuong-1", "2024-05", 90.1, "C12"),
        ("phuong-1", "2024-06", 90.4, "D12"),
        ("phuong-2", "2024-05", 88.0, "C13"),
        ("phuong-2", "2024-06", 88.6, "D13"),
    ]
    assert found["standing"].tolist() == ["final", "estimate"] * 2


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ({"covers": "year-to-date", "without": ["so với"]}, ["E12", "E13"]),
        ({"words": ["so với", "kế hoạch"]}, ["F12", "F13"]),
        ({"words": ["lũy kế|cộng dồn"]}, ["E12", "E13"]),
        ({"at": "E"}, ["E12", "E13"]),
        ({"words": ["năm trước"]}, ["G12", "G13"]),
    ],
)
def test_a_column_is_chosen_by_what_is_said_of_it(read: Read, column: dict[str, Any], cells: list[str]) -> None:
    rows, told, _ = read({"8. BHYT": RELEASE}, declared([column | {"target": BHYT}]))
    assert ([row[3] for row in rows], [row[1] for row in rows], told) == (cells, ["2024-06"] * 2, [])


@pytest.mark.parametrize("labels", ["left", "B", ["A", "B"], ["B", "C", "D"]])
def test_labels_stand_where_they_are_said_to_stand(read: Read, labels: Any) -> None:
    rows, told, _ = read({"8. BHYT": RELEASE}, declared(unit={"column": labels}))
    assert ([row[0] for row in rows[::2]], told) == (["phuong-1", "phuong-2"], [])


@pytest.mark.parametrize("mark", [" (*)", "(1)", "²", " [2]", " *", " (**) (3)"])
def test_a_label_that_refers_to_a_footnote_is_the_same_name(read: Read, mark: str) -> None:
    sheet = [["Năm 2024"], [None, "Tháng 3"], [f"Phường 1{mark}", 90.0], ["(*) Số liệu ước tính"]]
    rows, told, _ = read({"S": sheet}, declared([{"words": ["tháng 3"], "target": BHYT}]))
    assert (rows, told) == ([("phuong-1", "2024-03", 90.0, "B3")], [])


@pytest.mark.parametrize("label", ["Phường-1", "PHƯỜNG  1.", "(Phường 1)", "phường – 1"])
def test_a_name_with_other_punctuation_is_the_same_name(read: Read, label: str) -> None:
    sheet = [["Năm 2024"], [None, "Tháng 3"], [label, 90.0]]
    rows, told, _ = read({"S": sheet}, declared([{"words": ["tháng 3"], "target": BHYT}]))
    assert (rows, told) == ([("phuong-1", "2024-03", 90.0, "B3")], [])


def test_a_spelling_that_two_names_share_is_neither() -> None:
    known = spellings([("Tân-Phú", "a"), ("Tân Phú.", "b"), ("Thành phố Tân An", "c")])
    assert known_as("Tân (Phú)", known) is None
    assert [known[known_as(text, known) or ""] for text in ("tân-phú", "TP. Tân An")] == ["a", "c"]


@pytest.mark.parametrize("slip", ["9o", "9o,1", "90,1 a", "O,9", "l2,5"])
@pytest.mark.parametrize("beside", [[], [88.0]])
def test_a_misspelled_figure_in_the_first_row_is_told(read: Read, slip: str, beside: list[float]) -> None:
    columns = [{"words": [f"tháng {n}"], "target": BHYT} for n in range(3, 4 + len(beside))]
    sheet = [
        ["Năm 2024"],
        ["Phường", "Tháng 3", "Tháng 4"],
        ["Phường 1", slip, *beside],
        ["Phường 2", 91.0, *beside],
    ]
    rows, told, _ = read({"S": sheet}, declared(columns))
    assert [row[3] for row in rows] == (["C3", "B4", "C4"] if beside else ["B4"])
    assert len(told) == 1 and f'S!B3  "{slip}"' in told[0]


def test_two_columns_that_fit_are_both_shown_and_neither_is_read(read: Read) -> None:
    rows, told, _ = read({"8. BHYT": RELEASE}, declared([{"words": ["so với"], "target": BHYT}]))
    assert rows == []
    assert len(told) == 1
    assert 'bieu.xlsx!8. BHYT  columns F "6 tháng năm 2024 so với kế hoạch năm 2024 (%)", G "6 tháng' in told[0]


def test_a_column_that_is_not_there_is_told_with_the_headings_that_are(read: Read) -> None:
    rows, told, _ = read({"8. BHYT": RELEASE}, declared([{"words": ["dự kiến"], "target": BHYT}]))
    assert rows == []
    assert 'bieu.xlsx!8. BHYT  no column fits "dự kiến". The headings are: Thực hiện tháng 5 năm 2024' in told[0]


def test_sheets_are_chosen_by_name_or_title_and_one_that_only_looks_alike_rejects_nothing(read: Read) -> None:
    quarterly = [["9. Tỷ lệ bao phủ bảo hiểm y tế các quý"], *RELEASE[1:]]
    other = [["10. Tỷ lệ bao phủ bảo hiểm y tế"], [], ["", "Cơ cấu"], [], ["Phường 1", None, 5]]
    sheets = {"8. BHYT": RELEASE, "9. BHYT quy": quarterly, "10. BHYT": other, "Bìa": [["Tổng cục"]]}
    for wanted in ({"title": ["bảo hiểm y tế"], "without": ["các quý"]}, {"name": "8.*"}):
        rows, told, _ = read(sheets, declared(sheets=wanted))
        assert (len(rows), told) == (4, [])


def test_a_pattern_that_fits_no_sheet_is_told_with_the_sheets_that_there_are(read: Read) -> None:
    _, told, _ = read({"8. BHYT": RELEASE, "Bìa": [["x"]]}, declared(sheets={"name": "12.*"}))
    assert told == ["feeds/bieu.xlsx  no sheet of the file is what the feed reads (12.*). It has: 8. BHYT, Bìa"]


SECTIONS: Rows = [
    ["Xã hội năm 2024"],
    [None, "Tháng 3"],
    ["Trung ương"],
    ["Phường 1", 90.0],
    ["Địa phương"],
    ["Phường 1", 80.0],
]


def test_a_name_that_stands_in_two_sections_is_told_apart_by_its_section(read: Read) -> None:
    columns = [{"words": ["tháng 3"], "target": BHYT}]
    plain, told, _ = read({"S": SECTIONS}, declared(columns))
    assert plain == []
    assert "the same figure is given twice and differs: 90, 80 at B4, B6" in told[0]
    names = {"Trung ương > Phường 1": "phuong-1", "Địa phương > Phường 1": "phuong-2"}
    rows, told, _ = read({"S": SECTIONS}, declared(columns, sections=["Trung ương", "Địa phương"]) | {"units": names})
    assert ([(row[0], row[2]) for row in rows], told) == ([("phuong-1", 90.0), ("phuong-2", 80.0)], [])


def test_a_row_of_an_almost_known_name_is_told_where_others_are_passed_over(read: Read) -> None:
    sheet = [["Năm 2024"], [None, "Tháng 3"], ["Phường  11", 90.0], ["Sở Xây dựng", 1.0]]
    rows, told, _ = read({"S": sheet}, declared([{"words": ["tháng 3"], "target": BHYT}]))
    assert rows == []
    assert told == ['feeds/bieu.xlsx!S!B3  unit "Phường 11" is not known. Did you mean "phuong-1"?']


@pytest.mark.parametrize(
    ("corner", "heading", "told"),
    [
        ("Tỷ đồng", "Tháng 3", ""),
        ("Đơn vị tính: Tỷ đồng", "Tháng 3", ""),
        ("Nghìn tấn; Tỷ đồng", "Tháng 3", ""),
        ("", "Tháng 3 (Tỷ đồng)", ""),
        ("Bill. dongs", "Tháng 3", ""),
        ("Nghìn tấn", "Tháng 3", 'unit of measure "Nghìn tấn" is not the target\'s "triệu đồng"'),
    ],
)
def test_the_unit_of_measure_in_a_corner_or_in_a_heading_counts(
    read: Read, shipped: Workspace, corner: str, heading: str, told: str
) -> None:
    revenue = next(t.id for t in shipped.targets.values() if t.unit_of_measure == "triệu đồng" and t.measure == "flow")
    sheet = [["Thu ngân sách năm 2024"], [None, None, corner], [None, heading], ["Thành phố", 1.5]]
    columns = [{"words": ["tháng 3"], "target": revenue}]
    rows, problems, _ = read({"S": sheet}, declared(columns, measured_in={"title": True}))
    assert [row[2] for row in rows] == ([] if told else [1500.0])
    assert [told in problem for problem in problems] == ([True] if told else [])


@pytest.mark.parametrize(
    ("figures", "read_as", "told"),
    [
        ([108.5, 103.0, 99.0], 8.5, ""),
        ([8.5, 3.0, -1.0], None, "the figures of the column are about 3, and by the declaration"),
    ],
)
def test_an_index_is_read_as_what_it_means_and_a_change_in_its_place_is_caught(
    read: Read, figures: list[float], read_as: float | None, told: str
) -> None:
    names = ["Phường 1", "Phường 2", "Phường 3"]
    sheet = [["Năm 2024"], [None, "Tháng 3 so với cùng kỳ"], *([n, f] for n, f in zip(names, figures, strict=True))]
    column = {"words": ["tháng 3"], "target": BHYT, "offset": -100, "rounding": 2}
    rows, problems, _ = read({"S": sheet}, declared([column]))
    assert [row[2] for row in rows][:1] == ([] if read_as is None else [read_as])
    assert [told in problem for problem in problems] == ([True] if told else [])


def test_a_cell_known_to_be_wrong_is_not_read_and_not_told_each_time(read: Read) -> None:
    ignored = {"file": "*.xlsx", "sheet": "8.*", "cell": "$D$12", "reason": "đánh máy nhầm", "since": "2024-07-01"}
    rows, told, _ = read({"8. BHYT": RELEASE}, declared() | {"ignore": [ignored]})
    assert ([row[3] for row in rows], told) == (["C12", "C13", "D13"], [])


def test_a_bare_year_is_a_year_and_not_its_december(read: Read) -> None:
    sheet = [["Phường", 2023, "Tháng 3/2024"], ["Phường 1", 90.0, 91.0]]
    table = {"header": "Phường", "unit": {"row": "Phường"}, "target": {"fixed": BHYT}, "period": {"header": True}}
    rows, told, _ = read({"S": sheet}, declared(columns=None) | {"table": table})
    assert [row[1] for row in rows] == ["2024-03"]
    assert 'period "2023" is a year' in told[0]


@pytest.mark.parametrize(
    ("where", "name", "title", "heading"),
    [
        ({"path": True}, "2024-07-05-bieu.xlsx", "x", "Tháng 6"),
        ({"title": True}, "a.xlsx", "ngày 05 tháng 7 năm 2024", "Tháng 6"),
    ],
)
def test_the_day_of_sending_is_read_where_it_stands(
    read: Read, where: dict[str, bool], name: str, title: str, heading: str
) -> None:
    sheet = [[title], ["Năm 2024"], [], [None, heading], ["Phường 1", 90.0]]
    columns = [{"words": ["tháng 6"], "target": BHYT}]
    _, told, found = read({"S": sheet}, declared(columns, received=where), name)
    assert ([str(day) for day in found["received"]], told) == (["2024-07-05"], [])


@pytest.mark.parametrize("place", ["header", "title", "sheet", "path"])
def test_the_year_is_read_where_it_is_said_to_stand(read: Read, place: str) -> None:
    texts = {"header": "x", "title": "x", "sheet": "S", "path": "bieu"} | {place: "nam 2023"}
    sheet = [[texts["title"]], ["Phường", "T3"], ["năm", texts["header"]], ["Phường 1", 90.0]]
    table = {"header": "Phường", "header_rows": 2, "unit": {"row": "Phường"}, "target": {"fixed": BHYT}}
    table |= {"period": {"header": True}, "year": {place: True}}
    rows, told, _ = read({texts["sheet"]: sheet}, declared() | {"table": table}, f"{texts['path']}.xlsx")
    assert ([row[1] for row in rows], told) == (["2023-03"], [])


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({"columns": [{"target": BHYT}]}, "say which column it is"),
        ({"unit": {"column": "7"}}, 'column "7" is none such as'),
        ({"unit": {"row": "Phường"}}, "needs the heading's row"),
        ({"unit": {"column": "B", "title": True}}, "write exactly one of"),
        ({"unit": None}, 'key "unit" is missing'),
    ],
)
def test_a_layout_that_cannot_be_is_refused(table: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Feed.model_validate(declared(**table))


def test_a_unit_of_measure_beside_the_figures_is_no_label(read: Read) -> None:
    sheet = [["Năm 2024"], [None, "ĐVT", "Tháng 3"], ["Phường 1", "%", 90.0], ["Phường 2", "%", 91.0]]
    rows, told, _ = read({"S": sheet}, declared([{"words": ["tháng 3"], "target": BHYT}]))
    assert ([row[0] for row in rows], told) == (["phuong-1", "phuong-2"], [])


def test_a_second_table_below_the_first_is_another(read: Read) -> None:
    sheet = [
        *[["Năm 2024"], [None, "Cộng dồn"], [None, "6 tháng"], ["Phường 1", 90.0], ["Phường 2", 91.0]],
        *[[], ["Các quý năm 2024"], [None, "Thực hiện"], [None, "quý I"], ["Phường 1", 80.0], ["Phường 2", 81.0]],
    ]
    rows, told, _ = read({"S": sheet}, declared([{"covers": "year-to-date", "target": BHYT}]))
    assert (rows, told) == ([("phuong-1", "2024-06", 90.0, "B4"), ("phuong-2", "2024-06", 91.0, "B5")], [])


def test_headings_that_are_printed_again_on_the_next_page_are_the_same_table(read: Read) -> None:
    head = [[None, "Cộng dồn"], [None, "6 tháng"]]
    sheet = [["Năm 2024"], *head, ["Phường 1", 90.0], [], *head, ["Phường 2", 91.0]]
    rows, told, _ = read({"S": sheet}, declared([{"covers": "year-to-date", "target": BHYT}]))
    assert ([row[3] for row in rows], told) == (["B4", "B8"], [])


def test_a_heading_that_is_printed_again_without_what_stands_over_it_is_the_same_table(read: Read) -> None:
    head = [["Thực hiện so với kế hoạch năm 2024 (%)"], ["Cả năm 2024"]]
    above: Rows = [["Năm 2024"], *([None, *row] for row in head), ["Phường 1", 90.0]]
    again: Rows = [[], [None, None, *head[0]], [None, *head[1]], [], ["Phường 2", 91.0]]
    rows, told, _ = read({"S": [*above, *again]}, declared([{"words": ["cả năm"], "target": BHYT}]))
    assert ([row[3] for row in rows], told) == (["B4", "B9"], [])


def test_the_title_of_the_next_page_over_all_its_columns_is_no_other_table(read: Read) -> None:
    head = [None, "11 tháng năm 2024", "Cộng dồn cả năm 2024"]
    title = "1. (Tiếp theo) Bảo hiểm y tế tháng 12 và năm 2024"
    sheet = [["1. Bảo hiểm y tế năm 2024"], head, ["Phường 1", 90.0, 91.0], [title], head, ["Phường 2", 92.0, 93.0]]
    layout = declared([{"covers": "year-to-date", "target": BHYT}])
    rows, told, _ = read({"S": sheet}, layout, merged="A4:C4")
    assert ([row[3] for row in rows], told) == (["B3", "C3", "B6", "C6"], [])


def test_a_figure_that_is_misspelled_is_told_in_the_row_of_a_known_name(read: Read) -> None:
    sheet = [["Năm 2024"], [None, "Tháng 3"], ["Phường 1", 91.0], ["Phường 2", "9o,5"], ["Phường 3", "-"]]
    rows, told, _ = read({"S": sheet}, declared([{"words": ["tháng 3"], "target": BHYT}]))
    assert [row[0] for row in rows] == ["phuong-1"]
    assert len(told) == 1 and told[0].startswith('feeds/bieu.xlsx!S!B4  "9o,5"')


MONTHLY = {"covers": "month", "target": BHYT, "without": ["kế hoạch"]}
TO_DATE = {"covers": "year-to-date", "target": BHYT, "without": ["so với", "kế hoạch"]}


@pytest.mark.parametrize(
    ("title", "headings", "column", "read_as"),
    [
        # What is planned, forecast or a share has no period, or the title's, and is no figure of the year to date.
        ("Tính đến ngày 31/7/2024", ["TT", None, "Dự toán năm 2024", "Giải ngân đến 31/7/2024", "Tỷ lệ (%)"], TO_DATE, [("2024-07", "D")]),
        ("Tháng 7 năm 2024", ["STT", None, "Lũy kế từ đầu năm", "Ước đến 31/12/2024"], TO_DATE, [("2024-07", "C")]),
        ("Tháng 7 năm 2024", ["TT", None, "6T/2024", "7T/2024", "Ước cả năm 2024"], TO_DATE, [("2024-06", "C"), ("2024-07", "D")]),
        # A heading that tells its period by the title's.
        ("Tháng 01 năm 2024", ["TT", None, "Thực hiện tháng trước", "Ước tháng báo cáo"], MONTHLY, [("2023-12", "C"), ("2024-01", "D")]),
        ("Tháng 6 năm 2024", ["TT", None, "Tháng 6 năm trước", "Tháng 6"], MONTHLY, [("2023-06", "C"), ("2024-06", "D")]),
        ("Tháng 6 và 6 tháng năm 2024", ["TT", None, "Ước tháng báo cáo", "Lũy kế đến hết tháng báo cáo"], TO_DATE, [("2024-06", "D")]),
        # The number and the day of the letter with which it was sent.
        ("Kèm theo Báo cáo số 9/BC-UBND ngày 05/8/2025, tháng 7 năm 2024", ["TT", None, "Tháng này"], MONTHLY, [("2024-07", "C")]),
        # Days that are kept as such over the figures.
        ("Bảo hiểm y tế", ["TT", None, datetime.date(2024, 6, 1), datetime.date(2024, 7, 31)], MONTHLY, [("2024-06", "C"), ("2024-07", "D")]),
        ("Năm 2024", ["TT", None, "Tháng 6", "Th.7"], MONTHLY, [("2024-06", "C"), ("2024-07", "D")]),
    ],
)  # fmt: skip
def test_a_heading_that_names_its_period_in_other_ways_is_read_by_it(
    read: Read, title: str, headings: list[Any], column: dict[str, Any], read_as: list[tuple[str, str]]
) -> None:
    figures = [90.0 + n for n in range(len(headings) - 2)]
    sheet = [[title], [], headings, [1, "Phường 1", *figures], [2, "Phường 2", *figures]]
    rows, told, _ = read({"S": sheet}, declared([column]))
    assert ([(row[1], row[3]) for row in rows[: len(read_as)]], told) == ([(p, f"{c}4") for p, c in read_as], [])


@pytest.mark.parametrize(("mark", "second"), [("%", 91.0), ('"', 91.0), ("-nt-", 91.0), ("người", None)])
def test_a_unit_of_measure_stands_in_a_column_by_its_letter(read: Read, mark: str, second: float | None) -> None:
    sheet = [["Năm 2024"], [None, "ĐVT", "Tháng 3"], ["Phường 1", "%", 90.0], ["Phường 2", mark, 91.0]]
    layout = declared([{"words": ["tháng 3"], "target": BHYT}], measured_in={"column": "B"})
    rows, told, _ = read({"S": sheet}, layout)
    assert [row[2] for row in rows] == [90.0, *([] if second is None else [second])]
    assert len(told) == (second is None)


def test_a_unit_of_measure_is_what_stands_left_of_the_figures(read: Read) -> None:
    rows_of = [["Phường 1", "%", 90.0], ["Phường 2", "nt", 91.0], ["Phường 3", None, 92.0], ["Phường 4", "người", 93.0]]
    layout = declared([{"words": ["tháng 3"], "target": BHYT}], measured_in={"column": "left"}, unit={"column": "left"})
    rows, told, _ = read({"S": [["Năm 2024"], [None, "ĐVT", "Tháng 3"], *rows_of]}, layout)
    assert [(row[0], row[2]) for row in rows] == [("phuong-1", 90.0), ("phuong-2", 91.0), ("phuong-3", 92.0)]
    assert len(told) == 1


def test_a_figure_in_brackets_is_below_nothing(read: Read) -> None:
    sheet = [["Năm 2024"], [None, "Tháng 3"], ["Phường 1", "(1,5)"], ["Phường 2", 91.0]]
    rows, told, _ = read({"S": sheet}, declared([{"words": ["tháng 3"], "target": BHYT}]))
    assert ([row[2] for row in rows], told) == ([-1.5, 91.0], [])
