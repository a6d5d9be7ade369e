"""Releases of 2002 to 2014, in fonts' own encodings, are read by the declarations of 2017 to 2021 as they stand there.

Only with MONITOR_REAL=<folder of releases>: the sheet and letter of each table were looked up by hand, its cells are read
plainly here, by code that shares nothing with monitor/feeds.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from monitor.feeds.clean import names
from monitor.feeds.naming import known_as
from monitor.feeds.sources import Piece
from monitor.feeds.trial import Trial, attempt
from monitor.workspace import Workspace, load

sys.path.insert(0, str(Path(__file__).parent))
from year import lay_out

REAL = os.environ.get("MONITOR_REAL")
pytestmark = pytest.mark.skipif(not REAL, reason="MONITOR_REAL names no folder of releases")
MONTHS = pd.Period("2000-01", "M"), pd.Period("2022-12", "M")
# Month of the release -> table -> (sheet, letter -> (what it is, the month in which its period ends)).
Letters = dict[str, tuple[str, str]]
TRADE = {"D": ("", "-1"), "J": ("", "0")}
LOOKED_UP: dict[str, dict[str, tuple[str, Letters]]] = {
    "2002-06": {
        "investment": ("04XD5", {"C": ("von", "-1"), "G": ("von", "0"), "I": ("ty-le", "0")}),
        "exports": ("XK6", TRADE), "imports": ("NK6", TRADE), "retail": ("Tongmuct6", {"C": ("", "0")}), "gdp": ("q1-02", {"H": ("", "0")}),
    },
    "2004-06": {
        "investment": ("04XD5", {"D": ("von", "-1"), "H": ("von", "0"), "J": ("ty-le", "0")}),
        "exports": ("XK", TRADE), "imports": ("NK", TRADE), "retail": ("Tongmuc", {"C": ("", "0")}), "gdp": ("GDP", {"H": ("", "0")}),
    },
    "2004-12": {
        "investment": ("09XD", {"C": ("von", "-1"), "G": ("von", "0"), "L": ("ty-le", "0")}),
        "exports": ("XK", TRADE), "imports": ("NK", TRADE), "retail": ("TM", {"C": ("", "0")}), "gdp": ("3GDPSS", {"G": ("", "0")}),
    },
    "2008-06": {
        "investment": ("05Dtu", {"D": ("von", "0"), "G": ("ty-le", "0")}), "cpi": ("08GIA", {"H": ("", "0")}),
        "exports": ("XK", TRADE), "imports": ("NK", TRADE), "retail": ("Tongmuc", {"C": ("", "0")}), "gdp": ("GDP", {"H": ("", "0")}),
    },
    **{
        month: {
            "investment": (investment, {"E": ("von", "0"), "F": ("ty-le", "0")}), "cpi": ("CPI", {"H": ("", "0")}),
            "exports": ("XK", {"J": ("", "0")}), "imports": ("NK", {"J": ("", "0")}), "retail": (retail, {"D": ("", "0")}), "gdp": (gdp, {"G": ("", "0")}),
        }
        for month, investment, retail, gdp in [("2011-06", "02Dtu", "Tongmuc", "GDP"), ("2013-06", "02Dtu", "Tongmuc", "GDP "), ("2014-06", "VonDT", "tongmuc", "GDP (2)")]
    },
}  # fmt: skip
# Of the others, the first row with one of these labels.
WHOLE = ("tổng số", "tổng trị giá", "chỉ số giá tiêu dùng")
# TCVN3, by the letters as which its bytes are shown.
TCVN3 = dict(zip(
    "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\xadõøö÷ùúýûüþ¡¢§£¤¥¦",
    "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂĐÊÔƠƯ", strict=True,
))  # fmt: skip
Cells = dict[str, tuple[str, str, float, str]]


def _plain(file: Path, sheet: str, letters: Letters, *, whole: bool) -> Cells:
    """Cell -> (what it is, the month, the number, the row's label as it stands and out of TCVN3)."""
    rows = CalamineWorkbook.from_path(file).get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    month = pd.Period(file.name[:7], "M")
    found: Cells = {}
    for n, row in enumerate(rows, start=1):
        labels = [v for v in row[:3] if isinstance(v, str) and v.strip()]
        if n < 7 or not labels:
            continue
        spelled = "|".join(_spellings(labels[-1]))
        if whole and not any(label in spelled.lower() for label in WHOLE):
            continue
        for letter, (part, before) in letters.items():
            value = row[ord(letter) - 65] if ord(letter) - 65 < len(row) else None
            if isinstance(value, int | float):
                found[f"{letter}{n}"] = part, str(month + int(before)), float(value), spelled
        if whole:
            break
    return found


def _spellings(label: str) -> Iterator[str]:
    text = " ".join(label.split())
    yield unicodedata.normalize("NFC", text)
    yield " ".join("".join(TCVN3.get(c, c) for c in label).split())


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return load(lay_out(tmp_path_factory.mktemp("early") / "workspace"))


def _tried(nation: Workspace, table: str, file: Path) -> Trial:
    feed = next(feed for feed in nation.feeds if feed.id == table)
    held = (Piece(file.name, file.read_bytes()),)
    return attempt(feed, held, *nation.spoken_of(feed), MONTHS)


@pytest.mark.parametrize(
    ("month", "table"), [(month, table) for month, tables in LOOKED_UP.items() for table in tables]
)
def test_every_figure_of_an_early_release_is_that_of_the_cell_as_it_stands(
    nation: Workspace, month: str, table: str
) -> None:
    file = next(Path(str(REAL)).glob(f"{month}-*"))
    sheet, letters = LOOKED_UP[month][table]
    plain = _plain(file, sheet, letters, whole=table != "investment")
    trial, index = _tried(nation, table, file), 100 if table in ("cpi", "gdp") else 0
    good: list[dict[Any, Any]] = trial.good.to_dict("records")
    for row in good:
        part, ending, raw, _ = plain[row["cell"]]
        assert (row["sheet"], row["period"], row["value"]) == (sheet, ending, pytest.approx(raw - index, rel=1e-9))
        assert not part or row["target"].endswith(part)
    feed = next(feed for feed in nation.feeds if feed.id == table)
    known = names(feed, nation.targets.values(), nation.units)
    held = {row["cell"] for row in trial.quarantined.to_dict("records")}
    read = {row["cell"]: row for row in good}
    named = known.units if table == "investment" else known.targets
    for cell, (_, _, _, spelled) in plain.items():
        keys = [key for text in spelled.split("|") if (key := known_as(text, named))]
        if keys:
            of = read[cell]["unit" if table == "investment" else "target"]
            assert of == named[keys[0]]
        else:
            assert cell not in read
        # What is not read is a unit that is not listed, and told; or a part of the whole, which is no unit.
        assert cell in read or cell in held or any(word in spelled.lower() for word in PARTS)


PARTS = ("trung ương", "địa phương", "một số", "phân theo", "trong đó", "vốn ngân sách")


@pytest.mark.parametrize("month", [month for month, tables in LOOKED_UP.items() if "cpi" not in tables])
def test_a_release_that_prints_no_average_of_prices_gives_none_and_says_so(nation: Workspace, month: str) -> None:
    trial = _tried(nation, "cpi", next(Path(str(REAL)).glob(f"{month}-*")))
    assert trial.good.empty
    assert trial.problems
