"""Student's t with five degrees of freedom: elementary functions of the angle whose cotangent is t / sqrt(5), for the density is
the fourth power of its sine (Abramowitz and Stegun 1964, 26.7.3). scipy knows every t, and takes a third of a second to import:
more than it takes to assess a city.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# Degrees of freedom.
FREEDOM = 5
_ROOT, _UNIT = math.sqrt(FREEDOM), 8 / (3 * math.pi)
# Below this angle the elementary functions leave too little of each other, and their series is reckoned instead: so many terms
# leave out less than a float holds.
_SMALL, _TERMS = 0.5, 12
_SERIES = np.array(
    [
        (-1) ** k * (4.0 ** (2 * k) / 8 - 2.0 ** (2 * k) / 2) / math.factorial(2 * k) / (2 * k + 1)
        for k in range(2, 2 + _TERMS)
    ]
)
# Newton's steps from the first term of the series: each doubles the digits that are right.
_STEPS = 7


def below(t: Array) -> Array:
    """The probability of less than `t`: each tail to the last digits, however far out."""
    tail = _UNIT * _area(np.arctan2(_ROOT, np.abs(t)))
    return np.where(t <= 0, tail, 1 - tail)


def quantile(share: Array) -> Array:
    """What is not exceeded with the probability `share` (0..1, without the ends)."""
    tail = np.minimum(share, 1 - share)
    area = tail / _UNIT
    angle = np.minimum((5 * area) ** 0.2, math.pi / 2)
    for _ in range(_STEPS):
        angle = np.minimum(angle - (_area(angle) - area) / np.sin(angle) ** 4, math.pi / 2)
    distance = np.where(tail < 0.5, _ROOT / np.tan(angle), 0.0)
    return np.where(share < 0.5, -distance, distance)


def _area(angle: Array) -> Array:
    """The integral of the fourth power of the sine from nothing to `angle` (0 to a right one)."""
    sine, cosine = np.sin(angle), np.cos(angle)
    plain = 0.375 * (angle - sine * cosine * (1 + sine**2 / 1.5))
    square = np.minimum(angle, _SMALL) ** 2
    series = np.zeros_like(square)
    for term in _SERIES[::-1]:
        series = series * square + term
    return np.where(angle < _SMALL, angle**5 * series, plain)
