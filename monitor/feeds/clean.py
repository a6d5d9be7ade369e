"""Figures as they stand to observations: what each text means, and what cannot be used, with the reason and the place."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.feeds.declaration import Feed
from monitor.feeds.grid import Flaw, around, coded, why
from monitor.feeds.naming import known_as, spellings
from monitor.feeds.texts import (
    CATEGORY,
    Rows,
    Stack,
    Texts,
    chosen,
    constant,
    each,
    objects,
    pairs,
    spelled,
    texts_of,
    told,
)
from monitor.feeds.written_number import Raw, no_figure, printable
from monitor.feeds.written_period import written_period
from monitor.language import fits_pattern, fold
from monitor.model.observation import OBSERVATION_COLUMNS, QUARANTINE_COLUMNS, Reading
from monitor.model.problem import nearest, unknown
from monitor.model.target import RECKONED, Target
from monitor.model.unit import Unit
from monitor.model.unit_of_measure import conversion

_DIGITS = {
    **{"mot": "1", "hai": "2", "ba": "3", "bon": "4", "nam": "5", "sau": "6", "bay": "7", "tam": "8", "chin": "9"},
    **{
        "muoi": "10",
        "i": "1",
        "ii": "2",
        "iii": "3",
        "iv": "4",
        "v": "5",
        "vi": "6",
        "vii": "7",
        "viii": "8",
        "ix": "9",
        "x": "10",
    },
}
_ORDERED = frozenset(OBSERVATION_COLUMNS) - {"value", "cell"}
# What is kept of each figure as they gather.
_PLACE = {"file": CATEGORY, "sheet": CATEGORY, "line": np.int32, "column": np.int32}
_OBSERVED = {**dict.fromkeys(sorted(_ORDERED), CATEGORY), "value": np.float64, **_PLACE}
_QUARANTINED = {"feed": CATEGORY, **_PLACE, **dict.fromkeys(("found", "reason", "values"), object)}


@dataclass(frozen=True)
class Names:
    """The texts that name a target or a unit (`naming.spellings`): ids, names as printed, aliases, and the feed's own."""

    targets: Mapping[str, str]
    units: Mapping[str, str]

    @property
    def known(self) -> dict[str, set[str]]:
        """The texts alone, by kind of name."""
        return {"target": set(self.targets), "unit": set(self.units)}


def names(feed: Feed, targets: Iterable[Target], units: Iterable[Unit]) -> Names:
    """What the texts in `feed` may call a target or a unit."""
    of_targets = [(text, target.id) for target in targets for text in (target.name, target.id)]
    of_units = [(text, unit.id) for unit in units for text in (unit.id, unit.name, *unit.aliases)]
    return Names(spellings([*of_targets, *feed.targets.items()]), spellings([*of_units, *feed.units.items()]))


def clean(
    cells: pd.DataFrame, feed: Feed, named: Names, targets: Mapping[str, Target], first: pd.Period, last: pd.Period
) -> pd.DataFrame:
    """What each of `cells` (feeds.table.CELL_COLUMNS and `file`) says: the columns of an observation and of a quarantined figure
    (model.observation), `reason` None where the figure is good; instead of `cell` its `line` and `column` (see `located`).

    A blank or a dash is no figure. A figure given twice alike is kept once; given twice and different, neither is kept.
    `first` and `last`: the months that figures may speak of.
    """
    codes, entries = coded(cells["raw"].to_numpy(dtype=object))
    raw = Raw(entries, feed.numbers)
    work = cells.drop(columns="raw").assign(entry=codes, reason=cells["flaw"])
    for column in ("sheet", "target", "unit", "section", "period", "year", "measured_in", "received"):
        work[column] = each(texts_of(work[column]), printable).categorical()
    kept = ~(raw.blank[codes] & work["flaw"].isna().to_numpy()) & ~_ignored(work, feed)
    work = work if kept.all() else work[kept].reset_index(drop=True)
    work["name"] = _named(work, "target", named.targets).categorical()
    work["by"] = _named(work, "unit", named.units).categorical()
    work["ending"] = _periods(work, targets, first, last).categorical()
    work["value"] = _values(work, raw, feed, targets)
    work["sent"] = _sent(work).categorical()
    _duplicates(work)
    measured = {t.id: t.reported.unit_of_measure for t in targets.values()}
    return pd.DataFrame(
        {
            "feed": constant(feed.id, len(work)).categorical(),
            "target": work["name"],
            "unit": work["by"],
            "period": work["ending"],
            "value": work["value"],
            "unit_of_measure": each(texts_of(work["name"]), measured.get).categorical(),
            "basis": each(texts_of(work["basis"]), lambda text: text or feed.basis).categorical(),
            "standing": work["standing"],
            "received": work["sent"],
            "file": work["file"],
            "sheet": work["sheet"],
            "line": work["line"],
            "column": work["column"],
            "found": raw.found[work["entry"].to_numpy()],
            **_reasons(work["reason"]),
        },
        copy=False,
    )


def _reasons(flaws: pd.Series) -> dict[str, npt.NDArray[np.object_]]:
    """Why rows cannot be used, as columns of a quarantine."""
    reason, values = np.full(len(flaws), None, dtype=object), np.full(len(flaws), "{}", dtype=object)
    for n in np.flatnonzero(flaws.notna()).tolist():
        reason[n], said = flaws[n]
        values[n] = json.dumps(said, ensure_ascii=False, default=str)
    return {"reason": reason, "values": values}


def located(figures: pd.DataFrame) -> pd.DataFrame:
    """The table with the `cell` of each of its figures."""
    return figures.assign(cell=_cells(figures))


def _cells(figures: pd.DataFrame) -> pd.Categorical:
    """The addresses: each is made once, whatever number of files has it."""
    sheet, column = told(texts_of(figures["sheet"]), bool, bool), figures["column"].to_numpy(dtype=np.int64)
    kinds, distinct = pd.factorize(column * 2 + sheet)
    parts = [around("sheet" if kind % 2 else "", kind // 2) for kind in distinct.tolist()]
    codes, places = pd.factorize(figures["line"].to_numpy(dtype=np.int64) * len(parts) + kinds)
    lines, of = np.divmod(places, max(len(parts), 1))
    before, after = ([part[n] for part in parts] for n in (0, 1))
    texts = [f"{before[k]}{line}{after[k]}" for line, k in zip(lines.tolist(), of.tolist(), strict=True)]
    return Texts(codes, texts).categorical()


@dataclass(frozen=True)
class Told:
    """What was gathered by somebody: the figures (_OBSERVED), those of no use (_QUARANTINED), and the targets of these."""

    good: pd.DataFrame
    bad: pd.DataFrame
    doubted: frozenset[str]


class Gathered:
    """A reading as it grows, table by table."""

    def __init__(self) -> None:
        self._good, self._bad = Stack(_OBSERVED), Stack(_QUARANTINED)
        self._doubted: set[str] = set()

    def add(self, figures: pd.DataFrame) -> None:
        """The figures of a table (as `clean` gives them), the good and the others apart."""
        good = figures["reason"].isna()
        bad = figures[~good]
        self._good.add(figures if good.all() else figures[good])
        self._bad.add(bad)
        self._doubted |= set(map(str, bad["target"].dropna().unique()))

    def told(self) -> Told:
        """What was gathered, for another to `join`; it is used up by it."""
        return Told(self._good.table(), self._bad.table(), frozenset(self._doubted))

    def join(self, told: Told) -> None:
        """Take over what another has gathered."""
        self._good.add(told.good)
        self._bad.add(told.bad)
        self._doubted |= told.doubted

    def reading(self) -> Reading:
        """All of them; what was gathered is used up by it."""
        observations = located(self._good.table(ordered=_ORDERED))[OBSERVATION_COLUMNS]
        quarantine = spelled(located(self._bad.table())[QUARANTINE_COLUMNS])
        return Reading(observations, quarantine, frozenset(self._doubted))


def reading(figures: pd.DataFrame) -> Reading:
    """`figures` (as `clean` gives them), the good and the others apart."""
    gathered = Gathered()
    gathered.add(figures)
    return gathered.reading()


def _reject(work: pd.DataFrame, which: npt.NDArray[np.bool_], reasons: Callable[[Rows], Iterable[Flaw]]) -> None:
    """Give the rows of `which` that have none yet a reason."""
    if which.any():
        fresh = np.flatnonzero(which & work["reason"].isna().to_numpy())
        told = work["reason"].to_numpy(copy=True)
        told[fresh] = objects(list(reasons(fresh)))
        work["reason"] = told


def _by_text(texts: Texts, reason: Callable[[str], Flaw]) -> Callable[[Rows], Iterable[Flaw]]:
    """A reason that a text tells: it is made once of each."""

    def reasons(rows: Rows) -> Iterable[Flaw]:
        codes = texts.codes[rows]
        made = {code: reason(texts.categories[code]) for code in np.unique(codes).tolist()}
        return (made[code] for code in codes.tolist())

    return reasons


def _ignored(work: pd.DataFrame, feed: Feed) -> npt.NDArray[np.bool_]:
    """The cells that are known to be wrong at their source."""
    found = np.zeros(len(work), dtype=bool)
    if not feed.ignore:
        return found
    cells = _cells(work)
    for of in feed.ignore:
        inside = told(texts_of(work["file"]), partial(_is_file, pattern=of.file), bool)
        inside &= told(texts_of(work["sheet"]), partial(fits_pattern, pattern=of.sheet), bool)
        found |= inside & (cells == of.cell.replace("$", "").upper())
    return found


def _is_file(name: str, pattern: str) -> bool:
    return fits_pattern(PurePosixPath(name).name, pattern) or fits_pattern(name, pattern)


def _named(work: pd.DataFrame, column: str, known: Mapping[str, str]) -> Texts:
    codes, distinct = pairs(texts_of(work["section"]), texts_of(work[column]))

    def meant(section: str, text: str) -> str | None:
        # A name that stands in two sections is told apart by its section.
        key = known_as(f"{section} > {text}", known) or known_as(text, known)
        return None if key is None else known[key]

    found = chosen(codes, [meant(section, text) for section, text in distinct])
    display = sorted(set(known.values()))

    def reason(text: str) -> Flaw:
        # "Phường Ba" is nearer to "Phường 3" than to any name that looks like it.
        in_digits = " ".join(_DIGITS.get(word, word) for word in fold(text).split())
        near = in_digits if in_digits in known else nearest(text, [*display, *known])
        if near:
            return why(
                '{what} "{found}" is not known. Did you mean "{near}"?',
                what=column,
                found=text,
                near=known.get(near, near),
            )
        # Ids alone are listed: the other names of a thing say the same.
        said = unknown(column, text, display)
        return said.message, said.values

    _reject(work, found.codes < 0, _by_text(texts_of(work[column]), reason))
    return found


def _periods(work: pd.DataFrame, targets: Mapping[str, Target], first: pd.Period, last: pd.Period) -> Texts:
    """The month in which each figure's period ends, as text."""
    texts = texts_of(work["period"])
    codes, distinct = pairs(texts, texts_of(work["year"]))
    ends = [_period(*pair) for pair in distinct]
    monthly = {t.id for t in targets.values() if t.reported.measure == "level" and t.frequency.months < 12}
    of_year = told(texts, lambda text: bool(re.fullmatch(r"\s*\d{4}\s*", text)), bool)
    message_year = 'period "{found}" is a year, and the target is reported more often: of which month is the figure?'
    bare = of_year & work["name"].isin(monthly).to_numpy()
    _reject(work, bare, _by_text(texts, lambda text: (message_year, {"found": text})))
    message = 'period "{found}" is not one such as  2024-03, 03/2024, Tháng 3 (with a year), Quý 1/2024'
    untold = np.array([month is None for month in ends], dtype=bool)[codes]
    _reject(work, untold, _by_text(texts, lambda text: (message, {"found": text})))
    message_out = "period {found} is outside what the resolutions bind and their history ({start} .. {end})"
    values = {"start": str(first), "end": str(last)}
    endings = chosen(codes, [str(month) for month in ends])
    outside = np.array([month is not None and not first <= month <= last for month in ends], dtype=bool)[codes]
    _reject(work, outside, _by_text(endings, lambda text: (message_out, {"found": text, **values})))
    return endings


def _period(text: str, year: str) -> pd.Period | None:
    period = written_period(text)
    return None if period is None else period.ending(int(year) if re.fullmatch(r"\d{4}", year.strip()) else None)


def _values(work: pd.DataFrame, raw: Raw, feed: Feed, targets: Mapping[str, Target]) -> npt.NDArray[np.float64]:
    entry = work["entry"].to_numpy()
    bad = np.array([isinstance(figure, tuple) for figure in raw.read], dtype=bool)
    _reject(work, bad[entry], lambda rows: raw.read[entry[rows]])
    figures = np.where(bad, np.nan, raw.read).astype(float)[entry] + work["offset"].to_numpy(dtype=float)
    rounding = work["rounding"].to_numpy(dtype=float)
    # What no float can hold is told below as no figure.
    with np.errstate(over="ignore"):
        values: npt.NDArray[np.float64] = figures * _scale(work, feed, targets)
        for places in np.unique(rounding[~np.isnan(rounding)]):
            values = np.where(rounding == places, np.round(values, int(places)), values)
    boundless = np.isinf(values)
    _reject(work, boundless, lambda rows: map(no_figure, raw.shown[entry[rows]]))
    values[boundless] = np.nan
    _doubt(work, values, targets)
    return values


def _scale(work: pd.DataFrame, feed: Feed, targets: Mapping[str, Target]) -> npt.NDArray[np.float64]:
    """How many of the target's unit of measure one of the source's is; NaN with a reason where they do not fit."""
    scales = {fold(unit): factor for unit, factor in feed.scale.items()}

    def factor(text: str, name: str | None) -> float:
        stated, target = fold(text), targets.get(name) if name is not None else None
        if not stated or target is None:
            return 1.0
        if stated in scales:
            return scales[stated]
        # A corner may print several: "Tỷ đồng; %".
        parts = [text, *re.split(r"[;,]", text)]
        known = [c for part in parts if (c := conversion(part, target.reported.unit_of_measure)) is not None]
        return known[0] if known else float("nan")

    codes, distinct = pairs(texts_of(work["measured_in"]), texts_of(work["name"]))
    factors = np.array([factor(*pair) for pair in distinct], dtype=float)[codes]
    message = 'unit of measure "{found}" is not the target\'s "{expected}": declare it under scale'

    def reasons(rows: Rows) -> Iterable[Flaw]:
        said = (distinct[code] for code in codes[rows].tolist())
        return (why(message, found=text, expected=targets[name].reported.unit_of_measure) for text, name in said)

    _reject(work, np.isnan(factors), reasons)
    return factors


def _doubt(work: pd.DataFrame, values: npt.NDArray[np.float64], targets: Mapping[str, Target]) -> None:
    """Reject well-formed figures that are surely a slip of writing: a share of one for a percentage, 2,85 for 2.850 people."""
    names = texts_of(work["name"])
    asked = {name: target for name, target in targets.items() if target.measure not in RECKONED}

    def of(what: Callable[[Target], float]) -> npt.NDArray[np.float64]:
        """Of each row's target; NaN where nothing can be doubted."""
        found = [what(asked[name]) if name in asked else math.nan for name in names.categories]
        told: npt.NDArray[np.float64] = np.array([*found, math.nan])[names.codes]
        return told

    promised, percent = of(lambda t: t.target.value), of(lambda t: t.unit_of_measure == "%" and t.measure == "level")
    whole = of(lambda t: t.whole_numbers)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # Of a promise of nothing no share can be told from a figure.
        share = np.where(promised == 0, np.nan, values * 100 / promised)
        shares = (percent == 1) & (share >= 0.5) & (share <= 1.05)
        parts = (whole == 1) & (values != np.rint(values)) & (values * 1000 <= 1.5 * promised)
    message = "{found} looks like a share of one, and the target is in percent: did you mean {near}?"
    _reject(work, shares, lambda rows: [why(message, found=v, near=round(v * 100, 6)) for v in values[rows].tolist()])
    message_whole = "{found} is not a whole number, and this is counted in {unit}: did you mean {near}?"

    def reasons(rows: Rows) -> Iterable[Flaw]:
        units = (targets[name].unit_of_measure for name in names[rows].values)
        for value, unit in zip(values[rows].tolist(), units, strict=True):
            yield why(message_whole, found=value, unit=unit, near=float(round(value * 1000)))

    _reject(work, parts, reasons)


def _sent(work: pd.DataFrame) -> Texts:
    """The day each figure was sent (date), missing where that is not said."""
    texts = each(texts_of(work["received"]), str.strip)
    days = pd.to_datetime(pd.Series(texts.categories), errors="coerce", format="%Y-%m-%d", exact=False)
    dates = {text: None if pd.isna(day) else day.date() for text, day in zip(texts.categories, days, strict=True)}
    bad = told(texts, lambda text: bool(text) and dates[text] is None, bool)
    message = 'day of sending "{found}" is not one such as 2024-03-20'
    _reject(work, bad, _by_text(texts, lambda text: (message, {"found": text})))
    return each(texts, dates.get)


def _duplicates(work: pd.DataFrame) -> None:
    """Keep the first of equal figures for one (target, unit, period, day sent) in a file; reject both where they differ."""
    key, most = np.zeros(len(work), dtype=np.int64), 1
    for name in ("file", "name", "by", "ending", "sent"):
        of = texts_of(work[name])
        most *= len(of.categories) + 1
        if most >= 2**62:
            key, most = pd.factorize(key)[0], (len(work) + 1) * (len(of.categories) + 1)
        key = key * (len(of.categories) + 1) + of.codes + 1
    sound = np.flatnonzero(work["reason"].isna())
    again = sound[pd.Series(key[sound]).duplicated(keep=False)]
    again = again[np.argsort(key[again], kind="stable")]
    if not len(again):
        return
    rows = located(work.loc[again])
    sheets, cells, values = (rows[name].tolist() for name in ("sheet", "cell", "value"))
    found, of = work["reason"].to_numpy(copy=True), key[again].tolist()
    for _, group in groupby(range(len(again)), of.__getitem__):
        alike = list(group)
        several = len({sheets[n] for n in alike}) > 1
        places = [f"{sheets[n]}!{cells[n]}" if several else cells[n] for n in alike]
        if len({values[n] for n in alike}) > 1:
            message = "the same figure is given twice and differs: {values} at {cells}"
            said = ", ".join(f"{values[n]:g}" for n in alike)
            reason, rejected = why(message, values=said, cells=", ".join(places)), alike
        else:
            reason, rejected = why("the same figure stands already at {cell}", cell=places[0]), alike[1:]
        found[again[rejected]] = objects([reason] * len(rejected))
    work["reason"] = found
