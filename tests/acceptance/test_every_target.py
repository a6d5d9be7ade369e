"""Each of the 64 targets is watched: quiet on its path, told of when it falls away, missed when it ends short."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import years
from support.command import Monitor

from monitor.language import Language
from monitor.model.target import Measure, Target
from monitor.rules.load import Declared
from monitor.workspace import defaults, lay_out, load

DECLARED = load(defaults()).resolutions[0]
FIGURES = [target for target in DECLARED.targets.values() if not target.task]
Shape = Callable[[Target, Declared], years.Year]
Told = dict[str, list[dict[str, Any]]]

every_target = pytest.mark.parametrize("target", FIGURES, ids=[target.id for target in FIGURES])


def _year(folder: Path, shape: Shape) -> Told:
    """What a replay of 2024 tells of each target, every one of them having that shape."""
    lay_out(folder)
    years.write(folder / "feeds", DECLARED, shape, DECLARED.targets.values())
    told = defaultdict(list)
    for event in Monitor(folder).json(
        "simulate", "--from", "2024-01", "--to", "2024-12", "--out", str(folder / "digests")
    ):
        told[event["target"]].append(event)
    return told


@pytest.fixture(scope="module")
def on_path(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return _year(tmp_path_factory.mktemp("on-path") / "w", years.on_path)


@pytest.fixture(scope="module")
def falling_away(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return _year(tmp_path_factory.mktemp("falling-away") / "w", years.falling_away)


@pytest.fixture(scope="module")
def ending_short(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return _year(tmp_path_factory.mktemp("ending-short") / "w", years.ending_short)


@every_target
def test_a_target_on_its_path_raises_nothing_but_what_says_so(on_path: Told, target: Target) -> None:
    opened = [event for event in on_path[target.id] if event["event"] == "opened"]
    # A level may be on its path, and unlikely to go on so: no year before tells that it does.
    assert {event["rule"] for event in opened} <= ({"at-risk"} if target.measure is Measure.LEVEL else set())
    assert all("đang đúng lộ trình, nhưng đi như vậy thì dễ không đạt" in event["message"] for event in opened)


def test_most_targets_on_their_path_raise_nothing(on_path: Told) -> None:
    assert sum(not on_path[target.id] for target in FIGURES) > 0.8 * len(FIGURES)


@every_target
def test_a_target_that_falls_away_is_told_of_before_it_is_due(falling_away: Told, target: Target) -> None:
    due = f"2024-{years.due(target, DECLARED):02}"
    early = [e for e in falling_away[target.id] if e["event"] in ("opened", "worsened") and e["month"] < due]
    figure = Language("vi").number(target.target.value, target.unit_of_measure)
    assert any(figure in e["message"] or target.source.printed in e["message"] for e in early), falling_away[target.id]


@every_target
def test_a_target_that_ends_short_is_missed(ending_short: Told, target: Target) -> None:
    due = f"2024-{years.due(target, DECLARED):02}"
    missed = [e for e in ending_short[target.id] if e["rule"] in ("missed", "overspent") and e["event"] == "opened"]
    assert [e["month"] for e in missed if e["rule"] == "missed"] == [due]
    assert all(e["severity"] == "critical" for e in missed)
