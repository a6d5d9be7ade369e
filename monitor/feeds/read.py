"""A feed's source to a reading: fetched, opened within limits, laid out, cleaned."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from monitor import beside
from monitor.feeds import formats, sources
from monitor.feeds.clean import Gathered, Names, Told, clean, names
from monitor.feeds.declaration import Feed, Sheets, format_options, source_options
from monitor.feeds.grid import Flaw, Grid, Sheet, Unfit, Unreadable, why
from monitor.feeds.sources import Fetched, Piece, Setting, Verdict
from monitor.feeds.table import CELL_COLUMNS, Laid, figures, name_fits, title_fits
from monitor.feeds.texts import CATEGORY, Stack, constant
from monitor.model.observation import Reading
from monitor.model.problem import Problem
from monitor.model.target import Target
from monitor.model.unit import Unit

# Many small files are cleaned as one table, and large ones as they come: what is made on the way stays small.
AT_A_TIME = 50_000
# Of fewer bytes than that another process costs more than it saves.
SHARED = 2_000_000
# So many shares of a core: who is quicker reads more of them.
SHARES = 4
_CELLS = {**CELL_COLUMNS, "file": CATEGORY}


@dataclass(frozen=True)
class Opened:
    """A feed's source as it stands: what it says, and what of it could not be opened.

    `fetched`: what the source gave, without its pieces, to be settled once its figures are stored; `digests`: name -> hash of the
    content of each piece that stays where it is and of which everything could be used, so that it need not be read again.
    """

    reading: Reading
    problems: tuple[Problem, ...]
    fetched: Fetched
    digests: Mapping[str, str] = field(default_factory=dict)

    def settle(self) -> None:
        """Tell the source that its figures are stored, and what was wrong with which of its pieces."""
        rejected = {problem.file for problem in self.problems} - set(self.reading.observations["file"].unique())
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
    taken: Mapping[str, str] | None = None,
) -> Opened:
    """All that `feed` holds now about the months `first` to `last`. `folder`: the workspace's `feeds/`; `tag`: what
    the source said of itself when it was last taken over; `taken`: `Opened.digests` of then: what is the same is not read again.

    A problem names each piece that could not be opened, and each sheet of one (its `cell`), and why.
    """
    setting = Setting(feed.id, folder, environment, int(feed.max_mb * 2**20), tag)
    fetched = sources.source(feed.source["kind"]).fetch(source_options(feed), setting)
    pieces, fetched = list(fetched.pieces), replace(fetched, pieces=())
    digests = {piece.name: _digest(piece) if fetched.stays else "" for piece in pieces}
    if taken:
        pieces = [piece for piece in pieces if taken.get(piece.name) != digests[piece.name]]
    understood = partial(_understood, feed, names(feed, targets.values(), units), targets, first, last)
    problems: list[Problem] = []
    gathered = Gathered()
    for wrong, told in _shared_out(pieces, understood):
        problems += wrong
        gathered.join(told)
    whole = gathered.reading()
    doubted = {problem.file for problem in problems} | set(whole.quarantine["file"])
    sound = {name: digest for name, digest in digests.items() if digest and name not in doubted}
    return Opened(whole, tuple(problems), fetched, sound)


_Understood = tuple[list[Problem], Told]


def _shared_out(pieces: list[Piece], understood: Callable[[list[Piece]], _Understood]) -> Iterable[_Understood]:
    """What is understood of the pieces, which are let go on the way; much is read on all cores, where a process can be forked."""
    lengths = [len(piece.content) if isinstance(piece.content, bytes) else 0 for piece in pieces]
    cores = beside.usable() if beside.begun_by() == beside.FORK and sum(lengths) >= SHARED else 1
    if cores == 1 or len(pieces) == 1:
        return [understood(pieces)]
    # In their order, of each share about as many bytes.
    count = cores * SHARES
    share = np.minimum(np.cumsum(lengths) * count // (sum(lengths) + 1), count - 1)
    asked = [[piece for piece, of in zip(pieces, share, strict=True) if of == n] for n in np.unique(share).tolist()]
    pieces.clear()

    def each(shares: Iterable[list[Piece]]) -> Iterator[_Understood]:
        return map(understood, shares)

    return beside.shared_out(asked, cores, each, each)


def _understood(
    feed: Feed,
    named: Names,
    targets: Mapping[str, Target],
    first: pd.Period,
    last: pd.Period,
    pieces: list[Piece],
) -> _Understood:
    """What is wrong with some pieces, and the figures of the others."""
    problems: list[Problem] = []
    gathered, waiting = Gathered(), Stack(_CELLS)
    pieces.reverse()
    while pieces:
        # Each is let go when it is read: all of them may be as large as what is read of them.
        piece = pieces.pop()
        sheets = [replace(sheet, grid=None) for sheet in lay_out(feed, piece, named)]
        problems += problems_of(piece, sheets, feed)
        for sheet in sheets:
            if sheet.laid is not None:
                waiting.add({**sheet.laid.cells, "file": constant(piece.name, len(sheet.laid.cells["row"]))})
        if waiting.rows >= AT_A_TIME:
            gathered.add(clean(waiting.table(), feed, named, targets, first, last))
            waiting = Stack(_CELLS)
    if waiting.rows:
        gathered.add(clean(waiting.table(), feed, named, targets, first, last))
    return problems, gathered.told()


def _digest(piece: Piece) -> str:
    """The hash of a piece's content; empty where it has none."""
    return hashlib.sha256(piece.content).hexdigest() if isinstance(piece.content, bytes) else ""


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
class LaidSheet:
    """One sheet of a piece, and what became of it: `laid` out; or `passed` over, and why; or what is wrong with it (`error`).

    `name` is empty for a piece of one table, and where the piece could not be opened; `grid` is None where it was not looked at.
    """

    name: str
    grid: Grid | None = None
    laid: Laid | None = None
    passed: Flaw | None = None
    error: Unreadable | None = None
    notes: tuple[Flaw, ...] = ()


def lay_out(feed: Feed, piece: Piece, named: Names) -> Iterator[LaidSheet]:
    """Every sheet of a piece, one at a time. One that is not as declared does not keep the others from being read."""
    try:
        sheets = _sheets(feed, piece)
    except Unreadable as error:
        yield LaidSheet(error.sheet, error=error)
        return
    for sheet in sheets:
        yield _sheet(feed, piece, sheet, named)


def problems_of(piece: Piece, sheets: Sequence[LaidSheet], feed: Feed) -> list[Problem]:
    """What is wrong with the piece: sheets that cannot be read, or that none is what the feed reads."""
    found = []
    read = any(sheet.laid is not None for sheet in sheets)
    for sheet in sheets:
        # Beside the sheet that is read, one that only looks like it is none.
        if (error := sheet.error) is not None and not (read and isinstance(error, Unfit)):
            found.append(Problem(piece.name, error.message, error.values, error.line, cell=sheet.name))
        # What of a sheet was not read though it was laid out.
        notes = sheet.notes if sheet.laid is not None else ()
        found += [Problem(piece.name, message, values, cell=sheet.name) for message, values in notes]
    if not found and not read and (feed.table.sheets.required or not sheets):
        table, names = feed.table, ", ".join(sheet.name for sheet in sheets if sheet.name)
        if table.header is not None and table.sheets == Sheets():
            message = 'no heading "{found}" anywhere in the file: has the form changed?'
            found.append(Problem(piece.name, message, {"found": table.header}))
        else:
            message = "no sheet of the file is what the feed reads ({wanted}). It has: {names}"
            wanted = ", ".join((*table.sheets.name, *table.sheets.title))
            found.append(Problem(piece.name, message, {"wanted": wanted or table.header or "", "names": names or "–"}))
    return found


def _sheet(feed: Feed, piece: Piece, sheet: Sheet, named: Names) -> LaidSheet:
    grid: Grid | None = None
    try:
        passed = name_fits(sheet.name, feed.table)
        if passed is None:
            grid = sheet.load()
            passed = title_fits(grid, feed.table)
        if grid is None or passed is not None:
            return LaidSheet(sheet.name, grid, passed=passed)
        laid = figures(grid, feed.table, named.known, piece.name)
    except Unreadable as error:
        return LaidSheet(sheet.name, grid, error=error)
    nothing = why("the sheet has no such heading, or no figures")
    return LaidSheet(sheet.name, grid, laid, None if laid is not None else nothing, notes=grid.notes)


def _sheets(feed: Feed, piece: Piece) -> Sequence[Sheet]:
    """The sheets of one piece. Raises Unreadable when it could not be had, or cannot be read."""
    content = piece.content
    if isinstance(content, Unreadable):
        raise content
    if isinstance(content, Grid):
        return [Sheet(content.sheet, hidden=False, load=lambda: content)]
    if not content.strip():
        raise Unreadable("the file is empty")
    form, options = format_options(feed, piece.name)
    return formats.read(form, content, options)
