"""Alerts in the store: their present, everything that happened to them, and the rule sets that decided."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Text, cast, func, select

from monitor.model.alert import Alert, Change, Event, Happening, State
from monitor.model.finding import Severity
from monitor.model.sealed import Sealed
from monitor.store import columns
from monitor.store.tables import alert, alert_event, evaluation, ruleset, standing

# Asked at every page: made once.
_LAST = select(func.max(alert_event.c.id))
# What stands for evidence that is written with the event: JSON's nothing.
_AS_ITS_EVENT = "null"
_FIELDS = {kind: tuple(field.name for field in fields(kind)) for kind in (Alert, Event)}


def alerts(
    connection: Connection,
    resolution: str | None = None,
    units: Collection[str] | None = None,
    *,
    evidence: bool = True,
) -> dict[str, Alert]:
    """Fingerprint -> the present of every alert, of one resolution or of all; ordered by target, unit, rule. `units`: of those
    alone, and what people closed whose rule does not hold: the next evaluation takes note of it. `evidence`: the larger part of
    what is kept, which no letter tells.
    """
    c = alert.c
    told = [_told(column) for column in alert.columns if evidence or column.name != "evidence"]
    query = select(*told, standing.c.as_of).outerjoin(standing, standing.c.resolution == c.resolution)
    asked = [c.resolution == resolution] if resolution is not None else []
    if units is not None:
        asked.append(c.unit.in_(units) | ((c.closed_by > "") & (c.holds == 0)))
    found: Iterable[Any] = connection.execute(query.where(*asked).order_by(c.target, c.unit, c.rule))
    last = _last_evidence(connection, asked) if evidence else {}
    return {row.fingerprint: _alert(row, last) for row in found}


def _told(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column, evidence as its text: it is read when somebody looks into it."""
    return cast(column, Text).label(column.name) if column.name == "evidence" else column


def _last_evidence(connection: Connection, asked: Iterable[ColumnElement[bool]]) -> dict[str, str]:
    """Fingerprint -> the evidence of the last event of an alert, of those `asked` that have the same (see `record`)."""
    e, as_its_event = alert_event.c, cast(alert.c.evidence, Text) == _AS_ITS_EVENT
    last = select(func.max(e.id)).join(alert).where(as_its_event, *asked).group_by(e.fingerprint)
    query = select(e.fingerprint, _told(e.evidence)).where(e.id.in_(last))
    return {row.fingerprint: row.evidence for row in connection.execute(query)}


def events(connection: Connection, resolution: str, until: date) -> list[Event]:
    """What happened to a resolution's alerts, in order, until a day (included); without the evidence, which is the larger part of
    what is kept, and which no letter tells.
    """
    told = [column for column in alert_event.columns if column.name != "evidence"]
    query = select(*told).join(alert).where(alert.c.resolution == resolution, alert_event.c.as_of <= until)
    return [_event(row) for row in connection.execute(query.order_by(alert_event.c.id))]


def last_event(connection: Connection) -> int:
    """The number of what happened last to any alert; 0 before anything did."""
    return connection.execute(_LAST).scalar() or 0


def history(connection: Connection, fingerprint: str) -> list[Event]:
    """Everything that ever happened to an alert, in order."""
    query = (
        select(*map(_told, alert_event.columns))
        .where(alert_event.c.fingerprint == fingerprint)
        .order_by(alert_event.c.id)
    )
    return [_event(row) for row in connection.execute(query)]


def holding(connection: Connection, resolution: str, units: Collection[str]) -> int:
    """Of how many alerts of some units the rule held at the last evaluation."""
    c = alert.c
    query = select(func.count()).where(c.resolution == resolution, c.unit.in_(units), c.holds == 1)
    return connection.execute(query).scalar_one()


def active_by_severity(connection: Connection) -> dict[str, int]:
    """Severity -> how many alerts are open or acknowledged."""
    c = alert.c
    active = [state.value for state in State if state.active]
    query = select(c.severity, func.count()).where(c.state.in_(active)).group_by(c.severity)
    found: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
    return {severity.value: found.get(severity.value, 0) for severity in Severity}


def record(connection: Connection, changes: Collection[Change], present: Container[str] | None = None) -> None:
    """Write the present of each changed alert, and its event. Evidence, most of what there is to write, is written once: where
    both have the same, with the event. `present`: the fingerprints of those that are stored already; None: any of them may be.
    """
    begun = [change for change in changes if present is not None and change.alert.fingerprint not in present]
    columns.write(connection, alert, _present(begun))
    gone_on = [change for change in changes if present is None or change.alert.fingerprint in present]
    columns.write(connection, alert, _present(gone_on), replace=True)
    events = _columns(Event, [change.event for change in changes if change.event is not None])
    del events["number"]
    columns.write(connection, alert_event, events)


def _present(changes: Sequence[Change]) -> dict[str, list[Any]]:
    """What is kept of each alert."""
    found = _columns(Alert, [change.alert for change in changes])
    found["holds"] = [int(holds) for holds in found["holds"]]
    found["evidence"] = [
        None if change.event is not None and change.event.evidence is evidence else evidence
        for change, evidence in zip(changes, found["evidence"], strict=True)
    ]
    return found


def last_evaluation(connection: Connection, resolution: str, until: date) -> date | None:
    """The latest day, `until` at most, as of which the resolution was evaluated."""
    c = evaluation.c
    query = select(func.max(c.as_of)).where(c.resolution == resolution, c.as_of <= until)
    found: date | None = connection.execute(query).scalar()
    return found


def note_evaluation(connection: Connection, resolution: str, as_of: date, version: str, findings: int) -> None:
    """Keep that the resolution was evaluated as of a day."""
    key = (evaluation.c.resolution == resolution) & (evaluation.c.as_of == as_of)
    connection.execute(evaluation.delete().where(key))
    row = {"resolution": resolution, "as_of": as_of, "version": version, "findings": findings}
    connection.execute(evaluation.insert(), row)


def keep_ruleset(
    connection: Connection, version: str, resolution: str, as_of: date, rules: Callable[[], dict[str, Any]]
) -> None:
    """Keep a rule set that is used, once; `rules` gives what is kept of it."""
    if connection.execute(select(ruleset.c.version).where(ruleset.c.version == version)).first() is None:
        row = {"version": version, "resolution": resolution, "first_used": as_of, "rules": rules()}
        connection.execute(ruleset.insert(), row)


def kept_rule(connection: Connection, version: str, compiled: str) -> dict[str, Any]:
    """A compiled rule as it was under `version`."""
    rules = connection.execute(select(ruleset.c.rules).where(ruleset.c.version == version)).scalar_one()
    found: dict[str, Any] = rules[compiled]
    return found


def _columns(kind: type[Alert] | type[Event], nouns: Sequence[Alert | Event]) -> dict[str, list[Any]]:
    """Their fields, each of all."""
    names = _FIELDS[kind]
    values = zip(*map(attrgetter(*names), nouns), strict=True) if nouns else ([] for _ in names)
    found = {name: list(each) for name, each in zip(names, values, strict=True)}
    plain = {
        name: [value.value for value in found[name]] for name in ("severity", "state", "happening") if name in found
    }
    return found | plain


def _alert(row: Row[Any], last_evidence: Mapping[str, str]) -> Alert:
    values = row._asdict()
    if (evidence := values.get("evidence")) is not None:
        values["evidence"] = Sealed(last_evidence[row.fingerprint] if evidence == _AS_ITS_EVENT else evidence)
    evaluated = values.pop("as_of")
    # What holds was seen last when its resolution was evaluated last, which is written once, and not at each alert.
    seen = evaluated if row.holds and evaluated is not None else row.last_seen
    kinds = {"severity": Severity(row.severity), "state": State(row.state)}
    return Alert(**values | kinds | {"holds": bool(row.holds), "last_seen": seen})


def _event(row: Row[Any]) -> Event:
    values = row._asdict()
    values["number"] = values.pop("id")
    if "evidence" in values:
        values["evidence"] = Sealed(values["evidence"])
    kinds = {"severity": Severity(row.severity), "state": State(row.state), "happening": Happening(row.happening)}
    return Event(**values | kinds)
