"""What the subcommands share: their common options, opening the workspace and its database, printing tables or JSON."""

from __future__ import annotations

import getpass
import inspect
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import pandas as pd
import typer
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text
from sqlalchemy import Engine

from monitor import workspace as workspaces
from monitor.cores import Cores
from monitor.language import LANGUAGES, Language
from monitor.model.act import Actor, Door
from monitor.model.name import name_of
from monitor.model.problem import Problem, Problems, Said, unknown
from monitor.pipeline import Moment
from monitor.store import versions
from monitor.store.database import default_url, open_database
from monitor.workspace import Workspace

if TYPE_CHECKING:
    from monitor.reassessment import Assessing

output = Console(highlight=False)
errors = Console(stderr=True)
_language = {"code": ""}
# A word, or a part of an id with the joint after it: `nong-`, `nghiep.`. Figures and dates have no joints.
_PIECES = re.compile(r"\S+?(?<=[^\W\d_])[-._@](?=[^\W_])|\S+")
# Characters between two columns of a table.
GAP = 2


class Form(StrEnum):
    """How what is read is printed."""

    TABLE = "table"
    JSON = "json"


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f'"{text}" is not a day such as 2024-06-30') from None


def _month(text: str) -> pd.Period:
    try:
        day = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise typer.BadParameter(f'"{text}" is not a month such as 2024-06') from None
    return pd.Period(day, freq="M")


def _set_language(code: str) -> str:
    if code not in LANGUAGES:
        raise typer.BadParameter(f'"{code}" is not one of {", ".join(LANGUAGES)}')
    _language["code"] = code
    return code


WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace", "-w", envvar="MONITOR_WORKSPACE", help="Folder with rules/, feeds/, alerts/ (default: here)."
    ),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database", envvar="MONITOR_DATABASE", show_envvar=True, help="URL (default: monitor.db in the workspace)."
    ),
]
FormatOption = Annotated[Form, typer.Option("--format", help="A table for people, or JSON for programs.")]
AsOfOption = Annotated[
    date | None,
    typer.Option("--as-of", parser=_date, metavar="DATE", help="See with the eyes of that day (default: today)."),
]
LanguageOption = Annotated[
    str,
    typer.Option(
        "--lang",
        envvar="MONITOR_LANG",
        callback=_set_language,
        is_eager=True,
        help="vi or en: what is printed for people.",
    ),
]
WorkersOption = Annotated[
    str | None,
    typer.Option(
        "--workers",
        envvar="MONITOR_WORKERS",
        metavar="ADDRESS|N",
        help="Assess by the workers of this Dask scheduler, such as tcp://HOST:8786, which needs PostgreSQL; or by so many "
        "cores of this machine, if not by all that may be used.",
    ),
]
ByOption = Annotated[str | None, typer.Option("--by", help="Who does it (default: this account).")]
MonthParser, DateParser = _month, _date


@dataclass(frozen=True)
class Files:
    """Whose declarations a command reads: the workspace's folder (None: here)."""

    workspace: Path | None = None


@dataclass(frozen=True)
class Where(Files):
    """Where a command works: the workspace's folder, and the URL of its database (None: the workspace's own)."""

    database: str | None = None


HERE = Where()
# The options that stand for a block, with what each is when nothing is said.
_BLOCKS: dict[type[Files], dict[str, tuple[Any, object]]] = {
    Files: {"workspace": (WorkspaceOption, None), "lang": (LanguageOption, "vi")},
    Where: {
        "workspace": (WorkspaceOption, None),
        "database": (DatabaseOption, None),
        "lang": (LanguageOption, "vi"),
    },
}


def options(command: Callable[..., None]) -> Callable[..., None]:
    """`command` as Typer takes it: its parameter that is a Files or a Where as the options that every command has."""
    own = inspect.signature(command, eval_str=True).parameters.values()
    name, block = next((p.name, p.annotation) for p in own if p.annotation in _BLOCKS)
    added = [
        inspect.Parameter(option, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for option, (kind, default) in _BLOCKS[block].items()
    ]

    @wraps(command)
    def run(**given: Any) -> None:
        told = {option: given.pop(option) for option in _BLOCKS[block]}
        told.pop("lang")  # set already, by its callback
        command(**given, **{name: block(**told)})

    kept = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own if p.name != name]
    shown = inspect.Signature([*kept, *added])
    del run.__wrapped__
    run.__signature__ = shown  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in shown.parameters.values()}
    return run


def language() -> Language:
    """The reader's language: `--lang`, else MONITOR_LANG, else Vietnamese."""
    code = _language["code"] or os.environ.get("MONITOR_LANG", "vi")
    return Language(code if code in LANGUAGES else "vi")


def say(message: str, **values: object) -> str:
    """A message in the reader's language."""
    return language().say(message, **values)


def read_workspace(path: Path | None) -> Workspace:
    """The workspace of a command that writes or looks into its database. Raises Problems with all that is wrong in it."""
    return workspaces.load(path if path is not None else Path.cwd())


def read_workspace_or_defaults(path: Path | None) -> Workspace:
    """The workspace of a command that only reads declarations: outside of any, the one that travels with the program."""
    here = Path.cwd()
    if path is None and not (here / "rules").is_dir():
        return workspaces.load(workspaces.defaults())
    return workspaces.load(path if path is not None else here)


def open_working(path: Path | None, database: str | None) -> tuple[Workspace, Engine]:
    """What a command that does the monitor's work works with: the files, or, where edits wait for `monitor apply`, the version
    in force; and its database.
    """
    read = read_workspace(path)
    engine = open_store(read, database)
    with engine.connect() as connection:
        last = versions.in_force(connection)
    waiting = last is not None and workspaces.edits_wait(last.files)
    if last is not None and waiting and last.hash != workspaces.digest(workspaces.snapshot(read.root)):
        errors.print(say("The edited files wait for `monitor apply`: the version in force is used."), soft_wrap=True)
        return workspaces.load_snapshot(last.files, read.root), engine
    return read, engine


def open_store(workspace: Workspace, database: str | None) -> Engine:
    """The workspace's database, or the one named."""
    return open_store_at(workspace.root, database)


def open_store_at(root: Path, database: str | None) -> Engine:
    """The database of the workspace in `root`, or the one named; the workspace itself need not be readable."""
    return open_database(database or default_url(root))


@contextmanager
def open_workers(workers: str | None) -> Iterator[Assessing]:
    """Those at an address, where one is given; else so many cores of this machine, or all. Raises Problems for other words."""
    if not workers or (workers.isascii() and workers.isdecimal() and int(workers)):
        yield Cores(int(workers) if workers else None)
        return
    if not _is_address(workers):
        message = (
            '"{found}" is neither a number of cores, from 1 on, nor the address of a Dask scheduler, such as {near}'
        )
        raise Problems([Problem("workers", message, {"found": workers, "near": "tcp://10.0.0.5:8786"})])
    from monitor.workers import Workers  # noqa: PLC0415 - what they need takes a second to import

    cluster = Workers(workers)
    try:
        yield cluster
    finally:
        cluster.close()


def _is_address(text: str) -> bool:
    """Whether it names a host and a port."""
    try:
        parts = urlsplit(text if "://" in text else f"tcp://{text}")
        return bool(parts.hostname and parts.port) and not any(c.isspace() for c in text)
    except ValueError:
        return False


def moment(as_of: date | None) -> Moment:
    """Now, or the end of the day asked for."""
    now = Moment.at(datetime.now(UTC))
    return replace(Moment.end_of(as_of), today=now.today) if as_of is not None else now


def recorded(as_of: date | None) -> Moment:
    """The moment of a command that writes down what people did, read or are sent. Raises Problems for a day to come."""
    with placed(as_of="--as-of"):
        return moment(as_of).to_record()


@contextmanager
def placed(**places: str) -> Iterator[None]:
    """Problems of what the layer below calls `until`, told of what is typed here: `until="--until"`."""
    try:
        yield
    except Problems as found:
        raise Problems([replace(p, file=places.get(p.file, p.file)) for p in found.problems]) from None


def actor(by: str | None, why: str = "") -> Actor:
    """Who does it, at the command line. Raises Problems for what is no name."""
    return Actor(person(by), Door.COMMAND, why)


def person(name: str | None) -> str:
    """Who does it: as given, else the account's name. Raises Problems for what is no name."""
    try:
        return name_of(name) if name is not None else getpass.getuser()
    except Said as said:
        raise Problems([Problem("--by", said.message, said.values)]) from None


def one_of(what: str, found: str, known: Iterable[str], where: str = "") -> str:
    """`found`, when it is known. Raises Problems with the nearest name that is; `where`: the argument, unless it is an option."""
    names = list(known)
    if found in names:
        return found
    said = unknown(what, found, names)
    raise Problems([Problem(where or f"--{what}", said.message, said.values)])


def print_json(value: Any) -> None:
    """Nothing else on standard output; a figure that is not finite is null."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=str, allow_nan=False) + "\n")


def print_table(
    heads: Sequence[str],
    rows: Iterable[Sequence[str | Text]],
    title: str = "",
    right: Sequence[int] = (),
) -> None:
    """A table for people; the columns numbered in `right` hold figures. Texts are shown whole and as they stand, brackets too."""
    table = Table(
        title=Text(title) if title else None,
        title_justify="left",
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, GAP - 1, 0, 0),
    )
    body = [[Text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    columns = list(zip([Text(head) for head in heads], *body, strict=True))
    widths = column_widths(columns, output.width - GAP * len(columns))
    for n, (head, width) in enumerate(zip(heads, widths, strict=True)):
        table.add_column(Text(head), justify="right" if n in right else "left", overflow="fold", width=width)
    for row in body:
        table.add_row(*(broken(text, width) for text, width in zip(row, widths, strict=True)))
    output.print(table)


def broken(text: Text, width: int) -> Text:
    """`text` with words that are wider than its column broken where an id has its joints, not within a part of its name."""
    places = []
    for word in re.finditer(r"\S+", text.plain):
        if cell_len(word[0]) <= width:
            continue
        begun = end = word.start()
        for piece in _PIECES.finditer(text.plain, word.start(), word.end()):
            if end > begun and cell_len(text.plain[begun : piece.end()]) > width:
                places.append(end)
                begun = end
            end = piece.end()
    return Text("\n").join(text.divide(places)) if places else text


def column_widths(columns: Sequence[Sequence[Text]], room: int) -> list[int]:
    """How wide each column is: as its longest line where there is room for all; else the longest words are broken first, and a
    column that would stand on the most lines is widened first.

    Rich narrows the widest columns until all are alike, which breaks the figures and dates that stand beside a sentence.
    """
    lines = [max((line.cell_len for text in column for line in text.split()), default=1) for column in columns]
    words = [
        max((cell_len(piece) for text in column for piece in _PIECES.findall(text.plain)), default=1)
        for column in columns
    ]
    longest = next((most for most in range(max(words), 1, -1) if sum(min(word, most) for word in words) <= room), 1)
    widths = [min(word, longest) for word in words]
    for _ in range(min(room, sum(lines)) - sum(widths)):
        highest = max(range(len(lines)), key=lambda n: lines[n] / widths[n])
        widths[highest] += 1
    return widths


def told(problems: Iterable[Problem]) -> None:
    """Problems on standard error, in the reader's language, each once: two feeds may read one file."""
    for text in dict.fromkeys(problem.render(language()) for problem in problems):
        errors.print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def progress(title: str, total: int) -> Iterator[Any]:
    """A bar on standard error, shown on a terminal only; yields a function to call with what is done, and how much (1)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # Without a thread that draws it anew: beside one no process could be forked (monitor.beside).
    shown = errors.is_terminal
    with Progress(*columns, console=errors, transient=True, disable=not shown, auto_refresh=False) as bar:
        task = bar.add_task(title, total=total)
        bar.refresh()
        yield lambda text, done=1: bar.update(task, advance=done, description=f"{title} {text}", refresh=True)
