"""What administrators write under `rules/`: the files' form, before anything is known of the targets they speak of."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from monitor.model.assessment import Thresholds
from monitor.model.declared import Declared
from monitor.model.finding import Severity
from monitor.model.name import Identifier
from monitor.model.period import Frequency
from monitor.model.target import Breakdown, Edge, Measure, Of, Precision, Target, _bound, _due
from monitor.model.unit import Unit, Word
from monitor.rules.expression import parse
from monitor.syntax.document import unambiguous


def _condition(text: str) -> str:
    parse(text)
    for number in re.findall(r"(?<![\w.])\d+\.\d+(?![\w.])", text):
        unambiguous(number)
    return text


Condition = Annotated[str, AfterValidator(_condition)]


def _both(value: Any) -> Any:
    """A message given once serves every language."""
    return {"vi": value, "en": value} if isinstance(value, str) else value


class Message(Declared):
    """A message template in each language; plain text stands for both."""

    vi: str
    en: str


class Escalation(Declared):
    """The severity a finding has instead, while `when` holds too."""

    when: Condition
    severity: Severity


class ForEach(Declared):
    """Which targets a rule is made for; every key given must fit, no key means every target."""

    target: tuple[str, ...] | str | None = None
    owner: tuple[str, ...] | str | None = None
    group: tuple[str, ...] | str | None = None
    measure: Measure | None = None
    throughout: bool | None = None
    task: bool | None = None
    ceiling: bool | None = None

    def fits(self, target: Target) -> bool:
        """Whether a rule is made for `target`."""
        has = {
            "target": target.id,
            "owner": target.owner,
            "group": target.group,
            "measure": target.measure,
            "throughout": target.throughout,
            "task": target.task,
            "ceiling": target.ceiling != float("inf"),
        }
        return all(
            wanted is None or (has[key] in wanted if isinstance(wanted, tuple) else has[key] == wanted)
            for key, wanted in self
        )


# A rule that waits longer than this never speaks.
MOST_PERIODS = 60


class Rule(Declared):
    """A condition on one assessment, made for each target that fits; or, with `match`, on several at once.

    `with`: parameters the condition names, which a target's `policies` may set anew. `for`: successive periods it must hold
    before the alert opens, `until`: those at which it must not before the alert ends. `wards`: the severity for parts, or
    false to look at the whole alone.
    """

    id: Identifier
    about: str = ""
    for_each: ForEach = ForEach()
    match: Annotated[dict[str, str], Field(min_length=1)] | None = None
    with_: dict[str, float] = Field(default={}, alias="with")
    when: Condition
    for_: Annotated[int, Field(ge=1, le=MOST_PERIODS, alias="for")] = 1
    until: Annotated[int, Field(ge=1, le=MOST_PERIODS)] = 1
    severity: Severity
    escalate: tuple[Escalation, ...] = ()
    wards: Severity | Literal[False] | None = None
    message: Annotated[Message, BeforeValidator(_both, json_schema_input_type=str | Message)]
    holds_for_targets: bool = False


class PolicyFile(Declared):
    """`policy.yaml`: what is checked of every target. `edits`: whether a saved edit takes effect by itself (`saved`), or
    waits for `monitor apply` (`applied`).
    """

    edits: Literal["saved", "applied"] = "saved"
    status: Thresholds = Thresholds()
    policies: tuple[Rule, ...] = ()


class Defaults(Declared):
    """What a file's targets share."""

    article: str = ""
    item: str = ""
    owner: str | None = None
    frequency: Frequency = Frequency.MONTH
    due: Annotated[str, BeforeValidator(_due)] = "year-end"


# What an editor is told of a target's figure.
_FIGURE = {
    "type": "string",
    "pattern": r"^\s*((>=|>|<=|<|=)\s*[-+]?\d+(\.\d+)?|[-+]?\d+(\.\d+)?\s*\.\.\s*[-+]?\d+(\.\d+)?)\s*$",
    "examples": [">= 95.15", "< 9", "8 .. 8.5"],
}


class TargetEntry(Declared):
    """One target as written: its file's defaults fill what it leaves out."""

    id: Identifier
    name: str
    article: str | None = None
    item: str | None = None
    printed: str
    unit_of_measure: str
    target: Annotated[Any, BeforeValidator(_bound), WithJsonSchema(_FIGURE)]
    measure: Measure
    of: Of | None = None
    due: Annotated[str, BeforeValidator(_due)] | None = None
    owner: str | None = None
    frequency: Frequency | None = None
    parent: str | None = None
    breakdown: Breakdown | None = None
    baseline: float | None = None
    execution: float | None = None
    edge: Edge | None = None
    domain: tuple[float, float] | None = None
    precision: Precision | None = None
    whole_numbers: bool = False
    strive: Annotated[Any, BeforeValidator(_bound), WithJsonSchema(_FIGURE)] = None
    note: str = ""
    policies: dict[str, dict[str, Any] | bool] = {}
    by_year: dict[int, Annotated[Any, BeforeValidator(_bound), WithJsonSchema(_FIGURE)]] = {}
    continues: Identifier | None = None


class RuleFile(Declared):
    """Any other file of a resolution: a group's targets, rules of its own, or both."""

    group: str = ""
    name: str = ""
    task: bool = False
    defaults: Defaults = Defaults()
    targets: tuple[TargetEntry, ...] = ()
    rules: tuple[Rule, ...] = ()


class UnitsFile(Declared):
    """`units.yaml`: who reports. `kinds`: what kinds of units are called that have no word yet, or another one here."""

    kinds: dict[Identifier, Word] = {}
    units: tuple[Unit, ...]
