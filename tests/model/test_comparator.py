"""One function says whether a value keeps a bound, to a declared precision; a whole is shared out so that the parts add up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.comparator import edges, keeper, keeps, parse_bound, rounded
from monitor.model.promises import shares
from monitor.model.target import Source, Target


def target(bound: str, printed: str = "", **changes: Any) -> Target:
    given: dict[str, Any] = {
        "id": "t", "name": "T", "source": Source(article="", item="", printed=printed), "unit_of_measure": "x",
        "target": parse_bound(bound), "measure": "level", "owner": "o", "group": "g",
    }  # fmt: skip
    return Target.model_validate(given | changes)


@pytest.mark.parametrize(
    ("of", "value", "kept"),
    [
        (target(">= 100"), 99.99999999999999, True),
        (target(">= 100"), 99.996, True),
        (target(">= 100"), 99.99, False),
        (target("<= 0.3"), 0.1 + 0.2, True),
        (target("<= 0.3"), 0.301, False),
        (target("< 9"), 9.0, False),
        (target("< 9"), 8.999999999999998, False),
        (target("< 9"), 8.99, True),
        (target("> 9"), 9.0, False),
        (target("> 9"), 9.000000000000002, False),
        (target("> 9"), 9.01, True),
        (target("<= 9"), 9.0, True),
        (target("= 4.5"), 4.4999999999999, True),
        (target("8 .. 8.5"), 7.9999999999999, True),
        (target("8 .. 8.5"), 8.5000000000001, True),
        (target("8 .. 8.5"), 8.51, False),
        (target("<= 0"), 0.0, True),
        (target("<= 0"), -0.0, True),
        (target(">= 6", "6,00 ha"), 5.996, False),
        (target(">= 6", "6 ha"), 5.996, True),
        (target(">= 6", "6 ha", precision=3), 5.996, False),
        (target(">= 6", "6 ha", precision=0), 5.6, True),
        (target("<= 404500", execution=0.95), 0.95 * 404500, True),
        (target("<= 404500", execution=0.95), 384274.9, False),
        (target(">= 100"), float("nan"), False),
    ],
)
def test_a_value_keeps_its_promise_to_the_declared_precision(of: Target, value: float, kept: bool) -> None:
    assert of.keeps(value) is kept


figures = st.one_of(st.floats(-1e9, 1e9), st.integers(-1000, 1000).map(lambda n: n / 100))
digits = st.integers(0, 12)


@given(figures, digits)
def test_a_rounded_figure_stays_as_it_is_and_is_the_decimal_that_people_write(value: float, places: int) -> None:
    once = float(rounded(value, places))
    assert float(rounded(once, places)) == once
    if abs(value) * 10**places < 2**50:
        assert once == float(f"{once:.{places}f}")


@given(st.lists(figures, min_size=1), figures, figures, st.booleans(), digits)
def test_a_column_is_decided_as_each_of_its_figures(
    values: list[float], low: float, high: float, strict: bool, places: int
) -> None:
    column = keeps(np.array(values), min(low, high), max(low, high), strict, places)
    assert column.tolist() == [bool(keeps(v, min(low, high), max(low, high), strict, places)) for v in values]
    kept = keeper(min(low, high), max(low, high), strict=strict, digits=places)
    assert column.tolist() == [kept(v) for v in values]


@given(st.integers(-1000, 1000), st.integers(-10000, 10000).map(lambda n: n / 1000), st.booleans())
def test_the_edges_of_a_promise_are_where_it_begins_to_be_kept(promised: int, distance: float, strict: bool) -> None:
    floor, ceiling = float(promised), float(promised + 10)
    low, high = edges(floor, ceiling, strict, 0.01)
    value = floor + distance
    if min(abs(value - low), abs(value - high)) > 1e-6:
        assert bool(keeps(value, floor, ceiling, strict, 2)) == (low < value < high)


@given(
    st.lists(
        st.tuples(st.lists(st.floats(0.001, 1000), min_size=1, max_size=30), st.integers(-10_000, 10_000_000)),
        max_size=5,
    ),
    st.integers(0, 3),
)
def test_shares_add_up_to_each_whole_and_none_is_a_step_off_its_own(
    wholes: list[tuple[list[float], int]], places: int
) -> None:
    parts = [np.array(weights) / sum(weights) for weights, _ in wholes]
    totals = np.array([steps / 10**places for _, steps in wholes])
    within = np.repeat(np.arange(len(wholes)), [len(of) for of in parts])
    weights = np.concatenate([np.empty(0), *parts])
    made = shares(totals, weights, places, within)
    for n, (of, (_, steps)) in enumerate(zip(parts, wholes, strict=True)):
        own = made[within == n] * 10**places
        assert round(float(own.sum())) == steps
        assert (np.abs(own - steps * of) < 1 + 1e-6).all()
        # Who else is shared out beside it makes no difference.
        alone = shares(totals[n : n + 1], of, places, np.zeros(len(of), dtype=np.intp))
        assert alone.tolist() == made[within == n].tolist()
