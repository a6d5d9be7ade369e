"""A well-formed figure is doubted only where its promise tells that it is a slip of writing."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.feeds.clean import _doubt
from monitor.model.comparator import parse_bound
from monitor.model.target import Source, Target


@pytest.mark.parametrize(
    ("bound", "value", "doubted"), [("<= 0", 0.5, False), ("<= 0", 0.0, False), (">= 95", 0.95, True)]
)
def test_a_percentage_that_is_to_be_nothing_is_read_like_others(bound: str, value: float, doubted: bool) -> None:
    given: dict[str, Any] = {
        "id": "t", "name": "T", "source": Source(article="", item="", printed=bound), "unit_of_measure": "%",
        "target": parse_bound(bound), "measure": "level", "owner": "o", "group": "g",
    }  # fmt: skip
    assert (_doubt(value, Target.model_validate(given)) is not None) is doubted
