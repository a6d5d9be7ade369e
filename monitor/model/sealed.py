"""What is written down once, and seldom looked into: an object of JSON, carried and compared as its text. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json, to_json


@dataclass(frozen=True, slots=True, eq=False)
class Sealed(Mapping[str, Any]):
    """A mapping as the `text` of its JSON, which is read whenever somebody looks into it."""

    text: str

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Sealed:
        """Of values that JSON can tell."""
        return cls(to_json(values, inf_nan_mode="constants").decode())

    @property
    def plain(self) -> dict[str, Any]:
        """What it says."""
        found: dict[str, Any] = from_json(self.text)
        return found

    def __getitem__(self, key: str) -> Any:
        return self.plain[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.plain)

    def __len__(self) -> int:
        return len(self.plain)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Sealed) and self.text == other.text:
            return True
        return isinstance(other, Mapping) and self.plain == dict(other)

    __hash__ = None  # type: ignore[assignment]
