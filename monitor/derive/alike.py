"""Last year's resolution beside this year's draft: a target that is the same keeps its id, so that its history goes on, and
what a person once decided of it.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.derive.draft import Draft, Drafted
from monitor.derive.guess import Guess
from monitor.derive.lexicon import Owner
from monitor.language import fold
from monitor.model.problem import Said
from monitor.model.target import Target
from monitor.model.unit import Unit

# How alike two names must be, of 1 for the same.
ALIKE = 0.9


@dataclass(frozen=True)
class Past:
    """What was declared before: targets by id, and units."""

    targets: Mapping[str, Target]
    units: Sequence[Unit]


def alike(draft: Draft, past: Past) -> tuple[Draft, dict[str, Target]]:
    """The draft with the ids and decisions of before, and by (new) id the target that each was taken from."""
    names = {(fold(t.name), _plain(t.unit_of_measure)): t for t in past.targets.values()}
    found: dict[str, Target] = {}
    for target in draft.targets:
        before = names.get((fold(target.name), _plain(target.unit))) or _nearest(target, past.targets)
        if before is not None and before.id not in {t.id for t in found.values()}:
            found[target.id] = before
    ids = {target.id: found[target.id].id if target.id in found else target.id for target in draft.targets}
    groups = _groups(draft, found)
    made = tuple(
        replace(_taken(target, found.get(target.id), ids), group=groups[target.group]) for target in draft.targets
    )
    named = {groups[group]: name for group, name in draft.groups.items()}
    return replace(draft, targets=made, groups=named), {before.id: before for before in found.values()}


def _groups(draft: Draft, found: Mapping[str, Target]) -> dict[str, str]:
    """Each group's id: the one that most of its targets had before."""
    had: dict[str, list[str]] = {group: [] for group in draft.groups}
    for target in draft.targets:
        if target.id in found:
            had[target.group].append(found[target.id].group)
    return {group: max(set(names), key=names.count) if names else group for group, names in had.items()}


def _plain(unit: str) -> str:
    """A unit as documents print it: points of a percentage are %."""
    return "%" if unit == "điểm %" else unit


def _nearest(target: Drafted, targets: Mapping[str, Target]) -> Target | None:
    name = fold(target.name)
    same = {
        fold(t.name): t for t in targets.values() if _plain(t.unit_of_measure) == target.unit and t.task == target.task
    }
    close = difflib.get_close_matches(name, same, n=1, cutoff=ALIKE)
    return same[close[0]] if close else None


def _taken(target: Drafted, before: Target | None, ids: Mapping[str, str]) -> Drafted:
    parent = ids[target.parent] if target.parent is not None else None
    if before is None:
        return replace(target, parent=parent)
    reason = Said('as of "{before}" before', before=before.id)
    kept = tuple(g for g in target.guesses if g.field not in ("measure", "owner"))
    owner = Owner(id=before.owner, district=before.owner, province=before.owner)
    return replace(
        target,
        id=before.id,
        parent=parent,
        unit=before.unit_of_measure,
        measure=before.measure.value,
        of={},
        owner=owner,
        guesses=(*kept, Guess("id", before.id, 0.9, reason)),
    )
