"""Figures as they stand to observations: what each text means, and what cannot be used, with the reason and the place."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from babel.numbers import NumberFormatError, parse_decimal

from monitor.feeds.declaration import Feed
from monitor.feeds.grid import Flaw, of_each, why
from monitor.feeds.naming import known_as, spellings
from monitor.feeds.written_period import written_period
from monitor.language import fits_pattern, fold
from monitor.model.observation import OBSERVATION_COLUMNS, QUARANTINE_COLUMNS, Reading
from monitor.model.problem import legible, nearest, unknown
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
_NOTHING = {fold(text) for text in ("", "-", "–", "—", "--", "...", "…", "x")}


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
    (model.observation), `reason` None where the figure is good.

    A blank or a dash is no figure. A figure given twice alike is kept once; given twice and different, neither is kept.
    `first` and `last`: the months that figures may speak of.
    """
    blank = _each(cells["raw"], lambda v: v is None or (isinstance(v, str) and fold(v) in _NOTHING)).astype(bool)
    work = cells[~blank | cells["flaw"].notna()].reset_index(drop=True)
    for column in ("raw", "sheet", "target", "unit", "section", "period", "year", "measured_in", "received"):
        work[column] = _each(work[column], _printable)
    work["reason"] = work["flaw"]
    ignored = _ignored(work, feed)
    work = work[~ignored].reset_index(drop=True)
    work["name"] = _named(work, "target", named.targets)
    work["by"] = _named(work, "unit", named.units)
    work["month"] = _periods(work, targets, first, last)
    work["value"] = _values(work, feed, targets)
    work["sent"] = _sent(work)
    _duplicates(work)
    return pd.DataFrame(
        {
            "feed": feed.id,
            "target": work["name"],
            "unit": work["by"],
            "period": work["ending"],
            "value": work["value"].astype(float),
            "unit_of_measure": work["name"].map({t.id: t.reported.unit_of_measure for t in targets.values()}),
            "basis": work["basis"].where(work["basis"] != "", feed.basis),
            "standing": work["standing"],
            "received": work["sent"],
            "file": work["file"],
            "sheet": work["sheet"],
            "cell": work["cell"],
            "found": _each(work["raw"], lambda v: "" if v is None else _text(v)),
            **_reasons(work["reason"]),
        }
    )


def _each(values: pd.Series, of: Callable[[Any], Any]) -> pd.Series:
    """`of` each of the values (object), asked once of each distinct text."""
    return pd.Series(of_each(values.to_numpy(dtype=object), of), index=values.index, dtype=object)


def _reasons(flaws: pd.Series) -> dict[str, pd.Series]:
    """Why rows cannot be used, as columns of a quarantine."""
    told = flaws[flaws.notna()]
    reason = pd.Series(np.full(len(flaws), None), index=flaws.index, dtype=object)
    values = pd.Series("{}", index=flaws.index, dtype=object)
    reason[told.index] = told.map(lambda flaw: flaw[0])
    values[told.index] = told.map(lambda flaw: json.dumps(flaw[1], ensure_ascii=False, default=str))
    return {"reason": reason, "values": values}


def _pairs(one: pd.Series, other: pd.Series) -> tuple[npt.NDArray[np.int64], list[tuple[Any, Any]]]:
    """Which of the distinct pairs stands in each row, and those."""
    (a, ones), (b, others) = (pd.factorize(of, use_na_sentinel=False) for of in (one, other))
    codes, distinct = pd.factorize(a * max(len(others), 1) + b)
    return codes, [(ones[pair // len(others)], others[pair % len(others)]) for pair in distinct.tolist()]


def _of_pairs(codes: npt.NDArray[np.int64], found: list[Any], index: pd.Index) -> pd.Series:
    """What was found of each distinct pair, in every row."""
    told = np.empty(len(found), dtype=object)
    told[:] = found
    return pd.Series(told[codes], index=index, dtype=object)


def reading(figures: pd.DataFrame) -> Reading:
    """`figures` (as `clean` gives them), the good and the others apart."""
    good = figures["reason"].isna()
    return Reading(
        observations=figures.loc[good, OBSERVATION_COLUMNS].reset_index(drop=True),
        quarantine=figures.loc[~good, QUARANTINE_COLUMNS].reset_index(drop=True),
        doubted=frozenset(map(str, figures.loc[~good, "target"].dropna())),
    )


def joined(readings: list[Reading]) -> Reading:
    """Readings of several files as one; equal texts of all of them are one object."""
    tables = [[of.observations, of.quarantine] for of in readings]
    names = (OBSERVATION_COLUMNS, QUARANTINE_COLUMNS)
    whole = []
    for n, columns in enumerate(names):
        parts = [table[n] for table in tables if len(table[n])]
        shared: dict[str, str] = {}
        if len(parts) > 1:
            parts = [part.assign(cell=[shared.setdefault(cell, cell) for cell in part["cell"]]) for part in parts]
        whole.append(pd.concat(parts, ignore_index=True) if parts else _nothing(columns))
    return Reading(whole[0], whole[1], frozenset[str]().union(*(of.doubted for of in readings)))


def _nothing(columns: list[str]) -> pd.DataFrame:
    """No rows of these columns."""
    return pd.DataFrame({name: pd.Series(dtype=float if name == "value" else object) for name in columns})


def _reject(work: pd.DataFrame, which: pd.Series, found: pd.Series, reason: Callable[[Any], Flaw]) -> None:
    """Give the rows of `which` that have none yet a reason, made from what was `found` there."""
    fresh = which & work["reason"].isna()
    work.loc[fresh, "reason"] = found[fresh].map(reason)


def _ignored(work: pd.DataFrame, feed: Feed) -> pd.Series:
    """The cells that are known to be wrong at their source."""
    found = pd.Series(False, index=work.index)
    for each in feed.ignore:
        of_file = work["file"].map(
            lambda name, p=each.file: fits_pattern(PurePosixPath(name).name, p) or fits_pattern(name, p)
        )
        of_sheet = work["sheet"].map(lambda name, p=each.sheet: fits_pattern(name, p))
        found |= of_file & of_sheet & (work["cell"] == each.cell.replace("$", "").upper())
    return found


def _named(work: pd.DataFrame, column: str, known: Mapping[str, str]) -> pd.Series:
    # A name that stands in two sections is told apart by its section.
    within = work["section"] + " > " + work[column]
    keys = {text: known_as(text, known) for text in {*within, *work[column]}}
    found = within.map(keys).map(known)
    found = found.where(found.notna(), work[column].map(keys).map(known))
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

    _reject(work, found.isna(), work[column], reason)
    return found


def _periods(work: pd.DataFrame, targets: Mapping[str, Target], first: pd.Period, last: pd.Period) -> pd.Series:
    """The month in which each figure's period ends (object of pandas Period, None where it cannot be told); as text it is put
    into the column `ending`.
    """
    codes, pairs = _pairs(work["period"], work["year"])
    ends = [_period(*pair) for pair in pairs]
    months = _of_pairs(codes, ends, work.index)
    work["ending"] = _of_pairs(codes, [str(month) for month in ends], work.index)
    untold = months.isna()
    monthly = {t.id for t in targets.values() if t.reported.measure == "level" and t.frequency.months < 12}
    years = _each(work["period"], lambda text: bool(re.fullmatch(r"\s*\d{4}\s*", text))).astype(bool)
    bare = years & work["name"].isin(monthly)
    message_year = 'period "{found}" is a year, and the target is reported more often: of which month is the figure?'
    _reject(work, bare, work["period"], lambda text: (message_year, {"found": text}))
    message = 'period "{found}" is not one such as  2024-03, 03/2024, Tháng 3 (with a year), Quý 1/2024'
    _reject(work, untold, work["period"], lambda text: (message, {"found": text}))
    beyond = [month is not None and not first <= month <= last for month in ends]
    outside = _of_pairs(codes, beyond, work.index).astype(bool)
    message_out = "period {found} is outside what the resolutions bind and their history ({start} .. {end})"
    values = {"start": str(first), "end": str(last)}
    _reject(work, outside, months, lambda m: (message_out, {"found": str(m), **values}))
    return months


def _period(text: str, year: str) -> pd.Period | None:
    period = written_period(text)
    return None if period is None else period.ending(int(year) if re.fullmatch(r"\d{4}", year.strip()) else None)


def _values(work: pd.DataFrame, feed: Feed, targets: Mapping[str, Target]) -> pd.Series:
    parsed = _each(work["raw"], lambda raw: _number(raw, feed.numbers))
    bad = pd.Series([isinstance(figure, tuple) for figure in parsed], index=work.index, dtype=bool)
    _reject(work, bad, parsed, lambda flaw: flaw)
    figures = parsed.where(~bad, float("nan")).astype(float) + work["offset"].astype(float)
    values = figures * _scale(work, feed, targets)
    for places in work["rounding"].dropna().unique():
        values = values.where(work["rounding"] != places, values.round(int(places)))
    boundless = pd.Series(np.isinf(values.to_numpy()), index=work.index)
    _reject(work, boundless, work["raw"], _no_figure)
    values = values.where(~boundless)
    known = {name: target for name, target in targets.items() if _may_be_doubted(target)}
    asked = work["name"].isin(known) & values.notna()
    doubts = pd.Series(np.full(len(work), None), index=work.index, dtype=object)
    doubts[asked] = pd.Series(
        [_doubt(v, known[name]) for v, name in zip(values[asked], work.loc[asked, "name"], strict=True)],
        index=work.index[asked],
        dtype=object,
    )
    _reject(work, doubts.notna(), doubts, lambda flaw: flaw)
    return values


def _printable(value: Any) -> Any:
    """A cell's value with its text, or a number of more digits than anything is counted in, as a message may show it."""
    large = isinstance(value, int) and value.bit_length() > 1024
    return _text(value) if large or isinstance(value, str) else value


def _text(value: Any) -> str:
    """What stands in a cell, as a message may show it."""
    large = isinstance(value, int) and value.bit_length() > 1024
    return legible(str(Decimal(value) if large else value))


def _no_figure(raw: Any) -> Flaw:
    return '"{found}" is not a figure', {"found": _text(raw)}


@lru_cache(maxsize=65536, typed=True)
def _number(raw: Any, language: str) -> float | Flaw:
    """A figure as its source writes it; or why it is none."""
    if isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) <= sys.float_info.max:
        return float(raw)
    if not isinstance(raw, str):
        return _no_figure(raw)
    # Most are written plainly; Babel reads a few thousand a second.
    if re.fullmatch(r"-?[0-9]{1,300}(?:,[0-9]+)?" if language == "vi" else r"-?[0-9]{1,300}(?:\.[0-9]+)?", raw):
        return float(raw.replace(",", "."))
    text = raw.removesuffix("%").strip()
    # Accountants write what is below nothing in brackets.
    text = f"-{text[1:-1].strip()}" if re.fullmatch(r"\(\s*\d[\d.,\s]*\)", text) else text
    try:
        figure = parse_decimal(text, locale=language, strict=True)
        return float(figure) if math.isfinite(figure) else _no_figure(raw)
    except NumberFormatError as error:
        form = "1.234,5" if language == "vi" else "1,234.5"
        if error.suggestions:
            message = 'figure "{found}" is not written as {form}: did you mean {near}?'
            return message, {"found": raw, "form": form, "near": _closest(text, error.suggestions)}
        return '"{found}" is not a figure such as {form}', {"found": raw, "form": form}


def _closest(text: str, suggestions: list[str]) -> str:
    """Of Babel's suggestions, the one with the same digits on each side of the separator: 95.15 means 95,15."""
    groups = re.split(r"[.,]", text)
    return next((s for s in suggestions if re.split(r"[.,]", s) == groups), suggestions[0])


def _scale(work: pd.DataFrame, feed: Feed, targets: Mapping[str, Target]) -> pd.Series:
    """How many of the target's unit of measure one of the source's is; NaN with a reason where they do not fit."""
    scales = {fold(unit): factor for unit, factor in feed.scale.items()}

    def factor(pair: tuple[str, str | None]) -> float:
        stated, target = fold(pair[0]), targets.get(pair[1]) if isinstance(pair[1], str) else None
        if not stated or target is None:
            return 1.0
        if stated in scales:
            return scales[stated]
        # A corner may print several: "Tỷ đồng; %".
        parts = [pair[0], *re.split(r"[;,]", pair[0])]
        known = [c for part in parts if (c := conversion(part, target.reported.unit_of_measure)) is not None]
        return known[0] if known else float("nan")

    codes, distinct = _pairs(work["measured_in"], work["name"])
    factors = _of_pairs(codes, [factor(pair) for pair in distinct], work.index).astype(float)
    pairs = _of_pairs(codes, distinct, work.index)
    message = 'unit of measure "{found}" is not the target\'s "{expected}": declare it under scale'

    def reason(pair: tuple[str, str]) -> Flaw:
        return message, {"found": pair[0], "expected": targets[pair[1]].reported.unit_of_measure}

    _reject(work, factors.isna(), pairs, reason)
    return factors


def _may_be_doubted(target: Target) -> bool:
    """Whether `_doubt` may find anything."""
    return target.measure not in RECKONED and (target.unit_of_measure == "%" or target.whole_numbers)


def _doubt(value: float, target: Target) -> Flaw | None:
    """Why a well-formed figure is surely a slip of writing: a share of one for a percentage, 2,85 for 2.850 people."""
    if target.measure in RECKONED:
        return None
    promised = target.target.value
    # Of a promise of nothing no share can be told from a figure.
    share = value * 100 / promised if promised else math.nan
    if target.unit_of_measure == "%" and target.measure == "level" and 0.5 <= share <= 1.05:
        message = "{found} looks like a share of one, and the target is in percent: did you mean {near}?"
        return message, {"found": value, "near": round(value * 100, 6)}
    if target.whole_numbers and value != round(value) and value * 1000 <= 1.5 * promised:
        message = "{found} is not a whole number, and this is counted in {unit}: did you mean {near}?"
        return message, {"found": value, "unit": target.unit_of_measure, "near": float(round(value * 1000))}
    return None


def _sent(work: pd.DataFrame) -> pd.Series:
    stated = _each(work["received"], lambda text: str(text).strip())
    if not (stated != "").any():
        return pd.Series(np.full(len(work), None), index=work.index, dtype=object)
    days = pd.to_datetime(stated.where(stated != "", None), errors="coerce", format="%Y-%m-%d", exact=False)
    bad = (stated != "") & days.isna()
    message = 'day of sending "{found}" is not one such as 2024-03-20'
    _reject(work, bad, stated, lambda text: (message, {"found": text}))
    return pd.Series([None if pd.isna(d) else d.date() for d in days], index=work.index, dtype=object)


def _duplicates(work: pd.DataFrame) -> None:
    """Keep the first of equal figures for one (target, unit, period, day sent) in a file; reject both where they differ."""
    keys = ["file", "name", "by", "ending", "sent"]
    sound = work[work["reason"].isna()]
    sound = sound.assign(sent=sound["sent"].map(str) if sound["sent"].notna().any() else "")
    sound = sound[sound.duplicated(keys, keep=False)]
    for _, group in sound.groupby(keys):
        several = group["sheet"].nunique() > 1
        places = group["sheet"] + "!" + group["cell"] if several else group["cell"]
        cells = ", ".join(places)
        if group["value"].nunique() > 1:
            message, values = "the same figure is given twice and differs: {values} at {cells}", group["value"]
            reason = message, {"values": ", ".join(f"{v:g}" for v in values), "cells": cells}
            again = group.index
        else:
            reason = "the same figure stands already at {cell}", {"cell": places.iloc[0]}
            again = group.index[1:]
        work.loc[again, "reason"] = pd.Series([reason] * len(again), index=again, dtype=object)
