"""Observations to assessments: required path, projection, probability, status."""
