"""A command starts with what it needs: to import the libraries of all others takes longer than most commands."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from support.command import COMMAND, Monitor

# What is imported when the command has ended, each package or module a line.
TELLS = (
    "import atexit, sys; atexit.register(lambda: print(*sys.modules, sep='\\n', file=sys.stderr)); "
    "from monitor.cli import main; sys.argv[0] = 'monitor'; main()"
)


def imported(command: Monitor, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", TELLS, *arguments],
        cwd=command.workspace,
        env=command.variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.split())


def test_status_imports_nothing_that_only_others_need(
    command_in: Callable[[Path], Monitor], small_workspace: Path
) -> None:
    command = command_in(small_workspace)
    command.run("status")
    modules = imported(command, "status")
    assert {"monitor.cli.status", "pandas", "sqlalchemy"} <= modules
    others = {"alembic", "apprise", "fastapi", "jinja2", "lxml", "matplotlib", "openpyxl", "xlrd", "xlsxwriter"}
    assert modules & others == set()
    ours = {"monitor.cli.run", "monitor.feeds.read", "monitor.derive", "monitor.post", "monitor.service"}
    assert modules & ours == set()
    assert "holidays" in modules
    assert {name for name in modules if name.startswith("holidays.countries")} == set()
    assert "sqlalchemy.dialects.postgresql" not in modules


def test_the_installed_command_lists_the_others_without_importing_them(tmp_path: Path) -> None:
    command = Monitor(tmp_path)
    modules = imported(command, "--help")
    assert "monitor.cli" in modules
    assert modules & {"numpy", "pandas", "pydantic", "sqlalchemy"} == set()
    told = subprocess.run([COMMAND, "--help"], capture_output=True, env=command.variables, check=True).stdout
    assert told.decode() == command.run("--help").stdout
