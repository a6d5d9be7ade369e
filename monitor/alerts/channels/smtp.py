"""Letters by mail: one message to all of a route's addresses, HTML and plain text.

The server is named by a URL from the environment, never in a file: `smtp://user:password@host:25` (STARTTLS where the server
offers it), `smtps://…` (TLS from the start); `?from=monitor@example.vn` names the sender.
"""

from __future__ import annotations

import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

from monitor.alerts.channels import Envelope, Undeliverable
from monitor.alerts.render import Letter

TIMEOUT_SECONDS = 30


def deliver(letter: Letter, envelope: Envelope, url: str) -> None:
    """Hand the letter to the server. Raises Undeliverable with the server's own words, without the password."""
    parts = urlsplit(url)
    host, secure = parts.hostname or "localhost", parts.scheme == "smtps"
    port = parts.port or (465 if secure else 25)
    context = ssl.create_default_context()
    try:
        with (
            smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context)
            if secure
            else smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
        ) as server:
            if not secure and server.has_extn("starttls"):
                server.starttls(context=context)
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            refused = server.send_message(message(letter, envelope, sender(url)), to_addrs=list(envelope.addresses))
    except (OSError, smtplib.SMTPException) as error:
        raise Undeliverable(f"{host}:{port}: {error}") from error
    if refused:
        raise Undeliverable(f"{host}:{port}: {refused}")


def sender(url: str) -> str:
    """The sender's address that the URL names."""
    parts = urlsplit(url)
    given = parse_qs(parts.query).get("from")
    return given[0] if given else f"monitor@{parts.hostname or 'localhost'}"


def message(letter: Letter, envelope: Envelope, sent_from: str) -> EmailMessage:
    """The mail, plain text first so that any client can show it."""
    mail = EmailMessage()
    mail["Subject"] = letter.subject
    mail["From"] = Address("Compliance monitor", addr_spec=sent_from)
    mail["To"] = ", ".join(envelope.addresses)
    mail["Date"] = envelope.sent
    mail["Message-ID"] = envelope.message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    return mail
