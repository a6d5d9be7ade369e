"""Assessments to findings: which rules hold, how gravely, and what they say."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from monitor.model.assessment import FIELDS
from monitor.model.finding import Finding
from monitor.model.sealed import Sealed
from monitor.rules.compiler import ABSENT, Compiled, RuleSet
from monitor.rules.engine import BLOCK, Fact, hits
from monitor.rules.expression import Name, evaluate, walk
from monitor.rules.message import Subject, render
from monitor.rules.screen import as_carried, may_hold

# What evidence keeps of a report.
SOURCE_COLUMNS = ["target", "unit", "period", "value", "revision", "received", "feed", "file", "sheet", "cell"]
# By which it is told what waits to be looked at.
WAITING = ["implausible", "reported_period", "period", "within"]
_INFINITE = (math.inf, -math.inf)
# A rule that names one of these speaks of the period that should have come, or of the figure held back, not of the latest good.
_PERIODS = dict.fromkeys(ABSENT, "expected_period") | dict.fromkeys(("reported", "implausible"), "reported_period")


def find(
    assessments: pd.DataFrame,
    rules: RuleSet,
    unit_names: Mapping[str, str],
    observations: pd.DataFrame,
    of_parts: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
    placed: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
) -> list[Finding]:
    """What durable_rules finds in `assessments` (the fields of model.assessment as columns, indexed by target, unit).

    One finding a (rule, target, unit): the gravest of a rule's escalations that hold. Ordered by target, unit, rule. Its evidence
    names under `sources` the reports of the period it speaks of, from `observations` (with feed, file, sheet, cell); of a whole
    without a report of its own those of its parts, which `of_parts` gives of a table (target, period), where they are others.
    `placed`: adds to some of them when they were received and where they stand (received, file, sheet, cell), where they do not
    say so themselves.
    """
    by_name = {rule.name: rule for rule in rules.rules}
    told: dict[str, _Told] = {}
    subjects: dict[str, Subject] = {}
    gravest: dict[tuple[str, str, str], _Holding] = {}
    for name, matched in hits(rules, facts(assessments, rules)):
        about = told.get(name)
        if about is None:
            about = told[name] = _Told.of(by_name[name], rules, subjects)
        holding = _Holding(about, matched)
        key = about.rule.target.id, holding.unit, about.rule.rule
        known = gravest.get(key)
        if known is None or about.rule.severity.rank > known.told.rule.severity.rank:
            gravest[key] = holding
    found = [gravest[key] for key in sorted(gravest)]
    sources = _sources(found, observations, of_parts or (lambda _: observations), placed or (lambda reports: reports))
    return [_finding(each, reports, rules.resolution, unit_names) for each, reports in zip(found, sources, strict=True)]


def figures(assessments: pd.DataFrame) -> dict[tuple[str, str], dict[str, Any]]:
    """(target, unit) -> the assessment's fields, without the missing ones."""
    rows = assessments.reset_index().to_dict("records")
    return {
        (row["target"], row["unit"]): {
            str(k): v for k, v in sorted(row.items()) if v == v and v is not None and v not in _INFINITE
        }
        for row in rows
    }


def with_held_back(assessments: pd.DataFrame, series: pd.DataFrame, others: pd.DataFrame | None = None) -> pd.DataFrame:
    """The assessments, with how many reports of a unit's parts are held back and newer than its own latest value (NaN: none): the
    whole is then behind though everybody reported. `series`: model.series, with `within` of each; `others`: of assessments of
    some units, the columns WAITING of those others that matter.
    """
    rows = assessments[WAITING[:-1]].join(series["within"])
    if others is not None:
        rows = pd.concat([rows, others])
    parts = rows.loc[rows["implausible"].astype(bool), ["reported_period", "within"]]
    waiting = pd.Series(math.nan, index=rows.index)
    while len(parts):
        targets = parts.index.get_level_values("target")
        above = pd.MultiIndex.from_arrays([targets, parts["within"]], names=rows.index.names)
        parts = parts.set_axis(above)[above.isin(rows.index)]
        lacking = parts[parts["reported_period"] > rows["period"].reindex(parts.index)]
        waiting = waiting.add(lacking.groupby(level=[0, 1]).size().astype(float), fill_value=0.0)
        parts = lacking.drop(columns="within").join(rows["within"])
    return assessments.assign(held_back=waiting.reindex(assessments.index).where(lambda counts: counts > 0))


def facts(assessments: pd.DataFrame, rules: RuleSet) -> Iterator[Fact]:
    """One fact an assessment of which some rule may hold (rules.screen), with the quantities the rules name, unit by unit; a
    missing or infinite figure is left out. What a fact says is in the order of its names.
    """
    table = assessments.reset_index()
    table = table[may_hold(table, rules)].sort_values("unit", kind="stable", ignore_index=True)
    columns = {name: table[name] for name in FIELDS if name in table}
    numbers = {name for name in columns if FIELDS[name].kind == "number"}
    for name, expression in rules.quantities.items():
        columns[name] = pd.Series(evaluate(expression, columns), index=table.index, dtype=float)
        numbers.add(name)
    names = sorted(columns)
    plain = [as_carried(columns[name], "number" if name in numbers else FIELDS[name].kind) for name in names]
    for first in range(0, len(table), BLOCK):
        rows = zip(*(column[first : first + BLOCK].tolist() for column in plain), strict=True)
        for position, row in enumerate(rows, first):
            fact = {name: value for name, value in zip(names, row, strict=True) if value == value and value is not None}
            yield {"id": str(position), **fact}


def _sources(
    found: list[_Holding],
    observations: pd.DataFrame,
    of_parts: Callable[[pd.DataFrame], pd.DataFrame],
    placed: Callable[[pd.DataFrame], pd.DataFrame],
) -> list[list[dict[str, Any]]]:
    """The reports behind each: the series' own at the period, or, where the wards made it up, theirs."""
    wanted = [
        (n, fact["target"], fact["unit"], fact["period"], bool(fact.get("city")))
        for n, holding in enumerate(found)
        for fact in holding.matched.values()
        if fact.get("period")
    ]
    asked = (
        pd.DataFrame(wanted, columns=["finding", "target", "unit", "period", "city"]).rename_axis("asked").reset_index()
    )
    own = _reports(asked, observations, ["target", "unit", "period"])
    # Only the few of the whole are held against all units' reports: every finding with those of every unit would be too many.
    whole = asked[asked["city"] & ~asked["asked"].isin(own["asked"])]
    used = own
    if len(whole):
        parts = of_parts(whole[["target", "period"]])
        used = pd.concat([own, _reports(whole.drop(columns="unit"), parts, ["target", "period"])])
    used = placed(used).sort_values("asked", kind="stable")
    used = used.assign(received=used["received"].map(lambda day: day.isoformat()))
    sources: list[list[dict[str, Any]]] = [[] for _ in found]
    columns = [used[name].tolist() for name in SOURCE_COLUMNS]
    for n, *report in zip(used["finding"].tolist(), *columns, strict=True):
        sources[n].append(dict(zip(SOURCE_COLUMNS, report, strict=True)))
    return sources


def _reports(asked: pd.DataFrame, observations: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """The rows of `asked` with the reports of their key; of the millions only what may be one of them is looked at closely."""
    near = np.logical_and.reduce([observations[name].isin(asked[name].unique()) for name in key])
    told = [name for name in ("arrival", "series", *SOURCE_COLUMNS) if name in observations]
    return asked.merge(observations.loc[near, told].astype(object), on=key)


@dataclass(frozen=True, slots=True)
class _Told:
    """What all findings of a rule have in common: the target that it speaks of, what the parts of a unit are called, its words by
    language; and of each target matched (or of the one, ``) the fields that tell of which periods it speaks.
    """

    rule: Compiled
    subject: Subject
    parts: dict[str, str]
    words: dict[str, str]
    periods: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, rule: Compiled, rules: RuleSet, subjects: dict[str, Subject]) -> _Told:
        """Of a rule among others; `subjects`: the targets that are told of already, to which its own is added."""
        named = [node for node in walk(rule.condition) if isinstance(node, Name) and node.field in _PERIODS]
        aliases = rule.written.rule.match or ("",)
        periods = {
            alias: ("period", *{_PERIODS[node.field] for node in named if node.alias in ("", alias)})
            for alias in aliases
        }
        subject = subjects.get(rule.target.id)
        if subject is None:
            subject = subjects[rule.target.id] = Subject.of(rule.target)
        return cls(rule, subject, rules.parts(rule.target), rule.written.rule.message.model_dump(), periods)


@dataclass(frozen=True, slots=True)
class _Holding:
    """A rule that holds, and the facts that made it: alias -> fact; of a rule on one assessment, its one."""

    told: _Told
    matched: Mapping[str, Fact]

    @property
    def first(self) -> Fact:
        """Of the unit that it is about: of a rule across targets, that of the target named first."""
        match = self.told.rule.written.rule.match
        return self.matched[next(iter(match or self.matched))]

    @property
    def unit(self) -> str:
        """Of which unit it holds."""
        return str(self.first["unit"])

    @property
    def period(self) -> str:
        """The reporting period at which it holds: of the figure that made it hold; of what is missing, the one that should have
        come. Across targets, a period is new when each of them has it.
        """
        months = []
        for alias, fact in self.matched.items():
            fields = self.told.periods.get(alias) or self.told.periods[""]
            found = max(str(fact.get(field, "")) for field in fields)
            months.append(found or str(fact.get("expected_period", "")))
        return self.told.rule.target.frequency.of(min(months))


def _finding(
    holding: _Holding, sources: list[dict[str, Any]], resolution: str, unit_names: Mapping[str, str]
) -> Finding:
    told, rule, first, unit = holding.told, holding.told.rule, holding.first, holding.unit
    across = rule.written.rule.match is not None
    # Who answers for a part of it is told of that part.
    subject = told.subject.printed(str(first.get("printed") or rule.target.source.printed))
    name, values = unit_names.get(unit, unit), holding.matched if across else first
    shown = {alias: _shown(fact) for alias, fact in holding.matched.items()} if across else _shown(first)
    return Finding(
        resolution=resolution,
        rule=rule.rule,
        target=rule.target.id,
        unit=unit,
        severity=rule.severity,
        holds_for=rule.holds_for,
        message=render(told.words, subject, name, told.parts, values, across=across),
        compiled=rule.name,
        evidence=Sealed.of({**shown, "sources": sources}),
        period=holding.period,
        across=across,
    )


def _shown(fact: Fact) -> dict[str, Any]:
    shown = dict(fact)
    del shown["id"]
    return shown
