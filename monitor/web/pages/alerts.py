"""Alerts: filtered, and many acted on at once; and the silences that keep alerts out of letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from monitor.acts import alerts as acts
from monitor.acts import silences
from monitor.acts.permission import Refused, may
from monitor.alerts.declaration import CITY, WARDS
from monitor.model.act import Actor, Deed
from monitor.model.alert import State
from monitor.model.finding import Severity
from monitor.model.problem import Problem, Problems
from monitor.rules.load import Declared
from monitor.store import silences as stored_silences
from monitor.web.pages import SignedIn, acting, visitor_of
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
    unit: str = CITY,
    owner: str = "",
    done: str = "",
) -> Response:
    """The page."""
    wanted = {"resolution": resolution, "state": state, "severity": severity, "unit": unit, "owner": owner}
    return _shown(page, as_of, wanted, done=done)


@router.post("/alerts")
def act(
    page: SignedIn,
    what: Annotated[str, Form()] = "",
    alert: Annotated[list[str] | None, Form()] = None,
    note: Annotated[str, Form(max_length=4000)] = "",
    until: Annotated[str, Form(max_length=10)] = "",
    csrf: Annotated[str, Form()] = "",
    resolution: Annotated[str, Form()] = "",
    state: Annotated[str, Form()] = "active",
    severity: Annotated[str, Form()] = "",
    unit: Annotated[str, Form()] = CITY,
    owner: Annotated[str, Form()] = "",
) -> Response:
    """Acknowledge, close or silence those that are ticked, all or none."""
    who = acting(page, csrf, note)
    wanted = {"resolution": resolution, "state": state, "severity": severity, "unit": unit, "owner": owner}
    try:
        _act(page, what, who, alert or [], until)
    except Refused:
        raise
    except Problems as found:
        return _shown(page, "", wanted, found.problems, note=note, ticked=alert or [])
    again = urlencode({**wanted, "done": len(alert or [])})
    return RedirectResponse(f"/alerts?{again}", 303)


@router.post("/alerts/silences/{number}")
def end(page: SignedIn, number: int, csrf: Annotated[str, Form()] = "") -> Response:
    """End a silence before its time."""
    who = acting(page, csrf)
    silences.end_silence(page.desk.engine, who, number, page.desk.moment)
    return RedirectResponse("/alerts", 303)


def _act(page: Page, what: str, who: Actor, names: list[str], until: str) -> None:
    if not names:
        raise Problems([Problem("alert", "tick the alerts that are meant")])
    desk, moment = page.desk, page.desk.moment
    if what == "silence":
        silences.silence_alerts(desk.workspace(), desk.engine, who, names, desk.day(until), moment)
        return
    step = {"acknowledge": acts.acknowledge, "close": acts.close}.get(what)
    if step is None:
        raise Problems([Problem("what", "choose what is to be done")])
    step(desk.workspace(), desk.engine, who, names, moment)


def _shown(
    page: Page,
    as_of: str,
    wanted: dict[str, str],
    problems: tuple[Problem, ...] = (),
    done: str = "",
    note: str = "",
    ticked: Sequence[str] = (),
) -> Response:
    declared, view, day = chosen(page, wanted["resolution"], as_of)
    if declared is None or view is None:
        return page.show("message.html.j2", title=page.speaks.say("Nothing is in force that you may see on this day"))
    actor, names, city = visitor_of(page).actor, declared.unit_names, declared.city.id
    seen = [
        (name, alert)
        for name, alert in view.alerts.items()
        if alert.state is not State.PENDING and page.desk.sees(actor, declared, alert.target, alert.unit)
    ]
    found: list[dict[str, Any]] = []
    for name, alert in seen:
        of = declared.targets.get(alert.target)
        fits = wanted["state"] in ("", alert.state.value) or (wanted["state"] == "active" and alert.state.active)
        fits = fits and wanted["severity"] in ("", alert.severity.value)
        fits = fits and wanted["unit"] in ("", alert.unit, CITY if alert.unit == city else WARDS)
        if fits and wanted["owner"] in ("", of.owner if of is not None else ""):
            found.append(
                {
                    "id": name,
                    "alert": alert,
                    "name": of.name if of is not None else alert.target,
                    "unit": "" if alert.unit == city else names.get(alert.unit, alert.unit),
                    "message": alert.message[page.speaks.code],
                }
            )
    found.sort(key=lambda each: (not each["alert"].state.active, -each["alert"].severity.rank, each["name"]))
    can = {deed.value: may(actor, deed) for deed in (Deed.ACKNOWLEDGE, Deed.CLOSE, Deed.SILENCE, Deed.ASK)}
    owners = {declared.targets[a.target].owner for _, a in seen if a.target in declared.targets}
    return page.show(
        "alerts.html.j2",
        422 if problems else 200,
        declared=declared,
        resolutions=page.desk.resolutions(actor, day),
        day=day,
        today=page.desk.moment.as_of,
        alerts=found,
        wanted=wanted | {"resolution": declared.resolution.id},
        severities=list(Severity),
        units=sorted((names.get(u, u), u) for u in {alert.unit for _, alert in seen} - {city}),
        owners=sorted((names.get(each, each), each) for each in owners),
        problems=page.told(problems),
        done=done if done.isdecimal() else "",
        note=note,
        ticked=ticked,
        can=can,
        silences=_silences(page, declared) if can["silence"] else [],
    )


def _silences(page: Page, declared: Declared) -> list[dict[str, Any]]:
    """The silences that are in effect, or will be."""
    say, today = page.speaks.say, page.desk.moment.as_of
    words = {CITY: say("the whole"), WARDS: say("all units")} | dict(declared.unit_names)
    words |= {target.id: target.name for target in declared.targets.values()} | dict(declared.groups)
    with page.desk.engine.connect() as connection:
        kept = [each for each in stored_silences.silences(connection) if each.ends >= today]
    return [
        {
            "of": each,
            "words": "; ".join(
                ", ".join(words.get(value, value) for value in ([values] if isinstance(values, str) else values))
                for values in each.matchers.values()
            ),
        }
        for each in kept
    ]
