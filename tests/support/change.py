"""A nation whose targets are joined in every way there is, figures for it, and what evaluations have written, for comparing."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, select
from support import tree

from monitor import pipeline
from monitor.pipeline import Evaluation, Moment
from monitor.reassessment import Assessing
from monitor.store import alerts as stored
from monitor.store import figures as packed
from monitor.store.database import writing
from monitor.store.tables import (
    alert_event,
    cell_number,
    day_number,
    evaluation,
    month_number,
    origin,
    series,
    standing,
)
from monitor.workspace import Workspace

MORE = """\
group: khac
name: Khác
defaults: {article: Điều 2, item: "1", owner: bo-ke-hoach, frequency: month}
targets:
  - {id: thu, name: Thu, printed: "100", target: ">= 100", unit_of_measure: tỷ đồng, measure: flow, breakdown: {units: commune, roll_up: none}}
  - {id: chi, name: Chi, printed: "90", target: "<= 90", unit_of_measure: tỷ đồng, measure: flow, breakdown: {units: commune, roll_up: none}}
  - {id: ti-trong, name: Tỷ trọng, printed: 90%, target: "<= 90", unit_of_measure: "%", measure: share, of: {part: chi, whole: thu}, breakdown: {units: commune, roll_up: none}}
  - {id: tang-thu, name: Tăng thu, printed: 5%, target: ">= 5", unit_of_measure: "%", measure: growth, of: {measure: flow, unit_of_measure: tỷ đồng}, breakdown: {units: commune, roll_up: sum}}
"""
TOGETHER = """\
group: doi-chieu
name: Đối chiếu
rules:
  - id: chi-qua-thu
    match: {thu: thu, chi: chi}
    when: chi.value > thu.value
    severity: high
    message: "chi vượt thu"
"""


def lay_out(root: Path) -> Path:
    tree.lay_out(root)
    (root / "rules" / "nq-1" / "02-khac.yaml").write_text(MORE, encoding="utf-8")
    (root / "rules" / "nq-1" / "consistency.yaml").write_text(TOGETHER, encoding="utf-8")
    return root


@cache
def conversion(target: str) -> str:
    return {"nuoc-sach": "%", "tang-truong": "%", "nha-o": "căn"}.get(target, "tỷ đồng")


def report(
    engine: Engine, day: date, *figures: tuple[str, str, str, float], later: int = 0, feed: str = "so-lieu"
) -> None:
    """Figures (target, unit, period, value) that count from a day on, or so many days later."""
    with writing(engine) as connection:
        for target, unit, period, value in figures:
            said = {"unit_of_measure": conversion(target), "basis": "" if conversion(target) == "%" else "year-to-date"}
            of = series.c.target == target, series.c.unit == unit
            number = connection.execute(select(series.c.id).where(*of)).scalar()
            if number is None:
                (number,) = connection.execute(series.insert().values(target=target, unit=unit)).inserted_primary_key
            common = {"feed": feed, "file": "f", "sheet": "", "standing": "", "recorded": datetime.now(UTC)} | said
            counts = day + timedelta(days=later)
            (common_number,) = connection.execute(
                origin.insert().values(common | {"newest": counts})
            ).inserted_primary_key
            arrival = packed.last(connection) + 1
            figure = value, cell_number("A1"), arrival, month_number(period), day_number(counts), common_number
            packed.append(connection, np.array([number]), np.array([figure], packed.FIGURE))


def begin(engine: Engine) -> None:
    """Some figures of each unit."""
    figures = [("von", unit, f"2024-0{n}", added * n) for unit, added in tree.ADDED.items() for n in (1, 2)]
    figures += [("nuoc-sach", unit, f"2024-0{n}", rate) for unit, rate in tree.RATES.items() for n in (1, 2)]
    figures += [(t, u, f"2024-0{n}", 8.0 * n) for t in ("thu", "chi") for u in ("xa-a", "xa-b", "xa-c") for n in (1, 2)]
    # Series without a past learn of their siblings: then every figure concerns all of them.
    past = [("von", unit) for unit in tree.ADDED] + [(t, u) for t in ("thu", "chi") for u in ("xa-a", "xa-b", "xa-c")]
    figures += [(target, unit, f"2023-{n:02}", 9.0 * n) for target, unit in past for n in range(1, 13)]
    figures += [("tang-thu", u, f"2023-0{n}", 7.0 * n) for u in ("xa-a", "xa-b", "xa-c") for n in range(1, 8)]
    report(engine, date(2024, 2, 20), *figures)


def evaluate(
    workspace: Workspace, engine: Engine, day: date, *, whole: bool = False, by: Assessing | None = None
) -> Evaluation:
    """Evaluate, by change or, `whole`, all of it; by others, where there are any."""
    if whole:
        with writing(engine) as connection:
            connection.execute(standing.update().values(version=""))
    return pipeline.evaluate(workspace, engine, workspace.resolutions[0], Moment.end_of(day), by=by)


def plain(value: Any) -> Any:
    """For comparing: what is added up in another order may differ in its last digits."""
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-9, abs=1e-9) if math.isfinite(value) else repr(value)
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


def recorded(engine: Engine) -> dict[str, Any]:
    """Everything that evaluations have written."""
    with engine.connect() as connection:
        alerts = stored.alerts(connection)
        happened = connection.execute(select(alert_event).order_by(alert_event.c.id)).mappings().all()
        c = evaluation.c
        counts = connection.execute(select(c.as_of, c.version, c.findings).order_by(c.as_of)).all()
    return {
        "alerts": {name: {key: getattr(alert, key) for key in alert.__slots__} for name, alert in alerts.items()},
        "events": [{key: value for key, value in row.items() if key != "id"} for row in happened],
        "counts": [tuple(row) for row in counts],
    }
