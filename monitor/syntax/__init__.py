"""The languages that declarations are written in: YAML with the place of every value, cron lines, and a part of Jinja."""
