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

# What the environment tells of mallopt's parameters, their numbers, and what they are unless told otherwise, in bytes:
# https://man7.org/linux/man-pages/man3/mallopt.3.html
_TOLD = {"MALLOC_TRIM_THRESHOLD_": -1, "MALLOC_MMAP_THRESHOLD_": -3}
_USUAL = 128 << 10
# More than any part keeps; and the largest that glibc takes for a piece of the heap, on machines of 64 bits.
_KEPT = {-1: 1 << 30, -3: 32 << 20}


@contextmanager
def kept() -> Iterator[None]:
    """Within, memory that is done with is kept for what comes next; then it is given back, and all is as it was told to be. Where
    nothing was told glibc learns by itself what to keep, and does no more once anybody has told it: nothing is done there, nor
    where the C library is another.
    """
    if not any(name in os.environ for name in _TOLD) or platform.libc_ver()[0] != "glibc":
        yield
        return
    library = ctypes.CDLL(None)
    for number, size in _KEPT.items():
        library.mallopt(number, size)
    try:
        yield
    finally:
        for name, number in _TOLD.items():
            library.mallopt(number, _bytes(os.environ.get(name, "")))
        library.malloc_trim(0)


def _bytes(told: str) -> int:
    """A size, as glibc reads it: -1 is none."""
    return int(told) if told.removeprefix("-").isdecimal() else _USUAL
