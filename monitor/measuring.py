"""Where time and memory go: whoever observes is told when each named step of the way begins and ends; else nothing is done."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from pathlib import Path
from typing import Protocol

_PROC = Path("/proc/self")


class Observer(Protocol):
    """Who is told of steps, and of memory."""

    def step(self, name: str) -> AbstractContextManager[None]:
        """Within what this gives the step is done."""

    def beside(self, megabytes: float) -> None:
        """Another process had so much memory of its own, at most, to do what is done in this moment."""


_OBSERVER: ContextVar[Observer | None] = ContextVar("observer", default=None)


def step(name: str) -> AbstractContextManager[None]:
    """What is done within is the step `name`: read, assess, rules, alerts."""
    observer = _OBSERVER.get()
    return nullcontext() if observer is None else observer.step(name)


def watched() -> bool:
    """Whether anybody observes."""
    return _OBSERVER.get() is not None


def beside(megabytes: float) -> None:
    """See Observer.beside."""
    if (observer := _OBSERVER.get()) is not None:
        observer.beside(megabytes)


@contextmanager
def observed(by: Observer | None) -> Iterator[None]:
    """Within, each step is done within what `by` gives for its name; nobody is told anything where there is none."""
    token = _OBSERVER.set(by)
    try:
        yield
    finally:
        _OBSERVER.reset(token)


def peak() -> float:
    """The most memory that the process has had since it was forgotten last (where the system can forget), in MB."""
    status = _PROC / "status"
    if status.exists():
        return _megabytes(status.read_text(), "VmHWM")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def forget_peak() -> None:
    """Begin anew to look how much memory there is at most."""
    clear = _PROC / "clear_refs"
    if clear.exists():
        clear.write_text("5")


def peak_of_its_own() -> float:
    """`peak` without what the process shares with the one that it was forked from."""
    rollup = _PROC / "smaps_rollup"
    if not rollup.exists():
        return peak()
    now = rollup.read_text()
    private = _megabytes(now, "Private_Clean") + _megabytes(now, "Private_Dirty")
    return private + max(0.0, peak() - _megabytes(now, "Rss"))


def _megabytes(told: str, name: str) -> float:
    """A figure of those that the system tells in kB, a line each."""
    return int(next(line for line in told.splitlines() if line.startswith(f"{name}:")).split()[1]) / 1024
