"""APScheduler on an injected clock.

Its own loop asks the system for the time; this one asks the clock. Runs that were missed are done once; a job that is
due while it still runs is done again afterwards; each job is told for when it was planned.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

from apscheduler.executors.base import MaxInstancesReachedError
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import STATE_RUNNING, STATE_STOPPED

from monitor.language import ZONE
from monitor.service.clock import Clock

# Two hands: one reads, evaluates and writes letters, the other carries them out, and may wait for a slow server.
WORK, CARRY = "work", "carry"
BUSY_AGAIN = timedelta(seconds=1)
# No two times of a trigger are that near to each other.
_INSTANT = timedelta(milliseconds=1)


class Scheduler(BackgroundScheduler):  # type: ignore[misc]
    """Calls each job with `planned`, the time it was due."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(
            executors={WORK: ThreadPoolExecutor(1), CARRY: ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=ZONE,
        )
        self._clock = clock

    def next_run(self, name: str) -> datetime | None:
        """When a job is due next, or None for one that there is not."""
        found = self.get_job(name)
        return found.next_run_time if found is not None else None

    def wakeup(self) -> None:
        """As the base's: the schedule has changed, and no time passes until that has been looked at."""
        self._clock.run_to(self._clock.now())
        super().wakeup()

    def _main_loop(self) -> None:
        while self.state != STATE_STOPPED:
            event: threading.Event = self._event
            self._clock.wait(event, self._process_jobs())
            event.clear()

    def _process_jobs(self) -> datetime | None:
        """Submit what is due; when to look again."""
        now, busy = self._clock.now(), False
        with self._jobstores_lock:
            if self.state != STATE_RUNNING:
                return None
            store = self._lookup_jobstore("default")
            for job in store.get_due_jobs(now):
                busy = not self._submit(job, now) or busy
            upcoming: datetime | None = now + BUSY_AGAIN if busy else store.get_next_run_time()
            # With the lock still held, behind which the schedule is changed: what comes on it afterwards is heard afterwards.
            self._clock.run_to(upcoming)
        return upcoming

    def _submit(self, job: Any, now: datetime) -> bool:
        planned = last_run(job.trigger, job.next_run_time, now)
        job._modify(kwargs={"planned": planned})
        self._clock.hold()
        try:
            self._lookup_executor(job.executor).submit_job(job, [planned])
        except MaxInstancesReachedError:
            self._clock.release()
            return False
        except BaseException:
            self._clock.release()
            raise
        following = job.trigger.get_next_fire_time(planned, now)
        # By its place, not by the scheduler's methods: those know of no job any more once it has been told to stop.
        store = self._lookup_jobstore("default")
        if following is None:
            store.remove_job(job.id)
        else:
            job._modify(next_run_time=following)
            store.update_job(job)
        return True


def last_run(trigger: Any, first: datetime, now: datetime) -> datetime:
    """The last time by `now` at which a trigger is due, one such time being `first`: a minute's job that nobody has served for
    years was due a million times, and the scheduler, while it looks, does nothing else.
    """
    last, beyond = first, now + _INSTANT
    while beyond - last > _INSTANT:
        middle = last + (beyond - last) / 2
        due = trigger.get_next_fire_time(None, middle)
        if due is not None and middle <= due <= now:
            last = due
        else:
            beyond = middle
    return last
