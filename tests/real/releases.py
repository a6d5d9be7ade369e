"""Small workbooks of the layouts in which Vietnam's statistics office publishes each month, with invented figures.

    python tests/real/releases.py FOLDER

writes those of 2019 to 2021. They hold what has made such sheets hard to read: headings over several rows and merged cells, a title of
two lines, units of measure in a corner, indented labels, sections, footnotes, other columns in January, at the quarter's end and in
December, a second table below the first, a reckoning beside the table, one release in English (2020-09), one .xls (2020-12).
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import xlsxwriter
import xlwt

INVENTED = "(*) SỐ LIỆU GIẢ LẬP để thử phần mềm, không phải số thống kê"
Cell = str | float | None
YEARS = range(2019, 2022)
# What the year to date is of the year, by month.
COURSE = [0.04, 0.08, 0.14, 0.2, 0.27, 0.35, 0.44, 0.53, 0.62, 0.72, 0.84, 1.0]
# Share of the plan spent, growth by quarter, prices on average: of each year.
SPENT = {2019: 0.93, 2020: 0.97, 2021: 0.8}
GROWTH = {2019: [6.8, 6.7, 6.9, 7.0], 2020: [3.5, 1.4, 1.9, 2.6], 2021: [6.1, 6.3, 6.3, 6.4]}
PRICES = {2019: 2.7, 2020: 3.2, 2021: 1.9}
TRADE = {2019: 263451.0, 2020: 255000.0, 2021: 300000.0}
RETAIL = {2019: 4940000.0, 2020: 5100000.0, 2021: 4700000.0}
MINISTRIES = {"Bộ Giao thông Vận tải": "Ministry of Transport", "Bộ Y tế": "Ministry of Health", "Bộ Giáo dục - Đào tạo": "Ministry of Education & Training"}  # fmt: skip
PROVINCES = {
    "Hà Nội": "Ha Noi",
    "TP. Hồ Chí Minh": "Ho Chi Minh city",
    "Thừa Thiên - Huế": "Thue Thien - Hue",
    "Nghệ An": "Nghe An",
}
WORDS = {"Tổng số": "Total", "Trung ương": "Central", "Trong đó:": "Of which:", "Địa phương": "Local", "Phân theo một số tỉnh, thành phố": "Selected localities"}  # fmt: skip


@dataclass
class Sheet:
    """Cells by (row, column) from 0; merged: (top, left, bottom, right)."""

    name: str
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)

    def put(self, row: int, **by_letter: Cell) -> None:
        """Values of one row (from 1), by the column's letter."""
        self.cells |= {(row - 1, ord(letter) - 65): value for letter, value in by_letter.items()}

    def below(self, row: int, letter: str, *lines: str) -> None:
        """A heading over several rows."""
        for n, line in enumerate(lines):
            self.put(row + n, **{letter: float(line) if line.isdigit() else line})

    def over(self, row: int, left: str, right: str, text: str) -> None:
        """A heading in a merged cell."""
        self.put(row, **{left: text})
        self.merged.append((row - 1, ord(left) - 65, row - 1, ord(right) - 65))


@dataclass(frozen=True)
class Month:
    """A month, and whether its release is in English."""

    year: int
    number: int

    @property
    def english(self) -> bool:
        """September 2020."""
        return (self.year, self.number) == (2020, 9)

    def says(self, vietnamese: str, english: str) -> str:
        """One of both."""
        return english if self.english else vietnamese

    @property
    def to_date(self) -> str:
        """`6 tháng`."""
        return self.says(f"{self.number} tháng", f"{self.number} months")


def name_of(year: int, number: int) -> str:
    """As releases are called: by the day of publication."""
    day = {2: 28, 12: 27}.get(number, 29)
    return f"{year}-{number:02}-{day}-Bieu-{number}.{year}{'.xls' if (year, number) == (2020, 12) else '.xlsx'}"


def write(folder: Path) -> None:
    """Every release of YEARS into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for year in YEARS:
        for number in range(1, 13):
            sheets = list(_sheets(Month(year, number)))
            path = folder / name_of(year, number)
            (_write_xls if path.suffix == ".xls" else _write_xlsx)(path, sheets)


def _sheets(month: Month) -> Iterator[Sheet]:
    quarter_ends = month.number % 3 == 0
    if quarter_ends:
        yield _gdp(month, growth=False)
        yield _gdp(month, growth=True)
    yield _investment(month)
    if quarter_ends:
        yield _investment_by_quarter(month)
    yield _trade(month, "XK", "Xuất khẩu hàng hóa", "Exports of goods")
    yield _trade(month, "NK", "Nhập khẩu hàng hóa", "Imports of goods")
    yield _retail(month)
    yield _prices(month)


def _investment(month: Month) -> Sheet:
    sheet, year, number = Sheet("20" if month.english else "VonDT"), str(month.year), month.number
    sheet.put(1, A=month.says("11. Vốn đầu tư thực hiện từ nguồn ngân sách Nhà nước", "20. Realized investment capital under the State budget"))  # fmt: skip
    sheet.put(2, A=month.says(f"tháng {number} và {number} tháng năm {year}", f"in September and 9 months of {year}"))
    sheet.put(4, G=month.says("Tỷ đồng", "Bill dongs"))
    if number == 1:
        sheet.below(5, "C", "Kế hoạch", "năm", year)
        sheet.below(5, "D", "Ước tính", "tháng 1", "năm", year)
        sheet.below(5, "E", "Tháng 1 năm", f"{year} so với", "kế hoạch", f"năm {year} (%)")
        sheet.below(5, "F", "Tháng 1 năm", f"{year} so với", "cùng kỳ", "năm trước (%)")
    else:
        whole = number == 12
        before = ("August", "of 2020") if month.english else (f"tháng {number - 1}", "năm", year)
        now = ("September", "of 2020") if month.english else (f"tháng {number}", "năm", year)
        sheet.below(5, "C", month.says("Thực hiện", "Performance"), *before)
        sheet.below(5, "D", month.says("Ước tính", "Estimate"), *now)
        if whole:
            sheet.below(5, "E", "Ước tính", "cả năm", year)
            sheet.below(5, "F", f"Năm {year}", "so với", "kế hoạch năm (%)")
            sheet.below(5, "G", f"Năm {year}", "so với", f"năm {month.year - 1} (%)")
        else:
            sheet.below(
                5,
                "E",
                month.says("Cộng dồn", "Accrued"),
                month.to_date,
                *(("of 2020",) if month.english else ("năm", year)),
            )
            sheet.below(5, "F", f"{month.to_date} {month.says('năm', '')}".strip(), month.says(f"{year} so với", f"of {year} versus"), month.says("kế hoạch", "paln"), month.says(f"năm {year} (%)", f"{year} (%)"))  # fmt: skip
            sheet.below(5, "G", f"{month.to_date} {month.says('năm', '')}".strip(), month.says(f"{year} so với", f"of {year} versus"), month.says("cùng kỳ", "same period"), month.says("năm trước (%)", "(%)"))  # fmt: skip
    for row, (label, indented, plan) in enumerate(_units(month), start=10):
        sheet.put(row, **{"B" if indented else "A": label})
        if plan is None:
            continue
        spent, before = (
            plan * _share(month, label),
            plan * _share(Month(month.year, number - 1), label) if number > 1 else 0,
        )
        done, growth = 100 * spent / plan, 104.5
        if number == 1:
            sheet.put(row, C=plan, D=spent, E=done, F=growth)
        else:
            sheet.put(row, C=before * 0.3 if number > 2 else before, D=spent - before, E=spent, F=done, G=growth)
    sheet.put(40, A=INVENTED)
    return sheet


def _investment_by_quarter(month: Month) -> Sheet:
    """A sheet of the same units that the feed must pass over."""
    sheet = Sheet("21" if month.english else "VonNSNNquy")
    sheet.put(1, A=month.says(f"12. Vốn đầu tư thực hiện từ nguồn ngân sách Nhà nước các quý năm {month.year}", "21. Realized investment capital under the State budget in quarters of 2020"))  # fmt: skip
    sheet.put(3, F=month.says("Tỷ đồng; %", "Bill dongs"))
    sheet.below(
        4,
        "C",
        month.says("Thực hiện", "Performance"),
        month.says("quý I", "1st quarter"),
        month.says("năm", "of"),
        str(month.year),
    )
    sheet.below(
        4,
        "D",
        month.says("Ước tính", "Estimate"),
        month.says("quý II", "2sd quarter"),
        month.says("năm", "of"),
        str(month.year),
    )
    for row, (label, indented, plan) in enumerate(_units(month), start=9):
        sheet.put(row, **{"B" if indented else "A": label})
        if plan is not None:
            sheet.put(row, C=plan * 0.11, D=plan * 0.19)
    return sheet


def _units(month: Month) -> Iterator[tuple[str, bool, float | None]]:
    """Label, whether it is indented, plan of the year. Bộ Y tế is missing in May, and one province is named from March on only."""
    total = {2019: 324060.0, 2020: 441802.0, 2021: 454113.0}[month.year]

    def said(label: str) -> str:
        return {**MINISTRIES, **PROVINCES, **WORDS}[label] if month.english else label

    yield said("Tổng số").upper(), False, total
    yield said("Trung ương"), True, total * 0.17
    yield said("Trong đó:"), True, None
    for label in MINISTRIES:
        if not (label == "Bộ Y tế" and month.number == 5):
            yield said(label), True, _plan(label)
    yield said("Địa phương"), True, total * 0.83
    yield said("Phân theo một số tỉnh, thành phố"), True, None
    for label in PROVINCES:
        if not (label == "Nghệ An" and month.number < 3):
            yield said(label), True, _plan(label)


def _plan(label: str) -> float:
    return 4000.0 + zlib.crc32(label.encode()) % 9000


def _share(month: Month, label: str) -> float:
    """What a unit has spent of its plan by then; each its own way, but the total."""
    names = {english: own for own, english in {**MINISTRIES, **PROVINCES}.items()}
    slower = (
        0 if label.lower() in ("tổng số", "total") else (zlib.crc32(names.get(label, label).encode()) % 15 - 7) / 100
    )
    return COURSE[month.number - 1] * (SPENT[month.year] + slower)


def _trade(month: Month, name: str, vietnamese: str, english: str) -> Sheet:
    sheet, year, number = Sheet(name), month.year, month.number
    sheet.put(1, A=f"18. {month.says(vietnamese, english)}")
    sheet.put(3, M=month.says("Nghìn tấn; Triệu USD", "1000 tons, Mill. USD"))
    whole = TRADE[year] * (1 if name == "XK" else 0.96)
    to_date = whole * COURSE[number - 1]
    before = whole * COURSE[number - 2] if number > 1 else 0
    if number == 1:
        sheet.over(4, "C", "D", f"Thực hiện tháng 12 năm {year - 1}")
        sheet.over(4, "F", "G", f"Ước tính tháng 1 năm {year}")
        sheet.over(4, "I", "J", f"Tháng 1 năm {year} so với cùng kỳ năm trước (%)")
        values = {"D": 21800.0, "G": to_date, "J": 103.0}
    else:
        sheet.over(4, "C", "D", month.says(f"Ước tính tháng {number} năm {year}", "Estimate September 2020"))
        sheet.over(
            4,
            "F",
            "G",
            month.says(
                f"Ước tính {'năm' if number == 12 else f'{number} tháng năm'} {year}", "Estimate 9 months of 2020"
            ),
        )
        sheet.over(4, "I", "J", month.says(f"Tháng {number} năm {year} so với cùng kỳ năm trước (%)", "September of 2020 versus same period last year (%)"))  # fmt: skip
        sheet.over(4, "L", "M", month.says(f"{'Năm' if number == 12 else f'{number} tháng năm'} {year} so với cùng kỳ năm trước (%)", "9 months of 2020 versus same period last year (%)"))  # fmt: skip
        values = {"D": to_date - before, "G": to_date, "J": 104.0, "M": 105.0}
    for letter in values:
        sheet.put(5, **{chr(ord(letter) - 1): month.says("Lượng", "Volume"), letter: month.says("Trị giá", "Value")})
    sheet.put(7, A=month.says("TỔNG TRỊ GIÁ", "TOTAL VALUE" if name == "NK" else "TOTAL"), **values)
    sheet.put(
        8,
        B=month.says("Khu vực kinh tế trong nước", "Domestic economic sector"),
        **{c: v * 0.4 for c, v in values.items()},
    )
    sheet.put(9, B=month.says("Dầu thô", "Crude oil"), C=200.0, F=900.0, **{c: v * 0.01 for c, v in values.items()})
    if number == 11:
        # Somebody reckoned beside the table.
        for row in (7, 8, 9):
            sheet.put(row, O=14700.0 + row, P=7800.0, Q=733.0, R=1e6)
    sheet.put(12, A=INVENTED)
    return sheet


def _retail(month: Month) -> Sheet:
    sheet, year, number = Sheet("23-24" if month.english else "Tongmuc"), month.year, month.number
    sheet.put(
        1,
        A=month.says(
            "25. Tổng mức bán lẻ hàng hóa và doanh thu dịch vụ tiêu dùng", "23. Retail sales of goods and services"
        ),
    )
    sheet.put(2, A=month.says(f"tháng {number} và {number} tháng năm {year}", "in September and nine months of 2020"))
    # In English the office has once written millions for what are billions.
    sheet.put(4, I=month.says("Tỷ đồng", "Mill. dongs"))
    to_date = RETAIL[year] * number / 12
    if number == 1:
        sheet.below(5, "C", "Thực hiện", "tháng 12", "năm", str(year - 1))
        sheet.below(5, "D", "Ước tính", "tháng 1", "năm", str(year))
        sheet.below(5, "E", "Tháng 1 năm", f"{year} so với", "cùng kỳ", "năm trước (%)")
        values: dict[str, Cell] = {"C": 402000.0, "D": to_date, "E": 103.5}
    else:
        of = month.says("năm", "in")
        sheet.below(
            5, "C", month.says("Thực hiện", "Performance"), month.says(f"tháng {number - 1}", "August"), of, str(year)
        )
        sheet.below(
            5, "D", month.says("Ước tính", "Estimate"), month.says(f"tháng {number}", "September"), of, str(year)
        )
        sheet.over(
            5,
            "E",
            "F",
            month.says(f"Cộng dồn {'cả năm' if number == 12 else f'{number} tháng'}", "Accumulation 9 months"),
        )
        sheet.over(6, "E", "F", month.says(f"năm {year}", "in 2020"))
        sheet.below(7, "E", month.says("Tổng", "Total"), month.says("mức", "value"))
        sheet.below(7, "F", month.says("Cơ", "Structure"), month.says("cấu (%)", "(%)"))
        sheet.over(5, "H", "I", month.says("So với cùng kỳ năm trước (%)", "Compared to same period last year (%)"))
        sheet.below(7, "H", month.says(f"Tháng {number}", "September"), month.says(f"năm {year}", "in 2020"))
        sheet.below(7, "I", month.to_date, month.says(f"năm {year}", "in 2020"))
        values = {"C": to_date / number, "D": to_date / number, "E": to_date, "F": 100.0, "H": 104.0, "I": 103.0}
    sheet.put(10, A=month.says("TỔNG SỐ", "TOTAL"), **values)
    sheet.put(
        11,
        B=month.says("Bán lẻ hàng hóa", "Retail sale"),
        **{c: v * 0.8 for c, v in values.items() if isinstance(v, float)},
    )
    if number in (9, 12):
        sheet.put(
            16,
            A=month.says(
                f"26. Tổng mức bán lẻ hàng hóa các quý năm {year}", "24. Retail sales of goods in quarters of 2020"
            ),
        )
        sheet.put(17, F=month.says("Tỷ đồng", "Mill. dongs"))
        sheet.below(18, "C", month.says("Thực hiện", "Performance"), month.says("quý II", "2sd quarter"), str(year))
        sheet.below(18, "D", month.says("Ước tính", "Estimate"), month.says("quý III", "3rd quarter"), str(year))
        sheet.below(
            18,
            "E",
            month.says("So với cùng kỳ", "Compared to same period"),
            month.says("quý II", "2sd quarter"),
            str(year),
        )
        sheet.put(22, A=month.says("TỔNG SỐ", "TOTAL"), C=RETAIL[year] / 4, D=RETAIL[year] / 4, E=103.0)
    sheet.put(25, A=INVENTED)
    return sheet


def _prices(month: Month) -> Sheet:
    sheet, year, number = Sheet("30" if month.english else "CPI"), month.year, month.number
    sheet.put(1, A=month.says("32. Chỉ số giá tiêu dùng, chỉ số giá vàng, chỉ số giá đô la Mỹ", "30. Consumer price indexes, gold and USD price indexes"))  # fmt: skip
    sheet.put(2, A=month.says(f"và lạm phát cơ bản tháng {number} năm {year}", "and core inflation in September 2020"))
    sheet.put(4, I="%")
    # A shock at the beginning of the year that fades.
    index = 100 + PRICES[year] + (3 if year == 2020 else 0.2) * (12 - number) / 11
    year_before, sep = month.says("năm", "September" if month.english else "năm"), month.says
    sheet.over(5, "D", "G", sep(f"Tháng {number} năm {year} so với:", "September 2020 versus:"))
    sheet.below(6, "D", sep("Kỳ gốc", "Base Year"), "(2014)")
    sheet.below(
        6,
        "E",
        sep(f"Tháng {number}", "September"),
        *((str(year - 1),) if month.english else (year_before, str(year - 1))),
    )
    sheet.below(6, "F", sep("Tháng 12", "December"), *((str(year - 1),) if month.english else ("năm", str(year - 1))))
    values: dict[str, Cell] = {"D": 115.9, "E": index if number == 1 else index - 0.7, "F": 100.3}
    if number > 1:
        sheet.below(
            6, "G", sep(f"Tháng {number - 1}", "August"), *((str(year),) if month.english else ("năm", str(year)))
        )
        sheet.below(5, "H", sep("Bình quân", "9 months"), sep("cả năm" if number == 12 else month.to_date, "of 2020"), sep(f"năm {year}", "versus"), sep("so với", "same period"), sep("cùng kỳ", "last year"), *([] if month.english else ["năm trước"]))  # fmt: skip
        values |= {"G": 100.2, "H": index}
    sheet.put(12, A=sep("CHỈ SỐ GIÁ TIÊU DÙNG", "CONSUMER PRICE INDEXES"), **values)
    sheet.put(14, B=sep("Hàng ăn và dịch vụ ăn uống", "Food and catering services"), **dict.fromkeys(values, 105.0))
    sheet.put(15, B=sep("Trong đó:", "Of which:"), C=sep("Lương thực", "Grain food"), **dict.fromkeys(values, 104.0))
    sheet.put(18, A=INVENTED)
    return sheet


def _gdp(month: Month, *, growth: bool) -> Sheet:
    """At current prices, with shares; or at constant prices, with growth."""
    year, quarter = month.year, month.number // 3
    sheet = Sheet(("2" if growth else "1") if month.english else ("2.GDP-SS" if growth else "1.GDP-HH"))
    prices = month.says("giá so sánh" if growth else "giá hiện hành", "constant prices" if growth else "current prices")
    sheet.put(
        1,
        A=month.says(
            f"{sheet.name[0]}. Tổng sản phẩm trong nước theo {prices}",
            f"{sheet.name}. Gross domestic product at {prices}",
        ),
    )
    sheet.put(3, H=month.says("Tỷ đồng", "Bill. dongs"))
    roman, to_date = ["I", "II", "III", "IV"][quarter - 1], "cả năm" if quarter == 4 else f"{month.number} tháng"
    sheet.below(4, "D", *month.says(f"Ước tính|quý {roman}|năm|{year}", "Estimate|quarter 3|of|2020").split("|"))
    sheet.below(4, "E", *month.says(f"Cộng dồn|{to_date}|năm|{year}", "9 months|accumulation|of|2020").split("|"))
    sheet.over(4, "G", "H", month.says("So với cùng kỳ năm trước (%)" if growth else "Cơ cấu (%)", "Compare to the same period last year" if growth else "Structure (%)"))  # fmt: skip
    sheet.below(5, "G", *month.says(f"Quý {roman}|năm|{year}", "Quarter 3|of|2020").split("|"))
    to_date = f"Quý {roman}" if quarter == 1 else "Cả năm" if quarter == 4 else to_date
    sheet.below(5, "H", *month.says(f"{to_date}|năm|{year}", "9 months|of|2020").split("|"))
    rate = GROWTH[year][quarter - 1]
    values = {
        "D": 887862.4,
        "E": 400000.0 * quarter,
        "G": 100 + rate - 0.3 if growth else 100.0,
        "H": 100 + rate if growth else 100.0,
    }
    if quarter == 1:
        # The quarter is the year to date: it is printed once.
        sheet.cells = {
            (row, column): value for (row, column), value in sheet.cells.items() if column not in (3, 6) or row == 3
        }
        values = {"E": values["E"], "H": values["H"]}
    sheet.put(9, A=month.says("TỔNG SỐ", "TOTAL"), **values)
    sheet.put(
        10,
        B=month.says("Nông, lâm nghiệp và thủy sản", "Agriculture, forestry and fishing"),
        **{c: v * 0.98 for c, v in values.items()},
    )
    sheet.put(14, A=INVENTED)
    return sheet


def _write_xlsx(path: Path, sheets: list[Sheet]) -> None:
    with xlsxwriter.Workbook(path) as book:
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            for top, left, bottom, right in sheet.merged:
                page.merge_range(top, left, bottom, right, "")
            for (row, column), value in sheet.cells.items():
                page.write(row, column, value)


def _write_xls(path: Path, sheets: list[Sheet]) -> None:
    book = xlwt.Workbook()
    for sheet in sheets:
        page = book.add_sheet(sheet.name)
        merged = {(top, left): (bottom, right) for top, left, bottom, right in sheet.merged}
        for (row, column), value in sheet.cells.items():
            if (row, column) in merged:
                bottom, right = merged[row, column]
                page.write_merge(row, bottom, column, right, value)
            else:
                page.write(row, column, value)
    book.save(str(path))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
