"""The mail server refusing, hanging, hanging up, greylisting, down for a day: the letter arrives once, under one Message-ID."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import small
from support.mail import Mood, post_office
from support.process import free_port
from support.rig import serving

from monitor.alerts.channels import smtp
from monitor.model.letter import DeliveryState
from monitor.store import outbox


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return small.lay_out(tmp_path / "w")


@pytest.mark.parametrize("mood", [Mood.REFUSES, Mood.HANGS, Mood.DROPS, Mood.GREYLISTS])
def test_a_server_that_misbehaves_gets_the_letter_again_until_it_has_it(
    root: Path, mood: Mood, monkeypatch: pytest.MonkeyPatch
) -> None:
    with post_office() as post, serving(root, "2024-03-25 07:00", post.url) as rig:
        post.mood = mood
        with monkeypatch.context() as impatient:
            impatient.setattr(smtp, "ACCEPTING_SECONDS", 0.3)
            rig.live_until("2024-03-25 07:31")
        with rig.engine.connect() as connection:
            (owed,) = outbox.deliveries(connection)
        assert (owed.state, owed.attempts) == (DeliveryState.QUEUED, 1)
        assert owed.error
        post.mood = Mood.WELL
        rig.live_until("2024-03-25 07:33")
        with rig.engine.connect() as connection:
            (went,) = outbox.deliveries(connection)
        assert (went.state, went.attempts) == (DeliveryState.DELIVERED, 2)
        rig.live_until("2024-03-26 07:00")
    # Hung up on after it took the mail, the server has it twice, and knows by its Message-ID that it is one.
    assert len(post.mails) == (2 if mood is Mood.DROPS else 1)
    assert {mail["Message-ID"] for mail in post.mails} == {owed.message_id}


def test_a_server_that_is_down_for_a_day_gets_every_letter_once(root: Path) -> None:
    port = free_port()
    with serving(root, "2024-03-25 07:00", f"smtp://127.0.0.1:{port}") as rig:
        rig.live_until("2024-03-26 12:00")
        with rig.engine.connect() as connection:
            (owed,) = outbox.deliveries(connection)
        assert owed.state is DeliveryState.QUEUED
        assert 8 < owed.attempts < 20
        with post_office(port=port) as post:
            rig.live_until("2024-03-27 12:00")
    assert [mail["Message-ID"] for mail in post.mails] == [owed.message_id]


def test_a_letter_that_three_days_could_not_deliver_is_given_up_told_and_can_be_set_going_again(root: Path) -> None:
    port = free_port()
    with serving(root, "2024-03-25 07:00", f"smtp://127.0.0.1:{port}") as rig:
        rig.live_until("2024-03-29 12:00")
        with rig.engine.connect() as connection:
            (dead,) = outbox.deliveries(connection, DeliveryState.DEAD)
        with post_office(port=port) as post:
            rig.live_until("2024-03-30 12:00")
    (told,) = post.about("upkeep")
    assert "25 lần thử" in told.get_body(("plain",)).get_content()
    assert dead.recipient == "an"
