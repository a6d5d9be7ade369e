"""`monitor guide`: the guide, in the terminal."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markdown import Markdown

from monitor import guide as pages
from monitor.cli.frame import Files, language, one_of, options, output, print_table, say


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(guide))


def guide(
    topic: Annotated[
        str | None, typer.Argument(metavar="[TOPIC]", help="official, department, administrator, operator.")
    ] = None,
    where: Files = Files(),  # noqa: B008, ARG001 - the options that every command has
) -> None:
    """Show the guide of one who works with the monitor; without a topic, which there are. The page has it with its pictures."""
    code = language().code
    if topic is None:
        print_table([say("Topic"), say("For whom")], [[name, pages.title(name, code)] for name in pages.TOPICS])
        return
    output.print(Markdown(pages.text(one_of("topic", topic, pages.TOPICS, "TOPIC"), code)))
