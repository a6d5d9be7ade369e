"""A target: how it went and where it is heading; figures and cells; rules and why; its time line; its units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter, HTTPException, Response

from monitor.desk import View
from monitor.model.act import Deed
from monitor.model.assessment import CASES, Because
from monitor.model.finding import fingerprint
from monitor.model.target import Target
from monitor.store import alerts as stored_alerts
from monitor.store import observations as stored_observations
from monitor.store import outbox
from monitor.store import requests as stored_requests
from monitor.web.chart import HEIGHT, LEFT, RIGHT, TOP, WIDTH, chart
from monitor.web.pages import SignedIn, visitor_of
from monitor.web.pages.overview import ORDER, chosen
from monitor.web.render import Page, figures_of

router = APIRouter()


@router.get("/targets/{target}")
def show(page: SignedIn, target: str, unit: str = "", resolution: str = "", as_of: str = "") -> Response:
    """The page of a series: of the whole, or of one unit."""
    day = page.desk.day(as_of)
    there = page.desk.resolutions(visitor_of(page).actor, day)
    declared = next((d for d in there if target in d.targets and resolution in ("", d.resolution.id)), None)
    if declared is None:
        raise HTTPException(404)
    _, view, _ = chosen(page, declared.resolution.id, as_of)
    unit = unit or declared.city.id
    actor = visitor_of(page).actor
    if view is None or (target, unit) not in view.fields or not page.desk.sees(actor, declared, target, unit):
        raise HTTPException(404)
    of, fields = declared.targets[target], view.fields[target, unit]
    drawn = view.drawn
    row = drawn.row(target, unit)
    measure = of.unit_of_measure
    case = CASES[Because(fields["because"])]
    limits = {n: page.speaks.percent(getattr(declared.thresholds, n)) for n in ("on_track", "off_track", "hopeless")}
    picture = chart(
        drawn.past[:, row], drawn.year[row], drawn.required[row], int(drawn.due[row]), fields, measure, page.speaks
    )
    return page.show(
        "target.html.j2",
        declared=declared,
        day=day,
        today=page.desk.moment.as_of,
        target=of,
        unit=unit,
        city=unit == declared.city.id,
        unit_name=declared.unit_names[unit],
        owner=declared.unit_names.get(of.owner, of.owner),
        place=declared.places[target],
        code=fields["status"],
        told=_told(page, of, fields),
        printed=fields["printed"],
        because=page.speaks.say(case.meaning, silence=declared.thresholds.silence, **limits),
        chart=picture,
        size={"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT, "top": TOP},
        year=drawn.first.year,
        figures=list(_figures(page, view, target, unit, day)),
        rules=list(_rules(view, target, unit)),
        line=list(_time_line(page, view, target, unit, day)),
        units=list(_units(page, view, target)),
        family=list(_family(page, view, of, unit)),
        asks=page.desk.sees(actor, declared, target, unit, Deed.ASK),
    )


def _told(page: Page, of: Target, fields: Any) -> dict[str, str]:
    return figures_of(fields, of.unit_of_measure, strict=of.target.strict, whole=of.whole_numbers, speaks=page.speaks)


def _figures(page: Page, view: View, target: str, unit: str, day: date) -> Iterator[dict[str, Any]]:
    """The year's figures, the latest first, each with all that was reported for it and where that stands."""
    measure = view.declared.targets[target].reported.unit_of_measure
    without = page.desk.workspace().strangers({view.declared.resolution.body})
    with page.desk.engine.connect() as connection:
        said = stored_observations.revisions(connection, target, unit, day, without)
    said = said[said["period"] >= str(view.drawn.first)]
    for period, table in sorted(said.groupby("period"), reverse=True):
        yield {
            "period": page.speaks.month(str(period)),
            "revisions": [
                {
                    "value": page.speaks.number(row["value"], str(row["unit_of_measure"] or measure), 6),
                    "received": row["received"],
                    **{name: str(row[name]) for name in ("feed", "file", "sheet", "cell")},
                }
                for row in reversed(table.to_dict("records"))
            ],
        }


def _rules(view: View, target: str, unit: str) -> Iterator[dict[str, Any]]:
    """Each rule of the series: whether it holds now, and its condition."""
    declared = view.declared
    held = {finding.fingerprint for finding in view.standing.findings}
    for compiled in declared.rules.rules:
        own = compiled.target.id == target and compiled.written.rule.match is None
        if own and compiled.name.endswith("@wards") == (unit != declared.city.id):
            name = fingerprint(declared.resolution.id, compiled.rule, target, unit)
            alert = view.alerts.get(name)
            yield {
                "name": compiled.rule,
                "holds": name in held,
                "severity": compiled.written.rule.severity.value,
                "condition": compiled.written.rule.when,
                "alert": alert if alert is not None and alert.state.active else None,
            }


@dataclass(frozen=True, slots=True)
class Happened:
    """One point of the time line. `request`: the number of the one it belongs to, 0 of an alert's."""

    day: date
    what: str
    who: str
    text: str
    note: str = ""
    severity: str = ""
    rule: str = ""
    request: int = 0


def _time_line(page: Page, view: View, target: str, unit: str, day: date) -> list[Happened]:
    """Alerts, what people did about them, questions and answers: one line of time, the latest first."""
    speaks = page.speaks
    found: list[Happened] = []
    with page.desk.engine.connect() as connection:
        for name, alert in view.alerts.items():
            if (alert.target, alert.unit) != (target, unit):
                continue
            for e in (e for e in stored_alerts.history(connection, name) if e.as_of <= day):
                note = e.note if e.by or not e.note else speaks.say(e.note)
                words, text = speaks.say(e.happening.value), e.message[speaks.code]
                found.append(Happened(e.as_of, words, e.by, text, note, e.severity.value, alert.rule))
        asked = stored_requests.requests(connection, view.declared.resolution.id, until=day)
        own = {name for name, alert in view.alerts.items() if (alert.target, alert.unit) == (target, unit)}
        letters = outbox.telling(connection, view.declared.resolution.id, own, day)
    routes = {route.id: route.name for route in page.desk.workspace().alerts.routes}
    told: dict[date, dict[str, None]] = defaultdict(dict)
    for stamp in letters:
        told[stamp.as_of][routes.get(stamp.route, stamp.route)] = None
    found += [Happened(on, speaks.say("Told by letter"), "", ", ".join(to)) for on, to in told.items()]
    named = page.desk.workspace().alerts.requests
    for request in (r for r in asked if (r.target, r.unit) == (target, unit)):
        head = speaks.say("Request {number}", number=request.number)
        found.append(Happened(request.asked, head, request.asked_by, request.question, request=request.number))
        for answer in request.answers:
            causes = ", ".join(named.named(cause, speaks.code) for cause in answer.causes)
            head = speaks.say("Answer to request {number}", number=request.number)
            text = "; ".join(part for part in (causes, answer.because) if part)
            found.append(Happened(answer.day, head, answer.who, text, answer.remedy, request=request.number))
    return sorted(found, key=lambda each: each.day, reverse=True)


def _units(page: Page, view: View, target: str) -> list[dict[str, Any]]:
    """The units side by side, the weak ones first."""
    declared, actor, found = view.declared, visitor_of(page).actor, []
    of = declared.targets[target]
    for (name, unit), fields in view.fields.items():
        if name != target or unit == declared.city.id or not page.desk.sees(actor, declared, target, unit):
            continue
        given = fields.get("attainment")
        share = float(given) if isinstance(given, int | float) else None
        found.append(
            {
                **_told(page, of, fields),
                "id": unit,
                "name": declared.unit_names[unit],
                "code": fields["status"],
                "printed": fields["printed"],
                "rank": (ORDER.index(fields["status"]), share or 0.0),
                "bar": max(0.0, min(100.0, 100 * (share or 0.0))),
                "share": page.speaks.ratio(share),
            }
        )
    return sorted(found, key=lambda each: each["rank"])


def _family(page: Page, view: View, of: Target, unit: str) -> Iterator[dict[str, Any]]:
    """The whole that a target is a part of, and its parts."""
    for other in view.declared.targets.values():
        related = other.id == of.parent or other.parent == of.id
        if related and (other.id, unit) in view.fields:
            fields = view.fields[other.id, unit]
            how = page.speaks.say("whole" if other.id == of.parent else "part")
            yield {
                "id": other.id,
                "name": other.name,
                "how": how,
                "code": fields["status"],
                **_told(page, other, fields),
            }
