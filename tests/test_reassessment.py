"""After a change only what can stand otherwise is assessed, and what comes of it is the same as when everything is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event
from support import change, tree
from support.change import evaluate, plain, recorded, report

from monitor import post
from monitor.alerts import lifecycle
from monitor.model.alert import State
from monitor.store import alerts as stored
from monitor.store.database import open_database, writing
from monitor.workspace import Workspace, load

UNITS = ("vn", "bo-y-te", "bo-xay-dung", "an-giang", "ca-mau", "xa-a", "xa-b", "xa-c", "bo-ke-hoach")
TARGETS = ("von", "nuoc-sach", "nha-o", "tang-truong", "thu", "chi", "tang-thu")
MONTHS = ("2023-06", "2023-12", "2024-01", "2024-03", "2024-04", "2024-05", "2024-06")


@dataclass(frozen=True)
class Begun:
    """Two versions of the files, and a database with some figures of each unit."""

    versions: tuple[Workspace, Workspace] = field(repr=False)
    database: Path

    def engine(self, path: Path) -> Engine:
        """A copy of the database."""
        shutil.copy(self.database, path)
        return open_database(f"sqlite:///{path}")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Begun:
    """The files as laid out, and with a unit renamed and a threshold moved."""
    root = change.lay_out(tmp_path_factory.mktemp("reassessment") / "w")
    first = load(root)
    for name, was, now in (
        ("rules/nq-1/units.yaml", "name: Xã A", "name: Xã An"),
        ("rules/policy.yaml", "on_track: 0.35", "on_track: 0.5"),
    ):
        text = (root / name).read_text("utf-8")
        assert was in text
        (root / name).write_text(text.replace(was, now), encoding="utf-8")
    engine = open_database(f"sqlite:///{root / 'begun.db'}")
    change.begin(engine)
    engine.dispose()
    return Begun((first, load(root)), root / "begun.db")


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
    max_size=9,
)


@settings(max_examples=3, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@example(steps=[("figure", "von", "vn", "2024-04", 8.0, 3, "so-lieu"), ("day", 2), ("person", "close", 5), ("day", 1)])
@given(steps=STEPS)
def test_whatever_happens_the_alerts_are_those_of_whole_evaluations(
    begun: Begun, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Any, ...]]
) -> None:
    """Figures, corrections, figures that count later, edits, days that pass, people who close and acknowledge."""
    folder = tmp_path_factory.mktemp("steps")
    engines = [begun.engine(folder / f"{name}.db") for name in ("by-change", "whole")]
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
            evaluate(begun.versions[version], engine, day, whole=engine is engines[1])
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
    begun: Begun,
    tmp_path: Path,
    figure: tuple[str, str, str, float] | None,
    units: set[str] | None,
) -> None:
    engine, day = begun.engine(tmp_path / "m.db"), date(2024, 3, 1)
    assert evaluate(begun.versions[0], engine, day).standing.units is None
    if figure is not None:
        report(engine, day, figure[:4])
    now = evaluate(begun.versions[0], engine, day + timedelta(days=1)).standing
    assert now.units == units
    if units:
        assert set(now.assessments.index.get_level_values("unit")) == units


@pytest.mark.parametrize("edited", [0, 1], ids=["another-month-is-due", "the-files-were-edited"])
def test_everything_is_assessed_when(begun: Begun, tmp_path: Path, edited: int) -> None:
    engine = begun.engine(tmp_path / "m.db")
    evaluate(begun.versions[0], engine, date(2024, 3, 1))
    day = date(2024, 3, 2) if edited else date(2024, 4, 25)
    assert evaluate(begun.versions[edited], engine, day).standing.units is None


def test_everything_is_assessed_while_siblings_of_a_first_year_learn_of_each_other(
    begun: Begun, tmp_path: Path
) -> None:
    engine, day = begun.engine(tmp_path / "m.db"), date(2024, 3, 1)
    report(engine, day, ("nha-o", "xa-a", "2024-02", 9.0), ("nha-o", "xa-b", "2024-02", 9.0))
    evaluate(begun.versions[0], engine, day)
    assert evaluate(begun.versions[0], engine, day).standing.units == set()
    report(engine, day, ("nha-o", "xa-a", "2024-02", 8.0))
    assert evaluate(begun.versions[0], engine, day).standing.units is None


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
    begun: Begun, tmp_path: Path
) -> None:
    asked, rows = [], []
    for name in ("few", "many"):
        engine = begun.engine(tmp_path / f"{name}.db")
        if name == "many":
            report(engine, date(2024, 2, 20), *(("nuoc-sach", unit, "2024-02", 1.0) for unit in tree.RATES))
        evaluate(begun.versions[0], engine, date(2024, 3, 1))
        with statements(engine) as seen:
            evaluate(begun.versions[0], engine, date(2024, 3, 2))
        asked.append(seen)
        with engine.connect() as connection:
            alerts = stored.alerts(connection)
        rows.append(len(alerts))
        assert {alert.last_seen for alert in alerts.values() if alert.holds} == {date(2024, 3, 2)}
    assert rows[0] < rows[1]
    assert asked[0] == asked[1]
    assert not [each for each in asked[0] if "INTO alert" in each or "UPDATE alert" in each]


def test_many_changes_are_recorded_and_told_by_as_many_statements_as_few(begun: Begun, tmp_path: Path) -> None:
    workspace, asked, changes = begun.versions[0], [], []
    for name in ("few", "many"):
        engine = begun.engine(tmp_path / f"{name}.db")
        # What is revised is asked about, be it one figure or many.
        units = list(tree.RATES) if name == "many" else list(tree.RATES)[:1]
        report(engine, date(2024, 2, 20), *((t, u, "2024-02", 1.0) for t in ("nuoc-sach", "nha-o") for u in units))
        with statements(engine) as seen:
            done = evaluate(workspace, engine, date(2024, 3, 1))
            with engine.connect() as connection:
                for route in workspace.alerts.readers:
                    post.digest_for(workspace, connection, done.standing, route)
        asked.append([each for each in seen if "standing_unit" not in each])
        changes.append(len(done.changes))
    assert changes[0] < changes[1]
    assert len(asked[0]) == len(asked[1])
