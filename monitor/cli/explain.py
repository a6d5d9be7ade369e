"""`monitor explain ALERT`: from the alert back to the clause, the rule and the cell."""

from __future__ import annotations

import json
import re
from typing import Any

import typer

from monitor.alerts.upkeep import RESOLUTION
from monitor.cli.alerts import AlertArgument, one
from monitor.cli.frame import (
    DatabaseOption,
    Form,
    FormatOption,
    LanguageOption,
    WorkspaceOption,
    language,
    open_store,
    output,
    print_json,
    print_table,
    read_workspace,
    say,
)
from monitor.model.alert import Alert
from monitor.model.assessment import FIELDS
from monitor.model.problem import Problem, Problems
from monitor.model.target import Target
from monitor.rules.findings import SOURCE_COLUMNS
from monitor.store import alerts as stored
from monitor.workspace import Workspace

_TOKEN = re.compile(r'"[^"]*"|[a-z_][a-z_0-9]*(?:\.[a-z_]+)?')


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(explain)


def explain(
    alert: AlertArgument,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    form: FormatOption = Form.TABLE,
    lang: LanguageOption = "vi",  # noqa: ARG001
) -> None:
    """Explain an alert: the clause, the rule as written and as compiled, each figure with its source cell, the arithmetic."""
    read = read_workspace(workspace)
    with open_store(read, database).connect() as connection:
        found = one(stored.alerts(connection), alert)
        if found.resolution == RESOLUTION:
            message = "{found} is about the monitor itself, not about a target: see  monitor alerts show {found}"
            raise Problems([Problem("ALERT", message, {"found": found.fingerprint})])
        history = [e for e in stored.history(connection, found.fingerprint) if not e.by]
        # A resolved alert carries its rule set's last version; what raised it is the version of its evidence.
        version = found.version if found.state.value != "resolved" else history[-2 if len(history) > 1 else -1].version
        rule = stored.kept_rule(connection, version, found.compiled)
    told = _told(read, found, version, rule)
    if form is Form.JSON:
        print_json(told)
    else:
        _print(told)


def _told(read: Workspace, alert: Alert, version: str, rule: dict[str, Any]) -> dict[str, Any]:
    declared = read.resolution(alert.resolution)
    target = declared.targets.get(alert.target)
    across = not isinstance(alert.evidence.get("target"), str)
    facts = {k: v for k, v in alert.evidence.items() if k != "sources"}
    values = {f"{alias}.{k}": v for alias, fact in facts.items() for k, v in fact.items()} if across else facts
    return {
        "alert": alert.fingerprint,
        "state": alert.state.value,
        "severity": alert.severity.value,
        "message": alert.message[language().code],
        "as_of": alert.last_seen,
        "clause": _clause(declared.resolution.number, target, declared.places.get(alert.target, "")),
        "rule": {
            "id": alert.rule,
            "version": version,
            "place": rule["place"],
            "written": rule["written"],
            "compiled": alert.compiled,
            "condition": rule["condition"],
            "durable_rules": rule["definition"],
        },
        "figures": values,
        "sources": alert.evidence.get("sources", []),
        "arithmetic": _arithmetic(rule["condition"], values, target, across),
    }


def _clause(number: str, target: Target | None, place: str) -> dict[str, str]:
    if target is None:
        return {"resolution": number}
    source = target.source
    return {
        "resolution": number,
        "article": source.article,
        "item": source.item,
        "name": target.name,
        "printed": source.printed,
        "held_as": f"{target.target} {target.unit_of_measure}",
        "place": place,
    }


def _arithmetic(condition: str, values: dict[str, Any], target: Target | None, across: bool) -> list[str]:
    """The condition with the figures in it, and how the figures it turns on came about."""
    speaks = language()

    def shown(match: re.Match[str]) -> str:
        text = match[0]
        if text.startswith('"') or text not in values:
            return text
        value = values[text]
        if isinstance(value, bool):
            return "true" if value else "false"
        return speaks.number(value, "", 6) if isinstance(value, int | float) else f'"{value}"'

    lines = [condition, _TOKEN.sub(shown, condition)]
    if across or target is None or "value" not in values:
        return lines

    def figure(name: str) -> str:
        return speaks.number(values.get(name), "", 4)

    if "required" in values and "deviation" in values:
        lines.append(
            say(
                "deviation {deviation}: value {value} against {required} required by the path",
                deviation=figure("deviation"),
                value=figure("value"),
                required=figure("required"),
            )
        )
    if "attainment" in values:
        lines.append(
            say(
                "attainment {share} = {value} / {promised}",
                share=speaks.percent(values["attainment"]),
                value=figure("value"),
                promised=figure("promised"),
            )
        )
    if "projection" in values and "probability" in values:
        lines.append(
            say(
                "projection {projection}, 80% between {low} and {high} (method {method}): chance {probability}, status {status}",
                projection=figure("projection"),
                low=figure("low"),
                high=figure("high"),
                method=values["method"],
                probability=speaks.percent(values["probability"]),
                status=values["status"],
            )
        )
    return lines


def _print(told: dict[str, Any]) -> None:
    speaks, clause, rule = language(), told["clause"], told["rule"]
    output.print(
        f"{told['alert']}  {say(told['state'])}  {say(told['severity'])}  {speaks.day(told['as_of'])}", style="bold"
    )
    output.print(told["message"], markup=False, soft_wrap=True)
    output.rule(say("Clause"), align="left")
    output.print(
        ", ".join(clause[k] for k in ("resolution", "article", "item", "name") if clause.get(k)),
        markup=False,
        soft_wrap=True,
    )
    if "printed" in clause:
        output.print(
            say(
                'printed "{printed}", held as {held}, declared in {place}',
                printed=clause["printed"],
                held=clause["held_as"],
                place=clause["place"],
            ),
            markup=False,
            soft_wrap=True,
        )
    output.rule(
        say("Rule as written ({place}, rule set {version})", place=rule["place"], version=rule["version"]), align="left"
    )
    output.print(rule["written"], markup=False, soft_wrap=True)
    output.rule(say("Rule as compiled: {name}", name=rule["compiled"]), align="left")
    output.print(rule["condition"], markup=False, soft_wrap=True)
    output.print(json.dumps(rule["durable_rules"], ensure_ascii=False), style="dim", markup=False, soft_wrap=True)
    output.rule(say("Figures"), align="left")
    used = set(_TOKEN.findall(rule["condition"]))
    rows = [
        [
            name,
            speaks.number(v, "", 4) if isinstance(v, int | float) and not isinstance(v, bool) else str(v),
            _meaning(name),
        ]
        for name, v in told["figures"].items()
        if name in used or name in ("value", "period", "required", "promised", "projection", "probability")
    ]
    print_table([say(h) for h in ("Field", "Figure", "Meaning")], rows, right=(1,))
    output.rule(say("Source cells"), align="left")
    sources = [
        [str(s[c]) if c != "value" else speaks.number(s[c], "", 4) for c in SOURCE_COLUMNS] for s in told["sources"]
    ]
    print_table([say(c) for c in SOURCE_COLUMNS], sources)
    output.rule(say("Arithmetic"), align="left")
    for line in told["arithmetic"]:
        output.print(line, markup=False, soft_wrap=True)


def _meaning(name: str) -> str:
    field = FIELDS.get(name.rsplit(".", 1)[-1])
    return say(field.meaning) if field else ""
