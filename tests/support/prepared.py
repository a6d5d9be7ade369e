"""A process that has imported all that the `monitor` command can need, and is forked into one each time it is asked.

Importing takes two seconds, most commands less. Each command still is a process of its own: its arguments, folder, environment,
output and exit are those of `monitor` started by a shell. What is held of starting itself (tests/cli/test_start.py), and the
service, start the installed one.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from monitor import cli, workspace

# What commands import when they need it.
LATE = (
    *(
        "alembic.command",
        "apprise",
        "holidays",
        "matplotlib.backends.backend_agg",
        "matplotlib.figure",
    ),
    *("monitor.feeds.formats.csv", "monitor.feeds.formats.excel", "monitor.feeds.read", "xlsxwriter"),
)
MOST_BYTES = 1 << 18


def run(arguments: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`monitor ARGUMENTS`, run to its end."""
    asked = json.dumps({"arguments": list(arguments), "cwd": str(cwd), "environment": dict(environment)}).encode()
    ours, theirs = socket.socketpair()
    with ours, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        with theirs:
            socket.send_fds(_prepared(os.getpid()), [asked], [output.fileno(), errors.fileno(), theirs.fileno()])
        code = ours.recv(16).decode()
        output.seek(0)
        errors.seek(0)
        texts = output.read().decode(), errors.read().decode()
    assert code, f"the command was killed\n{texts}"
    return subprocess.CompletedProcess(["monitor", *arguments], int(code), *texts)


@cache
def _prepared(_process: int) -> socket.socket:
    """The way to this process's own; it ends when this one does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    started = subprocess.Popen(
        [sys.executable, "-P", __file__, str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        env={**os.environ, "COLUMNS": "200"},
    )
    theirs.close()

    def end() -> None:
        ours.close()
        started.wait()

    atexit.register(end)
    return ours


def main(descriptor: int) -> None:
    """Become a command whenever asked, until nobody is there to ask."""
    for name in (*(f"monitor.cli.{command}" for command in cli.COMMANDS), *LATE):
        importlib.import_module(name)
    # What is kept of texts that were read is kept for good: rules, templates and words are those of most workspaces here.
    workspace.load(workspace.defaults())
    # What is here is shared by all commands as long as none looks through it for garbage.
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    asked = socket.socket(fileno=descriptor)
    while True:
        message, given, _, _ = socket.recv_fds(asked, MOST_BYTES, 3)
        if not message:
            return
        if os.fork() == 0:
            asked.close()
            _become(json.loads(message), *given)
        for each in given:
            os.close(each)


def _become(asked: dict[str, Any], output: int, errors: int, report: int) -> None:
    """The command; its exit code is what is reported of it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = ["monitor", *asked["arguments"]]
    os.dup2(output, 1)
    os.dup2(errors, 2)
    code = 0
    try:
        cli.main()
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(report, str(code).encode())
    os._exit(code)


if __name__ == "__main__":
    main(int(sys.argv[1]))
