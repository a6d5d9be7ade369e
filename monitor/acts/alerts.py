"""Acknowledging and closing alerts, one or many at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from sqlalchemy import Engine

from monitor.acts.names import beginning, over
from monitor.acts.permission import Refused, require
from monitor.alerts import lifecycle
from monitor.model.act import Actor, Deed
from monitor.model.alert import Alert, Change
from monitor.model.problem import Problem, Problems
from monitor.pipeline import Moment
from monitor.store import acts as stored_acts
from monitor.store import alerts as stored
from monitor.store.database import writing
from monitor.workspace import Workspace

Step = Callable[[Alert, str, str, date], Change]


def acknowledge(
    workspace: Workspace, engine: Engine, actor: Actor, names: Sequence[str], moment: Moment, subject: str = ""
) -> list[Alert]:
    """Somebody has these open alerts in hand: all of them, or none, when one is not open. `subject`: of whoever came by a
    letter's link, what it opens. Raises Problems.
    """
    refused = "only an open alert can be acknowledged, and {alert} is {what}"
    return _each(workspace, engine, actor, names, moment, (Deed.ACKNOWLEDGE, lifecycle.acknowledge, refused), subject)


def close(workspace: Workspace, engine: Engine, actor: Actor, names: Sequence[str], moment: Moment) -> list[Alert]:
    """Close alerts by hand, all of them or none. Each stays closed until its rule lets go once, or holds more gravely."""
    refused = "only an alert that is not resolved can be closed, and {alert} is {what}"
    return _each(workspace, engine, actor, names, moment, (Deed.CLOSE, lifecycle.close, refused))


def _each(
    workspace: Workspace,
    engine: Engine,
    actor: Actor,
    names: Sequence[str],
    moment: Moment,
    what: tuple[Deed, Step, str],
    subject: str = "",
) -> list[Alert]:
    """One step for each of the alerts whose ids begin so; the alerts as they are now."""
    deed, step, refused = what
    # Whoever may do it nowhere is told of no other alert that there is.
    require(actor, deed, None, subject)
    when = moment.to_record()
    problems: list[Problem] = []
    changes: dict[str, Change] = {}
    with writing(engine) as connection:
        present = stored.alerts(connection)
        for name in dict.fromkeys(names):
            try:
                alert = beginning(present, name)
                require(actor, deed, over(workspace, alert.resolution, alert.target, alert.unit), subject)
                changes[alert.fingerprint] = step(alert, actor.who, actor.why, when.as_of)
            except Refused:
                raise
            except Problems as found:
                problems += found.problems
            except ValueError:
                values: dict[str, object] = {"alert": alert.fingerprint, "what": alert.state.value}
                problems.append(Problem("alert", refused, values))
        if problems:
            raise Problems(problems)
        stored.record(connection, list(changes.values()))
        for fingerprint in changes:
            stored_acts.add(connection, deed, actor, fingerprint, when.as_of, when.now)
    return [change.alert for change in changes.values()]
