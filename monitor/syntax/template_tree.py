"""What a template may say: a part of Jinja's language, node by node, and the names that are known of what it will see."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from string import Formatter

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from monitor.model.problem import Said, unknown
from monitor.syntax.view import Shape

_LITERALS = (nodes.Const, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair)
_NODES = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Assign, nodes.Name),
    *(nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.CondExpr, nodes.Filter, nodes.Test, nodes.Call, nodes.Keyword),
    *(nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Concat),
    *(nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos, *_LITERALS),
)
_TAGS = ("if", "elif", "else", "endif", "for", "endfor", "set", "raw", "endraw")
TESTS = ("none", "odd", "even")
LOOP = ("index", "index0", "revindex", "revindex0", "first", "last", "length", "changed", "cycle")
# Filters that only this rewriting names: a template cannot, since its own names do not begin so.
PAID_LOOP, PAID_JOIN = "_loop", "_joined"


class Check:
    """Goes through a template's tree for what is beyond the language: a filter or function that is not among those given, and,
    where all names are `known`, one that nothing has.
    """

    def __init__(self, filters: Collection[str], functions: Collection[str], *, known: bool) -> None:
        self._filters, self._functions, self._known = filters, functions, known
        self._found: list[tuple[int, Said]] = []

    def block(self, body: Iterable[nodes.Node], scope: dict[str, Shape]) -> Iterator[tuple[int, Said]]:
        """What is wrong in it; `scope`: the names that may be used, to which it adds its own."""
        for node in body:
            self._statement(node, scope)
        yield from self._found
        self._found = []

    def _statement(self, node: nodes.Node, scope: dict[str, Shape]) -> None:
        match node:
            case nodes.If(test=test, body=body, elif_=others, else_=last):
                self.shape(test, scope)
                for part in (*body, *others, *last):
                    self._statement(part, scope)
            case nodes.For(target=target, iter=iterable, body=body, else_=last, test=test, recursive=recursive):
                if recursive:
                    self._refuse(node, "recursive")
                through = self.shape(iterable, scope)
                inner = dict(scope)
                self._bind(target, through[0] if isinstance(through, list) else None, inner)
                if test is not None:
                    self.shape(test, inner)
                inner["loop"] = dict.fromkeys(LOOP)
                for part in body:
                    self._statement(part, inner)
                for part in last:
                    self._statement(part, dict(scope))
            case nodes.Assign(target=target, node=value):
                self._bind(target, self.shape(value, scope), scope)
            case nodes.Output(nodes=parts):
                for part in parts:
                    self.shape(part, scope)
            case _:
                self._refuse(node, _tag(node))

    def _bind(self, target: nodes.Node, value: Shape, scope: dict[str, Shape]) -> None:
        if isinstance(target, nodes.Name):
            if target.name.startswith("_") or target.name in self._functions:
                self._refuse(target, target.name)
            scope[target.name] = value
        elif isinstance(target, nodes.Tuple):
            parts = (
                value if isinstance(value, tuple) and len(value) == len(target.items) else [None] * len(target.items)
            )
            for each, part in zip(target.items, parts, strict=True):
                self._bind(each, part, scope)
        else:
            self._refuse(target, _tag(target))

    def shape(self, node: nodes.Node, scope: Mapping[str, Shape]) -> Shape:
        """What an expression's value will hold; what is wrong in it is noted."""
        if not isinstance(node, _NODES):
            self._refuse(node, _tag(node))
            return None
        match node:
            case nodes.Name(name=name):
                if name.startswith("_"):
                    self._refuse(node, name)
                elif self._known and name not in scope:
                    self._note(node, unknown("field", name, scope))
                return scope.get(name)
            case nodes.Getattr(node=base, attr=name):
                return self._part(node, self.shape(base, scope), name)
            case nodes.Getitem(node=base, arg=nodes.Const(value=str() as name)):
                return self._part(node, self.shape(base, scope), name)
            case nodes.Getitem(node=base, arg=place):
                whole = self.shape(base, scope)
                self.shape(place, scope)
                return whole if isinstance(place, nodes.Slice) else whole[0] if isinstance(whole, list) else None
            case nodes.CondExpr(expr1=value):
                self._children(node, scope)
                return self.shape(value, scope)
            case _:
                self._given(node, scope)
        self._children(node, scope)
        return None

    def _given(self, node: nodes.Node, scope: Mapping[str, Shape]) -> None:
        """Whether what an expression applies is there to be applied, and a list holds what it may."""
        match node:
            case nodes.Filter(name=name) if name not in self._filters:
                self._note(node, unknown("filter", name, self._filters))
            case nodes.Test(name=name) if name not in TESTS:
                self._note(node, unknown("test", name, TESTS))
            case nodes.Call(node=called, args=arguments):
                self._call(node, called, arguments, scope)
            case nodes.List() | nodes.Tuple() | nodes.Dict():
                if any(not isinstance(inner, _LITERALS) for inner in node.iter_child_nodes()):
                    self._note(node, Said("a list in a template holds constants only, such as  ['met', 'missed']"))

    def _children(self, node: nodes.Node, scope: Mapping[str, Shape]) -> None:
        for inner in node.iter_child_nodes():
            if not (isinstance(node, nodes.Call) and inner is node.node):
                self.shape(inner, scope)

    def _part(self, node: nodes.Node, whole: Shape, name: str) -> Shape:
        if name.startswith("_"):
            self._refuse(node, name)
        elif isinstance(whole, dict) and name not in whole:
            self._note(node, unknown("field", name, whole))
        return whole.get(name) if isinstance(whole, dict) else None

    def _call(
        self, node: nodes.Call, called: nodes.Node, arguments: list[nodes.Expr], scope: Mapping[str, Shape]
    ) -> None:
        match called:
            case nodes.Getattr(node=nodes.Name(name="loop"), attr="changed" | "cycle") if "loop" in scope:
                pass
            case nodes.Name(name=name) if name in self._functions:
                first = arguments[0] if arguments else None
                if not isinstance(first, nodes.Const) or not isinstance(first.value, str) or not _fillable(first.value):
                    message = (
                        "what {found} says is written out where it stands, and between braces it has plain names only"
                    )
                    self._note(node, Said(message, found=name))
            case _:
                self._refuse(called, str(getattr(called, "attr", getattr(called, "name", "()"))))
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            self._refuse(node, "*")

    def _refuse(self, node: nodes.Node, found: str) -> None:
        self._note(node, Said('"{found}" cannot stand in a template', found=found))

    def _note(self, node: nodes.Node, said: Said) -> None:
        self._found.append((node.lineno, said))


class Paid(NodeTransformer):
    """Rewrites a tree so that loops and joined texts are paid for before they are made."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802 - the name is Jinja's
        """A loop goes through a list whose way through has been paid."""
        self.generic_visit(node)
        weight = nodes.Const(sum(map(size, node.body)) + (size(node.test) if node.test else 0) + 1)
        node.iter = nodes.Filter(node.iter, PAID_LOOP, [weight], [], None, None, lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802
        """`a ~ b` is measured before it is made."""
        self.generic_visit(node)
        return nodes.Filter(nodes.Tuple(node.nodes, "load"), PAID_JOIN, [], [], None, None, lineno=node.lineno)


def size(node: nodes.Node) -> int:
    """How many nodes there are in it."""
    waiting, count = [node], 0
    while waiting:
        count += 1
        waiting.extend(waiting.pop().iter_child_nodes())
    return count


def extent(node: nodes.Node) -> tuple[int, int]:
    """How deep its nodes are nested, and how many there are."""
    level, deep, count = [node], 0, 0
    while level:
        deep, count = deep + 1, count + len(level)
        level = [inner for outer in level for inner in outer.iter_child_nodes()]
    return deep, count


def _tag(node: nodes.Node) -> str:
    return "**" if isinstance(node, nodes.Pow) else type(node).__name__.lower()


def _fillable(text: str) -> bool:
    """Whether a text has nothing in braces but plain names."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        return False
    return all(name is None or (name.isidentifier() and not form and not turn) for _, name, form, turn in parts)


def syntax(reason: str) -> Said:
    """What Jinja says of a text that it cannot read, in words of the catalogue."""
    tag = re.search(r"unknown tag '(\w+)'", reason)
    if tag:
        return unknown("tag", tag[1], _TAGS)
    if "end of template" in reason or "Missing end of" in reason:
        return Said("the template ends within something that it began: an endif, endfor or closing bracket is missing")
    return Said("it cannot be read as a template: look here for a bracket, quote, comma or word too many or too few")
