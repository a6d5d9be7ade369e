"""A real PostgreSQL server of the tests' own: made, started and stopped by them, reached through a socket in its folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True)


def program(name: str) -> str | None:
    """Where a program of PostgreSQL's is, if it is anywhere."""
    return shutil.which(name, path=os.pathsep.join([*map(str, BINARIES), os.environ.get("PATH", "")]))


@contextmanager
def server() -> Iterator[str]:
    """The URL of a running server's database. It does not run as root: there, as the first account that may."""
    folder = Path(tempfile.mkdtemp(prefix="monitor-pg-", dir="/tmp"))
    user = {"user": "postgres"} if os.geteuid() == 0 else {}
    if user:
        shutil.chown(folder, "postgres")
    data = str(folder / "data")

    def call(name: str, *arguments: str) -> None:
        subprocess.run([str(program(name)), *arguments], check=True, capture_output=True, cwd=folder, **user)  # type: ignore[call-overload]

    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    try:
        call("initdb", "-D", data, "-U", "monitor", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        call("pg_ctl", "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
        try:
            yield f"postgresql://monitor@/postgres?host={quote(str(folder))}"
        finally:
            call("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)
