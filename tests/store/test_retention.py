"""What has served its purpose goes after its time; alerts, their history and observations never do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Engine, text

from monitor.model.letter import Attachment, DeliveryState, Kind, Letter, PreviousDigest, Stamp
from monitor.store import outbox, retention, versions
from monitor.store.database import writing

NOW = datetime(2024, 6, 1, tzinfo=UTC)
LETTER = Letter("Thử", "<p>thử</p>", "thử", (Attachment("bang.xlsx", "a/b", b"123"),))


def test_letters_that_arrived_are_emptied_and_those_still_owed_are_not(engine: Engine) -> None:
    with writing(engine) as connection:
        for day in (1, 2):
            stamp = Stamp("nq", "hdnd", Kind.DIGEST, date(2024, 1, day))
            outbox.post(connection, stamp, LETTER, (), ["an"], NOW, NOW)
        (first, _) = sorted(outbox.due(connection, NOW))
        token = outbox.claim(connection, first, NOW)
        assert token is not None
        assert outbox.settle(connection, first, token, DeliveryState.DELIVERED, ["x"], "", NOW, NOW)
    assert retention.tidy(engine, NOW + timedelta(days=10), timedelta(days=31))[1]["letters"] == 0
    assert retention.tidy(engine, NOW + timedelta(days=32), timedelta(days=31))[1]["letters"] == 1
    with engine.connect() as connection:
        owed, arrived = (
            outbox.deliveries(connection, DeliveryState.QUEUED),
            outbox.deliveries(connection, DeliveryState.DELIVERED),
        )
        assert outbox.opened(connection, owed[0].id)[1] == LETTER
        assert outbox.opened(connection, arrived[0].id)[1] == Letter("Thử", "", "")
        assert outbox.previous(connection, "nq", "hdnd", date(2024, 3, 1)) == PreviousDigest(date(2024, 1, 2), 0)


def test_only_refused_edits_that_are_past_are_forgotten(engine: Engine) -> None:
    refused = [{"place": "rules", "message": "x", "values": {}}]
    with writing(engine) as connection:
        for n, problems in enumerate(([], refused, [], refused)):
            versions.note(connection, str(n), problems, {"nq": "v"} if not problems else {}, {"a": "b"}, NOW)
    assert retention.tidy(engine, NOW + timedelta(days=32), timedelta(days=31))[1]["edits"] == 1
    with engine.connect() as connection:
        kept = list(connection.execute(text("SELECT hash FROM workspace_version ORDER BY id")).scalars())
    assert kept == ["0", "2", "3"]
