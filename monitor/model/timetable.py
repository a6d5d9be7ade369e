"""When something is done: a cron line in the city's own zone."""

from __future__ import annotations

import re
from typing import Annotated

from apscheduler.triggers.cron import CronTrigger
from pydantic import AfterValidator

from monitor.language import ZONE
from monitor.model.problem import Said

# As crontab(5) numbers them; APScheduler numbers them from Monday, and would read 1 as Tuesday.
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")


def cron_trigger(text: str) -> CronTrigger:
    """`minute hour day month weekday` (0 or 7 is Sunday), or six fields with seconds first, in Asia/Ho_Chi_Minh.
    Raises ValueError.
    """
    fields = text.split()
    names = ("second", "minute", "hour", "day", "month", "day_of_week")
    if len(fields) not in (5, 6):
        raise ValueError(f"Wrong number of fields; got {len(fields)}, expected 5")
    given = dict(zip(names[-len(fields) :], fields, strict=True))
    given["day_of_week"] = ",".join(_weekdays(part) for part in given["day_of_week"].split(","))
    return CronTrigger(timezone=ZONE, **given)


def _weekdays(part: str) -> str:
    """One part of the field of weekdays, its numbers as names."""
    numbers = re.fullmatch(r"([0-7])(?:-([0-7]))?", part)
    if numbers is None:
        return part
    first, last = int(numbers[1]), int(numbers[2] or numbers[1])
    if last < first:
        raise ValueError(f"the weekdays {part} run backwards")
    return ",".join(dict.fromkeys(_WEEKDAYS[n] for n in range(first, last + 1)))


def _cron(text: str) -> str:
    try:
        cron_trigger(text)
    except ValueError as error:
        message = 'schedule "{found}" is not a cron line such as  0 7 21 * *  (minute hour day month weekday): {reason}'
        raise Said(message, found=text, reason=str(error)) from None
    return text


Cron = Annotated[str, AfterValidator(_cron)]
