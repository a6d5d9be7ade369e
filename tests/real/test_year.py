"""The nation's years 2020 and 2021 replayed through the installed command: what was called early, and what came."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from year import Nation, monitor, published, statuses

MONTHS = ("2020-01", "2020-11", "2020-12", "2021-09", "2021-12")
BAD = ("at_risk", "off_track")


@pytest.fixture(scope="module")
def said(nation: Nation) -> Mapping[tuple[str, str], str]:
    """(target, month) -> status of the nation at the month's end."""
    return {key: str(row["status"]) for key, row in statuses(nation.root, MONTHS).items()}


def test_growth_of_2020_is_still_called_in_november(said: Mapping[tuple[str, str], str]) -> None:
    assert said["gdp", "2020-11"] in BAD


@pytest.mark.parametrize(
    ("target", "month", "came"),
    [
        ("gdp", "2020-12", "missed"),
        ("cpi", "2020-12", "met"),
        ("xuat-khau", "2020-12", "missed"),
        ("dau-tu.von", "2020-12", "met"),
        ("cpi", "2021-12", "met"),
        ("ban-le", "2021-12", "missed"),
        ("xuat-khau", "2021-12", "met"),
        ("dau-tu.ty-le", "2021-12", "missed"),
    ],
)
def test_december_tells_what_came(said: Mapping[tuple[str, str], str], target: str, month: str, came: str) -> None:
    if not published() and (target, month) == ("dau-tu.von", "2020-12"):
        pytest.skip("the plan was added to in 2020: the small releases keep it as it was adopted")
    assert said[target, month] == came


def test_growth_of_2021_is_met_or_missed_as_it_was(said: Mapping[tuple[str, str], str]) -> None:
    assert said["gdp", "2021-12"] == ("missed" if published() else "met")


def test_prices_above_their_ceiling_early_in_2020_are_no_lasting_alarm(said: Mapping[tuple[str, str], str]) -> None:
    assert said["cpi", "2020-01"] in BAD
    assert said["cpi", "2020-11"] == "on_track"


def test_investment_of_2021_is_called_in_september_at_the_latest(said: Mapping[tuple[str, str], str]) -> None:
    assert said["dau-tu.ty-le", "2021-09"] in BAD


def test_simulate_opens_an_alert_on_the_growth_of_2020_by_april(nation: Nation) -> None:
    told = monitor(nation.root, "simulate", "--from", "2020-03", "--to", "2020-04", "--format", "json")
    assert told.returncode == 0, told.stderr
    events = [event for event in json.loads(told.stdout) if event["target"] == "gdp" and event["event"] == "opened"]
    assert events
