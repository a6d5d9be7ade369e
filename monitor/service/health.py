"""The health page and the figures for Prometheus, on a loopback port."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import make_wsgi_app

from monitor.model.problem import Problem, Problems, reason_of

log = logging.getLogger(__name__)

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


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)


class HealthPage:
    """Serves /healthz, /readyz, /metrics until closed. `health`, `ready`: whether all is well, and what is so."""

    def __init__(
        self,
        port: int,
        meters: Meters,
        health: Callable[[], tuple[bool, Report]],
        ready: Callable[[], tuple[bool, Report]],
    ) -> None:
        self._pages = {"/healthz": health, "/readyz": ready}
        self._metrics = make_wsgi_app(meters.registry)
        try:
            self._server: WSGIServer = make_server("127.0.0.1", port, self._answer, handler_class=_Quiet)
        except OSError as error:
            message = "the health page cannot have the port {found}: {reason}"
            raise Problems([Problem("--port", message, {"found": port, "reason": reason_of(error)})]) from None
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_port)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            metrics: Iterable[bytes] = self._metrics(environ, start_response)
            return metrics
        page = self._pages.get(path)
        if page is None:
            start_response("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"/healthz /readyz /metrics\n"]
        well, report = page()
        status = "200 OK" if well else "503 Service Unavailable"
        start_response(status, [("Content-Type", "application/json; charset=utf-8"), ("Cache-Control", "no-store")])
        body = json.dumps({"status": "ok" if well else "failing", **report}, ensure_ascii=False, indent=1, default=str)
        return [body.encode() + b"\n"]
