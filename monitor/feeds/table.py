"""A sheet to its figures: one row a cell that should hold one, with the texts that say what it is."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pandas as pd

from monitor.feeds.declaration import Table, Where
from monitor.feeds.grid import Grid, Unreadable
from monitor.language import fold
from monitor.model.period import parse_month, parse_period
from monitor.model.problem import nearest

CELL_COLUMNS = ["sheet", "cell", "target", "unit", "period", "year", "measured_in", "received", "raw", "flaw"]


def figures(grid: Grid, table: Table, known: dict[str, set[str]]) -> pd.DataFrame | None:
    """The sheet's figures in reading order, columns CELL_COLUMNS (all object: texts as they stand, `raw` the cell's value,
    `flaw` None or why it cannot be used); None when the heading is nowhere in the sheet.

    `known`: for target and unit, the folded texts that name one, by which headings are recognised. Raises Unreadable when
    the heading stands but a column that the table names does not.
    """
    top = _header_row(grid, table.header)
    if top is None:
        return None
    body = top + table.header_rows
    headings = grid.labels(slice(top, body))
    columns = {
        name: _column(headings, place.row, top) for name, place in _places(table).items() if place.row is not None
    }
    value_columns = _value_columns(table, headings, known, set(columns.values()))
    labels = grid.labels(slice(body, None))
    rows = np.arange(body, len(grid.values))
    rows = rows[[_is_data(labels[r - body], columns, table) for r in rows]] if len(rows) else rows
    pairs = list(product(rows.tolist(), value_columns))
    cells = pd.DataFrame(pairs, columns=["r", "c"], dtype=int)
    cells["sheet"] = grid.sheet
    cells["cell"] = [grid.cell(r, c) for r, c in pairs]
    cells["raw"] = pd.Series([grid.values[r, c] for r, c in pairs], dtype=object)
    cells["flaw"] = pd.Series([grid.flaws.get(pair) for pair in pairs], dtype=object)
    title = " ".join(str(v) for v in grid.values[:top].ravel() if v is not None)
    for name in ("target", "unit", "period", "year", "measured_in", "received"):
        place = _places(table).get(name)
        cells[name] = _texts(place, name, cells, labels, body, headings, columns.get(name), title, known)
    return cells[CELL_COLUMNS]


def _places(table: Table) -> dict[str, Where]:
    named = {
        name: getattr(table, name) for name in ("target", "unit", "period", "year", "value", "measured_in", "received")
    }
    return {name: place for name, place in named.items() if place is not None}


def _header_row(grid: Grid, text: str) -> int | None:
    wanted = fold(text)
    for r, row in enumerate(grid.values):
        if any(value is not None and fold(str(value)) == wanted for value in row):
            return r
    return None


def _column(headings: np.ndarray, text: str, top: int) -> int:
    wanted = fold(text)
    for row in headings:
        for c, heading in enumerate(row):
            if fold(heading) == wanted:
                return c
    present = list(dict.fromkeys(h for h in headings.ravel() if h))
    near = nearest(text, present)
    message = 'column "{found}" is not in the heading, which has: {names}'
    if near:
        message = 'column "{found}" is not in the heading, which has: {names}. Did you mean "{near}"?'
    raise Unreadable(message, top + 1, found=text, names=", ".join(present), near=near)


def _value_columns(table: Table, headings: np.ndarray, known: dict[str, set[str]], labels: set[int]) -> list[int]:
    if table.value is not None and table.value.row is not None:
        return [_column(headings, table.value.row, 0)]
    wanted = [name for name in ("target", "unit", "period") if getattr(table, name).header]
    only = {fold(text) for text in table.only}
    found = []
    for c in range(headings.shape[1]):
        texts = [h for h in headings[:, c] if h]
        folded = {fold(text) for text in texts}
        if c not in labels and only <= folded and all(_pick(name, texts, known) for name in wanted):
            found.append(c)
    if not found:
        message = "no column holds figures: none of the headings names {wanted}. The headings are: {names}"
        names = ", ".join(dict.fromkeys(h for h in headings.ravel() if h))
        raise Unreadable(message, 0, wanted=" + ".join(wanted), names=names)
    return found


def _pick(name: str, texts: list[str], known: dict[str, set[str]]) -> str:
    """Which of the headings over a column says its `name`."""
    if name == "period":
        fits = [t for t in texts if parse_period(t) is not None or parse_month(t) is not None]
    else:
        fits = [t for t in texts if fold(t) in known[name]]
    return fits[-1] if fits else ""


def _is_data(labels: np.ndarray, columns: dict[str, int], table: Table) -> bool:
    """A row of data has a text in each label column; totals and what the feed says to skip are none."""
    skip = {fold(text) for text in table.skip}
    if any(label and fold(label) in skip for label in labels):
        return False
    keys = [columns[name] for name in ("target", "unit", "period") if name in columns]
    return any(labels[c] for c in keys) if keys else any(labels)


def _texts(
    place: Where | None,
    name: str,
    cells: pd.DataFrame,
    labels: np.ndarray,
    body: int,
    headings: np.ndarray,
    column: int | None,
    title: str,
    known: dict[str, set[str]],
) -> pd.Series:
    """The text that says `name`, for each cell."""
    if place is None or place.path:
        return pd.Series("", index=cells.index, dtype=object)
    if place.fixed is not None:
        return pd.Series(place.fixed, index=cells.index, dtype=object)
    if column is not None:
        return pd.Series(labels[cells["r"] - body, column] if len(cells) else [], index=cells.index, dtype=object)
    if place.header:
        by_column = {c: _pick(name, [h for h in headings[:, c] if h], known) for c in set(cells["c"])}
        return cells["c"].map(by_column).astype(object)
    # A title's year: "... NĂM 2024"; a title's period or name: the whole line.
    text = title
    if name == "year":
        match = re.search(r"(?:nam|thang \d{1,2}[/-]) ?(\d{4})", fold(title))
        text = match[1] if match else ""
    elif name == "received":
        match = re.search(r"ngay (\d{1,2}) thang (\d{1,2}) nam (\d{4})", fold(title))
        text = f"{match[3]}-{int(match[2]):02}-{int(match[1]):02}" if match else ""
    elif name == "period":
        match = re.search(r"thang \d{1,2}(?: nam |[/-])\d{4}|quy [1-4iv]+(?: nam |[/-])\d{4}", fold(title))
        text = match[0] if match else ""
    else:
        text = max((k for k in known.get(name, ()) if k in fold(title)), key=len, default="")
    return pd.Series(text, index=cells.index, dtype=object)
