"""What mistaken browsers and attackers send: a page that says what is wrong, never a fault, nothing of it done."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from functools import cache, partial

import httpx
import pytest
from support.page import Site, csrf, lay_out, site

from monitor.acts import people
from monitor.model.act import Actor, Door
from monitor.pipeline import Moment
from monitor.web import guard

Y_TE = "rules/nq/01-y-te.yaml"
Client = Callable[[str], httpx.Client]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(lay_out(tmp_path_factory.mktemp("guard"))) as made:
        yield made


@pytest.fixture(scope="module")
def client(here: Site) -> Client:
    """Login -> a browser that has signed in, once."""
    return cache(here.sign_in)


@pytest.mark.parametrize(
    ("login", "method", "path", "form", "status", "told"),
    [
        ("official", "GET", "/requests/abc", {}, 404, "Không có trang này"),
        ("official", "GET", "/alerts/", {}, 404, "Không có trang này"),
        ("official", "GET", "/sign-out", {}, 405, "Không làm được việc này"),
        ("administrator", "GET", "/rules/edit", {}, 422, "chưa ghi gì ở đây"),
        ("administrator", "POST", "/rules/draft", {"year": "2025"}, 422, "chưa ghi gì ở đây"),
        ("administrator", "POST", "/upkeep/letters", {"letter": "x"}, 422, "&#34;x&#34;"),
        ("official", "POST", "/alerts", {"what": "close", "note": "x" * 5000}, 422, "4000"),
        ("official", "POST", "/alerts", {"csrf": "another's"}, 403, "phiên khác"),
    ],
)
def test_a_mistake_is_told_on_a_page(
    client: Client, login: str, method: str, path: str, form: dict[str, str], status: int, told: str
) -> None:
    browser = client(login)
    data = {"csrf": csrf(browser.get("/guide").text)} | form if method == "POST" else None
    answer = browser.request(method, path, data=data)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert told in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_text_that_is_no_text_is_refused_in_a_script_s_request_too(client: Client) -> None:
    browser = client("administrator")
    head = {"X-CSRF": csrf(browser.get("/guide").text), "Content-Type": "application/json"}
    body = b'{"path": "rules/nq/01-y-te.yaml", "text": "\\ud800"}'
    assert browser.post("/rules/check", content=body, headers=head).status_code == 422


def test_a_year_in_other_figures_is_no_year(client: Client) -> None:
    browser = client("administrator")
    data = {"csrf": csrf(browser.get("/guide").text), "year": "²⁰²⁵"}
    answer = browser.post("/rules/draft", data=data, files={"file": ("a.txt", "Điều 1".encode())})
    assert (answer.status_code, "²⁰²⁵" in answer.text) == (422, True)


def chunks(megabytes: int) -> Iterator[bytes]:
    """A body that does not say beforehand how long it is."""
    yield from (b"x" * 1_000_000 for _ in range(megabytes))


def test_a_body_that_is_too_large_is_refused_though_it_did_not_say_so(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "MOST_BODY", 2_000_000)
    head = {"Content-Type": "application/json"}
    assert here.visit().post("/api/v1/figures", content=chunks(4), headers=head).status_code == 413
    assert "quá lớn" in here.visit().post("/rules/check", content=b"x" * 2_000_001, headers=head).text


def test_a_body_that_does_not_come_is_not_waited_for(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "SLOWEST", 0.2)
    with socket.create_connection(("127.0.0.1", int(here.url.rpartition(":")[2])), timeout=10) as line:
        line.sendall(b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n")
        line.sendall(b"Content-Length: 100\r\n\r\nlogin=a")
        assert line.recv(100).startswith(b"HTTP/1.1 408")


def test_a_fault_of_the_program_is_a_page_that_tells_nothing_of_it(
    here: Site, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = people.token(here.engine, Actor("root", Door.COMMAND), "reader", Moment.at(here.now()))
    monkeypatch.setattr(here.desk, "day", partial(fail, "secret of the inside"))
    monkeypatch.setattr(here.desk, "resolutions", partial(fail, "secret of the inside"))
    page = client("reader").get("/")
    told = here.visit().get("/api/v1/targets", headers={"Authorization": f"Bearer {token}"})
    assert (page.status_code, told.status_code) == (500, 500)
    assert "secret" not in page.text + told.text
    assert "Phần mềm gặp lỗi" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert told.headers["content-type"] == "application/problem+json"


def fail(words: str, *_: object) -> None:
    raise RuntimeError(words)
