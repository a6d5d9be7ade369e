"""The background service: schedules, and a clean stop."""
