"""What may be a name: of a unit, a target, a rule, a route, a recipient."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from monitor.model.problem import Said, legible

# Names stand in keys of the database, and several of them in the Message-ID of a mail.
MOST_NAME = 80


def name_of(text: str) -> str:
    """A name that fits wherever one is kept and shown. Raises Said."""
    if not text.strip() or len(text) > MOST_NAME or not text.isprintable():
        message = 'found "{found}", a name of {count} characters: it must have 1 to {most}, all printable'
        raise Said(message, found=legible(text), count=len(text), most=MOST_NAME)
    return text


def _identifier(text: str) -> str:
    ok = text.isascii() and text == text.lower() and text.replace("-", "a").replace(".", "a").isalnum()
    if not ok or text.startswith((".", "-")):
        raise Said('id "{found}" must be lower-case ASCII letters, digits, "-" and "."', found=text)
    return text


Name = Annotated[str, AfterValidator(name_of)]
Identifier = Annotated[str, AfterValidator(_identifier), AfterValidator(name_of)]


def natural(name: str) -> tuple[tuple[str, int], ...]:
    """The key that sorts names as people do: Phường 2 before Phường 10."""
    return tuple((text, int(digits) if digits else -1) for text, digits in re.findall(r"(\D*)(\d*)", name)[:-1])
