"""What no file may hold: a feed's file is copied into the database, shown and mailed. What is secret stands in the
environment, and a file names it, `${NAME}`.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

from monitor.model.problem import Said

_NAMED = re.compile(r"\$(?:\w+|\{\w+\})")
_SECRET = re.compile(
    r"pass|pwd|mat_?khau|secret|token|api_?key|access_?key|auth|sig(nature)?$|credential|^key$|^code$", re.IGNORECASE
)
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
    """A URL whose password, and whatever else in it is called like a secret, is named. Raises Said."""
    try:
        parts = urlsplit(text)
        password, query = parts.password or "", parse_qsl(parts.query, keep_blank_values=True)
    except ValueError as error:
        raise Said('"{found}" is no address: {reason}', found=_NAMED.sub("…", text), reason=str(error)) from None
    if _literal(password):
        raise _refused("user:password@")
    for name, value in query:
        if _SECRET.search(name) and _literal(value):
            raise _refused(f"{name}=")
    return text


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
