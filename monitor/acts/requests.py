"""Requests for explanation: asking, answering, and telling the next route of an answer that is late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from babel.numbers import NumberFormatError, parse_decimal
from sqlalchemy import Connection, Engine

from monitor.acts.names import beginning, known, over
from monitor.acts.people import link
from monitor.acts.permission import require
from monitor.alerts import explanations as telling
from monitor.alerts.declaration import Route
from monitor.alerts.request_letter import letter as write
from monitor.model.act import Actor, Deed
from monitor.model.free_text import plain
from monitor.model.letter import Kind, Stamp
from monitor.model.problem import Problem, Problems, unknown
from monitor.model.request import Answer, Request, RequestState
from monitor.model.target import Target
from monitor.pipeline import Moment
from monitor.rules.load import Declared
from monitor.store import acts as stored_acts
from monitor.store import alerts as stored_alerts
from monitor.store import outbox
from monitor.store import requests as stored
from monitor.store.database import writing
from monitor.store.people import use
from monitor.workspace import Workspace

# Characters of a question, a cause, a remedy: a page and a half.
MOST_TEXT = 4000


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as a person wrote it. `expected`: a figure as Vietnamese writes it, empty of what is only done or not."""

    causes: Sequence[str]
    because: str
    remedy: str
    expected: str
    by: date


def ask(
    workspace: Workspace,
    engine: Engine,
    actor: Actor,
    about: str,
    question: str,
    due: date | None,
    moment: Moment,
    page: str = "",
) -> Request:
    """Ask whoever answers for `about` (an alert, `target`, or `target@unit`), by a day; they are told by letter.

    Without `due` it is so many working days on as the routes declare. `page`: where the page is served, for a link by which the
    recipient answers without an account; empty, the letter has none. Raises Problems with all that is wrong.
    """
    when = moment.to_record()
    with writing(engine) as connection:
        asked = _request(workspace, connection, actor, about, plain(question), due, when)
        require(actor, Deed.ASK, over(workspace, asked.resolution, asked.target, asked.unit))
        number = stored.ask(connection, asked, when.now)
        made = replace(asked, number=number)
        stored_acts.add(connection, Deed.ASK, actor, str(number), when.as_of, when.now)
        routes = telling.answering(workspace.alerts, made.owner, made.unit)
        _post(workspace, connection, made, routes, when, page, late=False)
    return made


def answer(
    workspace: Workspace, engine: Engine, actor: Actor, number: int, given: Given, moment: Moment, secret: str = ""
) -> Request:
    """Answer a request; given again, the later answer stands. `secret`: of the link by which somebody came, who answers by it
    once. Raises Problems with all that is wrong.
    """
    when, given = moment.to_record(), replace(given, because=plain(given.because), remedy=plain(given.remedy))
    with writing(engine) as connection:
        present = {each.number: each for each in stored.requests(connection)}
        if number not in present:
            said = unknown("request", str(number), [str(each) for each in present])
            raise Problems([Problem("request", said.message, said.values)])
        request = present[number]
        require(
            actor, Deed.ANSWER, over(workspace, request.resolution, request.target, request.unit), f"request {number}"
        )
        declared = next((d for d in workspace.resolutions if d.resolution.id == request.resolution), None)
        target = declared.targets.get(request.target) if declared is not None else None
        if target is None:
            message = "the target {target} of request {found} is not declared any more"
            raise Problems([Problem("request", message, {"target": request.target, "found": number})])
        value = _checked(workspace, given, target, when.as_of)
        if secret and not use(connection, secret, when.now):
            raise Problems([Problem("link", "this link has been answered by already: sign in to correct the answer")])
        made = Answer(
            actor.who, when.as_of, tuple(given.causes), given.because.strip(), given.remedy.strip(), value, given.by
        )
        stored.give(connection, number, made, when.now)
        stored_acts.add(connection, Deed.ANSWER, actor, str(number), when.as_of, when.now)
    return replace(request, answers=(*request.answers, made))


def chase(workspace: Workspace, engine: Engine, moment: Moment) -> list[Request]:
    """Tell those above, once, of every request whose day has gone by without an answer; which they are."""
    late = []
    with writing(engine) as connection:
        for request in stored.requests(connection):
            there = any(
                d.resolution.id == request.resolution and request.target in d.targets for d in workspace.resolutions
            )
            if request.state(moment.as_of) is not RequestState.LATE or request.escalated is not None or not there:
                continue
            routes = telling.above(workspace.alerts, request.owner, request.unit)
            stored.note_escalated(connection, request.number, moment.as_of)
            _post(workspace, connection, request, routes, moment, "", late=True)
            late.append(replace(request, escalated=moment.as_of))
    return late


def default_due(workspace: Workspace, day: date) -> date:
    """By when an answer is wanted, if nobody says."""
    works, due = workspace.alerts.calendar.days, day
    for _ in range(workspace.alerts.requests.days):
        due = works.from_(due + timedelta(days=1))
    return due


def _request(
    workspace: Workspace,
    connection: Connection,
    actor: Actor,
    about: str,
    question: str,
    due: date | None,
    when: Moment,
) -> Request:
    alert = ""
    name, _, unit = about.partition("@")
    if name not in workspace.targets and _like_alert(name):
        found = beginning(stored_alerts.alerts(connection), name)
        alert, name, unit = found.fingerprint, found.target, found.unit
    declared = next((d for d in reversed(workspace.in_force(when.as_of)) if name in d.targets), None)
    if declared is None:
        said = unknown("target", name, {t for d in workspace.in_force(when.as_of) for t in d.targets})
        raise Problems([Problem("target", said.message, said.values)])
    unit = unit or declared.city.id
    owner = declared.targets[name].owner
    problems = known("unit", [unit], [u for t, u in declared.series(when.as_of).index if t == name])
    problems += _unwritten("question", question)
    wanted = due or default_due(workspace, when.as_of)
    if wanted < when.as_of:
        message = "an answer by {found} would be late already: it is {day}"
        problems.append(Problem("due", message, {"found": wanted, "day": when.as_of}))
    if not problems and not telling.answering(workspace.alerts, owner, unit):
        message = (
            "nobody is told of what {owner} answers for: a route in alerts/routes.yaml must say  "
            "choose: {{owner: [{owner}]}}"
        )
        problems.append(Problem("target", message, {"owner": owner}))
    for other in stored.requests(connection, declared.resolution.id):
        if (other.target, other.unit) == (name, unit) and other.answer is None:
            message = "request {found} asks about it already, to be answered by {day}"
            problems.append(Problem("target", message, {"found": other.number, "day": other.due}))
    if problems:
        raise Problems(problems)
    identifier = declared.resolution.id
    return Request(0, identifier, name, unit, owner, alert, actor.who, when.as_of, wanted, question.strip())


def _like_alert(name: str) -> bool:
    return len(name) > 3 and all(c in "0123456789abcdef" for c in name.lower())


def _unwritten(place: str, text: str) -> Iterator[Problem]:
    if not text.strip():
        yield Problem(place, "nothing is written here")
    elif len(text) > MOST_TEXT:
        message = "it has {count} characters, and may have {most}"
        yield Problem(place, message, {"count": len(text), "most": MOST_TEXT})


def _checked(workspace: Workspace, given: Given, target: Target, today: date) -> float | None:
    """The figure that is expected. Raises Problems with all that is wrong in an answer."""
    causes = [cause.id for cause in workspace.alerts.requests.causes]
    problems = known("cause", given.causes, causes)
    if causes and not given.causes:
        problems.append(Problem("cause", "choose a cause: {names}", {"names": ", ".join(causes)}))
    problems += [*_unwritten("because", given.because), *_unwritten("remedy", given.remedy)]
    if given.by < today:
        message = "what is expected by {found} should be there already: it is {day}"
        problems.append(Problem("by", message, {"found": given.by, "day": today}))
    value, wrong = _figure(given.expected.strip(), target)
    problems += wrong
    if problems:
        raise Problems(problems)
    return value


def _figure(text: str, target: Target) -> tuple[float | None, list[Problem]]:
    if not text and target.measure == "milestone":
        return None, []
    if not text:
        return None, [Problem("expected", "say which value is now expected")]
    try:
        value = float(parse_decimal(text.removesuffix(target.unit_of_measure).strip(), locale="vi", strict=True))
    except NumberFormatError:
        return None, [
            Problem("expected", '"{found}" is not a figure such as {form}', {"found": text, "form": "1.234,5"})
        ]
    low, high = target.bounds
    if not low <= value <= high:
        message = "{found} cannot be true: the values of this target go from {low} to {high}"
        return None, [Problem("expected", message, {"found": value, "low": low, "high": high})]
    return value, []


def _post(
    workspace: Workspace,
    connection: Connection,
    request: Request,
    routes: Sequence[Route],
    when: Moment,
    page: str,
    *,
    late: bool,
) -> None:
    """A letter to each recipient of the routes, with a link of their own, in the transaction of what it tells of."""
    subject = f"request {request.number}"
    declared: Declared = workspace.resolution(request.resolution)
    alert = stored_alerts.alerts(connection, request.resolution).get(request.alert)
    for route, name in [(each, name) for each in routes for name in dict.fromkeys(each.to)]:
        letter = write(
            route,
            declared.resolution,
            request,
            declared.targets[request.target],
            declared.unit_names,
            declared.city.id,
            workspace.alerts.requests,
            alert.message if alert is not None else {},
            late=late,
            link=f"{page.rstrip('/')}/l/{link(connection, route.name, subject, when.now)}" if page and not late else "",
        )
        stamp = Stamp(request.resolution, route.id, Kind.REQUEST, when.as_of)
        before = outbox.of_day(connection, stamp)
        told = [request.alert] if request.alert else []
        stamp = replace(stamp, number=1 + len(before))
        outbox.post(connection, stamp, letter, told, [name], when.now, when.now)
