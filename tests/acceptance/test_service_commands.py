"""What operators do about a service: look at its letters, silence, examine the machine, back up."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from support import small
from support.command import Monitor
from support.mail import post_office
from support.process import serve

JUNE = ("--as-of", "2024-06-30")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return small.lay_out(tmp_path / "w")


def test_a_silence_is_added_listed_ended_and_heeded(root: Path) -> None:
    command = Monitor(root)
    command.run("run", *JUNE)
    text = root / "digests" / "nq" / "2024-06-30" / "hdnd.txt"
    assert "Bảo hiểm y tế: thực hiện" in text.read_text(encoding="utf-8").split("== SỐ LIỆU")[0]
    silence = ("silence", "add", "--target", "bhyt", "--reason", "đang xác minh", "--by", "an", *JUNE)
    assert "bhyt" in command.run(*silence[:3], "bhit", *silence[4:], "--until", "2024-07-31", expect=2).stderr
    assert "2024-06-01" in command.run(*silence, "--until", "2024-06-01", expect=2).stderr
    assert "31/07/2024" in command.run(*silence, "--until", "2024-07-31").stdout
    (listed,) = command.json("silence", "list", *JUNE)
    assert (listed["author"], listed["matchers"], listed["holds"]) == ("an", {"target": ["bhyt"]}, True)
    command.run("digest", *JUNE)
    told = text.read_text(encoding="utf-8").split("== SỐ LIỆU")[0]
    assert "Bảo hiểm y tế: thực hiện" not in told
    assert "cảnh báo khác" in told
    command.run("silence", "end", "1", "--by", "binh", *JUNE)
    assert command.json("silence", "list", *JUNE) == []
    assert command.json("silence", "list", "--all", *JUNE)[0]["ended_by"] == "binh"
    assert "1" in command.run("silence", "end", "1", *JUNE, expect=2).stderr


def test_letters_are_listed_shown_and_sent_again_when_they_were_given_up(root: Path) -> None:
    with post_office() as post:
        command = Monitor(root, {"MONITOR_SMTP_URL": post.url})
        post.unknown.add("an@soctrang.example")
        assert "550" in command.run("run", "--mail", *JUNE, expect=3).stderr
        (dead,) = command.json("letters", "list", "--state", "dead")
        assert (dead["route"], dead["recipient"], dead["reason"]) == ("hdnd", "an", "550 no such mailbox")
        assert "an@soctrang.example" not in command.run("letters", "list").stdout
        number = str(dead["letter"])
        assert "Bảo hiểm y tế" in command.run("letters", "show", number).stdout
        assert "99" in command.run("letters", "show", "99", expect=2).stderr
        post.unknown.clear()
        command.run("letters", "retry", number)
        command.run("digest", "--mail", *JUNE)
        assert command.json("letters", "list")[0]["state"] == "delivered"
        assert "delivered" not in command.run("letters", "retry", number, expect=2).stderr
    assert len(post.mails) == 1


def test_doctor_finds_all_well_and_says_what_is_not(root: Path) -> None:
    with post_office() as post:
        command = Monitor(root, {"MONITOR_SMTP_URL": post.url})
        well = {row["what"]: row["well"] for row in command.json("doctor", "--lang", "en")}
    assert well == dict.fromkeys(
        ["Files", "Database", "Clock", "Disk", "Recipients", "Mail server", "feed so-lieu"], True
    )
    (root / "alerts" / "addresses.yaml").write_text("an: an@soctrang.example\n")
    (root / "feeds" / "so-lieu.csv").unlink()
    found = {row["what"]: row for row in command.json("doctor", "--lang", "en", expect=1)}
    assert [name for name, row in found.items() if not row["well"]] == ["Recipients", "Mail server", "feed so-lieu"]
    assert "binh" in found["Recipients"]["found"]
    assert "refused" in found["Mail server"]["found"]


def test_systemd_is_told_when_it_is_ready_well_reloading_and_stopping(root: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(tmp_path / "notify"))
        told.settimeout(30)
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "1000000"}
        with serve(Monitor(root, environment), "--out", "thu") as service:
            assert told.recv(100) == b"READY=1"
            assert told.recv(100) == b"WATCHDOG=1"
            service.process.send_signal(1)
            states = iter(lambda: told.recv(100).split(b"\n")[0], b"RELOADING=1")
            assert set(states) <= {b"WATCHDOG=1"}
            service.stop()
            rest = set(iter(lambda: told.recv(100), b"STOPPING=1"))
    assert rest <= {b"WATCHDOG=1", b"READY=1"}


def test_an_administrator_s_mistake_in_the_mail_server_is_told_at_the_start(root: Path) -> None:
    assert "MONITOR_SMTP_URL" in Monitor(root).run("serve", expect=2).stderr
    (root / "alerts" / "addresses.yaml").unlink()
    told = Monitor(root, {"MONITOR_ADDRESSES": "{an: nirgends}", "MONITOR_SMTP_URL": "smtp://127.0.0.1:1"})
    assert "an" in told.run("serve", expect=2).stderr
