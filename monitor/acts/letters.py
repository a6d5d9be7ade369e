"""The links of letters that tell of alerts: each opens those alerts to one recipient, to look and to acknowledge, for a month."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from markupsafe import escape
from sqlalchemy import Connection, Engine

from monitor.acts import alerts
from monitor.acts.names import known
from monitor.acts.people import LINK, link
from monitor.language import Language
from monitor.model.act import Actor
from monitor.model.alert import Alert
from monitor.model.letter import FILES, Delivery, Kind, Letter
from monitor.model.problem import Problems
from monitor.pipeline import Moment
from monitor.post import Personal
from monitor.store import alerts as stored_alerts
from monitor.store import outbox
from monitor.workspace import Workspace


def subject_of(letter: int) -> str:
    """What a link to a letter's alerts opens."""
    return f"letter {letter}"


def with_link(page: str, workspace: Callable[[], Workspace]) -> Personal:
    """How a letter is made its recipient's own on its way: with a link to the alerts that it tells of. `page`: where the page is
    served; empty, the letter goes as it is.
    """

    def personal(connection: Connection, to: Delivery, letter: Letter, now: datetime) -> Letter:
        key = outbox.posted(connection, to.stamp)
        tells = to.stamp.kind in (Kind.DIGEST, Kind.URGENT) and to.recipient != FILES
        if not page or not tells or key is None or not outbox.told(connection, key):
            return letter
        route = next((each for each in workspace().alerts.routes if each.id == to.stamp.route), None)
        speaks = Language(route.language if route is not None else "vi")
        where = f"{page.rstrip('/')}/l/{link(connection, to.recipient, subject_of(key), now)}"
        message = "See and acknowledge these alerts without an account; the link is for you alone, until {day}:"
        words = speaks.say(message, day=speaks.day((now + LINK).date()))
        paragraph = f'<p style="font-size:13px;padding:0 20px">{escape(words)} <a href="{escape(where)}">{escape(where)}</a></p>'
        head, end, rest = letter.html.rpartition("</body>")
        html = f"{head}{paragraph}{end}{rest}" if end else letter.html + paragraph
        return replace(letter, text=f"{letter.text.rstrip()}\n\n{words}\n{where}\n", html=html)

    return personal


def told(engine: Engine, letter: int) -> list[Alert]:
    """The alerts that a letter tells of, as they are now, the gravest first."""
    with engine.connect() as connection:
        names = outbox.told(connection, letter)
        present = stored_alerts.alerts(connection)
    found = [present[name] for name in names if name in present]
    return sorted(found, key=lambda alert: (not alert.state.active, -alert.severity.rank, alert.target, alert.unit))


def acknowledge(
    workspace: Workspace, engine: Engine, actor: Actor, letter: int, names: Sequence[str], moment: Moment
) -> list[Alert]:
    """Somebody who came by a letter's link has these of its alerts in hand: all of them, or none. Raises Problems."""
    wrong = known("alert", names, [alert.fingerprint for alert in told(engine, letter)])
    if wrong:
        raise Problems(wrong)
    return alerts.acknowledge(workspace, engine, actor, names, moment, subject_of(letter))
