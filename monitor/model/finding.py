"""What a rule found, and how grave it is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How grave a finding is; `rank` orders them."""

    INFO = "info"
    WARNING = "warning"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 (info) to 3 (critical)."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


def fingerprint(resolution: str, rule: str, target: str, unit: str) -> str:
    """The stable name of an alert: the same rule on the same series of the same resolution is the same alert."""
    return hashlib.sha256("\n".join((resolution, rule, target, unit)).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule holds for a (target, unit) at an as-of date.

    `holds_for`: at how many successive reporting periods it must hold before its alert opens; `period`: the one at which it holds
    now, by its last month (`YYYY-MM`), empty while none was due. `message`: language -> text. `evidence`: the figures that made
    it hold (field -> value; for a rule across targets, alias -> such: `across`), finite numbers. `fingerprint`: of its alert.
    """

    resolution: str
    rule: str
    target: str
    unit: str
    severity: Severity
    holds_for: int
    message: dict[str, str]
    compiled: str
    period: str = ""
    across: bool = False
    evidence: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        name = fingerprint(self.resolution, self.rule, self.target, self.unit)
        object.__setattr__(self, "fingerprint", name)
