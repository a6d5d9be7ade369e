"""Where the time goes: whoever observes is told when each named step of the way begins and ends; else nothing is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar

Observer = Callable[[str], AbstractContextManager[None]]

_OBSERVER: ContextVar[Observer | None] = ContextVar("observer", default=None)


def step(name: str) -> AbstractContextManager[None]:
    """What is done within is the step `name`: read, assess, rules, alerts."""
    observer = _OBSERVER.get()
    return nullcontext() if observer is None else observer(name)


@contextmanager
def observed(by: Observer) -> Iterator[None]:
    """Within, each step is done within what `by` gives for its name."""
    token = _OBSERVER.set(by)
    try:
        yield
    finally:
        _OBSERVER.reset(token)
