"""Signing in by OpenID Connect: a provider says who it is, and what they may is what `monitor person add` gave that login."""

from __future__ import annotations

import hashlib
import logging
import warnings

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.middleware.sessions import SessionMiddleware

from monitor.acts import people
from monitor.acts.provider import Provider
from monitor.desk import Desk
from monitor.model.problem import Problem
from monitor.web import guard
from monitor.web.render import Page, language_of

log = logging.getLogger(__name__)

PATH = "/sign-in/openid"
# Seconds that somebody may take at the provider's, and that the provider may take to answer.
_HOLDS, _PATIENCE = 600, 10.0


def make(desk: Desk, of: Provider, tries: guard.Tries) -> FastAPI:
    """The application under PATH: to the provider, and back."""
    with warnings.catch_warnings():
        from authlib.deprecate import AuthlibDeprecationWarning  # noqa: PLC0415 - for those who have a provider

        # That it will do without httpx one day is its affair, and would stand in the log of every start.
        warnings.simplefilter("ignore", AuthlibDeprecationWarning)
        from authlib.common.errors import AuthlibBaseError  # noqa: PLC0415
        from authlib.integrations.starlette_client import OAuth  # noqa: PLC0415
        from joserfc.errors import JoseError  # noqa: PLC0415
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    where = desk.environment.get("MONITOR_URL", "").rstrip("/")
    # Known to every instance that may get the answer.
    sealed = hashlib.sha256(f"monitor {of.secret}".encode()).hexdigest()
    app.add_middleware(
        SessionMiddleware,
        secret_key=sealed,
        session_cookie="monitor_openid",
        max_age=_HOLDS,
        path=PATH,
        https_only=where.startswith("https:"),
    )
    asked = OAuth().register(
        "openid",
        client_id=of.client,
        client_secret=of.secret,
        server_metadata_url=of.described_at,
        client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256", "timeout": _PATIENCE},
    )

    @app.get("/go")
    async def go(request: Request, next: str = "/") -> Response:
        address = request.client.host if request.client is not None else ""
        tries.one_more(address)
        request.session.clear()
        request.session["next"] = guard.within(next)
        back = f"{where or str(request.base_url).removesuffix('/').removesuffix(PATH)}{PATH}/back"
        try:
            answer: Response = await asked.authorize_redirect(request, back)
        except (httpx.HTTPError, ValueError, RuntimeError) as error:
            return _refused(request, desk, error)
        return answer

    @app.get("/back")
    async def back(request: Request) -> Response:
        try:
            said = (await asked.authorize_access_token(request)).get("userinfo") or {}
        except (AuthlibBaseError, JoseError, httpx.HTTPError, ValueError, RuntimeError, KeyError) as error:
            return _refused(request, desk, error)
        # An address that nobody has looked after is anybody's.
        vouched = str(said.get(of.claim) or "") if of.claim != "email" or said.get("email_verified") is True else ""
        found = await run_in_threadpool(people.vouched, desk.engine, vouched, desk.clock()) if vouched else None
        if found is None:
            return _refused(request, desk, f"nobody here has the login {vouched[:100]!r}", 403)
        answer = RedirectResponse(guard.within(request.session.pop("next", "/")), 303)
        request.session.clear()
        guard.enter(answer, found[0], secure=request.url.scheme == "https" or where.startswith("https:"))
        return answer

    return app


def _refused(request: Request, desk: Desk, why: object, status: int = 502) -> Response:
    """A page that says that nobody came in; why is the log's, for it may say what a stranger wrote."""
    log.warning("signing in by OpenID Connect failed: %s", why)
    page = Page(request, desk, None, language_of(request))
    message = (
        "You are known to the provider, and not here: an administrator has to add you first."
        if status == 403
        else "Signing in by the provider has not worked. Try again; the log of the monitor says why."
    )
    return page.show(
        "message.html.j2",
        status,
        title=page.speaks.say("Not allowed" if status == 403 else "This cannot be done"),
        problems=page.told((Problem("", message),)),
    )
