"""A real PostgreSQL server of the tests' own: made, started and stopped by them, reached through a socket in its folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True)


def program(name: str) -> str | None:
    """Where a program of PostgreSQL's is, if it is anywhere."""
    return shutil.which(name, path=os.pathsep.join([*map(str, BINARIES), os.environ.get("PATH", "")]))


def missing() -> str:
    """Why there can be no server here, or nothing."""
    return ", ".join(name for name in ("initdb", "pg_ctl") if program(name) is None)


@dataclass(frozen=True)
class Server:
    """A server that can be stopped and started again. It does not run as root: there, as the first account that may."""

    folder: Path

    @property
    def url(self) -> str:
        return f"postgresql://monitor@/postgres?host={quote(str(self.folder))}"

    def make(self) -> None:
        self._call("initdb", "-D", self._data, "-U", "monitor", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")

    def start(self) -> None:
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off"
        self._call("pg_ctl", "-D", self._data, "-o", options, "-l", str(self.folder / "log"), "-w", "start")

    def stop(self) -> None:
        self._call("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _call(self, name: str, *arguments: str) -> None:
        user = {"user": "postgres"} if os.geteuid() == 0 else {}
        subprocess.run(
            [str(program(name)), *arguments],
            check=True,
            capture_output=True,
            cwd=self.folder,
            **user,  # type: ignore[call-overload]
        )


@contextmanager
def server() -> Iterator[Server]:
    """A running server."""
    made = Server(Path(tempfile.mkdtemp(prefix="monitor-pg-", dir="/tmp")))
    if os.geteuid() == 0:
        shutil.chown(made.folder, "postgres")
    try:
        made.make()
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(made.folder)
