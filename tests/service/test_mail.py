"""Mail as servers ask for it: TLS, a login, pictures inside, the table attached; and what else Apprise reaches."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path

import pytest
import trustme
from openpyxl import load_workbook
from support import small
from support.mail import Post, post_office
from support.rig import serving

from monitor.alerts.channels import Envelope, Undeliverable, smtp
from monitor.model.letter import Letter

LETTER = Letter("Thử: Phòng Giáo dục và Đào tạo", "<p>thử</p>", "thử")
ENVELOPE = Envelope("<thu@compliance-monitor>", datetime(2024, 6, 1, tzinfo=UTC))
TO = ("an@soctrang.example",)


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[tuple[trustme.CA, Path]]:
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    yield made, tmp_path / "ca.pem"


def served(authority: trustme.CA, *, implicit: bool) -> AbstractContextManager[Post]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return post_office(context, implicit=implicit)


@pytest.mark.parametrize(("scheme", "implicit"), [("smtp", False), ("smtp+starttls", False), ("smtps", True)])
def test_a_server_with_tls_and_a_login_is_given_the_password_over_tls(
    authority: tuple[trustme.CA, Path], scheme: str, implicit: bool
) -> None:
    made, file = authority
    with served(made, implicit=implicit) as post:
        url = f"{scheme}://an:mat-khau@127.0.0.1:{post.port}?from=m@soctrang.example&ca={file}"
        assert smtp.deliver(LETTER, ENVELOPE, TO, url).accepted == TO
    assert post.logins == [(b"an", b"mat-khau")]
    assert post.mails[0]["Subject"] == LETTER.subject


def test_a_wrong_password_is_told_without_it(authority: tuple[trustme.CA, Path]) -> None:
    made, file = authority
    with served(made, implicit=True) as post:
        url = f"smtps://an:bi-mat@127.0.0.1:{post.port}?ca={file}"
        with pytest.raises(Undeliverable) as refused:
            smtp.deliver(LETTER, ENVELOPE, TO, url)
    assert "535" in str(refused.value)
    assert "bi-mat" not in str(refused.value)


def test_a_server_that_nobody_vouches_for_gets_nothing(authority: tuple[trustme.CA, Path]) -> None:
    with served(authority[0], implicit=True) as post, pytest.raises(Undeliverable, match="certificate"):
        smtp.deliver(LETTER, ENVELOPE, TO, f"smtps://an:mat-khau@127.0.0.1:{post.port}")
    assert post.logins == []


def test_starttls_that_is_asked_for_is_never_gone_without() -> None:
    with post_office() as post, pytest.raises(Undeliverable, match="STARTTLS"):
        smtp.deliver(LETTER, ENVELOPE, TO, f"smtp+starttls://127.0.0.1:{post.port}")


def test_a_digest_shows_its_chart_inside_and_brings_its_table(tmp_path: Path) -> None:
    root = small.lay_out(tmp_path / "w")
    with post_office() as post, serving(root, "2024-06-24 09:00", post.url) as rig:
        rig.live_until("2024-06-25 12:00")
    (mail,) = post.about("digest")
    html = mail.get_body(("html",)).get_content()
    pictures = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert 'src="cid:charts.png"' in html
    assert [part["Content-ID"] for part in pictures] == ["<charts.png>"]
    assert pictures[0].get_content().startswith(b"\x89PNG")
    (table,) = mail.iter_attachments()
    sheet = load_workbook(BytesIO(table.get_content())).active
    rows = {row[1]: row for row in sheet.iter_rows(min_row=3, values_only=True)}
    assert rows["Bảo hiểm y tế"][5] == 92.0
    assert rows["Bảo hiểm y tế"][12] == "chệch tiến độ"


class Hook(BaseHTTPRequestHandler):
    taken: list[dict[str, str]] = []

    def do_POST(self) -> None:
        type(self).taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_a_webhook_is_one_more_address(tmp_path: Path) -> None:
    root = small.lay_out(tmp_path / "w")
    Hook.taken.clear()
    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    addresses = f"an: [an@soctrang.example, 'json://127.0.0.1:{server.server_port}/chuong']\nbinh: b@x.example\n"
    (root / "alerts" / "addresses.yaml").write_text(addresses)
    try:
        with post_office() as post, serving(root, "2024-06-24 09:00", post.url) as rig:
            rig.live_until("2024-06-25 12:00")
    finally:
        server.shutdown()
        server.server_close()
    assert len(post.about("digest")) == 1
    (told,) = Hook.taken
    assert told["title"] == post.about("digest")[0]["Subject"]
    assert "Bảo hiểm y tế" in told["message"]
