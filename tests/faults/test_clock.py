"""The system's clock set back an hour, and forward a day."""

from __future__ import annotations

from pathlib import Path

from support import small
from support.mail import post_office
from support.rig import at, serving

from monitor.store import jobs


def test_set_back_an_hour_nothing_is_done_twice(tmp_path: Path) -> None:
    root = small.lay_out(tmp_path / "w")
    with post_office() as post, serving(root, "2024-03-25 07:00", post.url) as rig:
        rig.live_until("2024-03-25 07:40")
        rig.clock.set(at("2024-03-25 06:40"))
        rig.live_until("2024-03-26 06:00")
    assert len(post.about("digest")) == 1


def test_set_forward_a_day_what_was_skipped_is_done_once(tmp_path: Path) -> None:
    root = small.lay_out(tmp_path / "w")
    with post_office() as post, serving(root, "2024-03-24 20:00", post.url) as rig:
        rig.live_until("2024-03-24 21:00")
        rig.clock.set(at("2024-03-25 21:00"))
        rig.live_until("2024-03-26 06:00")
        with rig.engine.connect() as connection:
            done = jobs.runs(connection)
    assert [mail["Message-ID"].split(".")[3] for mail in post.about("digest")] == ["2024-03-25"]
    assert done["evaluate"].planned == at("2024-03-26 05:00")
