"""The application: pages, health, figures for Prometheus, static files; every mistake told as a page."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from anyio import to_thread
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException as StarletteHTTPException

from monitor.acts.permission import Refused
from monitor.acts.provider import provider
from monitor.api import v1
from monitor.desk import Desk
from monitor.guide import FOLDER as GUIDE
from monitor.guide import PICTURES
from monitor.model.problem import Problem, Problems
from monitor.web import guard, openid
from monitor.web.pages import alerts, guide, letters, overview, people, reporting, requests, rules, target, upkeep
from monitor.web.render import FOLDER, Page, language_of

log = logging.getLogger(__name__)

Report = dict[str, Any]
Look = Callable[[], tuple[bool, Report]]
# Pages are made by so many threads at once: more of them wait for one another longer than they work. See pages.slow.
THREADS = 4
API = "/api/v1"
ROOMS = (people, overview, target, alerts, requests, letters, reporting, rules, upkeep, guide)


def make(
    desk: Desk, health: Look | None = None, ready: Look | None = None, registry: CollectorRegistry | None = None
) -> FastAPI:
    """The application of a desk. `health`, `ready`: whether all is well with the service, and what is so; None: none runs."""
    app = FastAPI(
        title="Compliance monitor",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_few_threads,
    )
    app.state.desk, app.state.tries, app.state.health = desk, guard.Tries(), health
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    app.mount(f"/guide/{PICTURES}", StaticFiles(directory=GUIDE / PICTURES), name="pictures")
    app.mount(API, v1.make(desk))
    of = provider(desk.environment)
    app.state.openid = of is not None
    if of is not None:
        app.mount(openid.PATH, openid.make(desk, of, app.state.tries))
    for room in ROOMS:
        app.include_router(room.router)
    _add_health(app, {"/healthz": health, "/readyz": ready}, registry)
    _tell_problems(app)
    app.add_middleware(guard.Intake, refuse=_refused)
    app.add_middleware(guard.Guard)
    return app


def _tell_problems(app: FastAPI) -> None:
    """Every mistake, and every fault of ours, as a page."""

    @app.exception_handler(Refused)
    def refused(request: Request, error: Refused) -> Response:
        page = _page(request)
        return page.stopped(403, page.speaks.say("Not allowed"), error.problems)

    @app.exception_handler(Problems)
    def wrong(request: Request, error: Problems) -> Response:
        page = _page(request)
        return page.stopped(422, page.speaks.say("This cannot be done"), error.problems)

    @app.exception_handler(RequestValidationError)
    def unfit(request: Request, error: RequestValidationError) -> Response:
        page = _page(request)
        if any(each["loc"][0] == "path" for each in error.errors()):
            return page.stopped(404, page.speaks.say("There is no such page"))
        return page.stopped(422, page.speaks.say("This cannot be done"), tuple(map(_unfit, error.errors())))

    @app.exception_handler(StarletteHTTPException)
    async def stopped(request: Request, error: StarletteHTTPException) -> Response:
        if error.status_code == 303 and error.headers and request.method == "POST":
            return await people.again(request)
        if error.status_code == 303 and error.headers:
            return RedirectResponse(error.headers["Location"], 303)
        return await run_in_threadpool(told, request, error)

    def told(request: Request, error: StarletteHTTPException) -> Response:
        page = _page(request)
        say = page.speaks.say
        titles = {
            404: say("There is no such page"),
            410: say(
                "This link opens nothing: its month is over, or it was not copied whole. Sign in, or use the next letter's"
            ),
            429: say("Too many tries: wait a minute"),
        }
        answer = page.stopped(error.status_code, titles.get(error.status_code, say("This cannot be done")))
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(Exception)
    def failed(request: Request, _: Exception) -> Response:
        """A fault of ours, which the server logs."""
        return _refused(request, 500)


def _refused(request: Request, status: int) -> Response:
    """Why a request got no further, told without asking who made it, for that may be what fails."""
    say = language_of(request).say
    title = {
        408: say("What was sent took too long: send it again"),
        413: say("What was sent is too large"),
        500: say("The monitor has made a mistake: it is written down, and nothing was changed"),
    }[status]
    if request.url.path.startswith(API):
        return v1.failure(status, title)
    return guard.headed(Page(request, request.app.state.desk, None, language_of(request)).stopped(status, title))


def _unfit(error: Mapping[str, Any]) -> Problem:
    """What is wrong with a field that is not of its form."""
    place, found = str(error["loc"][-1]), error.get("input")
    if error["type"] == "missing":
        return Problem(place, "nothing is written here")
    if error["type"] == "string_too_long":
        message = "it has {count} characters, and may have {most}"
        return Problem(place, message, {"count": len(str(found)), "most": error["ctx"]["max_length"]})
    shown = found if isinstance(found, str | int | float) else "–"
    return Problem(place, '"{found}" is not what can stand here', {"found": str(shown)})


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
