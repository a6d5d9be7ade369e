"""Workspaces with one mistake in them, as hands, editors and disks make it: bytes, lines, tokens and types, from a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping

# What a careless or a curious person puts in the place of a value.
VALUES = (
    *("null", "~", "true", "[]", "{}", "''", '""', "0", "-1", "1e400", ".inf", ".nan", "10**400", "9" * 400, "1.000"),
    *(
        "!!int abc",
        "!!python/object:os.system x",
        "&a [*a]",
        "*a",
        "[[[[[[",
        "{a: {b: c}}",
        "'",
        '"',
        "|",
        ">-",
        "%",
        "@x",
    ),
    *(
        "{{",
        "{{ target }}",
        "{% for %}",
        "x" * 5000,
        "\t",
        "# x",
        ": :",
        "- - -",
        "2024-02-30",
        "9999-12-31",
        "year-end",
    ),
    *(
        "misses == true",
        "abs(status) > 1",
        "status * 2 > 1",
        "(" * 300,
        "not " * 300 + "city",
        "a.b.c.d",
        "value > 1 / 0",
    ),
    *(
        ">= 6.000",
        "<",
        ">=",
        ">= 1e999",
        "5 .. 1",
        "= x",
        "* * * * *",
        "0 0 31 2 *",
        "*/0 * * * *",
        "every day",
        "../../x",
    ),
    *("\u202e", "đ", "０", "²", "\x00", "\ufeff", "\x85", "\u2028"),
)
BYTES = (
    b"\x00",
    b"\xff",
    b"\t",
    b"\n",
    b"\r",
    b'"',
    b"'",
    b":",
    b"#",
    b"-",
    b"[",
    b"}",
    b"*",
    b"&",
    b"!",
    b"%",
    b"\xef\xbb\xbf",
)


def mutant(files: Mapping[str, str], seed: int) -> tuple[str, dict[str, str]]:
    """What was done, and the files after it."""
    chance = random.Random(seed)
    name = chance.choice(sorted(files))
    kind = chance.choice(sorted(KINDS))
    content = files[name].encode("utf-8", "surrogateescape")
    changed = KINDS[kind](content, chance)
    if kind == "renamed":
        after = {k: v for k, v in files.items() if k != name}
        return f"{kind} {name}", after | {
            chance.choice((name + "~", name.replace(".yaml", ".yml"), "rules/x/" + name)): files[name]
        }
    return f"{kind} {name}", {**files, name: changed.decode("utf-8", "surrogateescape")}


def _flip(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :]


def _inserted(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] + chance.choice(BYTES) + content[at:]


def _removed(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + content[at + chance.choice((1, 1, 2, 5)) :]


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def _digit(content: bytes, chance: random.Random) -> bytes:
    places = [m.start() for m in re.finditer(rb"\d", content)]
    if not places:
        return content
    at = chance.choice(places)
    return (
        content[:at]
        + chance.choice((b"0", b"1", b"7", b"9", b".", b",", b"", content[at : at + 1] * 2))
        + content[at + 1 :]
    )


def _lines(change: Callable[[list[bytes], int, random.Random], None]) -> Callable[[bytes, random.Random], bytes]:
    def changed(content: bytes, chance: random.Random) -> bytes:
        lines = content.split(b"\n")
        change(lines, chance.randrange(len(lines)), chance)
        return b"\n".join(lines)

    return changed


def _indented(lines: list[bytes], at: int, chance: random.Random) -> None:
    line = lines[at]
    lines[at] = chance.choice(
        (b" " + line, b"  " + line, line[1:] if line[:1] == b" " else line, b"\t" + line.lstrip())
    )


def _swapped(lines: list[bytes], at: int, chance: random.Random) -> None:
    other = chance.randrange(len(lines))
    lines[at], lines[other] = lines[other], lines[at]


def _valued(lines: list[bytes], at: int, chance: random.Random) -> None:
    """One value of the line is another thing."""
    value = chance.choice(VALUES).encode()
    places = list(re.finditer(rb":[ ]+([^,{}\[\]]+)", lines[at]))
    if places:
        found = chance.choice(places)
        lines[at] = lines[at][: found.start(1)] + value + lines[at][found.end(1) :]
    else:
        lines[at] = value


def _token(content: bytes, chance: random.Random) -> bytes:
    """One word stands where another stood."""
    words = list(re.finditer(rb"[\w.-]+", content))
    if len(words) < 2:
        return content
    here, there = chance.choice(words), chance.choice(words)
    return content[: here.start()] + there[0] + content[here.end() :]


KINDS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "flip": _flip,
    "byte": _inserted,
    "removed": _removed,
    "cut": _cut,
    "digit": _digit,
    "token": _token,
    "value": _lines(_valued),
    "indent": _lines(_indented),
    "swap": _lines(_swapped),
    "line-gone": _lines(lambda lines, at, _: lines.pop(at) and None),  # type: ignore[func-returns-value]
    "line-twice": _lines(lambda lines, at, _: lines.insert(at, lines[at])),
    "renamed": lambda content, _: content,
}
