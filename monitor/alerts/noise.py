"""Who is spared what: inhibition and silences, in Alertmanager's sense. Pure.

An alert lives on whether it is told or not; these decide only what is left out of letters, and letters say how many
they left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from monitor.alerts.declaration import CITY, WARDS, Chooses, Inhibits
from monitor.model.alert import Alert
from monitor.model.silence import Silence

Series = tuple[str, str]


@dataclass(frozen=True)
class Scene:
    """What is known of the series that alerts are about: model.series.target_table, by (target, unit), of one resolution."""

    series: pd.DataFrame
    resolution: str

    def of(self, choose: Chooses) -> pd.Series:
        """Which series a choice takes, by everything but its rule and severity (bool, indexed as the series)."""
        table = self.series
        fits = pd.Series(not choose.resolution or self.resolution in choose.resolution, index=table.index)
        if choose.target:
            fits &= table.index.get_level_values("target").isin(choose.target)
        for key in ("group", "owner"):
            if getattr(choose, key):
                fits &= table[key].isin(getattr(choose, key))
        if choose.unit:
            named = table.index.get_level_values("unit").isin(choose.unit)
            fits &= named | (table["city"] & (CITY in choose.unit)) | (~table["city"] & (WARDS in choose.unit))
        return fits

    def takes(self, choose: Chooses, alerts: Iterable[Alert]) -> list[Alert]:
        """Those of `alerts` that a choice means."""
        least = choose.severity.rank
        named = [
            alert for alert in alerts if (not choose.rule or alert.rule in choose.rule) and alert.severity.rank >= least
        ]
        if not named:
            return []
        # Where the alerts' series stand is asked of all at once: a nation has many more series than alerts.
        place = self.series.index.get_indexer(
            pd.MultiIndex.from_arrays([[a.target for a in named], [a.unit for a in named]])
        )
        taken = (place >= 0) & self.of(choose).to_numpy()[place]
        return [alert for alert, takes in zip(named, taken.tolist(), strict=True) if takes]


def inhibited(scene: Scene, alerts: Iterable[Alert], rules: Iterable[Inhibits]) -> dict[str, frozenset[str]]:
    """Of `alerts` (what one reader would be told of) those that others of them make needless: fingerprint -> by which."""
    active = [alert for alert in alerts if alert.state.active]
    of_target = scene.series["parent"].groupby(level="target").first()
    parents = of_target.to_dict()
    muted: dict[str, frozenset[str]] = {}
    for rule in rules:
        by_parent = "parent" in rule.equal
        sources: dict[Series, set[str]] = {}
        for source in scene.takes(rule.source, active):
            key = (source.target if {"target", "parent"} & set(rule.equal) else "", _unit(rule, source))
            sources.setdefault(key, set()).add(source.fingerprint)
        for alert in scene.takes(rule.muted, active):
            target = parents[alert.target] if by_parent else alert.target if "target" in rule.equal else ""
            by = sources.get((target, _unit(rule, alert)), set()) - {alert.fingerprint}
            if by:
                muted[alert.fingerprint] = muted.get(alert.fingerprint, frozenset()) | by
    return muted


def _unit(rule: Inhibits, alert: Alert) -> str:
    return alert.unit if "unit" in rule.equal else ""


def silenced(scene: Scene, alerts: Mapping[str, Alert], silences: Iterable[Silence], as_of: date) -> dict[str, Silence]:
    """Fingerprint -> the silence that holds over it on a day."""
    found: dict[str, Silence] = {}
    for silence in silences:
        if silence.holds(as_of):
            chosen = Chooses.model_validate(silence.matchers)
            found |= {alert.fingerprint: silence for alert in scene.takes(chosen, alerts.values())}
    return found
