"""Signing in and out."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Json

from monitor.acts import people
from monitor.web import guard
from monitor.web.pages import Anybody, SignedIn, acting
from monitor.web.render import Page, language_of

router = APIRouter()


class Kept(BaseModel):
    """A form that was sent when its session had ended: where to, and name and value of each field."""

    path: str
    fields: list[tuple[str, str]]


@router.get("/sign-in")
def form(page: Anybody, next: str = "/") -> Response:
    """The form."""
    return page.show("sign_in.html.j2", next=guard.within(next), wrong=False, kept="", openid=_openid(page.request))


async def again(request: Request) -> Response:
    """The form, for somebody whose session ended while they wrote another: what they wrote goes along."""
    written = await request.form()
    fields = [(name, value) for name, value in written.multi_items() if isinstance(value, str) and name != "csrf"]
    kept = Kept(path=request.url.path, fields=fields).model_dump_json()
    page = Page(request, request.app.state.desk, None, language_of(request))
    return page.show("sign_in.html.j2", 401, next="/", wrong=False, kept=kept, openid=False)


@router.post("/sign-in")
def sign_in(
    page: Anybody,
    login: Annotated[str, Form(max_length=100)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/",
    kept: Annotated[Json[Kept] | None, Form()] = None,
) -> Response:
    """A session for whoever knows the password; `kept`: what they wrote before, to be sent now."""
    address = page.request.client.host if page.request.client is not None else ""
    page.request.app.state.tries.one_more(address)
    found = people.sign_in(page.desk.engine, login.strip(), password, page.desk.clock())
    if found is None:
        return page.show(
            "sign_in.html.j2",
            401,
            next=guard.within(next),
            wrong=True,
            kept=kept.model_dump_json() if kept else "",
            openid=_openid(page.request),
        )
    answer: Response = RedirectResponse(guard.within(next), 303)
    if kept:
        answer = page.show("again.html.j2", action=guard.within(kept.path), fields=kept.fields, csrf=found[1].csrf)
    guard.enter(answer, found[0], secure=page.request.url.scheme == "https")
    return answer


@router.get("/open")
def open_(page: Anybody, key: str = "") -> Response:
    """The way in for whoever ran `monitor open`."""
    if not page.desk.local or not secrets.compare_digest(key.encode(), page.desk.local.encode()):
        return RedirectResponse("/sign-in", 303)
    answer = RedirectResponse("/", 303)
    guard.enter(answer, key, secure=False)
    return answer


@router.post("/sign-out")
def sign_out(page: SignedIn, csrf: Annotated[str, Form()] = "") -> Response:
    """The end of a session."""
    acting(page, csrf)
    people.sign_out(page.desk.engine, page.request.cookies.get(guard.COOKIE, ""))
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(guard.COOKIE)
    return answer


def _openid(request: Request) -> bool:
    """Whether there is a provider to sign in by."""
    there: bool = request.app.state.openid
    return there
