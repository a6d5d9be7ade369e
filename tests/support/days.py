"""Lives through days of a workspace in child processes that its caller may have killed: `days.py ROOT SERVER SEED KILLS DAYS`.

Each day the feed's file says something new; a child ingests, evaluates, tells and delivers as the service does. KILLS children a day
are killed, as by `kill -9`, after a random part of the time that a day takes; then one is let finish. Prints how many died.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

# Loaded once, for all the children.
import holidays  # noqa: F401
import openpyxl  # noqa: F401
from sqlalchemy import Engine
from support import small
from support.rig import HandClock, at

from monitor import workspace as workspaces
from monitor.post import Outlet
from monitor.service.keeper import Keeper
from monitor.service.service import CHANGED, DELIVER, Service
from monitor.store.database import default_url, open_database

# What a day takes on an idle machine, about; on a busy one the deaths come earlier in it.
LONGEST = 0.6


def live(root: Path, server: str, day: int) -> None:
    """One day's work, in the order in which the service does it."""
    now = at("2024-06-21 07:30") + timedelta(days=day)
    engine: Engine = open_database(default_url(root))
    clock = HandClock(now)
    service = Service(Keeper(root, engine), engine, Outlet(lambda: workspaces.addresses(root, None), server), clock, {})
    service.keeper.keep(now)
    for name in ("feed so-lieu", CHANGED, "evaluate", "digest hdnd"):
        service._attempt(name, now)
    for _ in range(3):
        service._attempt(DELIVER, clock.now())
        clock.set(clock.now() + timedelta(minutes=16))


def _child(root: Path, server: str, day: int, dies_after: float | None) -> bool:
    """One child's day; whether it was killed before it had done its work."""
    child = os.fork()
    if child == 0:
        try:
            live(root, server, day)
        finally:
            os._exit(0 if sys.exc_info()[0] is None else 1)
    if dies_after is not None:
        time.sleep(dies_after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"day {day} failed"
    return os.WIFSIGNALED(status)


def main(root: Path, server: str, seed: int, kills: int, days: int) -> int:
    chance, died, lasts = random.Random(seed), 0, 0.4
    for day in range(days):
        course = [94.0 - 0.01 * day * (month % 3) for month in range(12)]
        (root / "feeds" / "so-lieu.csv").write_text(small.figures(months=6, bhyt=course), encoding="utf-8")
        dead = 0
        for _ in range(3 * kills):
            dead += _child(root, server, day, dies_after=chance.uniform(0, min(lasts, LONGEST))) if dead < kills else 0
        begun = time.monotonic()
        assert not _child(root, server, day, dies_after=None)
        lasts, died = max(lasts, time.monotonic() - begun), died + dead
    return died


if __name__ == "__main__":
    sys.stdout.write(str(main(Path(sys.argv[1]), sys.argv[2], *(int(n) for n in sys.argv[3:]))))
