"""What is told of a request for explanation: to whom, the line of a digest, the sentence of a report."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from monitor.alerts.declaration import Alerts, Requests, Route
from monitor.language import Language
from monitor.model.request import Request, RequestState
from monitor.model.target import Target


@dataclass(frozen=True, slots=True)
class Explanation:
    """A request as a digest tells it. `fresh`: asked or answered since the one before; `causes`: in the reader's words;
    `expected`: as it is printed.
    """

    number: int
    name: str
    unit: str
    owner: str
    question: str
    asked_by: str
    asked: date
    due: date
    state: RequestState
    fresh: bool
    answered: date | None = None
    causes: tuple[str, ...] = ()
    because: str = ""
    remedy: str = ""
    expected: str = ""


def answering(alerts: Alerts, owner: str, unit: str) -> list[Route]:
    """The routes of those who answer: of a part the unit's own, else the owner's."""
    own = [route for route in alerts.readers if unit in route.choose.unit]
    return own or [route for route in alerts.readers if owner in route.choose.owner]


def above(alerts: Alerts, owner: str, unit: str) -> list[Route]:
    """The routes that are told when an answer is late: those that they escalate to, else the one declared for all."""
    names = [r.escalate.to for r in answering(alerts, owner, unit) if r.escalate is not None]
    if not names and alerts.requests.late is not None:
        names = [alerts.requests.late]
    return [route for route in alerts.routes if route.id in names]


def explanations(
    requests: Iterable[Request],
    series: Collection[tuple[str, str]],
    targets: Mapping[str, Target],
    units: Mapping[str, str],
    city: str,
    declared: Requests,
    as_of: date,
    since: date | None,
    speaks: Language,
) -> tuple[Explanation, ...]:
    """What a digest tells of requests about `series` as of a day: all that wait, and what was answered since the one before."""
    told = []
    for request in (each.known_on(as_of) for each in requests if each.asked <= as_of):
        answer = request.answer
        news = since is None or max(request.asked, answer.day if answer else request.asked) > since
        if (request.target, request.unit) not in series or (answer is not None and not news):
            continue
        target = targets[request.target]
        plain = Explanation(
            number=request.number,
            name=target.name,
            unit="" if request.unit == city else units.get(request.unit, request.unit),
            owner=units.get(request.owner, request.owner),
            question=request.question,
            asked_by=request.asked_by,
            asked=request.asked,
            due=request.due,
            state=request.state(as_of),
            fresh=news,
        )
        told.append(plain if answer is None else _answered(plain, request, target, declared, speaks))
    return tuple(sorted(told, key=lambda each: (list(RequestState).index(each.state) != 1, each.due, each.number)))


def _answered(
    plain: Explanation, request: Request, target: Target, declared: Requests, speaks: Language
) -> Explanation:
    answer = request.answer
    assert answer is not None  # noqa: S101 - the caller looked
    return Explanation(
        **{name: getattr(plain, name) for name in Explanation.__slots__[:10]},
        answered=answer.day,
        causes=tuple(declared.named(cause, speaks.code) for cause in answer.causes),
        because=answer.because,
        remedy=answer.remedy,
        expected=expected(answer.expected, answer.by, target, speaks),
    )


def expected(value: float | None, by: date, target: Target, speaks: Language) -> str:
    """What is now expected by when: `93,5% vào 30/09/2024`."""
    if value is None:
        return speaks.say("done by {day}", day=speaks.day(by))
    return speaks.say("{value} by {day}", value=speaks.number(value, target.unit_of_measure, 6), day=speaks.day(by))


def sentences(
    requests: Iterable[Request],
    targets: Mapping[str, Target],
    units: Mapping[str, str],
    declared: Requests,
    speaks: Language,
) -> dict[str, tuple[str, ...]]:
    """Target -> what its owners answered, a sentence for the cause and one for the remedy of each request."""
    found: dict[str, tuple[str, ...]] = {}
    for request in requests:
        answer = request.answer
        if answer is None or request.target not in targets:
            continue
        causes = ", ".join(declared.named(cause, speaks.code) for cause in answer.causes)
        cause = speaks.say(
            "Cause, as {owner} says on {day}: {text}.",
            owner=units.get(request.owner, request.owner),
            day=speaks.day(answer.day),
            text="; ".join(part for part in (causes, answer.because.rstrip(". ")) if part),
        )
        remedy = speaks.say(
            "Remedy: {text}; expected {figure}.",
            text=answer.remedy.rstrip(". "),
            figure=expected(answer.expected, answer.by, targets[request.target], speaks),
        )
        found[request.target] = (*found.get(request.target, ()), cause, remedy)
    return found
