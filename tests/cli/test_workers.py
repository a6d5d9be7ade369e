"""Who is to assess: a number of cores, or the address of a scheduler; anything else is told before any work is done."""

from __future__ import annotations

import pytest

from monitor.cli.frame import open_workers
from monitor.cores import Cores
from monitor.model.problem import Problems
from monitor.workers import Workers


@pytest.mark.parametrize("given", [None, "", "1", "12"])
def test_a_number_is_of_cores(given: str | None) -> None:
    with open_workers(given) as by:
        assert isinstance(by, Cores)


@pytest.mark.parametrize("given", ["tcp://10.0.0.5:8786", "tls://may-tinh:8786", "localhost:8786", "tcp://[::1]:8786"])
def test_an_address_is_of_a_scheduler(given: str) -> None:
    with open_workers(given) as by:
        assert isinstance(by, Workers)


@pytest.mark.parametrize(
    "given", ["0", "00", "-1", "1.5", "abc", " ", "²", "٣", "tcp://", "tcp://host", "host:port", "a b:1"]
)
def test_what_is_neither_is_told_at_once(given: str) -> None:
    with pytest.raises(Problems) as told, open_workers(given):
        pass
    (problem,) = told.value.problems
    assert (problem.file, problem.values["found"]) == ("workers", given)
