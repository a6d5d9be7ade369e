"""`for: 2` is two reporting periods: of the figure that made the rule hold, or, where what is missing made it hold, of what is due."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from support import small

from monitor import pipeline
from monitor.model.period import Frequency
from monitor.pipeline import Moment
from monitor.store import alerts as stored_alerts
from monitor.store.database import open_database
from monitor.workspace import load

POLICY = """\
policies:
  - id: two
    when: {when}
    for: 2
    severity: high
    message: {{vi: x, en: x}}
"""
ACROSS = """\
rules:
  - id: two
    match: {a: bhyt, b: suy-dinh-duong}
    when: a.value - b.value > 0
    for: 2
    severity: high
    message: {vi: x, en: x}
"""


@pytest.mark.parametrize(
    ("when", "reported", "days", "opened"),
    [
        pytest.param("value < 95", 6, ["2024-06-30", "2024-07-01"], None, id="one report over two months"),
        pytest.param("value < 95", 6, ["2024-06-20", "2024-06-21", "2024-08-30"], None, id="silence adds no report"),
        pytest.param("value < 95", 12, ["2024-06-30", "2024-07-31"], "2024-07-31", id="two reports"),
        pytest.param("overdue >= 1", 4, ["2024-05-22", "2024-05-31", "2024-06-01"], None, id="one report overdue"),
        pytest.param("overdue >= 1", 4, ["2024-05-31", "2024-06-30"], "2024-06-30", id="two reports overdue"),
        pytest.param('status == "no_data"', 0, ["2024-01-31", "2024-02-01"], None, id="no figures when one was due"),
        pytest.param('status == "no_data"', 0, ["2024-01-31", "2024-02-29"], "2024-02-29", id="nor the next"),
        pytest.param("", 6, ["2024-06-30", "2024-07-01"], None, id="across targets, one report"),
        pytest.param("", 12, ["2024-06-30", "2024-07-31"], "2024-07-31", id="across targets, two reports"),
    ],
)
def test_a_rule_for_two_periods(tmp_path: Path, when: str, reported: int, days: list[str], opened: str | None) -> None:
    root = small.lay_out(tmp_path / "w")
    if when:
        (root / "rules" / "policy.yaml").write_text(POLICY.format(when=f"'{when}'"), encoding="utf-8")
    else:
        (root / "rules" / "policy.yaml").write_text("policies: []\n", encoding="utf-8")
        (root / "rules" / "nq" / "consistency.yaml").write_text(ACROSS, encoding="utf-8")
    (root / "feeds" / "so-lieu.csv").write_text(small.figures(months=reported), encoding="utf-8")
    workspace, engine = load(root), open_database(f"sqlite:///{tmp_path / 'm.db'}")
    feed = workspace.feeds[0]
    for day in days:
        moment = Moment.end_of(date.fromisoformat(day))
        pipeline.ingest(workspace, engine, feed, pipeline.open_source(workspace, feed, {}), moment)
        pipeline.evaluate(workspace, engine, workspace.resolutions[0], moment)
    with engine.connect() as connection:
        (alert,) = [a for a in stored_alerts.alerts(connection).values() if a.target == "bhyt"]
    engine.dispose()
    assert alert.opened == (date.fromisoformat(opened) if opened else None)


@pytest.mark.parametrize(
    ("frequency", "month", "period"),
    [
        (Frequency.MONTH, "2024-04", "2024-04"),
        (Frequency.QUARTER, "2024-04", "2024-06"),
        (Frequency.QUARTER, "2024-06", "2024-06"),
        (Frequency.HALF, "2024-07", "2024-12"),
        (Frequency.YEAR, "2024-01", "2024-12"),
        (Frequency.QUARTER, "", ""),
    ],
)
def test_a_month_lies_in_a_period_of_the_target_s_own_frequency(frequency: Frequency, month: str, period: str) -> None:
    assert frequency.of(month) == period
