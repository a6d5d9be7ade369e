"""Keeping the monitor going: reading a feed now, dropping a corrected file in, leaving a cell out, sending a letter again."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import yaml
from sqlalchemy import Engine

from monitor import pipeline
from monitor import workspace as workspaces
from monitor.acts.files import Edit, save
from monitor.acts.names import known
from monitor.acts.permission import require
from monitor.feeds.declaration import Feed, Ignored, source_options
from monitor.feeds.sources import Piece, file, inbox
from monitor.feeds.trial import attempt
from monitor.model.act import Actor, Deed
from monitor.model.letter import Delivery
from monitor.model.problem import Problem, Problems, reason_of
from monitor.pipeline import Ingestion, Moment
from monitor.store import acts as stored_acts
from monitor.store import outbox
from monitor.store import readings as stored
from monitor.store.database import writing
from monitor.workspace import Workspace

# Beside the workspace's folders: what was there before a corrected file took its place.
REPLACED = "replaced"


def read_now(
    workspace: Workspace,
    engine: Engine,
    actor: Actor,
    feed: str,
    environment: Mapping[str, str],
    moment: Moment,
) -> Ingestion:
    """Read a feed before its time. That it was asked for is kept before anything is read. Raises Problems."""
    require(actor, Deed.INGEST)
    when, meant = moment.to_record(), _feed(workspace, feed)
    with writing(engine) as connection:
        stored_acts.add(connection, Deed.INGEST, actor, feed, when.as_of, when.now)
    opened = pipeline.open_source(workspace, meant, environment, engine)
    return pipeline.ingest(workspace, engine, meant, opened, when)


def supply(
    workspace: Workspace, engine: Engine, actor: Actor, feed: str, name: str, content: bytes, moment: Moment
) -> str:
    """Put a file where a feed reads it, so that the next reading takes it; its path in the workspace. What stood there before is
    kept under REPLACED. A file of which the feed could read nothing is refused. Raises Problems with all that is wrong.
    """
    require(actor, Deed.SUPPLY)
    meant = _feed(workspace, feed)
    place = _place(workspace, meant, name)
    if len(content) > meant.max_mb * 2**20:
        values: dict[str, object] = {"found": round(len(content) / 2**20, 1), "most": meant.max_mb}
        message = "the file has {found} MB, more than the {most} MB this feed may have (max_mb)"
        raise Problems([Problem(place.name, message, values)])
    targets, units = workspace.spoken_of(meant)
    trial = attempt(meant, [Piece(place.name, content)], targets, units, workspace.months)
    if trial.problems:
        raise Problems(trial.problems)
    relative = place.relative_to(workspace.root).as_posix()
    details = {"bytes": len(content), "figures": len(trial.good), "unusable": len(trial.quarantined)}
    with writing(engine) as connection:
        stored_acts.add(connection, Deed.SUPPLY, actor, feed, moment.as_of, moment.now, {"file": relative, **details})
        _put(workspace.root, place, content, moment)
    options = source_options(meant)
    if isinstance(options, inbox.Options):
        # It is whole: nobody has to wait until it has come to rest.
        rested = time.time() - options.settled - 1
        os.utime(place, (rested, rested))
    return relative


def ignore(
    workspace: Workspace, engine: Engine, actor: Actor, numbers: Sequence[int], moment: Moment
) -> list[stored.Unusable]:
    """Leave cells out that are wrong at their source, because of `actor.why`: the feed's file says so, and it takes effect
    as any edit of it does. Raises Problems.
    """
    require(actor, Deed.IGNORE)
    feeds = {feed.id: feed for feed in workspace.feeds}
    with engine.connect() as connection:
        cells = stored.unusable(connection, list(feeds), numbers)
    problems = known("figure", [str(n) for n in numbers], [str(cell.number) for cell in cells])
    problems += [] if numbers else [Problem("figure", "tick the cells that are meant")]
    problems += [] if actor.why.strip() else [Problem("why", "say why: it is kept, and shown")]
    if problems:
        raise Problems(problems)
    edits = []
    for name in dict.fromkeys(cell.feed for cell in cells):
        path, text = _declared_in(workspace.root, feeds[name])
        items = [_item(cell, actor.why.strip(), moment) for cell in cells if cell.feed == name]
        edits.append(Edit(path, text, _with_items(text, items)))
    save(workspace.root, engine, actor, edits, moment)
    with writing(engine) as connection:
        stored.dismiss(connection, [cell.number for cell in cells])
    return cells


def release(workspace: Workspace, engine: Engine, actor: Actor, feed: str, place: int, moment: Moment) -> Ignored:
    """Read a cell again that was left out: the one at `place` (from 0) of the feed's `ignore`. Raises Problems."""
    require(actor, Deed.IGNORE)
    meant = _feed(workspace, feed)
    path, text = _declared_in(workspace.root, meant)
    written = (yaml.safe_load(text) or {}).get("ignore") or []
    if place >= len(meant.ignore) or len(written) != len(meant.ignore):
        raise Problems([Problem(path, "the file has been changed since: look again")])
    save(workspace.root, engine, actor, [Edit(path, text, _without_item(text, place))], moment)
    return meant.ignore[place]


def retry(engine: Engine, actor: Actor, letter: int, moment: Moment) -> Delivery:
    """Set a letter going again that was given up. Raises Problems."""
    require(actor, Deed.RESEND)
    with writing(engine) as connection:
        found = next((each for each in outbox.deliveries(connection) if each.id == letter), None)
        if found is None:
            raise Problems([Problem("letter", "there is no letter {found}", {"found": letter})])
        if not outbox.requeue(connection, letter, moment.now):
            message = "only a letter that was given up can be sent again, and {found} is {what}"
            raise Problems([Problem("letter", message, {"found": letter, "what": found.state.value})])
        stored_acts.add(connection, Deed.RESEND, actor, str(letter), moment.as_of, moment.now)
    return found


def _feed(workspace: Workspace, name: str) -> Feed:
    wrong = known("feed", [name], [feed.id for feed in workspace.feeds])
    if wrong:
        raise Problems(wrong)
    return next(feed for feed in workspace.feeds if feed.id == name)


def _place(workspace: Workspace, feed: Feed, name: str) -> Path:
    """Where a file of that name stands so that the feed reads it. Raises Problems."""
    options, folder = source_options(feed), workspace.feeds_folder
    plain = PurePosixPath(name.replace("\\", "/")).name
    if not plain or plain.startswith((".", "~$")) or not plain.isprintable():
        raise Problems([Problem("file", '"{found}" is no name of a file', {"found": name})])
    if isinstance(options, inbox.Options):
        return folder / options.folder / plain
    if not isinstance(options, file.Options):
        message = "the feed {found} reads no files that could be dropped in: its source is of the kind {kind}"
        raise Problems([Problem("feed", message, {"found": feed.id, "kind": feed.source["kind"]})])
    wanted = PurePosixPath(options.path)
    if not _pattern(wanted.name) and not _pattern(str(wanted.parent)):
        return folder / wanted
    there = [path for path in sorted(folder.glob(options.path)) if path.name == plain]
    if len(there) == 1:
        return there[0]
    if _pattern(str(wanted.parent)) or not fnmatchcase(plain, wanted.name):
        message = '"{found}" is no name that the feed reads: its files are called {path}'
        raise Problems([Problem("file", message, {"found": plain, "path": options.path})])
    return folder / wanted.parent / plain


def _pattern(text: str) -> bool:
    return any(sign in text for sign in "*?[")


def _put(root: Path, place: Path, content: bytes, moment: Moment) -> None:
    """Write the file whole or not at all; what stood there goes to REPLACED first. Raises Problems."""
    if root.resolve() not in place.resolve().parents or place.is_symlink():
        raise Problems([Problem(place.name, "the file cannot be read or written: {reason}", {"reason": "link"})])
    name = ""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=".", suffix=".partial")
        with os.fdopen(handle, "wb") as written:
            written.write(content)
            written.flush()
            os.fsync(written.fileno())
        Path(name).chmod(0o644)
        if place.exists():
            kept = root / REPLACED / f"{moment.now:%Y%m%dT%H%M%S.%f}-{place.name}"
            kept.parent.mkdir(exist_ok=True)
            kept.write_bytes(place.read_bytes())
        Path(name).replace(place)
    except OSError as error:
        message = "the file cannot be read or written: {reason}"
        raise Problems([Problem(place.name, message, {"reason": reason_of(error)})]) from None
    finally:
        if name:
            Path(name).unlink(missing_ok=True)


def _declared_in(root: Path, feed: Feed) -> tuple[str, str]:
    """The file that declares a feed, and its text now. Raises Problems when it does so no more."""
    for path, text in workspaces.snapshot(root).items():
        if path.startswith("feeds/") and path.endswith(".yaml"):
            try:
                said = yaml.safe_load(text)
            except yaml.YAMLError:
                continue
            if isinstance(said, dict) and said.get("id") == feed.id:
                return path, text.replace("\r\n", "\n")
    raise Problems([Problem("feed", "the file has been changed since: look again")])


def _item(cell: stored.Unusable, why: str, moment: Moment) -> str:
    """A cell as an item of `ignore`."""
    names = {"file": cell.file} | ({"sheet": cell.sheet} if cell.sheet else {}) | {"cell": cell.cell, "reason": why}
    said = ", ".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in names.items())
    return f"{{{said}, since: {moment.as_of}}}"


def _ignoring(text: str) -> tuple[yaml.Node, yaml.SequenceNode] | None:
    """The key `ignore` and its list where they stand in the text."""
    whole = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = whole.value if isinstance(whole, yaml.MappingNode) else []
    return next(((k, v) for k, v in pairs if k.value == "ignore" and isinstance(v, yaml.SequenceNode)), None)


def _with_items(text: str, items: Sequence[str]) -> str:
    """The text with more items of `ignore`: everything else stays as it is written, comments too."""
    found = _ignoring(text)
    if found is None:
        return text.rstrip("\n") + "\nignore:\n" + "".join(f"  - {item}\n" for item in items)
    start = found[1].start_mark
    if found[1].flow_style:
        rest = ", " if found[1].value else ""
        return text[: start.index + 1] + ", ".join(items) + rest + text[start.index + 1 :]
    lines = text.splitlines(keepends=True)
    lines[start.line : start.line] = [f"{' ' * start.column}- {item}\n" for item in items]
    return "".join(lines)


def _without_item(text: str, place: int) -> str:
    """The text without one item of `ignore`; without the key, when it was the only one."""
    found = _ignoring(text)
    if found is None:
        return text
    key, listed = found
    items = listed.value
    lines = text.splitlines(keepends=True)
    if len(items) == 1:
        return "".join(lines[: key.start_mark.line] + lines[_end(lines, listed) :])
    if listed.flow_style:
        last = place == len(items) - 1
        begin = items[place - 1].end_mark.index if last else items[place].start_mark.index
        end = items[place].end_mark.index if last else items[place + 1].start_mark.index
        return text[:begin] + text[end:]
    return "".join(lines[: items[place].start_mark.line] + lines[_end(lines, items[place]) :])


def _end(lines: Sequence[str], node: yaml.Node) -> int:
    """The line after a node's last: blank lines and comments that follow it are not its own."""
    line = node.end_mark.line + (1 if node.end_mark.column else 0)
    while line > node.start_mark.line + 1 and (not (before := lines[line - 1].strip()) or before.startswith("#")):
        line -= 1
    return line
