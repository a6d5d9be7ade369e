"""Two pictures of a back-test: do the probabilities mean what they say, and how early are misses called."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

COLOURS = {"flow": "#14425f", "level": "#b26a00"}


def reliability_plot(bins: pd.DataFrame, path: Path) -> None:
    """What was said against what came; the larger a point, the more questions. `bins`: score.reliability."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#9e9e9e", linewidth=1, linestyle="--")
    for kind, part in bins.groupby("kind"):
        size = 10 + 140 * part["questions"] / bins["questions"].max()
        axes.scatter(part["said"], part["came"], s=size, color=COLOURS[str(kind)], alpha=0.8, label=str(kind))
        axes.plot(part["said"], part["came"], color=COLOURS[str(kind)], linewidth=1)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability said", ylabel="share of targets met", title="Reliability")
    axes.legend(loc="upper left")
    figure.savefig(path, dpi=120)


def lead_time_plot(scores: pd.DataFrame, path: Path) -> None:
    """Misses called, and false alarms, by each month of the year. `scores`: score.scores."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for kind, part in scores.groupby("kind"):
        axes.plot(
            part["month"], 100 * part["detection"], color=COLOURS[str(kind)], marker="o", label=f"{kind}: misses called"
        )
        axes.plot(
            part["month"],
            100 * part["false_alarms"],
            color=COLOURS[str(kind)],
            linestyle=":",
            label=f"{kind}: false alarms",
        )
    axes.set(xlabel="month", ylabel="%", ylim=(0, 100), xticks=range(1, 12), title="Called off track by month")
    figure.legend(loc="outside lower center", ncols=2)
    figure.savefig(path, dpi=120)
