"""`monitor alerts`: what is wrong, and what people did about it."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.acts.alerts import acknowledge, close
from monitor.acts.names import beginning
from monitor.cli.frame import (
    HERE,
    AsOfOption,
    ByOption,
    Form,
    FormatOption,
    Where,
    actor,
    language,
    moment,
    one_of,
    open_store,
    options,
    output,
    person,
    placed,
    print_json,
    print_table,
    read_workspace,
    say,
)
from monitor.model.alert import Alert, Event, State
from monitor.model.finding import Severity
from monitor.store import alerts as stored

AlertArgument = Annotated[str, typer.Argument(metavar="ALERT", help="The alert's id, or the beginning of it.")]
AlertsArgument = Annotated[list[str], typer.Argument(metavar="ALERT...", help="Their ids, or the beginnings of them.")]
NoteOption = Annotated[str, typer.Option("--note", help="Why.")]

commands = typer.Typer(help="List, show, acknowledge and close alerts.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="alerts")


@commands.command("list")
@options
def list_(
    state: Annotated[State | None, typer.Option(help="Only alerts in this state.")] = None,
    severity: Annotated[Severity | None, typer.Option(help="Only alerts as grave as this, or graver.")] = None,
    target: Annotated[str | None, typer.Option(help="Only this target's.")] = None,
    unit: Annotated[str | None, typer.Option(help="Only this unit's.")] = None,
    where: Where = HERE,
    form: FormatOption = Form.TABLE,
) -> None:
    """List the alerts, open ones first, the gravest on top."""
    read = read_workspace(where.workspace)
    if target is not None:
        one_of("target", target, read.targets)
    if unit is not None:
        one_of("unit", unit, [u.id for u in read.units])
    with open_store(read, where.database).connect() as connection:
        found = list(stored.alerts(connection).values())
    chosen = [
        alert
        for alert in found
        if (state is None or alert.state is state)
        and (severity is None or alert.severity.rank >= severity.rank)
        and (target is None or alert.target == target)
        and (unit is None or alert.unit == unit)
    ]
    chosen.sort(key=lambda alert: (alert.state is State.RESOLVED, -alert.severity.rank))
    if form is Form.JSON:
        print_json([_plain(alert) for alert in chosen])
        return
    heads = [say(h) for h in ("Alert", "Severity", "State", "Opened", "Resolved", "Rule", "Message")]
    print_table(heads, [_row(alert) for alert in chosen])


@commands.command()
@options
def show(
    alert: AlertArgument,
    where: Where = HERE,
    form: FormatOption = Form.TABLE,
) -> None:
    """Show one alert and everything that ever happened to it."""
    read = read_workspace(where.workspace)
    with open_store(read, where.database).connect() as connection:
        found = one(stored.alerts(connection), alert)
        history = stored.history(connection, found.fingerprint)
    if form is Form.JSON:
        print_json(
            {
                **_plain(found),
                "evidence": dict(found.evidence),
                "version": found.version,
                "history": [_told(e) for e in history],
            }
        )
        return
    output.print(found.message[language().code])
    print_table(
        [say(h) for h in ("Alert", "Severity", "State", "Opened", "Resolved", "Rule", "Message")], [_row(found)]
    )
    heads = [say(h) for h in ("Day", "Event", "Severity", "Who", "Note", "Message")]
    rows = [
        [
            language().day(e.as_of),
            say(e.happening.value),
            say(e.severity.value),
            e.by,
            say(e.note) if e.note and not e.by else e.note,
            e.message[language().code],
        ]
        for e in history
    ]
    print_table(heads, rows)


@commands.command()
@options
def ack(
    alerts: AlertsArgument,
    by: ByOption = None,
    note: NoteOption = "",
    where: Where = HERE,
    as_of: AsOfOption = None,
) -> None:
    """Acknowledge open alerts, all that are given or none: somebody has them in hand."""
    read = read_workspace(where.workspace)
    engine = open_store(read, where.database)
    with placed(alert="ALERT", as_of="--as-of"):
        done = acknowledge(read, engine, actor(by, note), alerts, moment(as_of))
    for alert in done:
        output.print(say("{alert} is acknowledged by {by}.", alert=alert.fingerprint, by=person(by)))


@commands.command("close")
@options
def close_(
    alerts: AlertsArgument,
    by: ByOption = None,
    note: NoteOption = "",
    where: Where = HERE,
    as_of: AsOfOption = None,
) -> None:
    """Close alerts by hand, all or none. Each stays closed until its rule lets go once, or holds more gravely."""
    read = read_workspace(where.workspace)
    engine = open_store(read, where.database)
    with placed(alert="ALERT", as_of="--as-of"):
        done = close(read, engine, actor(by, note), alerts, moment(as_of))
    for alert in done:
        output.print(say("{alert} is closed by {by}.", alert=alert.fingerprint, by=person(by)))


def one(alerts: dict[str, Alert], name: str) -> Alert:
    """The alert whose id begins so. Raises Problems when none does, or several."""
    with placed(alert="ALERT"):
        return beginning(alerts, name)


def _row(alert: Alert) -> list[str]:
    days = [language().day(day) if day else "–" for day in (alert.opened, alert.resolved)]
    return [
        alert.fingerprint,
        say(alert.severity.value),
        say(alert.state.value),
        *days,
        alert.rule,
        alert.message[language().code],
    ]


def _plain(alert: Alert) -> dict[str, object]:
    return {
        "id": alert.fingerprint,
        "rule": alert.rule,
        "target": alert.target,
        "unit": alert.unit,
        "severity": alert.severity.value,
        "state": alert.state.value,
        "opened": alert.opened,
        "resolved": alert.resolved,
        "message": alert.message[language().code],
    }


def _told(event: Event) -> dict[str, object]:
    return {
        "as_of": event.as_of,
        "event": event.happening.value,
        "severity": event.severity.value,
        "state": event.state.value,
        "by": event.by,
        "note": event.note,
        "message": event.message[language().code],
        "evidence": dict(event.evidence),
        "version": event.version,
    }
