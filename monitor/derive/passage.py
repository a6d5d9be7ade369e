"""A document as passages: one paragraph each, in composed Unicode, with its mark (`2.`, `(8)`, `-`) told apart from its words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from monitor.language.legacy import encoding_of, unicode_of

_DASHES = re.compile("[\u2010-\u2015\u2212\u00ad\uf02d]")
_SPACES = re.compile(r"[\s\u00a0\u200b\ufeff]+")
_STARS = re.compile(r"\*\*|__")

# From the outermost to the innermost; the order among numbered ones is only a first guess, see outline.
MARKS: tuple[tuple[str, str], ...] = (
    ("article", r"Điều\s+\d+[a-z]?\s*[.:]?"),
    ("roman", r"[IVX]+\s*[.)/]|[IVX]+\s*-(?=\s)"),
    ("dotted", r"\d{1,2}\.\d{1,2}(?:\.\d{1,2})*\s*[.)]?(?=\s+[^\W\d_]|\s+\d[\d.,/]*\s*%)"),
    (
        "number",
        r"(?:Chỉ tiêu|Mục tiêu|Nhiệm vụ)(?:\s+(?:số|thứ))?\s+\d{1,2}\s*[:.)-]|"
        r"\d{1,2}\s*[.)/](?=\s*[^\W\d_])|\d{1,2}[.)](?=\s+[\d<>≤≥])|"
        r"\d{1,2}\s*-(?=\s+[^\W\d_])|\d{1,2}-(?=\s+\d[\d.,]*\s*%)",
    ),
    ("bracketed-dotted", r"\(\d{1,2}\.\d{1,2}\)"),
    ("bracketed", r"\(\d{1,2}\)|\([ivx]{1,4}\)|\([a-zđ]\)"),
    ("letter", r"[a-zđ]\s*[.)](?=\s)|[a-zđ]\.\d+[.)]?(?=\s)"),
    ("star", r"\*+"),
    ("dash", r"-+(?=\s*[^\W\d_]|\s*[(\d<>≤≥\"“])"),
    ("dot", r"[•·●▪■◦▸→➢✓\uf0b7\uf0a7]"),
    ("plus", r"\+|o(?=\s+[A-ZĐÀ-Ỹ])"),
)
# A passage of so many letters is no paragraph.
LONGEST_PASSAGE = 6000
NUMBERED = ("roman", "dotted", "number", "bracketed-dotted", "bracketed", "letter")
_MARK = re.compile("|".join(f"(?P<{name.replace('-', '_')}>{form})" for name, form in MARKS))


@dataclass(frozen=True, slots=True)
class Passage:
    """One paragraph as printed. `place`: its line, page or number in the document; `sure`: of text that was recognised in a
    picture, each word with how sure that is (0..1).
    """

    text: str
    place: str
    sure: tuple[tuple[str, float], ...] = ()

    @property
    def mark(self) -> tuple[str, str]:
        """Its kind of mark and the mark itself; a number behind a bullet counts before the bullet. Two empty texts: none."""
        kind, mark, rest = _split(self.text)
        if kind in ("dash", "dot", "star", "plus"):
            inner, again, _ = _split(rest)
            if inner in ("bracketed", "bracketed-dotted", "number", "dotted"):
                return inner, again
        return kind, mark

    @property
    def words(self) -> str:
        """What follows the mark."""
        kind, _, rest = _split(self.text)
        if kind in ("dash", "dot", "star", "plus") and _split(rest)[0] in (
            "bracketed",
            "bracketed-dotted",
            "number",
            "dotted",
        ):
            return _split(rest)[2]
        return rest


@dataclass(frozen=True, slots=True)
class Table:
    """A table as printed: rows of cells."""

    rows: tuple[tuple[str, ...], ...]
    place: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A page that is a picture, and was not read."""

    place: str


Block = Passage | Table


def holds_figures(rows: Sequence[Sequence[str]]) -> bool:
    """Whether rows of cells are a table of figures: of three columns, or of two whose second holds mostly numbers. Another one
    lays out the page.
    """
    wide = max((len(row) for row in rows), default=0)
    pairs = [row for row in rows if len(row) == 2]
    numbers = sum(bool(re.match(r"\D{0,12}\d[\d.,]*\D{0,30}$", row[1].strip())) for row in pairs)
    return wide >= 3 or (wide == 2 and len(pairs) >= 3 and numbers >= 0.6 * (len(pairs) - 1))


def tidy(text: str) -> str:
    """Composed letters, plain spaces and dashes, no emphasis marks."""
    text = unicodedata.normalize("NFC", text)
    return _SPACES.sub(" ", _DASHES.sub("-", _STARS.sub("", text))).strip()


def joined(blocks: Sequence[Block], *, wrapped: bool = True) -> Iterator[Block]:
    """Passages made whole: one that a page break split, and (`wrapped`) lines that only the width of the page ended.

    A passage or table without a place gets its number.
    """
    held: Passage | None = None
    numbered = (b if b.place else replace(b, place=str(n)) for n, b in enumerate(_tidied(_in_unicode(blocks)), start=1))
    placed = [piece for b in numbered for piece in (_pieces(b) if isinstance(b, Passage) else (b,))]
    placed = _counted(placed)
    width = _width(placed) if wrapped else 0
    # Where many lines begin so, a dash before a small letter begins an item.
    dashed = sum(isinstance(b, Passage) and b.mark[0] == "dash" and b.words[:1].islower() for b in placed) > 2
    last = 0
    for block in placed:
        if isinstance(block, Passage) and held is not None:
            # The next word had no room on the line.
            full = bool(width) and last + 1 + len(block.text.split()[0]) >= width - 2
            room = len(held.text) < LONGEST_PASSAGE
            if room and not (dashed and block.mark[0] == "dash") and _continues(held, block, wrapped, full):
                held, last = (
                    Passage(f"{held.text} {block.text}", held.place, (*held.sure, *block.sure)),
                    len(block.text),
                )
                continue
        if held is not None:
            yield held
        held = block if isinstance(block, Passage) else None
        last = len(block.text) if isinstance(block, Passage) else 0
        if isinstance(block, Table):
            yield block
    if held is not None:
        yield held


def _pieces(passage: Passage) -> Iterator[Passage]:
    """A passage of more than any paragraph's length in pieces that end where a clause does, so that reading it stays linear."""
    text, n = passage.text, 1
    while len(text) > LONGEST_PASSAGE:
        ends = [text.rfind(end, LONGEST_PASSAGE // 2, LONGEST_PASSAGE) for end in (". ", "; ", ", ", " ")]
        cut = next((end + 1 for end in ends if end > 0), LONGEST_PASSAGE)
        yield replace(passage, text=text[:cut].strip(), place=passage.place if n == 1 else f"{passage.place}/{n}")
        text, n = text[cut:].strip(), n + 1
    yield replace(passage, text=text, place=passage.place if n == 1 else f"{passage.place}/{n}")


def _counted(blocks: list[Block]) -> list[Block]:
    """Passages with the number that stands alone before each as their mark, where such numbers count up (`1`, `GRDP tăng`,
    `8,5-9%`, `2`, …), as pictures with figures have them on pages.
    """
    alone = {
        n: int(b.text) for n, b in enumerate(blocks) if isinstance(b, Passage) and re.fullmatch(r"0?[1-9]\d?", b.text)
    }
    if len(alone) < 3 or list(alone.values()) != list(range(1, len(alone) + 1)):
        return blocks
    made: list[Block] = []
    for n, block in enumerate(blocks):
        if n in alone:
            continue
        marked = n - 1 in alone and isinstance(block, Passage)
        made.append(
            replace(block, text=f"{alone[n - 1]}. {block.text}") if marked and isinstance(block, Passage) else block
        )
    return made


def _width(blocks: Sequence[Block]) -> int:
    """At how many letters lines were broken: the longest that goes on in small letters; 0 where few do."""
    lines = [b.text if isinstance(b, Passage) else "" for b in blocks]
    broken = [
        len(one) for one, other in pairwise(lines) if one and other[:1].islower() and not one.endswith((".", ";", ":"))
    ]
    return max(broken) if len(broken) >= 2 and max(broken) >= 40 else 0


def _in_unicode(blocks: Sequence[Block]) -> Sequence[Block]:
    """The blocks with the letters of old fonts (`.VnTime`, `VNI-Times`) made Unicode, where that is what they are."""
    texts = [text for block in blocks for text in _texts(block)]
    encoding = encoding_of(texts)
    if encoding is None:
        return blocks
    made: list[Block] = []
    for block in blocks:
        if isinstance(block, Table):
            rows = tuple(tuple(unicode_of(cell, encoding) for cell in row) for row in block.rows)
            made.append(replace(block, rows=rows))
        else:
            made.append(replace(block, text=unicode_of(block.text, encoding)))
    return made


def _texts(block: Block) -> Iterable[str]:
    return [cell for row in block.rows for cell in row] if isinstance(block, Table) else [block.text]


def _tidied(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        if isinstance(block, Table):
            yield replace(block, rows=tuple(tuple(tidy(cell) for cell in row) for row in block.rows))
        elif text := tidy(block.text):
            yield replace(block, text=text)


def _continues(before: Passage, after: Passage, wrapped: bool, full: bool) -> bool:
    """Whether `after` is the rest of `before`'s sentence."""
    kind, _ = after.mark
    if kind == "dash" and full and after.words[:1].islower() and not before.text.endswith((".", ";", ":", ",")):
        # A dash between two words, not before an item.
        return True
    if kind:
        # A figure broken after its point, or a clause that begins with a letter, is no new item.
        return False
    if before.text.isupper() or (after.text.isupper() and (len(after.text) > 12 or before.text.endswith((".", ":")))):
        return False
    if re.match(r"\(?\d{1,2}[/.-]\d{1,2}[/.-]\d{4}", after.text) and not full:
        # The day of a page of news, below its title.
        return False
    ended = before.text.endswith((".", ";", "./.", "…"))
    first = after.text[0]
    if first.islower() or first in "%‰)/,;":
        return not ended or first in "%‰)/,;" or (full and before.text.endswith(";") and bool(before.mark[0]))
    if first.isdigit() or first in "<>≤≥(":
        return not ended
    long = len(before.text) > 60 and bool(before.mark[0]) and not re.search(r"\d", before.text[-25:])
    return wrapped and not ended and not before.text.endswith(":") and (long or full)


@lru_cache(maxsize=16384)
def _split(text: str) -> tuple[str, str, str]:
    """Kind of mark, mark, rest."""
    found = _MARK.match(text)
    if found is None or found.lastgroup is None:
        return "", "", text
    return found.lastgroup.replace("_", "-"), found[0].strip(), text[found.end() :].strip()
