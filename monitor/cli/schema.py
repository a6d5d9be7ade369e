"""`monitor schema`: JSON Schemas by which an editor completes and checks the files while they are written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from monitor.alerts.declaration import AddressesFile, CalendarFile, Inhibits, Route, RoutesFile
from monitor.cli.frame import LanguageOption, one_of, output, print_json, say
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


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(schema)


def schema(
    kind: Annotated[
        str | None, typer.Argument(metavar="[KIND]", help=f"One of {', '.join(KINDS)}; none: all of them.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write a file each into this folder, and an editor's settings.")
    ] = None,
    lang: LanguageOption = "vi",  # noqa: ARG001
) -> None:
    """Print the JSON Schema of a kind of file, or write them all for VS Code and JetBrains (YAML support of either)."""
    if kind is not None:
        print_json(schema_of(one_of("kind", kind, KINDS)))
        return
    if out is None:
        print_json({name: schema_of(name) for name in KINDS})
        return
    out.mkdir(parents=True, exist_ok=True)
    for name in KINDS:
        text = json.dumps(schema_of(name), ensure_ascii=False, indent=1)
        (out / f"{name}.schema.json").write_text(text + "\n", encoding="utf-8")
    settings = {"yaml.schemas": {f"./{out.as_posix()}/{name}.schema.json": _patterns(name) for name in KINDS}}
    (out / "vscode-settings.json").write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
    message = (
        "{found} schemas are in {folder}. VS Code: put {folder}/vscode-settings.json into .vscode/settings.json. "
        "JetBrains: Settings, Languages, JSON Schema Mappings."
    )
    output.print(say(message, found=len(KINDS), folder=out), soft_wrap=True)


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


def _patterns(kind: str) -> list[str]:
    """Which files a schema is for: a group's file is none of those with a name of their own."""
    if kind == "rules":
        return ["rules/*/[0-9]*.yaml", "rules/*/tasks.yaml", "rules/*/consistency.yaml"]
    return [KINDS[kind][1]]


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
