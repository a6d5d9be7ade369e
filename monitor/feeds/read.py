"""A feed's source to a reading: fetched, opened within limits, laid out, cleaned."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from monitor.feeds import sources
from monitor.feeds.clean import Names, clean, names, reading
from monitor.feeds.declaration import Feed, Sheets, format_options, source_options
from monitor.feeds.grid import Flaw, Grid, Unfit, Unreadable
from monitor.feeds.sources import Fetched, Piece, Setting, Verdict
from monitor.feeds.table import CELL_COLUMNS, Laid, figures, sheet_fits
from monitor.model.observation import Reading
from monitor.model.problem import Problem
from monitor.model.target import Target, Unit


@dataclass(frozen=True)
class Opened:
    """A feed's source as it stands: what it says, and what of it could not be opened.

    `fetched`: what the source gave, to be settled once its figures are stored.
    """

    reading: Reading
    problems: tuple[Problem, ...]
    fetched: Fetched

    def settle(self) -> None:
        """Tell the source that its figures are stored, and what was wrong with which of its pieces."""
        rejected = {problem.file for problem in self.problems} - set(self.reading.observations["file"])
        told: dict[str, tuple[Problem, ...]] = {}
        for problem in (*self.problems, *quarantined(self.reading.quarantine)):
            told[problem.file] = (*told.get(problem.file, ()), problem)
        self.fetched.settle({name: Verdict(name in rejected, problems) for name, problems in told.items()})


def open_feed(
    feed: Feed,
    folder: Path,
    targets: Mapping[str, Target],
    units: tuple[Unit, ...],
    first: pd.Period,
    last: pd.Period,
    environment: Mapping[str, str],
    tag: str = "",
) -> Opened:
    """All that `feed` holds now about the months `first` to `last`. `folder`: the workspace's `feeds/`; `tag`: what
    the source said of itself when it was last taken over.

    A piece is opened whole or not at all: a problem names each that was not, and why.
    """
    setting = Setting(feed.id, folder, environment, int(feed.max_mb * 2**20), tag)
    fetched = sources.source(feed.source["kind"]).fetch(source_options(feed), setting)
    problems: list[Problem] = []
    tables = []
    named = names(feed, targets.values(), units)
    for piece in fetched.pieces:
        sheets = lay_out(feed, piece, named)
        problems += problems_of(piece, sheets, feed)
        tables += [sheet.laid.cells.assign(file=piece.name) for sheet in sheets if sheet.laid is not None]
    cells = (
        pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[*CELL_COLUMNS, "file"], dtype=object)
    )
    return Opened(reading(clean(cells, feed, named, targets, first, last)), tuple(problems), fetched)


def quarantined(rows: pd.DataFrame) -> tuple[Problem, ...]:
    """The figures of a quarantine (model.observation.QUARANTINE_COLUMNS) as problems: what is wrong in many cells of a sheet in
    the same way is told once, at the first of them.
    """
    alike = rows.groupby(["file", "sheet", "reason", "values"], sort=False)
    return tuple(_problem(cells.iloc[0], len(cells) - 1) for _, cells in alike)


def _problem(row: pd.Series, more: int) -> Problem:
    values = json.loads(row["values"])
    if row["sheet"]:
        return Problem(row["file"], row["reason"], values, cell=f"{row['sheet']}!{row['cell']}", more=more)
    line, column = (int(n) for n in row["cell"].split(":"))
    return Problem(row["file"], row["reason"], values, line, column, more=more)


@dataclass(frozen=True)
class Sheet:
    """One sheet of a piece, and what became of it: `laid` out; or `passed` over, and why; or what is wrong with it (`error`).

    `grid` is None where the piece could not be opened at all.
    """

    grid: Grid | None
    laid: Laid | None = None
    passed: Flaw | None = None
    error: Unreadable | None = None


def lay_out(feed: Feed, piece: Piece, named: Names) -> list[Sheet]:
    """Every sheet of a piece. One that is not as declared does not keep the others from being read."""
    try:
        grids = _grids(feed, piece)
    except Unreadable as error:
        return [Sheet(None, error=error)]
    return [_sheet(feed, piece, grid, named) for grid in grids]


def problems_of(piece: Piece, sheets: list[Sheet], feed: Feed) -> list[Problem]:
    """What is wrong with the piece: sheets that cannot be read, or that none is what the feed reads."""
    found = []
    read = any(sheet.laid is not None for sheet in sheets)
    for sheet in sheets:
        # Beside the sheet that is read, one that only looks like it is none.
        if (error := sheet.error) is not None and not (read and isinstance(error, Unfit)):
            name = sheet.grid.sheet if sheet.grid is not None else error.sheet
            found.append(Problem(piece.name, error.message, error.values, error.line, cell=name))
    if not found and not read:
        table, names = feed.table, ", ".join(sheet.grid.sheet for sheet in sheets if sheet.grid is not None)
        if table.header is not None and table.sheets == Sheets():
            message = 'no heading "{found}" anywhere in the file: has the form changed?'
            found.append(Problem(piece.name, message, {"found": table.header}))
        else:
            message = "no sheet of the file is what the feed reads ({wanted}). It has: {names}"
            wanted = ", ".join((*table.sheets.name, *table.sheets.title))
            found.append(Problem(piece.name, message, {"wanted": wanted or table.header or "", "names": names or "–"}))
    return found


def _sheet(feed: Feed, piece: Piece, grid: Grid, named: Names) -> Sheet:
    try:
        why = sheet_fits(grid, feed.table)
        if why is not None:
            return Sheet(grid, passed=why)
        laid = figures(grid, feed.table, named.known, piece.name)
    except Unreadable as error:
        return Sheet(grid, error=error)
    return (
        Sheet(grid, laid)
        if laid is not None
        else Sheet(grid, passed=("the sheet has no such heading, or no figures", {}))
    )


def _grids(feed: Feed, piece: Piece) -> list[Grid]:
    """The sheets of one piece. Raises Unreadable when it could not be had, or cannot be read."""
    content = piece.content
    if isinstance(content, Unreadable):
        raise content
    if isinstance(content, Grid):
        return [content]
    if not content.strip():
        raise Unreadable("the file is empty")
    form, options = format_options(feed, piece.name)
    return form.read(content, options)
