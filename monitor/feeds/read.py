"""A feed's files to a reading: found, opened within limits, laid out, cleaned."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from monitor.feeds import kinds
from monitor.feeds.clean import clean, known_by, names
from monitor.feeds.declaration import Feed, options
from monitor.feeds.grid import Unreadable
from monitor.feeds.table import CELL_COLUMNS, figures
from monitor.model.observation import Reading
from monitor.model.problem import Problem
from monitor.model.target import Target, Unit


@dataclass(frozen=True)
class Opened:
    """A feed's files as they stand: every figure in them (feeds.clean.clean), and what could not be opened."""

    figures: pd.DataFrame
    problems: tuple[Problem, ...]

    def known_by(self, as_of: date) -> Reading:
        """What they say as of a day."""
        return known_by(self.figures, as_of)


def open_feed(
    feed: Feed,
    folder: Path,
    targets: Mapping[str, Target],
    units: tuple[Unit, ...],
    first: pd.Period,
    last: pd.Period,
) -> Opened:
    """All that `feed` holds in its files under `folder` (the workspace's `feeds/`) about the months `first` to `last`.

    A file is opened whole or not at all: a problem names each that was not, and why.
    """
    problems: list[Problem] = []
    tables = []
    named = names(feed, targets.values(), units)
    paths = sorted(p for p in folder.glob(feed.path) if p.is_file() and not p.name.startswith("~$"))
    if not paths:
        message = "no file is there for the feed {feed}, which reads {path}"
        problems.append(Problem(f"feeds/{feed.path}", message, {"feed": feed.id, "path": feed.path}))
    for path in paths:
        file = f"feeds/{path.relative_to(folder).as_posix()}"
        try:
            tables += [table.assign(file=file) for table in _cells(feed, path, named.known)]
        except Unreadable as error:
            problems.append(Problem(file, error.message, error.values, error.line))
    cells = (
        pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[*CELL_COLUMNS, "file"], dtype=object)
    )
    return Opened(clean(cells, feed, named, targets, first, last), tuple(problems))


def quarantined(rows: pd.DataFrame) -> tuple[Problem, ...]:
    """The figures of a quarantine (model.observation.QUARANTINE_COLUMNS) as problems with their cells."""
    return tuple(_problem(row) for row in rows.to_dict("records"))


def _problem(row: dict[Hashable, str]) -> Problem:
    values = json.loads(row["values"])
    if row["sheet"]:
        return Problem(row["file"], row["reason"], values, cell=f"{row['sheet']}!{row['cell']}")
    line, column = (int(n) for n in row["cell"].split(":"))
    return Problem(row["file"], row["reason"], values, line, column)


def _cells(feed: Feed, path: Path, known: dict[str, set[str]]) -> list[pd.DataFrame]:
    """The tables of one file. Raises Unreadable when it cannot be read, is too large, or holds no such table."""
    lock = path.with_name(f"~${path.name}")
    if lock.exists():
        raise Unreadable("the file is open in Excel (there is a lock file {lock}): close it there", lock=lock.name)
    try:
        size = path.stat().st_size
        if size > feed.max_mb * 2**20:
            message = "the file has {found} MB, more than the {most} MB this feed may have (max_mb)"
            raise Unreadable(message, found=round(size / 2**20, 1), most=feed.max_mb)
        content = path.read_bytes()
    except PermissionError:
        raise Unreadable("the file is locked, or may not be read by this account") from None
    except OSError as error:
        raise Unreadable("the file cannot be read: {reason}", reason=error.strerror or str(error)) from None
    if not content.strip():
        raise Unreadable("the file is empty")
    found = [
        table
        for grid in kinds.kind(feed.kind).read(content, options(feed))
        if (table := figures(grid, feed.table, known)) is not None
    ]
    if not found:
        raise Unreadable('no heading "{found}" anywhere in the file: has the form changed?', found=feed.table.header)
    return found
