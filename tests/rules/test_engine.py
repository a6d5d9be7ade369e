"""durable_rules decides as the plain evaluator reads: on random rules and facts, on one fact and across several."""

from __future__ import annotations

import itertools
import json
import math
import os
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from monitor.model.finding import Severity
from monitor.model.problem import Said
from monitor.model.target import Target
from monitor.rules.compiler import Compiled, RuleSet, Written, rulesets
from monitor.rules.declaration import Rule
from monitor.rules.durable import across, on_one
from monitor.rules.engine import encode, hits
from monitor.rules.expression import AllOf, Compare, Const, Name, evaluate, normal, parse, positional, written
from monitor.rules.screen import may_hold
from monitor.syntax.document import Document

# A million pairs of a rule and a fact, a quarter of an hour: by hand.
WHOLE = "MONITOR_TEST_WHOLE" in os.environ
NUMBERS = ["value", "required", "probability", "deviation"]
# Few figures, so that they meet often, and next neighbours among floats; the awkward ones on purpose.
FIGURES = st.sampled_from(
    [
        *(0.0, 1.0, -1.0, 9.0, 8.999999999999998, 95.15, 1e-05, 1e16, 1.5e-07, 778290.0, -0.45),
        *(0.3, 0.1 + 0.2, 100.0, 99.99999999999999, 5e-324, -0.0),
    ]
)
number = st.one_of(st.sampled_from(NUMBERS), FIGURES.map(positional))
arithmetic = st.recursive(
    number,
    lambda inner: st.builds(lambda a, op, b: f"({a} {op} {b})", inner, st.sampled_from("+-*/"), inner),
    max_leaves=3,
)
comparison = st.one_of(
    st.builds(
        lambda a, op, b: f"{a} {op} {b}", arithmetic, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), arithmetic
    ),
    st.builds(lambda a, b: f"abs({a}) > {b}", arithmetic, arithmetic),
    st.builds(lambda op, s: f'status {op} "{s}"', st.sampled_from(["==", "!="]), st.sampled_from(["met", "missed"])),
    st.builds(
        lambda flag, op, truth: f"{flag} {op} {truth}",
        st.sampled_from(["behind", "final"]),
        st.sampled_from(["==", "!="]),
        st.sampled_from(["true", "false", "behind", "final"]),
    ),
    st.sampled_from(
        ["behind", "not behind", 'status in ["met", "off_track"]', 'status not in ["met"]', "value < required <= 9"]
    ),
)
condition = st.recursive(
    comparison,
    lambda inner: st.one_of(
        st.builds(lambda a, b: f"({a} and {b})", inner, inner),
        st.builds(lambda a, b: f"({a} or {b})", inner, inner),
        inner.map(lambda a: f"not ({a})"),
    ),
    max_leaves=4,
)
fact = st.fixed_dictionaries(
    {"status": st.sampled_from(["met", "missed", "off_track"]), "behind": st.booleans(), "final": st.booleans()},
    optional=dict.fromkeys(NUMBERS, FIGURES),
)


def ruleset(definitions: dict[str, tuple[Any, ...]]) -> RuleSet:
    rule = Rule.model_validate({"id": "r", "when": "value > 0", "severity": "info", "message": "m"})
    held = Written(rule, Document("f", {}, {}, ()), ())
    target = Target.model_construct(id="t")
    rules = [
        Compiled(name, held, target, Severity.INFO, 1, parse("value > 0"), definition, ())
        for name, definition in definitions.items()
    ]
    return RuleSet("test", tuple(rules), "v")


PAIRS: list[int] = []


@settings(max_examples=5500 if WHOLE else 60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(condition, min_size=6 if WHOLE else 1, max_size=6),
    st.lists(fact, min_size=32 if WHOLE else 1, max_size=32 if WHOLE else 6),
)
def test_durable_rules_agrees_with_the_plain_evaluator(texts: list[str], facts: list[dict[str, Any]]) -> None:
    trees = {f"r{n}": normal(parse(text)) for n, text in enumerate(texts)}
    conditions = {name: on_one(tree) for name, tree in trees.items()}
    asserted = []
    for n, values in enumerate(facts):
        quantities = {
            name: float(evaluate(expr, values)) for c in conditions.values() for name, expr in c.quantities.items()
        }
        asserted.append({"id": str(n), **values, **{k: v for k, v in quantities.items() if math.isfinite(v)}})
    rules = ruleset({name: ({"m": c.test},) for name, c in conditions.items()})
    found = {(name, matched["m"]["id"]) for name, matched in hits(rules, asserted)}
    expected = {
        (name, str(n)) for name, tree in trees.items() for n, values in enumerate(facts) if bool(evaluate(tree, values))
    }
    PAIRS.append(len(texts) * len(facts))
    assert found == expected
    # What is not asserted cannot fire, and what is, does: the same conditions of one target, and of another that has none.
    own = Compare("==", Name("target"), Const("t"))
    screened = ruleset({f"t/{name}": ({"m": c.test},) for name, c in conditions.items()})
    compiled = zip(screened.rules, trees.values(), strict=True)
    screened = replace(screened, rules=tuple(replace(rule, condition=AllOf((own, tree))) for rule, tree in compiled))
    table = pd.DataFrame([{**values, "target": target} for values in facts for target in ("t", "other")])
    fires = {n for _, n in found}
    asserted_rows = may_hold(table, screened).tolist()
    assert asserted_rows == [held for n in range(len(facts)) for held in (str(n) in fires, False)]


@pytest.mark.skipif(not WHOLE, reason="a quarter of an hour: set MONITOR_TEST_WHOLE=1")
def test_a_million_pairs_were_compared() -> None:
    assert sum(PAIRS) >= 1_000_000


reckoned = st.one_of(
    st.builds(
        lambda a, op, b: f"({a} {op} {b}) > 1",
        st.sampled_from(["status", "behind", '"met"']),
        st.sampled_from("+-*/"),
        number,
    ),
    st.builds(
        lambda a, op, b: f"({b} {op} {a}) == 1",
        st.sampled_from(["status", "behind", "true"]),
        st.sampled_from("+-*/"),
        number,
    ),
    st.builds(
        lambda a, op, b: f"{a} {op} {b}", st.sampled_from(["status", "behind"]), st.sampled_from(["<", ">="]), number
    ),
    st.sampled_from(
        ["abs(status) > 1", "abs(behind) == 1", 'status > "met"', "status + status == status", "-status < 0"]
    ),
)


@given(reckoned, st.booleans())
def test_a_text_or_a_flag_in_arithmetic_is_refused(text: str, twice: bool) -> None:
    tree = parse(f"value > 0 and not ({text})" if twice else text)
    with pytest.raises(Said, match="is no figure"):
        on_one(tree)


JOINTS = [
    "abs(total.value - part.value - rest.value) > 0.05",
    "part.value > total.value",
    "total.value - part.value != rest.value",
    "total.value == part.value + rest.value and part.value >= 1",
    "part.value * 2 < total.value or rest.value > total.value",
    "not (part.value <= total.value)",
    "(part.value > total.value and rest.value > 0) or rest.value > total.value",
    "(part.value > total.value or rest.value > total.value) and total.value > 0",
]


# What offices report, to the decimals it is held to; of sums beyond 10^9 no float has six decimals left.
REPORTED = st.one_of(
    st.sampled_from([0.0, 1.0, 9.0, 95.15, 60.1, 35.05, 0.3, 0.1, 0.2, 778290.0, -0.45]),
    st.integers(-(10**9), 10**9).map(float),
    st.integers(-(10**6), 10**6).map(lambda n: n / 1000),
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(JOINTS), st.lists(REPORTED, min_size=3, max_size=3), st.booleans())
@example("total.value == part.value + rest.value and part.value >= 1", [95.15, 60.1, 35.05], True)
@example("total.value - part.value != rest.value", [0.3, 0.1, 0.2], True)
def test_joins_agree_with_the_plain_evaluator(text: str, values: list[float], same_period: bool) -> None:
    targets = {"total": "t.total", "part": "t.part", "rest": "t.rest"}
    facts = [
        {
            "id": alias,
            "target": targets[alias],
            "unit": "u",
            "period": "2024-03" if same_period else f"2024-0{n}",
            "value": value,
        }
        for n, (alias, value) in enumerate(zip(targets, values, strict=True), start=1)
    ]
    tree = normal(parse(text))
    rules = ruleset({f"r{n}": tuple(definition) for n, definition in enumerate(across(tree, targets))})
    held = bool(evaluate(tree, {(alias, "value"): value for alias, value in zip(targets, values, strict=True)}))
    assert bool(hits(rules, facts)) == (held and same_period)


def test_more_rules_than_one_ruleset_takes_are_asked_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.rules.compiler.MOST_RULES", 3)
    rules = ruleset({f"t{n}/low": ({"m": on_one(parse(f'target == "t{n}" and value < {n}')).test},) for n in range(8)})
    each = [replace(r, target=Target.model_construct(id=r.name.split("/")[0])) for r in rules.rules]
    facts = [{"id": str(n), "target": f"t{n}", "unit": "u", "value": 4.5} for n in range(8)]
    assert len(rulesets(each)) == 3
    assert [name for name, _ in hits(replace(rules, rules=tuple(each)), facts)] == ["t5/low", "t6/low", "t7/low"]


@given(condition)
def test_a_condition_written_out_means_the_same(text: str) -> None:
    once = written(normal(parse(text)))
    assert written(normal(parse(once))) == once


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_is_written_as_json_without_an_exponent(value: float) -> None:
    text = encode(value)
    assert "e" not in text
    assert json.loads(text) == value


def test_a_missing_figure_holds_neither_a_comparison_nor_its_contrary() -> None:
    rules = ruleset(
        {"a": ({"m": on_one(parse("value < 9")).test},), "b": ({"m": on_one(parse("not (value < 9)")).test},)}
    )
    assert hits(rules, [{"id": "0", "status": "met"}]) == []


def test_many_rounds_with_one_ruleset_find_the_same() -> None:
    rules = ruleset({"a": ({"m": on_one(parse("value < 9")).test},)})
    facts = [{"id": str(n), "value": float(n)} for n in range(20)]
    rounds = [[(name, matched["m"]["id"]) for name, matched in hits(rules, facts)] for _ in range(50)]
    assert rounds == [[("a", str(n)) for n in range(9)]] * 50


def test_a_clock_that_is_set_on_while_rules_act_loses_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a machine that was asleep, or a process that was stopped: a differential run of a million pairs once lost three."""
    seconds = itertools.count(1.7e9, 11)
    monkeypatch.setattr("durable.engine._unix_now", lambda: next(seconds))
    rules = ruleset({"a": ({"m": on_one(parse("value < 9")).test},)})
    facts = [{"id": str(n), "value": float(n)} for n in range(20)]
    assert [matched["m"]["id"] for _, matched in hits(rules, facts)] == [str(n) for n in range(9)]


@pytest.mark.parametrize(
    "text",
    [
        "lambda: 1",
        "[1][0] > 0",
        "f(value) > 1",
        "value > 1 if value else 2",
        "value ** 2 > 1",
        "",
        "value >",
    ],
)
def test_what_is_beyond_the_language_is_refused(text: str) -> None:
    with pytest.raises(Said):
        normal(parse(text))
