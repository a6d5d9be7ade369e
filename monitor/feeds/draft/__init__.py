"""From one example file to the declarations that read it: which sheet, rows, columns and periods are which target's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any

from monitor.feeds.draft import layout
from monitor.feeds.draft.candidate import Candidate, candidates, unstated_unit
from monitor.feeds.draft.long import long_table
from monitor.feeds.draft.proposal import Draft, Entry, Proposal
from monitor.feeds.draft.sheet import View, view
from monitor.feeds.draft.wording import is_total
from monitor.feeds.grid import Grid, letters_of
from monitor.feeds.written_period import written_period, written_year
from monitor.language import fold
from monitor.model.problem import Said, nearest
from monitor.model.target import Measure, Target
from monitor.model.unit import Unit, tops

# The working day's quarters of an hour: when an inbox is looked into.
SCHEDULE = "*/15 7-18 * * 1-6"
# A target whose units stand in one sheet is looked for in a row of another only under its very name.
SAME = 0.98


@dataclass(frozen=True)
class _Example:
    """The file that is drafted from, as it is seen; `place`: where it stands inside feeds/, or empty."""

    file: str
    place: str
    views: Sequence[View]
    targets: Mapping[str, Target]
    units: Sequence[Unit]

    @property
    def city(self) -> str:
        return tops(self.units)[0]

    @property
    def known(self) -> set[tuple[str, str]]:
        """The (folded text, id) pairs that need not be told."""
        of_targets = {(fold(text), t.id) for t in self.targets.values() for text in (t.id, t.name)}
        return of_targets | {(fold(text), u.id) for u in self.units for text in (u.id, u.name, *u.aliases)}


def draft(
    file: str,
    grids: Iterable[Grid],
    targets: Mapping[str, Target],
    units: Sequence[Unit],
    asked: Sequence[str] = (),
    place: str = "",
    taken: Iterable[str] = (),
    stem: str = "",
) -> Draft:
    """The feeds that would read `file`. `asked`: ids of the targets that it is to bring (none: any); `place`: where the file
    stands inside the workspace's feeds/, when it does; `taken`: ids that feeds have already; `stem`:
    with what the feeds' ids begin (default: the file's name).
    """
    views = [seen for grid in grids if (seen := view(grid)) is not None and seen.columns]
    wanted = {name: targets[name] for name in asked} if asked else dict(targets)
    example = _Example(file, place, views, wanted, units)
    made: list[Proposal] = []
    brought: set[str] = set()
    others: list[View] = []
    for seen in views:
        found = long_table(seen, wanted, units)
        if found is None:
            others.append(seen)
        else:
            made += [found[0]] if found[0] not in made else []
            brought |= found[1]
    best = _best(example, others)
    made += [_proposal(example, group, best) for group in _groups(best)]
    brought |= {each.target.id for each in best}
    unmatched = {name: _why_not(targets[name], views) for name in asked if name not in brought}
    if not made and views:
        made.append(_bare(example))
    names = _identifiers(stem or _stem(file), made, set(taken))
    whole = tuple(_whole(example, each, name) for each, name in zip(made, names, strict=True))
    return Draft(whole, unmatched, matched=bool(brought))


def _best(example: _Example, views: Sequence[View]) -> list[Candidate]:
    """For each target the sheet and rows that fit best; no rows and column are two targets'."""
    reporting = [unit for unit in example.units if unit.id != example.city]
    found = []
    for seen in views:
        named = seen.units_by_label(reporting)
        found += [each for t in example.targets.values() for each in candidates(t, seen, named, example.city)]
    taken: set[tuple[object, ...]] = set()
    best: list[Candidate] = []
    # Of sheets that fit alike, the one that has the year to date, and of those the first.
    for each in sorted(found, key=lambda c: (-round(c.score, 2), not (c.column is None or c.column.to_date))):
        before = [other for other in best if other.target.id == each.target.id]
        if any(other.by_unit == each.by_unit or other.view is each.view for other in before):
            continue
        places = {_place(each, label) for label in ([""] if each.by_unit else each.labels)}
        if places & taken or (before and each.score < SAME):
            continue
        taken |= places
        best.append(each)
    order = {id(v): n for n, v in enumerate(views)}
    names = list(example.targets)
    return sorted(best, key=lambda c: (order[id(c.view)], names.index(c.target.id)))


def _place(found: Candidate, label: str) -> tuple[object, ...]:
    return id(found.view), None if found.column is None else found.column.column, fold(label)


def _groups(best: Sequence[Candidate]) -> list[list[Candidate]]:
    """The candidates that one declaration reads."""
    keys = [_key(each) for each in best]
    order = list(dict.fromkeys(keys))
    pairs = sorted(zip(keys, best, strict=True), key=lambda pair: order.index(pair[0]))
    return [[each for _, each in group] for _, group in groupby(pairs, key=lambda pair: pair[0])]


def _key(found: Candidate) -> tuple[object, ...]:
    seen = found.view
    if found.column is None:
        labels = layout.labels(seen, [found])
        text = id(seen) if labels is None else labels[1]
        return "across", found.by_unit, text, seen.heading.body - seen.heading.top
    return "columns", found.by_unit, id(seen), None if found.by_unit else found.column.column


def _proposal(example: _Example, group: Sequence[Candidate], best: Sequence[Candidate]) -> Proposal:
    names, labels = _names(example, group, best)
    if group[0].column is not None:
        return Proposal("", names, *_by_columns(example, group, labels))
    heading = layout.labels(group[0].view, group)
    basis = _basis_across(group)
    if heading is None:
        return Proposal("", (*basis, *names), *_across_unnamed(example, group, labels))
    return Proposal("", (*basis, *names), _across(example, group, labels, heading[1]))


def _names(
    example: _Example, group: Sequence[Candidate], best: Sequence[Candidate]
) -> tuple[tuple[Entry, ...], dict[str, str]]:
    """What the labels mean where they are not the names themselves; and all labels that are read, with the id."""
    # A whole that stands in a row of its own elsewhere is not read twice.
    whole = {each.target.id for each in best if not each.by_unit}
    labels: dict[str, str] = {}
    reasons: list[Said] = []
    doubts: list[Said] = []
    for each in group:
        for label, unit in each.labels.items():
            if not (each.by_unit and is_total(label) and each.target.id in whole):
                labels[label] = unit if each.by_unit else each.target.id
        reasons += () if each.by_unit else each.reasons
        doubts += each.doubts if each.column is None else ()
    known = example.known
    told = {label: name for label, name in labels.items() if (fold(label), name) not in known}
    if not told:
        return (), labels
    if group[0].by_unit:
        return (Entry("units", told, (Said("names that are written otherwise than in units.yaml"),)),), labels
    return (Entry("targets", told, tuple(reasons), tuple(doubts)),), labels


def _by_columns(
    example: _Example, group: Sequence[Candidate], labels: Mapping[str, str]
) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """A sheet whose columns are of different kinds, found by the words above them."""
    first, seen = group[0], group[0].view
    about = [each.target.name for each in group]
    place, why = _label_place(seen)
    quarterly = all(each.target.frequency.months >= 3 for each in group)
    table = [layout.sheets(seen, about, example.views, required=not quarterly)]
    if first.by_unit:
        table.append(Entry("unit", place, (why, *first.reasons)))
    else:
        table += [Entry("target", place, (why,)), Entry("unit", {"fixed": example.city})]
    beside = seen.measured()
    if beside is not None and not first.by_unit:
        table.append(
            Entry("measured_in", {"column": letters_of(beside)}, (Said("units of measure stand beside the labels"),))
        )
    elif seen.heading.corner:
        corner = "; ".join(seen.heading.corner)
        table.append(Entry("measured_in", {"title": True}, (Said('the corner says "{found}"', found=corner),)))
    elif first.target.reported.unit_of_measure != "%" and (unit := unstated_unit(first)) is None:
        doubt = Said(
            "the sheet does not say in what it counts; the target is in {unit}",
            unit=first.target.reported.unit_of_measure,
        )
        table.append(Entry("measured_in", {"title": True}, (), (doubt,)))
    elif first.target.reported.unit_of_measure != "%":
        doubt = Said("the sheet does not say in what it counts; by the size of the figures in {unit}", unit=unit)
        table.append(Entry("measured_in", {"fixed": unit}, (), (doubt,)))
    columns = [layout.column(seen, each, named=first.by_unit) for each in group]
    table += _period_elsewhere(seen, example.file) + list(layout.unknown_rows(seen, labels, _texts(example)))
    distinct: list[Entry] = []
    for entry in columns:
        if all(entry.value != other.value for other in distinct):
            distinct.append(entry)
    return tuple(table), tuple(distinct)


def _label_place(seen: View) -> tuple[dict[str, Any], Said]:
    """Where the labels stand: left of the figures, or, where units of measure stand between, in these columns."""
    if seen.measured() is None:
        return {"column": "left"}, Said("the text nearest to the left of the figures")
    columns = [letters_of(c) for c in seen.label_columns]
    return {"column": columns if len(columns) > 1 else columns[0]}, Said(
        "between them and the figures stand units of measure"
    )


def _period_elsewhere(seen: View, file: str) -> list[Entry]:
    """Of which period the figures are, when no heading says so."""
    if any(column.period is not None for column in seen.columns):
        return []
    for place, text in (("title", seen.title), ("sheet", seen.grid.sheet), ("path", PurePosixPath(file).name)):
        if (period := written_period(text)) is not None:
            said = Said('no heading names a period; there stands "{found}"', found=text)
            unsure = place == "path" or period.year is None or period.months == 12
            doubt = (Said("is it the period of the figures?"),) if unsure else ()
            return [Entry("period", {place: True}, (said,), doubt)]
    doubts = (Said("nothing in the file names a period"),)
    return [Entry("period", {"path": True}, (), doubts)]


def _across(example: _Example, group: Sequence[Candidate], labels: Mapping[str, str], head: str) -> tuple[Entry, ...]:
    """Sheets with a month over each column, and a heading over their labels."""
    first, seen = group[0], group[0].view.under(head)
    table = list(layout.header(seen, head))
    by_label = Entry("unit" if first.by_unit else "target", {"row": head}, (Said("the labels stand under it"),))
    if first.by_unit:
        table += [_target_of_sheets(group), by_label]
    else:
        table += [by_label, Entry("unit", {"fixed": example.city})]
    table.append(Entry("period", {"header": True}, (Said("a month stands over each column"),)))
    if any(column.period is not None and column.period.year is None for column in seen.columns):
        table += _year(seen, example.file)
    measured = seen.measured()
    if measured is not None and seen.head(measured):
        table.append(Entry("measured_in", {"row": seen.head(measured)}))
    elif seen.heading.corner:
        table.append(Entry("measured_in", {"title": True}))
    return (*table, *layout.unknown_rows(seen, labels, _texts(example, whole=not first.by_unit)))


def _target_of_sheets(group: Sequence[Candidate]) -> Entry:
    """Whose figures a sheet holds whose rows are units."""
    titles = [f" {fold(each.view.title)} " for each in group]
    in_title = all(fold(each.target.name) in title for each, title in zip(group, titles, strict=True))
    if in_title:
        return Entry("target", {"title": True}, (Said("the title names it"),))
    doubts = () if len(group) == 1 else (Said("several sheets are alike, and their titles do not name the targets"),)
    return Entry("target", {"fixed": group[0].target.id}, group[0].reasons, doubts)


def _across_unnamed(
    example: _Example, group: Sequence[Candidate], labels: Mapping[str, str]
) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """A sheet with a month over each column, and nothing over its labels."""
    first, seen = group[0], group[0].view
    left = Entry("unit" if first.by_unit else "target", *_explained(_label_place(seen)))
    table = [layout.sheets(seen, [each.target.name for each in group], example.views)]
    table += [_target_of_sheets(group), left] if first.by_unit else [left, Entry("unit", {"fixed": example.city})]
    if seen.heading.corner:
        table.append(Entry("measured_in", {"title": True}))
    table += layout.unknown_rows(seen, labels, _texts(example))
    basis = layout.across_basis(seen)[0]
    column = Entry("column", {"covers": "month", "basis": basis}, (Said("a month stands over each column"),))
    return tuple(table), (column,)


def _explained(place: tuple[dict[str, Any], Said]) -> tuple[dict[str, Any], tuple[Said, ...]]:
    return place[0], (place[1],)


def _year(seen: View, file: str) -> list[Entry]:
    for place, text in (("title", seen.title), ("sheet", seen.grid.sheet), ("path", PurePosixPath(file).name)):
        if (year := written_year(text)) is not None:
            return [Entry("year", {place: True}, (Said("the months have no year; there stands {year}", year=year),))]
    if any(written_year(column.heading) for column in seen.columns):
        return [Entry("year", {"header": True})]
    return [Entry("year", {"path": True}, (), (Said("nothing in the file names a year"),))]


def _basis_across(group: Sequence[Candidate]) -> tuple[Entry, ...]:
    if all(each.target.reported.measure is not Measure.FLOW for each in group):
        return ()
    basis, reason = layout.across_basis(group[0].view)
    return (Entry("basis", basis, (reason,)),)


def _texts(example: _Example, *, whole: bool = True) -> list[str]:
    """All names that rows may have and be known."""
    of_targets = [text for t in example.targets.values() for text in (t.id, t.name)]
    return [*(of_targets if whole else ()), *(text for u in example.units for text in (u.id, u.name, *u.aliases))]


def _bare(example: _Example) -> Proposal:
    """The layout of the fullest sheet, though nothing in it is known to be a target."""
    seen = max(example.views, key=lambda v: len(v.labels) * len(v.columns))
    names = {t.name: t.id for t in example.targets.values()}
    near = [(label.label, name) for label in seen.labels if (name := nearest(label.label, names, 0.5))][:3]
    pairs = "; ".join(f'"{label}" – "{name}" ({names[name]})' for label, name in near)
    unsaid = Said("no row is surely a target: write under targets which is, as  label: id")
    nearly = Said("no row is surely a target: write under targets which is. The nearest: {pairs}", pairs=pairs)
    column = max(seen.columns, key=lambda c: (c.to_date, not c.marks, c.column))
    doubt = Said('which column? This is {column} "{heading}"', column=letters_of(column.column), heading=column.heading)
    name = re.sub(r"\d+", "*", seen.grid.sheet)
    table = [
        *([Entry("sheets", {"name": [name]}, (Said("the sheet with most figures"),))] if name else []),
        Entry("target", {"column": "left"}, (), (nearly if pairs else unsaid,)),
        Entry("unit", {"fixed": example.city}),
        *_period_elsewhere(seen, example.file),
        Entry("unknown", "pass"),
    ]
    return Proposal("", (), tuple(table), (Entry("column", {"at": letters_of(column.column)}, (), (doubt,)),))


def _why_not(target: Target, views: Sequence[View]) -> Said:
    """Why a target was not found: the names in the file that are nearest to its own."""
    names = list(dict.fromkeys([each.label for v in views for each in v.labels] + [v.title for v in views]))
    near = nearest(target.name, names, 0.4)
    if near:
        return Said('nothing in the file is surely "{name}". The nearest: "{near}"', name=target.name, near=near)
    return Said('nothing in the file is like "{name}"', name=target.name)


def _stem(file: str) -> str:
    """A file's name as an id begins: without its days, months and numbers."""
    stem = re.sub(r"[^a-z0-9]+", "-", fold(PurePosixPath(file).stem))
    return re.sub(r"(?:^|-)(?:\d+|q[1-4]|t\d+)(?=-|$)", "", stem).strip("-")[:30].strip("-") or "bieu"


def _identifiers(stem: str, made: Sequence[Proposal], taken: set[str]) -> list[str]:
    """An id for each feed: the stem, and, of several, the first target's."""
    names: list[str] = []
    for each in made:
        own = "" if len(made) == 1 else f"-{each.targets[0].replace('.', '-')}" if each.targets else "-1"
        name, n = stem + own, 1
        while name in names or name in taken:
            n += 1
            name = f"{re.sub(r'-1$', '', stem + own)}-{n}"
        names.append(name)
    return names


def _whole(example: _Example, made: Proposal, name: str) -> Proposal:
    """A proposal with what stands before its table: id, source, schedule."""
    if example.place:
        path = re.sub(r"\d+", "*", example.place)
        source = Entry(
            "source", {"kind": "file", "path": path}, (Said("the file, and those of other months beside it"),)
        )
    else:
        source = Entry("source", {"kind": "inbox", "folder": name}, (), (Said("from where do the files come?"),))
    about = Entry("about", PurePosixPath(example.file).name)
    schedule = Entry("schedule", SCHEDULE, (), (Said("when is it read?"),))
    written = layout.numbers(example.views)
    numbers = (Entry("numbers", "en", (Said("figures are written 1,234.5"),)),) if written == "en" else ()
    return replace(made, id=name, head=(about, source, schedule, *numbers, *made.head))
