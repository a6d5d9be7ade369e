"""Requests for explanation: asked once, told by letter, answered with cause and remedy, told of above when late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine
from support import small

from monitor import pipeline, post
from monitor.acts.requests import Given, answer, ask, chase
from monitor.alerts import render
from monitor.alerts.declaration import Escalates
from monitor.alerts.explanations import sentences
from monitor.cli.report import report_of
from monitor.language import Language
from monitor.model.act import Actor, Door
from monitor.model.letter import Kind
from monitor.model.person import Grant, Role
from monitor.model.problem import Problems
from monitor.model.request import RequestState
from monitor.pipeline import Moment
from monitor.store import alerts as stored_alerts
from monitor.store import outbox
from monitor.store import requests as stored
from monitor.store.database import open_database
from monitor.workspace import Workspace, load

JUNE = Moment.end_of(date(2024, 6, 30))
AN = Actor("An", Door.PAGE, grants=(Grant(Role.OFFICIAL),))
YTE = Actor("Phòng Y tế", Door.LETTER, only="request 1")
ROUTES = """\
requests:
  days: 5
  late: hdnd
  causes:
    - {id: von-cham, vi: Vốn giao chậm, en: Funds came late}
    - {id: khac, vi: Nguyên nhân khác}
routes:
  - {id: hdnd, name: Hội đồng nhân dân, to: [an], schedule: 30 7 25 * *, repeat: 90}
  - {id: y-te, name: Phòng Y tế, to: [yte], schedule: 30 7 25 * *, choose: {owner: [y-te]}}
  - {id: quan-tri, name: Quản trị, to: [binh], schedule: 0 8 * * 1, upkeep: true}
"""
GIVEN = Given(("von-cham",), "Ngân sách giao tháng 5.", "Cấp thẻ tại phường.", "94,2", date(2024, 9, 30))


@pytest.fixture
def read(tmp_path: Path) -> Workspace:
    root = small.lay_out(tmp_path / "small")
    (root / "feeds" / "so-lieu.csv").write_text(small.figures(6), encoding="utf-8")
    (root / "alerts" / "routes.yaml").write_text(ROUTES, encoding="utf-8")
    return load(root)


@pytest.fixture
def engine(read: Workspace) -> Iterator[Engine]:
    opened = open_database(f"sqlite:///{read.root / 'monitor.db'}")
    for feed in read.feeds:
        pipeline.ingest(read, opened, feed, pipeline.open_source(read, feed, {}), JUNE, settle=False)
    pipeline.evaluate(read, opened, read.resolutions[0], JUNE)
    yield opened
    opened.dispose()


def on(day: date) -> Moment:
    return Moment.end_of(day)


def letters(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        found = [d for d in outbox.deliveries(connection) if d.stamp.kind is Kind.REQUEST]
    return sorted((d.recipient, d.subject) for d in found)


def body(engine: Engine) -> str:
    with engine.connect() as connection:
        first = next(d for d in outbox.deliveries(connection) if d.stamp.kind is Kind.REQUEST)
        return outbox.opened(connection, first.id)[1].html


def digest(read: Workspace, engine: Engine, day: date, route: str = "hdnd") -> str:
    standing = pipeline.stand(read, engine, read.resolutions[0], day)
    chosen = next(r for r in read.alerts.routes if r.id == route)
    with engine.connect() as connection:
        told = post.digest_for(read, connection, standing, chosen)
    return render.letter(told, read.alerts.templates).text


def told(found: pytest.ExceptionInfo[Problems]) -> list[str]:
    return [f"{p.place()}  {p.text(Language('en'))}" for p in found.value.problems]


def test_whoever_answers_for_a_target_is_asked_by_letter_and_given_five_working_days(
    read: Workspace, engine: Engine
) -> None:
    made = ask(read, engine, AN, "bhyt", "Vì sao giảm từ tháng 4?", None, JUNE)
    # From a Sunday on: Monday to Friday.
    assert (made.owner, made.unit, made.due) == ("y-te", "tp", date(2024, 7, 5))
    assert letters(engine) == [("yte", "[1/NQ] Đề nghị giải trình trước ngày 05/07/2024: Bảo hiểm y tế")]
    assert "Vì sao giảm từ tháng 4?" in body(engine)
    assert "Vốn giao chậm" in body(engine)


def test_what_is_asked_is_text_in_the_letter_whatever_it_holds(read: Workspace, engine: Engine) -> None:
    ask(read, engine, AN, "bhyt", "<script>alert(1)</script> {{ 7 * 7 }}", None, JUNE)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7 * 7 }}" in body(engine)


def test_an_alert_is_asked_about_by_the_beginning_of_its_id(read: Workspace, engine: Engine) -> None:
    with engine.connect() as connection:
        alert = next(a for a in stored_alerts.alerts(connection).values() if a.target == "bhyt" and a.state.active)
    made = ask(read, engine, AN, alert.fingerprint[:8], "Vì sao?", None, JUNE)
    assert (made.alert, made.target) == (alert.fingerprint, "bhyt")
    assert alert.message["vi"].split(":")[0] in body(engine)


@pytest.mark.parametrize(
    ("about", "question", "due", "complaint"),
    [
        ("bhty", "Vì sao?", None, 'target  target "bhty" is not known. Did you mean "bhyt"?'),
        ("bhyt@y-te", "Vì sao?", None, 'unit  unit "y-te" is not known'),
        ("bhyt", "  ", None, "question  nothing is written here"),
        ("bhyt", "x" * 4001, None, "question  it has 4001 characters, and may have 4000"),
        ("bhyt", "Vì sao?", date(2024, 6, 1), "due  an answer by 2024-06-01 would be late already"),
        ("tiem-chung", "Vì sao?", None, "target  request 1 asks about it already, to be answered by 2024-07-05"),
    ],
    ids=["target", "unit", "empty", "long", "past", "twice"],
)
def test_what_cannot_be_asked_is_told_and_no_letter_is_written(
    read: Workspace, engine: Engine, about: str, question: str, due: date | None, complaint: str
) -> None:
    ask(read, engine, AN, "tiem-chung", "Vì sao?", None, JUNE)
    before = letters(engine)
    with pytest.raises(Problems) as found:
        ask(read, engine, AN, about, question, due, JUNE)
    assert [line[: len(complaint)] for line in told(found)] == [complaint]
    assert letters(engine) == before


def test_where_no_route_is_told_of_the_owner_it_says_which_is_missing(read: Workspace, engine: Engine) -> None:
    routes = tuple(r for r in read.alerts.routes if r.id != "y-te")
    without = replace(read, alerts=read.alerts.model_copy(update={"routes": routes}))
    with pytest.raises(Problems, match=r"choose: \{owner: \[y-te\]\}"):
        ask(without, engine, AN, "bhyt", "Vì sao?", None, JUNE)


@pytest.mark.parametrize(
    ("given", "complaints"),
    [
        (replace(GIVEN, causes=("von-chm",)), ['cause  cause "von-chm" is not known. Did you mean "von-cham"?']),
        (replace(GIVEN, causes=()), ["cause  choose a cause: von-cham, khac"]),
        (replace(GIVEN, because="", remedy=" "), ["because  nothing is written", "remedy  nothing is written"]),
        (replace(GIVEN, expected=""), ["expected  say which value is now expected"]),
        (replace(GIVEN, expected="94.2"), ['expected  "94.2" is not a figure such as 1.234,5']),
        (replace(GIVEN, expected="120"), ["expected  120 cannot be true"]),
        (replace(GIVEN, by=date(2024, 6, 1)), ["by  what is expected by 2024-06-01 should be there already"]),
    ],
    ids=["cause", "no-cause", "empty", "no-figure", "point", "domain", "past"],
)
def test_an_answer_says_cause_remedy_and_what_is_expected_by_when_or_is_refused(
    read: Workspace, engine: Engine, given: Given, complaints: list[str]
) -> None:
    ask(read, engine, AN, "bhyt", "Vì sao?", None, JUNE)
    with pytest.raises(Problems) as found:
        answer(read, engine, YTE, 1, given, on(date(2024, 7, 2)))
    assert [line[: len(c)] for line, c in zip(told(found), complaints, strict=True)] == complaints
    with engine.connect() as connection:
        assert stored.requests(connection)[0].answer is None


def test_an_answer_stands_in_the_digest_and_in_the_report_and_the_later_one_counts(
    read: Workspace, engine: Engine
) -> None:
    ask(read, engine, AN, "bhyt", "Vì sao giảm?", None, JUNE)
    # As Word ends a line, and with what turns the direction of writing: no document could hold it.
    answer(read, engine, YTE, 1, replace(GIVEN, because=f"\x00\u202e{GIVEN.because}\x1b"), on(date(2024, 7, 2)))
    answer(read, engine, YTE, 1, replace(GIVEN, remedy="\x0bHỗ trợ mức đóng"), on(date(2024, 7, 3)))
    text = digest(read, engine, date(2024, 7, 4))
    assert "Nguyên nhân: Vốn giao chậm. Ngân sách giao tháng 5." in text
    assert "Giải pháp: Hỗ trợ mức đóng" in text
    assert "Nay dự kiến: 94,2% vào ngày 30/09/2024" in text
    assert "Cấp thẻ tại phường" in digest(read, engine, date(2024, 7, 2))
    assert "hạn trả lời 05/07/2024" in digest(read, engine, date(2024, 7, 1))
    declared = read.resolutions[0]
    now = pipeline.stand(read, engine, declared, date(2024, 7, 4))
    with engine.connect() as connection:
        asked = stored.requests(connection)
    said = sentences(asked, declared.targets, declared.unit_names, read.alerts.requests, Language("vi"))
    rows = report_of(now, declared.city.id, Language("vi"), said, synthetic=False).rows
    causes = {row.target.id: row.causes for row in rows}["bhyt"]
    assert causes[0] == "Nguyên nhân theo Phòng Y tế (ngày 03/07/2024): Vốn giao chậm; Ngân sách giao tháng 5."
    assert causes[1].startswith("Giải pháp: Hỗ trợ mức đóng; dự kiến 94,2%")
    assert asked[0].answers[0].because == GIVEN.because


def test_an_answered_request_may_be_asked_anew(read: Workspace, engine: Engine) -> None:
    ask(read, engine, AN, "bhyt", "Vì sao?", None, JUNE)
    answer(read, engine, YTE, 1, GIVEN, on(date(2024, 7, 2)))
    assert ask(read, engine, AN, "bhyt", "Còn tháng 7?", None, on(date(2024, 7, 20))).number == 2


def test_those_above_are_told_once_of_an_answer_that_is_late(read: Workspace, engine: Engine) -> None:
    ask(read, engine, AN, "bhyt", "Vì sao?", None, JUNE)
    assert chase(read, engine, on(date(2024, 7, 5))) == []
    assert [r.number for r in chase(read, engine, on(date(2024, 7, 6)))] == [1]
    assert chase(read, engine, on(date(2024, 7, 7))) == []
    assert ("an", "[1/NQ] Giải trình số 1 quá hạn: Bảo hiểm y tế") in letters(engine)
    with engine.connect() as connection:
        request = stored.requests(connection)[0]
    assert request.state(date(2024, 7, 6)) is RequestState.LATE
    assert "quá hạn trả lời" in digest(read, engine, date(2024, 7, 6))
    answer(read, engine, YTE, 1, GIVEN, on(date(2024, 7, 8)))
    assert chase(read, engine, on(date(2024, 8, 8))) == []


def test_a_late_answer_goes_to_the_route_that_the_owner_s_own_escalates_to(read: Workspace, engine: Engine) -> None:
    own = next(r for r in read.alerts.routes if r.id == "y-te")
    escalates = own.model_copy(update={"escalate": Escalates(to="quan-tri", after=9)})
    routes = tuple(escalates if r.id == "y-te" else r for r in read.alerts.routes)
    other = replace(read, alerts=read.alerts.model_copy(update={"routes": routes}))
    ask(other, engine, AN, "bhyt", "Vì sao?", None, JUNE)
    chase(other, engine, on(date(2024, 7, 6)))
    assert [name for name, subject in letters(engine) if "quá hạn" in subject] == ["binh"]
