"""`monitor requests`: requests for explanation (yêu cầu giải trình), asked and answered."""

from __future__ import annotations

import os
from datetime import date
from typing import Annotated

import typer

from monitor.acts.requests import Given
from monitor.acts.requests import answer as give
from monitor.acts.requests import ask as put
from monitor.alerts.explanations import expected
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
    placed,
    print_json,
    print_table,
    read_workspace,
    say,
)
from monitor.model.problem import Problem, Problems
from monitor.model.request import Request, RequestState
from monitor.store import requests as stored
from monitor.workspace import Workspace

NumberArgument = Annotated[int, typer.Argument(metavar="REQUEST", help="Its number in the list.")]

commands = typer.Typer(
    help="Ask whoever answers for a target to explain, and answer: ask, answer, list, show.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="requests")


@commands.command()
@options
def ask(
    about: Annotated[str, typer.Argument(metavar="ALERT|TARGET[@UNIT]", help="What is to be explained.")],
    question: Annotated[str, typer.Option("--question", help="What is asked.")],
    due: Annotated[
        date | None,
        typer.Option("--due", parser=DateParser, metavar="DATE", help="By when (default: as alerts/routes.yaml says)."),
    ] = None,
    by: ByOption = None,
    where: Where = HERE,
    as_of: AsOfOption = None,
) -> None:
    """Ask the owner of a target, or the unit, to explain; they are told by letter."""
    read = read_workspace(where.workspace)
    engine = open_store(read, where.database)
    with placed(
        target="TARGET", unit="TARGET@UNIT", alert="ALERT", question="--question", due="--due", as_of="--as-of"
    ):
        made = put(read, engine, actor(by), about, question, due, moment(as_of), os.environ.get("MONITOR_URL", ""))
    message = "Request {number} is sent to {owner}, to be answered by {day}."
    output.print(say(message, number=made.number, owner=made.owner, day=language().day(made.due)), soft_wrap=True)


@commands.command()
@options
def answer(
    number: NumberArgument,
    because: Annotated[str, typer.Option("--because", help="The cause, in words.")],
    remedy: Annotated[str, typer.Option("--remedy", help="What is done about it.")],
    until: Annotated[
        date, typer.Option("--until", parser=DateParser, metavar="DATE", help="By when that value is expected.")
    ],
    expect: Annotated[str, typer.Option("--expect", help='The value that is now expected, such as "94,5".')] = "",
    cause: Annotated[
        list[str] | None, typer.Option("--cause", help="Of those that alerts/routes.yaml declares; may be given again.")
    ] = None,
    by: ByOption = None,
    where: Where = HERE,
    as_of: AsOfOption = None,
) -> None:
    """Answer a request: cause, remedy, and what is now expected by when. Given again, the later answer stands."""
    read = read_workspace(where.workspace)
    engine = open_store(read, where.database)
    places = {"because": "--because", "remedy": "--remedy", "by": "--until", "expected": "--expect", "cause": "--cause"}
    with placed(request="REQUEST", as_of="--as-of", **places):
        give(read, engine, actor(by), number, Given(cause or (), because, remedy, expect, until), moment(as_of))
    output.print(say("Request {number} is answered.", number=number))


@commands.command("list")
@options
def list_(
    state: Annotated[RequestState | None, typer.Option(help="Only requests that stand so.")] = None,
    where: Where = HERE,
    as_of: AsOfOption = None,
    form: FormatOption = Form.TABLE,
) -> None:
    """List the requests, in the order in which they were asked."""
    read, day = read_workspace(where.workspace), moment(as_of).as_of
    with open_store(read, where.database).connect() as connection:
        found = [r for r in stored.requests(connection, until=day) if state in (None, r.state(day))]
    if form is Form.JSON:
        print_json([_plain(request, day) for request in found])
        return
    heads = [say(h) for h in ("Request", "Target", "Unit", "State", "Due", "Who", "Question")]
    rows = [
        [str(r.number), r.target, r.unit, say(r.state(day).value), language().day(r.due), r.asked_by, r.question]
        for r in found
    ]
    print_table(heads, rows)


@commands.command()
@options
def show(
    number: NumberArgument,
    where: Where = HERE,
    as_of: AsOfOption = None,
    form: FormatOption = Form.TABLE,
) -> None:
    """Show a request and every answer to it."""
    read, day = read_workspace(where.workspace), moment(as_of).as_of
    with open_store(read, where.database).connect() as connection:
        found = {r.number: r for r in stored.requests(connection, until=day)}
    if number not in found:
        raise Problems([Problem("REQUEST", "there is no request {found}", {"found": number})])
    request = found[number]
    if form is Form.JSON:
        print_json(_plain(request, day))
        return
    for line in _lines(read, request, day):
        output.print(line, markup=False, soft_wrap=True)


def _lines(read: Workspace, request: Request, day: date) -> list[str]:
    speaks, target = language(), read.targets.get(request.target)
    lines = [
        f"{request.number}  {target.name if target else request.target}, {request.unit}: {say(request.state(day).value)}",
        say(
            "Asked by {who} on {day}, of {owner}:",
            who=request.asked_by,
            day=speaks.day(request.asked),
            owner=request.owner,
        ),
        request.question,
    ]
    for each in request.answers:
        lines.append(say("{owner} answered on {day}", owner=each.who, day=speaks.day(each.day)))
        causes = "; ".join(read.alerts.requests.named(cause, speaks.code) for cause in each.causes)
        lines.append(f"  {say('Cause')}: {'. '.join(part for part in (causes, each.because) if part)}")
        lines.append(f"  {say('Remedy')}: {each.remedy}")
        if target is not None:
            lines.append(f"  {say('Now expected')}: {expected(each.expected, each.by, target, speaks)}")
    return lines


def _plain(request: Request, day: date) -> dict[str, object]:
    answer = request.answer
    given = (
        {name: getattr(answer, name) for name in ("who", "day", "causes", "because", "remedy", "expected", "by")}
        if answer
        else None
    )
    return {
        "request": request.number,
        "resolution": request.resolution,
        "target": request.target,
        "unit": request.unit,
        "owner": request.owner,
        "alert": request.alert or None,
        "asked_by": request.asked_by,
        "asked": request.asked,
        "due": request.due,
        "state": request.state(day).value,
        "question": request.question,
        "answer": given,
    }
