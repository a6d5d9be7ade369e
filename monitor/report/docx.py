"""The report as a Word document on A4, in the form that reports to a session have: heading of the state, title, a table by group,
and what is behind and why.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from monitor.model.assessment import STATUS_NAMES, Status
from monitor.report import Report, Row, ratio

HEADS = ("No.", "Target", "Unit of measure", "Plan", "Done", "Ratio", "Last year", "Projection", "Chance", "Assessment")
WIDTHS = (14, 74, 24, 30, 22, 16, 20, 20, 16, 16)
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
    table = made.add_table(1, len(HEADS))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    for cell, head in zip(table.rows[0].cells, HEADS, strict=True):
        _line(cell.paragraphs[0], report.language.say(head), bold=True, centre=True, size=10)
    _repeated(table.rows[0])
    for heading, members in report.numbered:
        row = table.add_row()
        merged = row.cells[0].merge(row.cells[-1])
        _line(merged.paragraphs[0], heading, bold=True, size=10)
        for member in members:
            _cells(table.add_row().cells, _texts(member, report))
    for column, width in zip(table.columns, WIDTHS, strict=True):
        column.width = Mm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, WIDTHS, strict=True):
            cell.width = Mm(width)


def _texts(row: Row, report: Report) -> list[str]:
    speaks, of = report.language, row.target
    return [
        of.source.item,
        ("– " if of.parent else "") + of.name,
        of.unit_of_measure,
        of.source.printed,
        speaks.number(row.value, "", row.digits),
        ratio(row, speaks),
        speaks.number(row.last_year, "", row.digits),
        speaks.number(row.projection, "", row.digits),
        speaks.percent(row.probability),
        speaks.say(STATUS_NAMES[row.status]),
    ]


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
