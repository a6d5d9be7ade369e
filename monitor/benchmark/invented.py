"""A workspace of any size, invented for measuring: a tree of units, targets half flows and half levels, figures as long CSV.

Whoever gives the same numbers gets the same files, byte by byte. Everything in it says that it is invented.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import yaml

from monitor.workspace import defaults

Array = npt.NDArray[np.float64]

YEAR = 2024
# The last month that is reported; the plan ends with the year.
LAST = pd.Period(f"{YEAR}-08", freq="M")
# Communes of one province, whose figures are one file; targets of one group.
PROVINCE, GROUP = 50, 10
NOTICE = "Số liệu giả lập để đo tốc độ, không phải số thống kê"
RESOLUTION, FEED, TOP, OWNER = "nq-gia-lap", "so-lieu", "toan-quoc", "co-quan"
_HEADS = ["Chỉ tiêu", "Đơn vị", "Kỳ báo cáo", "Số liệu"]
# What a unit promises a year of a flow, and where a level is to stand.
_SHARE, _LEVEL = 1000, 80


@dataclass(frozen=True)
class Size:
    """How much is invented: units that report, targets of each, years of monthly figures up to LAST."""

    units: int
    targets: int
    years: int

    @property
    def months(self) -> pd.PeriodIndex:
        """The months reported."""
        return pd.period_range(end=LAST, periods=12 * self.years, freq="M")

    @property
    def names(self) -> list[str]:
        """The ids of the units that report."""
        return [f"xa-{n + 1:05}" for n in range(self.units)]

    @property
    def of_targets(self) -> list[str]:
        """The ids of the targets: those of odd number are flows, of even number levels."""
        return [f"ct-{n + 1:03}" for n in range(self.targets)]


def write(root: Path, size: Size) -> None:
    """Lay out the workspace in the empty folder `root`."""
    rules, feeds, alerts = root / "rules" / RESOLUTION, root / "feeds", root / "alerts"
    for folder in (rules, feeds / FEED, alerts):
        folder.mkdir(parents=True)
    shutil.copy(defaults() / "rules" / "policy.yaml", root / "rules")
    shutil.copy(defaults() / "alerts" / "calendar.yaml", alerts)
    shutil.copytree(defaults() / "alerts" / "templates", alerts / "templates")
    _yaml(rules / "resolution.yaml", _resolution())
    _yaml(rules / "units.yaml", {"units": _units(size)})
    for begin in range(0, size.targets, GROUP):
        number = begin // GROUP + 1
        targets = [_target(n, size) for n in range(begin, min(begin + GROUP, size.targets))]
        group = {"group": f"nhom-{number:02}", "name": f"Nhóm giả lập {number}", "targets": targets}
        _yaml(rules / f"{number:02}-nhom.yaml", {"defaults": {"owner": OWNER, "article": "Điều 1"}, **group})
    _yaml(feeds / f"{FEED}.yaml", _feed())
    routes = [{"id": "thuong-truc", "name": "Thường trực (giả lập)", "to": ["thuong-truc"], "schedule": "30 7 25 * *"}]
    _yaml(alerts / "routes.yaml", {"routes": routes})
    for begin in range(0, size.units, PROVINCE):
        numbers = np.arange(begin, min(begin + PROVINCE, size.units))
        _table(size, numbers).to_csv(feeds / FEED / f"tinh-{begin // PROVINCE + 1:03}.csv", sep=";", index=False)


def write_one(root: Path, size: Size) -> None:
    """One unit reports its last month anew, in a file of its own."""
    table = _table(size, np.array([0]))
    table = table[table[_HEADS[2]] == str(LAST)]
    figures = table[_HEADS[3]].str.replace(",", ".").astype(float) * 0.9
    table = table.assign(**{_HEADS[3]: _written(figures.to_numpy())})
    table.to_csv(root / "feeds" / FEED / "xa-bao-cao-lai.csv", sep=";", index=False)


def _resolution() -> dict[str, Any]:
    return {
        "id": RESOLUTION,
        "number": "0/NQ-GIA-LAP",
        "title": NOTICE,
        "body": "Không cơ quan nào (giả lập)",
        "adopted": f"{YEAR - 1}-12-13",
        "period": {"start": f"{YEAR}-01-01", "end": f"{YEAR}-12-31"},
    }


def _units(size: Size) -> list[dict[str, Any]]:
    """The whole, its provinces, their communes, and who answers for all targets."""
    provinces = range(-(-size.units // PROVINCE))
    return [
        {"id": TOP, "name": "Toàn quốc (giả lập)", "kind": "nation"},
        *(
            {"id": f"tinh-{n + 1:03}", "name": f"Tỉnh {n + 1}", "kind": "province", "parent": TOP}
            | {"weights": {"xa": min(PROVINCE, size.units - n * PROVINCE)}}
            for n in provinces
        ),
        *(
            {"id": name, "name": f"Xã {n + 1}", "kind": "commune", "parent": f"tinh-{n // PROVINCE + 1:03}"}
            | {"weights": {"xa": 1}}
            for n, name in enumerate(size.names)
        ),
        {"id": OWNER, "name": "Cơ quan chủ trì (giả lập)", "kind": "department"},
    ]


def _target(number: int, size: Size) -> dict[str, Any]:
    flow = _flows(np.array([number]))[0]
    return {
        "id": size.of_targets[number],
        "name": f"Chỉ tiêu giả lập {number + 1}",
        "printed": f"{_SHARE * size.units} tấn" if flow else f"{_LEVEL}%",
        "target": f">= {_SHARE * size.units if flow else _LEVEL}",
        "unit_of_measure": "tấn" if flow else "%",
        "measure": "flow" if flow else "level",
        "breakdown": {"units": ["province", "commune"], "roll_up": "sum" if flow else "mean", "weight": "xa"},
    }


def _feed() -> dict[str, Any]:
    return {
        "id": FEED,
        "about": NOTICE,
        "synthetic": True,
        "source": {"kind": "file", "path": f"{FEED}/*.csv"},
        "format": "csv",
        "schedule": "0 6 21 * *",
        "table": {
            "header": _HEADS[0],
            **dict(zip(("target", "unit", "period", "value"), ({"row": head} for head in _HEADS), strict=True)),
        },
    }


def _table(size: Size, units: npt.NDArray[np.int64]) -> pd.DataFrame:
    """The figures of the units of those numbers, a row each, by unit, target and month."""
    months, names, targets = size.months, np.array(size.names), np.array(size.of_targets)
    figures = np.stack([_figures(size, int(unit)) for unit in units])
    rows = len(targets) * len(months)
    columns = (
        np.tile(np.repeat(targets, len(months)), len(units)),
        np.repeat(names[units], rows),
        np.tile(np.array(months.astype(str)), len(units) * len(targets)),
        _written(figures),
    )
    return pd.DataFrame(dict(zip(_HEADS, columns, strict=True)))


def _figures(size: Size, unit: int) -> Array:
    """What a unit reports, targets x months: of a flow the year to date, with a season; of a level a walk about where it should
    be. About one series in six will fall short.
    """
    drawn = np.random.default_rng((YEAR, unit))
    months = size.months
    shape = (size.targets, len(months))
    month = months.month.to_numpy()
    own = drawn.normal(1.06, 0.06, (size.targets, 1))
    added = _SHARE / 12 * own * (1 + 0.3 * np.sin(2 * np.pi * month / 12)) * drawn.normal(1, 0.1, shape)
    to_date = np.zeros(shape)
    for year in np.unique(months.year):
        of = months.year == year
        to_date[:, of] = np.cumsum(added[:, of], axis=1)
    walk = np.cumsum(drawn.normal(0, 0.3, shape), axis=1)
    level = _LEVEL + 4 + drawn.normal(0, 3, (size.targets, 1)) + walk - walk[:, -1:]
    level = np.clip(level, 0, 100)
    return np.where(_flows(np.arange(size.targets))[:, None], to_date, level)


def _flows(targets: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which of the targets of those numbers add up through the year."""
    return np.asarray(targets % 2 == 0)


def _written(figures: npt.NDArray[Any]) -> list[str]:
    """As offices write them: 12,5."""
    return [f"{figure:.1f}".replace(".", ",") for figure in figures.ravel().tolist()]


def _yaml(path: Path, said: dict[str, Any]) -> None:
    text = yaml.safe_dump(said, allow_unicode=True, sort_keys=False, width=120)
    path.write_text(f"# {NOTICE}.\n{text}", encoding="utf-8")
