"""How long each step of the way of a number takes, and how much memory: of a workspace, or of one invented for it."""

from __future__ import annotations

import os
import resource
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from sqlalchemy import Engine

from monitor import measuring, pipeline, post
from monitor.measuring import observed
from monitor.pipeline import Moment
from monitor.reassessment import Assessing
from monitor.workspace import Workspace

# In the order in which they are told. `evaluate` is all of those between `ingest` and it.
STEPS = ("ingest", "read", "assess", "rules", "alerts", "evaluate", "digest")
# The same once one unit has reported anew.
ONE = ("ingest-one", "evaluate-one")


@dataclass(frozen=True)
class Step:
    """What one step took: seconds, and those in which cores worked for it, medians of all rounds; megabytes that the process had
    at most while it lasted, with those of its own that others had which worked for it.
    """

    name: str
    seconds: float
    cpu_seconds: float
    peak_mb: float


@dataclass(frozen=True)
class Measured:
    """What was measured, and of how much."""

    series: int
    figures: int
    rules: int
    findings: int
    steps: tuple[Step, ...]


@dataclass
class _Watch:
    """Takes the time of steps, which may stand within others."""

    seconds: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    peaks: dict[str, float] = field(default_factory=dict)
    _within: list[float] = field(default_factory=list)
    _beside: list[float] = field(default_factory=list)
    _ended: dict[str, tuple[float, float]] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what is done within; a step done in several pieces takes their sum."""
        self._within = [max(peak, measuring.peak()) for peak in self._within] + [0.0]
        self._beside.append(0.0)
        measuring.forget_peak()
        begun, worked = perf_counter(), _worked()
        try:
            yield
        finally:
            before = self._ended.get(name, (0.0, 0.0))
            self._ended[name] = (before[0] + perf_counter() - begun, before[1] + _worked() - worked)
            peak = max(self._within.pop(), measuring.peak())
            self.peaks[name] = max(self.peaks.get(name, 0.0), peak + self._beside.pop())
            self._within = [max(each, peak) for each in self._within]

    def beside(self, megabytes: float) -> None:
        """Processes that assess parts of it have memory at the same time."""
        self._beside = [each + megabytes for each in self._beside]

    def end_round(self) -> None:
        """What comes now is done again."""
        for name, seconds in self._ended.items():
            self.seconds.setdefault(name, []).append(seconds)
        self._ended = {}

    def steps(self) -> tuple[Step, ...]:
        """What every step took."""
        names = sorted(self.seconds, key=(*STEPS, *ONE).index)
        rounds = {name: [list(of) for of in zip(*self.seconds[name], strict=True)] for name in names}
        return tuple(
            Step(name, statistics.median(wall), statistics.median(cpu), self.peaks[name])
            for name, (wall, cpu) in rounds.items()
        )


def measure(
    workspace: Workspace,
    engine: Engine,
    moment: Moment,
    digests: Path,
    by: Assessing,
    rounds: int = 1,
    report_anew: Callable[[], None] | None = None,
) -> Measured:
    """Take the workspace's figures into an empty database, evaluate its last resolution and write its digests to `digests`.

    After the evaluation that is recorded the same is reckoned `rounds` - 1 times more; `by`: who assesses. `report_anew`: one
    unit sends another file, after which what is new is taken in and evaluated.
    """
    watch, declared = _Watch(), workspace.resolutions[-1]
    by.prepare(workspace, engine, moment.as_of)

    def ingest() -> int:
        added = 0
        for feed in workspace.feeds:
            opened = pipeline.open_source(workspace, feed, os.environ, engine)
            added += pipeline.ingest(workspace, engine, feed, opened, moment, settle=False).taken.added
        return added

    with observed(watch):
        with watch.step("ingest"):
            known = ingest()
        with watch.step("evaluate"):
            evaluated = pipeline.evaluate(workspace, engine, declared, moment, by=by)
        watch.end_round()
        for _ in range(rounds - 1):
            pipeline.stand(workspace, engine, declared, moment.as_of, by)
            watch.end_round()
        with watch.step("digest"):
            whole = pipeline.whole(workspace, engine, evaluated.standing, by)
            list(post.write_digests(workspace, engine, whole, workspace.alerts.readers, moment, digests))
    standing = evaluated.standing
    told = (len(standing.assessments), known, len(declared.rules.rules), len(standing.findings))
    del standing, evaluated, whole
    if report_anew is not None:
        report_anew()
        with watch.step("ingest-one"):
            ingest()
        with watch.step("evaluate-one"):
            pipeline.evaluate(workspace, engine, declared, moment, by=by)
    watch.end_round()
    return Measured(*told, watch.steps())


def _worked() -> float:
    """The seconds in which a core has worked for this process, and for those that it began and that have ended."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
