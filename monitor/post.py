"""What is told of alerts, and how it gets there: letters into the outbox, and from there to their recipients.

A letter is posted in the transaction of what it tells of; delivering it is a step of its own, which may fail and be tried again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine

from monitor.alerts import chart, delivery, files, render, scoreboard, upkeep
from monitor.alerts.declaration import Addresses, Route
from monitor.alerts.digest import Digest, Part, Tale, digest, grave, urgent
from monitor.alerts.explanations import explanations
from monitor.alerts.lifecycle import transitions
from monitor.alerts.noise import Scene
from monitor.language import Language
from monitor.model.alert import Change
from monitor.model.letter import FILES, Delivery, DeliveryState, Kind, Letter, PreviousDigest, Stamp
from monitor.model.problem import Problems
from monitor.pipeline import Evaluation, Moment
from monitor.reassessment import known_standing
from monitor.standing.drawing import courses
from monitor.standing.known import Standing
from monitor.store import alerts as stored_alerts
from monitor.store import conditions as stored_conditions
from monitor.store import observations as stored_observations
from monitor.store import outbox
from monitor.store import requests as stored_requests
from monitor.store import silences as stored_silences
from monitor.store.database import writing
from monitor.workspace import Workspace

log = logging.getLogger(__name__)


# How a letter becomes its recipient's own on its way, in the transaction that claims it.
Personal = Callable[[Connection, Delivery, Letter, datetime], Letter]


def _as_written(_connection: Connection, _to: Delivery, letter: Letter, _now: datetime) -> Letter:
    return letter


@dataclass(frozen=True)
class Outlet:
    """How letters leave: to `addresses` (who has which; raises Problems) by the mail server's URL; or as files into `folder`."""

    addresses: Callable[[], Addresses]
    server: str | None = None
    folder: Path | None = None
    personal: Personal = _as_written


def tale_of(workspace: Workspace, engine: Engine, standing: Standing) -> Tale:
    """What there is to tell, for the digests of many routes."""
    with engine.connect() as connection:
        return _tale(workspace, connection, standing)


def digest_for(
    workspace: Workspace, connection: Connection, standing: Standing, route: Route, tale: Tale | None = None
) -> Digest:
    """The route's digest as of the standing's day, against the one before it. `tale`: see tale_of; None: as it is now."""
    previous = outbox.previous(connection, standing.declared.resolution.id, route.id, standing.as_of)
    heard = _for(workspace, route, tale or _tale(workspace, connection, standing))
    return _digest(workspace, standing, route, heard, previous)


def write_digest(
    workspace: Workspace,
    engine: Engine,
    standing: Standing,
    route: Route,
    moment: Moment,
    folder: Path,
    tale: Tale | None = None,
) -> tuple[Path, ...]:
    """The route's digest as files in `folder`; their paths. Written again it is the same, or has the newer figures. `tale`: see
    digest_for.
    """
    stamp = _stamp(standing, route, Kind.DIGEST)
    with engine.connect() as connection:
        told = digest_for(workspace, connection, standing, route, tale)
    letter = render.letter(told, workspace.alerts.templates, table=scoreboard.workbook(told))
    paths = files.write(letter, stamp, folder)
    if moment.ahead:
        return paths
    with writing(engine) as connection:
        outbox.post(connection, stamp, letter, (), [FILES], moment.now, moment.now, told.last_event)
        outbox.note_delivered(connection, stamp, FILES, moment.now)
    return paths


def write_digests(
    workspace: Workspace, engine: Engine, standing: Standing, routes: Iterable[Route], moment: Moment, folder: Path
) -> Iterator[tuple[Route, tuple[Path, ...]]]:
    """`write_digest` of each route, one after the other."""
    tale = tale_of(workspace, engine, standing)
    for route in routes:
        yield route, write_digest(workspace, engine, standing, route, moment, folder, tale)


def post_digest(
    workspace: Workspace,
    engine: Engine,
    standing: Standing,
    route: Route,
    moment: Moment,
    tale: Tale | None = None,
) -> bool:
    """Put the route's digest of the day into the outbox, once; whether it is due: an unchanged one may wait for its `repeat`.
    `tale`: see digest_for.
    """
    stamp = _stamp(standing, route, Kind.DIGEST)
    with engine.connect() as connection:
        told = digest_for(workspace, connection, standing, route, tale)
    if not _worth_sending(told):
        return False
    # Drawing takes its time: other writers need not wait for it.
    letter = _with_attachments(workspace, standing, told)
    names = [name for item in told.items for name in item.alerts]
    with writing(engine) as connection:
        outbox.post(connection, stamp, letter, names, route.to, moment.now, moment.now, told.last_event)
    return True


def post_urgent(workspace: Workspace, connection: Connection, done: Evaluation, moment: Moment) -> None:
    """Tell at once, in the evaluation's own transaction, what became grave. A letter that still waits is joined."""
    events = [change.event for change in done.changes if change.event is not None]
    if not any(urgent(route, events) for route in workspace.alerts.readers):
        return
    standing = done.standing
    if standing.units is not None:
        # A letter may join others of the day, and tell of what is behind elsewhere.
        standing = known_standing(workspace, connection, standing.declared, standing.as_of)
    scene = Scene(standing.series, standing.declared.resolution.id)
    told = _tale(workspace, connection, standing)
    for route in workspace.alerts.readers:
        tale = _for(workspace, route, told)
        names = grave(route, scene, tale, events, standing.as_of)
        if not names:
            continue
        before = outbox.of_day(connection, _stamp(standing, route, Kind.URGENT))
        waiting = next((b for b in before if b[3]), None)
        if waiting is not None:
            names |= frozenset(waiting[2])
        letter = render.letter(_digest(workspace, standing, route, tale, None, names), workspace.alerts.templates)
        if waiting is not None:
            outbox.rewrite(connection, waiting[0], letter, names)
            continue
        stamp = _stamp(standing, route, Kind.URGENT, 1 + len(before))
        outbox.post(connection, stamp, letter, names, route.to, _not_before(workspace, moment), moment.now)


def look_after(workspace: Workspace, engine: Engine, outlet: Outlet, moment: Moment) -> None:
    """Turn what is known to be wrong with the monitor itself (by the store, and by who has no address) into alerts, and tell its
    routes.
    """
    reached = [] if outlet.folder is not None else upkeep.unaddressed(outlet.addresses, workspace.alerts.routes)
    with writing(engine) as connection:
        known = stored_conditions.conditions(connection, [feed.id for feed in workspace.feeds])
        found = upkeep.findings([*known, *reached])
        present = stored_alerts.alerts(connection, upkeep.RESOLUTION)
        rules = dict.fromkeys(upkeep.MESSAGES, 1)
        changes = transitions(present, found, upkeep.VERSION, rules, {}, moment.as_of)
        if not changes:
            return
        stored_alerts.keep_ruleset(connection, upkeep.VERSION, upkeep.RESOLUTION, moment.as_of, upkeep.kept)
        stored_alerts.record(connection, changes)
        if any(change.event is not None for change in changes):
            _post_upkeep(workspace, connection, changes, moment)


def remind_of_upkeep(workspace: Workspace, engine: Engine, route: Route, moment: Moment) -> bool:
    """An upkeep route's scheduled letter: what is still open; whether there was anything."""
    with writing(engine) as connection:
        present = stored_alerts.alerts(connection, upkeep.RESOLUTION)
        if not any(alert.state.active for alert in present.values()):
            return False
        letter = render.upkeep_letter(upkeep.letter_for(route, present, (), moment.as_of), workspace.alerts.templates)
        stamp = Stamp(upkeep.RESOLUTION, route.id, Kind.DIGEST, moment.as_of)
        outbox.post(connection, stamp, letter, (), route.to, moment.now, moment.now)
    return True


def deliver(engine: Engine, outlet: Outlet, now: Callable[[], datetime], stopping: Callable[[], bool]) -> int:
    """Attempt every delivery that is due; how many went. Each is claimed, attempted outside any transaction, and settled."""
    with engine.connect() as connection:
        keys = outbox.due(connection, now())
    went = 0
    for key in keys:
        if stopping():
            break
        with writing(engine) as connection:
            token = outbox.claim(connection, key, now())
            if token is None:
                continue
            parcel, letter = outbox.opened(connection, key)
            letter = outlet.personal(connection, parcel, letter, now())
        done = _attempt(parcel, letter, outlet)
        again = now() + done.wait
        with writing(engine) as connection:
            ours = outbox.settle(
                connection, key, token, done.state, done.confirmed, done.error, again, now(), counts=done.counts
            )
        if not ours:
            log.warning("letter %s: settled too late, another has taken it since", parcel.message_id)
            continue
        went += done.state is DeliveryState.DELIVERED
        # What is only still so, such as an address that is missing, was said before.
        level = logging.WARNING if done.error and done.error != parcel.error else logging.INFO
        fields = {"message_id": parcel.message_id, "attempt": parcel.attempts, "state": done.state.value}
        log.log(level, "letter %s: %s %s", parcel.message_id, done.state.value, done.error, extra=fields)
    return went


def _attempt(parcel: Delivery, letter: Letter, outlet: Outlet) -> delivery.Attempt:
    """Try once. Without room for files it is put off; without addresses it is kept."""
    try:
        if outlet.folder is not None:
            files.write(letter, parcel.stamp, outlet.folder)
            return delivery.Attempt(DeliveryState.DELIVERED, frozenset(), "")
        addresses = outlet.addresses().known.get(parcel.recipient, ())
        return delivery.attempt(parcel, letter, addresses, outlet.server)
    except Problems as error:
        return delivery.unaddressed(parcel, str(error))
    except OSError as error:
        return delivery.put_off(parcel, str(error))


def _for(workspace: Workspace, route: Route, tale: Tale) -> Tale:
    """The tale as one route hears it: with what others escalate to it."""
    escalating = tuple(r for r in workspace.alerts.routes if r.escalate is not None and r.escalate.to == route.id)
    return replace(tale, escalating=escalating)


def _tale(workspace: Workspace, connection: Connection, standing: Standing) -> Tale:
    resolution = standing.declared.resolution.id
    return Tale(
        alerts=stored_alerts.alerts(connection, resolution, evidence=False),
        events=tuple(stored_alerts.events(connection, resolution, until=standing.as_of)),
        findings=tuple(standing.findings),
        silences=tuple(stored_silences.silences(connection)),
        requests=tuple(stored_requests.requests(connection, resolution, until=standing.as_of)),
        inhibit=workspace.alerts.inhibit,
        late=standing.declared.rules.of_absence,
        synthetic=_synthetic(workspace, connection, standing),
    )


def _synthetic(workspace: Workspace, connection: Connection, standing: Standing) -> bool:
    """Whether some of the figures known by then are invented."""
    invented = {feed.id for feed in workspace.feeds if feed.synthetic}
    invented -= workspace.strangers({standing.declared.resolution.body})
    return stored_observations.any_of(connection, invented, standing.as_of)


def _digest(
    workspace: Workspace,
    standing: Standing,
    route: Route,
    tale: Tale,
    previous: PreviousDigest | None,
    only: frozenset[str] | None = None,
) -> Digest:
    declared = standing.declared
    told = digest(
        route,
        declared.resolution,
        declared.groups,
        standing.series,
        standing.rows,
        tale,
        previous,
        standing.as_of,
        only=only,
    )
    if only is not None or not tale.requests:
        return told
    scene = Scene(standing.series, declared.resolution.id)
    chosen = scene.of(route.choose)
    asked = explanations(
        tale.requests,
        set(chosen.index[chosen]),
        declared.targets,
        declared.unit_names,
        declared.city.id,
        workspace.alerts.requests,
        standing.as_of,
        told.previous,
        Language(route.language),
    )
    return replace(told, explanations=asked)


def _worth_sending(told: Digest) -> bool:
    changed = any(item.part is not Part.STILL_OPEN for item in told.items)
    changed = changed or any(each.fresh for each in told.explanations)
    if changed or told.previous is None or not told.route.repeat:
        return True
    return told.as_of - told.previous >= timedelta(days=told.route.repeat)


def _with_attachments(workspace: Workspace, standing: Standing, told: Digest) -> Letter:
    """A digest as it is mailed: with its picture and its table."""
    plans = {target.id: target.target.value for target in standing.declared.targets.values()}
    of = {target: course for (target, _), course in courses(standing, standing.declared.city.id).items()}
    picture = chart.chart(told, of, plans)
    return render.letter(told, workspace.alerts.templates, picture, scoreboard.workbook(told))


def _post_upkeep(workspace: Workspace, connection: Connection, changes: list[Change], moment: Moment) -> None:
    present = stored_alerts.alerts(connection, upkeep.RESOLUTION)
    for route in workspace.alerts.caretakers:
        letter = render.upkeep_letter(
            upkeep.letter_for(route, present, changes, moment.as_of), workspace.alerts.templates
        )
        stamp = Stamp(upkeep.RESOLUTION, route.id, Kind.UPKEEP, moment.as_of)
        before = outbox.of_day(connection, stamp)
        outbox.post(
            connection,
            replace(stamp, number=1 + len(before)),
            letter,
            [change.alert.fingerprint for change in changes],
            route.to,
            moment.now,
            moment.now,
        )


def _not_before(workspace: Workspace, moment: Moment) -> datetime:
    """When an urgent letter may go: others are given time to join it, and quiet hours are kept."""
    ready = moment.now + workspace.alerts.group_wait
    quiet = workspace.alerts.calendar.quiet
    return quiet.over(ready) if quiet is not None else ready


def _stamp(standing: Standing, route: Route, kind: Kind, number: int = 1) -> Stamp:
    return Stamp(standing.declared.resolution.id, route.id, kind, standing.as_of, number)
