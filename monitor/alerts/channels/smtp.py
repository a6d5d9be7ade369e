"""Letters by mail: one message to all of a recipient's mail addresses, HTML and plain text, pictures inline, files attached.

The server is named by a URL from the environment, never in a file: `smtp://user:password@host:587` (STARTTLS where the server
offers it), `smtp+starttls://…` (never without), `smtps://…` (TLS from the start); `?from=monitor@example.vn` names the sender,
`&ca=FILE` an authority of one's own. A password is given over TLS only, or to this machine itself.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

from monitor.alerts.channels import Envelope, Outcome, Undeliverable
from monitor.model.letter import Letter

TIMEOUT_SECONDS = 30
# A server that scans what it is given may take long to say that it has it, and whoever hangs up then sends twice
# (RFC 5321, 4.5.3.2.6, would give it ten minutes). With all the rest it stays below store.outbox.CLAIM.
ACCEPTING_SECONDS = 180
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def takes(address: str) -> bool:
    """Whether it is a mail address."""
    return re.fullmatch(r"[^@\s:/]+@[^@\s/]+", address) is not None


def deliver(letter: Letter, envelope: Envelope, addresses: tuple[str, ...], server: str | None) -> Outcome:
    """Hand the letter to the server. Raises Undeliverable with the server's own words."""
    if not server:
        raise Undeliverable("no mail server is named (MONITOR_SMTP_URL)")
    parts = urlsplit(server)
    try:
        with connect(server) as session:
            sent = message(letter, envelope, sender(server), addresses)
            refused = _send(session, sent, sender(server), addresses)
    except (OSError, smtplib.SMTPException) as error:
        raise Undeliverable(f"{parts.hostname}: {_words(error)}") from error
    return Outcome(tuple(a for a in addresses if a not in refused), refused)


def connect(server: str) -> smtplib.SMTP:
    """A session with the server, logged in. Raises OSError, SMTPException."""
    parts = urlsplit(server)
    host, secure = parts.hostname or "localhost", parts.scheme == "smtps"
    context = ssl.create_default_context(cafile=_parameter(server, "ca"))
    if secure:
        session: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT_SECONDS, context=context)
    else:
        session = smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT_SECONDS)
    try:
        session.ehlo_or_helo_if_needed()
        if not secure and (session.has_extn("starttls") or parts.scheme == "smtp+starttls"):
            session.starttls(context=context)
            session.ehlo()
            secure = True
        if parts.username:
            if not secure and host not in LOOPBACK:
                raise smtplib.SMTPNotSupportedError("the server offers no TLS, and the password is not given without")
            session.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        session.close()
        raise
    return session


def sender(server: str) -> str:
    """The sender's address that the URL names."""
    return _parameter(server, "from") or f"monitor@{urlsplit(server).hostname or 'localhost'}"


def message(letter: Letter, envelope: Envelope, sent_from: str, addresses: tuple[str, ...]) -> EmailMessage:
    """The mail: plain text first, so that any client can show it, then HTML with its pictures, then the files."""
    mail = EmailMessage()
    mail["Subject"] = letter.subject
    mail["From"] = Address("Compliance monitor", addr_spec=sent_from)
    mail["To"] = ", ".join(addresses)
    mail["Date"] = envelope.composed
    mail["Message-ID"] = envelope.message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    html = mail.get_payload()[1]  # type: ignore[index]
    for each in letter.attachments:
        main, sub = each.media.split("/")
        if each.inline:
            html.add_related(each.content, main, sub, cid=f"<{each.name}>", filename=each.name)  # type: ignore[union-attr]
    for each in letter.attachments:
        main, sub = each.media.split("/")
        if not each.inline:
            mail.add_attachment(each.content, main, sub, filename=each.name)
    return mail


def _send(session: smtplib.SMTP, mail: EmailMessage, sent_from: str, addresses: tuple[str, ...]) -> dict[str, str]:
    """The addresses refused for good, with the reason. Raises SMTPException when one is put off, or all of them fail.

    An address that is put off (greylisting, a full mailbox) puts all off, before anything is sent.
    """
    session.ehlo_or_helo_if_needed()
    code, said = session.mail(sent_from)
    if code != 250:
        raise smtplib.SMTPResponseException(code, said)
    refused = {}
    for address in addresses:
        code, said = session.rcpt(address)
        if code >= 500:
            refused[address] = f"{code} {said.decode(errors='replace')}"
        elif code not in (250, 251):
            raise smtplib.SMTPResponseException(code, said)
    if len(refused) < len(addresses):
        if session.sock is not None:
            session.sock.settimeout(ACCEPTING_SECONDS)
        # Folded at 78 the email package loses blanks between encoded words ("Đàotạo"), in one Vietnamese subject of seven.
        code, said = session.data(mail.as_bytes(policy=mail.policy.clone(linesep="\r\n", max_line_length=998)))
        if code != 250:
            raise smtplib.SMTPResponseException(code, said)
    return refused


def _parameter(server: str, name: str) -> str | None:
    given = parse_qs(urlsplit(server).query).get(name)
    return given[0] if given else None


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
    return str(error) or type(error).__name__
