"""The installed `monitor serve` as a process of its own."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.command import COMMAND, Monitor

SOON = 30.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


# By a clock that begins when the year 2024 is told of in full and its resolution has not retired, whatever day it is.
AFTER_THE_YEAR = ("--from", "2025-01-31", "--to", "2025-03-31", "--speed", "1")


class Serving:
    """A running service: its process, its health page, its log."""

    def __init__(self, command: Monitor, arguments: tuple[str, ...], log: Path) -> None:
        self.port, self.log = free_port(), log
        self.begun = time.monotonic()
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [COMMAND, "serve", "--port", str(self.port), *arguments],
                cwd=command.workspace,
                env=command.variables,
                stderr=out,
                stdout=subprocess.DEVNULL,
            )

    def page(self, name: str) -> tuple[int, Any]:
        """Status and content of a page; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{name}", timeout=5) as answer:
                status, content = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, content = error.code, error.read().decode()
        except OSError:
            return 0, None
        return status, json.loads(content) if content.startswith("{") else content

    def until(self, holds: Callable[[], object], seconds: float = SOON) -> None:
        """Wait until something holds; fail with the log if it does not come to hold."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)

    def ready(self) -> float:
        """Wait until it is; the seconds since its start."""
        self.until(lambda: self.page("readyz")[0] == 200)
        return time.monotonic() - self.begun

    def leads(self) -> bool:
        return bool((self.page("readyz")[1] or {}).get("leads"))

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = 30) -> int:
        """Signal it, and wait for its end; the exit code."""
        self.process.send_signal(how)
        return self.process.wait(seconds)


@contextmanager
def serve(command: Monitor, *arguments: str, log: Path | None = None) -> Iterator[Serving]:
    """A service, killed at the end if it still runs."""
    running = Serving(command, arguments, log or command.workspace / "serve.log")
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
        running.process.wait()
