"""Which version of the workspace is in force: the last one whose files were all right.

The service never works with the files themselves, which somebody may be editing, but with a copy of a state that was
read, validated and kept in the database. An edit that does not validate changes nothing but what is said of it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from monitor import workspace as workspaces
from monitor.language import Language
from monitor.model.problem import Problem, Problems
from monitor.store import versions
from monitor.store.database import writing
from monitor.workspace import Workspace

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Held:
    """A workspace in force, the hash of its files, and the mistakes for which a later state was refused (none: there
    is no later).
    """

    workspace: Workspace
    hash: str
    refused: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class _State:
    hash: str
    files: Mapping[str, str]
    workspace: Workspace | None
    problems: tuple[Problem, ...]


class Keeper:
    """Holds the version in force; `reload` looks at the files again. Raises Problems when there never was a good version."""

    def __init__(self, root: Path, engine: Engine) -> None:
        self._root, self._engine = root, engine
        self._lock = threading.Lock()
        self._state = self._read()
        workspace = self._state.workspace
        if workspace is not None:
            self._held = Held(workspace, self._state.hash)
            return
        with engine.connect() as connection:
            last = versions.in_force(connection)
        if last is None:
            raise Problems(self._state.problems)
        _log_refusal(self._state.problems)
        self._held = Held(self._load(last.files), last.hash, self._state.problems)

    @property
    def held(self) -> Held:
        """What is in force now."""
        return self._held

    def reload(self) -> bool:
        """Look at the files; whether anything is different from what was last seen, for better or worse."""
        with self._lock:
            state = self._read()
            if state.hash == self._state.hash:
                return False
            self._state = state
            if state.workspace is None:
                _log_refusal(state.problems)
                self._held = Held(self._held.workspace, self._held.hash, state.problems)
            else:
                log.info("version %s of the files is in force", state.hash[:12], extra={"version": state.hash})
                self._held = Held(state.workspace, state.hash)
            return True

    def keep(self, now: datetime) -> bool:
        """Write down the state last seen, if the database does not know it; whether it was new there."""
        state = self._state
        rules = {d.resolution.id: d.rules.version for d in state.workspace.resolutions} if state.workspace else {}
        with writing(self._engine) as connection:
            # Of what was refused the text is not kept: it may hold what no file should.
            files = state.files if not state.problems else {}
            return versions.note(connection, state.hash, _plain(state.problems), rules, files, now)

    def _read(self) -> _State:
        try:
            files = workspaces.snapshot(self._root)
        except Problems as found:
            told = json.dumps(_plain(found.problems), sort_keys=True)
            return _State(hashlib.sha256(told.encode()).hexdigest(), {}, None, found.problems)
        digest = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
        try:
            return _State(digest, files, self._load(files), ())
        except Problems as found:
            return _State(digest, files, None, found.problems)

    def _load(self, files: Mapping[str, str]) -> Workspace:
        """A workspace as those files declare it; once it is read, it needs no files."""
        with tempfile.TemporaryDirectory(prefix="monitor-") as folder:
            return workspaces.load(workspaces.written(files, Path(folder)), data=self._root)


def _plain(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Problems as the database keeps them."""
    return [
        {"place": p.place(), "message": p.message, "values": {k: str(v) for k, v in p.values.items()}} for p in problems
    ]


def _log_refusal(problems: Iterable[Problem]) -> None:
    for problem in problems:
        log.error("the edited files are refused: %s  %s", problem.place(), problem.text(Language("en")))
