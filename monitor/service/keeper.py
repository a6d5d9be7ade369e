"""Which version of the workspace is in force: the last one whose files were all right.

The service never works with the files themselves, which somebody may be editing, but with a copy of a state that was
read, validated and kept in the database. An edit that does not validate changes nothing but what is said of it.
"""

from __future__ import annotations

import hashlib
import json
import logging
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
from monitor.store.versions import Version
from monitor.workspace import Workspace

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Held:
    """A workspace in force, the hash of its files, and the mistakes for which a later state was refused (none: there
    is no later). `waiting`: a later state is right, and waits for `monitor apply`.
    """

    workspace: Workspace
    hash: str
    refused: tuple[Problem, ...] = ()
    waiting: bool = False


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
        workspace, last = self._state.workspace, self._in_force()
        self._waiting = self._waits(self._state, last)
        if workspace is not None and not self._waiting:
            self._held = Held(workspace, self._state.hash)
            return
        if last is None:
            raise Problems(self._state.problems)
        _log_refusal(self._state.problems)
        held = workspaces.load_snapshot(last.files, self._root)
        self._held = Held(held, last.hash, self._state.problems, waiting=self._waiting)

    @property
    def held(self) -> Held:
        """What is in force now."""
        return self._held

    def reload(self) -> bool:
        """Look at the files; whether anything is different from what was last seen, for better or worse."""
        with self._lock:
            state = self._read()
            if state.hash == self._state.hash and not self._waiting:
                return False
            waiting = self._waits(state, self._in_force())
            if state.hash == self._state.hash and waiting:
                return False
            self._state, self._waiting = state, waiting
            if state.workspace is None:
                _log_refusal(state.problems)
                self._held = Held(self._held.workspace, self._held.hash, state.problems)
            elif waiting:
                log.info("the edited files wait for `monitor apply`", extra={"version": state.hash})
                self._held = Held(self._held.workspace, self._held.hash, waiting=True)
            else:
                log.info("version %s of the files is in force", state.hash[:12], extra={"version": state.hash})
                self._held = Held(state.workspace, state.hash)
            return True

    def keep(self, now: datetime) -> bool:
        """Write down the state last seen, if the database does not know it; whether it was new there."""
        state = self._state
        if self._waiting:
            return False
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
        digest = workspaces.digest(files)
        try:
            return _State(digest, files, workspaces.load_snapshot(files, self._root), ())
        except Problems as found:
            return _State(digest, files, None, found.problems)

    def _in_force(self) -> Version | None:
        with self._engine.connect() as connection:
            return versions.in_force(connection)

    def _waits(self, state: _State, last: Version | None) -> bool:
        """Whether a good state must be applied by a person first, because the version in force says so."""
        if state.workspace is None or last is None or last.hash == state.hash:
            return False
        return workspaces.edits_wait(last.files)


def _plain(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Problems as the database keeps them."""
    return [
        {"place": p.place(), "message": p.message, "values": {k: str(v) for k, v in p.values.items()}} for p in problems
    ]


def _log_refusal(problems: Iterable[Problem]) -> None:
    for problem in problems:
        log.error("the edited files are refused: %s  %s", problem.place(), problem.text(Language("en")))
