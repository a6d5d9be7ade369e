"""The source strings of the catalogue, found where the program says them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

PACKAGE = Path(str(resources.files("monitor")))
# Which argument of these calls is a source string.
SPOKEN = {
    "_unreadable": 0,
    "Unfit": 0,
    "why": 0,
    "say": 0,
    "Said": 0,
    "Unreadable": 0,
    "Problem": 1,
    "problem": 1,
    "Field": 1,
    "Case": 1,
    "Did": 0,
    "Doubt": 1,
}
# Names under which a source string waits for its call, and tables of them.
NAMES = re.compile(r"message(_\w+)?|text|reason|refused|NO_LONGER|NO_RULE|ENDED|SCAN")
TABLES = {
    "OS_REASONS",
    "EXPECTED",
    "PART_TITLES",
    "STATUS_NAMES",
    "SEVERITY_NAMES",
    "ERRORS",
    "REASONS",
    "BESIDE",
    "LIMITS",
    "MESSAGES",
    "HEADS",
    "YAML_REASONS",
}


def source_strings(templates: Path) -> set[str]:
    """All of them, in the program and in `templates`."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        found |= set(_in_module(ast.parse(path.read_text(encoding="utf-8"))))
    for path in [*templates.glob("*.j2"), *PACKAGE.rglob("*.j2")]:
        found |= {
            one or other
            for one, other in re.findall(r"""say\((?:"([^"]+)"|'([^']+)')""", path.read_text(encoding="utf-8"))
        }
    return found - {""}


def _in_module(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in SPOKEN and len(node.args) > SPOKEN[name]:
                yield from _texts(node.args[SPOKEN[name]])
            if name == "unknown" and node.args:
                yield from _texts(node.args[0])
            yield from (k.value.value for k in node.keywords if k.arg == "what" and _is_text(k.value))
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name | ast.Tuple):
            first = node.targets[0].elts[0] if isinstance(node.targets[0], ast.Tuple) else node.targets[0]
            several = isinstance(node.value, ast.Tuple) and node.value.elts
            value = node.value.elts[0] if several else node.value
            if isinstance(first, ast.Name) and NAMES.fullmatch(first.id):
                yield from _texts(value)
                if isinstance(node.value, ast.Tuple) and isinstance(node.targets[0], ast.Tuple):
                    both = zip(node.targets[0].elts, node.value.elts, strict=False)
                    yield from (t for name, v in both if NAMES.fullmatch(getattr(name, "id", "")) for t in _texts(v))
            if isinstance(first, ast.Name) and first.id in ("heads", "HEADS") and isinstance(node.value, ast.Tuple):
                yield from (e.value for e in node.value.elts if _is_text(e))
            if isinstance(first, ast.Name) and first.id in ("WIDTHS", "COLUMNS") and isinstance(node.value, ast.Dict):
                yield from (k.value for k in node.value.keys if k is not None and _is_text(k))
            if isinstance(first, ast.Name) and first.id in TABLES and isinstance(node.value, ast.Dict):
                yield from (v.value for v in node.value.values if _is_text(v))
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and node.value.elts:
            yield from (t for t in _texts(node.value.elts[0]) if " " in t)
        elif isinstance(node, ast.comprehension) and isinstance(node.iter, ast.Tuple):
            yield from (e.value for e in node.iter.elts if _is_text(e) and e.value[:1].isupper())


def _texts(node: ast.AST) -> Iterator[str]:
    if _is_text(node):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
