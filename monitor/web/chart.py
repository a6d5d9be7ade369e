"""The chart of a series, as points of an SVG: this year on the past years' band, the path, the projection's fan, the promise."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from monitor.language import Language

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 26, 14, 28


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws: polylines as `points`, ticks as (place, words). Empty texts where there is nothing to draw."""

    band: str
    path: str
    year: str
    dots: tuple[tuple[float, float, str], ...]
    fan: str
    middle: str
    promise: float | None
    xs: tuple[tuple[float, str], ...]
    ys: tuple[tuple[float, str], ...]


def chart(
    past: np.ndarray,
    year: np.ndarray,
    required: np.ndarray,
    due: int,
    fields: Mapping[str, Any],
    unit: str,
    speaks: Language,
) -> Chart | None:
    """The chart of one series, or None where nothing is known of it. `past`: years x months; `fields`: its assessment."""
    low, high, middle = (_number(fields.get(name)) for name in ("low", "high", "projection"))
    promised = _number(fields.get("promised"))
    known = [v for v in (*past.ravel(), *year, *required[:due], low, high, promised) if math.isfinite(v)]
    if not known or not any(math.isfinite(v) for v in (*past.ravel(), *year)):
        return None
    bottom, top, step = _scale(min(known), max(known))

    def x(month: float) -> float:
        return round(LEFT + (month - 0.5) * (WIDTH - LEFT - RIGHT) / len(year), 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (value - bottom) / (top - bottom) * (HEIGHT - TOP - BOTTOM), 1)

    def points(values: Iterable[tuple[float, float]]) -> str:
        return " ".join(f"{x(month)},{y(value)}" for month, value in values if math.isfinite(value))

    months = range(1, len(year) + 1)
    last = max((m for m in months if math.isfinite(year[m - 1])), default=0)
    fan = line = ""
    finished = fields.get("status") in ("met", "missed")
    if last and not finished and all(map(math.isfinite, (low, high, middle))):
        now = (last, float(year[last - 1]))
        fan, line = points([now, (due, low), (due, high)]), points([now, (due, middle)])
    shown = [(m, float(year[m - 1])) for m in months if math.isfinite(year[m - 1])]
    return Chart(
        band=_band(past, points),
        path=points((m, float(required[m - 1])) for m in months if m <= due),
        year=points(shown),
        dots=tuple((x(m), y(v), f"{m:02}: {speaks.number(v, unit)}") for m, v in shown),
        fan=fan,
        middle=line,
        promise=y(promised) if math.isfinite(promised) else None,
        xs=tuple((x(m), str(m)) for m in months),
        ys=tuple((y(v), speaks.number(v)) for v in np.arange(bottom, top + step / 2, step).tolist()),
    )


def sparkline(year: Sequence[float]) -> str:
    """The year so far as the points of a small line, 96 x 24; empty where fewer than two are known."""
    known = [(n, v) for n, v in enumerate(year) if math.isfinite(v)]
    if len(known) < 2:
        return ""
    low, high = min(v for _, v in known), max(v for _, v in known)
    span = high - low or 1.0
    return " ".join(f"{2 + n * 92 / (len(year) - 1):.1f},{21 - (v - low) / span * 18:.1f}" for n, v in known)


def _band(past: np.ndarray, points: Any) -> str:
    """From the least to the most of the past years, month by month."""
    if not len(past):
        return ""
    whole = [m for m in range(past.shape[1]) if np.isfinite(past[:, m]).any()]
    low = [(m + 1, float(np.nanmin(past[:, m]))) for m in whole]
    high = [(m + 1, float(np.nanmax(past[:, m]))) for m in whole]
    return f"{points(low)} {points(reversed(high))}".strip() if len(whole) > 1 else ""


def _scale(low: float, high: float) -> tuple[float, float, float]:
    """Whole steps of 1, 2 or 5 that hold everything: bottom, top, step."""
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / 4))
    step = next(power * n for n in (1, 2, 5, 10) if power * n >= span / 4)
    bottom = math.floor(low / step) * step
    return bottom, max(math.ceil(high / step) * step, bottom + step), step


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
