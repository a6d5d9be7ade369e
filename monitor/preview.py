"""What an edit would change: what is declared, and what the year's alerts would have been under it.

The stored figures of the year are lived through twice, under the version in force and under the edited files, by the functions
that the service itself runs, month by month, in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from monitor import pipeline
from monitor.model.alert import Alert, Happening
from monitor.pipeline import month_ends
from monitor.rules.load import Declared
from monitor.workspace import Workspace

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
NEW, GONE, EARLIER, LATER, SEVERITY = "new", "gone", "earlier", "later", "severity"
Observations = Callable[[date], pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Edited:
    """One declaration that differs. `what`: target, rule, unit, feed, route…; `resolution`: whose, empty for what is none's;
    `fields`: (name, before, after).
    """

    what: str
    id: str
    resolution: str
    how: str
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


def edits(before: Workspace | None, after: Workspace) -> list[Edited]:
    """Every declaration that was added, removed or changed; ordered by kind and id."""
    old = dict(_declarations(before)) if before is not None else {}
    new = dict(_declarations(after))
    found = []
    for key in sorted({*old, *new}):
        if key not in old:
            found.append(Edited(*key, ADDED))
        elif key not in new:
            found.append(Edited(*key, REMOVED))
        elif old[key] != new[key]:
            names = sorted({*old[key], *new[key]})
            fields = [
                (n, _text(old[key].get(n)), _text(new[key].get(n))) for n in names if old[key].get(n) != new[key].get(n)
            ]
            found.append(Edited(*key, CHANGED, tuple(fields)))
    return found


def history(before: Workspace, after: Workspace, known: Observations, until: date) -> list[Difference]:
    """The alerts that would have opened otherwise, until a day; `known`: the figures as known at the end of a day.

    Ordered by kind, target, unit, rule.
    """
    lived = _lived(after, known, until)
    was = _lived(before, known, until)
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


def _lived(workspace: Workspace, known: Observations, until: date) -> dict[str, Opened]:
    """Fingerprint -> how each alert fared, of the resolutions in force by then."""
    fared: dict[str, Opened] = {}
    for declared in workspace.in_force(until):
        alerts: dict[str, Alert] = {}
        for day in _days(declared, until):
            now = pipeline.standing(workspace, declared, known(day), day)
            for change in pipeline.changed(alerts, now):
                alerts[change.alert.fingerprint] = change.alert
                if change.event is not None and change.event.happening in (
                    Happening.OPENED,
                    Happening.REOPENED,
                    Happening.WORSENED,
                ):
                    _note(fared, change.alert, day)
    return fared


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


def _declarations(workspace: Workspace) -> Iterator[tuple[tuple[str, str, str], dict[str, Any]]]:
    """(what, id, resolution) -> its fields, of everything that is declared."""
    for declared in workspace.resolutions:
        name = declared.resolution.id
        yield ("resolution", name, name), declared.resolution.model_dump(mode="json")
        yield ("status", name, name), declared.thresholds.model_dump(mode="json")
        yield from ((("target", t.id, name), t.model_dump(mode="json")) for t in declared.targets.values())
        yield from ((("unit", u.id, name), u.model_dump(mode="json")) for u in declared.units)
        written = {rule.written.rule.id: rule.written.rule for rule in declared.rules.rules}
        yield from ((("rule", r, name), rule.model_dump(mode="json", by_alias=True)) for r, rule in written.items())
    yield from ((("feed", feed.id, ""), feed.model_dump(mode="json")) for feed in workspace.feeds)
    yield from ((("route", route.id, ""), route.model_dump(mode="json")) for route in workspace.alerts.routes)


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{k}: {_text(v)}" for k, v in value.items() if v not in (None, [], {}, ""))
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "[" + ", ".join(_text(v) for v in value) + "]"
    return "" if value is None else str(value)
