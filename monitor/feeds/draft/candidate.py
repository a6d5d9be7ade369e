"""Which sheet and rows of a file a target may be: by its name, its unit of measure and the order of size of the figures."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from monitor.feeds.draft.sheet import Labelled, Seen, View
from monitor.feeds.draft.wording import concepts_in, coverage, is_total, lexicon, same_name, tokens
from monitor.language import fold
from monitor.model.problem import Said
from monitor.model.target import Measure, Target
from monitor.model.unit import Unit
from monitor.model.unit_of_measure import conversion

# Below this, of 1 for the same name, a row is no candidate for a target.
ENOUGH = 0.6
# Of one that has the name, written a little differently.
SPELLED = 0.92
# No rate of growth, and no index of it, is as large.
MOST_RATE = 1000
THOUSANDS = ("nghìn", "triệu", "tỷ")
# Of a table of units so many rows are named as such; offices list some of them, and what they are the sum of.
NAMED = 0.1
_GROWTH = ("tang", "chi so", "toc do", "gdp", "grdp", "cpi", "lam phat", "giam")
_PLAN = ("ke hoach", "giai ngan", "tien do", "du toan")


@dataclass(frozen=True)
class Candidate:
    """A target, in the rows of a sheet: those of `labels` (label -> unit's id, or the one label of the target's row).

    `column`: which holds its figures, None in a sheet with months across. `score`: how well it fits, of 1; `reasons`, `doubts`:
    why, why not.
    """

    target: Target
    view: View
    by_unit: bool
    labels: Mapping[str, str]
    column: Seen | None
    score: float
    reasons: tuple[Said, ...] = ()
    doubts: tuple[Said, ...] = ()


def candidates(target: Target, view: View, named: Mapping[str, Unit], city: str) -> list[Candidate]:
    """What of a sheet may be a target, the best first. `named`: label -> the unit that it names."""
    column = None
    if not view.months_across:
        column = choose(view, target)
        if column is None:
            return []
    found = [*_by_unit(target, view, named, city, column), *_by_row(target, view, city, column)]
    weighed = [_weighed(each) for each in found if each.score >= ENOUGH]
    return sorted((each for each in weighed if each.score >= ENOUGH), key=lambda each: -each.score)


def likeness(name: str, text: str) -> float:
    """How far a title is about a target, of 1: what of the name it says, less for what else it speaks of."""
    strange = _apart(name, text)
    if same_name(name, text) or f" {fold(name)} " in f" {fold(text)} ":
        return 1.0 - 0.3 * strange
    wanted, found = tokens(name), tokens(text)
    extra = 1 - coverage(found, wanted) if found else 0.0
    return coverage(wanted, found) * 0.95 - 0.2 * extra - 0.3 * strange


def _by_unit(target: Target, view: View, named: Mapping[str, Unit], city: str, column: Seen | None) -> list[Candidate]:
    """The sheet as a table of units, when its rows are such and its title is about the target. Of a growth that is not followed
    by unit they must be called by their whole names: rows of a table of industries are named as ministries are (`Công nghiệp`).
    """
    labels = list(dict.fromkeys(each.label for each in view.labels))
    growth = any(word in fold(target.name) for word in _GROWTH)
    sure = named if not growth or target.breakdown is not None else {x: u for x, u in named.items() if _wholly(x, u)}
    if len(sure) < 3 or len(sure) < NAMED * len(labels):
        return []
    ids = {label: unit.id for label, unit in named.items()}
    ids |= {label: city for label in labels if is_total(label) and label not in ids}
    score = max(likeness(target.name, view.title), likeness(target.name, view.grid.sheet) - 0.05)
    reason = Said("its title is about it; the rows name {count} units", count=len(named))
    return [Candidate(target, view, True, ids, column, score + 0.05, (reason,))]


def _wholly(label: str, unit: Unit) -> bool:
    """Whether a label is a place's, or an office's whole name: `Y tế` is an industry, too."""
    whole = {fold(text) for text in (unit.id, unit.name, *unit.aliases)}
    return fold(label) in whole or not re.match(r"(?:bo|so|ban|phong|nganh)\b", fold(unit.name))


def _by_row(target: Target, view: View, city: str, column: Seen | None) -> list[Candidate]:
    """The rows that may be the target's."""
    about = likeness(target.name, view.title)
    wanted = tokens(target.name)
    whole = fold(target.name).startswith("tong")
    found = []
    for each in view.labels:
        if same_name(each.label, target.name) or fold(each.label) == fold(target.id):
            exact = fold(each.label) in (fold(target.name), fold(target.id))
            score, reason = (
                1.0 if exact else SPELLED,
                Said('row {row} "{label}" is its name', row=each.row + 1, label=each.label),
            )
        elif is_total(each.label):
            score = about + (0.1 if whole else 0.0)
            reason = Said(
                'row {row} "{label}" is the whole of what the title names', row=each.row + 1, label=each.label
            )
        else:
            score = _likeness_of_row(target.name, wanted, each, view)
            reason = Said('row {row} "{label}" and the title have its words', row=each.row + 1, label=each.label)
        if score >= ENOUGH:
            found.append(Candidate(target, view, False, {each.label: city}, column, score - each.row * 1e-4, (reason,)))
    return found


def _likeness_of_row(name: str, wanted: frozenset[str], row: Labelled, view: View) -> float:
    said = tokens(row.label)
    if not said & wanted:
        return 0.0
    together = 0.5 * coverage(wanted, said) + 0.5 * coverage(wanted, said | tokens(view.title))
    return together - 0.5 * len(said - wanted) / len(said) - 0.3 * _apart(name, view.title)


def _apart(name: str, text: str) -> int:
    """Of how much a text speaks that makes its figures others than the name's."""
    apart = {lexicon().concept(phrase) for phrase in lexicon().apart}
    return len(concepts_in(text) & apart - concepts_in(name))


def choose(view: View, target: Target) -> Seen | None:
    """The column that holds a target's figures: with what it is compared, then the year to date before one month, then the
    latest; None when there is none of its kind.
    """
    name, percent = fold(target.name), target.reported.unit_of_measure == "%"
    plain = [seen for seen in view.columns if not seen.marks & {"compared", "plan", "share"}]
    fitting = plain
    if percent and any(word in name for word in _PLAN):
        fitting = [seen for seen in view.columns if "plan" in seen.marks]
    elif percent and any(word in name for word in _GROWTH):
        compared = [seen for seen in view.columns if "compared" in seen.marks and "plan" not in seen.marks]
        # Worth in billions is no growth, whatever stands above it.
        rates = [seen for seen in plain if abs(seen.middle) < MOST_RATE]
        fitting = [seen for seen in compared if not seen.marks & {"base", "december"}] or compared or rates
    elif not percent and not _measures(view, target):
        return None
    if any("worth" in seen.marks for seen in fitting):
        fitting = [seen for seen in fitting if "worth" in seen.marks]
    average = "binh quan" in name

    def rank(seen: Seen) -> tuple[bool, bool, int, int]:
        period = seen.period
        wanted = seen.to_date and (
            period is not None and (period.months > 1 or target.reported.measure is Measure.FLOW)
        )
        return ("average" in seen.marks) if average else True, wanted, _order(seen), seen.column

    return max(fitting, key=rank, default=None)


def _order(seen: Seen) -> int:
    return 0 if seen.period is None else (seen.period.year or 0) * 12 + seen.period.month


def _measures(view: View, target: Target) -> bool:
    """Whether the sheet may count in the target's unit of measure: it says so, or does not say in what."""
    stated = [part for corner in view.heading.corner for part in corner.replace(",", ";").split(";")]
    if not stated or view.measured() is not None:
        return True
    return any(conversion(part.strip(), target.reported.unit_of_measure) is not None for part in stated)


def _weighed(found: Candidate) -> Candidate:
    """A candidate with its figure held against the target's: one that is far from it is doubted."""
    figure = size(found)
    promised = _promised(found)
    if figure is None or found.by_unit or not promised or unstated_unit(found) is not None:
        return found
    values: dict[str, object] = {"found": figure, "promised": promised}
    if _like(figure, promised):
        reason = Said("the figure {found} is of the order of the target's {promised}", **values)
        return replace(found, reasons=(*found.reasons, reason))
    doubt = Said(
        "the figure {found} is far from the target's {promised}: is it the same, in that unit of measure?", **values
    )
    return replace(found, score=found.score - 0.1, doubts=(*found.doubts, doubt))


def size(found: Candidate) -> float | None:
    """The candidate's figure in the target's unit of measure; None where there is none, or it cannot be told."""
    row = next((each.row for each in found.view.labels if each.label in found.labels), None)
    column = found.column or (found.view.columns[-1] if found.view.columns else None)
    figure = found.view.value(row, column.column) if row is not None and column is not None else None
    if figure is None or column is None:
        return None
    if is_index(found):
        return figure - 100
    if "compared" in column.marks or found.target.reported.unit_of_measure == "%":
        return figure
    stated = [part.strip() for corner in found.view.heading.corner for part in corner.replace(",", ";").split(";")]
    beside = found.view.measured()
    if beside is not None and row is not None:
        stated = [found.view.grid.text(row, beside)]
    times = next(
        (f for part in stated if (f := conversion(part, found.target.reported.unit_of_measure)) is not None), 1.0
    )
    return figure * times


def unstated_unit(found: Candidate) -> str | None:
    """In what a sheet counts that does not say so: by the figure's size some thousands of the target's unit of measure.

    None where it says so, or the target's own will do, or none of them does.
    """
    own, promised = found.target.reported.unit_of_measure, _promised(found)
    figure = size(found)
    silent = not found.view.heading.corner and found.view.measured() is None
    if own == "%" or not silent or figure is None or found.by_unit or _like(figure, promised):
        return None
    bare = own
    while (word := bare.split(" ", 1))[0] in THOUSANDS and len(word) > 1:
        bare = word[1]
    others = [bare, *(f"{times} {bare}" for times in THOUSANDS)]
    fitting = [unit for unit in others if (f := conversion(unit, own)) is not None and _like(figure * f, promised)]
    return fitting[0] if fitting else None


def _promised(found: Candidate) -> float:
    """The size of what was promised; of what is reckoned from its reports it says nothing of theirs."""
    return 0.0 if found.target.against is not None else abs(found.target.target.value)


def _like(figure: float, promised: float) -> bool:
    """Whether a figure of some month is of the order of what is promised of the year."""
    return bool(promised) and 0.02 <= abs(figure) / promised <= 3


def is_index(found: Candidate) -> bool:
    """Whether the column is an index of the same period before (108,5) and the target a growth (8,5)."""
    if found.column is None or "compared" not in found.column.marks or "plan" in found.column.marks:
        return False
    promised = abs(found.target.target.value)
    return (
        found.target.reported.unit_of_measure == "%"
        and 50 < found.column.middle < 200
        and promised < 50
        and not math.isnan(promised)
    )
