"""When something is done: a cron line in the city's own zone."""

from __future__ import annotations

from typing import Annotated

from apscheduler.triggers.cron import CronTrigger
from pydantic import AfterValidator

from monitor.language import ZONE
from monitor.model.problem import Said


def cron_trigger(text: str) -> CronTrigger:
    """`minute hour day month weekday`, or six fields with seconds first, in Asia/Ho_Chi_Minh. Raises ValueError."""
    parts = text.split()
    if len(parts) == 6:
        names = ("second", "minute", "hour", "day", "month", "day_of_week")
        return CronTrigger(timezone=ZONE, **dict(zip(names, parts, strict=True)))
    return CronTrigger.from_crontab(text, timezone=ZONE)


def _cron(text: str) -> str:
    try:
        cron_trigger(text)
    except ValueError as error:
        message = 'schedule "{found}" is not a cron line such as  0 7 21 * *  (minute hour day month weekday): {reason}'
        raise Said(message, found=text, reason=str(error)) from None
    return text


Cron = Annotated[str, AfterValidator(_cron)]
