"""An alert's life: pending, open, acknowledged, resolved, and back; each change told once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.lifecycle import NO_LONGER, NO_RULE, acknowledge, close, transitions
from monitor.model.alert import Alert, Change, Happening, State
from monitor.model.finding import Finding, Severity

RULES = {"t/r": 1}


def finding(severity: Severity = Severity.HIGH, holds_for: int = 1, period: str = "2024-01") -> Finding:
    message = {"vi": "m", "en": "m"}
    return Finding("nq", "r", "t", "u", severity, holds_for, message, "t/r", period, evidence={"value": 1.0})


def day(month: int, of_month: int = 28) -> date:
    return date(2024, month, of_month)


class Life:
    """One alert lived through months, as the store would keep it."""

    def __init__(self) -> None:
        self.alerts: dict[str, Alert] = {}
        self.told: list[Happening] = []

    def live(
        self, findings: Iterable[Finding], as_of: date, rules: Mapping[str, int] = RULES, period: str = ""
    ) -> list[Change]:
        figures = {("t", "u"): {"value": 2.0} | ({"period": period} if period else {})}
        changes = transitions(self.alerts, findings, "v1", rules, figures, as_of)
        self.keep(changes)
        return changes

    def keep(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self.alerts[change.alert.fingerprint] = change.alert
            if change.event is not None:
                self.told.append(change.event.happening)

    @property
    def alert(self) -> Alert:
        (only,) = self.alerts.values()
        return only


def test_a_finding_opens_an_alert_and_its_end_resolves_it_with_the_figures_that_ended_it() -> None:
    life = Life()
    life.live([finding()], day(1))
    assert (life.alert.state, life.alert.opened) == (State.OPEN, day(1))
    (change,) = life.live([], day(2))
    assert (life.alert.state, life.alert.resolved) == (State.RESOLVED, day(2))
    assert change.event is not None
    assert (change.event.note, change.event.evidence) == (NO_LONGER, {"value": 2.0})


@pytest.mark.parametrize(
    ("holds_for", "lived", "opened"),
    [
        pytest.param(
            2, [("2024-06", day(6, 30)), ("2024-06", day(7, 1))], None, id="one report, evaluated in two months"
        ),
        pytest.param(2, [("2024-06", day(6, n)) for n in range(20, 30)], None, id="one report, evaluated every day"),
        pytest.param(2, [("2024-06", day(7, 1)), ("2024-07", day(7, 31))], day(7, 31), id="two reports in one month"),
        pytest.param(2, [("2024-03", day(4)), ("2024-03", day(5)), ("2024-06", day(7))], day(7), id="quarters"),
        pytest.param(3, [("2024-01", day(1)), ("2024-02", day(2)), ("2024-02", day(3))], None, id="two of three"),
        pytest.param(2, [("", day(1)), ("", day(2))], None, id="while nothing is due"),
        pytest.param(2, [("2024-06", day(7)), ("2024-05", day(8)), ("2024-06", day(9))], None, id="a report withdrawn"),
        pytest.param(1, [("2024-06", day(7))], day(7), id="once is enough"),
    ],
)
def test_a_rule_counts_the_reporting_periods_at_which_it_holds(
    holds_for: int, lived: list[tuple[str, date]], opened: date | None
) -> None:
    life = Life()
    for period, as_of in lived:
        life.live([finding(holds_for=holds_for, period=period)], as_of)
    assert life.alert.opened == opened
    assert life.told == [Happening.PENDING] * (holds_for > 1) + [Happening.OPENED] * (opened is not None)


@pytest.mark.parametrize(
    ("lived", "ended"),
    [
        ([("2024-07", False, day(7, 31)), ("2024-08", False, day(8, 31))], day(8, 31)),
        ([("2024-07", False, day(7, 31)), ("2024-07", False, day(8, 31))], None),
        ([("2024-07", False, day(7, 31)), ("2024-08", True, day(8, 31)), ("2024-09", False, day(9, 30))], None),
    ],
    ids=["two periods without", "one period, evaluated twice", "held again in between"],
)
def test_a_rule_that_waits_ends_its_alert_after_so_many_periods_without(
    lived: list[tuple[str, bool, date]], ended: date | None
) -> None:
    life = Life()
    life.live([finding(period="2024-06")], day(6, 30), {"t/r": 2})
    for period, holds, as_of in lived:
        life.live([finding(period=period)] if holds else [], as_of, {"t/r": 2}, period)
    assert (life.alert.resolved, life.alert.state) == (ended, State.RESOLVED if ended else State.OPEN)
    assert life.told == [Happening.OPENED] + [Happening.RESOLVED] * (ended is not None)


def test_an_alert_that_began_as_of_a_day_to_come_begins_anew() -> None:
    life = Life()
    life.live([finding()], date(2030, 1, 1))
    life.live([finding()], day(6))
    assert (life.alert.state, life.alert.opened, life.alert.first_seen) == (State.OPEN, day(6), day(6))
    life.live([], day(7))
    assert (life.alert.state, life.alert.resolved) == (State.RESOLVED, day(7))


def test_an_evaluation_as_of_a_day_to_come_counts_no_period() -> None:
    life = Life()
    life.live([finding(holds_for=2, period="2024-05")], day(6))
    life.alerts = {n: replace(a, period="2024-12", last_seen=date(2030, 1, 1)) for n, a in life.alerts.items()}
    life.live([finding(holds_for=2, period="2024-05")], day(6))
    assert life.alert.state is State.PENDING
    life.live([finding(holds_for=2, period="2024-06")], day(7))
    assert life.alert.opened == day(7)


def test_a_pending_alert_that_lets_go_starts_anew() -> None:
    life = Life()
    life.live([finding(holds_for=2)], day(1))
    life.live([], day(2))
    life.live([finding(holds_for=2)], day(3))
    assert life.alert.state is State.PENDING


def test_what_comes_back_is_reopened() -> None:
    life = Life()
    for month, found in enumerate([[finding()], [], [finding()]], start=1):
        life.live(found, day(month))
    assert life.told == [Happening.OPENED, Happening.RESOLVED, Happening.REOPENED]
    assert life.alert.opened == day(3)


def test_a_graver_finding_worsens_and_a_milder_one_eases() -> None:
    life = Life()
    for month, severity in enumerate([Severity.WARNING, Severity.CRITICAL, Severity.HIGH], start=1):
        life.live([finding(severity)], day(month))
    assert life.told == [Happening.OPENED, Happening.WORSENED, Happening.EASED]


def test_an_acknowledged_alert_that_worsens_is_open_again() -> None:
    life = Life()
    life.live([finding(Severity.WARNING)], day(1))
    life.keep([acknowledge(life.alert, "an", "đang xử lý", day(1))])
    life.live([finding(Severity.WARNING)], day(2))
    assert life.alert.state is State.ACKNOWLEDGED
    life.live([finding(Severity.HIGH)], day(3))
    assert life.alert.state is State.OPEN


def test_a_closed_alert_stays_closed_until_its_rule_lets_go_or_holds_more_gravely() -> None:
    life = Life()
    life.live([finding()], day(1))
    life.keep([close(life.alert, "an", "", day(1))])
    life.live([finding()], day(2))
    assert life.alert.state is State.RESOLVED
    life.live([], day(3))
    life.live([finding()], day(4))
    assert life.alert.state is State.OPEN


def test_an_alert_whose_rule_is_gone_says_so() -> None:
    life = Life()
    life.live([finding()], day(1))
    (change,) = life.live([], day(2), {})
    assert change.event is not None
    assert change.event.note == NO_RULE


def test_only_an_open_alert_is_acknowledged_and_only_a_live_one_closed() -> None:
    life = Life()
    life.live([finding()], day(1))
    life.live([], day(2))
    for act in (acknowledge, close):
        with pytest.raises(ValueError, match="resolved"):
            act(life.alert, "an", "", day(2))


months = st.lists(st.one_of(st.none(), st.sampled_from(list(Severity))), min_size=1, max_size=12)


@given(months, st.integers(min_value=1, max_value=3))
def test_living_a_day_twice_changes_nothing(severities: list[Severity | None], holds_for: int) -> None:
    once, twice = Life(), Life()
    for month, severity in enumerate(severities, start=1):
        found = [] if severity is None else [finding(severity, holds_for, f"2024-{month:02}")]
        once.live(found, day(month))
        twice.live(found, day(month))
        assert twice.live(found, day(month)) == []
    assert (once.alerts, once.told) == (twice.alerts, twice.told)


@given(months)
def test_an_alert_is_active_exactly_while_its_rule_holds(severities: list[Severity | None]) -> None:
    life = Life()
    for month, severity in enumerate(severities, start=1):
        life.live([] if severity is None else [finding(severity)], day(month))
        if life.alerts:
            assert life.alert.state.active == (severity is not None)
