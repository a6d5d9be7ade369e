"""A replay of 2024 on the sample figures tells the planted stories, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from support.command import Monitor

from monitor.workspace import Workspace, lay_out

STORIES = yaml.safe_load((Path(__file__).parents[1] / "samples" / "stories.yaml").read_text(encoding="utf-8"))[
    "stories"
]
EXPECTED = [(story["id"], expected) for story in STORIES for expected in story["expect"]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("replay") / "w"
    lay_out(folder)
    events: list[dict[str, Any]] = Monitor(folder).json("simulate", "--from", "2024-01", "--to", "2024-12")
    return events


def _named(story: str, expected: dict[str, str]) -> str:
    return f"{story} {expected.get('event', 'opened')} {expected['rule']} by {expected.get('by') or expected['month']}"


@pytest.mark.parametrize("expected", [e for _, e in EXPECTED], ids=[_named(*each) for each in EXPECTED])
def test_a_planted_fault_is_told_of_when_it_becomes_visible(
    told: list[dict[str, Any]], expected: dict[str, str]
) -> None:
    wanted = {"event": "opened", "unit": "tp-soc-trang", **expected}
    since, by = (wanted.pop(key, None) or expected["month"] for key in ("since", "by"))
    wanted.pop("month", None)
    about = [
        e for e in told if (e["target"], e["rule"], e["unit"]) == (wanted["target"], wanted["rule"], wanted["unit"])
    ]
    assert [e for e in about if wanted.items() <= e.items() and since <= e["month"] <= by], about


def test_a_target_without_a_fault_raises_no_grave_alert(told: list[dict[str, Any]], shipped: Workspace) -> None:
    targets = shipped.resolutions[0].targets
    planted = {name for story in STORIES for name in story.get("targets", [])}
    silent = {story["owner"] for story in STORIES if "owner" in story}
    planted |= {target.id for target in targets.values() if target.owner in silent}
    grave = [e for e in told if e["severity"] in ("high", "critical") and e["target"] not in planted]
    assert grave == []


def test_an_event_has_the_fields_that_programs_rely_on(told: list[dict[str, Any]]) -> None:
    assert {tuple(event) for event in told} == {("month", "event", "rule", "target", "unit", "severity", "message")}
    assert {e["event"] for e in told} <= {"pending", "opened", "worsened", "eased", "resolved", "reopened"}
