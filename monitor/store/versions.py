"""Every state of the workspace's files that was read while serving: those that came into force, and those that were refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from monitor.store.tables import workspace_version


@dataclass(frozen=True, slots=True)
class Version:
    """One state of the files. `problems` (place, message, values): why it was refused; none: it came into force. `by`, `why`:
    who applied it.
    """

    hash: str
    seen: datetime
    problems: tuple[dict[str, Any], ...]
    files: dict[str, str]
    by: str = ""
    why: str = ""


def latest(connection: Connection) -> Version | None:
    """The state that was seen last."""
    return _one(connection, accepted=False)


def in_force(connection: Connection) -> Version | None:
    """The state that came into force last."""
    return _one(connection, accepted=True)


def note(
    connection: Connection,
    digest: str,
    problems: Sequence[Mapping[str, Any]],
    rulesets: Mapping[str, str],
    files: Mapping[str, str],
    now: datetime,
    by: str = "",
    why: str = "",
) -> bool:
    """Keep a state, unless it was the last one seen already; whether it is new. `rulesets`: resolution -> version of
    its rules; `by`, `why`: who applied it, if a person did.
    """
    before = latest(connection)
    if before is not None and before.hash == digest:
        return False
    values = {"hash": digest, "seen": now, "problems": list(problems), "rulesets": dict(rulesets), "files": dict(files)}
    values |= {"by": by, "why": why}
    connection.execute(workspace_version.insert().values(values))
    return True


def every(connection: Connection) -> list[Version]:
    """Every state that was seen, in order."""
    c = workspace_version.c
    rows = connection.execute(select(c.hash, c.seen, c.problems, c.files, c.by, c.why).order_by(c.id))
    return [Version(row.hash, row.seen, tuple(row.problems), row.files, row.by, row.why) for row in rows]


def _one(connection: Connection, *, accepted: bool) -> Version | None:
    c = workspace_version.c
    for row in connection.execute(select(c.hash, c.seen, c.problems, c.files, c.by, c.why).order_by(c.id.desc())):
        if not accepted or not row.problems:
            return Version(row.hash, row.seen, tuple(row.problems), row.files, row.by, row.why)
    return None
