"""The report as a workbook: a row a target on the first sheet, then a sheet a group; each row with its trend as a small chart."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

from monitor.model.assessment import STATUS_NAMES, Status
from monitor.report import Report, Row
from monitor.syntax.workbook import Book

# Heading -> width in characters.
COLUMNS = {
    "No.": 6,
    "Target": 46,
    "Unit of measure": 14,
    "Plan": 16,
    "Done": 13,
    "Ratio": 9,
    "Last year": 13,
    "Projection": 13,
    "80% interval": 20,
    "Chance": 9,
    "Trend": 16,
    "Assessment": 14,
    "Department": 24,
    "Note": 60,
}
COMPARED = {
    **{"No.": 6, "Unit": 28, "Target": 46, "Unit of measure": 14, "Plan": 16, "Done": 13, "Ratio": 9, "Projection": 13},
    **{"Chance": 9, "Assessment": 14, "Note": 60},
}
COLOURS = {
    Status.MET: "#D5EBD8",
    Status.ON_TRACK: "#E6F2E6",
    Status.AT_RISK: "#FFF0C8",
    Status.OFF_TRACK: "#FBD9C9",
    Status.MISSED: "#F3B7B0",
}
_DATA = "_"
DECIMALS = 6
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


def write(report: Report) -> bytes:
    """The workbook."""
    written = io.BytesIO()
    book = Book(written)
    data = book.add_worksheet(_DATA)
    lines = {row.target.id: n for n, row in enumerate(report.rows)}
    for row in report.rows:
        for month, value in enumerate(row.course):
            if math.isfinite(value):
                data.write_number(lines[row.target.id], month, value)
    data.hide()
    sheets = _Sheets(book, report, lines)
    sheets.add(report.language.say("All targets"), report.rows)
    for heading, members in report.numbered:
        sheets.add(heading.translate(_FORBIDDEN)[:31], members)
    if report.compared:
        sheets.compare(report.language.say("Its parts compared")[:31])
    book.worksheets()[1].activate()
    book.worksheets()[1].set_first_sheet()
    book.close()
    return written.getvalue()


class _Sheets:
    def __init__(self, book: Any, report: Report, lines: dict[str, int]) -> None:
        self._book, self._report, self._lines = book, report, lines
        edge = {"border": 1, "border_color": "#B8C4CC", "valign": "top"}
        self._title = book.add_format({"bold": True, "font_size": 13})
        self._small = book.add_format({"italic": True, "font_color": "#8A3B00"})
        self._head = book.add_format(
            {**edge, "bold": True, "bg_color": "#14425F", "font_color": "#FFFFFF", "text_wrap": True}
        )
        self._group = book.add_format({**edge, "bold": True, "bg_color": "#E9EEF2"})
        self._text = book.add_format({**edge, "text_wrap": True})
        # As many decimals as a figure has: `#.##` would leave a comma behind whole ones.
        self._numbers = [
            book.add_format({**edge, "num_format": "#,##0" + ("." + "0" * n if n else "")}) for n in range(DECIMALS + 1)
        ]
        self._share = book.add_format({**edge, "num_format": "0.0#%"})
        ceiling = report.language.say("{share} of the ceiling", share="").strip()
        self._ceiling = book.add_format({**edge, "num_format": f'0.0#%" {ceiling}"', "text_wrap": True})
        self._chance = book.add_format({**edge, "num_format": "0%"})
        self._status = {
            s: book.add_format({**edge, "text_wrap": True, "bg_color": COLOURS.get(s, "#F0F0F0")}) for s in Status
        }

    def add(self, name: str, rows: Sequence[Row]) -> None:
        """One sheet, ready to print on A4."""
        report, sheet = self._report, self._book.add_worksheet(name)
        self._begin(sheet, COLUMNS)
        line, group = 4, None
        for row in rows:
            if row.target.group != group and len({r.target.group for r in rows}) > 1:
                sheet.merge_range(line, 0, line, len(COLUMNS) - 1, "", self._group)
                sheet.write_string(line, 0, report.groups[row.target.group], self._group)
                line += 1
            group = row.target.group
            self._row(sheet, line, row)
            line += 1

    def compare(self, name: str) -> None:
        """The parts of the unit beside each other, target by target, the weakest first; a filter finds one unit's."""
        sheet = self._book.add_worksheet(name)
        self._begin(sheet, COMPARED)
        lines = [(target, n, row) for target, rows in self._report.compared for n, row in enumerate(rows, start=1)]
        for line, (target, n, row) in enumerate(lines, start=4):
            cells: list[tuple[str | float, Any]] = [
                (n, self._numbers[0]),
                (row.unit, self._text),
                (target.name, self._text),
                (target.unit_of_measure, self._text),
                (row.target.source.printed, self._text),
                *self._figures(row),
                ("\n".join((*row.notes, *row.causes)), self._text),
            ]
            self._write(sheet, line, cells)
        sheet.autofilter(3, 0, max(3 + len(lines), 4), len(COMPARED) - 1)

    def _begin(self, sheet: Any, columns: Mapping[str, int]) -> None:
        """Title and headings, ready to print on A4."""
        speaks, report = self._report.language, self._report
        of = f" - {report.unit}" if report.unit else ""
        sheet.write_string(0, 0, f"{report.resolution.number} - {report.resolution.title}{of}", self._title)
        sheet.write_string(1, 0, speaks.say("As of {day}", day=speaks.day(report.as_of)))
        if report.synthetic:
            sheet.write_string(1, 4, speaks.say("Synthetic sample figures, not real statistics"), self._small)
        for column, (heading, width) in enumerate(columns.items()):
            sheet.set_column(column, column, width)
            sheet.write_string(3, column, speaks.say(heading), self._head)
        sheet.freeze_panes(4, 2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(3)
        sheet.set_footer("&C&P / &N")

    def _figures(self, row: Row) -> list[tuple[str | float, Any]]:
        """What is done, its ratio, the projection, the chance, the assessment."""
        share = self._ceiling if row.target.floor == -math.inf else self._share
        return [
            (row.value, self._number(row.value)),
            (row.ratio, share),
            (row.projection, self._number(row.projection)),
            (row.probability, self._chance),
            (self._report.language.say(STATUS_NAMES[row.status]), self._status[row.status]),
        ]

    def _write(self, sheet: Any, line: int, cells: Sequence[tuple[str | float, Any]]) -> None:
        for column, (value, form) in enumerate(cells):
            if isinstance(value, str):
                sheet.write_string(line, column, value, form)
            elif math.isfinite(value):
                sheet.write_number(line, column, value, form)
            else:
                sheet.write_string(line, column, "–", form)

    def _number(self, value: float) -> Any:
        if not math.isfinite(value):
            return self._text
        return self._numbers[next((n for n in range(DECIMALS) if math.isclose(round(value, n), value)), DECIMALS)]

    def _row(self, sheet: Any, line: int, row: Row) -> None:
        speaks, of = self._report.language, row.target
        number = self._lines[of.id]
        notes = "\n".join((*row.notes, *row.causes)) or of.note
        span = speaks.interval(row.low, row.high, "", row.digits)
        done, share, projection, chance, status = self._figures(row)
        cells: list[tuple[str | float, Any]] = [
            (of.source.item, self._text),
            (("    " if of.parent else "") + of.name, self._text),
            (of.unit_of_measure, self._text),
            (of.source.printed, self._text),
            done,
            share,
            (row.last_year, self._number(row.last_year)),
            projection,
            (span, self._text),
            chance,
            ("", self._text),
            status,
            (row.owner, self._text),
            (notes, self._text),
        ]
        # Excel would fit the height by itself, other programs do not.
        widths = list(COLUMNS.values())
        lengths = [(len(value), widths[n]) for n, (value, _) in enumerate(cells) if isinstance(value, str)]
        sheet.set_row(line, 15 * max(math.ceil(length * 1.1 / width) for length, width in lengths if length))
        self._write(sheet, line, cells)
        if any(math.isfinite(value) for value in row.course):
            place = f"{_DATA}!$A${number + 1}:$L${number + 1}"
            options = {
                "range": place,
                "markers": True,
                "last_point": True,
                "series_color": "#14425F",
                "show_hidden": True,
            }
            sheet.add_sparkline(line, list(COLUMNS).index("Trend"), options)
