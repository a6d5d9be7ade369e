"""Findings to alert lifecycles, routes and digests."""
