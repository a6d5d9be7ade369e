"""Whatever is reported, an assessment is sensible: finite or declared missing, in its bounds, without a warning from NumPy."""

from __future__ import annotations

import math
import warnings
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from monitor.assess import assess
from monitor.assess.history import lay_out
from monitor.language import Language
from monitor.model.assessment import CASES, FIELDS, Because, Errors, Status, Thresholds, measure_of_errors
from monitor.model.comparator import parse_bound
from monitor.model.resolution import Period, Resolution
from monitor.model.series import target_table
from monitor.model.target import Source, Target
from monitor.model.unit import Unit

CITY = Unit(id="city", name="City", kind="city")
RESOLUTION = Resolution(
    id="nq",
    number="1",
    title="t",
    body="b",
    adopted=date(2023, 12, 1),
    period=Period(start=date(2024, 1, 1), end=date(2024, 12, 31)),
)
MONTHS = [str(p) for p in pd.period_range("2021-01", "2024-12", freq="M")]


COLUMNS = ["target", "unit", "period", "value", "basis"]


def target(bound: str = ">= 100", **changes: Any) -> Target:
    given: dict[str, Any] = {
        "id": "t", "name": "T", "source": Source(article="", item="", printed=bound), "unit_of_measure": "x", "target": parse_bound(bound),
        "measure": "level", "owner": "o", "group": "g",
    }  # fmt: skip
    return Target.model_validate(given | changes)


def assessed(
    of: Target, figures: dict[str, float], expected: str = "2024-06", basis: str = "year-to-date"
) -> pd.Series:
    """The assessment of one target's city figures (`YYYY-MM` -> value)."""
    rows = [[of.id, "city", month, value, basis] for month, value in figures.items()]
    observations = (
        pd.DataFrame(rows, columns=["target", "unit", "period", "value", "basis"])
        .assign(unit_of_measure="")
        .astype({"value": float})
    )
    series = target_table(RESOLUTION, (of,), (CITY,))
    wanted = pd.Series({of.id: pd.Period(expected, freq="M")})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return assess(observations, series, RESOLUTION, Thresholds(), wanted).iloc[0]


def year(values: list[float], of: int = 2024) -> dict[str, float]:
    return {f"{of}-{month:02}": value for month, value in enumerate(values, start=1)}


def stood(value: float, years: int) -> dict[str, float]:
    """A level that stood at `value` for so many whole years, and in the first half of this one."""
    months = {k: v for y in range(2024 - years, 2024) for k, v in year([value] * 12, y).items()}
    return months | year([value] * 6)


figure = st.one_of(
    st.floats(-1e6, 1e6, allow_nan=False),
    st.sampled_from([0.0, 1.0, 100.0, -5.0, 1e-9, 1e9, 99.99]),
)
reports = st.dictionaries(st.sampled_from(MONTHS), figure, max_size=48)
bounds = st.sampled_from([">= 100", "> 0", "<= 50", "< 9", "= 10", "8 .. 8.5", ">= 0", ">= 95.15", "<= 0"])
kinds = st.sampled_from(
    [
        {"measure": "level"},
        {"measure": "flow"},
        {"measure": "milestone"},
        {"measure": "level", "unit_of_measure": "%"},
        {"measure": "level", "due": "throughout"},
        {"measure": "flow", "due": "2024-03"},
        {"measure": "flow", "whole_numbers": True},
        {"measure": "level", "frequency": "quarter"},
        {"measure": "level", "baseline": 5.0},
        {"measure": "flow", "domain": (-1e9, 1e9)},
    ]
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bounds, kinds, reports, st.sampled_from(MONTHS[36:]), st.sampled_from(["year-to-date", "per-period"]))
@example(">= 100", {"measure": "flow"}, {"2024-02": 5e-324}, "2024-02", "year-to-date")
@example(
    ">= 100",
    {"measure": "level"},
    {"2021-01": 0.0, "2021-02": 0.0, "2023-01": 0.0, "2023-02": 0.0, "2024-01": 2.2250738585e-313},
    "2024-01",
    "year-to-date",
)
@example(
    ">= 100",
    {"measure": "flow"},
    {f"2023-{m:02}": 5e-324 for m in range(1, 13)} | {"2024-01": 5e-324},
    "2024-02",
    "per-period",
)
@example(
    ">= 100",
    {"measure": "flow", "due": "2024-03"},
    {"2023-03": 5e-324, "2023-04": 1.0},
    "2024-01",
    "year-to-date",
)
def test_any_reports_give_a_sensible_assessment(
    bound: str, kind: dict[str, Any], figures: dict[str, float], expected: str, basis: str
) -> None:
    row = assessed(target(bound, **kind), figures, expected, basis)
    assert set(row.index) <= set(FIELDS)
    assert row["status"] == CASES[row["because"]].status
    if row["status"] in (Status.NO_DATA, Status.NOT_DUE):
        assert math.isnan(row["probability"])
        assert row["period"] == ""
        return
    if row["because"] == Because.OPEN:
        assert row[["projection", "low", "high", "probability"]].isna().all()
        return
    for name in ("value", "required", "projection", "low", "high", "probability"):
        assert math.isfinite(row[name]), (name, row[name])
    assert 0 <= row["probability"] <= 1
    assert row["low"] <= row["projection"] <= row["high"]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kinds, reports, st.lists(st.floats(0.1, 1e6), min_size=2, max_size=4))
@example({"measure": "flow"}, {"2024-06": 14084.0}, [40407.0, 563360.0])
def test_a_higher_promise_is_never_likelier_to_be_met(
    kind: dict[str, Any], figures: dict[str, float], promises: list[float]
) -> None:
    chances = [assessed(target(f">= {promise:.6f}", **kind), figures)["probability"] for promise in sorted(promises)]
    known = [chance for chance in chances if not math.isnan(chance)]
    assert all(a >= b - 1e-9 for a, b in pairwise(known)) or _held_back_differs(kind, figures, promises)


def _held_back_differs(kind: dict[str, Any], figures: dict[str, float], promises: list[float]) -> bool:
    """A figure is implausible against its promise, too: then two promises see different figures."""
    rows = [["t", "city", month, value, "year-to-date"] for month, value in figures.items()]
    observations = (
        pd.DataFrame(rows, columns=["target", "unit", "period", "value", "basis"])
        .assign(unit_of_measure="")
        .astype({"value": float})
    )
    seen = set()
    for promise in promises:
        series = target_table(RESOLUTION, (target(f">= {promise:.6f}", **kind),), (CITY,))
        seen.add(lay_out(observations, series, RESOLUTION.first, Thresholds().jump).held_back.tobytes())
    return len(seen) > 1


@pytest.mark.parametrize(
    ("of", "figures", "expected", "status"),
    [
        (target(), {}, "2024-06", Status.NO_DATA),
        (target(), {}, "2023-12", Status.NOT_DUE),
        (target(measure="flow"), year([20.0, 40, 60, 80, 101]), "2024-05", Status.MET),
        (target(measure="flow"), year([5.0, 6, 7, 8, 9, 9]), "2024-06", Status.OFF_TRACK),
        (target("<= 100", measure="flow"), year([60.0, 101]), "2024-02", Status.MISSED),
        (target("< 9"), year([9.5] * 11 + [9.0]), "2024-12", Status.MISSED),
        (target("< 9"), year([9.5] * 11 + [8.9]), "2024-12", Status.MET),
        (target(due="2024-03"), year([90.0, 95, 99]), "2024-06", Status.MISSED),
        (target(due="throughout"), year([100.0, 99.0]), "2024-02", Status.OFF_TRACK),
        (target(due="throughout"), year([100.0, 99.0, 100.0]), "2024-03", Status.AT_RISK),
        (target(measure="milestone", whole_numbers=True), year([0.0] * 6), "2024-06", Status.ON_TRACK),
        (target(unit_of_measure="%"), year([85.0]), "2024-01", Status.AT_RISK),
        (target(">= 9"), year([8.0, 8.0]), "2024-02", Status.AT_RISK),
        (target("< 9"), stood(9.0, 2), "2024-06", Status.OFF_TRACK),
        (target("<= 9"), stood(9.0, 2), "2024-06", Status.ON_TRACK),
    ],
    ids=[
        "silent", "nothing-due", "flow-already-met", "flow-far-behind", "ceiling-passed", "nine-misses-below-nine", "below-nine-meets",
        "due-date-past", "broken", "held-again", "milestone-in-june", "unlikely-by-its-first-report", "unlikely-by-two",
        "nine-for-years-where-less-was-promised", "nine-for-years-where-nine-was-promised",
    ],
)  # fmt: skip
def test_the_status_of_plain_cases(of: Target, figures: dict[str, float], expected: str, status: Status) -> None:
    assert assessed(of, figures, expected)["status"] == status


KEPT_FOR_YEARS = dict.fromkeys(MONTHS[:36], 100.0)


@pytest.mark.parametrize(
    ("of", "figures", "expected", "told"),
    [
        pytest.param(
            target(unit_of_measure="%", due="throughout"), year([99.99999999999999] * 12), "2024-12",
            {"status": Status.MET, "probability": 1.0, "failures": 0, "value": 100.0}, id="a mean of ten wards at 100%",
        ),
        pytest.param(
            target("<= 0.3", due="throughout"), year([0.1 + 0.2] * 12), "2024-12",
            {"status": Status.MET, "probability": 1.0, "failures": 0}, id="0.1 + 0.2 keeps 0.3",
        ),
        pytest.param(target("<= 9"), year([9.0] * 12), "2024-12", {"status": Status.MET, "probability": 1.0}, id="at most 9"),
        pytest.param(target("> 9"), year([9.0] * 12), "2024-12", {"status": Status.MISSED, "probability": 0.0}, id="over 9"),
        pytest.param(
            target("<= 0", unit_of_measure="%"), year([0.0] * 12), "2024-12", {"status": Status.MET, "probability": 1.0},
            id="none at all",
        ),
        pytest.param(
            target("< 100", measure="flow"), year([50.0, 100.0]), "2024-02",
            {"status": Status.MISSED, "probability": 0.0, "because": Because.OVERSPENT}, id="a strict ceiling reached",
        ),
        pytest.param(
            target("<= 100", measure="flow"), year([50.0, 100.00000000000001]), "2024-02",
            {"because": Because.UNLIKELY, "holds": True}, id="a ceiling reached",
        ),
        pytest.param(
            target("<= 1"), year([0.8, 0.8, 0.8, 0.0]), "2024-04",
            {"implausible": False, "value": 0.0, "status": Status.ON_TRACK}, id="a level that reaches nothing",
        ),
        pytest.param(
            target("<= 1"), year([0.0, 0.1, 0.9]), "2024-03", {"implausible": False, "value": 0.9}, id="and comes back",
        ),
        pytest.param(
            target("<= 1"), year([0.0]), "2024-01", {"implausible": False, "value": 0.0, "period": "2024-01"},
            id="a first report of nothing",
        ),
        pytest.param(
            target(">= 1", measure="milestone", whole_numbers=True), year([0.0, 0, 1]), "2024-03",
            {"status": Status.MET, "low": 1.0, "projection": 1.0, "high": 1.0, "probability": 1.0, "method": "milestone-done"},
            id="an exercise that is over",
        ),
        pytest.param(
            target(">= 2", measure="milestone", whole_numbers=True), year([0.0] * 9 + [1]), "2024-10",
            {"projection": 2.0}, id="one of two done, and nobody does four",
        ),
        pytest.param(
            target(measure="flow", unit_of_measure="%"), year([1.0, 2, 3, 4, 5, 6, 7, 8, 10]), "2024-09",
            {"status": Status.OFF_TRACK}, id="a tenth disbursed in September",
        ),
    ],
)  # fmt: skip
def test_what_is_told_is_right(of: Target, figures: dict[str, float], expected: str, told: dict[str, Any]) -> None:
    row = assessed(of, figures, expected)
    assert {name: row[name] for name in told} == told


def test_what_stood_at_its_bound_for_years_is_likely_to_stand_there() -> None:
    row = assessed(target(unit_of_measure="%"), KEPT_FOR_YEARS | year([99.99999999999999, 100.0] * 3))
    assert row["probability"] > 0.95


PERCENT: dict[str, Any] = {"unit_of_measure": "%"}


@pytest.mark.parametrize(
    ("of", "figures", "least", "most"),
    [
        pytest.param(target(">= 77.14", **PERCENT), stood(77.14, 2), 0.9, 1, id="at its floor for thirty months"),
        pytest.param(target(">= 77.14"), stood(77.14, 2), 0.9, 1, id="at its floor, counted"),
        pytest.param(target("<= 77.14", **PERCENT), stood(77.14, 2), 0.9, 1, id="at its ceiling for thirty months"),
        pytest.param(target(">= 77.14", **PERCENT), stood(77.14, 1), 0.85, 1, id="at its floor for a year and a half"),
        pytest.param(target(">= 100", **PERCENT), stood(100.0, 0), 0.75, 1, id="at a hundred this year"),
        pytest.param(target(">= 100"), stood(100.0, 0), 0.75, 1, id="at a hundred, counted"),
        pytest.param(target("< 9", **PERCENT), stood(9.0, 0), 0, 0.25, id="at nine, which misses below nine"),
        pytest.param(target("< 9", **PERCENT), stood(9.0, 2), 0, 0.1, id="at nine for years"),
        pytest.param(target("> 9"), stood(9.0, 1), 0, 0.15, id="at nine, which misses over nine"),
        pytest.param(target("8.5 .. 9"), stood(9.0, 1), 0.85, 1, id="at an end of a range"),
        pytest.param(target(">= 77.5", **PERCENT), stood(77.14, 2), 0, 0.1, id="short of it for years"),
        pytest.param(target(">= 100", **PERCENT), year([100.0, 99.0, 100.0, 98.0, 99.0, 100.0]), 0.2, 0.7, id="moving about it"),
    ],
)  # fmt: skip
def test_a_level_that_does_not_move_is_likely_to_stay_on_its_side_of_the_bound(
    of: Target, figures: dict[str, float], least: float, most: float
) -> None:
    assert least <= assessed(of, figures)["probability"] <= most


@pytest.mark.parametrize("of", [target(">= 90", **PERCENT), target(">= 90")], ids=["percent", "counted"])
@pytest.mark.parametrize(
    "figures", [year([90.25] * 4), {"2023-12": 90.24} | year([90.25] * 4), {"2023-12": 90.25} | year([90.26] * 4)]
)
def test_four_calm_months_do_not_make_the_year_certain(of: Target, figures: dict[str, float]) -> None:
    row = assessed(of, figures, "2024-04")
    assert row["high"] - row["low"] > 1


def test_of_a_task_that_need_not_be_done_yet_no_chance_is_told() -> None:
    row = assessed(target(">= 1", measure="milestone", whole_numbers=True), year([0.0] * 6))
    assert (row["status"], row["because"], row["method"]) == (Status.ON_TRACK, Because.OPEN, "milestone-open")
    assert row[["projection", "probability"]].isna().all()


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bounds, kinds, reports, st.sampled_from(MONTHS[36:]))
def test_status_and_probability_agree_or_say_why_not(
    bound: str, kind: dict[str, Any], figures: dict[str, float], expected: str
) -> None:
    row, limits = assessed(target(bound, **kind), figures, expected), Thresholds()
    chance, status = row["probability"], row["status"]
    if row["because"] in (Because.NOT_DUE, Because.SILENT, Because.OPEN):
        assert math.isnan(chance)
    elif row["because"] == Because.UNHEARD:
        assert row["overdue"] >= limits.silence
    elif row["because"] == Because.LIKELIEST_KEEPS:
        assert chance < limits.on_track
    else:
        lowest, highest = {
            Status.MET: (1, 1),
            Status.ON_TRACK: (limits.on_track, 1),
            Status.AT_RISK: (0, limits.on_track),
            Status.OFF_TRACK: (0, limits.off_track),
            Status.MISSED: (0, 0),
        }[status]
        assert lowest <= chance <= highest, row["because"]


WARDS = [
    Unit(id=f"ward-{n}", name=f"Ward {n}", kind="ward", weights={"people": weight})
    for n, weight in enumerate([6, 5, 4, 3, 2, 1, 1, 1, 1, 1], start=1)
]


def broken_down(of: Target, figures: dict[str, list[float]], expected: str) -> pd.DataFrame:
    """The assessments of a target's city and wards (unit -> figures of 2024), indexed by unit."""
    rows = [[of.id, u, month, v, "year-to-date"] for u, values in figures.items() for month, v in year(values).items()]
    observations = (
        pd.DataFrame(rows, columns=["target", "unit", "period", "value", "basis"])
        .assign(unit_of_measure="")
        .astype({"value": float})
    )
    series = target_table(RESOLUTION, (of,), (CITY, *WARDS))
    made = assess(observations, series, RESOLUTION, Thresholds(), pd.Series({of.id: pd.Period(expected, freq="M")}))
    return made.droplevel("target")


def of_wards(bound: str, **changes: Any) -> Target:
    return target(bound, breakdown={"roll_up": "sum", "weight": "people"}, **changes)


def test_what_is_held_back_of_a_ward_is_in_no_sum() -> None:
    figures = {ward.id: [12.0, 12.0, 12.0] for ward in WARDS}
    figures["ward-10"] = [12.0, 12.0, 600.0]
    made = broken_down(of_wards(">= 120"), figures, "2024-03")
    assert made.loc["ward-10", ["implausible", "value"]].tolist() == [True, 12.0]
    assert made.loc["city", ["period", "value"]].tolist() == ["2024-02", 120.0]
    own = broken_down(of_wards(">= 120"), figures | {"city": [120.0, 120.0, 119.0]}, "2024-03")
    assert own.loc["city", ["period", "value", "implausible"]].tolist() == ["2024-03", 119.0, False]


@pytest.mark.parametrize(
    ("bound", "changes"),
    [
        (">= 7", {"whole_numbers": True}),
        ("<= 7", {"whole_numbers": True}),
        ("<= 7", {"whole_numbers": True, "execution": 0.9}),
        ("12 .. 17", {"whole_numbers": True}),
        (">= 100", {}),
        ("<= 0.3", {"execution": 0.95}),
    ],
)
def test_the_wards_promises_add_up_to_the_city_s(bound: str, changes: dict[str, Any]) -> None:
    of = of_wards(bound, measure="flow", **changes)
    series = target_table(RESOLUTION, (of,), (CITY, *WARDS)).droplevel("target")
    wards = series.drop("city")
    for name in ("floor", "ceiling", "value"):
        whole = series.loc["city", name]
        if name == "floor" and of.whole_numbers and math.isfinite(whole):
            whole = math.ceil(whole)
        assert wards[name].sum() == pytest.approx(whole, abs=1e-9)
    assert (wards["floor"] <= wards["ceiling"]).all()
    if of.execution is not None:
        assert (wards["value"] == wards["ceiling"]).all()


@pytest.mark.parametrize("bound", ["< 2", "< 7", "< 7.5", "> 7", "> 0"])
def test_what_each_ward_may_make_of_a_strict_promise_is_just_what_the_city_may(bound: str) -> None:
    of = of_wards(bound, measure="flow", whole_numbers=True)
    wards = target_table(RESOLUTION, (of,), (CITY, *WARDS)).droplevel("target").drop("city")
    if bound.startswith("<"):
        most = (wards["ceiling"] - 1).sum()
        assert (wards["ceiling"] >= 1).all()
        assert most == math.ceil(of.target.value) - 1
    else:
        assert (wards["floor"] + 1).sum() == math.floor(of.target.value) + 1


def test_when_every_ward_has_met_its_share_so_has_the_city() -> None:
    of = of_wards(">= 7", measure="flow", whole_numbers=True)
    floors = target_table(RESOLUTION, (of,), (CITY, *WARDS)).droplevel("target")["floor"].drop("city")
    made = broken_down(of, {str(unit): [float(floor)] * 12 for unit, floor in floors.items()}, "2024-12")
    assert set(made["status"]) == {Status.MET}


def test_one_noisy_report_does_not_call_a_target_off_track_that_two_in_a_row_do() -> None:
    history = {k: v for y in (2021, 2022, 2023) for k, v in year([float(95 + m % 3) for m in range(12)], y).items()}
    of = target(">= 96", baseline=96.0)
    well = assessed(of, history | year([97.0, 98, 97, 98]), "2024-04")
    assert well["status"] == Status.ON_TRACK
    fallen = [
        assessed(of, history | year([97.0, 98, 97, 98, *[80.0] * n]), f"2024-{4 + n:02}")["status"] for n in (1, 2)
    ]
    assert fallen[1] == Status.OFF_TRACK


def test_the_year_s_first_report_calls_nothing_off_track_while_others_are_to_come() -> None:
    past = {k: v for y in (2021, 2022, 2023) for k, v in year([10.0 * (m + 1) + (y % 3) for m in range(12)], y).items()}
    of = target(">= 120", measure="flow")
    doubtful = assessed(of, past | year([10.1]), "2024-01")
    assert Thresholds().off_track / 3 < doubtful["probability"] < Thresholds().off_track
    assert doubtful["status"] == Status.AT_RISK
    again = assessed(of, past | year([10.1, 19.5]), "2024-02")
    assert again["status"] == Status.OFF_TRACK


def test_a_series_that_drifts_is_followed_and_one_that_is_noisy_is_held_to_its_mean() -> None:
    random = np.random.default_rng(7)
    shocks = random.normal(size=42)
    noisy, drifting = 100 + 4 * shocks, 100 + 4 * np.cumsum(shocks - shocks.mean() + 0.5)
    told = {}
    for name, values in (("noisy", noisy), ("drifting", drifting)):
        values[-1] = values[:-1].mean() + 8 if name == "noisy" else values[-1]
        row = assessed(target(), dict(zip(MONTHS, values.tolist(), strict=False)))
        told[name] = (row["projection"] - values[:-1].mean()) / (values[-1] - values[:-1].mean())
    assert told["noisy"] < 0.5
    assert told["drifting"] > 0.8


def test_a_figure_a_thousand_times_too_large_is_held_back() -> None:
    row = assessed(target(), year([95.0, 96, 97, 97000]), "2024-04")
    assert (row["implausible"], row["value"], row["reported"]) == (True, 97.0, 97000.0)


def test_a_percentage_never_projects_beyond_a_hundred() -> None:
    row = assessed(target(">= 99", unit_of_measure="%"), year([90.0, 93, 96, 99]), "2024-04")
    assert row["high"] <= 100


def test_a_year_to_date_never_projects_below_itself() -> None:
    row = assessed(target(measure="flow"), year([30.0, 60, 90]), "2024-03")
    assert row["low"] >= 90


def test_past_years_seasons_shape_the_path_of_a_flow() -> None:
    late = [0.0, 0, 0, 0, 0, 0, 10, 30, 50, 70, 90, 100]
    figures = {k: v for y in (2021, 2022, 2023) for k, v in year(late, y).items()}
    row = assessed(target(measure="flow"), figures | year([0.0] * 6), "2024-06")
    assert row["required"] == 0
    assert row["status"] == Status.ON_TRACK


def test_each_method_says_what_it_rests_on() -> None:
    past = {k: v for y in (2021, 2022, 2023) for k, v in year([float(50 + m) for m in range(12)], y).items()}
    only = {k: v for k, v in past.items() if k.startswith("2023")}
    this = year([50.0, 51, 52])
    told = [
        assessed(target(), f, "2024-03")["method"] for f in (this, this | {"2023-12": 61.0}, this | only, this | past)
    ]
    assert told == ["level-this-year", "level-baseline", "level-one-year", "level-years"]


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        (Errors.METHOD, "the method's own measure: too few past years are known here"),
        (Errors.PAST, "is 1.18 times the method's own measure"),
        (Errors.PLANS, "by how far the years before, here and of other units, ended from what plans led to"),
    ],
)
def test_the_width_of_an_interval_says_what_it_is_taken_from(errors: Errors, said: str) -> None:
    assert said in measure_of_errors(Language("en"), errors, 1.183)


def test_series_with_a_long_past_take_the_width_of_their_intervals_from_it() -> None:
    """Twelve noisy series: what was said of the two years before, and came otherwise, is 24 errors."""
    noise = np.random.default_rng(2).normal(100, 5, (12, 6 * 12 - 6))
    rows = [
        (f"t{n}", "city", f"{2019 + k // 12}-{k % 12 + 1:02}", value, "year-to-date", "")
        for n, values in enumerate(noise)
        for k, value in enumerate(values)
    ]
    columns = ["target", "unit", "period", "value", "basis", "unit_of_measure"]
    of = [target(">= 100", id=f"t{n}") for n in range(12)]
    expected = pd.Series({t.id: pd.Period("2024-06", freq="M") for t in of})
    table = assess(
        pd.DataFrame(rows, columns=columns), target_table(RESOLUTION, of, [CITY]), RESOLUTION, Thresholds(), expected
    )
    assert set(table["errors"]) == {Errors.PAST}
    assert table["learned"].nunique() == 1
    assert 0.5 < table["learned"].iloc[0] < 2


def test_a_quarterly_series_is_assessed_at_its_quarters() -> None:
    row = assessed(target(measure="flow", frequency="quarter"), {"2024-03": 25.0, "2024-06": 50.0}, "2024-08")
    assert (row["periods_left"], row["overdue"], row["status"]) == (2.0, 0, Status.ON_TRACK)


def test_missing_months_of_a_flow_reported_per_period_are_not_taken_for_nothing() -> None:
    row = assessed(target(measure="flow"), {"2024-01": 8.4, "2024-03": 8.4, "2024-06": 8.4}, "2024-06", "per-period")
    assert row["projection"] == pytest.approx(100.8, rel=0.15)


def test_a_year_to_date_after_a_year_reported_per_period_is_not_added_up_again() -> None:
    rows = [["t", "city", f"2023-{m:02}", 8.0, "per-period"] for m in range(1, 13)]
    rows += [["t", "city", f"2024-{m:02}", 8.4 * m, "year-to-date"] for m in range(1, 7)]
    observations = pd.DataFrame(rows, columns=COLUMNS).assign(unit_of_measure="")
    series = target_table(RESOLUTION, (target(measure="flow"),), (CITY,))
    row = assess(observations, series, RESOLUTION, Thresholds(), pd.Series({"t": pd.Period("2024-06", freq="M")})).iloc[
        0
    ]
    assert row["value"] == pytest.approx(50.4)
    assert row["last_year"] == pytest.approx(48.0)


def test_thresholds_are_the_policy_s() -> None:
    figures = year([7.0, 14, 21, 28, 35, 42])
    strict = assess(
        pd.DataFrame(
            [["t", "city", m, v, "year-to-date"] for m, v in figures.items()],
            columns=COLUMNS,
        ).assign(unit_of_measure=""),
        target_table(RESOLUTION, (target(measure="flow"),), (CITY,)),
        RESOLUTION,
        Thresholds(on_track=0.999, off_track=0.99),
        pd.Series({"t": pd.Period("2024-06", freq="M")}),
    ).iloc[0]
    assert strict["status"] == Status.OFF_TRACK
    assert np.isfinite(strict["probability"])


ALONE, TO_DATE = "per-period", "year-to-date"


@pytest.mark.parametrize(
    ("reports", "to_date", "added"),
    [
        ({1: (100, ALONE), 2: (100, ALONE), 3: (100, ALONE)}, [100, 200, 300], [100, 100, 100]),
        ({1: (100, TO_DATE), 2: (200, TO_DATE), 3: (300, TO_DATE)}, [100, 200, 300], [100, 100, 100]),
        ({1: (100, ALONE), 2: (100, ALONE), 3: (300, TO_DATE)}, [100, 200, 300], [100, 100, 100]),
        ({1: (100, TO_DATE), 2: (90, ALONE), 3: (80, ALONE)}, [100, 190, 270], [100, 90, 80]),
        ({1: (100, ALONE), 3: (80, ALONE)}, [100, None, 180], [100, 90, 80]),
        ({2: (200, TO_DATE), 3: (80, ALONE)}, [None, 200, 280], [100, 100, 80]),
        ({1: (100, ALONE), 3: (80, ALONE), 4: (400, TO_DATE)}, [100, None, 180, 400], [100, 110, 80, 110]),
        ({1: (100, ALONE), 2: (0, ALONE), 3: (310, TO_DATE), 4: (90, ALONE)}, [100, 100, 310, 400], [100, 0, 210, 90]),
    ],
    ids=[
        *(
            "alone",
            "to-date",
            "alone-then-to-date",
            "to-date-then-alone",
            "alone-with-a-gap",
            "a-gap-then-to-date-then-alone",
        ),
        *("a-gap-closed-by-a-sum", "a-month-of-nothing"),
    ],
)
def test_each_figure_of_a_flow_is_brought_to_the_year_to_date_by_itself(
    reports: dict[int, tuple[float, str]], to_date: list[float | None], added: list[float]
) -> None:
    rows = [["t", "city", f"2024-{m:02}", value, basis] for m, (value, basis) in reports.items()]
    observations = pd.DataFrame(rows, columns=COLUMNS).astype({"value": float}).assign(unit_of_measure="")
    series = target_table(RESOLUTION, (target(">= 1200", measure="flow"),), (CITY,))
    history = lay_out(observations, series, RESOLUTION.first, 10.0)
    found = history.values[0, history.year][: len(to_date)]
    np.testing.assert_allclose(found, [np.nan if v is None else v for v in to_date])
    every, month = np.ones(1, dtype=bool), np.array([len(added)])
    _, months = history.monthly(every, history.values[:, history.year], month)
    np.testing.assert_allclose(months[0, : len(added)], added)


def test_five_months_of_a_hundred_and_then_six_hundred_to_date_are_six_hundred() -> None:
    figures = {f"2024-{m:02}": (100.0, ALONE) for m in range(1, 6)} | {"2024-06": (600.0, TO_DATE)}
    rows = [["t", "city", month, value, basis] for month, (value, basis) in figures.items()]
    observations = pd.DataFrame(rows, columns=COLUMNS).assign(unit_of_measure="")
    series = target_table(RESOLUTION, (target(">= 1200", measure="flow"),), (CITY,))
    expected = pd.Series({"t": pd.Period("2024-06", freq="M")})
    assert assess(observations, series, RESOLUTION, Thresholds(), expected).iloc[0]["value"] == 600.0


@pytest.mark.parametrize(
    ("stated", "value", "read"),
    [("triệu đồng", 50.0, 50.0), ("tỷ đồng", 0.05, 50.0), ("", 50.0, 50.0), ("người", 50.0, None)],
)
def test_a_figure_stored_in_another_unit_of_measure_is_converted_or_none(
    stated: str, value: float, read: float | None
) -> None:
    observations = pd.DataFrame([["t", "city", "2024-03", value, TO_DATE]], columns=COLUMNS).assign(
        unit_of_measure=stated
    )
    series = target_table(RESOLUTION, (target(">= 200", measure="flow", unit_of_measure="triệu đồng"),), (CITY,))
    expected = pd.Series({"t": pd.Period("2024-03", freq="M")})
    found = assess(observations, series, RESOLUTION, Thresholds(), expected).iloc[0]["value"]
    assert np.isnan(found) if read is None else found == pytest.approx(read)


@pytest.mark.parametrize(
    ("figures", "held"),
    [
        ([4, 9, 15, 22, 30, 38, 45, 51.8, 8.33, 68.5], [9]),
        ([4, 9, 15, 22, 30, 38, 45, 51.8, 8.33], [9]),
        ([4, 9, 15, 22, 30, 38, 45, 51.8, 20.0, 24.0, 27.0], [9]),
        ([4, 9, 15, 22, 30, 28, 33], []),
        ([0, 0, 5, 9], []),
    ],
    ids=["a-slip", "the-slip-as-the-latest", "a-correction-goes-on-from-there", "a-small-revision", "from-nothing"],
)
def test_a_year_to_date_that_falls_by_half_is_held_back_and_the_month_after_is_not_judged_by_it(
    figures: list[float], held: list[int]
) -> None:
    rows = [["t", "city", f"2024-{m:02}", float(v), TO_DATE] for m, v in enumerate(figures, start=1)]
    observations = pd.DataFrame(rows, columns=COLUMNS).assign(unit_of_measure="")
    series = target_table(RESOLUTION, (target(">= 95", measure="flow"),), (CITY,))
    history = lay_out(observations, series, RESOLUTION.first, 10.0)
    assert (np.flatnonzero(history.held_back[0]) + 1).tolist() == held


def test_a_month_of_its_own_out_of_all_proportion_is_in_no_sum() -> None:
    rows = [["t", "city", f"2024-{m:02}", v, ALONE] for m, v in enumerate([100.0, 98.0, 99_000.0, 101.0], start=1)]
    observations = pd.DataFrame(rows, columns=COLUMNS).assign(unit_of_measure="")
    series = target_table(RESOLUTION, (target(">= 1200", measure="flow"),), (CITY,))
    history = lay_out(observations, series, RESOLUTION.first, 10.0)
    np.testing.assert_allclose(history.values[0, history.year][:4], [100, 198, np.nan, 299])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 50), st.booleans()), min_size=12, max_size=12))
def test_a_year_told_in_whatever_way_adds_up_to_the_same(months: list[tuple[float, bool]]) -> None:
    running = np.cumsum([value for value, _ in months])
    rows = [
        ["t", "city", f"2024-{m:02}", value if alone else running[m - 1], ALONE if alone else TO_DATE]
        for m, (value, alone) in enumerate(months, start=1)
    ]
    observations = pd.DataFrame(rows, columns=COLUMNS).astype({"value": float}).assign(unit_of_measure="")
    series = target_table(RESOLUTION, (target(">= 100", measure="flow"),), (CITY,))
    history = lay_out(observations, series, RESOLUTION.first, 1e9)
    np.testing.assert_allclose(history.reported[0, history.year], running, atol=1e-9)


@pytest.mark.parametrize(
    ("last", "expected", "status"),
    [(6, "2024-06", "on_track"), (5, "2024-06", "on_track"), (4, "2024-06", "on_track"), (3, "2024-06", "at_risk")],
    ids=["all-there", "one-missing", "two-missing", "silent-for-three"],
)
def test_what_has_long_not_been_heard_of_is_never_on_track(last: int, expected: str, status: str) -> None:
    past = {f"{y}-{m:02}": 8.5 * m for y in (2022, 2023) for m in range(1, 13)}
    figures = past | {f"2024-{m:02}": 9.0 * m for m in range(1, last + 1)}
    row = assessed(target(measure="flow"), figures, expected)
    assert row["status"] == status
    assert (row["because"] == Because.UNHEARD) is (status == "at_risk")


def test_a_task_that_is_done_owes_no_further_report() -> None:
    row = assessed(target(">= 1", measure="milestone", whole_numbers=True), year([0.0, 0.0, 1.0]), "2024-09")
    assert (row["status"], row["overdue"]) == (Status.MET, 0)


@pytest.mark.parametrize(
    ("months", "lacking"),
    [
        ({"2024-01": 10, "2024-02": 10, "2024-03": 10}, 0),
        ({"2024-01": 10, "2024-03": 10}, 1),
        ({"2024-04": 10}, 3),
    ],
    ids=["all told", "a month in between", "none before"],
)
def test_a_sum_of_single_months_says_which_nobody_reported(months: dict[str, float], lacking: int) -> None:
    of = target(">= 120", measure="flow")
    rows = [["t", "city", month, value, "per-period"] for month, value in months.items()]
    known = pd.DataFrame(rows, columns=["target", "unit", "period", "value", "basis"]).assign(unit_of_measure="")
    series = target_table(RESOLUTION, (of,), (CITY,))
    expected = pd.Series({"t": pd.Period("2024-04", freq="M")})
    assert assess(known.astype({"value": float}), series, RESOLUTION, Thresholds(), expected)["lacking"].tolist() == [
        lacking
    ]
