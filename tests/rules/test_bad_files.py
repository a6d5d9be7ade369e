"""What an administrator gets wrong is told so that the message alone mends it. A new case is two files, no code:

`bad/<case>.yaml`, whose first line names the file it stands for in a workspace, and `bad/<case>.txt`, what is said of it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.language import Language
from monitor.model.problem import Problems
from monitor.workspace import load

BAD = Path(__file__).parent / "bad"
CASES = sorted(path.stem for path in BAD.glob("*.yaml"))


def told(workspace: Path, case: str) -> str:
    content = (BAD / f"{case}.yaml").read_text(encoding="utf-8")
    (workspace / content.splitlines()[0].removeprefix("# ")).write_text(content, encoding="utf-8")
    with pytest.raises(Problems) as found:
        load(workspace)
    return "\n".join(problem.render(Language("en")) for problem in found.value.problems) + "\n"


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_told_with_its_place_and_its_cure(workspace: Path, case: str) -> None:
    assert told(workspace, case) == (BAD / f"{case}.txt").read_text(encoding="utf-8")
