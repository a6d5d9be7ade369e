"""Whatever happens to a workspace's files: it is refused with a place, or it says what it said. No stack trace, no changed figure.

MUTANTS: how many are tried (default 100), MUTANTS_FROM: the first seed.
"""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support import small
from support.mutants import mutant

from monitor import preview, ruletest
from monitor import workspace as workspaces
from monitor.language import Language
from monitor.model.problem import Problems
from monitor.service.keeper import Keeper
from monitor.store.database import open_database
from monitor.workspace import Workspace
from monitor.workspace.advice import advise

MUTANTS, FIRST = int(os.environ.get("MUTANTS", "100")), int(os.environ.get("MUTANTS_FROM", "0"))
# Seeds that once passed in silence, or ended in a stack trace.
FOUND = (1088, 3159, 3460, 3493, 3919)
# Beside the small workspace's files: rules across targets, a second group, tests of rules, a calendar.
MORE = {
    "rules/nq/02-tasks.yaml": """\
group: viec
name: Việc
task: true
defaults: {article: Điều 2, item: "2", owner: y-te}
targets:
  - id: viec.cuoc
    name: Tổ chức
    printed: "02 cuộc"
    target: ">= 2"
    unit_of_measure: cuộc
    measure: milestone
    due: 2024-09
    whole_numbers: true
""",
    "rules/nq/03-bao-hiem.yaml": """\
group: bao-hiem
name: Bảo hiểm
defaults: {article: Điều 3, item: "3", owner: y-te}
targets:
  - {id: bh.chung, name: Chung, printed: "6.000 người", target: ">= 6000", unit_of_measure: người, measure: flow}
  - id: bh.phan
    name: Phần
    printed: "1.000 - 1.500 người"
    target: "1000 .. 1500"
    unit_of_measure: người
    measure: flow
    parent: bh.chung
    breakdown: {units: ward, roll_up: sum, weight: dan-so}
    policies: {worsening: {n: 4}, at-risk: false}
""",
    "rules/nq/consistency.yaml": """\
rules:
  - id: khop
    match: {chung: bh.chung, phan: bh.phan}
    when: abs(chung.value - phan.value) < 0.5 or phan.value > chung.value
    holds_for_targets: true
    severity: warning
    message: "{{ target.name }}: {{ phan.value | number }} / {{ chung.value | number('') }}"
  - id: rieng
    for_each: {owner: y-te}
    with: {n: 2.5}
    when: misses and periods_left <= n or status in ["missed", "off_track"]
    for: 2
    severity: high
    wards: false
    message: {vi: "{{ target.name }}{% if not city %} ({{ unit }}){% endif %}", en: "{{ target.name }}"}
""",
    "rules/nq/tests/a.yaml": """\
tests:
  - name: falls
    figures: {bhyt: {"2024": [94.0, 94.1, 94.2]}, bh.phan@p1: {2024-03: 12}}
    received: {bhyt: {2024-03: 2024-04-02}}
    expect:
      - {as_of: 2024-04-30, status: {bhyt: off_track}, alerts: {bhyt: [off-track high]}}
""",
    "rules/nq/units.yaml": """\
units:
  - {id: tp, name: Thành phố, kind: city}
  - {id: p1, name: Phường 1, kind: ward, weights: {dan-so: 12345}}
  - {id: p2, name: Phường 2, kind: ward, aliases: [P2], weights: {dan-so: 23456}}
  - {id: y-te, name: Phòng Y tế, kind: department}
""",
    "alerts/calendar.yaml": """\
country: VN
weekend: [saturday, sunday]
off: {2024-05-02: nghỉ bù}
quiet: {begin: "21:30", end: "06:30"}
""",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = small.lay_out(tmp_path_factory.mktemp("mutants") / "w")
    for name, text in MORE.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    ruletest.cases(workspaces.load(folder))
    return folder


def every_file(root: Path) -> dict[str, str]:
    """What declares something, and the tests of the rules."""
    tests = {p.relative_to(root).as_posix(): p.read_text(encoding="utf-8") for p in root.glob("rules/*/tests/*.yaml")}
    return {**workspaces.snapshot(root), **tests}


def figures(workspace: Workspace) -> dict[str, tuple[object, ...]]:
    return {name: (target.target, target.unit_of_measure) for name, target in workspace.targets.items()}


def checked(folder: Path) -> Workspace:
    """As `monitor check` reads it."""
    read = workspaces.load(folder)
    ruletest.cases(read)
    for problem in advise(read, None, None):
        problem.render(Language("vi"))
    return read


def try_mutant(root: Path, before: Workspace, seed: int, folder: Path, keeper: Keeper | None) -> str:
    """What was wrong with how it was taken; empty when nothing was."""
    done, files = mutant(every_file(root), seed)
    shutil.rmtree(folder, ignore_errors=True)
    workspaces.written(files, folder)
    try:
        after = checked(folder)
    except Problems as found:
        if not found.problems:
            return f"{seed} {done}: refused without a word"
        for problem in found.problems:
            said = problem.render(Language("vi")) + problem.render(Language("en"))
            if not problem.file or "object" in said.replace("/object", ""):
                return f"{seed} {done}: {said}"
    except Exception as error:
        return f"{seed} {done}: {type(error).__name__}: {error}"
    else:
        was, now = figures(before), figures(after)
        changed = {name for name in was.keys() & now.keys() if was[name] != now[name]}
        shown = {edit.id for edit in preview.edits(before, after)}
        if changed or not was.keys() - now.keys() <= shown:
            return f"{seed} {done}: figures changed, and nothing was said: {sorted(changed)}"
    if keeper is not None:
        keeper.reload()
        keeper.keep(datetime(2024, 6, 30, tzinfo=UTC))
    return ""


def test_a_damaged_workspace_is_refused_with_a_place_or_says_what_it_said(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mutant"
    before = workspaces.load(root)
    workspaces.written(every_file(root), folder)
    keeper = Keeper(folder, open_database(f"sqlite:///{tmp_path / 'm.db'}"))
    wrong = [
        said
        for seed in (*FOUND, *range(FIRST, FIRST + MUTANTS))
        if (said := try_mutant(root, before, seed, folder, keeper if seed % 5 == 0 else None))
    ]
    assert wrong == []
