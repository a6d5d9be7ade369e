"""`monitor feed`: a feed drafted from an example file, and tried before it is relied upon."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.cli.frame import (
    HERE,
    Files,
    Form,
    FormatOption,
    Where,
    errors,
    language,
    one_of,
    open_store,
    options,
    output,
    print_json,
    print_table,
    read_workspace,
    say,
    told,
)
from monitor.feeds import formats
from monitor.feeds.declaration import Feed
from monitor.feeds.draft import draft
from monitor.feeds.draft.proposal import Draft
from monitor.feeds.draft.write import text
from monitor.feeds.grid import Grid, Unreadable
from monitor.feeds.read import quarantined
from monitor.feeds.sources import Piece, Setting
from monitor.feeds.trial import Trial, TriedSheet, Unread, attempt, pieces
from monitor.model.problem import Problem, Problems, legible, reason_of, unknown
from monitor.store import observations as stored
from monitor.workspace import Workspace

commands = typer.Typer(
    help="Feeds: draft one from an example file, try one before it is relied upon.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
FileArgument = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="A file to read (default: its own source).")
]
_PLAIN = ("cell", "target", "unit", "period", "value", "unit_of_measure", "basis", "standing")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="feed")


@commands.command("try")
@options
def try_(
    feed: Annotated[str, typer.Argument(metavar="FEED", help="The feed: its id in feeds/.")],
    file: FileArgument = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="Show only this sheet.")] = None,
    where: Where = HERE,
    form: FormatOption = Form.TABLE,
) -> None:
    """Show what a feed reads, and why not the rest; nothing is stored or moved. Exit 1 if something is wrong or missing."""
    read = read_workspace(where.workspace)
    one_of("feed", feed, [each.id for each in read.feeds], where=feed)
    declared = next(each for each in read.feeds if each.id == feed)
    held = (piece(file),) if file is not None else pieces(declared, _setting(read, declared))
    trial = attempt(declared, held, *read.spoken_of(declared), read.months, _brought(read, where.database, declared))
    if sheet is not None:
        one_of("sheet", sheet, list(dict.fromkeys(each.name for each in trial.sheets)))
    shown = [each for each in trial.sheets if sheet is None or each.name == sheet]
    if form is Form.JSON:
        print_json(_plain(trial, shown))
    else:
        _print(trial, shown)
    if not trial.sound:
        sys.exit(1)


@commands.command("draft")
@options
def draft_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An example: one release, as the office sends it.")],
    target: Annotated[
        list[str] | None, typer.Option("--target", help="Only these targets (ids; default: any).")
    ] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="Only this sheet.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="The file to write, such as feeds/NAME.yaml (default: print).")
    ] = None,
    where: Files = HERE,
) -> None:
    """Draft a feed from an example file: sheet, rows, columns and periods for each target; what is not sure is marked (!)."""
    read, asked = read_workspace(where.workspace), target or []
    for name in asked:
        one_of("target", name, read.targets)
    given = piece(file)
    found = draft(
        file.name,
        _grids(given, sheet),
        read.targets,
        read.units,
        asked,
        place=_inside(file, read.feeds_folder),
        taken=[feed.id for feed in read.feeds],
        stem="" if out is None else out.stem,
    )
    if not found.proposals:
        message = "there is nothing to draft from: no sheet of the file has figures under headings"
        raise Problems([Problem(str(file), message)])
    texts = {made.id: text(found, made, file.name, language()) for made in found.proposals}
    if out is None:
        sys.stdout.write("---\n".join(texts.values()))
    else:
        _write(texts, out)
    _tried(found, given, read)
    if found.unmatched or not found.matched:
        sys.exit(1)


def _grids(given: Piece, sheet: str | None) -> Iterator[Grid]:
    """The sheets of an example that can be read; the others are told. Raises Problems when none can."""
    content = given.content if isinstance(given.content, bytes) else b""
    try:
        form = formats.format_of(formats.AUTO, given.name)
        sheets = formats.read(form, content, form.Options())
    except Unreadable as error:
        raise Problems([Problem(given.name, error.message, error.values, error.line, cell=error.sheet)]) from None
    if sheet is not None:
        one_of("sheet", sheet, [each.name for each in sheets])
    for each in sheets:
        if sheet is None or each.name == sheet:
            try:
                yield each.load()
            except Unreadable as error:
                told([Problem(given.name, error.message, error.values, error.line, cell=each.name)])


def _inside(file: Path, folder: Path) -> str:
    """Where a file stands inside feeds/; empty when it stands elsewhere."""
    path, root = file.resolve(), folder.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else ""


def _write(texts: Mapping[str, str], out: Path) -> None:
    """A file for each feed, named by its id; all or none. Raises Problems rather than overwrite one."""
    places = {out.with_name(f"{name}.yaml") if len(texts) > 1 else out: content for name, content in texts.items()}
    message = "there is such a file already: nothing is overwritten. Move it away, or choose another --out"
    if present := [Problem(str(place), message) for place in places if place.exists()]:
        raise Problems(present)
    for place, content in places.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content, encoding="utf-8")
        errors.print(say("written: {file}", file=place), markup=False, soft_wrap=True)


def _tried(found: Draft, given: Piece, read: Workspace) -> None:
    """What each of the drafted feeds would read of the example; on standard error, beside the draft."""
    for name, why in found.unmatched.items():
        errors.print(f"(!) {name}: {_said(why.message, why.values)}", markup=False, soft_wrap=True)
    if not found.matched and not found.unmatched:
        errors.print(f"(!) {say('nothing in the file is surely a target: only its layout is drafted')}", markup=False)
    for made in found.proposals:
        trial = attempt(made.feed, (given,), read.targets, read.units, read.months)
        errors.print(f"{made.id}: {counted(trial)}", markup=False, soft_wrap=True)
        told(trial.problems)


def piece(file: Path) -> Piece:
    """A file of the user's as a piece of a source. Raises Problems when it cannot be read."""
    try:
        return Piece(file.as_posix(), file.read_bytes())
    except FileNotFoundError:
        near = unknown("file", file.name, _beside(file))
        raise Problems([Problem(str(file), near.message, near.values)]) from None
    except OSError as error:
        message = "the file cannot be read: {reason}"
        raise Problems([Problem(str(file), message, {"reason": reason_of(error)})]) from None


def _beside(file: Path) -> list[str]:
    return [each.name for each in file.parent.iterdir() if each.is_file()] if file.parent.is_dir() else []


def _setting(read: Workspace, feed: Feed) -> Setting:
    return Setting(feed.id, read.feeds_folder, os.environ, int(feed.max_mb * 2**20))


def _brought(read: Workspace, database: str | None, feed: Feed) -> list[tuple[str, str]]:
    """The series whose figures the feed brought before; where there is no database yet, none is made."""
    if database is None and not (read.root / "monitor.db").exists():
        return []
    with open_store(read, database).connect() as connection:
        brought = stored.series_of(connection, feed.id)
    return [(target, unit) for target, unit in brought if target in read.targets]


def _print(trial: Trial, shown: list[TriedSheet]) -> None:
    for sheet in shown:
        if sheet.passed is None and sheet.error is None:
            _print_sheet(sheet)
    _print_passed(shown)
    told((*trial.problems, *quarantined(trial.quarantined)))
    _summarize(trial)


def _print_sheet(sheet: TriedSheet) -> None:
    figures = sheet.figures
    where = f"{sheet.file}!{sheet.name}" if sheet.name else sheet.file
    title = say("{where}: {count} figures", where=where, count=len(figures))
    heads = ("Cell", "In the file", "Target", "Unit", "Period", "Read as", "Standing")
    rows = [_row(row) for row in figures.to_dict("records")]
    print_table([say(head) for head in heads], rows, title=legible(title), right=(1, 5))
    for each in sheet.unread:
        output.print(f"  {_unread(each)}", markup=False)
    output.print()


def _row(row: Mapping[Any, Any]) -> list[str]:
    read = language().number(row["value"], row["unit_of_measure"], 6)
    return [
        row["cell"],
        _short(row["found"]),
        _text(row["target"]),
        _text(row["unit"]),
        _text(row["period"], none="–"),
        f"(!) {say('held back')}" if row["reason"] else read,
        say(row["standing"]) if row["standing"] else "",
    ]


def _short(found: str) -> str:
    """What stands in a cell, a number that a workbook keeps with all its digits with the first ten."""
    return f"{float(found):.10g}" if re.fullmatch(r"-?\d+\.\d{8,}", found) else legible(found)


def _text(value: Any, none: str = "?") -> str:
    return none if value is None or value != value or value == "None" else str(value)


def _unread(each: Unread) -> str:
    message, values = each.why
    places = _listed(each.places)
    said: dict[str, object] = {"places": places, "count": each.count, "why": _said(message, values)}
    if each.kind == "row":
        return say("not read: rows {places} ({count} numbers): {why}", **said)
    if each.kind == "column":
        return say("not read: columns {places} ({count} numbers): {why}", **said)
    return say("not read: cells {places} ({count} numbers): {why}", **said)


def _said(message: str, values: dict[str, object]) -> str:
    return say(message, **{name: legible(v) if isinstance(v, str) else v for name, v in values.items()})


def _listed(places: Iterable[str], most: int = 12) -> str:
    names = list(places)
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")


def _print_passed(shown: list[TriedSheet]) -> None:
    """The sheets that are not read, by the reason."""
    by_why: dict[str, list[str]] = {}
    for sheet in shown:
        if sheet.passed is not None:
            by_why.setdefault(_said(*sheet.passed), []).append(sheet.name)
    for why, names in by_why.items():
        output.print(
            say(
                "passed over, {count} sheets: {why}: {names}", count=len(names), why=why, names=legible(_listed(names))
            ),
            markup=False,
        )


def counted(trial: Trial) -> str:
    """How much is read, and of which periods."""
    good = trial.good
    periods = [language().month(period) for period in sorted(set(good["period"]))]
    return say(
        "figures read: {count}, of {targets} targets, {units} units, {periods}; held back: {held}",
        count=len(good),
        targets=good["target"].nunique(),
        units=good["unit"].nunique(),
        periods=", ".join(periods) or "–" if len(periods) < 4 else f"{periods[0]} – {periods[-1]}",
        held=len(trial.quarantined),
    )


def _summarize(trial: Trial) -> None:
    """What is read in all, and what was expected and is not there."""
    output.print(counted(trial), markup=False)
    by_target: dict[tuple[str, bool], list[str]] = {}
    for each in trial.missing:
        by_target.setdefault((each.target, each.open), []).append(each.unit)
    for (target, is_open), units in by_target.items():
        if units == [""]:
            text = say("expected and not found: target {target}", target=target)
        elif is_open:
            text = say("not in this file: {target} of {units} (the list is open)", target=target, units=_listed(units))
        else:
            text = say("expected and not found: {target} of {units}", target=target, units=_listed(units))
        output.print(text, markup=False, style=None if is_open else "yellow")


def _plain(trial: Trial, shown: list[TriedSheet]) -> dict[str, object]:
    return {
        "sheets": [_plain_sheet(sheet) for sheet in shown],
        "problems": [{"place": p.place(), "message": p.text(language())} for p in trial.problems],
        "missing": [{"target": m.target, "unit": m.unit or None, "open": m.open} for m in trial.missing],
        "figures": len(trial.good),
        "quarantined": len(trial.quarantined),
        "sound": trial.sound,
    }


def _plain_sheet(sheet: TriedSheet) -> dict[str, object]:
    figures = [_plain_figure(row) for row in sheet.figures.to_dict("records")]
    error = sheet.error
    return {
        "file": sheet.file,
        "sheet": sheet.name,
        "passed": None if sheet.passed is None else _said(*sheet.passed),
        "error": None if error is None else _said(error.message, error.values),
        "figures": figures,
        "unread": [
            {"kind": u.kind, "places": list(u.places), "count": u.count, "why": _said(*u.why)} for u in sheet.unread
        ],
    }


def _plain_figure(row: Mapping[Any, Any]) -> dict[str, object]:
    said = {name: None if _text(row[name], none="") == "" else row[name] for name in _PLAIN}
    reason = _said(row["reason"], json.loads(row["values"])) if row["reason"] else None
    return {**said, "found": row["found"], "reason": reason}
