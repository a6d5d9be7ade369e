"""What the tests share: the installed command in workspaces of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.command import Monitor

from monitor.workspace import Workspace, defaults, lay_out, load


@pytest.fixture(scope="session")
def shipped() -> Workspace:
    """The workspace that travels with the program."""
    return load(defaults())


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace as `monitor init` lays it out."""
    lay_out(tmp_path / "workspace")
    return tmp_path / "workspace"


@pytest.fixture
def command(workspace: Path) -> Monitor:
    """The installed command, in a workspace of its own."""
    return Monitor(workspace)


@pytest.fixture
def command_in() -> Callable[[Path], Monitor]:
    """The installed command, in a workspace of the caller's."""
    return Monitor
