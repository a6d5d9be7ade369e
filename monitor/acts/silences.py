"""Leaving alerts out of letters for a while, and telling them again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import Engine

from monitor.acts.names import beginning, known
from monitor.acts.permission import require
from monitor.alerts.declaration import CITY, WARDS
from monitor.model.act import Actor, Deed
from monitor.model.problem import Problem, Problems
from monitor.model.silence import Silence
from monitor.pipeline import Moment
from monitor.store import acts as stored_acts
from monitor.store import alerts as stored_alerts
from monitor.store import silences as stored
from monitor.store.database import writing
from monitor.workspace import Workspace

KEYS = ("target", "rule", "unit", "owner", "group")


def silence(
    workspace: Workspace,
    engine: Engine,
    actor: Actor,
    matchers: Mapping[str, Sequence[str]],
    until: date,
    moment: Moment,
) -> Silence:
    """Silence the alerts that fit everything given (`matchers`: of KEYS), because of `actor.why`. Raises Problems."""
    return _keep(engine, actor, [_checked(workspace, actor, matchers, until, moment)], moment)[0]


def silence_alerts(
    workspace: Workspace, engine: Engine, actor: Actor, names: Sequence[str], until: date, moment: Moment
) -> list[Silence]:
    """Silence the alerts whose ids begin so, and no others, all of them or none; targets of which the same rules speak of the
    same units share a silence. Raises Problems.
    """
    with engine.connect() as connection:
        present = stored_alerts.alerts(connection)
    meant = [beginning(present, name) for name in dict.fromkeys(names)]
    units: dict[tuple[str, str], set[str]] = defaultdict(set)
    for alert in meant:
        units[alert.rule, alert.target].add(alert.unit)
    targets: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for (rule, target), of in sorted(units.items()):
        targets[rule, tuple(sorted(of))].append(target)
    made = [
        _checked(workspace, actor, {"target": found, "rule": [rule], "unit": of}, until, moment)
        for (rule, of), found in targets.items()
    ]
    return _keep(engine, actor, made, moment)


def _checked(
    workspace: Workspace, actor: Actor, matchers: Mapping[str, Sequence[str]], until: date, moment: Moment
) -> Silence:
    """A silence that may be kept. Raises Problems."""
    require(actor, Deed.SILENCE)
    names = workspace.names
    there = {key: getattr(names, key) | ({CITY, WARDS} if key == "unit" else set()) for key in KEYS}
    problems = [problem for key, values in matchers.items() for problem in known(key, values, there[key])]
    given: dict[str, list[str] | str] = {key: list(values) for key, values in matchers.items() if values}
    if not given:
        message = "say what is silenced: --target, --rule, --unit, --owner or --group"
        problems.append(Problem("silence", message))
    if not actor.why.strip():
        problems.append(Problem("why", "say why: it is kept, and shown"))
    if until < moment.as_of:
        message = "a silence until {found} would be over already: it is {day}"
        problems.append(Problem("until", message, {"found": until, "day": moment.as_of}))
    if problems:
        raise Problems(problems)
    return Silence(0, actor.who, actor.why, given, moment.as_of, until)


def _keep(engine: Engine, actor: Actor, made: Sequence[Silence], moment: Moment) -> list[Silence]:
    with writing(engine) as connection:
        kept = [replace(each, id=stored.add(connection, each, moment.now)) for each in made]
        for each in kept:
            stored_acts.add(connection, Deed.SILENCE, actor, str(each.id), moment.as_of, moment.now)
    return kept


def end_silence(engine: Engine, actor: Actor, number: int, moment: Moment) -> None:
    """End a silence before its time: from today on its alerts are told again. Raises Problems."""
    require(actor, Deed.END_SILENCE)
    with writing(engine) as connection:
        wrong = known("silence", [str(number)], [str(each.id) for each in stored.silences(connection)])
        if not wrong and not stored.end(connection, number, actor.who, moment.as_of - timedelta(days=1)):
            wrong = [Problem("silence", "silence {found} is over already", {"found": number})]
        if wrong:
            raise Problems(wrong)
        stored_acts.add(connection, Deed.END_SILENCE, actor, str(number), moment.as_of, moment.now)
