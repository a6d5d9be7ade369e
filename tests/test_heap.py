"""What is reckoned in keeps its memory while it is reckoned in, whatever the C library has been told."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

# Matrices that come and go, and how often the system was asked for memory meanwhile.
_RECKONING = """
import resource
from contextlib import nullcontext
import numpy as np
from monitor import heap

def visits(within):
    with within:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(50):
            np.ones(250_000)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(visits(nullcontext()), visits(heap.kept()), visits(nullcontext()))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library here is not glibc")
@pytest.mark.parametrize("told", ["65536", ""], ids=["as Dask tells it", "as it comes"])
def test_memory_is_kept_within_and_given_back_after(told: str) -> None:
    named = {"MALLOC_TRIM_THRESHOLD_": told} if told else {}
    usual = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    done = subprocess.run(
        [sys.executable, "-c", _RECKONING], env=usual | named, capture_output=True, text=True, check=True
    )
    before, within, after = map(int, done.stdout.split())
    # A matrix is 2 MB: 488 pages.
    assert within < 1_500
    if told:
        assert before > 10_000
        assert after > 10_000
