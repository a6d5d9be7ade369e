"""The service through a year: what it does at its time, what it catches up, what it tells at once, what it spares people."""

from __future__ import annotations

import threading
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.triggers.date import DateTrigger
from support import small
from support.mail import post_office
from support.rig import Rig, at, serving

from monitor import pipeline
from monitor import post as posting
from monitor.alerts.upkeep import RESOLUTION
from monitor.model.letter import DeliveryState
from monitor.model.silence import Silence
from monitor.pipeline import Moment
from monitor.service.scheduler import WORK
from monitor.store import alerts, jobs, outbox, silences
from monitor.store.database import writing
from monitor.store.jobs import Outcome, Run


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return small.lay_out(tmp_path / "w")


def edit(root: Path, file: str, old: str, new: str) -> None:
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def runs(rig: Rig) -> dict[str, Run]:
    with rig.engine.connect() as connection:
        return jobs.runs(connection)


def days(mails: list) -> list[str]:
    return [mail["Message-ID"].split(".")[3] for mail in mails]


def test_digests_come_on_their_day_each_once(root: Path) -> None:
    with post_office() as post, serving(root, "2024-01-02 09:00", post.url) as rig:
        rig.live_until("2024-06-01 00:00")
    assert days(post.about("digest")) == [f"2024-{month:02}-25" for month in range(1, 6)]
    assert len({mail["Message-ID"] for mail in post.mails}) == len(post.mails)


def test_what_was_due_while_nobody_served_is_done_once(root: Path) -> None:
    with post_office() as post:
        with serving(root, "2024-01-02 09:00", post.url) as rig:
            rig.live_until("2024-02-10 00:00")
        with serving(root, "2024-04-26 09:00", post.url) as rig:
            rig.live_until("2024-04-26 10:00")
            assert runs(rig)["feed so-lieu"].planned == at("2024-04-21 06:00")
        with serving(root, "2024-04-26 11:00", post.url) as rig:
            rig.live_until("2024-04-27 04:00")
    assert days(post.about("digest")) == ["2024-01-25", "2024-04-26"]


def test_a_run_that_died_is_done_again(root: Path) -> None:
    with serving(root, "2024-03-25 07:00") as rig:
        rig.settle()
        with writing(rig.engine) as connection:
            jobs.begin(connection, "digest hdnd", at("2024-03-25 07:30"), at("2024-03-25 07:30"), once=True)
    with post_office() as post, serving(root, "2024-03-25 08:00", post.url) as rig:
        rig.live_until("2024-03-25 09:00")
        assert runs(rig)["digest hdnd"].outcome is Outcome.DONE
    assert days(post.about("digest")) == ["2024-03-25"]


def test_what_waits_for_its_turn_when_the_service_is_told_to_stop_is_left_to_the_next_start(root: Path) -> None:
    with serving(root, "2024-04-26 09:00") as rig:
        rig.settle()
        before = runs(rig)
        begun, go = threading.Event(), threading.Event()

        def occupy(planned: datetime) -> None:  # noqa: ARG001 - as the scheduler calls it
            begun.set()
            assert go.wait(30)
            rig.clock.release()

        rig.service.scheduler.add_job(occupy, DateTrigger(rig.clock.now()), kwargs={"planned": None}, executor=WORK)
        assert begun.wait(30)
        rig.clock.set(at("2024-05-21 06:00"))
        until = time.monotonic() + 30
        while rig.clock.held < 3 and time.monotonic() < until:  # the feed and the evaluation queue behind it
            time.sleep(0.002)
        assert rig.clock.held >= 3
        ended = threading.Thread(target=rig.service.end, daemon=True)
        ended.start()
        while rig.service.scheduler.running and time.monotonic() < until:
            time.sleep(0.002)
        go.set()
        ended.join(30)
        assert not ended.is_alive()
        assert runs(rig) == before
    with serving(root, "2024-05-21 06:10") as rig:
        rig.settle()
        assert runs(rig)["feed so-lieu"].planned == at("2024-05-21 06:00")


def test_what_is_grave_is_told_at_once_in_one_letter(root: Path) -> None:
    edit(root, "alerts/routes.yaml", "schedule: 30 7 25 * *}", "schedule: 30 7 25 * *, immediate: high}")
    file, course = root / "feeds" / "so-lieu.csv", [99.5, 99.5, 99.5, 97.0] * 3
    file.write_text(small.figures(months=3, tiem_chung=course))
    with post_office() as post, serving(root, "2024-01-02 09:00", post.url) as rig:
        rig.live_until("2024-04-21 05:59")
        file.write_text(small.figures(months=4, tiem_chung=course))
        rig.live_until("2024-04-21 06:09")
        assert post.about("urgent") == []
        rig.live_until("2024-04-21 06:11")
        (urgent,) = post.about("urgent")
        told = urgent.get_body(("plain",)).get_content()
        assert "Bảo hiểm y tế" in told
        assert "Tiêm chủng" in told
        assert "KHẨN" in urgent["Subject"]
        rig.live_until("2024-04-24 00:00")
        assert len(post.about("urgent")) == 1


def test_an_urgent_letter_keeps_quiet_hours_and_takes_along_what_comes_meanwhile(root: Path) -> None:
    edit(root, "alerts/routes.yaml", "schedule: 30 7 25 * *}", "schedule: 30 7 25 * *, immediate: high}")
    edit(root, "feeds/so-lieu.yaml", "schedule: 0 6 21 * *", "schedule: 0 22,23 21 * *")
    file = root / "feeds" / "so-lieu.csv"
    broken = {"bhyt": [95.2] * 4, "tiem_chung": [99.5, 99.5, 99.5, 97.0]}
    file.write_text(small.figures(months=3, **broken))
    with post_office() as post, serving(root, "2024-04-20 09:00", post.url) as rig:
        rig.live_until("2024-04-21 12:00")
        file.write_text(small.figures(months=4, **broken))
        rig.live_until("2024-04-21 22:30")
        file.write_text(small.figures(months=4, suy_dinh_duong=[8.9, 8.9, 8.8, 880.0], **broken))
        rig.live_until("2024-04-22 05:59")
        assert post.about("urgent") == []
        rig.live_until("2024-04-22 06:01")
    (urgent,) = post.about("urgent")
    assert all(name in urgent.get_body(("plain",)).get_content() for name in ("Suy dinh dưỡng", "Tiêm chủng"))


def test_a_saved_edit_takes_effect_without_a_restart(root: Path) -> None:
    with serving(root, "2024-06-22 09:00") as rig:
        rig.live_until("2024-06-22 09:01")
        edit(root, "rules/nq/01-y-te.yaml", '95%, target: ">= 95"', '80%, target: ">= 80"')
        rig.service.files_changed()
        rig.live_until("2024-06-22 09:02")
        with rig.engine.connect() as connection:
            found = alerts.alerts(connection, "nq")
    assert {a.rule: a.state.value for a in found.values() if a.target == "bhyt"}["off-track"] == "resolved"


def test_an_edited_schedule_holds_from_now_on(root: Path) -> None:
    with post_office() as post, serving(root, "2024-03-25 07:00", post.url) as rig:
        rig.live_until("2024-04-10 12:00")
        edit(root, "alerts/routes.yaml", "schedule: 30 7 25 * *}", "schedule: 30 7 12 * *}")
        rig.service.files_changed()
        rig.live_until("2024-04-13 00:00")
    assert days([m for m in post.mails if ".hdnd." in m["Message-ID"]]) == ["2024-03-25", "2024-04-12"]


def test_a_refused_edit_leaves_the_last_good_version_in_force_and_is_told(root: Path) -> None:
    with post_office() as post:
        with serving(root, "2024-06-22 09:00", post.url) as rig:
            rig.settle()
            good = rig.keeper.held.hash
            edit(root, "rules/nq/01-y-te.yaml", '">= 95"', '"=> 95"')
            rig.service.files_changed()
            rig.live_until("2024-06-22 10:00")
            assert rig.keeper.held.hash == good
            (told,) = post.about("upkeep")
            assert "rules/nq/01-y-te.yaml:5:59" in told.get_body(("plain",)).get_content()
        # A restart with the half-edited file serves the last good version, too.
        with serving(root, "2024-06-22 11:00", post.url) as rig:
            rig.live_until("2024-06-22 12:00")
            assert rig.keeper.held.hash == good
            edit(root, "rules/nq/01-y-te.yaml", '95%, target: "=> 95"', '94%, target: ">= 94"')
            rig.service.files_changed()
            rig.live_until("2024-06-22 13:00")
            with rig.engine.connect() as connection:
                (refused,) = alerts.alerts(connection, RESOLUTION).values()
    assert refused.state.value == "resolved"
    assert len(post.about("upkeep")) == 2


def test_an_address_that_is_refused_for_good_is_told_to_the_caretakers_and_can_be_sent_again(root: Path) -> None:
    with post_office() as post, serving(root, "2024-03-25 07:00", post.url) as rig:
        post.unknown.add("an@soctrang.example")
        rig.live_until("2024-03-25 08:00")
        with rig.engine.connect() as connection:
            (dead,) = outbox.deliveries(connection, DeliveryState.DEAD)
        rig.live_until("2024-03-26 06:00")
        (told,) = post.about("upkeep")
        assert "550 no such mailbox" in told.get_body(("plain",)).get_content()
        post.unknown.clear()
        with writing(rig.engine) as connection:
            assert outbox.requeue(connection, dead.id, rig.clock.now())
        rig.live_until("2024-03-27 06:00")
    assert days(post.about("digest")) == ["2024-03-25"]
    assert "đã kết thúc" in post.about("upkeep")[-1].get_body(("plain",)).get_content()


def test_an_address_that_has_a_letter_does_not_get_it_again_when_another_is_put_off(root: Path) -> None:
    (root / "alerts" / "addresses.yaml").write_text("an: [an@soctrang.example, hai@x.example]\nbinh: b@x.example\n")
    with post_office() as post, serving(root, "2024-03-25 07:00", post.url) as rig:
        post.unknown.add("hai@x.example")
        rig.live_until("2024-03-25 08:00")
        with rig.engine.connect() as connection:
            (dead,) = outbox.deliveries(connection, DeliveryState.DEAD)
        post.unknown.clear()
        with writing(rig.engine) as connection:
            outbox.requeue(connection, dead.id, rig.clock.now())
        rig.live_until("2024-03-26 06:00")
    assert [to for to, mail in zip(post.to, post.mails, strict=True) if ".digest." in mail["Message-ID"]] == [
        ["an@soctrang.example"],
        ["hai@x.example"],
    ]


def test_a_silenced_alert_lives_on_but_is_not_told(root: Path) -> None:
    with post_office() as post, serving(root, "2024-06-22 09:00", post.url) as rig:
        made = Silence(0, "an", "đang xác minh", {"target": ["bhyt"]}, date(2024, 6, 22), date(2024, 6, 30))
        with writing(rig.engine) as connection:
            silences.add(connection, made, rig.clock.now())
        rig.live_until("2024-07-26 00:00")
        with rig.engine.connect() as connection:
            assert any(a.state.active for a in alerts.alerts(connection, "nq").values() if a.target == "bhyt")
    june, july = (mail.get_body(("plain",)).get_content().split("==")[0:4] for mail in post.about("digest"))
    assert not any("- [CAO] Bảo hiểm y tế" in part for part in june)
    assert any("cảnh báo khác" in part for part in june)
    assert any("- [CAO] Bảo hiểm y tế" in part for part in july)


def test_an_alert_that_nobody_acknowledges_goes_to_the_next_route(root: Path) -> None:
    routes = (
        "routes:\n  - {id: mot, name: Một, to: [an], schedule: 0 7 1 1 *, escalate: {to: hai, after: 20}}\n"
        "  - {id: hai, name: Hai, to: [binh], schedule: 30 7 * * *, choose: {target: [tiem-chung]}, repeat: 60}\n"
    )
    (root / "alerts" / "routes.yaml").write_text(routes, encoding="utf-8")
    with post_office() as post, serving(root, "2024-04-01 09:00", post.url) as rig:
        rig.live_until("2024-05-20 00:00")
    told = post.about("digest")
    first = next(m for m in told if "Bảo hiểm y tế" in m.get_body(("plain",)).get_content().split("==")[2])
    # The figure of April came on the first, and counts from the day on which April's figures close.
    opened = date(2024, 4, 14)
    assert date.fromisoformat(days([first])[0]) - opened >= timedelta(days=20)
    assert "chưa ai xác nhận" in first.get_body(("plain",)).get_content()


def test_a_digest_without_anything_new_waits_for_its_repeat(root: Path) -> None:
    edit(root, "alerts/routes.yaml", "schedule: 30 7 25 * *}", "schedule: 30 7 * * *, repeat: 7}")
    (root / "feeds" / "so-lieu.csv").write_text(small.figures(months=3, bhyt=[95.5] * 12))
    with post_office() as post, serving(root, "2024-03-01 09:00", post.url) as rig:
        rig.live_until("2024-03-20 00:00")
    assert days(post.about("digest")) == ["2024-03-02", "2024-03-09", "2024-03-16"]


def test_a_feed_that_cannot_be_read_is_tried_again_within_the_hour_and_told_until_it_can(root: Path) -> None:
    file = root / "feeds" / "so-lieu.csv"
    file.unlink()
    with post_office() as post, serving(root, "2024-05-21 05:00", post.url) as rig:
        rig.live_until("2024-05-21 08:00")
        assert "so-lieu.csv" in post.about("upkeep")[0].get_body(("plain",)).get_content()
        file.write_text(small.figures(months=5))
        rig.live_until("2024-05-21 10:00")
        assert runs(rig)["feed so-lieu"].did[0].values["added"] == 15
    assert len(post.about("upkeep")) == 2


def test_letters_are_kept_while_their_recipient_has_no_address_and_go_when_it_has_one(root: Path) -> None:
    file = root / "alerts" / "addresses.yaml"
    whole = file.read_text(encoding="utf-8")
    file.write_text("binh: binh@soctrang.example\n", encoding="utf-8")
    with post_office() as post, serving(root, "2024-03-24 09:00", post.url) as rig:
        rig.live_until("2024-03-25 16:00")
        assert [mail for mail in post.mails if mail["To"] != "binh@soctrang.example"] == []
        assert "người nhận an (hdnd) chưa có địa chỉ" in post.about("upkeep")[0].get_body(("plain",)).get_content()
        with rig.engine.connect() as connection:
            (kept,) = [d for d in outbox.deliveries(connection) if d.recipient == "an"]
        assert (kept.state, kept.attempts) == (DeliveryState.QUEUED, 0)
        file.write_text(whole, encoding="utf-8")
        rig.live_until("2024-03-26 06:00")
        assert days([mail for mail in post.mails if mail["To"] == "an@soctrang.example"]) == ["2024-03-25"]
    assert "đã kết thúc: người nhận an" in post.about("upkeep")[-1].get_body(("plain",)).get_content()


def test_what_opens_in_the_afternoon_of_a_digest_s_day_is_new_in_the_next(root: Path) -> None:
    edit(root, "alerts/routes.yaml", "schedule: 30 7 25 * *}", "schedule: 30 7 * * *}")
    file = root / "feeds" / "so-lieu.csv"
    file.write_text(small.figures(months=4, bhyt=[96.0] * 12), encoding="utf-8")
    with post_office() as post, serving(root, "2024-05-06 07:00", post.url) as rig:
        rig.live_until("2024-05-06 14:00")
        file.write_text(small.figures(months=4, bhyt=[96.0, 96.0, 94.0, 80.0]), encoding="utf-8")
        rig.service.data_changed()
        rig.live_until("2024-05-06 15:00")
        with rig.engine.connect() as connection:
            opened = [a for a in alerts.alerts(connection).values() if a.target == "bhyt" and a.state.active]
        assert {a.opened for a in opened} == {date(2024, 5, 6)}
        _by_hand(rig, "2024-05-06")
        rig.live_until("2024-05-07 12:00")
    (told,) = [mail for mail in post.about("digest") if days([mail]) == ["2024-05-07"]]
    new = told.get_body(("plain",)).get_content().split("== MỚI")[1].split("\n== ")[0]
    assert "Bảo hiểm y tế" in new


def _by_hand(rig: Rig, day: str) -> None:
    """Somebody writes the day's digest to files."""
    moment = Moment.end_of(date.fromisoformat(day))
    standing = pipeline.stand(rig.service.workspace, rig.engine, rig.service.workspace.resolutions[0], moment.as_of)
    for route in rig.service.workspace.alerts.readers:
        posting.write_digest(rig.service.workspace, rig.engine, standing, route, moment, rig.root / "digests")
