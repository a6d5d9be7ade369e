"""From one example file a declaration is drafted that reads it, and the next month's; what is not sure is marked."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.nation import MONTHS, NATION, TARGETS, UNITS, Rows, workbook

from monitor.feeds import formats
from monitor.feeds.declaration import Feed, declare
from monitor.feeds.draft import draft
from monitor.feeds.draft.proposal import Draft
from monitor.feeds.draft.write import text
from monitor.feeds.grid import Grid
from monitor.feeds.sources import Piece
from monitor.feeds.trial import Trial, attempt
from monitor.language import Language
from monitor.syntax.document import parse
from monitor.workspace import Workspace, defaults

Figures = dict[tuple[str, str, str], float]


def investment(month: int, year: int, share: float, *, plural: bool = False) -> Rows:
    """Sheet `VonDT` of the releases of 2017 to 2021: ministries and provinces under `Trung ương` and `Địa phương`."""
    before, so_far = f"tháng {month - 1}", f"{month} tháng"
    of = "Tổng số" if plural else "TỔNG SỐ"
    return [
        ["11. Vốn đầu tư thực hiện từ nguồn ngân sách Nhà nước"],
        [f"tháng {month} và {month} tháng năm {year}"],
        [None, None, None, None, None, None, "Tỷ đồng"],
        [None, None, "Thực hiện", "Ước tính", "Cộng dồn", f"{so_far} năm {year}", f"{so_far} năm {year}"],
        [None, None, before, f"tháng {month}", so_far, "so với kế hoạch", "so với cùng kỳ"],
        [None, None, f"năm {year}", f"năm {year}", f"năm {year}", f"năm {year} (%)", "năm trước (%)"],
        [],
        [of, None, 27000, 29000, 169000, 36.6, 110.2],
        ["Trung ương", None, 4000, 4500, 26000, 33.5, 108.1],
        [None, "Trong đó:"],
        [None, "Bộ Y tế", 150, 160, 900 * share, 20.5, 95.3],
        [None, "Bộ NN và PTNT", 350, 360, 1900, 40.1, 99.0],
        ["Địa phương", None, 23000, 24500, 143000, 37.2, 110.6],
        [None, "Hà Nội", 3000, 3100, 17000, 35.0, 112.0],
        [None, "TP. Hồ Chí Minh", 1900, 2000, 9600, 29.0, 80.5],
        [None, "Thanh Hóa", 800, 900, 4300, 48.8, 123.3],
        [None, "Cả nước ngoài bảng", 1, 2, 3, 4, 5],
        ["Người lập biểu", None, None, None, "Thủ trưởng đơn vị"],
    ]


def trade(what: str, month: int, year: int, *, corner: str | None = "Nghìn tấn; Triệu USD", mark: str = "") -> Rows:
    """Sheet `xuat khau thang`: volume and worth side by side."""
    now, so_far = f"tháng {month} năm {year}", f"{month} tháng năm {year}"
    return [
        [f"27. Hàng hóa {what}"],
        [],
        [None] * 12 + [corner],
        [None, None, "Ước tính", None, None, "Ước tính", None, None, now, None, None, so_far, None],
        [None, None, now, None, None, so_far, None, None, "so với cùng kỳ", None, None, "so với cùng kỳ", None],
        [None, None, None, None, None, None, None, None, "năm trước (%)", None, None, "năm trước (%)", None],
        [None, None, *["Lượng", "Trị giá", None] * 3, "Lượng", "Trị giá"],
        [],
        [f"TỔNG TRỊ GIÁ{mark}", None, None, 27200, None, None, 157630, None, None, 120.4, None, None, 128.4],
        [None, "Khu vực kinh tế trong nước", None, 7000, None, None, 42000, None, None, 105.0, None, None, 116.0],
        ["MẶT HÀNG CHỦ YẾU"],
        [None, "Thủy sản", None, 700, None, None, 4100, None, None, 99.0, None, None, 112.0],
        [None, "Gạo", 450, 240, None, 3000, 1640, None, 92.0, 94.0, None, 86.0, 96.0],
    ]


def retail(month: int, year: int, *, quarters: bool = False) -> Rows:
    """Sheet `Tongmuc`; in September the quarters stand below the months."""
    rows: Rows = [
        ["25. Tổng mức bán lẻ hàng hóa và doanh thu dịch vụ tiêu dùng"],
        [],
        [None] * 8 + ["Tỷ đồng; %"],
        [None, None, "Thực hiện", "Ước tính", f"Cộng dồn {month} tháng", None, None, "So với cùng kỳ", None],
        [None, None, f"tháng {month - 1}", f"tháng {month}", f"năm {year}", None, None, "năm trước", None],
        [None, None, "năm", "năm", "Tổng", "Cơ", None, f"Tháng {month}", f"{month} tháng"],
        [None, None, year, year, "mức", "cấu", None, f"năm {year}", f"năm {year}"],
        [],
        ["TỔNG SỐ", None, 396000, 403000, 2463846, 100, None, 111.4, 104.4],
        [None, "Bán lẻ hàng hóa", 301000, 306000, 1985000, 80.6, None, 112.6, 106.2],
        [None, "Dịch vụ lưu trú, ăn uống", 47000, 47700, 223000, 9.1, None, 109.6, 97.3],
        [None, "Dịch vụ khác", 43000, 44600, 250000, 10.1, None, 105.2, 97.9],
    ]
    if quarters:
        rows += [
            [],
            ["26. Tổng mức bán lẻ hàng hóa và doanh thu dịch vụ tiêu dùng"],
            [f"các quý năm {year}"],
            [],
            [None, None, "Thực hiện", "Thực hiện", "Ước tính"],
            [None, None, "quý I", "quý II", "quý III"],
            [None, None, "năm", "năm", "năm"],
            [None, None, year, year, year],
            [],
            ["TỔNG SỐ", None, 1049000, 1072000, 1113000],
            [None, "Bán lẻ hàng hóa", 795000, 802000, 835000],
        ]
    return rows


def prices(month: int, year: int) -> Rows:
    """Sheet `CPI`: an index against the base, the year before, December, the month before; on average."""
    return [
        ["14. Chỉ số giá tiêu dùng, chỉ số giá vàng, chỉ số giá đô la Mỹ"],
        [f"và lạm phát cơ bản tháng {month} năm {year}"],
        [],
        [None, None, None, None, None, None, None, "%"],
        [None, None, None, f"Tháng {month} năm {year} so với:", None, None, None, f"Bình quân {month} tháng"],
        [None, None, None, "Kỳ gốc", f"Tháng {month}", "Tháng 12", f"Tháng {month - 1}", f"năm {year} so với"],
        [None, None, None, "(2019)", *[f"năm {year - 1}"] * 2, f"năm {year}", f"cùng kỳ năm {year - 1}"],
        [],
        ["CHỈ SỐ GIÁ TIÊU DÙNG", None, None, 104.8, 102.9, 101.5, 100.2, 101.47],
        [None, "Hàng ăn và dịch vụ ăn uống", None, 108.7, 103.4, 100.4, 100.1, 100.7],
        [None, "Trong đó:", "Lương thực", 107.0, 99.3, 99.7, 99.6, 106.1],
        ["CHỈ SỐ GIÁ VÀNG", None, None, 108.8, 99.0, 102.3, 99.5, 115.9],
    ]


def product(year: int) -> Rows:
    """Sheet `2.GDP-SS`: quarters and the half, at constant prices, and against the year before."""
    return [
        ["2. Tổng sản phẩm trong nước theo giá so sánh 2010"],
        [],
        [None] * 7 + ["Tỷ đồng"],
        [None, None, "Sơ bộ", "Ước tính", "Cộng dồn", "So với cùng kỳ năm trước (%)"],
        [None, None, "quý I", "quý II", "6 tháng", "Quý I", "Quý II", "6 tháng"],
        [None, None, *[f"năm {year}"] * 6],
        [],
        ["TỔNG SỐ", None, 860000, 940000, 1800000, 104.48, 106.61, 105.64],
        [None, "Nông nghiệp", 90000, 110000, 200000, 103.5, 104.1, 103.7],
        [None, "Công nghiệp và xây dựng", 300000, 350000, 650000, 106.3, 110.3, 108.4],
    ]


def industry(month: int, year: int) -> Rows:
    """Sheet `IIPthang`: an index alone."""
    return [
        [f"9. Chỉ số sản xuất công nghiệp tháng {month} và {month} tháng năm {year}"],
        [None, None, None, None, "%"],
        [None, f"Tháng {month}", f"Tháng {month}", f"{month} tháng"],
        [None, f"năm {year} so", f"năm {year} so", f"năm {year} so"],
        [None, "với tháng", "với cùng kỳ", "với cùng kỳ"],
        [None, "trước", "năm trước", "năm trước"],
        [],
        ["Toàn ngành công nghiệp", 101.5, 106.8, 109.3],
        ["Khai khoáng", 99.0, 94.6, 93.8],
        ["Chế biến, chế tạo", 102.0, 109.0, 111.6],
    ]


def visitors(month: int, year: int) -> Rows:
    """Sheet `Du lich`: in persons, as the sheet does not say."""
    return [
        ["43. Khách quốc tế đến Việt Nam"],
        [
            None,
            None,
            f"Ước tính tháng {month} năm {year}",
            f"{month} tháng năm {year}",
            f"{month} tháng so với cùng kỳ năm trước (%)",
        ],
        ["TỔNG SỐ", None, 7500, 88246, 2.4],
        [None, "Đường không", 5100, 54000, 1.8],
        [None, "Đường biển", 80, 200, 0.1],
    ]


# Beside what is looked for stand sheets that look like it: of quarters, of prices, of services.
BESIDE: dict[str, Rows] = {
    "Gia XK": [
        ["36. Chỉ số giá xuất khẩu hàng hóa"],
        [None, None, "%"],
        [None, "6 tháng năm 2021 so với cùng kỳ năm trước", None],
        ["CHỈ SỐ CHUNG", 103.5, None],
        ["Gạo", 107.0, None],
    ],
    "Gia NK": [
        ["37. Chỉ số giá nhập khẩu hàng hóa"],
        [None, None, "%"],
        [None, "6 tháng năm 2021 so với cùng kỳ năm trước", None],
        ["CHỈ SỐ CHUNG", 104.5, None],
        ["Thép", 117.0, None],
    ],
    "XNK dich vu": [
        ["31. Xuất, nhập khẩu dịch vụ"],
        [None, None, None, "Triệu USD"],
        [None, None, "Cộng dồn 6 tháng năm 2021", "So với cùng kỳ năm trước (%) 6 tháng năm 2021"],
        ["Xuất khẩu", None, 1800, 60.5],
        ["Nhập khẩu", None, 9400, 107.0],
    ],
    "VDT toan xa hoi": [
        ["21. Vốn đầu tư phát triển toàn xã hội thực hiện theo giá hiện hành"],
        [None, None, "Nghìn tỷ đồng"],
        [None, "Cộng dồn 6 tháng năm 2021", "6 tháng năm 2021 so với cùng kỳ năm trước (%)"],
        ["TỔNG SỐ", 1169.7, 107.2],
        ["Vốn khu vực Nhà nước", 286.8, 107.3],
        ["Vốn đầu tư thuộc ngân sách Nhà nước", 171.9, 110.2],
    ],
}


def of(period: str, **values: float) -> Figures:
    return {(target.replace("_", "-"), NATION, period): value for target, value in values.items()}


INVESTED: Figures = {
    ("von", NATION, "2021-06"): 169.0,
    ("von", "bo-y-te", "2021-06"): 0.9,
    ("von", "bo-nong-nghiep", "2021-06"): 1.9,
    ("von", "ha-noi", "2021-06"): 17.0,
    ("von", "tp-hcm", "2021-06"): 9.6,
    ("von", "thanh-hoa", "2021-06"): 4.3,
}
OF_PLAN: Figures = {
    ("giai-ngan", NATION, "2021-06"): 36.6,
    ("giai-ngan", "bo-y-te", "2021-06"): 20.5,
    ("giai-ngan", "bo-nong-nghiep", "2021-06"): 40.1,
    ("giai-ngan", "ha-noi", "2021-06"): 35.0,
    ("giai-ngan", "tp-hcm", "2021-06"): 29.0,
    ("giai-ngan", "thanh-hoa", "2021-06"): 48.8,
}
LAYOUTS: dict[str, tuple[str, Rows, list[str], Figures]] = {
    "investment by ministry and province": ("VonDT", investment(6, 2021, 1.0), ["von"], INVESTED),
    "what is spent of the plan beside it": (
        "VonDT",
        investment(6, 2021, 1.0),
        ["von", "giai-ngan"],
        INVESTED | OF_PLAN,
    ),
    "exports": ("xuat khau", trade("xuất khẩu", 6, 2021), ["xuat-khau"], of("2021-06", xuat_khau=157.63)),
    "imports, with a footnote": (
        "NK",
        trade("nhập khẩu", 6, 2021, mark=" (*)"),
        ["nhap-khau"],
        of("2021-06", nhap_khau=157.63),
    ),
    "exports of a sheet that does not say in what": (
        "XK",
        trade("xuất khẩu", 6, 2021, corner=None),
        ["xuat-khau"],
        of("2021-06", xuat_khau=157.63),
    ),
    "retail": ("Tongmuc", retail(6, 2021), ["ban-le"], of("2021-06", ban_le=2463.846)),
    "retail over its quarters": ("Tongmuc", retail(9, 2021, quarters=True), ["ban-le"], of("2021-09", ban_le=2463.846)),
    "consumer prices on average": ("CPI", prices(6, 2021), ["cpi"], of("2021-06", cpi=1.47)),
    "growth": ("2.GDP-SS", product(2021), ["gdp"], of("2021-03", gdp=4.48) | of("2021-06", gdp=5.64)),
    "an index of industry": ("IIPthang", industry(6, 2021), ["iip"], of("2021-06", iip=9.3)),
    "visitors": ("Du lich", visitors(6, 2021), ["khach"], of("2021-06", khach=88246.0)),
}


def grids(name: str, content: bytes) -> list[Grid]:
    form = formats.format_of(formats.AUTO, name)
    return [sheet.load() for sheet in formats.read(form, content, form.Options())]


def drafted(content: bytes, asked: list[str], name: str = "2021-06-29-Bieu-6.2021.xlsx") -> Draft:
    return draft(name, grids(name, content), TARGETS, UNITS, asked)


def tried(found: Draft, content: bytes, name: str = "2021-06-29-Bieu-6.2021.xlsx") -> list[Trial]:
    return [attempt(made.feed, [Piece(name, content)], TARGETS, UNITS, MONTHS) for made in found.proposals]


def read(trials: list[Trial]) -> Figures:
    keys = ["target", "unit", "period", "value"]
    rows = [row for trial in trials for row in trial.good[keys].itertuples(index=False)]
    return {(target, unit, period): pytest.approx(value) for target, unit, period, value in rows}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_draft_reads_the_sheet_that_it_was_drafted_from(layout: str) -> None:
    sheet, rows, asked, expected = LAYOUTS[layout]
    content = workbook({**BESIDE, sheet: rows})
    found = drafted(content, asked)
    trials = tried(found, content)
    assert (read(trials), dict(found.unmatched)) == (expected, {})
    assert [problem for trial in trials for problem in trial.problems] == []
    assert all(trial.quarantined.empty for trial in trials)


@pytest.mark.parametrize(
    ("before", "after", "asked", "expected"),
    [
        (
            {"VonDT": investment(6, 2021, 1.0)},
            {"17. VDT tu NSNN": investment(10, 2021, 2.0, plural=True)},
            ["von"],
            {(*key[:2], "2021-10"): value * (2 if key[1] == "bo-y-te" else 1) for key, value in INVESTED.items()},
        ),
        (
            {"xuat khau": trade("xuất khẩu", 6, 2021)},
            {"24.XK": trade("xuất khẩu", 11, 2021, mark=" (*)"), "Gia XK": BESIDE["Gia XK"]},
            ["xuat-khau"],
            of("2021-11", xuat_khau=157.63),
        ),
        ({"CPI": prices(6, 2021)}, {"29.CPI": prices(11, 2021)}, ["cpi"], of("2021-11", cpi=1.47)),
        ({"T": retail(6, 2021)}, {"22-23": retail(9, 2021, quarters=True)}, ["ban-le"], of("2021-09", ban_le=2463.846)),
        ({"IIP": industry(2, 2021)}, {"9.IIPthang": industry(11, 2021)}, ["iip"], of("2021-11", iip=9.3)),
    ],
    ids=["investment", "exports", "prices", "retail", "industry"],
)
def test_a_draft_reads_the_next_release_too(
    before: dict[str, Rows], after: dict[str, Rows], asked: list[str], expected: Figures
) -> None:
    found = drafted(workbook(before), asked)
    trials = tried(found, workbook(after), "2021-11-29-So-lieu.xlsx")
    assert read(trials) == expected


def test_all_targets_of_a_release_are_found_at_once_each_in_its_sheet() -> None:
    sheets = {
        "VonDT": investment(6, 2021, 1.0),
        "XK": trade("xuất khẩu", 6, 2021),
        "NK": trade("nhập khẩu", 6, 2021),
        "CPI": prices(6, 2021),
        "GDP": product(2021),
        "Tongmuc": retail(6, 2021),
        "IIP": industry(6, 2021),
        "Du lich": visitors(6, 2021),
    }
    content = workbook({**BESIDE, **sheets})
    found = drafted(content, [])
    assert {key[0] for key in read(tried(found, content))} == set(TARGETS)
    assert len({made.id for made in found.proposals}) == len(found.proposals) == 8


def test_industries_that_are_named_as_ministries_are_make_no_table_of_units() -> None:
    """Beside the table of growth stands the one at current prices, whose title says the same: rows `Y tế` and `Nông nghiệp`."""
    industries = ["Y tế", "Nông nghiệp và Phát triển nông thôn", "Hà Nội", *(f"Ngành {n}" for n in "abcdefghijk")]
    worth: Rows = [
        ["1. Tổng sản phẩm trong nước theo giá hiện hành"],
        [None, None, "Tỷ đồng"],
        [None, None, "Cộng dồn 6 tháng năm 2021"],
        ["TỔNG SỐ", None, 3700000.0],
        *([None, label, 90000.0 + n] for n, label in enumerate(industries)),
    ]
    content = workbook({"1.GDP-HH": worth, "2.GDP-SS": product(2021)})
    found = drafted(content, ["gdp"])
    assert read(tried(found, content)) == of("2021-03", gdp=4.48) | of("2021-06", gdp=5.64)


def test_a_report_with_a_unit_of_measure_beside_each_name_is_read_in_it() -> None:
    rows: Rows = [
        ["BÁO CÁO kết quả thực hiện tháng 6 và 6 tháng đầu năm 2021"],
        ["(Kèm theo Báo cáo số 45/BC-SKHĐT ngày 05/7/2021)"],
        [],
        [
            "STT",
            "Chỉ tiêu",
            "Đơn vị tính",
            "Dự toán năm 2021",
            "Thực hiện tháng 6",
            "Lũy kế 6 tháng",
            "So với KH năm (%)",
        ],
        [1, TARGETS["ban-le"].name, "Tỷ đồng", 5000000.0, 400000.0, 2463846.0, 49.3],
        [2, TARGETS["xuat-khau"].name, "Triệu USD", 280000.0, 27200.0, 157630.0, 56.3],
        [3, TARGETS["nhap-khau"].name, '"', 280000.0, 27500.0, 159100.0, 56.8],
    ]
    content = workbook({"Bieu 1": rows})
    found = drafted(content, ["ban-le", "xuat-khau", "nhap-khau"])
    assert read(tried(found, content)) == of("2021-06", ban_le=2463.846, xuat_khau=157.63, nhap_khau=159.1)


def test_months_that_rise_by_a_trend_are_not_a_year_to_date() -> None:
    months = [datetime.date(2021, n, 1) for n in range(1, 8)]
    rows: Rows = [
        ["Xuất khẩu hàng hóa năm 2021"],
        ["Đơn vị: triệu USD"],
        ["Nội dung", *months],
        [TARGETS["xuat-khau"].name, *(20000.0 + 100 * n for n in range(7))],
    ]
    content = workbook({"XK": rows})
    (trial,) = tried(drafted(content, ["xuat-khau"]), content)
    assert trial.good["period"].tolist() == [f"2021-{n:02}" for n in range(1, 8)]
    assert set(trial.good["basis"]) == {"per-period"}


def test_growth_of_some_provinces_among_many_others_is_a_table_of_units() -> None:
    provinces = ["Hà Nội", "TP. Hồ Chí Minh", "Thanh Hóa"]
    rows: Rows = [
        ["Tốc độ tăng tổng sản phẩm trong nước (GDP) theo địa phương"],
        [None, None, "%"],
        [None, None, "6 tháng năm 2021 so với cùng kỳ năm trước"],
        *([None, label, 106.0 + n] for n, label in enumerate(provinces)),
        *([None, f"Tỉnh khác {n}", 105.5] for n in "abcdefghijk"),
    ]
    content = workbook({"GRDP": rows})
    (trial,) = tried(drafted(content, ["gdp"]), content)
    assert [round(value, 6) for value in trial.good["value"]] == [6.0, 7.0, 8.0]
    assert set(trial.good["unit"]) == {"ha-noi", "tp-hcm", "thanh-hoa"}


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_written_is_what_was_drafted_and_check_accepts_it(layout: str, language: str) -> None:
    sheet, rows, asked, _ = LAYOUTS[layout]
    found = drafted(workbook({**BESIDE, sheet: rows}), asked)
    for made in found.proposals:
        written = text(found, made, "bieu.xlsx", Language(language))
        assert Feed.model_validate(yaml.safe_load(written)) == made.feed
        document = parse("feeds/nhap.yaml", written.encode())
        assert declare({"nhap.yaml": document}, {"nq": (set(TARGETS), {unit.id for unit in UNITS})}) == (made.feed,)


def test_each_guess_tells_why_and_what_is_not_sure_is_marked() -> None:
    sheet, rows, asked, _ = LAYOUTS["exports of a sheet that does not say in what"]
    found = drafted(workbook({sheet: rows}), asked)
    written = text(found, found.proposals[0], "bieu.xlsx", Language("en")).splitlines()
    told = {line: written[n - 1].strip() for n, line in enumerate(written)}
    assert told["  measured_in: {fixed: triệu USD}"] == (
        "# (!) the sheet does not say in what it counts; by the size of the figures in triệu USD"
    )
    assert told["  target: {column: left}"] == "# the text nearest to the left of the figures"
    assert '# column G "Ước tính 6 tháng năm 2021 Trị giá"' in [line.strip() for line in written]


def test_a_file_without_the_target_says_what_is_nearest_and_drafts_the_layout() -> None:
    found = drafted(workbook({"Tongmuc": retail(6, 2021)}), ["khach"])
    assert "khach" in found.unmatched and not found.matched
    written = text(found, found.proposals[0], "bieu.xlsx", Language("en"))
    assert "(!) khach: nothing in the file is" in written
    assert "(!) no row is surely a target" in written
    assert Feed.model_validate(yaml.safe_load(written)) == found.proposals[0].feed


SAMPLES = ("bao-hiem-xa-hoi.xlsx", "phong-y-te.xlsx", "phong-tai-chinh.csv", "phong-ban/phong-thong-ke.csv")


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_draft_reads_a_shipped_sample_as_its_own_feeds_do(shipped: Workspace, sample: str) -> None:
    path = defaults() / "feeds" / "samples" / "2024" / sample
    piece = Piece(f"feeds/samples/2024/{sample}", path.read_bytes())
    own = [
        f for f in shipped.feeds if f.source["kind"] == "file" and Path(piece.name).match(f"feeds/{f.source['path']}")
    ]
    found = draft(path.name, grids(path.name, path.read_bytes()), shipped.targets, shipped.units)
    by_feed = [
        [attempt(feed, [piece], shipped.targets, shipped.units, shipped.months) for feed in feeds]
        for feeds in (own, [made.feed for made in found.proposals])
    ]
    expected, drafted_ones = (_facts(trials) for trials in by_feed)
    assert expected
    assert drafted_ones == expected


def _facts(trials: list[Trial]) -> set[tuple[Any, ...]]:
    names = ["target", "unit", "period", "value", "unit_of_measure", "received"]
    return {
        tuple(row)
        for trial in trials
        for row in trial.good[[n for n in names if n in trial.good]].itertuples(index=False)
    }


# Cells of the statistics office's releases, looked up by hand: (the file's month, target, unit, sheet, cell, period, value).
LOOKED_UP = [
    ("2017-05", "xuat-khau", NATION, "XK", "O8", "2017-05", 79.29),
    ("2017-11", "ban-le", NATION, "Tongmuc", "D7", "2017-11", 3600.65773),
    ("2018-03", "gdp", NATION, "GDP", "G9", "2018-03", 7.37821),
    ("2018-12", "cpi", NATION, "33.CPI", "G10", "2018-12", 3.53834),
    ("2019-02", "nhap-khau", NATION, "19NK (2)", "G9", "2019-02", 36.76023),
    ("2019-09", "ban-le", NATION, "22-23.Tongmuc", "E10", "2019-09", 3634.7796),
    ("2020-04", "von", "ha-noi", "VonDT", "E28", "2020-04", 9.475547),
    ("2020-06", "gdp", NATION, "2.GDP-SS", "H10", "2020-06", 1.80549),
    ("2020-11", "nhap-khau", NATION, "26.NKthang", "G9", "2020-11", 234.499),
    ("2021-01", "cpi", NATION, "CPI", "E9", "2021-01", -0.97127),
    ("2021-08", "xuat-khau", NATION, "xuat khau thang", "G9", "2021-08", 212.55438),
    ("2021-10", "giai-ngan", "bo-y-te", "19.VonNSNNthang", "F14", "2021-10", 47.24354),
]
REAL = os.environ.get("MONITOR_REAL")


@pytest.mark.skipif(not REAL, reason="MONITOR_REAL names no folder of releases")
@pytest.mark.parametrize("fact", LOOKED_UP, ids=lambda fact: f"{fact[0]}-{fact[1]}")
def test_a_draft_reads_a_real_release(fact: tuple[str, str, str, str, str, str, float]) -> None:
    month, target, unit, sheet, cell, period, value = fact
    path = next(Path(str(REAL)).glob(f"{month}-*"))
    content = path.read_bytes()
    found = drafted(content, [target], path.name)
    (trial,) = tried(found, content, path.name)
    good = trial.good
    row = good[(good["unit"] == unit) & (good["period"] == period)].iloc[0]
    assert (row["sheet"], row["cell"], row["value"]) == (sheet, cell, pytest.approx(value, abs=1e-4))
    assert trial.quarantined.empty
