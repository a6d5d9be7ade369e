"""Where a resolution stands now, by as little as can have changed since its last evaluation.

What that left in the store (store.standings) is used where it fits: the same declarations, plan and code, and nothing else due by
the day. Else everything is read and assessed, and what comes of both is the same.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Protocol

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine

from monitor.measuring import step
from monitor.rules.load import Declared
from monitor.standing.assessing import (
    assessed,
    figures_for,
    partitions,
    parts,
    standing,
    together,
    usual_parts,
)
from monitor.standing.concern import concerned, figures_of, parts_beside, reassessed, version
from monitor.standing.known import Assessed, Known, Part, Standing, by_unit, long_past
from monitor.store import alerts as stored_alerts
from monitor.store import observations as stored_observations
from monitor.store import standings
from monitor.store.standings import Kept, OfUnit
from monitor.workspace import Workspace

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Since:
    """By what it is noticed that others have written: the last figure, and what the last evaluation left."""

    arrival: int
    kept: Kept | None


@dataclass(frozen=True)
class Current:
    """Where a resolution stands, of all units or those that can stand otherwise than at the last evaluation; `found`: how many
    rules hold of all.
    """

    assessed: Assessed
    version: str
    since: Since
    found: int

    @property
    def standing(self) -> Standing:
        """Of those units."""
        return self.assessed.standing


def since(connection: Connection, resolution: str) -> Since:
    """What is stored now."""
    return Since(stored_observations.last_recorded(connection), standings.kept(connection, resolution))


def known_figures(
    workspace: Workspace, connection: Connection, declared: Declared, as_of: date, *, placed: bool = True
) -> pd.DataFrame:
    """The figures of a resolution's body as known at the end of a day (see store.observations.observations)."""
    with step("read"):
        without = workspace.strangers({declared.resolution.body})
        return stored_observations.observations(connection, as_of, without, placed=placed)


def known_standing(
    workspace: Workspace, connection: Connection, declared: Declared, as_of: date, by: Assessing | None = None
) -> Standing:
    """Where every series stands as of a day, and which rules hold. Of a resolution that has retired, where it stood then. `by`
    others, where there are any: without showing the figures that were reported.
    """
    as_of = min(as_of, declared.resolution.retires)
    if by is not None:
        made = _by_parts(workspace, connection, declared, as_of, by, since(connection, declared.resolution.id))
        if made is not None:
            return made.standing
    return standing(workspace, declared, known_figures(workspace, connection, declared, as_of), as_of)


class Assessing(Protocol):
    """Others who assess parts of everything: other cores (monitor.cores), other machines (monitor.workers)."""

    def prepare(self, workspace: Workspace, engine: Engine, as_of: date) -> None:
        """Let them read the declarations that they do not know while something else is done. Raises Problems as `fewest` does."""

    def fewest(self, engine: Engine, series: int) -> int:
        """In how many parts at least so many series are to be given to them; 0: they are not for these. Raises Problems when
        nobody is there, or the database is one that they cannot reach.
        """

    def parts(
        self,
        workspace: Workspace,
        connection: Connection,
        declared: Declared,
        as_of: date,
        asked: Sequence[frozenset[str]],
    ) -> list[Part]:
        """What each of the parts asked for gives (see `stored_parts`), in their order."""


def stored_parts(
    workspace: Workspace, connection: Connection, declared: Declared, as_of: date, asked: Iterable[frozenset[str]]
) -> Iterator[Part]:
    """What parts of the targets (`partitions`) give, one after the other, by their figures in the database."""
    without, placed = workspace.strangers({declared.resolution.body}), partial(stored_observations.places, connection)
    for targets in asked:
        with step("read"):
            told = figures_for(declared, targets)
            figures = stored_observations.observations(connection, as_of, without, targets=told, placed=False)
        yield from parts(workspace, declared, figures, as_of, [targets], placed)


def current(
    workspace: Workspace, connection: Connection, declared: Declared, as_of: date, by: Assessing | None = None
) -> Current:
    """Where a resolution stands as of a day, or when it retired; everything is assessed `by` others, where there are any."""
    # First the numbers: what comes between the questions is noticed by them.
    stored, follows = since(connection, declared.resolution.id), version(workspace, declared, as_of)
    day = min(as_of, declared.resolution.retires)
    before = stored.kept
    if before is not None and follows and before.version == follows and before.as_of <= as_of:
        made = _anew(workspace, connection, declared, day, Known.model_validate(before.known), stored.arrival)
        if made is not None and (not made.standing.units or as_of == day):
            held = stored_alerts.holding(connection, declared.resolution.id, made.standing.units or ())
            return Current(made, follows, stored, made.known.findings - held + len(made.standing.findings))
    made = _by_parts(workspace, connection, declared, day, by, stored) if by is not None else None
    if made is None:
        observations = known_figures(workspace, connection, declared, day, placed=False)
        placed = partial(stored_observations.places, connection)
        made = assessed(workspace, declared, observations, day, stored.arrival, placed)
    return Current(made, follows, stored, len(made.standing.findings))


def keep(connection: Connection, now: Current, as_of: date) -> None:
    """Leave what the next evaluation needs."""
    resolution = now.standing.declared.resolution.id
    if not now.version:
        standings.keep(connection, resolution, Kept(as_of, "", {}), anew=True)
        return
    known = now.assessed.known.model_copy(update={"findings": now.found})
    left = Kept(as_of, now.version, known.model_dump(mode="json"))
    units = (OfUnit(unit, matrix.tobytes(), marks.tobytes()) for unit, matrix, marks in by_unit(now.standing))
    standings.keep(connection, resolution, left, units, anew=now.standing.units is None)


def _by_parts(
    workspace: Workspace, connection: Connection, declared: Declared, day: date, by: Assessing, stored: Since
) -> Assessed | None:
    """Everything assessed by others, without showing the figures; None where it is not for them. Where all series learn of each
    other no other parts will do than the usual ones.
    """
    by.prepare(workspace, connection.engine, day)
    fewest = by.fewest(connection.engine, len(declared.series(day)))
    if not fewest:
        return None
    usual = usual_parts(declared, day)
    asked = partitions(declared, day, max(fewest, usual))
    if len(asked) == 1:
        return None
    made = together(declared, day, by.parts(workspace, connection, declared, day, asked), None, stored.arrival)
    if fewest > usual and long_past(made.known):
        log.warning("series of a long past learn of each other: they are assessed again, by one process")
        return None
    return made


def _anew(
    workspace: Workspace, connection: Connection, declared: Declared, day: date, before: Known, arrival: int
) -> Assessed | None:
    """Where the units stand that new figures concern; None where everything must be looked at."""
    without = workspace.strangers({declared.resolution.body})
    changed = stored_observations.changed_units(connection, before.arrival, before.day, day, without)
    units = concerned(declared, day, changed)
    if units is None:
        return None
    told = figures_of(declared, units) | changed
    observations = stored_observations.observations(connection, day, without, units=told)

    def of_parts(asked: pd.DataFrame) -> pd.DataFrame:
        targets, periods = set(asked["target"]), set(asked["period"])
        return stored_observations.observations(connection, day, without, targets=targets, periods=periods)

    needed = units | parts_beside(declared, day, units)
    left = standings.of_units(connection, declared.resolution.id, needed) if units else {}
    values = {
        unit: (np.frombuffer(of.figures).reshape(-1, before.months), np.frombuffer(of.marks, dtype=np.uint8))
        for unit, of in left.items()
    }
    return reassessed(workspace, declared, observations, day, units, before, values, of_parts, arrival)
