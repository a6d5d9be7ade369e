"""`monitor schema`: JSON Schemas by which an editor completes and checks the files while they are written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.frame import LanguageOption, one_of, output, print_json, say
from monitor.schema import KINDS, schema_of


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


def _patterns(kind: str) -> list[str]:
    """Which files a schema is for: a group's file is none of those with a name of their own."""
    if kind == "rules":
        return ["rules/*/[0-9]*.yaml", "rules/*/tasks.yaml", "rules/*/consistency.yaml"]
    return [KINDS[kind][1]]
