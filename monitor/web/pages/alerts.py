"""Alerts: filtered, and many acted on at once."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from monitor.acts import alerts as acts
from monitor.acts import silences
from monitor.acts.permission import Refused, may
from monitor.model.act import Actor, Deed
from monitor.model.alert import State
from monitor.model.finding import Severity
from monitor.model.problem import Problem, Problems
from monitor.web import guard
from monitor.web.pages import SignedIn, visitor_of
from monitor.web.pages.overview import chosen
from monitor.web.render import Page

router = APIRouter()


@router.get("/alerts")
def show(
    page: SignedIn,
    resolution: str = "",
    as_of: str = "",
    state: str = "active",
    severity: str = "",
    unit: str = "city",
    done: str = "",
) -> Response:
    """The page."""
    return _shown(page, resolution, as_of, {"state": state, "severity": severity, "unit": unit}, (), done)


@router.post("/alerts")
def act(
    page: SignedIn,
    what: Annotated[str, Form()] = "",
    alert: Annotated[list[str] | None, Form()] = None,
    note: Annotated[str, Form(max_length=4000)] = "",
    until: Annotated[str, Form(max_length=10)] = "",
    csrf: Annotated[str, Form()] = "",
    state: Annotated[str, Form()] = "active",
    severity: Annotated[str, Form()] = "",
    unit: Annotated[str, Form()] = "city",
) -> Response:
    """Acknowledge, close or silence those that are ticked, all or none."""
    visitor = visitor_of(page)
    guard.check(visitor, csrf)
    who = Actor(visitor.actor.who, visitor.actor.door, note, visitor.actor.grants)
    wanted = {"state": state, "severity": severity, "unit": unit}
    try:
        _act(page, what, who, alert or [], until)
    except Refused:
        raise
    except Problems as found:
        return _shown(page, "", "", wanted, found.problems, "", 422)
    again = urlencode({**wanted, "done": len(alert or [])})
    return RedirectResponse(f"/alerts?{again}", 303)


def _act(page: Page, what: str, who: Actor, names: list[str], until: str) -> None:
    if not names:
        raise Problems([Problem("alert", "tick the alerts that are meant")])
    desk = page.desk
    moment = desk.moment
    if what == "silence":
        there = {
            name: a
            for d in desk.resolutions(who, moment.as_of)
            for name, a in desk.view(d, moment.as_of).alerts.items()
        }
        meant = [there[name] for name in names if name in there]
        matchers = {"target": sorted({a.target for a in meant}), "rule": sorted({a.rule for a in meant})}
        matchers["unit"] = sorted({a.unit for a in meant})
        silences.silence(desk.workspace(), desk.engine, who, matchers, desk.day(until), moment)
        return
    step = {"acknowledge": acts.acknowledge, "close": acts.close}.get(what)
    if step is None:
        raise Problems([Problem("what", "choose what is to be done")])
    step(desk.workspace(), desk.engine, who, names, moment)


def _shown(
    page: Page,
    resolution: str,
    as_of: str,
    wanted: dict[str, str],
    problems: tuple[Problem, ...],
    done: str,
    status: int = 200,
) -> Response:
    declared, view, day = chosen(page, resolution, as_of)
    if declared is None or view is None:
        return page.show("message.html.j2", title=page.speaks.say("Nothing is in force that you may see on this day"))
    actor, names = visitor_of(page).actor, declared.unit_names
    found: list[dict[str, Any]] = []
    for name, alert in view.alerts.items():
        if not page.desk.sees(actor, declared, alert.target, alert.unit) or alert.state is State.PENDING:
            continue
        fits = wanted["state"] in ("", alert.state.value) or (wanted["state"] == "active" and alert.state.active)
        fits = fits and (not wanted["severity"] or alert.severity.value == wanted["severity"])
        fits = fits and (wanted["unit"] != "city" or alert.unit == declared.city.id)
        if fits:
            of = declared.targets.get(alert.target)
            found.append(
                {
                    "id": name,
                    "alert": alert,
                    "name": of.name if of is not None else alert.target,
                    "unit": "" if alert.unit == declared.city.id else names.get(alert.unit, alert.unit),
                    "message": alert.message[page.speaks.code],
                }
            )
    found.sort(key=lambda each: (not each["alert"].state.active, -each["alert"].severity.rank, each["name"]))
    can = {deed.value: may(actor, deed) for deed in (Deed.ACKNOWLEDGE, Deed.CLOSE, Deed.SILENCE)}
    return page.show(
        "alerts.html.j2",
        status,
        declared=declared,
        day=day,
        today=page.desk.moment.as_of,
        alerts=found,
        wanted=wanted,
        severities=list(Severity),
        problems=page.told(problems),
        done=done if done.isdigit() else "",
        can=can,
    )
