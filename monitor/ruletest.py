"""Tests of the rules, as data: these figures for these periods, these statuses and alerts on these days.

They stand under `rules/<resolution>/tests/`, and are run through the very functions that the service runs, in memory. A test
lives through the year month by month up to each day it speaks of, so that `for`, hysteresis and what resolves are tested too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import pandas as pd
from pydantic import Field

from monitor.model.alert import Alert
from monitor.model.assessment import Status
from monitor.model.declared import Declared as Model
from monitor.model.finding import Severity
from monitor.model.period import Calendar, parse_period
from monitor.model.problem import Problem, Problems, Said, reason_of, unknown
from monitor.rules.findings import figures
from monitor.rules.load import Declared
from monitor.standing.assessing import changed, standing
from monitor.syntax import document
from monitor.syntax.document import Document
from monitor.workspace import Workspace

FOLDER = "tests"
Row = Annotated[list[float | None], Field(min_length=1, max_length=12)]


class Expectation(Model):
    """What must be so at the end of a day. Keys are `target` (the city) or `target@unit`.

    `alerts`: of each series named, all that are open then, as `rule` or `rule severity`; of others nothing is said.
    """

    as_of: date
    status: dict[str, Status] = {}
    alerts: dict[str, tuple[str, ...]] = {}


class RuleTest(Model):
    """One test. `figures`: series -> period -> value, or year -> the values of its months; of a flow, the year to date.

    A figure comes on the day it is due, unless `received` gives its day (series -> period -> day).
    """

    name: str
    figures: dict[str, dict[str, float | Row | None]] = {}
    received: dict[str, dict[str, date]] = {}
    expect: Annotated[tuple[Expectation, ...], Field(min_length=1)]


class RuleTestFile(Model):
    """A file of `rules/<resolution>/tests/`."""

    tests: Annotated[tuple[RuleTest, ...], Field(min_length=1)]


@dataclass(frozen=True)
class Case:
    """A test where it stands: `place` is file:line."""

    declared: Declared
    test: RuleTest
    place: str


@dataclass(frozen=True)
class Outcome:
    """What a test brought: each difference as a message, and the rules that fired."""

    case: Case
    differences: tuple[Said, ...]
    fired: frozenset[str]


def cases(workspace: Workspace) -> list[Case]:
    """Every test of a workspace, in order of its files. Raises Problems with all that is wrong in them."""
    found: list[Case] = []
    problems: list[Problem] = []
    for declared in workspace.resolutions:
        folder = workspace.root / "rules" / declared.resolution.id / FOLDER
        for path in sorted(folder.glob("*.yaml")):
            try:
                found += _cases(workspace, declared, path)
            except Problems as wrong:
                problems += wrong.problems
    if problems:
        raise Problems(problems)
    return found


def run(workspace: Workspace, case: Case) -> Outcome:
    """Live through one test."""
    declared, test = case.declared, case.test
    observations = _observations(workspace, declared, test)
    named = {_series(declared, key) for key in test.figures} | {
        _series(declared, key) for e in test.expect for key in (*e.status, *e.alerts)
    }
    targets = {target for target, _ in named} | _matched(declared, {target for target, _ in named})
    alerts: dict[str, Alert] = {}
    fired: set[str] = set()
    differences: list[Said] = []
    for day, expectation in _days(declared, test):
        known = observations[observations["received"] <= day]
        now = standing(workspace, declared, known, day, targets)
        fired |= {finding.rule for finding in now.findings}
        alerts |= {change.alert.fingerprint: change.alert for change in changed(alerts, now, day)}
        if expectation is not None:
            differences += _differences(declared, expectation, now.assessments, alerts)
    return Outcome(case, tuple(differences), frozenset(fired))


def uncovered(workspace: Workspace, outcomes: Iterable[Outcome]) -> list[tuple[str, str]]:
    """(resolution, rule) of every rule that no test has made fire."""
    fired = {(o.case.declared.resolution.id, rule) for o in outcomes for rule in o.fired}
    every = {(d.resolution.id, rule.rule) for d in workspace.resolutions for rule in d.rules.rules}
    return sorted(every - fired)


def _cases(workspace: Workspace, declared: Declared, path: Path) -> list[Case]:
    name = path.relative_to(workspace.root).as_posix()
    try:
        content = path.read_bytes()
    except OSError as error:
        message = "the file cannot be read: {reason}"
        raise Problems([Problem(name, message, {"reason": reason_of(error)})]) from None
    parsed = document.parse(name, content)
    file = parsed.read(RuleTestFile)
    problems = [problem for n, test in enumerate(file.tests) for problem in _mistakes(parsed, n, declared, test)]
    if problems:
        raise Problems(problems)
    return [Case(declared, test, f"{name}:{parsed.line(('tests', n))}") for n, test in enumerate(file.tests)]


def _mistakes(parsed: Document, n: int, declared: Declared, test: RuleTest) -> Iterator[Problem]:
    """Names that nobody declared, periods that are none."""
    table = declared.series(date.max)
    series = {t if u == declared.city.id else f"{t}@{u}" for t, u in table.index}
    rules = {rule.rule for rule in declared.rules.rules}
    keyed: list[tuple[tuple[str | int, ...], str]] = [(("tests", n, "figures", key), key) for key in test.figures]
    keyed += [(("tests", n, "received", key), key) for key in test.received]
    for m, expectation in enumerate(test.expect):
        for field in ("status", "alerts"):
            keyed += [(("tests", n, "expect", m, field, key), key) for key in getattr(expectation, field)]
        for key, alerts in expectation.alerts.items():
            for k, text in enumerate(alerts):
                where = ("tests", n, "expect", m, "alerts", key, k)
                rule, _, severity = text.partition(" ")
                if rule not in rules:
                    yield parsed.tell(where, unknown("rule", rule, rules))
                elif severity and severity not in list(Severity):
                    yield parsed.tell(where, unknown("value", severity, list(Severity)))
        yield from _misdated(parsed, n, m, declared, test)
    for path, key in keyed:
        if key not in series and key.removesuffix(f"@{declared.city.id}") not in series:
            yield parsed.tell(path, unknown("series", key, series), on_key=True)
    for key, given in test.figures.items():
        for period_, value in given.items():
            months = isinstance(value, list)
            if parse_period(period_) is None or (months and len(period_) != 4):
                message = 'period "{found}" is not a month (2024-06), or a year with a list of its months (2024: [..])'
                yield parsed.problem(("tests", n, "figures", key, period_), message, on_key=True, found=period_)


def _misdated(parsed: Document, n: int, m: int, declared: Declared, test: RuleTest) -> Iterator[Problem]:
    """A day of which something is expected twice, or that no resolution speaks of."""
    day = test.expect[m].as_of
    before = [earlier.as_of for earlier in test.expect[:m]]
    if day in before:
        message = "the day {found} stands twice: put what is expected of it together"
        yield parsed.problem(("tests", n, "expect", m, "as_of"), message, found=day)
    period = declared.resolution.period
    if day > declared.resolution.retires:
        message = "the day {found} is long after the period that the resolution binds ({start} .. {end})"
        said = Said(message, found=day, start=period.start, end=period.end)
        yield parsed.tell(("tests", n, "expect", m, "as_of"), said)
    if not period.start <= day:
        message = "the day {found} is before the period that the resolution binds ({start} .. {end})"
        said = Said(message, found=day, start=period.start, end=period.end)
        yield parsed.tell(("tests", n, "expect", m, "as_of"), said)


def _series(declared: Declared, key: str) -> tuple[str, str]:
    target, _, unit = key.partition("@")
    return target, unit or declared.city.id


def _matched(declared: Declared, targets: set[str]) -> set[str]:
    """The targets that rules across targets need beside these."""
    matches = [set(rule.written.rule.match.values()) for rule in declared.rules.rules if rule.written.rule.match]
    return {target for match in matches if match & targets for target in match}


def _observations(workspace: Workspace, declared: Declared, test: RuleTest) -> pd.DataFrame:
    """The test's figures as the store would give them."""
    calendar = Calendar(days=workspace.alerts.calendar.days)
    rows = []
    for key, reported in test.figures.items():
        target, unit = _series(declared, key)
        given = test.received.get(key, {})
        for period, value in _months(reported):
            due = calendar.due_day(pd.Period(period, freq="M"))
            rows.append((target, unit, period, value, given.get(period, due), key))
    table = pd.DataFrame(rows, columns=["target", "unit", "period", "value", "received", "cell"])
    same = {"unit_of_measure": "", "basis": "year-to-date", "standing": "", "feed": FOLDER, "file": "", "sheet": ""}
    made = table.assign(value=table["value"].astype(float), revision=1, **same)
    return made.sort_values(["target", "unit", "period"], ignore_index=True)


def _months(figures: Mapping[str, float | list[float | None] | None]) -> Iterator[tuple[str, float]]:
    for period, value in figures.items():
        if isinstance(value, list):
            yield from ((f"{period}-{m:02}", v) for m, v in enumerate(value, start=1) if v is not None)
        elif value is not None and math.isfinite(value):
            yield str(parse_period(period)), value


def _days(declared: Declared, test: RuleTest) -> Iterator[tuple[date, Expectation | None]]:
    """The ends of the year's months, and each day that something is expected of, in order."""
    last = max(e.as_of for e in test.expect)
    ends = [m.end_time.date() for m in pd.period_range(declared.resolution.first, pd.Period(last, freq="M"), freq="M")]
    expected = {e.as_of: e for e in test.expect}
    for day in sorted({*(end for end in ends if end < last), *expected}):
        yield day, expected.get(day)


def _differences(
    declared: Declared, expectation: Expectation, assessments: pd.DataFrame, alerts: Mapping[str, Alert]
) -> Iterator[Said]:
    day = expectation.as_of
    by_series = figures(assessments)
    for key, status in expectation.status.items():
        row = by_series[_series(declared, key)]
        if row["status"] != status.value:
            message = (
                "{day}  {series}: status expected {expected}, found {found} (value {value}, required {required}, "
                "probability {probability})"
            )
            known = {name: float(row.get(name, math.nan)) for name in ("value", "required", "probability")}
            yield Said(message, day=day, series=key, expected=status.value, found=row["status"], **known)
    for key, wanted in expectation.alerts.items():
        series = _series(declared, key)
        found = {a.rule: a.severity.value for a in alerts.values() if (a.target, a.unit) == series and a.state.active}
        expected = {rule: severity for rule, _, severity in (text.partition(" ") for text in wanted)}
        for rule in sorted(expected.keys() - found.keys()):
            yield Said("{day}  {series}: alert {rule} expected, and it is not open", day=day, series=key, rule=rule)
        for rule in sorted(found.keys() - expected.keys()):
            message = "{day}  {series}: alert {rule} ({severity}) is open, and not expected"
            yield Said(message, day=day, series=key, rule=rule, severity=found[rule])
        for rule in sorted(expected.keys() & found.keys()):
            if expected[rule] and expected[rule] != found[rule]:
                message = "{day}  {series}: alert {rule} expected {expected}, found {found}"
                yield Said(message, day=day, series=key, rule=rule, expected=expected[rule], found=found[rule])
