"""Signing in and out."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from monitor.acts import people
from monitor.web import guard
from monitor.web.pages import Anybody, SignedIn, visitor_of

router = APIRouter()


@router.get("/sign-in")
def form(page: Anybody, next: str = "/") -> Response:
    """The form."""
    return page.show("sign_in.html.j2", next=guard.within(next), wrong=False, openid=page.request.app.state.openid)


@router.post("/sign-in")
def sign_in(
    page: Anybody,
    login: Annotated[str, Form(max_length=100)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """A session for whoever knows the password."""
    address = page.request.client.host if page.request.client is not None else ""
    page.request.app.state.tries.one_more(address)
    found = people.sign_in(page.desk.engine, login.strip(), password, page.desk.clock())
    if found is None:
        return page.show(
            "sign_in.html.j2", 401, next=guard.within(next), wrong=True, openid=page.request.app.state.openid
        )
    answer = RedirectResponse(guard.within(next), 303)
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
    guard.check(visitor_of(page), csrf)
    people.sign_out(page.desk.engine, page.request.cookies.get(guard.COOKIE, ""))
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(guard.COOKIE)
    return answer
