"""What administrators write under `feeds/`: where figures come from, when, and how their tables are laid out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError, model_validator

from monitor.feeds import formats, sources
from monitor.feeds.formats import Format
from monitor.feeds.grid import column_of
from monitor.model.declared import Declared
from monitor.model.name import Identifier
from monitor.model.observation import Standing
from monitor.model.period import Calendar, WorkingDays
from monitor.model.problem import Problem, Problems, Said, unknown
from monitor.syntax.document import Document
from monitor.syntax.timetable import Cron

LEFT = "left"
Basis = Literal["year-to-date", "per-period"]


def _columns(given: Any) -> Any:
    """Columns of a sheet by their letters, as positions from 0; `left`: the text nearest to the left of the figures."""
    letters = [given] if isinstance(given, str) else given
    if not isinstance(letters, list | tuple) or not letters:
        raise Said('column "{found}" is none such as  B, [B, C, D], left', found=str(given))
    if list(letters) == [LEFT]:
        return ()
    return tuple(_position(letter) for letter in letters)


def _position(letter: Any) -> int:
    text = str(letter).upper()
    if not re.fullmatch(r"[A-Z]{1,3}", text):
        raise Said('column "{found}" is none such as  B, [B, C, D], left', found=str(letter))
    return column_of(text)


Columns = Annotated[tuple[int, ...], BeforeValidator(_columns)]
Words = Annotated[tuple[str, ...], BeforeValidator(lambda given: (given,) if isinstance(given, str) else given)]


class Where(Declared):
    """Where one property of a figure stands. Exactly one key.

    `row`: in the column with this heading, on the figure's row; `column`: in that column, or the last of those that has a text
    (`B`, `[B, C, D]`), or `left`, the text nearest to the left of the figures; `header`: in the headings above the
    figure; `title`: in the lines above the headings; `sheet`: in the sheet's name; `path`: in the file's own name;
    `fixed`: the same for the whole feed.
    """

    row: str | None = None
    column: Columns | None = None
    header: Literal[True] | None = None
    title: Literal[True] | None = None
    sheet: Literal[True] | None = None
    path: Literal[True] | None = None
    fixed: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Where:
        if sum(value is not None for _, value in self) != 1:
            raise Said("write exactly one of  row, column, header, title, sheet, path, fixed")
        return self


class Sheets(Declared):
    """Which sheets of a workbook are read; the others are passed over. `name`: patterns with * and ? of which one fits
    the sheet's name; `title`: words that must all occur above its first figures (`vốn đầu tư|investment`: one of them);
    `without`: words that must not; `required`: whether a file without such a sheet is told (a table that comes each
    quarter is in four of twelve releases).
    """

    name: Words = ()
    title: Words = ()
    without: Words = ()
    required: bool = True


class Column(Declared):
    """A column that holds figures, by the words above it: `words` must all occur in its heading (`lũy kế|cộng dồn`: one of them),
    `without` must not; `covers`: what its period is; `at`: it is this one, by letter.

    What it says of its figures: `target`, `unit` (ids, where the row does not tell), `period` (where the heading does
    not), `basis`, `standing`, `measured_in`; `offset` is added to each figure as it stands (an index of 108,5 that
    means +8,5%: -100), `rounding`: to so many decimals.
    """

    words: Words = ()
    without: Words = ()
    covers: Literal["month", "quarter", "half", "year", "year-to-date"] | None = None
    at: Annotated[int, BeforeValidator(_position)] | None = None
    target: Identifier | None = None
    unit: Identifier | None = None
    period: Where | None = None
    basis: Basis | None = None
    standing: Standing | None = None
    measured_in: str | None = None
    offset: float = 0
    rounding: Annotated[int, Field(ge=0, le=9)] | None = None

    @model_validator(mode="after")
    def _chosen(self) -> Column:
        if not self.words and self.covers is None and self.at is None:
            raise Said("say which column it is: by  words, covers  or  at")
        return self


class Table(Declared):
    """The layout of a sheet. With `columns` those hold the figures; with `value` it is long (a figure a row); else
    every column whose heading names a period, target or unit does.

    `header`: the text of one heading, by which the heading's `header_rows` are found wherever they stand; without it,
    the headings are the lines above the first row of figures. `only`: headings that must stand above a figure; `skip`:
    rows that are no data (totals), by the text of any label; `sections`: labels of rows under which others stand, which
    are then named `section > label` too; `unknown`: rows of names that are not known are told, or passed over.
    """

    sheets: Sheets = Sheets()
    header: str | None = None
    header_rows: Annotated[int, Field(ge=1, le=5)] = 1
    target: Where | None = None
    unit: Where | None = None
    period: Where | None = None
    year: Where | None = None
    value: Where | None = None
    measured_in: Where | None = None
    received: Where | None = None
    columns: tuple[Column, ...] = ()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    unknown: Literal["tell", "pass"] = "tell"

    @model_validator(mode="after")
    def _whole(self) -> Table:
        if not self.columns:
            if self.header is None:
                raise Said("say where the figures stand: by the text of a heading (header), or by columns")
            for name in ("target", "unit", "period"):
                if getattr(self, name) is None:
                    raise Said('key "{name}" is missing here', name=name)
        for name in ("target", "unit"):
            if self.columns and getattr(self, name) is None and any(getattr(c, name) is None for c in self.columns):
                raise Said('key "{name}" is missing: say it here, or in each of the columns', name=name)
        if self.header is None and any(w is not None and w.row is not None for w in self.places.values()):
            raise Said(
                "a column by its heading (row) needs the heading's row: write header, or name the column by its letter (column)"
            )
        return self

    @property
    def places(self) -> dict[str, Where]:
        """Property of a figure -> where it stands, for those that are declared."""
        names = ("target", "unit", "period", "year", "value", "measured_in", "received")
        return {name: place for name in names if (place := getattr(self, name)) is not None}


class Ignored(Declared):
    """A cell that is known to be wrong at its source, and since when. `file`, `sheet`: patterns with * and ?."""

    file: str = "*"
    sheet: str = "*"
    cell: str
    reason: str
    since: date


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
    `options`; `resolutions`: those whose targets and units its names mean (all, if nothing is said); `basis`: what a flow's
    figure is; `targets`, `units`, `scale`: what the source's names mean (a unit of measure: how many of the target's own);
    `ignore`: cells that are not read.
    """

    id: Identifier
    about: str = ""
    synthetic: bool = False
    resolutions: tuple[str, ...] = ()
    source: dict[str, Any]
    format: Annotated[str, AfterValidator(_format)] = formats.AUTO
    options: dict[str, Any] = {}
    schedule: Cron
    expects: Expects = Expects()
    numbers: Literal["vi", "en"] = "vi"
    basis: Basis = "year-to-date"
    max_mb: Annotated[float, Field(gt=0)] = 20
    table: Table
    targets: dict[str, str] = {}
    units: dict[str, str] = {}
    scale: dict[str, Annotated[float, Field(gt=0)]] = {}
    ignore: tuple[Ignored, ...] = ()


def declare(
    documents: dict[str, Document], resolutions: Mapping[str, tuple[set[str], set[str]]] | None
) -> tuple[Feed, ...]:
    """The feeds of `feeds/*.yaml`, ordered by id. Raises Problems with everything wrong in all of them.

    `resolutions`: the targets and units that each declares, or None when they could not all be read: one slip is not told many
    times.
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
        if resolutions is not None:
            problems += _check_resolutions(document, feed, resolutions)
            own = [names for name, names in resolutions.items() if not feed.resolutions or name in feed.resolutions]
            targets, units = {n for names, _ in own for n in names}, {n for _, names in own for n in names}
            problems += _check_names(document, feed, targets, units)
        if feed.id in feeds:
            problems.append(document.problem(("id",), 'feed "{found}" is declared twice', found=feed.id))
        feeds[feed.id] = feed
    if problems:
        raise Problems(problems)
    return tuple(feeds[name] for name in sorted(feeds))


def _check_resolutions(document: Document, feed: Feed, known: Iterable[str]) -> list[Problem]:
    return [
        document.tell(("resolutions", n), unknown("resolution", name, known))
        for n, name in enumerate(feed.resolutions)
        if name not in known
    ]


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


def _check_names(document: Document, feed: Feed, targets: set[str], units: set[str]) -> list[Problem]:
    problems = []
    for key, known in (("target", targets), ("unit", units)):
        for label, name in getattr(feed, f"{key}s").items():
            if name not in known:
                problems.append(document.tell((f"{key}s", label), unknown(key, name, known)))
        place = getattr(feed.table, key)
        fixed: dict[tuple[str | int, ...], str | None] = {
            ("table", key, "fixed"): place.fixed if place is not None else None
        }
        fixed |= {("table", "columns", n, key): getattr(c, key) for n, c in enumerate(feed.table.columns)}
        for path, name in fixed.items():
            if name is not None and name not in known:
                problems.append(document.tell(path, unknown(key, name, known)))
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
