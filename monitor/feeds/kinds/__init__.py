"""Kinds of source: a file each, with an `Options` model and `read(content, options) -> list[Grid]`. A new kind is a new file."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any, Protocol, cast

from pydantic import BaseModel

from monitor.feeds.grid import Grid


class Kind(Protocol):
    """What a module of this package offers."""

    Options: type[BaseModel]

    def read(self, content: bytes, options: Any) -> list[Grid]:
        """The sheets in a source's bytes. Raises Unreadable when they are not what the kind says."""


def names() -> list[str]:
    """The kinds there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def kind(name: str) -> Kind:
    """The module of a kind among `names()`."""
    return cast(Kind, import_module(f"{__name__}.{name}"))
