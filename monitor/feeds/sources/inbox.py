"""A folder where departments drop files: each is taken when it is complete, and filed away with a report of what was
wrong in it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from monitor.feeds.sources import Fetched, Piece, Setting, Verdict
from monitor.feeds.sources.file import content_of, inside, name_of
from monitor.language import ZONE, Language
from monitor.model.declared import Declared

# What programs call a file that they have not finished.
UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart")


class Options(Declared):
    """`folder`: inside `feeds/`; a file is complete when it has not changed for `settled` seconds; `language`: of the reports."""

    folder: Annotated[str, AfterValidator(inside)]
    settled: Annotated[float, Field(ge=0)] = 10
    language: str = "vi"


def fetch(options: Options, setting: Setting) -> Fetched:
    """The files that are complete. An empty inbox is nothing new; a missing one is made."""
    folder = setting.folder / options.folder
    folder.mkdir(parents=True, exist_ok=True)
    paths = [path for path in sorted(folder.iterdir()) if _complete(path, options.settled)]
    pieces = {name_of(path, setting): (path, path.stat(), content_of(path, setting)) for path in paths}
    read = {name: (path, stat) for name, (path, stat, _) in pieces.items()}
    return Fetched(
        tuple(Piece(name, content) for name, (_, _, content) in pieces.items()),
        unchanged=not pieces,
        settle=partial(_settle, read, Language(options.language)),
    )


def _complete(path: Path, settled: float) -> bool:
    """A plain file, not a hidden or unfinished one, and at rest. No link: it could lead out of the folder."""
    if path.is_symlink() or not path.is_file() or path.name.startswith((".", "~$")):
        return False
    return path.suffix.lower() not in UNFINISHED and time.time() - path.stat().st_mtime >= settled


def _settle(
    pieces: Mapping[str, tuple[Path, os.stat_result]], speaks: Language, verdicts: Mapping[str, Verdict]
) -> None:
    """File each away: of a rejected one nothing was taken; beside one with problems stands what they are. One that is
    not the file that was read any more (its stat says so) stays: somebody has dropped a newer one in its place.
    """
    for name, (path, read) in pieces.items():
        verdict = verdicts.get(name, Verdict(rejected=False, problems=()))
        folder = path.parent / ("rejected" if verdict.rejected else "processed")
        folder.mkdir(exist_ok=True)
        place = folder / f"{datetime.now(ZONE):%Y%m%dT%H%M%S.%f}-{path.name}"
        if not _moved(path, read, place):
            continue
        if verdict.problems:
            report = "\n".join(problem.render(speaks) for problem in verdict.problems) + "\n"
            place.with_name(f"{place.name}.report.txt").write_text(report, encoding="utf-8")


def _moved(path: Path, read: os.stat_result, place: Path) -> bool:
    """Move the file that was read; whether it was still there. What else stands there now is looked at once it is out
    of everybody's reach, and put back (beside a yet newer one, under a name of its own).
    """
    try:
        path.replace(place)
    except FileNotFoundError:
        return False
    if _same(place.stat(), read):
        return True
    try:
        os.link(place, path)
    except FileExistsError:
        os.link(place, path.with_stem(f"{path.stem}-{place.stem[:20]}"))
    place.unlink()
    return False


def _same(one: os.stat_result, other: os.stat_result) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in ("st_ino", "st_size", "st_mtime_ns"))
