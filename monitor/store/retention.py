"""What has served its purpose is removed after a time. Never alerts, their history, silences, or observations."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, select

from monitor.model.letter import DeliveryState
from monitor.store.database import writing
from monitor.store.tables import attachment, delivery, letter, quarantine, workspace_version


def tidy(engine: Engine, now: datetime, keep: timedelta) -> tuple[str, dict[str, int]]:
    """Remove, of what is older than `keep`: the content of letters that have arrived (that they did is kept),
    unusable figures that were mended, and refused states of the files. What was done: a source
    string of the catalogue, and what fills it.
    """
    before = now - keep
    c, d = letter.c, delivery.c
    owed = select(d.letter).where(d.letter == c.id, d.state != DeliveryState.DELIVERED).exists()
    old = (c.composed < before) & ~owed
    with writing(engine) as connection:
        connection.execute(attachment.delete().where(attachment.c.letter.in_(select(c.id).where(old))))
        letters = connection.execute(letter.update().where(old, c.html != "").values(text="", html="")).rowcount
        mended = (quarantine.c.current == 0) & (quarantine.c.recorded < before)
        figures = connection.execute(quarantine.delete().where(mended)).rowcount
        versions = _refused_before(connection, before)
        connection.execute(workspace_version.delete().where(workspace_version.c.id.in_(versions)))
    message = "emptied {letters} letters; removed {figures} mended figures, {edits} refused edits"
    return message, {"letters": letters, "figures": figures, "edits": len(versions)}


def _refused_before(connection: Connection, before: datetime) -> list[int]:
    """Refused states, but for the last one seen, which may be the present."""
    c = workspace_version.c
    rows = connection.execute(select(c.id, c.seen, c.problems).order_by(c.id)).all()
    return [row.id for row in rows[:-1] if row.problems and row.seen < before]
