"""What came of past plans, and how the siblings stand, joined with what a series' own course says.

All in the link's scale z (see assess.forecast), as distances from the plan, for whole tables at once. A year is taken to end as
far from its plan as the unit's past years did (its fulfilment), moved by how far it stands from where those years stood at this
month: by as much of that as there is of the year behind it, and of what it shares with its siblings (the same target of other
units) by the cube of that, for a common late start is mostly made up for. A unit's usual figures are drawn towards those of
all siblings, the more so the fewer years are its own (partial pooling; Efron and Morris 1975); a unit without any stands on its
siblings. Where nobody's past year is known, siblings are held against an even year that meets its plan: what they share is then
taken for the season that nobody knows yet.

The scale of the error is learned from how far this rule would have erred in the years that are over, of the unit and its
siblings, in parts of what was left to come, by the likelihood of Student's t: one year of a freak plan does not widen all. And
it is doubted how much of what all share this year will be made up for: a common bad year widens the interval of all, at once.

Nothing is fitted but four constants, each of them flat about its value on investment plans of Vietnam's ministries and provinces,
2017 to 2021, whichever of those years is left out. Weights of these facts that are learned from the other years, for each month,
err more than these constants there, alone or mixed with them by halves: five years are few, and each is a weather of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.assess.path import SLIP

Array = npt.NDArray[np.float64]
Months = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# Of how many of its own years the siblings' usual figures count as much as one.
POOLED = 1.0
# The part of the joined centre that is the series' own course.
COURSE = 0.2
# The power of the part of the year that is over by which what all siblings share is taken to last.
SHARED = 3
# What the rule errs by in a whole year, in z; with less left it falls slowly, as the fourth root of that part, for much is booked
# at the very end. Its mean with the scale of the series' own forecast holds until as many of its past errors are known.
USUAL_MISS, AS_MANY = 0.12, 20.0
# The least of a year that is taken to be left: what is over errs no more, but nothing may be divided by it.
LEAST_LEFT = 0.03
# No scale is smaller, in z, when errors are weighed by it.
LEAST_SCALE = 1e-9
# How often the weights of errors are reckoned anew.
ROUNDS = 4
# Further from its plan, in z, a year is a freak, or the plan was none.
FREAK = 1.5


@dataclass(frozen=True)
class Plans:
    """`of_years`: rows x (years + 1), what each year was to reach by its due date, as known at the row's month of it, this year's
    the last; in the unit of measure, NaN unknown. `siblings`: rows with one number are the same target of other units (-1: none).
    """

    of_years: Array
    siblings: Months


def joined(
    centre: Array,
    scale: Array,
    standing: Array,
    outcome: Array,
    plan: Array,
    gone: Array,
    even: Array,
    siblings: Months,
    freedom: float,
) -> tuple[Array, Array, Mask]:
    """Centre and scale of each row's year, in z, by its own course (`centre`, `scale`, of Student's t with `freedom` degrees) and
    by what came of plans; as they are where nothing is known but the row's own figures. And where more is known.

    standing: rows x (years + 1), where each year stood at the row's month, this year the last; outcome: rows x years, where the
    past ones ended; plan: rows x (years + 1), each year's plan as it was known at that month; gone: the part of the year that is
    over (0..1), NaN where it is what past years had reached by now; even: how far from its plan an even year that meets it
    stands by now (NaN: cannot be said). siblings: rows with one number are siblings that stand at one month (-1: has none).
    """
    with np.errstate(invalid="ignore"):
        stood, ended = standing - plan, outcome - plan[:, :-1]
        told = np.isfinite(stood[:, :-1]) & (np.abs(ended) <= FREAK)
    groups = _groups(siblings)
    new = _new(outcome, even, groups)
    if not (told.any() or new.any()):
        return centre, scale, np.zeros(len(centre), dtype=bool)
    this_year = np.where(np.isfinite(stood[:, -1:]), stood[:, -1:], np.nan)
    stood = np.concatenate([np.where(told, stood[:, :-1], np.nan), this_year], axis=1)
    ended = np.concatenate([np.where(told, ended, np.nan), np.full((len(ended), 1), np.nan)], axis=1)
    stood_usually = _usual(np.where(np.isnan(ended), np.nan, stood), groups)
    ended_usually = _usual(ended, groups)
    stood_usually[new, -1], ended_usually[new, -1] = even[new], 0.0
    off = stood - stood_usually
    with np.errstate(over="ignore"):
        share = np.clip(np.exp(stood_usually - ended_usually), 0.0, 1.0)
    part = np.where(np.isnan(gone)[:, None], share, gone[:, None])
    common = _others(off, groups)
    guess = ended_usually + part * (off - common) + part**SHARED * common
    by_plan = guess[:, -1] + plan[:, -1]
    known = np.isfinite(by_plan)
    distance = np.where(known, centre - by_plan, 0.0)
    # By what is usually left, not by what is left this year: a higher plan may not make for a wider interval.
    left = np.maximum(1 - np.nan_to_num(part), LEAST_LEFT)
    now = left[:, -1]
    granted = np.maximum(np.sqrt(scale * USUAL_MISS * now**0.25) / now, LEAST_SCALE)
    learned = now * _learned((ended - guess) / left, granted, groups, freedom)
    learned = np.hypot(learned, (part * (1 - part) * common)[:, -1])
    return centre - np.where(known, (1 - COURSE) * distance, 0.0), np.where(known, learned, scale), np.asarray(known)


def fulfilment(outcome: Array, plan: Array) -> tuple[Array, Months]:
    """What a row's past years came to, as a share of their plans (the mean; NaN without any), and how many they are.
    Both rows x years, in the unit of measure.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        share = outcome / plan
    told = np.isfinite(share)
    count = told.sum(axis=1)
    return np.where(count > 0, np.where(told, share, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan), count


def short_years(outcome: Array, plan: Array, series: pd.DataFrame) -> Months:
    """How many of each row's past years missed their plan by more than a thousandth of it, on the side that `series` bounds."""
    floor, ceiling = (np.isfinite(series[name].to_numpy(dtype=float))[:, None] for name in ("floor", "ceiling"))
    slip = SLIP * np.abs(plan)
    with np.errstate(invalid="ignore"):
        short, over = outcome < plan - slip, outcome > plan + slip
    return np.asarray(((floor & short) | (ceiling & over)).sum(axis=1))


def _groups(siblings: Months) -> Months:
    """Numbers from 0 on; who has no sibling is a group alone."""
    alone = siblings.max(initial=-1) + 1 + np.arange(len(siblings))
    return np.asarray(np.unique(np.where(siblings < 0, alone, siblings), return_inverse=True)[1])


def _usual(figures: Array, groups: Months) -> Array:
    """For each year the mean of the row's earlier years, drawn towards that of its group's earlier years; NaN without either."""
    known = ~np.isnan(figures)
    sums, counts = _before(np.where(known, figures, 0.0)), _before(known.astype(float))
    with np.errstate(divide="ignore", invalid="ignore"):
        return (sums + POOLED * _by_group(sums, groups) / _by_group(counts, groups)) / (counts + POOLED)


def _before(figures: Array) -> Array:
    """The sum of the years before each."""
    return np.asarray(np.cumsum(figures, axis=1) - figures)


def _others(off: Array, groups: Months) -> Array:
    """For each row and year the mean of the other rows of its group, drawn towards nothing where they are few."""
    known = ~np.isnan(off)
    value = np.where(known, off, 0.0)
    return (_by_group(value, groups) - value) / (_by_group(known.astype(float), groups) - known + 1)


def _new(outcome: Array, even: Array, groups: Months) -> Mask:
    """Rows that have siblings and an even year to be held against, where no past year of any of them is known."""
    known = (~np.isnan(outcome)).sum(axis=1, keepdims=True).astype(float)
    several = np.bincount(groups)[groups] > 1
    return np.asarray(several & ~np.isnan(even) & (_by_group(known, groups)[:, 0] == 0))


def _learned(error: Array, granted: Array, groups: Months, freedom: float) -> Array:
    """The scale of each row's error, by what is `granted` and by the past errors of its group: the likeliest of Student's t, by
    iterated weights (Lange, Little and Taylor 1989).
    """
    known = ~np.isnan(error)
    square, count = np.where(known, error, 0.0) ** 2, known.sum(axis=1, keepdims=True).astype(float)
    # Siblings err together: the more there are, the less each year of one tells.
    size = np.sqrt(np.bincount(groups)[groups])
    weight = _by_group(count, groups)[:, 0] / size
    learned = granted**2
    for _ in range(ROUNDS):
        drawn = square * (freedom + 1) / (freedom + square / learned[:, None])
        told = _by_group(drawn.sum(axis=1, keepdims=True), groups)[:, 0] / size
        learned = (AS_MANY * granted**2 + told) / (AS_MANY + weight)
    return np.asarray(np.sqrt(learned))


def _by_group(figures: Array, groups: Months) -> Array:
    """The sums of each row's group, column by column."""
    sums = np.zeros((int(groups.max(initial=-1)) + 1, figures.shape[1]))
    np.add.at(sums, groups, figures)
    return sums[groups]
