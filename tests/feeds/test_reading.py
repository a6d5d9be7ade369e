"""Feeds as departments send them: the good figures come in, each with its cell; the others are told with their place and reason."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook as Book

from monitor.feeds import clean, written_number
from monitor.feeds.declaration import Feed
from monitor.feeds.formats import excel
from monitor.feeds.grid import Unreadable
from monitor.feeds.read import Opened, open_feed, quarantined
from monitor.feeds.texts import spelled
from monitor.language import Language
from monitor.workspace import Workspace

LONG = {
    "id": "thu",
    "source": {"kind": "file", "path": "thu.csv"},
    "format": "csv",
    "schedule": "0 6 21 * *",
    "table": {
        "header": "Chỉ tiêu",
        "target": {"row": "Chỉ tiêu"},
        "unit": {"row": "Đơn vị"},
        "period": {"row": "Kỳ"},
        "value": {"row": "Số liệu"},
    },
}
WIDE = {
    "id": "thu",
    "source": {"kind": "file", "path": "thu.xlsx"},
    "format": "excel",
    "schedule": "0 6 21 * *",
    "table": {
        "header": "Chỉ tiêu",
        "header_rows": 2,
        "target": {"row": "Chỉ tiêu"},
        "unit": {"fixed": "tp-soc-trang"},
        "period": {"header": True},
        "year": {"title": True},
        "measured_in": {"row": "Đơn vị tính"},
        "skip": ["Tổng cộng"],
    },
}
HEAD = "Chỉ tiêu,Đơn vị,Kỳ,Số liệu\n"
BHYT = "Tỷ lệ người tham gia bảo hiểm y tế"

Read = Callable[..., tuple[pd.DataFrame, list[str]]]


@pytest.fixture
def read(shipped: Workspace, tmp_path: Path) -> Read:
    """Read `content` as the feed's file: the observations, and all that is told, in English, with its place."""

    def reading(
        content: str | bytes, declaration: dict[str, Any] = LONG, **changes: Any
    ) -> tuple[pd.DataFrame, list[str]]:
        feed = Feed.model_validate({**declaration, **changes})
        path = tmp_path / feed.source["path"].replace("*", "a")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        opened = opened_from(feed, tmp_path, shipped)
        known = opened.reading
        told = [*opened.problems, *quarantined(known.quarantine)]
        return known.observations, [f"{p.place()}  {p.text(Language('en'))}" for p in told]

    return reading


def opened_from(feed: Feed, folder: Path, shipped: Workspace) -> Opened:
    first, last = shipped.months
    return open_feed(feed, folder, shipped.targets, shipped.units, first, last, {})


def form(values: dict[str, list[Any]], title: str = "BÁO CÁO NĂM 2024") -> Book:
    """A wide form: a title, a merged heading of two rows, months across, a total row."""
    book = Book()
    sheet = book.active
    sheet.title = "Biểu"
    sheet["A1"] = title
    sheet.merge_cells("A1:F1")
    sheet.append([])
    sheet.append(["STT", "Chỉ tiêu", "Đơn vị tính", "Thực hiện các tháng"])
    sheet.merge_cells("D3:F3")
    sheet.append([None, None, None, "T1", "T2", "T3"])
    for column in "ABC":
        sheet.merge_cells(f"{column}3:{column}4")
    for number, (name, figures) in enumerate(values.items(), start=1):
        sheet.append([number, name, "%", *figures])
    sheet.append([None, "Tổng cộng", "%", 1, 2, 3])
    return book


def saved(book: Book) -> bytes:
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def test_a_long_table_gives_a_figure_a_row_with_its_line(read: Read) -> None:
    observations, told = read(HEAD + f'{BHYT},Phường 1,03/2024,"95,15"\nbao-hiem.bhyt,P. 2,Tháng 3 năm 2024,95\n')
    assert told == []
    assert observations[["target", "unit", "period", "value", "file", "cell"]].to_numpy().tolist() == [
        ["bao-hiem.bhyt", "phuong-1", "2024-03", 95.15, "feeds/thu.csv", "2:4"],
        ["bao-hiem.bhyt", "phuong-2", "2024-03", 95.0, "feeds/thu.csv", "3:4"],
    ]


def test_many_files_are_read_as_each_is_alone(shipped: Workspace, tmp_path: Path) -> None:
    files = {
        "thu-1.csv": f'{BHYT},Phường 1,03/2024,"95,15"\n{BHYT},Phường 1,03/2024,"95,15"\n',
        # The same figure otherwise, a doubtful one, a name, a period and a number that nobody knows.
        "thu-2.csv": f"{BHYT},Phường 1,03/2024,95\n{BHYT},P. 2,03/2024,0.95\nKhác,Phường 1,03/2024,1\n",
        "thu-3.csv": f'{BHYT},Phường 3,sau,95\n{BHYT},Phường 3,04/2024,chín\n{BHYT},Phường 4,04/2024,"94"\n',
    }
    feed = Feed.model_validate({**LONG, "source": {"kind": "file", "path": "thu-*.csv"}})
    alone = []
    for name, rows in files.items():
        for folder in (tmp_path / name, tmp_path / "all"):
            folder.mkdir(exist_ok=True)
            (folder / name).write_text(HEAD + rows, encoding="utf-8")
        reading = opened_from(feed, tmp_path / name, shipped).reading
        alone.append(replace(reading, observations=spelled(reading.observations)))
    read = opened_from(feed, tmp_path / "all", shipped).reading
    observations, quarantine = (
        pd.concat([getattr(of, table) for of in alone if len(getattr(of, table))], ignore_index=True)
        for table in ("observations", "quarantine")
    )
    assert (len(observations), len(quarantine)) == (3, 5)
    pd.testing.assert_frame_equal(spelled(read.observations), observations)
    pd.testing.assert_frame_equal(read.quarantine, quarantine)


def test_a_long_table_is_asked_of_each_text_once_however_many_rows_say_it(
    read: Read, shipped: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: Counter[str] = Counter()

    def counted(name: str, own: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *given: (asked.update([name]), own(*given))[1]

    readers = {"written_number": written_number, "_period": clean, "known_as": clean, "conversion": clean}
    for name, module in readers.items():
        monkeypatch.setattr(module, name, counted(name, getattr(module, name)))
    # Fifty texts of figures, whatever the rows.
    months = [str(month) for month in pd.period_range("2022-01", "2024-12", freq="M")]
    series = product(list(shipped.targets)[:20], [unit.id for unit in shipped.units][:14], months)
    rows = [f"{target},{unit},{month},{n % 50 + 900}" for n, (target, unit, month) in enumerate(series)][:10_000]
    observations, _ = read(HEAD + "\n".join(rows))
    assert len(observations) > 9_000
    # A blank one more; a name by itself and within its section.
    most = {"written_number": 51, "_period": 36, "known_as": 2 * (20 + 14), "conversion": 20}
    assert {name: asked[name] for name in readers if asked[name] > most[name]} == {}


def test_a_wide_form_gives_a_figure_a_month_and_leaves_the_total_out(read: Read) -> None:
    observations, told = read(saved(form({BHYT: [94.8, "94,9", "-"]})), WIDE)
    assert told == []
    assert observations[["target", "period", "value", "sheet", "cell"]].to_numpy().tolist() == [
        ["bao-hiem.bhyt", "2024-01", 94.8, "Biểu", "D5"],
        ["bao-hiem.bhyt", "2024-02", 94.9, "Biểu", "E5"],
    ]


def test_a_figure_in_another_unit_of_measure_is_scaled(read: Read) -> None:
    text = 'Chỉ tiêu,Đơn vị,ĐVT,Kỳ,Số liệu\nTổng thu theo phân cấp,Thành phố,tỷ đồng,2024-01,"90,296"\n'
    table = {**LONG["table"], "measured_in": {"row": "ĐVT"}}
    observations, told = read(text, table=table, scale={"tỷ đồng": 1000})
    assert told == []
    assert observations["value"].tolist() == [90296.0]


def test_a_cell_that_excel_shows_as_a_percentage_is_read_as_one(read: Read) -> None:
    book = form({BHYT: [0.948, 94.9, None]})
    book["Biểu"]["D5"].number_format = "0.00%"
    observations, told = read(saved(book), WIDE)
    assert (observations["value"].tolist(), told) == ([94.8, 94.9], [])


@pytest.mark.parametrize("text", ["", "-", "–", "—", "...", "x", "  "])
def test_a_blank_or_a_dash_is_no_figure(read: Read, text: str) -> None:
    observations, told = read(HEAD + f"{BHYT},Phường 1,03/2024,{text}\n")
    assert (len(observations), told) == (0, [])


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"{BHYT},Phường 11,03/2024,95", 'thu.csv:2:4  unit "Phường 11" is not known. Did you mean "phuong-1"?'),
        ("Tỷ lệ bảo hiểm y tế ở đâu,Phường 1,03/2024,95", "thu.csv:2:4  target"),
        (f"{BHYT},Ủy ban thị xã,03/2024,95", 'unit "Ủy ban thị xã" is not known. Known: ban-chi-huy-quan-su, '),
        (f"{BHYT},Phường 1,13/2024,95", 'period "13/2024" is not one such as'),
        (f"{BHYT},Phường 1,03/2031,95", "period 2031-03 is outside what the resolutions bind and their history (2014-01 .. 2024-12)"),
        (f"{BHYT},Phường 1,03/2024,95.15", 'figure "95.15" is not written as 1.234,5: did you mean 95,15?'),
        (f"{BHYT},Phường 1,03/2024,khoảng 95", '"khoảng 95" is not a figure such as 1.234,5'),
        (f'{BHYT},Phường 1,03/2024,"0,9515"', "0.9515 looks like a share of one, and the target is in percent: did you mean 95.15?"),
        (f"{BHYT},Phường Ba,03/2024,95", 'unit "Phường Ba" is not known. Did you mean "phuong-3"?'),
        (f"{BHYT},Phường 1,03/2024,NaN", '"NaN" is not a figure'),
        (f"{BHYT},Phường 1,03/2024,Infinity", '"Infinity" is not a figure'),
        (f"{BHYT},Phường 1,03/2024,-Infinity", '"-Infinity" is not a figure'),
        (f"{BHYT},Phường 1,03/2024,{'9' * 400}", '9999…" is not a figure'),
        (f"{BHYT},Phường 1,03/2024,{'a' * 9000}", 'aaa…" is not a figure'),
        (f"{BHYT},{'b' * 9000},03/2024,95", 'bbb…" is not known'),
        (f"{BHYT},Phường 1,03/2024,9\x005", '"9\ufffd5" is not a figure'),
        (f"{BHYT},Phường\x1b[2J 1,03/2024,95", 'unit "Phường\ufffd[2J 1" is not known'),
        ('Giải quyết việc làm mới,Phường 1,03/2024,"2,85"', "2.85 is not a whole number, and this is counted in người: did you mean 2,850?"),
    ],
)  # fmt: skip
def test_a_figure_that_cannot_be_used_is_told_and_the_good_rest_goes_in(read: Read, row: str, reason: str) -> None:
    observations, told = read(HEAD + row + f'\n{BHYT},Phường 2,03/2024,"95,15"\n')
    assert observations["unit"].tolist() == ["phuong-2"]
    assert len(told) == 1
    assert reason in told[0]


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 400, "true", "null"])
def test_what_json_writes_for_no_number_is_told_or_nothing(read: Read, value: str) -> None:
    row = f'{{"target": "bao-hiem.bhyt", "unit": "phuong-1", "period": "2024-03", "value": {value}}}'
    good = '{"target": "bao-hiem.bhyt", "unit": "phuong-2", "period": "2024-03", "value": 95.15}'
    table = {"header": "target", **{name: {"row": name} for name in ("target", "unit", "period", "value")}}
    observations, told = read(
        f"[{row}, {good}]", table=table, format="json", source={"kind": "file", "path": "thu.json"}
    )
    assert observations["unit"].tolist() == ["phuong-2"]
    assert ["is not a figure" in each for each in told] == ([] if value == "null" else [True])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[" * 100_000, "the JSON is nested too deeply to be a list of records"),
        ('[{"so": 1, "so": 2}]', 'key "so" is given twice'),
        ('[{"target": "a", "so": ' + "9" * 5000 + "}]", "is not in the heading"),
        (
            "[" + ",".join("{" + ",".join(f'"{r}.{c}": 1' for c in range(60)) + "}" for r in range(300)) + "]",
            "more than 4000000 cells",
        ),
    ],
    ids=["deep", "twice", "digits", "wide"],
)
def test_json_that_is_no_table_is_told_whole(read: Read, content: str, told: str) -> None:
    table = {"header": "target", **{name: {"row": name} for name in ("target", "unit", "period", "value")}}
    _, problems = read(content, table=table, format="json", source={"kind": "file", "path": "thu.json"})
    assert [told in problem.replace(",", "").replace(".000", "000") for problem in problems] == [True]


def test_a_name_that_is_not_known_is_told_once_for_all_its_cells(read: Read) -> None:
    rows = "".join(f"{BHYT},Phường Ba,{month:02}/2024,95\n" for month in range(1, 13))
    _, told = read(HEAD + rows)
    assert told == ['feeds/thu.csv:2:4  unit "Phường Ba" is not known. Did you mean "phuong-3"? (and 11 more like it)']


@pytest.mark.parametrize(
    ("stated", "value", "own"),
    [
        ("tỷ đồng", "1,5", 1500.0),
        ("Tỷ đồng", "1,5", 1500.0),
        ("nghìn đồng", "1500000", 1500.0),
        ("đồng", "1500000000", 1500.0),
        ("1.000 đồng", "1500000", 1500.0),
        ("triệu đồng", "1500", 1500.0),
    ],
)
def test_a_multiple_of_the_unit_of_measure_needs_no_declaration(
    read: Read, stated: str, value: str, own: float
) -> None:
    text = f'Chỉ tiêu,Đơn vị,ĐVT,Kỳ,Số liệu\nTổng thu theo phân cấp,Thành phố,{stated},2024-01,"{value}"\n'
    observations, told = read(text, table={**LONG["table"], "measured_in": {"row": "ĐVT"}})
    assert (observations["value"].tolist(), told) == ([own], [])
    assert observations["unit_of_measure"].tolist() == ["triệu đồng"]


def test_a_figure_in_a_unit_of_measure_of_another_kind_is_told(read: Read) -> None:
    text = "Chỉ tiêu,Đơn vị,ĐVT,Kỳ,Số liệu\nTổng thu theo phân cấp,Thành phố,tấn,2024-01,5\n"
    observations, told = read(text, table={**LONG["table"], "measured_in": {"row": "ĐVT"}})
    assert len(observations) == 0
    assert 'unit of measure "tấn" is not the target\'s "triệu đồng"' in told[0]


def test_two_sheets_that_say_different_things_of_one_figure_are_told_by_their_names(read: Read) -> None:
    book = form({BHYT: [94.8]})
    other = book.copy_worksheet(book["Biểu"])
    other.title = "Biểu cũ"
    other["D5"] = 94.1
    _, told = read(saved(book), WIDE)
    assert "94.8, 94.1 at Biểu!D5, Biểu cũ!D5" in told[0]


def test_a_figure_given_twice_alike_is_kept_once(read: Read) -> None:
    observations, told = read(HEAD + f"{BHYT},Phường 1,03/2024,95\n" * 2)
    assert len(observations) == 1
    assert told == ["feeds/thu.csv:3:4  the same figure stands already at 2:4"]


def test_a_figure_given_twice_and_different_is_not_kept(read: Read) -> None:
    observations, told = read(HEAD + f"{BHYT},Phường 1,03/2024,95\n{BHYT},Phường 1,03/2024,96\n")
    assert len(observations) == 0
    assert told == [
        "feeds/thu.csv:2:4  the same figure is given twice and differs: 95, 96 at 2:4, 3:4 (and 1 more like it)"
    ]


def test_a_formula_without_a_stored_result_is_told_with_its_cell(read: Read) -> None:
    observations, told = read(saved(form({BHYT: ["=90+5", 94.9, None]})), WIDE)
    assert observations["value"].tolist() == [94.9]
    assert told == [
        "feeds/thu.xlsx!Biểu!D5  the formula =90+5 has no stored result: open the file in Excel, save it, and send it again"
    ]


def test_a_merged_figure_is_told_with_its_cells(read: Read) -> None:
    book = form({BHYT: [94.8, None, 94.9]})
    book["Biểu"].merge_cells("D5:E5")
    observations, told = read(saved(book), WIDE)
    assert observations["value"].tolist() == [94.9]
    assert told == [
        "feeds/thu.xlsx!Biểu!D5  the cell is merged with its neighbours (D5:E5): it cannot be told whose figure it is"
    ]


def _cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _bomb() -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (301 * 2**20))
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "declaration", "reason"),
    [
        (b"", LONG, "the file is empty"),
        ("Tên,Đơn vị,Kỳ,Số liệu\n", LONG, 'no heading "Chỉ tiêu" anywhere in the file: has the form changed?'),
        ("Chỉ tiêu,Đơn vị,Kỳ,Số lượng\n", LONG, 'column "Số liệu" is not in the heading, which has: Chỉ tiêu, Đơn vị, Kỳ, Số lượng. Did you mean "Số lượng"?'),
        ("Chỉ tiêu,Đơn vị,Thời gian,Số liệu\n", LONG, 'thu.csv:1  column "Kỳ" is not in the heading'),
        (HEAD + '"cut short,Phường 1', LONG, "thu.csv:2  the quote that opens here is never closed: the file may be cut short"),
        (b"not a workbook\x00", WIDE, "this is not a workbook (.xlsx, .xlsb, .xls, .ods), or it is cut short"),
        (_cut(saved(form({}))), WIDE, "this is not a workbook (.xlsx, .xlsb, .xls, .ods), or it is cut short"),
        (b"\xd0\xcf\x11\xe0old", WIDE, "this is not a workbook (.xlsx, .xlsb, .xls, .ods), or it is cut short"),
        (_bomb(), WIDE, "the workbook unpacks to 301 MB, more than 300 MB"),
        (saved(Book()), WIDE, 'no heading "Chỉ tiêu" anywhere in the file'),
    ],
    ids=["empty", "no-heading", "renamed-value", "renamed-period", "cut-short", "no-xlsx", "truncated", "xls", "bomb", "blank"],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_told_whole(
    read: Read, content: Any, declaration: dict[str, Any], reason: str
) -> None:
    observations, told = read(content, declaration)
    assert len(observations) == 0
    assert len(told) == 1
    assert reason in told[0]


def test_a_heading_is_found_wherever_it_has_moved_to(read: Read) -> None:
    observations, told = read("Mẫu số 3\n\n\nSố liệu,Kỳ,Chỉ tiêu,Đơn vị\n" + f"95,2024-03,{BHYT},Phường 1\n")
    assert (observations["cell"].tolist(), told) == (["5:1"], [])


def test_a_missing_file_is_told(shipped: Workspace, tmp_path: Path) -> None:
    opened = opened_from(Feed.model_validate(LONG), tmp_path, shipped)
    assert [p.text(Language("en")) for p in opened.problems] == [
        "no file is there for the feed thu, which reads thu.csv"
    ]


def test_a_file_open_in_excel_is_told(read: Read, tmp_path: Path) -> None:
    (tmp_path / "~$thu.xlsx").write_bytes(b"")
    observations, told = read(saved(form({BHYT: [94.8]})), WIDE)
    assert len(observations) == 0
    assert told == ["feeds/thu.xlsx  the file is open in Excel (there is a lock file ~$thu.xlsx): close it there"]


def test_a_file_larger_than_the_feed_allows_is_not_opened(read: Read) -> None:
    observations, told = read(b"a" * 100 * 2**20)
    assert len(observations) == 0
    assert told == ["feeds/thu.csv  the file has 100 MB, more than the 20 MB this feed may have (max_mb)"]


def test_one_file_that_cannot_be_read_does_not_hold_back_the_others(shipped: Workspace, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("")
    (tmp_path / "b.csv").write_text(HEAD + f"{BHYT},Phường 1,03/2024,95\n")
    opened = opened_from(Feed.model_validate({**LONG, "source": {"kind": "file", "path": "*.csv"}}), tmp_path, shipped)
    assert len(opened.reading.observations) == 1
    assert [p.file for p in opened.problems] == ["feeds/a.csv"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=4))
def test_a_workbook_with_bytes_gone_wrong_is_read_or_told_never_a_fault(damage: list[tuple[float, int]]) -> None:
    content = bytearray(saved(form({})))
    for place, flip in damage:
        content[int(place * len(content))] ^= flip
    try:
        assert [sheet.load() for sheet in excel.read(bytes(content), excel.Options())]
    except Unreadable as error:
        assert str(error)
