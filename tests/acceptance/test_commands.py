"""The commands, as somebody types them: what they print, what they write, how they end."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from support import postgres
from support.command import Monitor
from support.mail import Mood, post_office

from monitor.workspace import lay_out

EXACT = Path(__file__).with_name("resolution.csv")
README = Path(__file__).parents[2] / "README.md"
JUNE = ("--as-of", "2024-06-30")


@pytest.fixture(scope="module")
def june(tmp_path_factory: pytest.TempPathFactory) -> tuple[Monitor, list[dict[str, Any]]]:
    """The shipped workspace after its main job at the end of June, and what that told; no test changes it."""
    command = Monitor(tmp_path_factory.mktemp("june") / "workspace")
    lay_out(command.workspace)
    return command, command.json("run", *JUNE)


def test_targets_prints_the_64_figures_of_the_resolution_exactly(command: Monitor) -> None:
    told = command.json("targets")
    with EXACT.open(encoding="utf-8", newline="") as file:
        expected = [
            (r["id"], r["printed"], r["comparator"], float(r["value"]), r["unit"]) for r in csv.DictReader(file)
        ]
    assert len(expected) == 64
    assert [(t["id"], t["printed"], t["comparator"], t["value"], t["unit"]) for t in told] == expected
    assert {tuple(t) for t in told} == {
        ("id", "item", "name", "printed", "comparator", "value", "unit", "measure", "due", "owner", "breakdown")
    }


def test_check_says_that_all_is_right(command: Monitor) -> None:
    told = command.run("check")
    assert "64 chỉ tiêu trong 10 nhóm, 8 nhiệm vụ" in told.stdout
    assert told.stderr == ""


def test_check_tells_every_mistake_in_every_file_at_once_and_ends_with_1(command: Monitor, workspace: Path) -> None:
    (workspace / "rules" / "nq-43-2023" / "98-hong.yaml").write_bytes("group: hỏng\n".encode("utf-16"))
    (workspace / "rules" / "nq-43-2023" / "99-hong.yaml").write_text("group: [\n", encoding="utf-8")
    (workspace / "feeds" / "hong.yaml").write_text("id: hong\nformat: exel\n", encoding="utf-8")
    (workspace / "alerts" / "routes.yaml").write_text("routes: nhiều\n", encoding="utf-8")
    (workspace / "alerts" / "templates" / "digest.txt.j2").write_text("{% if %}", encoding="utf-8")
    told = command.run("check", expect=1).stderr
    for place in ("98-hong.yaml:1:1", "99-hong.yaml:2:1", "hong.yaml:2:9", "routes.yaml:1:9", "digest.txt.j2:1"):
        assert place in told
    files = {problem["file"] for problem in command.json("check", expect=1)}
    assert len(files) == 5


def test_a_command_in_a_workspace_with_a_mistake_ends_with_2_and_changes_nothing(
    command: Monitor, workspace: Path
) -> None:
    (workspace / "rules" / "nq-43-2023" / "99-hong.yaml").write_text("group: [\n", encoding="utf-8")
    done = command.run("run", *JUNE, expect=2)
    assert "99-hong.yaml:2:1" in done.stderr
    assert not (workspace / "monitor.db").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["status", "--target", "y-te.suy-dinh-duongg"], 'Có phải ý là "y-te.suy-dinh-duong"'),
        (["ingest", "--feed", "phong-bang"], 'Có phải ý là "phong-ban"'),
        (["digest", "--route", "phuong-11"], 'Có phải ý là "phuong-1"'),
        (["explain", "0000"], "chưa có cảnh báo nào"),
        (["explain", "y-te.suy-dinh-duongg"], 'Có phải ý là "y-te.suy-dinh-duong"'),
        (["simulate", "--from", "2024-05", "--to", "2024-01"], "2024-05"),
        (["status", "--as-of", "30/06/2024"], "30/06/2024"),
        (["digest", "--mail"], "MONITOR_SMTP_URL"),
        (["status", "--database", "nonsense"], "sqlite:///"),
    ],
)
def test_wrong_input_ends_with_2_and_names_the_nearest_valid(command: Monitor, arguments: list[str], told: str) -> None:
    done = command.run(*arguments, expect=2)
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_outside_a_workspace_a_command_says_how_to_lay_one_out(tmp_path: Path) -> None:
    assert "monitor init" in Monitor(tmp_path).run("status", expect=2).stderr


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    Monitor(tmp_path).run("init", ".", expect=2)
    assert [path.name for path in tmp_path.iterdir()] == ["rules"]


def test_the_main_job_once_gives_alerts_status_digests_and_explanations(
    june: tuple[Monitor, list[dict[str, Any]]],
) -> None:
    command, events = june
    opened = {(e["target"], e["rule"]) for e in events if e["event"] == "opened"}
    assert ("bao-hiem.bhyt", "off-track") in opened
    alerts = command.json("alerts", "list", "--state", "open", "--unit", "tp-soc-trang")
    assert {tuple(a) for a in alerts} == {
        ("id", "rule", "target", "unit", "severity", "state", "opened", "resolved", "message")
    }
    row = command.json("status", "--target", "bao-hiem.bhyt", "--unit", "city", *JUNE)[0]
    assert list(row) == [
        "resolution", "target", "unit", "period", "value", "required", "projection", "low", "high", "probability", "status", "because"
    ]  # fmt: skip
    assert row["status"] == "off_track"
    assert row["low"] <= row["projection"] <= row["high"] < 95.15
    found = next(a["id"] for a in alerts if (a["target"], a["rule"]) == ("bao-hiem.bhyt", "off-track"))
    told = command.json("explain", found)
    assert told["clause"]["printed"] == "95,15%"
    assert told["rule"]["place"].startswith("rules/policy.yaml:")
    assert [(s["file"], s["sheet"], s["period"]) for s in told["sources"]] == [
        ("feeds/samples/2024/bao-hiem-xa-hoi.xlsx", "Toàn thành phố", "2024-06")
    ]
    assert command.run("explain", found).stdout.count("95,15") >= 2
    digest = (command.workspace / "digests" / "nq-43-2023" / "2024-06-30" / "thuong-truc-hdnd.txt").read_text(
        encoding="utf-8"
    )
    assert "SỐ LIỆU GIẢ LẬP" in digest.upper()
    assert "Tỷ lệ người tham gia bảo hiểm y tế: thực hiện" in digest
    # README shows how it begins, folded and in part.
    shown = README.read_text(encoding="utf-8").split("```")[1].replace("\n  ", " ").split("\n")
    assert [line for line in shown if line not in digest] == []
    assert command.json("run", *JUNE) == []


def test_an_alert_is_acknowledged_and_closed_by_a_person_and_its_history_says_so(
    june: tuple[Monitor, list[dict[str, Any]]], tmp_path: Path
) -> None:
    command = Monitor(copytree(june[0].workspace, tmp_path / "own"))
    name = command.json("alerts", "list", "--state", "open")[0]["id"]
    command.run("alerts", "ack", name[:8], "--by", "Nguyễn An", "--note", "đang xử lý", *JUNE)
    command.run("alerts", "close", name, "--by", "Nguyễn An", *JUNE)
    assert "đã kết thúc" in command.run("alerts", "ack", name, *JUNE, expect=2).stderr
    shown = command.json("alerts", "show", name)
    assert [(e["event"], e["by"]) for e in shown["history"]] == [
        ("opened", ""), ("acknowledged", "Nguyễn An"), ("closed", "Nguyễn An")
    ]  # fmt: skip
    assert command.json("evaluate", *JUNE) == []


def test_a_damaged_file_that_two_feeds_read_is_told_once_and_the_others_go_in(
    command: Monitor, workspace: Path
) -> None:
    damaged = workspace / "feeds" / "samples" / "2024" / "bao-hiem-xa-hoi.xlsx"
    damaged.write_bytes(damaged.read_bytes()[:-2000])
    told = command.json("ingest", *JUNE, expect=2)
    assert len([feed for feed in told if feed["problems"]]) == 2
    assert sum(feed["added"] for feed in told) > 1000
    done = command.run("ingest", *JUNE, expect=2)
    assert done.stderr.count("feeds/samples/2024/bao-hiem-xa-hoi.xlsx") == 1


def test_a_bad_figure_is_quarantined_the_good_rest_goes_in_and_the_exit_code_says_so(
    command: Monitor, workspace: Path
) -> None:
    path = workspace / "feeds" / "samples" / "2024" / "phong-ban" / "phong-thong-ke.csv"
    path.write_text(path.read_text(encoding="utf-8-sig").replace('"103,15"', "103.15"), encoding="utf-8-sig")
    done = command.run("ingest", *JUNE, expect=2)
    assert 'phong-thong-ke.csv:3:4  số "103.15" không viết theo dạng 1.234,5: có phải ý là 103,15?' in done.stderr
    assert command.json("status", "--target", "thu-nhap.binh-quan-dau-nguoi", *JUNE)[0]["period"] == "2024-06"


def test_a_missing_file_does_not_hold_back_the_rest(command: Monitor, workspace: Path) -> None:
    (workspace / "feeds" / "samples" / "2024" / "phong-y-te.xlsx").write_bytes(b"")
    done = command.run("run", *JUNE, expect=2)
    assert "phong-y-te.xlsx  tệp rỗng" in done.stderr
    assert command.json("alerts", "list", "--target", "bao-hiem.bhyt")


def test_digests_go_by_mail_once_in_each_route_s_language(small_workspace: Path) -> None:
    workspace = small_workspace
    feed = workspace / "feeds" / "so-lieu.yaml"
    feed.write_text(feed.read_text(encoding="utf-8") + "synthetic: true\n", encoding="utf-8")
    routes = workspace / "alerts" / "routes.yaml"
    routes.write_text(
        "routes:\n"
        "  - {id: hdnd, name: Thường trực HĐND, to: [an, binh], schedule: 30 7 25 * *, choose: {unit: [city]}}\n"
        "  - {id: dept, name: Health, to: [an], schedule: 30 7 25 * *, language: en, choose: {owner: [y-te]}}\n",
        encoding="utf-8",
    )
    (workspace / "alerts" / "addresses.yaml").write_text("an: an@soctrang.example\nbinh: [b@soctrang.example]\n")
    with post_office() as post:
        command = Monitor(workspace, {"MONITOR_SMTP_URL": post.url})
        command.run("run", "--mail", *JUNE)
        assert command.json("digest", "--mail", *JUNE) == [
            {"route": "hdnd", "mailed": False},
            {"route": "hdnd", "mailed": False},
            {"route": "dept", "mailed": False},
        ]
    assert sorted(post.to) == [["an@soctrang.example"], ["an@soctrang.example"], ["b@soctrang.example"]]
    mails = {mail["Message-ID"].split(".", 1)[1]: mail for mail in post.mails}
    vietnamese = mails["hdnd.digest.2024-06-30.1.binh@compliance-monitor>"]
    english = mails["dept.digest.2024-06-30.1.an@compliance-monitor>"]
    assert vietnamese.get_body(("plain",)).get_content().startswith("Hội đồng nhân dân")
    assert '<html lang="vi">' in vietnamese.get_body(("html",)).get_content()
    assert "Synthetic sample figures" in english.get_body(("plain",)).get_content()


def test_a_mail_server_that_refuses_leaves_the_digest_owed(small_workspace: Path) -> None:
    workspace = small_workspace
    (workspace / "alerts" / "routes.yaml").write_text(
        "routes:\n  - {id: hdnd, name: HĐND, to: [an], schedule: 30 7 25 * *}\n", encoding="utf-8"
    )
    (workspace / "alerts" / "addresses.yaml").write_text("an: an@soctrang.example\n")
    with post_office() as post:
        command = Monitor(workspace, {"MONITOR_SMTP_URL": post.url})
        post.mood = Mood.REFUSES
        assert "451" in command.run("run", "--mail", *JUNE, expect=3).stderr
        post.mood = Mood.WELL
        command.run("digest", "--mail", *JUNE)
    assert len(post.mails) == 1


def test_the_same_runs_on_postgresql(small_workspace: Path, empty_postgres: str) -> None:
    sqlite = Monitor(small_workspace).json("simulate", "--from", "2024-06", "--to", "2024-06")
    command = Monitor(small_workspace, {"MONITOR_DATABASE": empty_postgres})
    events = command.json("run", *JUNE)
    assert events
    assert events == [{k: v for k, v in e.items() if k != "month"} for e in sqlite]
    assert postgres.program("initdb")


def test_help_names_every_command(command: Monitor) -> None:
    told = command.run("--help").stdout
    for name in (
        "init",
        "check",
        "targets",
        "ingest",
        "evaluate",
        "status",
        "alerts",
        "digest",
        "run",
        "simulate",
        "explain",
        "serve",
    ):
        assert f" {name} " in told


def test_json_is_all_that_stands_on_standard_output(june: tuple[Monitor, list[dict[str, Any]]]) -> None:
    command, _ = june
    for arguments in (
        ["status", *JUNE],
        ["alerts", "list"],
        ["targets"],
        ["ingest", *JUNE],
        ["benchmark", "--units", "2", "--targets", "2", "--years", "1"],
    ):
        assert json.loads(command.run(*arguments, "--format", "json").stdout) is not None
