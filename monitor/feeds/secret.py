"""What no file may hold: a feed's file is copied into the database, shown and mailed. What is secret stands in the
environment, and a file names it, `${NAME}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from monitor.model.problem import Said

_NAMED = re.compile(r"\$(?:\w+|\{\w+\})")
_SECRET = re.compile(
    r"pass|pwd|mat_?khau|secret|token|auth|sig(nature)?$|credential|^key$|^code$"
    r"|(api|access|subscription|app|function|client|private|account|user|rl)[-_]?key$",
    re.IGNORECASE,
)
# A part of a path that says what stands in the next one, as in `/token/8f3a51c0/data`.
_CALLED = re.compile(
    r"((access|api|auth|bearer|private|shared)[-_]?)?(token|key|secret|password|passwd|pwd|mat-?khau|sas|signature)s?",
    re.IGNORECASE,
)
# What stands there is one: letters and digits mixed, or long. A word, a year or a file is none.
_VALUE = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w~+=-]{6,}|\d{9,}|[\w~+=-]{20,}")
# What services make, and nothing else looks like: Telegram's bots, GitHub, GitLab, Slack, Amazon, signed tokens.
_MADE = re.compile(
    r"bot\d+:.+|(gh[opsu]_|github_pat_|glpat-|xox[abps]-|AKIA)[\w-]{16,}|eyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?"
)
# Drawn by lot: no file, no uuid, no hash, for it mixes upper, lower and digits, and its pieces are no words.
_DRAWN = re.compile(r"(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[\w-]{20,}")
_PIECES = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_WORDLIKE = 2.3
# An id of what everybody with the address may read, whatever it looks like: `/spreadsheets/d/ID/`, `/d/e/ID/`.
_DOCUMENT = ("d", "e")
_INNER = re.compile(r"(\w[\w-]*)=([^;&=]+)")
# Headers that say how to answer, not who asks.
_OPEN = frozenset({"accept", "accept-language", "accept-charset", "cache-control", "content-type", "user-agent"})


def _refused(where: str) -> Said:
    message = (
        "a secret stands in no file: found one in {where}. Write ${{NAME}} for it, and set NAME in the environment"
    )
    return Said(message, where=where)


def _literal(text: str) -> bool:
    return bool(text) and not _NAMED.search(text)


def in_address(text: str) -> str:
    """A URL whose password, and whatever else in it is called or looks like a secret, is named. Raises Said."""
    try:
        parts = urlsplit(text)
        password, query = parts.password or "", parse_qsl(parts.query, keep_blank_values=True)
    except ValueError as error:
        raise Said('"{found}" is no address: {reason}', found=_NAMED.sub("…", text), reason=str(error)) from None
    if _literal(password):
        raise _refused("user:password@")
    for name, value in [*query, *_named_within(parts, query)]:
        if _SECRET.search(name) and _literal(value):
            raise _refused(f"{name}=")
    for before, part in pairwise(["", *map(unquote, parts.path.split("/"))]):
        if _literal(part) and (_CALLED.fullmatch(before) and _VALUE.fullmatch(part)):
            raise _refused(f"/{before}/…")
        if _literal(part) and (_MADE.fullmatch(part) or (before not in _DOCUMENT and _is_drawn(part))):
            raise _refused(f"/{part[:4]}…/")
    return text


def _named_within(parts: SplitResult, query: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """What has a name of its own within a part of the path, behind the `#`, or within a value (`odbc_connect=PWD%3Dx`)."""
    for text in (unquote(parts.path), unquote(parts.fragment), *(value for _, value in query)):
        yield from _INNER.findall(text)


def _is_drawn(part: str) -> bool:
    """Whether no person would have written it: `AAHdqTcvCH1vGWJxfSeofSAs0K5PAL`, but not `BaoCaoThang06-2024-KTXH`."""
    pieces = _PIECES.findall(part)
    return bool(_DRAWN.fullmatch(part)) and sum(map(len, pieces)) / len(pieces) < _WORDLIKE


def in_web_address(text: str) -> str:
    """As `in_address`; and a lone user before the host of a web address is a token. Raises Said."""
    parts = urlsplit(in_address(text))
    if parts.password is None and _literal(parts.username or ""):
        raise _refused("user@")
    return text


def _is_named(value: str) -> bool:
    """Whether all of a header is named but for how it is to be understood: `Bearer ${TOKEN}`, `key=${KEY}`."""
    return bool(_NAMED.search(value) and re.fullmatch(r"(?:[A-Za-z-]+[ =:] *)*[ ,;:]*", _NAMED.sub("", value)))


def in_headers(headers: dict[str, str]) -> dict[str, str]:
    """Headers each of which is harmless, or names what is secret in it. Raises Said."""
    for name, value in headers.items():
        if name.lower() not in _OPEN and value and not _is_named(value):
            raise _refused(name)
    return headers


def in_field(text: str) -> str:
    """A field that is a secret itself. Raises Said."""
    if _literal(text):
        raise _refused("password")
    return text
