"""What a series says of its due date: a first forecast, corrections to it, and how much the series usually moves.

All in the link's scale z (see assess.forecast), for whole tables at once. The corrections are weighed by coefficients fitted on
the past errors of many series (assess.calibration), so each is only asked to point the right way: smoothed levels and discounted
trends of the deseasonalised series (exponential smoothing; Gardner 2006), the share of the year that past years had reached by
now (chain ladder; Mack 1993), last year's total and its growth, what was left of last year grown as the latest months have, and
of levels the smoothings that erred least on the series' own past. Each is given again times what is characteristic of the series
(how its changes follow each other, how volatile it is, how far it drifts, of flows how strong its season), so that its weight can
be another for a noisy series than for one that drifts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Months = npt.NDArray[np.int64]

# The months up to the latest that smoothing and trends look at.
WINDOW = 60
LEVEL_SMOOTHING = (0.08, 0.4)
LEVEL_TRENDS = (0.03, 0.2)
FLOW_SMOOTHING = (0.1, 0.3, 0.6, 0.9)
FLOW_TRENDS = (0.05, 0.15, 0.3)
DAMPING = 0.9
# Over how many of the latest months a flow is held against the same months a year before, and the most that tells, in z.
GROWN = (2, 6, 12)
MOST_GROWN = 1.5
BARE_TRENDS = (0.2, 0.4)
# Models of exponential smoothing that a level may choose from: smoothing of the level, of the trend, damping; how many origins
# of its past they are judged by; and the power of their errors that they are weighed by.
MODELS = tuple((level, *trend) for level in (0.1, 0.3, 0.8) for trend in ((0.0, 0.9), (0.2, 0.95)))
ORIGINS = 24
SHARPNESS = 6
# Rows judged at a time, so that their errors stay in the processor's cache.
BLOCK = 256
# The step a month and the season (standard deviation) from which a series' own are told apart, in z.
USUAL_STEP = 0.05
USUAL_SEASON = 0.1
# The least volatility told apart from none, in z; of a year's few reports, whose calm proves little; and what is taken where
# one report tells nothing of it.
LEAST = 1e-5
LEAST_BARE = 0.002
UNTOLD = 0.2


@dataclass(frozen=True)
class Features:
    """Rows of series. `first`: the plain forecast, z; `corrections`: rows x candidates, z; `characters`: rows x what is
    characteristic of the series, by which the candidates' weights vary; `volatility`: rows x measures, z.
    """

    first: Array
    corrections: Array
    characters: Array
    volatility: Array

    @property
    def candidates(self) -> Array:
        """The corrections, and those times each of the characters: one weight each."""
        by_character = [self.corrections * self.characters[:, [n]] for n in range(self.characters.shape[1])]
        return np.concatenate([self.corrections, *by_character], axis=1)

    def corrected(self, weights: Array) -> Array:
        """What the candidates add to the first forecast, by their weights."""
        by_part = self.corrections @ weights.reshape(-1, self.corrections.shape[1]).T
        return np.asarray(by_part[:, 0] + np.einsum("ij,ij->i", by_part[:, 1:], self.characters))

    def __getitem__(self, rows: Months | npt.NDArray[np.bool_]) -> Features:
        """Some rows."""
        return Features(self.first[rows], self.corrections[rows], self.characters[rows], self.volatility[rows])


def level_features(past: Array, year: Array, month: Months, due: Months) -> Features:
    """Of levels. `past`: rows x years x 12, z, NaN where not reported; `year`: rows x 12, z, without gaps up to `month` (1..12);
    `due`: the month (1..12) that decides. The first forecast is the latest value carried along the usual season.
    """
    season, growth = _season(past)
    aligned = _window(past, year, season, month)
    now, end = _at(year, month), _at(season, due) - _at(season, month)
    left = (due - month).astype(float)
    run = DAMPING * (1 - DAMPING**left) / (1 - DAMPING)
    past_end = np.take_along_axis(past, (due - 1)[:, None, None].repeat(past.shape[1], 1), 2)[:, :, 0]
    past_now = np.take_along_axis(past, (month - 1)[:, None, None].repeat(past.shape[1], 1), 2)[:, :, 0]
    change = past_end - past_now
    usual = _mean(change)
    latest = aligned[:, -1]
    corrections = [end, *(_smoothed(aligned, LEVEL_SMOOTHING) - latest), *(_trends(aligned, LEVEL_TRENDS) * run)]
    corrections += [
        growth * left / 12,
        np.nan_to_num(usual - end),
        np.nan_to_num(change[:, -1] - usual),
        np.nan_to_num(past_end[:, -1] - _at(season, due) - latest),
    ]
    ahead, error = _suited(aligned, due - month)
    corrections.append(ahead)
    step = _step(aligned)
    drift = _drift(aligned, due - month)
    spread = np.sqrt(_mean((change - usual[:, None]) ** 2) * _unbiased(change))
    volatility = np.stack([step, np.where(np.isnan(drift), step * np.sqrt(left), drift), spread, error], axis=1)
    volatility[:, 2] = np.where(np.isnan(spread) | (spread == 0), volatility[:, 1], spread)
    # Of what never moved nobody knows how far it moves if it does.
    still = np.asarray((volatility <= LEAST).all(axis=1))
    volatility = np.where(still[:, None], USUAL_STEP, np.maximum(volatility, LEAST))
    drifting = _drifting(volatility[:, 1], volatility[:, 0], due - month)
    return Features(now, np.stack(corrections, axis=1), _characters(aligned, step, drifting), volatility)


def flow_features(past: Array, year: Array, month: Months, due: Months) -> Features:
    """Of flows. `past`, `year`: what each month added, rows x years x 12 and rows x 12, positive, NaN as in level_features. z is
    the logarithm of the total at `due`. The first forecast is the year to date over the share that past years had reached by now.
    """
    rows, years = past.shape[:2]
    months = np.arange(1, 13)
    within = np.where((months[None, :] <= due[:, None])[:, None, :], past, 0.0)
    total = within.sum(axis=2)
    sofar = np.where((months[None, :] <= month[:, None])[:, None, :], within, 0.0).sum(axis=2)
    share = np.log(sofar / total)
    recent = np.where(np.isnan(share), 0.0, 0.75 ** np.arange(years)[::-1])
    usual = np.nansum(recent * share, axis=1) / np.maximum(recent.sum(axis=1), LEAST)
    done = np.nansum(np.where(months[None, :] <= month[:, None], year, 0.0), axis=1)
    first = np.log(done) - usual
    left = 1 - np.exp(usual)
    season, _ = _season(np.log(past))
    aligned = _window(np.log(past), np.log(year), season, month)
    ahead = (months[None, :] > month[:, None]) & (months[None, :] <= due[:, None])
    steps = np.maximum(months[None, :] - month[:, None], 0)
    run = DAMPING * (1 - DAMPING**steps) / (1 - DAMPING)
    usually = np.where(ahead, np.exp(season), 0.0)
    smoothed = _smoothed(aligned, FLOW_SMOOTHING)
    middle = np.exp(smoothed[1])[:, None] * usually
    base = np.log(done + middle.sum(axis=1))
    corrections = [*(np.log(done + np.exp(smoothed) * usually.sum(axis=1)) - first)]
    for trend in np.clip(_trends(aligned, FLOW_TRENDS), -0.1, 0.1):
        corrections.append(np.log(done + np.einsum("ij,ij->i", middle, np.exp(trend[:, None] * run))) - base)
    growth = np.diff(np.log(total), axis=1) if years > 1 else np.full((rows, 1), np.nan)
    corrections += [
        left * np.nan_to_num(np.log(total[:, -1]) - first),
        left * np.nan_to_num(_mean(growth)),
        left * np.nan_to_num(growth[:, -1]),
        left * np.nan_to_num(share[:, -1] - usual),
    ]
    last_rest = np.where(ahead, past[:, -1], 0.0).sum(axis=1)
    corrections += [*np.nan_to_num(np.log(done + last_rest * np.exp(_grown(past, year, month))) - first)]
    step = _step(aligned)
    spread = np.sqrt(_mean((share - _mean(share)[:, None]) ** 2) * _unbiased(share))
    pace = step * left
    spread = np.where(np.isnan(spread) | (spread == 0), pace, spread)
    drift = _drift(aligned, due - month)
    drift = np.where(np.isnan(drift), step * np.sqrt(np.maximum(due - month, 1)), drift)
    volatility = np.stack([spread, pace, step * np.sqrt(left), drift * left], axis=1)
    seasonal = np.log((season.std(axis=1) + USUAL_SEASON / 10) / USUAL_SEASON) / 1.5
    drifting = _drifting(np.maximum(drift, LEAST), np.maximum(step, LEAST), due - month)
    characters = _characters(aligned, step, seasonal, drifting)
    return Features(first, np.stack(corrections, axis=1), characters, np.maximum(volatility, LEAST))


def bare_level_features(year: Array, month: Months, due: Months, began: Array) -> Features:
    """Of levels without a year of history: what the year itself says, and where it `began` (z, NaN when nobody knows)."""
    left = (due - month).astype(float)
    run = DAMPING * (1 - DAMPING**left) / (1 - DAMPING)
    now = _at(year, month)
    aligned = _window(np.full((len(year), 1, 12), np.nan), year, np.zeros((len(year), 12)), month)
    since = np.nan_to_num((now - began) / month) * left
    corrections = [since, *(_trends(aligned, BARE_TRENDS) * run)]
    step = _doubted(_known(_step(aligned)), (~np.isnan(np.diff(aligned, axis=1))).sum(axis=1))
    moved = _doubted(_known(np.abs(now - began) / np.sqrt(month)), 1)
    step, moved = np.where(np.isnan(step), moved, step), np.where(np.isnan(moved), step, moved)
    volatility = np.stack([step, step * np.sqrt(left), moved], axis=1)
    volatility = np.nan_to_num(np.maximum(volatility, LEAST_BARE), nan=UNTOLD)
    return Features(now, np.stack(corrections, axis=1), np.empty((len(now), 0)), volatility)


def bare_flow_features(year: Array, month: Months, due: Months) -> Features:
    """Of flows without a year of history: the pace so far, and of late."""
    months = np.arange(1, 13)
    done = np.nansum(np.where(months[None, :] <= month[:, None], year, 0.0), axis=1)
    left = 1 - month / due
    aligned = _window(np.full((len(year), 1, 12), np.nan), np.log(year), np.zeros((len(year), 12)), month)
    late = (due - month)[:, None] * np.exp(_smoothed(aligned, FLOW_SMOOTHING[1:3])).T
    first = np.log(done) - np.log(month / due)
    corrections = np.log(done[:, None] + late) - first[:, None]
    step = np.nan_to_num(np.maximum(_known(_step(aligned)), LEAST_BARE), nan=UNTOLD)
    volatility = np.stack([step * left, step * np.sqrt(left), left], axis=1)
    return Features(first, corrections, np.empty((len(first), 0)), np.maximum(volatility, LEAST))


def _season(past: Array) -> tuple[Array, Array]:
    """The usual deviation of each month from its year's trend (rows x 12), and the usual growth a year.

    Shrunk towards none by how much it varies from year to year (James and Stein 1961; for seasons, Miller and Williams 2003).
    """
    rows, years = past.shape[:2]
    middle = past @ np.full(12, 1 / 12)
    growth = np.nan_to_num(_mean(np.diff(middle, axis=1))) if years > 1 else np.zeros(rows)
    slope = growth[:, None, None] * ((np.arange(12) - 5.5) / 12)
    known = ~np.isnan(middle)
    count = known.sum(axis=1)
    deviation = np.where(known[:, :, None], past - middle[:, :, None] - slope, 0.0)
    season = deviation.sum(axis=1) / np.maximum(count, 1)[:, None]
    off = np.where(known[:, :, None], deviation - season[:, None], 0.0).reshape(rows, -1)
    noise = np.einsum("ij,ij->i", off, off) / np.maximum((count - 1) * 11, 1) / np.maximum(count, 1)
    signal = np.einsum("ij,ij->i", season, season) / 11
    kept = np.where(count >= 2, np.clip(1 - noise / np.maximum(signal, 1e-12), 0.0, 1.0), 0.7)
    return season * kept[:, None], growth


def _window(past: Array, year: Array, season: Array, month: Months) -> Array:
    """The deseasonalised last months, WINDOW at most, up to each row's own, NaN where there is nothing; freaks pulled in."""
    whole = np.concatenate([past.reshape(len(past), -1), year], axis=1)
    whole = whole - np.tile(season, (1, past.shape[1] + 1))
    last = past.shape[1] * 12 + month - 1
    columns = last[:, None] + np.arange(1 - min(WINDOW, whole.shape[1]), 1)[None, :]
    picked = np.take_along_axis(whole, np.clip(columns, 0, whole.shape[1] - 1), axis=1)
    picked = np.where(columns < 0, np.nan, picked)
    middle = _smoothed(picked, (0.1,)).T
    reach = 4 * 1.4826 * row_median(np.abs(picked - middle))[:, None] + LEAST
    return np.asarray(np.clip(picked, middle - reach, middle + reach))


def _smoothed(aligned: Array, weights: tuple[float, ...]) -> Array:
    """The exponentially weighted mean by each weight (weights x rows); what is missing weighs nothing."""
    age = np.arange(aligned.shape[1])[::-1]
    decay = (1 - np.array(weights)) ** age[:, None]
    known = ~np.isnan(aligned)
    return np.asarray((np.where(known, aligned, 0.0) @ decay) / np.maximum(known @ decay, 1e-300)).T


def _trends(aligned: Array, weights: tuple[float, ...]) -> Array:
    """The slope a month of a straight line fitted with exponentially decaying weights, by each weight (weights x rows); 0 with
    fewer than two figures.
    """
    age = np.arange(aligned.shape[1])[:, None] - aligned.shape[1] + 1.0
    decay = (1 - np.array(weights)) ** (-age)
    known = ~np.isnan(aligned)
    moments = np.concatenate([decay, decay * age, decay * age * age], axis=1)
    s0, s1, s2 = np.split((known @ moments).T, 3)
    y0, y1 = np.split((np.where(known, aligned, 0.0) @ moments[:, : 2 * len(weights)]).T, 2)
    spread = s0 * s2 - s1 * s1
    return np.where(spread > 1e-9, (s0 * y1 - s1 * y0) / np.maximum(spread, 1e-9), 0.0)


def _grown(past: Array, year: Array, month: Months) -> Array:
    """The logarithm of what the latest months brought over the same months a year before, by GROWN (months x rows); NaN where
    those are not known.
    """
    whole = np.concatenate([np.full((len(past), 12), np.nan), past.reshape(len(past), -1), year], axis=1)
    columns = (past.shape[1] * 12 + month)[:, None] + np.arange(-12, 12)[None, :]
    picked = np.take_along_axis(whole, columns, axis=1)
    grown = [picked[:, 24 - count :].sum(axis=1) / picked[:, 12 - count : 12].sum(axis=1) for count in GROWN]
    return np.asarray(np.clip(np.log(grown), -MOST_GROWN, MOST_GROWN))


def _characters(aligned: Array, step: Array, *others: Array) -> Array:
    """The lag-one autocorrelation of the series' changes, their volatility, and the `others`: rows x characters, each about 0 to
    1 in size.
    """
    changes = np.diff(aligned[:, -49:], axis=1)
    changes = np.nan_to_num(changes - _mean(changes)[:, None])
    following = (changes[:, 1:] * changes[:, :-1]).sum(axis=1) / np.maximum((changes**2).sum(axis=1), LEAST**2)
    volatile = np.log((step + LEAST) / USUAL_STEP) / 2
    # Noise around a level gives an autocorrelation of -0.5, a random walk none; beyond either there is little to be learned.
    return np.stack([2 * np.clip(following, -0.6, 0.6) + 0.6, *np.clip([volatile, *others], -1.5, 1.5)], axis=1)


def _suited(aligned: Array, left: Months) -> tuple[Array, Array]:
    """What the MODELS say of `left` months ahead, as a change from the latest figure, each weighed by its errors on the row's own
    past, as far ahead; and the usual size of those errors. Both a figure a row.
    """
    known, width = ~np.isnan(aligned), aligned.shape[1]
    begin = np.argmax(known, axis=1)
    source = np.maximum.accumulate(np.where(known, np.arange(width), begin[:, None]), axis=1)
    # Before it begins a series is taken to have stood still: that is how smoothing begins.
    figures = np.take_along_axis(aligned, source, axis=1) - aligned[:, -1:]
    ahead, error, one = np.zeros(len(aligned)), np.zeros(len(aligned)), np.ones(len(MODELS))
    for steps in np.unique(left[left > 0]):
        forecast, misses = _smoothing(width, int(steps))
        origins = misses.shape[1] // len(MODELS)
        for rows in blocks(np.flatnonzero(left == steps), BLOCK):
            off = (figures[rows] @ misses).reshape(-1, len(MODELS), origins)
            np.square(off, out=off)
            judged = np.arange(width - steps - origins, width - steps)[None, :] >= begin[rows, None]
            if not judged.all():
                off *= judged[:, None]
            square = (off @ np.ones(origins)) / np.maximum(judged.sum(axis=1), 1)[:, None] + LEAST**2
            weight = (square / square.min(axis=1, keepdims=True)) ** (-SHARPNESS / 2)
            weight /= (weight @ one)[:, None]
            ahead[rows] = (weight * (figures[rows] @ forecast)) @ one
            error[rows] = np.sqrt((weight * square) @ one)
    return ahead, error


@cache
def _smoothing(width: int, steps: int) -> tuple[Array, Array]:
    """The MODELS as weights of a window's figures, for a smoothing is linear in them: `forecast`, `steps` months ahead of now
    (width x models), and `misses`: figure less forecast, `steps` months after each of the last ORIGINS origins that are so long
    ago (width x models * origins).
    """
    levels, slopes = (of[:, :width, :width] for of in _recursion())
    damping = np.array([model[2] for model in MODELS])[:, None, None]
    said = levels + (damping ** np.arange(1.0, steps + 1)).sum(axis=2, keepdims=True) * slopes
    origins = np.arange(max(0, width - steps - ORIGINS), width - steps)
    misses = np.eye(width)[origins + steps] - said[:, origins]
    return said[:, -1].T, misses.reshape(-1, width).T


@cache
def _recursion() -> tuple[Array, Array]:
    """Level and slope of the MODELS after each month of a WINDOW, as weights of its figures: models x months x figures. Those of
    a shorter window are the first of them.
    """
    levels, slopes = np.zeros((2, len(MODELS), WINDOW, WINDOW))
    levels[:, 0, 0] = 1.0
    shown = np.eye(WINDOW)
    own, of_trend, damping = (np.array(column)[:, None] for column in zip(*MODELS, strict=True))
    for month in range(1, WINDOW):
        expected = levels[:, month - 1] + damping * slopes[:, month - 1]
        off = shown[month] - expected
        levels[:, month] = expected + own * off
        slopes[:, month] = damping * slopes[:, month - 1] + own * of_trend * off
    return levels, slopes


def _step(aligned: Array) -> Array:
    """The usual size of a month's change in the last three years: the median absolute one, as a standard deviation."""
    usual = 1.4826 * row_median(np.abs(np.diff(aligned[:, -37:], axis=1)))
    return np.where(np.isnan(usual), 0.0, usual)


def _known(volatility: Array) -> Array:
    """NaN where there is none to be seen: figures on a straight line between two reports tell nothing."""
    return np.where(volatility > LEAST, volatility, np.nan)


def _doubted(step: Array, changes: Months | int) -> Array:
    """A step that a few changes tell of, with the usual one told as often as one: calm months of one year prove little."""
    return np.asarray(np.sqrt((changes * step**2 + USUAL_STEP**2) / (changes + 1)))


def _drift(aligned: Array, steps: Months) -> Array:
    """The standard deviation of the changes over as many months as are left; NaN where the past is too short to tell."""
    drift = np.full(len(aligned), np.nan)
    for step in np.unique(steps[steps > 0]):
        rows = steps == step
        changes = aligned[rows, step:] - aligned[rows, :-step]
        off = changes - _mean(changes)[:, None]
        enough = (~np.isnan(changes)).sum(axis=1) > step
        drift[rows] = np.where(enough, np.sqrt(_mean(off**2)), np.nan)
    return drift


def _drifting(drift: Array, step: Array, left: Months) -> Array:
    """How much further than steps of no direction a series goes in the months that are left (Lo and MacKinlay 1988)."""
    return np.asarray(2 * np.log(drift / (step * np.sqrt(np.maximum(left, 1)))))


def _at(table: Array, month: Months) -> Array:
    return np.asarray(np.take_along_axis(table, (month - 1)[:, None], axis=1)[:, 0])


def _mean(table: Array) -> Array:
    """Row means over what is known; NaN for a row of nothing."""
    known, one = ~np.isnan(table), np.ones(table.shape[1])
    count = known @ one
    return np.where(count > 0, (np.where(known, table, 0.0) @ one) / np.maximum(count, 1), np.nan)


def blocks(rows: Months, most: int) -> list[Months]:
    """`rows` (positions) in parts of `most` at the most, for what is reckoned on the way is many times as large as what comes of
    it; none of none.
    """
    return np.array_split(rows, -(-len(rows) // most)) if len(rows) else []


def row_median(table: Array) -> Array:
    """Row medians over what is known; NaN for a row of nothing."""
    ordered = np.sort(table, axis=1)
    known = (~np.isnan(table)).sum(axis=1)
    low, high = np.maximum((known - 1) // 2, 0), np.minimum(known // 2, table.shape[1] - 1)
    rows = np.arange(len(table))
    return np.where(known > 0, (ordered[rows, low] + ordered[rows, high]) / 2, np.nan)


def _unbiased(table: Array) -> Array:
    """What makes a mean square around a row's own mean an unbiased variance; NaN with fewer than two."""
    known = (~np.isnan(table)).sum(axis=1)
    return np.where(known > 1, known / np.maximum(known - 1, 1), np.nan)
