"""What the tests share: the installed command in workspaces of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, text
from support import postgres, small
from support.command import Monitor

from monitor.store.database import open_database
from monitor.workspace import Workspace, defaults, lay_out, load

# A landing is decided by the change, not by the day's luck; elsewhere every run draws new examples.
settings.register_profile("landing", derandomize=True)
if "CI" in os.environ:
    settings.load_profile("landing")


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
def small_workspace(tmp_path: Path) -> Path:
    """A workspace of three targets, read in no time."""
    return small.lay_out(tmp_path / "small")


@pytest.fixture
def command(workspace: Path) -> Monitor:
    """The installed command, in a workspace of its own."""
    return Monitor(workspace)


@pytest.fixture
def command_in() -> Callable[[Path], Monitor]:
    """The installed command, in a workspace of the caller's."""
    return Monitor


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of the tests' own."""
    if postgres.missing():
        pytest.skip(f"PostgreSQL is not installed here: {postgres.missing()} not found")
    with postgres.server() as server:
        yield server.url


@pytest.fixture
def mortal_postgres() -> Iterator[postgres.Server]:
    """A PostgreSQL server of one test's own, to be stopped and started."""
    if postgres.missing():
        pytest.skip(f"PostgreSQL is not installed here: {postgres.missing()} not found")
    with postgres.server() as server:
        yield server


@pytest.fixture
def empty_postgres(postgres_url: str) -> str:
    """A schema emptied on the tests' own server."""
    engine = open_database(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return postgres_url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind: a file, and a schema emptied on a running server."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    url: str = request.getfixturevalue("empty_postgres")
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The store, its schema up to date."""
    opened = open_database(database_url)
    yield opened
    opened.dispose()
