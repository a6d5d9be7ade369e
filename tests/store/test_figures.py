"""Figures by series, on SQLite and on PostgreSQL: what was stored comes back as it was, in however many pieces it came."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from monitor.store import figures
from monitor.store.database import writing
from monitor.store.figures import FIGURE, Stored
from monitor.store.tables import series_figures

LARGE = 2**31 - 1
Told = tuple[float, int, int, int, int]
FIGURES = st.tuples(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(0, 2**53),
    st.integers(190001, 299912),
    st.integers(19000101, 29991231),
    st.integers(1, LARGE),
)
# Batches, each of figures of some series, those of one together.
BATCHES = st.lists(st.lists(st.tuples(st.integers(1, 4), FIGURES), max_size=8), max_size=5)
TRIES = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def store(connection: Connection, batches: Sequence[Sequence[tuple[int, Told]]]) -> list[tuple[float, ...]]:
    """From an empty table on; what is then to be found there, as it arrived."""
    connection.execute(series_figures.delete())
    expected: list[tuple[float, ...]] = []
    for batch in batches:
        came = sorted(batch, key=lambda each: each[0])
        rows = [
            (value, cell, len(expected) + 1 + n, period, received, origin)
            for n, (_, (value, cell, period, received, origin)) in enumerate(came)
        ]
        figures.append(connection, np.array([of for of, _ in came], dtype=np.int64), np.array(rows, dtype=FIGURE))
        expected += [(of, *row) for (of, _), row in zip(came, rows, strict=True)]
    return expected


def rows(found: Stored) -> list[tuple[float, ...]]:
    """As they arrived."""
    columns = (found.series, found.value, found.cell, found.arrival, found.period, found.received, found.origin)
    return sorted(zip(*(column.tolist() for column in columns), strict=True), key=lambda row: row[3])


@TRIES
@given(BATCHES)
def test_what_was_stored_comes_back_under_the_number_of_its_arrival(
    engine: Engine, batches: list[list[tuple[int, Told]]]
) -> None:
    with writing(engine) as connection:
        expected = store(connection, batches)
        assert rows(figures.read(connection)) == expected
        assert figures.last(connection) == len(expected)
        for series in range(1, 5):
            of = figures.read(connection, figures.of(connection, np.array([series])))
            assert rows(of) == [row for row in expected if row[0] == series]
            assert of.arrival.tolist() == sorted(of.arrival.tolist())
        # However often it was added to, a series is one row.
        kept = connection.execute(text("SELECT count(*) FROM series_figures")).scalar_one()
        assert kept == len({row[0] for row in expected})


@TRIES
@given(BATCHES, st.integers(0, 45))
def test_what_came_after_a_number_is_among_the_series_that_have_a_later_one(
    engine: Engine, batches: list[list[tuple[int, Told]]], number: int
) -> None:
    with writing(engine) as connection:
        expected = store(connection, batches)
        found = figures.read(connection, series_figures.c.last > number)
        assert [row for row in rows(found) if row[3] > number] == [row for row in expected if row[3] > number]
        assert {row[0] for row in rows(found)} == {row[0] for row in expected if row[3] > number}


def test_a_figure_is_kept_to_its_last_bit(engine: Engine) -> None:
    odd = [0.1 + 0.2, -0.0, 5e-324, 1.7976931348623157e308, 778_290.0]
    with writing(engine) as connection:
        store(connection, [[(1, (value, 2**53, 202401, 20240120, 1)) for value in odd]])
        found = figures.read(connection).value.tolist()
    assert [math.copysign(1, value) for value in found] == [math.copysign(1, value) for value in odd]
    assert found == odd
