"""A department's own page: what is due, typed in or read from a workbook, looked at before it counts."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, File, Form, Response, UploadFile
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from monitor.acts import figures
from monitor.acts.figures import Tried, Typed
from monitor.acts.permission import Refused, require
from monitor.feeds.sources import Piece
from monitor.feeds.trial import attempt as try_feed
from monitor.model.act import Deed
from monitor.model.assessment import STATUS_NAMES, Status
from monitor.model.period import Calendar
from monitor.model.problem import Problem, Problems
from monitor.model.request import RequestState
from monitor.report import form
from monitor.report.form import Asked
from monitor.store import requests as stored_requests
from monitor.web.pages import SignedIn, acting, slow, visitor_of
from monitor.web.pages.overview import WORKBOOK
from monitor.web.render import Page

router = APIRouter()
# So many months back a figure can be typed in; older ones come by a feed.
MONTHS = 12
MOST_FILE = 20_000_000


@dataclass
class Filled:
    """The form as it stands. `values`: (target, unit) -> what is written; `wrong`: what is said of it; `told`: of the whole."""

    owner: str
    period: pd.Period
    values: dict[tuple[str, str], str] = field(default_factory=dict)
    wrong: dict[tuple[str, str], str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    why: str = ""
    tried: Tried | None = None


@router.get("/report")
def show(page: SignedIn, owner: str = "", period: str = "", receipt: str = "") -> Response:
    """The form of an owner and a period."""
    require(visitor_of(page).actor, Deed.REPORT)
    return _shown(page, Filled(*_chosen(page, owner, period)), receipt=receipt)


@router.get("/report/form.xlsx")
def empty(page: SignedIn, owner: str = "", period: str = "") -> Response:
    """The form of an owner and a period as a workbook, to be filled in and dropped in again."""
    require(visitor_of(page).actor, Deed.REPORT)
    filled = Filled(*_chosen(page, owner, period))
    book = form.write(_owners(page)[filled.owner], filled.period, _asked(page, filled), page.speaks)
    head = {"Content-Disposition": f'attachment; filename="{filled.owner}-{filled.period}.xlsx"'}
    return Response(book, media_type=WORKBOOK, headers=head)


@router.post("/report")
async def report(page: SignedIn) -> Response:
    """Look at what is written; or send it."""
    given = await page.request.form()
    return await run_in_threadpool(_reported, page, given)


@router.post("/report/workbook")
@slow
def workbook(
    page: SignedIn,
    file: Annotated[UploadFile, File()],
    owner: Annotated[str, Form(max_length=100)] = "",
    period: Annotated[str, Form(max_length=7)] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """A workbook, as the feed of forms reads it: its figures stand in the form, and count when they are sent."""
    require(acting(page, csrf), Deed.REPORT)
    filled = Filled(*_chosen(page, owner, period))
    workspace = page.desk.workspace()
    feed = next((each for each in workspace.feeds if each.source["kind"] == "inbox"), None)
    content = file.file.read(MOST_FILE + 1)
    if feed is None or len(content) > MOST_FILE:
        message = "no feed takes forms" if feed is None else "the file is larger than {most} MB"
        raise Problems([Problem(file.filename or "file", message, {"most": MOST_FILE // 1_000_000})])
    targets, units = workspace.spoken_of(feed)
    trial = try_feed(feed, [Piece(file.filename or "file", content)], targets, units, workspace.months)
    say = page.speaks.say
    read = trial.good[trial.good["period"].map(str) == str(filled.period)]
    asked = {(each.target.id, each.unit) for each in _asked(page, filled)}
    not_asked = set()
    for row in read.to_dict("records"):
        key = (str(row["target"]), str(row["unit"]))
        if key in asked:
            filled.values[key] = _vietnamese(float(row["value"]))
        else:
            not_asked.add(targets[key[0]].name)
    if not_asked:
        message = "Not asked of {owner} for this period, and left out: {names}"
        owner_name = _owners(page)[filled.owner]
        filled.told.append(say(message, owner=owner_name, names=", ".join(sorted(not_asked))))
    filled.told += [problem.text(page.speaks) for problem in trial.problems]
    for row in trial.quarantined.to_dict("records"):
        problem = Problem(
            str(row["file"]), str(row["reason"]), _values(row["values"]), cell=f"{row['sheet']}!{row['cell']}"
        )
        filled.told.append(f"{problem.place()}: {problem.text(page.speaks)}")
    other = sorted({page.speaks.month(str(p)) for p in trial.good["period"]} - {page.speaks.month(str(filled.period))})
    if other:
        filled.told.append(say("Figures of other periods are not shown here: {names}", names=", ".join(other)))
    filled.told.append(
        say(
            "{count} figures are read from {file}. Look at them, then send.",
            count=len(filled.values),
            file=file.filename or "",
        )
    )
    return _shown(page, filled)


def _reported(page: Page, given: FormData) -> Response:
    desk, actor = page.desk, acting(page, str(given.get("csrf", "")), str(given.get("why", ""))[:4000])
    require(actor, Deed.REPORT)
    filled = Filled(*_chosen(page, str(given.get("owner", "")), str(given.get("period", ""))))
    filled.why = actor.why
    asked = {(each.target.id, each.unit) for each in _asked(page, filled)}
    for key in sorted(asked):
        value = str(given.get(f"{key[0]}@{key[1]}", "")).strip()[:100]
        if value:
            filled.values[key] = value
    keys = list(filled.values)
    typed = [Typed(target, str(filled.period), filled.values[target, unit], unit) for target, unit in keys]
    try:
        filled.tried = figures.attempt(desk.workspace(), desk.engine, typed, desk.moment)
        if given.get("what") != "send":
            return _shown(page, filled)
        receipt = figures.report(desk.workspace(), desk.engine, actor, typed, desk.moment)
    except Refused:
        raise
    except Problems as found:
        for problem in found.problems:
            text = problem.text(page.speaks)
            if problem.cell.isdigit() and 0 < int(problem.cell) <= len(keys):
                filled.wrong[keys[int(problem.cell) - 1]] = text
            elif problem.file != "why" or filled.tried is None:
                filled.told.append(text)
        return _shown(page, filled, 422)
    desk.changed()
    where = f"/report?owner={filled.owner}&period={filled.period}&receipt={receipt.number}"
    return RedirectResponse(where, 303)


def _chosen(page: Page, owner: str, period: str) -> tuple[str, pd.Period]:
    """The owner and the month that are asked for, or the first that the reader reports for, and the last that is due."""
    owners = _owners(page)
    if not owners:
        raise Refused([Problem("owner", "you report for no department")])
    if owner and owner not in owners:
        raise Refused([Problem("owner", "you do not report for {found}", {"found": owner})])
    months = _months(page)
    chosen = next((month for month in months if str(month) == period), months[0])
    return owner or next(iter(owners)), chosen


def _months(page: Page) -> list[pd.Period]:
    """The months that can be reported for: the one whose figures are due, or are due next, first."""
    today = page.desk.moment.as_of
    due = Calendar(days=page.desk.workspace().alerts.calendar.days).last_due(today)
    latest = pd.Period(today, freq="M")
    return [due, *(month for month in (latest - n for n in range(MONTHS)) if month != due)]


def _owners(page: Page) -> dict[str, str]:
    actor, found = visitor_of(page).actor, {}
    for declared in page.desk.workspace().resolutions:
        names = declared.unit_names
        for target, unit in declared.series(date.max).index:
            owner = declared.targets[target].owner
            if owner not in found and page.desk.sees(actor, declared, target, unit, Deed.REPORT):
                found[owner] = names.get(owner, owner)
    return found


def _asked(page: Page, filled: Filled) -> list[Asked]:
    workspace, actor = page.desk.workspace(), visitor_of(page).actor
    with page.desk.engine.connect() as connection:
        table = figures.told_by(workspace, connection, filled.owner)
    return [
        each
        for each in figures.asked_of(workspace, filled.owner, filled.period, table)
        if any(
            each.target.id in d.targets and page.desk.sees(actor, d, each.target.id, each.unit, Deed.REPORT)
            for d in workspace.resolutions
        )
    ]


def _shown(page: Page, filled: Filled, status: int = 200, receipt: str = "") -> Response:
    speaks = page.speaks
    with page.desk.engine.connect() as connection:
        table = figures.told_by(page.desk.workspace(), connection, filled.owner)
    known = table[table["period"] == str(filled.period)].set_index(["target", "unit"])["value"].to_dict()
    rows: list[dict[str, Any]] = []
    for each in _asked(page, filled):
        key, unit = (each.target.id, each.unit), each.target.reported.unit_of_measure
        rows.append(
            {
                "key": f"{key[0]}@{key[1]}",
                "name": each.target.name,
                "unit": each.unit_name,
                "measure": unit,
                "flow": each.target.reported.measure == "flow",
                "printed": each.target.source.printed,
                "before": speaks.number(None if math.isnan(each.before) else each.before, "", 6),
                "known": speaks.number(known[key], "", 6) if key in known else "",
                "value": filled.values.get(key, ""),
                "wrong": filled.wrong.get(key, ""),
                "changes": _change(page, filled.tried, key),
            }
        )
    named = {row["key"]: {"target": row["name"], "unit": row["unit"]} for row in rows}
    doubts = [
        speaks.say(doubt.message, **{**doubt.values, **named.get("@".join(doubt.series), {})})
        for doubt in (filled.tried.doubts if filled.tried is not None else ())
    ]
    return page.show(
        "report.html.j2",
        status,
        owners=_owners(page),
        owner=filled.owner,
        period=filled.period,
        period_name=speaks.month(str(filled.period)),
        periods=[(str(month), speaks.month(str(month))) for month in _months(page)],
        rows=rows,
        why=filled.why,
        doubts=doubts,
        told=filled.told,
        tried=filled.tried is not None and not filled.wrong,
        receipt=receipt if receipt.isdecimal() else "",
        due=Calendar(days=page.desk.workspace().alerts.calendar.days).due_day(filled.period),
        missing=sum(not row["known"] for row in rows),
        waiting=_waiting(page, filled.owner),
    )


def _waiting(page: Page, owner: str) -> list[dict[str, Any]]:
    """The questions to an owner that wait for an answer, the most urgent first."""
    day, targets = page.desk.moment.as_of, page.desk.workspace().targets
    with page.desk.engine.connect() as connection:
        every = stored_requests.requests(connection)
    waiting = [r for r in every if r.owner == owner and r.state(day) is not RequestState.ANSWERED]
    return [
        {"number": r.number, "due": r.due, "late": r.state(day) is RequestState.LATE, "name": targets[r.target].name}
        for r in sorted(waiting, key=lambda r: r.due)
        if r.target in targets
    ]


def _change(page: Page, tried: Tried | None, key: tuple[str, str]) -> str:
    """What the figure would make of the status, where that changes."""
    if tried is None or key not in tried.after or key not in tried.before:
        return ""
    was, now = (str(each[key]["status"]) for each in (tried.before, tried.after))
    words = [page.speaks.say(STATUS_NAMES[Status(each)]) for each in (was, now)]
    return " → ".join(words) if was != now else words[1]


def _vietnamese(value: float) -> str:
    """A figure as it is typed."""
    return f"{value:.10g}".replace(".", ",") if abs(value) < 1e10 else f"{value:.0f}"


def _values(text: object) -> dict[str, object]:
    found: dict[str, object] = json.loads(str(text))
    return found
