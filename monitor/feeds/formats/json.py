"""JSON: a list of records, each with the same keys."""

from __future__ import annotations

import json
from typing import Any

from monitor.feeds.grid import MOST_CELLS, Grid, Sheet, Unreadable, coded, rectangle
from monitor.model.declared import Declared

SUFFIXES = (".json",)
MOST_DIGITS = 400


class Options(Declared):
    """Where the list of records stands: keys, separated by dots (`data.items`); empty: it is the whole."""

    records: str = ""


def read(content: bytes, options: Options) -> list[Sheet]:
    """One sheet without a name, its heading the records' keys. Raises Unreadable for what is no list of records."""
    try:
        found: Any = json.loads(content, parse_int=_whole, object_pairs_hook=_object)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        line = getattr(error, "lineno", 0)
        raise Unreadable("this is not JSON, or it is cut short: {reason}", line, reason=str(error)) from None
    except RecursionError:
        raise Unreadable("the JSON is nested too deeply to be a list of records") from None
    for key in filter(None, options.records.split(".")):
        if not isinstance(found, dict) or key not in found:
            there = ", ".join(found) if isinstance(found, dict) else type(found).__name__
            raise Unreadable('there is no "{found}" in the JSON, which has: {names}', found=key, names=there)
        found = found[key]
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Unreadable("the JSON is not a list of records: say under options where they stand (records)")
    heading = list(dict.fromkeys(key for row in found for key in row))
    if len(found) * len(heading) > MOST_CELLS:
        raise Unreadable("the table has more than {most} cells", most=MOST_CELLS)
    rows = [[_cell(row.get(key)) for key in heading] for row in found]
    return [Sheet("", False, lambda: Grid("", *coded(rectangle([list(heading), *rows]))))]


def _whole(digits: str) -> int | str:
    """A whole number; one of more digits than any figure has as the text that it is."""
    return int(digits) if len(digits) <= MOST_DIGITS else digits


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A record. Raises Unreadable for a key that stands in it twice: which of the two is meant?"""
    record = dict(pairs)
    if len(record) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise Unreadable('key "{name}" is given twice', name=twice)
    return record


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    return value if value is None or (isinstance(value, int | float) and not isinstance(value, bool)) else str(value)
