"""Where figures are fetched from: a file each, with an `Options` model and `fetch(options, setting) -> Fetched`.

A new kind of source is a new file.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from string import Template
from typing import Any, Protocol, cast

from pydantic import BaseModel

from monitor.feeds.grid import Grid, Unreadable
from monitor.model.problem import Problem


@dataclass(frozen=True)
class Setting:
    """Where a source is fetched. `folder`: the workspace's `feeds/`; `environment`: holds what no file may, named `${NAME}` in
    them; `tag`: what the source said of itself when it was last taken over, or empty.
    """

    feed: str
    folder: Path
    environment: Mapping[str, str]
    most_bytes: int
    tag: str = ""

    def filled(self, text: str) -> str:
        """`text` with its `${NAMES}` from the environment. Raises Unreadable for one that is not set, and for one of the
        monitor's own: who edits a feed may not send the password of its mail server to another.
        """
        own = [name for name in Template(text).get_identifiers() if name.upper().startswith("MONITOR_")]
        if own:
            raise Unreadable("{found} is the monitor's own, and no feed may read it", found=own[0])
        try:
            return Template(text).substitute(self.environment)
        except KeyError as error:
            message = "the environment variable {found} is not set, and the feed needs it"
            raise Unreadable(message, found=error.args[0]) from None
        except ValueError:
            raise Unreadable('"{found}" has a $ that begins no ${NAME}: write $$', found=text) from None

    def hidden(self, text: str, *written: str) -> str:
        """`text` for a log or a message: what the environment filled into `written` is not shown."""
        for each in written:
            for name in Template(each).get_identifiers():
                secret = self.environment.get(name)
                if secret:
                    text = text.replace(secret, f"${{{name}}}")
        return text

    def too_large(self, size: int) -> Unreadable:
        """The complaint about a source larger than the feed may have."""
        message = "the file has {found} MB, more than the {most} MB this feed may have (max_mb)"
        return Unreadable(message, found=round(size / 2**20, 1), most=round(self.most_bytes / 2**20, 1))


@dataclass(frozen=True)
class Piece:
    """One file or table of a source: its bytes, or cells that are laid out already, or why it could not be had.

    `name`: how it is called in messages and beside every figure.
    """

    name: str
    content: bytes | Grid | Unreadable


@dataclass(frozen=True)
class Verdict:
    """What became of a piece: `rejected`, nothing of it was taken; `problems`: what was wrong with it, or in it."""

    rejected: bool
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Fetched:
    """All that a source holds now. `unchanged`: it has nothing that was not taken over before; `tag`: what it says of itself;
    `stays`: its pieces stay where they are, and are seen again at every fetching.

    `settle` is called once everything is stored, with name -> what became of that piece, for those that had problems.
    """

    pieces: tuple[Piece, ...]
    unchanged: bool = False
    tag: str = ""
    stays: bool = False
    settle: Callable[[Mapping[str, Verdict]], None] = field(default=lambda _: None)


class Source(Protocol):
    """What a module of this package offers."""

    Options: type[BaseModel]

    def fetch(self, options: Any, setting: Setting) -> Fetched:
        """What the source holds. A piece that cannot be had says why; nothing is raised."""


def names() -> list[str]:
    """The kinds of source there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def source(name: str) -> Source:
    """The module of a kind among `names()`."""
    return cast(Source, import_module(f"{__name__}.{name}"))
