"""Leaving alerts out of letters for a while, and telling them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import Engine

from monitor.acts.names import known
from monitor.acts.permission import require
from monitor.alerts.declaration import CITY, WARDS
from monitor.model.act import Actor, Deed
from monitor.model.problem import Problem, Problems
from monitor.model.silence import Silence
from monitor.pipeline import Moment
from monitor.store import acts as stored_acts
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
    made = Silence(0, actor.who, actor.why, given, moment.as_of, until)
    with writing(engine) as connection:
        made = replace(made, id=stored.add(connection, made, moment.now))
        stored_acts.add(connection, Deed.SILENCE, actor, str(made.id), moment.as_of, moment.now)
    return made


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
