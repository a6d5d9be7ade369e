"""The zip that .xlsx, .xlsb and .ods files are, opened within limits."""

from __future__ import annotations

import io
import logging
import posixpath
import zipfile
import zlib
from collections.abc import Mapping
from functools import cached_property

from lxml import etree

from monitor.feeds.grid import Unreadable

log = logging.getLogger(__name__)

# A workbook is a zip: a small file may unpack to fill the memory.
MOST_UNPACKED = 300 * 2**20
MOST_PARTS = 10_000

# What zipfile and its decompressors raise for a file with a byte gone wrong, or with a password.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, NotImplementedError, RuntimeError, OSError)


class Package:
    """The parts of a zip by their names, each read and its checksum held when it is asked for.

    Raises Unreadable for what is no zip or unpacks to more than MOST_UNPACKED.
    """

    def __init__(self, content: bytes) -> None:
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
            members = self._archive.infolist()
        except DAMAGED as error:
            raise not_a_workbook(str(error)) from None
        unpacked = sum(member.file_size for member in members)
        if unpacked > MOST_UNPACKED or len(members) > MOST_PARTS:
            message = "the workbook unpacks to {found} MB, more than {most} MB"
            raise Unreadable(message, found=unpacked // 2**20, most=MOST_UNPACKED // 2**20)
        if any(member.flag_bits & 1 for member in members):
            raise protected()
        self._names = {member.filename.replace("\\", "/").lower(): member for member in members}
        self._read: dict[str, bytes] = {}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._names

    def part(self, name: str) -> bytes:
        """The bytes of a part, b"" for one that is missing. Raises Unreadable for a damaged one."""
        key = name.lower()
        if key not in self._read:
            try:
                self._read[key] = self._archive.read(self._names[key]) if key in self._names else b""
            except DAMAGED as error:
                raise not_a_workbook(f"{name}: {error}") from None
        return self._read[key]

    def forget(self, name: str) -> None:
        """Free what was kept of a part."""
        self._read.pop(name.lower(), None)

    def tree(self, name: str) -> etree._Element:
        """A part's XML. Raises Unreadable for a damaged one."""
        try:
            return parsed(self.part(name))
        except (etree.XMLSyntaxError, ValueError) as error:
            raise not_a_workbook(f"{name}: {error}") from None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all parts."""
        return tuple(member.filename for member in self._names.values())

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """What a part of an Office file refers to: id -> (kind, name of that part)."""
        folder, file = posixpath.split(name)
        relations = f"{folder}/_rels/{file}.rels"
        if relations not in self:
            return {}
        return {
            each.get("Id", ""): (
                each.get("Type", "").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, each.get("Target", ""))).lstrip("/"),
            )
            for each in self.tree(relations)
            if each.get("TargetMode") != "External"
        }


def parsed(xml: bytes) -> etree._Element:
    """XML without entities: a workbook needs none, and an attacker does. Raises etree.XMLSyntaxError, ValueError."""
    return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))


def stored(parts: Mapping[str, bytes]) -> io.BytesIO:
    """A zip of those parts, as another library wants it: what is in it was unpacked and measured before."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    file.seek(0)
    return file


def protected() -> Unreadable:
    """For what only a password opens."""
    return Unreadable("the workbook is protected with a password: save it without one, and send it again")


def not_a_workbook(reason: str, sheet: str = "") -> Unreadable:
    """For bytes that are not what they should be; `reason`: the library's words, which mean nothing to a clerk: for the log."""
    log.debug("not a workbook: %s %s", sheet, reason)
    if sheet:
        return Unreadable("the sheet is damaged and cannot be read", sheet=sheet)
    return Unreadable("this is not a workbook (.xlsx, .xlsb, .xls, .ods), or it is cut short")
