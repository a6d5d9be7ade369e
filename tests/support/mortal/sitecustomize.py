"""Makes a Python process die, as by `kill -9`, at the n-th statement it gives a database: MORTAL_AT=n, before (or, odd n, after) it.

Without MORTAL_AT it writes how many statements there were into the file MORTAL_COUNT.
"""

import atexit
import os
import signal
from itertools import count
from pathlib import Path

from sqlalchemy import Engine, event

_at = int(os.environ.get("MORTAL_AT", "0"))
_number = count(1)
_last = 0


def _step(*_: object) -> None:
    global _last  # noqa: PLW0603 - read at exit
    _last = next(_number)
    if _last == _at:
        os.kill(os.getpid(), signal.SIGKILL)


for _name in ("before_cursor_execute", "after_cursor_execute", "commit"):
    event.listen(Engine, _name, _step)
if "MORTAL_COUNT" in os.environ:
    atexit.register(lambda: Path(os.environ["MORTAL_COUNT"]).write_text(str(_last)))
