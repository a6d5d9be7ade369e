"""What is reckoned from reports: growth, reduction, average and share mean what an office means by them, of parts and of wholes."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from monitor.assess import assess
from monitor.model.assessment import Because, Thresholds
from monitor.model.comparator import parse_bound
from monitor.model.resolution import Period, Resolution
from monitor.model.series import target_table
from monitor.model.target import Target
from monitor.model.unit import Unit

WHOLE = Unit(id="tinh", name="Tỉnh", kind="province")
PARTS = tuple(Unit(id=name, name=name, kind="commune", parent="tinh") for name in ("xa-a", "xa-b"))
YEAR = Resolution(
    id="nq",
    number="1",
    title="t",
    body="b",
    adopted=date(2023, 12, 1),
    period=Period(start=date(2024, 1, 1), end=date(2024, 12, 31)),
)
SALES = {"measure": "flow", "unit_of_measure": "tỷ đồng"}
TRADE = {"measure": "growth", "unit_of_measure": "%", "of": SALES}
CREDIT = {"measure": "growth", "unit_of_measure": "%", "of": {"unit_of_measure": "tỷ đồng"}}
POOR = {"measure": "reduction", "unit_of_measure": "điểm %", "of": {"unit_of_measure": "%"}}
ACCIDENTS = {"measure": "reduction", "unit_of_measure": "%", "of": {"measure": "flow", "unit_of_measure": "vụ"}}
PRICES = {"measure": "average", "unit_of_measure": "%"}


def target(bound: str, **given: Any) -> Target:
    own = {
        "id": "t",
        "name": "T",
        "source": {"article": "1", "item": "1", "printed": bound},
        "target": parse_bound(bound),
    }
    return Target.model_validate({"owner": "o", "group": "g"} | own | given)


def assessed(
    of: list[Target], reports: dict[tuple[str, str], dict[str, float]], expected: str = "2024-12", units=(WHOLE,)
) -> pd.DataFrame:
    """The assessments of `reports`: (target, unit) -> month -> figure, flows as year to date."""
    units_of = {t.id: t.reported.unit_of_measure for t in of}
    rows = [
        (t, unit, month, value, units_of[t], "year-to-date")
        for (t, unit), own in reports.items()
        for month, value in own.items()
    ]
    observations = pd.DataFrame(rows, columns=["target", "unit", "period", "value", "unit_of_measure", "basis"])
    series = target_table(YEAR, of, units)
    wanted = pd.Series({t.id: pd.Period(expected, freq="M") for t in of})
    return assess(observations, series, YEAR, Thresholds(), wanted)


def to_date(year: int, total: float, months: int = 12) -> dict[str, float]:
    return {f"{year}-{month:02}": total * month / 12 for month in range(1, months + 1)}


CASES = [
    (
        "a total 9% above last year's has grown by 9%",
        target(">= 9", **TRADE),
        to_date(2023, 1000) | to_date(2024, 1090),
        9.0,
        "met",
    ),
    ("one 8,9% above it has not", target(">= 9", **TRADE), to_date(2023, 1000) | to_date(2024, 1089), 8.9, "missed"),
    (
        "credit is held against where the year before ended",
        target(">= 14", **CREDIT),
        {"2023-06": 900.0, "2023-12": 1000.0} | {f"2024-{m:02}": 1000.0 + 12 * m for m in range(1, 13)},
        14.4,
        "met",
    ),
    (
        "and against the same month where the file says so",
        target(">= 14", **CREDIT | {"of": {"unit_of_measure": "tỷ đồng", "against": "same-period"}}),
        {"2023-11": 500.0, "2023-12": 1000.0, "2024-11": 700.0, "2024-12": 1100.0},
        10.0,
        "missed",
    ),
    (
        "poverty that goes from 2,45% to 2,00% is less by 0,45 points",
        target(">= 0.45", **POOR),
        {"2023-12": 2.45, "2024-06": 2.3, "2024-12": 2.0},
        0.45,
        "met",
    ),
    (
        "a declared baseline stands where no history tells",
        target(">= 0.45", **POOR, baseline=2.45),
        {"2024-06": 2.3, "2024-12": 2.1},
        0.35,
        "missed",
    ),
    (
        "fewer accidents than last year are a reduction in hundredths of theirs",
        target(">= 5", **ACCIDENTS),
        to_date(2023, 200) | to_date(2024, 188),
        6.0,
        "met",
    ),
    (
        "prices on average are the mean of the months, not the last",
        target("<= 4", **PRICES),
        {f"2024-{m:02}": 3.0 if m <= 6 else 5.5 for m in range(1, 13)},
        4.25,
        "missed",
    ),
    (
        "figures in another size of their unit of measure are brought to it",
        target(">= 500", **TRADE | {"unit_of_measure": "triệu đồng"}),
        to_date(2023, 10) | to_date(2024, 11),
        1000.0,
        "met",
    ),
]


@pytest.mark.parametrize(
    ("of", "figures", "value", "status"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_reckoned_figure_is_what_an_office_means_by_it(
    of: Target, figures: dict[str, float], value: float, status: str
) -> None:
    row = assessed([of], {("t", "tinh"): figures}).iloc[0]
    assert row["value"] == pytest.approx(value, abs=1e-6)
    assert row["status"] == status
    assert row["measure"] == of.measure


def test_a_whole_grows_as_its_parts_together_do() -> None:
    of = target(">= 9", **TRADE, breakdown={"units": ["commune"], "roll_up": "sum"})
    reports = {
        ("t", "xa-a"): to_date(2023, 900) | to_date(2024, 990),
        ("t", "xa-b"): to_date(2023, 100) | to_date(2024, 150),
    }
    table = assessed([of], reports, units=(WHOLE, *PARTS)).droplevel("target")
    assert table["value"].to_dict() == pytest.approx({"tinh": 14.0, "xa-a": 10.0, "xa-b": 50.0})
    assert (table["floor"] == 9).all()


def test_a_share_is_one_targets_figure_in_anothers_unit_by_unit() -> None:
    plain = {"measure": "flow", "unit_of_measure": "tỷ đồng", "breakdown": {"units": ["commune"], "roll_up": "none"}}
    part, whole = target(">= 40", id="dich-vu", **plain), target(">= 100", id="tat-ca", **plain)
    of = target(
        ">= 40",
        measure="share",
        unit_of_measure="%",
        of={"part": "dich-vu", "whole": "tat-ca"},
        breakdown=plain["breakdown"],
    )
    reports = {(t, u): to_date(2024, v, 6) for (t, u), v in {
        ("dich-vu", "tinh"): 45.0, ("tat-ca", "tinh"): 100.0, ("dich-vu", "xa-a"): 9.0, ("tat-ca", "xa-a"): 30.0
    }.items()}  # fmt: skip
    values = assessed([part, whole, of], reports, "2024-06", (WHOLE, *PARTS))["value"]
    assert values[("t", "tinh")] == pytest.approx(45.0)
    assert values[("t", "xa-a")] == pytest.approx(30.0)
    assert np.isnan(values[("t", "xa-b")])


def test_a_growth_is_projected_with_the_season_of_what_is_reported() -> None:
    """Half of the year's sales come in December: a growth of 10% to date stays one."""
    share = np.array([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 11]).cumsum() / 22
    reports = {f"{y}-{m:02}": 1000 * 1.1 ** (y - 2019) * share[m - 1] for y in range(2019, 2025) for m in range(1, 13)}
    until = {month: value for month, value in reports.items() if month <= "2024-06"}
    row = assessed([target(">= 8", **TRADE)], {("t", "tinh"): until}, "2024-06").iloc[0]
    assert row["value"] == pytest.approx(10.0)
    assert row["low"] <= 10.0 <= row["high"]
    assert row["high"] - row["low"] < 6
    assert row["projection"] == pytest.approx(10.0, abs=1.5)
    assert row["probability"] > 0.7


def test_a_reduction_is_projected_the_lesser_end_first() -> None:
    reports = {f"{y}-{m:02}": 6.0 - (y - 2020) * 0.5 - m / 24 for y in range(2020, 2025) for m in range(1, 13)}
    until = {month: value for month, value in reports.items() if month <= "2024-06"}
    row = assessed([target(">= 0.4", **POOR)], {("t", "tinh"): until}, "2024-06").iloc[0]
    assert row["value"] == pytest.approx(0.25)
    assert row["low"] < row["projection"] < row["high"]
    assert row["low"] <= 0.5 <= row["high"]
    assert row["required"] == pytest.approx(0.2, abs=1e-6)


def rising(months: int) -> dict[str, float]:
    """Prices of single months: about 3% for years, 3.0 to 4.1 this one."""
    wave = [0.0, 0.2, -0.1, 0.3, -0.2, 0.1]
    past = {f"{y}-{m:02}": 3.0 + wave[(y * 12 + m) % 6] for y in range(2020, 2024) for m in range(1, 13)}
    return past | {f"2024-{m:02}": 3.0 + m / 10 for m in range(1, months + 1)}


def test_an_average_has_the_less_to_move_the_more_of_it_is_over() -> None:
    spans = []
    for months in (3, 6, 9, 11):
        row = assessed([target("<= 4", **PRICES)], {("t", "tinh"): rising(months)}, f"2024-{months:02}").iloc[0]
        assert row["low"] <= row["projection"] <= row["high"]
        spans.append(row["high"] - row["low"])
    assert spans == sorted(spans, reverse=True)
    assert spans[-1] < 0.1
    # Eleven months of 3.1 to 4.1 are 3.6 on average, and one more cannot carry them beyond 4.
    assert row["probability"] > 0.99


def exports(to_date: bool) -> dict[str, float]:
    """Two years of months that vary by a tenth: as a sum to date, or as an index of it on the year before; 114 in November."""
    grown = np.array([1.19, 1.08, 1.2, 1.1, 1.16, 1.05, 1.22, 1.12, 1.1, 1.2, 1.12])
    base = np.array([9.0, 8, 10, 10, 11, 10, 11, 12, 11, 12, 11, 12])
    grown *= 1.14 * base[:11].sum() / (grown * base[:11]).sum()
    past, now = np.cumsum(base), np.cumsum(grown * base[:11])
    if to_date:
        return {f"2023-{m + 1:02}": past[m] for m in range(12)} | {f"2024-{m + 1:02}": now[m] for m in range(11)}
    index = 106 + 5 * np.sin(np.arange(12)) / np.arange(1, 13)
    return {f"2023-{m + 1:02}": index[m] for m in range(12)} | {
        f"2024-{m + 1:02}": 100 * now[m] / past[m] for m in range(11)
    }


@pytest.mark.parametrize(
    ("of", "figures"),
    [
        (target(">= 6", **TRADE), exports(to_date=True)),
        (target(">= 106", **PRICES, of={"basis": "year-to-date"}, domain=(0, 300)), exports(to_date=False)),
        (target(">= 106", measure="level", unit_of_measure="%", domain=(0, 300)), exports(to_date=False)),
    ],
    ids=["a growth of sums", "an average to date", "a level"],
)
def test_exports_at_114_in_november_are_all_but_certain_of_106(of: Target, figures: dict[str, float]) -> None:
    row = assessed([of], {("t", "tinh"): figures}, "2024-11").iloc[0]
    assert row["probability"] > 0.98
    assert row["high"] - row["low"] < 6


def test_averages_published_to_date_say_what_their_single_months_say() -> None:
    single = rising(9)
    to_date: dict[str, float] = {}
    for month in single:
        so_far = [value for other, value in single.items() if other[:4] == month[:4] and other <= month]
        to_date[month] = float(np.mean(so_far))
    published = target("<= 4", **PRICES | {"of": {"basis": "year-to-date"}})
    one = assessed([target("<= 4", **PRICES)], {("t", "tinh"): single}, "2024-09").iloc[0]
    other = assessed([published], {("t", "tinh"): to_date}, "2024-09").iloc[0]
    figures = ["value", "projection", "low", "high", "probability", "required"]
    np.testing.assert_allclose(one[figures].astype(float), other[figures].astype(float), atol=1e-6)


def test_figures_without_a_base_are_no_silence_and_no_verdict() -> None:
    row = assessed([target(">= 9", **TRADE)], {("t", "tinh"): to_date(2024, 1000, 6)}, "2024-06").iloc[0]
    assert (row["status"], row["because"], row["overdue"]) == ("no_data", Because.UNRECKONED, 0)


def test_a_slip_among_reports_is_held_back_before_anything_is_reckoned_from_it() -> None:
    reports = to_date(2023, 1200) | to_date(2024, 1320)
    reports["2024-11"] /= 1000
    row = assessed(
        [target(">= 9", **TRADE)], {("t", "tinh"): {k: v for k, v in reports.items() if k <= "2024-11"}}, "2024-11"
    ).iloc[0]
    assert row["implausible"]
    assert row["value"] == pytest.approx(10.0)
    assert row["period"] == "2024-10"


@given(
    last=st.lists(st.floats(1, 1e6), min_size=12, max_size=12),
    now=st.lists(st.floats(1, 1e6), min_size=1, max_size=12),
    times=st.sampled_from([1e-3, 1.0, 1e3]),
)
@settings(max_examples=60, deadline=None)
def test_growth_is_the_same_in_any_unit_of_money(last: list[float], now: list[float], times: float) -> None:
    def rows(factor: float) -> pd.Series:
        figures = {f"2023-{m:02}": v * factor for m, v in enumerate(np.cumsum(last), 1)}
        figures |= {f"2024-{m:02}": v * factor for m, v in enumerate(np.cumsum(now), 1)}
        row = assessed([target(">= 5", **TRADE)], {("t", "tinh"): figures}, f"2024-{len(now):02}").iloc[0]
        return row[["value", "status", "projection"]]

    one, other = rows(1.0), rows(times)
    assert one["status"] == other["status"]
    np.testing.assert_allclose(
        one[["value", "projection"]].astype(float), other[["value", "projection"]].astype(float), rtol=1e-6, atol=1e-3
    )


REFUSED = [
    ({"measure": "level", "of": SALES}, "of belongs to"),
    ({"measure": "growth", "unit_of_measure": "%"}, "a growth needs, under of"),
    ({"measure": "reduction", "unit_of_measure": "%", "of": {"unit_of_measure": "%"}}, 'is in "điểm %"'),
    ({"measure": "growth", "unit_of_measure": "người", "of": SALES}, 'is in "tỷ đồng"'),
    (
        {"measure": "growth", "unit_of_measure": "%", "of": SALES | {"against": "year-end"}},
        "held against the same period",
    ),
    ({"measure": "average", "unit_of_measure": "%", "of": SALES}, "an average is of levels"),
    ({"measure": "share", "unit_of_measure": "%", "of": {"part": "a"}}, "a share needs, under of"),
    ({"measure": "growth", "unit_of_measure": "%", "of": SALES | {"part": "a"}}, "belong to a share"),
    (TRADE | {"of": SALES | {"basis": "year-to-date"}}, "basis belongs to an average"),
    (TRADE | {"whole_numbers": True}, "whole_numbers belongs to what is counted"),
]


@pytest.mark.parametrize(("given", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_what_cannot_be_reckoned_is_refused_with_what_it_lacks(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        target(">= 9", **{"unit_of_measure": "%"} | given)
    error = refused.value.errors()[0]["ctx"]["error"]
    assert said in str(error)
