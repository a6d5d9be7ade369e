"""`monitor silence`: a person's word that some alerts need not be told for a while."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from monitor.acts.silences import end_silence, silence
from monitor.cli.frame import (
    HERE,
    AsOfOption,
    ByOption,
    DateParser,
    Form,
    FormatOption,
    Where,
    actor,
    language,
    moment,
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
from monitor.model.silence import Silence
from monitor.store import silences as stored

commands = typer.Typer(
    help="Leave alerts out of letters for a while: add, list, end.", no_args_is_help=True, rich_markup_mode=None
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="silence")


@commands.command()
@options
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
    where: Where = HERE,
    as_of: AsOfOption = None,
) -> None:
    """Silence the alerts that fit everything given. They live on, and letters say how many they leave out."""
    read, when = read_workspace(where.workspace), moment(as_of)
    given = {"target": target, "rule": rule, "unit": unit, "owner": owner, "group": group}
    matchers = {key: values for key, values in given.items() if values}
    with placed(until="--until", why="--reason", **{key: f"--{key}" for key in given}):
        made = silence(read, open_store(read, where.database), actor(by, reason), matchers, until, when)
    output.print(say("Silence {key} holds until {day}.", key=made.id, day=language().day(until)))


@commands.command("list")
@options
def list_(
    every: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    where: Where = HERE,
    as_of: AsOfOption = None,
    form: FormatOption = Form.TABLE,
) -> None:
    """List the silences that hold, or all there ever were."""
    today = moment(as_of).as_of
    with open_store(read_workspace(where.workspace), where.database).connect() as connection:
        found = [s for s in stored.silences(connection) if every or s.ends >= today]
    if form is Form.JSON:
        print_json([_plain(each, today) for each in found])
        return
    heads = [say(h) for h in ("Silence", "Silenced", "From", "Until", "Who", "Why", "Ended by")]
    print_table(heads, [_row(each) for each in found])


@commands.command()
@options
def end(
    key: Annotated[int, typer.Argument(metavar="SILENCE", help="Its number.")],
    by: ByOption = None,
    where: Where = HERE,
    as_of: AsOfOption = None,
) -> None:
    """End a silence before its time: from today on its alerts are told again."""
    engine = open_store(read_workspace(where.workspace), where.database)
    with placed(silence="SILENCE"):
        end_silence(engine, actor(by), key, moment(as_of))
    output.print(say("Silence {key} is ended by {by}.", key=key, by=person(by)))


def _row(made: Silence) -> list[str]:
    matchers = " ".join(f"{key}={','.join(values)}" for key, values in made.matchers.items())
    days = [language().day(made.starts), language().day(made.ends)]
    return [str(made.id), matchers, *days, made.author, made.reason, made.ended_by or "–"]


def _plain(made: Silence, today: date) -> dict[str, object]:
    return {
        "id": made.id,
        "matchers": made.matchers,
        "from": made.starts,
        "until": made.ends,
        "author": made.author,
        "reason": made.reason,
        "ended_by": made.ended_by or None,
        "holds": made.holds(today),
    }
