"""`monitor check`: is every file right? And what is legal, but odd?"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Annotated

import typer

from monitor import pipeline, ruletest
from monitor import workspace as workspaces
from monitor.cli.frame import (
    HERE,
    Files,
    Form,
    FormatOption,
    errors,
    language,
    options,
    output,
    print_json,
    read_workspace_or_defaults,
    say,
    told,
)
from monitor.feeds.read import quarantined
from monitor.model.problem import Problem, Problems
from monitor.workspace import Workspace
from monitor.workspace.advice import advise

# Kinds of mistakes shown of a feed: they tend to have one cause.
SHOWN = 10


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(check))


def check(
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 on warnings too.")] = False,
    feeds: Annotated[
        bool, typer.Option("--feeds", help="Read each feed's source too: its path, columns, names.")
    ] = False,
    where: Files = HERE,
    form: FormatOption = Form.TABLE,
) -> None:
    """Read every file of the workspace, rule tests too, and tell all that is wrong or odd; exit 1 if anything is wrong."""
    read: Workspace | None = None
    wrong: list[Problem] = []
    odd: list[Problem] = []
    try:
        read = read_workspace_or_defaults(where.workspace)
        ruletest.cases(read)
    except Problems as found:
        wrong = list(found.problems)
    if read is not None:
        fed, unusable_figures = _fed(read)
        odd = advise(read, fed, _reachable(read), unusable_figures)
    if read is not None and feeds:
        unreadable, unusable = _sources(read)
        wrong, odd = [*wrong, *unreadable], [*odd, *unusable]
    if form is Form.JSON:
        print_json([*_plain(wrong, "error"), *_plain(odd, "warning")])
    else:
        told(wrong)
        for problem in odd:
            errors.print(
                f"{say('warning')}: {problem.render(language())}", markup=False, highlight=False, soft_wrap=True
            )
        if read is not None and not wrong:
            _summary(read, len(odd))
    if wrong or (strict and odd):
        sys.exit(1)


def _fed(read: Workspace) -> tuple[set[str] | None, int]:
    """The targets of which the feeds' files have figures, of use or not; None when a feed is elsewhere, and so is not asked. An
    inbox is empty most of the time, and counts as nothing. And how many figures are of no use.
    """
    files = [feed for feed in read.feeds if feed.source["kind"] == "file"]
    if not files or any(feed.source["kind"] not in ("file", "inbox") for feed in read.feeds):
        return None, 0
    opened = [pipeline.open_source(read, feed, os.environ) for feed in files]
    if any(source.problems for source in opened):
        return None, 0
    readings = [source.reading for source in opened]
    names = {str(name) for of in readings for name in of.observations["target"].unique()}
    return names.union(*(of.doubted for of in readings)), sum(len(of.quarantine) for of in readings)


def _sources(read: Workspace) -> tuple[list[Problem], list[Problem]]:
    """What of the feeds' sources cannot be read as declared, and, of what can, the figures that are of no use: of each feed the
    first of every kind. Nothing is stored, nothing filed away.
    """
    unreadable: list[Problem] = []
    unusable: list[Problem] = []
    for feed in read.feeds:
        opened = pipeline.open_source(read, feed, os.environ)
        unreadable += _first_of_kind(opened.problems)
        unusable += _first_of_kind(quarantined(opened.reading.quarantine))
    return unreadable, unusable


def _first_of_kind(problems: Iterable[Problem]) -> list[Problem]:
    """A wrong column is wrong in sixty files: the first place is enough to mend it."""
    found: dict[tuple[str, str], Problem] = {}
    for problem in problems:
        found.setdefault((problem.message, repr(problem.values)), problem)
    return list(found.values())[:SHOWN]


def _reachable(read: Workspace) -> set[str] | None:
    """The recipients with an address; None when there is no list of addresses yet (`monitor doctor` tells of that)."""
    try:
        known = workspaces.addresses(read.root, os.environ.get("MONITOR_ADDRESSES")).known
    except Problems:
        return None
    return {name for name, addresses in known.items() if addresses}


def _plain(problems: Iterable[Problem], severity: str) -> list[dict[str, object]]:
    return [
        {
            "severity": severity,
            "file": p.file,
            "line": p.line or None,
            "column": p.column or None,
            "width": p.width if p.line else None,
            "message": p.text(language()),
        }
        for p in problems
    ]


def _summary(read: Workspace, odd: int) -> None:
    for declared in read.resolutions:
        figures = [target for target in declared.targets.values() if not target.task]
        output.print(
            say(
                "{number}: {targets} targets in {groups} groups, {tasks} tasks, {rules} rules (version {version})",
                number=declared.resolution.number,
                targets=len(figures),
                groups=len({target.group for target in figures}),
                tasks=len(declared.targets) - len(figures),
                rules=len(declared.rules.rules),
                version=declared.rules.version,
            )
        )
    counts = {"feeds": len(read.feeds), "routes": len(read.alerts.routes)}
    output.print(say("{feeds} feeds, {routes} routes. All files are right.", **counts))
    if odd:
        output.print(say("{found} warnings.", found=odd), style="yellow")
