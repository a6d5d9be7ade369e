"""OpenDocument workbooks (.ods), as LibreOffice writes them: values by calamine."""

from __future__ import annotations

from functools import partial

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from monitor.feeds.formats.excel import calamine
from monitor.feeds.formats.excel.cells import Marks, grid
from monitor.feeds.formats.excel.package import Package
from monitor.feeds.grid import Grid, Sheet

MANIFEST = "META-INF/manifest.xml"


def sheets(package: Package) -> list[Sheet]:
    """The worksheets. Raises Unreadable for a package that is none."""
    values = calamine.opened(calamine.parts_of(package, ()))
    return [
        Sheet(each.name, each.visible != SheetVisibleEnum.Visible, partial(_load, values, index, each.name))
        for index, each in enumerate(values.sheets_metadata)
        if each.typ == SheetTypeEnum.WorkSheet
    ]


def _load(values: CalamineWorkbook, index: int, name: str) -> Grid:
    return grid(name, False, calamine.rows(values, index, name), Marks())
