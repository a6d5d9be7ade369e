"""What is assessed: all series or some, whole or in parts that together are the whole, and what that does to the alerts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from monitor.alerts.lifecycle import transitions
from monitor.assess.assessing import assess_laid_out
from monitor.assess.forecast import LEAST_YEARS
from monitor.assess.history import Beside, Mask, lay_out
from monitor.measuring import step
from monitor.model.alert import Alert, Change
from monitor.model.finding import Finding
from monitor.model.period import Calendar
from monitor.rules.findings import figures, find, with_held_back
from monitor.rules.load import Declared
from monitor.standing.known import (
    FRESH,
    LONG,
    REPORTED,
    Assessed,
    Known,
    Marks,
    Part,
    Standing,
    Values,
    brought_by,
    feeds_of,
    listed,
    number_marked,
    ordinals,
    periods_of,
)
from monitor.standing.past import gone_on, known_plans
from monitor.workspace import Workspace

# A whole of more parts than this names none of their reports: the list would be read by nobody, and stand in each alert.
MOST_PARTS = 100
# So many series are assessed at once: what is reckoned on the way is many times as large as what comes of it.
MOST_SERIES = 20_000
# Of more than so many two cores have half to do each.
ENOUGH_FOR_TWO = 5_000


# Adds to some figures when they were received and where they stand: see rules.findings.find.
Placed = Callable[[pd.DataFrame], pd.DataFrame]


@dataclass(frozen=True)
class _Reckoned:
    """Of some series: assessments, the rules that hold, the figures behind them."""

    assessments: pd.DataFrame
    findings: list[Finding]
    values: Values


@dataclass(frozen=True)
class Partial:
    """What else is known where not all series are reckoned: see Beside, assess_laid_out, with_held_back and find."""

    beside: Beside
    in_use: frozenset[str]
    others: pd.DataFrame
    of_parts: Callable[[pd.DataFrame], pd.DataFrame]


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
    expected = expected_months(workspace, declared, feeds_of(brought_by(observations)), as_of)
    made = reckon(workspace, declared, followed, observations, as_of, expected)
    return Standing(declared, as_of, followed, observations, made.assessments, made.findings, made.values)


def assessed(
    workspace: Workspace,
    declared: Declared,
    observations: pd.DataFrame,
    as_of: date,
    arrival: int = 0,
    placed: Placed | None = None,
) -> Assessed:
    """`standing` of everything, with what it leaves. `arrival`: see Known; `placed`: where figures are not."""
    asked = partitions(declared, as_of, usual_parts(declared, as_of))
    made = [*parts(workspace, declared, observations, as_of, asked, placed)]
    return together(declared, as_of, made, observations, arrival)


def usual_parts(declared: Declared, as_of: date) -> int:
    """In how many parts everything is assessed, by whomever: a power of two, so that two or four have as much to do each. In
    other parts the last digits are others.
    """
    series = len(declared.series(as_of))
    least = max(-(-series // MOST_SERIES), 2 if series > ENOUGH_FOR_TWO else 1)
    return 1 << (least - 1).bit_length()


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
    sizes = declared.series(as_of).groupby(level="target").size().to_dict()
    groups: dict[str, set[str]] = {}
    for name in declared.targets:
        groups.setdefault(root(name), set()).add(name)
    parts: list[set[str]] = [set() for _ in range(count)]
    weights = [0] * count
    # What is alike goes round: a level takes longer than a flow.
    kinds = {name: target.measure.value for name, target in declared.targets.items()}
    order = {
        min(names): (-sum(sizes[name] for name in names), kinds[min(names)], min(names)) for names in groups.values()
    }
    for group in sorted(groups.values(), key=lambda names: order[min(names)]):
        least = weights.index(min(weights))
        parts[least] |= group
        weights[least] += sum(sizes[name] for name in group)
    return [frozenset(names) for names in parts if names]


def figures_for(declared: Declared, targets: Set[str]) -> set[str]:
    """The targets whose figures are those of `targets`: they, and those of earlier resolutions that they go on with."""
    continued = declared.followed.continued
    return {*targets, *(earlier for earlier, present in continued.items() if present in targets)}


def parts(
    workspace: Workspace,
    declared: Declared,
    observations: pd.DataFrame,
    as_of: date,
    asked: Sequence[frozenset[str]],
    placed: Placed | None = None,
) -> Iterator[Part]:
    """What some of the `partitions` give, one after the other, from `observations` of all that `figures_for` them; `placed`:
    where those are not.
    """
    of = observations["target"]
    for targets in asked:
        own = observations if len(asked) == 1 else observations[of.isin(figures_for(declared, targets))]
        yield _part(workspace, declared, own, as_of, targets, placed)


def _part(
    workspace: Workspace,
    declared: Declared,
    observations: pd.DataFrame,
    as_of: date,
    targets: Set[str],
    placed: Placed | None,
) -> Part:
    series, brought = declared.series(as_of), brought_by(observations)
    if len(targets) < len(declared.targets):
        series = series[series.index.get_level_values("target").isin(targets)]
    expected = expected_months(workspace, declared, feeds_of(brought), as_of)
    made = reckon(workspace, declared, series, observations, as_of, expected, placed=placed)
    own = {target: month for target, month in ordinals(expected).items() if target in targets}
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
        reporting=number_marked(series, values.marks, REPORTED),
        fresh=number_marked(series, values.marks, FRESH),
        long=number_marked(series, values.marks, LONG),
        waiting=listed(waiting),
        periods=periods_of(held.loc[above, "period"]),
    )
    shown = observations if observations is not None else pd.DataFrame()
    return Assessed(Standing(declared, as_of, series, shown, held, findings, values), known)


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


def reckon(
    workspace: Workspace,
    declared: Declared,
    series: pd.DataFrame,
    observations: pd.DataFrame,
    as_of: date,
    expected: pd.Series,
    partial: Partial | None = None,
    placed: Placed | None = None,
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
    of_parts = _of_parts(declared, as_of, partial.of_parts if partial else lambda _: observations)
    with step("rules"):
        rules = declared.rules.about(frozenset(series.index.unique("target")))
        findings = find(table, rules, declared.unit_names, observations, of_parts, placed)
    return _Reckoned(table, findings, Values(laid_out.values, laid_out.start, _marks(table, series, reported)))


def _of_parts(
    declared: Declared, as_of: date, known: Callable[[pd.DataFrame], pd.DataFrame]
) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """The reports behind wholes, of those that have no more than MOST_PARTS: of the units that are followed, and of those whose
    figures they go on with.
    """
    series, before = declared.series(as_of), declared.followed.successions["before"].unique()
    count = series.groupby(level="target").size()
    few = count.index[count <= MOST_PARTS + 1]

    def told(asked: pd.DataFrame) -> pd.DataFrame:
        chosen = asked[asked["target"].isin(few)].drop_duplicates()
        found = known(chosen)
        found = found[found["target"].isin(chosen["target"])]
        followed = pd.MultiIndex.from_frame(found[["target", "unit"]]).isin(series.index)
        return found[followed | found["unit"].isin(before).to_numpy()]

    return told


def _marks(assessments: pd.DataFrame, series: pd.DataFrame, reported: Mask) -> Marks:
    """What Values has of each row."""
    parts = ~series["city"].to_numpy(dtype=bool)
    projected = assessments["method"].str.startswith(("level", "flow")).to_numpy(dtype=bool)
    years = assessments["years"].to_numpy()
    flows = assessments["method"].str.startswith("flow").to_numpy(dtype=bool)
    fresh, long = flows & parts & (years == 0), projected & (years > LEAST_YEARS)
    return np.asarray(REPORTED * (reported & parts) + FRESH * fresh + LONG * long, dtype=np.uint8)


def _joined(values: Sequence[Values]) -> Values:
    """The rows of all, from the earliest month on."""
    start = min(each.start for each in values)
    padded = [np.pad(each.matrix, ((0, 0), (each.start - start, 0)), constant_values=np.nan) for each in values]
    return Values(np.concatenate(padded), start, np.concatenate([each.marks for each in values]))


def expected_months(workspace: Workspace, declared: Declared, feeds: Mapping[str, str], as_of: date) -> pd.Series:
    """The month by which each target's figures should have come, by the calendar of the feed that last brought them (`feeds`)."""
    calendars = {feed.id: workspace.calendar(feed) for feed in workspace.feeds}
    usual = Calendar(days=workspace.alerts.calendar.days)
    months = {calendar: calendar.last_due(as_of) for calendar in {usual, *calendars.values()}}
    by_target = {target: months[calendars.get(feeds.get(target, ""), usual)] for target in declared.targets}
    return pd.Series(by_target, dtype=object)
