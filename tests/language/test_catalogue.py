"""Everything that people read is there in Vietnamese."""

from __future__ import annotations

import re

import pytest
from babel.messages.pofile import read_po
from support.messages import PACKAGE, source_strings

from monitor.cli.history import Sort
from monitor.language import Language
from monitor.model.alert import Happening, State
from monitor.model.finding import Severity
from monitor.model.letter import DeliveryState, Kind
from monitor.model.observation import Standing
from monitor.model.request import RequestState
from monitor.model.target import Measure
from monitor.rules.findings import SOURCE_COLUMNS
from monitor.store.jobs import Outcome
from monitor.workspace import defaults

KINDS_OF_NAME = (
    *("alert", "feed", "field", "figure", "group", "key", "kind", "lang", "match"),
    *("owner", "parameter", "policy", "route", "rule", "series", "silence", "target", "unit", "value", "weight"),
    *("year-end", "throughout"),
    *("quarter", "half", "year", "year-to-date"),
    *("second", "minute", "hour", "day of the month", "month", "weekday", "number", "text", "flag"),
    *("inhibition", "calendar", "template", "group_wait", "topic"),
    *("added", "changed", "removed", "resolution", "status", "cause"),
)
# Why a number of a document promises nothing, and what is doubtful about one that does (monitor.derive).
OF_NUMBERS = (
    *("a date", "a year", "an age", "a time", "a rank or a name", "a range that falls", "the number of a document"),
    *("the number of a clause", "how many there are in the text", "what a figure is divided by"),
    *("what it is compared with", "the value of before", "a figure of another year", "the cell is not one figure"),
    *("the same figure stands in the text", "no unit is printed", "the text says about", "a point before three digits"),
    *("a point where Vietnamese writes a comma", "a comma before three digits of things that are counted"),
    *("the number was not found", "the day of adoption was not found", "the body was not found"),
    "the year that it binds was not found: tell it with --year",
    *("how often a day or a week", "a count of votes", "a number of the page", "what a figure is divided by"),
    *("a threshold that tells who is meant", "the unit is taken from the name", "this page is a picture without text"),
    "some pages are pictures without text, and were not read: install tesseract-ocr-vie",
    *("a scale without its unit is printed", "the document writes commas between thousands"),
    *("three digits behind a comma: they may be thousands", "the columns of the table are not understood"),
    *("the plan's cell of this row is empty", "which column of the table is the plan is a guess"),
    *("spaces stand within the number", "the unit is guessed from the words behind it"),
)


def _said() -> set[str]:
    words = {
        *Happening,
        *Measure,
        *State,
        *Severity,
        *Kind,
        *DeliveryState,
        *Outcome,
        *Sort,
        *RequestState,
        *Standing,
        *SOURCE_COLUMNS,
    }
    words |= {*KINDS_OF_NAME, *OF_NUMBERS}
    return source_strings(defaults() / "alerts" / "templates") | {str(word) for word in words}


def _translations() -> dict[str, str]:
    with (PACKAGE / "language" / "vi.po").open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file, locale="vi") if m.id}


def test_every_message_has_a_vietnamese_translation() -> None:
    assert sorted(_said() - _translations().keys()) == []


def test_no_translation_outlives_its_message() -> None:
    assert sorted(_translations().keys() - _said()) == []


def test_a_translation_fills_the_same_places_as_its_message() -> None:
    wrong = [m for m, t in _translations().items() if set(re.findall(r"{\w+", m)) != set(re.findall(r"{\w+", t))]
    assert wrong == []


@pytest.mark.parametrize(
    ("value", "unit", "digits", "vietnamese", "english"),
    [
        (95.15, "%", None, "95,15%", "95.15%"),
        (778290.0, "triệu đồng", None, "778.290 triệu đồng", "778,290 triệu đồng"),
        (34800.4, "tấn", None, "34.800 tấn", "34,800 tấn"),
        (104.6, "triệu đồng/người/năm", None, "104,6 triệu đồng/người/năm", "104.6 triệu đồng/người/năm"),
        (0.45, "điểm %", None, "0,45 điểm %", "0.45 điểm %"),
        (-0.001, "", 2, "0", "0"),
        (None, "%", None, "–", "–"),
        (float("nan"), "%", None, "–", "–"),
    ],
)
def test_figures_print_as_each_language_writes_them(
    value: float | None, unit: str, digits: int | None, vietnamese: str, english: str
) -> None:
    assert (Language("vi").number(value, unit, digits), Language("en").number(value, unit, digits)) == (
        vietnamese,
        english,
    )


def test_the_kind_of_thing_meant_is_translated_within_a_message() -> None:
    said = Language("vi").say(
        '{what} "{found}" is not known. Did you mean "{near}"?', what="target", found="a", near="b"
    )
    assert said == 'chỉ tiêu "a" không có. Có phải ý là "b"?'


def test_what_lies_between_two_percentages_is_told_in_points() -> None:
    assert Language("vi").difference(-1.87, "%") == "-1,87 điểm %"
    assert Language("en").difference(-1.87, "%") == "-1.87 percentage points"
    assert Language("vi").difference(-275.0, "người") == "-275 người"
