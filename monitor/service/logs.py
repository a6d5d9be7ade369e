"""The log: a line a happening, for people or as JSON."""

from __future__ import annotations

import logging
import sys
from enum import StrEnum

from pythonjsonlogger.json import JsonFormatter


class LogForm(StrEnum):
    """How the log is written."""

    TEXT = "text"
    JSON = "json"


def set_up(form: LogForm) -> None:
    """Log to standard error, from INFO on; libraries from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    if form is LogForm.JSON:
        fields = ["asctime", "levelname", "name", "message"]
        handler.setFormatter(JsonFormatter(fields, rename_fields={"asctime": "time", "levelname": "level"}))
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    # A library's warning is a line of the log like any other, or a log of JSON would hold one that is none.
    logging.captureWarnings(True)
    logging.getLogger("monitor").setLevel(logging.INFO)
