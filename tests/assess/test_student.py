"""Student's t as scipy has it, however far out; and what stands as often as it moves is as likely to do either."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import betaln, stdtr, stdtrit

from monitor.assess.forecast import standing
from monitor.assess.student import FREEDOM, below, quantile


def test_the_probability_of_less_is_right_in_each_tail() -> None:
    far = np.logspace(-9, 12, 500)
    t = np.concatenate([-far, [0.0], far, np.linspace(-9, 9, 2001), [-np.inf, np.inf, np.nan]])
    assert below(t) == pytest.approx(stdtr(FREEDOM, t), rel=2e-14, abs=0, nan_ok=True)


def test_what_is_not_exceeded_is_right_for_each_share() -> None:
    near = np.logspace(-12, -0.4, 500)
    share = np.concatenate([near, 1 - near, np.linspace(0.01, 0.99, 99)])
    assert quantile(share) == pytest.approx(stdtrit(FREEDOM, share), rel=1e-12, abs=1e-15)
    assert below(quantile(near)) == pytest.approx(near, rel=1e-13)


def test_a_level_stands_by_as_many_draws_as_are_left() -> None:
    stood, moved, left = (each.ravel() for each in np.meshgrid(np.arange(40), np.arange(40), np.arange(13.0)))
    by_beta = np.exp(betaln(stood + left + 0.5, moved + 0.5) - betaln(stood + 0.5, moved + 0.5))
    assert standing(stood, moved, left) == pytest.approx(np.where((stood > 0) | (moved == 0), by_beta, 0.0), rel=1e-13)
    once = standing(np.arange(1, 40), np.arange(1, 40), np.ones(39))
    assert (once == 0.5).all()
