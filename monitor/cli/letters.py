"""`monitor letters`: what was written to whom, and whether it arrived."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.acts import upkeep
from monitor.cli.frame import (
    HERE,
    ByOption,
    Form,
    FormatOption,
    Where,
    actor,
    language,
    moment,
    open_store,
    options,
    output,
    placed,
    print_json,
    print_table,
    read_workspace,
    say,
)
from monitor.model.letter import Delivery, DeliveryState
from monitor.model.problem import Problem, Problems
from monitor.store import outbox

commands = typer.Typer(
    help="The outbox: list letters, read one, send again what was given up.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

LetterArgument = Annotated[int, typer.Argument(metavar="LETTER", help="Its number in the list.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="letters")


@commands.command("list")
@options
def list_(
    state: Annotated[DeliveryState | None, typer.Option(help="Only letters in this state.")] = None,
    where: Where = HERE,
    form: FormatOption = Form.TABLE,
) -> None:
    """List the letters, the latest first."""
    with open_store(read_workspace(where.workspace), where.database).connect() as connection:
        found = outbox.deliveries(connection, state)
    if form is Form.JSON:
        print_json([_plain(delivery) for delivery in found])
        return
    heads = [say(h) for h in ("Letter", "Route", "To", "Kind", "As of", "State", "Attempts", "Next attempt")]
    print_table([*heads, say("Reason")], [_row(delivery) for delivery in found])


@commands.command()
@options
def show(
    letter: LetterArgument,
    where: Where = HERE,
) -> None:
    """Show a letter as it was written."""
    with open_store(read_workspace(where.workspace), where.database).connect() as connection:
        found = _one(outbox.deliveries(connection), letter)
        _, written = outbox.opened(connection, found.id)
    output.print(written.subject, markup=False, soft_wrap=True)
    output.print(written.text, markup=False, soft_wrap=True)
    for attached in written.attachments:
        output.print(f"[{attached.name}, {len(attached.content)} B]", markup=False)


@commands.command()
@options
def retry(
    letter: LetterArgument,
    by: ByOption = None,
    where: Where = HERE,
) -> None:
    """Set a letter going again that was given up; the service delivers it."""
    engine = open_store(read_workspace(where.workspace), where.database)
    with placed(letter="LETTER"):
        upkeep.retry(engine, actor(by), letter, moment(None))
    output.print(say("Letter {found} is in the outbox again.", found=letter))


def _one(deliveries: list[Delivery], key: int) -> Delivery:
    for delivery in deliveries:
        if delivery.id == key:
            return delivery
    raise Problems([Problem("LETTER", "there is no letter {found}", {"found": key})])


def _row(delivery: Delivery) -> list[str]:
    speaks, owed = language(), delivery.state in (DeliveryState.QUEUED, DeliveryState.SENDING)
    return [
        str(delivery.id),
        delivery.stamp.route,
        delivery.recipient,
        say(delivery.stamp.kind.value),
        speaks.day(delivery.stamp.as_of),
        say(delivery.state.value),
        str(delivery.attempts),
        speaks.moment(delivery.due) if owed else "–",
        delivery.error,
    ]


def _plain(delivery: Delivery) -> dict[str, object]:
    return {
        "letter": delivery.id,
        "resolution": delivery.stamp.resolution,
        "route": delivery.stamp.route,
        "recipient": delivery.recipient,
        "kind": delivery.stamp.kind.value,
        "as_of": delivery.stamp.as_of,
        "message_id": delivery.message_id,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "due": delivery.due.isoformat(),
        "delivered": delivery.delivered.isoformat() if delivery.delivered else None,
        "subject": delivery.subject,
        "reason": delivery.error,
    }
