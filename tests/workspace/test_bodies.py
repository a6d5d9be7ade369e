"""Several bodies in one workspace: each with its own targets, policy, routes and people, none seeing another's names."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from support import small
from support.command import Monitor

from monitor.alerts.noise import Scene
from monitor.language import Language
from monitor.model.problem import Problems
from monitor.pipeline import open_source
from monitor.workspace import Workspace, load

COMMUNE = """\
group: y-te
name: Y tế
defaults: {article: Điều 1, item: "1", owner: tram, frequency: month}
targets:
  - {id: bhyt, name: Số người có thẻ bảo hiểm y tế, printed: 900 người, target: ">= 900", measure: level, unit_of_measure: người}
"""
UNITS = """\
units:
  - {id: xa-a, name: Xã A, kind: commune}
  - {id: tram, name: Trạm y tế, kind: department}
"""
ROUTES = """\
routes:
  - {id: hdnd, name: Hội đồng nhân dân, to: [an], schedule: 30 7 25 * *, choose: {resolution: [nq]}}
  - {id: hdnd-xa, name: Hội đồng nhân dân xã, to: [chi], schedule: 30 7 25 * *, choose: {resolution: [nq-xa]}}
"""


def lay_out(root: Path) -> Path:
    small.lay_out(root)
    folder = root / "rules" / "nq-xa"
    folder.mkdir()
    head = small.RESOLUTION.replace("id: nq\n", "id: nq-xa\n").replace("Hội đồng nhân dân", "Hội đồng nhân dân xã A")
    policy = (root / "rules" / "policy.yaml").read_text(encoding="utf-8").replace("tolerance: 0.005", "tolerance: 0.02")
    feed = (
        small.FEED.replace("id: so-lieu", "id: xa").replace("so-lieu.csv", "xa.csv").replace("fixed: tp", "fixed: xa-a")
    )
    for path, text in {
        folder / "resolution.yaml": head,
        folder / "units.yaml": UNITS,
        folder / "01-y-te.yaml": COMMUNE,
        folder / "policy.yaml": policy,
        root / "feeds" / "xa.yaml": "resolutions: [nq-xa]\n" + feed,
        root
        / "feeds"
        / "xa.csv": "target,period,value\nbhyt,2024-01,850\nSố người có thẻ bảo hiểm y tế,2024-02,870\nBảo hiểm y tế,2024-03,880\n",
        root / "alerts" / "routes.yaml": ROUTES,
    }.items():
        path.write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return load(lay_out(tmp_path_factory.mktemp("bodies") / "w"))


def test_one_id_means_each_body_s_own_target(workspace: Workspace) -> None:
    assert [d.targets["bhyt"].unit_of_measure for d in workspace.resolutions] == ["%", "người"]


def test_each_body_is_judged_by_its_own_policy(workspace: Workspace) -> None:
    assert [d.thresholds.tolerance for d in workspace.resolutions] == [0.005, 0.02]


def test_a_feed_of_one_body_does_not_know_the_other_s_names(workspace: Workspace) -> None:
    reading = open_source(workspace, next(f for f in workspace.feeds if f.id == "xa"), {}).reading
    assert reading.observations["period"].tolist() == ["2024-01", "2024-02"]
    assert reading.quarantine["found"].tolist() == ["880"]


def test_a_route_is_told_of_its_own_body_alone(workspace: Workspace) -> None:
    for declared, own in zip(workspace.resolutions, ("hdnd", "hdnd-xa"), strict=True):
        scene = Scene(declared.series(date(2024, 6, 30)), declared.resolution.id)
        taken: dict[str, pd.Series] = {route.id: scene.of(route.choose) for route in workspace.alerts.routes}
        assert {name for name, fits in taken.items() if fits.any()} == {own}


def test_a_target_is_explained_of_the_body_that_is_meant(workspace: Workspace) -> None:
    """By the unit that it follows, or as it is asked for."""
    command = Monitor(workspace.root)
    asked = [("bhyt@tp",), ("bhyt@xa-a",), ("bhyt", "--resolution", "nq")]
    told = [command.json("explain", *what, "--as-of", "2024-06-30") for what in asked]
    assert [t["unit"] for t in told] == ["tp", "xa-a", "tp"]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [("feeds/xa.yaml", "[nq-xa]", "[nq-xã]"), ("alerts/routes.yaml", "[nq-xa]", "[nq-xb]")],
)
def test_a_body_that_is_not_there_is_told(workspace: Workspace, tmp_path: Path, file: str, old: str, new: str) -> None:
    root = Path(shutil.copytree(workspace.root, tmp_path / "w"))
    text = (root / file).read_text(encoding="utf-8")
    (root / file).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(Problems) as found:
        load(root)
    assert 'Did you mean "nq-xa"?' in "\n".join(problem.text(Language("en")) for problem in found.value.problems)
