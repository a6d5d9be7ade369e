"""A feed tried on a source: what is read of each sheet, why its other numbers are not, and what was expected and is not there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from monitor.feeds import sources
from monitor.feeds.clean import clean, located, names
from monitor.feeds.declaration import Feed, source_options
from monitor.feeds.grid import Flaw, Grid, Unreadable, is_number, why
from monitor.feeds.read import LaidSheet, lay_out, problems_of
from monitor.feeds.sources import Piece, Setting
from monitor.feeds.table import CELL_COLUMNS
from monitor.feeds.texts import CATEGORY, Stack, constant, spelled
from monitor.model.problem import Problem
from monitor.model.target import Target
from monitor.model.unit import Unit, tops

# So many labels of rows that are not read are shown.
MOST_NAMED = 5
# What stands of each figure in a TriedSheet: as feeds.clean.clean gives it, `reason` None where it is good.
FIGURE_COLUMNS = [
    *("cell", "found", "target", "unit", "unit_of_measure", "period", "value", "basis", "standing", "reason", "values")
]


@dataclass(frozen=True)
class Unread:
    """Numbers that were not read, for one reason. `places`: of which rows, columns or cells, as a person names them (`12`; `C`,
    `D`; `C12`); `count`: how many they are.
    """

    kind: Literal["row", "column", "cell"]
    places: tuple[str, ...]
    count: int
    why: Flaw


@dataclass(frozen=True)
class TriedSheet:
    """One sheet of a piece: its `figures` (FIGURE_COLUMNS), the numbers that were `unread`; or why it was `passed` over; or what
    is wrong with it (`error`).
    """

    file: str
    name: str
    figures: pd.DataFrame
    unread: tuple[Unread, ...] = ()
    passed: Flaw | None = None
    error: Unreadable | None = None


@dataclass(frozen=True)
class Missing:
    """A figure that was expected and not found; `unit` is empty where no unit's was. `open`: of a target whose list names some
    units each time, so that none is ever overdue and nothing is wrong.
    """

    target: str
    unit: str
    open: bool


@dataclass(frozen=True)
class Trial:
    """What a feed would read of a source; `problems`: files and sheets that cannot be read."""

    sheets: tuple[TriedSheet, ...]
    problems: tuple[Problem, ...]
    missing: tuple[Missing, ...]

    @property
    def good(self) -> pd.DataFrame:
        """The figures that would be taken (FIGURE_COLUMNS, file, sheet)."""
        return self._figures(good=True)

    @property
    def quarantined(self) -> pd.DataFrame:
        """Those that would not, each with its reason."""
        return self._figures(good=False)

    @property
    def sound(self) -> bool:
        """Whether all that was expected is there, something is, and nothing is wrong."""
        return (
            not self.problems
            and not self.good.empty
            and self.quarantined.empty
            and all(each.open for each in self.missing)
        )

    def _figures(self, *, good: bool) -> pd.DataFrame:
        tables = [s.figures.assign(file=s.file, sheet=s.name) for s in self.sheets if len(s.figures)]
        found = pd.concat(tables, ignore_index=True) if tables else _none().assign(file="", sheet="")
        return found[found["reason"].isna() == good]


def pieces(feed: Feed, setting: Setting) -> tuple[Piece, ...]:
    """What the feed's source holds, untouched: of a mailbox, what has been taken from it and waits in its folder."""
    kind = "inbox" if feed.source["kind"] == "imap" else feed.source["kind"]
    return sources.source(kind).fetch(source_options(feed), setting).pieces


def attempt(
    feed: Feed,
    held: Iterable[Piece],
    targets: Mapping[str, Target],
    units: tuple[Unit, ...],
    months: tuple[pd.Period, pd.Period],
    brought: Iterable[tuple[str, str]] = (),
) -> Trial:
    """What `feed` reads of the pieces `held`. `months`: those that figures may speak of; `brought`: the (target, unit) pairs
    whose figures it brought before.
    """
    named = names(feed, targets.values(), units)
    tried: list[TriedSheet] = []
    laid = Stack({**CELL_COLUMNS, "file": CATEGORY})
    problems: list[Problem] = []
    for piece in held:
        sheets = []
        for sheet in lay_out(feed, piece, named):
            if sheet.laid is not None:
                laid.add({**sheet.laid.cells, "file": constant(piece.name, len(sheet.laid.cells["row"]))})
            tried.append(TriedSheet(piece.name, sheet.name, _none(), _unread(sheet), sheet.passed, sheet.error))
            sheets.append(replace(sheet, grid=None))
        problems += problems_of(piece, sheets, feed)
    cells = laid.table()
    figures = spelled(located(clean(cells, feed, named, targets, *months)))
    ignored = _ignored(located(cells), figures)
    done = [replace(s, figures=_of(figures, s), unread=s.unread + ignored.get((s.file, s.name), ())) for s in tried]
    told = {problem.place() for problem in problems}
    # Beside the sheet that is read, one that only looks like it is passed over.
    done = [
        sheet
        if sheet.error is None or Problem(sheet.file, "", cell=sheet.name, line=sheet.error.line).place() in told
        else replace(sheet, passed=(sheet.error.message, sheet.error.values), error=None)
        for sheet in done
    ]
    # What stands there and cannot be read is told as that, and is not missing too.
    there = figures.dropna(subset=["target", "unit"])
    missing = _missing(feed, set(zip(there["target"], there["unit"], strict=True)), set(brought), targets, units)
    return Trial(tuple(done), tuple(problems), missing)


def _none() -> pd.DataFrame:
    return pd.DataFrame(columns=FIGURE_COLUMNS, dtype=object)


def _of(figures: pd.DataFrame, sheet: TriedSheet) -> pd.DataFrame:
    own = (figures["file"] == sheet.file) & (figures["sheet"] == sheet.name)
    return figures.loc[own, FIGURE_COLUMNS].reset_index(drop=True)


def _ignored(cells: pd.DataFrame, figures: pd.DataFrame) -> dict[tuple[str, str], tuple[Unread, ...]]:
    """The numbers that the feed says to ignore, by file and sheet: those of the cells that became no figures."""
    key = ["file", "sheet", "cell"]
    became = pd.MultiIndex.from_frame(figures[key])
    left = cells[cells["raw"].map(is_number).astype(bool) & ~pd.MultiIndex.from_frame(cells[key]).isin(became)]
    ignore = why("the feed says that it is wrong at its source (ignore)")
    by_sheet: dict[tuple[str, str], tuple[Unread, ...]] = {}
    for file, sheet, cell in left[key].itertuples(index=False):
        by_sheet[file, sheet] = (*by_sheet.get((file, sheet), ()), Unread("cell", (cell,), 1, ignore))
    return by_sheet


def _unread(sheet: LaidSheet) -> tuple[Unread, ...]:
    """The numbers of a sheet that is laid out which are none of its cells, by what keeps them from being read."""
    grid, laid = sheet.grid, sheet.laid
    if grid is None or laid is None:
        return ()
    read = set(zip(laid.cells["row"].tolist(), laid.cells["column"].tolist(), strict=True))
    columns = {column for _, column in read}
    by_row: dict[int, tuple[int, Flaw]] = {}
    by_column: dict[str, tuple[dict[int, int], Flaw]] = {}
    for r, c in np.argwhere(grid.numeric).tolist():
        if r < laid.heading.body or (r, c) in read:
            continue
        if c in columns and r in laid.rows:
            count, _ = by_row.get(r, (0, None))
            by_row[r] = count + 1, laid.rows[r]
        else:
            flaw = laid.columns.get(c) or _of_column(laid.heading.columns[c])
            counts, _ = by_column.setdefault(str(flaw), ({}, flaw))
            counts[c] = counts.get(c, 0) + 1
    rows = [Unread("row", (_row(grid, r),), count, flaw) for r, (count, flaw) in sorted(by_row.items())]
    others = [
        Unread("column", tuple(_letter(grid, c) for c in sorted(counts)), sum(counts.values()), flaw)
        for counts, flaw in by_column.values()
    ]
    return (*_joined(rows), *others)


def _joined(rows: Iterable[Unread]) -> tuple[Unread, ...]:
    """Rows that are not read for one and the same reason, together; of what was found there the first few."""
    by_why: dict[str, list[Unread]] = {}
    for each in rows:
        by_why.setdefault(each.why[0], []).append(each)
    return tuple(
        Unread("row", tuple(p for each in alike for p in each.places), sum(each.count for each in alike), _named(alike))
        for alike in by_why.values()
    )


def _named(alike: Sequence[Unread]) -> Flaw:
    message, values = alike[0].why
    found = list(dict.fromkeys(str(each.why[1]["found"]) for each in alike if "found" in each.why[1]))
    if not found:
        return message, values
    return message, values | {"found": '", "'.join(found[:MOST_NAMED]) + (" …" if len(found) > MOST_NAMED else "")}


def _of_column(heading: str) -> Flaw:
    if not heading:
        return why("no heading stands above the column")
    return why('the heading "{heading}" is not that of declared figures', heading=heading)


def _row(grid: Grid, r: int) -> str:
    return str(r + 1) if grid.sheet else grid.cell(r, 0).split(":")[0]


def _letter(grid: Grid, c: int) -> str:
    return grid.cell(0, c).rstrip("1") if grid.sheet else str(c + 1)


def _missing(
    feed: Feed,
    found: set[tuple[str, str]],
    brought: set[tuple[str, str]],
    targets: Mapping[str, Target],
    units: tuple[Unit, ...],
) -> tuple[Missing, ...]:
    """What the feed should bring: the targets that it names or brought before; of each, the units whose figures it brought, those
    that the feed names, and all of a breakdown of which it gives some.
    """
    table = feed.table
    fixed = (table.target.fixed if table.target is not None else None, *(c.target for c in table.columns))
    wanted = {*feed.targets.values(), *(name for name in fixed if name), *(name for name, _ in brought)}
    given = {name for name, _ in found}
    missing = [Missing(name, "", open=False) for name in sorted(wanted - given)]
    for name in sorted(given):
        is_open = targets[name].policies.get("overdue") is False
        own = {unit for target, unit in found if target == name}
        expected = {unit for target, unit in brought if target == name} | (set(feed.units.values()) - set(tops(units)))
        breakdown = targets[name].breakdown
        members = {unit.id for unit in units if breakdown is not None and unit.kind in breakdown.units}
        if own & members:
            expected |= members
        missing += [Missing(name, unit, is_open) for unit in sorted(expected - own)]
    return tuple(missing)
