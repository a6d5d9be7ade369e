"""Tables of a plan beside the rules, as offices hand figures out: a row a unit, and its figure of one target or of several."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from monitor.language import fold
from monitor.model.comparator import Bound, Comparator, parse_bound
from monitor.model.period import parse_period
from monitor.model.plan import Figure
from monitor.model.problem import Problem, Said, unknown
from monitor.model.target import Target
from monitor.model.unit import Unit, whole
from monitor.syntax.document import unambiguous

# What columns are called, folded (see language.fold).
_HEADINGS = {
    "target": ("target", "chi tieu", "ma chi tieu"),
    "unit": ("unit", "don vi", "ten don vi", "co quan", "dia phuong", "bo, nganh", "xa, phuong"),
    "value": (
        "value",
        "gia tri",
        "ke hoach",
        "giao",
        "chi tieu giao",
        "ke hoach giao",
        "so giao",
        "du toan",
        "du toan giao",
    ),
    "since": ("from", "since", "tu ngay", "ap dung tu", "hieu luc tu"),
    "due": ("due", "thoi han", "han hoan thanh", "den han"),
    "document": ("document", "van ban", "quyet dinh", "so van ban"),
}
_NAMED = {name: column for column, names in _HEADINGS.items() for name in names}
# Columns that an office's table has besides: what was done and what it is compared with are no plan.
_PASSED_OVER = re.compile(
    r"(stt|tt|no|so thu tu|ghi chu|note|dvt|don vi tinh|unit of measure|nguon.*|#.*|((uoc )?thuc hien|uoc|so sanh|so voi) .*)?"
)
# The year that a heading speaks of: Kế hoạch năm 2025.
_YEAR = re.compile(r",? (nam )?(19|20)\d\d$")
# Rows that sum the others up, where no unit is called so.
_TOTALS = ("tong so", "tong cong", "tong", "total")
# A heading stands this near the top.
_TOP = 20
# What tells how a table writes its decimals: 2,5 and 1.234,5 by a comma, 2.5 and 1,234.5 by a point.
_COMMA, _POINT = (
    re.compile(
        rf"[-+]?\d+(\{grouping}\d{{3}})*\{decimal}(\d{{1,2}}|\d{{4,}})|[-+]?\d+(\{grouping}\d{{3}})+\{decimal}\d+"
    )
    for grouping, decimal in ((".", ","), (",", "."))
)


@dataclass(frozen=True)
class Sheet:
    """A table as it stands in a file: its rows of texts, numbers and days, and how many lie above the first of them."""

    file: str
    rows: tuple[tuple[Any, ...], ...]
    spreadsheet: bool = False

    def told(self, place: str, said: Said) -> Problem:
        """What is wrong where a figure stands (`Figure.place`)."""
        if self.spreadsheet:
            return Problem(self.file, said.message, said.values, cell=place.rpartition("!")[2])
        line, column = place.rsplit(":", 2)[1:]
        return Problem(self.file, said.message, said.values, int(line), int(column))

    def problem(self, row: int, column: int, said: Said) -> Problem:
        """What is wrong in a cell (both counted from 0)."""
        if self.spreadsheet:
            return Problem(self.file, said.message, said.values, cell=f"{_letters(column)}{row + 1}")
        return Problem(self.file, said.message, said.values, row + 1, column + 1)


def _letters(column: int) -> str:
    letters, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


@dataclass(frozen=True)
class Issued:
    """Which document hands the figures out, when it was made known, from which day they count, and which months they can be due
    in.
    """

    document: str
    known: date
    since: date
    first: pd.Period
    last: pd.Period


def read_plan(
    sheet: Sheet, issued: Issued, targets: Mapping[str, Target], units: Sequence[Unit]
) -> tuple[list[Figure], list[Problem]]:
    """The figures of a table, and all that is wrong in it. A row without a unit speaks of the whole."""
    top, last, columns = _heading(sheet, targets)
    if top is None:
        file, names = sheet.file, ", ".join(name for names in _HEADINGS.values() for name in names[:2])
        message = "no heading of a plan is found in the first rows: a column for the unit and one for the value. Known: {names}"
        return [], [Problem(file, message, {"names": names})]
    reading = _Reading(sheet, issued, targets, units, dict(columns))
    problems = [
        sheet.problem(row, n, said) for row in range(top, last + 1) for n, said in reading.headings(sheet.rows[row])
    ]
    problems += [sheet.problem(top, 0, said) for said in reading.missing()]
    figures: list[Figure] = []
    seen: dict[tuple[str, str, date], Figure] = {}
    rows, strangers = list[int](), dict[int, list[Problem]]()
    for number in range(last + 1, len(sheet.rows)):
        if _counts_columns(sheet.rows[number]):
            continue
        found, wrong = reading.row(number)
        if wrong and reading.stranger(number):
            strangers[number] = wrong
            continue
        problems += wrong
        rows += [number] if found else []
        for figure in found:
            first = seen.setdefault((figure.target, figure.unit, figure.since), figure)
            if first is figure:
                figures.append(figure)
            elif not (reading.totals(number) and first.bound == figure.bound):
                said = Said('"{found}" has a figure already, at {place}', found=figure.unit, place=first.place)
                problems.append(sheet.problem(number, 0, said))
    for number, wrong in strangers.items():
        problems += [] if reading.subtotals(number, rows) else wrong
    if not figures and not problems:
        problems.append(Problem(sheet.file, "the table holds no figure"))
    return figures, problems


def _heading(sheet: Sheet, targets: Mapping[str, Target]) -> tuple[int | None, int, list[tuple[str, int]]]:
    """The first and last row of headings, and what the columns are: names of _HEADINGS, or of targets (each is its target's
    value). A heading may have two rows, the upper one of cells merged over the lower.
    """
    rows = [
        [(found, n) for n, cell in enumerate(row) if (found := _column(cell, targets))] for row in sheet.rows[:_TOP]
    ]
    for number, columns in enumerate(rows):
        below = rows[number + 1] if number + 1 < len(rows) else []
        # Over several targets stands what they are: a plan.
        upper = [(name, n) for name, n in columns if name != "value"]
        apart = not {n for _, n in upper} & {n for _, n in below}
        if upper and below and apart and not _is_heading(below) and _is_heading([*upper, *below]):
            return number, number + 1, [*upper, *below]
        if _is_heading(columns):
            return number, number, columns
    return None, 0, []


def _is_heading(columns: Sequence[tuple[str, int]]) -> bool:
    names = [name for name, _ in columns]
    return "value" in names or ("unit" in names and any(name.startswith("=") for name in names))


def _counts_columns(row: Sequence[Any]) -> bool:
    """Whether a row numbers the columns, as forms do below their heading: A, B, 1, 2, 3."""
    marks = [str(cell).strip().strip("()") for cell in row if cell not in (None, "")]
    marks = [mark.removesuffix(".0") for mark in marks]
    letters = [mark for mark in marks if re.fullmatch(r"[A-ZĐa-z]", mark)]
    counted = [mark for mark in marks if mark not in letters]
    if len(marks) < 2 or not (letters or counted):
        return False
    first = int(counted[0]) if counted and counted[0] in ("1", "2", "3", "4") else 1
    return marks[: len(letters)] == letters and counted == [str(first + n) for n in range(len(counted))]


def _column(cell: Any, targets: Mapping[str, Target]) -> str:
    """What a heading names; a target by `=` and its id."""
    if not isinstance(cell, str):
        return ""
    name = fold(cell).strip()
    bare = fold(re.sub(r"\(.*?\)\s*$", "", cell)).strip()
    fits = [t.id for t in targets.values() if name == t.id or fold(t.name) in (name, bare)]
    if len(fits) == 1:
        return f"={fits[0]}"
    return next((_NAMED[each] for each in (name, bare, _YEAR.sub("", bare)) if each in _NAMED), "")


class _Reading:
    """Reads a table row by row."""

    def __init__(
        self,
        sheet: Sheet,
        issued: Issued,
        targets: Mapping[str, Target],
        units: Sequence[Unit],
        columns: Mapping[str, int],
    ) -> None:
        self._sheet, self._issued, self._targets, self._columns = sheet, issued, targets, columns
        self._top = whole(units).id
        self._units = {fold(name).strip(): u.id for u in units for name in (u.id, u.name, *u.aliases)}
        self._names = [u.name for u in units]
        self._by_name = {fold(t.name).strip(): t.id for t in targets.values()}
        texts = [_spaceless(cell) for row in sheet.rows for cell in row if isinstance(cell, str)]
        comma, point = (any(form.fullmatch(text) for text in texts) for form in (_COMMA, _POINT))
        # The grouping of a table that is written in one way; empty where nothing tells, or it is written in both.
        self._grouping = "" if comma == point else "." if comma else ","

    def headings(self, row: Sequence[Any]) -> Iterator[tuple[int, Said]]:
        """Headings that name nothing that is known."""
        for n, cell in enumerate(row):
            if n in self._columns.values() or not isinstance(cell, str) or _PASSED_OVER.fullmatch(fold(cell).strip()):
                continue
            # Over the names of targets stands what they are: a plan.
            if _column(cell, self._targets) != "value" or "value" in self._columns:
                yield n, unknown("column", cell, [*_NAMED, *self._targets])

    def missing(self) -> Iterator[Said]:
        """What no column says."""
        if "value" in self._columns and "target" not in self._columns and len(self._targets) > 1:
            yield Said('a column "{name}" is missing', name="target")

    def totals(self, number: int) -> bool:
        """Whether a row sums the others up."""
        place, cells = self._columns.get("unit"), self._sheet.rows[number]
        return place is not None and place < len(cells) and fold(str(cells[place])).strip() in _TOTALS

    def stranger(self, number: int) -> bool:
        """Whether a row names a unit that nobody knows."""
        place, cells = self._columns.get("unit"), self._sheet.rows[number]
        named = fold(str(cells[place] or "")).strip() if place is not None and place < len(cells) else ""
        return named != "" and named not in self._units and not self.totals(number)

    def subtotals(self, number: int, rows: Sequence[int]) -> bool:
        """Whether a row sums up the first `rows` of units that stand below it, or the last of those above; at least two."""
        own = self._amounts(number)
        if not own.any():
            return False
        below, above = [n for n in rows if n > number], [n for n in reversed(rows) if n < number]
        for side in (below, above):
            sums = np.cumsum([self._amounts(n) for n in side], axis=0).reshape(-1, len(own))
            if np.isclose(sums[1:], own, rtol=1e-9).all(axis=1).any():
                return True
        return False

    def _amounts(self, number: int) -> np.ndarray:
        """The figures of a row, by column; nothing, and what is no number, is 0."""
        cells = self._sheet.rows[number]
        places = [place for name, place in self._columns.items() if name == "value" or name.startswith("=")]
        return np.array([self._amount(cells[place]) if place < len(cells) else 0.0 for place in places])

    def _amount(self, cell: Any) -> float:
        try:
            return 0.0 if cell in (None, "") or isinstance(cell, bool) else _number(cell, self._grouping)
        except (Said, TypeError):
            return 0.0

    def row(self, number: int) -> tuple[list[Figure], list[Problem]]:
        """The figures of one row, and what is wrong in it."""
        cells, problems = self._sheet.rows[number], list[Problem]()

        def told(column: str, said: Said) -> None:
            problems.append(self._sheet.problem(number, self._columns[column], said))

        def cell(column: str) -> Any:
            place = self._columns.get(column)
            found = cells[place] if place is not None and place < len(cells) else None
            return found.strip() if isinstance(found, str) else found

        values = [name for name in self._columns if name == "value" or name.startswith("=")]
        if all(cell(name) in (None, "") for name in values):
            return [], []
        unit, since = self._top, self._issued.since
        named = cell("unit") not in (None, "")
        if "unit" in self._columns and not named and not any(_has_digits(cell(name)) for name in values):
            return [], []  # who signs, and to whom it goes
        if named:
            found = self._units.get(fold(str(cell("unit"))).strip(), self._top if self.totals(number) else None)
            if found is None:
                told("unit", unknown("unit", str(cell("unit")), self._names))
                return [], problems
            unit = found
        try:
            since = _day(cell("since")) or since
        except Said as said:
            told("since", said)
        due = _due(cell("due")) if cell("due") not in (None, "") else None
        if cell("due") not in (None, "") and (due is None or not self._issued.first <= due <= self._issued.last):
            message = 'found "{found}", which must be a day or a month that the resolution binds'
            told("due", Said(message, found=str(cell("due"))))
        document = str(cell("document") or self._issued.document)
        figures = []
        for name in values:
            if cell(name) in (None, ""):
                continue
            target = self._target(cell("target")) if name == "value" else name[1:]
            if target is None:
                told("target", unknown("target", str(cell("target")), self._targets))
                continue
            try:
                bound = _bound(cell(name), self._targets[target], self._grouping)
            except Said as said:
                told(name, said)
                continue
            place = self._sheet.problem(number, self._columns[name], Said("")).place()
            figures.append(
                Figure(target, unit, bound, since, max(self._issued.known, self._known(since)), document, place, due)
            )
        return figures, problems

    def _known(self, since: date) -> date:
        """A row of a later day than the document's was written by then at the latest."""
        return since if since > self._issued.since else self._issued.known

    def _target(self, given: Any) -> str | None:
        if given in (None, ""):
            return next(iter(self._targets)) if len(self._targets) == 1 else None
        text = str(given)
        return text if text in self._targets else self._by_name.get(fold(text).strip())


def _day(given: Any) -> date | None:
    """A day as people write it. Raises Said."""
    if given in (None, ""):
        return None
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"):
        try:
            return datetime.strptime(str(given), form).date()  # noqa: DTZ007
        except ValueError:
            continue
    raise Said('found "{found}", which {what}', found=str(given), what="must be a day, such as 2024-07-10")


def _due(given: Any) -> pd.Period | None:
    """The month that decides, of a day or a period as people write it."""
    try:
        day = _day(given)
    except Said:
        return parse_period(str(given))
    return pd.Period(day, freq="M") if day is not None else None


def _has_digits(cell: Any) -> bool:
    return cell not in (None, "") and any(character.isdigit() for character in str(cell))


def _spaceless(text: str) -> str:
    return re.sub(r"\s", "", text)


def _bound(given: Any, target: Target, grouping: str) -> Bound:
    """A figure with its own comparator, or with the target's. Raises Said."""
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise Said('found "{found}", which {what}', found=str(given), what="must be a number")
    if isinstance(given, str) and (re.match(r"\s*[<>=≤≥]", given) or ".." in given):
        bound = parse_bound(given)
    elif target.target.comparator is Comparator.RANGE:
        raise Said('found "{found}", which {what}', found=str(given), what="must be a range, such as 8 .. 8.5")
    else:
        bound = Bound(target.target.comparator, _number(given, grouping))
    # A resolution may itself ask for more than can be true.
    low, high = min(target.bounds[0], target.target.value), max(target.bounds[1], target.target.value)
    for figure in (bound.value, bound.value if bound.upper is None else bound.upper):
        if not math.isfinite(figure):
            raise Said('found "{found}", which {what}', found=str(given), what="must be a number")
        if figure < low:
            raise Said("{found} is less than a value of this target can be: {low}", found=str(given), low=f"{low:g}")
        if figure > high:
            raise Said("{found} is more than a value of this target can be: {high}", found=str(given), high=f"{high:g}")
    return bound


def _number(given: float | str, grouping: str) -> float:
    """A figure as a table holds it: with a point or a comma for its decimals; `grouping`: what the table's other figures part
    thousands by. Raises Said for one that can be read as two.
    """
    if not isinstance(given, str):
        return float(given)
    text = _spaceless(given)
    if "," in text and "." in text:
        other = "." if text.rindex(",") > text.rindex(".") else ","
        text = text.replace(other, "")
    elif grouping and re.fullmatch(rf"[-+]?[1-9]\d{{0,2}}(\{grouping}\d{{3}})+", text):
        text = text.replace(grouping, "")
    elif not grouping or grouping == ",":
        unambiguous(text.replace(",", "."))
    groups = re.fullmatch(r"[-+]?\d{1,3}([.,])\d{3}(\1\d{3})+", text)
    text = text.replace(groups[1], "") if groups else text.replace(",", ".")
    try:
        return float(text)
    except ValueError:
        raise Said('found "{found}", which {what}', found=given, what="must be a number") from None
