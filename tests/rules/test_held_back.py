"""What was sent and is held back as implausible is said to be so, up the tree: the whole lacks it though everybody reported."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from monitor.language import Language
from monitor.model.printed import remarks
from monitor.rules.findings import with_held_back

# unit: within, latest good period, latest reported period
Row = tuple[str, str, str]
NATION = {
    "vn": ("", "2024-05", "2024-05"),
    "a": ("vn", "2024-05", "2024-05"),
    "b": ("vn", "2024-06", "2024-06"),
    "a1": ("a", "2024-06", "2024-06"),
    "a2": ("a", "2024-05", "2024-06"),
    "a3": ("a", "2024-05", "2024-06"),
    "b1": ("b", "2024-06", "2024-06"),
}


@pytest.mark.parametrize(
    ("changes", "held_back"),
    [
        pytest.param({}, {"a": 2, "vn": 2}, id="up the tree"),
        pytest.param({"a": ("vn", "2024-06", "2024-06")}, {}, id="who reports itself lacks nothing"),
        pytest.param({"b": ("vn", "2024-05", "2024-06")}, {"a": 2, "vn": 3}, id="of both levels"),
        pytest.param({"a2": ("a", "2024-06", "2024-06"), "a3": ("a", "2024-06", "2024-06")}, {}, id="nothing is held back"),
        pytest.param({"a2": ("a", "2024-02", "2024-03"), "a3": ("a", "", "")}, {}, id="older than what the whole has"),
    ],
)  # fmt: skip
def test_a_whole_knows_what_of_its_parts_is_held_back(changes: dict[str, Row], held_back: dict[str, float]) -> None:
    rows = NATION | changes
    index = pd.MultiIndex.from_tuples([("ld", unit) for unit in rows], names=["target", "unit"])
    period, reported = ([row[n] for row in rows.values()] for n in (1, 2))
    implausible = [good != sent for good, sent in zip(period, reported, strict=True)]
    table = pd.DataFrame({"period": period, "reported_period": reported, "implausible": implausible}, index=index)
    within = pd.DataFrame({"within": [row[0] for row in rows.values()]}, index=index)
    found = with_held_back(table, within)["held_back"].droplevel("target").dropna()
    assert found.to_dict() == held_back


@pytest.mark.parametrize(
    ("count", "told"), [(None, ""), (math.nan, ""), (0.0, ""), (2.0, "2 reports of its parts have come")]
)
def test_it_is_told_where_there_is_something_to_tell(count: float | None, told: str) -> None:
    said = " ".join(remarks(Language("en"), {"held_back": count}))
    assert said.startswith(told)
    assert bool(remarks(Language("vi"), {"held_back": count})) == bool(told)
