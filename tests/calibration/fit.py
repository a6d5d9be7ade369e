"""Fits `monitor/assess/calibration.json` on past errors, pooled over real monthly series.

    python tests/calibration/fit.py m1-monthly.csv.gz before-1995.csv=0.05 --out monitor/assess/calibration.json

Files as `monitor backtest` takes them (`series,period,value`); `=0.05` weighs each question of a file so. Every year after three
complete ones is asked about, at each month, as if only none, one, two, or all of the years before it were known.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.stats import t as student

from monitor.assess.features import (
    Array,
    Features,
    bare_flow_features,
    bare_level_features,
    flow_features,
    level_features,
)
from monitor.assess.forecast import FREEDOM, USUAL_VOLATILITY, pulled
from monitor.assess.history import YEARS
from monitor.backtest.protocol import Instances, read_series, targets, years_after

# How strongly a weight is pulled towards those of its neighbouring months.
RIDGE = {"flow": 0.02, "level": 0.005}
Draw = Callable[[int], tuple[Features, Array, Array]]


def drawn(kind: str, count: int, past: Array, year: Array, plan: Array) -> Draw:
    """What the forecast sees with `left` months left, what came (both z), and the plan (z)."""
    rows = len(year)

    def at(left: int) -> tuple[Features, Array, Array]:
        month = np.full(rows, 12 - left)
        due = np.full(rows, 12)
        seen = np.where(np.arange(1, 13) <= 12 - left, year, np.nan)
        kept = past[:, -(count if count < 3 else YEARS) :]
        if kind == "flow":
            outcome = np.log(year.sum(axis=1))
            features = flow_features(kept, seen, month, due) if count else bare_flow_features(seen, month, due)
        else:
            outcome = np.log(year[:, 11])
            began = np.log(past[:, -1, 11])
            with np.errstate(invalid="ignore"):
                features = (
                    level_features(np.log(kept), np.log(seen), month, due)
                    if count
                    else bare_level_features(np.log(seen), month, due, began)
                )
        return features, outcome, np.log(plan)

    return at


def solve(candidates: Array, off: Array, spread: Array, ridge: float, prior: Array) -> Array:
    """Weights of the candidates by iteratively reweighted least squares for Student's t errors, pulled towards `prior`."""
    weight = 1 / spread**2
    found = prior
    for _ in range(8):
        gram = (candidates * weight[:, None]).T @ candidates
        pull = ridge * np.trace(gram) / len(gram)
        right = (candidates * weight[:, None]).T @ off + pull * prior
        found = np.linalg.solve(gram + pull * np.eye(len(gram)), right)
        error = (off - candidates @ found) / spread
        weight = 1 / spread**2 * (FREEDOM + 1) / (FREEDOM + error**2)
    return found


def spread_of(error: Array, moved: Array, volatility: Array, weight: Array, least: float) -> list[float]:
    """The scale's weights by maximum likelihood: a constant, each volatility's, the part of the correction itself."""
    relative = np.log(volatility / USUAL_VOLATILITY)
    measures = relative.shape[1]

    def scale(of: Array) -> Array:
        return np.hypot(USUAL_VOLATILITY * np.exp(of[0] + relative @ of[1:-1]), (least + np.exp(of[-1])) * moved)

    def cost(of: Array) -> float:
        s = scale(of)
        likelihood = student.logpdf(error / s, FREEDOM) - np.log(s)
        return float(-(weight * likelihood).sum() / weight.sum() + 0.002 * (of[1:-1] ** 2).sum() + 1e-4 * of[-1] ** 2)

    found = minimize(cost, np.array([0.0, *[0.8 / measures] * measures, -1.5]), method="BFGS").x
    return [*found[:-1], least + float(np.exp(found[-1]))]


def fit(kind: str, count: int, draw: Draw, weight: Array) -> dict[str, list[list[float]]]:
    """The weights of one kind with `count` years of history: a row for each number of months left, 1 to 11."""
    made = [draw(left) for left in range(1, 12)]
    # Without history, the last candidate is the plan.
    candidates = [f.candidates if count else np.column_stack([f.candidates, pulled(f, goal)]) for f, _, goal in made]
    spreads = [(np.sqrt((f.volatility**2).mean(axis=1)) + 1e-3) / np.sqrt(weight) for f, _, _ in made]
    offs = [outcome - f.first for f, outcome, _ in made]
    width = candidates[0].shape[1]
    found = [solve(c, y, s, RIDGE[kind], np.zeros(width)) for c, y, s in zip(candidates, offs, spreads, strict=True)]
    for _ in range(3):
        near = [np.mean(found[max(n - 1, 0) : n + 2], axis=0) for n in range(11)]
        found = [solve(c, y, s, 3 * RIDGE[kind], p) for c, y, s, p in zip(candidates, offs, spreads, near, strict=True)]
    # A smooth level is not known as well as it looks: a quarter of its correction is doubted.
    least = 0.25 if kind == "level" else 0.0
    volatility = []
    for (features, _, _), c, y, w in zip(made, candidates, offs, found, strict=True):
        moved = np.abs(features.corrected(w if count else w[:-1]))
        volatility.append(spread_of(y - c @ w, moved, features.volatility, weight, least))
    split = width if count else width - 1
    told = {"corrections": [w[:split] for w in found], "volatility": volatility}
    if not count:
        told["plan"] = [w[split] for w in found]
    return {name: np.round(np.array(rows), 4).tolist() for name, rows in told.items()}


def pooled(files: list[str]) -> tuple[Instances, Array]:
    """Every year after three complete ones of `files` (`path` or `path=weight`), and how much each weighs."""
    found, weights = [], []
    for text in files:
        name, _, share = text.partition("=")
        found.append(years_after(read_series(Path(name)), 3))
        weights.append(np.full(len(found[-1].year), float(share or 1)))
    depth = max(each.past.shape[1] for each in found)

    def deep(of: Array) -> Array:
        return np.pad(of, ((0, 0), (depth - of.shape[1], 0), (0, 0)), constant_values=np.nan)

    wide = [replace(e, past=deep(e.past), plan=np.full((len(e.year), depth + 1, 12), np.nan)) for e in found]
    names = [field.name for field in fields(Instances)]
    return Instances(*(np.concatenate([getattr(e, name) for e in wide]) for name in names)), np.concatenate(weights)


def fitted(of: Instances, weight: Array) -> dict[str, dict[str, dict[str, list[list[float]]]]]:
    """The weights of both kinds, for none, one, two, or more years of history.

    Without history a file's weight counts squared: in smooth series a plan made from last December's figure is nearly a forecast,
    which a promised figure is not.
    """
    plan = targets(of.past)
    return {
        kind: {
            str(n): fit(kind, n, drawn(kind, n, of.past, of.year, plan[kind]), weight if n else weight**2)
            for n in range(4)
        }
        for kind in plan
    }


def main() -> None:
    """Fit, and write the file."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("files", nargs="+")
    asked.add_argument("--out", type=Path, required=True)
    given = asked.parse_args()
    instances, weight = pooled(given.files)
    told = {
        "made_by": "python tests/calibration/fit.py " + " ".join(Path(f).name for f in given.files),
        "questions_a_month": len(instances.year),
        "weights": fitted(instances, weight),
    }
    given.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
