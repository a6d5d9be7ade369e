"""What a target's value is: for which unit, from which day on, by which document. As of a day the plan in force then counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import pandas as pd

from monitor.model.comparator import Bound


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a plan.

    `since`: the day from which it is in force; `known`: the day of the document that says so, before which nobody could
    reckon with it; `document`: its number; `place`: the file and row it stands in; `due`: the period that decides, where it
    is not the target's own.
    """

    target: str
    unit: str
    bound: Bound
    since: date
    known: date
    document: str
    place: str
    due: pd.Period | None = None

    @property
    def applies(self) -> date:
        """The first day that is judged by it."""
        return max(self.since, self.known)


@dataclass(frozen=True, slots=True)
class InForce:
    """The figure that counts for a series on a day, and the one that counted before it (None: the first there is)."""

    figure: Figure
    before: Figure | None


def in_force(figures: Iterable[Figure], as_of: date, day: date | None = None) -> dict[tuple[str, str], InForce]:
    """(target, unit) -> what counts on `day` (`as_of` itself, if nothing is said) by what was known as of a day.

    Of two figures the one in force later counts, then the one known later, then the later in the files. A table issued anew
    repeats what it does not change: that changes nothing.
    """
    day = as_of if day is None else day
    chosen: dict[tuple[str, str], InForce] = {}
    known = [figure for figure in figures if figure.known <= as_of and figure.since <= day]
    for figure in sorted(known, key=lambda each: (each.since, each.known)):
        key = (figure.target, figure.unit)
        before = chosen.get(key)
        if before is not None and (before.figure.bound, before.figure.due) == (
            figure.bound,
            figure.due or before.figure.due,
        ):
            continue
        chosen[key] = InForce(figure, before.figure if before else None)
    return chosen
