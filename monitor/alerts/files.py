"""Letters as files: `<folder>/<resolution>/<as of>/<route>.html` and `.txt`, and what goes along with them.

Letters of another kind than a digest have their kind and number in their name too.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path

from monitor.model.letter import Kind, Letter, Stamp


def write(letter: Letter, stamp: Stamp, folder: Path) -> tuple[Path, ...]:
    """Write every form, each whole or not at all; the files' paths, HTML first. Pictures stand inside the HTML."""
    within = folder / stamp.resolution / stamp.as_of.isoformat()
    within.mkdir(parents=True, exist_ok=True)
    stem = stamp.route if stamp.kind is Kind.DIGEST else f"{stamp.route}.{stamp.kind}-{stamp.number}"
    html = letter.html
    for each in letter.attachments:
        if each.inline:
            shown = f"data:{each.media};base64,{base64.b64encode(each.content).decode()}"
            html = html.replace(f"cid:{each.name}", shown)
    written = [_write(within / f"{stem}.html", html.encode()), _write(within / f"{stem}.txt", letter.text.encode())]
    for each in letter.attachments:
        if not each.inline:
            written.append(_write(within / f"{stem}{Path(each.name).suffix}", each.content))
    return tuple(written)


def _write(path: Path, content: bytes) -> Path:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(path)
    return path
