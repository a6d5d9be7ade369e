"""Many files are read on all cores: what is read is the same, in the same order, whoever of them dies."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pandas.testing import assert_frame_equal

from monitor import beside, pipeline
from monitor.benchmark import invented
from monitor.feeds import read
from monitor.feeds.read import Opened
from monitor.workspace import load


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of several provinces; one of a figure that is none, one that cannot be read."""
    root = tmp_path_factory.mktemp("shares")
    invented.write(root, invented.Size(120, 2, 1))
    folder = root / "feeds" / invented.FEED
    first = folder / "tinh-001.csv"
    first.write_text(first.read_text(encoding="utf-8") + "ct-001;xa-00001;2024-08;nhiều\n", encoding="utf-8")
    (folder / "tinh-002b.csv").write_bytes(b'"\x00')
    return root


def opened(root: Path) -> Opened:
    workspace = load(root)
    return pipeline.open_source(workspace, workspace.feeds[0], {})


def at_once(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("work", [beside._work, at_once])
def test_it_is_the_same(
    root: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, work: Callable[..., None]
) -> None:
    alone = opened(root)
    monkeypatch.setattr(read, "SHARED", 1)
    monkeypatch.setattr(beside, "begun_by", lambda: "fork")
    monkeypatch.setattr(beside, "usable", lambda: 3)
    monkeypatch.setattr(beside, "_work", work)
    shared = opened(root)
    assert ("they are done here" in caplog.text) == (work is at_once)
    assert len(alone.reading.observations) == 120 * 2 * 12
    assert (len(alone.reading.quarantine), len(alone.problems)) == (1, 1)
    assert_frame_equal(shared.reading.observations, alone.reading.observations)
    assert_frame_equal(shared.reading.quarantine, alone.reading.quarantine)
    assert (shared.problems, shared.digests) == (alone.problems, alone.digests)
    assert shared.reading.doubted == alone.reading.doubted
