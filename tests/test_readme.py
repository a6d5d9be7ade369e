"""What README says is so: its commands exist, CI runs its test command, its table names every dependency."""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path

import pytest
from typer import Typer
from typer.main import get_command
from typer.testing import CliRunner

from monitor.cli import COMMANDS as NAMES
from monitor.cli import purpose

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
COMMANDS = sorted(
    set(
        re.findall(
            r"(?:^|`|/)monitor ((?:(?:alerts|feed|letters|person|requests|silence) )?[a-z]+)", README, flags=re.M
        )
    )
)


def _name(requirement: str) -> str:
    return re.split(r"[<>=\[; ]", requirement)[0]


@pytest.fixture(scope="module")
def program() -> Typer:
    """The program with all its commands."""
    made = Typer(name="monitor")
    for name in NAMES:
        importlib.import_module(f"monitor.cli.{name}").register(made)
    return made


@pytest.fixture(scope="module")
def told(program: Typer) -> dict[str, str]:
    """Command -> its help, of every command that the README names and the program has; asked of one process."""
    runner = CliRunner()
    asked = {name: runner.invoke(program, [*name.split(), "--help"]) for name in COMMANDS}
    return {name: told.stdout for name, told in asked.items() if told.exit_code == 0}


def test_every_command_in_the_readme_exists(told: dict[str, str]) -> None:
    assert len(told) > 15
    assert [name for name in COMMANDS if "Usage: monitor" not in told.get(name, "")] == []


def test_the_list_of_commands_says_of_each_what_its_own_help_says(program: Typer) -> None:
    commands = get_command(program).commands  # type: ignore[attr-defined]
    assert {name: purpose(name).split() for name in NAMES} == {name: commands[name].help.split() for name in commands}


def test_every_option_in_the_readme_exists(told: dict[str, str]) -> None:
    others = {"--universal", "--all-extras", "--no-header", "--no-annotate"}
    options = set(re.findall(r"--[a-z][a-z-]+", README)) - others
    assert len(options) > 10
    assert [option for option in options if not any(option in text for text in told.values())] == []


def test_the_table_names_every_dependency_and_no_other() -> None:
    table = README.split("## Dependencies")[1].split("Optional:")[0]
    named = set(re.findall(r"^\| ([a-z0-9.-]+) \|", table, flags=re.M)) - {"package"}
    assert named == {_name(requirement) for requirement in PROJECT["dependencies"]}


def test_every_dependency_is_pinned() -> None:
    pinned = {line.split("==")[0] for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()}
    optional = [requirement for extra in PROJECT["optional-dependencies"].values() for requirement in extra]
    asked = {
        _name(requirement).replace("_", "-").replace(".", "-").lower()
        for requirement in [*PROJECT["dependencies"], *optional]
    }
    assert asked <= pinned


def test_ci_runs_the_readme_s_test_command() -> None:
    command = re.search(r"# the tests\n(.+)\n", README)
    assert command is not None
    assert command[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
