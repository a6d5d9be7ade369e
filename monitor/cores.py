"""Assessment on all the cores that this process may use: parts of the targets in processes of its own, each of which reads its
part of the figures itself.

A process is forked where nothing else runs in this one: it has the declarations and the libraries at once. In a service other
threads run, and what one of them holds in the moment of a fork nobody would ever release; there a server of its own begins them
(multiprocessing's forkserver), which has to read libraries and declarations first, and is worth its while of many more series.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from multiprocessing.connection import Connection as Pipe
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess

from sqlalchemy import Connection, Engine

from monitor import measuring
from monitor.reassessment import stored_parts
from monitor.rules.load import Declared
from monitor.standing.known import Part
from monitor.store.database import open_database
from monitor.workspace import Workspace

log = logging.getLogger(__name__)

# Of fewer series than that a process costs more than it saves where a server begins it, which takes seconds. A fork costs nothing
# that one of the usual parts would not earn.
SERVED = 40_000
# How it is begun.
_FORK, _SERVER = "fork", "forkserver"


class Cores:
    """The cores of this machine: so many, or as many as the process may use. They need a database that others can open too."""

    def __init__(self, most: int | None = None) -> None:
        self._most = most or _usable()

    def fewest(self, engine: Engine, series: int) -> int:
        """The usual parts will do."""
        enough = self._most > 1 and (_begun_by() == _FORK or series >= SERVED)
        return int(enough and _shared(engine))

    def parts(
        self,
        workspace: Workspace,
        connection: Connection,
        declared: Declared,
        as_of: date,
        asked: Sequence[frozenset[str]],
    ) -> list[Part]:
        """Of what is asked a share each: one by this process, the others by new ones. What one of those did not do, because it
        died or could not be begun, this one does in its place.

        The connection is to have begun to read: while it does, SQLite's write-ahead log stays as those who were forked from
        here, and have its locks only in memory, find it.
        """
        width = min(self._most, len(asked))
        own, *others = ([*range(n, len(asked), width)] for n in range(width))
        url = connection.engine.url.render_as_string(hide_password=False)
        order = _Order(workspace, url, declared.resolution.id, as_of, measuring.watched())
        helpers = _begun(order, [[asked[n] for n in share] for share in others])
        made: dict[int, Part] = {}
        try:
            # None is begun once there are threads here.
            for helper in helpers:
                helper.listen()
            of_own = stored_parts(workspace, connection, declared, as_of, [asked[n] for n in own])
            made |= zip(own, of_own, strict=True)
            for share, helper in zip(others, helpers, strict=False):
                made |= zip(share, helper.told(), strict=False)
        finally:
            for helper in helpers:
                helper.end()
        left = [n for n in range(len(asked)) if n not in made]
        if left:
            log.warning(
                "%d of %d parts were not assessed where they should have been: they are done here",
                *(len(left), len(asked)),
            )
            made |= zip(
                left, stored_parts(workspace, connection, declared, as_of, [asked[n] for n in left]), strict=True
            )
        return [made[n] for n in range(len(asked))]


def _usable() -> int:
    """How many cores the process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _begun_by() -> str:
    """How a process is begun here and now."""
    alone = sys.platform == "linux" and threading.active_count() == 1
    return _FORK if alone else _SERVER


def _shared(engine: Engine) -> bool:
    """Whether another process finds the same database."""
    database = engine.url.database or ""
    return engine.dialect.name != "sqlite" or (database != "" and ":memory:" not in database)


@dataclass(frozen=True)
class _Order:
    """What all parts of an assessment have in common; a workspace goes to another process as its files. `watched`: whether
    somebody asks how much memory that takes.
    """

    workspace: Workspace
    url: str
    resolution: str
    as_of: date
    watched: bool


@dataclass
class _Helper:
    """A process that assesses a share of the parts, and what has come from it, as it came."""

    process: BaseProcess
    pipe: Pipe
    came: list[bytes] = field(default_factory=list)
    listener: threading.Thread | None = None

    def listen(self) -> None:
        """Take what it tells while this process has other things to do: it could not go on else."""
        self.listener = threading.Thread(target=self._take, name="parts", daemon=True)
        self.listener.start()

    def _take(self) -> None:
        # An end in the middle of what it tells is that of a process that died.
        with suppress(EOFError, OSError):
            while True:
                self.came.append(self.pipe.recv_bytes())

    def told(self) -> list[Part]:
        """The parts that it has assessed, once it has ended; fewer than it was given if it died."""
        if self.listener is not None:
            self.listener.join()
        told, self.came = [pickle.loads(each) for each in self.came], []  # noqa: S301 - from a process of ours
        made = [each for each in told if isinstance(each, Part)]
        measuring.beside(sum(each for each in told if not isinstance(each, Part)))
        return made

    def end(self) -> None:
        """It is needed no more, whether it has done its share or not."""
        self.process.kill()
        self.process.join()
        if self.listener is not None:
            self.listener.join()
        self.pipe.close()
        self.process.close()


def _begun(order: _Order, shares: Sequence[Sequence[frozenset[str]]]) -> list[_Helper]:
    """A process for each share, in their order; fewer where the system has no room for more."""
    context: BaseContext = multiprocessing.get_context(_begun_by())
    if context.get_start_method() == _SERVER:
        context.set_forkserver_preload([__name__])
        if not order.workspace.files:
            return []
    helpers: list[_Helper] = []
    for share in shares:
        heard, tells = context.Pipe(duplex=False)
        process = context.Process(target=_assess, args=(tells, order, share), name="parts", daemon=True)  # type: ignore[attr-defined]
        try:
            process.start()
        except OSError as error:
            log.warning("no process could be begun to assess a part: %s", error)
            heard.close()
            break
        finally:
            # Held here too, it would never end.
            tells.close()
        helpers.append(_Helper(process, heard))
    return helpers


def _assess(tells: Pipe, order: _Order, asked: Sequence[frozenset[str]]) -> None:
    """Tell what each part gives, one after the other, and then, where it is watched, how much memory that took, in MB."""
    # Who interrupts the command ends this process through the one that began it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if order.watched:
        measuring.forget_peak()
    engine = open_database(order.url)
    with measuring.observed(None), engine.connect() as connection:
        declared = order.workspace.resolution(order.resolution)
        for made in stored_parts(order.workspace, connection, declared, order.as_of, asked):
            tells.send(made)
    engine.dispose()
    if order.watched:
        tells.send(measuring.peak_of_its_own())


def _end_with_parent() -> None:
    """What nobody waits for is not finished."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
