"""What is declared is what the resolution prints: value, comparator and unit; a slip of the pen changes no promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.language import Language
from monitor.model.problem import Problems
from monitor.workspace import load

TARGETS = """\
group: y-te
name: Y tế
defaults: {{article: Điều 1, item: "1", owner: y-te}}
targets:
  - id: bhyt
    name: Thử
    printed: "{printed}"
    target: "{target}"
    unit_of_measure: "{unit}"
    measure: level
    domain: [0, 1000000000]
"""


def told(workspace: Path, printed: str, target: str, unit: str) -> list[str]:
    text = TARGETS.format(printed=printed, target=target, unit=unit)
    (workspace / "rules" / "nq" / "01-y-te.yaml").write_text(text, encoding="utf-8")
    try:
        load(workspace)
    except Problems as found:
        return [f"{p.place()}  {p.text(Language('en'))}" for p in found.problems]
    return []


@pytest.mark.parametrize(
    ("printed", "target", "unit"),
    [
        ("6.000 ha", ">= 6000", "ha"),
        ("104,6 triệu đồng/người/năm", ">= 104.6", "triệu đồng/người/năm"),
        ("104,6 triệu đồng", ">= 104.6", "triệu đồng/người/năm"),
        ("khoảng 95%", ">= 95", "%"),
        ("trên 95%", "> 95", "%"),
        ("dưới 9%", "< 9", "%"),
        ("<9%", "< 9", "%"),
        ("≥ 95%", ">= 95", "%"),
        ("tối thiểu 3 trường", ">= 3", "trường"),
        ("không quá 5%", "<= 5", "%"),
        ("95% trở lên", ">= 95", "%"),
        ("từ 8% đến 8,5%", "8 .. 8.5", "%"),
        ("từ 900 lên 1.000 người", ">= 1000", "người"),
        ("8-8,5%", ">= 8", "%"),
        ("8-8,5%", "<= 8.5", "%"),
        ("100 %", ">= 100", "%"),
        ("9%", "<= 9", "%"),
        ("9%", "< 9", "%"),
        ("0,45%", ">= 0.45", "điểm %"),
        ("8%/năm", ">= 8", "%"),
        ("02 trường", ">= 2", "trường"),
        ("hai trường", ">= 2", "trường"),
        ("tương đương 150 hộ", ">= 150", "hộ"),
        ("3,5 nghìn tỷ đồng", ">= 3500", "tỷ đồng"),
        ("12/12 phường", ">= 12", "phường"),
        ("95% (tương đương 150 hộ)", ">= 150", "hộ"),
        ("12 cái lạ", ">= 12", "cái lạ"),
        ("778.290 triệu đồng", "<= 778290", "triệu đồng"),
        ("12,345%", ">= 12.345", "%"),
    ],
)
def test_a_target_that_says_what_is_printed_passes(small_workspace: Path, printed: str, target: str, unit: str) -> None:
    assert told(small_workspace, printed, target, unit) == []


@pytest.mark.parametrize(
    ("printed", "target", "unit", "said"),
    [
        ("6.000 ha", ">= 6.000", "ha", 'yaml:8:13  the target is ">= 6", and printed "6.000 ha" says  >= 6000'),
        ("6.000 ha", ">= 600", "ha", 'yaml:8:13  the target is ">= 600", and printed "6.000 ha" says  >= 6000'),
        ("<9%", "<= 9", "%", 'yaml:8:13  the target is "<= 9", and printed "<9%" says  < 9'),
        (
            "từ 900 lên 1.000 người",
            ">= 900",
            "người",
            'the target is ">= 900", and printed "từ 900 lên 1.000 người" says  >= 1000',
        ),
        ("<9%", "< 8", "%", "says  < 9"),
        ("trên 95%", ">= 95", "%", "says  > 95"),
        ("dưới 9%", ">= 9", "%", "says  < 9"),
        ("tối thiểu 3 trường", "<= 3", "trường", "says  >= 3"),
        ("từ 8% đến 8,5%", "8 .. 85", "%", "says  8 .. 8.5"),
        ("từ 8% đến 8,5%", ">= 8.5", "%", "says  8 .. 8.5"),
        ("95%", "90 .. 95", "%", "says  >= 95"),
        ("hai trường", ">= 3", "trường", "says  >= 2"),
        ("3,5 nghìn tỷ đồng", ">= 3.5", "tỷ đồng", "says  >= 3500"),
        ("95,15%", ">= 9515", "%", "says  >= 95.15"),
        (
            "6.000 ha",
            ">= 6000",
            "tấn",
            'yaml:9:22  printed "6.000 ha" is measured in "ha", and unit_of_measure is "tấn"',
        ),
        ("5,8 tấn/ha", ">= 5.8", "tấn", 'is measured in "tấn/ha", and unit_of_measure is "tấn"'),
        ("95%", ">= 95", "‰", 'is measured in "%"'),
        ("%", ">= 95", "%", 'yaml:7:14  printed "%" holds no figure'),
        ("", ">= 95", "%", "holds no figure"),
    ],
)
def test_a_target_that_says_otherwise_is_refused_with_its_place(
    small_workspace: Path, printed: str, target: str, unit: str, said: str
) -> None:
    (found,) = told(small_workspace, printed, target, unit)
    assert said in found


def test_a_task_is_held_against_what_it_counts_and_not_against_its_deadline(small_workspace: Path) -> None:
    path = small_workspace / "rules" / "nq" / "02-tasks.yaml"
    text = TARGETS.replace("group: y-te\n", "group: viec\ntask: true\n").replace("bhyt", "viec.a")
    path.write_text(
        text.format(printed="hoàn thành trong 6 tháng đầu năm", target=">= 1", unit="cuộc"), encoding="utf-8"
    )
    load(small_workspace)
    path.write_text(text.format(printed="tổ chức 02 cuộc", target=">= 1", unit="cuộc"), encoding="utf-8")
    with pytest.raises(Problems, match='printed "tổ chức 02 cuộc" says  >= 2'):
        load(small_workspace)
    path.write_text(text.format(printed="tổ chức 02 cuộc", target=">= 2", unit="tuổi"), encoding="utf-8")
    with pytest.raises(Problems, match='is measured in "cuộc", and unit_of_measure is "tuổi"'):
        load(small_workspace)
