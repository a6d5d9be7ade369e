"""What an act is about, by the name that a person gave it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from monitor.acts.permission import Over
from monitor.model.problem import Problem, Problems, unknown
from monitor.workspace import Workspace

T = TypeVar("T")


def beginning(found: Mapping[str, T], name: str, what: str = "alert") -> T:
    """The one whose id begins so. Raises Problems (at `what`) when none does, or several."""
    fits = [each for each in found if each.startswith(name.lower())] if name else []
    if len(fits) == 1:
        return found[fits[0]]
    if fits:
        message = '"{found}" begins several alerts: {names}'
        raise Problems([Problem(what, message, {"found": name, "names": ", ".join(fits)})])
    said = unknown(what, name, found)
    raise Problems([Problem(what, said.message, said.values)])


def known(what: str, names: Sequence[str], there: Iterable[str]) -> list[Problem]:
    """A problem for each of the names that is none of those there are."""
    exist = sorted(there)
    found = [unknown(what, name, exist) for name in names if name not in exist]
    return [Problem(what, said.message, said.values) for said in found]


def over(workspace: Workspace, resolution: str, target: str, unit: str) -> Over:
    """What an act about a series is over; of what is declared no more, nobody is the owner."""
    declared = next((d for d in workspace.resolutions if d.resolution.id == resolution and target in d.targets), None)
    return Over(resolution, unit, declared.targets[target].owner if declared is not None else "")
