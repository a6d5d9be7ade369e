"""`monitor silence`: a person's word that some alerts need not be told for a while."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from monitor.cli.frame import (
    AsOfOption,
    ByOption,
    DatabaseOption,
    DateParser,
    Form,
    FormatOption,
    LanguageOption,
    WorkspaceOption,
    language,
    moment,
    one_of,
    open_store,
    output,
    person,
    print_json,
    print_table,
    read_workspace,
    say,
)
from monitor.model.problem import Problem, Problems
from monitor.model.silence import Silence
from monitor.store import silences as stored
from monitor.store.database import writing

commands = typer.Typer(
    help="Leave alerts out of letters for a while: add, list, end.", no_args_is_help=True, rich_markup_mode=None
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="silence")


@commands.command()
def add(
    reason: Annotated[str, typer.Option(help="Why.")],
    until: Annotated[date, typer.Option(parser=DateParser, metavar="DATE", help="The last day on which it holds.")],
    target: Annotated[list[str] | None, typer.Option(help="Alerts of this target; may be given again.")] = None,
    rule: Annotated[list[str] | None, typer.Option(help="Alerts of this rule; may be given again.")] = None,
    unit: Annotated[
        list[str] | None, typer.Option(help="Alerts of this unit (city, wards); may be given again.")
    ] = None,
    owner: Annotated[list[str] | None, typer.Option(help="Alerts of this owner; may be given again.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="Alerts of this group; may be given again.")] = None,
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_of: AsOfOption = None,
    lang: LanguageOption = "vi",  # noqa: ARG001
) -> None:
    """Silence the alerts that fit everything given. They live on, and letters say how many they leave out."""
    read = read_workspace(workspace)
    given = {"target": target, "rule": rule, "unit": unit, "owner": owner, "group": group}
    matchers: dict[str, list[str] | str] = {key: list(values) for key, values in given.items() if values}
    names = read.names
    for key, values in given.items():
        known = {*getattr(names, key), *(("city", "wards") if key == "unit" else ())}
        for value in values or ():
            one_of(key, value, sorted(known))
    when = moment(as_of)
    if not matchers:
        raise Problems([Problem("silence", "say what is silenced: --target, --rule, --unit, --owner or --group")])
    if until < when.as_of:
        message = "a silence until {found} would be over already: it is {day}"
        raise Problems([Problem("--until", message, {"found": until, "day": when.as_of})])
    made = Silence(0, person(by), reason, matchers, when.as_of, until)
    with writing(open_store(read, database)) as connection:
        number = stored.add(connection, made, datetime.now(UTC))
    output.print(say("Silence {key} holds until {day}.", key=number, day=language().day(until)))


@commands.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_of: AsOfOption = None,
    form: FormatOption = Form.TABLE,
    lang: LanguageOption = "vi",  # noqa: ARG001
) -> None:
    """List the silences that hold, or all there ever were."""
    today = moment(as_of).as_of
    with open_store(read_workspace(workspace), database).connect() as connection:
        found = [s for s in stored.silences(connection) if every or s.ends >= today]
    if form is Form.JSON:
        print_json([_plain(silence, today) for silence in found])
        return
    heads = [say(h) for h in ("Silence", "Silenced", "From", "Until", "Who", "Why", "Ended by")]
    print_table(heads, [_row(silence) for silence in found])


@commands.command()
def end(
    key: Annotated[int, typer.Argument(metavar="SILENCE", help="Its number.")],
    by: ByOption = None,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_of: AsOfOption = None,
    lang: LanguageOption = "vi",  # noqa: ARG001
) -> None:
    """End a silence before its time: from today on its alerts are told again."""
    today = moment(as_of).as_of
    with writing(open_store(read_workspace(workspace), database)) as connection:
        known = [str(silence.id) for silence in stored.silences(connection)]
        one_of("silence", str(key), known)
        if not stored.end(connection, key, person(by), today - timedelta(days=1)):
            message = "silence {found} is over already"
            raise Problems([Problem("SILENCE", message, {"found": key})])
    output.print(say("Silence {key} is ended by {by}.", key=key, by=person(by)))


def _row(silence: Silence) -> list[str]:
    matchers = " ".join(f"{key}={','.join(values)}" for key, values in silence.matchers.items())
    days = [language().day(silence.starts), language().day(silence.ends)]
    return [str(silence.id), matchers, *days, silence.author, silence.reason, silence.ended_by or "–"]


def _plain(silence: Silence, today: date) -> dict[str, object]:
    return {
        "id": silence.id,
        "matchers": silence.matchers,
        "from": silence.starts,
        "until": silence.ends,
        "author": silence.author,
        "reason": silence.reason,
        "ended_by": silence.ended_by or None,
        "holds": silence.holds(today),
    }
