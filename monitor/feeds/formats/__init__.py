"""How a source's bytes are written: a module each, with `SUFFIXES`, an `Options` model and `read(content, options)`.

A new format is a new module; it is imported when such a file is read.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import PurePosixPath
from typing import Any, Protocol, cast

from pydantic import BaseModel

from monitor.feeds.grid import Sheet, Unreadable

AUTO = "auto"


class Format(Protocol):
    """What a module of this package offers. `SUFFIXES`: endings of the names of such files."""

    SUFFIXES: tuple[str, ...]
    Options: type[BaseModel]

    def read(self, content: bytes, options: Any) -> list[Sheet]:
        """The sheets in a source's bytes, in their order. Raises Unreadable when they are not what the format says."""


def names() -> list[str]:
    """The formats there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def suffixes() -> tuple[str, ...]:
    """The endings of the names of all files that can be read."""
    return tuple(suffix for each in names() for suffix in _module(each).SUFFIXES)


def format_of(name: str, file: str) -> Format:
    """The module of a format among `names()`; of AUTO, by the ending of the file's name. Raises Unreadable for an unknown one."""
    if name != AUTO:
        return _module(name)
    suffix = PurePosixPath(file).suffix.lower()
    found = next((_module(each) for each in names() if suffix in _module(each).SUFFIXES), None)
    if found is None:
        message = 'files that end in "{found}" cannot be read; these can: {names}'
        raise Unreadable(message, found=suffix, names=", ".join(suffixes()))
    return found


def read(form: Format, content: bytes, options: BaseModel) -> list[Sheet]:
    """The sheets in a source's bytes. Of texts and workbooks the content decides, not the name: an .xls that is a web page or a
    CSV file in truth is read as that, without options. Raises Unreadable.
    """
    from monitor.feeds.formats.csv import is_text  # noqa: PLC0415 - when a file is read, as each format
    from monitor.feeds.formats.excel import is_workbook  # noqa: PLC0415 - as above

    text, workbook = _module("csv"), _module("excel")
    if form in (text, workbook):
        true = workbook if is_workbook(content) or (form is workbook and not is_text(content)) else text
        if true is not form:
            return true.read(content, true.Options())
    return form.read(content, options)


def _module(name: str) -> Format:
    return cast(Format, import_module(f"{__name__}.{name}"))
