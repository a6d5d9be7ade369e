"""Signing in by OpenID Connect: whom the provider vouches for and an administrator added comes in, and nobody else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey
from support.openid import CLIENT, SECRET, Provider, provider
from support.page import Site, lay_out, site

from monitor.acts import provider as openid
from monitor.model.problem import Problems


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("openid"))


@pytest.fixture
def at() -> Iterator[Provider]:
    with provider() as made:
        yield made


@pytest.fixture
def here(laid_out: Path, tmp_path: Path, at: Provider) -> Iterator[Site]:
    settings = {openid.ISSUER: at.url, openid.CLIENT: CLIENT, openid.SECRET: SECRET}
    with site(Path(shutil.copytree(laid_out, tmp_path / "w")), settings) as made:
        yield made


def come_in(here: Site, begin: str = "/sign-in/openid/go?next=/alerts") -> tuple[httpx.Client, httpx.Response]:
    """A browser that follows from the sign-in page to the provider and back, and where it ends."""
    browser = here.visit()
    browser.follow_redirects = True
    assert 'href="/sign-in/openid/go?next=%2F"' in browser.get("/sign-in").text.replace("next=/", "next=%2F")
    return browser, browser.get(begin)


def test_whom_the_provider_vouches_for_comes_in_as_what_they_are_here(here: Site) -> None:
    browser, answer = come_in(here)
    assert (answer.status_code, answer.url.path) == (200, "/alerts")
    assert "official" in browser.get("/").text
    assert browser.get("/rules").status_code == 403


def test_the_name_may_stand_in_another_claim_and_an_address_must_be_verified(here: Site, at: Provider) -> None:
    for verified, status in ((True, 200), (False, 403), (None, 403)):
        at.claims = {"email": "reader", "email_verified": verified}
        here.desk.environment = {**here.desk.environment, openid.CLAIM: "email"}
        with site(here.root, dict(here.desk.environment)) as other:
            assert come_in(other)[1].status_code == status


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"preferred_username": "nobody"}, 403),
        ({"preferred_username": ""}, 403),
        ({"preferred_username": ["official"]}, 403),
        ({}, 403),
        ({"nonce": "another"}, 502),
        ({"iss": "https://elsewhere.example"}, 502),
        ({"aud": "another"}, 502),
        ({"exp": 1}, 502),
    ],
)
def test_whoever_is_not_added_or_not_vouched_for_stays_outside(
    here: Site, at: Provider, said: dict[str, Any], status: int
) -> None:
    at.claims = said if status == 403 else {"preferred_username": "official"} | said
    browser, answer = come_in(here)
    assert answer.status_code == status
    assert "monitor_session" not in browser.cookies
    assert browser.get("/").url.path == "/sign-in"


def test_what_another_has_signed_is_worth_nothing(here: Site, at: Provider) -> None:
    at.shown = RSAKey.generate_key(2048, {"kid": "1"})
    assert come_in(here)[1].status_code == 502


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(here: Site) -> None:
    victim = here.visit()
    asked = here.visit().get("/sign-in/openid/go")
    forged = httpx.get(asked.headers["location"]).headers["location"]
    answer = victim.get(forged)
    assert answer.status_code == 502
    assert "monitor_session" not in victim.cookies


def test_nobody_is_led_away(here: Site) -> None:
    assert come_in(here, "/sign-in/openid/go?next=//evil.example")[1].url.path == "/"


def test_a_provider_that_does_not_answer_is_told_on_the_page(laid_out: Path, tmp_path: Path) -> None:
    settings = {openid.ISSUER: "http://127.0.0.1:9", openid.CLIENT: CLIENT, openid.SECRET: SECRET}
    with site(Path(shutil.copytree(laid_out, tmp_path / "w")), settings) as made:
        answer = made.visit().get("/sign-in/openid/go")
    assert (answer.status_code, "Hãy thử lại" in answer.text) == (502, True)


def test_without_settings_there_is_no_such_way(laid_out: Path, tmp_path: Path) -> None:
    with site(Path(shutil.copytree(laid_out, tmp_path / "w"))) as made:
        browser = made.visit()
        assert browser.get("/sign-in/openid/go").status_code == 404
        assert "openid" not in browser.get("/sign-in").text


@pytest.mark.parametrize(
    ("settings", "at"),
    [
        ({openid.ISSUER: "https://id.example"}, [openid.CLIENT, openid.SECRET]),
        ({openid.ISSUER: "http://id.example", openid.CLIENT: "a", openid.SECRET: "b"}, [openid.ISSUER]),
        ({openid.ISSUER: "id.example", openid.CLIENT: "a", openid.SECRET: "b"}, [openid.ISSUER]),
    ],
)
def test_half_a_provider_or_one_in_the_open_is_told_at_the_start(settings: dict[str, str], at: list[str]) -> None:
    with pytest.raises(Problems) as found:
        openid.provider(settings)
    assert [problem.file for problem in found.value.problems] == at
