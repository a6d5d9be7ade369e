"""The store, on SQLite and on PostgreSQL: appended, never overwritten; all or nothing; the schema is what the migrations make."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, event, inspect, text
from sqlalchemy.exc import IntegrityError
from support import small

from monitor import pipeline
from monitor.feeds.grid import MOST_CELLS, address
from monitor.model.alert import Alert, Change, Event, Happening, State
from monitor.model.finding import Severity
from monitor.model.observation import OBSERVATION_COLUMNS, QUARANTINE_COLUMNS, Reading
from monitor.model.period import Calendar
from monitor.model.problem import Problems
from monitor.pipeline import Moment
from monitor.store import alerts as stored_alerts
from monitor.store import archive, columns, taking
from monitor.store import observations as stored
from monitor.store.database import NEWEST, of_file, open_database, writing
from monitor.store.tables import cell_address, cell_number, metadata, series_figures
from monitor.workspace import Workspace, load

NOW = datetime(2024, 4, 1, 8, tzinfo=UTC)


def reading(*figures: tuple[str, float, date | None], feed: str = "f") -> Reading:
    """A reading of one target's city figures: (period, value, day sent)."""
    rows = [
        [feed, "t", "u", period, value, "%", "year-to-date", "", sent, f"feeds/{feed}.csv", "", f"{n}:4"]
        for n, (period, value, sent) in enumerate(figures, start=2)
    ]
    observations = pd.DataFrame(rows, columns=OBSERVATION_COLUMNS).astype({"received": object})
    return Reading(observations, pd.DataFrame(columns=QUARANTINE_COLUMNS))


def take(engine: Engine, what: Reading, today: date, feed: str = "f") -> tuple[int, int, int]:
    with writing(engine) as connection:
        taken = taking.add(connection, feed, what, Calendar(), NOW, today)
    return taken.added, taken.revised, taken.known


def known(engine: Engine, as_of: date) -> dict[str, float]:
    with engine.connect() as connection:
        table = stored.observations(connection, as_of)
    return dict(zip(table["period"], table["value"], strict=True))


def test_the_migrations_make_the_tables_that_the_program_uses(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert set(metadata.tables) <= set(inspect(connection).get_table_names())


def test_the_newest_migration_is_the_one_that_the_program_looks_for(engine: Engine) -> None:
    with engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == NEWEST


def test_figures_kept_in_words_are_the_same_in_numbers(engine: Engine) -> None:
    """What an older program left is brought over whole, and back, with the numbers under which it arrived."""
    for day, value, cell in ((1, 20.0, "B7"), (2, 21.5, "AA12")):
        of = reading(("2024-02", value, None), ("2024-03", value, date(2024, 3, 20)))
        of.observations["cell"] = cell
        take(engine, of, date(2024, 4, day))
    before = stored_rows(engine)
    assert [(row["value"], row["cell"]) for row in before] == [(20.0, "B7")] * 2 + [(21.5, "AA12")] * 2
    config = Config()
    config.set_main_option("script_location", str(Path(columns.__file__).parent / "migrations"))
    of_origins = text("SELECT max(newest), min(first) FROM origin")
    with writing(engine) as connection:
        bounds = connection.execute(of_origins).one()
        config.attributes["connection"] = connection
        command.downgrade(config, "0012")
        words = connection.execute(text("SELECT arrival, target, period, cell FROM observation ORDER BY arrival")).all()
        command.upgrade(config, "head")
        assert connection.execute(of_origins).one() == bounds == (20240402, 1)
    assert [tuple(row) for row in words] == [(row["arrival"], "t", row["period"], row["cell"]) for row in before]
    assert stored_rows(engine) == before
    take(engine, reading(("2024-02", 22.0, None)), date(2024, 4, 5))
    assert [row["arrival"] for row in stored_rows(engine)] == [1, 2, 3, 4, 5]


def test_a_backup_of_an_older_program_is_restored_and_stays_as_it_was(engine: Engine, tmp_path: Path) -> None:
    take(engine, reading(("2024-02", 20.0, None)), date(2024, 4, 1))
    before, file = stored_rows(engine), tmp_path / "backup.sqlite"
    archive.backup(engine, file)
    old = open_database(f"sqlite:///{file}")
    config = Config()
    config.set_main_option("script_location", str(Path(columns.__file__).parent / "migrations"))
    with writing(old) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0015")
        # By which this program knows its own.
        connection.execute(text("DROP TABLE backup"))
    old.dispose()
    with closing(sqlite3.connect(file)) as whole:
        whole.execute("PRAGMA journal_mode = DELETE")
    written = file.read_bytes()
    file.chmod(0o444)
    restored = open_database(f"sqlite:///{tmp_path}/new.db")
    archive.restore(restored, file)
    assert stored_rows(restored) == before
    assert file.read_bytes() == written
    restored.dispose()


@pytest.mark.parametrize("version", [None, "1a2b", "9999", ("0016", "0015")])
def test_a_database_of_another_program_is_no_backup(tmp_path: Path, version: str | tuple[str, ...] | None) -> None:
    file, engine = tmp_path / "other.sqlite", open_database(f"sqlite:///{tmp_path}/new.db")
    with closing(sqlite3.connect(file)) as other, other:
        other.execute("CREATE TABLE theirs (a)")
        if version is not None:
            other.execute("CREATE TABLE alembic_version (version_num)")
            other.executemany(
                "INSERT INTO alembic_version VALUES (?)", [(version,)] if isinstance(version, str) else [*zip(version)]
            )
    written = file.read_bytes()
    with pytest.raises(Problems, match="not a backup"):
        archive.restore(engine, file)
    assert file.read_bytes() == written
    engine.dispose()


DAMAGES = {
    "a-bit-of-a-figure": "UPDATE series_figures SET figures = zeroblob(length(figures))",
    "a-series-less": "DELETE FROM series_figures",
    "an-origin-less": "DELETE FROM origin",
    "a-table-less": "DROP TABLE series_figures",
    "a-column-less": "ALTER TABLE origin DROP COLUMN sheet",
    "not-by-whom": "DELETE FROM backup",
    "of-an-older-one,-figures-that-are-none": "PRAGMA ignore_check_constraints = ON; UPDATE series_figures SET figures = x'00'; DROP TABLE backup",
    "of-an-older-one,-no-table": "DROP TABLE series_figures; DROP TABLE backup",
    "of-an-older-one,-no-day": "INSERT INTO silence VALUES (1, 'a', 'b', '{}', 'no day', 'none', 'never', ''); DROP TABLE backup",
    "of-an-older-one,-no-json": "INSERT INTO silence VALUES (1, 'a', 'b', '{', '2024-01-01', '2024-01-01', 0, ''); DROP TABLE backup",
    "of-an-older-one,-an-event-of-nothing": (
        "INSERT INTO alert_event VALUES (1, 'none', '2024-01-01', '', '', '', '', '', '', '{}', '{}'); DROP TABLE backup"
    ),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_backup_is_told_and_nothing_of_it_is_restored(engine: Engine, tmp_path: Path, damage: str) -> None:
    take(engine, reading(("2024-02", 20.0, None)), date(2024, 4, 1))
    file, into = tmp_path / "backup.sqlite", open_database(f"sqlite:///{tmp_path}/new.db")
    archive.backup(engine, file)
    with closing(sqlite3.connect(file)) as whole:
        whole.executescript(damage)
    with pytest.raises(Problems, match="damaged") as told:
        archive.restore(into, file)
    assert [problem.file for problem in told.value.problems] == [str(file)]
    with into.connect() as connection:
        assert archive.used_tables(connection) == []
    into.dispose()


@pytest.mark.parametrize(
    "name", ["what?.sqlite", "20%25.sqlite", "a#b;c.sqlite", "tháng 11/luu.sqlite", "x?y/luu.sqlite"]
)
def test_a_backup_has_the_name_that_it_was_given(engine: Engine, tmp_path: Path, name: str) -> None:
    take(engine, reading(("2024-02", 20.0, None)), date(2024, 4, 1))
    file, into = tmp_path / "backups" / name, open_database(of_file(tmp_path / name.replace("/", "")))
    file.parent.mkdir(parents=True)
    archive.backup(engine, file)
    assert [each.name for each in file.parent.iterdir()] == [file.name]
    archive.restore(into, file)
    assert stored_rows(into) == stored_rows(engine)
    into.dispose()


def test_figures_that_are_no_whole_ones_are_not_stored(engine: Engine) -> None:
    take(engine, reading(("2024-02", 20.0, None)), date(2024, 4, 1))
    with pytest.raises(IntegrityError), writing(engine) as connection:
        connection.execute(series_figures.update().values(figures=b"12345"))


def test_who_waited_to_write_sees_what_was_written_whatever_the_server_is_set_to(postgres_url: str) -> None:
    own = open_database(
        f"{postgres_url}{'&' if '?' in postgres_url else '?'}options=-c%20default_transaction_isolation%3Dserializable"
    )
    with own.connect() as connection:
        assert connection.execute(text("SHOW transaction_isolation")).scalar() == "serializable"
    with writing(own) as connection:
        assert connection.execute(text("SHOW transaction_isolation")).scalar() == "read committed"
    own.dispose()


def stored_rows(engine: Engine) -> list[dict[str, object]]:
    with engine.connect() as connection:
        table = stored.revisions(connection, "t", "u", date(2024, 12, 31))
    return [
        {str(name): value for name, value in row.items()} for row in table.sort_values("arrival").to_dict("records")
    ]


@given(st.integers(1, 99_999_999), st.integers(1, 16_384), st.integers(1, MOST_CELLS))
def test_an_address_comes_back_as_it_was(row: int, column: int, of_text: int) -> None:
    for written in (address(row - 1, column - 1), f"{row}:{of_text}", str(row)):
        assert cell_number(written) < 2**53  # a float holds it, as which it may be read
        assert cell_address(cell_number(written)) == written


def test_reading_the_same_twice_changes_nothing(engine: Engine) -> None:
    what = reading(("2024-01", 10.0, date(2024, 1, 18)), ("2024-02", 20.0, None))
    assert take(engine, what, date(2024, 4, 1)) == (2, 0, 0)
    assert take(engine, what, date(2024, 4, 2)) == (0, 0, 2)


def test_a_corrected_figure_is_a_revision_and_an_earlier_day_sees_what_was_known_then(engine: Engine) -> None:
    take(engine, reading(("2024-02", 20.0, date(2024, 2, 18))), date(2024, 3, 1))
    assert take(engine, reading(("2024-02", 21.0, date(2024, 3, 10))), date(2024, 3, 11)) == (0, 1, 0)
    assert known(engine, date(2024, 3, 9)) == {"2024-02": 20.0}
    assert known(engine, date(2024, 3, 10)) == {"2024-02": 21.0}
    with engine.connect() as connection:
        assert stored.observations(connection, date(2024, 3, 10))["revision"].tolist() == [2]


def test_a_figure_set_back_is_a_revision_too(engine: Engine) -> None:
    for day, value in ((1, 20.0), (2, 21.0), (3, 20.0)):
        take(engine, reading(("2024-02", value, None)), date(2024, 4, day))
    assert known(engine, date(2024, 4, 2)) == {"2024-02": 21.0}
    assert known(engine, date(2024, 4, 3)) == {"2024-02": 20.0}


SECOND_OF_JULY, TENTH_OF_AUGUST = date(2024, 7, 2), date(2024, 8, 10)


def test_a_few_figures_tell_where_they_stand_as_all_of_them_do(engine: Engine) -> None:
    take(engine, reading(("2024-01", 10.0, None), ("2024-02", 20.0, date(2024, 3, 10))), date(2024, 3, 11))
    take(
        engine, reading(("2024-02", 21.0, date(2024, 3, 9)), ("2024-03", 30.0, None), feed="g"), date(2024, 4, 16), "g"
    )
    for day in (date(2024, 3, 9), date(2024, 3, 10), date(2024, 5, 1)):
        with engine.connect() as connection:
            whole = stored.observations(connection, day)
            brief = stored.observations(connection, day, placed=False)
            told = stored.places(connection, brief)
        assert {*whole} - {*brief} == {"received", "recorded", "file", "sheet", "cell"}
        assert told.astype(object).to_dict("records") == whole[[*told]].astype(object).to_dict("records")


def test_the_units_that_new_figures_concern_are_those_whose_figures_have_come_or_begun_to_count(engine: Engine) -> None:
    """Also where a day was looked from that is before what is stored."""
    first, second = date(2024, 4, 1), date(2024, 4, 20)
    # What is said of a month that is not over counts from its closing day.
    take(engine, reading(("2024-03", 1.0, None), ("2024-04", 2.0, None)), first)

    def concerned(arrival: int, then: date, now: date, without: frozenset[str] = frozenset()) -> set[str]:
        with engine.connect() as connection:
            return stored.changed_units(connection, arrival, then, now, without)

    with engine.connect() as connection:
        last = stored.last_recorded(connection)
    assert concerned(0, first, first) == {"u"}
    assert concerned(last, first, first) == set()
    assert concerned(last, first, date(2024, 4, 13)) == set()
    assert concerned(last, first, second) == {"u"}
    assert concerned(last, first, second, frozenset({"f"})) == set()
    assert concerned(last, second, date(2024, 12, 31)) == set()
    assert concerned(last, date(2024, 3, 1), first) == {"u"}


def test_figures_left_of_a_unit_are_kept_by_postgresql_as_they_are(empty_postgres: str) -> None:
    engine = open_database(empty_postgres)
    query = "SELECT attstorage FROM pg_attribute WHERE attrelid = 'standing_unit'::regclass AND attname = 'figures'"
    with engine.connect() as connection:
        assert connection.execute(text(query)).scalar_one() in ("e", b"e")
    engine.dispose()


def test_evidence_is_written_once_and_read_as_it_was(engine: Engine) -> None:
    alert = Alert(
        *("a1", "nq", "r", "t", "u", Severity.HIGH, State.OPEN, 1, NOW.date(), NOW.date(), NOW.date(), None, "", "t/r"),
        version="v1",
        evidence={"value": 1.5, "sources": [{"cell": "B7"}]},
    )
    told = Event("a1", NOW.date(), Happening.OPENED, alert.severity, alert.state, "v1", evidence=alert.evidence)
    acted = Event("a1", NOW.date(), Happening.ACKNOWLEDGED, alert.severity, State.ACKNOWLEDGED, "v1", by="b")
    newer = replace(alert, evidence={"value": 2.5})
    for change, in_alert in ((Change(alert, told), False), (Change(alert, acted), True), (Change(newer, None), True)):
        with writing(engine) as connection:
            stored_alerts.keep_ruleset(connection, "v1", "nq", NOW.date(), dict)
            stored_alerts.record(connection, [change])
            (present,) = stored_alerts.alerts(connection, "nq").values()
            written = connection.execute(text("SELECT evidence FROM alert")).scalar_one()
        assert present == change.alert
        assert (written not in (None, "null")) == in_alert
    with engine.connect() as connection:
        assert [event.evidence for event in stored_alerts.history(connection, "a1")] == [alert.evidence, {}]


@pytest.mark.parametrize(
    ("taken", "known_in_september"),
    [
        # (feed, day it came, value, day it says it was sent)
        ([("f", 5, 10.0, 5), ("f", 6, 11.0, 6), ("form", 6, 12.0, None)], 12.0),
        ([("f", 2, 10.0, 2), ("form", 10, 12.0, None)], 12.0),
        ([("f", 5, 10.0, 5), ("f", 6, 12.0, 5), ("f", 7, 10.0, 5)], 10.0),
        ([("f", 5, 10.0, None), ("f", 6, 12.0, None), ("f", 7, 10.0, None)], 10.0),
        ([("f", 5, 10.0, None), ("form", 6, 12.0, None), ("f", 7, 10.0, None)], 12.0),
        ([("f", 9, 10.0, 9), ("late", 20, 8.0, 3)], 10.0),
        ([("form", 6, 12.0, None), ("f", 8, 10.0, 8)], 10.0),
    ],
    ids=[
        *(
            "of-the-same-day-as-another-feeds-revision",
            "of-a-feed-read-for-the-first-time",
            "set-back-under-one-stated-day",
        ),
        *(
            "set-back",
            "against-a-feed-that-repeats-itself",
            "older-news-that-comes-later",
            "a-later-statement-after-a-form",
        ),
    ],
)
def test_of_two_figures_the_one_said_later_stands(
    engine: Engine, taken: list[tuple[str, int, float, int | None]], known_in_september: float
) -> None:
    for feed, day, value, sent in taken:
        stated = None if sent is None else date(2024, 8, sent)
        take(engine, reading(("2024-06", value, stated), feed=feed), date(2024, 8, day), feed)
    assert known(engine, date(2024, 9, 1)) == {"2024-06": known_in_september}


def test_a_correction_by_a_feed_read_for_the_first_time_is_not_known_before_it_came(engine: Engine) -> None:
    take(engine, reading(("2024-06", 10.0, SECOND_OF_JULY)), SECOND_OF_JULY)
    assert take(engine, reading(("2024-06", 12.0, None), feed="form"), TENTH_OF_AUGUST, "form") == (0, 1, 0)
    assert known(engine, date(2024, 8, 9)) == {"2024-06": 10.0}
    assert known(engine, TENTH_OF_AUGUST) == {"2024-06": 12.0}


@pytest.mark.parametrize(
    ("came", "sent", "counts_from"),
    [
        (date(2024, 7, 10), None, date(2024, 7, 14)),
        (date(2024, 7, 10), date(2024, 7, 9), date(2024, 7, 14)),
        (date(2024, 7, 16), None, date(2024, 7, 16)),
        (date(2024, 6, 10), None, date(2024, 7, 20)),
    ],
    ids=["before-the-month-closes", "stated-before-it-closes", "after-it-has-closed", "before-the-month-begins"],
)
def test_a_figure_that_comes_too_early_is_kept_and_counts_when_it_is_due(
    engine: Engine, came: date, sent: date | None, counts_from: date
) -> None:
    take(engine, reading(("2024-01", 1.0, None)), date(2024, 2, 20))
    assert take(engine, reading(("2024-07", 95.0, sent)), came) == (1, 0, 0)
    assert "2024-07" not in known(engine, counts_from - timedelta(days=1))
    assert known(engine, counts_from)["2024-07"] == 95.0
    assert take(engine, reading(("2024-07", 95.0, sent)), counts_from) == (0, 0, 1)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(1, 28), st.floats(0, 3), st.none() | st.integers(1, 28)),
        min_size=1,
        max_size=8,
    )
)
def test_what_is_known_on_a_day_never_depends_on_what_came_later(
    taken: list[tuple[str, int, float, int | None]],
) -> None:
    """Each day's figure is the same whether or not what came after it is there, unless that says it was sent before."""
    with TemporaryDirectory() as folder:
        whole = open_database(f"sqlite:///{folder}/whole.db")
        seen = {}
        for feed, day, value, sent in sorted(taken, key=lambda t: t[1]):
            stated = None if sent is None or sent < day else date(2024, 8, sent)
            take(whole, reading(("2024-06", value, stated), feed=feed), date(2024, 8, day), feed)
            seen[day] = known(whole, date(2024, 8, day))
        assert {day: known(whole, date(2024, 8, day)) for day in seen} == seen
        whole.dispose()


def test_quarantined_text_of_any_length_is_kept_once(engine: Engine) -> None:
    row = ["f", "feeds/" + "đ" * 3000, "Biểu", "A1", "x" * 5000, "{found} " + "y" * 5000, "{}"]
    bad = Reading(pd.DataFrame(columns=OBSERVATION_COLUMNS), pd.DataFrame([row, row], columns=QUARANTINE_COLUMNS))
    for _ in range(2):
        take(engine, bad, date(2024, 4, 1))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM quarantine WHERE current = 1")).scalar() == 1


def test_what_fails_half_way_leaves_nothing_behind(engine: Engine) -> None:
    with pytest.raises(RuntimeError), writing(engine) as connection:
        taking.add(connection, "f", reading(("2024-02", 20.0, None)), Calendar(), NOW, date(2024, 4, 1))
        raise RuntimeError
    assert known(engine, date(2024, 4, 30)) == {}


def test_evaluating_twice_as_of_one_day_changes_nothing(engine: Engine, shipped: Workspace) -> None:
    moment = Moment.end_of(date(2024, 6, 30))
    for feed in shipped.feeds:
        pipeline.ingest(shipped, engine, feed, pipeline.open_source(shipped, feed, {}), moment)
    declared = shipped.resolutions[0]
    first = pipeline.evaluate(shipped, engine, declared, moment)
    again = pipeline.evaluate(shipped, engine, declared, moment)
    assert len(first.changes) > 10
    assert again.changes == []
    with engine.connect() as connection:
        present = stored_alerts.alerts(connection)
        events = stored_alerts.events(connection, declared.resolution.id, date(2024, 12, 31))
    assert len(present) == len(events) == len(first.changes)


def test_an_evaluation_as_of_an_earlier_day_records_nothing(engine: Engine, shipped: Workspace) -> None:
    declared = shipped.resolutions[0]
    for feed in shipped.feeds:
        pipeline.ingest(
            shipped, engine, feed, pipeline.open_source(shipped, feed, {}), Moment.end_of(date(2024, 6, 30))
        )
    pipeline.evaluate(shipped, engine, declared, Moment.end_of(date(2024, 6, 30)))
    earlier = pipeline.evaluate(shipped, engine, declared, Moment.end_of(date(2024, 5, 31)))
    assert (earlier.recorded, earlier.changes) == (False, [])


def test_an_evaluation_as_of_a_day_to_come_does_not_stand_before_the_live_ones(
    engine: Engine, shipped: Workspace
) -> None:
    declared, live = shipped.resolutions[0], Moment.at(datetime(2024, 6, 30, 8, tzinfo=UTC))
    for feed in shipped.feeds:
        pipeline.ingest(shipped, engine, feed, pipeline.open_source(shipped, feed, {}), live)
    pipeline.evaluate(shipped, engine, declared, Moment.end_of(date(2030, 1, 1)))
    beyond = Moment(date(2030, 1, 1), live.now, today=live.as_of)
    # Told of the day that was asked for, not of the day on which the resolution retires.
    assert pipeline.evaluate(shipped, engine, declared, beyond).values["day"] == "2030-01-01"
    done = pipeline.evaluate(shipped, engine, declared, live)
    assert done.recorded
    with engine.connect() as connection:
        present = stored_alerts.alerts(connection, declared.resolution.id)
        events = stored_alerts.events(connection, declared.resolution.id, live.as_of)
    active = {name for name, alert in present.items() if alert.state.active}
    assert active == {finding.fingerprint for finding in done.standing.findings if finding.holds_for == 1}
    assert active <= {event.fingerprint for event in events}
    assert pipeline.evaluate(shipped, engine, declared, live).changes == []


def test_of_two_writers_the_one_that_saw_less_does_not_win(database_url: str, tmp_path: Path) -> None:
    root = small.lay_out(tmp_path / "w")
    moment, file = Moment.end_of(date(2024, 6, 30)), root / "feeds" / "so-lieu.csv"
    file.write_text(small.figures(months=6, bhyt=[96.0] * 12), encoding="utf-8")
    workspace = load(root)
    declared, feed = workspace.resolutions[0], workspace.feeds[0]
    slow, quick = open_database(database_url), open_database(database_url)
    pipeline.ingest(workspace, slow, feed, pipeline.open_source(workspace, feed, {}), moment)
    waiting = [True]

    @event.listens_for(slow, "set_connection_execution_options")
    def overtaken(_: Connection, options: dict[str, object]) -> None:
        """Between what the slow one has reckoned and its transaction, the other reads newer figures and records."""
        if options.get("writes") and waiting:
            waiting.clear()
            file.write_text(small.figures(months=6, bhyt=[96.0] * 5 + [80.0] * 7), encoding="utf-8")
            pipeline.ingest(workspace, quick, feed, pipeline.open_source(workspace, feed, {}), moment)
            pipeline.evaluate(workspace, quick, declared, moment)

    late = pipeline.evaluate(workspace, slow, declared, moment)
    assert not waiting
    assert (late.changes, late.standing.units) == ([], frozenset()), "what the other has recorded is not told again"
    with quick.connect() as connection:
        active = {a.target for a in stored_alerts.alerts(connection).values() if a.state.active}
    assert "bhyt" in active
    for engine in (slow, quick):
        engine.dispose()


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/at/all.db", "mysql+nothing://x", "not a url", "postgresql://x@127.0.0.1:1/x"]
)
def test_a_database_that_cannot_be_opened_is_told_as_a_mistake(url: str) -> None:
    with pytest.raises(Problems):
        open_database(url)


def test_a_password_never_stands_in_what_is_told() -> None:
    with pytest.raises(Problems) as told:
        open_database("postgresql://x:geheim@127.0.0.1:1/x")
    assert "geheim" not in str(told.value)
