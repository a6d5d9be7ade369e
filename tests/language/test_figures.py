"""The figures of one sentence are printed together: what is printed adds up, and nothing crosses its target."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.language import Language
from monitor.language.figures import Sentence

VI = Language("vi")


def under(bound: float) -> Callable[[float], bool]:
    return lambda figure: figure < bound


def at_least(bound: float) -> Callable[[float], bool]:
    return lambda figure: figure >= bound


@pytest.mark.parametrize(
    ("sentence", "figures", "told"),
    [
        pytest.param(
            Sentence(at_least(1145), whole=True),
            {"value": 573.0, "required": 571.55, "deviation": 1.45},
            {"value": "573", "required": "572", "deviation": "1"},
            id="573 less 572 is 1",
        ),
        pytest.param(
            Sentence(at_least(1145), whole=True),
            {"value": 572.0, "required": 572.3, "deviation": -0.3},
            {"value": "572", "required": "573", "deviation": "-1"},
            id="what is behind is seen to be behind",
        ),
        pytest.param(
            Sentence(under(9), better=-1),
            {"value": 8.996, "required": 9.2, "deviation": 0.204},
            {"value": "8,996", "required": "9,2", "deviation": "0,204"},
            id="8,996 keeps a target of below 9",
        ),
        pytest.param(
            Sentence(under(9), better=-1),
            {"value": 8.7, "projection": 8.996, "low": 8.61, "high": 9.004},
            {"value": "8,7", "projection": "8,99", "low": "8,61", "high": "9"},
            id="a projection stays on its side",
        ),
        pytest.param(
            Sentence(at_least(1300)),
            {"value": 1203.4, "required": 1202.6, "deviation": 0.8},
            {"value": "1.203,4", "required": "1.202,6", "deviation": "0,8"},
            id="what is ahead is not printed as equal",
        ),
        pytest.param(
            Sentence(at_least(100)), {"value": 99.996}, {"value": "99,996"}, id="nearly all is not all"
        ),
        pytest.param(
            Sentence(at_least(95.15)),
            {"value": 92.63, "required": 94.5, "deviation": -1.87},
            {"value": "92,63", "required": "94,5", "deviation": "-1,87"},
            id="two decimals where they are enough",
        ),
        pytest.param(
            Sentence(at_least(42), whole=True),
            {"value": 41.6, "required": 41.7},
            {"value": "41,6", "required": "42"},
            id="a part of what others counted is seen not to be all",
        ),
        pytest.param(Sentence(at_least(1)), {"value": None}, {"value": "–"}, id="nothing reported"),
    ],
)  # fmt: skip
def test_figures_of_one_sentence_agree(sentence: Sentence, figures: dict, told: dict[str, str]) -> None:
    printed, digits = sentence.together(figures)
    assert {name: VI.number(figure, "", digits) for name, figure in printed.items()} == told


@pytest.mark.parametrize(
    ("sentence", "figures", "told"),
    [
        pytest.param(
            Sentence(at_least(20), whole=True),
            {"value": 4.0, "required": 9.2344, "pace": 4 / 9.2344, "promised": 20.0, "attainment": 0.2},
            {"pace": "40%", "attainment": "20%"},
            id="4 where 10 are needed is 40%, whatever the half person",
        ),
        pytest.param(
            Sentence(at_least(0.3)),
            {"value": 0.1449, "required": 0.2, "pace": 0.7245},
            {"pace": "70%"},
            id="0,14 where 0,2 is needed is 70%",
        ),
        pytest.param(
            Sentence(under(1), better=-1, whole=True),
            {"value": 1.0, "required": 0.4, "pace": 2.5},
            {"pace": "250%"},
            id="of nothing there is no ratio",
        ),
        pytest.param(
            Sentence(at_least(95)),
            {"value": 94.2, "required": 94.5, "pace": 0.4},
            {"pace": "40%"},
            id="what is reckoned from the year's beginning stays",
        ),
        pytest.param(Sentence(at_least(20)), {"pace": 0.4333}, {"pace": "43,3%"}, id="alone it is what it is"),
    ],
)  # fmt: skip
def test_a_ratio_is_that_of_the_figures_beside_it(sentence: Sentence, figures: dict, told: dict[str, str]) -> None:
    printed, _ = sentence.together(figures)
    assert {name: VI.ratio(printed[name]) for name in told} == told


figure = st.floats(min_value=0.01, max_value=1e6)


@given(figure, figure, figure, st.booleans(), st.booleans())
def test_what_is_printed_adds_up(value: float, required: float, bound: float, whole: bool, more: bool) -> None:
    value = float(round(value)) if whole else value
    better = 1 if more else -1
    keeps = at_least(bound) if more else under(bound)
    printed, digits = Sentence(keeps, better, whole).together(
        {"value": value, "required": required, "deviation": better * (value - required)}
    )
    shown = {name: round(figure or 0.0, digits) for name, figure in printed.items()}
    assert math.isclose(shown["deviation"], better * (shown["value"] - shown["required"]), abs_tol=1e-6)


@given(figure, figure)
def test_a_projection_is_never_printed_across_its_target(projection: float, bound: float) -> None:
    bound = round(bound, 2)
    for keeps in (at_least(bound), under(bound)):
        printed, _ = Sentence(keeps).together({"projection": projection})
        assert keeps(printed["projection"] or 0.0) == keeps(projection)


@pytest.mark.parametrize(
    ("share", "told"),
    [(0.9954, "99,5%"), (0.99996, "99,996%"), (1.03, "103%"), (1.0, "100%"), (0.5, "50%"), (None, "–")],
)
def test_a_ratio_is_told_with_the_decimals_it_needs(share: float | None, told: str) -> None:
    assert VI.ratio(share) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [(1e18, "1.000.000.000.000.000.000%"), (-3.5e16, "-35.000.000.000.000.000%"), (95.15, "95,15%"), (0.1, "0,1%")],
)
def test_a_figure_of_any_size_is_printed(value: float, told: str) -> None:
    assert Language("vi").number(value, "%", 6) == told


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_figure_is_too_large_to_be_told(value: float) -> None:
    assert Language("vi").number(value, "đồng", 6).endswith("đồng")


@pytest.mark.parametrize(
    ("low", "high", "told"), [(2, 4, "2–4 người"), (1.8, 2.2, "2 người"), (2, 2, "2 người"), (1, math.nan, "–")]
)
def test_an_interval_that_is_printed_as_one_figure_is_one(low: float, high: float, told: str) -> None:
    assert Language("vi").interval(low, high, "người", 0) == told
