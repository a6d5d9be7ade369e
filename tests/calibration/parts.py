"""What each part of the method adds, on sets that helped to fit none of it: the scores with it, and without.

    python tests/calibration/parts.py vn-monthly.csv.gz since-1995.csv/5 investment-plans.csv

`/5`: every fifth series only. Of a file with plans 95% of each is to be reached, and only years with a past one count. A row a
part and set: the Brier score and the coverage of the 80% interval, flows and levels, over months 3, 6 and 9. A part that makes
no set better is to be taken out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd

from monitor.assess import features, forecast
from monitor.backtest.protocol import Instances, asked, read_series
from monitor.backtest.run import ask
from monitor.backtest.score import with_outcomes
from monitor.model.assessment import Thresholds

MONTHS, SHARE = (3, 6, 9), 0.95


def _plain(made: Callable[..., features.Features]) -> Callable[..., features.Features]:
    """The first forecast without corrections."""

    def bare(*given: object) -> features.Features:
        told = made(*given)
        return replace(told, corrections=0 * told.corrections)

    return bare


def _unsuited(aligned: np.ndarray, left: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """No smoothing that suits a level; its errors those of a step a month."""
    return np.zeros(len(aligned)), features._step(aligned) * np.sqrt(np.maximum(left, 1))


def _uncharacterised(aligned: np.ndarray, *of: np.ndarray) -> np.ndarray:
    """A series of the usual character."""
    return np.zeros((len(aligned), 1 + len(of)))


PARTS: dict[str, Callable[[], list[AbstractContextManager[object]]]] = {
    "all": lambda: [nullcontext()],
    "without corrections": lambda: [
        patch.object(forecast, name, _plain(getattr(forecast, name))) for name in ("flow_features", "level_features")
    ],
    "levels without smoothings that suit": lambda: [patch.object(features, "_suited", _unsuited)],
    "without what its character says": lambda: [patch.object(features, "_characters", _uncharacterised)],
    "without standing still": lambda: [patch.object(forecast, "standing", lambda stood, *_: 0.0 * stood)],
    "without a scale learned": lambda: [patch.object(forecast, "REPLAYS", 0)],
    "without plans and siblings": lambda: [
        patch.object(forecast, "joined", lambda centre, scale, *_: (centre, scale, centre != centre))
    ],
}


def scored(of: Instances) -> pd.DataFrame:
    """Brier score and coverage of flows and levels."""
    told = with_outcomes(ask(of, Thresholds(), lambda *_: None, share=SHARE, months=MONTHS), of)
    made = told.assign(
        brier=(told["probability"] - told["hit"]) ** 2,
        held=(told["low"] <= told["outcome"]) & (told["outcome"] <= told["high"]),
    )
    return made.groupby("kind")[["brier", "held"]].mean()


def main() -> None:
    """Ask and print."""
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("files", nargs="+")
    for text in wanted.parse_args().files:
        name, _, every = text.rpartition("/") if text.rpartition("/")[2].isdigit() else (text, "", "1")
        table = read_series(Path(name))
        table = table[table["series"].isin(table["series"].unique()[:: int(every)])]
        of = asked(table)
        if table["plan"].notna().any():
            of = of[~np.isnan(of.past).all(axis=(1, 2))]
        for part, without in PARTS.items():
            patches = without()
            for each in patches:
                each.__enter__()
            rows = scored(of)
            for each in patches:
                each.__exit__(None, None, None)
            told = "  ".join(f"{kind} {row.brier:.4f} {row.held:.0%}" for kind, row in rows.iterrows())
            sys.stdout.write(f"{Path(name).name:36} {part:36} {told}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
