"""Reports for the Council's session: what was promised, what is done, where it is heading, and what is behind and why.

A kind of file is a module here with `write(report) -> bytes`; its name is the file's ending.
"""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from monitor.language import Language
from monitor.model.assessment import Status
from monitor.model.finding import Finding
from monitor.model.target import Resolution, Target

# What a paragraph speaks of: those that a session has to hear about.
BEHIND = (Status.MISSED, Status.OFF_TRACK, Status.AT_RISK, Status.NO_DATA)


@dataclass(frozen=True)
class Row:
    """One target of the city. Figures in its unit of measure, NaN where there are none; `course`: its months of the year."""

    target: Target
    owner: str
    value: float
    period: str
    ratio: float
    last_year: float
    projection: float
    low: float
    high: float
    probability: float
    status: Status
    notes: tuple[str, ...]
    course: tuple[float, ...]


@dataclass(frozen=True)
class Report:
    """All targets of a resolution as of a day. `groups`: id -> name, in the order of the resolution; `synthetic`: of invented
    figures.
    """

    resolution: Resolution
    as_of: date
    groups: Mapping[str, str]
    rows: tuple[Row, ...]
    synthetic: bool
    language: Language

    def of_group(self, group: str) -> list[Row]:
        """The rows of one group."""
        return [row for row in self.rows if row.target.group == group]

    @property
    def behind(self) -> list[Row]:
        """What is behind, the worst first."""
        found = [row for row in self.rows if row.status in BEHIND]
        return sorted(
            found,
            key=lambda row: (BEHIND.index(row.status), row.probability if row.probability == row.probability else 2),
        )

    def count(self, *statuses: Status) -> int:
        """How many of the resolution's figures (not tasks) stand so."""
        return sum(row.status in statuses and not row.target.task for row in self.rows)


def rows(
    targets: Sequence[Target],
    figures: Mapping[tuple[str, str], Mapping[str, object]],
    findings: Sequence[Finding],
    courses: Mapping[str, tuple[float, ...]],
    units: Mapping[str, str],
    city: str,
    language: Language,
) -> tuple[Row, ...]:
    """The rows of a report from an assessment. `figures`: (target, unit) -> fields; `courses`: target -> months of the year."""
    said: dict[str, list[str]] = {}
    for finding in sorted(findings, key=lambda f: -f.severity.rank):
        if finding.unit == city:
            said.setdefault(finding.target, []).append(finding.message[language.code])
    return tuple(_row(target, figures[target.id, city], said, courses, units) for target in targets)


def _row(
    target: Target,
    of: Mapping[str, object],
    said: Mapping[str, list[str]],
    courses: Mapping[str, tuple[float, ...]],
    units: Mapping[str, str],
) -> Row:
    def figure(name: str) -> float:
        value = of.get(name)
        return float(value) if isinstance(value, int | float) else math.nan

    return Row(
        target=target,
        owner=units.get(target.owner, target.owner),
        value=figure("value"),
        period=str(of.get("period", "")),
        ratio=figure("attainment"),
        last_year=figure("last_year"),
        projection=figure("projection"),
        low=figure("low"),
        high=figure("high"),
        probability=figure("probability"),
        status=Status(str(of["status"])),
        notes=tuple(said.get(target.id, ())),
        course=courses.get(target.id, ()),
    )


def kinds() -> tuple[str, ...]:
    """The endings of files that can be written."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "form"))


def write(report: Report, kind: str) -> bytes:
    """The report as a file of that kind, one of `kinds()`."""
    written: bytes = importlib.import_module(f"{__name__}.{kind}").write(report)
    return written
