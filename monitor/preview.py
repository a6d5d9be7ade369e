"""What an edit would change: what is declared, what the year's alerts would have been under it, and who would be told of them.

The stored figures of the year are lived through twice, under the version in force and under the edited files, by the functions
that the service itself runs, month by month, in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

import pandas as pd
from pydantic import BaseModel
from sqlalchemy import Engine

from monitor.alerts.declaration import Route
from monitor.alerts.noise import Scene, inhibited
from monitor.model.alert import Alert, Happening
from monitor.pipeline import month_ends
from monitor.rules.load import Declared
from monitor.standing.assessing import changed, standing
from monitor.store.observations import last_recorded, observations
from monitor.workspace import Workspace

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
NEW, GONE, EARLIER, LATER, SEVERITY = "new", "gone", "earlier", "later", "severity"
ROUTES = "alerts/routes.yaml"
Observations = Callable[[Workspace, Declared, date], pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Edited:
    """One declaration that differs. `what`: target, rule, unit, feed, route, inhibition, calendar, template…; `resolution`:
    whose, empty for what is none's; `file`: where it stands, or stood; `fields`: (name, before, after), of a template its
    lines.
    """

    what: str
    id: str
    resolution: str
    how: str
    file: str
    fields: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """How an alert fared in a replay: the day it first opened, its gravest severity, and when it was let go."""

    alert: Alert
    first: date
    severity: str


@dataclass(frozen=True, slots=True)
class Difference:
    """An alert whose life would have been another. `before`, `after`: None where it would not have opened."""

    kind: str
    before: Opened | None
    after: Opened | None

    @property
    def alert(self) -> Alert:
        """The alert, as the edit makes it where it does."""
        found = self.after or self.before
        assert found is not None  # noqa: S101 - one of them there is
        return found.alert


@dataclass(frozen=True, slots=True)
class Told:
    """An alert that a route's digests would tell of otherwise. `before`, `after`: the first month's end at which one does."""

    route: str
    alert: Alert
    before: date | None
    after: date | None


@dataclass(frozen=True)
class _Life:
    """A year lived through: fingerprint -> how each alert fared, and (route, fingerprint) -> the day it was first told."""

    fared: dict[str, Opened]
    told: dict[tuple[str, str], tuple[date, Alert]]


def stored_figures(engine: Engine) -> tuple[Observations, bool]:
    """What was known of a body at the end of a day, and whether anything ever was."""

    @lru_cache(maxsize=400)
    def without(strangers: frozenset[str], day: date) -> pd.DataFrame:
        with engine.connect() as connection:
            return observations(connection, day, strangers)

    def known(workspace: Workspace, declared: Declared, day: date) -> pd.DataFrame:
        return without(workspace.strangers({declared.resolution.body}), day)

    with engine.connect() as connection:
        return known, last_recorded(connection) > 0


def edits(before: Workspace | None, after: Workspace) -> list[Edited]:
    """Every declaration that was added, removed or changed; ordered by file, kind and id."""
    old = dict(_declarations(before)) if before is not None else {}
    new = dict(_declarations(after))
    found = []
    for key in sorted({*old, *new}):
        file, is_now = new.get(key) or old[key]
        _, was = old.get(key, ("", {}))
        if key not in old or key not in new:
            found.append(Edited(*key, ADDED if key in new else REMOVED, file))
        elif was != is_now:
            fields = _lines(was["text"], is_now["text"]) if key[0] == "template" else _fields(was, is_now)
            found.append(Edited(*key, CHANGED, file, tuple(fields)))
    return sorted(found, key=lambda edited: edited.file)


def _fields(was: Mapping[str, Any], is_now: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name in sorted({*was, *is_now}):
        if was.get(name) != is_now.get(name):
            yield name, _text(was.get(name)), _text(is_now.get(name))


def _lines(was: str, is_now: str) -> Iterator[tuple[str, str, str]]:
    """What differs between two texts, by the number of the line."""
    old, new = was.splitlines(), is_now.splitlines()
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            yield str(c + 1), " / ".join(old[a:b]), " / ".join(new[c:d])


def history(
    before: Workspace, after: Workspace, known: Observations, until: date
) -> tuple[list[Difference], list[Told]]:
    """The alerts that would have opened otherwise, until a day, and those that would be told to others, or at another time;
    `known`: the figures of a resolution's body as known at the end of a day.

    Ordered by kind, target, unit, rule; by route, target, unit, rule.
    """
    now, then = _lived(after, known, until), _lived(before, known, until)
    told = []
    for key in sorted({*now.told, *then.told}):
        old, new = then.told.get(key), now.told.get(key)
        alert = (new or old or (until, None))[1]
        if (old and old[0]) != (new and new[0]) and alert is not None:
            told.append(Told(key[0], alert, old and old[0], new and new[0]))
    order = sorted(told, key=lambda t: (t.route, t.alert.target, t.alert.unit, t.alert.rule))
    return _differences(then.fared, now.fared), order


def _differences(was: Mapping[str, Opened], lived: Mapping[str, Opened]) -> list[Difference]:
    found = []
    for name in sorted({*lived, *was}, key=lambda n: _order(lived.get(n) or was[n])):
        old, new = was.get(name), lived.get(name)
        kind = _kind(old, new)
        if kind:
            found.append(Difference(kind, old, new))
    ranks = (GONE, NEW, EARLIER, LATER, SEVERITY)
    return sorted(found, key=lambda d: ranks.index(d.kind))


def _kind(old: Opened | None, new: Opened | None) -> str:
    if old is None or new is None:
        return NEW if old is None else GONE
    if new.first != old.first:
        return EARLIER if new.first < old.first else LATER
    return SEVERITY if new.severity != old.severity else ""


def _order(opened: Opened) -> tuple[str, str, str]:
    return opened.alert.target, opened.alert.unit, opened.alert.rule


def _lived(workspace: Workspace, known: Observations, until: date) -> _Life:
    """How the year would have been under a workspace, for the resolutions in force by then."""
    fared: dict[str, Opened] = {}
    told: dict[tuple[str, str], tuple[date, Alert]] = {}
    for declared in workspace.in_force(until):
        alerts: dict[str, Alert] = {}
        for day in _days(declared, until):
            now = standing(workspace, declared, known(workspace, declared, day), day)
            for change in changed(alerts, now, day):
                alerts[change.alert.fingerprint] = change.alert
                if change.event is not None and change.event.happening in (
                    Happening.OPENED,
                    Happening.REOPENED,
                    Happening.WORSENED,
                ):
                    _note(fared, change.alert, day)
            for route in workspace.alerts.readers:
                for alert in _heard(workspace, declared, route, alerts.values(), day):
                    told.setdefault((route.id, alert.fingerprint), (day, alert))
    return _Life(fared, told)


def _heard(
    workspace: Workspace, declared: Declared, route: Route, alerts: Iterable[Alert], day: date
) -> Iterator[Alert]:
    """What a route is told is open: what it chooses or is escalated to it, and nothing makes needless. Silences are none of the
    files' and are left out.
    """
    scene, open_now = (
        Scene(declared.series(day), declared.resolution.id),
        [alert for alert in alerts if alert.state.active],
    )
    chosen = scene.takes(route.choose, open_now)
    for other in workspace.alerts.routes:
        if other.escalate is not None and other.escalate.to == route.id:
            waited = [a for a in open_now if a.opened is not None and (day - a.opened).days >= other.escalate.after]
            chosen += [a for a in scene.takes(other.choose, waited) if a.severity.rank >= route.choose.severity.rank]
    spared = inhibited(scene, chosen, workspace.alerts.inhibit)
    yield from (alert for alert in chosen if alert.fingerprint not in spared)


def _note(fared: dict[str, Opened], alert: Alert, day: date) -> None:
    known = fared.get(alert.fingerprint)
    if known is None:
        fared[alert.fingerprint] = Opened(alert, day, alert.severity.value)
    elif alert.severity.rank > known.alert.severity.rank:
        fared[alert.fingerprint] = Opened(alert, known.first, alert.severity.value)


def _days(declared: Declared, until: date) -> Iterator[date]:
    """The month ends of the year, and the day itself."""
    ends = [moment.as_of for moment in month_ends(declared.resolution.first, declared.resolution.last)]
    last = min(until, pd.Timestamp(declared.resolution.period.end).date() + pd.Timedelta(days=31).to_pytimedelta())
    yield from (end for end in ends if end < last)
    yield last


Key = tuple[str, str, str]


def _declarations(workspace: Workspace) -> Iterator[tuple[Key, tuple[str, dict[str, Any]]]]:
    """(what, id, resolution) -> its file and fields, of everything that is declared."""
    for declared in workspace.resolutions:
        name = declared.resolution.id
        folder = f"rules/{name}"
        yield ("resolution", name, name), (f"{folder}/resolution.yaml", _plain(declared.resolution))
        yield ("status", name, name), ("rules/policy.yaml", _plain(declared.thresholds))
        for target in declared.targets.values():
            yield ("target", target.id, name), (declared.places[target.id].rpartition(":")[0], _plain(target))
        for unit in declared.units:
            yield ("unit", unit.id, name), (f"{folder}/units.yaml", _plain(unit))
        for item in {rule.written.rule.id: rule.written for rule in declared.rules.rules}.values():
            yield ("rule", item.rule.id, name), (item.document.file, _plain(item.rule))
    for feed in workspace.feeds:
        yield ("feed", feed.id, ""), ("feeds/", _plain(feed))
    alerts = workspace.alerts
    for route in alerts.routes:
        yield ("route", route.id, ""), (ROUTES, _plain(route))
    for inhibits in alerts.inhibit:
        fields = _plain(inhibits)
        yield ("inhibition", inhibits.about or _text(fields), ""), (ROUTES, fields)
    yield ("group_wait", "group_wait", ""), (ROUTES, {"minutes": alerts.group_wait.total_seconds() / 60})
    yield ("calendar", "calendar", ""), ("alerts/calendar.yaml", _plain(alerts.calendar))
    for template, text in alerts.templates.texts:
        yield ("template", template, ""), (f"alerts/templates/{template}", {"text": text})


def _plain(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True)


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{k}: {_text(v)}" for k, v in value.items() if v not in (None, [], {}, ""))
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "[" + ", ".join(_text(v) for v in value) + "]"
    return "" if value is None else str(value)
