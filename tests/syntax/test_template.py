"""A template prints figures and texts, and can do nothing else: nothing runs, nothing takes long, nothing grows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from monitor.language import LANGUAGES, Language
from monitor.model.problem import Problems, Said
from monitor.model.target import Target
from monitor.syntax.template import Sandbox
from monitor.syntax.view import View, shape, view
from monitor.workspace import load

HUGE = "9" * 30
# Ways that templates were led astray, here or elsewhere: out of the sandbox, or round and round within it.
ESCAPES = [
    # models and their methods
    "{{ target.parse_raw('x', proto='pickle', allow_pickle=True) }}",
    "{{ target.model_construct() }}",
    "{{ target['model_dump_json']() }}",
    "{{ target.source.model_copy }}",
    "{{ target.__class__ }}",
    "{{ target['__class__'] }}",
    "{{ target.model_fields }}",
    "{{ target._values }}",
    # Python's own ways up
    "{{ ''.__class__.__mro__ }}",
    "{{ ''['__class__'] }}",
    "{{ ().__class__.__bases__[0].__subclasses__() }}",
    "{{ 'x'.format }}",
    "{{ '{0.__class__}'.format(target) }}",
    "{{ 'x'.upper() }}",
    "{{ target.name.join(['a', 'b']) }}",
    "{{ self }}",
    "{{ self.__init__.__globals__ }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ joiner }}",
    "{{ namespace(a=1) }}",
    "{{ dict(a=1) }}",
    "{{ config }}",
    "{{ request }}",
    "{{ _budget }}",
    "{% set _budget = 1 %}",
    "{% for _budget in ['a'] %}{% endfor %}",
    "{{ number.__globals__ }}",
    # filters and tests that reach for attributes, or format
    "{{ target | attr('__class__') }}",
    "{{ '%s' | format(target) }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ [target] | map(attribute='__class__') | list }}",
    "{{ 'x' | map('upper') | join }}",
    "{{ target | tojson }}",
    "{{ target | pprint }}",
    "{{ 'x' | center(1000000000) }}",
    "{{ 'x' | indent(1000000000) }}",
    "{{ '<b>' | safe }}",
    "{{ 'x' | _joined }}",
    "{{ 'x' is filter }}",
    "{{ target is callable }}",
    # other files, other code
    "{% include 'digest.html.j2' %}",
    "{% import 'digest.html.j2' as x %}",
    "{% from 'x' import y %}",
    "{% extends 'digest.html.j2' %}",
    "{% block a %}{% endblock %}",
    "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    "{% call a() %}{% endcall %}",
    "{% filter upper %}x{% endfilter %}",
    "{% set x %}x{% endset %}",
    "{% autoescape false %}{{ unit }}{% endautoescape %}",
    "{% with x = 1 %}{{ x }}{% endwith %}",
    "{% do target.clear() %}",
    "{% set target.name = 'x' %}",
    "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    # what grows, or takes for ever
    "{{ range(1000000000) | length }}",
    "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "{{ 2 ** 99999999 }}",
    "{{ 'x' * 1000000000 }}",
    "{{ ['x'] * 1000000000 }}",
    "{{ 'x' + 'x' }}",
    "{{ (1, 2) + (3, 4) }}",
    "{% set a = 99999999999 %}" + "{% set a = a * a %}" * 40 + "{{ a }}",
    "{{ 7 // 0 }}",
    "{{ 1e308 * 1e308 }}",
    "{{ value | number('', -999999999) }}",
    "{{ value | number(digits=999999999) }}",
    "{{ value | round(999999999) }}",
    "{{ " + HUGE * 200 + " }}",
    "{% set a = 'xxxxxxxxxxxxxxxx' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
    "{% set a = 'xxxxxxxxxxxxxxxx' %}" + "{% set a = a | replace('x', a) %}" * 10 + "{{ a }}",
    "{% set a = [1, 2] %}" + "{% set a = [a, a] %}" * 60 + "{{ a == a }}",
    "{% set a = (1, 2) %}" + "{% set a = (a, a) %}" * 60 + "{{ {a: 1} }}",
    "{{ " + "(" * 400 + "1" + ")" * 400 + " }}",
    "{{ " + "-" * 5000 + "1 }}",
    "{{ " + " + ".join(["1"] * 9000) + " }}",
    "{% if value %}" * 90 + "x" + "{% endif %}" * 90,
    "{% for i in [1, 2] %}" * 25 + "x" + "{% endfor %}" * 25,
    "{% for i in 'abc' %}x{% endfor %}",
    "{% for i in target %}x{% endfor %}",
    "{% for i in value %}x{% endfor %}",
    "x" * 2001,
    # what is no text
    "{{ target }}",
    "{{ target.policies }}",
    "{{ ['a', 'b'] }}",
    "{{ loop }}",
    # slips, in branches that are seldom gone through
    "{% if failures > 900 %}{{ failurse }}{% endif %}",
    "{% if failures > 900 %}{{ target.nmae }}{% endif %}",
    "{% if failures > 900 %}{{ value | numbr }}{% endif %}",
    "{{ unit | percent }}",
    "{{ value | month }}",
    "{{ value",
    "{% if value %}x",
    "{% fi value %}x{% endif %}",
    "{{ value | }}",
]
RULE = """\
# made for a test
rules:
  - id: thu
    when: value > 9
    severity: warning
    message: {message}
"""


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@pytest.mark.parametrize("text", ESCAPES, ids=[text[:60] for text in ESCAPES])
def test_a_message_that_does_more_than_print_is_refused_by_check(small_workspace: Path, text: str) -> None:
    (small_workspace / "rules" / "nq" / "99-thu.yaml").write_text(RULE.format(message=quoted(text)), encoding="utf-8")
    with pytest.raises(Problems) as found:
        load(small_workspace)
    assert [(p.file, p.line) for p in found.value.problems] == [("rules/nq/99-thu.yaml", 6)] * 1
    for language in LANGUAGES:
        told = found.value.problems[0].text(Language(language))
        assert "object" not in told
        assert "jinja" not in told.lower()


# What a message may do is no more than a digest's template may: with its own names.
IN_A_DIGEST = [
    *(text.replace("target", "digest").replace("value", "digest.muted") for text in ESCAPES if text != "x" * 2001),
    "{{ digest.route.model_copy() }}",
    "{{ digest.part('new') }}",
    "{{ say('{x.__class__}', x=digest) }}",
    "{{ say('{x:>999999999}', x=1) }}",
    "{{ say('{x!r}', x=digest) }}",
    "{{ say(summary, x=1) }}",
    "{{ say('{x}', **digest) }}",
    "{{ say('{digest}', digest=digest) }}",
    "{{ say.__globals__ }}",
    "{{ say.__self__ }}",
    "{% set say = digest %}",
    "{% for item in digest.items %}{{ item.mesage }}{% endfor %}",
    "{% for part, title, items, count in parts %}{% for item in items %}{{ item.figures.nam }}{% endfor %}{% endfor %}",
]


@dataclass(frozen=True)
class Letter:
    """Something like a digest."""

    name: str
    items: tuple[str, ...]
    muted: int


@pytest.mark.parametrize("text", IN_A_DIGEST, ids=[text[:60] for text in IN_A_DIGEST])
def test_a_template_of_a_letter_that_does_more_than_print_is_refused_before_it_is_sent(
    small_workspace: Path, text: str
) -> None:
    (small_workspace / "alerts" / "templates" / "digest.txt.j2").write_text(text, encoding="utf-8")
    with pytest.raises(Problems) as found:
        load(small_workspace)
    assert {p.file for p in found.value.problems} == {"alerts/templates/digest.txt.j2"}


def test_loops_over_what_there_is_are_paid_for_before_they_run() -> None:
    text = "{% for a in x %}{% for b in x %}{% for c in x %}{{ c }}{% endfor %}{% endfor %}{% endfor %}"
    with pytest.raises(Said, match="steps"):
        Sandbox({}, most=10**9).read(text).render({"x": tuple(range(2000))})


def test_a_letter_ends_where_it_may_not_become_longer() -> None:
    with pytest.raises(Said, match="characters"):
        Sandbox({}, most=1000).read("{% for a in x %}" + "y" * 100 + "{% endfor %}").render({"x": tuple(range(20))})


def test_a_view_holds_nothing_but_plain_values_and_does_not_change() -> None:
    seen = view(Letter("x", ("a",), 3))
    assert (seen.name, seen.items, seen["muted"]) == ("x", ("a",), 3)
    with pytest.raises(AttributeError):
        seen.name = "y"
    with pytest.raises(TypeError):
        view({"x": object()})


def test_what_is_known_of_a_model_is_what_its_view_holds(shipped: object) -> None:
    target: Target = next(iter(shipped.targets.values()))  # type: ignore[attr-defined]
    assert set(shape(Target) or ()) == set(view(target))
    assert isinstance(view(target).source, View)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ a ~ ' ' ~ b }}", "x 2"),
        ("{% for i in c[:2] %}{{ i }}{{ ', ' if not loop.last }}{% endfor %}", "1, 2"),
        ("{{ (100 * b / 3) | round | int }}", "67"),
        ("{{ {'x': 'X'}[a] }}", "X"),
        ("{{ c | join('; ') }}", "1; 2; 3"),
        ("{{ a | upper if b == 2 else '-' }}", "X"),
        ("{{ d }}", "–"),
        ("{% if a in ['x', 'y'] and d is none %}ja{% endif %}", "ja"),
        ("{% set e = b + 1 %}{{ e }}", "3"),
        ("{{ '<' ~ a }}", "<x"),
    ],
)
def test_what_templates_are_for_still_works(text: str, said: str) -> None:
    values = {"a": "x", "b": 2, "c": (1, 2, 3), "d": None}
    assert Sandbox({}, most=1000).read(text).render(values) == said


def test_what_is_filled_into_html_is_escaped() -> None:
    assert (
        Sandbox({}, html=True, most=1000).read("<b>{{ a }}{{ a ~ a }}</b>").render({"a": "<"}) == "<b>&lt;&lt;&lt;</b>"
    )
