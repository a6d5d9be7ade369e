"""When something is done: a cron line in the city's own zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from apscheduler.triggers.cron import CronTrigger
from pydantic import AfterValidator

from monitor.language import ZONE
from monitor.model.problem import Said

# As crontab(5) numbers them; APScheduler numbers them from Monday, and would read 1 as Tuesday.
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# The fields of a line: APScheduler's name, ours, the least and greatest number, and names that stand for numbers.
_FIELDS: tuple[tuple[str, str, int, int, tuple[str, ...]], ...] = (
    ("second", "second", 0, 59, ()),
    ("minute", "minute", 0, 59, ()),
    ("hour", "hour", 0, 23, ()),
    ("day", "day of the month", 1, 31, ("last",)),
    ("month", "month", 1, 12, _MONTHS),
    ("day_of_week", "weekday", 0, 7, _WEEKDAYS),
)
_PART = re.compile(r"(?P<first>\*|\w{1,4})(?:-(?P<last>\w{1,4}))?(?:/(?P<step>[1-9]\d?))?")
# A leap day comes within these; nothing that comes at all is rarer.
_SOON = datetime(2024, 1, 1, tzinfo=UTC)


def cron_trigger(text: str) -> CronTrigger:
    """`minute hour day month weekday` (0 or 7 is Sunday), or six fields with seconds first, in Asia/Ho_Chi_Minh.
    Raises Said.
    """
    parts = text.split()
    if len(parts) not in (5, 6):
        message = (
            'schedule "{found}" has {count} fields, and needs five: minute hour day month weekday, such as  0 7 21 * *'
        )
        raise Said(message, found=text, count=len(parts))
    fields = _FIELDS[-len(parts) :]
    given = {}
    for (key, name, low, high, words), part in zip(fields, parts, strict=True):
        if not all(_fits(each, low, high, words) for each in part.lower().split(",")):
            message = 'schedule "{found}": the {what} "{part}" is none: write  *  */15  5  1-5  or  1,15, from {low} to {high}'
            raise Said(message, found=text, what=name, part=part, low=low, high=high)
        given[key] = part.lower()
    given["day_of_week"] = ",".join(_weekdays(part) for part in given["day_of_week"].split(","))
    return CronTrigger(timezone=ZONE, **given)


def _fits(part: str, low: int, high: int, words: tuple[str, ...]) -> bool:
    """Whether one part of a field names numbers within its bounds, in rising order."""
    match = _PART.fullmatch(part)
    if match is None or (match["first"] == "*" and match["last"]):
        return False
    ends = [_number(end, low, words) for end in (match["first"], match["last"]) if end and end != "*"]
    return all(end is not None and low <= end <= high for end in ends) and ends == sorted(ends)  # type: ignore[type-var]


def _number(text: str, low: int, words: tuple[str, ...]) -> int | None:
    if text in words:
        return low + words.index(text)
    return int(text) if text.isascii() and text.isdigit() else None


def _weekdays(part: str) -> str:
    """One part of the field of weekdays, as names."""
    match = _PART.fullmatch(part)
    if match is None or (match["first"] == "*" and not match["step"]):
        return part
    first = 0 if match["first"] == "*" else _number(match["first"], 0, _WEEKDAYS) or 0
    last = _number(match["last"], 0, _WEEKDAYS) if match["last"] else first if not match["step"] else 6
    return ",".join(dict.fromkeys(_WEEKDAYS[n] for n in range(first, (last or 0) + 1, int(match["step"] or 1))))


def _cron(text: str) -> str:
    if cron_trigger(text).get_next_fire_time(None, _SOON) is None:
        raise Said('schedule "{found}" never comes: no month has such a day', found=text)
    return text


Cron = Annotated[str, AfterValidator(_cron)]
