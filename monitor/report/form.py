"""The form that a department fills in and drops in the inbox: one row a figure, cells that take nothing but what can be true."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from monitor.language import Language
from monitor.model.target import Target
from monitor.syntax.workbook import Book

# The columns that the feed `bieu-mau` reads are those of these names, in Vietnamese whoever fills them in.
ID, UNIT, PERIOD, VALUE = "Mã chỉ tiêu", "Mã đơn vị", "Kỳ báo cáo", "Số liệu"
COLUMN_WIDTHS = {
    "TT": 5,
    "Chỉ tiêu": 48,
    "Đơn vị": 24,
    "Đơn vị tính": 14,
    "Kế hoạch": 16,
    "Kỳ trước": 14,
    VALUE: 14,
    "Ghi chú": 30,
    PERIOD: 11,
    ID: 30,
    UNIT: 18,
}


@dataclass(frozen=True)
class Asked:
    """One figure that is asked for; `before`: what was reported last, NaN when nothing was."""

    target: Target
    unit: str
    unit_name: str
    before: float


def write(owner: str, period: pd.Period, asked: Sequence[Asked], language: Language) -> bytes:
    """The form as .xlsx; only the figures and notes can be written in."""
    written = io.BytesIO()
    book = Book(written)
    sheet = book.add_worksheet("Biểu số liệu")
    edge = {"border": 1, "border_color": "#B8C4CC", "valign": "top", "text_wrap": True}
    title = book.add_format({"bold": True, "font_size": 13})
    head = book.add_format({**edge, "bold": True, "bg_color": "#14425F", "font_color": "#FFFFFF"})
    text, shown = book.add_format(edge), book.add_format({**edge, "num_format": "#,##0.##", "font_color": "#666666"})
    free = book.add_format({**edge, "num_format": "#,##0.##", "bg_color": "#FFF9DD", "locked": False})
    sheet.write_string(
        0, 0, language.say("Figures of {owner}, {period}", owner=owner, period=language.month(str(period))), title
    )
    sheet.write_string(
        1,
        0,
        language.say(
            "Fill in the yellow cells: a flow's figure from the beginning of the year, a rate as 95.15, not 0.9515."
        ),
    )
    for column, (name, width) in enumerate(COLUMN_WIDTHS.items()):
        sheet.set_column(column, column, width)
        sheet.write_string(3, column, name, head)
    columns = {name: n for n, name in enumerate(COLUMN_WIDTHS)}
    for n, one in enumerate(asked, start=1):
        line, of = 3 + n, one.target
        sheet.write_number(line, 0, n, text)
        for name, value in (
            ("Chỉ tiêu", of.name),
            ("Đơn vị", one.unit_name),
            ("Đơn vị tính", of.reported.unit_of_measure),
            ("Kế hoạch", of.source.printed),
            (PERIOD, str(period)),
            (ID, of.id),
            (UNIT, one.unit),
        ):
            sheet.write_string(line, columns[name], value, text)
        if math.isfinite(one.before):
            sheet.write_number(line, columns["Kỳ trước"], one.before, shown)
        else:
            sheet.write_string(line, columns["Kỳ trước"], "–", shown)
        sheet.write_blank(line, columns[VALUE], None, free)
        sheet.write_blank(line, columns["Ghi chú"], None, free)
        sheet.data_validation(line, columns[VALUE], line, columns[VALUE], _valid(of, language))
    sheet.protect("", {"format_columns": True, "format_rows": True})
    sheet.freeze_panes(4, 2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(3)
    book.close()
    return written.getvalue()


def _valid(target: Target, language: Language) -> dict[str, object]:
    """What the cell takes: a number within what can be true of the target."""
    low, high = target.reported.bounds
    kind = "integer" if target.whole_numbers else "decimal"
    limits: dict[str, object] = {"criteria": ">=", "value": low}
    said = language.say("a number of at least {low}", low=low)
    if math.isfinite(high):
        limits = {"criteria": "between", "minimum": low, "maximum": high}
        said = language.say("a number from {low} to {high}", low=low, high=high)
    return {
        "validate": kind,
        **limits,
        "error_title": target.name[:32],
        "error_message": f"{said} ({target.reported.unit_of_measure})"[:255],
    }
