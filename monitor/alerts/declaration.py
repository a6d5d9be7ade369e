"""What administrators write under `alerts/`: who is told what, and when."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, RootModel

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
    """`routes.yaml`: a list of routes, each read by itself, so that one mistake hides no other."""

    routes: tuple[Any, ...]


class Alerts(Declared):
    """Everything under `alerts/`."""

    routes: tuple[Route, ...]
    templates: Path


@dataclass(frozen=True)
class Addresses:
    """Recipient -> mail addresses, from a file outside version control."""

    known: Mapping[str, tuple[str, ...]]

    def of(self, route: Route) -> tuple[str, ...]:
        """All of a route's addresses. Raises Problems for recipients that have none."""
        missing = [name for name in route.to if not self.known.get(name)]
        if missing:
            message = "recipient {found} of the route {route} has no address"
            raise Problems(
                [Problem("alerts/addresses.yaml", message, {"found": n, "route": route.id}) for n in missing]
            )
        return tuple(address for name in route.to for address in self.known[name])


class AddressesFile(RootModel[dict[str, str | tuple[str, ...]]]):
    """`addresses.yaml`: recipient: address, or a list of them."""


def read_addresses(document: Document) -> Addresses:
    """The addresses. Raises Problems for what is no address."""
    problems = []
    known = {}
    for name, given in document.read(AddressesFile).root.items():
        known[name] = (given,) if isinstance(given, str) else given
        for address in known[name]:
            if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
                problems.append(document.problem((name,), '"{found}" is not a mail address', found=address))
    if problems:
        raise Problems(problems)
    return Addresses(known)


def declare(documents: dict[str, Document], templates: Path, units: set[str] | None, groups: set[str] | None) -> Alerts:
    """The routes of `alerts/routes.yaml`. Raises Problems with everything wrong in it, and for a missing template.

    `units`, `groups`: the names there are, or None when they could not all be read.
    """
    problems: list[Problem] = []
    for name in TEMPLATES:
        if not (templates / name).is_file():
            problems.append(Problem(f"alerts/templates/{name}", "the template is missing"))
    document = documents.get("routes.yaml")
    if document is None:
        raise Problems([*problems, Problem("alerts/routes.yaml", "the file is missing, or cannot be read")])
    known = {"owner": units, "unit": None if units is None else units | {"city"}, "group": groups}
    routes: dict[str, Route] = {}
    for n in range(len(document.read(RoutesFile).routes)):
        try:
            route = document.read(Route, ("routes", n))
        except Problems as found:
            problems += found.problems
            continue
        if route.id in routes:
            problems.append(document.problem(("routes", n, "id"), 'route "{found}" is declared twice', found=route.id))
        routes[route.id] = route
        for key, names in known.items():
            for k, value in enumerate(getattr(route.choose, key)):
                if names is not None and value not in names:
                    problems.append(document.tell(("routes", n, "choose", key, k), unknown(key, value, names)))
    if problems:
        raise Problems(problems)
    return Alerts(routes=tuple(routes.values()), templates=templates)
