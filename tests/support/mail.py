"""A real SMTP server on loopback that keeps what it is given, and can misbehave as servers do."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from enum import StrEnum
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Mood(StrEnum):
    """How the server takes a mail."""

    WELL = "takes it"
    REFUSES = "says 451 to it"
    HANGS = "says nothing"
    DROPS = "takes it, and hangs up before it says so"
    GREYLISTS = "says 450 to an address the first time"


class Post:
    """The server's hand: keeps each mail as its mood allows. `unknown`: addresses it refuses for good; `attempts`: mails offered."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.to: list[list[str]] = []
        self.mood = Mood.WELL
        self.unknown: set[str] = set()
        self.attempts = 0
        self.arrived = threading.Condition()
        self.port = 0
        self.logins: list[tuple[bytes, bytes]] = []
        self._seen: set[str] = set()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if address in self.unknown:
            return "550 no such mailbox"
        if self.mood is Mood.GREYLISTS and address not in self._seen:
            self._seen.add(address)
            return "450 come again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        with self.arrived:
            self.attempts += 1
            if self.mood not in (Mood.REFUSES, Mood.HANGS):
                content: Any = envelope.content
                self.mails.append(message_from_bytes(content, policy=default))  # type: ignore[arg-type]
                self.to.append(list(envelope.rcpt_tos))
            self.arrived.notify_all()
        if self.mood is Mood.HANGS:
            await asyncio.sleep(3600)
        if self.mood is Mood.DROPS:
            assert server.transport is not None
            server.transport.abort()
        return "451 later" if self.mood is Mood.REFUSES else "250 taken"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"mat-khau", handled=False)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?from=monitor@soctrang.example"

    def wait(self, count: int, seconds: float) -> bool:
        """Whether `count` mails have come within that time."""
        with self.arrived:
            return self.arrived.wait_for(lambda: len(self.mails) >= count, seconds)

    def about(self, kind: str) -> list[EmailMessage]:
        """The mails of a kind: digest, urgent, upkeep."""
        return [mail for mail in self.mails if f".{kind}." in mail["Message-ID"]]


@contextmanager
def post_office(tls: ssl.SSLContext | None = None, *, implicit: bool = False, port: int = 0) -> Iterator[Post]:
    """A server at a free port; with `tls` it offers STARTTLS (or speaks TLS at once) and asks for a login."""
    post = Post()
    with socket.create_server(("127.0.0.1", port)) as free:
        post.port = free.getsockname()[1]
    options: dict[str, Any] = {}
    if tls is not None:
        options = {"authenticator": post.authenticate, "auth_required": True}
        options |= (
            {"ssl_context": tls, "auth_require_tls": False}
            if implicit
            else {"tls_context": tls, "require_starttls": True}
        )
    controller = Controller(post, hostname="127.0.0.1", port=post.port, **options)
    if implicit:
        # The controller would try its own door with a plain connection.
        controller._trigger_server = lambda: _knock(post.port)  # type: ignore[method-assign]
    controller.start()
    try:
        yield post
    finally:
        controller.stop()


def _knock(port: int) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=5) as plain, context.wrap_socket(plain) as secure:
        secure.recv(1000)
