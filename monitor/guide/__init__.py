"""The guide: a page for each who works with the monitor, in each language, with pictures of its own screens.

Its pages are Markdown beside this file, `<topic>.<language>.md`; the first line is the title. What is **bold** there is what a
screen says, what is `code` a command, a key or a file. The pictures are made by `tests/web/pictures.py`.
"""

from __future__ import annotations

from pathlib import Path

from monitor.model.problem import unknown

FOLDER = Path(__file__).parent
PICTURES = "pictures"
TOPICS = ("official", "department", "administrator", "operator")


def text(topic: str, language: str) -> str:
    """A page of the guide, as Markdown. Raises Said for what is no topic."""
    if topic not in TOPICS:
        raise unknown("topic", topic, TOPICS)
    return (FOLDER / f"{topic}.{language}.md").read_text(encoding="utf-8")


def title(topic: str, language: str) -> str:
    """What a page is called."""
    return text(topic, language).partition("\n")[0].lstrip("# ")
