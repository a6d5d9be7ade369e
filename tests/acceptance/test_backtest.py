"""`monitor backtest` follows the protocol: its questions, its file, its scores, its pictures."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.command import Monitor

SEASON = 1 + 0.4 * np.sin(np.arange(12) / 12 * 2 * np.pi)


def write_series(path: Path, count: int = 30, years: int = 6) -> None:
    """Invented series: a season, a growth, some noise."""
    rng = np.random.default_rng(7)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["series", "type", "period", "value"])
        for n in range(count):
            grown = 1.03 ** (np.arange(12 * years) / 12)
            values = 100 * grown * np.tile(SEASON, years) * rng.lognormal(0, 0.05, 12 * years)
            for k, value in enumerate(values):
                rows.writerow([f"s{n}", "x", f"{2010 + k // 12}-{k % 12 + 1:02}", f"{value:.3f}"])


@pytest.fixture
def command(tmp_path: Path) -> Monitor:
    write_series(tmp_path / "series.csv")
    return Monitor(tmp_path)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder of the series, with all answers (out.csv) and pictures (plots), and what the command told."""
    folder = tmp_path_factory.mktemp("asked")
    write_series(folder / "series.csv")
    return folder, Monitor(folder).json("backtest", "series.csv", "--predictions", "out.csv", "--plots", "plots")


def test_every_series_is_asked_of_its_last_two_years_at_each_month(asked: tuple[Path, dict[str, Any]]) -> None:
    folder, told = asked
    with (folder / "out.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["series", "year", "kind", "month", "target", "probability", "projection", "low", "high"]
    assert len(rows) == told["questions"] == 30 * 2 * 2 * 11
    assert {(r["year"], r["kind"]) for r in rows} == {(y, k) for y in ("2014", "2015") for k in ("flow", "level")}
    assert all(float(r["low"]) <= float(r["projection"]) <= float(r["high"]) for r in rows)
    assert [(c["kind"], c["year"], c["third"], c["questions"]) for c in told["coverage_by_year"]] == [
        (kind, year, third, 30 * months)
        for kind in ("flow", "level") for year in (2014, 2015) for third, months in ((1, 4), (2, 4), (3, 3))
    ]  # fmt: skip
    # Errors of the years before are known by then, and had a size of their own.
    assert all(row["learned"] not in (None, 1) for row in told["coverage"])
    for name in ("reliability.png", "lead-time.png"):
        assert (folder / "plots" / name).read_bytes().startswith(b"\x89PNG")


def test_the_answers_beat_the_straight_line_at_every_month(asked: tuple[Path, dict[str, Any]]) -> None:
    scores = asked[1]["scores"]
    assert [(s["kind"], s["month"]) for s in scores] == [(k, m) for k in ("flow", "level") for m in range(1, 12)]
    assert all(s["brier"] < s["straight_line"] for s in scores if s["kind"] == "flow" or s["month"] < 11)


@pytest.mark.parametrize("years", ["0", "1", "2"])
def test_with_little_history_the_answers_still_beat_the_straight_line(command: Monitor, years: str) -> None:
    scores = command.json("backtest", "series.csv", "--history", years)["scores"]
    assert np.mean([s["brier"] for s in scores]) < np.mean([s["straight_line"] for s in scores])


def test_the_method_sees_nothing_later_than_the_month_it_is_asked_at(
    asked: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    def answers(folder: Path) -> list[str]:
        rows = (folder / "out.csv").read_text(encoding="utf-8").splitlines()
        return [row for row in rows if ",2015," in row and int(row.split(",")[3]) <= 6]

    def later_changed(line: str) -> str:
        name, kind, period, value = line.split(",")
        return f"{name},{kind},{period},{float(value) * 3 if period > '2015-06' else value}"

    head, *lines = (asked[0] / "series.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "other.csv").write_text("\n".join([head, *map(later_changed, lines)]) + "\n", encoding="utf-8")
    Monitor(tmp_path).run("backtest", "other.csv", "--predictions", "out.csv")
    assert len(answers(tmp_path)) == 30 * 2 * 6
    assert answers(tmp_path) == answers(asked[0])


def test_autoets_is_asked_the_same_at_months_3_6_and_9(tmp_path: Path) -> None:
    pytest.importorskip("statsforecast", reason="an optional dependency: pip install '.[compare]'")
    write_series(tmp_path / "series.csv", count=2)
    command = Monitor(tmp_path)
    scores = command.json("backtest", "series.csv", "--compare")["scores"]
    asked = [s for s in scores if s["brier_ets"] is not None]
    assert [(s["kind"], s["month"]) for s in asked] == [(k, m) for k in ("flow", "level") for m in (3, 6, 9)]
    assert all(0 <= s["brier_ets"] <= 1 and 0 <= s["coverage_ets"] <= 1 for s in asked)
    # Each kind's table, and under it a line a month that both were asked at.
    told = command.run("backtest", "series.csv", "--compare").stdout
    beside = told.split("bên cạnh AutoETS")[1:]
    under = [[line.split()[0] for line in part.splitlines() if line.strip()[:1].isdigit()][:3] for part in beside]
    assert under == [["3", "6", "9"]] * 2


def test_the_stored_history_is_asked_without_a_file(tmp_path: Path) -> None:
    Monitor(tmp_path).run("init", "w")
    command = Monitor(tmp_path / "w")
    command.run("ingest", "--as-of", "2024-12-31")
    told = command.json("backtest")
    assert told["years"] > 200
    assert {s["kind"] for s in told["scores"]} == {"flow", "level"}
    # No series has three years before those that a scale could be learned from.
    assert {row["learned"] for row in told["coverage"]} == {1.0}
    assert "bằng 1,00, 1,00, 1,00 lần thước sai số chung" in command.run("backtest").stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("series,period\na,2020-01\n", 'bad.csv:1  không có cột "value"'),
        ("series,period,value\na,2020-13,1\nb,2020-01,x\n", 'bad.csv:2:2  "2020-13"'),
        ("series,period,value\na,2020-01,x\n", "bad.csv:2:3"),
        ("series,period,value\na,2020-01,1\na,2020-01,2\n", "bad.csv:3:1"),
        ("series,period,value\na,2020-01,1\n", "bad.csv"),
        ("", "bad.csv"),
    ],
    ids=["no-value", "month-13", "no-figure", "twice", "too-short", "empty"],
)
def test_a_file_that_cannot_be_asked_is_told(command: Monitor, tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "bad.csv").write_text(text, encoding="utf-8")
    assert told in command.run("backtest", "bad.csv", expect=2).stderr
