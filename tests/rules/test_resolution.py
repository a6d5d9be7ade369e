"""The shipped resolution says what the document says."""

from pathlib import Path

import pytest

from monitor.workspace import Workspace, defaults, load


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return load(Path(defaults()))


def test_the_resolution_has_its_64_figures_in_ten_groups(workspace: Workspace) -> None:
    figures = [target for target in workspace.resolutions[0].targets.values() if not target.task]
    assert len(figures) == 64
    assert len({target.group for target in figures}) == 10


@pytest.mark.parametrize(
    ("target", "comparator", "value"),
    [
        ("y-te.suy-dinh-duong", "<", 9.0),
        ("bao-hiem.bhyt", ">=", 95.15),
        ("tai-chinh.tong-thu", ">=", 778290.0),
        ("tai-chinh.tong-chi", "<=", 710490.0),
        ("lao-dong.giam-ho-ngheo", ">=", 0.45),
    ],
)
def test_comparators_and_values_are_exact(workspace: Workspace, target: str, comparator: str, value: float) -> None:
    bound = workspace.resolutions[0].targets[target].target
    assert (bound.comparator, bound.value) == (comparator, value)
