"""A sheet to its figures: one row a cell that should hold one, with the texts that say what it is; and why the others
are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.feeds.declaration import Column, Table, Where
from monitor.feeds.grid import Flaw, Grid, Unfit, Unreadable, label, why
from monitor.feeds.heading import Heading, find_heading, is_year, units_in
from monitor.feeds.label import labels_in, repeats, unmarked
from monitor.feeds.naming import known_as
from monitor.feeds.spoken import covers, day_in, occurs, of_one_period, of_path, period_in, said_of
from monitor.feeds.texts import CATEGORY, Codes, Rows, Texts, chosen, constant, each, objects, pairs, told
from monitor.feeds.written_period import (
    Written,
    reported_period,
    speaks_of_period,
    written_period,
    written_standing,
    written_year,
)
from monitor.language import fits_pattern, fold
from monitor.model.problem import legible, nearest
from monitor.model.unit_of_measure import is_known

# Column -> its dtype. `row`, `column`: from 0; `line`: the row as a person counts it, from 1; `raw`: the cell's value; `flaw`:
# None, or why it cannot be used; the texts as they stand, empty where nothing says so; `offset`, `rounding`: what is done to the
# figure.
CELL_COLUMNS: dict[str, Any] = {
    "sheet": CATEGORY,
    **dict.fromkeys(("row", "line", "column"), np.int32),
    **dict.fromkeys(("target", "unit", "section", "period", "year", "measured_in", "received"), CATEGORY),
    **dict.fromkeys(("basis", "standing"), CATEGORY),
    **dict.fromkeys(("offset", "rounding"), np.float64),
    **dict.fromkeys(("raw", "flaw"), object),
}
SHOWN_NAMES = 20
Flags = npt.NDArray[np.bool_]
Labels = Mapping[str, Texts | None]
_ROW_NUMBERS = frozenset({"stt", "tt", "so tt", "so thu tu", "no"})


@dataclass(frozen=True)
class Laid:
    """One sheet laid out. `cells`: its figures (CELL_COLUMNS; Texts, and arrays), in reading order; `rows`, `columns`: why what
    stands in a row, or in a column, is no figure (Flaws); `heading`: what stands above.
    """

    cells: Mapping[str, Any]
    heading: Heading
    rows: Mapping[int, Flaw] = field(default_factory=dict)
    columns: Mapping[int, Flaw] = field(default_factory=dict)


def name_fits(name: str, table: Table) -> Flaw | None:
    """None for a sheet of a name that the declaration is about; else why it is passed over."""
    patterns = table.sheets.name
    if not patterns or not name or any(fits_pattern(name, pattern) for pattern in patterns):
        return None
    return why("the sheet's name fits none of {names}", names=", ".join(patterns))


def title_fits(grid: Grid, table: Table) -> Flaw | None:
    """None for a sheet above whose figures stand the declared words; else why it is passed over."""
    wanted = table.sheets
    if not wanted.title and not wanted.without:
        return None
    heading = find_heading(grid, table.header, table.header_rows)
    above = " ".join([grid.sheet, heading.title if heading else "", *(heading.columns if heading else ())])
    lacking = [words for words in wanted.title if not occurs(words, above)]
    if lacking:
        return why('above the figures there is no "{found}"', found=lacking[0])
    unwanted = [words for words in wanted.without if occurs(words, above)]
    return why('above the figures there is "{found}"', found=unwanted[0]) if unwanted else None


def figures(grid: Grid, table: Table, known: Mapping[str, set[str]], file: str = "") -> Laid | None:
    """The sheet's figures; None when it has no such heading, or none at all.

    `known`: for target and unit, the folded texts that name one. Raises Unreadable when the heading stands but a column that the
    table names does not, or two do.
    """
    heading = find_heading(grid, table.header, table.header_rows, set().union(*known.values()))
    if heading is None:
        return None
    texts = grid.labels(slice(heading.top, heading.body))
    places = table.places
    named = {name: _column(texts, place.row, heading.top) for name, place in places.items() if place.row is not None}
    sheet = _Sheet(grid, table, heading, texts, known, file, named)
    columns, refused = sheet.value_columns()
    labels: dict[str, Texts | None] = {
        name: sheet.labels(name, min(columns, default=0)) for name in ("target", "unit", "period") if name in places
    }
    rows, passed = sheet.rows(labels, list(columns))
    r, c = np.repeat(rows, len(columns)), np.tile(np.array(list(columns), dtype=np.int64), len(rows))
    said = sheet.say(r, c, columns, labels)
    said |= {
        "sheet": constant(grid.sheet, len(r)),
        "row": r,
        "line": grid.line(r),
        "column": c,
        "raw": grid.entries[grid.codes[r, c]],
        "section": sheet.sections(labels)[r],
    }
    for n, pair in enumerate(zip(r.tolist(), c.tolist(), strict=True)) if grid.flaws else ():
        said["flaw"][n] = grid.flaws.get(pair) or said["flaw"][n]
    return Laid({name: said[name] for name in CELL_COLUMNS}, heading, passed, refused)


@dataclass(frozen=True)
class _Sheet:
    """A sheet under its declaration. `texts`: the heading's cells; `named`: property -> the column whose heading is declared."""

    grid: Grid
    table: Table
    heading: Heading
    texts: npt.NDArray[np.object_]
    known: Mapping[str, set[str]]
    file: str
    named: Mapping[str, int]

    def value_columns(self) -> tuple[dict[int, Column | None], dict[int, Flaw]]:
        """The columns that hold figures, with what is declared of each; and why the others do not. Raises Unreadable."""
        table, value = self.table, self.table.value
        if table.columns:
            return self._declared()
        if value is not None and value.row is not None:
            return {self.named["value"]: None}, {}
        if value is not None and value.column:
            return {value.column[0]: None}, {}
        wanted = [name for name in ("target", "unit", "period") if table.places[name].header]
        only = {fold(text) for text in table.only}
        found: dict[int, Column | None] = {}
        for c in range(self.texts.shape[1]):
            texts = [h for h in self.texts[:, c] if h]
            folded = {fold(text) for text in texts}
            if c not in self.named.values() and only <= folded and all(self.pick(name, texts) for name in wanted):
                found[c] = None
        if not found:
            message = "no column holds figures: none of the headings names {wanted}. The headings are: {names}"
            raise self._unreadable(message, wanted=" + ".join(wanted), names=_listed(self.texts.ravel()))
        return found, {}

    def _declared(self) -> tuple[dict[int, Column | None], dict[int, Flaw]]:
        """Each declared column where its words are. Two that fit and speak of one period are none."""
        found: dict[int, Column | None] = {}
        refused: dict[int, Flaw] = {}
        numeric = self.grid.numeric[self.heading.body :].any(axis=0)
        filled = [c for c in np.flatnonzero(numeric).tolist() if not self._numbers_rows(c)]
        for column in self.table.columns:
            fitting = [
                c for c in filled if (flaw := self._misfit(c, column)) is None or refused.setdefault(c, flaw) is None
            ]
            # A heading that names a period goes before those that have the title's.
            if column.covers is not None and any(speaks_of_period(self.heading.columns[c]) for c in fitting):
                silent = [c for c in fitting if not speaks_of_period(self.heading.columns[c])]
                refused |= {
                    c: why('the heading "{heading}" names no period', heading=self.heading.columns[c]) for c in silent
                }
                fitting = [c for c in fitting if c not in silent]
            by_period: dict[Any, list[int]] = {}
            for c in fitting:
                by_period.setdefault(self._period_of(c, column), []).append(c)
            doubled = next((cs for cs in by_period.values() if len(cs) > 1), None)
            if doubled is not None:
                several = ", ".join(f'{self._letter(c)} "{legible(self.heading.columns[c])}"' for c in doubled)
                raise self._unreadable(
                    "columns {several} fit what is declared ({wanted}): say more words, or without which",
                    several=several,
                    wanted=_spoken(column),
                )
            found |= dict.fromkeys(fitting, column)
            if not fitting and column.at is None:
                message = "no column fits {wanted}. The headings are: {names}"
                raise Unfit(message, sheet=self.grid.sheet, wanted=_spoken(column), names=_listed(self.heading.columns))
        return found, {c: flaw for c, flaw in refused.items() if c not in found}

    def _numbers_rows(self, c: int) -> bool:
        """Whether a column only numbers the rows: `STT`, `TT`."""
        return c < self.texts.shape[1] and any(fold(text) in _ROW_NUMBERS for text in self.texts[:, c])

    def _misfit(self, c: int, column: Column) -> Flaw | None:
        """None where the column is the declared one."""
        text = self.heading.columns[c]
        if column.at is not None and c != column.at:
            return why("the column is not declared")
        lacking = [words for words in column.words if not occurs(words, text)]
        if lacking:
            return why('the heading "{heading}" has no "{found}"', heading=text, found=lacking[0])
        unwanted = [words for words in column.without if occurs(words, text)]
        if unwanted:
            return why('the heading "{heading}" has "{found}"', heading=text, found=unwanted[0])
        if column.covers is None:
            return None
        period = self._written(c, column)
        if period is None or not covers(period, column.covers):
            return 'the heading "{heading}" does not speak of such a period: {what}', {
                "heading": text,
                "what": column.covers,
            }
        told = written_period(self.heading.title)
        end, now = period.ending(self._year()), None if told is None else told.ending(self._year())
        if end is not None and now is not None and end.year == now.year and end > now + 1:
            message = 'the heading "{heading}" speaks of {found}, after what the title does ({expected}): a forecast is no figure'
            return why(message, heading=text, found=str(end), expected=str(now))
        return None

    def _written(self, c: int, column: Column | None) -> Written | None:
        """The period of a column: of its heading, else of what stands above, the sheet's name, the file's."""
        place = column.period if column is not None and column.period is not None else self.table.period
        heading = self.heading
        texts = [heading.columns[c], heading.title, self.grid.sheet, of_path("period", self.file)]
        if place is not None:
            texts = [
                text
                for text, here in zip(texts, (place.header, place.title, place.sheet, place.path), strict=True)
                if here
            ]
        told = next((period for text in texts if (period := written_period(text)) is not None), None)
        return told if written_period(heading.columns[c]) is not None else reported_period(heading.columns[c], told)

    def _period_of(self, c: int, column: Column) -> pd.Period | tuple[int, int] | None:
        period = self._written(c, column)
        return None if period is None else period.ending(self._year()) or (period.month, period.back)

    def _year(self) -> int | None:
        """The year that headings leave out: of the title, else of the sheet's name, else of the file's."""
        texts = (self.heading.title, self.grid.sheet, of_path("year", self.file))
        return next((year for text in texts if (year := written_year(text)) is not None), None)

    def labels(self, name: str, first: int) -> Texts | None:
        """For each row of the sheet the text that names its `name`; None where no column does. `first`: of the figures'
        columns.
        """
        place = self.table.places[name]
        if place.row is None and place.column is None:
            return None
        return self.grid.texts(self._labels(name, place, first), lambda text: self._unmarked(name, text))

    def _labels(self, name: str, place: Where, first: int) -> Codes:
        """The cell that holds it."""
        spread = self.grid.spread
        if place.column is None:
            return spread[:, self.named[name]]
        columns = [c for c in (place.column or range(first)) if c < spread.shape[1]]
        return labels_in(self.grid, columns, nearest_left=not place.column and name != "measured_in")

    def _unmarked(self, name: str, text: str) -> str:
        """A label without what refers to a footnote, unless the name is known with it."""
        return text if known_as(text, self.known.get(name, ())) else unmarked(text)

    def rows(self, labels: Labels, columns: list[int]) -> tuple[Rows, dict[int, Flaw]]:
        """The rows of figures; and why the others are none. A row of data has its label, and totals and what the feed
        says to skip are none; "6oo" in the row of a name that is known is a figure, misspelled.
        """
        grid, body = self.grid, self.heading.body
        skip = {fold(text) for text in self.table.skip}
        by_label = {name: texts for name, texts in labels.items() if texts is not None}
        left = np.arange(len(grid.codes)) >= body
        labelled = np.any([told(texts, bool, bool) for texts in by_label.values()], axis=0) if by_label else left
        passed = {r: why("the row has no label") for r in np.flatnonzero(left & ~labelled).tolist()}
        if skip:
            skipped = left & grid.where(grid.spread, lambda value: (text := label(value)) and fold(text) in skip).any(
                axis=1
            )
            passed |= {r: why("the row is one of those to skip") for r in np.flatnonzero(skipped).tolist()}
            labelled = labelled & ~skipped
        left &= labelled
        if not self.table.columns and self.table.unknown != "pass":
            return np.flatnonzero(left), passed
        strange = self._strange(by_label, self.sections(labels), left)
        odd = np.array([bool(text) for text in strange], dtype=bool)
        held = grid.numeric[:, columns].any(axis=1) | ((grid.codes[:, columns] > 0).any(axis=1) & ~odd)
        end, empty = self._end(columns), left & ~held if self.table.columns else left & False
        beyond = left & ~empty & (np.arange(len(left)) >= end)
        unknown = left & ~empty & ~beyond & odd if self.table.unknown == "pass" else left & False
        passed |= {r: why("the row holds no figure") for r in np.flatnonzero(empty).tolist()}
        passed |= {r: why("another table begins in row {row}", row=end + 1) for r in np.flatnonzero(beyond).tolist()}
        message = '"{found}" is no name of a target or a unit'
        passed |= {r: why(message, found=strange[r]) for r in np.flatnonzero(unknown).tolist()}
        return np.flatnonzero(left & ~empty & ~beyond & ~unknown), dict(sorted(passed.items()))

    def _end(self, columns: list[int]) -> int:
        """The row in which another table begins below this one: headings over figures, of other periods than those above."""
        grid, texts = self.grid, self.grid.spread.copy()
        if not self.table.columns:
            return len(texts)
        # The title of the next page, in a cell that begins where the labels stand, is no heading.
        for top, left, bottom, right in grid.spans:
            if columns and left < min(columns):
                texts[top : bottom + 1, left + 1 : right + 1] = 0
        years = grid.where(grid.codes[:, columns], is_year)
        figures = np.any(grid.numeric[:, columns] & ~years, axis=1).tolist()
        worded = np.any(grid.where(texts[:, columns], lambda v: re.search(r"[^\W\d_]{2}", label(v))), axis=1).tolist()
        begins: int | None = None
        for r in range(self.heading.body, len(texts)):
            if figures[r]:
                if begins is not None and self._speaks_of_others(texts[begins:r], columns):
                    return begins
                begins = None
            elif begins is None and worded[r]:
                begins = r
        return len(texts)

    def _speaks_of_others(self, codes: Codes, columns: list[int]) -> bool:
        """Whether texts between figures are headings, over a column or more, of periods that are not those of its heading."""
        texts = {c: [text for text in map(label, self.grid.entries[codes[:, c]]) if text] for c in columns}
        below = {c: written_period(" ".join(found)) for c, found in texts.items()}
        return any(
            period is not None and not of_one_period(period, written_period(self.heading.columns[c]))
            for c, period in below.items()
        )

    def _strange(self, by_label: Mapping[str, Texts], sections: Texts, rows: Flags) -> npt.NDArray[np.object_]:
        """Of each row its label where that names nothing, unless it is all but a name that is known: that is told; else empty."""
        found = np.full(len(rows), "", dtype=object)
        for name in ("unit", "target"):
            if name not in by_label:
                continue
            known, at = self.known[name], np.flatnonzero(rows)
            codes, distinct = pairs(by_label[name][at], sections[at])
            odd = [
                not known_as(text, known)
                and not known_as(f"{section} > {text}", known)
                and not nearest(text, known, 0.93)
                for text, section in distinct
            ]
            texts = objects([text for text, _ in distinct])
            found[at] = np.where(np.array(odd, dtype=bool)[codes], texts[codes], found[at])
        return found

    def sections(self, labels: Labels) -> Texts:
        """For each row the label of the section in which it stands; empty before the first."""
        count, body = len(self.grid.codes), self.heading.body
        begins = {fold(text): n for n, text in enumerate(self.table.sections, start=1)}
        texts = next((texts for name in ("target", "unit") if (texts := labels.get(name)) is not None), None)
        if not begins or texts is None:
            return constant("", count)
        opened = told(texts, lambda text: begins.get(fold(text), 0), np.int32)
        opened[:body] = 0
        # The row of a section's label still stands in the one before.
        last = np.maximum.accumulate(np.where(opened > 0, np.arange(count), 0))
        return chosen(np.append(np.zeros(1, dtype=np.int32), opened[last][:-1]), ["", *self.table.sections])

    def say(self, rows: Rows, at: Rows, columns: Mapping[int, Column | None], labels: Labels) -> dict[str, Any]:
        """What the figures at (`rows`, `at`) are: those of CELL_COLUMNS that the declaration tells, and `flaw`."""
        by_column = {c: self._column_says(c, column) for c, column in columns.items()}
        said: dict[str, Any] = {}
        for name in ("period", "year", "measured_in", "basis", "standing", "target", "unit", "received"):
            place = self.table.places.get(name)
            texts = constant("", len(rows)) if place is None else self._texts(place, name, rows, at, labels.get(name))
            said[name] = _with(texts, at, {c: of[name] for c, of in by_column.items() if of.get(name) is not None})
        for name in ("offset", "rounding"):
            said[name] = _by_column(at, {c: of[name] for c, of in by_column.items()})
        said["flaw"] = np.full(len(rows), None, dtype=object)
        for c, column in columns.items():
            if column is not None and column.offset and (flaw := self._off(c, column.offset)) is not None:
                for n in np.flatnonzero(at == c):
                    said["flaw"][n] = flaw
        return said

    def _off(self, c: int, offset: float) -> Flaw | None:
        """Why the figures of a column are not such as `offset` is declared for: 8,5 where an index of 108,5 is."""
        found = [
            float(v)
            for v in self.grid.values[self.heading.body :, c]
            if isinstance(v, int | float) and not isinstance(v, bool)
        ]
        middle = float(np.median(found)) if found else -offset
        if abs(middle + offset) <= abs(offset) / 2:
            return None
        message = "the figures of the column are about {found}, and by the declaration (offset) about {expected}"
        return message, {"found": middle, "expected": -offset}

    def _column_says(self, c: int, column: Column | None) -> dict[str, Any]:
        heading, place = self.heading.columns[c], self.table.measured_in
        said: dict[str, Any] = {"offset": 0.0, "rounding": np.nan, "basis": "", "standing": ""}
        if place is not None and (place.title or place.header):
            said["measured_in"] = units_in(heading) or "; ".join(self.heading.corner)
        if column is None:
            return said
        period = self._written(c, column)
        ending = period.ending(self._year()) if period is not None else None
        said["period"] = str(ending) if ending is not None else heading
        to_date = period is not None and period.to_date
        said["basis"] = column.basis or (
            "year-to-date" if to_date else "per-period" if column.covers is not None else ""
        )
        said["standing"] = column.standing or written_standing(heading) or ""
        said |= {"offset": column.offset, "rounding": np.nan if column.rounding is None else column.rounding}
        said |= {
            name: getattr(column, name)
            for name in ("target", "unit", "measured_in")
            if getattr(column, name) is not None
        }
        return said

    def _texts(self, place: Where, name: str, rows: Rows, at: Rows, labels: Texts | None) -> Texts:
        """The text that says `name`, for each (row, column)."""
        if place.fixed is not None:
            return constant(place.fixed, len(rows))
        if labels is not None:
            return labels[rows]
        if place.row is not None or place.column is not None:
            return self._beside(name, place, int(at.min()) if len(at) else 0)[rows]
        if place.header:
            picked = [self.pick(name, [h for h in texts if h]) for texts in self.texts.T]
            return chosen(at, picked)
        above = self.heading.title if place.title else self.grid.sheet if place.sheet else of_path(name, self.file)
        return constant(said_of(name, above, self.known), len(rows))

    def _beside(self, name: str, place: Where, first: int) -> Texts:
        """For each row what its column for `name` says; a unit of measure that is repeated by a mark is that of the row above."""
        texts = self.grid.texts(self._labels(name, place, first))
        if name != "measured_in":
            return texts
        if place.column == ():
            # Where no unit stands beside the figures, what they are of does.
            texts = each(texts, lambda text: text if is_known(text) or repeats(text) else "")
        own = ~told(texts, repeats, bool)
        return texts[np.maximum.accumulate(np.where(own, np.arange(len(texts)), 0))]

    def pick(self, name: str, texts: list[str]) -> str:
        """Which of the headings over a column says its `name`."""
        if name == "period":
            return period_in(texts)
        if name in ("unit", "target"):
            fits = [t for t in texts if known_as(t, self.known.get(name, ()))]
        elif name == "year":
            fits = [str(year) for t in texts if (year := written_year(t)) is not None]
        elif name == "measured_in":
            fits = [unit for t in texts if (unit := units_in(t) or units_in(f"({t})"))]
        elif name == "received":
            fits = [day for t in texts if (day := day_in(t))]
        else:
            fits = []
        return fits[-1] if fits else ""

    def _letter(self, c: int) -> str:
        return re.sub(r"\d", "", self.grid.cell(0, c)) if self.grid.sheet else str(c + 1)

    def _unreadable(self, message: str, **values: object) -> Unreadable:
        return Unreadable(message, self.heading.top + 1 if not self.grid.sheet else 0, sheet=self.grid.sheet, **values)


def _with(texts: Texts, at: Rows, by_column: Mapping[int, str]) -> Texts:
    """The texts, of some columns another; `at`: the column of each."""
    if not by_column:
        return texts
    place = np.full(max(*by_column, at.max(initial=0)) + 1, -1, dtype=np.int32)
    place[list(by_column)] = np.arange(len(by_column)) + len(texts.categories)
    other = place[at]
    return chosen(np.where(other < 0, texts.codes, other), [*texts.categories, *by_column.values()])


def _by_column(at: Rows, figures: Mapping[int, float]) -> npt.NDArray[np.float64]:
    """The figure of each one's column."""
    found = np.full(max(figures, default=-1) + 1, np.nan)
    found[list(figures)] = list(figures.values())
    return found[at]


def _column(headings: npt.NDArray[np.object_], text: str, top: int) -> int:
    wanted = fold(text)
    for row in headings:
        for c, heading in enumerate(row):
            if fold(heading) == wanted:
                return c
    present = list(dict.fromkeys(h for h in headings.ravel() if h))
    near = nearest(text, present)
    message = 'column "{found}" is not in the heading, which has: {names}'
    if near:
        message = 'column "{found}" is not in the heading, which has: {names}. Did you mean "{near}"?'
    raise Unreadable(message, top + 1, found=text, names=_listed(present), near=near)


def _spoken(column: Column) -> str:
    parts = [f'"{words}"' for words in column.words] + [f'-"{words}"' for words in column.without]
    return ", ".join([*parts, *([column.covers] if column.covers else [])])


def _listed(names: Iterable[str]) -> str:
    present = list(dict.fromkeys(h for h in names if h))
    return ", ".join(present[:SHOWN_NAMES]) + (" …" if len(present) > SHOWN_NAMES else "")
