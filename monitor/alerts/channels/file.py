"""Letters as files: `<folder>/<resolution>/<as of>/<route>.html` and `.txt`."""

from __future__ import annotations

import os
from pathlib import Path

from monitor.alerts.channels import Envelope
from monitor.alerts.render import Letter


def deliver(letter: Letter, envelope: Envelope) -> tuple[Path, ...]:
    """Write both forms, each whole or not at all; the files' paths."""
    folder = envelope.folder / envelope.resolution / envelope.as_of.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    stem = envelope.route.id
    return _write(folder / f"{stem}.html", letter.html), _write(folder / f"{stem}.txt", letter.text)


def _write(path: Path, text: str) -> Path:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
    return path
