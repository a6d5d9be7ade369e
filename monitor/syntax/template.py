"""Templates that people edit: they print figures, texts and days, and can do nothing else.

The language is a part of Jinja's, node by node (syntax.template_tree), as conditions are a part of Python's. A template sees
views only (syntax.view) and calls only what it is given. It cannot run long either: every loop and every filter is paid for
in steps before it begins, by how much it goes through, and what a step may make is bounded; so no clock is needed, and the
same template fails on the same values everywhere.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, Undefined, UndefinedError, meta, nodes, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from monitor.model.problem import Said, unknown
from monitor.syntax.template_tree import LOOP, PAID_JOIN, PAID_LOOP, TESTS, Check, Paid, extent, syntax
from monitor.syntax.view import PLAIN, Missing, Shape, View, view

# A step is one node of a template evaluated once, or a hundred characters gone through: two million take about two seconds.
MOST_STEPS = 2_000_000
MOST_NODES, MOST_DEPTH, MOST_SOURCE = 20_000, 60, 200_000
# What a single expression may make, and how large a number may become.
MOST_TEXT, MOST_NUMBER, MOST_ARGUMENT = 20_000, 1e18, 1000

_BUDGET = "_budget"
_FAILURES = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError)
# Named once: to put kinds together takes longer than to ask after them, and each figure of each message is asked about.
_LONG = (str, tuple, list, View)
_NUMBER = (int, float)
_NAMED = (View, dict)
# What goes through nothing, however it is filtered.
_SINGLE = (float, Missing, int)
_PLAIN = (str, int, float, date, Undefined, Markup)


class Faults(Exception):
    """What is wrong in a template: (line, complaint) of each."""

    def __init__(self, found: Iterable[tuple[int, Said]]) -> None:
        self.found = tuple(found)
        super().__init__("; ".join(str(said) for _, said in self.found))


class _Budget:
    """The steps one filling in has left."""

    def __init__(self) -> None:
        self.left = MOST_STEPS

    def spend(self, steps: int) -> None:
        """Take so many. Raises Said when there are not as many."""
        self.left -= steps
        if self.left < 0:
            raise Said("the template takes too long: it goes through more than {most} steps", most=MOST_STEPS)


class Template:
    """A template that was read: `.render(values)`."""

    def __init__(self, compiled: Any, most: int) -> None:
        self._compiled, self._most = compiled, most

    def render(self, values: Mapping[str, Any]) -> str:
        """Filled with views of `values`. Raises Said for what cannot be printed, takes too long or becomes too long."""
        pieces, length = [], 0
        filled = {name: value if type(value) in PLAIN else view(value) for name, value in values.items()}
        try:
            # As Jinja's own `generate`, without a generator about each piece.
            for piece in self._compiled.root_render_func(self._compiled.new_context({**filled, _BUDGET: _Budget()})):
                length += len(piece)
                if length > self._most:
                    raise Said("the template prints more than {most} characters", most=self._most)
                pieces.append(piece)
        except UndefinedError as error:
            raise Said('"{found}" has no value at this place', found=_quoted(error)) from None
        except SecurityError as error:
            raise Said('"{found}" cannot stand in a template', found=_quoted(error)) from None
        except _FAILURES as error:
            if isinstance(error, Said):
                raise
            raise Said(
                "two values of it do not go together: a figure is needed where a text or nothing stands"
            ) from None
        return "".join(pieces)


class Sandbox(ImmutableSandboxedEnvironment):
    """Where templates of one kind are read. `given`: the filters there are beside the common ones, their first argument what
    is filtered; `functions`: what may be called; `html`: escape what is filled in; `trimmed`: a line with
    nothing but a tag leaves none behind; `most`: characters a template may print.
    """

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%"})

    def __init__(
        self,
        given: Mapping[str, Callable[..., Any]],
        functions: Mapping[str, Callable[..., str]] | None = None,
        *,
        html: bool = False,
        trimmed: bool = False,
        most: int,
    ) -> None:
        super().__init__(
            undefined=StrictUndefined,
            autoescape=html,
            finalize=_printable,
            trim_blocks=trimmed,
            lstrip_blocks=trimmed,
        )
        self._most = most
        self._checked: dict[str, nodes.Template] = {}
        self.globals.clear()
        self.globals.update({name: _spoken(function) for name, function in (functions or {}).items()})
        self.tests = {name: self.tests[name] for name in TESTS}
        filters = {name: _limited(name, function) for name, function in {**_COMMON, **given}.items()}
        self.filters = {**filters, PAID_LOOP: _paid_loop, PAID_JOIN: _limited("~", _joined)}
        self.read = lru_cache(maxsize=4096)(self._read)
        self.names = lru_cache(maxsize=4096)(self._names)

    def faults(self, text: str, names: Mapping[str, Shape]) -> list[tuple[int, Said]]:
        """Everything wrong in a template that will see these names, without filling it in."""
        try:
            tree = self._parsed(text)
            found = list(self._check(known=True).block(tree.body, dict(names)))
            if not found:
                # What says nothing unknown says nothing beyond the language: it is compiled as it was parsed and looked through.
                self._checked[text] = tree
                self.read(text)
        except Faults as wrong:
            return list(wrong.found)
        finally:
            self._checked.pop(text, None)
        return found

    def _names(self, text: str) -> frozenset[str]:
        """The names that a template prints or asks for. Raises Faults as `read` does."""
        return frozenset(meta.find_undeclared_variables(self._parsed(text)))

    def _read(self, text: str) -> Template:
        """The template of `text`. Raises Faults for what is beyond the language."""
        tree = self._checked.pop(text, None)
        if tree is None:
            tree = self._parsed(text)
            found = list(self._check(known=False).block(tree.body, {}))
            if found:
                raise Faults(found)
        paid = Paid().visit(tree)
        paid.set_environment(self)
        try:
            code = self.compile(paid)
        except (TemplateSyntaxError, SyntaxError, RecursionError, MemoryError, *_FAILURES):
            raise Faults(
                [(1, Said("the template is nested too deeply, or repeats what it may only say once"))]
            ) from None
        # Of its own, and plain: Jinja goes through a template's globals whenever it is filled in.
        return Template(self.template_class.from_code(self, code, dict(self.globals)), self._most)

    def _check(self, *, known: bool) -> Check:
        return Check(
            [name for name in self.filters if name not in (PAID_LOOP, PAID_JOIN)], list(self.globals), known=known
        )

    def _parsed(self, text: str) -> nodes.Template:
        too_large = Said("the template is too large, or nested too deeply")
        if len(text) > MOST_SOURCE:
            raise Faults([(1, too_large)])
        try:
            tree = self.parse(text)
            depth, size = extent(tree)
            if depth > MOST_DEPTH or size > MOST_NODES:
                raise Faults([(1, too_large)])
        except TemplateSyntaxError as error:
            raise Faults([(error.lineno, syntax(error.message or ""))]) from None
        except (RecursionError, ValueError, OverflowError, MemoryError):
            raise Faults([(1, too_large)]) from None
        return tree

    def getattr(self, obj: Any, attribute: str) -> Any:
        """One name of a view, or of a loop: nothing else has any."""
        if type(obj) is View and attribute in obj:
            return obj[attribute]
        if isinstance(obj, LoopContext) and attribute in LOOP:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """One name of a view, one key of a literal, one place or slice of a sequence or a text."""
        if isinstance(obj, _NAMED) and not isinstance(argument, slice):
            if argument in obj:
                return obj[argument]
            raise unknown("field", _short(argument), [str(name) for name in obj])
        if isinstance(obj, tuple | list | str) and isinstance(argument, int | slice):
            try:
                return obj[argument]
            except (IndexError, TypeError, ValueError):
                pass
        raise Said('"{found}" is no part of a number, text or list', found=_short(argument))

    def is_safe_callable(self, obj: Any) -> bool:
        """What was given to be called, and the two questions a loop answers."""
        if getattr(obj, "__func__", None) in (LoopContext.changed, LoopContext.cycle):
            return True
        return any(obj is function for function in self.globals.values())

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> float:
        """Arithmetic is of numbers, and its outcome is one that can be printed."""
        del context
        if not all(isinstance(side, _NUMBER) for side in (left, right)):
            raise Said("{operator} stands between two figures, not beside a text or nothing", operator=operator)
        try:
            result: float = self.binop_table[operator](left, right)
        except ArithmeticError:
            raise Said("{operator}: this cannot be reckoned", operator=operator) from None
        if abs(result) > MOST_NUMBER:
            raise Said("{operator} makes a number too large to print", operator=operator)
        return result


@pass_context
def _paid_loop(context: Context, through: Any, weight: int) -> Any:
    if not isinstance(through, tuple | list):
        raise Said("a loop goes through a list, and this is none")
    context.parent[_BUDGET].spend(weight * len(through))
    return through


def _limited(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that is paid for, takes no argument that is out of measure, and makes no text that is."""
    with_context, counted = hasattr(function, "jinja_pass_arg"), name in _COUNTED

    @pass_context
    def limited(context: Context, value: Any, *arguments: Any, **named: Any) -> Any:
        given = (*arguments, *named.values()) if named else arguments
        if given or type(value) not in _SINGLE:
            context.parent[_BUDGET].spend(1 + math.ceil(sum(map(_length, given), _length(value)) / 100))
        else:
            context.parent[_BUDGET].spend(2)
        for count in given if counted else ():
            if isinstance(count, _NUMBER) and not abs(count) <= MOST_ARGUMENT:
                raise Said('"{found}" is too large a number for the filter {name}', found=_short(count), name=name)
        try:
            made = (
                function(context, value, *arguments, **named) if with_context else function(value, *arguments, **named)
            )
        except _FAILURES as error:
            if isinstance(error, Said):
                raise
            raise Said('the filter {name} cannot be applied to "{found}"', name=name, found=_short(value)) from None
        if isinstance(made, str) and len(made) > MOST_TEXT:
            raise _too_long()
        return made

    return limited


# Filters with a count of digits or characters among their arguments.
_COUNTED = ("number", "round", "truncate")


def _spoken(function: Callable[..., str]) -> Callable[..., str]:
    @pass_context
    def say(context: Context, message: str, **values: Any) -> str:
        context.parent[_BUDGET].spend(1 + math.ceil(sum(map(_length, (message, *values.values()))) / 10))
        return function(message, **{name: _printable(value) for name, value in values.items()})

    return say


def _printable(value: Any) -> Any:
    """What may be printed, or filled into a text: a missing figure is a dash."""
    if type(value) is str:
        return value
    if value is None or value != value:
        return "–"
    if isinstance(value, _PLAIN):
        return value
    raise Said("a whole list or block cannot be printed: name one of its parts")


def _joined(parts: Iterable[Any], between: str = "") -> str:
    texts = [str(_printable(part)) for part in parts]
    if sum(map(len, texts)) + len(between) * len(texts) > MOST_TEXT:
        raise _too_long()
    return between.join(texts)


def _replaced(text: str, old: str, new: str) -> str:
    if len(text) + text.count(old) * len(new) > MOST_TEXT:
        raise _too_long()
    return text.replace(old, new)


def _truncated(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


_COMMON: Mapping[str, Callable[..., Any]] = {
    "abs": abs,
    "capitalize": lambda text: text[:1].upper() + text[1:],
    "first": lambda values: values[0],
    "int": int,
    "join": _joined,
    "last": lambda values: values[-1],
    "length": len,
    "lower": lambda text: text.lower(),
    "replace": _replaced,
    "round": lambda value, digits=0: round(float(value), digits),
    "trim": lambda text: text.strip(),
    "truncate": _truncated,
    "upper": lambda text: text.upper(),
}


def _too_long() -> Said:
    return Said("a text in the template becomes longer than {most} characters", most=MOST_TEXT)


def _length(value: Any) -> int:
    return len(value) if isinstance(value, _LONG) else 1


def _short(value: Any) -> str:
    return str(value)[:40] if isinstance(value, str | int | float | date) else "[…]" if value is not None else "–"


def _quoted(error: Exception) -> str:
    found = re.search(r"'([^']*)'", str(error))
    return found[1] if found else str(error)
