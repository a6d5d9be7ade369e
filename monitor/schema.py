"""The forms of the files as JSON Schemas, by which editors complete and check what is written."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from monitor.alerts.declaration import AddressesFile, CalendarFile, Inhibits, Route, RoutesFile
from monitor.feeds.declaration import Feed
from monitor.model.resolution import Resolution
from monitor.rules.declaration import PolicyFile, RuleFile, UnitsFile
from monitor.ruletest import RuleTestFile


class _Routes(RoutesFile):
    inhibit: tuple[Inhibits, ...] = ()
    routes: tuple[Route, ...]


# Kind of file -> its form, and the files it is the form of; the first pattern that fits a file decides.
KINDS: dict[str, tuple[type[BaseModel], str]] = {
    "resolution": (Resolution, "rules/*/resolution.yaml"),
    "units": (UnitsFile, "rules/*/units.yaml"),
    "tests": (RuleTestFile, "rules/*/tests/*.yaml"),
    "policy": (PolicyFile, "rules/policy.yaml"),
    "rules": (RuleFile, "rules/*/*.yaml"),
    "feed": (Feed, "feeds/*.yaml"),
    "routes": (_Routes, "alerts/routes.yaml"),
    "calendar": (CalendarFile, "alerts/calendar.yaml"),
    "addresses": (AddressesFile, "alerts/addresses.yaml"),
}
DRAFT = "http://json-schema.org/draft-07/schema#"


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema (draft 7, which editors know) of one kind of file."""
    model, pattern = KINDS[kind]
    made = model.model_json_schema(by_alias=True)
    described = {"$schema": DRAFT, "title": pattern, **_plain(made)}
    text = json.dumps(described).replace("#/$defs/", "#/definitions/")
    described = json.loads(text)
    if "$defs" in described:
        described["definitions"] = described.pop("$defs")
    return dict(described)


def _plain(node: Any) -> Any:
    """Without the titles that repeat a key's name, and with tuples as draft 7 writes them."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: _plain(value) for key, value in node.items() if not (key == "title" and isinstance(value, str))}
    if "prefixItems" in found:
        found["items"] = found.pop("prefixItems")
    return found
