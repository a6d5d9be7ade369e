"""A person's word that certain alerts need not be told for a while."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Silence:
    """From `starts` to `ends`, both included. `matchers`: as a route's `choose`; `ended_by`: who cut it short."""

    id: int
    author: str
    reason: str
    matchers: dict[str, list[str] | str] = field(default_factory=dict)
    starts: date = date.min
    ends: date = date.max
    ended_by: str = ""

    def holds(self, day: date) -> bool:
        """Whether it is in effect on that day."""
        return self.starts <= day <= self.ends
