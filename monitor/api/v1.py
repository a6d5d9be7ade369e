"""Version 1, as OpenAPI describes it at /api/v1/openapi.json: where everything stands, what was asked and sent, figures in."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

import pandas as pd
from fastapi import FastAPI, Header, HTTPException, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as StarletteHTTPException

from monitor.acts import alerts as alert_acts
from monitor.acts import figures as figure_acts
from monitor.acts import requests as request_acts
from monitor.acts import silences as silence_acts
from monitor.acts.permission import Refused
from monitor.api import documents
from monitor.api.documents import Numbered
from monitor.api.frame import AsOf, Caller, Name, PageNumber, PageSize, leads_to, paged
from monitor.desk import Desk, View
from monitor.language import Language
from monitor.model.act import Actor
from monitor.model.assessment import Status
from monitor.model.period import Calendar
from monitor.model.problem import Problem, Problems
from monitor.rules.load import Declared
from monitor.store import requests as stored_requests

PROBLEM = "application/problem+json"
MOST_FIGURES = 1000
NUMBERS = ("value", "required", "promised", "attainment", "projection", "low", "high", "probability", "trend")


class Figure(BaseModel):
    """A figure that is pushed in, as Vietnamese or a program writes it."""

    target: str = Field(max_length=200)
    period: str = Field(max_length=40, examples=["2024-06"])
    value: str | float
    unit: str = Field(default="", max_length=200, description="empty: the whole")
    basis: Literal["year-to-date", "per-period"] = "year-to-date"
    standing: Literal["", "estimate", "preliminary", "final"] = ""
    measured_in: str = Field(default="", max_length=100, description="empty: the target's own unit of measure")


class Figures(BaseModel):
    """Figures that count together or not at all. `why`: why what is doubted is right, or corrected."""

    figures: list[Figure] = Field(min_length=1, max_length=MOST_FIGURES)
    why: str = Field(default="", max_length=4000)


class Note(BaseModel):
    """Why."""

    note: str = Field(default="", max_length=4000)


class Question(BaseModel):
    """What is asked. `about`: an alert, a target, or target@unit; without `due`, by the day that the routes declare."""

    about: str = Field(max_length=200)
    question: str = Field(max_length=request_acts.MOST_TEXT)
    due: date | None = None


class Explanation(BaseModel):
    """An answer. `causes`: of those that are declared; `expected`: the value now expected, `by` when."""

    causes: list[str] = Field(default=[], max_length=20)
    because: str = Field(max_length=request_acts.MOST_TEXT)
    remedy: str = Field(max_length=request_acts.MOST_TEXT)
    expected: str | float = ""
    by: date


class Quiet(BaseModel):
    """Which alerts are left out of letters: those that fit every list that is given. `note`: why."""

    target: list[str] = Field(default=[], max_length=100)
    rule: list[str] = Field(default=[], max_length=100)
    unit: list[str] = Field(default=[], max_length=100)
    owner: list[str] = Field(default=[], max_length=100)
    group: list[str] = Field(default=[], max_length=100)
    until: date
    note: str = Field(default="", max_length=4000)


def make(desk: Desk) -> FastAPI:
    """The application of the API, to be mounted under /api/v1."""
    app = FastAPI(title="Compliance monitor", version="1", docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.desk = desk
    _tell_problems(app)
    _read(app, desk)
    _write(app, desk)
    _ask(app, desk)
    documents.add(app, desk)

    @app.middleware("http")
    async def tagged(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
        """An answer that is the same as the one that is known already is not sent again."""
        response = await call(request)
        if request.method != "GET" or response.status_code != 200:
            return response
        body = b"".join([chunk async for chunk in response.body_iterator])  # type: ignore[attr-defined]
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        kept = {k: v for k, v in response.headers.items() if k != "content-length"} | {"ETag": tag}
        kept["Cache-Control"] = "private, no-cache"
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers={"ETag": tag, "Cache-Control": kept["Cache-Control"]})
        return Response(body, 200, headers=kept)

    return app


def _read(app: FastAPI, desk: Desk) -> None:
    @app.get("/targets", responses=leads_to(series=("series", "target", "target")))
    def targets(
        who: Caller,
        resolution: Name = "",
        as_of: AsOf = None,
        status: Status | None = None,
        unit: Name = "",
        page: PageNumber = 1,
        size: PageSize = 100,
    ) -> dict[str, Any]:
        """Where every series stands that the token may see: of the whole, of one unit, or (`*`) of all."""
        found = []
        for declared, view in _views(desk, who, resolution, as_of):
            for (target, of), fields in view.fields.items():
                wanted = unit == "*" or of == (unit or declared.city.id)
                fits = wanted and status in (None, fields["status"]) and desk.sees(who, declared, target, of)
                if fits:
                    found.append(_series(declared, target, of, fields))
        return paged(found, page, size)

    @app.get("/series/{target}", operation_id="series")
    def series(
        who: Caller,
        target: Annotated[str, Path(max_length=100)],
        unit: Name = "",
        resolution: Name = "",
        as_of: AsOf = None,
    ) -> dict[str, Any]:
        """The figures of a series as they were known, with the cells that they came from."""
        for declared, view in _views(desk, who, resolution, as_of):
            of = unit or declared.city.id
            if (target, of) in view.fields and desk.sees(who, declared, target, of):
                known = view.standing.observations
                own = known[(known["target"] == target) & (known["unit"] == of)]
                columns = [
                    "period",
                    "value",
                    "unit_of_measure",
                    "basis",
                    "standing",
                    "received",
                    "feed",
                    "file",
                    "sheet",
                    "cell",
                ]
                rows = [
                    {k: str(v) if k == "received" else v for k, v in r.items()} for r in own[columns].to_dict("records")
                ]
                return {**_series(declared, target, of, view.fields[target, of]), "figures": rows}
        raise HTTPException(404, "there is no such series")

    @app.get(
        "/alerts",
        responses=leads_to(acknowledge=("acknowledge", "alert", "id"), close=("close", "alert", "id")),
    )
    def alerts(
        who: Caller,
        resolution: Name = "",
        as_of: AsOf = None,
        state: Literal["", "active", "open", "acknowledged", "resolved"] = "active",
        page: PageNumber = 1,
        size: PageSize = 100,
    ) -> dict[str, Any]:
        """Alerts, as they were on a day."""
        found = []
        for declared, view in _views(desk, who, resolution, as_of):
            for name, alert in view.alerts.items():
                fits = state in ("", alert.state.value) or (state == "active" and alert.state.active)
                if fits and desk.sees(who, declared, alert.target, alert.unit):
                    told = {"id": name, "resolution": alert.resolution, "target": alert.target, "unit": alert.unit}
                    told |= {"rule": alert.rule, "severity": alert.severity.value, "state": alert.state.value}
                    found.append({**told, "opened": alert.opened, "message": alert.message})
        return paged(found, page, size)

    @app.get("/requests", responses=leads_to(answer=("answer", "number", "number")))
    def requests(who: Caller, page: PageNumber = 1, size: PageSize = 100) -> dict[str, Any]:
        """Requests for explanation, and what was answered."""
        by_id, day = {d.resolution.id: d for d in desk.workspace().resolutions}, desk.moment.as_of
        with desk.engine.connect() as connection:
            every = stored_requests.requests(connection)
        seen = [r for r in every if r.resolution in by_id and desk.sees(who, by_id[r.resolution], r.target, r.unit)]
        names = ("number", "resolution", "target", "unit", "owner", "asked_by", "asked", "due", "question", "answers")
        return paged([{n: getattr(r, n) for n in names} | {"state": r.state(day).value} for r in seen], page, size)

    @app.get("/due.ics", response_class=Response)
    def due(who: Caller) -> Response:
        """The days on which figures are due, until the year's end, for a calendar."""
        first, calendar = pd.Period(desk.moment.as_of, freq="M"), Calendar(days=desk.workspace().alerts.calendar.days)
        bound = [d.resolution for d in desk.resolutions(who, desk.moment.as_of)]
        months = [first + n for n in range(12) if any(r.first <= first + n <= r.last for r in bound)]
        return Response(_calendar(months, calendar, desk.clock()), media_type="text/calendar; charset=utf-8")

    @app.get("/metrics", response_class=Response)
    def metrics(who: Caller) -> Response:
        """Each target of the whole for Prometheus: its value, and its chance."""
        registry = CollectorRegistry()
        labels = ["resolution", "target"]
        value = Gauge("monitor_target_value", "Latest value.", labels, registry=registry)
        chance = Gauge("monitor_target_probability", "Probability of meeting the target.", labels, registry=registry)
        for declared, view in _views(desk, who, "", None):
            for (target, unit), fields in view.fields.items():
                if unit == declared.city.id and desk.sees(who, declared, target, unit):
                    for gauge, name in ((value, "value"), (chance, "probability")):
                        if isinstance(fields.get(name), int | float):
                            gauge.labels(declared.resolution.id, target).set(fields[name])
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _write(app: FastAPI, desk: Desk) -> None:
    @app.post("/figures", status_code=201)
    def report(
        who: Caller,
        given: Figures,
        idempotency_key: Annotated[str, Header(max_length=80, pattern=r"^[\x21-\x7e]*$")] = "",
    ) -> dict[str, int]:
        """Push figures, all or none; asked again under its Idempotency-Key, the first receipt is given again."""
        typed = [
            figure_acts.Typed(f.target, f.period, _written(f.value), f.unit, f.basis, f.standing, f.measured_in)
            for f in given.figures
        ]
        actor = who.because(given.why)
        key = f"{who.who} {idempotency_key}" if idempotency_key else ""
        receipt = figure_acts.report(desk.workspace(), desk.engine, actor, typed, desk.moment, key)
        desk.changed()
        return {name: getattr(receipt, name) for name in ("number", "added", "revised", "known", "early")}

    def act(step: Any) -> Callable[..., dict[str, str]]:
        def done(who: Caller, alert: Annotated[str, Path(pattern="^[0-9a-f]{12}$")], given: Note) -> dict[str, str]:
            actor = who.because(given.note)
            changed = step(desk.workspace(), desk.engine, actor, [alert], desk.moment)
            return {"id": changed[0].fingerprint, "state": changed[0].state.value}

        return done

    app.post("/alerts/{alert}/acknowledge", operation_id="acknowledge", summary="Somebody has it in hand")(
        act(alert_acts.acknowledge)
    )
    app.post("/alerts/{alert}/close", operation_id="close", summary="Close by hand")(act(alert_acts.close))


def _ask(app: FastAPI, desk: Desk) -> None:
    """Requests for explanation and silences."""

    @app.post("/requests", status_code=201)
    def ask(who: Caller, given: Question) -> dict[str, Any]:
        """Ask whoever answers for a target or an alert to explain."""
        where = desk.environment.get("MONITOR_URL", "")
        made = request_acts.ask(
            desk.workspace(), desk.engine, who, given.about, given.question, given.due, desk.moment, where
        )
        desk.changed()
        return {"number": made.number, "due": made.due}

    @app.post("/requests/{number}/answers", status_code=201, operation_id="answer")
    def answer(who: Caller, number: Numbered, given: Explanation) -> dict[str, Any]:
        """Answer a request; given again, the later answer stands."""
        told = request_acts.Given(given.causes, given.because, given.remedy, _written(given.expected), given.by)
        made = request_acts.answer(desk.workspace(), desk.engine, who, number, told, desk.moment)
        return {"number": made.number, "answers": len(made.answers)}

    @app.post("/silences", status_code=201)
    def silence(who: Caller, given: Quiet) -> dict[str, Any]:
        """Leave the alerts that fit everything given out of letters, until a day."""
        actor = who.because(given.note)
        matchers = {key: getattr(given, key) for key in silence_acts.KEYS if getattr(given, key)}
        made = silence_acts.silence(desk.workspace(), desk.engine, actor, matchers, given.until, desk.moment)
        return {"number": made.id}

    @app.post("/silences/{number}/end", status_code=204)
    def end(who: Caller, number: Numbered) -> None:
        """End a silence before its time."""
        silence_acts.end_silence(desk.engine, who, number, desk.moment)


def failure(status: int, title: str, errors: Sequence[dict[str, str]] = (), headers: Any = None) -> JSONResponse:
    """What is wrong, for programs (RFC 9457)."""
    body = {"type": "about:blank", "title": title, "status": status, "errors": list(errors)}
    return JSONResponse(body, status, headers=headers, media_type=PROBLEM)


def _tell_problems(app: FastAPI) -> None:
    """Every mistake as problem+json, with the same places and reasons as the command line."""

    def told(problems: Iterable[Problem]) -> list[dict[str, str]]:
        return [{"place": p.place(), "en": p.text(Language("en")), "vi": p.text(Language("vi"))} for p in problems]

    @app.exception_handler(Refused)
    def refused(_: Request, error: Refused) -> JSONResponse:
        return failure(403, "not allowed", told(error.problems))

    @app.exception_handler(Problems)
    def wrong(_: Request, error: Problems) -> JSONResponse:
        return failure(422, "this cannot be done", told(error.problems))

    @app.exception_handler(StarletteHTTPException)
    def stopped(_: Request, error: StarletteHTTPException) -> JSONResponse:
        return failure(error.status_code, str(error.detail), headers=error.headers)

    @app.exception_handler(RequestValidationError)
    def unfit(_: Request, error: RequestValidationError) -> JSONResponse:
        found = [
            {"place": ".".join(map(str, e["loc"])), "en": str(e["msg"]), "vi": str(e["msg"])} for e in error.errors()
        ]
        return failure(422, "the request is not of the described form", found)

    @app.exception_handler(Exception)
    def failed(_: Request, __: Exception) -> JSONResponse:
        return failure(500, "the monitor has made a mistake: it is written down, and nothing was changed")


def _views(desk: Desk, who: Actor, resolution: str, as_of: date | None) -> Iterable[tuple[Declared, View]]:
    day = as_of or desk.moment.as_of
    for declared in desk.resolutions(who, day):
        if resolution in ("", declared.resolution.id):
            yield declared, desk.view(declared, day)


def _series(declared: Declared, target: str, unit: str, fields: Any) -> dict[str, Any]:
    of = declared.targets[target]
    named = {"resolution": declared.resolution.id, "target": target, "unit": unit, "name": of.name, "owner": of.owner}
    told = {name: fields.get(name) for name in NUMBERS}
    words = {"printed": fields["printed"], "unit_of_measure": of.unit_of_measure, "status": fields["status"]}
    return {**named, **words, "period": fields.get("period") or None, **told}


def _written(value: str | float) -> str:
    """A number of a program as a person writes it."""
    return value if isinstance(value, str) else f"{value:.15g}".replace(".", ",")


def _calendar(months: Iterable[pd.Period], calendar: Calendar, now: datetime) -> str:
    """RFC 5545, a whole day each."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//compliance-monitor//due//VI"]
    for month in months:
        day = calendar.due_day(month)
        # The same all day, so that a calendar that knows the answer is not sent it again.
        stamp = now.astimezone(UTC).strftime("%Y%m%dT000000Z")
        lines += ["BEGIN:VEVENT", f"UID:{month}@compliance-monitor", f"DTSTAMP:{stamp}"]
        lines += [f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}"]
        lines += [
            f"SUMMARY:{Language('vi').say('Figures of {month} are due', month=Language('vi').month(str(month)))}",
            "END:VEVENT",
        ]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])
