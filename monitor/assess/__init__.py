"""Observations to assessments: required path, projection, probability, status. Whole tables at once, pure."""

from monitor.assess.assessing import assess

__all__ = ["assess"]
