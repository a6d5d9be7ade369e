"""A mailbox whose attachments go to an inbox: departments send their file to one address, and this takes it from there.

A message is marked as read once its attachments are in the inbox, under names that it alone gives: killed in between, the same
attachments are saved again, and their figures are known already.
"""

from __future__ import annotations

import os
import re
from contextlib import AbstractContextManager
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from imap_tools import AND, BaseMailBox, MailBox, MailboxLoginError, MailBoxUnencrypted, MailMessage, MailMessageFlags
from imap_tools.errors import ImapToolsError
from pydantic import AfterValidator

from monitor.feeds import formats, secret
from monitor.feeds.grid import Unreadable
from monitor.feeds.sources import Fetched, Piece, Setting, inbox

TIMEOUT_SECONDS = 30


class Options(inbox.Options):
    """As an inbox's. `url`: `imaps://user:password@host/FOLDER`, of `${NAME}`s; `senders`: whose mail is taken (none:
    anybody's).
    """

    url: Annotated[str, AfterValidator(secret.in_address)]
    senders: tuple[str, ...] = ()


def fetch(options: Options, setting: Setting) -> Fetched:
    """What stands in the inbox after the new mail's attachments have joined it. A mailbox out of reach is a problem
    of its own.
    """
    try:
        _collect(options, setting)
    except Unreadable as error:
        problem: Unreadable | None = error
    except (ImapToolsError, MailboxLoginError, OSError, EOFError) as error:
        reason = setting.hidden(str(error) or type(error).__name__, options.url)
        problem = Unreadable("the mailbox cannot be read: {reason}", reason=reason)
    else:
        problem = None
    fetched = inbox.fetch(options, setting)
    if problem is None:
        return fetched
    return Fetched((*fetched.pieces, Piece(f"feeds/{setting.feed}.imap", problem)), settle=fetched.settle)


def _collect(options: Options, setting: Setting) -> None:
    """New attachments into the inbox's folder."""
    folder = setting.folder / options.folder
    folder.mkdir(parents=True, exist_ok=True)
    parts = urlsplit(setting.filled(options.url))
    with _login(parts) as mailbox:
        for mail in mailbox.fetch(AND(seen=False), mark_seen=False, bulk=False):
            if options.senders and mail.from_.lower() not in {sender.lower() for sender in options.senders}:
                continue
            for name, content in _attachments(mail):
                partial = folder / f".{name}"
                partial.write_bytes(content)
                # An attachment is complete from the start: it need not come to rest.
                os.utime(partial, (0, 0))
                partial.replace(folder / name)
            mailbox.flag(str(mail.uid), MailMessageFlags.SEEN, value=True)


def _login(parts: Any) -> AbstractContextManager[BaseMailBox]:
    kind = MailBox if parts.scheme == "imaps" else MailBoxUnencrypted
    mailbox: BaseMailBox = kind(parts.hostname, parts.port or _port(parts.scheme), timeout=TIMEOUT_SECONDS)
    try:
        folder = parts.path.strip("/") or "INBOX"
        return mailbox.login(unquote(parts.username or ""), unquote(parts.password or ""), folder)
    except BaseException:
        mailbox.client.shutdown()
        raise


def _port(scheme: str) -> int:
    """The port of the protocol."""
    return 993 if scheme == "imaps" else 143


def _attachments(mail: MailMessage) -> list[tuple[str, bytes]]:
    """Reports in a mail: (a file name of its own, content)."""
    found = []
    for n, each in enumerate(mail.attachments):
        stem, dot, suffix = each.filename.rpartition(".")
        ending = f"{dot}{suffix}".lower()
        # Nothing else of a mail (signatures, pictures) is a report.
        if ending in formats.suffixes():
            plain = re.sub(r"[^\w.-]+", "-", stem)[:80].strip(".-")
            found.append((f"{mail.uid}-{n}-{plain}{ending}", each.payload))
    return found
