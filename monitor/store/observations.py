"""Figures in the store: appended, never overwritten; a reader sees what was known as of a day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Insert, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from monitor.model.observation import Reading, Taken, known_from
from monitor.model.period import Calendar
from monitor.store.tables import feed_reading, observation, quarantine

_KEY = ["target", "unit", "period"]
_COLUMNS = [c for c in observation.columns if c.name != "id"]


def observations(connection: Connection, as_of: date) -> pd.DataFrame:
    """Every figure as known at the end of `as_of`: one row a (target, unit, period), the latest received.

    Columns: the table's own but `id`; `received` (object of date), `value` (float64), `revision` (int64).
    """
    query = select(*_COLUMNS).where(observation.c.received <= as_of)
    table = pd.DataFrame(connection.execute(query).all(), columns=[c.name for c in _COLUMNS])
    table["value"] = table["value"].astype(float)
    latest = table.sort_values(["received", "revision", "feed"], kind="stable").drop_duplicates(_KEY, keep="last")
    return latest.sort_values(_KEY, ignore_index=True)


def last_recorded(connection: Connection) -> int:
    """A number that grows with every figure that is stored."""
    return connection.execute(select(func.max(observation.c.id))).scalar() or 0


def revisions(connection: Connection, target: str, unit: str, period: str) -> pd.DataFrame:
    """All that was ever reported for one figure, in the order it came; columns as `observations`."""
    c = observation.c
    query = select(*_COLUMNS).where(c.target == target, c.unit == unit, c.period == period).order_by(c.received, c.id)
    return pd.DataFrame(connection.execute(query).all(), columns=[column.name for column in _COLUMNS])


def add(connection: Connection, feed: str, reading: Reading, calendar: Calendar, now: datetime, today: date) -> Taken:
    """Store what is new in a reading; what stands already changes nothing.

    A figure with a declared day of sending is new unless that day's figure stands; without one, unless the latest revision says
    the same.
    """
    rows = reading.observations
    query = select(*_COLUMNS).where(observation.c.feed == feed)
    present = pd.DataFrame(connection.execute(query).all(), columns=[c.name for c in _COLUMNS])
    present["value"] = present["value"].astype(float)
    periods = {text: calendar.due_day(pd.Period(text, freq="M")) for text in rows["period"].unique()}
    known = known_from(rows["received"], rows["period"].map(periods).astype(object), today, first=present.empty)
    rows = rows.assign(declared=rows["received"].notna(), received=known)
    rows = rows.sort_values([*_KEY, "received", "file"], kind="stable")
    fresh = _fresh(rows, present)
    if len(fresh):
        values = fresh.assign(recorded=now)[[c.name for c in _COLUMNS]]
        connection.execute(observation.insert(), _rows(values))
    quarantined = _quarantine(connection, feed, reading.quarantine, now)
    revised = int((fresh["revision"] > 1).sum())
    return Taken(feed, len(fresh) - revised, revised, len(rows) - len(fresh), quarantined, reading.early)


def _fresh(rows: pd.DataFrame, present: pd.DataFrame) -> pd.DataFrame:
    """The rows that say something new, with their revision (1: the first)."""
    stood = present.sort_values("revision").drop_duplicates(_KEY, keep="last")[[*_KEY, "value", "revision"]]
    # Undated, only the last file's figure speaks; dated, each of its day.
    undated = ~rows["declared"]
    rows = rows[~(undated & rows.duplicated([*_KEY, "declared"], keep="last"))]
    rows = rows.merge(stood, on=_KEY, how="left", suffixes=("", "_stood"))
    same_day = rows.merge(
        present[[*_KEY, "received", "value"]].drop_duplicates(),
        on=[*_KEY, "received", "value"],
        how="left",
        indicator=True,
    )
    already = rows["declared"] & (same_day["_merge"] == "both").to_numpy()
    already |= ~rows["declared"] & (rows["value"] == rows["value_stood"])
    fresh = rows[~already].copy()
    before = pd.to_numeric(fresh["revision"]).fillna(0).astype(int)
    fresh["revision"] = before + fresh.groupby(_KEY).cumcount() + 1
    return fresh


def _quarantine(connection: Connection, feed: str, rows: pd.DataFrame, now: datetime) -> int:
    """Keep what could not be used; how many of them are new."""
    connection.execute(update(quarantine).where(quarantine.c.feed == feed).values(current=0))
    if rows.empty:
        return 0
    key = ["feed", "file", "sheet", "cell", "found", "reason"]
    before = connection.execute(select(func.count()).select_from(quarantine)).scalar_one()
    values = rows.drop_duplicates(key).assign(recorded=now, current=1)
    if connection.dialect.name == "postgresql":
        statement: Insert = postgresql.insert(quarantine).on_conflict_do_update(index_elements=key, set_={"current": 1})
    else:
        statement = sqlite.insert(quarantine).on_conflict_do_update(index_elements=key, set_={"current": 1})
    connection.execute(statement, _rows(values))
    after = connection.execute(select(func.count()).select_from(quarantine)).scalar_one()
    return int(after - before)


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The table's rows as statements take them."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def last_reading(connection: Connection) -> datetime | None:
    """When any feed was read last."""
    found: datetime | None = connection.execute(select(func.max(feed_reading.c.read))).scalar()
    return found


def note_reading(
    connection: Connection, feed: str, reading: Reading, problems: list[dict[str, object]], now: datetime
) -> None:
    """Keep how the feed's last reading went."""
    connection.execute(feed_reading.delete().where(feed_reading.c.feed == feed))
    row = {
        "feed": feed,
        "read": now,
        "figures": len(reading.observations),
        "quarantined": len(reading.quarantine),
        "early": reading.early,
        "problems": problems,
    }
    connection.execute(feed_reading.insert(), row)
