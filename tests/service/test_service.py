"""The service through a year: what it does at its time, what it catches up, what it tells at once, what it spares people."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import small
from support.mail import post_office
from support.rig import serving


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return small.lay_out(tmp_path / "w")


def test_the_mail_of_a_year_comes_at_its_time_and_once(root: Path) -> None:
    with post_office() as post, serving(root, "2024-01-02 09:00", post.url) as rig:
        rig.live_until("2025-01-05 00:00")
        digests = [m for m in post.mails if ".digest." in m["Message-ID"]]
    assert [m["Message-ID"].split(".")[3] for m in digests] == [f"2024-{m:02}-25" for m in range(1, 13)]
    assert len({m["Message-ID"] for m in post.mails}) == len(post.mails)
