"""The `monitor` command: a file a subcommand, each thin. Exit 0 done, 1 found something, 2 wrong input, 3 a fault of ours."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import pkgutil
import sys

import typer

from monitor.cli.frame import errors, language
from monitor.model.problem import Problems

app = typer.Typer(
    name="monitor",
    help="Watches a resolution's socio-economic targets through the year and warns months before one is missed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

# Every module here but the frame registers the command of its name on `app`; the order is the order of the help.
ORDER = (
    *(
        "init",
        "derive",
        "check",
        "test",
        "plan",
        "apply",
        "targets",
        "feed",
        "ingest",
        "evaluate",
        "status",
        "alerts",
        "digest",
    ),
    *("run", "report", "form", "record", "simulate", "explain", "history", "silence", "requests", "letters"),
    *("guide", "open", "serve", "person", "schedule", "doctor", "backup", "restore", "backtest", "benchmark"),
)
COMMANDS = sorted(
    (m.name for m in pkgutil.iter_modules(__path__) if m.name != "frame"),
    key=lambda n: ORDER.index(n) if n in ORDER else len(ORDER),
)


def _register(arguments: list[str]) -> None:
    """Add the command that is asked for, and no other: each brings libraries that take their time; for the help, all of them."""
    named = [name for name in COMMANDS if arguments[:1] == [name]]
    for name in named or COMMANDS:
        importlib.import_module(f"{__name__}.{name}").register(app)
    if named:
        # With a single command Typer would leave its name out.
        app.callback()(lambda: None)


def main() -> None:
    """Run the command line; mistakes of the user are told without a trace, all at once."""
    logging.basicConfig(
        level=os.environ.get("MONITOR_LOG", "WARNING"), format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    # What a command reads it needs until it ends: looking through it for garbage again and again takes a tenth of its time.
    gc.set_threshold(100_000, 50, 50)
    _register(sys.argv[1:])
    try:
        app(standalone_mode=True)
    except Problems as found:
        for problem in found.problems:
            errors.print(problem.render(language()), markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
    except Exception:
        logging.getLogger("monitor").exception("the monitor failed; this is a fault of the program")
        sys.exit(3)
