"""A real HTTP server on loopback that serves one file, and can misbehave as servers do."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Site:
    """What the server does. `asked`: the headers of every request."""

    def __init__(self) -> None:
        self.content = b""
        self.etag = '"1"'
        self.busy = 0
        self.hangs = False
        self.drips = False
        self.endless = False
        self.redirects = False
        self.moved = ""
        self.token: str | None = None
        self.asked: list[dict[str, str]] = []
        self.stop = threading.Event()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/so-lieu.csv"


@contextmanager
def site() -> Iterator[Site]:
    """A server at a free port."""
    served = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            served.asked.append(dict(self.headers))
            if served.hangs:
                served.stop.wait(30)
                return
            if served.redirects:
                self._head(302, {"Location": f"{self.path}x"}, 0)
            elif served.moved and self.path != served.moved:
                self._head(302, {"Location": served.moved}, 0)
            elif served.busy:
                served.busy -= 1
                self._head(503, {}, 0)
            elif served.token and self.headers.get("Authorization") != f"Bearer {served.token}":
                self._head(401, {}, 0)
            elif self.headers.get("If-None-Match") == served.etag:
                self._head(304, {}, 0)
            elif served.endless or served.drips:
                self._head(200, {}, 2**31)
                self._pour()
            else:
                self._head(200, {"ETag": served.etag}, len(served.content))
                self.wfile.write(served.content)

        def _head(self, status: int, headers: dict[str, str], length: int) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(length)}.items():
                self.send_header(name, value)
            self.end_headers()

        def _pour(self) -> None:
            try:
                while not served.stop.is_set():
                    self.wfile.write(b"x" * (10 if served.drips else 2**20))
                    if served.drips:
                        time.sleep(0.02)
            except OSError:
                """The reader has had enough."""

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    served.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield served
    finally:
        served.stop.set()
        server.shutdown()
        server.server_close()
