"""The service as its operator sees it: started, looked at, told to reload, told to stop."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import psutil
import pytest
from support import small
from support.command import Monitor
from support.process import serve
from support.web import site


@pytest.fixture
def command(tmp_path: Path) -> Monitor:
    return Monitor(small.lay_out(tmp_path / "w"), {"MONITOR_SMTP_URL": "smtp://127.0.0.1:1"})


def test_it_answers_on_its_pages_takes_an_edit_in_seconds_and_stops_when_told(command: Monitor) -> None:
    with serve(command, "--log", "json", "--out", "thu") as service:
        service.ready()
        service.until(service.leads)
        service.until(lambda: "changed" in service.page("healthz")[1]["jobs"])
        assert "monitor_edit_refused 0.0" in service.page("metrics")[1]
        version = service.page("healthz")[1]["version"]
        targets = command.workspace / "rules" / "nq" / "01-y-te.yaml"
        good = targets.read_text(encoding="utf-8")
        targets.write_text(good.replace('">= 95"', '"=> 95"'), encoding="utf-8")
        service.until(lambda: service.page("healthz")[1]["edit_refused"])
        assert "01-y-te.yaml:5:59" in service.page("healthz")[1]["edit_refused"][0]
        assert service.page("healthz")[1]["version"] == version
        targets.write_text(good.replace('95%, target: ">= 95"', '94%, target: ">= 94"'), encoding="utf-8")
        service.until(lambda: service.page("healthz")[1]["version"] != version)
        assert service.stop() == 0
    lines = [json.loads(line) for line in service.log.read_text(encoding="utf-8").splitlines()]
    assert {"time", "level", "name", "message"} <= lines[0].keys()
    assert any(line.get("job") == "feed so-lieu" and line["outcome"] == "done" for line in lines)
    assert any("the edited files are refused" in line["message"] for line in lines)


def test_sighup_looks_at_the_files(command: Monitor) -> None:
    with serve(command) as service:
        service.until(service.leads)
        version = service.page("healthz")[1]["version"]
        targets = command.workspace / "rules" / "nq" / "01-y-te.yaml"
        targets.write_text(
            targets.read_text(encoding="utf-8").replace('95%, target: ">= 95"', '94%, target: ">= 94"'),
            encoding="utf-8",
        )
        service.process.send_signal(signal.SIGHUP)
        service.until(lambda: service.page("healthz")[1]["version"] != version)


def test_it_stops_within_ten_seconds_though_a_feed_hangs(command: Monitor, tmp_path: Path) -> None:
    with site() as web:
        web.hangs = True
        feed = command.workspace / "feeds" / "so-lieu.yaml"
        source = f"{{kind: http, url: {web.url}, timeout: 60}}"
        feed.write_text(
            feed.read_text(encoding="utf-8").replace("{kind: file, path: so-lieu.csv}", source), encoding="utf-8"
        )
        with serve(command) as service:
            service.until(lambda: web.asked)
            begun = time.monotonic()
            assert service.stop() == 0
            assert time.monotonic() - begun < 10
        web.hangs = False
        web.content = small.figures().encode()
        with serve(command, log=tmp_path / "again.log") as service:
            service.until(lambda: "15 new" in service.log.read_text() or "36 new" in service.log.read_text())


def test_it_idles_without_work(command: Monitor) -> None:
    with serve(command) as service:
        service.until(lambda: "changed" in (service.page("healthz")[1] or {}).get("jobs", {}))
        process = psutil.Process(service.process.pid)
        service.until(lambda: process.cpu_percent(interval=2) < 3, seconds=60)


def test_schedule_tells_of_every_job_from_the_database(command: Monitor) -> None:
    with serve(command) as service:
        service.until(lambda: "changed" in (service.page("healthz")[1] or {}).get("jobs", {}))
        service.stop()
    jobs = {job["job"]: job for job in command.json("schedule")}
    assert jobs.keys() == {"feed so-lieu", "evaluate", "digest hdnd", "digest quan-tri", "tidy", "changed"}
    assert jobs["feed so-lieu"]["outcome"] == "done"
    assert jobs["feed so-lieu"]["detail"].startswith("36 số mới")
    assert jobs["evaluate"]["next"] is not None
    assert "36 new" in command.run("schedule", "--lang", "en").stdout


def test_a_port_that_is_taken_is_told(command: Monitor) -> None:
    with serve(command) as service:
        service.ready()
        told = command.run("serve", "--port", str(service.port), expect=2).stderr
    assert "--port" in told


def test_a_file_dropped_into_an_inbox_is_taken_when_it_has_come_to_rest(command: Monitor) -> None:
    feed = command.workspace / "feeds" / "so-lieu.yaml"
    source = "{kind: inbox, folder: hop-thu, settled: 1}"
    feed.write_text(
        feed.read_text(encoding="utf-8").replace("{kind: file, path: so-lieu.csv}", source), encoding="utf-8"
    )
    with serve(command) as service:
        service.until(lambda: "feed so-lieu: done" in service.log.read_text(encoding="utf-8"))
        inbox = command.workspace / "feeds" / "hop-thu"
        (inbox / "bao-cao.csv").write_text(small.figures(), encoding="utf-8")
        service.until(lambda: "36 new" in service.log.read_text(encoding="utf-8"))
        service.until(lambda: list((inbox / "processed").glob("*-bao-cao.csv")))
