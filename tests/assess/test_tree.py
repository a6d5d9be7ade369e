"""Figures go up a tree of units step by step, and units that are no more hand on their history."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.assess import assess
from monitor.assess.history import lay_out
from monitor.assess.succession import carried_on
from monitor.model.assessment import Thresholds
from monitor.model.comparator import Bound, Comparator
from monitor.model.plan import Figure
from monitor.model.resolution import Period, Resolution
from monitor.model.series import Followed
from monitor.model.target import Target
from monitor.model.unit import Unit

YEAR = Resolution(
    id="nq",
    number="1/NQ",
    title="",
    body="",
    adopted=date(2023, 12, 1),
    period=Period(start=date(2024, 1, 1), end=date(2024, 12, 31)),
)
UNITS = tuple(
    Unit.model_validate({"name": each["id"], **each})
    for each in (
        {"id": "tinh", "kind": "province"},
        {"id": "huyen-1", "kind": "district", "parent": "tinh"},
        {"id": "huyen-2", "kind": "district", "parent": "tinh"},
        {"id": "xa-1", "kind": "commune", "parent": "huyen-1", "weights": {"ho": 300}},
        {"id": "xa-2", "kind": "commune", "parent": "huyen-1", "weights": {"ho": 100}},
        {"id": "xa-3", "kind": "commune", "parent": "huyen-2", "weights": {"ho": 600}},
    )
)
# Two communes became one in May, by a resolution of January.
MERGED = (
    UNITS[0],
    *(Unit.model_validate({**u.model_dump(), "until": "2024-04-30"}) for u in UNITS[3:5]),
    UNITS[5],
    UNITS[1],
    UNITS[2],
    Unit.model_validate(
        {
            **{"id": "xa-moi", "name": "Xã Mới", "kind": "commune", "parent": "huyen-1", "weights": {"ho": 400}},
            **{"since": "2024-05-01", "succeeds": ["xa-1", "xa-2"]},
        }
    ),
)


def target(roll_up: str, **changes: object) -> Target:
    return Target.model_validate(
        {
            **{
                "id": "t",
                "name": "T",
                "source": {"article": "", "item": "", "printed": "90"},
                "unit_of_measure": "căn",
            },
            **{"target": ">= 90", "measure": "flow", "owner": "tinh", "group": "g"},
            "breakdown": {"units": "commune", "roll_up": roll_up, "weight": "ho"},
            **changes,
        }
    )


def reports(figures: dict[str, dict[str, float]]) -> pd.DataFrame:
    rows = [
        ("t", unit, period, value, "", "year-to-date") for unit, of in figures.items() for period, value in of.items()
    ]
    told = pd.DataFrame(rows, columns=["target", "unit", "period", "value", "unit_of_measure", "basis"])
    # As a database gives them: with categories of all that there are.
    for name in ("target", "unit", "period", "unit_of_measure", "basis"):
        told[name] = pd.Categorical(told[name], [*dict.fromkeys(told[name]), f"another {name}"])
    return told


def rolled_up(
    of: Target, figures: dict[str, float], units: tuple[Unit, ...] = UNITS, spoken_of: tuple[str, ...] = ()
) -> dict[str, float]:
    """`spoken_of`: the units to which a table of the plan gives figures."""
    bound, day = Bound(Comparator.AT_LEAST, 40), YEAR.period.start
    given = tuple(Figure("t", unit, bound, day, day, YEAR.number, "plan.csv:2") for unit in spoken_of)
    series = Followed(YEAR, (of,), units, given).table(date(2024, 6, 30))
    history = lay_out(reports({u: {"2024-06": v} for u, v in figures.items()}), series, YEAR.first, 1e9)
    return dict(zip(series.index.get_level_values("unit"), history.values[:, 5].tolist(), strict=True))


def test_sums_are_made_at_each_step() -> None:
    made = rolled_up(target("sum"), {"xa-1": 10, "xa-2": 20, "xa-3": 40})
    assert (made["huyen-1"], made["huyen-2"], made["tinh"]) == (30, 40, 70)


def test_a_step_s_own_report_stands_before_what_its_parts_make() -> None:
    made = rolled_up(target("sum"), {"xa-1": 10, "xa-2": 20, "huyen-2": 45})
    assert (made["huyen-2"], made["tinh"]) == (45, 75)


def test_a_part_without_a_figure_leaves_all_above_it_without_one() -> None:
    made = rolled_up(target("sum"), {"xa-1": 10, "xa-3": 40})
    assert np.isnan(made["huyen-1"])
    assert np.isnan(made["tinh"])


def test_parts_that_are_not_rolled_up_stand_by_themselves() -> None:
    made = rolled_up(target("none"), {"xa-1": 10, "xa-2": 20, "xa-3": 40})
    assert np.isnan(made["tinh"])
    # Nobody reports for those between.
    assert set(made) == {"tinh", "xa-1", "xa-2", "xa-3"}


BY_TABLE = {"breakdown": {"units": "commune", "roll_up": "mean"}, "measure": "level", "domain": (0, 100)}
REPORTED = {"huyen-1": 50.0, "huyen-2": 70.0, "xa-1": 10.0, "xa-2": 20.0, "xa-3": 40.0}


@pytest.mark.parametrize(
    ("spoken_of", "made"),
    [
        # The districts between, to which it gives none, are passed over.
        (("xa-1", "xa-2", "xa-3"), (10 + 20 + 40) / 3),
        (("xa-1", "xa-3"), (10 + 40) / 2),
        (("xa-2",), 20),
        (("huyen-1", "huyen-2"), (50 + 70) / 2),
        (("huyen-1", "xa-1"), 50),
        (("huyen-1", "xa-1", "xa-3"), (50 + 40) / 2),
    ],
)
def test_whom_a_table_gives_a_figure_is_followed_and_the_whole_is_made_of_them(
    spoken_of: tuple[str, ...], made: float
) -> None:
    found = rolled_up(target("mean", **BY_TABLE), REPORTED, spoken_of=spoken_of)
    assert found == pytest.approx({"tinh": made, **{unit: REPORTED[unit] for unit in spoken_of}})


@settings(deadline=None)
@given(
    values=st.lists(st.floats(1, 100), min_size=3, max_size=3),
    weights=st.lists(st.integers(1, 1000), min_size=3, max_size=3),
)
def test_a_mean_of_means_is_the_mean_of_all(values: list[float], weights: list[int]) -> None:
    units = tuple(
        u if not u.weights else u.model_copy(update={"weights": {"ho": {0: float(w)}}})
        for u, w in zip(UNITS, [1, 1, 1, *weights], strict=True)
    )
    of = target("mean", measure="level", domain=(0, 100))
    made = rolled_up(of, dict(zip(("xa-1", "xa-2", "xa-3"), values, strict=True)), units)
    assert made["tinh"] == pytest.approx(np.average(values, weights=weights), rel=1e-9)


@pytest.mark.parametrize(
    ("of", "made"),
    [(target("sum"), 30.0), (target("mean", measure="level", domain=(0, 100)), (300 * 10 + 100 * 20) / 400)],
    ids=["added", "averaged"],
)
def test_a_merged_unit_goes_on_with_the_history_of_those_before_it(of: Target, made: float) -> None:
    followed = Followed(YEAR, (of,), MERGED)
    known = reports({"xa-1": {"2024-03": 10, "2024-04": 11}, "xa-2": {"2024-03": 20}, "xa-moi": {"2024-05": 50}})
    found = carried_on(known, followed.successions).query("unit == 'xa-moi'").set_index("period")["value"]
    assert found.to_dict() == pytest.approx({"2024-03": made, "2024-05": 50.0})


def test_an_heir_of_an_heir_goes_on_with_the_history_of_both() -> None:
    units = tuple(
        Unit.model_validate({"name": each["id"], "kind": "commune", **each})
        for each in (
            {"id": "tinh", "kind": "province"},
            {"id": "a", "until": "2024-03-31"},
            {"id": "b", "since": "2024-04-01", "until": "2024-05-31", "succeeds": ["a"]},
            {"id": "c", "since": "2024-06-01", "succeeds": ["b"]},
        )
    )
    told = reports({"a": {"2023-12": 7.0, "2024-02": 1.0}, "b": {"2024-04": 2.0}, "c": {"2024-06": 3.0}})
    followed = Followed(YEAR, (target("sum", breakdown={"units": "commune", "roll_up": "sum"}),), units)
    made = carried_on(told, followed.successions).set_index(["unit", "period"])["value"]
    assert made["c"].to_dict() == {"2024-06": 3.0, "2024-04": 2.0, "2023-12": 7.0, "2024-02": 1.0}


def test_a_split_unit_s_figures_are_shared() -> None:
    units = (
        *UNITS[:2],
        *(Unit.model_validate({**UNITS[3].model_dump(), "until": "2023-12-31"}),),
        *(
            Unit.model_validate(
                {
                    **{"id": name, "name": name, "kind": "commune", "parent": "huyen-1", "weights": {"ho": 100}},
                    **{"since": "2024-01-01", "succeeds": [{"unit": "xa-1", "share": share}]},
                }
            )
            for name, share in (("bac", 0.25), ("nam", 0.75))
        ),
    )
    found = carried_on(reports({"xa-1": {"2023-12": 40.0}}), Followed(YEAR, (target("sum"),), units).successions)
    assert found.set_index("unit")["value"].to_dict() == {"xa-1": 40.0, "bac": 10.0, "nam": 30.0}


# a and b, and 0.4 of c, became m; the rest of c and d became n.
PARTED = tuple(
    Unit.model_validate({"name": each["id"], "kind": "commune", "parent": "tinh", **each})
    for each in (
        {"id": "tinh", "kind": "province", "parent": None},
        *(
            {"id": name, "until": "2024-06-30", "weights": {"ho": weight}}
            for name, weight in (("a", 100), ("b", 200), ("c", 300), ("d", 150))
        ),
        {"id": "e", "weights": {"ho": 250}},
        {"id": "m", "since": "2024-07-01", "succeeds": ["a", "b", {"unit": "c", "share": 0.4}], "weights": {"ho": 420}},
        {"id": "n", "since": "2024-07-01", "succeeds": [{"unit": "c", "share": 0.6}, "d"], "weights": {"ho": 330}},
    )
)


def test_of_a_parted_unit_an_average_takes_the_part_and_the_whole_stays_what_it_was() -> None:
    of, before = target("mean", measure="level"), {"a": 80.0, "b": 85.0, "c": 90.0, "d": 95.0, "e": 100.0}
    followed = Followed(YEAR, (of,), PARTED)
    told = reports({name: {"2024-05": value} for name, value in before.items()})
    made = carried_on(told.assign(basis=""), followed.successions).set_index("unit")["value"]
    assert made[["m", "n"]].tolist() == pytest.approx([(8000 + 17000 + 10800) / 420, (16200 + 14250) / 330])
    weights = followed.table(date(2024, 7, 1)).loc["t", "weight"]
    assert float((made[["m", "n", "e"]] * weights[["m", "n", "e"]]).sum()) == pytest.approx(91.25)
    alike = Followed(
        YEAR, (target("mean", measure="level", breakdown={"units": "commune", "roll_up": "mean"}),), PARTED
    )
    made = carried_on(told.assign(basis=""), alike.successions).set_index("unit")["value"]
    assert made["m"] == pytest.approx((80 + 85 + 0.4 * 90) / 2.4)


@pytest.mark.parametrize(
    ("weight", "promised"),
    [
        ({"weight": "ho"}, {"m": (100 * 80 + 200 * 85 + 120 * 90) / 420, "n": (180 * 90 + 150 * 95) / 330}),
        ({}, {"m": 201 / 2.4}),
    ],
)
def test_so_does_a_plan(weight: dict[str, str], promised: dict[str, float]) -> None:
    of = target("mean", measure="level", precision=6, breakdown={"units": "commune", "roll_up": "mean", **weight})
    given = {"a": 80.0, "b": 85.0, "c": 90.0, "d": 95.0, "e": 100.0}
    figures = tuple(
        Figure("t", unit, Bound(Comparator.AT_LEAST, value), date.min, date.min, "1/NQ", "plan.csv:2")
        for unit, value in given.items()
    )
    plan = Followed(YEAR, (of,), PARTED, figures).table(date(2024, 7, 1)).loc["t", "value"]
    assert {unit: plan[unit] for unit in promised} == pytest.approx(promised)


def test_units_that_are_no_more_are_not_followed_and_their_successors_are() -> None:
    followed = Followed(YEAR, (target("sum"),), MERGED)
    of = {day: set(followed.table(day).index.get_level_values("unit")) for day in (date(2024, 4, 30), date(2024, 5, 1))}
    assert {"xa-1", "xa-2"} <= of[date(2024, 4, 30)]
    assert of[date(2024, 5, 1)] & {"xa-1", "xa-2", "xa-moi"} == {"xa-moi"}


@pytest.mark.parametrize(
    ("heirs", "above"),
    [
        ([], "tinh"),  # a district abolished
        ([("huyen-moi", "huyen-1")], "huyen-moi"),  # merged with another
        (
            [("huyen-bac", "huyen-1"), ("huyen-nam", "huyen-1")],
            "tinh",
        ),  # split in two: who has which commune is not said
    ],
    ids=["abolished", "merged", "split"],
)
def test_parts_of_a_unit_that_is_no_more_stand_under_what_took_over_from_it(
    heirs: list[tuple[str, str]], above: str
) -> None:
    born = [
        {"id": name, "name": name, "kind": "district", "parent": "tinh", "since": "2024-07-01", "succeeds": [before]}
        for name, before in heirs
    ]
    gone = Unit.model_validate({**UNITS[1].model_dump(), "until": "2024-06-30"})
    units = (UNITS[0], gone, *UNITS[2:], *(Unit.model_validate(each) for each in born))
    followed = Followed(YEAR, (target("sum"),), units)
    within = {day: followed.table(day)["within"].loc["t"].to_dict() for day in (date(2024, 6, 30), date(2024, 7, 1))}
    assert within[date(2024, 6, 30)]["xa-1"] == "huyen-1"
    assert "huyen-1" not in within[date(2024, 7, 1)]
    assert (within[date(2024, 7, 1)]["xa-1"], within[date(2024, 7, 1)]["xa-2"]) == (above, above)


def plan(value: float, since: date) -> Figure:
    return Figure("t", "tinh", Bound(Comparator.AT_LEAST, value), since, since, "2/NQ", "")


def judged(figures: tuple[Figure, ...], day: date, reported: dict[str, float]) -> pd.Series:
    of = target("sum", breakdown=None)
    followed = Followed(YEAR, (of,), UNITS[:1], figures)
    expected = pd.Series({"t": pd.Period(day, freq="M")})
    made = assess(
        reports({"tinh": reported}), followed.table(day), YEAR, Thresholds(), expected, followed.by_month(day)
    )
    return made.loc[("t", "tinh")]


EVENLY = {f"2024-{month:02}": 7.5 * month for month in range(1, 10)}


def test_a_plan_raised_in_mid_year_is_no_slowdown() -> None:
    raised = judged((plan(120, date(2024, 7, 1)),), date(2024, 9, 30), EVENLY)
    assert raised["worsening"] == 0
    assert (raised["was"], raised["document"]) == ("90", "2/NQ")
    assert raised["required"] == pytest.approx(120 * 9 / 12)


def test_a_month_before_the_plan_was_raised_is_held_against_the_plan_of_its_own() -> None:
    reported = {period: value for period, value in EVENLY.items() if period <= "2024-06"}
    assert judged((plan(120, date(2024, 7, 1)),), date(2024, 7, 10), reported)["deviation"] == pytest.approx(0)


@settings(deadline=None)
@given(day=st.dates(date(2024, 1, 31), date(2024, 8, 31)), value=st.floats(1, 1000))
def test_what_is_declared_for_later_changes_nothing_before(day: date, value: float) -> None:
    later = plan(value, date(2024, 9, 1))
    reported = {period: v for period, v in EVENLY.items() if period <= f"{day:%Y-%m}"}
    pd.testing.assert_series_equal(judged((later,), day, reported), judged((), day, reported))
