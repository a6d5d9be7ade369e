"""On the shipped year status, probability, rule and message agree, for every (target, unit, month)."""

from __future__ import annotations

import os
from datetime import date

import pandas as pd
import pytest

from monitor import pipeline
from monitor.language import Language
from monitor.model.assessment import CASES, Because, Status
from monitor.model.comparator import beyond, keeps
from monitor.pipeline import month_ends
from monitor.standing.known import Standing
from monitor.store.database import open_database
from monitor.workspace import Workspace

VI = Language("vi")
# Where the probability and the status are not what the thresholds say of each other, the message says this.
BOTH = {
    Because.AS_EVER: "đúng lộ trình như mọi năm, và mọi năm đều thiếu",
    Because.UNLIKELY_THOUGH_ON_PATH: "đang đúng lộ trình, nhưng đi như vậy thì dễ không đạt",
    Because.UNHEARD: "không có báo cáo nào từ sau kỳ",
    Because.ONE_REPORT: "mới một kỳ báo cáo như vậy",
    Because.HOLDS_AGAIN: "kỳ trong năm đã không giữ được",
}
# Rules that the status alone decides, and those that the figure does.
OF_STATUS = {
    "missed": {Status.MISSED},
    "off-track": {Status.OFF_TRACK},
    "at-risk": {Status.AT_RISK, Status.OFF_TRACK},
}


@pytest.fixture(scope="module")
def year(shipped: Workspace, tmp_path_factory: pytest.TempPathFactory) -> list[Standing]:
    """Where everything stood at each month's end."""
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('year')}/year.db")
    opened = [(feed, pipeline.open_source(shipped, feed, os.environ)) for feed in shipped.feeds]
    stood = []
    for moment in month_ends(pd.Period("2024-01"), pd.Period("2025-01")):
        for feed, source in opened:
            pipeline.ingest(shipped, engine, feed, source, moment, settle=False)
        stood.append(pipeline.stand(shipped, engine, shipped.resolutions[-1], moment.as_of))
    engine.dispose()
    return stood


def test_the_probability_is_what_the_status_says(year: list[Standing]) -> None:
    wrong = []
    for standing in year:
        limits = standing.declared.thresholds
        for key, row in standing.assessments.iterrows():
            chance, because = row["probability"], row["because"]
            agrees = {
                Status.NOT_DUE: pd.isna(chance),
                Status.NO_DATA: pd.isna(chance),
                Status.MET: chance == 1,
                Status.ON_TRACK: because == Because.OPEN or chance >= limits.on_track,
                Status.AT_RISK: because == Because.UNHEARD
                or (chance < limits.on_track and (chance >= limits.off_track or because in BOTH)),
                Status.OFF_TRACK: chance < limits.off_track,
                Status.MISSED: chance == 0,
            }[row["status"]]
            if not agrees or CASES[because].status != row["status"]:
                wrong.append((standing.as_of, key, row["status"], because, chance))
    assert wrong == []


def test_the_rules_find_what_the_status_and_the_bounds_say(year: list[Standing]) -> None:
    for standing in year:
        rows, series = standing.assessments, standing.series
        made = {(rule.target.id, rule.rule, rule.name.endswith("@wards")) for rule in standing.declared.rules.rules}
        found = {(f.target, f.unit, f.rule) for f in standing.findings if not f.across}
        bounds = (series["strict"], series["digits"])
        over = beyond(rows["value"], series["ceiling"], *bounds) & (series["measure"] == "flow")
        kept = keeps(rows["value"], series["floor"], series["ceiling"], *bounds)
        expected = {rule: rows["status"].isin(list(of)).to_numpy() for rule, of in OF_STATUS.items()}
        expected["overspent"] = over.to_numpy()
        expected["broken"] = (
            ~kept & rows["throughout"].to_numpy() & ~rows["final"].to_numpy() & rows["value"].notna().to_numpy()
        )
        for rule, holds in expected.items():
            wanted = {
                (target, unit, rule)
                for (target, unit), city in series.loc[holds, "city"].items()
                if (target, rule, not city) in made
            }
            assert {f for f in found if f[2] == rule} == wanted, (standing.as_of, rule)


def test_the_message_says_what_the_status_rests_on(year: list[Standing]) -> None:
    told = 0
    for standing in year:
        for finding in standing.findings:
            if finding.rule not in OF_STATUS:
                continue
            row, said = standing.assessments.loc[(finding.target, finding.unit)], finding.message["vi"]
            if finding.rule == "missed":
                assert "không đạt" in said
                continue
            assert f"khả năng đạt {VI.percent(row['probability'])}" in said
            for because, phrase in BOTH.items():
                assert (phrase in said) == (row["because"] == because), said
            told += row["because"] in BOTH
    assert told


def test_a_ward_s_whole_shares_are_what_the_city_promised(shipped: Workspace) -> None:
    series = shipped.resolutions[-1].series(date(2024, 12, 31))
    parts = series[series["roll_up"] == "sum"].groupby(level="target")["value"].sum()
    whole = series[series["city"]].droplevel("unit")["value"].reindex(parts.index)
    assert parts.round(6).to_dict() == whole.round(6).to_dict()
