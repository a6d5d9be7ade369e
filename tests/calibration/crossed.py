"""Answers each fifth of a file by weights that were fitted on the other four, and prints the scores of all together.

    python tests/calibration/crossed.py m1-monthly.csv.gz before-1995.csv=0.05 --compare

The parts are by the CRC-32 of the series' names; further files help to fit, as in fit.py, and are not asked about. Nothing is
written. `--compare` adds AutoETS (a fit a question: minutes), `--history N` shows only so many past years.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
from fit import fitted, pooled

from monitor.assess import forecast
from monitor.backtest.protocol import Instances, asked, read_series
from monitor.backtest.rival import autoets
from monitor.backtest.run import ask
from monitor.backtest.score import coverage_by_third, scores, with_outcomes
from monitor.model.assessment import Thresholds

PARTS = 5
KEYS = ["series", "year", "kind", "month"]
SHOWN = [
    "kind",
    "month",
    "questions",
    "brier",
    "straight_line",
    "coverage",
    "detection",
    "false_alarms",
    "detection_calm",
]


def part_of(of: Instances) -> np.ndarray:
    """The part (0 to PARTS - 1) that each instance's series belongs to."""
    return np.array([zlib.crc32(str(name).encode()) % PARTS for name in of.series])


def main() -> None:
    """Fit and ask for each part, print."""
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("files", nargs="+")
    wanted.add_argument("--compare", action="store_true")
    wanted.add_argument("--history", type=int)
    given = wanted.parse_args()
    questions = asked(read_series(Path(given.files[0].partition("=")[0])))
    known, weight = pooled(given.files)
    first = len(pooled(given.files[:1])[0].year)
    told = []
    for part in range(PARTS):
        left_out = (part_of(known) == part) & (np.arange(len(known.year)) < first)
        weights = forecast.arrays(fitted(known[~left_out], weight[~left_out]))
        some_questions = questions[part_of(questions) == part]
        with patch.object(forecast, "calibration", return_value=weights):
            answers = ask(some_questions, Thresholds(), lambda *_: None, years=given.history)
        told.append(with_outcomes(answers, some_questions))
    answers = pd.concat(told, ignore_index=True)
    if given.compare:
        answers = answers.merge(autoets(questions, range(3, 10, 3), lambda _: None), on=KEYS, how="left")
    table = scores(answers)
    shown = [*SHOWN, *[name for name in ("brier_ets", "ratio_ets", "coverage_ets", "calm_ets") if name in table]]
    sys.stdout.write(table.loc[table["month"].isin([3, 6, 9]), shown].round(3).to_string(index=False) + "\n")
    sys.stdout.write("coverage by thirds of the year:\n")
    sys.stdout.write(
        coverage_by_third(table).pivot(index="kind", columns="third", values="coverage").round(3).to_string() + "\n"
    )


if __name__ == "__main__":
    main()
