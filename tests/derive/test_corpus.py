"""How well target lists are read: recall, precision, units and names over `corpus/`, as they stand and mutated.

Each file is one list, invented in the manner of a body and its years: a line that says so (and `table=docx|html` where its rows
in bars are a table of such a document), the document, `=====`, and a line a figure: `>=7.5 % | words its name must have`.
"""

from __future__ import annotations

import html
import io
import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest
from docx import Document

from monitor.derive.draft import Draft, Drafted, derive
from monitor.derive.passage import Passage
from monitor.language import fold
from monitor.language.legacy import encoded

CORPUS = Path(__file__).parent / "corpus"
_EXPECTED = re.compile(r"(?P<held>>=|<=|>|<|=|)(?P<low>\d+(?:\.\d+)?)(?:\.\.(?P<high>\d+(?:\.\d+)?))? (?P<unit>[^|]+) \| (?P<name>.+)")


@dataclass(frozen=True)
class Expected:
    """One figure that a list promises. `words`: what its name must hold."""

    held: str
    unit: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class List:
    """One file of the corpus. `form`: the kind of document it is written as; `years`: the first and the last that it binds."""

    name: str
    form: str
    years: tuple[int, int]
    lines: tuple[str, ...]
    expected: tuple[Expected, ...]

    def document(self, lines: tuple[str, ...] | None = None) -> tuple[str, bytes]:
        """The list as a document's name and bytes."""
        form = self.form if lines is None else "txt"
        written = {"txt": _text, "html": _page, "docx": _word}[form](lines or self.lines)
        return f"{self.name}.{form}", written


@dataclass
class Score:
    """Figures expected, drafted, and both; of both, those whose unit is right and whose name tells."""

    expected: int = 0
    drafted: int = 0
    right: int = 0
    units: int = 0
    names: int = 0

    def add(self, other: Score) -> None:
        """Sum up."""
        for field in ("expected", "drafted", "right", "units", "names"):
            setattr(self, field, getattr(self, field) + getattr(other, field))

    @property
    def shares(self) -> tuple[float, float, float, float]:
        """Recall, precision, units, names."""
        right = max(self.right, 1)
        return (
            self.right / max(self.expected, 1),
            self.right / max(self.drafted, 1),
            self.units / right,
            self.names / right,
        )

    def __str__(self) -> str:
        recall, precision, units, names = self.shares
        return f"recall {recall:.1%}  precision {precision:.1%}  units {units:.1%}  names {names:.1%}  ({self.expected} figures)"


def _text(lines: tuple[str, ...]) -> bytes:
    return "\n".join(lines).encode()


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _blocks(lines: tuple[str, ...]) -> Iterator[str | list[list[str]]]:
    """Paragraphs, and rows of cells that stand together."""
    rows: list[list[str]] = []
    for line in lines:
        if line.startswith("|"):
            rows.append(_cells(line))
            continue
        if rows:
            yield rows
            rows = []
        yield line
    if rows:
        yield rows


def _page(lines: tuple[str, ...]) -> bytes:
    made = []
    for block in _blocks(lines):
        if isinstance(block, str):
            made.append(f"<p>{html.escape(block)}</p>")
        else:
            rows = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in block)
            made.append(f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>")
    return f"<html><body>{''.join(made)}</body></html>".encode()


def _word(lines: tuple[str, ...]) -> bytes:
    document = Document()
    for block in _blocks(lines):
        if isinstance(block, str):
            document.add_paragraph(block)
            continue
        table = document.add_table(len(block), max(map(len, block)))
        for line, cells in enumerate(block):
            for column, cell in enumerate(cells):
                table.cell(line, column).text = cell
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


@lru_cache
def corpus() -> tuple[List, ...]:
    """Every list, in order of its name."""
    return tuple(_list(path) for path in sorted(CORPUS.glob("*.txt")))


def _list(path: Path) -> List:
    head, _, rest = path.read_text(encoding="utf-8").partition("\n")
    text, _, figures = rest.partition("\n=====\n")
    year = re.search(r"year=(\d{4})(?:\.\.(\d{4}))?", head)
    form = re.search(r"table=(\w+)", head)
    assert year is not None, path
    return List(
        path.stem,
        form[1] if form else "html" if head.endswith("html") else "txt",
        (int(year[1]), int(year[2] or year[1])),
        tuple(text.splitlines()),
        tuple(_expected(line, path) for line in figures.splitlines() if line.strip()),
    )


def _expected(line: str, path: Path) -> Expected:
    match = _EXPECTED.fullmatch(line.strip())
    assert match is not None, f"{path.name}: {line}"
    held = f"{float(match['low']):.10g}" + (f"..{float(match['high']):.10g}" if match["high"] else "")
    return Expected(match["held"] + held, _unit(match["unit"]), tuple(fold(w) for w in match["name"].split("+")))


def _unit(unit: str) -> str:
    return unit.strip().lower().replace("tỉ", "tỷ").replace("m²", "m2")


def _held(target: Drafted) -> str:
    held = target.held
    low = f"{held.value:.10g}"
    return f"{low}..{held.upper:.10g}" if held.upper is not None else f"{held.comparator}{low}"


def score(expected: tuple[Expected, ...], draft: Draft, wrong: list[str] | None = None) -> Score:
    """How a draft agrees with what is expected; what does not is added to `wrong`."""
    left = [t for t in draft.targets if not t.task]
    made = Score(expected=len(expected), drafted=len(left))
    told = wrong if wrong is not None else []
    for one in expected:
        same = [t for t in left if _held(t) == one.held]
        if not same:
            told.append(f"missed   {one.held} {one.unit} | {' '.join(one.words)}")
            continue
        best = max(same, key=lambda t: (_tells(one, t), _unit(t.unit) == one.unit))
        left.remove(best)
        made.right += 1
        made.units += _unit(best.unit) == one.unit
        made.names += _tells(one, best)
        if _unit(best.unit) != one.unit:
            told.append(f"unit     {best.unit}, expected {one.unit} ({best.name})")
        if not _tells(one, best):
            told.append(f"name     {best.name}, expected {' '.join(one.words)}")
    told += [f"invented {_held(t)} {t.unit} | {t.name}" for t in left]
    return made


def _tells(one: Expected, target: Drafted) -> bool:
    name = fold(target.name)
    return all(word.strip() in name for word in one.words)


def lost(draft: Draft) -> list[str]:
    """Digits of the part that are within no figure drafted or listed, nor in a name (`m2`, `30a`), with their passage."""
    found = []
    for part in draft.outline.targets:
        for block in part.blocks:
            if not isinstance(block, Passage):
                continue
            spans = [(t.start, t.end) for t in draft.targets if t.place == block.place and not t.task]
            spans += [(u.start, u.end) for u in draft.unread if u.place == block.place]
            begun = block.text.rfind(block.words) if block.words else 0
            for match in re.finditer(r"(?<!\w)\d[\d.,]*", block.text):
                if match.start() >= begun and not any(a <= match.start() < b for a, b in spans):
                    found.append(f"{match[0]} in {block.text[:100]}")
    return found
