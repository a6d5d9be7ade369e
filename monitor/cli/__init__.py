"""The `monitor` command: a file a subcommand, each thin. Exit 0 done, 1 found something, 2 wrong input, 3 a fault of ours."""

from __future__ import annotations

import ast
import atexit
import gc
import importlib
import logging
import os
import pkgutil
import sys
import warnings
from typing import NoReturn

import typer

from monitor.model.problem import Problem, Problems

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
    *("init", "derive", "check", "test", "plan", "apply", "targets", "ingest", "evaluate", "status", "digest"),
    *("run", "report", "form", "record", "simulate", "explain", "history", "guide", "open", "serve"),
    *("schedule", "doctor", "backup", "restore", "backtest", "benchmark", "schema"),
    *("feed", "alerts", "silence", "requests", "letters", "person"),
)
COMMANDS = sorted(
    (m.name for m in pkgutil.iter_modules(__path__) if m.name != "frame"),
    key=lambda n: ORDER.index(n) if n in ORDER else len(ORDER),
)


def _register(arguments: list[str]) -> None:
    """Add the command that is asked for, and no other: each brings libraries that take their time. Where none is, the help or
    what is said of a mistake needs their names and first sentences.
    """
    asked = arguments[1:2] if arguments[:1] == ["--"] else arguments[:1]
    if asked and asked[0] in COMMANDS:
        importlib.import_module(f"{__name__}.{asked[0]}").register(app)
        # With a single command Typer would leave its name out.
        app.callback()(lambda: None)
        return
    for name in COMMANDS:
        app.command(name, help=purpose(name))(lambda: None)


def purpose(name: str) -> str:
    """What a command's help says, read in its file without importing it. Raises LookupError where it stands nowhere."""
    source = pkgutil.get_data(__name__, f"{name}.py") or b""
    for node in ast.parse(source).body:
        match node:
            case ast.FunctionDef(name=found) if found.removesuffix("_") == name:
                return ast.get_docstring(node) or ""
            case ast.Assign(value=ast.Call(func=ast.Attribute(attr="Typer"), keywords=given)):
                return next(str(ast.literal_eval(each.value)) for each in given if each.arg == "help")
    raise LookupError(name)


def main() -> None:
    """Run the command line; mistakes of the user are told without a trace, all at once."""
    logging.basicConfig(
        level=os.environ.get("MONITOR_LOG", "WARNING"), format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    warnings.filterwarnings("ignore", module="<condition>")  # rules.expression.SOURCE, which takes long to import
    # Matrices are small here, and other processes work on the other cores (monitor.cores): threads of the linear algebra that
    # numpy comes with only wait for each other, for a tenth of an evaluation. It asks for this when it is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # What a command imports and reads it needs until it ends: to look through it for garbage again and again, and once more at
    # the end, when all of it goes anyway, takes a fifth of a short command's time.
    gc.disable()
    _register(sys.argv[1:])
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    gc.enable()
    atexit.register(gc.freeze)
    try:
        app(standalone_mode=True)
    except Problems as found:
        _tell(found)
    except Exception as error:
        if (failing := _of_the_database(error)) is not None:
            _tell(failing)
        logging.getLogger("monitor").exception("the monitor failed; this is a fault of the program")
        sys.exit(3)


def _tell(found: Problems) -> NoReturn:
    """Each problem, and the end."""
    from monitor.cli.frame import errors, language  # noqa: PLC0415 - it brings what the help can do without

    for problem in found.problems:
        errors.print(problem.render(language()), markup=False, highlight=False, soft_wrap=True)
    sys.exit(2)


def _of_the_database(error: Exception) -> Problems | None:
    """That it is the database that failed (full, locked, gone), where it is no fault of the program."""
    if "sqlalchemy.exc" not in sys.modules:
        return None
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415 - it is there, or it cannot have failed

    from monitor.store.database import out_of_reach  # noqa: PLC0415 - as above

    if not isinstance(error, DBAPIError) or not out_of_reach(error):
        return None
    message = "it cannot be read or written now: {reason}. What was under way is not stored: do it again when it can"
    return Problems([Problem("database", message, {"reason": str(error.orig).splitlines()[0]})])
