"""The document that binds: its number, the body that adopted it, and the days it binds; or another document that amends it."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import pandas as pd
from pydantic import model_validator

from monitor.model.declared import Declared
from monitor.model.name import Identifier
from monitor.model.problem import Said

# The last figures of a period, and what they decide, are still told in the quarter after it.
AFTERMATH = timedelta(days=92)


MOST_YEARS = 10


class Period(Declared):
    """The days a resolution binds, both included: up to twelve months, or whole years (a plan of five)."""

    start: date
    end: date

    @model_validator(mode="after")
    def _rises(self) -> Period:
        if not 1950 <= self.start.year <= 2150:
            raise Said("the period starts in the year {found}: is it written right?", found=self.start.year)
        if self.end < self.start:
            raise Said("the period ends ({end}) before it starts ({start})", start=self.start, end=self.end)
        months = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month + 1
        if months > 12 * MOST_YEARS or (months > 12 and months % 12):
            message = "the period must be up to twelve months, or whole years, and {start} .. {end} has {found} months"
            raise Said(message, start=self.start, end=self.end, found=months)
        return self


@lru_cache(maxsize=4096)
def _month(day: date) -> pd.Period:
    """The month of a day: the same few are asked for thousands of times."""
    return pd.Period(day, freq="M")


class Resolution(Declared):
    """The document: number, body, date, and the period it binds."""

    id: Identifier
    number: str
    title: str
    body: str
    adopted: date
    period: Period

    @property
    def first(self) -> pd.Period:
        """First month that it binds."""
        return _month(self.period.start)

    @property
    def last(self) -> pd.Period:
        """Last month that it binds."""
        return _month(self.period.end)

    @property
    def years(self) -> int:
        """How many years it binds; 1 of a part of one."""
        return max(1, (self.last.ordinal - self.first.ordinal + 1) // 12)

    def year(self, as_of: date) -> int:
        """Which of its years (0, 1, ..) a day is in: the first of a day before, the last of one after."""
        return min(max((_month(as_of).ordinal - self.first.ordinal) // 12, 0), self.years - 1)

    def of_year(self, as_of: date) -> Resolution:
        """The resolution as it binds in the year of a day; of one year, itself. Each year is judged by itself."""
        if self.years == 1:
            return self
        first = self.first + 12 * self.year(as_of)
        return self.model_copy(
            update={"period": Period(start=first.start_time.date(), end=(first + 11).end_time.date())}
        )

    @property
    def retires(self) -> date:
        """The last day on which it is judged: its verdict of then stands."""
        return self.period.end + AFTERMATH


class Amendment(Declared):
    """A document that changes figures of another: of which (`amends`), and from which day (`since`; the day it was adopted)."""

    id: Identifier
    number: str
    title: str
    body: str
    adopted: date
    amends: Identifier
    since: date | None = None

    @property
    def begins(self) -> date:
        """The day from which its figures are in force."""
        return self.since or self.adopted
