"""What one route's people get at one time: what is new, worse, still open, resolved; where every target stands; who is silent."""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from monitor.alerts.declaration import Inhibits, Route
from monitor.alerts.explanations import Explanation
from monitor.alerts.noise import Scene, inhibited, silenced
from monitor.language import Language
from monitor.model.alert import Alert, Event, Happening, State
from monitor.model.assessment import FINISHED, Status
from monitor.model.finding import Finding, Severity
from monitor.model.letter import PreviousDigest
from monitor.model.name import natural
from monitor.model.printed import remarks, together
from monitor.model.request import Request
from monitor.model.resolution import Resolution
from monitor.model.silence import Silence

Series = tuple[str, str]
# Of more cards than this those furthest behind come first.
MANY_ITEMS = 12
# So many names of targets, or of units, are listed within one card.
MOST_NAMES = 4
# What still stands so has not been handled, whatever became of the alert.
_NOT_HANDLED = (Status.MISSED, Status.OFF_TRACK)


class Part(StrEnum):
    """What became of a subject since the last digest."""

    NEW = "new"
    WORSE = "worse"
    STILL_OPEN = "still open"
    RESOLVED = "resolved"


PART_TITLES = {
    Part.NEW: "New",
    Part.WORSE: "Worse",
    Part.STILL_OPEN: "Still open",
    Part.RESOLVED: "Resolved",
}


Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class Figures:
    """One series against its target. Figures in `unit_of_measure`, or None; `name` and `unit` as people call them; `printed`: the
    unit's own target. They are as they are printed, with `digits` decimals: what is printed adds up. What is finished has no
    forecast.
    """

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
    digits: int | None = None
    attainment: float | None = None
    held_back: float | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One subject that has, or had, alerts: the gravest of them speaks. `since`: the day it opened; `escalated`: it is told here
    because nobody else has acknowledged it; `alerts`: their fingerprints. Or all that one reporter is late with: `reporter`, and
    of each series its figures in `members`. `behind`: the units under the whole whose own alerts this one mutes, the worst first.
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
    reporter: str = ""
    members: tuple[Figures, ...] = ()
    behind: tuple[Figures, ...] = ()

    @property
    def title(self) -> str:
        """What stands above its message."""
        return self.reporter or self.figures.name

    @property
    def series(self) -> tuple[Figures, ...]:
        """Every series that it tells of."""
        return self.members or (self.figures,)


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
    """The whole, in the order it is read. `previous`: day of the last digest; `last_event`: up to which event of its alerts it
    tells; `synthetic`: some figures are invented; `urgent`: it tells at once of a few alerts, and nothing else; `muted`: so many
    are left out, silenced or inhibited; `explanations`: what was asked of whoever answers, and what they said.
    """

    route: Route
    resolution: Resolution
    as_of: date
    previous: date | None
    last_event: int
    synthetic: bool
    urgent: bool
    muted: int
    items: tuple[Item, ...]
    scoreboard: tuple[Score, ...]
    figures: tuple[Figures, ...]
    overdue: tuple[Overdue, ...]
    explanations: tuple[Explanation, ...] = ()

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
    `findings`: what holds on the day told of, for its messages; `escalating`: the routes that escalate to the one told; `late`:
    the rules that ask after reports that have not come; `synthetic`: some figures are invented; `requests`: for explanation.
    """

    alerts: Mapping[str, Alert]
    events: tuple[Event, ...]
    findings: tuple[Finding, ...]
    silences: tuple[Silence, ...] = ()
    inhibit: tuple[Inhibits, ...] = ()
    escalating: tuple[Route, ...] = ()
    late: frozenset[str] = frozenset()
    synthetic: bool = False
    requests: tuple[Request, ...] = ()


def digest(
    route: Route,
    resolution: Resolution,
    groups: Mapping[str, str],
    series: pd.DataFrame,
    rows: pd.DataFrame,
    tale: Tale,
    previous: PreviousDigest | None,
    as_of: date,
    only: frozenset[str] | None = None,
) -> Digest:
    """The route's digest as of a day. `series`: model.target.target_table; `rows`: of figure_table, the same for every route;
    `only`: tell of these alerts alone, at once.
    """
    events = [event for event in tale.events if event.as_of <= as_of]
    scene = Scene(series, resolution.id)
    concerned = _concerned(route, scene, tale, events, as_of)
    if only is not None:
        concerned = replace(concerned, names=concerned.names & only, escalated=concerned.escalated & only)
    chosen = rows[scene.of(route.choose).reindex(rows.index)]
    told = previous.last_event if previous is not None else 0
    items = _items(route, rows, tale, events, told, concerned)
    shown = chosen[chosen["city"] | (not chosen["city"].any())]
    city = rows[rows["city"] & ~series["task"].reindex(rows.index)] if route.scoreboard else rows[:0]
    if only is not None:
        shown, city, chosen = rows[:0], rows[:0], rows[:0]
    return Digest(
        route=route,
        resolution=resolution,
        as_of=as_of,
        previous=previous.as_of if previous is not None else None,
        last_event=max((event.number for event in events), default=0),
        synthetic=tale.synthetic,
        urgent=only is not None,
        muted=len(concerned.muted) if only is None else 0,
        items=items,
        scoreboard=_scoreboard(city, groups),
        figures=tuple(_figures(row) for row in shown.to_dict("records")),
        overdue=_overdue(chosen, {(of.target, of.unit) for item in items if item.reporter for of in item.series}),
    )


def grave(route: Route, scene: Scene, tale: Tale, fresh: Iterable[Event], as_of: date) -> frozenset[str]:
    """Of the alerts that `fresh` events opened or made worse, those that the route is to be told of at once."""
    found = urgent(route, fresh)
    if not found:
        return frozenset()
    return frozenset(found & _concerned(route, scene, tale, list(tale.events), as_of).names)


def urgent(route: Route, fresh: Iterable[Event]) -> set[str]:
    """The alerts that `fresh` events opened or made worse so gravely that the route is told at once, if they concern it."""
    if route.immediate == "never":
        return set()
    least = Severity(route.immediate).rank
    begun = (Happening.OPENED, Happening.REOPENED, Happening.WORSENED)
    return {e.fingerprint for e in fresh if e.happening in begun and e.severity.rank >= least}


def figure_table(
    series: pd.DataFrame, assessments: pd.DataFrame, groups: Mapping[str, str], unit_names: Mapping[str, str]
) -> pd.DataFrame:
    """One row a series with the columns of Figures, indexed by (target, unit), in the order of groups, targets, units."""
    rows = assessments.drop(columns=["group", "owner", "city", "printed"]).join(
        series[["name", "printed", "unit_of_measure", "whole_numbers", "strict", "group", "owner", "city"]]
    )
    order = {group: n for n, group in enumerate(groups)}
    rows["rank"] = rows["group"].map(order)
    rows["group"] = rows["group"].map(groups)
    rows["owner"] = rows["owner"].map(unit_names)
    rows["target"] = rows.index.get_level_values("target")
    rows["unit"] = rows.index.get_level_values("unit").map(dict(unit_names))
    units = rows.index.get_level_values("unit")
    nth = {
        unit: n for n, unit in enumerate(sorted(units.unique(), key=lambda unit: natural(unit_names.get(unit, unit))))
    }
    rows["nth"] = units.map(nth)
    rows["place"] = pd.factorize(rows.index.get_level_values("target"))[0]
    names = [name for name in (*Figures.__slots__, "floor", "ceiling", "strict") if name in rows]
    return rows.sort_values(["rank", "place", "nth"], kind="stable")[names]


@dataclass(frozen=True, slots=True)
class _Concerned:
    """Alerts that a route is told of; those of them that came by escalation; the open ones it is spared, and of those that others
    make needless: by which.
    """

    names: frozenset[str]
    escalated: frozenset[str]
    muted: frozenset[str]
    muted_by: Mapping[str, frozenset[str]]


def _concerned(route: Route, scene: Scene, tale: Tale, events: list[Event], as_of: date) -> _Concerned:
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
    muted_by = inhibited(scene, told, tale.inhibit)
    spared = muted_by.keys() | silenced(scene, then, tale.silences, as_of).keys()
    return _Concerned(
        names=frozenset((own | escalated) - spared),
        escalated=frozenset(escalated - spared),
        muted=frozenset(alert.fingerprint for alert in told if alert.state.active and alert.fingerprint in spared),
        muted_by=muted_by,
    )


def _figures(row: dict[Hashable, Any]) -> Figures:
    known: dict[str, Any] = {
        str(k): None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()
    }
    strict, whole = known.pop("strict"), known["whole_numbers"]
    printed, digits = together(known, strict=strict, whole=whole)
    del known["floor"], known["ceiling"]
    status = Status(row["status"])
    if status in FINISHED:
        printed |= dict.fromkeys(("projection", "low", "high", "probability"))
    return Figures(**known | printed | {"status": status, "overdue": int(row["overdue"]), "digits": digits})


def _items(
    route: Route, rows: pd.DataFrame, tale: Tale, events: list[Event], told: int, concerned: _Concerned
) -> tuple[Item, ...]:
    """One item a series and cause. `rows`: of figure_table; `told`: the last event that the digest before knew of.

    What has opened on a series that was told of before is news of its own, unless it is graver: then the series is worse. What
    is muted, or is behind or missed all the same, is not handled.
    """
    alerts, least = tale.alerts, route.choose.severity
    now = _active(events, least)
    before = _active([e for e in events if e.number <= told], least)
    between = [e for e in events if e.number > told]
    known = dict.fromkeys(
        [*before, *now, *(e.fingerprint for e in between if e.state.active and e.severity.rank >= least.rank)]
    )
    series = {n: (alerts[n].target, alerts[n].unit) for n in alerts}
    subjects: dict[tuple[Series, bool], list[str]] = {}
    present = set(rows.index)
    for name in known:
        if name in concerned.names and series[name] in present:
            subjects.setdefault((series[name], alerts[name].rule in tale.late), []).append(name)
    table = _table(rows, {key for key, _ in subjects})
    last = {event.fingerprint: event for event in events}
    begun = {e.fingerprint: e for e in events if e.happening in (Happening.OPENED, Happening.REOPENED)}
    open_still = {series[n] for n in concerned.muted} | {
        series[n] for n in known if last[n].state.active and alerts[n].rule not in tale.late
    }
    found = {finding.fingerprint: finding.message for finding in tale.findings}
    fresh = frozenset(n for n in now if n in begun and begun[n].number > told)
    items: list[Item] = []
    late: list[Item] = []
    for (key, of_absence), names in subjects.items():
        for about in [names] if of_absence else _causes(names, now, before, fresh):
            active = sorted((n for n in about if n in now), key=lambda n: (-now[n].severity.rank, alerts[n].rule))
            lead = active[0] if active else max(about, key=lambda n: (last[n].as_of, last[n].severity.rank))
            messages = {n: found.get(n, last[n].message)[route.language] for n in about}
            item = Item(
                part=_part(
                    [now[n] for n in active], [before[n] for n in about if n in before], fresh=fresh.issuperset(active)
                ),
                severity=last[lead].severity,
                message=messages[lead],
                others=tuple(dict.fromkeys(messages[n] for n in active[1:] if messages[n] != messages[lead])),
                since=min((begun[n].as_of for n in active or [lead] if n in begun), default=None),
                acknowledged=bool(active) and all(now[n].state is State.ACKNOWLEDGED for n in active),
                escalated=any(n in concerned.escalated for n in active),
                alerts=tuple(sorted(active)),
                figures=table[key],
            )
            if of_absence:
                late.append(item)
            elif item.part is not Part.RESOLVED or (key not in open_still and table[key].status not in _NOT_HANDLED):
                items.append(
                    _with_parts(item, _under(item, series, concerned.muted_by), rows, Language(route.language))
                )
    items += _by_reporter(late, Language(route.language))
    items = [item for item in items if route.resolved or item.part is not Part.RESOLVED]
    ranks = list(Part)
    # Of more parts than anyone reads, those furthest behind stand first.
    behind = by_shortfall(table, rows) if len(items) > MANY_ITEMS else list(table.values())
    places = {figures: n for n, figures in enumerate(behind)}
    last_place = len(places)
    return tuple(
        sorted(
            items,
            key=lambda i: (
                ranks.index(i.part),
                -i.severity.rank,
                not i.figures.city,
                places.get(i.figures, last_place),
            ),
        )
    )


def by_shortfall(table: Mapping[Series, Told], rows: pd.DataFrame) -> list[Told]:
    """What the series stand for, by how far each is from its promise, the furthest first."""
    chosen = rows[rows.index.isin(list(table))]
    return [table[key] for key in _short(chosen).sort_values(ascending=False, kind="stable").index]


def _short(rows: pd.DataFrame) -> pd.Series:
    """By what share of its promise each series misses it now."""
    short = np.fmax(rows["floor"] - rows["value"], rows["value"] - rows["ceiling"])
    bound = rows["floor"].where(np.isfinite(rows["floor"]), rows["ceiling"]).abs()
    found: pd.Series = short / bound.where(bound > 0, 1.0)
    return found


def _table(rows: pd.DataFrame, keys: Collection[Series]) -> dict[Series, Figures]:
    chosen = rows[rows.index.isin(list(keys))]
    return {key: _figures(row) for key, row in zip(chosen.index, chosen.to_dict("records"), strict=True)}


def _causes(
    names: list[str], now: Mapping[str, Event], before: Mapping[str, Event], fresh: frozenset[str]
) -> list[list[str]]:
    """The alerts of one series, those apart that have opened since on what was told of, and are not graver than it was."""
    new = [n for n in names if n in fresh]
    stayed = [n for n in names if n in now and n not in fresh]
    known = max((before[n].severity.rank for n in names if n in before), default=-1)
    if not new or not stayed or max(now[n].severity.rank for n in new) > known:
        return [names]
    return [[n for n in names if n not in fresh], new]


def _under(item: Item, series: Mapping[str, Series], muted_by: Mapping[str, frozenset[str]]) -> set[Series]:
    """The series of the item's own target, of other units, whose alerts it mutes."""
    own = {series[n] for n in item.alerts}
    targets = {target for target, _ in own}
    followers = {series[n] for n, by in muted_by.items() if by.intersection(item.alerts)}
    return {key for key in followers - own if key[0] in targets}


def _with_parts(item: Item, under: set[Series], rows: pd.DataFrame, speaks: Language) -> Item:
    """The item, telling also how many units under the whole are behind, and which are the worst: no letter tells of them else."""
    if not under:
        return item
    chosen = rows[rows.index.isin(list(under))]
    chosen = chosen.assign(graver=-chosen["status"].map(list(Status).index), short=-_short(chosen)).sort_values(
        ["graver", "short"], kind="stable"
    )
    behind = tuple(_figures(row) for row in chosen[rows.columns].to_dict("records"))
    worst = "; ".join(_attained(of, speaks) for of in behind[:MOST_NAMES])
    if len(behind) > MOST_NAMES:
        told = speaks.say(
            "{count} units under it are behind, the worst of them: {worst}; all of them: in the attached table, or "
            "monitor status --target {target}",
            count=len(behind),
            worst=worst,
            target=item.figures.target,
        )
    else:
        told = speaks.say("{count} units under it are behind, the worst first: {worst}", count=len(behind), worst=worst)
    return replace(item, others=(told, *item.others), behind=behind)


def _attained(of: Figures, speaks: Language) -> str:
    """A unit, its figure, and that as a share of what it promised."""
    value = speaks.number(of.value, of.unit_of_measure, of.digits)
    if of.attainment is None:
        return f"{of.unit} ({value})"
    share = speaks.ratio(of.attainment)
    return speaks.say("{unit} ({value}, {share} of its target)", unit=of.unit, value=value, share=share)


def _by_reporter(late: list[Item], speaks: Language) -> Iterator[Item]:
    """One item for all that a department is late with (or was, and has sent), its wards included; to a ward, for its own part."""
    alone = len({item.figures.unit for item in late}) == 1 and not late[0].figures.city
    groups: dict[str, list[Item]] = {}
    for item in late:
        groups.setdefault(item.figures.unit if alone else item.figures.owner, []).append(item)
    for who, members in groups.items():
        items = [item for item in members if item.part is not Part.RESOLVED] or members
        parts = {item.part for item in items}
        gravest = max(items, key=lambda item: item.severity.rank)
        targets = list(dict.fromkeys(item.figures.name for item in items))
        of = max((item.figures for item in items), key=lambda figures: figures.overdue)
        yield replace(
            gravest,
            # Late with more than before is worse.
            part=parts.pop() if len(parts) == 1 else Part.WORSE,
            message=_verifying(
                _lateness(who, len(targets), of, speaks, over=gravest.part is Part.RESOLVED), items, speaks
            ),
            others=(_listed(targets, speaks),),
            since=min((item.since for item in items if item.since is not None), default=None),
            acknowledged=all(item.acknowledged for item in items),
            escalated=any(item.escalated for item in items),
            alerts=tuple(sorted(name for item in items for name in item.alerts)),
            figures=of,
            reporter=who,
            members=tuple(item.figures for item in items),
        )


def _lateness(who: str, targets: int, of: Figures, speaks: Language, *, over: bool) -> str:
    """What a reporter is late with, or was; `of`: the figures that are the longest late."""
    if over:
        return speaks.say("{who}: the figures of {count} targets that were late have come", who=who, count=targets)
    if not of.period:
        message = (
            "{who}: the figures of {count} targets are late, by {overdue} reports at most; of some nothing has come yet"
        )
        return speaks.say(message, who=who, count=targets, overdue=of.overdue)
    message = "{who}: the figures of {count} targets are late, by {overdue} reports at most; the latest is {period}"
    return speaks.say(message, who=who, count=targets, overdue=of.overdue, period=speaks.month(of.period))


def _verifying(message: str, items: Sequence[Item], speaks: Language) -> str:
    """The message; and where reports have come and are held back, that they have."""
    held_back = sum(item.figures.held_back or 0 for item in items)
    for remark in remarks(speaks, {"held_back": held_back}):
        message = speaks.say("{told} ({remark})", told=message, remark=remark)
    return message


def _listed(names: Sequence[str], speaks: Language) -> str:
    """The first names, and how many more there are."""
    left = len(names) - MOST_NAMES
    more = [speaks.say("and {count} more", count=left)] if left > 0 else []
    return "; ".join([*names[:MOST_NAMES], *more])


def _part(now: list[Event], before: list[Event], *, fresh: bool) -> Part:
    """What became of a subject whose open alerts were `before`, and are `now`; `fresh`: all of these have opened since."""
    if not now:
        return Part.RESOLVED
    if before and max(e.severity.rank for e in now) > max(e.severity.rank for e in before):
        return Part.WORSE
    return Part.STILL_OPEN if before and not fresh else Part.NEW


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


def _overdue(rows: pd.DataFrame, told: set[Series]) -> tuple[Overdue, ...]:
    """Who is silent, but for the series (target, name of the unit) of which a card tells."""
    carded = [series in told for series in zip(rows["target"], rows["unit"], strict=True)]
    late = rows[(rows["overdue"] > 0) & ~np.array(carded, dtype=bool)]
    late = late.assign(who=late["owner"].where(late["city"], late["unit"]))
    return tuple(
        Overdue(str(who), tuple(dict.fromkeys(group["name"])), min(filter(None, group["period"]), default=""))
        for who, group in late.groupby("who", sort=True)
    )
