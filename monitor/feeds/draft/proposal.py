"""What a draft says: a feed's declaration, entry by entry, each with why, and with what is for a person to decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitor.feeds.declaration import Feed
from monitor.model.problem import Said


@dataclass(frozen=True)
class Entry:
    """One key of a declaration. `reasons`: why so; `doubts`: what a person must decide."""

    key: str
    value: Any
    reasons: tuple[Said, ...] = ()
    doubts: tuple[Said, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """One feed. `head`: what stands before its table, `table` and `columns` what stands in it."""

    id: str
    head: tuple[Entry, ...]
    table: tuple[Entry, ...]
    columns: tuple[Entry, ...] = ()

    @property
    def data(self) -> dict[str, Any]:
        """The declaration as it is written."""
        table = {entry.key: entry.value for entry in self.table}
        if self.columns:
            table["columns"] = [entry.value for entry in self.columns]
        return {"id": self.id, **{entry.key: entry.value for entry in self.head}, "table": table}

    @property
    def targets(self) -> tuple[str, ...]:
        """The ids of the targets that it names."""
        named = [entry.value for entry in self.head if entry.key == "targets"]
        fixed = [entry.value.get("fixed") for entry in self.table if entry.key == "target"]
        found = [
            *(t for labels in named for t in labels.values()),
            *fixed,
            *(c.value.get("target") for c in self.columns),
        ]
        return tuple(dict.fromkeys(target for target in found if target))

    @property
    def feed(self) -> Feed:
        """The feed that it declares."""
        return Feed.model_validate(self.data)


@dataclass(frozen=True)
class Draft:
    """What was drafted from a file. `unmatched`: of the targets that were asked for, and are not in it, why; `matched`: whether
    anything in it is a target.
    """

    proposals: tuple[Proposal, ...]
    unmatched: Mapping[str, Said]
    matched: bool
