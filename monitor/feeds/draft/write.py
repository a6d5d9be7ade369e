"""A draft as YAML, each guess told in a comment above what was guessed, what is for a person to decide marked (!)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from monitor.feeds.draft.proposal import Draft, Entry, Proposal
from monitor.language import Language
from monitor.model.problem import Said, legible


def text(draft: Draft, made: Proposal, file: str, language: Language) -> str:
    """One feed's file."""
    message = "Drafted by `monitor feed draft` from {file}. Lines with (!) are for a person to decide."
    lines = [f"# {legible(language.say(message, file=file))}"]
    lines += [f"# (!) {name}: {_said(why, language)}" for name, why in draft.unmatched.items()]
    lines += [_yaml("id", made.id)]
    for entry in made.head:
        lines += _entry(entry, language, "")
    lines.append("table:")
    for entry in made.table:
        lines += _entry(entry, language, "  ")
    if made.columns:
        lines.append("  columns:")
        for entry in made.columns:
            lines += [f"    # {comment}" for comment in _comments(entry, language)]
            lines.append(f"    - {_flow(entry.value)}")
    return "\n".join(lines) + "\n"


def _entry(entry: Entry, language: Language, indent: str) -> Iterator[str]:
    yield from (f"{indent}# {comment}" for comment in _comments(entry, language))
    if isinstance(entry.value, dict) and entry.key in ("targets", "units"):
        yield f"{indent}{entry.key}:"
        yield from (f"{indent}  {_yaml(label, name)}" for label, name in entry.value.items())
        return
    yield indent + (
        _yaml(entry.key, entry.value)
        if not isinstance(entry.value, dict | list)
        else f"{entry.key}: {_flow(entry.value)}"
    )


def _comments(entry: Entry, language: Language) -> Iterator[str]:
    yield from (_said(said, language) for said in entry.reasons)
    yield from (f"(!) {_said(said, language)}" for said in entry.doubts)


def _said(said: Said, language: Language) -> str:
    values = {name: legible(v) if isinstance(v, str) else v for name, v in said.values.items()}
    return legible(language.say(said.message, **values))


def _yaml(key: str, value: Any) -> str:
    return yaml.safe_dump({key: value}, allow_unicode=True, width=10_000, sort_keys=False).rstrip("\n")


def _flow(value: Any) -> str:
    dumped = yaml.safe_dump(value, allow_unicode=True, width=10_000, sort_keys=False, default_flow_style=True)
    return dumped.strip()
