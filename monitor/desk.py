"""What every page works with: the workspace in force, the database, and where everything stands, reckoned once."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from monitor import pipeline
from monitor import workspace as workspaces
from monitor.acts.permission import Over, may
from monitor.model.act import Actor, Deed, Door
from monitor.model.alert import Alert
from monitor.model.person import Grant, Role
from monitor.model.problem import Problem, Problems
from monitor.pipeline import Moment
from monitor.rules.findings import figures
from monitor.rules.load import Declared
from monitor.standing.drawing import Drawn, drawn
from monitor.standing.known import Standing
from monitor.store import alerts as stored_alerts
from monitor.store import observations as stored_observations
from monitor.store import versions
from monitor.workspace import Workspace

log = logging.getLogger(__name__)

# So many standings are kept: of each, some hundred kilobytes for a city.
MOST_KEPT = 12
# So many pages that are the same for many readers are kept, as text.
MOST_PAGES = 64
Series = tuple[str, str]


@dataclass(frozen=True)
class View:
    """Where a resolution stands as of a day, as pages show it. `fields`: (target, unit) -> its assessment; `rows`: of
    alerts.digest.figure_table; `alerts`: as they were on that day; `stamp`: the same for whatever shows the same.
    """

    standing: Standing
    drawn: Drawn
    rows: pd.DataFrame
    fields: Mapping[Series, Mapping[str, Any]]
    alerts: Mapping[str, Alert]
    stamp: tuple[int, str, date, int, int]

    @property
    def declared(self) -> Declared:
        """The resolution."""
        return self.standing.declared


class Latest:
    """The workspace as the files are, where no service keeps the version in force: read again when they differ, and while they
    have mistakes, as it was before. Where edits take effect by `monitor apply` alone, only what was applied counts.
    """

    def __init__(self, root: Path, engine: Engine, first: Workspace) -> None:
        self._root, self._engine, self._held = root, engine, first
        self._lock = threading.Lock()
        self._seen = workspaces.digest(workspaces.snapshot(root))
        self._looked = time.monotonic()

    def __call__(self) -> Workspace:
        """The workspace; the files are looked at once a second at most."""
        with self._lock:
            if time.monotonic() - self._looked < 1:
                return self._held
            self._looked = time.monotonic()
            try:
                files = workspaces.snapshot(self._root)
                digest = workspaces.digest(files)
                if digest != self._seen and self._counts(digest):
                    self._seen = digest
                    self._held = workspaces.load_snapshot(files, self._root)
            except Problems as found:
                log.warning("the files have mistakes, and the page goes on with what it has: %s", found)
            return self._held

    def _counts(self, digest: str) -> bool:
        with self._engine.connect() as connection:
            last = versions.in_force(connection)
        return last is None or last.hash == digest or not workspaces.edits_wait(last.files)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Desk:
    """`workspace`: gives the one in force; `environment`: secrets and settings; `local`: the secret by which `monitor open`
    lets in whoever runs it, as everything; empty, nobody; `changed`: told when figures, letters or files are new.
    """

    workspace: Callable[[], Workspace]
    engine: Engine
    root: Path
    environment: Mapping[str, str]
    clock: Callable[[], datetime] = _now
    local: str = ""
    changed: Callable[[], None] = lambda: None
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    def __post_init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], View] = OrderedDict()
        self._pages: OrderedDict[tuple[Any, ...], str] = OrderedDict()
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._seen: tuple[Workspace | None, int] = (None, 0)

    @property
    def moment(self) -> Moment:
        """Now."""
        return Moment.at(self.clock())

    def host(self) -> Actor:
        """Who runs `monitor open`: whoever may run the command may do everything."""
        return Actor("local", Door.PAGE, grants=tuple(Grant(role) for role in Role))

    def day(self, text: str) -> date:
        """The day that a reader looks from: as given, else today. Raises Problems for what is no day."""
        try:
            return date.fromisoformat(text) if text else self.moment.as_of
        except ValueError:
            message = '"{found}" is not a day such as {form}'
            raise Problems([Problem("as_of", message, {"found": text, "form": "2024-06-30"})]) from None

    def resolutions(self, actor: Actor, as_of: date) -> list[Declared]:
        """The resolutions in force on a day of which the actor may see anything, the latest first."""
        return [d for d in reversed(self.workspace().in_force(as_of)) if self._sees_any(actor, d)]

    def view(self, declared: Declared, as_of: date) -> View:
        """Where a resolution stands: reckoned once for all who look from the same day at the same figures, files and alerts."""
        workspace = self.workspace()
        with self.engine.connect() as connection:
            figure, event = stored_observations.last_recorded(connection), stored_alerts.last_event(connection)
        with self._lock:
            key = (self._version(workspace), declared.resolution.id, as_of, figure)
            kept = self._kept.get(key)
            if kept is None:
                now = pipeline.stand(workspace, self.engine, declared, as_of)
                kept = View(now, drawn(now), now.rows, figures(now.assessments), {}, (*key, -1))
            if kept.stamp[-1] != event:
                said = {finding.fingerprint: finding.message for finding in kept.standing.findings}
                kept = replace(kept, alerts=self._alerts(declared.resolution.id, as_of, said), stamp=(*key, event))
                self._kept[key] = kept
                while len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
        return kept

    def remembered(self, key: tuple[Any, ...], write: Callable[[], str]) -> str:
        """A page that is the same for many, written once: by one reader, while the others wait for it."""
        with self._writing:
            if key not in self._pages:
                self._pages[key] = write()
                while len(self._pages) > MOST_PAGES:
                    self._pages.popitem(last=False)
            self._pages.move_to_end(key)
            return self._pages[key]

    def _version(self, workspace: Workspace) -> int:
        """A number for each workspace that was in force; it is held, so that no other takes its place in memory."""
        last, number = self._seen
        if workspace is not last:
            self._seen = (workspace, number + 1)
        return self._seen[1]

    def sees(self, actor: Actor, declared: Declared, target: str, unit: str, deed: Deed = Deed.LOOK) -> bool:
        """Whether the actor may do that over a series."""
        owner = declared.targets[target].owner if target in declared.targets else ""
        return may(actor, deed, Over(declared.resolution.id, unit, owner))

    def _sees_any(self, actor: Actor, declared: Declared) -> bool:
        units = [unit.id for unit in declared.units]
        owners = {target.owner for target in declared.targets.values()}
        return any(may(actor, Deed.LOOK, Over(declared.resolution.id, u, "")) for u in units) or any(
            may(actor, Deed.LOOK, Over(declared.resolution.id, "", owner)) for owner in owners
        )

    def _alerts(self, resolution: str, as_of: date, said: Mapping[str, dict[str, str]]) -> dict[str, Alert]:
        """The alerts as they were on a day; `said`: what the rules that hold say then."""
        with self.engine.connect() as connection:
            present = stored_alerts.alerts(connection, resolution)
            last = {e.fingerprint: e for e in stored_alerts.events(connection, resolution, until=as_of)}
        return {
            name: replace(
                present[name], state=event.state, severity=event.severity, message=said.get(name, event.message)
            )
            for name, event in last.items()
        }
