"""Files that refer to one another: one that cannot be read, or stands elsewhere, is told, and never ends in a stack trace."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor import ruletest
from monitor.model.problem import Problems
from monitor.workspace import load

TEST = """\
tests:
  - name: a
    figures: {bhyt: {2024-03: 94}}
    expect:
      - {as_of: 2024-06-30, status: {bhyt: off_track}}
      - {as_of: 2024-06-30, status: {bhyt: met}}
"""
JOIN = """\
rules:
  - {id: khop, match: {a: bhyt, b: tiem-chung}, when: a.value > b.value, severity: warning, message: x}
"""


def edited(file: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(root: Path) -> None:
        text = (root / file).read_text(encoding="utf-8")
        assert old in text
        (root / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


def renamed(old: str, new: str) -> Callable[[Path], None]:
    return lambda root: (root / old).rename(root / new) and None  # type: ignore[func-returns-value]


def placed(name: str) -> Callable[[Path], None]:
    def place(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("a: 1\n", encoding="utf-8")

    return place


def copied(root: Path) -> None:
    shutil.copytree(root / "rules" / "nq", root / "rules" / "nq-2")


TARGETS = "rules/nq/01-y-te.yaml"


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (edited(TARGETS, "  - {id: tiem", "\t- {id: tiem"), "01-y-te.yaml:6:1  this is not valid YAML"),
        (edited(TARGETS, "name: Y tế", 'name: "Y tế'), "01-y-te.yaml:3:36  this is not valid YAML"),
        (edited(TARGETS, "  - {id: tiem-chung", " - {id: tiem-chung"), "01-y-te.yaml:6:2  this is not valid YAML"),
        (edited(TARGETS, "  - {id: tiem-chung", "  # {id: tiem-chung"), 'target "tiem-chung" is not known'),
        (renamed(TARGETS, "rules/nq/01-y-te.yml"), "01-y-te.yml  this file is not read"),
        (renamed("rules/nq", "rules/nq-khac"), 'the id is "nq", and the folder is named "nq-khac"'),
        (renamed("rules/policy.yaml", "rules/policy.yam"), "rules/policy.yaml  the file cannot be read"),
        (renamed("feeds/so-lieu.yaml", "feeds/so-lieu.YAML"), "feeds/so-lieu.YAML  this file is not read"),
        (renamed("rules/nq/tests", "rules/nq/test"), "rules/nq/test/a.yaml  this file is not read where it stands"),
        (placed("rules/nq/tests/sub/t.yaml"), "rules/nq/tests/sub/t.yaml  this file is not read where it stands"),
        (placed("rules/nq/more/02.yaml"), "rules/nq/more/02.yaml  this file is not read where it stands"),
        (placed("feeds/more/g.yaml"), "feeds/more/g.yaml  this file is not read where it stands"),
        (placed("alerts/template/x.j2"), "alerts/template/x.j2  this file is not read where it stands"),
        (lambda root: os.mkfifo(root / "rules/nq/02.yaml"), "rules/nq/02.yaml  this is no file"),
        (lambda root: (root / "feeds/g.yaml").mkdir(), "feeds/g.yaml  this is no file"),
        (lambda root: os.mkfifo(root / "alerts/templates/x.j2"), "alerts/templates/x.j2  this is no file"),
        (copied, 'the id is "nq", and the folder is named "nq-2"'),
        (lambda _: None, "a.yaml:6:17  the day 2024-06-30 stands twice"),
    ],
)
def test_a_file_that_others_refer_to_is_told_when_it_cannot_be_read(
    small_workspace: Path, edit: Callable[[Path], None], said: str
) -> None:
    (small_workspace / "rules" / "nq" / "tests").mkdir()
    (small_workspace / "rules" / "nq" / "tests" / "a.yaml").write_text(TEST, encoding="utf-8")
    (small_workspace / "rules" / "nq" / "khop.yaml").write_text(JOIN, encoding="utf-8")
    edit(small_workspace)
    with pytest.raises(Problems) as found:
        ruletest.cases(load(small_workspace))
    assert said in str(found.value)


@pytest.mark.parametrize("when", ["misses == true", "true == misses", "misses != false", "not (misses == false)"])
def test_a_condition_compared_with_true_is_that_condition(small_workspace: Path, when: str) -> None:
    def definitions(text: str) -> list[object]:
        rule = f'rules: [{{id: thu, when: "{text}", severity: warning, message: x}}]\n'
        (small_workspace / "rules" / "nq" / "99.yaml").write_text(rule, encoding="utf-8")
        return [r.definition for r in load(small_workspace).resolutions[0].rules.rules if r.rule == "thu"]

    assert definitions(when) == definitions("misses")
