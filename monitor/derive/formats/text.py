"""Plain text: lines, joined where a paragraph was broken."""

from __future__ import annotations

from monitor.derive.passage import Block, Passage, joined
from monitor.model.problem import Problem, Problems

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read(name: str, content: bytes) -> list[Block]:
    """The text's paragraphs, each with the line on which it begins."""
    encoding = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        message = "the file is not UTF-8: found the byte {found}. Save it again as UTF-8"
        line = content[: error.start].count(b"\n") + 1
        raise Problems([Problem(name, message, {"found": f"0x{content[error.start]:02x}"}, line)]) from None
    lines = enumerate(text.splitlines(), start=1)
    return list(joined([Passage(line, str(n)) for n, line in lines]))
