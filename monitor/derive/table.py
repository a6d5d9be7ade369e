"""Targets that stand in a table: its columns told apart by their heads, a row a promise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitor.derive.figure import Figure, figures, number
from monitor.derive.passage import Table
from monitor.derive.promise import Promise
from monitor.language import fold

_NAME = re.compile(r"chi tieu|noi dung|ten|danh muc|tieu chi|muc tieu")
_UNIT = re.compile(r"don vi|dvt|\bdv tinh|\bdvt\b")
_PLAN = re.compile(r"ke hoach|\bkh\b|muc tieu|du toan|phan dau|chi tieu (?:nam|giao)|nghi quyet|giao")
_OTHER = re.compile(r"thuc hien|\bth\b|uoc|so sanh|so voi|ty le|ghi chu|tang|%|co quan|chu tri|phan cong|don vi")
_INNER = re.compile(r"[-+•]|\d+\.\d+|[a-z][.)]?$")
_PARTS = re.compile(r"^(?:-|\+|•)?\s*(?:trong do|trong đó)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One row with a plan: the number of its line in the table, its promise, the row it is a part of, the group it stands in."""

    line: int
    item: str
    promise: Promise
    part_of: int | None
    group: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a table says what; `first`: the first row below the heads."""

    first: int
    item: int | None
    name: int
    unit: int | None
    plan: int


def columns(table: Table, year: int) -> Columns | None:
    """The columns of a table of targets; None for another table."""
    for depth in (1, 2, 3):
        heads = [fold(" ".join(dict.fromkeys(column))) for column in zip(*(_padded(table)[:depth]), strict=True)]
        names = [n for n, head in enumerate(heads) if _NAME.search(head) and not _UNIT.search(head)]
        names = [n for n in names if not re.search(r"\d{4}", heads[n])] or names
        units = [n for n, head in enumerate(heads) if _UNIT.search(head)]
        if not names:
            continue
        name = names[0]
        left = [n for n in range(len(heads)) if n > name and n not in units]
        plans = [n for n in left if _PLAN.search(heads[n]) and str(year) in heads[n]]
        plans = plans or [n for n in left if str(year) in heads[n] and not _OTHER.search(heads[n])]
        plans = plans or [
            n for n in left if _PLAN.search(heads[n]) and not _OTHER.search(heads[n].replace("don vi", ""))
        ]
        if not plans and units:
            plans = [n for n in left if not _OTHER.search(heads[n])][-1:]
        if plans and (units or str(year) in heads[plans[0]]):
            return Columns(depth, name - 1 if name else None, name, units[0] if units else None, plans[0])
    return None


def rows(table: Table, found: Columns) -> Iterator[Row | tuple[int, Figure]]:
    """Each row's promise; a cell of the plan that cannot be read comes as a figure with its reason."""
    group, whole, last = "", None, None
    position = -1
    lines = _padded(table)
    for line, cells in enumerate(lines[found.first :], start=found.first):
        name = cells[found.name].strip(" -+•:;")
        plan = cells[found.plan].strip()
        item = cells[found.item].strip() if found.item is not None else ""
        if not plan or len(set(cells)) == 1:
            if name and not _PARTS.match(name):
                group, whole = (name, None)
            elif _PARTS.match(name):
                whole = last
            continue
        unit = cells[found.unit].strip(" .") if found.unit is not None else ""
        unit = unit[:1].lower() + unit[1:] if unit[1:].islower() else unit
        if not re.search(r"\d", plan) or plan == name:
            continue
        figure = _figure(plan, unit)
        if figure is None:
            yield line, Figure(0, len(plan), plan, 0.0, None, unit, None, (), "the cell is not one figure")
            continue
        inner = bool(re.match(r"\s*[-+•]", cells[found.name])) or bool(_PARTS.match(name)) or bool(_INNER.match(item))
        if item and not inner:
            whole = None
        position += 1
        part = whole if whole is not None else (last if inner else None)
        plain = re.sub(r"^\s*trong\s+đó\s*:?\s*", "", name, flags=re.IGNORECASE)
        yield Row(line, item, Promise(plain, figure, None), part, group)
        if not inner and whole is None:
            last = position


def _figure(plan: str, unit: str) -> Figure | None:
    """A cell's figure in the unit of its row."""
    found = [f for f in figures(f"{plan} {unit}" if re.search(r"\d\s*$", plan) else plan) if f.reason != "an age"]
    if len(found) != 1:
        return None
    one = found[0]
    value, doubts = (
        number(re.sub(r"[^\d.,]", "", plan.split("-", maxsplit=1)[0]) or "0", unit)
        if one.upper is None
        else (one.value, ())
    )
    kept = tuple(d for d in one.doubts if d != "no unit is printed") + (
        () if unit or one.unit else ("no unit is printed",)
    )
    printed = (
        f"{plan} {unit}"
        if unit and unit not in plan and unit != "%"
        else plan + (unit if unit == "%" and "%" not in plan else "")
    )
    return Figure(
        0,
        len(plan),
        printed,
        value if one.upper is None else one.value,
        one.upper,
        unit or one.unit,
        one.comparator,
        (*kept, *doubts),
        "",
    )


def _padded(table: Table) -> Sequence[tuple[str, ...]]:
    width = max(len(row) for row in table.rows)
    return [(*row, *("",) * (width - len(row))) for row in table.rows]
