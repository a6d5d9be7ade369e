"""A sheet to its figures: one row a cell that should hold one, with the texts that say what it is; and why the others
are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.feeds.declaration import Column, Table, Where
from monitor.feeds.grid import Flaw, Grid, Unfit, Unreadable, of_each, why
from monitor.feeds.heading import Heading, find_heading, is_number, is_year, units_in
from monitor.feeds.naming import known_as
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

# `raw`: the cell's value; `flaw`: None, or why it cannot be used; the other texts as they stand, empty where nothing says
# so; `offset`, `rounding`: what is done to the figure.
CELL_COLUMNS = [
    *("sheet", "cell", "row", "column", "target", "unit", "section", "period", "year", "measured_in", "received"),
    *("basis", "standing", "offset", "rounding", "raw", "flaw"),
]
_TYPES: dict[str, type] = {"row": int, "column": int, "offset": float, "rounding": float}
SHOWN_NAMES = 20
Places = npt.NDArray[np.int64]
_ROW_NUMBERS = frozenset({"stt", "tt", "so tt", "so thu tu", "no"})
# As above, in a column of units of measure.
_DITTO = frozenset(
    {'"', '""', "''", "”", "“", "″", "〃", "nt", "nt-", '-"', '"-"', "//", "-//", "- nt", "như trên", "nhu tren"}
)
# What refers a label to a footnote: `TỔNG TRỊ GIÁ (*)`, `Dầu thô (1)`, `Gạo²`.
_MARKS = re.compile(r"(?:\s*(?:\(\*+\)|\(\d\)|\[\d\]|\*+|[¹²³⁴⁵]))+$")


@dataclass(frozen=True)
class Laid:
    """One sheet laid out. `cells`: its figures (CELL_COLUMNS), in reading order; `rows`, `columns`: why what stands in
    a row, or in a column, is no figure (Flaws); `heading`: what stands above.
    """

    cells: pd.DataFrame
    heading: Heading
    rows: Mapping[int, Flaw] = field(default_factory=dict)
    columns: Mapping[int, Flaw] = field(default_factory=dict)


def unmarked(label: str) -> str:
    """A label without what refers to a footnote."""
    return _MARKS.sub("", label)


def label_in(texts: Any, values: Any, columns: Iterable[int], *, nearest_left: bool) -> str:
    """The label in a row: the last of its `columns` that has a text. The text nearest to the left of figures is often their
    unit of measure: then it is the one before that.
    """
    found = [str(texts[c]) for c in columns if texts[c] and not is_number(values[c])]
    named = [text for text in found if not is_known(text) and fold(text) not in _DITTO] if nearest_left else found
    return (named or found or [""])[-1]


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
    lacking = [words for words in wanted.title if not _occurs(words, above)]
    if lacking:
        return why('above the figures there is no "{found}"', found=lacking[0])
    unwanted = [words for words in wanted.without if _occurs(words, above)]
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
    labels: dict[str, Any] = {
        name: sheet.labels(name, min(columns, default=0)) for name in ("target", "unit", "period") if name in places
    }
    rows, passed = sheet.rows(labels, list(columns))
    r, c = np.repeat(np.array(rows, dtype=np.int64), len(columns)), np.tile(list(columns), len(rows)).astype(np.int64)
    said = sheet.say(r, c, columns, labels)
    said |= {
        "sheet": [grid.sheet] * len(r),
        "cell": grid.cells(r, c),
        "row": r,
        "column": c,
        "raw": grid.values[r, c],
        "section": sheet.sections(labels)[r],
    }
    for n, pair in enumerate(zip(r.tolist(), c.tolist(), strict=True)) if grid.flaws else ():
        said["flaw"][n] = grid.flaws.get(pair) or said["flaw"][n]
    cells = pd.DataFrame({name: pd.Series(said[name], dtype=_TYPES.get(name, object)) for name in CELL_COLUMNS})
    return Laid(cells, heading, passed, refused)


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
        body = self.grid.values[self.heading.body :]
        filled = [
            c for c in range(body.shape[1]) if any(is_number(v) for v in body[:, c]) and not self._numbers_rows(c)
        ]
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
        lacking = [words for words in column.words if not _occurs(words, text)]
        if lacking:
            return why('the heading "{heading}" has no "{found}"', heading=text, found=lacking[0])
        unwanted = [words for words in column.without if _occurs(words, text)]
        if unwanted:
            return why('the heading "{heading}" has "{found}"', heading=text, found=unwanted[0])
        if column.covers is None:
            return None
        period = self._written(c, column)
        if period is None or not _covers(period, column.covers):
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
        texts = [heading.columns[c], heading.title, self.grid.sheet, _of_path("period", self.file)]
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
        texts = (self.heading.title, self.grid.sheet, _of_path("year", self.file))
        return next((year for text in texts if (year := written_year(text)) is not None), None)

    def labels(self, name: str, first: int) -> npt.NDArray[np.object_] | None:
        """For each row of the sheet the text that names its `name`; None where no column does. `first`: of the figures'
        columns.
        """
        place = self.table.places[name]
        rows = self.grid.labels(slice(0, None))
        if place.row is not None:
            picked = rows[:, self.named[name]].tolist()
        elif place.column is not None:
            columns = [c for c in (place.column or range(first)) if c < rows.shape[1]]
            values = self.grid.values
            picked = [label_in(rows[r], values[r], columns, nearest_left=not place.column) for r in range(len(rows))]
        else:
            return None
        texts = np.array(picked, dtype=object)
        return of_each(texts, lambda text: self._unmarked(name, str(text)))

    def _unmarked(self, name: str, label: str) -> str:
        """A label without what refers to a footnote, unless the name is known with it."""
        return label if known_as(label, self.known.get(name, ())) else unmarked(label)

    def rows(self, labels: Mapping[str, Any], columns: list[int]) -> tuple[list[int], dict[int, Flaw]]:
        """The rows of figures; and why the others are none. A row of data has its label, and totals and what the feed
        says to skip are none; "6oo" in the row of a name that is known is a figure, misspelled.
        """
        body, every = self.heading.body, self.grid.labels(slice(0, None))
        skip = {fold(text) for text in self.table.skip}
        by_label = {name: texts for name, texts in labels.items() if texts is not None}
        rows = np.arange(body, len(every))
        labelled = np.any([texts[rows] != "" for texts in by_label.values()], axis=0) if by_label else rows >= 0
        skipped = of_each(every[rows], lambda text: bool(text) and fold(text) in skip) if skip else every[:0]
        passed: dict[int, Flaw] = {}
        if skip:
            passed |= {r: why("the row is one of those to skip") for r in rows[skipped.any(axis=1)].tolist()}
        passed = {r: why("the row has no label") for r in rows[~labelled].tolist()} | passed
        left = [r for r in rows.tolist() if r not in passed]
        if not self.table.columns and self.table.unknown != "pass":
            return left, passed
        end, kept = self._end(columns), []
        strange = self._strange(by_label, self.sections(labels), left)
        for r in left:
            held = [self.grid.values[r, c] for c in columns]
            if self.table.columns and not any(is_number(v) or (v is not None and not strange[r]) for v in held):
                passed[r] = why("the row holds no figure")
            elif r >= end:
                passed[r] = why("another table begins in row {row}", row=end + 1)
            elif self.table.unknown == "pass" and strange[r]:
                passed[r] = why('"{found}" is no name of a target or a unit', found=strange[r])
            else:
                kept.append(r)
        return kept, dict(sorted(passed.items()))

    def _end(self, columns: list[int]) -> int:
        """The row in which another table begins below this one: headings over figures, of other periods than those above."""
        values, texts = self.grid.values, self.grid.labels(slice(0, None))
        # The title of the next page, in a cell that begins where the labels stand, is no heading.
        for top, left, bottom, right in self.grid.spans:
            if columns and left < min(columns):
                texts[top : bottom + 1, left + 1 : right + 1] = ""
        begins: int | None = None
        for r in range(self.heading.body, len(values)) if self.table.columns else ():
            if any(is_number(values[r, c]) and not is_year(values[r, c]) for c in columns):
                if begins is not None and self._speaks_of_others(texts[begins:r], columns):
                    return begins
                begins = None
            elif begins is None and sum(bool(re.search(r"[^\W\d_]{2}", texts[r, c])) for c in columns):
                begins = r
        return len(values)

    def _speaks_of_others(self, texts: npt.NDArray[np.object_], columns: list[int]) -> bool:
        """Whether texts between figures are headings, over a column or more, of periods that are not those of its heading."""
        below = {c: written_period(" ".join(text for text in texts[:, c] if text)) for c in columns}
        return any(
            period is not None and not _alike(period, written_period(self.heading.columns[c]))
            for c, period in below.items()
        )

    def _strange(
        self, by_label: Mapping[str, Any], sections: npt.NDArray[np.object_], rows: Sequence[int]
    ) -> dict[int, str]:
        """Row -> its label where that names nothing, unless it is all but a name that is known: that is told; else empty."""
        found = dict.fromkeys(rows, "")
        for name in ("unit", "target"):
            if name not in by_label:
                continue
            known = self.known[name]
            pairs = {r: (str(by_label[name][r]), str(sections[r])) for r in rows}
            odd = {
                (label, section): label
                for label, section in set(pairs.values())
                if not known_as(label, known)
                and not known_as(f"{section} > {label}", known)
                and not nearest(label, known, 0.93)
            }
            found |= {r: odd[pair] for r, pair in pairs.items() if pair in odd}
        return found

    def sections(self, labels: Mapping[str, Any]) -> npt.NDArray[np.object_]:
        """For each row the label of the section in which it stands; empty before the first."""
        found = np.full(len(self.grid.values), "", dtype=object)
        begins = {fold(text): text for text in self.table.sections}
        texts = next((labels[name] for name in ("target", "unit") if labels.get(name) is not None), None)
        if not begins or texts is None:
            return found
        section = ""
        for r in range(self.heading.body, len(found)):
            found[r] = section
            section = begins.get(fold(str(texts[r])), section)
        return found

    def say(
        self, rows: Places, at: Places, columns: Mapping[int, Column | None], labels: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What the figures at (`rows`, `at`) are: those of CELL_COLUMNS that the declaration tells, and `flaw`."""
        by_column = {c: self._column_says(c, column) for c, column in columns.items()}
        said: dict[str, Any] = {}
        for name in ("period", "year", "measured_in", "basis", "standing", "target", "unit", "received"):
            place = self.table.places.get(name)
            said[name] = np.full(len(rows), "", dtype=object)
            if place is not None:
                said[name][:] = self._texts(place, name, rows, at, labels.get(name))
            for c, told in by_column.items():
                if told.get(name) is not None:
                    said[name][at == c] = told[name]
        for name in ("offset", "rounding"):
            said[name] = pd.Series(at).map({c: told[name] for c, told in by_column.items()}).to_numpy(dtype=float)
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

    def _texts(self, place: Where, name: str, rows: Places, at: Places, labels: Any) -> Any:
        """The text that says `name`, for each (row, column), or one for all."""
        if place.fixed is not None:
            return place.fixed
        if labels is not None:
            return labels[rows]
        if place.row is not None or place.column is not None:
            return self._beside(name, place, int(at.min(initial=0)))[rows]
        if place.header:
            picked = {c: self.pick(name, [h for h in self.texts[:, c] if h]) for c in set(at.tolist())}
            return [picked[c] for c in at.tolist()]
        above = self.heading.title if place.title else self.grid.sheet if place.sheet else _of_path(name, self.file)
        return _said(name, above, self.known)

    def _beside(self, name: str, place: Where, first: int) -> npt.NDArray[np.object_]:
        """For each row what its column for `name` says; a unit of measure that is repeated by a mark is that of the row above."""
        rows, values = self.grid.labels(slice(0, None)), self.grid.values
        if place.column is None:
            texts = rows[:, self.named[name]].tolist()
        else:
            columns = [c for c in (place.column or range(first)) if c < rows.shape[1]]
            texts = [label_in(rows[r], values[r], columns, nearest_left=False) for r in range(len(rows))]
        if name == "measured_in":
            for r in range(1, len(texts)):
                texts[r] = texts[r - 1] if fold(texts[r]) in _DITTO else texts[r]
        return np.array(texts, dtype=object)

    def pick(self, name: str, texts: list[str]) -> str:
        """Which of the headings over a column says its `name`."""
        if name == "period":
            return _period_in(texts)
        if name in ("unit", "target"):
            fits = [t for t in texts if known_as(t, self.known.get(name, ()))]
        elif name == "year":
            fits = [str(year) for t in texts if (year := written_year(t)) is not None]
        elif name == "measured_in":
            fits = [unit for t in texts if (unit := units_in(t) or units_in(f"({t})"))]
        elif name == "received":
            fits = [day for t in texts if (day := _day(t))]
        else:
            fits = []
        return fits[-1] if fits else ""

    def _letter(self, c: int) -> str:
        return re.sub(r"\d", "", self.grid.cell(0, c)) if self.grid.sheet else str(c + 1)

    def _unreadable(self, message: str, **values: object) -> Unreadable:
        return Unreadable(message, self.heading.top + 1 if not self.grid.sheet else 0, sheet=self.grid.sheet, **values)


def _alike(one: Written, other: Written | None) -> bool:
    """Whether two headings speak of one period; a heading that is printed again without what stands over it may leave the
    year out.
    """
    if other is None or (one.month, one.months, one.back) != (other.month, other.months, other.back):
        return False
    return None in (one.year, other.year) or one.year == other.year


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


def _period_in(texts: list[str]) -> str:
    """The narrowest of the periods that headings name and say nothing else, with the year that stands in another of them."""
    found = [(period, text) for text in texts if (period := written_period(text)) is not None and period.only]
    if not found:
        return ""
    period, text = min(found, key=lambda each: each[0].months)
    years = [year for each in texts if each != text and (year := written_year(each)) is not None]
    return f"{text} năm {years[-1]}" if period.year is None and years else text


def _said(name: str, text: str, known: Mapping[str, set[str]]) -> str:
    """What a title, or the name of a sheet or a file, says of a property."""
    if name == "year":
        return str(written_year(text) or "")
    if name == "received":
        return _day(text)
    if name == "period":
        return text if written_period(text) is not None else ""
    if name == "measured_in":
        return ""
    return max((k for k in known.get(name, ()) if k in fold(text)), key=len, default="")


def _of_path(name: str, file: str) -> str:
    """What of a file's path speaks: its own name, or a folder named by a month (`2024-03/so-lieu.csv`)."""
    own = PurePosixPath(file).name
    if name in ("period", "year") and (spoken := _spoken_in(PurePosixPath(file).stem)):
        return spoken
    if name == "period" and written_period(own) is None and (month := re.search(r"(?<!\d)\d{4}-\d{2}(?!\d)", file)):
        return month[0]
    return own if name in ("period", "received") or written_year(own) is not None else file


def _spoken_in(stem: str) -> str:
    """The period that a file's name spells out (`2024-01-05-bao-cao-thang-12`), as a text; empty where it only has a day."""
    dated = re.search(r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(?:[0-2]\d|3[01])(?!\d)", stem)
    rest = stem if dated is None else stem.replace(dated[0], " ")
    text = " ".join(re.split(r"[-_\s]+", rest))
    period = written_period(text)
    if period is None or not re.search(r"[^\W\d_]", text):
        return ""
    if period.year is not None or dated is None:
        return text
    # What is published in January of December is the year before's.
    return f"{text} năm {int(dated[1]) - (period.month > int(dated[2]))}"


def _day(text: str) -> str:
    """The day that a text names: `ngày 20 tháng 6 năm 2024`, `20/6/2024`, `2024-06-20`, `20240620`; empty where it names none."""
    folded = fold(text)
    for form in (r"ngay (\d{1,2}) thang (\d{1,2}) nam (\d{4})", r"(?<!\d)(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?!\d)"):
        if match := re.search(form, folded):
            return f"{match[3]}-{int(match[2]):02}-{int(match[1]):02}"
    match = re.search(r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?([0-2]\d|3[01])(?!\d)", text)
    return f"{match[1]}-{match[2]}-{match[3]}" if match else ""


def _covers(period: Written, what: str) -> bool:
    if what == "year-to-date":
        return period.to_date
    return period.months == {"month": 1, "quarter": 3, "half": 6, "year": 12}[what]


def _occurs(words: str, text: str) -> bool:
    """Whether one of `a|b` occurs in a text, as whole words."""
    folded = f" {fold(text)} "
    return any(re.search(rf"(?<!\w){re.escape(fold(each))}(?!\w)", folded) for each in words.split("|") if fold(each))


def _spoken(column: Column) -> str:
    parts = [f'"{words}"' for words in column.words] + [f'-"{words}"' for words in column.without]
    return ", ".join([*parts, *([column.covers] if column.covers else [])])


def _listed(names: Iterable[str]) -> str:
    present = list(dict.fromkeys(h for h in names if h))
    return ", ".join(present[:SHOWN_NAMES]) + (" …" if len(present) > SHOWN_NAMES else "")
