"""A small workspace that is read and evaluated in no time: three targets, one feed of text, one reader, one caretaker."""

from __future__ import annotations

import shutil
from pathlib import Path

from monitor.workspace import defaults

UNITS = """\
units:
  - {id: tp, name: Thành phố, kind: city}
  - {id: y-te, name: Phòng Y tế, kind: department}
"""
RESOLUTION = """\
id: nq
number: 1/NQ
title: Nghị quyết thử
body: Hội đồng nhân dân
adopted: 2023-12-01
period: {start: 2024-01-01, end: 2024-12-31}
"""
TARGETS = """\
group: y-te
name: Y tế
defaults: {article: Điều 1, item: "1", owner: y-te, frequency: month}
targets:
  - {id: bhyt, name: Bảo hiểm y tế, printed: 95%, target: ">= 95", measure: level, unit_of_measure: "%"}
  - {id: tiem-chung, name: Tiêm chủng, printed: 99%, target: ">= 99", due: throughout, measure: level, unit_of_measure: "%"}
  - {id: suy-dinh-duong, name: Suy dinh dưỡng, printed: <9%, target: "< 9", measure: level, unit_of_measure: "%"}
"""
FEED = """\
id: so-lieu
source: {kind: file, path: so-lieu.csv}
format: csv
schedule: 0 6 21 * *
numbers: en
table:
  header: target
  target: {row: target}
  unit: {fixed: tp}
  period: {row: period}
  value: {row: value}
"""
ROUTES = """\
group_wait: 10
routes:
  - {id: hdnd, name: Hội đồng nhân dân, to: [an], schedule: 30 7 25 * *}
  - {id: quan-tri, name: Quản trị, to: [binh], schedule: 0 8 * * 1, upkeep: true}
"""
ADDRESSES = "an: an@soctrang.example\nbinh: binh@soctrang.example\n"
HEAD = "target,period,value\n"
# One year: insurance falls away in April, the others keep what they promise.
YEAR = {
    "bhyt": [94.0, 94.1, 94.2, 93.0, 92.5, 92.0, 91.5, 91.0, 90.5, 90.0, 89.5, 89.0],
    "tiem-chung": [99.5] * 12,
    "suy-dinh-duong": [8.9, 8.9, 8.8, 8.8, 8.8, 8.7, 8.7, 8.7, 8.6, 8.6, 8.6, 8.5],
}


def lay_out(root: Path) -> Path:
    """The workspace, with the whole year's figures; the root."""
    rules = root / "rules" / "nq"
    rules.mkdir(parents=True)
    (root / "feeds").mkdir()
    shutil.copytree(defaults() / "alerts", root / "alerts")
    shutil.copy(defaults() / "rules" / "policy.yaml", root / "rules")
    for path, text in {
        rules / "units.yaml": UNITS,
        rules / "resolution.yaml": RESOLUTION,
        rules / "01-y-te.yaml": TARGETS,
        root / "feeds" / "so-lieu.yaml": FEED,
        root / "feeds" / "so-lieu.csv": figures(),
        root / "alerts" / "routes.yaml": ROUTES,
        root / "alerts" / "addresses.yaml": ADDRESSES,
    }.items():
        path.write_text(text, encoding="utf-8")
    return root


def figures(months: int = 12, **instead: list[float]) -> str:
    """The feed's file with the year's first months; `instead`: another course for a target (its id with _ for -)."""
    course = YEAR | {name.replace("_", "-"): values for name, values in instead.items()}
    rows = [f"{t},2024-{m:02},{v}" for t, vs in course.items() for m, v in enumerate(vs[:months], start=1)]
    return HEAD + "\n".join(rows) + "\n"
