"""Figures as they stand to observations: what each text means, and what cannot be used, with the reason and the place."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import pandas as pd
from babel.numbers import NumberFormatError, parse_decimal

from monitor.feeds.declaration import Feed
from monitor.feeds.grid import Flaw
from monitor.language import fold
from monitor.model.observation import OBSERVATION_COLUMNS, QUARANTINE_COLUMNS, Reading
from monitor.model.period import WorkingDays, parse_month, parse_period
from monitor.model.problem import unknown
from monitor.model.target import Target, Unit

_NOTHING = {fold(text) for text in ("", "-", "–", "—", "--", "...", "…", "x")}


@dataclass(frozen=True)
class Names:
    """The texts that name a target or a unit, folded: ids, names as printed, aliases, and the feed's own."""

    targets: Mapping[str, str]
    units: Mapping[str, str]

    @property
    def known(self) -> dict[str, set[str]]:
        """The texts alone, by kind of name."""
        return {"target": set(self.targets), "unit": set(self.units)}


def names(feed: Feed, targets: Iterable[Target], units: Iterable[Unit]) -> Names:
    """What the texts in `feed` may call a target or a unit."""
    by_target: dict[str, str] = {}
    for target in targets:
        by_target[fold(target.name)] = by_target[fold(target.id)] = target.id
    by_unit: dict[str, str] = {}
    for unit in units:
        for text in (unit.id, unit.name, *unit.aliases):
            by_unit[fold(text)] = unit.id
    by_target.update({fold(label): name for label, name in feed.targets.items()})
    by_unit.update({fold(label): name for label, name in feed.units.items()})
    return Names(by_target, by_unit)


def clean(
    cells: pd.DataFrame, feed: Feed, named: Names, targets: Mapping[str, Target], first: pd.Period, last: pd.Period
) -> pd.DataFrame:
    """What each of `cells` (feeds.table.CELL_COLUMNS and `file`) says: the columns of an observation and of a quarantined figure
    (model.observation), `reason` None where the figure is good; `closes` (object of date), before which it cannot exist.

    A blank or a dash is no figure. A figure given twice alike is kept once; given twice and different, neither is kept.
    `first` and `last`: the months that figures may speak of.
    """
    blank = cells["raw"].map(lambda v: v is None or (isinstance(v, str) and fold(v) in _NOTHING))
    work = cells[~blank | cells["flaw"].notna()].reset_index(drop=True)
    work["reason"] = work["flaw"]
    work["name"] = _named(work, "target", named.targets)
    work["by"] = _named(work, "unit", named.units)
    work["month"] = _periods(work, feed, first, last)
    work["value"] = _values(work, feed, targets)
    work["sent"] = _sent(work)
    _duplicates(work)
    calendar = feed.expects.calendar(WorkingDays())
    months = {month: calendar.closing(month) for month in work["month"].dropna().unique()}
    return pd.DataFrame(
        {
            "feed": feed.id,
            "target": work["name"],
            "unit": work["by"],
            "period": work["month"].map(str),
            "value": work["value"].astype(float),
            "basis": feed.basis,
            "received": work["sent"],
            "closes": work["month"].map(months).astype(object),
            "file": work["file"],
            "sheet": work["sheet"],
            "cell": work["cell"],
            "found": work["raw"].map(lambda v: "" if v is None else str(v)),
            "reason": work["reason"].map(lambda flaw: flaw[0] if flaw else None).astype(object),
            "values": work["reason"].map(
                lambda flaw: json.dumps(flaw[1], ensure_ascii=False, default=str) if flaw else "{}"
            ),
        }
    )


def known_by(figures: pd.DataFrame, as_of: date) -> Reading:
    """What `figures` (as `clean` gives them) say as of a day: one whose period has not closed by then, or that was sent after
    it, is not read yet, and counted.
    """
    later = pd.Series(False, index=figures.index)
    for column in ("closes", "received"):
        later |= figures[column].map(lambda day: isinstance(day, date) and day > as_of).astype(bool)
    good = figures["reason"].isna()
    return Reading(
        observations=figures.loc[good & ~later, OBSERVATION_COLUMNS].reset_index(drop=True),
        quarantine=figures.loc[~good, QUARANTINE_COLUMNS].reset_index(drop=True),
        early=int((good & later).sum()),
    )


def _reject(work: pd.DataFrame, which: pd.Series, found: pd.Series, reason: Callable[[Any], Flaw]) -> None:
    """Give the rows of `which` that have none yet a reason, made from what was `found` there."""
    fresh = which & work["reason"].isna()
    work.loc[fresh, "reason"] = found[fresh].map(reason)


def _named(work: pd.DataFrame, column: str, known: Mapping[str, str]) -> pd.Series:
    found = work[column].map(lambda text: known.get(fold(text)))
    display = sorted(set(known.values()))

    def reason(text: str) -> Flaw:
        said = unknown(column, text, [*display, *known])
        near = known.get(str(said.values.get("near")))
        return said.message, said.values | ({"near": near} if near else {})

    _reject(work, found.isna(), work[column], reason)
    return found


def _periods(work: pd.DataFrame, feed: Feed, first: pd.Period, last: pd.Period) -> pd.Series:
    """The month in which each figure's period ends (object of pandas Period, None where it cannot be told)."""
    pairs = pd.Series(
        list(zip(work["period"], work["year"], work["file"], strict=True)), index=work.index, dtype=object
    )
    by_pair = {pair: _period(pair, feed) for pair in set(pairs)}
    months = pairs.map(by_pair).astype(object).where(lambda s: s.notna(), None)
    untold = months.isna()
    message = 'period "{found}" is not one such as  2024-03, 03/2024, Tháng 3 (with a year), Quý 1/2024'
    _reject(work, untold, work["period"], lambda text: (message, {"found": text}))
    outside = months.map(lambda m: m is not None and not first <= m <= last).astype(bool)
    message_out = "period {found} is outside what the resolutions bind and their history ({start} .. {end})"
    values = {"start": str(first), "end": str(last)}
    _reject(work, outside, months, lambda m: (message_out, {"found": str(m), **values}))
    return months


def _period(pair: tuple[str, str, str], feed: Feed) -> pd.Period | None:
    text, year_text, file = pair
    table = feed.table
    if table.period.path:
        match = re.search(r"(\d{4})-(\d{2})", file)
        text = match[0] if match else ""
    period = parse_period(text)
    if period is not None and not re.fullmatch(r"\d{4}", text.strip()):
        return period
    month = parse_month(text)
    if table.year is not None and table.year.path:
        match = re.search(r"(?<!\d)(20\d{2})(?!\d)", file)
        year_text = match[1] if match else ""
    if month is None or not re.fullmatch(r"\d{4}", year_text.strip()):
        return period
    return pd.Period(year=int(year_text), month=month, freq="M")


def _values(work: pd.DataFrame, feed: Feed, targets: Mapping[str, Target]) -> pd.Series:
    parsed = work["raw"].map(lambda raw: _number(raw, feed.numbers))
    bad = parsed.map(lambda p: isinstance(p, tuple)).astype(bool)
    _reject(work, bad, parsed, lambda flaw: flaw)
    values = parsed.where(~bad, float("nan")).astype(float) * _scale(work, feed, targets)
    of = work["name"].map(targets)
    doubts = pd.Series(
        [
            _doubt(v, t) if t is not None and v == v else None
            for v, t in zip(values, of.where(of.notna(), None), strict=True)
        ],
        index=work.index,
        dtype=object,
    )
    _reject(work, doubts.notna(), doubts, lambda flaw: flaw)
    return values


@lru_cache(maxsize=65536, typed=True)
def _number(raw: Any, language: str) -> float | Flaw:
    """A figure as its source writes it; or why it is none."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return '"{found}" is not a figure', {"found": str(raw)}
    if isinstance(raw, int | float):
        return float(raw)
    text = raw.replace("\u00a0", " ").removesuffix("%").strip()
    try:
        return float(parse_decimal(text, locale=language, strict=True))
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
        stated, target = fold(pair[0]), targets.get(pair[1] or "")
        if not stated or target is None or stated == fold(target.unit_of_measure):
            return 1.0
        return scales.get(stated, float("nan"))

    pairs = pd.Series(list(zip(work["measured_in"], work["name"], strict=True)), index=work.index, dtype=object)
    factors = pairs.map({pair: factor(pair) for pair in set(pairs)}).astype(float)
    message = 'unit of measure "{found}" is not the target\'s "{expected}": declare it under scale'

    def reason(pair: tuple[str, str]) -> Flaw:
        return message, {"found": pair[0], "expected": targets[pair[1]].unit_of_measure}

    _reject(work, factors.isna(), pairs, reason)
    return factors


def _doubt(value: float, target: Target) -> Flaw | None:
    """Why a well-formed figure is surely a slip of writing: a share of one for a percentage, 2,85 for 2.850 people."""
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
    stated = work["received"].map(lambda text: str(text).strip())
    days = pd.to_datetime(stated.where(stated != "", None), errors="coerce", format="%Y-%m-%d", exact=False)
    bad = (stated != "") & days.isna()
    message = 'day of sending "{found}" is not one such as 2024-03-20'
    _reject(work, bad, stated, lambda text: (message, {"found": text}))
    return pd.Series([None if pd.isna(d) else d.date() for d in days], index=work.index, dtype=object)


def _duplicates(work: pd.DataFrame) -> None:
    """Keep the first of equal figures for one (target, unit, period, day sent) in a file; reject both where they differ."""
    keys = ["file", "name", "by", "month", "sent"]
    sound = work[work["reason"].isna()]
    sound = sound.assign(month=sound["month"].map(str), sent=sound["sent"].map(str))
    sound = sound[sound.duplicated(keys, keep=False)]
    for _, group in sound.groupby(keys):
        cells = ", ".join(group["cell"])
        if group["value"].nunique() > 1:
            message, values = "the same figure is given twice and differs: {values} at {cells}", group["value"]
            reason = message, {"values": ", ".join(f"{v:g}" for v in values), "cells": cells}
            again = group.index
        else:
            reason = "the same figure stands already at {cell}", {"cell": group["cell"].iloc[0]}
            again = group.index[1:]
        work.loc[again, "reason"] = pd.Series([reason] * len(again), index=again, dtype=object)
