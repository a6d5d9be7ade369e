"""Inhibition: what follows from an alert that the reader sees is not told besides; what he does not see spares him nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from monitor.alerts.declaration import Chooses, Inhibits
from monitor.alerts.noise import Scene, inhibited, silenced
from monitor.model.alert import Alert, State
from monitor.model.finding import Severity
from monitor.model.silence import Silence

DAY = date(2024, 6, 30)
SCENE = Scene(
    pd.DataFrame(
        [
            ("bhyt", "tp", "", "bao-hiem", "bhxh", True),
            ("bhyt", "phuong-1", "", "bao-hiem", "bhxh", False),
            ("ho-gia-dinh", "tp", "bhyt", "bao-hiem", "bhxh", True),
            ("rac", "tp", "", "moi-truong", "tnmt", True),
        ],
        columns=["target", "unit", "parent", "group", "owner", "city"],
    ).set_index(["target", "unit"]),
    "nq",
)
WARDS = Inhibits(source=Chooses(rule=("missed",), unit=("city",)), muted=Chooses(unit=("wards",)), equal=("target",))
PARTS = Inhibits(source=Chooses(rule=("missed",)), muted=Chooses(rule=("off-track",)), equal=("parent", "unit"))
SILENT = Inhibits(
    source=Chooses(rule=("overdue",), severity=Severity.HIGH),
    muted=Chooses(rule=("off-track",)),
    equal=("target", "unit"),
)


def alert(rule: str, target: str, unit: str = "tp", severity: Severity = Severity.HIGH) -> Alert:
    begun = {"held": 1, "first_seen": DAY, "last_seen": DAY, "opened": DAY, "resolved": None, "closed_by": ""}
    return Alert(
        f"{rule} {target} {unit}", "nq", rule, target, unit, severity, State.OPEN, compiled="", version="", **begun
    )


CITY, WARD = alert("missed", "bhyt"), alert("missed", "bhyt", "phuong-1")
PART, OTHER = alert("off-track", "ho-gia-dinh"), alert("off-track", "rac")
LATE = alert("overdue", "rac")


@pytest.mark.parametrize(
    ("seen", "rule", "muted"),
    [
        pytest.param([CITY, WARD], WARDS, [WARD], id="the city's miss mutes its wards"),
        pytest.param([WARD], WARDS, [], id="a ward that does not see the city's is told"),
        pytest.param([CITY, PART, OTHER], PARTS, [PART], id="a target's miss mutes its parts"),
        pytest.param([LATE, OTHER], SILENT, [OTHER], id="no data mutes the trend"),
        pytest.param([replace(LATE, severity=Severity.WARNING), OTHER], SILENT, [], id="a short delay does not"),
        pytest.param([replace(CITY, state=State.RESOLVED), WARD], WARDS, [], id="what is over mutes nothing"),
    ],
)
def test_what_follows_from_something_shown_is_not_told(seen: list[Alert], rule: Inhibits, muted: list[Alert]) -> None:
    by = frozenset({seen[0].fingerprint})
    assert inhibited(SCENE, seen, [rule]) == {each.fingerprint: by for each in muted}


def test_an_alert_does_not_mute_itself() -> None:
    every = Inhibits(source=Chooses(), muted=Chooses(), equal=("target", "unit"))
    assert inhibited(SCENE, [CITY], [every]) == {}


@pytest.mark.parametrize(
    ("matchers", "fits"),
    [
        ({"target": ["bhyt"]}, [CITY, WARD]),
        ({"target": ["bhyt"], "unit": ["wards"]}, [WARD]),
        ({"group": ["moi-truong"]}, [OTHER, LATE]),
        ({"rule": ["overdue"], "owner": ["tnmt"]}, [LATE]),
        ({"rule": ["overdue"], "owner": ["bhxh"]}, []),
    ],
)
def test_a_silence_holds_over_what_fits_all_of_it(matchers: dict[str, list[str]], fits: list[Alert]) -> None:
    alerts = {each.fingerprint: each for each in (CITY, WARD, PART, OTHER, LATE)}
    silence = Silence(1, "an", "thử", matchers, DAY, DAY)
    assert silenced(SCENE, alerts, [silence], DAY).keys() == {each.fingerprint for each in fits}
    assert silenced(SCENE, alerts, [silence], date(2024, 7, 1)) == {}
