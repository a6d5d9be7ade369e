"""Where a body's targets stand: the endangered first, as of any day; the same as a workbook and as text."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Any

from fastapi import APIRouter, Response

from monitor.desk import View
from monitor.language import fold
from monitor.model.assessment import STATUS_NAMES, Status
from monitor.rules.load import Declared
from monitor.web.chart import sparkline
from monitor.web.pages import SignedIn, visitor_of
from monitor.web.render import Page, figures_of

router = APIRouter()
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# The endangered first.
ORDER = ("missed", "off_track", "at_risk", "no_data", "on_track", "not_due", "met")
HEADS = (
    *("Group", "Target", "Department", "Plan", "Done", "Period", "Required", "Projection", "80% interval"),
    *("Chance", "Assessment", "Open since"),
)


@router.get("/")
def overview(
    page: SignedIn,
    resolution: str = "",
    as_of: str = "",
    status: str = "",
    group: str = "",
    q: str = "",
    order: str = "",
) -> Response:
    """The page."""
    declared, view, day = chosen(page, resolution, as_of)
    if declared is None or view is None:
        return page.show("message.html.j2", title=page.speaks.say("Nothing is in force that you may see on this day"))
    wanted = {"status": status, "group": group, "q": q, "order": order}
    shown = (declared, view, day)
    return page.show_once(
        "overview.html.j2", (*view.stamp, page.desk.moment.as_of), lambda: _values(page, *shown, wanted)
    )


def _values(page: Page, declared: Declared, view: View, day: date, wanted: dict[str, str]) -> dict[str, Any]:
    """What the page shows."""
    every = list(rows(page, view))
    kept = [
        row
        for row in every
        if wanted["status"] in ("", row["code"])
        and wanted["group"] in ("", row["group_id"])
        and (not wanted["q"] or fold(wanted["q"]) in fold(f"{row['name']} {row['owner']} {row['id']}"))
    ]
    if wanted["order"] != "document":
        kept.sort(key=lambda row: (ORDER.index(row["code"]), row["chance"]))
    counts = {s.value: sum(row["code"] == s.value for row in every if not row["task"]) for s in Status}
    return {
        "declared": declared,
        "resolutions": page.desk.resolutions(visitor_of(page).actor, day),
        "day": day,
        "today": page.desk.moment.as_of,
        "rows": kept,
        "total": sum(counts.values()),
        "counts": counts,
        "synthetic": _synthetic(page, view),
        "chosen": wanted,
        "statuses": [(s, page.speaks.say(STATUS_NAMES[Status(s)])) for s in ORDER],
    }


@router.get("/overview.csv")
def as_text(page: SignedIn, resolution: str = "", as_of: str = "") -> Response:
    """The same for a program: UTF-8 with a mark, as spreadsheets want it; no cell begins a formula."""
    declared, view, day = chosen(page, resolution, as_of)
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow([page.speaks.say(head) for head in HEADS])
    for row in rows(page, view) if view is not None else ():
        table.writerow([_plain(str(cell)) for cell in _cells(page, row)])
    name = f"{declared.resolution.id if declared else 'monitor'}-{day}.csv"
    head = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response("\ufeff" + written.getvalue(), media_type="text/csv; charset=utf-8", headers=head)


@router.get("/overview.xlsx")
def as_workbook(page: SignedIn, resolution: str = "", as_of: str = "") -> Response:
    """The same as a workbook."""
    from monitor.syntax.workbook import Book  # noqa: PLC0415 - for whoever asks for it

    declared, view, day = chosen(page, resolution, as_of)
    written = io.BytesIO()
    book = Book(written)
    sheet = book.add_worksheet(f"{day}")
    bold = book.add_format({"bold": True, "bg_color": "#14425F", "font_color": "#FFFFFF", "text_wrap": True})
    for column, head in enumerate(HEADS):
        sheet.write_string(0, column, page.speaks.say(head), bold)
        sheet.set_column(column, column, 46 if column == 1 else 18)
    for line, row in enumerate(rows(page, view) if view is not None else (), start=1):
        for column, cell in enumerate(_cells(page, row)):
            sheet.write_string(line, column, str(cell))
    sheet.freeze_panes(1, 2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    book.close()
    name = f"{declared.resolution.id if declared else 'monitor'}-{day}.xlsx"
    return Response(
        written.getvalue(), media_type=WORKBOOK, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def chosen(page: Page, resolution: str, as_of: str) -> tuple[Declared | None, View | None, Any]:
    """The resolution and the day that are asked for, and where it stands; None where there is none to be seen."""
    day = page.desk.day(as_of)
    there = page.desk.resolutions(visitor_of(page).actor, day)
    found = next((d for d in there if d.resolution.id == resolution), there[0] if there and not resolution else None)
    return found, page.desk.view(found, day) if found is not None else None, day


def rows(page: Page, view: View) -> Iterable[dict[str, Any]]:
    """Every target of the whole that the reader may see, in the document's order."""
    declared = view.declared
    names = declared.unit_names
    city, actor = declared.city.id, visitor_of(page).actor
    since: dict[str, Any] = {}
    for alert in view.alerts.values():
        if alert.state.active and alert.unit == city and alert.opened is not None:
            since[alert.target] = min(since.get(alert.target, alert.opened), alert.opened)
    for target, unit in view.rows.index[view.rows["city"]]:
        if not page.desk.sees(actor, declared, target, unit):
            continue
        of, fields = declared.targets[target], view.fields[target, unit]
        told = figures_of(
            fields, of.unit_of_measure, strict=of.target.strict, whole=of.whole_numbers, speaks=page.speaks
        )
        chance = fields.get("probability")
        year = view.drawn.year[view.drawn.row(target, unit)].tolist()
        yield {
            **told,
            "id": target,
            "name": of.name,
            "part": of.parent is not None,
            "task": of.task,
            "group": declared.groups[of.group],
            "group_id": of.group,
            "owner": names.get(of.owner, of.owner),
            "printed": fields["printed"],
            "measure": of.unit_of_measure,
            "code": fields["status"],
            "chance": chance if isinstance(chance, float) else 1.0,
            "since": since.get(target),
            "line": sparkline(year),
        }


def _cells(page: Page, row: dict[str, Any]) -> list[str]:
    since = page.speaks.day(row["since"]) if row["since"] else ""
    keys = ("group", "name", "owner", "printed", "value", "period", "required", "projection", "span", "probability")
    return [*(row[key] for key in keys), row["status"], since]


def _plain(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    first = unicodedata.normalize("NFKC", text.lstrip()[:1])
    return f"'{text}" if first in ("=", "+", "-", "@", "|", "%") or text[:1] in ("\t", "\r") else text


def _synthetic(page: Page, view: View) -> bool:
    invented = [feed.id for feed in page.desk.workspace().feeds if feed.synthetic]
    return bool(view.standing.observations["feed"].isin(invented).any())
