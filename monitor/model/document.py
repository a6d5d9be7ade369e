"""One declaration file: its values, and the line and column of each, so that a mistake is told where it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from monitor.model.problem import Problem, Problems, Said, unknown

Path = tuple[str | int, ...]


class Declared(BaseModel):
    """What is read from a file: frozen, and no key beyond the known ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Model = TypeVar("Model", bound=BaseModel)

# What pydantic found, said in the words of the person who wrote the file.
EXPECTED = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "too_short": "must not be empty",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be a block of keys",
    "model_type": "must be a block of keys",
    "model_attributes_type": "must be a block of keys",
    "date_from_datetime_parsing": "must be a day such as 2024-12-31",
    "date_type": "must be a day such as 2024-12-31",
    "date_parsing": "must be a day such as 2024-12-31",
}
LIMITS = {
    "greater_than_equal": 'found "{found}", which must be at least {limit}',
    "greater_than": 'found "{found}", which must be more than {limit}',
    "less_than_equal": 'found "{found}", which must be at most {limit}',
    "less_than": 'found "{found}", which must be less than {limit}',
}


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed file. `data` keeps ruamel's containers, which carry the places."""

    file: str
    data: Any
    lines: tuple[str, ...]

    def problem(self, path: Path, message: str, *, on_key: bool = False, **values: object) -> Problem:
        """A problem at `path` (keys and list positions); `on_key` points at the last key itself, not at its value."""
        return self.tell(path, Said(message, **values), on_key=on_key)

    def tell(self, path: Path, said: Said, *, on_key: bool = False) -> Problem:
        """A complaint, now with the place it is about."""
        line, column, width = self._place(path, on_key)
        shown = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return Problem(self.file, said.message, said.values, line, column, shown=shown, width=width)

    def line(self, path: Path) -> int:
        """The line on which `path` stands."""
        return self._place(path, on_key=True)[0]

    def source(self, path: Path) -> str:
        """The text of the block at `path` (a list item), as written."""
        first = self.line(path)
        indent = len(self.lines[first - 1]) - len(self.lines[first - 1].lstrip(" -"))
        last = first
        while last < len(self.lines):
            text = self.lines[last]
            if text.strip() and len(text) - len(text.lstrip(" ")) < indent:
                break
            last += 1
        return "\n".join(self.lines[first - 1 : last]).rstrip()

    def _place(self, path: Path, on_key: bool) -> tuple[int, int, int]:
        node, place, width = self.data, (0, 0), 1
        for depth, step in enumerate(path):
            marks = getattr(node, "lc", None)
            if marks is None or not _has(node, step):
                break
            key_only = on_key and depth == len(path) - 1
            place = marks.key(step) if key_only or isinstance(node, Sequence) else marks.value(step)
            node = node[step]
            scalar = isinstance(node, str | int | float | bool)
            width = len(str(step)) if key_only else len(str(node)) if scalar else 1
        line, column = place[0] + 1, place[1] + 1
        if line <= len(self.lines):
            text = self.lines[line - 1]
            width = max(1, min(width, len(text) - column + 1))
            if column <= len(text) and text[column - 1] in "\"'" and not on_key:
                width = min(width + 2, len(text) - column + 1)
        return line, column, width

    def read(self, model: type[Model], path: Path = ()) -> Model:
        """The block at `path` as `model`. Raises Problems, one for each thing that does not fit."""
        node = self.data
        for step in path:
            node = node[step]
        try:
            return model.model_validate(plain(node))
        except ValidationError as error:
            raise Problems(self._tell(model, path, found) for found in error.errors()) from None

    def complaints(self, model: type[BaseModel], path: Path, error: ValidationError) -> list[Problem]:
        """What did not fit when the block at `path` was read as `model`, each with its place."""
        return [self._tell(model, path, found) for found in error.errors()]

    def _tell(self, model: type[BaseModel], path: Path, found: Any) -> Problem:
        where = self._existing(path + tuple(found["loc"]))
        name = str(found["loc"][-1]) if found["loc"] else ""
        if found["type"] == "extra_forbidden":
            return self.tell(where, unknown("key", name, _keys(model, found["loc"][:-1])), on_key=True)
        if found["type"] == "missing":
            return self.problem(where, 'key "{name}" is missing here', name=name)
        shown = found["input"] if isinstance(found["input"], str | int | float | bool) else _shape(found["input"])
        if found["type"] in {"literal_error", "enum"}:
            expected = re.findall(r"'([^']*)'", found["ctx"]["expected"])
            return self.tell(where, unknown("value", str(shown), expected))
        if found["type"] == "value_error" and isinstance(found["ctx"]["error"], Said):
            return self.tell(where, found["ctx"]["error"])
        if found["type"] in LIMITS:
            limit = next(iter(found["ctx"].values()))
            return self.problem(where, LIMITS[found["type"]], found=shown, limit=limit)
        expected_text = EXPECTED.get(found["type"])
        if expected_text:
            return self.problem(where, 'found "{found}", which {what}', found=shown, what=expected_text)
        return self.problem(where, 'found "{found}": {reason}', found=shown, reason=found["msg"])

    def _existing(self, path: Path) -> Path:
        """`path` as far as it exists: pydantic's own location may name a union's branch or a missing key."""
        node, kept = self.data, []
        for step in path:
            if not _has(node, step):
                continue
            kept.append(step)
            node = node[step]
        return tuple(kept)


def parse(file: str, content: bytes) -> Document:
    """Read one YAML 1.2 file.

    Raises Problems for bytes that are not UTF-8, bad syntax, a key given twice, or no mapping at the top.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        found = f"0x{content[error.start]:02x}"
        message = "the file is not UTF-8: found the byte {found}. Save it again as UTF-8"
        raise Problems([Problem(file, message, {"found": found}, line, column)]) from None
    lines = tuple(text.splitlines())
    reader = YAML(typ="rt", pure=True)
    reader.Constructor = _Constructor
    try:
        data = reader.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        row, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        shown = lines[row - 1] if 0 < row <= len(lines) else ""
        duplicate = re.search(r'found duplicate key "([^"]*)"', error.problem or "")
        if duplicate:
            message, values = 'key "{name}" is given twice', {"name": duplicate[1]}
        else:
            reason = (error.problem or error.context or "").splitlines()[0]
            message = "this is not valid YAML: {reason}. Look here and in the line above for a quote, bracket or colon"
            values = {"reason": reason}
        raise Problems([Problem(file, message, dict(values), row, column, shown=shown)]) from None
    except YAMLError as error:
        raise Problems([Problem(file, "this is not valid YAML: {reason}", {"reason": str(error)})]) from None
    if not isinstance(data, Mapping):
        raise Problems([Problem(file, "the file must be a block of keys, and it is empty or something else", {}, 1, 1)])
    return Document(file, data, lines)


class _Constructor(RoundTripConstructor):
    """Leaves days as they are written: the model that reads them says which of them there are not, and where."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: node.value)


def _shape(node: Any) -> str:
    """A block or a list as a person would name it."""
    if not node:
        return "[]" if isinstance(node, Sequence) else "{}" if isinstance(node, Mapping) else ""
    return "[…]" if isinstance(node, Sequence) else "{…}"


def plain(node: Any) -> Any:
    """ruamel's containers and scalars as Python's own."""
    if isinstance(node, Mapping):
        return {str(key): plain(value) for key, value in node.items()}
    if isinstance(node, Sequence) and not isinstance(node, str | bytes):
        return [plain(value) for value in node]
    if isinstance(node, bool):
        return bool(node)
    for kind in (int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node


def _has(node: Any, step: str | int) -> bool:
    if isinstance(node, Mapping):
        return step in node
    return isinstance(node, Sequence) and not isinstance(node, str) and isinstance(step, int) and step < len(node)


def _keys(model: type[BaseModel], loc: Sequence[Any]) -> list[str]:
    """The keys that the block at `loc` below `model` may have."""
    current: Any = model
    for step in loc:
        if isinstance(step, str) and isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(step)
            current = _model_in(field.annotation) if field else None
    return [f.alias or n for n, f in current.model_fields.items()] if current else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model inside `X | None`, `list[X]`, `dict[str, X]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _model_in(inner)
        if found:
            return found
    return None
