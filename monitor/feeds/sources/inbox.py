"""A folder where departments drop files: each is taken when it is complete, and filed away with a report of what was
wrong in it.
"""

from __future__ import annotations

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
from monitor.model.document import Declared

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
    pieces = {name_of(path, setting): path for path in paths}
    return Fetched(
        tuple(Piece(name, content_of(path, setting)) for name, path in pieces.items()),
        unchanged=not pieces,
        settle=partial(_settle, pieces, Language(options.language)),
    )


def _complete(path: Path, settled: float) -> bool:
    """A plain file, not a hidden or unfinished one, and at rest. No link: it could lead out of the folder."""
    if path.is_symlink() or not path.is_file() or path.name.startswith((".", "~$")):
        return False
    return path.suffix.lower() not in UNFINISHED and time.time() - path.stat().st_mtime >= settled


def _settle(pieces: Mapping[str, Path], speaks: Language, verdicts: Mapping[str, Verdict]) -> None:
    """File each away: of a rejected one nothing was taken; beside one with problems stands what they are."""
    for name, path in pieces.items():
        verdict = verdicts.get(name, Verdict(rejected=False, problems=()))
        told = verdict.problems
        folder = path.parent / ("rejected" if verdict.rejected else "processed")
        folder.mkdir(exist_ok=True)
        place = folder / f"{datetime.now(ZONE):%Y%m%dT%H%M%S.%f}-{path.name}"
        if told:
            report = "\n".join(problem.render(speaks) for problem in told) + "\n"
            place.with_name(f"{place.name}.report.txt").write_text(report, encoding="utf-8")
        path.replace(place)
