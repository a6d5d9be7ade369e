"""A table with a figure a row: which column holds the names, the periods, the figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from monitor.feeds.draft import layout
from monitor.feeds.draft.proposal import Entry, Proposal
from monitor.feeds.draft.sheet import Seen, View
from monitor.feeds.draft.wording import same_name, unit_of
from monitor.feeds.written_period import written_period
from monitor.language import fold
from monitor.model.problem import Said
from monitor.model.target import Target
from monitor.model.unit import Unit, tops
from monitor.model.unit_of_measure import is_known

_FIGURES = ("luy ke", "so lieu", "ket qua", "thuc hien", "gia tri", "value")
_SHARE = 0.6


def long_table(
    view: View, targets: Mapping[str, Target], units: Sequence[Unit]
) -> tuple[Proposal, frozenset[str]] | None:
    """The sheet as a long table, and the targets that it brings; None when it is none: no column of periods, or of names."""
    columns = {c: view.texts(c) for c in range(view.grid.values.shape[1]) if view.head(c)}
    sent = next((c for c, texts in columns.items() if texts and "ngay" in fold(view.head(c)).split()), None)
    periods = next((c for c, texts in columns.items() if c != sent and _mostly(texts, _is_period)), None)
    names = {fold(text): target.id for target in targets.values() for text in (target.name, target.id)}
    known = {c: sum(fold(t) in names for t in texts) for c, texts in columns.items()}
    by_name = max(known, key=lambda c: known[c], default=None)
    if periods is None or by_name is None or not known[by_name]:
        return None
    figures = _figures(view, {periods, sent, by_name})
    if not figures:
        return None
    value = max(figures, key=lambda seen: any(word in fold(seen.heading) for word in _FIGURES))
    by_unit = next(
        (c for c, t in columns.items() if c != by_name and _mostly(t, lambda x: unit_of(x, units) is not None)), None
    )
    measured = next((c for c, t in columns.items() if c != by_unit and _mostly(t, is_known)), None)
    city = tops(units)[0]
    head = view.head(by_name)
    table = [
        *layout.header(view, head),
        Entry(
            "target",
            {"row": head},
            (
                Said(
                    "{count} of its {total} texts are names of targets",
                    count=known[by_name],
                    total=len(columns[by_name]),
                ),
            ),
        ),
        Entry("unit", {"row": view.head(by_unit)} if by_unit is not None else {"fixed": city}),
        Entry("period", {"row": view.head(periods)}, (Said("its texts are periods"),)),
        _value(view, value, figures),
    ]
    if sent is not None:
        table.append(Entry("received", {"row": view.head(sent)}, (Said("its texts are days"),)))
    if measured is not None:
        table.append(Entry("measured_in", {"row": view.head(measured)}))
    nearly, strange = _others(columns[by_name], names, targets)
    if strange:
        message = "{count} names are no target's, such as {names}"
        table.append(
            Entry(
                "unknown", "pass", (Said(message, count=len(strange), names=", ".join(f'"{s}"' for s in strange[:3])),)
            )
        )
    spelled = {} if by_unit is None else _spelled(columns[by_unit], units)
    entries = [
        Entry("basis", *_basis(value)),
        *([Entry("targets", nearly, (), (Said("names that are written a little differently"),))] if nearly else []),
        *([Entry("units", spelled, (Said("names that are written a little differently"),))] if spelled else []),
    ]
    brought = frozenset(names[fold(t)] for t in columns[by_name] if fold(t) in names) | set(nearly.values())
    return Proposal("", tuple(entries), tuple(table)), frozenset(brought)


def _mostly(texts: list[str], test: Callable[[str], bool]) -> bool:
    return bool(texts) and sum(test(text) for text in texts) >= _SHARE * len(texts)


def _is_period(text: str) -> bool:
    period = written_period(text)
    return period is not None and (period.only or bool(re.match(r"\d{4}-\d{2}", text)))


def _figures(view: View, taken: set[int | None]) -> list[Seen]:
    return [seen for seen in view.columns if seen.column not in taken and view.head(seen.column)]


def _value(view: View, value: Seen, figures: Sequence[Seen]) -> Entry:
    if len(figures) == 1:
        return Entry("value", {"row": view.head(value.column)}, (Said("the only column of figures"),))
    names = ", ".join(f'"{view.head(seen.column)}"' for seen in figures)
    return Entry(
        "value", {"row": view.head(value.column)}, (), (Said("several columns hold figures: {names}", names=names),)
    )


def _basis(value: Seen) -> tuple[str, tuple[Said, ...], tuple[Said, ...]]:
    heading = fold(value.heading)
    if "luy ke" in heading or "cong don" in heading or "dau nam" in heading:
        return "year-to-date", (Said('the heading "{heading}" says so', heading=value.heading),), ()
    doubt = Said(
        'the heading "{heading}" does not tell whether a figure is a month\'s own or the year to date',
        heading=value.heading,
    )
    return "year-to-date", (), (doubt,)


def _others(
    texts: Sequence[str], names: Mapping[str, str], targets: Mapping[str, Target]
) -> tuple[dict[str, str], list[str]]:
    """Of the names that are no target's: those that nearly are, with the target's id; and the rest."""
    nearly, strange = dict[str, str](), list[str]()
    for text in dict.fromkeys(text for text in texts if fold(text) not in names):
        near = next((target.id for target in targets.values() if same_name(text, target.name)), None)
        if near is not None:
            nearly[text] = near
        else:
            strange.append(text)
    return nearly, strange


def _spelled(texts: Sequence[str], units: Sequence[Unit]) -> dict[str, str]:
    named = {fold(name) for unit in units for name in (unit.id, unit.name, *unit.aliases)}
    found = {text: unit_of(text, units) for text in dict.fromkeys(texts) if fold(text) not in named}
    return {text: unit.id for text, unit in found.items() if unit is not None}
