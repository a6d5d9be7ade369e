"""The labels of a sheet's rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from monitor.feeds.grid import Grid, is_number, label
from monitor.feeds.texts import Codes
from monitor.language import fold
from monitor.model.unit_of_measure import is_known

# What refers a label to a footnote: `TỔNG TRỊ GIÁ (*)`, `Dầu thô (1)`, `Gạo²`.
_MARKS = re.compile(r"(?:\s*(?:\(\*+\)|\(\d\)|\[\d\]|\*+|[¹²³⁴⁵]))+$")
# As above, in a column of units of measure.
_DITTO = frozenset(
    {'"', '""', "''", "”", "“", "″", "〃", "nt", "nt-", '-"', '"-"', "//", "-//", "- nt", "như trên", "nhu tren"}
)


def unmarked(text: str) -> str:
    """A label without what refers to a footnote."""
    return _MARKS.sub("", text)


def repeats(text: str) -> bool:
    """Whether a text says that what stands above is meant."""
    return fold(text) in _DITTO


def labels_in(grid: Grid, columns: Iterable[int], *, nearest_left: bool) -> Codes:
    """Of each row its label (a code of the grid's): the last of its `columns` that has a text. The text nearest to the left of
    figures is often their unit of measure: then it is the one before that.
    """
    found = np.zeros(len(grid.codes), dtype=np.int32)
    named = found
    for c in columns:
        texts = grid.spread[:, c]
        stands = grid.where(texts, label) & ~grid.where(grid.codes[:, c], is_number)
        found = np.where(stands, texts, found)
        if nearest_left:
            named = np.where(stands & ~grid.where(texts, _measures), texts, named)
    return np.where(named > 0, named, found)


def _measures(value: Any) -> bool:
    """Whether a cell says in what is measured."""
    text = label(value)
    return is_known(text) or repeats(text)
