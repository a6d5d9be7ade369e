"""What administrators write under `feeds/`: where figures come from, when, and how their tables are laid out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, ValidationError, model_validator

from monitor.feeds import kinds
from monitor.model.document import Declared, Document
from monitor.model.period import Calendar, Frequency
from monitor.model.problem import Problem, Problems, Said, unknown
from monitor.model.target import Identifier
from monitor.model.timetable import Cron


class Where(Declared):
    """Where one property of a figure stands. Exactly one key.

    `row`: in the column with this heading, on the figure's row; `header`: in the headings above the figure; `title`: in the
    lines above the heading; `path`: in the file's own name; `fixed`: the same for the whole feed.
    """

    row: str | None = None
    header: Literal[True] | None = None
    title: Literal[True] | None = None
    path: Literal[True] | None = None
    fixed: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Where:
        if sum(value is not None for _, value in self) != 1:
            raise Said("write exactly one of  row, header, title, path, fixed")
        return self


class Table(Declared):
    """The layout of a sheet. With `value` it is long (a figure a row); without, every column whose heading names a period,
    target or unit holds figures.

    `header`: the text of one heading, by which the heading's row is found wherever it stands; `only`: headings that must stand
    above a figure; `skip`: rows that are no data (totals), by the text of any label.
    """

    header: str
    header_rows: Annotated[int, Field(ge=1, le=5)] = 1
    target: Where
    unit: Where
    period: Where
    year: Where | None = None
    value: Where | None = None
    measured_in: Where | None = None
    received: Where | None = None
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()


def _kind(text: str) -> str:
    if text not in kinds.names():
        raise unknown("kind", text, kinds.names())
    return text


def _inside(text: str) -> str:
    if text.startswith("/") or ".." in text.split("/"):
        raise Said('path "{found}" leaves the folder feeds/', found=text)
    return text


class Feed(Declared):
    """One source of figures.

    `path`: file names inside `feeds/`, with * and ?; `basis`: what a flow's figure is; `targets`, `units`, `scale`: what the
    source's names mean (a unit of measure: how many of the target's own).
    """

    id: Identifier
    about: str = ""
    synthetic: bool = False
    kind: Annotated[str, AfterValidator(_kind)]
    options: dict[str, Any] = {}
    path: Annotated[str, AfterValidator(_inside)]
    schedule: Cron
    frequency: Frequency = Frequency.MONTH
    closes: Annotated[int, Field(ge=1, le=31)] = 14
    due: Annotated[int, Field(ge=1, le=31)] = 20
    numbers: Literal["vi", "en"] = "vi"
    basis: Literal["year-to-date", "per-period"] = "year-to-date"
    max_mb: Annotated[float, Field(gt=0)] = 20
    table: Table
    targets: dict[str, str] = {}
    units: dict[str, str] = {}
    scale: dict[str, Annotated[float, Field(gt=0)]] = {}

    @property
    def calendar(self) -> Calendar:
        """When its figures close and are due."""
        return Calendar(self.closes, self.due)


def declare(documents: dict[str, Document], targets: set[str] | None, units: set[str] | None) -> tuple[Feed, ...]:
    """The feeds of `feeds/*.yaml`, ordered by id. Raises Problems with everything wrong in all of them.

    `targets`, `units`: the names there are, or None when they could not all be read: one slip is not told many times.
    """
    problems: list[Problem] = []
    feeds: dict[str, Feed] = {}
    for document in documents.values():
        try:
            feed = document.read(Feed)
        except Problems as found:
            problems += found.problems
            continue
        problems += _check(document, feed, targets, units)
        if feed.id in feeds:
            problems.append(document.problem(("id",), 'feed "{found}" is declared twice', found=feed.id))
        feeds[feed.id] = feed
    if problems:
        raise Problems(problems)
    return tuple(feeds[name] for name in sorted(feeds))


def options(feed: Feed) -> BaseModel:
    """The feed's options as its kind reads them."""
    return kinds.kind(feed.kind).Options.model_validate(feed.options)


def _check(document: Document, feed: Feed, targets: set[str] | None, units: set[str] | None) -> list[Problem]:
    problems = []
    try:
        options(feed)
    except ValidationError as error:
        for found in error.errors():
            path = ("options", *found["loc"])
            message = 'option "{found}" does not fit this kind of feed: {reason}'
            problems.append(document.problem(path, message, found=found["loc"][-1], reason=found["msg"]))
    for key, known in (("target", targets), ("unit", units)):
        if known is None:
            continue
        for label, name in getattr(feed, f"{key}s").items():
            if name not in known:
                problems.append(document.tell((f"{key}s", label), unknown(key, name, known)))
        fixed = getattr(feed.table, key).fixed
        if fixed is not None and fixed not in known:
            problems.append(document.tell(("table", key, "fixed"), unknown(key, fixed, known)))
    return problems
