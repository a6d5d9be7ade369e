"""Columns of texts of which few differ: each text is kept once, and whatever is asked of it is asked once.

Of a sheet, of which there may be thousands, as Texts; of a table of many as pandas' categories, whose making takes as long as to
read a small sheet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Codes = npt.NDArray[np.int32]
Rows = npt.NDArray[np.int64]
CATEGORY = pd.CategoricalDtype()


def objects(values: Sequence[Any]) -> npt.NDArray[np.object_]:
    """The values one by one, whatever they are."""
    return np.fromiter(values, dtype=object, count=len(values))


class Numbers(defaultdict[Any, int]):
    """A number for each value that is asked for, in the order in which they come."""

    def __init__(self) -> None:
        super().__init__(self.__len__)


@dataclass(frozen=True, slots=True)
class Texts:
    """A column: `codes` says which of the `categories`, of which each is there once, stands in each row; -1: none."""

    codes: Codes
    categories: list[Any]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: Rows) -> Texts:
        """Some of the rows."""
        return Texts(self.codes[rows], self.categories)

    @property
    def values(self) -> npt.NDArray[np.object_]:
        """The text of each row, or None."""
        return objects([*self.categories, None])[self.codes]

    def categorical(self) -> pd.Categorical:
        """The same as pandas has it."""
        return pd.Categorical.from_codes(self.codes, pd.Index(self.categories, dtype=object))


def chosen(codes: Codes | Rows, texts: Sequence[Any]) -> Texts:
    """Which of `texts`, among which one may be twice, stands in each row; none where it is None, or the code -1."""
    place = Numbers()
    places = np.array([-1 if text is None else place[text] for text in texts] + [-1], dtype=np.int32)
    return Texts(places[codes], list(place))


def texts_of(column: pd.Series) -> Texts:
    """A column of categories, or of objects."""
    of = pd.Categorical(column)
    return Texts(np.asarray(of.codes, dtype=np.int32), list(of.categories))


def constant(text: str, count: int) -> Texts:
    """One text in `count` rows."""
    return Texts(np.zeros(count, dtype=np.int32), [text])


def each(column: Texts, of: Callable[[Any], Any]) -> Texts:
    """`of` each text of a column; none where that is None, or there is none."""
    return chosen(column.codes, [of(text) for text in column.categories])


def told(column: Texts, of: Callable[[Any], Any], kind: Any = object) -> npt.NDArray[Any]:
    """The same as an array, of which nothing may be missing."""
    found: npt.NDArray[Any] = np.fromiter(map(of, column.categories), dtype=kind, count=len(column.categories))
    return found[column.codes]


def pairs(one: Texts, other: Texts) -> tuple[Rows, list[tuple[Any, Any]]]:
    """Which of the distinct pairs stands in each row, and those; None for what is missing."""
    ones, others = ([*column.categories, None] for column in (one, other))
    both = (one.codes.astype(np.int64) % len(ones)) * len(others) + other.codes % len(others)
    codes, distinct = pd.factorize(both)
    return codes, [(ones[pair // len(others)], others[pair % len(others)]) for pair in distinct.tolist()]


def spelled(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its texts as such."""
    return table.astype({name: object for name, kind in table.dtypes.items() if isinstance(kind, pd.CategoricalDtype)})


class Stack:
    """Tables of one shape, one below the other, of which each text is kept once: however many they are, what is made on the way
    stays small. `kinds`: column -> its dtype, CATEGORY for texts.
    """

    def __init__(self, kinds: Mapping[str, Any]) -> None:
        self._kinds = kinds
        self._parts = {
            name: [np.array([], dtype=np.int8 if kind is CATEGORY else kind)] for name, kind in kinds.items()
        }
        self._places: defaultdict[str, Numbers] = defaultdict(Numbers)
        self.rows = 0

    def add(self, table: Mapping[str, Any] | pd.DataFrame) -> None:
        """Put a table below the others: arrays, and Texts or categories."""
        for name, kind in self._kinds.items():
            column = table[name]
            self._parts[name].append(self._coded(name, column) if kind is CATEGORY else np.asarray(column, dtype=kind))
        self.rows += len(column)

    def _coded(self, name: str, column: Texts | pd.Series) -> npt.NDArray[Any]:
        """In as few bytes as it takes."""
        texts = texts_of(column) if isinstance(column, pd.Series) else column
        # Only those that stand in a row; that of -1 (missing) is the last.
        there = np.flatnonzero(np.bincount(texts.codes + 1, minlength=len(texts.categories) + 1)[1:]).tolist()
        place = self._places[name]
        found = [place[texts.categories[n]] for n in there]
        places = np.full(len(texts.categories) + 1, -1, dtype=np.min_scalar_type(-max(found, default=0) - 1))
        places[there] = found
        return places[texts.codes]

    def table(self, ordered: Iterable[str] = ()) -> pd.DataFrame:
        """The whole, which is used up by it; the texts of the columns `ordered` in their order."""
        found, sort = dict[str, Any](), set(ordered)
        for name, kind in self._kinds.items():
            whole = np.concatenate(self._parts.pop(name))
            found[name] = self._category(name, whole, sort=name in sort) if kind is CATEGORY else whole
        return pd.DataFrame(found, copy=False)

    def _category(self, name: str, codes: npt.NDArray[Any], *, sort: bool) -> pd.Categorical:
        texts = objects(list(self._places.pop(name, ())))
        if sort:
            order = np.argsort(texts)
            rank = np.full(len(texts) + 1, -1, dtype=np.int32)
            rank[order] = np.arange(len(texts), dtype=np.int32)
            codes, texts = rank[codes], texts[order]
        return pd.Categorical.from_codes(codes, pd.Index(texts, dtype=object))
