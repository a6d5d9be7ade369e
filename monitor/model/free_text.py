"""What people write in words: questions, answers, notes, reasons."""

from __future__ import annotations

import re

# Word's and others' ways to end a line.
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Controls, halves of a character, marks that turn the direction of writing: nobody sees them, and no document may hold them.
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")


def plain(text: str) -> str:
    """A text of whatever origin as it is kept: what a reader sees of it, in lines that end with a line feed."""
    return _UNSEEN.sub("", _LINE_ENDS.sub("\n", text))
