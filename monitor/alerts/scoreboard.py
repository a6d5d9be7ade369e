"""A digest's figures as an Excel workbook, attached to its mail: one row a target, to sort, filter and print."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from datetime import datetime, time

from monitor.alerts.digest import PART_TITLES, Digest, Figures, Series
from monitor.language import Language
from monitor.model.assessment import STATUS_NAMES
from monitor.syntax.workbook import Book

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
    speaks, written = Language(digest.route.language), io.BytesIO()
    book = Book(written)
    book.set_properties({"created": datetime.combine(digest.as_of, time())})
    head = {"bold": True, "bg_color": "#14425F", "font_color": "#FFFFFF", "text_wrap": True, "valign": "vcenter"}
    heading, chance = book.add_format(head), book.add_format({"num_format": "0%"})
    sheet = book.add_worksheet(digest.as_of.isoformat())
    sheet.write_string(0, 0, f"{digest.resolution.number} - {digest.resolution.title}")
    if digest.synthetic:
        sheet.write_string(0, 3, speaks.say("Synthetic sample figures, not real statistics"))
    for n, (name, width) in enumerate(WIDTHS.items()):
        sheet.set_column(n, n, width, chance if name == "Chance" else None)
        sheet.write_string(1, n, speaks.say(name), heading)
    warnings = {(of.target, of.unit): i.message for i in digest.items if i.alerts for of in i.series}
    changes = {(of.target, of.unit): speaks.say(PART_TITLES[i.part]) for i in digest.items for of in i.series}
    rows = list(dict.fromkeys([*digest.figures, *(of for item in digest.items for of in (*item.series, *item.behind))]))
    for line, of in enumerate(rows, start=2):
        for n, value in enumerate(_row(of, changes, warnings, speaks)):
            if isinstance(value, str):
                sheet.write_string(line, n, value)
            elif value is not None and math.isfinite(value):
                sheet.write_number(line, n, value)
    sheet.freeze_panes(2, 2)
    sheet.autofilter(1, 0, len(rows) + 1, len(WIDTHS) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(1)
    book.close()
    return written.getvalue()


def _row(
    of: Figures, changes: Mapping[Series, str], warnings: Mapping[Series, str], speaks: Language
) -> list[str | float | None]:
    key = of.target, of.unit
    figures = [of.value, of.required, of.deviation, of.projection, of.low, of.high, of.probability]
    rounded = [None if f is None else round(f, 4) for f in figures]
    names: list[str | float | None] = [of.group, of.name, of.unit, of.printed, speaks.month(of.period)]
    return [*names, *rounded, speaks.say(STATUS_NAMES[of.status]), changes.get(key, ""), warnings.get(key, "")]
