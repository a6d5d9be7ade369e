"""What the scheduler makes of jobs that were due while nobody served, of the instant in which it is told to stop, and of a fast clock."""

from __future__ import annotations

import functools
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from apscheduler.schedulers.base import STATE_RUNNING, STATE_STOPPED
from apscheduler.triggers.date import DateTrigger
from hypothesis import given
from hypothesis import strategies as st
from support.rig import at

from monitor.service.clock import FastClock, SystemClock, still
from monitor.service.scheduler import WORK, Scheduler, last_run
from monitor.syntax.timetable import cron_trigger

START = at("2024-01-31 00:00")
LINES = [
    "*/7 * * * * *",
    "* * * * *",
    "0 6 21 * *",
    "30 7 29 2 *",
    "*/5 8-9 * * mon-fri",
    "0 0 last * *",
    "0 3 1,15 * *",
]


@given(st.sampled_from(LINES), st.floats(0, 1), st.integers(0, 900))
def test_the_last_time_that_was_missed_is_the_last_of_them_all(line: str, far: float, more: int) -> None:
    trigger = cron_trigger(line)
    first = trigger.get_next_fire_time(None, START + timedelta(days=400 * far))
    now = first + timedelta(seconds=more)
    following, last = first, first
    while following <= now:
        last, following = following, trigger.get_next_fire_time(following, following)
    assert last_run(trigger, first, now) == last
    # What is due now since a feed's file changed is due at no time of the line.
    assert last_run(trigger, first - timedelta(seconds=0.25), now) == last


def test_what_is_due_once_was_due_then() -> None:
    assert last_run(DateTrigger(START), START, START + timedelta(days=3)) == START


@pytest.mark.parametrize("line", LINES)
def test_ten_years_that_nobody_served_are_not_gone_through_run_by_run(line: str) -> None:
    trigger, asked = cron_trigger(line), []

    class Counting:
        def get_next_fire_time(self, before: Any, now: datetime) -> Any:
            asked.append(now)
            return trigger.get_next_fire_time(before, now)

    first, now = trigger.get_next_fire_time(None, START), START + timedelta(days=3653, hours=5)
    last = last_run(Counting(), first, now)
    assert first <= last <= now < trigger.get_next_fire_time(last, last)
    assert len(asked) < 60


def test_told_to_stop_while_it_hands_a_job_over_it_ends_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler, done = Scheduler(SystemClock()), threading.Event()
    scheduler.start(paused=True)
    scheduler.add_job(
        lambda planned: done.set() if planned == START else None,
        DateTrigger(START),
        kwargs={"planned": None},
        executor=WORK,
    )
    find = scheduler._lookup_executor

    def stop(name: str) -> Any:
        scheduler.state = STATE_STOPPED
        return find(name)

    monkeypatch.setattr(scheduler, "_lookup_executor", stop)
    scheduler.state = STATE_RUNNING
    assert scheduler._process_jobs() is None
    assert done.wait(30)
    scheduler.wakeup()


@pytest.mark.parametrize("speed", [1e3, 1e6, 1e9])
def test_each_job_of_a_rehearsal_finds_the_clock_at_its_time_however_fast_that_runs(speed: float) -> None:
    clock = FastClock(START, speed, START + timedelta(days=2))
    scheduler, found, done = Scheduler(clock), [], threading.Event()

    def run(name: str, planned: datetime) -> None:
        found.append((name, planned, clock.now()))
        if name == "first":
            add("second", planned + timedelta(seconds=1))
        elif name == "last":
            done.set()
        clock.release()

    def add(name: str, when: datetime) -> None:
        call = functools.partial(run, name)
        scheduler.add_job(call, DateTrigger(when), kwargs={"planned": None}, executor=WORK, next_run_time=when)

    scheduler.start()
    try:
        clock.wait(threading.Event(), START + timedelta(seconds=speed / 100))
        assert clock.now() == START  # nothing is due, and no time passes
        with still(clock):
            for minute in range(1, 10):
                add(f"minute {minute}", START + timedelta(minutes=minute))
            add("first", START)
            add("last", START + timedelta(minutes=10))
        asked = []
        while not done.wait(0.003):
            with still(clock) as now:  # as somebody saves a file: between whatever is due
                asked.append(now)
                add(f"asked {len(asked)}", now)
        assert done.wait(60)
    finally:
        scheduler.shutdown()
    assert [name for name, planned, now in found if planned != now] == []
    assert [planned for _, planned, _ in found] == sorted(planned for _, planned, _ in found)
    assert {name for name, _, _ in found} >= {"first", "second", "last", *(f"minute {m}" for m in range(1, 10))}
    assert clock.now() <= START + timedelta(days=2)
