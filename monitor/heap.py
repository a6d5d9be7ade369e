"""What the C library does with memory that is given back to it, while much is reckoned.

Where glibc has been told to keep little, as Dask tells its workers (MALLOC_TRIM_THRESHOLD_), it asks the system for each large
piece anew and returns it at once. Every matrix is then a visit to the system a page, which doubles the time of assessing.
"""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager

# Names of mallopt's parameters, and what they are unless told otherwise, in bytes: https://man7.org/linux/man-pages/man3/mallopt.3.html
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_USUAL = {_TRIM_THRESHOLD: 128 << 10, _MMAP_THRESHOLD: 128 << 10}
_TOLD = {_TRIM_THRESHOLD: "MALLOC_TRIM_THRESHOLD_", _MMAP_THRESHOLD: "MALLOC_MMAP_THRESHOLD_"}
# The largest that glibc takes for a piece of the heap, on machines of 64 bits; and more than any part keeps.
_KEPT = {_TRIM_THRESHOLD: 1 << 30, _MMAP_THRESHOLD: 32 << 20}


@contextmanager
def kept() -> Iterator[None]:
    """Within, memory that is done with is kept for what comes next; then it is given back, and all is as it was told to be. Where
    the C library is another, nothing is done.
    """
    if platform.libc_ver()[0] != "glibc":
        yield
        return
    library = ctypes.CDLL(None)
    for name, size in _KEPT.items():
        library.mallopt(name, size)
    try:
        yield
    finally:
        for name, usual in _USUAL.items():
            library.mallopt(name, _bytes(_TOLD[name], usual))
        library.malloc_trim(0)


def _bytes(variable: str, usual: int) -> int:
    """What the environment says, as glibc reads it."""
    told = os.environ.get(variable, "")
    return int(told) if told.isdecimal() else usual
