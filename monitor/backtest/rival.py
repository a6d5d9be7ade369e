"""AutoETS of statsforecast beside our answers: fitted anew at each origin, its simulated paths counted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from monitor.backtest.protocol import KINDS, Array, Instances, goals
from monitor.model.problem import Problem, Problems

PATHS = 300
SEASON = 12


def autoets(instances: Instances, months: range, tell: Callable[[str], object], share: float = 1.0) -> pd.DataFrame:
    """One row a question: series, year, kind, month, ets (probability), ets_low, ets_high; of what has a past year.

    Raises Problems when statsforecast is not installed.
    """
    try:
        from statsforecast.models import AutoETS  # noqa: PLC0415 - an optional dependency
    except ImportError:
        message = "statsforecast is not installed: pip install 'compliance-monitor[compare]'"
        raise Problems([Problem("--compare", message)]) from None
    goal = {kind: goals(instances, kind, share) for kind in KINDS}
    rows: list[dict[str, object]] = []
    # A model a series is what AutoETS is: this loop is the rival's, not ours.
    for n, (past, year) in enumerate(zip(instances.past, instances.year, strict=True)):
        history = past[~np.isnan(past).any(axis=1)].ravel()
        if not len(history):
            continue
        kinds = KINDS if not instances.kind[n] else (instances.kind[n],)
        for month in months:
            seen = np.concatenate([history, year[:month]])
            paths = AutoETS(season_length=SEASON).fit(seen).simulate(h=12 - month, n_paths=PATHS, seed=n)
            ends: dict[str, Array] = {"flow": year[:month].sum() + paths.sum(axis=1), "level": paths[:, -1]}
            for kind in kinds:
                end = ends[kind]
                low, high = np.quantile(end, [0.1, 0.9])
                chance = float((end >= goal[kind][n, month - 1]).mean())
                rows.append({"kind": kind, "month": month, "row": n, "ets": chance, "ets_low": low, "ets_high": high})
        tell(str(instances.series[n]))
    table = pd.DataFrame(rows)
    table["series"], table["year"] = instances.series[table["row"]], instances.calendar[table["row"]]
    return table.drop(columns="row")
