"""Assessment and rules beyond one machine: parts of the targets on the workers of a Dask cluster, which read PostgreSQL.

A worker does what one process does (reassessment.stored_parts), of some targets. It is given the declarations by their version,
and keeps what it read of them for the next parts. A worker that is lost is none: Dask gives its parts, and what they rest on, to
others.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from monitor import heap
from monitor.model.problem import Problem, Problems
from monitor.reassessment import stored_parts
from monitor.rules.load import Declared
from monitor.standing.known import Part
from monitor.store import observations as stored_observations
from monitor.store.database import open_database
from monitor.workspace import Workspace, load_snapshot

log = logging.getLogger(__name__)

# So many parts a thread of a worker: who is quicker takes more of them, and of a lost one less is to be done again.
PARTS = 2
# Seconds in which a scheduler must answer.
PATIENCE = 30
# So often, in seconds, it is asked whether there still are workers; twice, for one that died is begun anew.
ASKING = 30


# Of each file its path and its text.
Files = tuple[tuple[str, str], ...]


class Workers:
    """The workers of the Dask scheduler at an address, such as `tcp://10.0.0.5:8786`; asked for when they are needed, and again
    where it went away and has come back.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._client: Any = None
        # Worker and version of the declarations -> what has told it of them; Dask forgets what nobody holds.
        self._told: dict[tuple[str, str], Any] = {}

    def prepare(self, workspace: Workspace, engine: Engine, as_of: date) -> None:
        """Each worker reads a version once, and imports what it needs: what a fresh one takes seconds for."""
        self.fewest(engine, 0)
        client, told, files = self._connected(), dict[tuple[str, str], Any](), tuple(workspace.files.items())
        for worker in client.nthreads():
            key = worker, workspace.version
            told[key] = self._told.get(key) or client.submit(
                _prepared, files, workspace.version, as_of, workers=[worker], pure=False
            )
        self._told = told

    def fewest(self, engine: Engine, _series: int) -> int:
        """Some parts for each thread of theirs. Raises Problems when no scheduler answers, when it has no worker, or when the
        database is one that workers cannot reach.
        """
        if engine.dialect.name != "postgresql":
            message = "workers read the figures themselves, which needs PostgreSQL (--database, MONITOR_DATABASE)"
            raise Problems([Problem("workers", message)])
        threads: int = sum(self._connected().nthreads().values())
        if not threads:
            message = "the Dask scheduler at {address} has no worker"
            raise self._problem(message)
        return PARTS * threads

    def parts(
        self,
        workspace: Workspace,
        connection: Connection,
        declared: Declared,
        as_of: date,
        asked: Sequence[frozenset[str]],
    ) -> list[Part]:
        """Each part by whichever worker is free. Raises Problems when the scheduler goes away meanwhile, when each worker that
        takes a part is lost, or when there is none any more.
        """
        client, distributed = self._connected(), _distributed()
        url, files = connection.engine.url.render_as_string(hide_password=False), tuple(workspace.files.items())
        last = stored_observations.last_figure(connection)
        # Each part comes with the files: were they a task of their own, the worker that has done it would get more parts. Pure
        # as a part is, the figures behind it are not in its arguments: what was answered once must be asked again.
        common = (files, workspace.version, url, last, declared.resolution.id, as_of)
        places = {client.submit(_part, *common, targets, pure=False): n for n, targets in enumerate(asked)}
        made: dict[int, Part] = {}
        there = True
        while left := [future for future, n in places.items() if n not in made]:
            try:
                # Each is fetched as it is done, while others are still worked on.
                for future, part in distributed.as_completed(left, loop=client.loop, with_results=True, timeout=ASKING):
                    if not isinstance(part, Part):
                        message = (
                            "the Dask scheduler at {address} went away while its workers assessed: do it again when it is "
                            "back"
                        )
                        raise self._problem(message)
                    made[places[future]], there = part, True
            except TimeoutError:
                # It may be a part's own, rather than ours: that part would give it again and again.
                if any(future.status == "error" for future in left):
                    raise
                # Of a scheduler that is gone Dask gives the parts up.
                before, there = there, client.status != "running" or bool(client.nthreads())
                if not (before or there):
                    message = (
                        "the workers of {address} are all lost, and no other has come: do it again when one is there"
                    )
                    raise self._problem(message) from None
            except distributed.KilledWorker:
                message = "the workers of {address} died one after the other of the same part: see why in what they log"
                raise self._problem(message) from None
        return [made[n] for n in range(len(asked))]

    def close(self) -> None:
        """Leave the scheduler."""
        if self._client is not None:
            self._told.clear()
            self._client.close()
            self._client = None

    def _connected(self) -> Any:
        """A client of the scheduler. Raises Problems where none answers."""
        distributed = _distributed()
        if self._client is not None and self._client.status != "running":
            self.close()
        if self._client is None:
            try:
                self._client = distributed.Client(self._address, timeout=PATIENCE, set_as_default=False)
            # What is no address for it, or one for which it lacks a part or a certificate, Dask tells in these ways.
            except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
                message = "no Dask scheduler answers at {address}: {reason}"
                raise self._problem(message, reason=(str(error).splitlines() or [type(error).__name__])[0]) from None
        return self._client

    def _problem(self, message: str, **values: object) -> Problems:
        """What is wrong with those at the address."""
        return Problems([Problem("workers", message, {"address": self._address, **values})])


def _distributed() -> Any:
    """Dask: an extra, for those who have workers. Raises Problems where it is not installed."""
    try:
        found = import_module("distributed")
    except ImportError:
        raise Problems([Problem("workers", "workers need Dask: install the monitor with  .[dask]")]) from None
    if not log.isEnabledFor(logging.INFO):
        # Of what is lost it writes traces; what that means is told here.
        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
    return found


def _prepared(files: Files, version: str, as_of: date) -> None:
    """What parts need before they know of a figure, on a worker."""
    import_module("psycopg")
    for declared in _workspace(version, files).in_force(as_of):
        _ = declared.rules, declared.series(as_of)


def _part(
    files: Files, version: str, url: str, last: tuple[Any, ...], resolution: str, as_of: date, targets: frozenset[str]
) -> Part:
    """What some targets give, on a worker. Raises Problems where it reads another database than the monitor, whose `last` figure
    that is, or a copy that lacks it.
    """
    workspace = _workspace(version, files)
    engine = open_database(os.environ.get("MONITOR_DATABASE", url))
    try:
        with heap.kept(), engine.connect() as connection:
            if last and not stored_observations.holds(connection, last):
                message = "a worker reads other figures than the monitor: let its MONITOR_DATABASE be the same database"
                raise Problems([Problem("workers", message)])
            declared = workspace.resolution(resolution)
            return next(stored_parts(workspace, connection, declared, as_of, [targets]))
    finally:
        engine.dispose()


@lru_cache(maxsize=2)
def _workspace(version: str, files: Files) -> Workspace:  # noqa: ARG001 - by it what was read is known
    """The declarations of a version, read once a process."""
    return load_snapshot(dict(files), Path())
