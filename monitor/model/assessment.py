"""The words a rule may use: the fields of an assessment, which is one row a (target, unit) at an as-of date."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field as Limit

from monitor.language import Language
from monitor.model.document import Declared
from monitor.model.target import Measure


class Status(StrEnum):
    """Where a target stands. Worst last among those that speak of a reported series."""

    NOT_DUE = "not_due"
    NO_DATA = "no_data"
    MET = "met"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    OFF_TRACK = "off_track"
    MISSED = "missed"


# Decided: what is to come changes nothing.
FINISHED = (Status.MET, Status.MISSED)

STATUS_NAMES = {
    Status.MET: "met",
    Status.ON_TRACK: "on track",
    Status.AT_RISK: "at risk",
    Status.OFF_TRACK: "off track",
    Status.MISSED: "missed",
    Status.NO_DATA: "no data",
    Status.NOT_DUE: "not due",
}


# What a projection rests on, by its method (see assess.forecast).
REASONS = {
    "flow-years": "from the course of the last {years} years and this year's pace ({pace} of the path)",
    "flow-two-years": "from the course of the last two years and this year's pace ({pace} of the path)",
    "flow-one-year": "from the course of last year and this year's pace ({pace} of the path)",
    "flow-this-year": "from this year's pace alone ({pace} of the path): no past year is known",
    "level-years": "from the seasons and trend of the last {years} years and of late ({trend} a month)",
    "level-two-years": "from the seasons and trend of the last two years and of late ({trend} a month)",
    "level-one-year": "from last year's course and the trend of late ({trend} a month)",
    "level-baseline": "from where the year began and the trend since ({trend} a month)",
    "level-this-year": "from this year's few reports alone: no past year is known",
    "milestone": "a task is done or not: until its last quarter nothing is read into a slow beginning",
    "none": "nothing is reported",
}


def reason(speaks: Language, method: str, years: int, pace: float | None, trend: str) -> str:
    """What a projection rests on, in a phrase."""
    return speaks.say(REASONS[method], years=years, pace=speaks.ratio(pace), trend=trend)


class Thresholds(Declared):
    """Where a probability of meeting the target changes its status, and when a figure is out of reason."""

    on_track: Annotated[float, Limit(gt=0, lt=1)] = 0.35
    off_track: Annotated[float, Limit(gt=0, lt=1)] = 0.15
    tolerance: Annotated[float, Limit(ge=0, lt=1)] = 0.005
    jump: Annotated[float, Limit(gt=1)] = 10.0


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its type (`number`, `text`, `flag`), what it means, and for a text the values it can have."""

    kind: str
    meaning: str
    values: tuple[str, ...] = ()


FIELDS: dict[str, Field] = {
    "target": Field("text", "id of the target"),
    "unit": Field("text", "id of the reporting unit"),
    "group": Field("text", "group of the target"),
    "owner": Field("text", "department that answers for it"),
    "measure": Field("text", "level, flow or milestone", tuple(Measure)),
    "period": Field("text", "latest reported period, YYYY-MM"),
    "reported_period": Field("text", "period of the latest figure, plausible or not, YYYY-MM"),
    "expected_period": Field("text", "latest period whose figures should have come, YYYY-MM"),
    "status": Field("text", "where it stands", tuple(Status)),
    "method": Field("text", "how the projection was made"),
    "city": Field("flag", "the unit is the whole city"),
    "task": Field("flag", "a task of the resolution, not one of its figures"),
    "throughout": Field("flag", "must hold at every period"),
    "final": Field("flag", "the figure of the due period is in"),
    "holds": Field("flag", "the latest value keeps the promise as it stands"),
    "behind": Field("flag", "short of the required path by more than the tolerance"),
    "implausible": Field("flag", "the latest figure cannot be right, and is held back"),
    "fell": Field("flag", "a year-to-date figure is below the one before it"),
    "value": Field("number", "latest plausible value (of a flow: the year to date)"),
    "previous": Field("number", "the value one report earlier"),
    "reported": Field("number", "latest figure as reported, plausible or not"),
    "rolled_up": Field("number", "what the wards' figures of the same period add up or average to"),
    "last_year": Field("number", "the value at the same period of the year before"),
    "promised": Field("number", "value of the target"),
    "floor": Field("number", "least value that keeps the promise"),
    "ceiling": Field("number", "greatest value that keeps the promise"),
    "required": Field("number", "value of the required path at the latest period"),
    "deviation": Field("number", "value minus required, positive on the good side"),
    "linear_deviation": Field("number", "value minus the straight line to the target, positive on the good side"),
    "attainment": Field("number", "value over promised"),
    "pace": Field("number", "actual change over required change since the year began"),
    "trend": Field("number", "change a month (Theil-Sen)"),
    "worsening": Field("number", "successive latest reports, each further behind the path than the one before"),
    "projection": Field("number", "median of the value at the due date"),
    "low": Field("number", "10% quantile of the value at the due date"),
    "high": Field("number", "90% quantile of the value at the due date"),
    "probability": Field("number", "probability of meeting the target"),
    "years": Field("number", "whole past years that the projection rests on"),
    "periods_left": Field("number", "periods from the latest report to the due date"),
    "data_age": Field("number", "months between the latest report and the last closed month"),
    "overdue": Field("number", "reports that should have come and did not"),
    "failures": Field("number", "periods of the year at which a `throughout` promise did not hold"),
}
