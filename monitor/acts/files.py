"""Editing the declarations, and putting them in force. The files on the disk stay the source of truth."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, Engine

from monitor import ruletest
from monitor import workspace as workspaces
from monitor.acts.permission import require
from monitor.model.act import Actor, Deed
from monitor.model.problem import Problem, Problems, reason_of
from monitor.pipeline import Moment
from monitor.store import acts as stored_acts
from monitor.store import versions
from monitor.store.database import writing


@dataclass(frozen=True, slots=True)
class Edit:
    """A declaration as it is to be. `begun`: its text when the editor began (None: there was no such file); `text`: None takes
    it away.
    """

    path: str
    begun: str | None
    text: str | None


def edit(root: Path, engine: Engine, actor: Actor, edits: Sequence[Edit], moment: Moment) -> list[str]:
    """Save edited declarations, all or none; the paths of those that differ now. A saved edit takes effect as one of any editor
    does: by itself, or by `apply`.

    Nothing is overwritten: a file that is not as it was when the editor began is told, with who changed it, if that is known. Nor
    is anything saved by which the files have a mistake that they did not have. Raises Problems.
    """
    require(actor, Deed.EDIT)
    return save(root, engine, actor, edits, moment)


def save(root: Path, engine: Engine, actor: Actor, edits: Sequence[Edit], moment: Moment) -> list[str]:
    """`edit`, for an act that has asked for a permission of its own."""
    with writing(engine) as connection:
        # The transaction lets in one at a time: what is compared here stays so until it is replaced.
        before = {each.path: _present(root, each.path) for each in edits}
        wrong = [problem for each in edits for problem in _conflict(connection, each, before[each.path])]
        if wrong:
            raise Problems(wrong)
        wanted = {each.path: _as_written(each.text, before[each.path]) for each in edits}
        changed = {path: text for path, text in wanted.items() if text != before[path]}
        known = _mistakes(root, {}) if changed else {}
        new = [problem for key, problem in _mistakes(root, changed).items() if key not in known] if changed else []
        if new:
            raise Problems(new)
        for path, text in changed.items():
            details = {"before": before[path], "after": text, "hash": _hash(text)}
            stored_acts.add(connection, Deed.EDIT, actor, path, moment.as_of, moment.now, details)
        with _told():
            _replace(root, changed)
    return list(changed)


@dataclass(frozen=True)
class Prepared:
    """The files as they were read, without a mistake, and resolution -> the version of its rules."""

    files: dict[str, str]
    rules: dict[str, str]


def prepare(root: Path) -> Prepared:
    """What `apply` would put in force. Raises Problems with all that is wrong, or when the files are being written just now."""
    files = workspaces.snapshot(root)
    read = workspaces.load(root)
    if workspaces.snapshot(root) != files:
        message = "the files were changed while they were read, and nothing was applied: do it again when they rest"
        raise Problems([Problem(str(root), message)])
    return Prepared(files, {declared.resolution.id: declared.rules.version for declared in read.resolutions})


def apply(root: Path, engine: Engine, actor: Actor, prepared: Prepared, moment: Moment) -> tuple[str, bool]:
    """Put files in force, because of `actor.why`; the version's hash, and whether it is new. Raises Problems."""
    require(actor, Deed.APPLY)
    if not actor.why.strip():
        raise Problems([Problem("why", "say why: it is kept, and shown")])
    digest = workspaces.digest(prepared.files)
    with writing(engine) as connection:
        new = versions.note(connection, digest, [], prepared.rules, prepared.files, moment.now, actor.who, actor.why)
        if new:
            stored_acts.add(connection, Deed.APPLY, actor, digest, moment.as_of, moment.now)
    if new:
        # A service that runs looks at the files when one of them is touched.
        os.utime(root / "rules" / "policy.yaml")
    return digest, new


def back_to(root: Path, engine: Engine, beginning: str) -> list[Edit]:
    """The edits that make the files what they were in the version whose hash begins so. Raises Problems when there is none."""
    with engine.connect() as connection:
        kept = {
            v.hash: v for v in versions.every(connection) if not v.problems and v.hash.startswith(beginning.lower())
        }
    if len(kept) != 1 or not beginning:
        message = (
            "no version that came into force begins with {found}" if not kept else "{found} begins several versions"
        )
        raise Problems([Problem("version", message, {"found": beginning})])
    then, now = next(iter(kept.values())).files, workspaces.snapshot(root)
    differ = [path for path in sorted({*then, *now}) if then.get(path) != now.get(path)]
    return [Edit(path, now.get(path), then.get(path)) for path in differ]


def _present(root: Path, path: str) -> str | None:
    """A declaration's text now, None where there is no such file. Raises Problems for a path that declares nothing."""
    place = root / path
    inside = ".." not in Path(path).parts and not Path(path).is_absolute() and path.isprintable()
    known = inside and (workspaces.declares(place, root) or is_test(path))
    if not known or (place.parent.exists() and place.is_symlink()):
        names = ", ".join(workspaces.DECLARATIONS)
        raise Problems([Problem(path, "this file is not read where it stands. These are: {names}", {"names": names})])
    with _told(path):
        return workspaces.text_of(place) if place.exists() else None


def _conflict(connection: Connection, wanted: Edit, present: str | None) -> Iterator[Problem]:
    """Why an edit cannot be saved on what is there now."""
    same = wanted.begun is not None and present is not None and _lines(wanted.begun) == _lines(present)
    if wanted.begun == present or same:
        return
    last = stored_acts.last(connection, Deed.EDIT, wanted.path)
    if last is not None and last.details.get("hash") == _hash(present):
        message = (
            "{who} has changed this file since you began ({when}): your text is not saved; take over what differs, and "
            "save again"
        )
        yield Problem(
            wanted.path, message, {"who": last.actor.who, "when": last.recorded.isoformat(timespec="minutes")}
        )
        return
    yield Problem(
        wanted.path,
        "this file was changed on the disk since you began: your text is not saved; take over what differs, and save again",
    )


def _as_written(text: str | None, present: str | None) -> str | None:
    """The text with line ends as the file has them: browsers send their own."""
    if text is None:
        return None
    plain = _lines(text)
    return plain.replace("\n", "\r\n") if present is not None and "\r\n" in present else plain


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def looked_at(root: Path, changed: Mapping[str, str | None]) -> tuple[workspaces.Workspace, list[ruletest.Case]]:
    """The workspace with those texts instead, and the rule tests that are among them. Raises Problems with all that is wrong."""
    declared = {**workspaces.snapshot(root), **{path: text for path, text in changed.items() if not is_test(path)}}
    read = workspaces.load_snapshot({path: text for path, text in declared.items() if text is not None}, root)
    tests = {path: text for path, text in changed.items() if is_test(path) and text is not None}
    with tempfile.TemporaryDirectory(prefix="monitor-") as folder:
        elsewhere = replace(read, root=workspaces.written(tests, Path(folder)))
        return read, ruletest.cases(elsewhere) if tests else []


def is_test(path: str) -> bool:
    """Whether a path is that of rule tests."""
    return Path(path).match(workspaces.TESTS)


def present(root: Path, path: str) -> str | None:
    """The text of a declaration or of rule tests, None where there is no such file yet. Raises Problems for any other path."""
    return _present(root, path)


def _mistakes(root: Path, changed: Mapping[str, str | None]) -> dict[tuple[str, str, str], Problem]:
    """What would be wrong in the files with those texts, by what it is, wherever in its file it stands."""
    try:
        looked_at(root, changed)
    except Problems as found:
        return {(p.file, p.message, repr(sorted(p.values.items(), key=str))): p for p in found.problems}
    return {}


def _replace(root: Path, changed: Mapping[str, str | None]) -> None:
    """Write every text beside its file first, so that what cannot be written leaves all as it was; then put them in place."""
    made: list[tuple[str, Path]] = []
    try:
        for path, text in changed.items():
            if text is None:
                continue
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.", suffix=".partial")
            made.append((name, place))
            with os.fdopen(handle, "wb") as file:
                file.write(workspaces.bytes_of(place, text))
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(place.stat().st_mode & 0o777 if place.exists() else 0o644)
        for name, place in made:
            Path(name).replace(place)
        for path, text in changed.items():
            if text is None:
                (root / path).unlink(missing_ok=True)
    finally:
        for name, _ in made:
            Path(name).unlink(missing_ok=True)


@contextlib.contextmanager
def _told(path: str = "rules") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = "the file cannot be read or written: {reason}"
        raise Problems([Problem(path, message, {"reason": reason_of(error)})]) from None


def _hash(text: str | None) -> str:
    return hashlib.sha256(text.encode("utf-8", errors="surrogateescape")).hexdigest() if text is not None else ""


def paths(root: Path) -> Iterable[str]:
    """Every declaration and every file of rule tests that may be edited as text, in order."""
    tests = [path.relative_to(root).as_posix() for path in root.glob(workspaces.TESTS) if path.is_file()]
    return sorted([*tests, *(path for path in workspaces.snapshot(root) if not path.endswith(workspaces.BINARY))])
