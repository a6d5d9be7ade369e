"""The models of exponential smoothing, kept as weights of a window, say what smoothing month by month says."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.assess.features import MODELS, _smoothing

WIDTH, STEPS = 40, 5


@pytest.fixture(scope="module")
def figures() -> np.ndarray:
    return 50 + np.cumsum(np.random.default_rng(1).normal(size=WIDTH))


def by_month(figures: np.ndarray, model: tuple[float, float, float]) -> tuple[list[float], list[float]]:
    """Level and slope after each month (Gardner 2006, damped additive trend)."""
    own, of_trend, damping = model
    levels, slopes = [figures[0]], [0.0]
    for figure in figures[1:]:
        expected = levels[-1] + damping * slopes[-1]
        levels.append(expected + own * (figure - expected))
        slopes.append(damping * slopes[-1] + own * of_trend * (figure - expected))
    return levels, slopes


@pytest.mark.parametrize("model", range(len(MODELS)))
def test_the_weights_are_those_of_the_recursion(figures: np.ndarray, model: int) -> None:
    forecast, misses = _smoothing(WIDTH, STEPS)
    levels, slopes = by_month(figures, MODELS[model])
    reach = sum(MODELS[model][2] ** n for n in range(1, STEPS + 1))
    assert figures @ forecast[:, model] == pytest.approx(levels[-1] + slopes[-1] * reach)
    off = (figures @ misses).reshape(len(MODELS), -1)[model]
    for back, told in enumerate(reversed(off), start=1):
        origin = WIDTH - STEPS - back
        assert told == pytest.approx(figures[origin + STEPS] - (levels[origin] + slopes[origin] * reach), abs=1e-4)
