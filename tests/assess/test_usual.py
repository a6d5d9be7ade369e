"""What is usual of a level, for all series at once, is the rolling median of pandas, series by series."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from monitor.assess import history


@pytest.mark.parametrize("months", [1, 5, 12, 48])
def test_the_median_before_is_that_of_the_last_twelve_reports(monkeypatch: pytest.MonkeyPatch, months: int) -> None:
    monkeypatch.setattr(history, "_ROWS", 7)  # a last block that is not full
    drawn = np.random.default_rng(months)
    values = drawn.normal(size=(30, months)) * 10.0 ** drawn.integers(-3, 9, (30, 1))
    values[drawn.random(values.shape) < 0.5] = np.nan
    by_series = pd.DataFrame(values.T).rolling(12, min_periods=2).median().shift(1).to_numpy().T
    np.testing.assert_allclose(history._median_before(values), by_series, rtol=1e-12)
