"""What came of past plans, and how the siblings stand, joined with what a series' own course says.

All in the link's scale z (see assess.forecast), as distances from the plan, for whole tables at once. A year is taken to end as
far from its plan as the unit's past years did (its fulfilment), moved by how far it stands from where those years stood at this
month: by as much of that as there is of the year behind it, and of what it shares with its siblings (the same target of other
units) by the square of that, for a common late start is mostly made up for. A unit's usual figures are drawn towards those of
all siblings, the more so the fewer years are its own (partial pooling; Efron and Morris 1975); a unit without any stands on its
siblings. How far this rule would have erred in the years that are over, for the unit and its siblings, joined with the scale of
the series' own forecast, is the scale of its error: it learns where plans are kept better or worse than usual.

Nothing is fitted but four constants, each of them flat about its value on investment plans of Vietnam's ministries and provinces,
2017 to 2021.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.assess.path import SLIP

Array = npt.NDArray[np.float64]
Months = npt.NDArray[np.int64]

# Of how many of its own years the siblings' usual figures count as much as one.
POOLED = 1.0
# The part of the joined centre that is the series' own course.
COURSE = 0.25
# How much more than the series' own forecast the rule is taken to err, until as many of its past errors are known.
DOUBTED, AS_MANY = 1.3, 10.0
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
    centre: Array, scale: Array, standing: Array, outcome: Array, plan: Array, gone: Array, siblings: Months
) -> tuple[Array, Array]:
    """Centre and scale of each row's year, in z, by its own course (`centre`, `scale`) and by what came of plans; as they are
    where neither the row nor a sibling has a past plan.

    standing: rows x (years + 1), where each year stood at the row's month, this year the last; outcome: rows x years, where the
    past ones ended; plan: rows x (years + 1), each year's plan as it was known at that month; gone: the part of the year that is
    over (0..1), NaN where it is what past years had reached by now. siblings: rows with one number are siblings that stand at one
    month (-1: has none).
    """
    with np.errstate(invalid="ignore"):
        stood, ended = standing - plan, outcome - plan[:, :-1]
        told = np.isfinite(stood[:, :-1]) & (np.abs(ended) <= FREAK)
    if not told.any():
        return centre, scale
    this_year = np.where(np.isfinite(stood[:, -1:]), stood[:, -1:], np.nan)
    stood = np.concatenate([np.where(told, stood[:, :-1], np.nan), this_year], axis=1)
    ended = np.concatenate([np.where(told, ended, np.nan), np.full((len(ended), 1), np.nan)], axis=1)
    groups = _groups(siblings)
    stood_usually = _usual(np.where(np.isnan(ended), np.nan, stood), groups)
    ended_usually = _usual(ended, groups)
    off = stood - stood_usually
    with np.errstate(over="ignore"):
        share = np.clip(np.exp(stood_usually - ended_usually), 0.0, 1.0)
    part = np.where(np.isnan(gone)[:, None], share, gone[:, None])
    common = _others(off, groups)
    guess = ended_usually + part * (off - common) + part**2 * common
    by_plan = guess[:, -1] + plan[:, -1]
    known = np.isfinite(by_plan)
    distance = np.where(known, centre - by_plan, 0.0)
    learned = _learned(ended - guess, DOUBTED * scale, groups)
    return centre - np.where(known, (1 - COURSE) * distance, 0.0), np.where(known, learned, scale)


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


def _learned(error: Array, granted: Array, groups: Months) -> Array:
    """The scale of each row's error, by what is `granted` and by the past errors of its group."""
    known = ~np.isnan(error)
    square, count = (np.where(known, error, 0.0) ** 2).sum(axis=1), known.sum(axis=1).astype(float)
    # Siblings err together: the more there are, the less each year of one tells.
    size = np.sqrt(np.bincount(groups)[groups])
    square, count = (_by_group(of[:, None], groups)[:, 0] / size for of in (square, count))
    return np.asarray(np.sqrt((AS_MANY * granted**2 + square) / (AS_MANY + count)))


def _by_group(figures: Array, groups: Months) -> Array:
    """The sums of each row's group, column by column."""
    sums = np.zeros((int(groups.max(initial=-1)) + 1, figures.shape[1]))
    np.add.at(sums, groups, figures)
    return sums[groups]
