"""python-calamine, held to what it may be given: it takes memory for every cell between A1 and the last, and may panic."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from python_calamine import CalamineWorkbook

from monitor.feeds.formats.excel.package import Package, not_a_workbook, stored
from monitor.feeds.grid import Unreadable


def parts_of(package: Package, apart: Collection[str]) -> dict[str, bytes]:
    """The parts calamine needs. Those of `apart` (the sheets') may be damaged: they are then left out, each to be told of when
    it is asked for. Raises Unreadable where another is damaged.
    """
    parts = {}
    for name in package.names:
        if not name.endswith((".xml", ".rels", ".bin")) or name.startswith(("xl/media/", "xl/drawings/")):
            continue
        try:
            parts[name] = package.part(name)
        except Unreadable:
            if name not in apart:
                raise
    return parts


def opened(parts: Mapping[str, bytes]) -> CalamineWorkbook:
    """Calamine's workbook of those parts. Raises Unreadable."""
    try:
        return CalamineWorkbook.from_filelike(stored(parts))
    except BaseException as error:
        raise _told(error) from None


def rows(workbook: CalamineWorkbook, index: int, sheet: str) -> list[list[Any]]:
    """The values of a sheet from A1 on, "" where blank. Raises Unreadable."""
    try:
        return workbook.get_sheet_by_index(index).to_python(skip_empty_area=False)
    except BaseException as error:
        raise _told(error, sheet) from None


def _told(error: BaseException, sheet: str = "") -> Unreadable:
    """A panic in Rust arrives as a BaseException of its own, which is no request to end."""
    if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
        raise error
    return not_a_workbook(str(error), sheet)
