"""`monitor serve` lives through 2024 by a clock of its own, with files edited and broken on the way: the mails are those of a replay.

The replay is another service, in this process, that reads the same feeds and is given each version of the files at the moment at
which the database says that it came.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from support import small
from support.command import Monitor
from support.mail import Post, post_office
from support.process import serve
from support.rig import later, serving

from monitor.workspace import lay_out


def shipped(root: Path) -> Path:
    """The default workspace, of its routes only the council's: the others tell parts of the same."""
    lay_out(root)
    routes = root / "alerts" / "routes.yaml"
    kept = [line for line in routes.read_text(encoding="utf-8").splitlines() if "{id: ph" not in line]
    routes.write_text("\n".join(kept) + "\n", encoding="utf-8")
    names = {word for line in kept if " to: [" in line for word in line.split(" to: [")[1].split("]")[0].split(", ")}
    addresses = "".join(f"{name}: {name}@soctrang.example\n" for name in sorted(names))
    (root / "alerts" / "addresses.yaml").write_text(addresses, encoding="utf-8")
    return root


WHOLE = pytest.mark.skipif("MONITOR_TEST_WHOLE" not in os.environ, reason="half an hour: set MONITOR_TEST_WHOLE=1")


@pytest.mark.parametrize(
    ("workspace", "target"),
    [
        pytest.param(
            small.lay_out, ("rules/nq/01-y-te.yaml", '<9%, target: "< 9"', '"<8,7%", target: "< 8.7"'), id="small"
        ),
        pytest.param(
            shipped,
            ("rules/nq-43-2023/08-y-te.yaml", '"<9%"\n    target: "< 9"', '"<8,7%"\n    target: "< 8.7"'),
            id="shipped",
            marks=WHOLE,
        ),
    ],
)
def test_the_mails_of_a_year_are_those_that_a_replay_predicts(
    tmp_path: Path, workspace: Callable[[Path], Path], target: tuple[str, str, str]
) -> None:
    root = workspace(tmp_path / "w")
    with post_office() as lived:
        steps = _live(root, lived, *target)
    versions = _versions(root)
    assert [refused for _, refused in versions] == [False, True, False, True, False]
    again = workspace(tmp_path / "again")
    with post_office() as replayed, serving(again, "2024-01-01 00:00", replayed.url) as rig:
        for (seen, _), text in zip(versions[1:], steps, strict=True):
            rig.live_until(later(seen))
            (again / target[0]).write_text(text, encoding="utf-8")
            rig.service.files_changed()
        rig.live_until("2024-12-31 23:59:58")
    assert _told(lived) == _told(replayed)
    assert len(lived.about("upkeep")) >= 4


def _live(root: Path, post: Post, file: str, old: str, new: str) -> list[str]:
    """A year by a fast clock; a file is spoilt, mended and changed on the way; its texts. Memory must not grow."""
    path = root / file
    good = path.read_text(encoding="utf-8")
    changed = good.replace(old, new)
    steps = [good.replace('"< 9"', '"=< 9"'), changed, changed[:200] + "\n  - {", good]
    command = Monitor(root, {"MONITOR_SMTP_URL": post.url})
    sizes = []
    with serve(command, "--from", "2024-01-01", "--to", "2024-12-31", "--speed", "1500000") as service:
        service.until(lambda: len(post.mails) >= 1, seconds=300)
        for text in steps:
            before = service.page("healthz")[1]
            path.write_text(text, encoding="utf-8")
            service.until(lambda before=before: _differs(service.page("healthz")[1], before), seconds=60)
            sizes.append(psutil.Process(service.process.pid).memory_info().rss / 2**20)
        assert service.process.wait(3000) == 0
    assert sizes[-1] < sizes[0] + 60
    return steps


def _differs(now: dict | None, before: dict) -> bool:
    keys = ("version", "edit_refused")
    return now is not None and any(now[key] != before[key] for key in keys)


def _versions(root: Path) -> list[tuple[datetime, bool]]:
    """When each state of the files was seen, and whether it was refused."""
    with closing(sqlite3.connect(root / "monitor.db")) as database:
        rows = database.execute("SELECT seen, problems FROM workspace_version ORDER BY id").fetchall()
    return [(datetime.fromisoformat(seen).replace(tzinfo=UTC), bool(json.loads(problems))) for seen, problems in rows]


def _told(post: Post) -> dict[str, tuple[str, str]]:
    """Message-ID -> subject and text; each must have come once."""
    assert len({mail["Message-ID"] for mail in post.mails}) == len(post.mails)
    return {m["Message-ID"]: (m["Subject"], m.get_body(("plain",)).get_content()) for m in post.mails}
