"""A web page: its blocks of text and its tables."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree, html

from monitor.derive.passage import Block, Passage, Table, holds_figures, joined
from monitor.model.problem import Problem, Problems

_BLOCKS = {"p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "td", "th", "section", "article", "body", "blockquote"}
_SKIPPED = {"script", "style", "head", "nav", "noscript", "template"}


def read(name: str, content: bytes) -> list[Block]:
    """The page's passages and tables, numbered in their order."""
    try:
        # Text that says of itself what it is not is common; that of today is UTF-8.
        root = html.fromstring(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        root = html.fromstring(content)
    except (ValueError, etree.ParserError) as error:
        raise Problems([Problem(name, "the document cannot be read: {reason}", {"reason": str(error)})]) from None
    blocks: list[Block] = []
    _walk(root, blocks)
    return list(joined(blocks, wrapped=False))


def _walk(node: html.HtmlElement, blocks: list[Block]) -> None:
    """Add what `node` holds: inline text gathers until a block begins or ends."""
    gathered: list[str] = []

    def close() -> None:
        text = "".join(gathered)
        gathered.clear()
        blocks.extend(Passage(" ".join(line.split()), "") for line in text.split("\x00") if line.strip())

    def visit(element: html.HtmlElement) -> None:
        if not isinstance(element.tag, str) or element.tag in _SKIPPED:
            gathered.append(element.tail or "")
            return
        if element.tag == "table" and not element.findall(".//table") and holds_figures(rows(element)):
            close()
            blocks.append(Table(tuple(tuple(row) for row in rows(element)), ""))
            gathered.append(element.tail or "")
            return
        block = element.tag in _BLOCKS
        if block:
            close()
        if element.tag == "li":
            gathered.append("- ")
        gathered.append("\x00" if element.tag == "br" else element.text or "")
        for child in element:
            visit(child)
        if block:
            close()
        gathered.append(element.tail or "")

    visit(node)
    close()


def rows(table: html.HtmlElement) -> list[list[str]]:
    """A table's cells as text; one that spans columns or rows is repeated in each."""
    found: list[list[str]] = []
    below: dict[int, tuple[str, int]] = {}
    for row in table.iter("tr"):
        cells: list[str] = []
        for cell in _cells(row):
            _from_above(cells, below)
            text = " ".join(cell.text_content().split())
            for _ in range(_span(cell, "colspan")):
                if _span(cell, "rowspan") > 1:
                    below[len(cells)] = (text, _span(cell, "rowspan") - 1)
                cells.append(text)
        _from_above(cells, below)
        found.append(cells)
    return found


def _from_above(cells: list[str], below: dict[int, tuple[str, int]]) -> None:
    """Add the cells that reach down into the row here."""
    while len(cells) in below:
        text, left = below.pop(len(cells))
        if left > 1:
            below[len(cells)] = (text, left - 1)
        cells.append(text)


def _span(cell: html.HtmlElement, over: str) -> int:
    """How many columns or rows a cell spans; a page may say anything."""
    said = cell.get(over, "1")
    return max(1, min(int(said), 1000)) if said.isdigit() else 1


def _cells(row: html.HtmlElement) -> Iterator[html.HtmlElement]:
    return (cell for cell in row if cell.tag in ("td", "th"))
