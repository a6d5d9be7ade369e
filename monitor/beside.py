"""Work that is shared out to all the cores that this process may use: part by part, by processes of its own beside it.

A process is forked where nothing else runs in this one: it has the declarations and the libraries at once. In a service other
threads run, and what one of them holds in the moment of a fork nobody would ever release; there a server of its own begins them
(multiprocessing's forkserver), which has to read libraries and declarations first.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection as Pipe
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from monitor import measuring

log = logging.getLogger(__name__)

Asked = TypeVar("Asked")
Made = TypeVar("Made")

FORK, SERVER = "fork", "forkserver"
# Bytes that any process may ask a pipe to hold: https://man7.org/linux/man-pages/man7/pipe.7.html, pipe-max-size.
_PIPE = 1 << 20


def usable() -> int:
    """How many cores the process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def begun_by() -> str:
    """How a process is begun here and now."""
    alone = sys.platform == "linux" and threading.active_count() == 1
    return FORK if alone else SERVER


def shared_out(
    asked: Sequence[Asked],
    cores: int,
    own: Callable[[Iterable[Asked]], Iterable[Made]],
    others: Callable[[Iterable[Asked]], Iterable[Made]],
) -> list[Made]:
    """What is made of each that is asked, in their order: by this process (`own`) and by one for each of the other `cores`
    (`others`; by a server it is sent there), each of which takes the next whenever it is free. Both make one of each that they
    take, and take no other before. What was taken and not done, because a process died, or could not be begun, this one does.
    """
    width = min(cores, len(asked))
    if width < 2:
        return list(own(asked))
    turns = _turns(range(width, len(asked)))
    helpers = _begun(others, asked, turns, range(1, width))
    made: dict[int, Made] = {}
    try:
        # None is begun once there are threads here.
        for helper in helpers:
            helper.listen()
        made |= _drawn(own, asked, 0, turns)
        for helper in helpers:
            made |= helper.told()
    finally:
        for helper in helpers:
            helper.end()
        turns.close()
    left = [n for n in range(len(asked)) if n not in made]
    if left:
        log.warning(
            "%d of %d parts were not done where they should have been: they are done here", len(left), len(asked)
        )
        made |= zip(left, own([asked[n] for n in left]), strict=True)
    return [made[n] for n in range(len(asked))]


# How a turn is written: whoever reads so few bytes of a pipe gets all of them, and nobody else does.
_TURN = 2


def _turns(numbers: range) -> Pipe:
    """Numbers each of which is read once, by whichever process is the next; then the end."""
    turns, tells = multiprocessing.Pipe(duplex=False)
    with tells:
        os.write(tells.fileno(), b"".join(n.to_bytes(_TURN, "big") for n in numbers))
    return turns


def _drawn(
    work: Callable[[Iterable[Asked]], Iterable[Made]], asked: Sequence[Asked], first: int, turns: Pipe
) -> Iterator[tuple[int, Made]]:
    """The number of each that was done here, the `first` and those whose turn it was, and what `work` made of it."""
    taken = [first]

    def drawing() -> Iterator[Asked]:
        yield asked[first]
        while turn := os.read(turns.fileno(), _TURN):
            taken.append(int.from_bytes(turn, "big"))
            yield asked[taken[-1]]

    for place, made in enumerate(work(drawing())):
        yield taken[place], made


@dataclass(frozen=True)
class _Memory:
    """How much a process had of its own at most, in MB: the last that it tells."""

    megabytes: float


@dataclass
class _Helper:
    """A process that does a share of the work, and what has come from it, as it came."""

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

    def told(self) -> list[Any]:
        """What it has made, once it has ended; not of all that it took if it died."""
        if self.listener is not None:
            self.listener.join()
        told, self.came = [pickle.loads(each) for each in self.came], []  # noqa: S301 - from a process of ours
        measuring.beside(sum(each.megabytes for each in told if isinstance(each, _Memory)))
        return [each for each in told if not isinstance(each, _Memory)]

    def end(self) -> None:
        """It is needed no more, whether it has done its share or not."""
        self.process.kill()
        self.process.join()
        if self.listener is not None:
            self.listener.join()
        self.pipe.close()
        self.process.close()


def _begun(
    work: Callable[[Iterable[Any]], Iterable[Any]], asked: Sequence[Any], turns: Pipe, firsts: Iterable[int]
) -> list[_Helper]:
    """Processes that do some of the work, each the one that it is the first for; fewer where the system has no room for more."""
    context: BaseContext = multiprocessing.get_context(begun_by())
    if context.get_start_method() == SERVER:
        context.set_forkserver_preload([getattr(work, "func", work).__module__])
    helpers: list[_Helper] = []
    for first in firsts:
        heard, tells = context.Pipe(duplex=False)
        _widen(heard)
        given = (tells, partial(_drawn, work, asked, first), turns, measuring.watched())
        process = context.Process(target=_work, args=given, name="parts", daemon=True)  # type: ignore[attr-defined]
        try:
            process.start()
        except OSError as error:
            log.warning("no process could be begun to do a part: %s", error)
            heard.close()
            break
        finally:
            # Held here too, it would never end.
            tells.close()
        helpers.append(_Helper(process, heard))
    return helpers


def _widen(pipe: Pipe) -> None:
    """Let a pipe hold as much as the system allows everybody: who listens takes turns with the work of this process, and gets as
    much at each turn as the pipe holds.
    """
    if sys.platform == "linux":
        import fcntl  # noqa: PLC0415 - not every system has it

        # Those who have opened many may be refused.
        with suppress(OSError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)


def _work(tells: Pipe, work: Callable[[Pipe], Iterable[Any]], turns: Pipe, watched: bool) -> None:
    """Tell what is made, one after the other, and then, where it is `watched`, how much memory that took."""
    # Who interrupts the command ends this process through the one that began it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if watched:
        measuring.forget_peak()
    with measuring.observed(None):
        for made in work(turns):
            tells.send(made)
    if watched:
        tells.send(_Memory(measuring.peak_of_its_own()))


def _end_with_parent() -> None:
    """What nobody waits for is not finished."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
