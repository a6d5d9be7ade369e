"""`monitor test`: do the rules do what their tests say?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from junitparser import Failure, JUnitXml, TestCase, TestSuite

from monitor import ruletest
from monitor.cli.frame import (
    HERE,
    Files,
    Form,
    FormatOption,
    language,
    options,
    output,
    print_json,
    progress,
    read_workspace_or_defaults,
    say,
)
from monitor.ruletest import Outcome


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(test))


def test(
    only: Annotated[
        str, typer.Option("--only", metavar="WORDS", help="Only tests whose name or file has these words.")
    ] = "",
    junit: Annotated[Path | None, typer.Option("--junit", help="Write the outcome as JUnit XML too.")] = None,
    where: Files = HERE,
    form: FormatOption = Form.TABLE,
) -> None:
    """Run the tests under rules/<resolution>/tests/; exit 1 when one differs. Tells which rules no test has made fire."""
    read = read_workspace_or_defaults(where.workspace)
    chosen = [c for c in ruletest.cases(read) if only.lower() in f"{c.place} {c.test.name}".lower()]
    with progress(say("Testing"), len(chosen)) as step:
        outcomes = []
        for case in chosen:
            outcomes.append(ruletest.run(read, case))
            step(case.test.name)
    failed = [outcome for outcome in outcomes if outcome.differences]
    # Of some of the tests nothing is known of the rules that the others make fire.
    silent = [] if only else ruletest.uncovered(read, outcomes)
    if junit is not None:
        _write(junit, outcomes)
    if form is Form.JSON:
        print_json(
            {
                "tests": [{"name": o.case.test.name, "place": o.case.place, "differences": _told(o)} for o in outcomes],
                "uncovered": [{"resolution": resolution, "rule": rule} for resolution, rule in silent],
            }
        )
    else:
        _print(outcomes, failed, silent)
    if failed or (only and not chosen):
        sys.exit(1)


def _print(outcomes: list[Outcome], failed: list[Outcome], silent: list[tuple[str, str]]) -> None:
    for outcome in failed:
        output.print(f"{outcome.case.place}  {outcome.case.test.name}", style="bold", markup=False, soft_wrap=True)
        for line in _told(outcome):
            output.print(f"    {line}", markup=False, soft_wrap=True)
    output.print(say("{tests} tests, {failed} of them differ.", tests=len(outcomes), failed=len(failed)))
    if silent:
        names = ", ".join(rule for _, rule in silent)
        output.print(say("{found} rules fire in no test: {names}", found=len(silent), names=names), soft_wrap=True)


def _told(outcome: Outcome) -> list[str]:
    return [language().say(said.message, **said.values) for said in outcome.differences]


def _write(path: Path, outcomes: list[Outcome]) -> None:
    suites: dict[str, TestSuite] = {}
    for outcome in outcomes:
        file = outcome.case.place.rsplit(":", 1)[0]
        case = TestCase(outcome.case.test.name, classname=file)
        if outcome.differences:
            case.result = [Failure("\n".join(_told(outcome)))]
        suites.setdefault(file, TestSuite(file)).add_testcase(case)
    written = JUnitXml()
    for suite in suites.values():
        written.add_testsuite(suite)
    written.write(str(path), pretty=True)
