"""What a template sees of a value: numbers, texts, days, and views that hold nothing else.

A view is a copy: no model, no method and no reference to either is in it, so a template has nothing to climb out by.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import numpy as np
import pandas as pd
from pydantic import BaseModel

# What is known of a value before there is one: the names in a view, `[element]` of a sequence, the parts of a tuple;
# None: a number, text or day, or not known.
Shape = dict[str, Any] | list[Any] | tuple[Any, ...] | None


class View:
    """Names and their values, frozen: numbers, texts, flags, days, None, tuples of such, and views."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_values", types.MappingProxyType({str(k): view(v) for k, v in values.items()}))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._values:
            raise AttributeError(name)
        return self._values[name]

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(name)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def with_(self, **changed: Any) -> View:
        """The same, with some values in place of its own."""
        made = View({})
        values = {**self._values, **{name: view(value) for name, value in changed.items()}}
        object.__setattr__(made, "_values", types.MappingProxyType(values))
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class Missing(float):
    """A figure that is not there: no number, and, when a template asks whether there is one, none."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False


MISSING = Missing("nan")
# What most values are: seen as they are.
PLAIN = frozenset({str, float, int, bool, type(None), date, Missing})


def view(value: Any) -> Any:
    """`value` as templates see it. Raises TypeError for what has no plain form."""
    if type(value) in PLAIN or type(value) is View:
        return value
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return view(value.value)
    if isinstance(value, str | int | float):
        plain = str if isinstance(value, str) else int if isinstance(value, int) else float
        return plain(value)
    if isinstance(value, pd.Period):
        return str(value)
    if isinstance(value, date):
        return value
    if isinstance(value, Mapping):
        return View({str(view(k)): v for k, v in value.items()})
    if isinstance(value, Sequence | AbstractSet):
        return tuple(view(item) for item in value)
    if isinstance(value, BaseModel) or (dataclasses.is_dataclass(value) and not isinstance(value, type)):
        return View({name: getattr(value, name) for name in _annotations(type(value))})
    raise TypeError(f"a {type(value).__name__} has no plain form")


def shape(annotation: Any) -> Shape:
    """What the view of a value so annotated will hold."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return shape(arguments[0])
    if origin in (Union, types.UnionType):
        known = [found for found in map(shape, arguments) if found is not None]
        return known[0] if len(known) == 1 else None
    if origin is tuple and Ellipsis not in arguments:
        return tuple(shape(each) for each in arguments)
    if origin in (tuple, list, frozenset, Sequence):
        return [shape(arguments[0])]
    if isinstance(annotation, type) and (issubclass(annotation, BaseModel) or dataclasses.is_dataclass(annotation)):
        return _shape_of(annotation)
    return None


def sample(annotation: Any, texts: Mapping[str, str], name: str = "") -> Any:
    """A made-up value so annotated, to try a template with: every optional part is there, every sequence holds one.

    `texts`: what a field of that name says; any other text reads as a month.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return sample(arguments[0], texts, name)
    if origin in (Union, types.UnionType):
        return sample(next(each for each in arguments if each is not type(None)), texts, name)
    if origin is tuple and Ellipsis not in arguments:
        return tuple(sample(each, texts) for each in arguments)
    if origin in (tuple, list, frozenset, Sequence):
        return (sample(arguments[0], texts),)
    if origin in (dict, Mapping):
        keys = list(arguments[0]) if issubclass(arguments[0], Enum) else [arguments[0]("x")]
        return {key: sample(arguments[1], texts) for key in keys}
    if not isinstance(annotation, type):
        return texts.get(name, "2024-06")
    if issubclass(annotation, Enum):
        return next(iter(annotation))
    if issubclass(annotation, BaseModel) or dataclasses.is_dataclass(annotation):
        return {each: sample(kind, texts, each) for each, kind in _annotations(annotation).items()}
    plain = {bool: True, int: 1, float: 1.0, date: date(2024, 6, 30)}
    return plain.get(annotation, texts.get(name, "2024-06"))


@lru_cache
def _shape_of(kind: type) -> dict[str, Shape]:
    return {name: shape(annotation) for name, annotation in _annotations(kind).items()}


@lru_cache
def _annotations(kind: type) -> dict[str, Any]:
    """The fields and properties of a dataclass or a model, with their types."""
    if issubclass(kind, BaseModel):
        found = {name: field.annotation for name, field in kind.model_fields.items()}
    else:
        hints = get_type_hints(kind, include_extras=True)
        found = {field.name: hints[field.name] for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for each in kind.__mro__:
        if each in (BaseModel, object):
            continue
        for name, value in vars(each).items():
            if isinstance(value, property) and not name.startswith("_"):
                found[name] = get_type_hints(value.fget).get("return")
    return found
