"""Declarations to durable_rules rulesets, and assessments to findings."""
