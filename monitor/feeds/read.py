"""A feed's source to a reading: fetched, opened within limits, laid out, cleaned."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from monitor.feeds import formats, sources
from monitor.feeds.clean import clean, known_by, names
from monitor.feeds.declaration import Feed, format_options, source_options
from monitor.feeds.grid import Grid, Unreadable
from monitor.feeds.sources import Fetched, Piece, Setting, Verdict
from monitor.feeds.table import CELL_COLUMNS, figures
from monitor.model.observation import Reading
from monitor.model.problem import Problem
from monitor.model.target import Target, Unit


@dataclass(frozen=True)
class Opened:
    """A feed's source as it stands: every figure in it (feeds.clean.clean), and what of it could not be opened.

    `fetched`: what the source gave, to be settled once its figures are stored.
    """

    figures: pd.DataFrame
    problems: tuple[Problem, ...]
    fetched: Fetched

    def known_by(self, as_of: date) -> Reading:
        """What it says as of a day."""
        return known_by(self.figures, as_of)

    def settle(self, reading: Reading) -> None:
        """Tell the source that its figures are stored, and what was wrong with which of its pieces."""
        rejected = {problem.file for problem in self.problems if not problem.cell}
        told: dict[str, tuple[Problem, ...]] = {}
        for problem in (*self.problems, *quarantined(reading.quarantine)):
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

    A problem names each piece that could not be opened, and each sheet of one (its `cell`), and why.
    """
    setting = Setting(feed.id, folder, environment, int(feed.max_mb * 2**20), tag)
    fetched = sources.source(feed.source["kind"]).fetch(source_options(feed), setting)
    problems: list[Problem] = []
    tables = []
    named = names(feed, targets.values(), units)
    for piece in fetched.pieces:
        try:
            grids = _grids(feed, piece, problems)
            tables += [table.assign(file=piece.name) for table in _cells(feed, grids, named.known)]
        except Unreadable as error:
            problems.append(Problem(piece.name, error.message, error.values, error.line))
    cells = (
        pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[*CELL_COLUMNS, "file"], dtype=object)
    )
    return Opened(clean(cells, feed, named, targets, first, last), tuple(problems), fetched)


def quarantined(rows: pd.DataFrame) -> tuple[Problem, ...]:
    """The figures of a quarantine (model.observation.QUARANTINE_COLUMNS) as problems with their cells."""
    return tuple(_problem(row) for row in rows.to_dict("records"))


def _problem(row: dict[Hashable, str]) -> Problem:
    values = json.loads(row["values"])
    if row["sheet"]:
        return Problem(row["file"], row["reason"], values, cell=f"{row['sheet']}!{row['cell']}")
    line, column = (int(n) for n in row["cell"].split(":"))
    return Problem(row["file"], row["reason"], values, line, column)


def _grids(feed: Feed, piece: Piece, problems: list[Problem]) -> list[Grid]:
    """The sheets of one piece; what of them cannot be read is added to `problems`, with the sheet's name as its cell.

    Raises Unreadable when the piece could not be had, or none of it can be read.
    """
    content = piece.content
    if isinstance(content, Unreadable):
        raise content
    if isinstance(content, Grid):
        return [content]
    if not content.strip():
        raise Unreadable("the file is empty")
    form, options = format_options(feed, piece.name)
    grids = []
    for sheet in formats.read(form, content, options):
        try:
            grids.append(sheet.load())
        except Unreadable as error:
            problems.append(Problem(piece.name, error.message, error.values, cell=error.sheet))
            continue
        problems += [Problem(piece.name, message, values, cell=sheet.name) for message, values in grids[-1].notes]
    return grids


def _cells(feed: Feed, grids: list[Grid], known: dict[str, set[str]]) -> list[pd.DataFrame]:
    """The tables of one piece. Raises Unreadable when none of its sheets holds such a table."""
    found = [table for grid in grids if (table := figures(grid, feed.table, known)) is not None]
    if not found:
        raise Unreadable('no heading "{found}" anywhere in the file: has the form changed?', found=feed.table.header)
    return found
