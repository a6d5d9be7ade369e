"""`monitor alerts`: what is wrong, and what people did about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from monitor.alerts.lifecycle import acknowledge, close
from monitor.cli.frame import (
    AsOfOption,
    ByOption,
    DatabaseOption,
    Form,
    FormatOption,
    LanguageOption,
    WorkspaceOption,
    language,
    one_of,
    open_store,
    output,
    person,
    print_json,
    print_table,
    read_workspace,
    recorded,
    say,
)
from monitor.model.alert import Alert, Change, Event, State
from monitor.model.finding import Severity
from monitor.model.problem import Problem, Problems
from monitor.store import alerts as stored
from monitor.store.database import writing

AlertArgument = Annotated[str, typer.Argument(metavar="ALERT", help="The alert's id, or the beginning of it.")]
NoteOption = Annotated[str, typer.Option("--note", help="Why.")]

commands = typer.Typer(help="List, show, acknowledge and close alerts.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="alerts")


@commands.command("list")
def list_(
    state: Annotated[State | None, typer.Option(help="Only alerts in this state.")] = None,
    severity: Annotated[Severity | None, typer.Option(help="Only alerts as grave as this, or graver.")] = None,
    target: Annotated[str | None, typer.Option(help="Only this target's.")] = None,
    unit: Annotated[str | None, typer.Option(help="Only this unit's.")] = None,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    form: FormatOption = Form.TABLE,
    lang: LanguageOption = "vi",  # noqa: ARG001
) -> None:
    """List the alerts, open ones first, the gravest on top."""
    read = read_workspace(workspace)
    if target is not None:
        one_of("target", target, read.targets)
    if unit is not None:
        one_of("unit", unit, [u.id for u in read.units])
    with open_store(read, database).connect() as connection:
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
def show(
    alert: AlertArgument,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    form: FormatOption = Form.TABLE,
    lang: LanguageOption = "vi",  # noqa: ARG001
) -> None:
    """Show one alert and everything that ever happened to it."""
    read = read_workspace(workspace)
    with open_store(read, database).connect() as connection:
        found = one(stored.alerts(connection), alert)
        history = stored.history(connection, found.fingerprint)
    if form is Form.JSON:
        print_json(
            {
                **_plain(found),
                "evidence": found.evidence,
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
def ack(
    alert: AlertArgument,
    by: ByOption = None,
    note: NoteOption = "",
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_of: AsOfOption = None,
    lang: LanguageOption = "vi",  # noqa: ARG001
) -> None:
    """Acknowledge an open alert: somebody has it in hand."""
    refused = "only an open alert can be acknowledged, and {alert} is {what}"
    found = _act(acknowledge, refused, alert, person(by), note, workspace, database, as_of)
    output.print(say("{alert} is acknowledged by {by}.", alert=found.fingerprint, by=person(by)))


@commands.command("close")
def close_(
    alert: AlertArgument,
    by: ByOption = None,
    note: NoteOption = "",
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_of: AsOfOption = None,
    lang: LanguageOption = "vi",  # noqa: ARG001
) -> None:
    """Close an alert by hand. It stays closed until its rule lets go once, or holds more gravely."""
    refused = "only an alert that is not resolved can be closed, and {alert} is {what}"
    found = _act(close, refused, alert, person(by), note, workspace, database, as_of)
    output.print(say("{alert} is closed by {by}.", alert=found.fingerprint, by=person(by)))


def _act(
    act: Callable[[Alert, str, str, date], Change],
    refused: str,
    alert: str,
    by: str,
    note: str,
    workspace: Path | None,
    database: str | None,
    as_of: date | None,
) -> Alert:
    """What a person does to an alert, in one transaction. Raises Problems with `refused` when it cannot be done."""
    when = recorded(as_of)
    with writing(open_store(read_workspace(workspace), database)) as connection:
        found = one(stored.alerts(connection), alert)
        try:
            stored.record(connection, [act(found, by, note, when.as_of)])
        except ValueError:
            values: dict[str, object] = {"alert": found.fingerprint, "what": found.state.value}
            raise Problems([Problem("ALERT", refused, values)]) from None
    return found


def one(alerts: dict[str, Alert], beginning: str) -> Alert:
    """The alert whose id begins so. Raises Problems when none does, or several."""
    fits = [name for name in alerts if name.startswith(beginning.lower())] if beginning else []
    if len(fits) == 1:
        return alerts[fits[0]]
    if fits:
        message = '"{found}" begins several alerts: {names}'
        raise Problems([Problem("ALERT", message, {"found": beginning, "names": ", ".join(fits)})])
    name = one_of("alert", beginning, alerts, "ALERT")
    return alerts[name]


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
        "evidence": event.evidence,
        "version": event.version,
    }
