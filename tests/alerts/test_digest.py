"""What a digest tells: what is new by the number of its event, one card for a late department, a dozen cards, figures that agree."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

from monitor import pipeline, post
from monitor.alerts import render, scoreboard
from monitor.alerts.digest import Digest, Part, _causes, by_shortfall
from monitor.model.alert import Event, Happening, State
from monitor.model.assessment import FINISHED, Status
from monitor.model.finding import Severity
from monitor.model.letter import PreviousDigest
from monitor.model.name import natural
from monitor.pipeline import Moment
from monitor.standing.known import Standing
from monitor.store import alerts as stored
from monitor.store.database import open_database
from monitor.workspace import Workspace


@pytest.fixture(scope="module")
def june(shipped: Workspace, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Digest]:
    """Every route's digest of June, in which a department is silent."""
    return _digests(shipped, tmp_path_factory.mktemp("june"), date(2024, 6, 30))


@pytest.fixture(scope="module")
def december(shipped: Workspace, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Digest]:
    return _digests(shipped, tmp_path_factory.mktemp("december"), date(2024, 12, 31))


def _digests(shipped: Workspace, folder: Path, day: date) -> dict[str, Digest]:
    engine, moment = open_database(f"sqlite:///{folder / 'm.db'}"), Moment.end_of(day)
    for feed in shipped.feeds:
        pipeline.ingest(shipped, engine, feed, pipeline.open_source(shipped, feed, {}), moment, settle=False)
    standing: Standing = pipeline.evaluate(shipped, engine, shipped.resolutions[0], moment).standing
    with engine.connect() as connection:
        told = {r.id: post.digest_for(shipped, connection, standing, r) for r in shipped.alerts.readers}
    engine.dispose()
    return told


def test_a_late_department_is_one_card_with_all_that_it_is_late_with(june: dict[str, Digest]) -> None:
    for route, targets in (("thuong-truc-hdnd", 7), ("phong-van-hoa-thong-tin", 7)):
        (card,) = [item for item in june[route].items if item.reporter]
        assert card.reporter == "Phòng Văn hóa và Thông tin"
        assert f"chưa gửi số liệu của {targets} chỉ tiêu" in card.message
        assert june[route].overdue == ()


def test_a_ward_is_told_of_what_it_is_late_with_itself(june: dict[str, Digest]) -> None:
    (card,) = [item for item in june["phuong-5"].items if item.reporter]
    assert card.reporter == "Phường 5"


def test_a_letter_has_a_dozen_cards_at_most_the_grave_and_new_first(
    december: dict[str, Digest], shipped: Workspace
) -> None:
    for digest in december.values():
        text = render.letter(digest, shipped.alerts.templates).text
        assert sum(line.startswith("- [") for line in text.splitlines()) <= render.MOST_ITEMS
        left = len(digest.items) - render.MOST_ITEMS
        assert ("mục nữa" in text) == (left > 0)
        order = [(list(Part).index(item.part), -item.severity.rank) for item in digest.items]
        assert order == sorted(order)


def test_a_finished_figure_has_no_forecast(december: dict[str, Digest]) -> None:
    figures = [of for digest in december.values() for of in digest.figures]
    finished = [of for of in figures if of.status in FINISHED]
    assert len(finished) > 100
    assert {(of.projection, of.low, of.high, of.probability) for of in finished} == {(None, None, None, None)}


def test_every_ward_is_told_its_own_target(june: dict[str, Digest], shipped: Workspace) -> None:
    series = shipped.resolutions[0].series(date(2024, 12, 31))
    shared = series[(series["roll_up"] == "sum")]
    assert len(shared) > 10
    city = {t: series.xs(t, level="target").query("city")["printed"].iloc[0] for t in shared.index.unique("target")}
    for (target, _), row in shared.iterrows():
        assert row["printed"] != city[target]
        assert row["value"] < shipped.targets[target].target.value
    told = {(of.target, of.unit): of.printed for digest in june.values() for of in digest.figures}
    names = shipped.resolutions[0].unit_names
    for (target, unit), row in shared.iterrows():
        assert told[target, names[unit]] == row["printed"]


def test_the_figures_of_a_line_add_up(june: dict[str, Digest], december: dict[str, Digest]) -> None:
    for digest in [*june.values(), *december.values()]:
        for of in digest.figures:
            if of.value is None or of.required is None or of.deviation is None:
                continue
            assert abs(abs(of.value - of.required) - abs(of.deviation)) < 1e-6, of


def test_the_city_s_card_ranks_the_wards_that_its_alert_mutes(december: dict[str, Digest]) -> None:
    told = [item for d in december.values() for item in d.items if item.behind]
    assert told
    for item in told:
        assert f"{len(item.behind)} đơn vị thành phần" in item.others[0]
        assert item.behind[0].unit in item.others[0]
        ranks = [list(Status).index(of.status) for of in item.behind]
        assert ranks == sorted(ranks, reverse=True)


def test_what_is_missed_or_off_track_is_never_told_as_handled(
    june: dict[str, Digest], december: dict[str, Digest]
) -> None:
    for told in [*june.values(), *december.values()]:
        resolved = [item for item in told.part(Part.RESOLVED) if not item.reporter]
        assert not [item for item in resolved if item.figures.status in (Status.MISSED, Status.OFF_TRACK)]


def test_lateness_is_told_once_for_each_reporter(june: dict[str, Digest], december: dict[str, Digest]) -> None:
    for told in [*june.values(), *december.values()]:
        reporters = [item.reporter for item in told.items if item.reporter]
        assert len(reporters) == len(set(reporters))
        assert not [o for item in told.items if not item.reporter for o in item.others if "kỳ báo cáo, kỳ mới" in o]


def event(n: int, severity: Severity = Severity.WARNING) -> Event:
    return Event(str(n), date(2024, 6, 30), Happening.OPENED, severity, State.OPEN, "", number=n)


@pytest.mark.parametrize(
    ("before", "now", "fresh", "causes"),
    [
        pytest.param([1], [1, 2], {"2"}, [["1"], ["2"]], id="a rule opened on what was told is news of its own"),
        pytest.param([1], [1, 9], {"9"}, [["1", "9"]], id="a graver one makes it worse"),
        pytest.param([1], [2], {"2"}, [["1", "2"]], id="one that takes over from another is one card"),
        pytest.param([], [1, 2], {"1", "2"}, [["1", "2"]], id="what opens together is one card"),
    ],
)
def test_what_opens_on_a_series_already_told_is_news(
    before: list[int], now: list[int], fresh: set[str], causes: list[list[str]]
) -> None:
    grave = {9: Severity.CRITICAL}
    known, held = ({str(n): event(n, grave.get(n, Severity.WARNING)) for n in some} for some in (before, now))
    names = sorted({**known, **held})
    assert _causes(names, held, known, frozenset(fresh)) == causes


def test_units_are_listed_as_people_count_them() -> None:
    names = ["Phường 10", "Phường 2", "Phường", "Phường Ba", "Phường 1"]
    assert sorted(names, key=natural) == ["Phường", "Phường 1", "Phường 2", "Phường 10", "Phường Ba"]


@pytest.fixture(scope="module")
def since_august(shipped: Workspace, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Digest]:
    """December's digests of readers who had August's."""
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('since') / 'm.db'}")
    for feed in shipped.feeds:
        opened = pipeline.open_source(shipped, feed, {})
        pipeline.ingest(shipped, engine, feed, opened, Moment.end_of(date(2024, 12, 31)), settle=False)
    declared, told = shipped.resolutions[0], {}
    pipeline.evaluate(shipped, engine, declared, Moment.end_of(date(2024, 8, 31)))
    with engine.connect() as connection:
        last = max(event.number for event in stored.events(connection, declared.resolution.id, date(2024, 8, 31)))
    standing = pipeline.evaluate(shipped, engine, declared, Moment.end_of(date(2024, 12, 31))).standing
    with engine.connect() as connection:
        for route in shipped.alerts.readers:
            tale = post._for(shipped, route, post._tale(connection=connection, workspace=shipped, standing=standing))
            told[route.id] = post._digest(shipped, standing, route, tale, PreviousDigest(date(2024, 8, 31), last))
    engine.dispose()
    return told


def test_what_is_missed_is_never_told_as_handled(since_august: dict[str, Digest]) -> None:
    """In December `off-track` ends because `missed` began, and that may be muted by the whole's."""
    handled = [item for digest in since_august.values() for item in digest.items if item.part is Part.RESOLVED]
    assert handled
    assert not [item for item in handled if item.figures.status in (Status.MISSED, Status.OFF_TRACK)]


def test_what_opened_since_the_last_digest_stands_under_new(since_august: dict[str, Digest]) -> None:
    missed = [i for d in since_august.values() for i in d.items if i.figures.status is Status.MISSED and not i.reporter]
    assert missed
    assert {item.part for item in missed} <= {Part.NEW, Part.WORSE}


def test_of_many_parts_those_furthest_behind_stand_first() -> None:
    """Each by its own promise: 80 of 100 is further behind than 870 of 900, and 5 of at most 4 than either."""
    given = [(100.0, np.inf, 80.0), (900.0, np.inf, 870.0), (-np.inf, 4.0, 5.0), (90.0, np.inf, np.nan)]
    keys = [("t", unit) for unit in ("a", "b", "c", "d")]
    rows = pd.DataFrame(given, columns=["floor", "ceiling", "value"], index=pd.MultiIndex.from_tuples(keys))
    assert by_shortfall({key: key[1] for key in keys}, rows) == ["c", "a", "b", "d"]


@pytest.mark.filterwarnings("ignore:Sparkline")
def test_the_attached_table_says_of_each_what_has_changed(june: dict[str, Digest]) -> None:
    """What a letter of a dozen cards leaves out is found there."""
    told = june["ban-kinh-te-xa-hoi"]
    head, *rows = (
        load_workbook(io.BytesIO(scoreboard.workbook(told))).worksheets[0].iter_rows(min_row=2, values_only=True)
    )
    place = {name: n for n, name in enumerate(head)}
    said = {(row[place["Chỉ tiêu"]], row[place["Đơn vị"]]): row[place["So với bản tin trước"]] for row in rows}
    new = {(of.name, of.unit) for item in told.items for of in item.series}
    assert new
    assert {key for key, change in said.items() if change} == new
    assert {said[key] for key in new} == {"Mới"}


def test_the_shipped_templates_say_nothing_wrong(shipped: Workspace) -> None:
    """Those of a workspace that are as shipped are not looked through again when its files are read."""
    assert render.mistakes(shipped.alerts.templates) == []
