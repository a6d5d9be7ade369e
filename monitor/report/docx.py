"""The report as a Word document on A4, in the form that reports to a session have: heading of the state, title, a table by group,
and what is behind and why.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from monitor.language import Language
from monitor.model.assessment import STATUS_NAMES, Status
from monitor.report import BEHIND, Report, Row, ratio

# Heading -> width in millimetres.
HEADS = {
    **{"No.": 14, "Target": 74, "Unit of measure": 24, "Plan": 30, "Done": 22, "Ratio": 16, "Last year": 20},
    **{"Projection": 20, "Chance": 16, "Assessment": 16},
}
COMPARED = {
    "No.": 12,
    "Unit": 74,
    "Plan": 38,
    "Done": 26,
    "Ratio": 24,
    "Projection": 26,
    "Chance": 22,
    "Assessment": 30,
}
# So many parts of one target stand in the document; the workbook has all.
MOST_COMPARED = 12
# Of decree 30/2020/NĐ-CP, appendix I: A4, Times New Roman, margins of 20-25, 20-25, 30-35 and 15-20 mm.
FONT = "Times New Roman"


def write(report: Report) -> bytes:
    """The document."""
    made = Document()
    style = made.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(13)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    section = made.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.top_margin = section.bottom_margin = Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(15)
    _page_numbers(section)
    _heading(made, report)
    _summary(made, report)
    _table(made, report)
    _behind(made, report)
    _compared(made, report)
    written = io.BytesIO()
    made.save(written)
    return written.getvalue()


def _heading(made: Any, report: Report) -> None:
    speaks = report.language
    table = made.add_table(1, 2)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    left, right = table.rows[0].cells
    body = report.resolution.body.split(",")[0].upper()
    _lines(left, [(body, True), ("", False)])
    _lines(right, [("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", True), ("Độc lập - Tự do - Hạnh phúc", True)])
    _line(made.add_paragraph(), speaks.say("REPORT"), bold=True, centre=True, size=14)
    title = speaks.say(
        "Carrying out resolution {number}, {title}, as of {day}",
        number=report.resolution.number,
        title=report.resolution.title,
        day=speaks.day(report.as_of),
    )
    _line(made.add_paragraph(), title, bold=True, centre=True)
    if report.unit:
        _line(made.add_paragraph(), report.unit, bold=True, centre=True)
    if report.synthetic:
        _line(
            made.add_paragraph(), speaks.say("Synthetic sample figures, not real statistics"), italic=True, centre=True
        )


def _summary(made: Any, report: Report) -> None:
    message = (
        "Of {targets} targets, {good} are met or on track, {risk} are at risk, {off} are off track, {missed} are missed, "
        "{none} have no figures."
    )
    counts = {
        "targets": sum(not row.target.task for row in report.rows),
        "good": report.count(Status.MET, Status.ON_TRACK),
        "risk": report.count(Status.AT_RISK),
        "off": report.count(Status.OFF_TRACK),
        "missed": report.count(Status.MISSED),
        "none": report.count(Status.NO_DATA, Status.NOT_DUE),
    }
    _line(made.add_paragraph(), "I. " + report.language.say("In general").upper(), bold=True)
    _line(made.add_paragraph(), report.language.say(message, **counts))
    _line(made.add_paragraph(), "II. " + report.language.say("By group").upper(), bold=True)


def _table(made: Any, report: Report) -> None:
    table = _framed(made, report, HEADS)
    for heading, members in report.numbered:
        row = table.add_row()
        merged = row.cells[0].merge(row.cells[-1])
        _line(merged.paragraphs[0], heading, bold=True, size=10)
        for member in members:
            _cells(table.add_row().cells, _texts(member, report))
    _set_widths(table, HEADS)


def _framed(made: Any, report: Report, heads: Iterable[str]) -> Any:
    """A table with its heading, which stands again on every page."""
    names = list(heads)
    table = made.add_table(1, len(names))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    for cell, head in zip(table.rows[0].cells, names, strict=True):
        _line(cell.paragraphs[0], report.language.say(head), bold=True, centre=True, size=10)
    _repeated(table.rows[0])
    return table


def _set_widths(table: Any, heads: Mapping[str, int]) -> None:
    for column, width in zip(table.columns, heads.values(), strict=True):
        column.width = Mm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, heads.values(), strict=True):
            cell.width = Mm(width)


def _texts(row: Row, report: Report) -> list[str]:
    speaks, of = report.language, row.target
    plan, done, share, *rest = _figures(row, speaks)
    last_year = speaks.number(row.last_year, "", row.digits)
    name = ("– " if of.parent else "") + of.name
    return [of.source.item, name, of.unit_of_measure, plan, done, share, last_year, *rest]


def _behind(made: Any, report: Report) -> None:
    """What a session has to hear about, each under the heading of how it stands."""
    speaks = report.language
    known = any(row.causes for row in report.behind)
    title = (
        speaks.say("What is behind, at risk or silent, and why")
        if known
        else speaks.say("What is behind, at risk or silent")
    )
    _line(made.add_paragraph(), "III. " + title.upper(), bold=True)
    if not report.behind:
        _line(made.add_paragraph(), speaks.say("No target is behind."))
    for n, (status, rows) in enumerate(report.by_status, start=1):
        name = speaks.say(STATUS_NAMES[status])
        _line(made.add_paragraph(), f"{n}. {name[:1].upper()}{name[1:]} ({len(rows)})", bold=True)
        for row in rows:
            paragraph = made.add_paragraph()
            _line(paragraph, f"- {row.target.name} ({row.owner}): ", bold=True)
            paragraph.add_run(" ".join((*row.notes, *row.causes))).font.size = Pt(13)


def _compared(made: Any, report: Report) -> None:
    """The parts of the unit beside each other, target by target: those of which one is behind, the weakest first."""
    speaks = report.language
    shown = [(target, rows) for target, rows in report.compared if any(row.status in BEHIND for row in rows)]
    if not shown:
        return
    _line(made.add_paragraph(), "IV. " + speaks.say("Its parts compared").upper(), bold=True)
    for target, rows in shown:
        _line(made.add_paragraph(), f"- {target.name} ({target.unit_of_measure})", bold=True)
        table = _framed(made, report, COMPARED)
        for n, row in enumerate(rows[:MOST_COMPARED], start=1):
            texts = [str(n), row.unit, *_figures(row, speaks)]
            for column, (cell, text) in enumerate(zip(table.add_row().cells, texts, strict=True)):
                _line(cell.paragraphs[0], text, size=10, centre=column == 0, right=3 <= column <= 6)
        _set_widths(table, COMPARED)
        left = len(rows) - MOST_COMPARED
        if left > 0:
            message = "and {count} more, in the workbook of this report"
            _line(made.add_paragraph(), speaks.say(message, count=left), italic=True)


def _figures(row: Row, speaks: Language) -> list[str]:
    return [
        row.target.source.printed,
        speaks.number(row.value, "", row.digits),
        ratio(row, speaks),
        speaks.number(row.projection, "", row.digits),
        speaks.percent(row.probability),
        speaks.say(STATUS_NAMES[row.status]),
    ]


def _cells(cells: Sequence[Any], texts: Sequence[str]) -> None:
    for column, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        _line(cell.paragraphs[0], text, size=10, centre=column == 0, right=4 <= column <= 8)


def _lines(cell: Any, lines: Sequence[tuple[str, bool]]) -> None:
    for n, (text, bold) in enumerate(lines):
        paragraph = cell.paragraphs[0] if n == 0 else cell.add_paragraph()
        _line(paragraph, text, bold=bold, centre=True, size=12)


def _line(
    paragraph: Any,
    text: str,
    *,
    bold: bool = False,
    italic: bool = False,
    centre: bool = False,
    right: bool = False,
    size: float = 13,
) -> None:
    run = paragraph.add_run(text)
    run.bold, run.italic, run.font.size = bold, italic, Pt(size)
    paragraph.paragraph_format.space_after = Pt(2)
    if centre or right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if centre else WD_ALIGN_PARAGRAPH.RIGHT


def _repeated(row: Any) -> None:
    """The heading again on every page."""
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _page_numbers(section: Any) -> None:
    paragraph = section.footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)
