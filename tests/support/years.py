"""Figures of one year for any target: on its path, falling away, ending short. The plainest series there are."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from monitor.model.series import due_month
from monitor.model.target import Measure, Target
from monitor.rules.load import Declared

Year = np.ndarray
CITY = "tp-soc-trang"

FEED = """\
id: tat-ca
synthetic: true
source: {kind: file, path: so-lieu.csv}
format: csv
schedule: 0 6 21 * *
numbers: en
table:
  header: target
  target: {row: target}
  unit: {row: unit}
  period: {row: period}
  value: {row: value}
"""


def due(target: Target, declared: Declared) -> int:
    """The month of the year that decides the target."""
    return due_month(target, declared.resolution).month


def _end(target: Target) -> float:
    """A value that keeps the promise with little to spare."""
    low, high = target.floor, target.ceiling
    if np.isinf(high):
        return low
    return 0.98 * high if np.isinf(low) else (low + high) / 2


def on_path(target: Target, declared: Declared) -> Year:
    """Straight to the promise at the due date, and kept from then on."""
    months, last, end = np.arange(1, 13), due(target, declared), _end(target)
    progress = np.clip(months / last, 0, 1)
    if target.measure is Measure.MILESTONE:
        return np.where(months >= max(1, round(0.7 * last)), end, 0.0)
    if target.measure is Measure.FLOW:
        return end * progress
    if target.throughout:
        return np.full(12, end)
    begun = end * (1.04 if target.target.comparator in ("<", "<=") else 0.98)
    return begun + (end - begun) * progress


def falling_away(target: Target, declared: Declared) -> Year:
    """On its path for a quarter of its time; then a flow stops, a level goes the wrong way, a ceiling is run up to."""
    path, months = on_path(target, declared), np.arange(1, 13)
    since = np.maximum(months - max(1, due(target, declared) // 4), 0)
    if target.measure is Measure.MILESTONE:
        return np.zeros(12)
    if target.measure is Measure.FLOW and not np.isinf(target.ceiling):
        return path + 0.06 * target.ceiling * since
    if target.measure is Measure.FLOW:
        return path[np.minimum(np.arange(12), max(1, due(target, declared) // 4) - 1)]
    worse = 1 if target.target.comparator in ("<", "<=") else -1
    return path + worse * 0.02 * abs(path) * since


def ending_short(target: Target, declared: Declared) -> Year:
    """On its path until the last report before the due one, which then falls just short."""
    path, month = on_path(target, declared), due(target, declared)
    gap = 1.0 if target.whole_numbers else 0.02 * abs(target.target.value)
    over = not np.isinf(target.ceiling)
    short = (target.ceiling if over else target.floor) + gap * (1 if over else -1)
    if target.measure is Measure.FLOW:
        path = np.minimum(path, short) if not over else path
    return np.where(np.arange(1, 13) >= month, short, path)


def write(
    folder: Path, declared: Declared, shape: Callable[[Target, Declared], Year], targets: Iterable[Target]
) -> None:
    """The feed and its file, in a workspace's `feeds/`, instead of what is there."""
    for path in folder.glob("*.yaml"):
        path.unlink()
    (folder / "tat-ca.yaml").write_text(FEED, encoding="utf-8")
    with (folder / "so-lieu.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["target", "unit", "period", "value"])
        for target in targets:
            for month, value in enumerate(shape(target, declared), start=1):
                figure = round(value) if target.whole_numbers else round(float(value), 4)
                rows.writerow([target.id, CITY, f"2024-{month:02}", figure])
