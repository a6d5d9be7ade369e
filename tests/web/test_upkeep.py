"""Upkeep by the page and by the acts under it: feeds read, files dropped in, cells left out, letters sent again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from support.page import Site, csrf, lay_out, site

from monitor import pipeline
from monitor.acts import upkeep
from monitor.acts.permission import Refused
from monitor.model.act import Actor, Deed, Door
from monitor.model.letter import DeliveryState, Kind, Letter, Stamp
from monitor.model.person import Grant, Role
from monitor.model.problem import Problems
from monitor.pipeline import Moment
from monitor.store import acts as stored_acts
from monitor.store import outbox, readings
from monitor.store.database import writing
from monitor.workspace import load

ROOT = Actor("root", Door.COMMAND, "in nhầm")
WRONG = "bhyt,2024-06,abc\n"


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("upkeep"))


@pytest.fixture
def here(laid_out: Path, tmp_path: Path) -> Iterator[Site]:
    with site(Path(shutil.copytree(laid_out, tmp_path / "w"))) as made:
        yield made


def broken(here: Site) -> None:
    """The feed's file has a cell that is no figure, and was read."""
    path = here.root / "feeds" / "so-lieu.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("bhyt,2024-06,92.0\n", WRONG), encoding="utf-8")
    read_now(here)


def read_now(here: Site) -> pipeline.Ingestion:
    return upkeep.read_now(load(here.root), here.engine, ROOT, "so-lieu", {}, Moment.at(here.now()))


def unusable(here: Site) -> list[readings.Unusable]:
    with here.engine.connect() as connection:
        return readings.unusable(connection, ["so-lieu"])


def given_up(here: Site) -> int:
    stamp = Stamp("nq", "hdnd", Kind.DIGEST, here.today)
    with writing(here.engine) as connection:
        outbox.post(connection, stamp, Letter("Bản tin", "", "x", ()), (), ["an"], here.now(), here.now())
        (key,) = outbox.due(connection, here.now())
        token = outbox.claim(connection, key, here.now()) or ""
        later = here.now() + timedelta(days=1)
        outbox.settle(connection, key, token, DeliveryState.DEAD, [], "hộp thư đầy", later, here.now())
    return key


def test_an_operator_sees_what_is_amiss_and_where(here: Site) -> None:
    broken(here)
    given_up(here)
    text = here.sign_in("operator").get("/upkeep").text
    assert "feeds/so-lieu.csv:7:3" in text
    assert "<q>abc</q>" in text
    assert "hộp thư đầy" in text
    assert "evaluate" in text


def test_a_feed_that_cannot_be_had_is_told_where_it_was_read(here: Site) -> None:
    (here.root / "feeds" / "so-lieu.csv").unlink()
    client = here.sign_in("operator")
    told = client.post("/upkeep/feed", data={"feed": "so-lieu", "csrf": csrf(client.get("/guide").text)}).text
    assert "không có tệp nào cho nguồn so-lieu" in told.partition('role="alert"')[2].partition("</div>")[0]


@pytest.mark.parametrize("login", ["reader", "reporter", "official"])
def test_upkeep_is_for_operators_and_administrators(here: Site, login: str) -> None:
    client = here.sign_in(login)
    token = csrf(client.get("/").text)
    assert client.get("/upkeep").status_code == 403
    assert "/upkeep" not in client.get("/").text
    for path, data in (
        ("feed", {"feed": "so-lieu"}),
        ("cells", {"figure": "1", "why": "x"}),
        ("letters", {"letter": "1"}),
    ):
        assert client.post(f"/upkeep/{path}", data=data | {"csrf": token}).status_code == 403
    sent = {"file": ("so-lieu.csv", b"target,period,value\n")}
    assert client.post("/upkeep/file", data={"feed": "so-lieu", "csrf": token}, files=sent).status_code == 403


def test_the_acts_refuse_whom_the_table_does_not_name(here: Site) -> None:
    read, moment = load(here.root), Moment.at(here.now())
    reader = Actor("x", Door.PAGE, "vì", (Grant(Role.OFFICIAL),))
    for act in (
        lambda: upkeep.read_now(read, here.engine, reader, "so-lieu", {}, moment),
        lambda: upkeep.supply(read, here.engine, reader, "so-lieu", "so-lieu.csv", b"", moment),
        lambda: upkeep.ignore(read, here.engine, reader, [1], moment),
        lambda: upkeep.release(read, here.engine, reader, "so-lieu", 0, moment),
        lambda: upkeep.retry(here.engine, reader, 1, moment),
    ):
        with pytest.raises(Refused, match="may not do this here"):
            act()


def test_a_corrected_file_takes_the_place_of_the_wrong_one_which_is_kept(here: Site) -> None:
    broken(here)
    path = here.root / "feeds" / "so-lieu.csv"
    wrong = path.read_bytes()
    client = here.sign_in("operator")
    token = csrf(client.get("/upkeep").text)
    sent = {"file": ("sua lai.csv", wrong.replace(WRONG.encode(), b"bhyt,2024-06,92.3\n"))}
    answer = client.post("/upkeep/file", data={"feed": "so-lieu", "why": "gõ nhầm", "csrf": token}, files=sent)
    assert "Đã thay tệp feeds/so-lieu.csv" in answer.text
    assert "1 số sửa, 0 số không dùng được" in answer.text
    assert unusable(here) == []
    assert [kept.read_bytes() for kept in (here.root / "replaced").iterdir()] == [wrong]
    with here.engine.connect() as connection:
        done = [(a.deed, a.actor.who, a.subject) for a in stored_acts.acts(connection) if a.deed is not Deed.PEOPLE]
    assert done[-2:] == [(Deed.SUPPLY, "operator", "so-lieu"), (Deed.INGEST, "operator", "so-lieu")]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\x00\x01\x02", "feeds|so-lieu.csv"),
        (b"a,b\n1,2\n", "target"),
    ],
    ids=["no-table", "another-table"],
)
def test_a_file_of_which_nothing_can_be_read_is_refused_and_the_old_one_stays(
    here: Site, content: bytes, told: str
) -> None:
    path = here.root / "feeds" / "so-lieu.csv"
    before = path.read_bytes()
    with pytest.raises(Problems, match=told):
        upkeep.supply(load(here.root), here.engine, ROOT, "so-lieu", "x.csv", content, Moment.at(here.now()))
    assert path.read_bytes() == before
    assert not (here.root / "replaced").exists()


@pytest.mark.parametrize(
    ("source", "name", "expected"),
    [
        ("{kind: file, path: so-lieu.csv}", "khac.csv", "feeds/so-lieu.csv"),
        ("{kind: file, path: '2024/*.csv'}", "t6.csv", "feeds/2024/t6.csv"),
        ("{kind: file, path: '2024/*.csv'}", "C:\\tmp\\t6.csv", "feeds/2024/t6.csv"),
        ("{kind: file, path: '2024/*.csv'}", "t6.txt", "no name that the feed reads"),
        ("{kind: file, path: '*/t*.csv'}", "t6.csv", "no name that the feed reads"),
        ("{kind: inbox, folder: hop}", "../../t6.csv", "feeds/hop/t6.csv"),
        ("{kind: inbox, folder: hop}", ".an", "no name of a file"),
        ("{kind: http, url: 'https://x.example/a.csv'}", "t6.csv", "of the kind http"),
    ],
)
def test_a_dropped_file_stands_where_its_feed_reads_it_or_is_refused(
    here: Site, source: str, name: str, expected: str
) -> None:
    path = here.root / "feeds" / "so-lieu.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("{kind: file, path: so-lieu.csv}", source), encoding="utf-8"
    )
    content = (here.root / "feeds" / "so-lieu.csv").read_bytes()
    try:
        done = upkeep.supply(load(here.root), here.engine, ROOT, "so-lieu", name, content, Moment.at(here.now()))
    except Problems as found:
        done = str(found)
    assert expected in done


@pytest.mark.parametrize(
    "written",
    [
        "",
        "ignore:\n  - {cell: '9:9', reason: cũ, since: 2024-01-01}\n# cuối\n",
        "ignore: [{cell: '9:9', reason: cũ, since: 2024-01-01}]\n",
    ],
    ids=["none", "block", "flow"],
)
def test_a_cell_left_out_is_written_into_the_feeds_file_with_why_and_is_read_again_when_released(
    here: Site, written: str
) -> None:
    path = here.root / "feeds" / "so-lieu.yaml"
    begun = "# nguồn chính\n" + path.read_text(encoding="utf-8") + written
    path.write_text(begun, encoding="utf-8")
    broken(here)
    moment = Moment.at(here.now())
    (cell,) = unusable(here)
    with pytest.raises(Problems, match="say why"):
        upkeep.ignore(load(here.root), here.engine, Actor("root", Door.COMMAND), [cell.number], moment)
    upkeep.ignore(load(here.root), here.engine, ROOT, [cell.number], moment)
    first = yaml.safe_load(path.read_text(encoding="utf-8"))["ignore"][0]
    assert (first["file"], first["cell"], first["reason"]) == ("feeds/so-lieu.csv", "7:3", "in nhầm")
    assert read_now(here).unusable == 0
    assert unusable(here) == []
    upkeep.release(load(here.root), here.engine, ROOT, "so-lieu", 0, moment)
    assert path.read_text(encoding="utf-8") == begun
    assert read_now(here).unusable == 1


def test_a_letter_that_was_given_up_is_sent_again_once(here: Site) -> None:
    key = given_up(here)
    client = here.sign_in("operator")
    token = csrf(client.get("/upkeep").text)
    assert client.post("/upkeep/letters", data={"letter": key, "csrf": token}).status_code == 303
    again = client.post("/upkeep/letters", data={"letter": key, "csrf": token})
    assert (again.status_code, "chỉ gửi lại được" in again.text) == (422, True)
    with here.engine.connect() as connection:
        assert outbox.by_state(connection)[DeliveryState.QUEUED] == 1
