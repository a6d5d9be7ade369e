"""Two instances on one database: one leads, the other takes over when it dies, and no digest goes twice."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from support import small
from support.command import Monitor
from support.mail import post_office
from support.process import AFTER_THE_YEAR, Serving, serve


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    root = small.lay_out(tmp_path / "w")
    for file, old in (("feeds/so-lieu.yaml", "0 6 21 * *"), ("alerts/routes.yaml", "30 7 25 * *")):
        path = root / file
        path.write_text(path.read_text(encoding="utf-8").replace(old, '"*/2 * * * * *"'), encoding="utf-8")
    if request.param == "sqlite":
        return root, {}
    server = request.getfixturevalue("mortal_postgres")
    return root, {"MONITOR_DATABASE": server.url}


def leader(services: list[Serving]) -> Serving | None:
    leads = [service for service in services if service.leads()]
    assert len(leads) < 2
    return leads[0] if leads else None


def test_one_of_two_leads_and_the_other_takes_over_when_it_is_killed(
    shared: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    root, environment = shared
    with post_office() as post:
        command = Monitor(root, {**environment, "MONITOR_SMTP_URL": post.url})
        with (
            serve(command, *AFTER_THE_YEAR, log=tmp_path / "a.log") as a,
            serve(command, *AFTER_THE_YEAR, log=tmp_path / "b.log") as b,
        ):
            services = [a, b]
            a.until(lambda: all(s.page("readyz")[0] == 200 for s in services) and leader(services))
            first = leader(services)
            assert first is not None
            second = next(s for s in services if s is not first)
            assert post.wait(1, seconds=30)
            first.stop(signal.SIGKILL)
            died = time.monotonic()
            second.until(second.leads, seconds=30)
            assert time.monotonic() - died < 30
            runs = second.log.read_text(encoding="utf-8").count("feed so-lieu: done")
            second.until(lambda: second.log.read_text(encoding="utf-8").count("feed so-lieu: done") > runs)
            assert "feed so-lieu" not in first.log.read_text(encoding="utf-8").split("this instance leads")[0]
            assert second.stop() == 0
        digests = post.about("digest")
    assert len(digests) == len({mail["Message-ID"] for mail in digests})
    assert "Traceback" not in (tmp_path / "a.log").read_text() + (tmp_path / "b.log").read_text()
