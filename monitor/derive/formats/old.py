"""Old files (.doc, .rtf), made new by LibreOffice, or read by antiword, where one of them is installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from monitor.derive.formats import docx, text
from monitor.derive.passage import Block
from monitor.model.problem import Problem, Problems

_LONGEST = 180.0
# The stream that an Office file with a password holds, in its directory's letters.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def read(name: str, content: bytes) -> list[Block]:
    """The document's passages and tables. Raises Problems, saying what to install, where nothing can read it."""
    if _ENCRYPTED in content:
        raise Problems([Problem(name, "the document is locked with a password: save a copy without one")])
    suffix = ".rtf" if content.startswith(b"{\\rtf") else ".doc"
    with tempfile.TemporaryDirectory(prefix="derive-") as folder:
        place = Path(folder)
        (place / f"document{suffix}").write_bytes(content)
        office = shutil.which("soffice") or shutil.which("libreoffice")
        if office is not None:
            profile = f"-env:UserInstallation={(place / 'profile').as_uri()}"
            _run(
                name,
                [
                    office,
                    profile,
                    "--headless",
                    "--convert-to",
                    "docx",
                    "--outdir",
                    folder,
                    f"{folder}/document{suffix}",
                ],
            )
            made = place / "document.docx"
            if not made.exists():
                message = "the document cannot be read: {reason}"
                raise Problems([Problem(name, message, {"reason": f"{Path(office).name} made no .docx of it"})])
            return docx.read(name, made.read_bytes())
        plain = shutil.which("antiword") if suffix == ".doc" else None
        if plain is not None:
            return text.read(name, _run(name, [plain, "-m", "UTF-8.txt", "-w", "0", f"{folder}/document.doc"]))
    message = (
        "this is an old {found} file: install LibreOffice (it is then read by itself; antiword does for .doc), or open it in "
        "Word and save it as .docx without a password"
    )
    raise Problems([Problem(name, message, {"found": suffix})])


def _run(name: str, called: list[str]) -> bytes:
    """What a program prints. Raises Problems when it fails."""
    try:
        return subprocess.run(called, capture_output=True, timeout=_LONGEST, check=True).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        told = (getattr(error, "stderr", None) or str(error).encode()).decode("utf-8", "replace").strip().splitlines()
        reason = told[-1] if told else type(error).__name__
        raise Problems([Problem(name, "the document cannot be read: {reason}", {"reason": reason})]) from None
