"""durable_rules decides: assessments go in as facts, the rules that hold come out.

Assessments are asserted as facts, never as events: an event is consumed by the first rule that fires on it. They are asserted in
blocks of whole units, each in a state of its own (`sid`) that is deleted afterwards: rules never join figures of two units, and
what a state costs grows faster than its facts. A ruleset cannot be freed, so one is built only for definitions not seen.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import count, groupby
from typing import Any

import durable_rules_engine

from monitor.rules.compiler import RuleSet, rulesets
from monitor.rules.expression import positional

Fact = Mapping[str, str | float | bool]
Hit = tuple[str, dict[str, Fact]]

# By which a fact is known to the engine, and its state.
_NAMING = ("id", "sid")

HANDLED, NOT_MATCHED, REPEATED = 0, 1, 2

# A block is closed at the first unit that begins when so many facts are in it. 70,070 facts against 1,120 rules once took 112 s
# and 18.5 GB in one state; `monitor benchmark --units 1000`, as many in blocks, takes 1.1 GB, mostly for the figures.
BLOCK = 1000

# Deleting the state of a sid on which no rule ever acted corrupts the memory of the process (2.0.28: "double free"). So every
# evaluation begins with a fact of its own, and every ruleset has a rule that acts on it.
BEGINNING = "monitor/beginning"


class EngineError(RuntimeError):
    """durable_rules did not do what it was asked: a fault of ours, never of the person who wrote the rule."""


class _Engine:
    """A durable_rules ruleset whose only action is to note which rule held on which facts.

    It drives the engine itself. `durable.engine` holds each action against the wall clock: set on by more than 10 s while one
    acts, or the process stopped for as long, the state stays locked, and what later facts complete is lost without a word.
    Its `Host` would start timer threads that poll; and `json.dumps` writes 1e-05, which the engine cannot read, so definitions
    and facts are encoded here.
    """

    def __init__(self, name: str, definition: Mapping[str, Any]) -> None:
        self.found: list[Hit] = []
        self._words = frozenset(_words(definition))
        self._handle = durable_rules_engine.create_ruleset(name, encode(definition))

    def take(self, fact: Fact) -> None:
        """Assert what rules may ask of one fact, and note every rule that it completes."""
        asked = {name: value for name, value in fact.items() if name in self._words or name in _NAMING}
        code, state = durable_rules_engine.assert_fact(self._handle, encode(asked))
        if code == REPEATED:
            raise EngineError(f"durable_rules has seen the fact {fact['id']} before")
        if code == NOT_MATCHED:
            return
        begun = durable_rules_engine.start_action_for_state(self._handle, state)
        if not begun:
            # It is the first of several that a rule joins.
            return
        own, acting = begun
        while acting:
            # One fact comes as {"m": fact}; several as {alias: fact}.
            self.found += json.loads(acting).items()
            durable_rules_engine.update_state(self._handle, own)
            acting = durable_rules_engine.complete_and_start_action(self._handle, state)

    def forget(self, sid: str) -> None:
        """Delete a state, and all that was asserted in it."""
        durable_rules_engine.delete_state(self._handle, sid)


_LOCK = threading.Lock()
_BUILT: dict[str, _Engine] = {}
_SERIAL = count()


def hits(rules: RuleSet, facts: Iterable[Fact]) -> list[Hit]:
    """Every rule that holds, with the facts that made it: (rule name, alias -> fact), ordered by rule and fact.

    A fact is flat: texts, flags and finite numbers, with an `id` of its own; those of one `unit` come one after the other. Raises
    EngineError when they do not, or when the engine fails.
    """
    found: list[Hit] = []
    parts = rulesets(rules.rules)
    asserted = list(facts) if len(parts) > 1 else facts
    for part in parts:
        targets = {target for rule in part for target in rule.targets}
        own = asserted if len(parts) == 1 else [fact for fact in asserted if fact["target"] in targets]
        found += _hits(rules.resolution, {rule.name: {"all": list(rule.definition)} for rule in part}, own)
    return sorted(found, key=_place)


def _place(hit: Hit) -> tuple[str, list[str]]:
    """Where a rule that holds of some facts stands among all that do."""
    rule, matched = hit
    return rule, sorted([str(fact["id"]) for fact in matched.values()])


def _hits(resolution: str, rules: Mapping[str, Any], facts: Iterable[Fact]) -> list[Hit]:
    """`hits` of the rules of one ruleset, which is not built before there is a fact."""
    definition = {BEGINNING: {"all": [{"m": {"beginning": True}}]}, **rules}
    found: list[Hit] = []
    engine: _Engine | None = None
    with _LOCK:
        for block in blocks(facts):
            engine = engine or _engine(resolution, definition)
            found += _held(engine, block)
    return found


def _engine(resolution: str, definition: Mapping[str, Any]) -> _Engine:
    # It is known by what it says, however its numbers are written: `encode` takes ten times as long, at each evaluation.
    key = hashlib.sha256(json.dumps(definition).encode()).hexdigest()[:16]
    engine = _BUILT.get(key)
    if engine is None:
        engine = _BUILT[key] = _Engine(f"{resolution}-{key}", definition)
    return engine


def _held(engine: _Engine, block: list[Fact]) -> list[Hit]:
    """What holds of the facts of one block, by a state of its own."""
    engine.found.clear()
    sid, known = str(next(_SERIAL)), {fact["id"]: fact for fact in block}
    try:
        engine.take({"sid": sid, "id": "beginning", "beginning": True})
        for fact in block:
            engine.take({"sid": sid, **fact})
    finally:
        engine.forget(sid)
    found = [hit for hit in engine.found if hit[0] != BEGINNING]
    if len(found) == len(engine.found):
        raise EngineError("durable_rules did not act on the fact that begins an evaluation")
    return [(rule, {alias: known[fact["id"]] for alias, fact in matched.items()}) for rule, matched in found]


def blocks(facts: Iterable[Fact]) -> Iterator[list[Fact]]:
    """The facts in blocks of whole units. Raises EngineError when a unit's facts do not come one after the other."""
    block: list[Fact] = []
    seen: set[Any] = set()
    for unit, of_unit in groupby(facts, key=lambda fact: fact.get("unit")):
        if unit in seen:
            raise EngineError(f"the facts of the unit {unit} do not come one after the other")
        seen.add(unit)
        if len(block) >= BLOCK:
            yield block
            block = []
        block.extend(of_unit)
    if block:
        yield block


def _words(definition: Any) -> Iterator[str]:
    """Every text in a definition: the fields that it names are among them."""
    match definition:
        case dict():
            for name, value in definition.items():
                yield name
                yield from _words(value)
        case list() | tuple():
            for each in definition:
                yield from _words(each)
        case str():
            yield definition


@lru_cache(maxsize=65536)
def _text(text: str) -> str:
    """A text as JSON has it; the same fields and names come again and again."""
    return json.dumps(text, ensure_ascii=False)


def encode(value: Any) -> str:
    """JSON with every number in positional notation. Raises ValueError for a number that is not finite."""
    match value:
        case dict():
            return "{" + ",".join(f"{_text(k)}:{encode(v)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return "[" + ",".join(encode(v) for v in value) + "]"
        case str():
            return _text(value)
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
    # With its point even when whole: the engine adds and compares integers otherwise than the figures they are.
    return positional(float(value), trim="0")
