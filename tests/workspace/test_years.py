"""Parts of a year, several years, resolutions that are over and those that follow them, side by side in one workspace."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine
from support import small

from monitor import pipeline
from monitor.feeds.read import open_feed
from monitor.language import Language
from monitor.model.alert import State
from monitor.model.comparator import Bound, Comparator
from monitor.model.problem import Problems
from monitor.model.resolution import Period, Resolution
from monitor.model.target import Target
from monitor.pipeline import Moment
from monitor.store import alerts as stored
from monitor.store.database import open_database
from monitor.workspace import Workspace, load

NEXT = """\
group: y-te
name: Y tế
defaults: {article: Điều 1, item: "1", owner: y-te, frequency: month}
targets:
  - {id: bhyt, name: Bảo hiểm y tế, printed: "95,5%", target: ">= 95.5", measure: level, unit_of_measure: "%"}
  - {id: thap-coi, continues: suy-dinh-duong, name: Suy dinh dưỡng, printed: <8%, target: "< 8", measure: level, unit_of_measure: "%"}
"""
FIVE = """\
group: y-te
name: Y tế
defaults: {article: Điều 1, item: "1", owner: y-te, frequency: month}
targets:
  - {id: bhyt, name: Bảo hiểm y tế, printed: 96%, target: ">= 96", baseline: 91, measure: level, unit_of_measure: "%"}
  - {id: tiem-chung, name: Tiêm chủng, printed: 99%, target: ">= 99", by_year: {2024: ">= 98"}, measure: level, unit_of_measure: "%"}
"""


def add(root: Path, identifier: str, start: str, end: str, targets: str) -> None:
    """Another resolution of the same body."""
    folder = root / "rules" / identifier
    folder.mkdir()
    head = (
        small.RESOLUTION.replace("id: nq\n", f"id: {identifier}\n")
        .replace("2024-01-01", start)
        .replace("2024-12-31", end)
    )
    for name, text in {"resolution.yaml": head, "units.yaml": small.UNITS, "01-y-te.yaml": targets}.items():
        (folder / name).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = small.lay_out(tmp_path_factory.mktemp("years") / "w")
    add(root, "nq-25", "2025-01-01", "2025-12-31", NEXT)
    add(root, "nq-5", "2021-01-01", "2025-12-31", FIVE)
    with (root / "feeds" / "so-lieu.csv").open("a", encoding="utf-8") as file:
        file.write("bhyt,2025-01,92\nbhyt,2025-02,93\nsuy-dinh-duong,2025-02,8.4\n")
    return load(root)


@pytest.fixture(scope="module")
def engine(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('store')}/m.db")
    feed = workspace.feeds[0]
    opened = open_feed(feed, workspace.feeds_folder, workspace.targets, workspace.units, *workspace.months, {})
    pipeline.ingest(workspace, engine, feed, opened, Moment.end_of(date(2025, 3, 31)))
    return engine


def row(workspace: Workspace, engine: Engine, resolution: str, target: str, day: date) -> pd.Series:
    standing = pipeline.stand(workspace, engine, workspace.resolution(resolution), day)
    return standing.assessments.loc[(target, "tp")]


@pytest.mark.parametrize(
    ("target", "promised", "status", "printed"),
    [("bhyt", 95.0, "missed", "95%"), ("tiem-chung", 98.0, "met", "98%")],
    ids=["on the straight line from 91 to 96", "as the document says of the year"],
)
def test_each_year_of_five_has_its_own_figure_and_verdict(
    workspace: Workspace, engine: Engine, target: str, promised: float, status: str, printed: str
) -> None:
    found = row(workspace, engine, "nq-5", target, date(2024, 12, 31))
    assert (found["promised"], found["status"], found["printed"]) == (promised, status, printed)


def test_the_last_of_five_years_is_held_against_what_was_promised_for_its_end(
    workspace: Workspace, engine: Engine
) -> None:
    assert row(workspace, engine, "nq-5", "bhyt", date(2025, 2, 28))["promised"] == 96


def test_the_next_resolution_goes_on_with_the_history_of_the_one_before(workspace: Workspace, engine: Engine) -> None:
    """92% in January: the year began at 89%, where the last one ended."""
    found = row(workspace, engine, "nq-25", "bhyt", date(2025, 2, 28))
    assert found["last_year"] == pytest.approx(94.1)
    assert 89 < found["required"] < 91


def test_a_target_of_another_name_goes_on_with_what_it_continues(workspace: Workspace, engine: Engine) -> None:
    found = row(workspace, engine, "nq-25", "thap-coi", date(2025, 2, 28))
    assert (found["value"], found["last_year"]) == (8.4, 8.9)


def test_a_resolution_that_is_over_keeps_its_verdict_and_ends_its_alerts(workspace: Workspace, engine: Engine) -> None:
    declared = workspace.resolution("nq")
    for day in (date(2024, 12, 31), date(2025, 4, 2), date(2025, 4, 3)):
        pipeline.evaluate(workspace, engine, declared, Moment.end_of(day))
        with engine.connect() as connection:
            alerts = [a for a in stored.alerts(connection, "nq").values() if a.target == "bhyt" and a.rule == "missed"]
        assert [a.state for a in alerts] == [State.RESOLVED if day > date(2025, 4, 2) else State.OPEN]
    with engine.connect() as connection:
        assert (
            stored.history(connection, alerts[0].fingerprint)[-1].note
            == "the resolution is over, and its last verdict stands"
        )
    assert row(workspace, engine, "nq", "bhyt", date(2026, 1, 1))["status"] == "missed"
    assert declared not in workspace.told(date(2025, 4, 3))


def test_a_school_year_of_nine_months_is_judged_at_its_end(tmp_path: Path) -> None:
    year = Resolution.model_validate(
        {
            **{"id": "hoc", "number": "1", "title": "", "body": "", "adopted": "2024-08-01"},
            "period": {"start": "2024-09-01", "end": "2025-05-31"},
        }
    )
    root = small.lay_out(tmp_path / "w")
    add(root, "hoc", "2024-09-01", "2025-05-31", NEXT)
    series = load(root).resolution("hoc").series(date(2025, 1, 31))
    assert set(series["due_month"].astype(str)) == {"2025-05"}
    assert (year.years, year.of_year(date(2025, 1, 1))) == (1, year)


@pytest.mark.parametrize(
    ("end", "right"), [("2024-06-30", True), ("2028-12-31", True), ("2025-06-30", False), ("2040-12-31", False)]
)
def test_a_period_is_a_part_of_a_year_or_whole_years(end: str, right: bool) -> None:
    if right:
        assert Period(start=date(2024, 1, 1), end=date.fromisoformat(end))
    else:
        with pytest.raises(ValueError, match="whole years"):
            Period(start=date(2024, 1, 1), end=date.fromisoformat(end))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("continues: suy-dinh-duong", "continues: suy-dinh-duon", 'target "suy-dinh-duon" is not known. Did you mean "suy-dinh-duong"?'),
        ('target: "< 8", measure: level, unit_of_measure: "%"', 'target: "< 8", measure: level, unit_of_measure: người', "this one counts in"),
        ('target: ">= 95.5"', 'by_year: {2025: ">= 95"}, target: ">= 95.5"', "by_year belongs to a plan of several years"),
    ],
)  # fmt: skip
def test_what_cannot_go_on_is_refused(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in NEXT
    root = small.lay_out(tmp_path / "w")
    add(root, "nq-25", "2025-01-01", "2025-12-31", NEXT.replace(old, new))
    with pytest.raises(Problems) as found:
        load(root)
    assert told in "\n".join(problem.text(Language("en")) for problem in found.value.problems)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("by_year: {2024: ", "by_year: {2034: ", 'year "2034" is not known'),
        ("baseline: 91, measure: level", "measure: flow", "what adds up over several years needs"),
        ("baseline: 91, measure", "due: 2023-06, measure", "each year is judged at its end"),
    ],
)
def test_several_years_say_what_each_promises(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in FIVE
    root = small.lay_out(tmp_path / "w")
    add(root, "nq-5", "2021-01-01", "2025-12-31", FIVE.replace(old, new))
    with pytest.raises(Problems) as found:
        load(root)
    assert told in "\n".join(problem.text(Language("en")) for problem in found.value.problems)


def test_a_figure_of_a_plan_is_not_replaced_by_what_the_document_said_of_its_own() -> None:
    source = {"article": "", "item": "", "printed": "1.000 căn"}
    told = {
        "target": ">= 1000",
        "by_year": {2024: ">= 300", 2025: ">= 700"},
        "measure": "flow",
        "unit_of_measure": "căn",
    }
    target = Target.model_validate({"id": "t", "name": "t", "owner": "o", "group": "g", "source": source, **told})
    assert target.in_year(target.target, 2024, 1, 2).floor == 300
    assert target.in_year(Bound(Comparator.AT_LEAST, 45.0), 2024, 1, 2).floor == 45
