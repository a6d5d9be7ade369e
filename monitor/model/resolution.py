"""The document that binds: its number, the body that adopted it, and the days it binds; or another document that amends it."""

from __future__ import annotations

from datetime import date

import pandas as pd
from pydantic import model_validator

from monitor.model.document import Declared
from monitor.model.name import Identifier
from monitor.model.problem import Said


class Period(Declared):
    """The days a resolution binds, both included."""

    start: date
    end: date

    @model_validator(mode="after")
    def _rises(self) -> Period:
        if not 1950 <= self.start.year <= 2150:
            raise Said("the period starts in the year {found}: is it written right?", found=self.start.year)
        if self.end < self.start:
            raise Said("the period ends ({end}) before it starts ({start})", start=self.start, end=self.end)
        months = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month + 1
        if months != 12:
            message = "the period must be twelve months, and {start} .. {end} has {found}"
            raise Said(message, start=self.start, end=self.end, found=months)
        return self


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
        return pd.Period(self.period.start, freq="M")

    @property
    def last(self) -> pd.Period:
        """Last month that it binds."""
        return pd.Period(self.period.end, freq="M")


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
