"""A rule file deleted, made a directory, or taken away with its folder: the last good version serves on, and it is told."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support import small
from support.mail import post_office
from support.rig import serving


def deleted(root: Path) -> None:
    (root / "rules" / "nq" / "resolution.yaml").unlink()


def made_a_directory(root: Path) -> None:
    path = root / "rules" / "nq" / "01-y-te.yaml"
    path.unlink()
    path.mkdir()


def taken_away(root: Path) -> None:
    shutil.rmtree(root / "rules")


def half_written(root: Path) -> None:
    path = root / "alerts" / "routes.yaml"
    path.write_bytes(path.read_bytes()[:150])


def cut_inside_a_letter(root: Path) -> None:
    path = root / "rules" / "nq" / "01-y-te.yaml"
    content = path.read_bytes()
    path.write_bytes(content[: content.index("ế".encode()) + 1])


@pytest.mark.parametrize("spoil", [deleted, made_a_directory, taken_away, half_written, cut_inside_a_letter])
def test_a_spoilt_workspace_is_refused_told_and_mended(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    root = small.lay_out(tmp_path / "w")
    shutil.copytree(root, tmp_path / "good")
    with post_office() as post, serving(root, "2024-03-24 09:00", post.url) as rig:
        rig.live_until("2024-03-24 10:00")
        good = rig.keeper.held.hash
        spoil(root)
        rig.service.files_changed()
        rig.live_until("2024-03-25 12:00")
        assert rig.keeper.held.hash == good
        assert rig.keeper.held.refused
        assert sum(".hdnd.digest." in mail["Message-ID"] for mail in post.mails) == 1
        shutil.rmtree(root / "rules", ignore_errors=True)
        shutil.copytree(tmp_path / "good" / "rules", root / "rules")
        shutil.copytree(tmp_path / "good" / "alerts", root / "alerts", dirs_exist_ok=True)
        rig.service.files_changed()
        rig.live_until("2024-03-26 12:00")
        assert rig.keeper.held.refused == ()
    assert len(post.about("upkeep")) == 2
