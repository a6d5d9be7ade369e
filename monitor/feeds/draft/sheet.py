"""A sheet as a draft looks at it: its columns of figures and what each tells, its labels, its way of laying figures out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from monitor.feeds.draft.wording import lexicon, occurs, unit_of
from monitor.feeds.grid import Grid, is_number
from monitor.feeds.heading import Heading, find_heading
from monitor.feeds.label import labels_in, unmarked
from monitor.feeds.written_period import Written, written_period
from monitor.language import fold
from monitor.model.unit import Unit
from monitor.model.unit_of_measure import is_known

# A column without a heading is one of the table's when it has so much of the numbers that the fullest has.
FILLED = 0.3


@dataclass(frozen=True)
class Seen:
    """A column of figures: its heading, the period that this speaks of, and what of the lexicon's marks it has."""

    column: int
    heading: str
    period: Written | None
    marks: frozenset[str]
    middle: float

    @property
    def to_date(self) -> bool:
        """Whether its figures add up from the beginning of the year."""
        return self.period is not None and self.period.to_date


@dataclass(frozen=True)
class Labelled:
    """A row of figures under a label."""

    row: int
    label: str


@dataclass(frozen=True)
class View:
    """A sheet and its headings."""

    grid: Grid
    heading: Heading

    @cached_property
    def title(self) -> str:
        """What stands above its headings, without the units of measure in the corner."""
        text = self.heading.title
        for unit in self.heading.corner:
            text = re.sub(
                rf"(?:(?:đơn vị(?: tính)?|đvt|unit)\s*[:.]?\s*)?\(?{re.escape(unit)}\)?\s*$",
                "",
                text,
                flags=re.IGNORECASE,
            )
            text = text.replace(unit, " ")
        return " ".join(text.split())

    @cached_property
    def columns(self) -> tuple[Seen, ...]:
        """Its columns of figures from the left, without the one that numbers the rows."""
        numeric = self.grid.numeric[self.heading.body :]
        counts = numeric.sum(axis=0)
        if not counts.size or not counts.max():
            return ()
        headed = [bool(text) for text in self.heading.columns]
        kept = [
            c
            for c in range(self.first_text + 1, numeric.shape[1])
            if counts[c] >= (1 if headed[c] else FILLED * counts.max()) and not self._numbers(c)
        ]
        return tuple(self._seen(c) for c in kept)

    @cached_property
    def first_text(self) -> int:
        """The leftmost column that holds labels."""
        body = self.grid.values[self.heading.body :]
        for c in range(body.shape[1]):
            if sum(isinstance(v, str) and not is_number(v) for v in body[:, c]) >= 1:
                return c
        return -1

    def _numbers(self, c: int) -> bool:
        return fold(self.heading.columns[c]) in {fold(w) for w in lexicon().columns["number"].split("|")}

    def _seen(self, c: int) -> Seen:
        text = self.heading.columns[c]
        marks = frozenset(name for name, words in lexicon().columns.items() if occurs(words, text))
        figures = [abs(v) for v in (number(x) for x in self.grid.values[self.heading.body :, c]) if v is not None]
        return Seen(c, text, written_period(text), marks, float(np.median(figures)) if figures else float("nan"))

    @cached_property
    def labels(self) -> tuple[Labelled, ...]:
        """Its rows of figures with the text nearest to the left of them."""
        if not self.columns:
            return ()
        texts = self.grid.texts(labels_in(self.grid, self.label_columns, nearest_left=True), unmarked).values
        figures = self.grid.numeric[:, [seen.column for seen in self.columns]].any(axis=1)
        found = (r for r in np.flatnonzero(figures).tolist() if r >= self.heading.body)
        return tuple(Labelled(r, label) for r in found if (label := texts[r]))

    @cached_property
    def label_columns(self) -> tuple[int, ...]:
        """The columns left of the figures in which labels may stand: not that of the units of measure."""
        measured = self.measured()
        return tuple(c for c in range(self.first_text, self.columns[0].column) if c != measured)

    def under(self, text: str) -> View:
        """The same sheet, its headings those that begin with the row that has this text."""
        top = next(r for r, row in enumerate(self.grid.values) if any(fold(str(v)) == fold(text) for v in row))
        heading = find_heading(self.grid, text, self.heading.body - top)
        return self if heading is None else View(self.grid, heading)

    def value(self, row: int, column: int) -> float | None:
        """The number in a cell; None where there is none."""
        return number(self.grid.values[row, column])

    def units_by_label(self, units: Sequence[Unit]) -> dict[str, Unit]:
        """Label -> the unit that it names."""
        return {each.label: unit for each in self.labels if (unit := unit_of(each.label, units)) is not None}

    def head(self, c: int) -> str:
        """A column's own heading: the last text of its heading's cells; empty where none stands there."""
        texts = self.grid.labels(slice(self.heading.top, self.heading.body))[:, c]
        return next((str(text) for text in reversed(texts) if text), "")

    def texts(self, c: int) -> list[str]:
        """What stands below the headings in a column, as texts."""
        return [text for r in range(self.heading.body, len(self.grid.values)) if (text := self.grid.text(r, c))]

    @property
    def months_across(self) -> bool:
        """Whether it is wide: a month, and nothing else, over each of at least three columns."""
        periods = [seen.period for seen in self.columns if not seen.marks & {"compared", "plan", "share"}]
        across = {(p.year, p.month) for p in periods if p is not None and p.months == 1}
        return len(across) >= 3 and len(across) == len(self.columns)

    def measured(self) -> int | None:
        """The column in which units of measure stand, beside the labels."""
        for c in range(self.columns[0].column if self.columns else 0):
            texts = self.texts(c)
            if len(texts) >= 2 and sum(is_known(t) for t in texts) * 2 > len(texts):
                return c
        words = r"don vi tinh|dvt|don vi do|unit of measure"
        return next((c for c in range(self.grid.values.shape[1]) if re.fullmatch(words, fold(self.head(c)))), None)


def view(grid: Grid) -> View | None:
    """A sheet's headings, found as a declaration without `header` finds them; None where there are no figures."""
    heading = find_heading(grid, None, 1)
    return None if heading is None else View(grid, heading)


def number(value: Any) -> float | None:
    """A cell's number, also one that is written as a text, in either way of writing it."""
    if isinstance(value, bool) or not is_number(value):
        return None
    if not isinstance(value, str):
        return float(value)
    text = re.sub(r"[\s\u00a0%()+]", "", value)
    if text.count(",") == 1 and (text.count(".") != 1 or text.rfind(",") > text.rfind(".")):
        text = text.replace(".", "").replace(",", ".")
    elif text.count(".") > 1 or "," in text:
        text = text.replace(",", "") if "," in text else text.replace(".", "")
    try:
        return float(text)
    except ValueError:
        return None
