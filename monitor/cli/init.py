"""`monitor init DIR`: a workspace of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor import workspace as workspaces
from monitor.cli.frame import LanguageOption, output, say


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(init)


def init(folder: Annotated[Path, typer.Argument(metavar="DIR")], lang: LanguageOption = "vi") -> None:  # noqa: ARG001
    """Lay out a workspace in DIR: the rules, feeds (with synthetic samples) and routes of resolution 43/NQ-HĐND."""
    workspaces.lay_out(folder)
    output.print(
        say(
            "A workspace is in {folder}. Edit rules/, feeds/, alerts/ there, then run: monitor check -w {folder}",
            folder=folder,
        )
    )
