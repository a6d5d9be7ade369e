"""A nation of ministries, provinces and communes with its plan in tables, and a document that amends it. All figures are invented."""

from __future__ import annotations

import shutil
from pathlib import Path

from monitor.workspace import defaults

UNITS = """\
# Hư cấu.
kinds:
  special-zone: {vi: đặc khu, en: special zone}
units:
  - {id: vn, name: Cả nước, kind: nation, aliases: [Tổng số]}
  - {id: bo-y-te, name: Bộ Y tế, kind: ministry, parent: vn}
  - {id: bo-xay-dung, name: Bộ Xây dựng, kind: ministry, parent: vn}
  - {id: an-giang, name: An Giang, kind: province, parent: vn}
  - {id: ca-mau, name: Cà Mau, kind: province, parent: vn}
  - {id: xa-a, name: Xã A, kind: commune, parent: an-giang, weights: {ho: 300}}
  - {id: xa-b, name: Xã B, kind: commune, parent: an-giang, weights: {ho: 100}}
  - {id: xa-c, name: Xã C, kind: commune, parent: ca-mau, weights: {ho: 600}}
  - {id: bo-ke-hoach, name: Bộ Kế hoạch, kind: department}
"""
RESOLUTION = """\
id: nq-1
number: 1/NQ
title: Nghị quyết thử (hư cấu)
body: Quốc hội
adopted: 2023-12-01
period: {start: 2024-01-01, end: 2024-12-31}
"""
TARGETS = """\
group: dau-tu
name: Đầu tư
defaults: {article: Điều 1, item: "1", owner: bo-ke-hoach, frequency: month}
targets:
  - id: von
    name: Vốn đầu tư thực hiện
    printed: 1.000 tỷ đồng
    target: ">= 1000"
    execution: 0.95
    unit_of_measure: tỷ đồng
    measure: flow
    breakdown: {units: [ministry, province], roll_up: sum}
  - id: nuoc-sach
    name: Tỷ lệ hộ dùng nước sạch
    printed: 90%
    target: ">= 90"
    unit_of_measure: "%"
    measure: level
    breakdown: {units: commune, roll_up: mean, weight: ho}
  - id: nha-o
    name: Số nhà xóa tạm
    printed: 1.000 căn
    target: ">= 1000"
    unit_of_measure: căn
    measure: flow
    whole_numbers: true
    breakdown: {units: commune, roll_up: sum, weight: ho}
  - id: tang-truong
    name: Tốc độ tăng tổng sản phẩm
    printed: 6–6,5%
    target: "6 .. 6.5"
    edge: floor
    unit_of_measure: "%"
    measure: level
    domain: [-20, 30]
"""
PLAN = """\
STT,Đơn vị,Vốn đầu tư thực hiện,Ghi chú
1,Bộ Y tế,200,
2,Bộ Xây dựng,300,
3,An Giang,150,
4,Cà Mau,350,
"""
AMENDMENT = """\
id: nq-2
number: 2/NQ
title: Nghị quyết điều chỉnh (hư cấu)
body: Quốc hội
adopted: 2024-07-10
amends: nq-1
since: 2024-07-01
"""
AMENDED = """\
Chỉ tiêu,Đơn vị,Kế hoạch
von,Bộ Y tế,300
von,Tổng số,"1.100,0"
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
  unit: {row: unit}
  period: {row: period}
  value: {row: value}
"""
ROUTES = """\
group_wait: 10
routes:
  - {id: qh, name: Quốc hội, to: [an], schedule: 30 7 25 * *}
"""
# Every month adds as much.
ADDED = {"bo-y-te": 16.0, "bo-xay-dung": 25.0, "an-giang": 12.0, "ca-mau": 30.0}
RATES = {"xa-a": 80.0, "xa-b": 100.0, "xa-c": 90.0}


def lay_out(root: Path, months: int = 9) -> Path:
    """The workspace, with the figures of so many months of 2024; the root."""
    rules, amending = root / "rules" / "nq-1", root / "rules" / "nq-2"
    for folder in (rules / "plans", amending / "plans", root / "feeds"):
        folder.mkdir(parents=True)
    shutil.copytree(defaults() / "alerts", root / "alerts")
    shutil.copy(defaults() / "rules" / "policy.yaml", root / "rules")
    for path, text in {
        rules / "units.yaml": UNITS,
        rules / "resolution.yaml": RESOLUTION,
        rules / "01-dau-tu.yaml": TARGETS,
        rules / "plans" / "01-giao-von.csv": PLAN,
        amending / "resolution.yaml": AMENDMENT,
        amending / "plans" / "dieu-chinh.csv": AMENDED,
        root / "feeds" / "so-lieu.yaml": FEED,
        root / "feeds" / "so-lieu.csv": figures(months),
        root / "alerts" / "routes.yaml": ROUTES,
        root / "alerts" / "addresses.yaml": "an: an@vidu.example\n",
    }.items():
        path.write_text(text, encoding="utf-8")
    return root


def figures(months: int) -> str:
    """The feed's file: what was added to date, and the rates of the communes."""
    rows = ["target,unit,period,value"]
    for month in range(1, months + 1):
        period = f"2024-{month:02}"
        rows += [f"von,{unit},{period},{added * month}" for unit, added in ADDED.items()]
        rows += [f"nuoc-sach,{unit},{period},{rate}" for unit, rate in RATES.items()]
        rows += [f"nha-o,{unit},{period},{month * n}" for unit, n in {"xa-a": 25, "xa-b": 8, "xa-c": 50}.items()]
        rows += [f"tang-truong,vn,{period},7.09"] if month % 3 == 0 else []
    return "\n".join(rows) + "\n"
