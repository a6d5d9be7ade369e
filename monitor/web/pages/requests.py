"""Requests for explanation: asked by an official, answered by the owner."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Query, Response
from fastapi.responses import RedirectResponse

from monitor.acts import requests as acts
from monitor.acts.permission import Refused, require
from monitor.acts.requests import Given
from monitor.alerts.explanations import expected
from monitor.model.act import Deed
from monitor.model.problem import Problem, Problems
from monitor.model.request import Request
from monitor.rules.load import Declared
from monitor.store import alerts as stored_alerts
from monitor.store import requests as stored
from monitor.web.pages import SignedIn, acting, visitor_of
from monitor.web.render import Page

router = APIRouter()


@router.get("/requests")
def list_(page: SignedIn, done: str = "") -> Response:
    """All that the reader may see, those that wait first."""
    day, actor = page.desk.moment.as_of, visitor_of(page).actor
    by_id = {d.resolution.id: d for d in page.desk.workspace().resolutions}
    with page.desk.engine.connect() as connection:
        found = [
            told(page, by_id[r.resolution], r, day)
            for r in stored.requests(connection)
            if r.resolution in by_id and page.desk.sees(actor, by_id[r.resolution], r.target, r.unit)
        ]
    found.sort(key=lambda each: (each["state"] == "answered", each["due"], each["number"]))
    return page.show("requests.html.j2", requests=found, done=done[:1])


@router.get("/requests/{number}")
def show(page: SignedIn, number: int) -> Response:
    """One of them."""
    declared, request = _one(page, number)
    return _shown(page, declared, request, {}, ())


@router.post("/requests/{number}")
def answer(
    page: SignedIn,
    number: int,
    cause: Annotated[list[str] | None, Form()] = None,
    because: Annotated[str, Form()] = "",
    remedy: Annotated[str, Form()] = "",
    expects: Annotated[str, Form(max_length=100)] = "",
    by: Annotated[str, Form(max_length=10)] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Its answer."""
    actor = acting(page, csrf)
    declared, request = _one(page, number)
    written = {"cause": cause or [], "because": because, "remedy": remedy, "expects": expects, "by": by}
    try:
        given = Given(tuple(cause or ()), because, remedy, expects, day_of(by))
        acts.answer(page.desk.workspace(), page.desk.engine, actor, number, given, page.desk.moment)
    except Refused:
        raise
    except Problems as found:
        return _shown(page, declared, request, written, found.problems)
    return RedirectResponse(f"/requests/{number}", 303)


@router.get("/ask")
def asked(page: SignedIn, about: Annotated[str, Query(max_length=200)] = "") -> Response:
    """The form of a new one, about an alert or a target."""
    require(visitor_of(page).actor, Deed.ASK)
    return page.show("ask.html.j2", about=about, name=_named(page, about), question="", due="", problems=[])


@router.post("/ask")
def ask(
    page: SignedIn,
    about: Annotated[str, Form(max_length=200)] = "",
    question: Annotated[str, Form()] = "",
    due: Annotated[str, Form(max_length=10)] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """A new one; what is wrong with it is told on a page that keeps what was written."""
    actor = acting(page, csrf)
    desk = page.desk
    try:
        wanted = day_of(due, "due") if due else None
        where = desk.environment.get("MONITOR_URL", "")
        made = acts.ask(
            desk.workspace(),
            desk.engine,
            actor,
            about,
            question,
            wanted,
            desk.moment,
            where,
        )
    except Refused:
        raise
    except Problems as found:
        return page.show(
            "ask.html.j2",
            422,
            about=about,
            name=_named(page, about),
            question=question,
            due=due,
            problems=page.told(found.problems),
        )
    desk.changed()
    return RedirectResponse(f"/requests/{made.number}", 303)


def told(page: Page, declared: Declared, request: Request, day: date) -> dict[str, Any]:
    """A request as pages show it."""
    of, names, code = declared.targets.get(request.target), declared.unit_names, page.speaks.code
    causes = page.desk.workspace().alerts.requests
    return {
        "number": request.number,
        "target": request.target,
        "unit_id": request.unit,
        "name": of.name if of is not None else request.target,
        "printed": of.source.printed if of is not None else "",
        "unit": "" if request.unit == declared.city.id else names.get(request.unit, request.unit),
        "owner": names.get(request.owner, request.owner),
        "asked_by": request.asked_by,
        "asked": request.asked,
        "due": request.due,
        "state": request.state(day).value,
        "question": request.question,
        "milestone": of is not None and of.measure == "milestone",
        "measure": of.unit_of_measure if of is not None else "",
        "answers": [
            {
                "who": a.who,
                "day": a.day,
                "causes": [causes.named(cause, code) for cause in a.causes],
                "because": a.because,
                "remedy": a.remedy,
                "expected": expected(a.expected, a.by, of, page.speaks) if of is not None else "",
            }
            for a in reversed(request.answers)
        ],
        "choices": [(cause.id, causes.named(cause.id, code)) for cause in causes.causes],
    }


def day_of(text: str, place: str = "by") -> date:
    """A day that was typed. Raises Problems."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = '"{found}" is not a day such as {form}'
        raise Problems([Problem(place, message, {"found": text or "–", "form": "2024-06-30"})]) from None


def _named(page: Page, about: str) -> str:
    """The name of the target that is asked about, directly or through an alert; empty, when there is none."""
    name = about.partition("@")[0]
    with page.desk.engine.connect() as connection:
        alert = stored_alerts.alerts(connection).get(name)
    of = page.desk.workspace().targets.get(alert.target if alert is not None else name)
    return of.name if of is not None else ""


def _one(page: Page, number: int) -> tuple[Declared, Request]:
    with page.desk.engine.connect() as connection:
        request = next((r for r in stored.requests(connection) if r.number == number), None)
    by_id = {d.resolution.id: d for d in page.desk.workspace().resolutions}
    declared = by_id.get(request.resolution) if request is not None else None
    if request is None or declared is None:
        raise HTTPException(404)
    if not page.desk.sees(visitor_of(page).actor, declared, request.target, request.unit):
        raise HTTPException(404)
    return declared, request


def _shown(
    page: Page, declared: Declared, request: Request, written: dict[str, Any], problems: tuple[Problem, ...]
) -> Response:
    answers = page.desk.sees(visitor_of(page).actor, declared, request.target, request.unit, Deed.ANSWER)
    shown = told(page, declared, request, page.desk.moment.as_of)
    empty = {"cause": [], "because": "", "remedy": "", "expects": "", "by": ""}
    return page.show(
        "request.html.j2",
        422 if problems else 200,
        request=shown,
        answers=answers,
        written=empty | written,
        problems=page.told(problems),
        action=f"/requests/{request.number}",
        plain=False,
    )
