"""The service reads its feeds, raises the alerts and mails the digest when each is due, and stops when it is told to."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

from support import small
from support.command import COMMAND, Monitor
from support.mail import post_office
from support.process import AFTER_THE_YEAR, serve

SOON, AFTERWARDS = '"*/2 * * * * *"', '"1-59/2 * * * * *"'  # every other second; between them


def test_the_service_reads_warns_mails_and_stops(workspace: Path) -> None:
    for path in (workspace / "feeds").glob("*.yaml"):
        path.write_text(
            re.sub(r"^schedule: .*$", f"schedule: {SOON}", path.read_text(encoding="utf-8"), flags=re.M),
            encoding="utf-8",
        )
    (workspace / "alerts" / "routes.yaml").write_text(
        f"routes:\n  - {{id: hdnd, name: Thường trực HĐND, to: [an], schedule: {AFTERWARDS}, choose: {{unit: [city]}}}}\n",
        encoding="utf-8",
    )
    (workspace / "alerts" / "addresses.yaml").write_text("an: an@soctrang.example\n")
    with post_office() as post:
        command = Monitor(workspace, {"MONITOR_SMTP_URL": post.url})
        service = subprocess.Popen(
            [COMMAND, "serve", *AFTER_THE_YEAR],
            cwd=workspace,
            env=command.variables,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            arrived = post.wait(1, seconds=60)
            service.send_signal(signal.SIGTERM)
            output, log = service.communicate(timeout=30)
        finally:
            service.kill()
        assert arrived, log
    assert (service.returncode, output) == (0, "")
    assert "stopping" in log
    assert "Traceback" not in log
    assert len(post.mails) == 1
    assert "không đạt" in post.mails[0].get_body(("plain",)).get_content()
    missed = {a["target"] for a in command.json("alerts", "list", "--state", "open") if a["rule"] == "missed"}
    assert "bao-hiem.bhyt" in missed


def test_the_service_starts_though_a_recipient_has_no_address_and_says_so(tmp_path: Path) -> None:
    root = small.lay_out(tmp_path / "w")
    (root / "alerts" / "addresses.yaml").write_text("binh: binh@soctrang.example\n")
    with post_office() as post:
        command = Monitor(root, {"MONITOR_SMTP_URL": post.url})
        with serve(command) as service:
            service.until(lambda: post.about("upkeep"), seconds=60)
        told = post.about("upkeep")[0].get_body(("plain",)).get_content()
    assert "người nhận an (hdnd) chưa có địa chỉ" in told


def test_the_service_does_not_start_without_addresses(workspace: Path) -> None:
    done = Monitor(workspace, {"MONITOR_SMTP_URL": "smtp://127.0.0.1:1"}).run("serve", expect=2)
    assert "addresses.yaml" in done.stderr
