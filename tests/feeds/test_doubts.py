"""A well-formed figure is doubted only where its promise tells that it is a slip of writing."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from monitor.feeds.clean import clean, names
from monitor.feeds.declaration import Feed
from monitor.feeds.table import CELL_COLUMNS
from monitor.feeds.texts import CATEGORY
from monitor.model.comparator import parse_bound
from monitor.model.target import Source, Target
from monitor.model.unit import Unit

LONG = {"header": "t", "target": {"row": "t"}, "unit": {"row": "u"}, "period": {"row": "p"}, "value": {"row": "v"}}
FEED = {"id": "f", "source": {"kind": "file", "path": "f.csv"}, "schedule": "0 0 1 1 *", "numbers": "en", "table": LONG}
MARCH = pd.Period("2024-03", freq="M")


def target(printed: str, measured_in: str) -> Target:
    given: dict[str, Any] = {
        "id": "t", "name": "T", "source": Source(article="", item="", printed=printed), "unit_of_measure": measured_in,
        "target": parse_bound(printed), "measure": "level", "owner": "o", "group": "g",
    }  # fmt: skip
    return Target.model_validate(given)


@pytest.mark.parametrize(
    ("bound", "value", "doubted"), [("<= 0", 0.5, False), ("<= 0", 0.0, False), (">= 95", 0.95, True)]
)
def test_a_percentage_that_is_to_be_nothing_is_read_like_others(bound: str, value: float, doubted: bool) -> None:
    feed, asked = Feed.model_validate(FEED), target(bound, "%")
    told = {
        "target": "t",
        "unit": "u",
        "period": "2024-03",
        "raw": value,
        "offset": 0.0,
        "rounding": float("nan"),
        "flaw": None,
    }
    cells = pd.DataFrame(
        [{**dict.fromkeys(CELL_COLUMNS, ""), "row": 0, "line": 1, "column": 0, "file": "f.csv", **told}]
    )
    named = names(feed, [asked], [Unit(id="u", name="U", kind="city")])
    figures = clean(cells.astype({**CELL_COLUMNS, "file": CATEGORY}), feed, named, {"t": asked}, MARCH, MARCH)
    assert (figures["reason"][0] is not None) is doubted
