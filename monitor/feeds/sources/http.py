"""A file at a web address, a published spreadsheet, an interface that answers in JSON.

What has not changed since it was last taken over (ETag, Last-Modified) is not fetched again. Credentials stand in the environment
and are named `${NAME}`; proxies are those of the environment. What the feed says to a server (headers, user, password)
it says to that server: a redirect to another is followed without it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Annotated

import httpx
from pydantic import AfterValidator, Field
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential, wait_random

from monitor.feeds import secret
from monitor.feeds.grid import Unreadable
from monitor.feeds.sources import Fetched, Piece, Setting
from monitor.model.declared import Declared
from monitor.model.problem import Said

MOST_REDIRECTS = 5
NOT_MODIFIED = 304
# Worth another try: the server is busy, or something on the way fails.
BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_SHEET = re.compile(r"https://docs\.google\.com/spreadsheets/d/([\w-]+)/(?:edit|view)?(?:.*?[#&?]gid=(\d+))?.*")


def _web(text: str) -> str:
    if not text.startswith(("https://", "http://", "${")):
        raise Said('"{found}" is no web address: it begins with https:// or http://', found=text)
    return secret.in_web_address(text)


class Options(Declared):
    """`url`, `headers`, `user`, `password` may hold `${NAME}`s of the environment. `timeout`: seconds of silence,
    `deadline`: of one attempt; `retries` after as many failures, `pause` seconds apart and longer each time;
    `name`: the file's, when the address does not end in one.
    """

    url: Annotated[str, AfterValidator(_web)]
    headers: Annotated[dict[str, str], AfterValidator(secret.in_headers)] = {}
    user: str | None = None
    password: Annotated[str, AfterValidator(secret.in_field)] | None = None
    timeout: Annotated[float, Field(gt=0, le=600)] = 30
    deadline: Annotated[float, Field(gt=0, le=3600)] = 300
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    pause: Annotated[float, Field(ge=0, le=60)] = 1
    name: str | None = None


class _Busy(Exception):
    """The server asks to come again later."""


def fetch(options: Options, setting: Setting) -> Fetched:
    """The file, or why it cannot be had."""
    secrets = (options.url, *options.headers.values(), options.user or "", options.password or "")
    name = options.name or options.url.split("?")[0]
    try:
        return _attempts(options, setting, name)
    except Unreadable as error:
        return Fetched((Piece(name, error),))
    except _Busy as error:
        reason = f"HTTP {error}"
    except httpx.TooManyRedirects:
        reason = f"more than {MOST_REDIRECTS} redirects"
    except httpx.TimeoutException as error:
        reason = f"no answer within {options.timeout:g} s ({type(error).__name__})"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = str(error) or type(error).__name__
    unreadable = Unreadable("the source cannot be fetched: {reason}", reason=setting.hidden(reason, *secrets))
    return Fetched((Piece(name, unreadable),))


def _attempts(options: Options, setting: Setting, name: str) -> Fetched:
    """Raises what httpx raises, _Busy, Unreadable."""
    again = retry_if_exception_type((httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, _Busy))
    wait = wait_exponential(multiplier=options.pause, max=60) + wait_random(0, options.pause)
    attempts = Retrying(stop=stop_after_attempt(1 + options.retries), wait=wait, retry=again, reraise=True)
    url = published(setting.filled(options.url))
    headers = {key: setting.filled(value) for key, value in options.headers.items()}
    auth = (setting.filled(options.user), setting.filled(options.password or "")) if options.user else None
    headers |= _conditions(setting.tag)
    with httpx.Client(timeout=options.timeout) as client:
        asked = _Asked(httpx.URL(url), headers, auth)
        fetched: Fetched = attempts(_once, client, asked, name, setting, options.deadline)
        return fetched


@dataclass(frozen=True)
class _Asked:
    """What is asked of a server, and what is said to it only."""

    url: httpx.URL
    headers: dict[str, str]
    auth: tuple[str, str] | None

    def redirected(self, url: httpx.URL) -> _Asked:
        """The same asked at another address: at another server without what was meant for this one."""
        same = (url.scheme, url.host, url.port) == (self.url.scheme, self.url.host, self.url.port)
        return replace(self, url=url) if same else _Asked(url, {}, None)


@contextmanager
def _answer(client: httpx.Client, asked: _Asked) -> Iterator[httpx.Response]:
    """The answer after all redirects. Raises httpx.TooManyRedirects."""
    for _ in range(MOST_REDIRECTS + 1):
        with client.stream("GET", asked.url, headers=asked.headers, auth=asked.auth) as answer:
            if answer.next_request is None:
                yield answer
                return
            asked = asked.redirected(answer.next_request.url)
    raise httpx.TooManyRedirects("")


def _once(client: httpx.Client, asked: _Asked, name: str, setting: Setting, deadline: float) -> Fetched:
    until = time.monotonic() + deadline
    with _answer(client, asked) as answer:
        if answer.status_code == NOT_MODIFIED:
            return Fetched((), unchanged=True, tag=setting.tag)
        if answer.status_code in BUSY:
            raise _Busy(answer.status_code)
        if not answer.is_success:
            raise Unreadable(
                "the server answers {found} {reason}", found=answer.status_code, reason=answer.reason_phrase
            )
        content = bytearray()
        for part in answer.iter_bytes():
            content += part
            if len(content) > setting.most_bytes:
                raise setting.too_large(len(content))
            if time.monotonic() > until:
                raise Unreadable("the source takes longer than the {most} s it may take (deadline)", most=deadline)
        return Fetched((Piece(name, bytes(content)),), tag=_tag(answer.headers))


def published(url: str) -> str:
    """The address of a Google spreadsheet's content, of the address at which people look at it."""
    sheet = _SHEET.fullmatch(url)
    if sheet is None or "/export" in url:
        return url
    page = f"&gid={sheet[2]}" if sheet[2] else ""
    return f"https://docs.google.com/spreadsheets/d/{sheet[1]}/export?format=csv{page}"


def _tag(headers: httpx.Headers) -> str:
    for name in ("ETag", "Last-Modified"):
        if name in headers:
            return f"{name}: {headers[name]}"
    return ""


def _conditions(tag: str) -> dict[str, str]:
    name, _, value = tag.partition(": ")
    asked = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
    return {asked[name]: value} if name in asked else {}
