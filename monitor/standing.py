"""Where every series stands as of a day, and which rules hold: a pure function of declarations, figures and day.

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
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from importlib import metadata, resources
from importlib.resources.abc import Traversable

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict

from monitor.alerts.digest import figure_table
from monitor.alerts.lifecycle import transitions
from monitor.assess.assessing import assess_laid_out
from monitor.assess.forecast import FEW, LEAST_YEARS
from monitor.assess.history import Beside, Mask, Matrix, as_it_stands, lay_out
from monitor.assess.path import required_path
from monitor.assess.reckoning import reckoned
from monitor.assess.succession import carried_on, taken_up
from monitor.measuring import step
from monitor.model.alert import Alert, Change
from monitor.model.finding import Finding
from monitor.model.period import Calendar
from monitor.model.unit_of_measure import conversion
from monitor.rules.findings import WAITING, figures, find, with_held_back
from monitor.rules.load import Declared
from monitor.workspace import Workspace

# A whole of more parts than this names none of their reports: the list would be read by nobody, and stand in each alert.
MOST_PARTS = 100
# So many series are assessed at once: what is reckoned on the way is many times as large as what comes of it.
MOST_SERIES = 20_000
# Of more than so many two cores have half to do each.
ENOUGH_FOR_TWO = 5_000
# What decides, and words it, beside the declarations: by its code an evaluation is known.
_DECIDES = ("assess", "language", "model", "rules", "syntax", "standing.py")
_LIBRARIES = ("babel", "durable-rules", "jinja2", "numpy", "pandas")


Marks = npt.NDArray[np.uint8]
# Of a series: a part that has any figure; a part, of flows, of which no past year is known, so that it may learn of siblings
# (assess.plans); one of so many past years that others may learn of its errors (assess.forecast).
REPORTED, FRESH, LONG = 1, 2, 4


@dataclass(frozen=True)
class Values:
    """The figures that series stand by, by which the units above them are assessed. `matrix`: series x months from the month
    `start` (ordinal), in the order of the series; `marks`: of each REPORTED, FRESH and LONG.
    """

    matrix: Matrix
    start: int
    marks: Marks


@dataclass(frozen=True)
class Standing:
    """What is so as of a day. `series`: what is followed by the plan in force then; `assessments`: see assess; `values`: the
    figures that series stand by; `observations`: those reported by then, with their cells (empty where others have read them);
    `units`: of which units alone it tells (None: of all).
    """

    declared: Declared
    as_of: date
    series: pd.DataFrame
    observations: pd.DataFrame
    assessments: pd.DataFrame
    findings: list[Finding]
    values: Values
    units: frozenset[str] | None = None

    @cached_property
    def rows(self) -> pd.DataFrame:
        """One row a series as it is told: see alerts.digest.figure_table."""
        return figure_table(self.series, self.assessments, self.declared.groups, self.declared.unit_names)


class Known(BaseModel):
    """What an evaluation knows of all series together, of which the next needs no more than this. `day`: as of which it looked;
    `arrival`: the number of the last figure stored by then; `start`, `months`: of Values; `findings`: how many; `expected`:
    target -> the month (ordinal) by which figures should have come; `brought`: target -> unit, period and feed of the figure
    that says by which feed; `reporting`: target -> how many parts have any figure; `fresh`, `long`: target -> how many series are
    marked so; `waiting`: reports held back (target, unit, period); `periods`: unit that has parts -> target -> its latest
    period.
    """

    model_config = ConfigDict(frozen=True)

    day: date
    arrival: int
    start: int
    months: int
    findings: int
    expected: dict[str, int]
    brought: dict[str, tuple[str, str, str]]
    reporting: dict[str, int]
    fresh: dict[str, int]
    long: dict[str, int]
    waiting: tuple[tuple[str, str, str], ...]
    periods: dict[str, dict[str, str]]


@dataclass(frozen=True)
class Assessed:
    """A standing, with what it leaves for the next."""

    standing: Standing
    known: Known


@dataclass(frozen=True)
class _Reckoned:
    """Of some series: assessments, the rules that hold, the figures behind them."""

    assessments: pd.DataFrame
    findings: list[Finding]
    values: Values


def standing(
    workspace: Workspace,
    declared: Declared,
    observations: pd.DataFrame,
    as_of: date,
    targets: Collection[str] | None = None,
) -> Standing:
    """Where every series (or those of some targets) stands by the figures and the plan known as of a day: pure.

    observations: see store.observations.observations.
    """
    if targets is None:
        return assessed(workspace, declared, observations, as_of).standing
    followed = declared.series(as_of)
    # A share is made from two others.
    of = followed[followed.index.get_level_values("target").isin(targets)]
    wanted = {*targets, *of["part"], *of["whole"]}
    followed = followed[followed.index.get_level_values("target").isin(wanted)]
    expected = _expected(workspace, declared, _feeds(_brought(observations)), as_of)
    made = _reckon(workspace, declared, followed, observations, as_of, expected)
    return Standing(declared, as_of, followed, observations, made.assessments, made.findings, made.values)


@dataclass(frozen=True)
class Part:
    """What some targets, closed under all that joins series, give to `Assessed`. `brought`, `expected`: see Known."""

    assessments: pd.DataFrame
    findings: list[Finding]
    values: Values
    brought: dict[str, tuple[str, str, str]]
    expected: dict[str, int]


def assessed(
    workspace: Workspace, declared: Declared, observations: pd.DataFrame, as_of: date, arrival: int = 0
) -> Assessed:
    """`standing` of everything, with what it leaves. `arrival`: see Known."""
    asked = partitions(declared, as_of, usual_parts(declared, as_of))
    return together(declared, as_of, [*parts(workspace, declared, observations, as_of, asked)], observations, arrival)


def usual_parts(declared: Declared, as_of: date) -> int:
    """In how many parts everything is assessed, by whomever: a power of two, so that two or four have as much to do each. In
    other parts the last digits are others.
    """
    series = len(declared.series(as_of))
    least = max(-(-series // MOST_SERIES), 2 if series > ENOUGH_FOR_TWO else 1)
    return 1 << (least - 1).bit_length()


def parts(
    workspace: Workspace,
    declared: Declared,
    observations: pd.DataFrame,
    as_of: date,
    asked: Sequence[frozenset[str]],
) -> Iterator[Part]:
    """What some of the `partitions` give, one after the other, from `observations` of all that `figures_for` them."""
    of = observations["target"]
    for targets in asked:
        own = observations if len(asked) == 1 else observations[of.isin(figures_for(declared, targets))]
        yield _part(workspace, declared, own, as_of, targets)


def _part(workspace: Workspace, declared: Declared, observations: pd.DataFrame, as_of: date, targets: Set[str]) -> Part:
    series, brought = declared.series(as_of), _brought(observations)
    if len(targets) < len(declared.targets):
        series = series[series.index.get_level_values("target").isin(targets)]
    expected = _expected(workspace, declared, _feeds(brought), as_of)
    made = _reckon(workspace, declared, series, observations, as_of, expected)
    own = {target: month for target, month in _ordinals(expected).items() if target in targets}
    return Part(made.assessments, made.findings, made.values, brought, own)


def together(
    declared: Declared, as_of: date, parts: Sequence[Part], observations: pd.DataFrame | None, arrival: int = 0
) -> Assessed:
    """All parts as one. `observations`: the figures, where the standing is to show them. Where `long_past` says so, parts are not
    what the whole is.
    """
    series = declared.series(as_of)
    held, values = parts[0].assessments, parts[0].values
    findings = [finding for each in parts for finding in each.findings]
    if len(parts) > 1:
        held = pd.concat([each.assessments for each in parts])
        values = _joined([each.values for each in parts])
        order = held.index.get_indexer(series.index)
        held, values = held.iloc[order], Values(values.matrix[order], values.start, values.marks[order])
        findings.sort(key=lambda f: (f.target, f.unit, f.rule))
    waiting = held.loc[held["implausible"].astype(bool), "reported_period"]
    above = series.index.get_level_values("unit").isin(series["within"].unique())
    known = Known(
        day=as_of,
        arrival=arrival,
        start=values.start,
        months=values.matrix.shape[1],
        findings=len(findings),
        expected={target: month for each in parts for target, month in each.expected.items()},
        brought={target: found for each in parts for target, found in each.brought.items()},
        reporting=_counted(series, values.marks, REPORTED),
        fresh=_counted(series, values.marks, FRESH),
        long=_counted(series, values.marks, LONG),
        waiting=_listed(waiting),
        periods=_periods(held.loc[above, "period"]),
    )
    shown = observations if observations is not None else pd.DataFrame()
    return Assessed(Standing(declared, as_of, series, shown, held, findings, values), known)


def long_past(known: Known) -> bool:
    """Whether all series of a kind learn from each other's errors, whatever their target."""
    return 2 * sum(known.long.values()) >= FEW


def partitions(declared: Declared, as_of: date, count: int) -> list[frozenset[str]]:
    """The targets in so many parts at most, about equal in series. Whatever joins series stays together: shares and rules across
    targets; a target's units, by whom it is rolled up, are never parted.
    """
    of = {name: name for name in declared.targets}

    def root(name: str) -> str:
        while of[name] != name:
            of[name] = of[of[name]]
            name = of[name]
        return name

    joins = [[t.id, *filter(None, (t.of.part, t.of.whole))] for t in declared.targets.values() if t.of is not None]
    joins += [list(match.values()) for rule in declared.rules.rules if (match := rule.written.rule.match)]
    for first, *others in joins:
        for other in others:
            of[root(other)] = root(first)
    sizes = declared.series(as_of).groupby(level="target").size()
    groups: dict[str, set[str]] = {}
    for name in declared.targets:
        groups.setdefault(root(name), set()).add(name)
    parts: list[set[str]] = [set() for _ in range(count)]
    weights = [0] * count
    # What is alike goes round: a level takes longer than a flow.
    kinds = {name: target.measure.value for name, target in declared.targets.items()}
    order = {min(names): (-int(sizes[list(names)].sum()), kinds[min(names)], min(names)) for names in groups.values()}
    for group in sorted(groups.values(), key=lambda names: order[min(names)]):
        least = weights.index(min(weights))
        parts[least] |= group
        weights[least] += int(sizes[list(group)].sum())
    return [frozenset(names) for names in parts if names]


def figures_for(declared: Declared, targets: Set[str]) -> set[str]:
    """The targets whose figures are those of `targets`: they, and those of earlier resolutions that they go on with."""
    continued = declared.followed.continued
    return {*targets, *(earlier for earlier, present in continued.items() if present in targets)}


def concerned(declared: Declared, as_of: date, changed: Set[str]) -> frozenset[str] | None:
    """The units of which a series may stand otherwise when figures of the units `changed` are others; None: any."""
    series, successions = declared.series(as_of), declared.followed.successions
    found = {*changed, *successions.loc[successions["before"].isin(changed), "successor"]}
    code, names = _units(series)
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
    for target, found in _brought(observations).items():
        if target not in brought or found[:2] >= brought[target][:2]:
            brought[target] = found
    expected = _expected(workspace, declared, _feeds(brought), as_of)
    months = pd.PeriodIndex(observations["period"].unique(), freq="M")
    if _ordinals(expected) != before.expected or (len(months) and months.min().ordinal < before.start):
        return None
    if not units:
        values = Values(np.empty((0, before.months)), before.start, np.empty(0, dtype=np.uint8))
        none = pd.DataFrame(index=series.index[:0])
        nothing = Standing(declared, as_of, series[:0], observations, none, [], values, units)
        known = before.model_copy(update={"day": as_of, "arrival": arrival, "brought": brought})
        return Assessed(nothing, known)
    if _past_plans(workspace, declared) or learned_together(before):
        return None
    code, names = _units(series)
    own = np.isin(code, names.get_indexer(pd.Index(list(units))))
    asked, parts = np.flatnonzero(own), np.flatnonzero(_beside(series, units))
    kept, placed = _collected(series, values_of, np.concatenate([asked, parts]), before.months)
    if kept is None:
        return None
    table = series.iloc[asked]
    beside = Beside(series.iloc[parts], kept.matrix[placed[parts]], before.start, parts, asked)
    counted = {"reporting": REPORTED, "fresh": FRESH, "long": LONG}
    was = {name: _counted(table, kept.marks[placed[asked]], mark) for name, mark in counted.items()}
    elsewhere = {target: count - was["reporting"].get(target, 0) for target, count in before.reporting.items()}
    others = _others(series, units, before)
    in_use = frozenset(target for target, count in elsewhere.items() if count > 0)
    made = _reckon(workspace, declared, table, observations, as_of, expected, Partial(beside, in_use, others, of_parts))
    now = {name: _counted(table, made.values.marks, mark) for name, mark in counted.items()}
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
    periods = _periods(held["period"])
    known = before.model_copy(
        update={
            "day": as_of,
            "arrival": arrival,
            "brought": brought,
            **counts,
            "waiting": (*(each for each in before.waiting if each[1] not in units), *_listed(waiting)),
            "periods": {unit: periods.get(unit, of) for unit, of in before.periods.items()},
        }
    )
    return Assessed(Standing(declared, as_of, table, observations, held, made.findings, made.values, units), known)


def by_unit(of: Standing) -> Iterable[tuple[str, Matrix, Marks]]:
    """Each unit with its rows of the figures, in their order."""
    values = of.values
    code, names = _units(of.series)
    order = np.argsort(code, kind="stable")
    matrix, marks = values.matrix[order], values.marks[order]
    begins = np.flatnonzero(np.diff(code[order], prepend=-1))
    for begin, end in zip(begins, [*begins, len(order)][1:], strict=True):
        yield names[code[order[begin]]], matrix[begin:end], marks[begin:end]


def version(workspace: Workspace, declared: Declared, as_of: date) -> str:
    """What a standing follows from beside figures and what is expected by the day: the hash of declarations, the plan in force
    and the code. Empty where the files are not known.
    """
    if not workspace.version:
        return ""
    over = as_of > declared.resolution.retires
    said = repr((workspace.version, _code(), over, declared.followed.version(as_of)))
    return hashlib.sha256(said.encode()).hexdigest()


def learned_together(known: Known) -> bool:
    """Whether a series may stand otherwise for the figures of others that are neither its parts nor of its unit: siblings in a
    first year learn of each other, and all of a kind from the errors of those with a long past.
    """
    return any(count > 1 for count in known.fresh.values()) or long_past(known)


def changed(present: Mapping[str, Alert], now: Standing, as_of: date) -> list[Change]:
    """What a standing does, as of a day, to the alerts that are present: pure. Of some units' standing, `present` has theirs."""
    rules = now.declared.rules
    names = {rule.name: rule.written.rule.until for rule in rules.rules}
    over = as_of > now.declared.resolution.retires
    found = frozenset[str]() if over else {finding.fingerprint for finding in now.findings}
    # Only of what a rule has let go are the figures told, as those that ended it.
    gone = {(alert.target, alert.unit) for name, alert in present.items() if name not in found}
    ended = now.assessments[now.assessments.index.isin(list(gone))] if gone else now.assessments[:0]
    return transitions(present, now.findings, rules.version, names, figures(ended), as_of, over=over)


@dataclass(frozen=True)
class Partial:
    """What else is known where not all series are reckoned: see Beside, assess_laid_out, with_held_back and find."""

    beside: Beside
    in_use: frozenset[str]
    others: pd.DataFrame
    of_parts: Callable[[pd.DataFrame], pd.DataFrame]


def _reckon(
    workspace: Workspace,
    declared: Declared,
    series: pd.DataFrame,
    observations: pd.DataFrame,
    as_of: date,
    expected: pd.Series,
    partial: Partial | None = None,
) -> _Reckoned:
    """Assess series and hold them against the rules: the one way there is, for all of them or some."""
    year = declared.resolution.of_year(as_of)
    plan = {name: table.reindex(series.index) for name, table in declared.followed.by_month(as_of).items()}
    plans = known_plans(workspace, declared, year.first, plan)
    in_use = partial.in_use if partial else frozenset[str]()
    with step("assess"):
        laid_out = lay_out(
            gone_on(declared, observations),
            series,
            year.first,
            declared.thresholds.jump,
            plans,
            partial.beside if partial else None,
        )
        table, reported = assess_laid_out(laid_out, series, year, declared.thresholds, expected, plan, in_use)
        table = with_held_back(table, series, partial.others if partial else None)
    of_parts = _of_parts(declared.series(as_of), partial.of_parts if partial else lambda _: observations)
    with step("rules"):
        findings = find(table, declared.rules, declared.unit_names, observations, of_parts)
    return _Reckoned(table, findings, Values(laid_out.values, laid_out.start, _marks(table, series, reported)))


def _of_parts(
    series: pd.DataFrame, known: Callable[[pd.DataFrame], pd.DataFrame]
) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """The reports behind wholes, of those that have no more than MOST_PARTS."""
    count = series.groupby(level="target").size()
    few = count.index[count <= MOST_PARTS + 1]

    def told(asked: pd.DataFrame) -> pd.DataFrame:
        chosen = asked[asked["target"].isin(few)].drop_duplicates()
        found = known(chosen)
        return found[found["target"].isin(chosen["target"])]

    return told


def _units(series: pd.DataFrame) -> tuple[npt.NDArray[np.int64], pd.Index]:
    """Of each series which of the names is its unit's, and those names."""
    index = series.index
    assert isinstance(index, pd.MultiIndex)  # noqa: S101 - model.series gives no other
    return np.asarray(index.codes[1], dtype=np.int64), index.levels[1]


def _beside(series: pd.DataFrame, units: Set[str]) -> Mask:
    """The rows that are rolled up into those of `units`, and are not theirs."""
    code, names = _units(series)
    own = np.isin(code, names.get_indexer(pd.Index(list(units))))
    rolled = series["within"].isin(units) & series["roll_up"].isin(["sum", "mean"])
    return np.asarray(rolled.to_numpy() & ~own)


def _collected(
    series: pd.DataFrame, values_of: Mapping[str, tuple[Matrix, Marks]], rows: npt.NDArray[np.int64], months: int
) -> tuple[Values | None, npt.NDArray[np.int64]]:
    """What is known of the units of `rows` in one table, and at which place of it each row of `series` stands; None where
    something is lacking, or is not of these series.
    """
    code, names = _units(series)
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


def _joined(values: Sequence[Values]) -> Values:
    """The rows of all, from the earliest month on."""
    start = min(each.start for each in values)
    padded = [np.pad(each.matrix, ((0, 0), (each.start - start, 0)), constant_values=np.nan) for each in values]
    return Values(np.concatenate(padded), start, np.concatenate([each.marks for each in values]))


def _ordinals(expected: pd.Series) -> dict[str, int]:
    return {str(target): month.ordinal for target, month in expected.items()}


def _marks(assessments: pd.DataFrame, series: pd.DataFrame, reported: Mask) -> Marks:
    """What Values has of each row."""
    parts = ~series["city"].to_numpy(dtype=bool)
    projected = assessments["method"].str.startswith(("level", "flow")).to_numpy(dtype=bool)
    years = assessments["years"].to_numpy()
    flows = assessments["method"].str.startswith("flow").to_numpy(dtype=bool)
    fresh, long = flows & parts & (years == 0), projected & (years > LEAST_YEARS)
    return np.asarray(REPORTED * (reported & parts) + FRESH * fresh + LONG * long, dtype=np.uint8)


def _counted(series: pd.DataFrame, marks: Marks, mark: int) -> dict[str, int]:
    """Target -> how many of its series are marked so."""
    of = pd.Series((marks & mark) > 0, index=series.index)
    return {str(target): int(count) for target, count in of.groupby(level="target").sum().items()}


def _periods(of: pd.Series) -> dict[str, dict[str, str]]:
    """Unit -> target -> its period."""
    found: dict[str, dict[str, str]] = {}
    for target, unit, period in _listed(of):
        found.setdefault(unit, {})[target] = period
    return found


def _listed(of: pd.Series) -> tuple[tuple[str, str, str], ...]:
    """Target, unit and what a table says of each."""
    return tuple((*key, period) for key, period in zip(of.index.tolist(), of.tolist(), strict=True))


def _brought(observations: pd.DataFrame) -> dict[str, tuple[str, str, str]]:
    """Target -> unit, period and feed of the last of its figures."""
    last = observations.drop_duplicates("target", keep="last")[["target", "unit", "period", "feed"]]
    return {target: (unit, period, feed) for target, unit, period, feed in last.itertuples(index=False)}


def _feeds(brought: Mapping[str, tuple[str, str, str]]) -> dict[str, str]:
    return {target: feed for target, (_, _, feed) in brought.items()}


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


def _past_plans(workspace: Workspace, declared: Declared) -> bool:
    """Whether past plans are known of a target that units share."""
    return any(
        declared.targets[name].breakdown is not None
        for earlier in _before(workspace, declared)
        for name in _comparable(earlier, declared)
    )


def _before(workspace: Workspace, declared: Declared) -> list[Declared]:
    """The body's resolutions of a year each that were over before this one began."""
    of = declared.resolution
    return [
        earlier
        for earlier in workspace.resolutions
        if (before := earlier.resolution).body == of.body and before.years == 1 and before.last < of.first
    ]


def gone_on(declared: Declared, observations: pd.DataFrame) -> pd.DataFrame:
    """The figures as the series of a resolution go on from them: with those of targets and of units that were there before."""
    return carried_on(taken_up(observations, declared.followed.continued), declared.followed.successions)


def known_plans(
    workspace: Workspace, declared: Declared, first: pd.Period, plan: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """What was to be reached, month by month: by the body's resolutions of a year each that were over before this one began, and
    by this one, where its plan changed in the year that begins with `first` (`plan`: see model.series.Followed.by_month).
    Columns target, unit, period, value (see assess).
    """
    tables = [pd.DataFrame({"target": [], "unit": [], "period": [], "value": np.array([], dtype=float)})]
    for earlier in _before(workspace, declared):
        before = earlier.resolution
        months = pd.period_range(before.first, before.last, freq="M")
        by_month = {str(m): earlier.followed.table(before.retires, m.end_time.date())["value"] for m in months}
        table = pd.concat(by_month, names=["period"]).reset_index().replace({"target": declared.followed.continued})
        factors = table["target"].map(_comparable(earlier, declared)).astype(float)
        tables.append(table.assign(value=table["value"] * factors)[factors.notna()])
    if plan:
        own = {str(first + n): plan["value"].iloc[:, n] for n in range(plan["value"].shape[1])}
        tables.append(pd.concat(own, names=["period"]).rename("value").reset_index())
    return pd.concat(tables[1:] or tables, ignore_index=True)[["target", "unit", "period", "value"]]


def _comparable(earlier: Declared, declared: Declared) -> dict[str, float]:
    """Target -> how many of its unit of measure one of the earlier one's is, of those that measure the same."""
    before = {declared.followed.continued.get(name, name): target for name, target in earlier.targets.items()}
    factors = {
        name: conversion(before[name].unit_of_measure, target.unit_of_measure)
        for name, target in declared.targets.items()
        if name in before and before[name].measure is target.measure
    }
    return {name: factor for name, factor in factors.items() if factor is not None}


def courses(standing: Standing, unit: str) -> dict[tuple[str, str], tuple[float, ...]]:
    """(target, a unit) -> what was reported in the resolution's year, month by month (a flow's year to date), NaN where
    nothing.
    """
    code, names = _units(standing.series)
    of = np.flatnonzero(code == names.get_indexer(pd.Index([unit]))[0])
    series, values = standing.series.iloc[of], standing.values
    history = reckoned(as_it_stands(values.matrix[of], values.start, series), series)
    return dict(zip(series.index, map(tuple, history.values[:, history.year].tolist()), strict=True))


@dataclass(frozen=True)
class Drawn:
    """How every series of a standing went: `index` (target, unit) -> its row of `past` (years x rows x months, the oldest first),
    `year` (what was reported, a flow's year to date) and `required` (the path). NaN where nothing is. `first`: the year's first
    month; `due`: the month (1..) that decides.
    """

    index: pd.Index
    first: pd.Period
    past: np.ndarray
    year: np.ndarray
    required: np.ndarray
    due: np.ndarray

    def row(self, target: str, unit: str) -> int:
        """The row of a series; -1 of one that is not followed."""
        return int(self.index.get_indexer(pd.MultiIndex.from_tuples([(target, unit)]))[0])


def drawn(standing: Standing) -> Drawn:
    """What a chart of each series shows, past years beside this one: as the assessment saw them."""
    declared, series = standing.declared, standing.series
    first = declared.resolution.of_year(standing.as_of).first
    jump = declared.thresholds.jump
    history = reckoned(lay_out(gone_on(declared, standing.observations), series, first, jump), series)
    due = np.array([month.ordinal for month in series["due_month"]]) - first.ordinal + 1
    path = required_path(history, series, due, declared.followed.by_month(standing.as_of))
    years = history.years(history.values)
    past, year = np.moveaxis(years[:, :-1], 1, 0), years[:, -1]
    required = np.broadcast_to(path.required, year.shape)
    return Drawn(series.index, first, past, year, required, due)


def _expected(workspace: Workspace, declared: Declared, feeds: Mapping[str, str], as_of: date) -> pd.Series:
    """The month by which each target's figures should have come, by the calendar of the feed that last brought them (`feeds`)."""
    calendars = {feed.id: workspace.calendar(feed) for feed in workspace.feeds}
    usual = Calendar(days=workspace.alerts.calendar.days)
    months = {calendar: calendar.last_due(as_of) for calendar in {usual, *calendars.values()}}
    by_target = {target: months[calendars.get(feeds.get(target, ""), usual)] for target in declared.targets}
    return pd.Series(by_target, dtype=object)
