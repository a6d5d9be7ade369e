"""Drives the installed `monitor` command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support import prepared

COMMAND = Path(sys.executable).with_name("monitor")


def _started(arguments: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`monitor ARGUMENTS`, as a shell starts it."""
    return subprocess.run([COMMAND, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False)


# MONITOR_TEST_WHOLE=1 starts each command by itself, at two seconds more a command.
_WAY = _started if "MONITOR_TEST_WHOLE" in os.environ else prepared.run


@dataclass(frozen=True)
class Monitor:
    """The command in a workspace. `environment` is added to this process's own, without its MONITOR_ variables."""

    workspace: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MONITOR_")}
        return {**inherited, "COLUMNS": "200", **self.environment}

    def run(self, *arguments: str, expect: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run `monitor ARGUMENTS`; the exit code must be `expect` (None: any)."""
        done = _WAY(arguments, self.workspace, self.variables)
        if expect is not None:
            assert done.returncode == expect, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *arguments: str, expect: int | None = 0) -> Any:
        """What it prints with `--format json`; nothing else may stand on standard output."""
        return json.loads(self.run(*arguments, "--format", "json", expect=expect).stdout)
