"""A digest's figures as an Excel workbook, attached to its mail: one row a target, to sort, filter and print."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import datetime, time

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from monitor.alerts.digest import PART_TITLES, Digest, Figures, Series
from monitor.language import Language
from monitor.model.assessment import STATUS_NAMES

_CREATED = re.compile(rb"<dcterms:created[^>]*>([^<]*)")

# Heading -> width in characters.
WIDTHS = {
    "Group": 24,
    "Target": 48,
    "Unit": 16,
    "Plan": 14,
    "Period": 10,
    "Done": 14,
    "The path requires": 14,
    "Deviation": 12,
    "Projection": 14,
    "From": 12,
    "To": 12,
    "Chance": 9,
    "Status": 14,
    "Since the last digest": 14,
    "Warnings": 60,
}


def workbook(digest: Digest) -> bytes:
    """The workbook; the same digest gives the same bytes."""
    speaks = Language(digest.route.language)
    made = Workbook()
    made.properties.created = made.properties.modified = datetime.combine(digest.as_of, time())
    sheet = made.active
    if not isinstance(sheet, Worksheet):
        raise TypeError(sheet)
    sheet.title = digest.as_of.isoformat()
    notice = speaks.say("Synthetic sample figures, not real statistics") if digest.synthetic else ""
    _write(sheet, 1, [f"{digest.resolution.number} - {digest.resolution.title}", "", "", notice])
    _write(sheet, 2, [speaks.say(heading) for heading in WIDTHS])
    for n, width in enumerate(WIDTHS.values(), start=1):
        sheet.column_dimensions[get_column_letter(n)].width = width
        sheet.cell(2, n).font = Font(bold=True, color="FFFFFF")
        sheet.cell(2, n).fill = PatternFill("solid", fgColor="14425F")
        sheet.cell(2, n).alignment = Alignment(wrap_text=True, vertical="center")
    warnings = {(of.target, of.unit): i.message for i in digest.items if i.alerts for of in i.series}
    changes = {(of.target, of.unit): speaks.say(PART_TITLES[i.part]) for i in digest.items for of in i.series}
    rows = list(dict.fromkeys([*digest.figures, *(of for item in digest.items for of in (*item.series, *item.behind))]))
    for r, of in enumerate(rows, start=3):
        _write(sheet, r, _row(of, changes, warnings, speaks))
        sheet.cell(r, 12).number_format = "0%"
    sheet.freeze_panes = "C3"
    sheet.auto_filter.ref = f"A2:{get_column_letter(len(WIDTHS))}{len(rows) + 2}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "2:2"
    written = io.BytesIO()
    made.save(written)
    return _undated(written.getvalue())


def _row(
    of: Figures, changes: Mapping[Series, str], warnings: Mapping[Series, str], speaks: Language
) -> list[str | float | None]:
    key = of.target, of.unit
    figures = [of.value, of.required, of.deviation, of.projection, of.low, of.high, of.probability]
    rounded = [None if f is None else round(f, 4) for f in figures]
    names: list[str | float | None] = [of.group, of.name, of.unit, of.printed, speaks.month(of.period)]
    return [*names, *rounded, speaks.say(STATUS_NAMES[of.status]), changes.get(key, ""), warnings.get(key, "")]


def _write(sheet: Worksheet, row: int, values: list[str | float | None]) -> None:
    """A row whose texts stay texts: what begins with = is no formula."""
    for n, value in enumerate(values, start=1):
        cell = sheet.cell(row, n, value)
        if isinstance(value, str):
            cell.data_type = "s"


def _undated(content: bytes) -> bytes:
    """The same workbook without the moment at which it was written."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + _CREATED.search(part)[1], part)  # type: ignore[index]
            target.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
    return result.getvalue()
