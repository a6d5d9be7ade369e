"""Reports for the Council's session: what was promised, what is done, where it is heading, and what is behind and why.

A kind of file is a module here with `write(report) -> bytes`; its name is the file's ending.
"""

from __future__ import annotations

import functools
import importlib
import math
import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby

from monitor.language import Language
from monitor.model.assessment import FINISHED, STATUS_NAMES, Status, reason
from monitor.model.finding import Finding
from monitor.model.name import natural
from monitor.model.printed import remarks, together
from monitor.model.resolution import Resolution
from monitor.model.target import Target

# What a paragraph speaks of: those that a session has to hear about.
BEHIND = (Status.MISSED, Status.OFF_TRACK, Status.AT_RISK, Status.NO_DATA)

# How bad each is, for ranking.
_SERIOUS = {status: n for n, status in enumerate(Status)}

# So many of the units that are behind are named.
WEAKEST = 3


@dataclass(frozen=True)
class Row:
    """One target of a unit, named if it is not the one that the report is of. Figures in its unit of measure, as they are
    printed (with `digits` decimals), NaN where there are none; `notes`: the sentences of the rules that hold, `causes`: what
    is known of why; `course`: its months of the year.
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
    unit: str = ""


@dataclass(frozen=True)
class Report:
    """All targets of a resolution as of a day. `groups`: id -> name, in the order of the resolution; `synthetic`: of invented
    figures; `unit`: the unit that it is of, empty of the whole; `compared`: the targets that its parts have too, each with
    its rows of them, the weakest first.
    """

    resolution: Resolution
    as_of: date
    groups: Mapping[str, str]
    rows: tuple[Row, ...]
    synthetic: bool
    language: Language
    unit: str = ""
    compared: tuple[tuple[Target, tuple[Row, ...]], ...] = ()

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

    @property
    def by_status(self) -> list[tuple[Status, list[Row]]]:
        """`behind`, by how it stands."""
        return [(status, list(rows)) for status, rows in groupby(self.behind, key=lambda row: row.status)]

    def count(self, *statuses: Status) -> int:
        """How many of the resolution's figures (not tasks) stand so."""
        return sum(row.status in statuses and not row.target.task for row in self.rows)


@dataclass(frozen=True)
class Figures:
    """What a report is made from. `of`: (target, unit) -> fields of the assessment; `parts`: (target, unit) -> its parts in the
    roll-up; `names`: of units; `courses`: (target, unit) -> months of the year; `answers`: target -> what
    its owner says of cause and remedy, in sentences.
    """

    of: Mapping[tuple[str, str], Mapping[str, object]]
    parts: Mapping[tuple[str, str], Sequence[str]]
    names: Mapping[str, str]
    courses: Mapping[tuple[str, str], tuple[float, ...]]
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def rows(
    targets: Sequence[Target], figures: Figures, findings: Sequence[Finding], unit: str, language: Language
) -> tuple[Row, ...]:
    """A unit's row of each target that it has."""
    said: dict[str, list[str]] = {}
    for finding in sorted(findings, key=lambda f: -f.severity.rank):
        if finding.unit == unit:
            said.setdefault(finding.target, []).append(finding.message[language.code])
    return tuple(
        _row(target, unit, figures, said.get(target.id, []), language)
        for target in targets
        if (target.id, unit) in figures.of
    )


def compared(
    targets: Sequence[Target], figures: Figures, findings: Sequence[Finding], unit: str, language: Language
) -> tuple[tuple[Target, tuple[Row, ...]], ...]:
    """The rows of a unit's parts, target by target, the weakest first."""
    said: dict[tuple[str, str], list[str]] = {}
    for finding in findings:
        said.setdefault((finding.target, finding.unit), []).append(finding.message[language.code])
    found = []
    for target in targets:
        parts = figures.parts.get((target.id, unit), ())
        rows = [
            replace(
                _row(target, part, figures, said.get((target.id, part), []), language),
                unit=figures.names.get(part, part),
            )
            for part in parts
        ]
        rows.sort(key=lambda row: (-_SERIOUS[row.status], *_weakness(row), natural(row.unit)))
        if any(math.isfinite(row.value) for row in rows):
            found.append((target, tuple(rows)))
    return tuple(found)


def _weakness(row: Row) -> tuple[float, float]:
    """What ranks rows of one status: the likelihood, then what is done of the plan (of a ceiling, used of it)."""
    ratio = row.ratio if math.isfinite(row.ratio) else -1.0
    return (
        row.probability if math.isfinite(row.probability) else 2.0,
        -ratio if row.target.floor == -math.inf else ratio,
    )


def ratio(row: Row, language: Language) -> str:
    """What is done of the plan; of a ceiling, so that what is over it does not read as a success."""
    share = language.ratio(row.ratio)
    if row.target.floor == -math.inf and row.ratio == row.ratio:
        return language.say("{share} of the ceiling", share=share)
    return share


def _row(target: Target, unit: str, figures: Figures, said: Sequence[str], language: Language) -> Row:
    of, names = figures.of[target.id, unit], figures.names
    parts = [(names.get(part, part), figures.of[target.id, part]) for part in figures.parts.get((target.id, unit), ())]
    parts.sort(key=lambda part: natural(part[0]))
    status = Status(str(of["status"]))
    printed, digits = together(of, strict=target.target.strict, whole=target.whole_numbers)
    known: dict[str, object] = {**of, **printed}
    if status in FINISHED:
        known |= dict.fromkeys(("projection", "low", "high", "probability"))

    def figure(name: str) -> float:
        value = known.get(name)
        return float(value) if isinstance(value, int | float) else math.nan

    source = target.source.model_copy(update={"printed": str(of.get("printed", target.source.printed))})
    return Row(
        target=target.model_copy(update={"source": source}),
        owner=names.get(target.owner, target.owner),
        value=figure("value"),
        period=str(of.get("period", "")),
        ratio=figure("attainment"),
        last_year=round(figure("last_year"), digits),
        projection=figure("projection"),
        low=figure("low"),
        high=figure("high"),
        probability=figure("probability"),
        status=status,
        notes=_sentences(
            [*(said or _stands(target, of, language)), *remarks(language, of)],
            (target.name, f"{target.name} ({names.get(unit, unit)})"),
            language.say(STATUS_NAMES[status]),
        ),
        causes=(*figures.answers.get(target.id, ()), *_causes(target, known, parts, language)),
        digits=digits,
        course=figures.courses.get((target.id, unit), ()),
    )


def _sentences(messages: Iterable[str], titles: Iterable[str], status: str) -> tuple[str, ...]:
    """Messages as sentences of their own, each once, without the status and what they are titled, which stand before them."""
    found = []
    for message in messages:
        text = functools.reduce(str.removeprefix, [f"{title}: " for title in titles], message)
        text = text.removeprefix(f"{status}, ").rstrip(".")
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


def _stands(target: Target, of: Mapping[str, object], language: Language) -> list[str]:
    """Of what is behind though no rule speaks of it, where it stands."""
    if Status(str(of["status"])) not in BEHIND:
        return []
    if not of.get("period"):
        return [language.say("nothing is reported")]
    return [language.say("done {told}", told=_told(of, target, language))]


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
