"""A room of the page each: what is asked of it, and what it shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import Annotated, ParamSpec
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, HTTPException, Request, Response

from monitor.desk import Desk
from monitor.model.act import Actor
from monitor.web import guard
from monitor.web.render import Page, language_of

P = ParamSpec("P")
_SLOW = CapacityLimiter(4)


def anybody(request: Request) -> Page:
    """A request, whoever makes it."""
    desk: Desk = request.app.state.desk
    return Page(request, desk, guard.visitor(desk, request.cookies), language_of(request))


def signed_in(request: Request) -> Page:
    """A request of somebody who has signed in; others are sent to do so."""
    page = anybody(request)
    if page.visitor is None:
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        raise HTTPException(303, headers={"Location": f"/sign-in?next={quote(wanted)}"})
    return page


def acting(page: Page, csrf: str, why: str = "") -> Actor:
    """Who sends a form of ours, and why. Raises HTTPException (401) for a stranger, Refused for a form of another session."""
    visitor = visitor_of(page)
    guard.check(visitor, csrf)
    return visitor.actor.because(why)


Anybody = Annotated[Page, Depends(anybody)]
SignedIn = Annotated[Page, Depends(signed_in)]


def visitor_of(page: Page) -> guard.Visitor:
    """Who it is. Raises HTTPException (401) for a stranger."""
    if page.visitor is None:
        raise HTTPException(401)
    return page.visitor


def slow(act: Callable[P, Response]) -> Callable[P, Awaitable[Response]]:
    """What may take many seconds has threads of its own, so that those who only look need not wait for it."""

    @wraps(act)
    async def done(*given: P.args, **named: P.kwargs) -> Response:
        return await to_thread.run_sync(partial(act, *given, **named), limiter=_SLOW)

    return done
