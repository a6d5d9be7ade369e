"""What a message says of figures that are there, and of those that are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.rules.message import Subject, render
from monitor.workspace import load

ASKED = "{{ OF.rolled_up }}{% if OF.rolled_up %} yes{% else %} no{% endif %}, {% if OF.value %}{{ OF.value | number('') }}{% endif %}"


@pytest.mark.parametrize("alias", ["", "a"])
def test_a_figure_that_is_missing_is_a_dash_and_is_not_there(workspace: Path, alias: str) -> None:
    target = next(iter(load(workspace).resolutions[0].targets.values()))
    text = ASKED.replace("OF.", f"{alias}." if alias else "")
    known = {"value": 5.0}
    values = {alias: known} if alias else known
    told = render({"en": text}, Subject.of(target), "x", {"en": "x"}, values, across=bool(alias))
    assert told == {"en": "– no, 5"}
