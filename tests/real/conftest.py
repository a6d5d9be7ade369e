"""The nation's workspace with its releases, ingested once for all that is asked of it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from year import Nation, lay_out, monitor


@pytest.fixture(scope="session")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Nation:
    """All releases, read by the installed command."""
    root = lay_out(tmp_path_factory.mktemp("real") / "workspace")
    told = monitor(root, "ingest", "--as-of", "2022-01-31", "--lang", "en")
    assert told.returncode in (0, 2), told.stderr
    return Nation(root, told.stderr if told.returncode else "")
