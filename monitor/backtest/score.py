"""How good the answers were, by kind and month: early, calm, and probabilities that mean what they say."""

from __future__ import annotations

import numpy as np
import pandas as pd

from monitor.backtest.protocol import Instances, outcomes
from monitor.model.assessment import Status

CALLED = (Status.OFF_TRACK, Status.MISSED)
# The part of the years that end well which a threshold of the detection curve may call.
CALM = 0.06
BINS = 10


def with_outcomes(answers: pd.DataFrame, instances: Instances) -> pd.DataFrame:
    """`answers` with what came: `outcome` (float64) and `hit` (bool: the target was met)."""
    came = outcomes(instances.year)
    tables = [
        pd.DataFrame({"series": instances.series, "year": instances.calendar, "kind": kind, "outcome": values})
        for kind, values in came.items()
    ]
    scored = answers.merge(pd.concat(tables), on=["series", "year", "kind"], how="left", validate="many_to_one")
    return scored.assign(hit=scored["outcome"] >= scored["target"])


def scores(scored: pd.DataFrame) -> pd.DataFrame:
    """One row a kind and month: questions, misses (int), brier, straight_line (its Brier score), ratio, auc, coverage (of the 80%
    interval), learned (how many times the shipped scale errors were taken to have, the mean), mdape (median absolute percentage
    error), detection, false_alarms (by then, called off track or worse),
    detection_calm (at the threshold that calls 6% of the years that end well); with `ets`, a column of rivals' probabilities, its
    brier_ets, ratio_ets and calm_ets (its detection_calm), and with ets_low, ets_high its coverage_ets.
    """
    called = scored["status"].isin(CALLED)
    order = scored.assign(called=called).sort_values("month", kind="stable")
    ever = order.groupby(["series", "year", "kind"], sort=False)["called"].cummax().reindex(scored.index)
    scored = scored.assign(ever=ever)
    rows = [_row(part) for _, part in scored.groupby(["kind", "month"])]
    return pd.DataFrame(rows)


def _row(part: pd.DataFrame) -> dict[str, object]:
    hit = part["hit"].to_numpy(dtype=bool)
    probability = part["probability"].to_numpy(dtype=float)
    brier = _brier(probability, hit)
    line = _brier(part["line"].to_numpy(dtype=float), hit)
    inside = (part["low"] <= part["outcome"]) & (part["outcome"] <= part["high"])
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.abs(part["projection"] / part["outcome"] - 1)
    ever = part["ever"].to_numpy(dtype=bool)
    told: dict[str, object] = {
        "kind": part["kind"].iloc[0],
        "month": int(part["month"].iloc[0]),
        "questions": len(part),
        "misses": int((~hit).sum()),
        "brier": brier,
        "straight_line": line,
        "ratio": brier / line if line else float("nan"),
        "auc": _auc(probability, hit),
        "coverage": float(inside.mean()),
        "learned": float(part["learned"].mean()),
        "mdape": float(np.nanmedian(error)),
        "detection": float(ever[~hit].mean()) if (~hit).any() else float("nan"),
        "false_alarms": float(ever[hit].mean()) if hit.any() else float("nan"),
        "detection_calm": _calm(probability, hit),
    }
    if "ets" in part:
        rival = part["ets"].to_numpy(dtype=float)
        known = ~np.isnan(rival)
        theirs, own = _brier(rival[known], hit[known]), _brier(probability[known], hit[known])
        told["brier_ets"] = theirs
        told["ratio_ets"] = own / theirs if theirs else float("nan")
        covered = (part["ets_low"] <= part["outcome"]) & (part["outcome"] <= part["ets_high"])
        told["coverage_ets"] = float(covered[known].mean())
        told["calm_ets"] = _calm(rival[known], hit[known])
    return told


def _brier(probability: np.ndarray, hit: np.ndarray) -> float:
    return float(((probability - hit) ** 2).mean()) if len(hit) else float("nan")


def _calm(probability: np.ndarray, hit: np.ndarray) -> float:
    """The share of misses that the threshold finds which calls CALM of the years that end well."""
    if hit.all() or not hit.any():
        return float("nan")
    return float((probability[~hit] <= np.quantile(probability[hit], CALM)).mean())


def _auc(probability: np.ndarray, hit: np.ndarray) -> float:
    """The area under the receiver's curve, by the ranks of the hits (Mann and Whitney 1947)."""
    positive, negative = int(hit.sum()), int((~hit).sum())
    if not positive or not negative:
        return float("nan")
    ranks = pd.Series(probability).rank().to_numpy()
    return float((ranks[hit].sum() - positive * (positive + 1) / 2) / (positive * negative))


def coverage_by_third(table: pd.DataFrame) -> pd.DataFrame:
    """Of a table that `scores` made: kind, third of the year (1..3), coverage and learned (means of its months)."""
    thirds = table.assign(third=_third(table["month"])).groupby(["kind", "third"])
    return thirds[["coverage", "learned"]].mean().reset_index()


def coverage_by_year(scored: pd.DataFrame) -> pd.DataFrame:
    """One row a kind, calendar year and third of it (1..3): questions, coverage (of the 80% interval). Series of one place err
    together: so many years are what coverage is judged by, not so many questions.
    """
    inside = (scored["low"] <= scored["outcome"]) & (scored["outcome"] <= scored["high"])
    grouped = scored.assign(inside=inside, third=_third(scored["month"])).groupby(["kind", "year", "third"])
    return grouped.agg(questions=("inside", "size"), coverage=("inside", "mean")).reset_index()


def _third(month: pd.Series) -> pd.Series:
    return (month - 1) // 4 + 1


def reliability(scored: pd.DataFrame) -> pd.DataFrame:
    """One row a kind and bin of probability: bin (0..9), questions, said (mean probability), came (share of hits)."""
    bins = np.minimum((scored["probability"] * BINS).astype(int), BINS - 1)
    grouped = scored.assign(bin=bins).groupby(["kind", "bin"])
    return grouped.agg(questions=("hit", "size"), said=("probability", "mean"), came=("hit", "mean")).reset_index()


def warnings(scored: pd.DataFrame) -> pd.DataFrame:
    """One row a kind: misses, called (share of them ever called), months (median of months of warning among those called)."""
    rows = []
    for kind, part in scored[~scored["hit"]].groupby("kind"):
        called = part[part["status"].isin(CALLED)].groupby(["series", "year"])["month"].min()
        misses = part[["series", "year"]].drop_duplicates().shape[0]
        months = float((12 - called).median()) if len(called) else float("nan")
        rows.append({"kind": kind, "misses": misses, "called": len(called) / misses, "months": months})
    return pd.DataFrame(rows, columns=["kind", "misses", "called", "months"])
