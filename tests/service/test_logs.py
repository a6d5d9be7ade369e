"""The log: what a line of it is."""

from __future__ import annotations

import json
import subprocess
import sys


def test_a_librarys_warning_is_a_line_of_the_log_as_it_is_written() -> None:
    script = (
        "import warnings\n"
        "from monitor.service.logs import LogForm, set_up\n"
        "set_up(LogForm.JSON)\n"
        "warnings.warn('a field has no effect\\nin its context')\n"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stderr
    (line,) = map(json.loads, told.splitlines())
    assert line["level"] == "WARNING"
    assert "a field has no effect\nin its context" in line["message"]
