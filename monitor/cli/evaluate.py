"""`monitor evaluate`: figures to alerts."""

from __future__ import annotations

from collections.abc import Iterable

import typer
from sqlalchemy import Engine

from monitor import pipeline
from monitor.cli.frame import (
    HERE,
    AsOfOption,
    Form,
    FormatOption,
    Where,
    WorkersOption,
    errors,
    language,
    moment,
    open_workers,
    open_working,
    options,
    output,
    print_json,
    print_table,
    say,
)
from monitor.model.alert import Change, Event, Happening
from monitor.model.name import natural
from monitor.pipeline import Evaluation, Moment
from monitor.reassessment import Assessing
from monitor.workspace import Workspace

# Of more rows nobody reads all.
MOST_ROWS = 500


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(evaluate))


def evaluate(
    where: Where = HERE,
    as_of: AsOfOption = None,
    form: FormatOption = Form.TABLE,
    workers: WorkersOption = None,
) -> None:
    """Hold the stored figures against the rules, and open, change and resolve alerts."""
    read, engine = open_working(where.workspace, where.database)
    with open_workers(workers) as by:
        done = evaluate_all(read, engine, moment(as_of), by)
    if form is Form.JSON:
        print_json([plain_change(change) for evaluation in done for change in evaluation.changes if change.event])
        tell_withheld(done)
    else:
        print_evaluated(done)


def evaluate_all(read: Workspace, engine: Engine, when: Moment, by: Assessing | None = None) -> list[Evaluation]:
    """Evaluate every resolution in force."""
    declared = read.in_force(when.as_of)
    if not declared:
        errors.print(say("No resolution is in force on {day}.", day=language().day(when.as_of)))
    return [pipeline.evaluate(read, engine, each, when, by=by) for each in declared]


def print_evaluated(done: Iterable[Evaluation]) -> None:
    """What changed, for people."""
    for evaluation in done:
        if not evaluation.recorded:
            values = {**evaluation.values, "day": language().day(evaluation.day)}
            output.print(say(evaluation.withheld, **values))
            continue
        changes = [change for change in evaluation.changes if change.event]
        counts = say("{number}: {count} rules hold, {changes} alerts changed.", **evaluation.values)
        output.print(counts)
        print_changes(changes)


def tell_withheld(done: Iterable[Evaluation]) -> None:
    """Beside JSON, on standard error: which evaluations are not recorded, and why."""
    for evaluation in done:
        if not evaluation.recorded:
            errors.print(say(evaluation.withheld, **evaluation.values), soft_wrap=True)


def print_changes(changes: Iterable[Change]) -> None:
    """A table of events, of very many the gravest; rules that say the same of one series stand in one row, the gravest first."""
    alike: dict[tuple[str, str, Happening, str], list[tuple[Change, Event]]] = {}
    for change in sorted(changes, key=lambda each: (each.alert.target, natural(each.alert.unit))):
        if (event := change.event) is not None:
            key = (change.alert.target, change.alert.unit, event.happening, event.message[language().code])
            alike.setdefault(key, []).append((change, event))
    gravest = sorted(alike, key=lambda key: -max(event.severity.rank for _, event in alike[key]))
    left = set(gravest[MOST_ROWS:])
    rows = []
    for key, each in alike.items():
        if key in left:
            continue
        found = sorted(each, key=lambda one: -one[1].severity.rank)
        names = ("\n".join(getattr(change.alert, name) for change, _ in found) for name in ("fingerprint", "rule"))
        rows.append([say(key[2]), say(found[0][1].severity.value), *names, key[3]])
    if rows:
        print_table([say(h) for h in ("Event", "Severity", "Alert", "Rule", "Message")], rows)
    if left:
        more = say("And {count} more, no graver than these: --format json tells them all.", count=len(left))
        output.print(more, soft_wrap=True)


def plain_change(change: Change) -> dict[str, object]:
    """An event as JSON tells it."""
    alert, event = change.alert, change.event
    if event is None:
        raise ValueError(alert.fingerprint)
    return {
        "event": event.happening.value,
        "rule": alert.rule,
        "target": alert.target,
        "unit": alert.unit,
        "severity": event.severity.value,
        "message": event.message[language().code],
    }
