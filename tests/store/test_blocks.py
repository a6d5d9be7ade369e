"""Figures in blocks, on SQLite and on PostgreSQL: what was stored comes back as it was, by number, by series and by block."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from monitor.store import blocks
from monitor.store.blocks import FIGURE, Stored
from monitor.store.database import writing
from monitor.store.tables import figure_block

LARGE = 2**31 - 1
FIGURES = st.tuples(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(0, 2**53),
    st.integers(190001, 299912),
    st.integers(19000101, 29991231),
    st.integers(1, LARGE),
)
# Batches, each of figures of some series: what one series sends at once is a block.
BATCHES = st.lists(st.lists(st.tuples(st.integers(1, 4), FIGURES), max_size=8), max_size=5)
TRIES = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def store(connection: Connection, batches: Sequence[Sequence[tuple[int, tuple[float, ...]]]]) -> None:
    """From an empty table on."""
    connection.execute(figure_block.delete())
    for batch in batches:
        series = np.array([series for series, _ in batch], dtype=np.int64)
        figures = np.array([figure for _, figure in batch], dtype=FIGURE)
        blocks.append(connection, blocks.last(connection), series, figures)


def rows(found: Stored) -> list[tuple[float, ...]]:
    """By the number under which they arrived."""
    columns = (found.arrival, found.series, found.value, found.cell, found.period, found.received, found.origin)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


@TRIES
@given(BATCHES)
def test_what_was_stored_comes_back_under_the_number_of_its_arrival(
    engine: Engine, batches: list[list[tuple[int, tuple[float, ...]]]]
) -> None:
    every = [(series, *figure) for batch in batches for series, figure in batch]
    expected = [(number, *figure) for number, figure in enumerate(every, 1)]
    with writing(engine) as connection:
        store(connection, batches)
        assert rows(blocks.read(connection)) == expected
        assert blocks.last(connection) == len(expected)
        for series in range(1, 5):
            of = blocks.read(connection, figure_block.c.series == series)
            assert rows(of) == [row for row in expected if row[1] == series]


@TRIES
@given(BATCHES, st.lists(st.integers(0, 45), max_size=6))
def test_a_figure_is_found_in_its_block_by_its_number(
    engine: Engine, batches: list[list[tuple[int, tuple[float, ...]]]], asked: list[int]
) -> None:
    with writing(engine) as connection:
        store(connection, batches)
        every = blocks.read(connection)
        there = sorted(set(asked) & set(every.arrival.tolist()))
        found = blocks.read(connection, blocks.holding(connection, np.array(asked, dtype=np.int64)))
        assert set(there) <= set(found.arrival.tolist())
        # And no block that has none of them, but the last one, which a number to come would stand in.
        of_asked = {_first(connection, number) for number in asked}
        assert {_first(connection, number) for number in found.arrival.tolist()} <= of_asked
        since = blocks.read(connection, blocks.since(min(asked, default=0)))
        assert set(every.arrival[every.arrival >= min(asked, default=0)].tolist()) <= set(since.arrival.tolist())


def _first(connection: Connection, number: int) -> int | None:
    query = text("SELECT max(first) FROM figure_block WHERE first <= :number")
    return connection.execute(query, {"number": number}).scalar()


def test_a_figure_is_kept_to_its_last_bit(engine: Engine) -> None:
    odd = [0.1 + 0.2, -0.0, 5e-324, 1.7976931348623157e308, 778_290.0]
    with writing(engine) as connection:
        store(connection, [[(1, (value, 2**53, 202401, 20240120, 1)) for value in odd]])
        found = blocks.read(connection).value.tolist()
    assert [math.copysign(1, value) for value in found] == [math.copysign(1, value) for value in odd]
    assert found == odd
