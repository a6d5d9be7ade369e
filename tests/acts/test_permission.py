"""Nobody does what their role does not allow, by any door: the whole matrix, and the acts that ask it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from support import small

from monitor.acts import figures, files, people, requests, silences
from monitor.acts.permission import Over, Refused, may
from monitor.model.act import Actor, Deed, Door
from monitor.model.person import Grant, Person, Role
from monitor.model.problem import Problems
from monitor.pipeline import Moment
from monitor.store.database import open_database
from monitor.workspace import load

# Role: the acts that it may do by the page; by the API those but for the files and letters.
PAGE = {
    Role.READER: "look",
    Role.REPORTER: "look report answer",
    Role.OFFICIAL: "look acknowledge close silence end-silence ask",
    Role.ADMINISTRATOR: "look edit apply silence end-silence resend ingest supply ignore read-files",
    Role.OPERATOR: "look resend ingest supply ignore read-files",
}
NOT_BY_API = {"edit", "apply", "resend", "people", "ingest", "supply", "ignore"}
OVER = Over("nq", "tp", "y-te")
NOW = datetime(2024, 6, 30, 9, tzinfo=UTC)


@pytest.mark.parametrize("door", list(Door))
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("deed", list(Deed))
def test_a_role_may_do_by_a_door_what_the_table_says_and_nothing_else(role: Role, deed: Deed, door: Door) -> None:
    expected = {
        Door.COMMAND: True,
        Door.PAGE: deed.value in PAGE[role].split(),
        Door.API: deed.value in PAGE[role].split() and deed.value not in NOT_BY_API,
        Door.LETTER: False,
    }[door]
    assert may(Actor("x", door, grants=(Grant(role),)), deed, OVER, "request 1") is expected
    assert may(Actor("x", door), deed, OVER, "request 1") is (door is Door.COMMAND)


@pytest.mark.parametrize("deed", list(Deed))
def test_a_link_opens_its_one_subject_to_look_at_to_answer_and_to_acknowledge(deed: Deed) -> None:
    came = Actor("y-te", Door.LETTER, only="request 1")
    assert may(came, deed, OVER, "request 1") is (deed in (Deed.LOOK, Deed.ANSWER, Deed.ACKNOWLEDGE))
    assert not may(came, deed, OVER, "request 2")
    assert not may(came, deed, OVER)


@pytest.mark.parametrize(
    ("grant", "over", "allowed"),
    [
        (Grant(Role.OFFICIAL, resolutions=("nq",)), OVER, True),
        (Grant(Role.OFFICIAL, resolutions=("other",)), OVER, False),
        (Grant(Role.OFFICIAL, owners=("y-te",)), OVER, True),
        (Grant(Role.OFFICIAL, owners=("kinh-te",)), OVER, False),
        (Grant(Role.OFFICIAL, units=("phuong-1",)), OVER, False),
        (Grant(Role.OFFICIAL, units=("phuong-1",)), Over("nq", "phuong-1", "y-te"), True),
        (Grant(Role.OFFICIAL, units=("phuong-1",), owners=("y-te",)), OVER, True),
    ],
    ids=["of-it", "of-another", "owner", "other-owner", "unit", "own-unit", "either"],
)
def test_a_grant_reaches_as_far_as_it_says(grant: Grant, over: Over, allowed: bool) -> None:
    assert may(Actor("x", Door.PAGE, grants=(grant,)), Deed.ASK, over) is allowed


def test_what_concerns_the_whole_needs_a_role_over_the_whole() -> None:
    part = Actor("x", Door.PAGE, grants=(Grant(Role.ADMINISTRATOR, owners=("y-te",)),))
    assert not any(may(part, deed, OVER) for deed in (Deed.EDIT, Deed.APPLY, Deed.SILENCE))


def test_the_acts_themselves_refuse_and_leave_nothing_behind(tmp_path: Path) -> None:
    root = small.lay_out(tmp_path / "w")
    read, engine = load(root), open_database(f"sqlite:///{tmp_path / 'm.db'}")
    reader, moment = Actor("x", Door.PAGE, "vì", (Grant(Role.READER),)), Moment.end_of(date(2024, 6, 30))
    path = "rules/nq/01-y-te.yaml"
    text = (root / path).read_text(encoding="utf-8")
    for act in (
        lambda: silences.silence(read, engine, reader, {"target": ["bhyt"]}, date(2024, 8, 1), moment),
        lambda: silences.end_silence(engine, reader, 1, moment),
        lambda: files.edit(root, engine, reader, [files.Edit(path, text, text + "#\n")], moment),
        lambda: files.apply(root, engine, reader, files.prepare(root), moment),
        lambda: figures.report(read, engine, reader, [figures.Typed("bhyt", "2024-05", "95")], moment),
        lambda: people.enrol(read, engine, reader, Person("a", "A", "", (Grant(Role.READER),)), "x" * 12, moment),
        lambda: people.token(engine, reader, "a", moment),
    ):
        with pytest.raises(Refused, match="may not do this here"):
            act()
    with pytest.raises(Problems):
        requests.ask(read, engine, reader, "bhyt", "Vì sao?", None, moment)
    assert (root / path).read_text(encoding="utf-8") == text
    engine.dispose()


def test_a_password_lets_in_five_wrong_ones_lock_out_and_one_removed_is_out_at_once(tmp_path: Path) -> None:
    read, engine = load(small.lay_out(tmp_path / "w")), open_database(f"sqlite:///{tmp_path / 'm.db'}")
    root, moment = Actor("root", Door.COMMAND), Moment.at(NOW)
    an = Person("an", "Nguyễn Văn An", "", (Grant(Role.OFFICIAL),))
    people.enrol(read, engine, root, an, "mat-khau-dai", moment)
    session = people.sign_in(engine, "an", "mat-khau-dai", NOW)
    assert session is not None
    came = people.came_in(engine, session[0], NOW, Door.PAGE)
    assert came is not None
    assert (came[0].who, came[0].grants) == ("Nguyễn Văn An", an.grants)
    assert people.came_in(engine, session[0], NOW, Door.API) is None
    assert people.came_in(engine, session[0], NOW + timedelta(hours=11), Door.PAGE) is None
    assert people.sign_in(engine, "nobody", "mat-khau-dai", NOW) is None
    for _ in range(people.MOST_FAILURES):
        assert people.sign_in(engine, "an", "wrong-password", NOW) is None
    assert people.sign_in(engine, "an", "mat-khau-dai", NOW + timedelta(minutes=14)) is None
    assert people.sign_in(engine, "an", "mat-khau-dai", NOW + timedelta(minutes=16)) is not None
    with ThreadPoolExecutor() as pool:
        tries = pool.map(
            lambda word: people.sign_in(engine, "an", word, NOW), ["wrong-password"] * people.MOST_FAILURES
        )
        assert list(tries) == [None] * people.MOST_FAILURES
    assert people.sign_in(engine, "an", "mat-khau-dai", NOW) is None
    people.enrol(read, engine, root, Person("an", "An", "", an.grants, active=False), "", moment)
    assert people.came_in(engine, session[0], NOW, Door.PAGE) is None
    assert people.sign_in(engine, "an", "mat-khau-dai", NOW + timedelta(minutes=30)) is None
    with pytest.raises(Problems, match="a password has 10 to 200 characters"):
        people.enrol(read, engine, root, an, "short", moment)
    engine.dispose()
