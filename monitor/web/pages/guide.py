"""The guide, for whoever looks: nothing in it is anybody's."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, HTTPException, Response
from markdown_it import MarkdownIt
from markupsafe import Markup

from monitor import guide
from monitor.web.pages import Anybody

router = APIRouter()


@router.get("/guide")
def list_(page: Anybody) -> Response:
    """Its pages."""
    code = page.speaks.code
    return page.show("guide.html.j2", pages=[(name, guide.title(name, code)) for name in guide.TOPICS], text="")


@router.get("/guide/{topic}")
def show(page: Anybody, topic: str) -> Response:
    """One of its pages."""
    if topic not in guide.TOPICS:
        raise HTTPException(404)
    code = page.speaks.code
    return page.show(
        "guide.html.j2", pages=[(name, guide.title(name, code)) for name in guide.TOPICS], text=_html(topic, code)
    )


@cache
def _html(topic: str, code: str) -> Markup:
    """A page of the guide; HTML in it would be text."""
    return Markup(MarkdownIt("commonmark", {"html": False}).render(guide.text(topic, code)))  # noqa: S704 - our own text
