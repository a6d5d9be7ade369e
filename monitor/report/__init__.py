"""Reports for the Council's session: what was promised, what is done, where it is heading, and what is behind and why.

A kind of file is a module here with `write(report) -> bytes`; its name is the file's ending.
"""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from monitor.language import Language
from monitor.model.assessment import FINISHED, STATUS_NAMES, Status, reason
from monitor.model.finding import Finding
from monitor.model.name import natural
from monitor.model.printed import amended, incomplete, together
from monitor.model.resolution import Resolution
from monitor.model.target import Target

# What a paragraph speaks of: those that a session has to hear about.
BEHIND = (Status.MISSED, Status.OFF_TRACK, Status.AT_RISK, Status.NO_DATA)

# So many of the units that are behind are named.
WEAKEST = 3


@dataclass(frozen=True)
class Row:
    """One target of the city. Figures in its unit of measure, as they are printed (with `digits` decimals), NaN where there are
    none; `notes`: the sentences of the rules that hold, `causes`: what is known of why; `course`: its months of the year.
    """

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
    causes: tuple[str, ...]
    digits: int
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

    @property
    def numbered(self) -> list[tuple[str, list[Row]]]:
        """The groups that have rows, numbered one after another: (`3. Môi trường`, its rows)."""
        members = [(name, [r for r in self.rows if r.target.group == group]) for group, name in self.groups.items()]
        return [(f"{n}. {name}", of) for n, (name, of) in enumerate(((m, o) for m, o in members if o), start=1)]

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
    answers: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[Row, ...]:
    """The rows of a report from an assessment. `figures`: (target, unit) -> fields; `courses`: target -> months of the year;
    `answers`: target -> what its owner says of cause and remedy, in sentences.
    """
    said: dict[str, list[str]] = {}
    for finding in sorted(findings, key=lambda f: -f.severity.rank):
        if finding.unit == city:
            said.setdefault(finding.target, []).append(finding.message[language.code])
    parts: dict[str, list[tuple[str, Mapping[str, object]]]] = {}
    for (target, unit), of in figures.items():
        if unit != city:
            parts.setdefault(target, []).append((units.get(unit, unit), of))
    for members in parts.values():
        members.sort(key=lambda part: natural(part[0]))
    made = (
        _row(target, figures[target.id, city], parts.get(target.id, []), said, courses, units, language)
        for target in targets
    )
    answered = answers or {}
    return tuple(replace(row, causes=(*answered.get(row.target.id, ()), *row.causes)) for row in made)


def ratio(row: Row, language: Language) -> str:
    """What is done of the plan; of a ceiling, so that what is over it does not read as a success."""
    share = language.ratio(row.ratio)
    if row.target.floor == -math.inf and row.ratio == row.ratio:
        return language.say("{share} of the ceiling", share=share)
    return share


def _row(
    target: Target,
    of: Mapping[str, object],
    parts: Sequence[tuple[str, Mapping[str, object]]],
    said: Mapping[str, list[str]],
    courses: Mapping[str, tuple[float, ...]],
    units: Mapping[str, str],
    language: Language,
) -> Row:
    status = Status(str(of["status"]))
    printed, digits = together(of, strict=target.target.strict, whole=target.whole_numbers)
    known: dict[str, object] = {**of, **printed}
    if status in FINISHED:
        known |= dict.fromkeys(("projection", "low", "high", "probability"))

    def figure(name: str) -> float:
        value = known.get(name)
        return float(value) if isinstance(value, int | float) else math.nan

    change = amended(language, of.get("printed"), of.get("was"), of.get("document"))
    remarks = [remark for remark in (change, incomplete(language, of.get("lacking"))) if remark]
    source = target.source.model_copy(update={"printed": str(of.get("printed", target.source.printed))})
    return Row(
        target=target.model_copy(update={"source": source}),
        owner=units.get(target.owner, target.owner),
        value=figure("value"),
        period=str(of.get("period", "")),
        ratio=figure("attainment"),
        last_year=round(figure("last_year"), digits),
        projection=figure("projection"),
        low=figure("low"),
        high=figure("high"),
        probability=figure("probability"),
        status=status,
        notes=_sentences([*said.get(target.id, ()), *remarks], target, language.say(STATUS_NAMES[status])),
        causes=tuple(_causes(target, of, parts, language)),
        digits=digits,
        course=courses.get(target.id, ()),
    )


def _sentences(messages: Iterable[str], target: Target, status: str) -> tuple[str, ...]:
    """Messages as sentences of their own, each once, without the name and the status that stand before them."""
    found = []
    for message in messages:
        text = message.removeprefix(f"{target.name}: ").removeprefix(f"{status}, ").rstrip(".")
        found.append(f"{text[:1].upper()}{text[1:]}.")
    return tuple(dict.fromkeys(found))


def _causes(
    target: Target, of: Mapping[str, object], parts: Sequence[tuple[str, Mapping[str, object]]], language: Language
) -> Iterator[str]:
    """What the figures say of why a target is behind: its weakest units, who has not reported, what the forecast rests on."""
    if Status(str(of["status"])) not in BEHIND:
        return
    behind = sorted(
        (-_share(part), name, part)
        for name, part in parts
        if Status(str(part["status"])) in BEHIND and _share(part) < 0
    )
    if behind:
        weakest = ", ".join(
            f"{name} ({_told(part, target, language)})" for _, name, part in reversed(behind[-WEAKEST:])
        )
        yield language.say("Weakest units, of {count} that are behind: {weakest}.", count=len(behind), weakest=weakest)
    silent = [name for name, part in parts if _whole(part.get("overdue"))]
    if silent:
        yield language.say("Units whose reports are missing: {units}.", units=", ".join(silent))
    method = str(of.get("method", "none"))
    if Status(str(of["status"])) not in FINISHED and method != "none":
        number, pace = of.get("trend"), of.get("pace")
        trend = language.difference(number if isinstance(number, float) else None, target.unit_of_measure)
        why = reason(language, method, _whole(of.get("years")), pace if isinstance(pace, float) else None, trend)
        yield language.say("The forecast is made {why}.", why=why)


def _share(of: Mapping[str, object]) -> float:
    """How far a unit is ahead of its path, as a share of its promise."""
    deviation, promised = of.get("deviation"), of.get("promised")
    if not isinstance(deviation, int | float) or not isinstance(promised, int | float) or not promised:
        return 0.0
    return float(deviation) / abs(float(promised))


def _told(of: Mapping[str, object], target: Target, language: Language) -> str:
    printed, digits = together(of, strict=target.target.strict, whole=target.whole_numbers)
    value, required = (language.number(printed.get(n), target.unit_of_measure, digits) for n in ("value", "required"))
    return language.say("{value}, required {required}", value=value, required=required)


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int | float) and value == value else 0


def kinds() -> tuple[str, ...]:
    """The endings of files that can be written."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "form"))


def write(report: Report, kind: str) -> bytes:
    """The report as a file of that kind, one of `kinds()`."""
    written: bytes = importlib.import_module(f"{__name__}.{kind}").write(report)
    return written
