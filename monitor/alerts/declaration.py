"""What administrators write under `alerts/`: who is told what, and when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, RootModel

from monitor.alerts import channels
from monitor.language import ZONE
from monitor.model.declared import Declared
from monitor.model.finding import Severity
from monitor.model.name import Identifier, Name
from monitor.model.period import WorkingDays
from monitor.model.problem import Problem, Problems, Said, reason_of, unknown
from monitor.syntax.document import Document
from monitor.syntax.timetable import Cron

TEMPLATES = ("digest.html.j2", "digest.txt.j2", "upkeep.html.j2", "upkeep.txt.j2")
CITY, WARDS = "city", "wards"
T = TypeVar("T", bound=BaseModel)


class Chooses(Declared):
    """Which alerts are meant: every key given must fit, no key takes all. `unit`: ids, `city` (the whole), or `wards` (its
    parts); `severity`: or graver.
    """

    resolution: tuple[str, ...] = ()
    rule: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()
    severity: Severity = Severity.INFO


class Escalates(Declared):
    """Who is told as well, when an alert is open for `after` days and nobody has acknowledged it: another route."""

    to: Identifier
    after: Annotated[int, Field(ge=1)]


class Route(Declared):
    """One digest: whose, what is in it, when it goes. `to` names recipients; their addresses stand in no versioned file.

    `immediate`: what is as grave as this, or graver, is also told at once; `repeat`: a digest without anything new goes only
    when so many days have passed since the last; `resolved`: what is over is told; `upkeep`: it is about the monitor itself.
    """

    id: Identifier
    name: str
    to: Annotated[tuple[Name, ...], Field(min_length=1)]
    schedule: Cron
    language: Literal["vi", "en"] = "vi"
    choose: Chooses = Chooses()
    scoreboard: bool = True
    immediate: Literal["info", "warning", "high", "critical", "never"] = "critical"
    repeat: Annotated[int, Field(ge=0)] = 0
    resolved: bool = True
    escalate: Escalates | None = None
    upkeep: bool = False


class Inhibits(Declared):
    """While an alert of `source` is open, those of `muted` that equal it in the keys of `equal` are not told.

    `equal`: `target`, `unit`, or `parent` (the source's target is the one that the muted's target is a part of).
    """

    about: str = ""
    source: Chooses
    muted: Chooses
    equal: Annotated[tuple[Literal["target", "unit", "parent"], ...], Field(min_length=1)]


class Cause(Declared):
    """Why a target is behind, in words that those who answer choose from."""

    id: Identifier
    vi: Annotated[str, Field(min_length=1, max_length=200)]
    en: str = ""


class Requests(Declared):
    """Requests for explanation: answered within so many working `days`; when one is `late`, that route is told, unless the route
    of whoever answers escalates to another; `causes`: those to choose from.
    """

    days: Annotated[int, Field(ge=1, le=90)] = 5
    late: Identifier | None = None
    causes: tuple[Cause, ...] = ()

    def named(self, cause: str, language: str) -> str:
        """A cause in words; its id where it is declared no more."""
        found = next((each for each in self.causes if each.id == cause), None)
        return cause if found is None else found.en or found.vi if language == "en" else found.vi


class RoutesFile(Declared):
    """`routes.yaml`: lists whose items are read by themselves, so that one mistake hides no other.

    `group_wait`: minutes that an urgent letter waits for others to join it.
    """

    group_wait: Annotated[float, Field(ge=0, le=24 * 60)] = 10
    requests: Requests = Requests()
    inhibit: tuple[Any, ...] = ()
    routes: tuple[Any, ...]


def _clock(text: Any) -> time:
    if not isinstance(text, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise Said('"{found}" is not a time of day such as "21:30" (in quotes)', found=str(text))
    return time.fromisoformat(text)


TimeOfDay = Annotated[time, BeforeValidator(_clock)]


class Quiet(Declared):
    """Hours in which nothing urgent is sent: it waits for their end."""

    begin: TimeOfDay
    end: TimeOfDay

    def over(self, moment: datetime) -> datetime:
        """That moment, or the end of the quiet hours it falls into."""
        local = moment.astimezone(ZONE)
        end = datetime.combine(local.date(), self.end, tzinfo=ZONE)
        if self.begin <= self.end:
            inside = self.begin <= local.time() < self.end
        else:
            inside = local.time() >= self.begin or local.time() < self.end
            end += timedelta(days=local.time() >= self.begin)
        return end if inside else moment


# The longest holidays are shorter than this.
MOST_OFF = 60
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _country(code: str) -> str:
    from holidays.registry import EntityLoader  # noqa: PLC0415 - see model.period

    # The codes alone: to list what is known of each country, holidays imports all two hundred of them.
    known = sorted(EntityLoader.get_country_codes())
    if code not in known:
        raise unknown("country", code, known)
    return code


def _some_days_on(off: dict[date, str]) -> dict[date, str]:
    longest = max((sum(1 for n in range(MOST_OFF + 1) if day + timedelta(days=n) in off) for day in off), default=0)
    if longest > MOST_OFF:
        first = next(d for d in sorted(off) if all(d + timedelta(days=n) in off for n in range(MOST_OFF + 1)))
        raise Said(
            "from {day} on more than {most} days in a row are off: nothing would ever be due", day=first, most=MOST_OFF
        )
    return off


def _some_work(weekend: tuple[str, ...]) -> tuple[str, ...]:
    if set(weekend) == set(WEEK):
        raise Said("a week of seven weekend days has no day on which anything is due")
    return weekend


class CalendarFile(Declared):
    """`calendar.yaml`: `country`: whose public holidays count; `off`: further free days, `on`: free days that are worked,
    each with its reason; `quiet`: hours without urgent letters.
    """

    country: Annotated[str, AfterValidator(_country)] | None = None
    weekend: Annotated[tuple[Literal[WEEK], ...], AfterValidator(_some_work)] = ()  # type: ignore[valid-type]
    off: Annotated[dict[date, str], AfterValidator(_some_days_on)] = {}
    on: dict[date, str] = {}
    quiet: Quiet | None = None

    @property
    def days(self) -> WorkingDays:
        """When offices work."""
        weekend = frozenset(WEEK.index(day) for day in self.weekend)
        return WorkingDays(self.country or "", weekend, frozenset(self.off), frozenset(self.on))


@dataclass(frozen=True, slots=True)
class Templates:
    """The texts of `alerts/templates/`, by name: held in memory, so that a service that runs for years needs no copy
    of the files.
    """

    texts: tuple[tuple[str, str], ...]


def read_templates(folder: Path) -> tuple[Templates, list[Problem]]:
    """The templates, and a problem for each that is missing or no text."""
    texts, problems = {}, []
    for path in sorted(p for p in folder.glob("*.j2") if p.is_file()):
        place = f"alerts/templates/{path.name}"
        try:
            texts[path.name] = path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            message = "the file is not UTF-8: found the byte {found}. Save it again as UTF-8"
            problems.append(Problem(place, message, {"found": f"0x{error.object[error.start]:02x}"}))
        except OSError as error:
            message = "the file cannot be read: {reason}"
            problems.append(Problem(place, message, {"reason": reason_of(error)}))
    for name in TEMPLATES:
        if not (folder / name).exists():
            problems.append(Problem(f"alerts/templates/{name}", "the template is missing"))
    return Templates(tuple(texts.items())), problems


class Alerts(Declared):
    """Everything under `alerts/`."""

    routes: tuple[Route, ...]
    inhibit: tuple[Inhibits, ...]
    group_wait: timedelta
    calendar: CalendarFile
    templates: Templates
    requests: Requests = Requests()

    @property
    def readers(self) -> tuple[Route, ...]:
        """The routes that are told of targets."""
        return tuple(route for route in self.routes if not route.upkeep)

    @property
    def caretakers(self) -> tuple[Route, ...]:
        """The routes that are told of the monitor itself."""
        return tuple(route for route in self.routes if route.upkeep)


@dataclass(frozen=True)
class Addresses:
    """Recipient -> addresses, from a file outside version control or the environment."""

    known: Mapping[str, tuple[str, ...]]

    def missing(self, routes: Iterable[Route]) -> list[Problem]:
        """The recipients of these routes that have no address."""
        message = "recipient {found} of the route {route} has no address"
        return [
            Problem("alerts/addresses.yaml", message, {"found": name, "route": route.id})
            for route in routes
            for name in route.to
            if not self.known.get(name)
        ]


class AddressesFile(RootModel[dict[str, str | tuple[str, ...]]]):
    """`addresses.yaml`: recipient: address, or a list of them."""


def read_addresses(document: Document) -> Addresses:
    """The addresses. Raises Problems for what is no address."""
    problems = []
    known = {}
    for name, given in document.read(AddressesFile).root.items():
        known[name] = (given,) if isinstance(given, str) else given
        for address in known[name]:
            if channels.of(address) is None:
                message = (
                    "an address of {found} is neither a mail address nor an Apprise URL such as tgram://TOKEN/CHAT"
                )
                problems.append(document.problem((name,), message, found=name))
    if problems:
        raise Problems(problems)
    return Addresses(known)


@dataclass(frozen=True)
class Names:
    """The names there are in the rules, for `alerts/` to refer to. None: they could not all be read."""

    resolution: set[str]
    target: set[str]
    group: set[str]
    owner: set[str]
    unit: set[str]
    rule: set[str]


def declare(documents: dict[str, Document], templates: Templates, names: Names | None) -> Alerts:
    """What `alerts/*.yaml` declare. Raises Problems with everything wrong in them."""
    problems: list[Problem] = []
    document = documents.get("routes.yaml")
    if document is None:
        raise Problems([Problem("alerts/routes.yaml", "the file is missing, or cannot be read")])
    calendar = _calendar(documents.get("calendar.yaml"), problems)
    written = _read(document, RoutesFile, (), problems)
    counts = {key: _length(document, key) for key in ("inhibit", "routes")}
    inhibit = [_read(document, Inhibits, ("inhibit", n), problems) for n in range(counts["inhibit"])]
    for n, each in enumerate(inhibit):
        for part in ("source", "muted"):
            if each is not None:
                problems += _unknown(document, ("inhibit", n, part), getattr(each, part), names)
    routes: dict[str, Route] = {}
    positions: dict[str, int] = {}
    for n in range(counts["routes"]):
        route = _read(document, Route, ("routes", n), problems)
        if route is None:
            continue
        if route.id in routes:
            problems.append(document.problem(("routes", n, "id"), 'route "{found}" is declared twice', found=route.id))
        routes[route.id] = route
        positions[route.id] = n
        problems += _unknown(document, ("routes", n, "choose"), route.choose, names)
    for name, n in positions.items():
        onward = routes[name].escalate
        if onward is not None and onward.to not in routes:
            problems.append(document.tell(("routes", n, "escalate", "to"), unknown("route", onward.to, routes)))
    if written is not None:
        problems += _of_requests(document, written.requests, routes)
    if problems or written is None:
        raise Problems(problems)
    return Alerts(
        routes=tuple(routes.values()),
        inhibit=tuple(each for each in inhibit if each is not None),
        group_wait=timedelta(minutes=written.group_wait),
        calendar=calendar,
        templates=templates,
        requests=written.requests,
    )


def _of_requests(document: Document, requests: Requests, routes: Mapping[str, Route]) -> list[Problem]:
    """What is wrong in how requests for explanation are handled."""
    found = []
    if requests.late is not None and requests.late not in routes:
        found.append(document.tell(("requests", "late"), unknown("route", requests.late, routes)))
    names = [cause.id for cause in requests.causes]
    for n, name in enumerate(names):
        if name in names[:n]:
            found.append(
                document.problem(("requests", "causes", n, "id"), 'cause "{found}" is declared twice', found=name)
            )
    return found


def _length(document: Document, key: str) -> int:
    """How many items a list of the file has; none, when it is no list."""
    node = document.data.get(key)
    return len(node) if isinstance(node, Sequence) and not isinstance(node, str) else 0


def _calendar(document: Document | None, problems: list[Problem]) -> CalendarFile:
    """The calendar; without a file every day is a working day."""
    read = _read(document, CalendarFile, (), problems) if document is not None else None
    return read or CalendarFile()


def _read(document: Document, model: type[T], path: tuple[str | int, ...], problems: list[Problem]) -> T | None:
    try:
        return document.read(model, path)
    except Problems as found:
        problems += found.problems
        return None


def _unknown(document: Document, path: tuple[str | int, ...], choose: Chooses, names: Names | None) -> list[Problem]:
    """The names in a choice that are not declared anywhere."""
    if names is None:
        return []
    known = {
        "resolution": names.resolution,
        "target": names.target,
        "group": names.group,
        "owner": names.owner,
        "rule": names.rule,
    }
    known["unit"] = names.unit | {CITY, WARDS}
    return [
        document.tell((*path, key, n), unknown(key, value, there))
        for key, there in known.items()
        for n, value in enumerate(getattr(choose, key))
        if value not in there
    ]
