"""Reporting periods: how they are written, what they are called, when their figures are due.

A period is kept as the month in which it ends (`2024-06` is June, the second quarter, or the first half, as the target's
`frequency` says), so that figures of every frequency stand on one calendar.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

import pandas as pd

from monitor.language import fold


class Frequency(StrEnum):
    """How often a target is reported; `irregular`: when there is something to tell, and at the due date."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"
    IRREGULAR = "irregular"

    @property
    def months(self) -> int:
        """Months in one period."""
        return {"month": 1, "quarter": 3, "half": 6, "year": 12, "irregular": 1}[self.value]

    def of(self, month: str) -> str:
        """The period in which a month (`YYYY-MM`, or empty) lies: of quarters `2024-04` is in `2024-06`."""
        if not month or self.months == 1:
            return month
        year, number = (int(part) for part in month.split("-"))
        return f"{year:04}-{-(-number // self.months) * self.months:02}"


_ROMAN = {"i": 3, "ii": 6, "iii": 9, "iv": 12, "1": 3, "2": 6, "3": 9, "4": 12}
# Each form gives (year, last month). Texts are folded first: lower case, no accents, single spaces.
_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[int, int]]], ...] = (
    (re.compile(r"(\d{4})-(\d{1,2})(?:-\d{1,2})?(?: 00:00:00)?"), lambda m: (int(m[1]), int(m[2]))),
    (re.compile(r"(?:thang |t)?(\d{1,2})[/-](\d{4})"), lambda m: (int(m[2]), int(m[1]))),
    (re.compile(r"thang (\d{1,2}) nam (\d{4})"), lambda m: (int(m[2]), int(m[1]))),
    (re.compile(r"(\d{4})-?q([1-4])"), lambda m: (int(m[1]), 3 * int(m[2]))),
    (re.compile(r"quy (iv|iii|ii|i|[1-4])[/ -](?:nam )?(\d{4})"), lambda m: (int(m[2]), _ROMAN[m[1]])),
    (re.compile(r"(\d{4})-?h([12])"), lambda m: (int(m[1]), 6 * int(m[2]))),
    (re.compile(r"6 thang dau nam (\d{4})"), lambda m: (int(m[1]), 6)),
    (re.compile(r"(?:nam |ca nam )?(\d{4})"), lambda m: (int(m[1]), 12)),
)
_MONTH = re.compile(
    r"(?:(?:uoc )?(?:thuc hien )?(?:thang |t ?))(\d{1,2})|(?:luy ke )(?:den )?(?:thang )?(\d{1,2})(?: thang)?"
)
_QUARTER = re.compile(r"quy (iv|iii|ii|i|[1-4])")


def parse_period(text: str) -> pd.Period | None:
    """The month in which the period written as `text` ends, or None.

    `2024-03`, `03/2024`, `Tháng 3 năm 2024`, `Quý 1/2024`, `2024-Q1`, `2024`.
    """
    folded = fold(text)
    for form, read in _FORMS:
        match = form.fullmatch(folded)
        if match:
            year, month = read(match)
            return pd.Period(year=year, month=month, freq="M") if 1 <= month <= 12 and 1900 <= year <= 2200 else None
    return None


def parse_month(text: str) -> int | None:
    """The month (1..12) in which a yearless period ends, or None: `Tháng 3`, `T3`, `Lũy kế 3 tháng`, `Quý I`."""
    folded = fold(text)
    quarter = _QUARTER.fullmatch(folded)
    if quarter:
        return _ROMAN[quarter[1]]
    match = _MONTH.fullmatch(folded)
    month = int(match[1] or match[2]) if match else 0
    return month if 1 <= month <= 12 else None


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """On which days offices work. `country`: whose public holidays count (ISO code; empty: none); `weekend`: 0 is Monday;
    `off`, `on`: days that are free, or worked, in spite of that.
    """

    country: str = ""
    weekend: frozenset[int] = frozenset()
    off: frozenset[date] = frozenset()
    on: frozenset[date] = frozenset()

    def works(self, day: date) -> bool:
        """Whether offices work on that day."""
        if day in self.on:
            return True
        return not (day in self.off or day.weekday() in self.weekend or _is_holiday(self.country, day))

    def from_(self, day: date) -> date:
        """That day, or the first after it on which offices work."""
        while not self.works(day):
            day += timedelta(days=1)
        return day


def _is_holiday(country: str, day: date) -> bool:
    return bool(country) and day in _holidays(country, day.year)


@lru_cache(maxsize=64)
def _holidays(country: str, year: int) -> Container[date]:
    import holidays  # noqa: PLC0415 - commands without a calendar need not wait for it
    from holidays.registry import COUNTRIES  # noqa: PLC0415

    # Who imports one country from its package imports all 250, a twentieth of a command's time: its module is taken alone.
    module, names = next(of for of in COUNTRIES.items() if country in of[1])
    spec = PathFinder.find_spec(f"holidays.countries.{module}", [f"{folder}/countries" for folder in holidays.__path__])
    if spec is None or spec.loader is None:
        raise LookupError(module)
    found = module_from_spec(spec)
    spec.loader.exec_module(found)
    of_year: Container[date] = getattr(found, names[0])(years=year)
    return of_year


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a period's figures close and when they are due: days of the period's last month.

    The closing day's default is decree 09/2019/NĐ-CP, article 12 (a monthly report closes on the 14th); the due day leaves
    the unit six days to send it, and moves on to the next of `days` when offices are closed.
    """

    closes: int = 14
    due: int = 20
    days: WorkingDays = WorkingDays()

    def closing(self, period: pd.Period) -> date:
        """The day on which the figures of `period` are counted; none can exist before it."""
        return _day(period, self.closes)

    def due_day(self, period: pd.Period) -> date:
        """The day by which the figures of `period` should have come (in the month after, when `due` is before `closes`)."""
        return self.days.from_(_day(period if self.due >= self.closes else period + 1, self.due))

    def last_closed(self, as_of: date) -> pd.Period:
        """The latest month whose figures can exist at `as_of`."""
        return _last(as_of, self.closing)

    def last_due(self, as_of: date) -> pd.Period:
        """The latest month whose figures should have come before `as_of`: they are late from the day after their due day."""
        return _last(as_of - timedelta(days=1), self.due_day)


def _day(period: pd.Period, day: int) -> date:
    return date(period.year, period.month, min(day, period.days_in_month))


def _last(as_of: date, day: Callable[[pd.Period], date]) -> pd.Period:
    period = pd.Period(as_of, freq="M")
    while day(period) > as_of:
        period -= 1
    return period
