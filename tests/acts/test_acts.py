"""What people do, by whichever door: all of it or nothing, told with its reason, kept for ever."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError
from support import small

from monitor import pipeline
from monitor.acts import alerts, figures, files, silences
from monitor.acts.figures import Typed
from monitor.acts.files import Edit
from monitor.language import Language
from monitor.model.act import Actor, Deed, Door
from monitor.model.alert import State
from monitor.model.person import Grant, Role
from monitor.model.problem import Problems
from monitor.pipeline import Moment
from monitor.store import acts as stored
from monitor.store import alerts as stored_alerts
from monitor.store import observations as stored_observations
from monitor.store.database import open_database
from monitor.workspace import Workspace, load

JUNE = Moment.end_of(date(2024, 6, 30))
JULY = Moment.end_of(date(2024, 7, 25))
ALL = tuple(Grant(role) for role in Role)
AN = Actor("An", Door.PAGE, "đã xem", ALL)
Y_TE = "rules/nq/01-y-te.yaml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return small.lay_out(tmp_path / "small")


@pytest.fixture
def read(root: Path) -> Workspace:
    (root / "feeds" / "so-lieu.csv").write_text(small.figures(6), encoding="utf-8")
    return load(root)


@pytest.fixture
def engine(read: Workspace, root: Path) -> Iterator[Engine]:
    """The figures until June, evaluated: insurance has fallen away."""
    opened = open_database(f"sqlite:///{root / 'monitor.db'}")
    for feed in read.feeds:
        pipeline.ingest(read, opened, feed, pipeline.open_source(read, feed, {}), JUNE, settle=False)
    pipeline.evaluate(read, opened, read.resolutions[0], JUNE)
    yield opened
    opened.dispose()


def done(engine: Engine, deed: Deed | None = None) -> list[tuple[str, str, str]]:
    with engine.connect() as connection:
        return [(act.deed.value, act.actor.who, act.subject) for act in stored.acts(connection, deed)]


def open_alerts(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return [name for name, alert in stored_alerts.alerts(connection).items() if alert.state is State.OPEN]


def value(engine: Engine, target: str, period: str, as_of: date) -> float | None:
    with engine.connect() as connection:
        table = stored_observations.observations(connection, as_of)
    found = table[(table["target"] == target) & (table["period"] == period)]["value"].tolist()
    return found[0] if found else None


def told(found: pytest.ExceptionInfo[Problems]) -> list[str]:
    return [f"{p.place()}  {p.text(Language('en'))}" for p in found.value.problems]


def test_many_alerts_are_acknowledged_at_once_and_each_act_is_kept(read: Workspace, engine: Engine) -> None:
    names = open_alerts(engine)
    assert len(names) > 1
    alerts.acknowledge(read, engine, AN, names, JUNE)
    assert open_alerts(engine) == []
    assert done(engine) == [("acknowledge", "An", name) for name in names]


def test_of_many_alerts_one_that_cannot_be_acknowledged_leaves_all_as_they_were(
    read: Workspace, engine: Engine
) -> None:
    first, *others = open_alerts(engine)
    alerts.close(read, engine, AN, [first], JUNE)
    with pytest.raises(Problems) as found:
        alerts.acknowledge(read, engine, AN, [*others, first, "zzz"], JUNE)
    assert told(found) == [
        f"alert  only an open alert can be acknowledged, and {first} is resolved",
        *[line for line in told(found) if '"zzz" is not known' in line],
    ]
    assert len(told(found)) == 2
    assert open_alerts(engine) == others
    assert done(engine) == [("close", "An", first)]


def test_nothing_is_done_as_of_a_day_to_come(read: Workspace, engine: Engine) -> None:
    ahead = Moment(date(2024, 7, 9), JUNE.now, date(2024, 7, 8))
    for step in (alerts.acknowledge, alerts.close):
        with pytest.raises(Problems, match="is yet to come"):
            step(read, engine, AN, open_alerts(engine), ahead)
    assert done(engine) == []


@pytest.mark.parametrize(
    ("matchers", "why", "until", "complaint"),
    [
        ({"target": ["bhty"]}, "vì", date(2024, 7, 31), 'target  target "bhty" is not known. Did you mean "bhyt"?'),
        ({}, "vì", date(2024, 7, 31), "silence  say what is silenced"),
        ({"target": ["bhyt"]}, " ", date(2024, 7, 31), "why  say why"),
        ({"target": ["bhyt"]}, "vì", date(2024, 6, 1), "until  a silence until 2024-06-01 would be over already"),
    ],
    ids=["unknown", "nothing", "without-a-reason", "over"],
)
def test_a_silence_that_cannot_be_is_refused_with_its_reason(
    read: Workspace, engine: Engine, matchers: dict[str, list[str]], why: str, until: date, complaint: str
) -> None:
    with pytest.raises(Problems) as found:
        silences.silence(read, engine, Actor("An", Door.API, why, ALL), matchers, until, JUNE)
    assert [line[: len(complaint)] for line in told(found)] == [complaint]
    assert done(engine) == []


def test_a_silence_is_ended_once(read: Workspace, engine: Engine) -> None:
    made = silences.silence(read, engine, AN, {"unit": ["city"]}, date(2024, 7, 31), JUNE)
    silences.end_silence(engine, AN, made.id, JUNE)
    with pytest.raises(Problems, match="is over already"):
        silences.end_silence(engine, AN, made.id, JUNE)
    assert [deed for deed, *_ in done(engine)] == ["silence", "end-silence"]


def test_a_typed_figure_counts_as_one_of_a_feed_does(read: Workspace, engine: Engine) -> None:
    receipt = figures.report(read, engine, AN, [Typed("Bảo hiểm y tế", "Tháng 7/2024", "95,4")], JULY)
    assert (receipt.added, receipt.revised) == (1, 0)
    assert value(engine, "bhyt", "2024-07", JULY.as_of) == 95.4
    assert value(engine, "bhyt", "2024-07", JUNE.as_of) is None
    evaluated = pipeline.evaluate(read, engine, read.resolutions[0], JULY)
    row = evaluated.standing.assessments.loc[("bhyt", "tp")]
    assert (row["value"], row["period"]) == (95.4, "2024-07")


def test_a_figure_typed_again_corrects_and_the_earlier_day_sees_what_was_known_then(
    read: Workspace, engine: Engine
) -> None:
    later = Moment.end_of(date(2024, 8, 2))
    figures.report(read, engine, AN, [Typed("bhyt", "2024-07", "92,4")], JULY)
    with pytest.raises(
        Problems, match=r"93\.1 takes the place of 92\.4, which is reported already: why is it corrected"
    ):
        figures.report(read, engine, AN.because(" "), [Typed("bhyt", "2024-07", "93,1")], later)
    assert figures.report(read, engine, AN, [Typed("bhyt", "2024-07", "93,1")], later).revised == 1
    assert [value(engine, "bhyt", "2024-07", day) for day in (JULY.as_of, later.as_of)] == [92.4, 93.1]


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        (Typed("bhty", "2024-07", "95"), 'figures!1  target "bhty" is not known. Did you mean "bhyt"?'),
        (Typed("bhyt", "2024-07", "95.4"), 'figures!1  figure "95.4" is not written as 1.234,5: did you mean 95,4?'),
        (Typed("bhyt", "2024-07", ""), 'figures!1  "–" is not a figure'),
        (Typed("bhyt", "2024-07", "0,954"), "figures!1  0.954 looks like a share of one"),
        (Typed("bhyt", "2024-07", "101"), "figures!1  101 cannot be true: the values of this target go from 0 to 100"),
        (Typed("bhyt", "tháng sau", "95"), 'figures!1  period "tháng sau" is not one such as'),
        (Typed("bhyt", "2031-07", "95"), "figures!1  period 2031-07 is outside"),
        (
            Typed("bhyt", "2024-07", "95", unit="y-te"),
            'figures!1  the target "bhyt" is not followed by the unit "y-te"',
        ),
        (
            Typed("bhyt", "2024-07", "95", measured_in="tấn"),
            'figures!1  unit of measure "tấn" is not the target\'s "%"',
        ),
        (Typed("bhyt", "2024-07", "=1+1"), 'figures!1  "=1+1" is not a figure'),
    ],
    ids=["name", "point", "blank", "share", "domain", "period", "year", "unit", "measure", "formula"],
)
def test_what_is_no_figure_is_told_with_its_place_and_nothing_is_stored(
    read: Workspace, engine: Engine, typed: Typed, complaint: str
) -> None:
    with pytest.raises(Problems) as found:
        figures.report(read, engine, AN, [typed], JULY)
    assert [line[: len(complaint)] for line in told(found)] == [complaint]
    assert value(engine, "bhyt", "2024-07", JULY.as_of) is None
    assert done(engine) == []


@pytest.mark.parametrize("slipped", ["89", "0,89", "0,87"], ids=["ten-times", "a-tenth", "within-the-jump"])
def test_a_decimal_mark_that_slipped_is_asked_about(read: Workspace, engine: Engine, slipped: str) -> None:
    tried = figures.attempt(read, engine, [Typed("suy-dinh-duong", "2024-07", slipped)], JULY)
    assert ["out of proportion" in doubt.message for doubt in tried.doubts] == [True]


def test_a_figure_out_of_proportion_counts_only_when_somebody_says_why_it_is_right(
    read: Workspace, engine: Engine
) -> None:
    typed, silent = [Typed("bhyt", "2024-07", "9,2")], Actor("An", Door.PAGE, "", ALL)
    with pytest.raises(Problems) as found:
        figures.report(read, engine, silent, typed, JULY)
    assert told(found) == ["why  bhyt of tp: 9.2 is out of proportion to what was reported before: is it right?"]
    assert done(engine) == []
    figures.report(read, engine, Actor("An", Door.PAGE, "điều tra lại", ALL), typed, JULY)
    assert value(engine, "bhyt", "2024-07", JULY.as_of) == 9.2


def test_what_a_program_sends_again_under_its_key_is_stored_once_and_nothing_else_under_it(
    read: Workspace, engine: Engine
) -> None:
    receipts = [
        figures.report(read, engine, AN, [Typed("bhyt", "2024-07", sent)], JULY, key="ioc-17")
        for sent in ("94", "94,0")
    ]
    assert receipts[0] == receipts[1]
    with pytest.raises(Problems, match="other figures were reported under this key"):
        figures.report(read, engine, AN, [Typed("bhyt", "2024-07", "93")], JULY, key="ioc-17")
    assert len(done(engine, Deed.REPORT)) == 1
    assert value(engine, "bhyt", "2024-07", JULY.as_of) == 94


def test_an_edit_is_saved_and_kept_with_what_stood_before(root: Path, engine: Engine) -> None:
    before = (root / Y_TE).read_text(encoding="utf-8")
    after = before.replace('">= 99"', '">= 98"').replace("printed: 99%", "printed: 98%")
    # A browser sends its own line ends.
    assert files.edit(root, engine, AN, [Edit(Y_TE, before, after.replace("\n", "\r\n"))], JUNE) == [Y_TE]
    assert (root / Y_TE).read_text(encoding="utf-8") == after
    with engine.connect() as connection:
        kept = stored.last(connection, Deed.EDIT, Y_TE)
    assert kept is not None
    assert (kept.details["before"], kept.details["after"]) == (before, after)


def test_of_two_who_edit_at_once_the_second_is_told_who_was_first_and_nothing_is_overwritten(
    root: Path, engine: Engine
) -> None:
    begun = (root / Y_TE).read_text(encoding="utf-8")
    first, second = begun + "# An\n", begun + "# Bình\n"
    files.edit(root, engine, AN, [Edit(Y_TE, begun, first)], JUNE)
    with pytest.raises(Problems, match="An has changed this file since you began"):
        files.edit(root, engine, Actor("Bình", Door.PAGE, "", ALL), [Edit(Y_TE, begun, second)], JUNE)
    (root / Y_TE).write_text(first + "# by an editor\n", encoding="utf-8")
    with pytest.raises(Problems, match="changed on the disk"):
        files.edit(root, engine, Actor("Bình", Door.PAGE, "", ALL), [Edit(Y_TE, first, second)], JUNE)
    assert (root / Y_TE).read_text(encoding="utf-8") == first + "# by an editor\n"


def test_of_many_edits_at_the_same_instant_one_is_saved(root: Path, engine: Engine) -> None:
    begun = (root / Y_TE).read_text(encoding="utf-8")
    outcomes: list[str] = []

    def save(name: str) -> None:
        try:
            files.edit(root, engine, Actor(name, Door.PAGE, "", ALL), [Edit(Y_TE, begun, f"{begun}# {name}\n")], JUNE)
            outcomes.append(name)
        except Problems:
            outcomes.append("")

    threads = [threading.Thread(target=save, args=(f"n{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    saved = [name for name in outcomes if name]
    assert len(outcomes) == 4
    assert len(saved) == 1
    assert (root / Y_TE).read_text(encoding="utf-8") == f"{begun}# {saved[0]}\n"


def test_an_edit_with_a_mistake_is_refused_with_its_line_and_one_that_mends_half_is_saved(
    root: Path, engine: Engine
) -> None:
    good = (root / Y_TE).read_text(encoding="utf-8")
    bad = good.replace('">= 99"', '"=> 99"')
    with pytest.raises(Problems) as found:
        files.edit(root, engine, AN, [Edit(Y_TE, good, bad)], JUNE)
    assert [line.startswith(f"{Y_TE}:6:") for line in told(found)] == [True]
    assert (root / Y_TE).read_text(encoding="utf-8") == good
    # Two mistakes made by another editor; the page mends one.
    two = bad.replace('">= 95"', '"=> 95"')
    (root / Y_TE).write_text(two, encoding="utf-8")
    files.edit(root, engine, AN, [Edit(Y_TE, two, bad)], JUNE)
    assert (root / Y_TE).read_text(encoding="utf-8") == bad


@pytest.mark.parametrize(
    "path",
    [
        *("../outside.yaml", "/etc/passwd", "alerts/addresses.yaml", "feeds/so-lieu.csv", "rules/nq/../../x.yaml"),
        *("monitor.db", "", "rules/nq/x.yml", "feeds/\n.yaml"),
    ],
)
def test_what_declares_nothing_cannot_be_edited(root: Path, engine: Engine, path: str) -> None:
    with pytest.raises(Problems, match="not read where it stands"):
        files.edit(root, engine, AN, [Edit(path, None, "x: 1\n")], JUNE)


def test_going_back_makes_the_files_what_they_were_as_an_edit_like_any_other(root: Path, engine: Engine) -> None:
    first, _ = files.apply(root, engine, AN, files.prepare(root), JUNE)
    begun = (root / Y_TE).read_text(encoding="utf-8")
    files.edit(root, engine, AN, [Edit(Y_TE, begun, begun + "# more\n")], JUNE)
    second, new = files.apply(root, engine, AN, files.prepare(root), JUNE)
    assert new
    assert second != first
    files.edit(root, engine, AN, files.back_to(root, engine, first[:8]), JUNE)
    assert (root / Y_TE).read_text(encoding="utf-8") == begun
    assert files.apply(root, engine, AN, files.prepare(root), JUNE) == (first, True)
    assert [deed for deed, *_ in done(engine)] == ["apply", "edit", "apply", "edit", "apply"]


def test_the_history_of_acts_cannot_be_changed_in_the_database(read: Workspace, engine: Engine) -> None:
    alerts.acknowledge(read, engine, AN, open_alerts(engine)[:1], JUNE)
    for statement in ("UPDATE act SET who = 'x'", "DELETE FROM act"):
        with pytest.raises(DatabaseError, match="append-only"), engine.begin() as connection:
            connection.execute(text(statement))
    assert len(done(engine)) == 1
