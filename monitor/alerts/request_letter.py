"""The letter of a request for explanation: to whoever answers, and to those above when the answer is late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from monitor.alerts.declaration import Requests, Route, Templates
from monitor.alerts.render import filled
from monitor.language import Language
from monitor.model.letter import Letter
from monitor.model.request import Request
from monitor.model.resolution import Resolution
from monitor.model.target import Target


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as its letter tells it, in one language. `unit`: empty of the whole; `message`: the alert's."""

    language: str
    body: str
    number: str
    title: str
    name: str
    unit: str
    printed: str
    owner: str
    message: str
    request: Request
    late: bool
    causes: tuple[str, ...]
    link: str


def letter(
    route: Route,
    resolution: Resolution,
    request: Request,
    target: Target,
    units: Mapping[str, str],
    city: str,
    declared: Requests,
    message: Mapping[str, str],
    *,
    late: bool,
    link: str = "",
) -> Letter:
    """The letter that asks; or, when the answer is late, the one that says so."""
    speaks = Language(route.language)
    asked = Asked(
        language=route.language,
        body=resolution.body,
        number=resolution.number,
        title=resolution.title,
        name=target.name,
        unit="" if request.unit == city else units.get(request.unit, request.unit),
        printed=target.source.printed,
        owner=units.get(request.owner, request.owner),
        message=message.get(route.language, ""),
        request=request,
        late=late,
        causes=tuple(declared.named(each.id, route.language) for each in declared.causes),
        link=link,
    )
    html, text = filled(_templates(), route.language, ("request.html.j2", "request.txt.j2"), {"asked": asked})
    message_of_subject = (
        "[{number}] Explanation {request} is late: {name}" if late else "[{number}] Please explain by {day}: {name}"
    )
    values = {"number": resolution.number, "name": target.name, "request": request.number}
    return Letter(speaks.say(message_of_subject, **values, day=speaks.day(request.due)), html, text)


@lru_cache
def _templates() -> Templates:
    folder = resources.files("monitor.alerts") / "letters"
    return Templates(tuple((each.name, each.read_text(encoding="utf-8")) for each in folder.iterdir()))
