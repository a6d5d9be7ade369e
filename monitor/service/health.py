"""What the health page reports, and the figures for Prometheus."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

Report = dict[str, Any]


class Meters:
    """What is counted. Each service has its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.runs = Counter("monitor_job_runs", "Jobs run.", ["job", "outcome"], registry=self.registry)
        self.seconds = Histogram(
            "monitor_job_seconds",
            "Time that jobs took.",
            ["job"],
            registry=self.registry,
            buckets=(0.1, 1, 10, 60, 600),
        )
        self.last = Gauge(
            "monitor_job_last_success_timestamp_seconds", "Last success.", ["job"], registry=self.registry
        )
        self.figures = Counter("monitor_figures", "Figures read.", ["feed", "kind"], registry=self.registry)
        self.delivered = Counter("monitor_letters_delivered", "Letters delivered.", registry=self.registry)
        self.owed = Gauge("monitor_letters", "Letters in the outbox.", ["state"], registry=self.registry)
        self.alerts = Gauge("monitor_alerts_active", "Alerts open.", ["severity"], registry=self.registry)
        self.leads = Gauge("monitor_leader", "Whether this instance leads.", registry=self.registry)
        self.refused = Gauge("monitor_edit_refused", "Whether the edited files are refused.", registry=self.registry)
