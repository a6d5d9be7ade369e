"""The API: what a token sees and does, what is pushed once, and that whatever is sent gets an answer that says what is wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.page import Site, lay_out, site

from monitor.acts import files, people
from monitor.model.act import Actor, Door
from monitor.model.letter import Kind, Letter, Stamp
from monitor.model.person import Grant, Role
from monitor.pipeline import Moment
from monitor.store import outbox
from monitor.store.database import writing
from monitor.store.observations import observations

FIGURE = {"target": "bhyt", "period": "2024-07", "value": 92.1}


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("api"))


@pytest.fixture
def here(laid_out: Path, tmp_path: Path) -> Iterator[Site]:
    with site(Path(shutil.copytree(laid_out, tmp_path / "w"))) as made:
        made.today = date(2024, 7, 18)
        yield made


@pytest.fixture
def caller(here: Site) -> Callable[[str], httpx.Client]:
    """A client with the token of a person."""

    def called(login: str) -> httpx.Client:
        secret = people.token(here.engine, Actor("root", Door.COMMAND), login, Moment.at(here.now()))
        client = here.visit()
        client.headers["Authorization"] = f"Bearer {secret}"
        return client

    return called


def value(here: Site) -> list[float]:
    with here.engine.connect() as connection:
        table = observations(connection, date.max)
    return list(table[(table["target"] == "bhyt") & (table["period"] == "2024-07")]["value"])


@pytest.mark.parametrize(
    "path", ["targets", "series/bhyt", "alerts", "requests", "due.ics", "metrics", "digests", "files"]
)
def test_without_a_token_nothing_is_told(here: Site, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}):
        answer = here.visit().get(f"/api/v1/{path}", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_session_of_the_page_is_no_token(here: Site) -> None:
    client = here.sign_in("official")
    secret = client.cookies["monitor_session"]
    assert client.get("/api/v1/targets", headers={"Authorization": f"Bearer {secret}"}).status_code == 401


def test_targets_are_told_page_by_page_as_of_any_day_and_not_again_while_they_are_the_same(
    caller: Callable[[str], httpx.Client],
) -> None:
    client = caller("reader")
    first = client.get("/api/v1/targets?size=2")
    assert (first.json()["total"], len(first.json()["items"]), first.json()["next"]) == (3, 2, 2)
    assert first.json()["items"][0]["status"] == "off_track"
    assert client.get("/api/v1/targets?as_of=2024-04-10").json()["items"][0]["period"] == "2024-03"
    again = client.get("/api/v1/targets?size=2", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_token_sees_and_does_what_its_person_may(here: Site, caller: Callable[[str], httpx.Client]) -> None:
    here.enrol("ward", Grant(Role.REPORTER, owners=("tp",)))
    assert caller("ward").get("/api/v1/targets").json()["items"] == []
    assert caller("ward").get("/api/v1/series/bhyt").status_code == 404
    for login in ("reader", "official", "administrator", "operator"):
        assert caller(login).post("/api/v1/figures", json={"figures": [FIGURE]}).status_code == 403
    assert caller("ward").post("/api/v1/figures", json={"figures": [FIGURE]}).status_code == 403
    assert value(here) == []
    alert = caller("reader").get("/api/v1/alerts").json()["items"][0]["id"]
    assert caller("reader").post(f"/api/v1/alerts/{alert}/acknowledge", json={}).status_code == 403
    for path, body in (("alerts/0123456789ab/close", {}), ("requests", {"about": "bhyt", "question": ""})):
        refused = caller("ward").post(f"/api/v1/{path}", json=body)
        # Nor which others there are.
        assert (refused.status_code, alert in refused.text) == (403, False)
    done = caller("official").post(f"/api/v1/alerts/{alert}/acknowledge", json={"note": "đã giao"})
    assert done.json() == {"id": alert, "state": "acknowledged"}


def test_what_is_pushed_twice_under_one_key_counts_once(here: Site, caller: Callable[[str], httpx.Client]) -> None:
    client = caller("reporter")
    headers = {"Idempotency-Key": "ioc-2024-07"}
    receipts = [client.post("/api/v1/figures", json={"figures": [FIGURE]}, headers=headers) for _ in range(2)]
    assert [r.status_code for r in receipts] == [201, 201]
    assert receipts[0].json() == receipts[1].json()
    assert value(here) == [92.1]
    rows = client.get("/api/v1/series/bhyt").json()["figures"]
    assert [(r["value"], r["feed"]) for r in rows if r["period"] == "2024-07"] == [(92.1, "@typed")]


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"target": "bhty"}, 'target "bhty" is not known. Did you mean "bhyt"?'),
        ({"value": "92.1"}, "is not written as 1.234,5"),
        ({"value": 120}, "120 cannot be true"),
        ({"value": 9.21}, "out of proportion"),
        ({"period": "bao giờ"}, "period"),
    ],
    ids=["name", "point", "domain", "jump", "period"],
)
def test_a_figure_that_is_wrong_is_told_as_the_command_line_tells_it(
    here: Site, caller: Callable[[str], httpx.Client], changed: dict[str, object], complaint: str
) -> None:
    answer = caller("reporter").post("/api/v1/figures", json={"figures": [{**FIGURE, **changed}]})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert complaint in answer.json()["errors"][0]["en"]
    assert value(here) == []


def test_due_days_are_a_calendar_and_targets_are_figures_for_prometheus(caller: Callable[[str], httpx.Client]) -> None:
    client = caller("reader")
    text = client.get("/api/v1/due.ics").text
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert text.count("BEGIN:VEVENT") == 6
    # The 20th of July 2024 is a Saturday.
    assert "DTSTART;VALUE=DATE:20240722" in text
    assert 'monitor_target_value{resolution="nq",target="bhyt"} 92.0' in client.get("/api/v1/metrics").text


def test_the_description_names_every_way_in(here: Site) -> None:
    described = here.visit().get("/api/v1/openapi.json").json()
    assert {"/targets", "/series/{target}", "/alerts", "/requests", "/figures"} <= set(described["paths"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ANY_FIGURE = st.fixed_dictionaries(
    {
        "target": st.sampled_from(["bhyt", "Bảo hiểm y tế", ""]) | st.text(),
        "period": st.sampled_from(["2024-07", "06/2024"]) | st.text(),
    }
    | {"value": st.floats(allow_nan=False, allow_infinity=False) | st.text() | JSON},
    optional={"unit": st.text(), "measured_in": st.text()},
)


def test_whatever_is_sent_is_answered_without_a_fault_of_the_program(caller: Callable[[str], httpx.Client]) -> None:
    client = caller("reporter")

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(figures=st.lists(ANY_FIGURE, max_size=3) | JSON, why=st.text(max_size=20), query=st.text(max_size=20))
    def sent(figures: object, why: str, query: str) -> None:
        assert client.post("/api/v1/figures", json={"figures": figures, "why": why}).status_code < 500
        for path in ("targets", "alerts"):
            asked = {"as_of": query, "unit": query, "page": query}
            assert client.get(f"/api/v1/{path}", params=asked).status_code < 500
            assert client.get(f"/api/v1/{path}", params={"unit": query}).status_code < 500

    sent()


def posted(here: Site) -> int:
    """A digest in the outbox; its number."""
    stamp = Stamp("nq", "hdnd", Kind.DIGEST, date(2024, 6, 30))
    with writing(here.engine) as connection:
        outbox.post(connection, stamp, Letter("Bản tin", "", "=1+1 <b>", ()), (), ["an"], here.now(), here.now())
        return outbox.posted(connection, stamp) or 0


def test_digests_are_told_to_whoever_sees_everything(here: Site, caller: Callable[[str], httpx.Client]) -> None:
    key = posted(here)
    client = caller("reader")
    (told,) = client.get("/api/v1/digests").json()["items"]
    assert (told["id"], told["route"], told["subject"]) == (key, "hdnd", "Bản tin")
    assert client.get(f"/api/v1/digests/{key}").json()["text"] == "=1+1 <b>"
    answer = client.get(f"/api/v1/digests/{key}/text")
    assert (answer.text, answer.headers["content-type"]) == ("=1+1 <b>", "text/plain; charset=utf-8")
    here.enrol("part", Grant(Role.READER, owners=("y-te",)))
    assert caller("part").get("/api/v1/digests").json()["items"] == []
    assert caller("part").get(f"/api/v1/digests/{key}").status_code == 404


def test_declarations_are_told_as_in_force_and_in_each_version(
    here: Site, caller: Callable[[str], httpx.Client]
) -> None:
    path = "rules/nq/01-y-te.yaml"
    client = caller("administrator")
    listed = client.get("/api/v1/files").json()
    assert path in [each["path"] for each in listed["items"]]
    text = (here.root / path).read_text(encoding="utf-8")
    assert client.get(f"/api/v1/files/{path}").text == text
    root = Actor("root", Door.COMMAND, "bản đầu")
    first, _ = files.apply(here.root, here.engine, root, files.prepare(here.root), Moment.at(here.now()))
    (here.root / path).write_text(text + "# sửa\n", encoding="utf-8")
    assert client.get(f"/api/v1/files/{path}").text == text
    files.apply(here.root, here.engine, root, files.prepare(here.root), Moment.at(here.now()))
    assert client.get(f"/api/v1/files/{path}").text.endswith("# sửa\n")
    assert client.get(f"/api/v1/files/{path}?version={first[:12]}").text == text
    assert [v["why"] for v in client.get("/api/v1/versions").json()["items"]] == ["bản đầu", "bản đầu"]
    assert client.get("/api/v1/files/alerts/addresses.yaml").status_code == 404
    assert client.get("/api/v1/files?version=0000").status_code == 404
    assert caller("reader").get("/api/v1/files").status_code == 403


def test_an_official_asks_and_silences_and_a_department_answers(caller: Callable[[str], httpx.Client]) -> None:
    official = caller("official")
    asked = official.post("/api/v1/requests", json={"about": "bhyt", "question": "Vì sao?", "due": "2024-07-25"})
    assert (asked.status_code, asked.json()) == (201, {"number": 1, "due": "2024-07-25"})
    given = {"causes": ["von-cham"], "because": "chậm", "remedy": "cấp thẻ", "expected": 94.2, "by": "2024-09-30"}
    assert official.post("/api/v1/requests/1/answers", json=given).status_code == 403
    done = caller("reporter").post("/api/v1/requests/1/answers", json=given)
    assert (done.status_code, done.json()) == (201, {"number": 1, "answers": 1})
    quiet = {"target": ["bhyt"], "until": "2024-08-31", "note": "đang rà soát"}
    assert caller("reporter").post("/api/v1/silences", json=quiet).status_code == 403
    number = official.post("/api/v1/silences", json=quiet).json()["number"]
    assert official.post(f"/api/v1/silences/{number}/end").status_code == 204
    assert official.post(f"/api/v1/silences/{number}/end").status_code == 422


def test_a_link_of_the_description_leads_to_an_operation_that_is_there(here: Site) -> None:
    paths = here.visit().get("/api/v1/openapi.json").json()["paths"]
    operations = [operation for path in paths.values() for operation in path.values()]
    known = {operation["operationId"] for operation in operations}
    led = [link["operationId"] for o in operations for link in o["responses"].get("200", {}).get("links", {}).values()]
    assert len(led) > 6
    assert set(led) <= known
