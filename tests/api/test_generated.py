"""Requests made from the API's own description (schemathesis), fit and unfit: none is a fault of the program.

MONITOR_GENERATED=10000 asks as many; by default some for each way in.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.schemas import APIOperation
from support.page import Site, lay_out, site

from monitor.acts import people
from monitor.model.act import Actor, Door
from monitor.model.person import Grant, Role
from monitor.pipeline import Moment

REQUESTS = int(os.environ.get("MONITOR_GENERATED", "120"))


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(lay_out(tmp_path_factory.mktemp("generated"))) as made:
        yield made


def test_no_generated_request_is_a_fault_of_the_program(here: Site, capsys: pytest.CaptureFixture[str]) -> None:
    here.enrol("all", *(Grant(role) for role in Role))
    token = people.token(here.engine, Actor("root", Door.COMMAND), "all", Moment.at(here.now()))
    schema = schemathesis.openapi.from_url(f"{here.url}/api/v1/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    each = max(1, REQUESTS // (2 * len(operations)))
    statuses: Counter[int] = Counter()
    faults: list[str] = []

    def ask(operation: APIOperation, mode: GenerationMode) -> None:
        @settings(
            max_examples=each,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def sent(case: Case) -> None:
            status = case.call(headers={"Authorization": f"Bearer {token}"}, timeout=120).status_code
            statuses[status] += 1
            if status >= 500:
                faults.append(case.as_curl_command())

        sent()

    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            ask(operation, mode)
    with capsys.disabled():
        if "MONITOR_GENERATED" in os.environ:
            print(f"\n{sum(statuses.values())} requests: {dict(sorted(statuses.items()))}")  # noqa: T201
    assert faults[:3] == []
    # The token reaches what it asks for: neither all refused nor all beside the point.
    assert statuses[200] >= REQUESTS // 20
    assert statuses[401] < sum(statuses.values()) / 2
