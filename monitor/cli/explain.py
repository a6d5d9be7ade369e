"""`monitor explain`: from an alert back to the clause, the rule and the cell; or why a target stands where it does, and which of
its rules hold, and which do not, and why.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from typing import Annotated, Any

import pandas as pd
import typer
from sqlalchemy import Engine

from monitor.alerts.noise import Scene, silenced
from monitor.alerts.upkeep import RESOLUTION
from monitor.cli.alerts import one
from monitor.cli.frame import (
    HERE,
    AsOfOption,
    Form,
    FormatOption,
    Where,
    language,
    moment,
    one_of,
    open_store,
    options,
    output,
    print_json,
    print_table,
    read_workspace,
    say,
)
from monitor.model.alert import Alert, State
from monitor.model.assessment import (
    CASES,
    FIELDS,
    FINISHED,
    STATUS_NAMES,
    Because,
    Status,
    Thresholds,
    measure_of_errors,
    reason,
)
from monitor.model.comparator import between
from monitor.model.finding import fingerprint
from monitor.model.printed import remarks, together
from monitor.model.problem import Problem, Problems
from monitor.model.silence import Silence
from monitor.model.target import Measure, Target
from monitor.pipeline import Moment
from monitor.reassessment import known_figures
from monitor.rules.compiler import Compiled
from monitor.rules.expression import AllOf, evaluate, written
from monitor.rules.findings import SOURCE_COLUMNS, figures
from monitor.rules.load import Declared
from monitor.standing.assessing import standing
from monitor.standing.known import Standing
from monitor.store import alerts as stored
from monitor.store import silences as stored_silences
from monitor.workspace import Workspace

_TOKEN = re.compile(r'"[^"]*"|[a-z_][a-z_0-9]*(?:\.[a-z_]+)?')

# What an alert's id is made of; anything else is a target, though perhaps a mistyped one.
_ALERT = re.compile(r"[0-9a-f]+")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(explain))


def explain(
    what: Annotated[
        str, typer.Argument(metavar="ALERT|TARGET[@UNIT]", help="An alert's id, or the beginning of it; or a target.")
    ],
    rule: Annotated[str | None, typer.Option("--rule", help="Of a target: only this rule.")] = None,
    resolution: Annotated[str | None, typer.Option(help="Of a target that several bodies have: whose.")] = None,
    as_of: AsOfOption = None,
    where: Where = HERE,
    form: FormatOption = Form.TABLE,
) -> None:
    """Explain an alert (clause, rule, figures, cells, arithmetic), or a target's status and why it has, or has not, alerts."""
    read = read_workspace(where.workspace)
    target, _, unit = what.partition("@")
    engine = open_store(read, where.database)
    if target in read.targets or not _ALERT.fullmatch(what):
        one_of("target", target, read.targets, "TARGET")
        when = moment(as_of)
        declared = _declared(read, target, unit, resolution, when)
        told_of_series = _series(read, engine, declared, target, unit, rule, when)
        print_json(told_of_series) if form is Form.JSON else _print_series(told_of_series)
        return
    _alert(read, engine, what, form)


def _alert(read: Workspace, engine: Engine, alert: str, form: Form) -> None:
    with engine.connect() as connection:
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
    declared = next((d for d in read.resolutions if d.resolution.id == alert.resolution), None)
    target = declared.targets.get(alert.target) if declared is not None else None
    number = declared.resolution.number if declared is not None else alert.resolution
    place = declared.places.get(alert.target, "") if declared is not None else ""
    across = not isinstance(alert.evidence.get("target"), str)
    facts = {k: v for k, v in alert.evidence.items() if k != "sources"}
    values = {f"{alias}.{k}": v for alias, fact in facts.items() for k, v in fact.items()} if across else facts
    return {
        "alert": alert.fingerprint,
        "state": alert.state.value,
        "severity": alert.severity.value,
        "message": alert.message[language().code],
        "as_of": alert.last_seen,
        "clause": _clause(number, rule.get("clause"), target, place),
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
        "arithmetic": _arithmetic(rule["condition"], values, target, across=across),
    }


def _clause(number: str, kept: dict[str, str] | None, target: Target | None, place: str) -> dict[str, str]:
    """The clause as it was when the rule decided; rule sets of before did not keep it, and it is then told as it is now."""
    if kept is None and target is not None:
        source = target.source
        kept = {
            "article": source.article,
            "item": source.item,
            "name": target.name,
            "printed": source.printed,
            "held_as": f"{target.target} {target.unit_of_measure}",
        }
    return {"resolution": number, **(kept or {}), "place": place}


def _filled(condition: str, values: dict[str, Any]) -> str:
    """The condition with the figures in it."""
    speaks = language()

    def shown(match: re.Match[str]) -> str:
        text = match[0]
        if text.startswith('"') or text not in values:
            return text
        value = values[text]
        if isinstance(value, bool):
            return "true" if value else "false"
        return speaks.number(value, "", 6) if isinstance(value, int | float) else f'"{value}"'

    return _TOKEN.sub(shown, condition)


def _arithmetic(condition: str, values: dict[str, Any], target: Target | None, *, across: bool) -> list[str]:
    """The condition with the figures in it, and how the figures it turns on came about."""
    lines = [condition, _filled(condition, values)]
    return lines if across or "value" not in values else [*lines, *_derived(values, target)]


def _derived(values: dict[str, Any], target: Target | None) -> list[str]:
    """How the figures of an assessment came about, as digests say it; in the target's unit of measure while there is one."""
    speaks = language()
    unit = target.unit_of_measure if target is not None else ""
    strict = target is not None and target.target.strict
    printed, digits = together(values, strict=strict, whole=target is not None and target.whole_numbers)

    def figure(name: str) -> str:
        return speaks.number(printed.get(name, values.get(name)), unit, digits)

    def difference(name: str) -> str:
        return speaks.difference(printed.get(name), unit, digits)

    trend = speaks.difference(values.get("trend"), unit)
    lines = [
        say(
            "done {value} (period {period}), the path requires {required}, deviation {deviation}, "
            "from the straight line {line}",
            value=figure("value"),
            period=speaks.month(values.get("period", "")),
            required=figure("required"),
            deviation=difference("deviation"),
            line=difference("linear_deviation"),
        ),
        *_reckoned(values, target),
        say(
            "attainment {share} = {value} / {promised}",
            share=speaks.ratio(printed.get("attainment")),
            value=figure("value"),
            promised=figure("promised"),
        ),
    ]
    if values.get("status") in FINISHED:
        return lines
    return [
        *lines,
        say(
            "projection {projection} ({span}), chance {probability}; {why}",
            projection=figure("projection"),
            span=speaks.interval(printed.get("low"), printed.get("high"), unit, digits),
            probability=speaks.percent(values.get("probability")),
            why=reason(speaks, values["method"], values["years"], printed.get("pace"), trend),
        ),
        *_past_plans(values),
        *([measure_of_errors(speaks, values["errors"], values["learned"])] if "errors" in values else []),
    ]


def _reckoned(values: dict[str, Any], target: Target | None) -> list[str]:
    """What a reckoned value is made from."""
    if target is None or values.get("measured") is None:
        return []
    speaks, unit = language(), "" if target.measure is Measure.SHARE else target.reported.unit_of_measure
    measured, base = (speaks.number(values.get(name), unit, 4) for name in ("measured", "base"))
    if values.get("base") is None:
        return [say("reckoned from {measured}", measured=measured)]
    return [say("reckoned from {measured}, held against {base}", measured=measured, base=base)]


def _past_plans(values: dict[str, Any]) -> list[str]:
    """What came of past plans, where any are known."""
    if not values.get("plan_years"):
        return []
    text = "joined with what came of {years} past plans ({share} of each on average) and with where other units stand"
    return [say(text, years=values["plan_years"], share=language().ratio(values.get("fulfilment")))]


def _print(told: dict[str, Any]) -> None:
    speaks, clause, rule = language(), told["clause"], told["rule"]
    output.print(
        f"{told['alert']}  {say(told['state'])}  {say(told['severity'])}  {speaks.day(told['as_of'])}", style="bold"
    )
    output.print(told["message"], markup=False, soft_wrap=True)
    output.rule(say("Clause"), align="left")
    _print_clause(clause)
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
    _print_sources(told["sources"])
    output.rule(say("Arithmetic"), align="left")
    for line in told["arithmetic"]:
        output.print(line, markup=False, soft_wrap=True)


def _print_clause(clause: dict[str, str]) -> None:
    named = ", ".join(clause[k] for k in ("resolution", "article", "item", "name") if clause.get(k))
    output.print(named, markup=False, soft_wrap=True)
    if "printed" in clause:
        message = 'printed "{printed}", held as {held}, declared in {place}'
        said = say(message, printed=clause["printed"], held=clause["held_as"], place=clause["place"])
        output.print(said, markup=False, soft_wrap=True)


def _print_sources(sources: list[dict[str, Any]]) -> None:
    """The cells; whose they are stands above already, unless they are of several."""
    output.rule(say("Source cells"), align="left")
    alike = len({(s["target"], s["unit"]) for s in sources}) == 1
    columns = [c for c in SOURCE_COLUMNS if not (alike and c in ("target", "unit"))]
    rows = [[str(s[c]) if c != "value" else language().number(s[c], "", 4) for c in columns] for s in sources]
    print_table([say(c) for c in columns], rows)


def _meaning(name: str) -> str:
    field = FIELDS.get(name.rsplit(".", 1)[-1])
    return say(field.meaning) if field else ""


def _declared(read: Workspace, target: str, unit: str, resolution: str | None, when: Moment) -> Declared:
    """The resolution in force that has the target: the one asked for, else the latest that follows the unit."""
    having = [d for d in read.in_force(when.as_of) if target in d.targets]
    if not having:
        raise Problems([Problem("--as-of", "no resolution with this target is in force on {day}", {"day": when.as_of})])
    if resolution is not None:
        resolution = one_of("resolution", resolution, [d.resolution.id for d in having])
        return next(d for d in having if d.resolution.id == resolution)
    following = [d for d in having if (target, unit) in d.series(when.as_of).index]
    return (following or having)[-1]


def _series(
    read: Workspace, engine: Engine, declared: Declared, target: str, unit: str, rule: str | None, when: Moment
) -> dict[str, Any]:
    """Where a series stands, and each of its rules: whether it holds, which part of it does not, and its alert."""
    series = declared.series(when.as_of)
    unit = one_of("unit", unit or declared.city.id, [u for t, u in series.index if t == target])
    if rule is not None:
        one_of("rule", rule, {r.rule for r in declared.rules.rules})
    with engine.connect() as connection:
        known = known_figures(read, connection, declared, when.as_of)
        alerts = stored.alerts(connection, declared.resolution.id)
        silences = [s for s in stored_silences.silences(connection) if s.holds(when.as_of)]
    muted = silenced(Scene(series, declared.resolution.id), alerts, silences, when.as_of)
    # All, not this one: series learn of each other.
    now = standing(read, declared, known, when.as_of)
    values = figures(now.assessments)[(target, unit)]
    cells = _cells(now, target, unit, str(values.get("period", "")))
    own = declared.targets[target].policies
    return {
        "target": target,
        "unit": unit,
        "as_of": when.as_of,
        "clause": _clause(declared.resolution.number, None, _in_force(now, target, unit), declared.places[target]),
        "printed": values["printed"],
        "remarks": remarks(language(), values),
        "status": values["status"],
        "because": _case(Because(values["because"]), declared.thresholds),
        "figures": values,
        "arithmetic": _derived(values, declared.targets[target])
        if "value" in values
        else [say("nothing was reported")],
        "sources": [
            {name: str(row[name]) if name == "received" else row[name] for name in SOURCE_COLUMNS}
            for row in cells.to_dict("records")
        ],
        "rules": [
            _rule(compiled, values, alerts, muted, when, unit, declared)
            for compiled in declared.rules.rules
            if compiled.target.id == target
            and compiled.written.rule.match is None
            and (rule is None or compiled.rule == rule)
            and (compiled.name.endswith("@wards") == (unit != declared.city.id))
        ],
        "left_out": sorted(name for name, given in own.items() if given is False and rule in (None, name)),
    }


def _in_force(now: Standing, target: str, unit: str) -> Target:
    """The target as the plan in force says it of a unit."""
    declared, row = now.declared, now.series.loc[[(target, unit)]].iloc[0]
    plan = declared.followed.plan(now.as_of).get((target, unit))
    of = declared.targets[target]
    bound = plan.figure.bound if plan else of.target
    if plan is None and row["value"] != of.promise(of.target).value:
        # A unit's own share.
        range_ = bound.upper is not None
        bound = between(row["floor"], row["ceiling"]) if range_ else replace(bound, value=float(row["value"]))
    source = of.source.model_copy(update={"printed": row["printed"]})
    return of.model_copy(update={"source": source, "target": bound})


def _cells(now: Standing, target: str, unit: str, period: str) -> pd.DataFrame:
    """The last reports of a series; where nobody reported it, those of its parts of the period that they made up."""
    reported = now.observations[now.observations["target"] == target]
    own = reported[reported["unit"] == unit]
    of = now.series.loc[[(target, unit)]].iloc[0]
    if of["reckoned"] == "share":
        made = now.observations["target"].isin([of["part"], of["whole"]]) & (now.observations["unit"] == unit)
        return now.observations[made & (now.observations["period"] == period)]
    if of["against"] == "same-period" and period:
        return own[own["period"].isin([str(pd.Period(period, freq="M") - 12), period])]
    if len(own):
        return own.tail(3)
    parts, below = now.series.loc[[target]].reset_index(), {unit}
    while len(found := below | set(parts.loc[parts["within"].isin(below), "unit"])) > len(below):
        below = found
    return reported[(reported["period"] == period) & reported["unit"].isin(below)]


def _case(because: Because, thresholds: Thresholds) -> str:
    """What a status rests on, with the policy's thresholds."""
    percent = language().percent
    return say(
        CASES[because].meaning,
        on_track=percent(thresholds.on_track),
        off_track=percent(thresholds.off_track),
        hopeless=percent(thresholds.hopeless),
        silence=thresholds.silence,
    )


def _rule(
    compiled: Compiled,
    values: dict[str, Any],
    alerts: dict[str, Alert],
    muted: dict[str, Silence],
    when: Moment,
    unit: str,
    declared: Declared,
) -> dict[str, Any]:
    parts = compiled.condition.parts if isinstance(compiled.condition, AllOf) else (compiled.condition,)
    asked = {name: values.get(name, math.nan) for name in FIELDS}
    failing = [written(part) for part in parts if not bool(evaluate(part, asked))]
    found = alerts.get(fingerprint(declared.resolution.id, compiled.rule, compiled.target.id, unit))
    if found is not None and failing and found.compiled != compiled.name:
        # Its alert is of another severity of the rule.
        found = None
    return {
        "rule": compiled.rule,
        "severity": compiled.severity.value,
        "condition": written(compiled.condition),
        "with_figures": _filled(written(compiled.condition), values),
        "holds": not failing,
        "fails": [_filled(part, values) for part in failing],
        "for": compiled.holds_for,
        "alert": found.fingerprint if found is not None else None,
        "state": found.state.value if found is not None else None,
        "why": _why(compiled, found, failing, muted, when),
    }


def _why(compiled: Compiled, found: Alert | None, failing: list[str], muted: dict[str, Silence], when: Moment) -> str:
    """In one sentence, why there is, or is not, an open alert of this rule."""
    if found is not None and found.opened is not None and found.opened <= when.as_of:
        silence = muted.get(found.fingerprint)
        if found.state.active and silence is not None:
            message = "its alert is open, and silenced by {who} until {day}: {reason}"
            return say(message, who=silence.author, day=language().day(silence.ends), reason=silence.reason)
        if found.state.active:
            return say("its alert is open since {day}", day=language().day(found.opened))
        if found.resolved is not None and found.resolved > when.as_of:
            return say("its alert was open on that day; it was resolved on {day}", day=language().day(found.resolved))
    if failing:
        return say("no alert: the rule does not hold, because {parts}", parts="; ".join(failing))
    if found is not None and found.closed_by:
        return say(
            "no alert: {who} has closed it, and it stays closed until the rule lets go once", who=found.closed_by
        )
    if found is not None and found.state is State.PENDING:
        return say(
            "no alert yet: the rule has held at {held} of {needed} successive periods",
            held=found.held,
            needed=compiled.holds_for,
        )
    return say("the rule holds, and the next evaluation will open its alert")


def _print_series(told: dict[str, Any]) -> None:
    speaks, clause = language(), told["clause"]
    status = say(STATUS_NAMES[Status(told["status"])])
    output.print(f"{told['target']}  {told['unit']}  {status}  {speaks.day(told['as_of'])}", style="bold")
    output.print(
        say("{status}, because {meaning}", status=status, meaning=told["because"]), markup=False, soft_wrap=True
    )
    for remark in told["remarks"]:
        output.print(f"{remark[:1].upper()}{remark[1:]}.", markup=False, soft_wrap=True)
    _print_clause(clause)
    output.rule(say("Arithmetic"), align="left")
    for line in told["arithmetic"]:
        output.print(line, markup=False, soft_wrap=True)
    _print_sources(told["sources"])
    output.rule(say("Rules"), align="left")
    for rule in told["rules"]:
        output.print(
            f"{'●' if rule['holds'] else '○'} {rule['rule']} ({say(rule['severity'])})  {rule['why']}",
            markup=False,
            soft_wrap=True,
        )
        if rule["alert"]:
            output.print(f"    {rule['alert']}  {say(rule['state'])}", style="dim", markup=False)
    for name in told["left_out"]:
        output.print(say("{rule}: this target is left out of it (policies: {rule}: false)", rule=name), markup=False)
