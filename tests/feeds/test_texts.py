"""Columns of texts of which each is kept once say what the columns said of which they were made."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.feeds.grid import coded
from monitor.feeds.texts import CATEGORY, Stack, chosen, each, objects, pairs, spelled

COLUMN = st.lists(st.sampled_from(["", "a", "b", "ă", "B", None]), max_size=6)


@settings(max_examples=25, deadline=None)
@given(tables=st.lists(COLUMN, max_size=4), ordered=st.booleans())
def test_tables_below_each_other_say_what_each_said_and_keep_a_text_once(
    tables: list[list[str | None]], ordered: bool
) -> None:
    stack = Stack({"text": CATEGORY, "figure": np.float64})
    for n, texts in enumerate(tables):
        column: Any = chosen(np.arange(len(texts)), texts)
        # Of a sheet, of a table, and of one that somebody typed.
        column = [column, pd.Series(column.categorical()), pd.Series(column.values, dtype=object)][n % 3]
        stack.add({"text": column, "figure": np.arange(len(texts))})
    whole = stack.table(["text"] if ordered else [])
    said = [text for texts in tables for text in texts]
    assert [None if pd.isna(text) else text for text in spelled(whole)["text"]] == said
    assert whole["figure"].tolist() == [float(n) for texts in tables for n in range(len(texts))]
    kept = whole["text"].cat.categories.tolist()
    assert sorted(kept) == sorted({text for text in said if text is not None})
    assert not ordered or kept == sorted(kept)


@settings(max_examples=25, deadline=None)
@given(one=COLUMN, of=st.sampled_from([str, len, lambda text: None if text == "a" else text.upper()]))
def test_what_is_asked_of_a_column_is_what_each_of_its_texts_says(one: list[str | None], of: Any) -> None:
    column = chosen(np.arange(len(one)), one)
    assert each(column, of).values.tolist() == [None if text is None else of(text) for text in one]
    codes, distinct = pairs(column, each(column, of))
    assert len(set(distinct)) == len(distinct)
    assert [distinct[code] for code in codes] == [(text, None if text is None else of(text)) for text in one]


@pytest.mark.parametrize(
    "values",
    [[1, 1.0, True, "1", None, "1", 0, -0.0], ["a", "a", "b"], [None], [], [date(2024, 1, 1), float("inf"), "x"]],
)
def test_values_that_are_equal_and_mean_different_things_stay_apart(values: list[Any]) -> None:
    codes, entries = coded(objects(values))
    assert [(type(value), str(value)) for value in entries[codes]] == [(type(value), str(value)) for value in values]
    assert entries[0] is None
    assert len([entry for entry in entries if isinstance(entry, str)]) == len({v for v in values if isinstance(v, str)})
