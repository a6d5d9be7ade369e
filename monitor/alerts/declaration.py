"""What administrators write under `alerts/`: who is told what, and when."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from monitor.model.document import Declared, Document
from monitor.model.finding import Severity
from monitor.model.problem import Problem, Problems, unknown
from monitor.model.target import Identifier
from monitor.model.timetable import Cron

TEMPLATES = ("digest.html.j2", "digest.txt.j2")


class Chooses(Declared):
    """Which alerts a route takes: every key given must fit, no key takes all. `unit`: ids, or `city`."""

    group: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()
    severity: Severity = Severity.INFO


class Route(Declared):
    """One digest: whose, what is in it, when it goes. `to` names recipients; their addresses stand in no versioned file."""

    id: Identifier
    name: str
    to: Annotated[tuple[str, ...], Field(min_length=1)]
    schedule: Cron
    language: Literal["vi", "en"] = "vi"
    choose: Chooses = Chooses()
    scoreboard: bool = True


class RoutesFile(Declared):
    """`routes.yaml`."""

    routes: tuple[Route, ...]


class Alerts(Declared):
    """Everything under `alerts/`."""

    routes: tuple[Route, ...]
    templates: Path


def declare(documents: dict[str, Document], templates: Path, units: set[str], groups: set[str]) -> Alerts:
    """The routes of `alerts/routes.yaml`. Raises Problems with everything wrong in it, and for a missing template."""
    problems: list[Problem] = []
    document = documents.get("routes.yaml")
    if document is None:
        raise Problems([Problem("alerts/routes.yaml", "the file is missing, or cannot be read")])
    for name in TEMPLATES:
        if not (templates / name).is_file():
            problems.append(Problem(f"alerts/templates/{name}", "the template is missing"))
    try:
        routes = document.read(RoutesFile).routes
    except Problems as found:
        raise Problems([*problems, *found.problems]) from None
    known = {"owner": units, "unit": units | {"city"}, "group": groups}
    seen: set[str] = set()
    for n, route in enumerate(routes):
        if route.id in seen:
            problems.append(document.problem(("routes", n, "id"), 'route "{found}" is declared twice', found=route.id))
        seen.add(route.id)
        for key, names in known.items():
            for k, value in enumerate(getattr(route.choose, key)):
                if value not in names:
                    message, values = unknown(key, value, names)
                    problems.append(document.problem(("routes", n, "choose", key, k), message, **values))
    if problems:
        raise Problems(problems)
    return Alerts(routes=routes, templates=templates)
