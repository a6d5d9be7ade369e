"""After a change only what can stand otherwise is assessed, and what comes of it is the same as when everything is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event
from support import tree

from monitor import pipeline
from monitor.alerts import lifecycle
from monitor.model.alert import State
from monitor.pipeline import Evaluation, Moment
from monitor.store import alerts as stored
from monitor.store.database import open_database, writing
from monitor.store.tables import observation, standing
from monitor.workspace import Workspace, load

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
UNITS = ("vn", "bo-y-te", "bo-xay-dung", "an-giang", "ca-mau", "xa-a", "xa-b", "xa-c", "bo-ke-hoach")
TARGETS = ("von", "nuoc-sach", "nha-o", "tang-truong", "thu", "chi", "tang-thu")
MONTHS = ("2023-06", "2023-12", "2024-01", "2024-03", "2024-04", "2024-05", "2024-06")


def lay_out(root: Path) -> Path:
    tree.lay_out(root)
    (root / "rules" / "nq-1" / "02-khac.yaml").write_text(MORE, encoding="utf-8")
    (root / "rules" / "nq-1" / "consistency.yaml").write_text(TOGETHER, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def workspaces(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Workspace]:
    """Two versions of the files: as laid out, and with a unit renamed and a threshold moved."""
    root = lay_out(tmp_path_factory.mktemp("reassessment") / "w")
    first = load(root)
    for name, was, now in (
        ("rules/nq-1/units.yaml", "name: Xã A", "name: Xã An"),
        ("rules/policy.yaml", "on_track: 0.35", "on_track: 0.5"),
    ):
        text = (root / name).read_text("utf-8")
        assert was in text
        (root / name).write_text(text.replace(was, now), encoding="utf-8")
    return first, load(root)


@cache
def conversion(target: str) -> str:
    return {"nuoc-sach": "%", "tang-truong": "%", "nha-o": "căn"}.get(target, "tỷ đồng")


def report(
    engine: Engine, day: date, *figures: tuple[str, str, str, float], later: int = 0, feed: str = "so-lieu"
) -> None:
    """Figures (target, unit, period, value) that count from a day on, or so many days later."""
    rows = [
        {"feed": feed, "target": target, "unit": unit, "period": period, "value": value}
        | {"unit_of_measure": conversion(target), "basis": "" if conversion(target) == "%" else "year-to-date"}
        | {"standing": "", "received": day + timedelta(days=later), "recorded": datetime.now(UTC)}
        | {"file": "f", "sheet": "", "cell": "A1"}
        for target, unit, period, value in figures
    ]
    with writing(engine) as connection:
        connection.execute(observation.insert(), rows)


def begun(path: Path) -> Engine:
    """A database with some figures of each unit."""
    engine = open_database(f"sqlite:///{path}")
    figures = [("von", unit, f"2024-0{n}", added * n) for unit, added in tree.ADDED.items() for n in (1, 2)]
    figures += [("nuoc-sach", unit, f"2024-0{n}", rate) for unit, rate in tree.RATES.items() for n in (1, 2)]
    figures += [(t, u, f"2024-0{n}", 8.0 * n) for t in ("thu", "chi") for u in ("xa-a", "xa-b", "xa-c") for n in (1, 2)]
    figures += [("tang-thu", u, f"2023-0{n}", 7.0 * n) for u in ("xa-a", "xa-b", "xa-c") for n in range(1, 8)]
    report(engine, date(2024, 2, 20), *figures)
    return engine


def evaluate(workspace: Workspace, engine: Engine, day: date, *, whole: bool = False) -> Evaluation:
    if whole:
        with writing(engine) as connection:
            connection.execute(standing.update().values(version=""))
    return pipeline.evaluate(workspace, engine, workspace.resolutions[0], Moment.end_of(day))


def plain(value: Any) -> Any:
    """For comparing: figures that are reckoned among others of their kind may differ in their last digits."""
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-5, abs=1e-7) if math.isfinite(value) else repr(value)
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


def recorded(engine: Engine) -> dict[str, Any]:
    """Everything that evaluations have written."""
    with engine.connect() as connection:
        alerts = stored.alerts(connection)
        events = stored.events(connection, "nq-1", date.max)
        counts = connection.exec_driver_sql("select as_of, version, findings from evaluation order by as_of").all()
    return {
        "alerts": {name: {key: getattr(alert, key) for key in alert.__slots__} for name, alert in alerts.items()},
        "events": [{key: getattr(each, key) for key in each.__slots__ if key != "number"} for each in events],
        "counts": [tuple(row) for row in counts],
    }


FIGURE = st.tuples(
    st.just("figure"),
    st.sampled_from(TARGETS),
    st.sampled_from(UNITS),
    st.sampled_from(MONTHS),
    st.sampled_from([0.5, 8.0, 31.0, 70.0, 88.0, 96.5, 300.0, 900.0, 1e5]),
    st.sampled_from([0, 0, 0, 3, 20]),
    st.sampled_from(["so-lieu", "so-lieu", "theo-quy"]),
)
STEPS = st.lists(
    st.one_of(
        FIGURE,
        FIGURE,
        FIGURE,
        st.tuples(st.just("day"), st.sampled_from([1, 1, 2, 12, 40])),
        st.tuples(st.just("files")),
        st.tuples(st.just("person"), st.sampled_from(["close", "acknowledge"]), st.integers(0, 30)),
    ),
    min_size=4,
    max_size=12,
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(steps=STEPS)
def test_whatever_happens_the_alerts_are_those_of_whole_evaluations(
    workspaces: tuple[Workspace, Workspace], tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Any, ...]]
) -> None:
    """Figures, corrections, figures that count later, edits, days that pass, people who close and acknowledge."""
    folder = tmp_path_factory.mktemp("steps")
    engines = [begun(folder / f"{name}.db") for name in ("by-change", "whole")]
    day, version = date(2024, 2, 28), 0
    for step in [("day", 0), ("day", 1), *steps]:
        match step:
            case ("figure", target, unit, period, value, later, feed):
                for engine in engines:
                    report(engine, day, (target, unit, period, value), later=later, feed=feed)
            case ("day", days):
                day += timedelta(days=days)
            case ("files",):
                version = 1 - version
            case ("person", deed, which):
                for engine in engines:
                    act(engine, deed, which, day)
        for engine in engines:
            evaluate(workspaces[version], engine, day, whole=engine is engines[1])
        by_change, whole = (recorded(engine) for engine in engines)
        assert by_change == plain(whole)


def act(engine: Engine, deed: str, which: int, day: date) -> None:
    """Somebody closes or acknowledges one of the open alerts."""
    with writing(engine) as connection:
        found = [alert for alert in stored.alerts(connection).values() if alert.state is State.OPEN]
        if found:
            stored.record(connection, [getattr(lifecycle, deed)(found[which % len(found)], "an", "", day)])


@pytest.mark.parametrize(
    ("figure", "units"),
    [
        pytest.param(None, set(), id="nothing"),
        pytest.param(("thu", "bo-ke-hoach", "2024-02", 1.0), set(), id="of-nobody-who-is-followed"),
        pytest.param(("nuoc-sach", "xa-a", "2024-02", 81.0), {"xa-a", "an-giang", "vn"}, id="of-a-commune"),
        pytest.param(("von", "ca-mau", "2024-02", 61.0), {"ca-mau", "vn"}, id="of-a-province"),
        pytest.param(("tang-truong", "vn", "2024-02", 6.1), {"vn"}, id="of-the-whole"),
        pytest.param(("thu", "xa-a", "2020-02", 1.0), None, id="older-than-what-is-kept"),
        pytest.param(("nha-o", "xa-a", "2024-02", 1.0), None, id="the-first-of-a-breakdown"),
        pytest.param(("von", "ca-mau", "2024-03", 1.0, "theo-quy"), {"ca-mau", "vn"}, id="of-another-feed"),
    ],
)
def test_what_is_assessed_is_what_the_change_concerns(
    workspaces: tuple[Workspace, Workspace],
    tmp_path: Path,
    figure: tuple[str, str, str, float] | None,
    units: set[str] | None,
) -> None:
    engine, day = begun(tmp_path / "m.db"), date(2024, 3, 1)
    assert evaluate(workspaces[0], engine, day).standing.units is None
    if figure is not None:
        report(engine, day, figure[:4])
    now = evaluate(workspaces[0], engine, day + timedelta(days=1)).standing
    assert now.units == units
    if units:
        assert set(now.assessments.index.get_level_values("unit")) == units


@pytest.mark.parametrize("edited", [0, 1], ids=["another-month-is-due", "the-files-were-edited"])
def test_everything_is_assessed_when(workspaces: tuple[Workspace, Workspace], tmp_path: Path, edited: int) -> None:
    engine = begun(tmp_path / "m.db")
    evaluate(workspaces[0], engine, date(2024, 3, 1))
    day = date(2024, 3, 2) if edited else date(2024, 4, 25)
    assert evaluate(workspaces[edited], engine, day).standing.units is None


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """What is asked of a database meanwhile."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def test_a_day_on_which_nothing_changed_asks_and_writes_as_much_for_many_alerts_as_for_few(
    workspaces: tuple[Workspace, Workspace], tmp_path: Path
) -> None:
    asked, rows = [], []
    for name in ("few", "many"):
        engine = begun(tmp_path / f"{name}.db")
        if name == "many":
            report(engine, date(2024, 2, 20), *(("nuoc-sach", unit, "2024-02", 1.0) for unit in tree.RATES))
        evaluate(workspaces[0], engine, date(2024, 3, 1))
        with statements(engine) as seen:
            evaluate(workspaces[0], engine, date(2024, 3, 2))
        asked.append(seen)
        with engine.connect() as connection:
            alerts = stored.alerts(connection)
        rows.append(len(alerts))
        assert {alert.last_seen for alert in alerts.values() if alert.holds} == {date(2024, 3, 2)}
    assert rows[0] < rows[1]
    assert asked[0] == asked[1]
    assert not [each for each in asked[0] if "INTO alert" in each or "UPDATE alert" in each]
