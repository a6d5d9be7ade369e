"""What a letter's link opens: one request, or the alerts that it tells of, for one recipient, for a limited time; without an
account or a script.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Response
from fastapi.responses import RedirectResponse

from monitor.acts import letters as links
from monitor.acts import people
from monitor.acts import requests as acts
from monitor.acts.permission import Refused
from monitor.acts.requests import Given
from monitor.model.act import Actor
from monitor.model.alert import State
from monitor.model.problem import Problem, Problems
from monitor.model.request import Request
from monitor.rules.load import Declared
from monitor.store import requests as stored
from monitor.store.people import Key
from monitor.web.pages import Anybody
from monitor.web.pages.requests import day_of, told
from monitor.web.render import Page

router = APIRouter()


@router.get("/l/{secret}")
def show(page: Anybody, secret: str) -> Response:
    """The alerts of a letter; or a request, and the form of its answer while the link is unused. Looking uses nothing up: mail
    servers look too.
    """
    actor, key = _came(page, secret)
    if (letter := _letter(key)) is not None:
        return _alerts(page, secret, actor, letter, (), "")
    declared, request = _opened(page, key)
    return _shown(page, secret, key, declared, request, {}, ())


@router.post("/l/{secret}/acknowledge")
def acknowledge(
    page: Anybody,
    secret: str,
    alert: Annotated[list[str] | None, Form()] = None,
    note: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Somebody has these alerts in hand."""
    came, key = _came(page, secret)
    letter, desk = _letter(key), page.desk
    if letter is None:
        raise HTTPException(404)
    actor = came.because(note)
    try:
        if not alert:
            raise Problems([Problem("alert", "tick the alerts that are meant")])
        links.acknowledge(desk.workspace(), desk.engine, actor, letter, alert, desk.moment)
    except Refused:
        raise
    except Problems as found:
        return _alerts(page, secret, actor, letter, found.problems, "")
    return _alerts(page, secret, actor, letter, (), str(len(alert)))


@router.post("/l/{secret}")
def answer(
    page: Anybody,
    secret: str,
    cause: Annotated[list[str] | None, Form()] = None,
    because: Annotated[str, Form()] = "",
    remedy: Annotated[str, Form()] = "",
    expects: Annotated[str, Form(max_length=100)] = "",
    by: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """The answer, once. The secret in the address is what another site's page does not have."""
    actor, key = _came(page, secret)
    declared, request = _opened(page, key)
    desk = page.desk
    written = {"cause": cause or [], "because": because, "remedy": remedy, "expects": expects, "by": by}
    try:
        given = Given(tuple(cause or ()), because, remedy, expects, day_of(by))
        acts.answer(desk.workspace(), desk.engine, actor, request.number, given, desk.moment, secret)
    except Refused:
        raise
    except Problems as found:
        return _shown(page, secret, key, declared, request, written, found.problems)
    return RedirectResponse(f"/l/{secret}", 303)


def _came(page: Page, secret: str) -> tuple[Actor, Key]:
    """Who holds the link. Raises HTTPException (410) when it is none, or its time is over."""
    client = page.request.client
    found = people.by_link(page.desk.engine, secret[:100], page.desk.clock())
    if found is None:
        page.request.app.state.tries.one_more(client.host if client is not None else "")
        raise HTTPException(410)
    return found


def _letter(key: Key) -> int | None:
    """The letter whose alerts the link opens; None, when it opens a request."""
    kind, _, number = key.subject.partition(" ")
    return int(number) if kind == "letter" else None


def _alerts(page: Page, secret: str, actor: Actor, letter: int, problems: tuple[Problem, ...], done: str) -> Response:
    """The alerts of a letter, as they are now."""
    desk = page.desk
    by_id = {d.resolution.id: d for d in desk.workspace().resolutions}
    shown = []
    for alert in links.told(desk.engine, letter):
        declared = by_id.get(alert.resolution)
        of = declared.targets.get(alert.target) if declared is not None else None
        whole = declared is None or alert.unit == declared.city.id
        unit = "" if declared is None or whole else declared.unit_names.get(alert.unit, alert.unit)
        told = {"alert": alert, "name": of.name if of is not None else alert.target, "unit": unit}
        shown.append({**told, "message": alert.message[page.speaks.code], "open": alert.state is State.OPEN})
    return page.show(
        "letter.html.j2",
        422 if problems else 200,
        alerts=shown,
        recipient=actor.who,
        problems=page.told(problems),
        action=f"/l/{secret}/acknowledge",
        done=done,
    )


def _opened(page: Page, key: Key) -> tuple[Declared, Request]:
    number = key.subject.removeprefix("request ")
    with page.desk.engine.connect() as connection:
        request = next((r for r in stored.requests(connection) if str(r.number) == number), None)
    by_id = {d.resolution.id: d for d in page.desk.workspace().resolutions}
    declared = by_id.get(request.resolution) if request is not None else None
    if request is None or declared is None:
        raise HTTPException(404)
    return declared, request


def _shown(
    page: Page,
    secret: str,
    key: Key,
    declared: Declared,
    request: Request,
    written: dict[str, Any],
    problems: tuple[Problem, ...],
) -> Response:
    empty = {"cause": [], "because": "", "remedy": "", "expects": "", "by": ""}
    return page.show(
        "request.html.j2",
        422 if problems else 200,
        request=told(page, declared, request, page.desk.moment.as_of),
        answers=key.used is None,
        written=empty | written,
        problems=page.told(problems),
        action=f"/l/{secret}",
        plain=True,
    )
