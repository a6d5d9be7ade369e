"""Before every page: who it is, whether the form is theirs, what the browser may do, how often a stranger may try."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import HTTPException, Request, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.acts import people
from monitor.acts.permission import Refused
from monitor.desk import Desk
from monitor.model.act import Actor, Door
from monitor.model.problem import Problem

COOKIE = "monitor_session"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# A stranger may try so often in so many seconds, from one address; a form may have so many bytes, and take so many seconds.
TRIES, WITHIN, MOST_BODY, SLOWEST = 20, 60.0, 30_000_000, 120.0
_ADDRESSES = 10_000


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks, and what their forms must carry."""

    actor: Actor
    csrf: str


class Tries:
    """How often each address has tried of late."""

    def __init__(self, most: int = TRIES, within: float = WITHIN) -> None:
        self._most, self._within = most, within
        self._known: OrderedDict[str, list[float]] = OrderedDict()

    def one_more(self, address: str) -> None:
        """Count a try. Raises HTTPException (429) for one too many."""
        now = time.monotonic()
        recent = [at for at in self._known.get(address, ()) if now - at < self._within]
        if len(recent) >= self._most:
            raise HTTPException(429, "too many tries", headers={"Retry-After": str(int(self._within))})
        self._known[address] = [*recent, now]
        self._known.move_to_end(address)
        while len(self._known) > _ADDRESSES:
            self._known.popitem(last=False)


def visitor(desk: Desk, cookies: Mapping[str, str]) -> Visitor | None:
    """Who has that session, if it holds."""
    secret = cookies.get(COOKIE, "")
    if not secret:
        return None
    if desk.local and secrets.compare_digest(secret.encode(), desk.local.encode()):
        return Visitor(desk.host(), desk.csrf)
    found = people.came_in(desk.engine, secret, desk.clock(), Door.PAGE)
    return Visitor(found[0], found[1].csrf) if found is not None else None


def check(visitor: Visitor, given: str) -> None:
    """That a form, or a script's request, came from our own page. Raises Refused."""
    if not secrets.compare_digest(given.encode(), visitor.csrf.encode()):
        message = "this form is of another session: nothing is done; open its page again, and send it from there"
        raise Refused([Problem("form", message)])


class Intake:
    """Around an application: what is sent to it may have MOST_BODY bytes, whether it says so beforehand or not, and has to be
    there in SLOWEST seconds. Otherwise `refuse` answers (413, 408), and to the application it is as if the other had hung up.
    """

    def __init__(self, app: ASGIApp, refuse: Callable[[Request, int], Response]) -> None:
        self._app, self._refuse = app, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        had, whole, refused = 0, False, False
        until = asyncio.get_running_loop().time() + SLOWEST

        async def received() -> Message:
            nonlocal had, whole, refused
            if whole:
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
                had += len(message.get("body", b""))
                whole = not message.get("more_body", False)
                status = 413 if had > MOST_BODY else 0
            except TimeoutError:
                status = 408
            if not status:
                return message
            whole = refused = True
            await self._refuse(Request(scope), status)(scope, receive, send)
            return {"type": "http.disconnect"}

        async def sent(message: Message) -> None:
            if not refused:
                await send(message)

        await self._app(scope, received, sent)


class Guard:
    """Around the application: every answer with its headers; what another site sends is refused before anybody looks at it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                _head(MutableHeaders(scope=message))
            await send(message)

        refused = _refused(Request(scope))
        await (refused or self._app)(scope, receive, answer)


def _refused(request: Request) -> Response | None:
    """The answer to what is not even looked at."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return None
    origin = request.headers.get("origin")
    other = origin is not None and urlsplit(origin).netloc != request.headers.get("host", "")
    if other or request.headers.get("sec-fetch-site") == "cross-site":
        return Response("from another site", 403)
    return None


def headed(response: Response) -> Response:
    """An answer from around the guard, with what the browser may do."""
    _head(response.headers)
    return response


def _head(headers: MutableHeaders) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)


def enter(response: Response, secret: str, *, secure: bool) -> None:
    """Give the browser its session."""
    response.set_cookie(
        COOKIE, secret, max_age=int(people.SESSION.total_seconds()), httponly=True, samesite="lax", secure=secure
    )


def within(path: str) -> str:
    """A path of this site, and of no other."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if plain else "/"
