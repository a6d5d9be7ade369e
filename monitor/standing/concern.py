"""What concerns what: which units can stand otherwise for new figures, and how those stand by what was kept of the others.

What depends on what: an assessment on its own series' figures, those of the parts of its unit (sums and means go up the tree),
of the same unit's other targets (shares, rules across targets), the plan in force, and the month by which figures should have
come; on the day by nothing else. Where series learn of each other (siblings by past plans or in a first year, all of a kind from
the errors of four years and more) any figure concerns everything.
So what new figures of some units can change is those units, whoever goes on with their history, and all that stand above them
(`concerned`); of the parts beside them the figures that they stood by are enough, and are kept (`Known`, `Values`). Where that
does not hold (another plan, another month due, the first report of a breakdown) everything is assessed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Set
from datetime import date
from functools import cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.assess.history import Beside, Mask, Matrix
from monitor.rules.findings import WAITING
from monitor.rules.load import Declared
from monitor.standing.assessing import Partial, expected_months, reckon
from monitor.standing.known import (
    FRESH,
    LONG,
    REPORTED,
    Assessed,
    Known,
    Marks,
    Standing,
    Values,
    brought_by,
    feeds_of,
    learned_together,
    listed,
    number_marked,
    ordinals,
    periods_of,
    unit_codes,
)
from monitor.standing.past import has_past_plans
from monitor.workspace import Workspace

# What decides, and words it, beside the declarations: by its code an evaluation is known.
_DECIDES = ("alerts", "assess", "language", "model", "rules", "standing", "store", "syntax")
_LIBRARIES = ("babel", "durable-rules", "jinja2", "numpy", "pandas")


def version(workspace: Workspace, declared: Declared, as_of: date) -> str:
    """What a standing follows from beside figures and what is expected by the day: the hash of declarations, the plan in force
    and the code. Empty where the files are not known.
    """
    if not workspace.version:
        return ""
    over = as_of > declared.resolution.retires
    said = repr((workspace.version, _code(), over, declared.followed.version(as_of)))
    return hashlib.sha256(said.encode()).hexdigest()


@cache
def _code() -> str:
    """The hash of the code that decides."""
    found, package = hashlib.sha256(), resources.files("monitor")

    def read(place: Traversable) -> None:
        if place.is_dir():
            for each in sorted(place.iterdir(), key=lambda one: one.name):
                read(each)
        elif place.name.endswith((".py", ".json", ".po")):
            found.update(place.read_bytes())

    for name in _DECIDES:
        read(package / name)
    found.update(repr([metadata.version(name) for name in _LIBRARIES]).encode())
    return found.hexdigest()


def concerned(declared: Declared, as_of: date, changed: Set[str]) -> frozenset[str] | None:
    """The units of which a series may stand otherwise when figures of the units `changed` are others; None: any."""
    series, successions = declared.series(as_of), declared.followed.successions
    found = {*changed, *successions.loc[successions["before"].isin(changed), "successor"]}
    code, names = unit_codes(series)
    found &= set(names)
    if not found:
        return frozenset()
    found.add(declared.city.id)
    within = series["within"].to_numpy(dtype=object)
    fresh = found
    while fresh:
        rows = np.isin(code, names.get_indexer(pd.Index(list(fresh))))
        fresh = set(within[rows]) - {""} - found
        found = found | fresh
    return frozenset(found) if 2 * len(found) <= len(names) else None


def figures_of(declared: Declared, units: Collection[str]) -> set[str]:
    """The units whose figures are those of `units`: they, and those that they took over from."""
    successions = declared.followed.successions
    return {*units, *successions.loc[successions["successor"].isin(units), "before"]}


def parts_beside(declared: Declared, as_of: date, units: Set[str]) -> set[str]:
    """The units whose figures are rolled up into those of `units`, and are not among them."""
    series = declared.series(as_of)
    return set(series.index.get_level_values("unit")[_beside(series, units)])


def reassessed(
    workspace: Workspace,
    declared: Declared,
    observations: pd.DataFrame,
    as_of: date,
    units: frozenset[str],
    before: Known,
    values_of: Mapping[str, tuple[Matrix, Marks]],
    of_parts: Callable[[pd.DataFrame], pd.DataFrame],
    arrival: int = 0,
) -> Assessed | None:
    """Where the series of `units` (as `concerned` gives them) stand, as `assessed` would say; None where only that can tell.

    observations: all of `figures_of(units)` and of whoever has new figures. before: what the evaluation before left; values_of:
    unit -> the figures that its series stood by then, of `units` and of `parts_beside`; of_parts: see rules.findings.find.
    """
    series = declared.series(as_of)
    brought = {**before.brought}
    for target, found in brought_by(observations).items():
        if target not in brought or found[:2] >= brought[target][:2]:
            brought[target] = found
    expected = expected_months(workspace, declared, feeds_of(brought), as_of)
    months = pd.PeriodIndex(observations["period"].unique(), freq="M")
    if ordinals(expected) != before.expected or (len(months) and months.min().ordinal < before.start):
        return None
    if not units:
        values = Values(np.empty((0, before.months)), before.start, np.empty(0, dtype=np.uint8))
        none = pd.DataFrame(index=series.index[:0])
        nothing = Standing(declared, as_of, series[:0], observations, none, [], values, units)
        known = before.model_copy(update={"day": as_of, "arrival": arrival, "brought": brought})
        return Assessed(nothing, known)
    if has_past_plans(workspace, declared) or learned_together(before):
        return None
    code, names = unit_codes(series)
    own = np.isin(code, names.get_indexer(pd.Index(list(units))))
    asked, parts = np.flatnonzero(own), np.flatnonzero(_beside(series, units))
    kept, placed = _collected(series, values_of, np.concatenate([asked, parts]), before.months)
    if kept is None:
        return None
    table = series.iloc[asked]
    beside = Beside(series.iloc[parts], kept.matrix[placed[parts]], before.start, parts, asked)
    counted = {"reporting": REPORTED, "fresh": FRESH, "long": LONG}
    was = {name: number_marked(table, kept.marks[placed[asked]], mark) for name, mark in counted.items()}
    elsewhere = {target: count - was["reporting"].get(target, 0) for target, count in before.reporting.items()}
    others = _others(series, units, before)
    in_use = frozenset(target for target, count in elsewhere.items() if count > 0)
    made = reckon(workspace, declared, table, observations, as_of, expected, Partial(beside, in_use, others, of_parts))
    now = {name: number_marked(table, made.values.marks, mark) for name, mark in counted.items()}
    counts = {
        name: {
            target: count - was[name].get(target, 0) + now[name].get(target, 0)
            for target, count in getattr(before, name).items()
        }
        for name in counted
    }
    used, used_before = ({t for t, count in of.items() if count} for of in (counts["reporting"], before.reporting))
    if used != used_before or learned_together(before.model_copy(update=counts)):
        return None
    held = made.assessments
    waiting = held.loc[held["implausible"].astype(bool), "reported_period"]
    periods = periods_of(held["period"])
    known = before.model_copy(
        update={
            "day": as_of,
            "arrival": arrival,
            "brought": brought,
            **counts,
            "waiting": (*(each for each in before.waiting if each[1] not in units), *listed(waiting)),
            "periods": {unit: periods.get(unit, of) for unit, of in before.periods.items()},
        }
    )
    return Assessed(Standing(declared, as_of, table, observations, held, made.findings, made.values, units), known)


def _beside(series: pd.DataFrame, units: Set[str]) -> Mask:
    """The rows that are rolled up into those of `units`, and are not theirs."""
    code, names = unit_codes(series)
    own = np.isin(code, names.get_indexer(pd.Index(list(units))))
    rolled = series["within"].isin(units) & series["roll_up"].isin(["sum", "mean"])
    return np.asarray(rolled.to_numpy() & ~own)


def _collected(
    series: pd.DataFrame, values_of: Mapping[str, tuple[Matrix, Marks]], rows: npt.NDArray[np.int64], months: int
) -> tuple[Values | None, npt.NDArray[np.int64]]:
    """What is known of the units of `rows` in one table, and at which place of it each row of `series` stands; None where
    something is lacking, or is not of these series.
    """
    code, names = unit_codes(series)
    asked = np.unique(code[rows])
    of = np.flatnonzero(np.isin(code, asked))
    of = of[np.argsort(code[of], kind="stable")]
    placed = np.full(len(series), -1)
    placed[of] = np.arange(len(of))
    found = [values_of.get(unit) for unit in names[asked]]
    known = [each for each in found if each is not None]
    if len(known) < len(found) or not known or sum(len(matrix) for matrix, _ in known) != len(of):
        return None, placed
    matrix, marks = (np.concatenate(each) for each in zip(*known, strict=True))
    return (Values(matrix, 0, marks) if matrix.shape[1] == months else None), placed


def _others(series: pd.DataFrame, units: Set[str], before: Known) -> pd.DataFrame:
    """Of units that are not assessed anew, what with_held_back asks of them."""
    held = {(target, unit): period for target, unit, period in before.waiting if unit not in units}
    rows = {
        **{
            (target, unit): period
            for unit, of in before.periods.items()
            if unit not in units
            for target, period in of.items()
        }
    }
    keys = list({**rows, **held})
    index = pd.MultiIndex.from_tuples(keys, names=series.index.names) if keys else series.index[:0]
    columns = {
        "implausible": [key in held for key in keys],
        "reported_period": [held.get(key, "") for key in keys],
        "period": [rows.get(key, "") for key in keys],
        "within": series["within"].reindex(index).to_numpy(),
    }
    return pd.DataFrame(columns, index=index, columns=WAITING)
