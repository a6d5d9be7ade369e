"""The application: pages, health, figures for Prometheus, static files; every mistake told as a page."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from anyio import to_thread
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException as StarletteHTTPException

from monitor.acts.permission import Refused
from monitor.acts.provider import provider
from monitor.api import v1
from monitor.desk import Desk
from monitor.guide import FOLDER as GUIDE
from monitor.guide import PICTURES
from monitor.model.problem import Problems
from monitor.web import guard, openid
from monitor.web.pages import alerts, guide, letters, overview, people, reporting, requests, rules, target, upkeep
from monitor.web.render import FOLDER, Page, language_of

log = logging.getLogger(__name__)

Report = dict[str, Any]
Look = Callable[[], tuple[bool, Report]]
# Pages are made by so many threads at once: more of them wait for one another longer than they work.
THREADS = 8
ROOMS = (people, overview, target, alerts, requests, letters, reporting, rules, upkeep, guide)


def make(
    desk: Desk, health: Look | None = None, ready: Look | None = None, registry: CollectorRegistry | None = None
) -> FastAPI:
    """The application of a desk. `health`, `ready`: whether all is well with the service, and what is so; None: none runs."""
    app = FastAPI(title="Compliance monitor", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_few_threads)
    app.state.desk, app.state.tries, app.state.health = desk, guard.Tries(), health
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    app.mount(f"/guide/{PICTURES}", StaticFiles(directory=GUIDE / PICTURES), name="pictures")
    app.mount("/api/v1", v1.make(desk))
    of = provider(desk.environment)
    app.state.openid = of is not None
    if of is not None:
        app.mount(openid.PATH, openid.make(desk, of, app.state.tries))
    for room in ROOMS:
        app.include_router(room.router)
    _add_health(app, {"/healthz": health, "/readyz": ready}, registry)
    app.add_middleware(guard.Guard)

    @app.exception_handler(Refused)
    def refused(request: Request, error: Refused) -> Response:
        return _page(request).show(
            "message.html.j2",
            403,
            title=_page(request).speaks.say("Not allowed"),
            problems=_page(request).told(error.problems),
        )

    @app.exception_handler(Problems)
    def wrong(request: Request, error: Problems) -> Response:
        page = _page(request)
        return page.show(
            "message.html.j2", 422, title=page.speaks.say("This cannot be done"), problems=page.told(error.problems)
        )

    @app.exception_handler(StarletteHTTPException)
    def stopped(request: Request, error: StarletteHTTPException) -> Response:
        if error.status_code == 303 and error.headers:
            return RedirectResponse(error.headers["Location"], 303)
        page = _page(request)
        say = page.speaks.say
        titles = {404: say("There is no such page"), 429: say("Too many tries: wait a minute")}
        title = titles.get(error.status_code, say("This cannot be done"))
        answer = page.show("message.html.j2", error.status_code, title=title)
        answer.headers.update(error.headers or {})
        return answer

    return app


@asynccontextmanager
async def _few_threads(_: FastAPI) -> AsyncIterator[None]:
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield


def _page(request: Request) -> Page:
    desk: Desk = request.app.state.desk
    return Page(request, desk, guard.visitor(desk, request.cookies), language_of(request))


def _add_health(app: FastAPI, looks: dict[str, Look | None], registry: CollectorRegistry | None) -> None:
    def answer(look: Look) -> Callable[[], Response]:
        def looked() -> Response:
            well, report = look()
            body = {"status": "ok" if well else "failing", **report}
            text = json.dumps(body, ensure_ascii=False, indent=1, default=str) + "\n"
            return Response(text, 200 if well else 503, media_type="application/json; charset=utf-8")

        return looked

    for path, look in looks.items():
        if look is not None:
            app.add_api_route(path, answer(look), methods=["GET"])
    if registry is not None:

        @app.get("/metrics")
        def metrics() -> Response:
            return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
