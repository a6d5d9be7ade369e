"""`monitor schedule`: what the service does next, and how it went the last time."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from monitor.cli.frame import (
    HERE,
    Form,
    FormatOption,
    Where,
    language,
    open_store,
    options,
    print_json,
    print_table,
    read_workspace,
    say,
)
from monitor.service.service import jobs, next_run
from monitor.store import jobs as stored
from monitor.store.jobs import Outcome, Run, spoken


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(options(schedule))


def schedule(
    where: Where = HERE,
    form: FormatOption = Form.TABLE,
) -> None:
    """Show the next and the last run of everything that `serve` does, with its outcome."""
    read = read_workspace(where.workspace)
    with open_store(read, where.database).connect() as connection:
        last = stored.runs(connection)
    now, declared = datetime.now(UTC), jobs(read)
    if form is Form.JSON:
        print_json([_plain(name, declared.get(name, ""), last.get(name), now) for name in {**declared, **last}])
        return
    heads = [say(h) for h in ("Job", "Schedule", "Next", "Last", "Outcome", "What it did")]
    print_table(heads, [_row(name, declared.get(name, ""), last.get(name), now) for name in {**declared, **last}])


def _next(cron: str, last: Run | None, now: datetime) -> datetime | None:
    """When a job runs next. One that failed is done again at its time (or when the service is started)."""
    if not cron:
        return None
    return next_run(cron, None if last is not None and last.outcome is Outcome.FAILED else last, now)


def _row(name: str, cron: str, last: Run | None, now: datetime) -> list[str]:
    speaks = language()
    following = _next(cron, last, now)
    return [
        name,
        cron,
        "–" if following is None else say("now") if following <= now else speaks.moment(following),
        speaks.moment(last.started) if last else "–",
        say(last.outcome.value) if last else "–",
        spoken(last.did, speaks) if last else "",
    ]


def _plain(name: str, cron: str, last: Run | None, now: datetime) -> dict[str, object]:
    following = _next(cron, last, now)
    return {
        "job": name,
        "schedule": cron or None,
        "next": following.isoformat() if following else None,
        "planned": last.planned.isoformat() if last else None,
        "started": last.started.isoformat() if last else None,
        "finished": last.finished.isoformat() if last and last.finished else None,
        "outcome": last.outcome.value if last else None,
        "detail": spoken(last.did, language()) if last else None,
    }
