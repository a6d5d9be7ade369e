"""The time by which the service lives: the system's, or one of its own that begins on another day and runs faster."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

# A clock that is set while nobody looks is noticed after so long at the latest.
LOOK_AGAIN = 30.0


class Clock(Protocol):
    """What the service asks of a clock."""

    def now(self) -> datetime:
        """This instant, with its zone."""

    def wait(self, event: threading.Event, seconds: float | None) -> None:
        """Return when `event` is set, or when so many of this clock's seconds may have passed (None: when it is set)."""

    def hold(self) -> None:
        """Work begins: a clock of its own stands still until all work is done, so that its pace does not decide what is late."""

    def release(self) -> None:
        """Work ends."""


class SystemClock:
    """The system's own, which may be set back and forth."""

    def now(self) -> datetime:
        """As Clock's."""
        return datetime.now(UTC)

    def wait(self, event: threading.Event, seconds: float | None) -> None:
        """As Clock's."""
        event.wait(LOOK_AGAIN if seconds is None else min(seconds, LOOK_AGAIN))

    def hold(self) -> None:
        """As Clock's: the system's time goes on."""

    def release(self) -> None:
        """As Clock's."""


class FastClock:
    """Begins at `start` and runs `speed` times as fast as the system's, but stands still while there is work."""

    def __init__(self, start: datetime, speed: float) -> None:
        self._reached, self._speed = start, speed
        self._since = time.monotonic()
        self._held = 0
        self._changed = threading.Condition()

    def now(self) -> datetime:
        """As Clock's."""
        with self._changed:
            return self._now()

    def wait(self, event: threading.Event, seconds: float | None) -> None:
        """As Clock's."""
        event.wait(None if seconds is None else seconds / self._speed)
        with self._changed:
            # Who is told to stop does not wait for work that was abandoned, and so never lets go of the clock.
            while not event.is_set() and not self._changed.wait_for(lambda: self._held == 0, timeout=0.2):
                continue

    def hold(self) -> None:
        """As Clock's."""
        with self._changed:
            self._reached, self._since = self._now(), time.monotonic()
            self._held += 1

    def release(self) -> None:
        """As Clock's."""
        with self._changed:
            self._held -= 1
            self._since = time.monotonic()
            self._changed.notify_all()

    def _now(self) -> datetime:
        if self._held:
            return self._reached
        return self._reached + timedelta(seconds=self._speed * (time.monotonic() - self._since))
