"""What each unit promises: the whole's own, a plan's figure for it, or its share of what the others leave."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.language import Language
from monitor.model.comparator import Bound, Comparator, keeps
from monitor.model.plan import Figure
from monitor.model.resolution import Period, Resolution
from monitor.model.series import Followed
from monitor.model.target import Target
from monitor.model.unit import Unit

DAY = date(2024, 1, 1)
YEAR = Resolution(
    id="nq",
    number="1/NQ",
    title="",
    body="",
    adopted=date(2023, 12, 1),
    period=Period(start=DAY, end=date(2024, 12, 31)),
)
# Two districts, three communes in each, and one beside them.
UNITS = tuple(
    Unit.model_validate({"name": each["id"], **each})
    for each in (
        {"id": "tinh", "kind": "province"},
        {"id": "h1", "kind": "district", "parent": "tinh"},
        {"id": "h2", "kind": "district", "parent": "tinh"},
        *(
            {"id": f"{h}x{n}", "kind": "commune", "parent": h, "weights": {"ho": 37.0 * n + ord(h[1])}}
            for h in ("h1", "h2")
            for n in (1, 2, 3)
        ),
        {"id": "x", "kind": "commune", "parent": "tinh", "weights": {"ho": 60}},
    )
)
PARTS = [unit.id for unit in UNITS[1:]]


@st.composite
def promises(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Bound]]:
    """A target's declaration without its id, and what a table gives to some units."""
    sign = draw(st.sampled_from([">=", ">", "<=", "<", "=", ".."]))
    value = round(1 + draw(st.integers(0, 20_000)) / draw(st.sampled_from([1, 1, 10, 100])), 2)
    bound = f"{value}..{value * 1.5}" if sign == ".." else f"{sign} {value}"
    added = draw(st.booleans())
    weight = {"weight": "ho"} if draw(st.booleans()) else {}
    declared: dict[str, Any] = {
        "target": bound,
        "measure": "flow" if added else "level",
        "whole_numbers": added and draw(st.booleans()),
        "breakdown": {"units": "commune", "roll_up": "sum" if added else "mean", **weight},
    }
    units = draw(st.lists(st.sampled_from(PARTS), unique=True, max_size=4))
    own = {unit: max(1.0, draw(st.floats(0, 3)) * value / 4) for unit in units}
    comparator = next(each for each in Comparator if each.value == sign)
    return declared, {
        unit: Bound(comparator, round(each, 2), round(each * 1.5, 2) if sign == ".." else None)
        for unit, each in own.items()
    }


def target(name: str, declared: dict[str, Any]) -> Target:
    source = {"article": "", "item": "", "printed": declared["target"]}
    return Target.model_validate(
        {"id": name, "name": name, "source": source, "unit_of_measure": "căn", "owner": "o", "group": "g", **declared}
    )


def table(**of: tuple[dict[str, Any], dict[str, Bound]]) -> pd.DataFrame:
    figures = tuple(
        Figure(name, unit, bound, DAY, DAY, "1/NQ", "plan.csv:2")
        for name, (_, own) in of.items()
        for unit, bound in own.items()
    )
    targets = tuple(target(name, declared) for name, (declared, _) in of.items())
    return Followed(YEAR, targets, UNITS, figures).table(DAY)


@settings(deadline=None)
@given(promises(), promises(), promises())
def test_what_one_target_promises_says_nothing_of_another(a: Any, b: Any, c: Any) -> None:
    together = table(a=a, b=b, c=c)
    for name, of in (("a", a), ("b", b), ("c", c)):
        alone = table(**{name: of})
        pd.testing.assert_frame_equal(together.loc[[name]], alone)


@settings(deadline=None)
@given(promises())
def test_no_unit_has_a_bound_that_the_whole_has_not_nor_one_that_cannot_be_kept(of: Any) -> None:
    made = table(t=of)
    assert np.isfinite(made["floor"]).eq(math.isfinite(made.loc[("t", "tinh"), "floor"])).all()
    assert np.isfinite(made["ceiling"]).eq(math.isfinite(made.loc[("t", "tinh"), "ceiling"])).all()
    assert (made["floor"] <= made["ceiling"]).all()


@settings(deadline=None)
@given(promises().filter(lambda of: of[0]["target"][:2] in (">=", "<=", "= ")))
def test_a_figure_that_reads_like_a_promise_keeps_it(of: Any) -> None:
    declared, own = of
    printed = Language("vi").number(float(declared["target"].split()[-1]), "căn", 2)
    made = table(t=({**declared, "source": {"article": "", "item": "", "printed": printed}}, own))
    for row in made.itertuples():
        figure = re.sub("[^0-9,]", "", row.printed).replace(",", ".")
        assert keeps(float(figure), row.floor, row.ceiling, row.strict, row.digits), row


@pytest.mark.parametrize(("edge", "printed"), [(None, "270–300 căn"), ("floor", "270 căn"), ("ceiling", "≤300 căn")])
def test_of_a_range_a_unit_is_told_what_of_it_is_the_promise(edge: str | None, printed: str) -> None:
    declared = {
        "target": "900 .. 1000",
        "edge": edge,
        "measure": "flow",
        "whole_numbers": True,
        "breakdown": {"units": "commune", "roll_up": "sum", "weight": "ho"},
    }
    units = [{"id": "tinh", "kind": "province"}]
    units += [
        {"id": f"x{n}", "kind": "commune", "parent": "tinh", "weights": {"ho": ho}} for n, ho in enumerate((30, 70))
    ]
    there = tuple(Unit.model_validate({"name": each["id"], **each}) for each in units)
    made = Followed(YEAR, (target("t", declared),), there).table(DAY)
    assert made.loc[("t", "x0"), "printed"] == printed


def least(row: Any) -> float:
    """The least count that keeps a promise."""
    return math.floor(row.floor) + 1 if row.strict else math.ceil(row.floor)


def most(row: Any) -> float:
    """The greatest."""
    return math.ceil(row.ceiling) - 1 if row.strict else math.floor(row.ceiling)


@settings(deadline=None)
@given(promises().filter(lambda of: of[0]["whole_numbers"] and "weight" in of[0]["breakdown"]))
def test_counts_of_parts_add_up_to_the_whole_s_whatever_a_table_gives_some_of_them(of: Any) -> None:
    made, given_ = table(t=of).loc["t"], set(of[1])
    for above in ("tinh", "h1", "h2"):
        parts = made[made["within"] == above]
        if given_.issuperset(parts.index):
            continue
        ends = {"floor": least, "ceiling": most}
        if np.isfinite(made.loc[above, ["floor", "ceiling"]].astype(float)).all():
            # Between two ends that no count keeps, or that others leave nothing between, the least stands.
            del ends["ceiling"]
        for end, counted in ends.items():
            if not math.isfinite(made.loc[above, end]):
                continue
            told = [counted(row) for row in parts.itertuples()]
            free = sum(count for count, unit in zip(told, parts.index, strict=True) if unit not in given_)
            assert free == max(counted(made.loc[above]) - (sum(told) - free), 0)


# a and b became m in July, and m and c n in October; d and e were parted.
MERGED = tuple(
    Unit.model_validate({"name": each["id"], "kind": "commune", "parent": "tinh", **each})
    for each in (
        {"id": "tinh", "kind": "province", "parent": None},
        {"id": "a", "until": "2024-06-30", "weights": {"ho": 300}},
        {"id": "b", "until": "2024-06-30", "weights": {"ho": 100}},
        {"id": "c", "until": "2024-09-30", "weights": {"ho": 100}},
        {"id": "d", "until": "2024-06-30", "weights": {"ho": 100}},
        {"id": "m", "since": "2024-07-01", "until": "2024-09-30", "succeeds": ["a", "b"], "weights": {"ho": 400}},
        {"id": "n", "since": "2024-10-01", "succeeds": ["m", "c"], "weights": {"ho": 500}},
        {"id": "d1", "since": "2024-07-01", "succeeds": [{"unit": "d", "share": 0.25}], "weights": {"ho": 25}},
        {"id": "d2", "since": "2024-07-01", "succeeds": [{"unit": "d", "share": 0.75}], "weights": {"ho": 75}},
        {"id": "e", "until": "2024-06-30", "weights": {"ho": 100}},
        {"id": "e1", "since": "2024-07-01", "succeeds": [{"unit": "e", "share": 0.3}], "weights": {"ho": 30}},
        {"id": "e2", "since": "2024-07-01", "succeeds": [{"unit": "e", "share": 0.7}], "weights": {"ho": 70}},
    )
)
GIVEN = {"a": 40, "b": 20, "c": 30, "d": 8}
ADDED = {"measure": "flow", "breakdown": {"units": "commune", "roll_up": "sum"}}
MEANT = {"measure": "level", "breakdown": {"units": "commune", "roll_up": "mean"}}


@pytest.mark.parametrize(
    ("declared", "given_", "day", "made"),
    [
        (ADDED, GIVEN, "2024-06-30", GIVEN),
        (ADDED, GIVEN, "2024-07-01", {"m": 60, "c": 30, "d1": 2, "d2": 6}),
        (ADDED, GIVEN, "2024-10-01", {"n": 90, "d1": 2, "d2": 6}),
        (MEANT, GIVEN, "2024-07-01", {"m": 30, "c": 30, "d1": 8, "d2": 8}),
        (
            {**MEANT, "breakdown": {"units": "commune", "roll_up": "mean", "weight": "ho"}},
            GIVEN,
            "2024-07-01",
            {"m": 35, "c": 30, "d1": 8, "d2": 8, "e1": 98, "e2": 98},
        ),
        # What it says of the heir itself stands before, and who has no figure hands on none.
        (ADDED, {**GIVEN, "m": 70}, "2024-07-01", {"m": 70, "c": 30, "d1": 2, "d2": 6}),
        (ADDED, {"a": 40, "c": 30}, "2024-07-01", {"c": 30}),
        # What is counted is parted as a whole: 1.5 and 3.5 of 5.
        ({**ADDED, "whole_numbers": True}, {"e": 5}, "2024-07-01", {"e1": 2, "e2": 3}),
    ],
)
def test_who_took_over_promises_what_the_plan_gave_those_before(
    declared: dict[str, Any], given_: dict[str, float], day: str, made: dict[str, float]
) -> None:
    of = target("t", {"target": ">= 98", **declared})
    bounds = {unit: Bound(Comparator.AT_LEAST, float(value)) for unit, value in given_.items()}
    figures = tuple(Figure("t", unit, bound, DAY, DAY, "1/NQ", "plan.csv:2") for unit, bound in bounds.items())
    rows = Followed(YEAR, (of,), MERGED, figures).table(date.fromisoformat(day)).loc["t"]
    assert rows["value"].drop("tinh").to_dict() == made
    assert set(rows["within"].drop("tinh")) == {"tinh"}
