"""A real SMTP server on loopback that keeps what it is given."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Post:
    """The server's hand: refuses while `refuses`, else keeps each mail. `arrived` is notified of every attempt."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.to: list[list[str]] = []
        self.refuses = False
        self.arrived = threading.Condition()
        self.port = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        with self.arrived:
            if not self.refuses:
                content: Any = envelope.content
                self.mails.append(message_from_bytes(content, policy=default))  # type: ignore[arg-type]
                self.to.append(list(envelope.rcpt_tos))
            self.arrived.notify_all()
        return "451 later" if self.refuses else "250 taken"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?from=monitor@soctrang.example"

    def wait(self, count: int, seconds: float) -> bool:
        """Whether `count` mails have come within that time."""
        with self.arrived:
            return self.arrived.wait_for(lambda: len(self.mails) >= count, seconds)


@contextmanager
def post_office() -> Iterator[Post]:
    """A server at a free port."""
    post = Post()
    with socket.create_server(("127.0.0.1", 0)) as free:
        post.port = free.getsockname()[1]
    controller = Controller(post, hostname="127.0.0.1", port=post.port)
    controller.start()
    try:
        yield post
    finally:
        controller.stop()
