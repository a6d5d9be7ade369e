"""Makes the sample figures in `feeds/samples/`: synthetic, seeded, and labelled so in every file.

    python tests/samples/generate.py

2022 and 2023 give history and baselines; 2024 carries the faults of `stories.yaml`. The same seed gives the same files.
"""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from monitor.language import Language
from monitor.model.period import parse_period
from monitor.model.target import Measure, RollUp, Target
from monitor.rules.load import Declared
from monitor.workspace import load

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "feeds" / "samples"
SEED = 43_2023
YEARS = (2022, 2023, 2024)
LABEL = "SỐ LIỆU GIẢ LẬP để thử phần mềm, không phải số thống kê"
CITY = "tp-soc-trang"
VI = Language("vi")

Series = dict[tuple[str, str, int], np.ndarray]

# How much of a year comes in each month, where it is not spread evenly.
PROFILES = {
    "rice": [0, 2, 22, 12, 0, 0, 18, 16, 2, 0, 14, 14],
    "revenue": [11, 6, 8, 9, 7, 8, 9, 7, 8, 9, 8, 10],
    "spending": [6, 6, 7, 8, 8, 8, 8, 8, 8, 9, 10, 14],
    "steady": [6, 7, 8, 9, 9, 9, 9, 9, 9, 9, 8, 8],
}
PROFILE_OF = {
    "nong-nghiep.dien-tich-lua": "rice",
    "tai-chinh.tong-thu": "revenue",
    "tai-chinh.thu-can-doi": "revenue",
    "tai-chinh.tong-chi": "spending",
    "tai-chinh.chi-can-doi": "spending",
}
# When the tasks of section 3 are done in 2024.
DONE = {
    "nhiem-vu.giao-quan": 2,
    "nhiem-vu.dien-tap-phuong-2": 6,
    "nhiem-vu.dien-tap-phuong-10": 8,
    "nhiem-vu.dien-tap-phuong-9": 9,
    "nhiem-vu.mo-rong-dia-gioi": 9,
    "nhiem-vu.sap-xep-phuong-1": 10,
    "nhiem-vu.sap-xep-phuong-9": 10,
}
SUMS = {
    "giao-duc.mam-non": ("giao-duc.nha-tre", "giao-duc.mau-giao"),
    "giao-duc.pho-thong": ("giao-duc.tieu-hoc", "giao-duc.thcs", "giao-duc.thpt"),
    "giao-duc.huy-dong-hoc-sinh": ("giao-duc.mam-non", "giao-duc.pho-thong"),
    "bao-hiem.bhxh": ("bao-hiem.bhxh-bat-buoc", "bao-hiem.bhxh-tu-nguyen"),
}


def figures(declared: Declared, stories: list[dict[str, Any]]) -> Series:
    """(target, unit, year) -> its twelve figures: a level, or a flow's year to date; NaN where there are none."""
    rng = np.random.default_rng(SEED)
    made: Series = {}
    for target in declared.targets.values():
        for year in YEARS:
            made[target.id, CITY, year] = _city(target, year, rng)
    for story in stories:
        _plant(made, declared, story)
    _agree(made)
    for target in declared.targets.values():
        if target.breakdown is not None:
            stuck = [s for s in stories if s["shape"] == "ward" and target.id in s["targets"]]
            _wards(made, target, declared, rng, stuck)
    return {key: _rounded(declared.targets[key[0]], values) for key, values in made.items()}


def _city(target: Target, year: int, rng: np.random.Generator) -> np.ndarray:
    promised, months = target.target.value, np.arange(1, 13)
    behind = YEARS[-1] - year
    if target.measure is Measure.MILESTONE or target.task:
        if year != YEARS[-1]:
            return np.full(12, np.nan)
        done = DONE.get(target.id)
        return promised * months / 12 if done is None else np.where(months >= done, promised, 0.0)
    if target.measure is Measure.FLOW:
        grown = 0.985 if target.execution is not None else 1.035
        total = promised * grown * (1 - 0.05 * behind)
        weights = np.array(PROFILES[PROFILE_OF.get(target.id, "steady")], dtype=float)
        weights = weights * rng.normal(1, 0.03, 12) * (np.arange(1, 13) <= _due(target))
        return total * np.cumsum(weights) / weights.sum()
    if target.throughout:
        return np.full(12, promised)
    due = _due(target)
    lower = target.target.comparator == "<"
    room = 0.12 if lower else min(0.02, 0.6 * (100 - promised) / promised) if target.unit_of_measure == "%" else 0.02
    step = promised * room * (-1 if lower else 1)
    end = promised * (0.985 if lower else 1 + min(0.004, room / 4)) - behind * step
    start = end - step
    path = start + (end - start) * np.clip(months / due, 0, 1)
    return path + 0.03 * step * rng.normal(0, 1, 12) * (months != due)


def _due(target: Target) -> int:
    period = None if target.throughout else parse_period(target.due)
    return 12 if period is None else period.month


def _agree(made: Series) -> None:
    """The identities that the resolution's own figures fulfil."""
    for year in YEARS:
        area, yields = made["nong-nghiep.dien-tich-lua", CITY, year], made["nong-nghiep.nang-suat-lua", CITY, year]
        made["nong-nghiep.san-luong-lua", CITY, year] = area * yields
        for whole, parts in SUMS.items():
            made[whole, CITY, year] = np.sum([np.round(made[part, CITY, year], 2) for part in parts], axis=0)
            if whole.startswith("giao-duc"):
                made[whole, CITY, year] = np.sum([np.round(made[part, CITY, year]) for part in parts], axis=0)


def _plant(made: Series, declared: Declared, story: dict[str, Any]) -> None:
    months = np.arange(1, 13)
    for name in story.get("targets", []):
        values, promised = made[name, CITY, 2024], declared.targets[name].target.value
        match story["shape"]:
            case "decline":
                since = np.maximum(months - story["from"] + 1, 0)
                made[name, CITY, 2024] = np.where(
                    since > 0, values[story["from"] - 2] + story["a_month"] * since, values
                )
            case "late":
                part = np.clip((months - story["from"] + 1) / (13 - story["from"]), 0, 1)
                made[name, CITY, 2024] = story["total"] * promised * part
            case "fall":
                made[name, CITY, 2024] = np.where(months >= story["from"], story["to"] * values, values)
            case "catch-up":
                low = story["pace"] * values
                late = np.clip((months - story["until"]) / (11 - story["until"]), 0, 1)
                made[name, CITY, 2024] = low + (values - low) * late
            case "dip":
                made[name, CITY, 2024] = np.where(np.isin(months, story["months"]), story["to"], values)
            case "milestone":
                made[name, CITY, 2024] = np.where(months >= 6, float(story["total"]), 0.0)


def _wards(
    made: Series, target: Target, declared: Declared, rng: np.random.Generator, stuck: list[dict[str, Any]]
) -> None:
    """Each ward's figures; the city's become what they add up, or average, to."""
    if target.breakdown is None:
        return
    wards = [unit for unit in declared.units if unit.kind in target.breakdown.units]
    weights = np.array([unit.weight(target.breakdown.weight, YEARS[-1]) for unit in wards])
    weights = weights / weights.sum()
    adds = target.breakdown.roll_up is RollUp.SUM
    lower = target.target.comparator == "<"
    spread = np.abs(rng.normal(0, 0.012, len(wards))) * (-1 if lower else 1)
    for year in YEARS:
        city = made[target.id, CITY, year]
        if adds:
            parts = city[None, :] * weights[:, None] * (1.005 + np.abs(spread)[:, None])
        else:
            room = min(1.0, 0.5 * (100 - target.target.value)) if target.unit_of_measure == "%" else 1.0
            parts = city[None, :] + spread[:, None] * room * 20
        parts = np.array([_rounded(target, np.ceil(part) if target.whole_numbers else part) for part in parts])
        for unit, part in zip(wards, parts, strict=True):
            for story in stuck:
                if year == YEARS[-1] and unit.id == story["unit"]:
                    part[story["from"] - 1 :] = part[story["from"] - 2]
            made[target.id, unit.id, year] = part
        made[target.id, CITY, year] = parts.sum(axis=0) if adds else weights @ parts


def _rounded(target: Target, values: np.ndarray) -> np.ndarray:
    digits = 0 if target.whole_numbers or target.unit_of_measure == "triệu đồng" else 2
    rounded = np.round(values, digits)
    if target.bounds[1] == 100:
        rounded = np.minimum(rounded, 100.0)
    return rounded


def main() -> None:
    """Write every file anew."""
    declared = load(ROOT).resolutions[0]
    stories = yaml.safe_load(Path(__file__).with_name("stories.yaml").read_text(encoding="utf-8"))["stories"]
    made = figures(declared, stories)
    for year in YEARS:
        folder = SAMPLES / str(year)
        (folder / "phong-ban").mkdir(parents=True, exist_ok=True)
        owners = sorted({target.owner for target in declared.targets.values()})
        for owner in owners:
            targets = [target for target in declared.targets.values() if target.owner == owner]
            if owner in {"bao-hiem-xa-hoi", "phong-y-te"}:
                _forms(folder / f"{owner}.xlsx", declared, targets, made, year)
            elif owner == "phong-tai-chinh":
                _monthly(folder / f"{owner}.csv", declared, targets, made, year)
            else:
                _long(folder / "phong-ban" / f"{owner}.csv", declared, targets, made, year, stories)


def _long(
    path: Path, declared: Declared, targets: list[Target], made: Series, year: int, stories: list[dict[str, Any]]
) -> None:
    """A department's long table, a figure a row, each with the day it was sent."""
    rows = []
    for target in targets:
        units = [CITY] + (
            [u.id for u in declared.units if u.kind in target.breakdown.units] if target.breakdown else []
        )
        for unit in units:
            for month, value in enumerate(made[target.id, unit, year], start=1):
                if value == value:
                    for sent, shown in _sent(target, unit, year, month, float(value), stories):
                        rows.append(
                            [target.name, declared.unit_names[unit], f"{month:02}/{year}", VI.number(shown), sent]
                        )
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([LABEL])
        writer.writerow(["Chỉ tiêu", "Đơn vị", "Kỳ báo cáo", "Lũy kế từ đầu năm", "Ngày gửi"])
        writer.writerows(rows)


def _sent(
    target: Target, unit: str, year: int, month: int, value: float, stories: list[dict[str, Any]]
) -> list[tuple[date, float]]:
    """When a figure was sent, and what it said then: a silence and a revision change it."""
    usual = date(year, month, 18)
    for story in stories if year == 2024 else []:
        concerned = target.id in story.get("targets", []) or target.owner == story.get("owner")
        if not concerned or (unit != CITY and story["shape"] != "silent"):
            continue
        match story["shape"]:
            case "silent" if month in story["months"]:
                return [(date(year, max(story["months"]) + 1, 18), value)]
            case "typed" if month == story["month"]:
                return [(usual, value * story["factor"])]
            case "revised" if month == story["month"]:
                return [(usual, round(value + story["reported"], 2)), (story["corrected"], value)]
    return [(usual, value)]


def _monthly(path: Path, declared: Declared, targets: list[Target], made: Series, year: int) -> None:
    """The finance department's table: months across, what each month alone brought, in tỷ đồng."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow([LABEL])
        writer.writerow([f"THU, CHI NGÂN SÁCH NĂM {year}"])
        writer.writerow(["STT", "Nội dung", "Đơn vị tính", *[f"Tháng {month}" for month in range(1, 13)]])
        for number, target in enumerate(targets, start=1):
            values = made[target.id, CITY, year]
            if np.isnan(values).all() or target.unit_of_measure != "triệu đồng":
                continue
            alone = np.diff(np.concatenate([[0.0], values]))
            shown = [VI.number(float(value) / 1000, digits=3) for value in alone]
            writer.writerow([number, target.name, "tỷ đồng", *shown])
    others = [target for target in targets if target.unit_of_measure != "triệu đồng"]
    if year == YEARS[-1]:
        _long(path.parent / "phong-ban" / path.name, declared, others, made, year, [])


def _forms(path: Path, declared: Declared, targets: list[Target], made: Series, year: int) -> None:
    """A workbook as departments send it: a sheet for the city, a sheet for each target that wards report."""
    book = Workbook()
    book.properties.created = book.properties.modified = datetime(year, 12, 31)  # noqa: DTZ001 - the file has no zone
    sheet = book.active
    sheet.title = "Toàn thành phố"
    rows = [(target.name, target.unit_of_measure, made[target.id, CITY, year]) for target in targets]
    _sheet(sheet, f"BÁO CÁO KẾT QUẢ THỰC HIỆN CHỈ TIÊU NĂM {year}", ["STT", "Chỉ tiêu", "Đơn vị tính"], rows, year)
    for target in targets:
        if target.breakdown is None:
            continue
        sheet = book.create_sheet(target.id.split(".")[1])
        wards = [unit for unit in declared.units if unit.kind in target.breakdown.units]
        rows = [(unit.name, target.unit_of_measure, made[target.id, unit.id, year]) for unit in wards]
        rows.append(("Tổng cộng", target.unit_of_measure, made[target.id, CITY, year]))
        title = f"{target.name} - NĂM {year}"
        _sheet(sheet, title, ["STT", "Phường", "Đơn vị tính"], rows, year)
    book.save(path)


def _sheet(sheet: Any, title: str, heads: list[str], rows: list[tuple[str, str, np.ndarray]], year: int) -> None:
    width = len(heads) + 12
    for line, text in enumerate((LABEL, title), start=1):
        sheet.cell(line, 1, text).font = Font(bold=True)
        sheet.merge_cells(start_row=line, end_row=line, start_column=1, end_column=width)
    top = 4
    for column, head in enumerate(heads, start=1):
        sheet.cell(top, column, head)
        sheet.merge_cells(start_row=top, end_row=top + 1, start_column=column, end_column=column)
    sheet.cell(top, len(heads) + 1, f"Thực hiện các tháng năm {year}").alignment = Alignment(horizontal="center")
    sheet.merge_cells(start_row=top, end_row=top, start_column=len(heads) + 1, end_column=width)
    for month in range(1, 13):
        sheet.cell(top + 1, len(heads) + month, f"T{month}")
    for number, (name, measured_in, values) in enumerate(rows, start=1):
        row = top + 1 + number
        sheet.cell(row, 1, number)
        sheet.cell(row, 2, name)
        sheet.cell(row, 3, measured_in)
        for month, value in enumerate(values, start=1):
            # One figure in three is typed as text, as people do.
            shown: Any = float(value) if (number + month) % 3 else VI.number(float(value))
            sheet.cell(row, len(heads) + month, "-" if value != value else shown)
    sheet.column_dimensions[get_column_letter(2)].width = 60


if __name__ == "__main__":
    main()
