"""Columns of texts of which few differ, as pandas' categories: whatever is asked of a text is asked once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Codes = npt.NDArray[np.int32]
CATEGORY = pd.CategoricalDtype()


def objects(values: Sequence[Any]) -> npt.NDArray[np.object_]:
    """The values one by one, whatever they are."""
    return np.fromiter(values, dtype=object, count=len(values))


def category(codes: Codes, texts: Sequence[Any]) -> pd.Categorical:
    """Which of the texts, among which one may be twice, stands in each row; missing where that is None."""
    places, distinct = pd.factorize(objects(texts))
    return pd.Categorical.from_codes(places[codes], distinct)  # type: ignore[arg-type]


def alike(text: str, count: int) -> pd.Categorical:
    """One text in `count` rows."""
    return pd.Categorical.from_codes(np.zeros(count, dtype=np.int8), [text])  # type: ignore[arg-type]


def each(column: pd.Categorical, of: Callable[[Any], Any]) -> pd.Categorical:
    """`of` each text of a column; missing where that is None, or the text is."""
    told = [of(text) for text in column.categories]
    return category(column.codes, [*told, None])


def told(column: pd.Categorical, of: Callable[[Any], Any], kind: Any = object) -> npt.NDArray[Any]:
    """The same as an array, of which nothing may be missing."""
    found = np.fromiter(map(of, column.categories), dtype=kind, count=len(column.categories))
    return found[column.codes]


def pairs(one: pd.Categorical, other: pd.Categorical) -> tuple[npt.NDArray[np.int64], list[tuple[Any, Any]]]:
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
            name: [np.array([], dtype=np.int32 if kind is CATEGORY else kind)] for name, kind in kinds.items()
        }
        self._places: defaultdict[str, Numbers] = defaultdict(Numbers)
        self.rows = 0

    def add(self, table: pd.DataFrame) -> None:
        """Put a table below the others."""
        self.rows += len(table)
        for name, kind in self._kinds.items():
            column = table[name]
            self._parts[name].append(self._coded(name, column) if kind is CATEGORY else column.to_numpy(dtype=kind))

    def _coded(self, name: str, column: pd.Series) -> Codes:
        of: Any = column.array if isinstance(column.dtype, pd.CategoricalDtype) else pd.Categorical(column)
        # Only those that stand in a row; that of -1 (missing) is the last.
        there = np.flatnonzero(np.bincount(of.codes + 1, minlength=len(of.categories) + 1)[1:])
        places = np.full(len(of.categories) + 1, -1, dtype=np.int32)
        places[there] = [*map(self._places[name].__getitem__, of.categories[there])]
        return places[of.codes]

    def table(self, ordered: Iterable[str] = ()) -> pd.DataFrame:
        """The whole, which is used up by it; the texts of the columns `ordered` in their order, others as they came."""
        found, sort = dict[str, Any](), set(ordered)
        for name, kind in self._kinds.items():
            whole = np.concatenate(self._parts.pop(name))
            found[name] = self._category(name, whole, sort=name in sort) if kind is CATEGORY else whole
        return pd.DataFrame(found, copy=False)

    def _category(self, name: str, codes: Codes, *, sort: bool) -> pd.Categorical:
        texts = objects(list(self._places.pop(name, ())))
        if sort:
            order = np.argsort(texts)
            rank = np.full(len(texts) + 1, -1, dtype=np.int32)
            rank[order] = np.arange(len(texts), dtype=np.int32)
            codes, texts = rank[codes], texts[order]
        return pd.Categorical.from_codes(codes, texts)  # type: ignore[arg-type]


class Numbers(defaultdict[Any, int]):
    """A number for each value that is asked for, in the order in which they come."""

    def __init__(self) -> None:
        super().__init__(self.__len__)
