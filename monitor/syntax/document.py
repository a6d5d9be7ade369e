"""One declaration file: its values, and the line and column of each, so that a mistake is told where it stands."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from monitor.model.problem import Problem, Problems, Said, unknown

Path = tuple[str | int, ...]


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
    "date_parsing": "must be a day such as 2024-12-31",
    "date_from_datetime_inexact": "must be a day such as 2024-12-31",
    "date_type": "must be a day such as 2024-12-31",
}
LIMITS = {
    "greater_than_equal": 'found "{found}", which must be at least {limit}',
    "greater_than": 'found "{found}", which must be more than {limit}',
    "less_than_equal": 'found "{found}", which must be at most {limit}',
    "less_than": 'found "{found}", which must be less than {limit}',
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where one value of a file stands, from 0: its key (`key`, None in a list), the value itself, and how wide each is."""

    key: tuple[int, int, int] | None
    value: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed file: its data as Python's own, and for every path into them the place."""

    file: str
    data: Any
    places: Mapping[Path, Place]
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
        """Line and column from 1, and width: of the value at `path`, its key, or what of the path there is."""
        known = self._existing(path)
        while known and known not in self.places:
            known = known[:-1]
        if not known:
            return 1, 1, 1
        place = self.places[known]
        line, column, width = place.key if on_key and place.key and known == path else place.value
        return line + 1, column + 1, width

    def read(self, model: type[Model], path: Path = ()) -> Model:
        """The block at `path` as `model`. Raises Problems, one for each thing that does not fit."""
        node = self.data
        for step in path:
            node = node[step]
        try:
            return model.model_validate(node)
        except ValidationError as error:
            raise Problems(self.complaints(model, path, error)) from None

    def complaints(self, model: type[BaseModel], path: Path, error: ValidationError) -> list[Problem]:
        """What did not fit when the block at `path` was read as `model`, each with its place."""
        return [self.complaint(model, path, found) for found in _apart(error.errors())]

    def complaint(self, model: type[BaseModel], path: Path, found: Any) -> Problem:
        """One thing that did not fit, as pydantic tells it, with its place."""
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

    Raises Problems for bytes that are not UTF-8, bad syntax, a key given twice, a block within itself, a number that is
    none, or no mapping at the top.
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
    places: dict[Path, Place] = {}
    try:
        root = yaml.compose(text, Loader=_Loader)
        data = _Builder(places, lines).built(root, (), None, ()) if root is not None else None
    except _Misplaced as wrong:
        row, column, width = wrong.place
        shown = lines[row] if row < len(lines) else ""
        said = wrong.said
        raise Problems([Problem(file, said.message, said.values, row + 1, column + 1, "", shown, width)]) from None
    except yaml.YAMLError as error:
        raise Problems([_not_yaml(file, text, lines, error)]) from None
    if not isinstance(data, dict):
        raise Problems([Problem(file, "the file must be a block of keys, and it is empty or something else", {}, 1, 1)])
    return Document(file, data, places, lines)


# What libyaml finds, said in the words of the person who wrote the file.
YAML_REASONS = {
    "tab character": "a tab stands where the line is indented: indent with spaces",
    "cannot start any token": (
        "a tab, or one of @ ` %, stands where a word should, or a quote above is never closed: indent with spaces, quote texts"
    ),
    "unexpected end of stream": "a quote that is opened is never closed",
    "mapping values are not allowed": "a colon stands where none can: is the indentation right, and the text quoted?",
    "expected ',' or": "a comma or a closing bracket is missing",
    "expected key": "the indentation changes here, or a text goes on after its closing quote",
    "expected '-' indicator": "a line that begins no item stands within a list: is the indentation right?",
    "could not find expected ':'": "a key has no colon after it",
    "undefined alias": "the name after * was given by no & above",
    "another document": "a line of --- begins a second document: a file holds one",
    "maximum nesting depth": "it is nested too deeply",
    "control characters": "an invisible control character stands here",
}


def _not_yaml(file: str, text: str, lines: tuple[str, ...], error: yaml.YAMLError) -> Problem:
    """What is wrong in the form of a file."""
    found = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    row, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: int(error.position)]
        row, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    shown = lines[row - 1] if 0 < row <= len(lines) else ""
    reason = next((said for part, said in YAML_REASONS.items() if part in found), "")
    if not reason:
        message = "this is not valid YAML. Look here and in the line above for a quote, bracket or colon"
        return Problem(file, message, {}, row, column, shown=shown)
    message = "this is not valid YAML: {what}. Look here and in the line above"
    return Problem(file, message, {"what": reason}, row, column, shown=shown)


class _Misplaced(Exception):
    """A value that no file may hold, and where it stands."""

    def __init__(self, place: tuple[int, int, int], said: Said) -> None:
        self.place, self.said = place, said


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Composes a file's nodes, a hundred times as fast as a parser in Python; plain scalars as in YAML 1.2 (`no`,
    `on`, `1:30` and `2024-04-31` are texts: the model that reads them says what they must be).
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


_KINDS = {
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    "float": (
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
    "null": (r"~|null|Null|NULL|", "~nN"),
}
_TAG = "tag:yaml.org,2002:"
_FORMS = {kind: re.compile(f"(?:{form})\\Z") for kind, (form, _) in _KINDS.items()}
for _kind, (_, _first) in _KINDS.items():
    firsts = [*_first, ""] if _kind == "null" else list(_first)
    _Loader.add_implicit_resolver(f"{_TAG}{_kind}", _FORMS[_kind], firsts)

# 2.850 is two thousand to whoever writes Vietnamese, and hardly three to YAML.
_THOUSANDS = re.compile(r"[-+]?[1-9][0-9]{0,2}\.[0-9]{3}")


def unambiguous(text: str) -> None:
    """Raises Said for a number that some read as thousands, and others as a fraction."""
    if _THOUSANDS.fullmatch(text):
        message = '"{found}" is read by some as {whole}, by others as {part}: write one of these'
        part = text.rstrip("0").rstrip(".")
        raise Said(message, found=text, whole=text.replace(".", ""), part=part if part != text else f"{text}0")


# An alias is copied wherever it is used, so a few lines can stand for millions of values.
MOST_VALUES, MOST_DEPTH, MOST_NUMBER = 200_000, 40, 1e15


class _Builder:
    """Nodes to data, with their places noted. Raises _Misplaced for a key given twice, and for what no file may hold."""

    def __init__(self, places: dict[Path, Place], lines: tuple[str, ...]) -> None:
        self._places, self._lines = places, lines

    def built(self, node: yaml.Node, path: Path, key: tuple[int, int, int] | None, within: tuple[int, ...]) -> Any:
        """A node's data; `within`: the nodes around it."""
        here = _span(node, self._lines)
        self._places[path] = Place(key, here)
        if id(node) in within:
            raise _Misplaced(here, Said("a block that holds itself has no end"))
        if len(within) > MOST_DEPTH or len(self._places) > MOST_VALUES:
            raise _Misplaced(here, Said("the file is nested too deeply, or repeats its blocks too often"))
        if isinstance(node, yaml.MappingNode):
            return self._block(node, path, (*within, id(node)))
        if isinstance(node, yaml.SequenceNode):
            return [self.built(v, (*path, n), None, (*within, id(node))) for n, v in enumerate(node.value)]
        return _scalar(node, here)

    def _block(self, node: yaml.MappingNode, path: Path, within: tuple[int, ...]) -> dict[str, Any]:
        block: dict[str, Any] = {}
        for name_node, value in node.value:
            where = _span(name_node, self._lines)
            if not isinstance(name_node, yaml.ScalarNode):
                raise _Misplaced(where, Said("a key must be a word, and this is a list or a block"))
            name = str(name_node.value)
            if name in block:
                raise _Misplaced(where, Said('key "{name}" is given twice', name=name))
            block[name] = self.built(value, (*path, name), where, within)
        return block


def _scalar(node: yaml.Node, place: tuple[int, int, int]) -> Any:
    """Raises _Misplaced for a tag that the text does not bear out, and for a number that nothing can be reckoned with."""
    text, kind = str(node.value), node.tag.removeprefix(_TAG)
    if kind != "str" and (kind not in _FORMS or _FORMS[kind].match(text) is None):
        raise _Misplaced(
            place, Said('"{found}" is no value of the kind {kind}', found=text, kind=node.tag.replace(_TAG, "!!"))
        )
    match kind:
        case "bool":
            return text.lower() == "true"
        case "int" | "float":
            number = _number(text, kind)
            if not abs(number) <= MOST_NUMBER:
                raise _Misplaced(place, Said('"{found}" is no number that can be reckoned with', found=text[:40]))
            try:
                unambiguous(text)
            except Said as said:
                raise _Misplaced(place, said) from None
            return number
        case "null":
            return None
    return text


def _number(text: str, kind: str) -> float:
    """A number as YAML 1.2 writes it; NaN for one that is too long to be one."""
    if len(text) > 300:
        return math.nan
    if kind == "int":
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    return float(re.sub(r"\.(inf|nan)", r"\1", text.lower()))


def _span(node: yaml.Node, lines: tuple[str, ...]) -> tuple[int, int, int]:
    """Line, column, width of a scalar's first line; a block is as wide as a mark."""
    begin, end = node.start_mark, node.end_mark
    if not isinstance(node, yaml.ScalarNode):
        return begin.line, begin.column, 1
    rest = len(lines[begin.line]) - begin.column if begin.line < len(lines) else 1
    width = end.column - begin.column if end.line == begin.line else rest
    return begin.line, begin.column, max(1, width)


def _apart(found: Sequence[Any]) -> list[Any]:
    """What pydantic found, without a list that is called too short only because of what is wrong in it."""
    wrong = [tuple(each["loc"]) for each in found]

    def because(each: Any) -> bool:
        loc = tuple(each["loc"])
        return each["type"] == "too_short" and any(len(w) > len(loc) and w[: len(loc)] == loc for w in wrong)

    return [each for each in found if not because(each)]


def _shape(node: Any) -> str:
    """A block or a list as a person would name it."""
    if not node:
        return "[]" if isinstance(node, Sequence) else "{}" if isinstance(node, Mapping) else ""
    return "[…]" if isinstance(node, Sequence) else "{…}"


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
