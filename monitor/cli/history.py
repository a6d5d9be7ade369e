"""`monitor history`: who changed, acknowledged, silenced and was told what, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import typer
from sqlalchemy import Connection

from monitor import preview
from monitor import workspace as workspaces
from monitor.cli.frame import (
    HERE,
    DateParser,
    Form,
    FormatOption,
    Where,
    language,
    one_of,
    open_store,
    options,
    print_json,
    print_table,
    read_workspace,
    say,
)
from monitor.language import ZONE
from monitor.model.act import Deed
from monitor.model.letter import FILES
from monitor.model.problem import Problems
from monitor.store import acts, alerts, outbox, requests, versions
from monitor.store import silences as stored_silences
from monitor.workspace import Workspace


class Sort(StrEnum):
    """What a line of the history is about."""

    RULES = "rules"
    ALERTS = "alerts"
    SILENCES = "silences"
    IGNORED = "ignored"
    FIGURES = "figures"
    REQUESTS = "requests"
    EDITS = "edits"
    PEOPLE = "people"
    DELIVERIES = "deliveries"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the audit trail. `about`: the targets or declarations that it speaks of."""

    when: datetime | date
    sort: Sort
    who: str
    what: str
    about: tuple[str, ...]

    @property
    def day(self) -> date:
        """The day, in the city's own zone."""
        return self.when.astimezone(ZONE).date() if isinstance(self.when, datetime) else self.when


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(history))


def history(
    sort: Annotated[
        Sort | None,
        typer.Argument(
            metavar="[rules|alerts|silences|ignored|figures|requests|edits|people|deliveries]", help="Only this."
        ),
    ] = None,
    target: Annotated[str | None, typer.Option("--target", help="Only what is about this target.")] = None,
    people: Annotated[bool, typer.Option("--people", help="Only what a person did.")] = False,
    since: Annotated[
        date | None, typer.Option("--since", parser=DateParser, metavar="DATE", help="Only from that day on.")
    ] = None,
    where: Where = HERE,
    form: FormatOption = Form.TABLE,
) -> None:
    """Show the audit trail: versions of the files and what they changed, alerts, acknowledgements, silences, ignored cells,
    figures reported by hand, requests for explanation, edits, deliveries.
    """
    read = read_workspace(where.workspace)
    if target is not None:
        one_of("target", target, read.targets)
    with open_store(read, where.database).connect() as connection:
        lines = [*_versions(connection, read), *_alerts(connection), *_silences(connection), *_acts(connection)]
        lines += _requests(connection)
        lines += _deliveries(connection)
    lines += _ignored(read)
    chosen = [
        line
        for line in lines
        if (sort is None or line.sort is sort)
        and (target is None or target in line.about)
        and (since is None or line.day >= since)
        and (line.who or not people)
    ]
    chosen.sort(key=lambda line: line.day)
    if form is Form.JSON:
        print_json(
            [
                {"when": x.when, "sort": x.sort.value, "who": x.who, "what": x.what, "about": list(x.about)}
                for x in chosen
            ]
        )
        return
    rows = [[language().day(x.day), say(x.sort.value), x.who, x.what] for x in chosen]
    print_table([say(h) for h in ("Day", "About", "Who", "What")], rows)


def _ignored(read: Workspace) -> Iterator[Line]:
    """The cells that are declared as wrong at their source, and why."""
    for feed in read.feeds:
        for each in feed.ignore:
            place = f"{each.file}!{each.sheet}!{each.cell}"
            what = say("feed {feed} does not read {place}: {reason}", feed=feed.id, place=place, reason=each.reason)
            yield Line(each.since, Sort.IGNORED, "", what, ())


def _versions(connection: Connection, read: Workspace) -> Iterator[Line]:
    """Each version of the files that came into force, with what it changed; each that was refused."""
    before: Workspace | None = None
    for kept in versions.every(connection):
        who = kept.by
        if kept.problems:
            what = say("an edit was refused: {place}", place=", ".join(str(p["place"]) for p in kept.problems))
            yield Line(kept.seen, Sort.RULES, who, what, ())
            continue
        try:
            now = workspaces.load_snapshot(kept.files, read.root)
        except Problems:
            # Written for an earlier form of the files, which this program does not read any more.
            yield Line(kept.seen, Sort.RULES, who, say("version {version} came into force", version=kept.hash[:12]), ())
            continue
        edited = preview.edits(before, now) if before is not None else []
        told = "; ".join(
            f"{say(e.what)} {e.id} {say(e.how)}"
            + "".join(f", {n}: {old or '–'} → {new or '–'}" for n, old, new in e.fields)
            for e in edited
        )
        what = say("version {version} came into force", version=kept.hash[:12])
        what = ". ".join(part for part in (what, kept.why, told) if part)
        yield Line(kept.seen, Sort.RULES, who, what, tuple(e.id for e in edited))
        before = now


def _alerts(connection: Connection) -> Iterator[Line]:
    known = alerts.alerts(connection)
    for resolution in sorted({found.resolution for found in known.values()}):
        for event in alerts.events(connection, resolution, date.max):
            found = known[event.fingerprint]
            note = f" ({event.note})" if event.by and event.note else ""
            told = event.message[language().code]
            what = f"{found.fingerprint} {found.rule}: {say(event.happening.value)}{note}. {told}"
            yield Line(event.as_of, Sort.ALERTS, event.by, what, (found.target,))


def _silences(connection: Connection) -> Iterator[Line]:
    for silence in stored_silences.silences(connection):
        matched = "; ".join(f"{k}: {', '.join(v) if isinstance(v, list) else v}" for k, v in silence.matchers.items())
        message = "silence {id} until {day}: {matched}. {reason}"
        what = say(message, id=silence.id, day=language().day(silence.ends), matched=matched, reason=silence.reason)
        named = silence.matchers.get("target", [])
        about = tuple(named) if isinstance(named, list) else (named,)
        yield Line(silence.starts, Sort.SILENCES, silence.author, what, about)
        if silence.ended_by:
            yield Line(
                silence.ends, Sort.SILENCES, silence.ended_by, say("silence {id} was ended", id=silence.id), about
            )


def _acts(connection: Connection) -> Iterator[Line]:
    """What people did that no other table tells of: figures that they reported, files that they edited."""
    for act in acts.acts(connection, Deed.REPORT):
        told = "; ".join(
            f"{of['target']} {of['unit']} {language().month(of['period'])}: {language().number(of['value'], digits=6)}"
            for of in act.details["figures"]
        )
        what = ". ".join(part for part in (told, act.actor.why) if part)
        about = tuple(dict.fromkeys(of["target"] for of in act.details["figures"]))
        yield Line(act.recorded, Sort.FIGURES, act.actor.who, what, about)
    for act in acts.acts(connection, Deed.EDIT):
        how = "removed" if act.details["after"] is None else "added" if act.details["before"] is None else "changed"
        what = ". ".join(part for part in (f"{act.subject} {say(how)}", act.actor.why) if part)
        yield Line(act.recorded, Sort.EDITS, act.actor.who, what, (act.subject,))
    for act in acts.acts(connection, Deed.PEOPLE):
        done = act.details.get("active", True)
        roles = ", ".join(act.details.get("roles", ()))
        what = say(
            "{login} can come in as {roles}." if done else "{login} can come in no more.",
            login=act.subject,
            roles=roles,
        )
        what = say("a token was made for {login}", login=act.subject) if "token" in act.details else what
        yield Line(act.recorded, Sort.PEOPLE, act.actor.who, what, (act.subject,))


def _requests(connection: Connection) -> Iterator[Line]:
    """What was asked of whoever answers for a target, and what they answered."""
    for request in requests.requests(connection):
        what = f"{say('Request {number}', number=request.number)}, {request.target} {request.unit}: {request.question}"
        yield Line(request.asked, Sort.REQUESTS, request.asked_by, what, (request.target,))
        for answer in request.answers:
            told = "; ".join(part for part in (", ".join(answer.causes), answer.because, answer.remedy) if part)
            what = f"{say('Answer to request {number}', number=request.number)}: {told}"
            yield Line(answer.day, Sort.REQUESTS, answer.who, what, (request.target,))


def _deliveries(connection: Connection) -> Iterator[Line]:
    for delivery in outbox.deliveries(connection):
        if delivery.recipient == FILES:
            continue
        message = "{subject}, to {recipient}: {state}"
        what = say(message, subject=delivery.subject, recipient=delivery.recipient, state=say(delivery.state.value))
        yield Line(delivery.delivered or delivery.composed, Sort.DELIVERIES, "", what, ())
