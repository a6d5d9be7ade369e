"""The monitor as a service: each feed, the evaluation and each digest at its declared time, one thing after another."""

from monitor.service.service import Service, run_until

__all__ = ["Service", "run_until"]
