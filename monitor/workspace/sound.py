"""Which states of a workspace's files this account has read and found right, by this code: they need not be tried again.

To try every message, template and condition and to read every printed figure by derive's grammar takes a sixth of the time of a
short command. Where nothing can be noted, everything is tried each time. Nothing else follows from it: a state is known by all
that its files hold, and noted when nothing was wrong.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path

log = logging.getLogger(__name__)
# So many states, the last ones: somebody who edits makes a few dozen a day.
MOST = 200


def known(version: str) -> bool:
    """Whether the files of that hash (workspace.digest) were found right before."""
    return _mark(version) in _noted()


def note(version: str) -> None:
    """Note that they were found right."""
    place, mark, noted = _place(), _mark(version), _noted()
    if place is None or mark in noted:
        return
    new = place.with_name(f"{place.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        if place.exists() and not place.is_file():
            # What stands there is none of ours, and is left alone.
            return
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Whole or not at all, whoever else notes something: what one of two loses is tried again.
        new.write_text("".join(f"{each}\n" for each in [*noted, mark][-MOST:]))
        new.replace(place)
    except OSError as error:
        log.debug("nothing is noted in %s: %s", place, error)
        with suppress(OSError):
            new.unlink(missing_ok=True)


def _noted() -> list[str]:
    place = _place()
    try:
        # Of anything else nobody knows when it has said all.
        return place.read_text().split() if place is not None and place.is_file() else []
    except (OSError, UnicodeDecodeError) as error:
        log.debug("nothing is known of %s: %s", place, error)
        return []


def _place() -> Path | None:
    """Where this account's programs keep what they can make again (XDG Base Directory Specification), if it has such a place."""
    own = os.path.expanduser("~/.cache")  # noqa: PTH111 - Path's own raises for an account without a home
    for given in (os.environ.get("XDG_CACHE_HOME", ""), own):
        if Path(given).is_absolute():
            return Path(given) / "monitor" / "sound"
    return None


def _mark(version: str) -> str:
    return hashlib.sha256(f"{version} {_code()}".encode()).hexdigest()


@cache
def _code() -> str:
    """By what it is seen that the code is another."""
    package = Path(__file__).parent.parent
    files = sorted(path for path in package.rglob("*") if path.suffix in (".py", ".yaml", ".po"))
    signs = [(str(path), of.st_size, of.st_mtime_ns) for path in files for of in (path.stat(),)]
    return hashlib.sha256(repr(signs).encode()).hexdigest()
