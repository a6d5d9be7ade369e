"""What one route's people get at one time: what is new, worse, still open, resolved; where every target stands; who is silent."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import pandas as pd

from monitor.alerts.declaration import Route
from monitor.model.alert import Alert, Event, Happening, State
from monitor.model.assessment import Status
from monitor.model.finding import Finding, Severity
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
    """One subject that has, or had, alerts: the gravest of them speaks. `since`: the day it opened."""

    part: Part
    severity: Severity
    message: str
    others: tuple[str, ...]
    since: date | None
    acknowledged: bool
    figures: Figures

    def below_name(self, message: str) -> str:
        """A message without the name of its target and unit, which stand above it."""
        name = self.figures.name if self.figures.city else f"{self.figures.name} ({self.figures.unit})"
        rest = message.removeprefix(f"{name}: ")
        return rest[:1].upper() + rest[1:]


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
class Silence:
    """Reports that should have come from one owner: the targets' names, and of the longest silence the latest period."""

    owner: str
    names: tuple[str, ...]
    latest: str


@dataclass(frozen=True, slots=True)
class Digest:
    """The whole, in the order it is read. `previous`: day of the last digest; `synthetic`: some figures are invented."""

    route: Route
    resolution: Resolution
    as_of: date
    previous: date | None
    synthetic: bool
    items: tuple[Item, ...]
    scoreboard: tuple[Score, ...]
    figures: tuple[Figures, ...]
    silences: tuple[Silence, ...]

    def part(self, part: Part) -> tuple[Item, ...]:
        """The items of one part, gravest first."""
        return tuple(item for item in self.items if item.part == part)

    @property
    def counts(self) -> Mapping[Status, int]:
        """Status -> how many of the resolution's targets, over all groups."""
        return {status: sum(score.counts[status] for score in self.scoreboard) for status in Status}


def digest(
    route: Route,
    resolution: Resolution,
    groups: Mapping[str, str],
    unit_names: Mapping[str, str],
    series: pd.DataFrame,
    assessments: pd.DataFrame,
    alerts: Mapping[str, Alert],
    findings: Iterable[Finding],
    events: Iterable[Event],
    previous: date | None,
    as_of: date,
    synthetic: bool,
) -> Digest:
    """The route's digest as of a day. `series`: model.target.target_table; `assessments`: as assess gives them; `alerts`:
    the resolution's, by fingerprint; `events`: theirs, in order; `findings`: what holds as of that day, for its messages.
    """
    rows = figure_table(series, assessments, groups, unit_names)
    chosen = rows[_chosen(route, series).reindex(rows.index)]
    table = {key: _figures(row) for key, row in zip(chosen.index, chosen.to_dict("records"), strict=True)}
    items = _items(route, table, alerts, findings, [event for event in events if event.as_of <= as_of], previous)
    figures = tuple(f for f in table.values() if f.city or not chosen["city"].any())
    city = rows[rows["city"] & ~series["task"].reindex(rows.index)] if route.scoreboard else rows[:0]
    return Digest(
        route, resolution, as_of, previous, synthetic, items, _scoreboard(city, groups), figures, _silences(chosen)
    )


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


def _chosen(route: Route, series: pd.DataFrame) -> pd.Series:
    choose = route.choose
    fits = pd.Series(True, index=series.index)
    if choose.group:
        fits &= series["group"].isin(choose.group)
    if choose.owner:
        fits &= series["owner"].isin(choose.owner)
    if choose.unit:
        fits &= series.index.get_level_values("unit").isin(choose.unit) | (series["city"] & ("city" in choose.unit))
    return fits


def _figures(row: dict[Hashable, Any]) -> Figures:
    known: dict[str, Any] = {
        str(k): None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()
    }
    return Figures(**known | {"status": Status(row["status"]), "overdue": int(row["overdue"])})


def _items(
    route: Route,
    table: Mapping[Series, Figures],
    alerts: Mapping[str, Alert],
    findings: Iterable[Finding],
    events: list[Event],
    previous: date | None,
) -> tuple[Item, ...]:
    least = route.choose.severity
    now = _active(events, least)
    before = _active([e for e in events if previous is not None and e.as_of <= previous], least)
    between = [e for e in events if previous is None or e.as_of > previous]
    concerned = dict.fromkeys(
        [*before, *now, *(e.fingerprint for e in between if e.state.active and e.severity.rank >= least.rank)]
    )
    subjects: dict[Series, list[str]] = {}
    for name in concerned:
        key = (alerts[name].target, alerts[name].unit)
        if key in table:
            subjects.setdefault(key, []).append(name)
    found = {finding.fingerprint: finding.message for finding in findings}
    last = {event.fingerprint: event for event in events}
    opened = {e.fingerprint: e.as_of for e in events if e.happening in (Happening.OPENED, Happening.REOPENED)}
    items = []
    for key, names in subjects.items():
        active = sorted((n for n in names if n in now), key=lambda n: (-now[n].severity.rank, alerts[n].rule))
        lead = active[0] if active else max(names, key=lambda n: (last[n].as_of, last[n].severity.rank))
        messages = {n: found.get(n, last[n].message)[route.language] for n in names}
        item = Item(
            part=_part([now[n] for n in active], [before[n] for n in names if n in before]),
            severity=last[lead].severity,
            message=messages[lead],
            others=tuple(dict.fromkeys(messages[n] for n in active[1:] if messages[n] != messages[lead])),
            since=min((opened[n] for n in active), default=opened.get(lead)),
            acknowledged=bool(active) and all(now[n].state is State.ACKNOWLEDGED for n in active),
            figures=table[key],
        )
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


def _silences(rows: pd.DataFrame) -> tuple[Silence, ...]:
    late = rows[rows["overdue"] > 0]
    late = late.assign(who=late["owner"].where(late["city"], late["unit"]))
    return tuple(
        Silence(str(who), tuple(dict.fromkeys(group["name"])), str(group["period"].min()))
        for who, group in late.groupby("who", sort=True)
    )
