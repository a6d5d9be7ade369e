"""What is so as of a day, and what of it the next evaluation needs: the nouns of a standing, and what is read off them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict

from monitor.assess.forecast import FEW
from monitor.assess.history import Matrix
from monitor.model.finding import Finding
from monitor.rules.load import Declared

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
    figures that series stand by; `observations`: those reported by then (empty where others have read them);
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
        from monitor.alerts.digest import figure_table  # noqa: PLC0415 - who reads no letter needs none of what writes them

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
class Part:
    """What some targets, closed under all that joins series, give to `Assessed`. `brought`, `expected`: see Known."""

    assessments: pd.DataFrame
    findings: list[Finding]
    values: Values
    brought: dict[str, tuple[str, str, str]]
    expected: dict[str, int]


def long_past(known: Known) -> bool:
    """Whether all series of a kind learn from each other's errors, whatever their target."""
    return 2 * sum(known.long.values()) >= FEW


def learned_together(known: Known) -> bool:
    """Whether a series may stand otherwise for the figures of others that are neither its parts nor of its unit: siblings in a
    first year learn of each other, and all of a kind from the errors of those with a long past.
    """
    return any(count > 1 for count in known.fresh.values()) or long_past(known)


def by_unit(of: Standing) -> Iterable[tuple[str, Matrix, Marks]]:
    """Each unit with its rows of the figures, in their order."""
    values = of.values
    code, names = unit_codes(of.series)
    order = np.argsort(code, kind="stable")
    matrix, marks = values.matrix[order], values.marks[order]
    begins = np.flatnonzero(np.diff(code[order], prepend=-1))
    for begin, end in zip(begins, [*begins, len(order)][1:], strict=True):
        yield names[code[order[begin]]], matrix[begin:end], marks[begin:end]


def unit_codes(series: pd.DataFrame) -> tuple[npt.NDArray[np.int64], pd.Index]:
    """Of each series which of the names is its unit's, and those names."""
    index = series.index
    assert isinstance(index, pd.MultiIndex)  # noqa: S101 - model.series gives no other
    return np.asarray(index.codes[1], dtype=np.int64), index.levels[1]


def number_marked(series: pd.DataFrame, marks: Marks, mark: int) -> dict[str, int]:
    """Target -> how many of its series are marked so."""
    of = pd.Series((marks & mark) > 0, index=series.index)
    return {str(target): int(count) for target, count in of.groupby(level="target").sum().items()}


def periods_of(of: pd.Series) -> dict[str, dict[str, str]]:
    """Unit -> target -> its period."""
    found: dict[str, dict[str, str]] = {}
    for target, unit, period in listed(of):
        found.setdefault(unit, {})[target] = period
    return found


def listed(of: pd.Series) -> tuple[tuple[str, str, str], ...]:
    """Target, unit and what a table says of each."""
    return tuple((*key, period) for key, period in zip(of.index.tolist(), of.tolist(), strict=True))


def brought_by(observations: pd.DataFrame) -> dict[str, tuple[str, str, str]]:
    """Target -> unit, period and feed of the last of its figures."""
    last = observations.drop_duplicates("target", keep="last")[["target", "unit", "period", "feed"]]
    return {target: (unit, period, feed) for target, unit, period, feed in last.itertuples(index=False)}


def feeds_of(brought: Mapping[str, tuple[str, str, str]]) -> dict[str, str]:
    """Target -> feed, of what `brought_by` tells."""
    return {target: feed for target, (_, _, feed) in brought.items()}


def ordinals(expected: pd.Series) -> dict[str, int]:
    """Target -> the number of its month."""
    return {str(target): month.ordinal for target, month in expected.items()}
