"""An alert's message: a template that may print figures and do nothing else.

The sandbox has no way out to Python; every name it may use is known beforehand, so a misspelt one is told at `check`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, UndefinedError, meta, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from monitor.language import LANGUAGES, Language
from monitor.model.assessment import FIELDS
from monitor.model.printed import together
from monitor.model.problem import Said, unknown
from monitor.model.target import Target


def _environment(language: str) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    speaks = Language(language)

    @pass_context
    def number(context: Context, value: float | None, unit: str | None = None, digits: int | None = None) -> str:
        """A figure in the target's unit of measure, or in `unit`; of what is counted, a whole one."""
        target = context.get("target")
        if unit is None:
            unit = target.unit_of_measure if isinstance(target, Target) else ""
            digits = context.get("digits") if digits is None else digits
        return speaks.number(value, unit, digits)

    @pass_context
    def interval(context: Context, low: float | None, high: float | None) -> str:
        """`low` to `high` in the target's unit of measure."""
        target = context.get("target")
        if not isinstance(target, Target):
            return speaks.interval(low, high)
        return speaks.interval(low, high, target.unit_of_measure, context.get("digits"))

    environment.filters.update(number=number, interval=interval, percent=speaks.percent, month=speaks.month)
    return environment


ENVIRONMENTS = {language: _environment(language) for language in LANGUAGES}


@lru_cache(maxsize=4096)
def template(language: str, text: str) -> Template:
    """The compiled template of `text`."""
    return ENVIRONMENTS[language].from_string(text)


def render(messages: Mapping[str, str], target: Target, unit: str, values: Mapping[str, Any]) -> dict[str, str]:
    """Language -> message, with the assessment's fields, `target` and `unit` (the unit's name) to print."""
    context = {**values, "target": target, "unit": unit}
    told = {}
    for language, text in messages.items():
        figures = _printed(values, target, _named(language, text))
        told[language] = template(language, text).render(context | figures).strip()
    return told


@lru_cache(maxsize=4096)
def _named(language: str, text: str) -> frozenset[str]:
    """The names that a template prints or asks for."""
    return frozenset(meta.find_undeclared_variables(ENVIRONMENTS[language].parse(text)))


def _printed(values: Mapping[str, Any], target: Target, names: frozenset[str]) -> dict[str, Any]:
    """The figures that one sentence names, as they are printed together. Across targets each has the decimals it came with."""
    if "promised" not in values:
        return {"digits": 0 if target.whole_numbers else 2}
    figures, digits = together(values, strict=target.target.strict, whole=target.whole_numbers, names=names)
    return {**{name: math.nan if figure is None else figure for name, figure in figures.items()}, "digits": digits}


def tried(messages: Mapping[str, str], target: Target, aliases: Mapping[str, str]) -> None:
    """Render once on made-up figures. Raises Said when a template is malformed or names what does not exist."""
    fields: dict[str, Any] = {name: 1.0 if field.kind == "number" else "x" for name, field in FIELDS.items()}
    fields["period"] = "2024-06"
    values = dict.fromkeys(aliases, fields) if aliases else fields
    try:
        render(messages, target, "x", values)
    except TemplateSyntaxError as error:
        raise Said("the message cannot be read as a template: {reason}", reason=error.message or "") from None
    except UndefinedError as error:
        missing = str(error).split("'")[1] if "'" in str(error) else str(error)
        raise unknown("field", missing, [*values, "target", "unit"]) from None
    except (TemplateError, TypeError) as error:
        raise Said("the message cannot be filled in: {reason}", reason=str(error)) from None
