"""The six tables read plainly, to hold the feeds against: it shares no code with monitor/feeds, and knows nothing of headings
but a few words. The columns are listed by hand: most releases print a table's year to date in the same letter.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook

Rows = list[list[Any]]

# Table -> words of which the first four rows have all of one list; words that they have none of; labels of the row (None: each).
TABLES: dict[str, tuple[list[list[str]], list[str], list[str] | None]] = {
    "investment": ([["vốn đầu tư", "ngân sách nhà nước"], ["investment", "state budget"]], ["các quý", "in quarters", "toàn xã hội", "social"], None),
    "exports": ([["xuất khẩu hàng hóa"], ["hàng hóa xuất khẩu"], ["hàng hoá xuất khẩu"], ["exports of goods"]], ["các quý", "quý năm", "chỉ số giá", "in the", "dịch vụ", "services"], ["tổng trị giá", "tổng trị giá xuất khẩu", "total"]),
    "imports": ([["nhập khẩu hàng hóa"], ["hàng hóa nhập khẩu"], ["hàng hoá nhập khẩu"], ["imports of goods"]], ["các quý", "quý năm", "chỉ số giá", "in the", "dịch vụ", "services"], ["tổng trị giá", "tổng trị giá nhập khẩu", "total value", "total"]),
    "retail": ([["tổng mức", "bán lẻ"], ["retail sales"]], [], ["tổng số", "total"]),
    "cpi": ([["chỉ số giá tiêu dùng"], ["consumer price indexes"]], [], ["chỉ số giá tiêu dùng", "consumer price indexes"]),
    "gdp": ([["tổng sản phẩm trong nước"], ["gross domestic product"]], [], ["tổng số", "tổng sản phẩm trong nước", "total"]),
}  # fmt: skip
TRADE = {"2017-05": "O", "2018-12": "F"}
NO_UNITS = [
    "trong đó",
    "trung ương",
    "địa phương",
    "ngân sách nn",
    "phân theo",
    "of which",
    "central",
    "local",
    "level",
]


@dataclass(frozen=True)
class Plain:
    """A cell as it stands. `month`: in which its period ends; `label`: of its row, lower case; `part`: von, ty-le or empty."""

    table: str
    month: str
    label: str
    part: str
    sheet: str
    cell: str
    raw: float


def plain_reading(file: Path) -> Iterator[Plain]:
    """Every figure of the six tables in a release. Of a sheet with two tables, those of the first."""
    book = CalamineWorkbook.from_path(file)
    month = file.name[:7]
    for sheet in book.sheet_names:
        rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        head = " ".join(_text(v) for row in rows[:4] for v in row)
        # What begins the figures: the first row with a label and a number that is no year.
        body = next((n for n, row in enumerate(rows) if n > 3 and _label(row) and any(_figure(v) for v in row)), None)
        if body is None:
            continue
        for table, (wanted, unwanted, labels) in TABLES.items():
            if not any(all(w in head for w in words) for words in wanted) or any(w in head for w in unwanted):
                continue
            for part, column, period in _columns(table, month, head, rows[body]):
                for n, row in enumerate(rows[body:], start=body):
                    if len(row) > column and (label := _label(row)) and _fits(label, labels) and _number(row[column]):
                        yield Plain(table, period, label, part, sheet, f"{chr(65 + column)}{n + 1}", row[column])
                        if labels is not None:
                            break


def _columns(table: str, month: str, head: str, body: list[Any]) -> list[tuple[str, int, str]]:
    """Part of the table, its column from the left, and the month it speaks of, as looked up in the releases of each kind of month:
    the year to date; and where it stands beside it, what January or the first quarter has become.
    """
    year, number = month.split("-")
    first, quarter = f"{year}-01", f"{year}-03"
    filled = [c for c, v in enumerate(body) if _number(v)]
    # Sums are thousands, percentages are not.
    sums = [c for c in filled if body[c] > 1000]
    match table:
        case "investment" if number == "01":
            return [("von", 3, month), ("ty-le", 4, month)]
        case "investment":
            return [("von", 4, month), ("ty-le", 5, month), *([("von", 2, first)] if number == "02" else [])]
        case "retail" if "các quý" in head:
            return [("", sums[0], quarter)] if number == "06" else []
        case "exports" | "imports":
            # Until August 2018 the month before stood there too. Beside the table somebody has reckoned, from column L on.
            letter = TRADE.get(month) or ("J" if month < "2018-09" and number != "01" else "G")
            return [("", ord(letter) - 65, month), *([("", 3, first)] if letter == "J" and number == "02" else [])]
        case "retail":
            return [("", sums[-1], month), *([("", sums[0], first)] if number == "02" and len(sums) == 3 else [])]
        case "cpi":
            # The average of the year's months is the last column; of January, the change on that month of the year before.
            return [("", filled[1] if number == "01" else filled[-1], month)]
        case _:
            # Growth is printed last, in the table at constant prices; the shares of the total are 100.
            growth = [c for c in filled if 80 < body[c] < 120 and body[c] != 100]
            return (
                [("", growth[-1], month), *([("", growth[0], quarter)] if number == "06" and len(growth) == 3 else [])]
                if growth
                else []
            )


def _fits(label: str, labels: list[str] | None) -> bool:
    return label in labels if labels is not None else not any(text in label for text in NO_UNITS)


def _text(value: Any) -> str:
    return " ".join(unicodedata.normalize("NFC", value).lower().split()) if isinstance(value, str) else ""


def _label(row: list[Any]) -> str:
    return next((text.rstrip("(*) ") for v in row[1::-1] if (text := _text(v))), "")


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _figure(value: Any) -> bool:
    return _number(value) and not 1990 <= value <= 2030
