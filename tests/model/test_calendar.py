"""When figures are due: a day without work moves it to the next one with; cron lines number weekdays as crontab does."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import holidays
import pandas as pd
import pytest
from holidays.registry import EntityLoader

from monitor.language import ZONE
from monitor.model.period import Calendar, WorkingDays
from monitor.syntax.timetable import cron_trigger

OFFICE = WorkingDays("VN", frozenset({5, 6}), off=frozenset({date(2024, 8, 20)}), on=frozenset({date(2024, 7, 20)}))


@pytest.mark.parametrize(
    ("calendar", "month", "due"),
    [
        pytest.param(Calendar(14, 20, OFFICE), "2024-03", date(2024, 3, 20), id="a working day"),
        pytest.param(Calendar(14, 20, OFFICE), "2024-04", date(2024, 4, 22), id="Saturday to Monday"),
        pytest.param(Calendar(14, 20, OFFICE), "2024-07", date(2024, 7, 20), id="a Saturday that is worked"),
        pytest.param(Calendar(14, 20, OFFICE), "2024-08", date(2024, 8, 21), id="a day off of one's own"),
        pytest.param(Calendar(14, 10, OFFICE), "2024-01", date(2024, 2, 15), id="through Tết, in the next month"),
        pytest.param(Calendar(25, 30, OFFICE), "2024-04", date(2024, 5, 2), id="30 April and 1 May"),
        pytest.param(Calendar(14, 20), "2024-04", date(2024, 4, 20), id="without a calendar"),
    ],
)
def test_a_figure_is_due_on_a_day_on_which_offices_work(calendar: Calendar, month: str, due: date) -> None:
    assert calendar.due_day(pd.Period(month, freq="M")) == due


@pytest.mark.parametrize(
    ("cron", "day"),
    [
        ("0 8 * * 1", "2024-04-01"),
        ("0 8 * * 0", "2024-04-07"),
        ("0 8 * * 7", "2024-04-07"),
        ("0 8 * * 3-4", "2024-04-03"),
    ],
)
def test_one_is_monday(cron: str, day: str) -> None:
    first = cron_trigger(cron).get_next_fire_time(None, datetime(2024, 4, 1, tzinfo=ZONE))
    assert first is not None
    assert first.date().isoformat() == day


def test_the_holidays_of_each_country_are_those_of_the_library() -> None:
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(366)]
    for country in sorted(EntityLoader.get_country_codes()):
        works, known = WorkingDays(country), holidays.country_holidays(country, years=2024)
        assert [day for day in days if not works.works(day)] == [day for day in days if day in known], country
