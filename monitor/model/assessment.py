"""The words a rule may use: the fields of an assessment, which is one row a (target, unit) at an as-of date."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field as Limit

from monitor.language import Language
from monitor.model.declared import Declared
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


class Because(StrEnum):
    """What a status rests on: the case of `CASES` that decided it."""

    NOT_DUE = "not-due"
    UNRECKONED = "unreckoned"
    SILENT = "silent"
    KEPT = "kept"
    BROKEN_BEFORE = "broken-before"
    NOT_KEPT = "not-kept"
    OVERSPENT = "overspent"
    REACHED = "reached"
    BROKEN = "broken"
    HOLDS_AGAIN = "holds-again"
    OPEN = "open"
    UNHEARD = "unheard"
    LIKELY = "likely"
    LIKELY_THOUGH_BEHIND = "likely-though-behind"
    LIKELIEST_KEEPS = "likeliest-keeps"
    AS_EVER = "as-ever"
    UNLIKELY_THOUGH_ON_PATH = "unlikely-though-on-path"
    ONE_REPORT = "one-report"
    UNLIKELY = "unlikely"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class Case:
    """One case of the rule that gives a target its status, in words; `{on_track}` and such stand for the policy's thresholds."""

    status: Status
    meaning: str


# The one rule, in order: the first case that is so decides. assess.status says of each when it is so.
CASES: dict[Because, Case] = {
    Because.UNRECKONED: Case(
        Status.NO_DATA,
        "figures have come, but not what they are held against: the year before is missing in the history, and no baseline is "
        "declared",
    ),
    Because.NOT_DUE: Case(Status.NOT_DUE, "nothing is reported, and nothing was due yet"),
    Because.SILENT: Case(Status.NO_DATA, "nothing is reported, and a report was due"),
    Because.KEPT: Case(Status.MET, "the figure of the due date keeps the promise"),
    Because.BROKEN_BEFORE: Case(
        Status.MISSED, "the last figure keeps the promise, but not every report of the year did"
    ),
    Because.NOT_KEPT: Case(Status.MISSED, "the figure of the due date does not keep the promise"),
    Because.OVERSPENT: Case(Status.MISSED, "the year to date is over its ceiling, which no later report undoes"),
    Because.REACHED: Case(Status.MET, "the promise is reached, which no later report undoes"),
    Because.BROKEN: Case(Status.OFF_TRACK, "it must hold at every report, and does not hold now"),
    Because.HOLDS_AGAIN: Case(
        Status.AT_RISK, "it holds again, but did not at every report: for the whole year it cannot be kept any more"
    ),
    Because.OPEN: Case(
        Status.ON_TRACK,
        "not reported as done, and not expected before the last quarter of its time: no chance can be told yet",
    ),
    Because.UNHEARD: Case(
        Status.AT_RISK, "nothing has been heard for {silence} reports or more: where it stands now nobody knows"
    ),
    Because.LIKELY: Case(Status.ON_TRACK, "it is on its path, and its chance is {on_track} or more"),
    Because.LIKELY_THOUGH_BEHIND: Case(Status.ON_TRACK, "it is behind its path, yet its chance is {on_track} or more"),
    Because.LIKELIEST_KEEPS: Case(
        Status.ON_TRACK,
        "the likeliest value keeps it; between a floor and a ceiling its chance is low however well all goes",
    ),
    Because.AS_EVER: Case(
        Status.AT_RISK,
        "it is on its path, as in the years before, and each of those ended short: its chance is below {on_track}",
    ),
    Because.UNLIKELY_THOUGH_ON_PATH: Case(
        Status.AT_RISK,
        "it is on its path, yet its chance is below {on_track}: on such a path it is likelier to fall short",
    ),
    Because.ONE_REPORT: Case(
        Status.AT_RISK,
        "it is behind its path and its chance is below {off_track}, by one report alone: it is not called off track before the "
        "next, unless its chance is below {hopeless}",
    ),
    Because.UNLIKELY: Case(Status.OFF_TRACK, "it is behind its path, and its chance is below {off_track}"),
    Because.DOUBTFUL: Case(
        Status.AT_RISK, "it is behind its path, and its chance is between {off_track} and {on_track}"
    ),
}


# What is said beside a status that its path, or its chance, would by itself make another.
BESIDE = {
    Because.HOLDS_AGAIN: "it holds again",
    Because.UNHEARD: "nothing heard of late",
    Because.LIKELY_THOUGH_BEHIND: "though behind its path",
    Because.LIKELIEST_KEEPS: "its likeliest value keeps it",
    Because.AS_EVER: "as every year, and every year short",
    Because.UNLIKELY_THOUGH_ON_PATH: "though on its path",
    Because.ONE_REPORT: "by one report alone",
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
    "milestone": "not done in the last quarter of its time: by the pace so far, and by the plan",
    "milestone-open": "not reported as done: until the last quarter of its time nothing is read into that",
    "milestone-done": "reported as done",
    "none": "nothing is reported",
}


class Errors(StrEnum):
    """What the width of a projection's interval is taken from."""

    METHOD = "method"
    PAST = "past"
    PLANS = "plans"


# The same, in a sentence; `{times}`: how many times the shipped scale.
ERRORS = {
    Errors.METHOD: "how far it may be off is the method's own measure: too few past years are known here to tell more",
    Errors.PAST: "how far it may be off is {times} times the method's own measure, for so far off were past projections here",
    Errors.PLANS: "how far it may be off is by how far the years before, here and of other units, ended from what plans led to",
}


def measure_of_errors(speaks: Language, errors: str, learned: float) -> str:
    """What the width of a projection's interval is taken from, in a phrase; `learned`: see FIELDS."""
    return speaks.say(ERRORS[Errors(errors)], times=speaks.decimal(learned, 2))


def reason(speaks: Language, method: str, years: int, pace: float | None, trend: str) -> str:
    """What a projection rests on, in a phrase."""
    return speaks.say(REASONS[method], years=years, pace=speaks.ratio(pace), trend=trend)


class Thresholds(Declared):
    """Where a probability of meeting the target changes its status, and when a figure is out of reason; `silence`: so
    many reports missing, and what the last one promised counts no more.
    """

    on_track: Annotated[float, Limit(gt=0, lt=1)] = 0.35
    off_track: Annotated[float, Limit(gt=0, lt=1)] = 0.15
    tolerance: Annotated[float, Limit(ge=0, lt=1)] = 0.005
    jump: Annotated[float, Limit(gt=1)] = 10.0
    silence: Annotated[int, Limit(ge=1)] = 3

    @property
    def hopeless(self) -> float:
        """Under this probability a target is as good as missed: no report before it is asked."""
        return self.off_track / 3


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
    "measure": Field("text", "level, flow, milestone, or what is reckoned from them", tuple(Measure)),
    "period": Field("text", "latest reported period, YYYY-MM"),
    "reported_period": Field("text", "period of the latest figure, plausible or not, YYYY-MM"),
    "expected_period": Field("text", "latest period whose figures should have come, YYYY-MM"),
    "status": Field("text", "where it stands", tuple(Status)),
    "because": Field("text", "what the status rests on", tuple(Because)),
    "method": Field("text", "how the projection was made"),
    "errors": Field("text", "what the width of the projection's interval is taken from", tuple(Errors)),
    "printed": Field("text", "what was promised, as it is printed"),
    "was": Field("text", "what was promised before the plan was changed, as it was printed"),
    "document": Field("text", "the document that changed the plan"),
    "strive": Field("text", "the softer figure that is striven for, as it is printed"),
    "city": Field("flag", "the unit is the whole, not a part of it"),
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
    "rolled_up": Field("number", "what the figures of the unit's parts of the same period add up or average to"),
    "last_year": Field("number", "the value at the same period of the year before"),
    "measured": Field("number", "the report that a reckoned value is made from, as reported"),
    "base": Field(
        "number", "what that report is held against: the same period of the year before, or where that year ended"
    ),
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
    "striving": Field("number", "probability of reaching what is striven for"),
    "years": Field("number", "whole past years that the projection rests on"),
    "learned": Field("number", "how many times the method's own measure past projections of the workspace were off"),
    "plan_years": Field("number", "past years whose plan and outcome are known"),
    "fulfilment": Field("number", "mean share of their plans that past years reached by the due date"),
    "periods_left": Field("number", "periods from the latest report to the due date"),
    "data_age": Field("number", "months between the latest report and the last closed month"),
    "lacking": Field("number", "periods of the year before the latest that nobody reported, and which its sum lacks"),
    "held_back": Field(
        "number", "reports of its parts that are held back as implausible, and which its latest value lacks"
    ),
    "overdue": Field("number", "reports that should have come and did not"),
    "failures": Field("number", "periods of the year at which a `throughout` promise did not hold"),
}
