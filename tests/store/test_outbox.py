"""The outbox, on SQLite and on PostgreSQL: who has claimed a delivery settles it, and nobody else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from monitor.model.letter import FILES, Delivery, DeliveryState, Kind, Letter, PreviousDigest, Stamp
from monitor.store import outbox
from monitor.store.database import writing

NOW = datetime(2024, 6, 1, tzinfo=UTC)
LATER = NOW + outbox.CLAIM + timedelta(minutes=1)
STAMP = Stamp("nq", "hdnd", Kind.DIGEST, date(2024, 6, 1))


def posted(engine: Engine, stamp: Stamp = STAMP, to: str = "an", last_event: int = 0) -> int:
    with writing(engine) as connection:
        outbox.post(connection, stamp, Letter("Thử", "", ""), (), [to], NOW, NOW, last_event)
        return outbox.due(connection, NOW)[-1]


def claimed(engine: Engine, key: int, when: datetime) -> str:
    with writing(engine) as connection:
        token = outbox.claim(connection, key, when)
    assert token is not None
    return token


def settle(engine: Engine, key: int, token: str, state: DeliveryState, *, counts: bool = True) -> bool:
    with writing(engine) as connection:
        return outbox.settle(connection, key, token, state, ["x"], "", LATER, LATER, counts=counts)


def only(engine: Engine) -> Delivery:
    with engine.connect() as connection:
        (found,) = outbox.deliveries(connection)
    return found


@pytest.mark.parametrize("late", list(DeliveryState))
@pytest.mark.parametrize("settled", list(DeliveryState))
def test_a_late_settle_changes_nothing(engine: Engine, settled: DeliveryState, late: DeliveryState) -> None:
    key = posted(engine)
    slow = claimed(engine, key, NOW)
    quick = claimed(engine, key, LATER)
    assert settle(engine, key, quick, settled)
    before = only(engine)
    assert not settle(engine, key, slow, late)
    assert only(engine) == before


def test_a_late_settle_does_not_end_the_attempt_under_way(engine: Engine) -> None:
    key = posted(engine)
    slow, quick = claimed(engine, key, NOW), claimed(engine, key, LATER)
    assert not settle(engine, key, slow, DeliveryState.QUEUED)
    assert only(engine).state is DeliveryState.SENDING
    assert settle(engine, key, quick, DeliveryState.DELIVERED)


def test_a_letter_set_going_again_is_not_settled_by_the_attempt_that_was_given_up(engine: Engine) -> None:
    key = posted(engine)
    slow, quick = claimed(engine, key, NOW), claimed(engine, key, LATER)
    settle(engine, key, quick, DeliveryState.DEAD)
    with writing(engine) as connection:
        assert outbox.requeue(connection, key, LATER)
    claimed(engine, key, LATER)
    assert not settle(engine, key, slow, DeliveryState.DELIVERED)
    assert only(engine).state is DeliveryState.SENDING


def test_what_nobody_could_be_asked_about_is_no_attempt(engine: Engine) -> None:
    key = posted(engine)
    settle(engine, key, claimed(engine, key, NOW), DeliveryState.QUEUED, counts=False)
    assert (only(engine).state, only(engine).attempts) == (DeliveryState.QUEUED, 0)


JUNE, JULY = Stamp("nq", "hdnd", Kind.DIGEST, date(2024, 6, 1)), Stamp("nq", "hdnd", Kind.DIGEST, date(2024, 7, 1))


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param([], None, id="nothing"),
        pytest.param([(JUNE, "an", 7)], PreviousDigest(JUNE.as_of, 7), id="posted"),
        pytest.param(
            [(JUNE, "an", 7), (JULY, FILES, 9)], PreviousDigest(JUNE.as_of, 7), id="posted, then written by hand"
        ),
        pytest.param(
            [(JUNE, FILES, 7), (JUNE, "an", 9)], PreviousDigest(JUNE.as_of, 9), id="written by hand, then posted"
        ),
        pytest.param([(JUNE, FILES, 7), (JULY, FILES, 9)], PreviousDigest(JULY.as_of, 9), id="only ever written"),
    ],
)
def test_a_digest_follows_the_last_one_that_was_really_posted(
    engine: Engine, letters: list[tuple[Stamp, str, int]], expected: PreviousDigest | None
) -> None:
    for stamp, to, last_event in letters:
        posted(engine, stamp, to, last_event)
    with engine.connect() as connection:
        assert outbox.previous(connection, "nq", "hdnd", date(2024, 8, 1)) == expected
