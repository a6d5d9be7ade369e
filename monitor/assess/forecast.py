"""The distribution of each series' value at its due date, from whatever there is: years of history, one, a baseline, or nothing.

The first forecast of assess.features, corrected by a weighted sum of its corrections, with an error that follows Student's t;
where there are three years or more, what they say and what the last two say are joined by their precision. The weights, and how
the error's scale follows the series' own volatility, were fitted on past errors pooled over real series (calibration.json, made
by tests/calibration/fit.py), for each number of months left and of years known. Pooling is what lets three years of history give
honest intervals (Montero-Manso and Hyndman 2021, "Principles and algorithms for forecasting groups of time series"). All is
reckoned on a scale z that keeps values where they can be: logarithms for what is positive, logits for shares of a whole, plain
figures for the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from monitor.assess import student
from monitor.assess.features import (
    Array,
    Features,
    Months,
    bare_flow_features,
    bare_level_features,
    blocks,
    flow_features,
    level_features,
)
from monitor.assess.history import NOTHING
from monitor.assess.plans import Plans, joined
from monitor.assess.student import FREEDOM

Mask = npt.NDArray[np.bool_]
# Centre and scale in z by past years (rows x years x 12), the months seen of the year asked about (rows x 12), which rows of the
# table they are, and the plan.
Course = Callable[[Array, Array, Months, Array], tuple[Array, Array]]

# The volatility that the error's scale is reckoned from.
USUAL_VOLATILITY = 0.05
# A share of a whole is reckoned as if the whole were this part larger at either end: a logit has no 100%.
BRIM = 0.005
# What a month added is at least this part of what months usually add: the logarithm of nothing is no figure.
TRICKLE = 0.05
# Rows reckoned at a time.
BLOCK = 8192
# Two forecasts joined err less than either where they agree, and more where they are apart: the parts of their mean scale and of
# their distance that gave the best likelihood on M1, each fifth of its series answered by the weights of the others. Of flows
# with more than FAR months left both miss the same that is still ahead, and joining gains less: the part there brings coverage
# near to 80% on both sets that the weights were fitted on (tests/calibration/crossed.py; `monitor backtest before-1995.csv`).
JOINED, APART = 0.9, 1.5
JOINED_FAR, FAR = 0.93, 7
# A plan further away than so many times the usual volatility counts as if it were there.
REACH = 4.0
# What past projections teach of the scale: of so many years that had LEAST_YEARS before them, of so many series of each kind and
# third of the year; the shipped scale counts as AS_MANY of them; fewer than FEW teach nothing; no error counts for more than
# FARTHEST scales.
REPLAYS, LEAST_YEARS, SAMPLE, AS_MANY, FEW, FARTHEST, ROUNDS = 2, 3, 64, 20.0, 24, 20.0, 4
# A level that more likely stands still than not tells nothing of how far it moves.
HALF = 0.5
# No scale is smaller, in z, when forecasts are joined by their precision.
TINY = 1e-9


@dataclass(frozen=True)
class Question:
    """Rows of series of one measure, in the unit of measure. `past`: rows x years x 12, and `year`: rows x 12, NaN where unknown,
    `year` without gaps up to `month` (1..12); `due`: the month that decides, not before `month`; `low`, `high`: the values that
    can be; `plan`: the value promised; `calendar`: rows with one number are figures of one time, whose past errors tell of each
    other; `learned`: how many times the shipped scale errors have, where that is known already (None: it is learned here).
    """

    past: Array
    year: Array
    month: Months
    due: Months
    low: Array
    high: Array
    plan: Array
    plans: Plans
    calendar: Months
    learned: Array | None = None


@dataclass(frozen=True)
class Outlook:
    """Rows of series. `centre`, `scale`: of Student's t in z; `link`: 0 plain (in units of `size`), 1 logarithm, 2 logit between
    `low` and `high`; `least`: no smaller value is possible; `stays`: the chance (0..1) that it is just `now`, and not what the t
    says. `method`: what the forecast rests on, with `years` whole past ones. `learned`: how many times the shipped scale the own
    course's errors have; `by_plans`: the scale is what came of plans, not that.
    """

    centre: Array
    scale: Array
    link: Months
    size: Array
    low: Array
    high: Array
    least: Array
    method: npt.NDArray[np.object_]
    years: Months
    stays: Array
    now: Array
    learned: Array
    by_plans: Mask

    def quantiles(self, shares: Sequence[float]) -> list[Array]:
        """The values that are not exceeded with probability `shares` (0..1), in the unit of measure."""
        under = (1 - self.stays) * self._moved_below(self.now)
        return [self._quantile(share, under) for share in shares]

    def _quantile(self, share: float, under: Array) -> Array:
        """One of them; `under`: the chance of a value below `now`."""
        distance = np.full(len(under), student.quantile(np.array([share])))
        over, may_stay = share > under + self.stays, self.stays > 0
        within = np.where(over, share - self.stays, share)[may_stay] / (1 - self.stays)[may_stay].clip(min=TINY)
        distance[may_stay] = student.quantile(np.clip(within, 1e-12, 1 - 1e-12))
        value = from_z(self.centre + distance * self.scale, self.link, self.size, self.low, self.high)
        value = np.clip(value, np.fmax(self.least, self.low), self.high)
        # What stays where it is has that chance all at one value; rounding may not carry the others past it.
        return np.where(over, np.fmax(value, self.now), np.where(share > under, self.now, np.fmin(value, self.now)))

    def below(self, value: Array) -> Array:
        """The probability of a value under `value`; an end that nothing can pass is certain."""
        return (1 - self.stays) * self._moved_below(value) + self.stays * (self.now < value)

    def _moved_below(self, value: Array) -> Array:
        z = to_z(value, self.link, self.size, self.low, self.high)
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = np.where(
                self.scale > 0, (z - self.centre) / self.scale, np.where(z > self.centre, np.inf, -np.inf)
            )
        share = np.where(value <= self.least, 0.0, student.below(distance))
        return np.where(np.isposinf(value) | (value > self.high), 1.0, np.where(np.isneginf(value), 0.0, share))


def to_z(value: Array, link: Months, size: Array, low: Array, high: Array) -> Array:
    """Values on each row's scale; `link`, `size`, `low`, `high` stand for rows, `value` may have columns."""
    of = (-1, *[1] * (np.ndim(value) - 1))
    z = value / size.reshape(of)
    rows = link == 1
    if rows.any():
        some = value[rows]
        z[rows] = np.where(np.isnan(some), np.nan, np.log(np.where(some > 0, some, 1.0)))
        z[rows] = np.where(some <= 0, -np.inf, z[rows])
    rows = link == 2
    if rows.any():
        part = np.clip((value[rows] - low[rows].reshape(of)) / (high - low)[rows].reshape(of), 0.0, 1.0)
        z[rows] = np.log((part + BRIM) / (1 - part + BRIM))
    return z


def from_z(z: Array, link: Months, size: Array, low: Array, high: Array) -> Array:
    """The values that `to_z` took, a row each."""
    value = z * size
    rows = link == 1
    value[rows] = np.exp(np.minimum(z[rows], 700.0))
    rows = link == 2
    with np.errstate(over="ignore"):
        part = np.clip((1 + 2 * BRIM) / (1 + np.exp(-z[rows])) - BRIM, 0.0, 1.0)
    value[rows] = low[rows] + (high - low)[rows] * part
    return value


def levels(of: Question, began: Array, stays: Array) -> Outlook:
    """The outlook of levels, as reported. `began`: where the year began, NaN unknown; `stays`: the chance that it does not move
    (`standing`).
    """
    past, year, month, due, low, high, plan = of.past, of.year, of.month, of.due, of.low, of.high, of.plan
    rows = len(year)
    known = np.concatenate([past.reshape(rows, -1), year, began[:, None]], axis=1)
    positive = np.nan_to_num(np.nanmin(np.where(np.isnan(known), np.inf, known), axis=1)) > 0
    bounded = (
        np.isfinite(low) & np.isfinite(high) & (np.nanmax(np.where(np.isnan(known), -np.inf, known), axis=1) <= high)
    )
    link = np.where(bounded, 2, np.where(positive & (plan > 0), 1, 0))
    size = np.nan_to_num(np.nanmean(np.abs(np.where(np.isnan(known).all(axis=1)[:, None], 1.0, known)), axis=1))
    size = np.where(size > NOTHING, size, np.where(plan != 0, np.abs(plan), 1.0))

    def z(value: Array) -> Array:
        return to_z(value, link, size, low, high)

    gaps = np.asarray(np.isnan(past).any(axis=2))
    whole = (~gaps).sum(axis=1)
    years = np.minimum(whole, 3)
    stands = np.take_along_axis(year, (month - 1)[:, None], axis=1)[:, 0]
    past, year, began = z(np.where(gaps[:, :, None], np.nan, past)), z(year), z(began)

    def course(past: Array, year: Array, rows: Months, goal: Array) -> tuple[Array, Array]:
        month_, due_ = month[rows], due[rows]

        def features(shown: Array, some: Months) -> Features:
            if not shown.shape[1]:
                return bare_level_features(year[some], month_[some], due_[some], began[rows][some])
            return level_features(shown, year[some], month_[some], due_[some])

        return _combined("level", features, past, month_, due_, _columns(year[:, None], month_)[:, 0], goal)

    now = _columns(year[:, None], month)[:, 0]
    centre, scale = course(past, year, np.arange(rows), z(plan))
    moving = np.where((stays <= HALF)[:, None, None], past, np.nan)
    learned = _learned("level", course, moving, _columns(moving, due), of)
    ended, stood = _columns(past, due), np.concatenate([_columns(past, month), now[:, None]], axis=1)
    gone, even = month / due, np.full(rows, np.nan)
    course_ = (centre, learned * scale)
    centre, scale, by_plans = _by_plans(*course_, stood, ended, z(of.plans.of_years), gone, even, of)
    method, least = _method("level", years, ~np.isnan(began)), np.full(rows, -np.inf)
    return Outlook(centre, scale, link, size, low, high, least, method, whole, stays, stands, learned, by_plans)


def standing(stood: Months, moved: Months, left: Array) -> Array:
    """The chance that a level is the same after `left` more reports, which `stood` times was what it had been, and `moved` times
    was not: that of so many like draws in a row, of a part which may be any (Jeffreys' prior, Beta(1/2, 1/2)). One that has only
    moved is not expected to stand.
    """
    chance = np.ones(len(left))
    for drawn in range(int(left.max(initial=0))):
        chance *= np.where(drawn < left, (stood + drawn + 0.5) / (stood + moved + drawn + 1), 1.0)
    return np.where((stood > 0) | (moved == 0), chance, 0.0)


def flows(of: Question) -> Outlook:
    """The outlook of flows at `due`; `past` and `year` hold what each month added."""
    past, year, month, due, plan = of.past, of.year, of.month, of.due, of.plan
    rows, months = len(year), np.arange(1, 13)
    within = (months[None, :] <= due[:, None])[:, None, :]
    whole = ~np.isnan(np.where(within, past, 0.0)).any(axis=2)
    total = np.where(whole, np.where(within, past, 0.0).sum(axis=2), np.nan)
    whole &= np.nan_to_num(total) > 0
    years = np.minimum(whole.sum(axis=1), 3)
    done = np.nansum(np.where(months[None, :] <= month[:, None], year, 0.0), axis=1)
    usual = np.where(
        whole.any(axis=1),
        np.nansum(np.where(whole, total, 0.0), axis=1) / np.maximum(whole.sum(axis=1), 1),
        # Not the plan while anything is known: a higher promise would make for a higher projection.
        np.where(done > 0, done * due / month, np.where(plan > 0, plan, np.abs(done))),
    )
    usual = np.where(usual > NOTHING, usual, 1.0) / due
    least = TRICKLE * usual
    past = np.where(whole[:, :, None], np.maximum(past, least[:, None, None]), np.nan)
    grown = np.where(months[None, :] <= month[:, None], np.maximum(np.nan_to_num(year), least[:, None]), np.nan)

    def course(past: Array, grown: Array, rows: Months, goal: Array) -> tuple[Array, Array]:
        month_, due_ = month[rows], due[rows]

        def features(shown: Array, some: Months) -> Features:
            if not shown.shape[1]:
                return bare_flow_features(grown[some], month_[some], due_[some])
            return flow_features(shown, grown[some], month_[some], due_[some])

        return _combined("flow", features, past, month_, due_, np.log(np.nansum(grown, axis=1)), goal)

    link = np.ones(rows, dtype=np.int64)
    with np.errstate(divide="ignore", invalid="ignore"):
        goal = np.log(np.where(plan > 0, plan, np.nan))
        goals = np.log(np.where(of.plans.of_years > 0, of.plans.of_years, np.nan))
    now = np.log(np.nansum(grown, axis=1))
    centre, scale = course(past, grown, np.arange(rows), goal)
    to_date = np.log(np.cumsum(past, axis=2))
    ended, stood = _columns(to_date, due), np.concatenate([_columns(to_date, month), now[:, None]], axis=1)
    learned = _learned("flow", course, past, ended, of)
    gone, even = np.full(rows, np.nan), np.log(month / due)
    centre, scale, by_plans = _by_plans(centre, learned * scale, stood, ended, goals, gone, even, of)
    method, ones = _method("flow", years, np.zeros(rows, dtype=bool)), np.ones(rows)
    never = 0 * ones
    return Outlook(
        centre, scale, link, ones, of.low, of.high, done, method, whole.sum(axis=1), never, done, learned, by_plans
    )


def _combined(
    kind: str,
    features: Callable[[Array, Months], Features],
    past: Array,
    month: Months,
    due: Months,
    now: Array,
    goal: Array,
) -> tuple[Array, Array]:
    """Centre and scale in z. `past`: whole years, the others NaN; `features` of some rows, shown so many of their years; `now`:
    where they stand, `goal`: the plan.

    What three years or more say and what the last two alone say err in different ways, and are joined by their precision (Bates
    and Granger 1969, "The combination of forecasts"). Nothing is left to err when nothing is left.
    """
    whole = ~np.isnan(past[:, :, 0])
    years = np.minimum(whole.sum(axis=1), 3)
    latest = np.cumsum(whole[:, ::-1], axis=1)[:, ::-1] <= 2
    left = _left(kind, month, due)
    total, centre, scale, square = np.zeros((4, len(years)))
    for count in range(4):
        of = np.flatnonzero((years == count) | ((count == 2) & (years > 2)))
        seen = latest if count == 2 else whole
        begin = int(np.argmax((whole & seen)[of].any(axis=0))) if count else past.shape[1]
        for rows in blocks(of, BLOCK):
            shown = past[rows] if count != 2 else np.where(latest[rows, :, None], past[rows], np.nan)
            middle, width = _weighed(
                features(shown[:, begin:], rows), calibration()[kind][str(count)], left[rows] - 1, goal[rows]
            )
            precision = 1 / np.maximum(width, TINY) ** 2
            total[rows] += precision
            centre[rows] += precision * middle
            scale[rows] += precision * width
            square[rows] += precision * (middle - now[rows]) ** 2
    centre, scale, square = centre / total, scale / total, square / total
    apart = np.sqrt(np.maximum(square - (centre - now) ** 2, 0.0))
    joined = np.where((left > FAR) & (kind == "flow"), JOINED_FAR, JOINED)
    scale = np.where(years > 2, np.hypot(joined * scale, APART * apart), scale)
    over = due <= month
    return np.where(over, now, centre), np.where(over, 0.0, scale)


def _learned(kind: str, course: Course, past: Array, ended: Array, of: Question) -> Array:
    """How much further off than its scale says the method was, had it been asked at the same month of the last years that are
    over (a factor, a row each): of all series of the kind together, by the third of the year, for one alone tells little.

    past: rows x years x months, ended: rows x years, where each ended, both z. The likeliest scale of Student's t, with the
    shipped one told AS_MANY times.
    """
    if of.learned is not None:
        return of.learned
    month, due = of.month, of.due
    third = (_left(kind, month, due) - 1) // 4
    groups = np.unique(np.stack([third, of.calendar]), axis=1, return_inverse=True)[1].ravel()
    whole = ~np.isnan(past[:, :, 0])
    rows, back = [], []
    for years in range(1, min(REPLAYS, past.shape[1] - 1) + 1):
        some = np.flatnonzero(whole[:, -years] & (whole[:, :-years].sum(axis=1) >= LEAST_YEARS) & (due > month))
        some = _sample(some, groups)
        rows.append(some)
        back.append(np.full(len(some), years))
    which, ago = (np.concatenate([np.zeros(0, dtype=np.int64), *each]) for each in (rows, back))
    if len(which) < FEW:
        return np.ones(len(past))
    # The years before the one that is asked about, the latest last; none after.
    place = np.arange(past.shape[1] - 1)[None, :] - (ago - 1)[:, None]
    shown = np.where((place >= 0)[:, :, None], past[which[:, None], np.maximum(place, 0)], np.nan)
    last = past.shape[1] - ago
    asked = np.where(np.arange(1, 13)[None, :] <= month[which, None], past[which, last], np.nan)
    centre, scale = course(shown, asked, which, np.full(len(which), np.nan))
    error = (ended[which, last] - centre) / np.maximum(scale, TINY)
    factor = np.ones(groups.max() + 1)
    for group in np.unique(groups[which]):
        told = groups[which] == group
        square, years = np.clip(error[told], -FARTHEST, FARTHEST) ** 2, len(np.unique(ago[told]))
        # Series of one year err together.
        count = np.sqrt(len(square) * years)
        if len(square) < FEW:
            continue
        for _ in range(ROUNDS):
            drawn = square * (FREEDOM + 1) / (FREEDOM + square / factor[group])
            factor[group] = (AS_MANY + count * drawn.mean()) / (AS_MANY + count)
    return np.asarray(np.sqrt(factor)[groups])


def _sample(rows: Months, groups: Months) -> Months:
    """Of each group's rows SAMPLE at most, evenly spread."""
    order = rows[np.argsort(groups[rows], kind="stable")]
    codes = groups[order]
    place = np.arange(len(order)) - np.searchsorted(codes, codes)
    every = -(-np.bincount(codes, minlength=1)[codes] // SAMPLE)
    return np.asarray(order[place % every == 0])


def _left(kind: str, month: Months, due: Months) -> Months:
    """Months left. Of a flow it is the part of its time that counts, of a level the months themselves."""
    left = np.rint(12 * (1 - month / due)).astype(np.int64) if kind == "flow" else due - month
    return np.asarray(np.clip(left, 1, 11))


def _by_plans(
    centre: Array, scale: Array, stood: Array, ended: Array, plans: Array, gone: Array, even: Array, of: Question
) -> tuple[Array, Array, Mask]:
    """assess.plans.joined, of siblings that stand at one month; nothing is left to tell of what is over."""
    known = ~np.isnan(ended).all(axis=0)
    first = int(np.argmax(known)) if known.any() else ended.shape[1]
    siblings = of.plans.siblings
    at_one_month = np.where(siblings < 0, -1, siblings * 12 + of.month - 1)
    years = (stood[:, first:], ended[:, first:], plans[:, first:])
    middle, width, told = joined(centre, scale, *years, gone, even, at_one_month, FREEDOM)
    over = of.due <= of.month
    return np.where(over, centre, middle), np.where(over, scale, width), told & ~over


def _columns(past: Array, month: Months) -> Array:
    """Each row's years at its month: rows x years."""
    return np.asarray(np.take_along_axis(past, (month - 1)[:, None, None].repeat(past.shape[1], 1), 2)[:, :, 0])


def pulled(made: Features, goal: Array) -> Array:
    """How far a plan may pull a forecast that knows no past year, in z: a plan out of reach says nothing of what will come."""
    reach = REACH * np.sqrt((made.volatility**2).mean(axis=1))
    distance = np.clip(goal - made.first, -reach, reach)
    return np.where(np.isnan(distance), 0.0, distance)


def _weighed(made: Features, weights: dict[str, Array], step: Months, goal: Array) -> tuple[Array, Array]:
    """Centre and scale of what the features say, by the weights of each row's `step`."""
    pull = pulled(made, goal)
    relative = np.log(made.volatility / USUAL_VOLATILITY)
    centre, scale = np.empty((2, len(step)))
    for each in np.unique(step):
        rows = step == each
        by_plan = weights["plan"][each] if "plan" in weights else 0.0
        added = made[rows].corrected(weights["corrections"][each])
        constant, *exponents, by_added = weights["volatility"][each]
        own = USUAL_VOLATILITY * np.exp(constant + relative[rows] @ np.array(exponents))
        centre[rows] = made.first[rows] + added + by_plan * pull[rows]
        scale[rows] = np.hypot(own, by_added * np.abs(added))
    return centre, scale


def _method(kind: str, years: Months, began: Mask) -> npt.NDArray[np.object_]:
    names = np.array([f"{kind}-this-year", f"{kind}-one-year", f"{kind}-two-years", f"{kind}-years"], dtype=object)
    return np.where((years == 0) & began, f"{kind}-baseline", names[years])


@cache
def calibration() -> dict[str, dict[str, dict[str, Array]]]:
    """Kind (flow, level) -> years of history (0 to 3) -> `corrections` and `volatility`, and for 0 `plan`: a row a month left."""
    return arrays(json.loads(resources.files(__package__).joinpath("calibration.json").read_text("utf-8"))["weights"])


def arrays(weights: dict[str, dict[str, dict[str, list[list[float]]]]]) -> dict[str, dict[str, dict[str, Array]]]:
    """Weights as the file holds them, for reckoning."""
    return {
        kind: {years: {name: np.array(rows) for name, rows in of.items()} for years, of in by_years.items()}
        for kind, by_years in weights.items()
    }
