"""A nation of three provinces and two ministries, and what its assembly promised: for sheets such as a statistics office releases."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook as Book

from monitor.model.target import Target
from monitor.model.unit import Unit

Rows = list[list[Any]]
NATION = "viet-nam"
MONTHS = (pd.Period("2012-01", freq="M"), pd.Period("2021-12", freq="M"))
UNITS = (
    Unit.model_validate({"id": NATION, "name": "Việt Nam", "kind": "city"}),
    *(
        Unit.model_validate({"id": id_, "name": name, "kind": kind})
        for id_, name, kind in (
            ("bo-y-te", "Bộ Y tế", "department"),
            ("bo-nong-nghiep", "Bộ Nông nghiệp và Phát triển nông thôn", "department"),
            ("ha-noi", "Thành phố Hà Nội", "ward"),
            ("tp-hcm", "Thành phố Hồ Chí Minh", "ward"),
            ("thanh-hoa", "Tỉnh Thanh Hóa", "ward"),
        )
    ),
)
_PROMISED = (
    ("gdp", "Tốc độ tăng tổng sản phẩm trong nước (GDP)", ">= 6", "level", "%"),
    ("cpi", "Tốc độ tăng chỉ số giá tiêu dùng (CPI) bình quân", "<= 4", "level", "%"),
    ("iip", "Tốc độ tăng chỉ số sản xuất công nghiệp", ">= 7", "level", "%"),
    ("xuat-khau", "Tổng kim ngạch xuất khẩu", ">= 300", "flow", "tỷ USD"),
    ("nhap-khau", "Tổng kim ngạch nhập khẩu", "<= 300", "flow", "tỷ USD"),
    ("ban-le", "Tổng mức bán lẻ hàng hóa và doanh thu dịch vụ tiêu dùng", ">= 5300", "flow", "nghìn tỷ đồng"),
    ("von", "Vốn đầu tư từ nguồn ngân sách nhà nước", ">= 477.3", "flow", "nghìn tỷ đồng"),
    ("giai-ngan", "Tỷ lệ vốn đầu tư từ ngân sách nhà nước thực hiện so với kế hoạch", ">= 95", "level", "%"),
    ("khach", "Số lượt khách quốc tế đến Việt Nam", ">= 1000000", "flow", "lượt người"),
)
TARGETS = {
    id_: Target.model_validate(
        {
            **{"id": id_, "name": name, "target": bound, "measure": measure, "unit_of_measure": unit},
            **{"source": {"article": "1", "item": "1", "printed": bound}, "owner": "bo-y-te", "group": "kinh-te"},
            "domain": [-100, 10_000_000],
        }
    )
    for id_, name, bound, measure, unit in _PROMISED
}


def workbook(sheets: dict[str, Rows]) -> bytes:
    """The bytes of an .xlsx of these sheets."""
    made, content = Book(), io.BytesIO()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made.save(content)
    return content.getvalue()


def write_rules(folder: Path) -> None:
    """The nation's resolution in place of the others of a workspace, and no feed."""
    for old in [*folder.glob("rules/*/*"), *folder.glob("feeds/*.yaml")]:
        if old.is_file():
            old.unlink()
    for old in folder.glob("rules/*/tests"):
        for each in old.iterdir():
            each.unlink()
        old.rmdir()
    for old in folder.glob("rules/*/"):
        old.rmdir()
    place = folder / "rules" / "nq"
    place.mkdir()
    units = "\n".join(f'  - {{id: {u.id}, name: "{u.name}", kind: {u.kind}}}' for u in UNITS)
    (place / "units.yaml").write_text(f"units:\n{units}\n", encoding="utf-8")
    (place / "resolution.yaml").write_text(
        "id: nq\nnumber: 1/NQ\ntitle: Kế hoạch\nbody: Quốc hội\nadopted: 2020-11-11\n"
        "period: {start: 2021-01-01, end: 2021-12-31}\n",
        encoding="utf-8",
    )
    lines = [
        f'  - {{id: {id_}, name: "{name}", printed: "{bound.split()[1]}", target: "{bound}", measure: {measure}, '
        f'unit_of_measure: "{unit}"{", domain: [-100, 1000]" if unit == "%" else ""}}}'
        for id_, name, bound, measure, unit in _PROMISED
    ]
    head = 'group: kinh-te\nname: Kinh tế\ndefaults: {article: "1", item: "1", owner: bo-y-te, frequency: month}\ntargets:\n'
    (place / "01-kinh-te.yaml").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    for old in (folder / "alerts").glob("*.yaml"):
        if old.name != "calendar.yaml":
            old.unlink()
    routes = "routes:\n  - {id: hdnd, name: Quốc hội, to: [an], schedule: 30 7 25 * *, upkeep: true}\n"
    (folder / "alerts" / "routes.yaml").write_text(routes, encoding="utf-8")
    (folder / "alerts" / "addresses.yaml").write_text("an: an@example.vn\n", encoding="utf-8")
