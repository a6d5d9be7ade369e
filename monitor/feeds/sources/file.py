"""Files in the workspace's `feeds/` folder, read where they stand at every reading."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from monitor.feeds.grid import Unreadable
from monitor.feeds.sources import Fetched, Piece, Setting
from monitor.model.declared import Declared
from monitor.model.problem import Said, reason_of


def inside(text: str) -> str:
    """A path that stays within the folder. Raises Said."""
    if text.startswith("/") or ".." in text.split("/"):
        raise Said('path "{found}" leaves the folder feeds/', found=text)
    return text


class Options(Declared):
    """`path`: file names inside `feeds/`, with * and ?."""

    path: Annotated[str, AfterValidator(inside)]


def fetch(options: Options, setting: Setting) -> Fetched:
    """Every file of that name; none at all is a problem."""
    paths = sorted(p for p in setting.folder.glob(options.path) if p.is_file() and not p.name.startswith("~$"))
    if not paths:
        message = "no file is there for the feed {feed}, which reads {path}"
        missing = Unreadable(message, feed=setting.feed, path=options.path)
        return Fetched((Piece(f"feeds/{options.path}", missing),))
    return Fetched(tuple(Piece(name_of(path, setting), content_of(path, setting)) for path in paths), stays=True)


def name_of(path: Path, setting: Setting) -> str:
    """How a file is called: from the workspace on."""
    return f"feeds/{path.relative_to(setting.folder).as_posix()}"


def content_of(path: Path, setting: Setting) -> bytes | Unreadable:
    """A file's bytes, or why it cannot be read."""
    lock = path.with_name(f"~${path.name}")
    if lock.exists():
        return Unreadable("the file is open in Excel (there is a lock file {lock}): close it there", lock=lock.name)
    try:
        size = path.stat().st_size
        return setting.too_large(size) if size > setting.most_bytes else path.read_bytes()
    except PermissionError:
        return Unreadable("the file is locked, or may not be read by this account")
    except OSError as error:
        return Unreadable("the file cannot be read: {reason}", reason=reason_of(error))
