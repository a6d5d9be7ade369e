"""Reporting figures by hand: typed in, looked at as any feed's are, doubted where a feed's would be held back, and stored."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd
from sqlalchemy import Connection, Engine

from monitor.acts.names import over
from monitor.acts.permission import require
from monitor.feeds.clean import clean, located, names, reading
from monitor.feeds.declaration import Feed
from monitor.feeds.table import CELL_COLUMNS
from monitor.feeds.texts import CATEGORY, spelled
from monitor.model.act import Actor, Deed
from monitor.model.problem import Problem, Problems
from monitor.model.target import Measure
from monitor.pipeline import Moment
from monitor.report.form import Asked
from monitor.rules.findings import figures as fields_of
from monitor.rules.load import Declared
from monitor.standing.assessing import figures_for, standing
from monitor.store import acts as stored_acts
from monitor.store import observations as stored
from monitor.store import taking
from monitor.store.database import writing
from monitor.workspace import Workspace

# What people type is a feed of its own, whose id no declared one can have.
TYPED = "@typed"
# A decimal mark that slipped makes a figure ten times as large or as small: people are asked from half of that on, where a feed's
# figure is held back only from the policy's `jump` on.
SLIP = 5.0
Series = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Typed:
    """One figure as a person wrote it. `unit`: empty, the whole; `basis`: of a flow, what the figure counts; `measured_in`:
    empty, the target's own unit of measure.
    """

    target: str
    period: str
    value: str
    unit: str = ""
    basis: Literal["year-to-date", "per-period"] = "year-to-date"
    standing: Literal["", "estimate", "preliminary", "final"] = ""
    measured_in: str = ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a figure may be wrong, though it is one: it may count all the same when somebody says why it is right."""

    series: Series
    message: str
    values: dict[str, object]


@dataclass(frozen=True)
class Tried:
    """Figures as they are read, before they count. `table`: as feeds.clean gives it; `before`, `after`: (target, unit) -> the
    fields of its assessment without them and with them.
    """

    table: pd.DataFrame
    doubts: tuple[Doubt, ...]
    before: Mapping[Series, Mapping[str, Any]]
    after: Mapping[Series, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came of a report: under which number it is kept, how many figures are new, corrected, or stood already; `early`: how
    many count only from a later day on.
    """

    number: int
    added: int
    revised: int
    known: int
    early: int


def attempt(workspace: Workspace, engine: Engine, figures: Sequence[Typed], moment: Moment) -> Tried:
    """Read the figures and look at what they would change; nothing is stored. Raises Problems, one for each that is none."""
    table = _cleaned(workspace, figures, moment.as_of)
    with engine.connect() as connection:
        return _tried(workspace, table, connection, moment.as_of)


def report(
    workspace: Workspace, engine: Engine, actor: Actor, figures: Sequence[Typed], moment: Moment, key: str = ""
) -> Receipt:
    """Store figures, all or none. One that is in doubt is refused unless `actor.why` says why it is right. What was reported
    under a `key` (of a program that may ask again) is not reported a second time; other figures are not reported under it at all.
    Raises Problems.
    """
    when = moment.to_record()
    table = _cleaned(workspace, figures, when.as_of)
    for target, unit in dict.fromkeys(zip(table["target"], table["unit"], strict=True)):
        for declared in workspace.resolutions:
            if target in declared.targets:
                require(actor, Deed.REPORT, over(workspace, declared.resolution.id, target, unit))
    with writing(engine) as connection:
        rows = table[["target", "unit", "period", "value", "unit_of_measure", "basis"]].to_dict("records")
        if key and (last := stored_acts.last(connection, Deed.REPORT, f"key {key}")) is not None:
            if last.details["figures"] != rows:
                raise Problems(
                    [Problem("key", "other figures were reported under this key: give these one of their own")]
                )
            return Receipt(last.number, **last.details["receipt"])
        tried = _tried(workspace, table, connection, when.as_of)
        if tried.doubts and not actor.why.strip():
            raise Problems([Problem("why", doubt.message, doubt.values) for doubt in tried.doubts])
        reported = reading(table.assign(file=f"{actor.who}, {actor.door.value}"))
        feed = _feed()
        taken = taking.add(connection, feed.id, reported, workspace.calendar(feed), when.now, when.as_of)
        receipt = {"added": taken.added, "revised": taken.revised, "known": taken.known, "early": taken.early}
        doubts = [{"message": doubt.message, "values": doubt.values} for doubt in tried.doubts]
        subject = f"key {key}" if key else " ".join(dict.fromkeys(table["target"]))[:300]
        details = {"figures": rows, "doubts": doubts, "receipt": receipt}
        number = stored_acts.add(connection, Deed.REPORT, actor, subject, when.as_of, when.now, details)
    return Receipt(number, **receipt)


def told_by(workspace: Workspace, connection: Connection, owner: str) -> pd.DataFrame:
    """Every figure of the owner's targets (store.observations.observations)."""
    own = {target.id for target in workspace.targets.values() if target.owner == owner}
    return stored.observations(connection, date.max, targets=own)


def asked_of(workspace: Workspace, owner: str, period: pd.Period, table: pd.DataFrame) -> list[Asked]:
    """The owner's series that have a period ending in that month, with what was reported last before it. `table`: see
    `told_by`.
    """
    earlier = table[table["period"].astype(object) < str(period)].drop_duplicates(["target", "unit"], keep="last")
    last = earlier.set_index(["target", "unit"])["value"].to_dict()
    found = []
    for declared in workspace.resolutions:
        if not declared.resolution.first <= period <= declared.resolution.last:
            continue
        names = declared.unit_names
        for target, unit in declared.series(period.end_time.date()).index:
            of = declared.targets[target]
            if of.owner == owner and of.measure is not Measure.SHARE and period.month % of.frequency.months == 0:
                found.append(Asked(of, unit, names[unit], last.get((target, unit), math.nan)))
    order = {name: n for n, name in enumerate(workspace.targets)}
    units = {unit.id: n for n, unit in enumerate(workspace.units)}
    return sorted(found, key=lambda a: (order[a.target.id], units[a.unit]))


def _feed() -> Feed:
    """What people type, as a feed that is declared nowhere: in Vietnamese figures."""
    table = {"header": "-", "target": {"row": "-"}, "unit": {"row": "-"}, "period": {"row": "-"}}
    said = {"source": {"kind": "typed"}, "schedule": "0 0 1 1 *", "table": table}
    return Feed.model_validate({"id": "typed", **said}).model_copy(update={"id": TYPED})


def _cleaned(workspace: Workspace, figures: Sequence[Typed], today: date) -> pd.DataFrame:
    """The figures as observations, each said today. Raises Problems, each at its place among them (`figures!2`)."""
    if not figures:
        raise Problems([Problem("figures", "there is no figure")])
    feed, targets, units = _feed(), workspace.targets, workspace.units
    cells = pd.DataFrame(
        [
            {
                **dict.fromkeys(CELL_COLUMNS, ""),
                **{
                    "row": n - 1,
                    "line": n,
                    "column": -1,
                    "offset": 0.0,
                    "rounding": float("nan"),
                    "flaw": None,
                    "sheet": "",
                },
                **{"target": of.target, "unit": of.unit or _whole(workspace, of.target)},
                **{"period": of.period, "raw": of.value, "basis": of.basis, "standing": of.standing},
                **{"measured_in": of.measured_in, "received": today.isoformat(), "file": "figures"},
            }
            for n, of in enumerate(figures, start=1)
        ]
    ).astype({**CELL_COLUMNS, "file": CATEGORY})
    table = spelled(located(clean(cells, feed, names(feed, targets.values(), units), targets, *workspace.months)))
    problems = [
        *_unusable(table),
        *_empty(located(cells), table),
        *_unasked(workspace, table),
        *_impossible(workspace, table),
    ]
    if problems:
        raise Problems(sorted(problems, key=lambda problem: int(problem.cell)))
    return table


def _whole(workspace: Workspace, target: str) -> str:
    """The unit that a target's resolution binds as a whole."""
    of = [declared for declared in workspace.resolutions if target in declared.targets]
    return (of or workspace.resolutions)[-1].city.id


def _unusable(table: pd.DataFrame) -> Iterator[Problem]:
    for row in table[table["reason"].notna()].to_dict("records"):
        yield Problem("figures", str(row["reason"]), json.loads(str(row["values"])), cell=str(row["cell"]))


def _empty(cells: pd.DataFrame, table: pd.DataFrame) -> Iterator[Problem]:
    """What is typed in a form is meant: a blank or a dash is none of it."""
    for cell in cells.loc[~cells["cell"].isin(table["cell"]), "cell"]:
        yield Problem("figures", '"{found}" is not a figure', {"found": "–"}, cell=str(cell))


def _unasked(workspace: Workspace, table: pd.DataFrame) -> Iterator[Problem]:
    """Figures of units of which the target is not followed."""
    followed = {key for declared in workspace.resolutions for key in declared.series(date.max).index}
    for row in table[table["reason"].isna()].to_dict("records"):
        if (row["target"], row["unit"]) not in followed:
            message = 'the target "{target}" is not followed by the unit "{unit}"'
            yield Problem("figures", message, {"target": row["target"], "unit": row["unit"]}, cell=str(row["cell"]))


def _impossible(workspace: Workspace, table: pd.DataFrame) -> Iterator[Problem]:
    """Figures that cannot be true of their target."""
    targets = workspace.targets
    for row in table[table["reason"].isna()].to_dict("records"):
        low, high = targets[str(row["target"])].reported.bounds
        if not low <= row["value"] <= high:
            message = "{found} cannot be true: the values of this target go from {low} to {high}"
            values: dict[str, object] = {"found": float(row["value"]), "low": low, "high": high}
            yield Problem("figures", message, values, cell=str(row["cell"]))


def _tried(workspace: Workspace, table: pd.DataFrame, connection: Connection, as_of: date) -> Tried:
    """What the figures would change in where their targets stand, and what is doubtful about them."""
    concerned = [(declared, *_concerned(declared, set(table["target"]))) for declared in workspace.in_force(as_of)]
    needed = set(table["target"]).union(*(figures_for(declared, targets) for declared, targets, _ in concerned))
    present = stored.observations(connection, as_of, targets=needed)
    arrived = int(present["arrival"].max()) if len(present) else 0
    added = table.assign(received=as_of, arrival=range(arrived + 1, arrived + 1 + len(table)), revision=1)
    columns = [name for name in present.columns if name in added]
    both = pd.concat([present, added[columns]], ignore_index=True) if len(present) else added[columns]
    both = both.drop_duplicates(["target", "unit", "period"], keep="last")
    keys = set(zip(table["target"], table["unit"], strict=True))
    before: dict[Series, Mapping[str, Any]] = {}
    after: dict[Series, Mapping[str, Any]] = {}
    doubts = list(_corrected(table, present))
    for declared, targets, across in concerned:
        if not targets:
            continue
        day = min(as_of, declared.resolution.retires)
        was, now = (standing(workspace, declared, each, day, targets) for each in (present, both))
        old, new = fields_of(was.assessments), fields_of(now.assessments)
        before |= {key: old[key] for key in keys if key in old}
        after |= {key: new[key] for key in keys if key in new}
        held = {finding.fingerprint for finding in was.findings}
        broken = [f for f in now.findings if f.rule in across and f.fingerprint not in held]
        message = "the figures of the document do not fit each other any more (rule {rule}): is it right?"
        doubts += [*_held_back(keys, new), *(Doubt((f.target, f.unit), message, {"rule": f.rule}) for f in broken)]
    return Tried(table, tuple(doubts), before, after)


def _concerned(declared: Declared, reported: Set[str]) -> tuple[set[str], set[str]]:
    """The targets of a resolution of which reported ones decide, and the rules that hold those against others."""
    targets = reported & declared.targets.keys()
    joined = {rule.rule: set((rule.written.rule.match or {}).values()) for rule in declared.rules.rules}
    across = {name for name, matched in joined.items() if matched & targets}
    return targets.union(*(joined[name] for name in across)), across


def _corrected(table: pd.DataFrame, present: pd.DataFrame) -> Iterator[Doubt]:
    """The figures in whose place others stand."""
    keys = ["target", "unit", "period"]
    both = table[[*keys, "value"]].merge(present[[*keys, "value"]], on=keys, suffixes=("", "_before"))
    for row in both[(both["value"] - both["value_before"]).abs() > 1e-9].to_dict("records"):
        message = (
            "{target} of {unit}: {found} takes the place of {before}, which is reported already: why is it corrected?"
        )
        values = {"target": row["target"], "unit": row["unit"], "found": row["value"], "before": row["value_before"]}
        yield Doubt((str(row["target"]), str(row["unit"])), message, values)


def _slipped(found: object, before: object) -> bool:
    """Whether a figure is so much larger or smaller than the one before it."""
    if not isinstance(found, float) or not isinstance(before, float) or not found or not before:
        return False
    return not 1 / SLIP < abs(found / before) < SLIP


def _held_back(keys: set[Series], fields: Mapping[Series, Mapping[str, Any]]) -> Iterator[Doubt]:
    """The series whose latest figure, as the assessment sees it, cannot be right, or has fallen where it only adds up."""
    for key in sorted(keys & fields.keys()):
        of = fields[key]
        values: dict[str, object] = {
            "target": key[0],
            "unit": key[1],
            "found": of.get("reported"),
            "before": of.get("previous"),
        }
        if of.get("implausible") or _slipped(of.get("reported"), of.get("previous")):
            yield Doubt(
                key,
                "{target} of {unit}: {found} is out of proportion to what was reported before: is it right?",
                values,
            )
        elif of.get("fell"):
            yield Doubt(
                key,
                "{target} of {unit}: the year to date has fallen to {found}, and it only adds up: is it right?",
                values,
            )
