"""What is legal in a workspace's files, but odd: targets without figures, routes that reach nobody, rules that do nothing."""

from __future__ import annotations

from collections.abc import Iterator, Set
from datetime import date, timedelta
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from monitor.alerts.declaration import Chooses
from monitor.model.problem import Problem
from monitor.model.target import Measure
from monitor.rules.advice import advise as advise_rules
from monitor.rules.load import Declared
from monitor.syntax.document import parse
from monitor.workspace import Workspace

ROUTES = "alerts/routes.yaml"
# What is no difference but the way figures are written.
UNEQUAL = 0.001


def advise(workspace: Workspace, fed: Set[str] | None, reachable: Set[str] | None, unusable: int = 0) -> list[Problem]:
    """Every warning. `fed`: the targets of which some feed has figures, None when not all feeds could be looked into;
    `reachable`: the recipients who have an address, None when nobody says; `unusable`: how many figures are of no use.
    """
    found = [problem for declared in workspace.resolutions for problem in advise_rules(declared)]
    found += [problem for declared in workspace.resolutions for problem in _unequal(declared)]
    found += [problem for declared in workspace.resolutions for problem in _contradicted(declared)]
    found += [problem for declared in workspace.resolutions for problem in _lost(workspace, declared)]
    found += _routes(workspace, reachable)
    if fed is not None:
        found += _unfed(workspace, fed, unusable)
    return found


def _unequal(declared: Declared) -> Iterator[Problem]:
    """Plans whose parts do not add up to their whole, on the first day that it is so."""
    period = declared.resolution.period
    days = {max(figure.applies, period.start) for figure in declared.followed.figures}
    if days:
        days |= {unit.since for unit in declared.units if unit.since and period.start < unit.since <= period.end}
    told: set[str] = set()
    for day in sorted(days):
        table = declared.series(day)
        # Of what is counted, 27 is at most what is below 28, and at least what is above 26.
        step = np.where(table["strict"] & table["whole_numbers"], np.where(np.isfinite(table["ceiling"]), -1, 1), 0)
        kept = table["value"] + step
        parts = table[(table["roll_up"] == "sum") & (table["reckoned"] == "") & table["value"].notna()]
        made = kept.reindex(parts.index).groupby([parts.index.get_level_values("target"), parts["within"]]).sum()
        wholes = kept.reindex(made.index)
        for (target, unit), total, whole in zip(made.index, made.tolist(), wholes.tolist(), strict=True):
            if target not in told and abs(total - whole) > UNEQUAL * abs(whole):
                told.add(target)
                file, _, line = declared.places[target].rpartition(":")
                message = 'from {day} on the parts of "{found}" are given {total} together, and {unit} {whole}'
                share = declared.targets[target].execution or 1.0
                values: dict[str, object] = {"day": day, "found": target, "unit": unit}
                values |= {"total": round(total / share, 6), "whole": round(whole / share, 6)}
                yield Problem(file, message, values, int(line), 1)


def _contradicted(declared: Declared) -> Iterator[Problem]:
    """Tables of a resolution's own that give the whole another figure than it says itself."""
    for figure in declared.followed.figures:
        target = declared.targets[figure.target]
        if figure.unit == declared.city.id and figure.since == date.min and figure.bound != target.target:
            file, _, line = declared.places[figure.target].rpartition(":")
            message = 'the table at {place} gives {unit} {table} of "{found}", and the resolution itself says {own}'
            values: dict[str, object] = {"place": figure.place, "unit": figure.unit, "table": str(figure.bound)}
            yield Problem(file, message, values | {"found": target.id, "own": str(target.target)}, int(line), 1)


def _lost(workspace: Workspace, declared: Declared) -> Iterator[Problem]:
    """Units that report and end while the resolution binds, and whose figures nobody has from the next day on, or not all."""
    reporting = {kind for target in declared.followed.targets if target.breakdown for kind in target.breakdown.units}
    above, period = {unit.parent for unit in declared.units}, declared.resolution.period
    handed = {unit.id: dict[date, float]() for unit in declared.units}
    for heir in declared.units:
        for part in heir.succeeds:
            if heir.since is not None:
                handed[part.unit][heir.since] = handed[part.unit].get(heir.since, 0.0) + part.share
    found: list[tuple[int, str, dict[str, Any]]] = []
    for n, unit in enumerate(declared.units):
        last, shares = unit.until, handed[unit.id]
        # What was above others, such as a district, had no figures of its own: theirs go on.
        if last is None or not period.start <= last < period.end or unit.kind not in reporting or unit.id in above:
            continue
        values: dict[str, Any] = {"found": unit.id, "day": last, "share": f"{sum(shares.values()):.6g}"}
        if not shares:
            message = '"{found}" is no more after {day}, and nobody takes over from it: what it had counts no more'
        elif sum(shares.values()) < 1 - UNEQUAL:
            message = 'only {share} of "{found}" is taken over after {day}: the rest counts no more'
        elif min(shares) > last + timedelta(days=1):
            message, values = (
                '"{found}" is no more after {day}, and is taken over on {since}: between them it counts nowhere',
                values | {"since": min(shares)},
            )
        else:
            continue
        found.append((n, message, values))
    if found:
        file = str(PurePosixPath(next(iter(declared.places.values()))).parent / "units.yaml")
        document = parse(file, workspace.files[file].encode())
        yield from (document.problem(("units", n, "until"), message, **values) for n, message, values in found)


def _unfed(workspace: Workspace, fed: Set[str], unusable: int) -> Iterator[Problem]:
    """Targets of which nobody reports; it may be the feed that calls one otherwise."""
    for declared in workspace.resolutions:
        reckoned = {target.id for target in declared.followed.targets if target.measure is Measure.SHARE}
        for name, place in declared.places.items():
            if name not in fed and name not in reckoned:
                file, _, line = place.rpartition(":")
                message = 'no feed has a figure of the target "{found}"'
                if unusable:
                    message = (
                        'no feed has a figure of the target "{found}"; {count} figures of the feeds cannot be used, perhaps '
                        "these: monitor check --feeds tells why"
                    )
                yield Problem(file, message, {"found": name, "count": unusable}, int(line), 1)


def _routes(workspace: Workspace, reachable: Set[str] | None) -> Iterator[Problem]:
    document = parse(ROUTES, (workspace.root / ROUTES).read_bytes())
    for n, written in enumerate(document.data.get("routes", ())):
        route = next((r for r in workspace.alerts.routes if r.id == written.get("id")), None)
        if route is None:
            continue
        if reachable is not None and not reachable & set(route.to):
            message = 'nobody receives the route "{found}": none of its recipients has an address'
            yield document.problem(("routes", n, "to"), message, found=route.id)
        if not route.upkeep and not _chosen(workspace, route.choose):
            message = 'the route "{found}" chooses no target: nothing is ever told to it'
            yield document.problem(("routes", n, "choose"), message, found=route.id)


def _chosen(workspace: Workspace, choose: Chooses) -> bool:
    targets = workspace.targets.values()
    return any(
        (not choose.target or t.id in choose.target)
        and (not choose.group or t.group in choose.group)
        and (not choose.owner or t.owner in choose.owner)
        for t in targets
    )
