"""Past plans and siblings: what they change in a projection, and what they never do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.assess import assess
from monitor.assess.plans import joined
from monitor.backtest.protocol import Instances, asked, planned, read_series
from monitor.backtest.run import ask
from monitor.model.assessment import Because, Errors, Thresholds
from monitor.model.comparator import parse_bound
from monitor.model.problem import Problems
from monitor.model.resolution import Period, Resolution
from monitor.model.series import target_table
from monitor.model.target import Source, Target
from monitor.model.unit import Unit

CITY = Unit(id="city", name="City", kind="city")
WARDS = [Unit(id=f"ward-{n}", name=f"Ward {n}", kind="ward", weights={"people": 1}) for n in range(1, 5)]
RESOLUTION = Resolution(
    id="nq",
    number="1",
    title="t",
    body="b",
    adopted=date(2023, 12, 1),
    period=Period(start=date(2024, 1, 1), end=date(2024, 12, 31)),
)
EVEN = np.arange(1, 13) / 12


def target(bound: str, **changes: Any) -> Target:
    given: dict[str, Any] = {
        "id": "t", "name": "T", "source": Source(article="", item="", printed=bound), "unit_of_measure": "x",
        "target": parse_bound(bound), "measure": "flow", "owner": "o", "group": "g",
    }  # fmt: skip
    return Target.model_validate(given | changes)


def assessed(
    of: Target, figures: dict[tuple[str, int], np.ndarray], plans: dict[tuple[str, int], float], until: int = 6
) -> pd.DataFrame:
    """The assessments of a target by unit, of figures and plans by (unit, year); of 2024 the months up to `until`."""
    rows = [
        [of.id, unit, f"{year}-{month:02}", float(value), "year-to-date", ""]
        for (unit, year), values in figures.items()
        for month, value in enumerate(values[: until if year == 2024 else 12], start=1)
    ]
    columns = ["target", "unit", "period", "value", "basis", "unit_of_measure"]
    told = [[of.id, unit, f"{year}-{m:02}", value] for (unit, year), value in plans.items() for m in range(1, 13)]
    series = target_table(RESOLUTION, (of,), (CITY, *WARDS))
    expected = pd.Series({of.id: pd.Period(f"2024-{until:02}", freq="M")})
    table = pd.DataFrame(told, columns=["target", "unit", "period", "value"])
    observations = pd.DataFrame(rows, columns=columns)
    return assess(observations, series, RESOLUTION, Thresholds(), expected, plans=table).droplevel("target")


def years_of(share: float) -> tuple[dict[tuple[str, int], np.ndarray], dict[tuple[str, int], float]]:
    """Three years that came to `share` of plans of 100, evenly, and one that goes as if to come to 100."""
    figures = {("city", y): 100 * share * EVEN * grown for y, grown in ((2021, 0.8), (2022, 0.9), (2023, 1.0))}
    plans = {("city", 2021): 80.0, ("city", 2022): 90.0, ("city", 2023): 100.0}
    return figures, plans


def test_a_plan_that_was_missed_each_year_is_not_read_as_if_it_would_be_met() -> None:
    figures, plans = years_of(0.75)
    figures |= {("city", 2024): 110 * EVEN}
    with_plans, without = assessed(target(">= 110"), figures, plans), assessed(target(">= 110"), figures, {})
    assert with_plans.loc["city", "probability"] < without.loc["city", "probability"]
    assert with_plans.loc["city", ["plan_years", "fulfilment"]].tolist() == [3, pytest.approx(0.75)]
    assert (with_plans.loc["city", "errors"], without.loc["city", "errors"]) == (Errors.PLANS, Errors.METHOD)


def test_a_plan_that_was_exceeded_each_year_is_no_danger() -> None:
    figures, plans = years_of(1.2)
    figures |= {("city", 2024): 104 * EVEN}
    with_plans, without = assessed(target(">= 110"), figures, plans), assessed(target(">= 110"), figures, {})
    assert with_plans.loc["city", "probability"] > without.loc["city", "probability"]


def test_on_its_path_as_every_year_and_every_year_short_is_said() -> None:
    early = np.array([12.0, 20, 28, 36, 44, 51, 58, 64, 69, 73, 77, 80]) / 80
    figures = {("city", y): 80 * (1.05 ** (y - 2021)) * early for y in (2021, 2022, 2023)}
    plans = {("city", y): 100 * 1.05 ** (y - 2021) for y in (2021, 2022, 2023)}
    of, now = target(">= 95"), {("city", 2024): 96 * early}
    assert assessed(of, figures | now, plans).loc["city", "because"] == Because.AS_EVER
    assert assessed(of, figures | now, {}).loc["city", "because"] != Because.AS_EVER


def test_a_unit_without_a_year_of_its_own_stands_on_its_siblings() -> None:
    of = target(">= 400", breakdown={"roll_up": "sum", "weight": "people"})
    figures = {(f"ward-{n}", 2023): 70 * EVEN for n in (1, 2, 3)} | {(w.id, 2024): 100 * EVEN for w in WARDS}
    plans = {(f"ward-{n}", 2023): 100.0 for n in (1, 2, 3)}
    new = assessed(of, figures, plans).loc["ward-4"]
    alone = assessed(of, figures, {}).loc["ward-4"]
    assert new["plan_years"] == 0
    assert new["projection"] < alone["projection"]


def written(path: Path, rng: np.random.Generator, units: int = 6, years: int = 4) -> None:
    """Invented plans and what came of them, in two groups."""
    rows = ["series,period,value,plan,group,kind"]
    for unit in range(units):
        usual = rng.uniform(0.7, 1.05)
        for year in range(2010 + unit % 2, 2010 + years):
            plan, end = 100 * 1.1 ** (year - 2010), usual * rng.lognormal(0, 0.08)
            for month in range(1, 13):
                value = plan * end / 12 * rng.lognormal(0, 0.2)
                rows.append(
                    f"u{unit},{year}-{month:02},{value:.3f},{plan * (1.1 if month > 8 else 1):.2f},{'ab'[unit % 2]},flow"
                )
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Instances:
    path = tmp_path_factory.mktemp("plans") / "plans.csv"
    written(path, np.random.default_rng(3))
    return asked(read_series(path))


def answers(of: Instances) -> pd.DataFrame:
    return ask(of, Thresholds(), lambda *_: None, share=0.95)


def test_every_complete_year_with_a_plan_is_asked_about_as_its_kind(invented: Instances) -> None:
    told = answers(invented)
    assert len(told) == len(invented.year) * 11 == (3 * 4 + 3 * 3) * 11
    assert set(told["kind"]) == {"flow"}
    first = told[(told["series"] == "u0") & (told["year"] == 2010)].set_index("month")["target"]
    assert first[[1, 8, 9]].tolist() == pytest.approx([95.0, 95.0, 104.5])
    assert told[["probability", "projection", "low", "high"]].notna().all(axis=None)


def test_asked_at_some_months_alone_each_is_asked_for_the_plan_of_its_own(invented: Instances) -> None:
    some = ask(invented, Thresholds(), lambda *_: None, share=0.95, months=(3, 9))
    all_months = answers(invented)
    of_those = all_months[all_months["month"].isin((3, 9))].reset_index(drop=True)
    pd.testing.assert_frame_equal(some, of_those)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 11), st.integers(0, 2**32 - 1))
def test_nothing_of_later_months_enters_neither_the_unit_s_nor_its_siblings_nor_the_plan_s(
    invented: Instances, month: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    changed_year, changed_plan = invented.year.copy(), invented.plan.copy()
    changed_year[:, month:] *= rng.uniform(0.2, 5, changed_year[:, month:].shape)
    changed_plan[:, -1, month:] *= rng.uniform(0.2, 5, changed_plan[:, -1, month:].shape)
    other = replace(invented, year=changed_year, plan=changed_plan)
    seen, also = (
        table[table["month"] <= month].reset_index(drop=True) for table in (answers(invented), answers(other))
    )
    pd.testing.assert_frame_equal(seen, also)


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(21)))
def test_the_order_of_the_rows_decides_nothing(invented: Instances, order: list[int]) -> None:
    keys = ["series", "year", "month"]
    one, other = (answers(of).sort_values(keys).reset_index(drop=True) for of in (invented, invented[np.array(order)]))
    pd.testing.assert_frame_equal(one, other, rtol=1e-5)


def test_a_higher_plan_of_a_unit_is_never_likelier_to_be_met(invented: Instances) -> None:
    raised, of = invented.plan.copy(), np.isin(invented.series, ["u0", "u1"])
    chances = []
    for _ in range(4):
        told = answers(replace(invented, plan=raised.copy()))
        chances.append(told.loc[told["series"].isin(["u0", "u1"]), "probability"].to_numpy())
        raised[of, -1] *= 1.15
    assert all((later <= sooner + 1e-9).all() for sooner, later in pairwise(chances))


def together(moved: float, freak: float = 0.0, years: int = 3, units: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """What `joined` says of siblings that stand `moved` off where they usually stand by half of the year; one of them once ended
    `freak` off its plan.
    """
    rng, plan = np.random.default_rng(1), np.zeros((units, years + 1))
    ended = rng.normal(0, 0.03, (units, years))
    ended[0, 1] += freak
    stood = np.log(0.5) + np.concatenate([ended, np.full((units, 1), moved)], axis=1)
    of = (np.full(units, moved / 2), np.full(units, 0.03), stood, ended, plan)
    return joined(*of, np.full(units, np.nan), np.full(units, np.log(0.5)), np.zeros(units, dtype=np.int64), 5)[:2]


def test_a_common_bad_year_widens_the_interval_of_all_who_share_it_at_once() -> None:
    usual, bad = together(0.0), together(-0.4)
    assert (bad[1] > 1.5 * usual[1]).all()
    assert (bad[0] < usual[0]).all()


def test_one_freak_year_of_one_unit_does_not_widen_the_interval_of_all() -> None:
    usual, freak, twice = together(0.0), together(0.0, freak=0.3), together(0.0, freak=0.6)
    assert (freak[1][1:] < 1.5 * usual[1][1:]).all()
    assert (twice[1][1:] < 1.1 * freak[1][1:]).all()


def test_a_late_start_that_all_siblings_share_in_their_first_year_is_no_alarm() -> None:
    of = target(">= 400", breakdown={"roll_up": "sum", "weight": "people"})
    late = {(w.id, 2024): 100 * EVEN**2 * (0.5 if w.id == "ward-4" else 1.0) for w in WARDS}
    told = assessed(of, late, {})
    assert (told.loc[["ward-1", "ward-2", "ward-3"], "probability"] > told.loc["ward-4", "probability"]).all()
    alone = assessed(target(">= 100"), {("city", 2024): 100 * EVEN**2}, {})
    assert (told.loc[["ward-1", "ward-2", "ward-3"], "probability"] > 0.1).all()
    assert (alone["probability"].dropna() < 0.05).all()


def test_a_series_in_no_group_is_told_the_same_whoever_else_is_asked_about(invented: Instances) -> None:
    alone = replace(invented, group=np.full(len(invented.year), "", dtype=object))
    both, one = answers(alone), answers(alone[np.array([5])])
    same = both.merge(one[["series", "year", "kind", "month"]])
    np.testing.assert_allclose(same["probability"], one["probability"], rtol=1e-5)


@pytest.mark.parametrize(
    ("line", "told"),
    [("a,2020-01,1,x,g,flow", '"x" is not a figure'), ("a,2020-01,1,2,g,stock", 'kind "stock" is not one of')],
)
def test_a_plan_or_kind_that_cannot_be_read_is_told_with_its_place(tmp_path: Path, line: str, told: str) -> None:
    path = tmp_path / "plans.csv"
    path.write_text(f"series,period,value,plan,group,kind\n{line}\n", encoding="utf-8")
    with pytest.raises(Problems) as raised:
        read_series(path)
    assert [p.line for p in raised.value.problems] == [2]
    assert told.split('"')[1] in str(raised.value.problems[0].values)


def test_a_plan_holds_until_the_next_is_told(tmp_path: Path) -> None:
    rows = [f"a,2020-{m:02},1,{'' if m in (2, 3) else 10 * m},g,level" for m in range(1, 13)]
    path = tmp_path / "plans.csv"
    path.write_text("\n".join(["series,period,value,plan,group,kind", *rows]) + "\n", encoding="utf-8")
    made = planned(read_series(path))
    assert made.plan[0, -1, :4].tolist() == [10, 10, 10, 40]
