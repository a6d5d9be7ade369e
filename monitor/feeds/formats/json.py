"""JSON: a list of records, each with the same keys."""

from __future__ import annotations

import json
from typing import Any

from monitor.feeds.grid import Grid, Sheet, Unreadable, rectangle
from monitor.model.document import Declared

SUFFIXES = (".json",)


class Options(Declared):
    """Where the list of records stands: keys, separated by dots (`data.items`); empty: it is the whole."""

    records: str = ""


def read(content: bytes, options: Options) -> list[Sheet]:
    """One sheet without a name, its heading the records' keys. Raises Unreadable for what is no list of records."""
    try:
        found: Any = json.loads(content)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        line = getattr(error, "lineno", 0)
        raise Unreadable("this is not JSON, or it is cut short: {reason}", line, reason=str(error)) from None
    for key in filter(None, options.records.split(".")):
        if not isinstance(found, dict) or key not in found:
            there = ", ".join(found) if isinstance(found, dict) else type(found).__name__
            raise Unreadable('there is no "{found}" in the JSON, which has: {names}', found=key, names=there)
        found = found[key]
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Unreadable("the JSON is not a list of records: say under options where they stand (records)")
    heading = list(dict.fromkeys(key for row in found for key in row))
    rows = [[_cell(row.get(key)) for key in heading] for row in found]
    return [Sheet("", False, lambda: Grid("", rectangle([list(heading), *rows])))]


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    return value if value is None or (isinstance(value, int | float) and not isinstance(value, bool)) else str(value)
