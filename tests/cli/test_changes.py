"""Of very many changes a command prints the gravest, and how many more there are."""

from __future__ import annotations

import io
from datetime import date

import pytest
from rich.console import Console

from monitor.cli import evaluate, frame
from monitor.model.alert import Alert, Change, Event, Happening, State
from monitor.model.finding import Severity

DAY = date(2024, 8, 31)


def change(n: int, severity: Severity) -> Change:
    name, message = f"a{n:04}", {"vi": f"thông báo số {n}", "en": f"message {n}"}
    of = Alert(
        name,
        "nq",
        "rule",
        f"target-{n:04}",
        "unit",
        severity,
        State.OPEN,
        1,
        DAY,
        DAY,
        DAY,
        None,
        "",
        "rule",
        "",
        message,
    )
    return Change(of, Event(name, DAY, Happening.OPENED, severity, State.OPEN, "", message=message))


def test_the_gravest_are_printed_and_the_others_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    page = io.StringIO()
    console = Console(file=page, width=120)
    monkeypatch.setattr(frame, "output", console)
    monkeypatch.setattr(evaluate, "output", console)
    monkeypatch.setattr(evaluate, "MOST_ROWS", 3)
    grave = {4, 8}
    evaluate.print_changes(change(n, Severity.CRITICAL if n in grave else Severity.INFO) for n in range(10))
    told = page.getvalue()
    assert [n for n in range(10) if f"thông báo số {n}" in told] == [0, 4, 8]
    assert "Và 7 dòng nữa" in told
