"""What one route's people get at one time: what is new, worse, still open, resolved; where every target stands; who is silent."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

import pandas as pd

from monitor.alerts.declaration import Inhibits, Route
from monitor.alerts.noise import Scene, inhibited, silenced
from monitor.model.alert import Alert, Event, Happening, State
from monitor.model.assessment import Status
from monitor.model.finding import Finding, Severity
from monitor.model.silence import Silence
from monitor.model.target import Resolution

Series = tuple[str, str]


class Part(StrEnum):
    """What became of a subject since the last digest."""

    NEW = "new"
    WORSE = "worse"
    STILL_OPEN = "still open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Figures:
    """One series against its target. Figures in `unit_of_measure`, or None; `name` and `unit` as people call them."""

    target: str
    name: str
    unit: str
    city: bool
    group: str
    owner: str
    printed: str
    unit_of_measure: str
    whole_numbers: bool
    period: str
    status: Status
    value: float | None
    required: float | None
    deviation: float | None
    linear_deviation: float | None
    projection: float | None
    low: float | None
    high: float | None
    probability: float | None
    pace: float | None
    trend: float | None
    method: str
    years: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Item:
    """One subject that has, or had, alerts: the gravest of them speaks. `since`: the day it opened; `escalated`: it is told here
    because nobody else has acknowledged it; `alerts`: their fingerprints.
    """

    part: Part
    severity: Severity
    message: str
    others: tuple[str, ...]
    since: date | None
    acknowledged: bool
    escalated: bool
    alerts: tuple[str, ...]
    figures: Figures


@dataclass(frozen=True, slots=True)
class Score:
    """How the targets of one group stand: status -> how many."""

    group: str
    counts: Mapping[Status, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Overdue:
    """Reports that should have come from one owner: the targets' names, and of the longest silence the latest period."""

    owner: str
    names: tuple[str, ...]
    latest: str


@dataclass(frozen=True, slots=True)
class Digest:
    """The whole, in the order it is read. `previous`: day of the last digest; `synthetic`: some figures are invented; `urgent`:
    it tells at once of a few alerts, and nothing else; `muted`: so many are left out, silenced or inhibited.
    """

    route: Route
    resolution: Resolution
    as_of: date
    previous: date | None
    synthetic: bool
    urgent: bool
    muted: int
    items: tuple[Item, ...]
    scoreboard: tuple[Score, ...]
    figures: tuple[Figures, ...]
    overdue: tuple[Overdue, ...]

    def part(self, part: Part) -> tuple[Item, ...]:
        """The items of one part, gravest first."""
        return tuple(item for item in self.items if item.part == part)

    @property
    def counts(self) -> Mapping[Status, int]:
        """Status -> how many of the resolution's targets, over all groups."""
        return {status: sum(score.counts[status] for score in self.scoreboard) for status in Status}


@dataclass(frozen=True)
class Tale:
    """What there is to tell of a resolution. `alerts`: the present of each, by fingerprint; `events`: theirs, in order;
    `findings`: what holds on the day told of, for its messages; `escalating`: the routes that escalate to the one told.
    """

    alerts: Mapping[str, Alert]
    events: tuple[Event, ...]
    findings: tuple[Finding, ...]
    silences: tuple[Silence, ...] = ()
    inhibit: tuple[Inhibits, ...] = ()
    escalating: tuple[Route, ...] = ()


def digest(
    route: Route,
    resolution: Resolution,
    groups: Mapping[str, str],
    unit_names: Mapping[str, str],
    series: pd.DataFrame,
    assessments: pd.DataFrame,
    tale: Tale,
    previous: date | None,
    as_of: date,
    *,
    synthetic: bool,
    only: frozenset[str] | None = None,
) -> Digest:
    """The route's digest as of a day. `series`: model.target.target_table; `assessments`: as assess gives them; `only`: tell of
    these alerts alone, at once.
    """
    events = [event for event in tale.events if event.as_of <= as_of]
    names, escalated, muted = _concerned(route, Scene(series), tale, events, as_of)
    if only is not None:
        names, escalated = names & only, escalated & only
    rows = figure_table(series, assessments, groups, unit_names)
    chosen = rows[Scene(series).of(route.choose).reindex(rows.index)]
    subjects = {(tale.alerts[n].target, tale.alerts[n].unit) for n in names}
    table = {
        key: _figures(row) for key, row in zip(rows.index, rows.to_dict("records"), strict=True) if key in subjects
    }
    items = _items(route, table, tale, events, previous, names, escalated)
    shown = chosen[chosen["city"] | (not chosen["city"].any())]
    city = rows[rows["city"] & ~series["task"].reindex(rows.index)] if route.scoreboard else rows[:0]
    if only is not None:
        shown, city, chosen = rows[:0], rows[:0], rows[:0]
    return Digest(
        route=route,
        resolution=resolution,
        as_of=as_of,
        previous=previous,
        synthetic=synthetic,
        urgent=only is not None,
        muted=len(muted) if only is None else 0,
        items=items,
        scoreboard=_scoreboard(city, groups),
        figures=tuple(_figures(row) for row in shown.to_dict("records")),
        overdue=_overdue(chosen),
    )


def grave(route: Route, scene: Scene, tale: Tale, fresh: Iterable[Event], as_of: date) -> frozenset[str]:
    """Of the alerts that `fresh` events opened or made worse, those that the route is to be told of at once."""
    if route.immediate == "never":
        return frozenset()
    least = Severity(route.immediate).rank
    begun = (Happening.OPENED, Happening.REOPENED, Happening.WORSENED)
    found = {e.fingerprint for e in fresh if e.happening in begun and e.severity.rank >= least}
    if not found:
        return frozenset()
    names, _, _ = _concerned(route, scene, tale, list(tale.events), as_of)
    return frozenset(found & names)


def figure_table(
    series: pd.DataFrame, assessments: pd.DataFrame, groups: Mapping[str, str], unit_names: Mapping[str, str]
) -> pd.DataFrame:
    """One row a series with the columns of Figures, indexed by (target, unit), in the order of groups, targets, units."""
    rows = assessments.drop(columns=["group", "owner", "city"]).join(
        series[["name", "printed", "unit_of_measure", "whole_numbers", "group", "owner", "city"]]
    )
    order = {group: n for n, group in enumerate(groups)}
    rows["rank"] = rows["group"].map(order)
    rows["group"] = rows["group"].map(groups)
    rows["owner"] = rows["owner"].map(unit_names)
    rows["target"] = rows.index.get_level_values("target")
    rows["unit"] = rows.index.get_level_values("unit").map(dict(unit_names))
    names = [name for name in Figures.__slots__ if name in rows]
    return rows.sort_values("rank", kind="stable")[names]


def _concerned(
    route: Route, scene: Scene, tale: Tale, events: list[Event], as_of: date
) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """The alerts that a route is told of; those of them that came by escalation; and those it is spared."""
    last = {event.fingerprint: event for event in events}
    then = {
        name: replace(tale.alerts[name], state=event.state, severity=event.severity) for name, event in last.items()
    }
    anyhow = route.choose.model_copy(update={"severity": Severity.INFO})
    own = {alert.fingerprint for alert in scene.takes(anyhow, then.values())}
    escalated = set()
    for other in tale.escalating:
        waited = [
            alert
            for alert in then.values()
            if other.escalate is not None
            and alert.state is State.OPEN
            and alert.opened is not None
            and (as_of - alert.opened).days >= other.escalate.after
        ]
        escalated |= {alert.fingerprint for alert in scene.takes(other.choose, waited)} - own
    told = [then[name] for name in own | escalated if then[name].severity.rank >= route.choose.severity.rank]
    spared = inhibited(scene, told, tale.inhibit) | silenced(scene, then, tale.silences, as_of).keys()
    return (
        frozenset((own | escalated) - spared),
        frozenset(escalated - spared),
        frozenset(alert.fingerprint for alert in told if alert.state.active and alert.fingerprint in spared),
    )


def _figures(row: dict[Hashable, Any]) -> Figures:
    known: dict[str, Any] = {
        str(k): None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()
    }
    return Figures(**known | {"status": Status(row["status"]), "overdue": int(row["overdue"])})


def _items(
    route: Route,
    table: Mapping[Series, Figures],
    tale: Tale,
    events: list[Event],
    previous: date | None,
    names: frozenset[str],
    escalated: frozenset[str],
) -> tuple[Item, ...]:
    """One item a series that `names` (alerts) are about."""
    alerts, least = tale.alerts, route.choose.severity
    now = _active(events, least)
    before = _active([e for e in events if previous is not None and e.as_of <= previous], least)
    between = [e for e in events if previous is None or e.as_of > previous]
    concerned = dict.fromkeys(
        [*before, *now, *(e.fingerprint for e in between if e.state.active and e.severity.rank >= least.rank)]
    )
    subjects: dict[Series, list[str]] = {}
    for name in concerned:
        key = (alerts[name].target, alerts[name].unit)
        if name in names and key in table:
            subjects.setdefault(key, []).append(name)
    found = {finding.fingerprint: finding.message for finding in tale.findings}
    last = {event.fingerprint: event for event in events}
    opened = {e.fingerprint: e.as_of for e in events if e.happening in (Happening.OPENED, Happening.REOPENED)}
    items = []
    for key, about in subjects.items():
        active = sorted((n for n in about if n in now), key=lambda n: (-now[n].severity.rank, alerts[n].rule))
        lead = active[0] if active else max(about, key=lambda n: (last[n].as_of, last[n].severity.rank))
        messages = {n: found.get(n, last[n].message)[route.language] for n in about}
        item = Item(
            part=_part([now[n] for n in active], [before[n] for n in about if n in before]),
            severity=last[lead].severity,
            message=messages[lead],
            others=tuple(dict.fromkeys(messages[n] for n in active[1:] if messages[n] != messages[lead])),
            since=min((opened[n] for n in active), default=opened.get(lead)),
            acknowledged=bool(active) and all(now[n].state is State.ACKNOWLEDGED for n in active),
            escalated=any(n in escalated for n in active),
            alerts=tuple(sorted(active)),
            figures=table[key],
        )
        if route.resolved or item.part is not Part.RESOLVED:
            items.append(item)
    ranks = list(Part)
    return tuple(sorted(items, key=lambda i: (ranks.index(i.part), -i.severity.rank, not i.figures.city)))


def _part(now: list[Event], before: list[Event]) -> Part:
    """What became of a subject whose open alerts were `before`, and are `now`."""
    if not now:
        return Part.RESOLVED
    if not before:
        return Part.NEW
    worse = max(e.severity.rank for e in now) > max(e.severity.rank for e in before)
    return Part.WORSE if worse else Part.STILL_OPEN


def _active(events: Iterable[Event], least: Severity) -> dict[str, Event]:
    """Fingerprint -> its last event, of alerts that are open after `events` and grave enough."""
    last = {event.fingerprint: event for event in events}
    return {name: e for name, e in last.items() if e.state.active and e.severity.rank >= least.rank}


def _scoreboard(city: pd.DataFrame, groups: Mapping[str, str]) -> tuple[Score, ...]:
    counts = city.groupby(["group", "status"]).size().to_dict()
    present = set(city["group"])
    return tuple(
        Score(name, {status: int(counts.get((name, status.value), 0)) for status in Status})
        for name in groups.values()
        if name in present
    )


def _overdue(rows: pd.DataFrame) -> tuple[Overdue, ...]:
    late = rows[rows["overdue"] > 0]
    late = late.assign(who=late["owner"].where(late["city"], late["unit"]))
    return tuple(
        Overdue(str(who), tuple(dict.fromkeys(group["name"])), str(group["period"].min()))
        for who, group in late.groupby("who", sort=True)
    )
