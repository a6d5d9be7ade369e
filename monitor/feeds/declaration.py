"""What administrators write under `feeds/`: where figures come from, when, and how their tables are laid out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, ValidationError, model_validator

from monitor.feeds import formats, sources
from monitor.feeds.formats import Format
from monitor.model.document import Declared, Document
from monitor.model.period import Calendar, WorkingDays
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


def _format(text: str) -> str:
    known = [formats.AUTO, *formats.names()]
    if text not in known:
        raise unknown("format", text, known)
    return text


class Expects(Declared):
    """A figure for each of a target's periods: counted on the day of the period's last month on which it closes, sent
    `by` a day of that month (of the next one, when that day is before the closing one); on a day without work, by
    the next one with.
    """

    closes: Annotated[int, Field(ge=1, le=31)] = 14
    by: Annotated[int, Field(ge=1, le=31)] = 20

    def calendar(self, days: WorkingDays) -> Calendar:
        """The same as days."""
        return Calendar(self.closes, self.by, days)


class Feed(Declared):
    """One source of figures.

    `source`: its `kind` (feeds.sources) and what that kind needs; `format`: how its bytes are written (feeds.formats), with
    `options`; `basis`: what a flow's figure is; `targets`, `units`, `scale`: what the source's names mean (a unit of measure:
    how many of the target's own).
    """

    id: Identifier
    about: str = ""
    synthetic: bool = False
    source: dict[str, Any]
    format: Annotated[str, AfterValidator(_format)] = formats.AUTO
    options: dict[str, Any] = {}
    schedule: Cron
    expects: Expects = Expects()
    numbers: Literal["vi", "en"] = "vi"
    basis: Literal["year-to-date", "per-period"] = "year-to-date"
    max_mb: Annotated[float, Field(gt=0)] = 20
    table: Table
    targets: dict[str, str] = {}
    units: dict[str, str] = {}
    scale: dict[str, Annotated[float, Field(gt=0)]] = {}


def declare(documents: dict[str, Document], targets: set[str] | None, units: set[str] | None) -> tuple[Feed, ...]:
    """The feeds of `feeds/*.yaml`, ordered by id. Raises Problems with everything wrong in all of them.

    `targets`, `units`: the names there are, or None when they could not all be read: one slip is not told many times.
    """
    problems: list[Problem] = []
    feeds: dict[str, Feed] = {}
    for document in documents.values():
        problems += _check_source(document)
        try:
            feed = document.read(Feed)
        except Problems as found:
            problems += found.problems
            continue
        problems += _check_names(document, feed, targets, units)
        if feed.id in feeds:
            problems.append(document.problem(("id",), 'feed "{found}" is declared twice', found=feed.id))
        feeds[feed.id] = feed
    if problems:
        raise Problems(problems)
    return tuple(feeds[name] for name in sorted(feeds))


def source_options(feed: Feed) -> BaseModel:
    """What the feed's kind of source reads."""
    given = {key: value for key, value in feed.source.items() if key != "kind"}
    return sources.source(feed.source["kind"]).Options.model_validate(given)


def format_options(feed: Feed, file: str) -> tuple[Format, BaseModel]:
    """The format of one of the feed's files, and its options. Raises Unreadable when the file's name does not tell."""
    found = formats.format_of(feed.format, file)
    return found, found.Options.model_validate(feed.options)


def _check_source(document: Document) -> list[Problem]:
    """What is wrong in the blocks that belong to the kind of source and to the format, whatever else is wrong in the file."""
    written = document.data
    given, options = written.get("source"), written.get("options", {})
    problems = []
    if isinstance(given, dict):
        kind = given.get("kind")
        if kind not in sources.names():
            where = ("source", "kind") if "kind" in given else ("source",)
            problems.append(document.tell(where, unknown("kind", str(kind or ""), sources.names())))
        else:
            problems += _unfit(document, "source", lambda: sources.source(kind).Options, given)
    form = written.get("format", formats.AUTO)
    if form in formats.names() and isinstance(options, dict):
        problems += _unfit(document, "options", lambda: formats.format_of(form, "").Options, options)
    elif form == formats.AUTO and options:
        message = "options are those of a format, and this feed has none: name it, such as  format: {near}"
        problems.append(document.problem(("options",), message, near=formats.names()[0]))
    return problems


def _check_names(document: Document, feed: Feed, targets: set[str] | None, units: set[str] | None) -> list[Problem]:
    problems = []
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


def _unfit(
    document: Document, block: str, model: Callable[[], type[BaseModel]], given: dict[str, Any]
) -> list[Problem]:
    """What does not fit in the block of a source's or a format's own options."""
    read = model()
    try:
        read.model_validate({key: value for key, value in given.items() if key != "kind"})
    except ValidationError as error:
        return document.complaints(read, (block,), error)
    return []
