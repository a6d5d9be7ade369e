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

from monitor.acts import people
from monitor.model.act import Actor, Door
from monitor.model.person import Grant, Role
from monitor.pipeline import Moment
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


@pytest.mark.parametrize("path", ["targets", "series/bhyt", "alerts", "requests", "due.ics", "metrics"])
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

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(figures=st.lists(ANY_FIGURE, max_size=3) | JSON, why=st.text(max_size=20), query=st.text(max_size=20))
    def sent(figures: object, why: str, query: str) -> None:
        assert client.post("/api/v1/figures", json={"figures": figures, "why": why}).status_code < 500
        for path in ("targets", "alerts"):
            asked = {"as_of": query, "unit": query, "page": query}
            assert client.get(f"/api/v1/{path}", params=asked).status_code < 500
            assert client.get(f"/api/v1/{path}", params={"unit": query}).status_code < 500

    sent()
