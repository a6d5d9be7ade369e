"""What a person got wrong, said so that the message alone is enough to mend it."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from monitor.language import Language, fold

# No person reads more of what was found somewhere.
MOST_SHOWN = 200


@lru_cache(maxsize=65536)
def legible(text: str) -> str:
    """`text` of whatever origin as it may stand in a message, a log, a terminal or a database: printable, in one line,
    not long.
    """
    plain = (
        text
        if text.isprintable()
        else "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)
    )
    return plain if len(plain) <= MOST_SHOWN else plain[: MOST_SHOWN - 1] + "…"


# What the operating system answers, said to people who do not know its words.
OS_REASONS = {
    errno.ENOENT: "there is no such file or folder",
    errno.EISDIR: "it is a folder, and no file",
    errno.ENOTDIR: "a part of its path is no folder",
    errno.EACCES: "it may not be read by whom the monitor runs as",
    errno.EPERM: "it may not be read by whom the monitor runs as",
    errno.ENOSPC: "the disk is full",
    errno.EROFS: "the disk can only be read",
    errno.ENAMETOOLONG: "its name is too long",
    errno.ELOOP: "its links lead in a circle",
    errno.EADDRINUSE: "another program has it",
    errno.ECONNREFUSED: "nobody answers there",
    errno.ETIMEDOUT: "it does not answer in time",
    errno.EIO: "the disk does not answer",
}


def reason_of(error: OSError) -> str:
    """Why the operating system refused: a source string of the catalogue, or its own words where they are rare."""
    return OS_REASONS.get(error.errno or 0) or error.strerror or str(error)


class Said(ValueError):
    """A complaint in catalogue form: an English source string and its values, before anybody knows where it stands."""

    def __init__(self, message: str, **values: object) -> None:
        self.message, self.values = message, values
        super().__init__(Language("en").say(message, **values))


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is, what was found, what was expected.

    `message` is an English source string of the catalogue, filled from `values`; `file` is relative to the workspace, `line`
    and `column` count from 1 (0: the file as a whole); `cell` is a spreadsheet address; `shown` is the source line;
    `more`: so many other places in the file have the same.
    """

    file: str
    message: str
    values: dict[str, object] = field(default_factory=dict)
    line: int = 0
    column: int = 0
    cell: str = ""
    shown: str = ""
    width: int = 1
    more: int = 0

    def __post_init__(self) -> None:
        """Texts from files are shown as they can be read."""
        values = {name: legible(v) if isinstance(v, str) else v for name, v in self.values.items()}
        object.__setattr__(self, "values", values)

    def place(self) -> str:
        """`file:line:column`, or `file!cell` in a spreadsheet."""
        if self.cell:
            return f"{self.file}!{self.cell}"
        return ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])

    def text(self, language: Language) -> str:
        """The message alone, in the reader's language."""
        text = language.say(self.message, **self.values)
        return language.say("{text} (and {count} more like it)", text=text, count=self.more) if self.more else text

    def render(self, language: Language) -> str:
        """Place, message, and the source line with a caret under what is meant."""
        said = f"{self.place()}  {self.text(language)}"
        if not self.shown:
            return said
        gutter = f"{self.line:>5} | "
        caret = " " * (len(gutter) - 2) + "| " + " " * (self.column - 1) + "^" * self.width
        return f"{said}\n{gutter}{self.shown}\n{caret}"


class Problems(Exception):
    """Everything wrong in what a person gave, told at once. Nothing was applied."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.render(Language("en")) for problem in self.problems))


def nearest(found: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The known name nearest to `found`, or an empty string when none is near."""
    by_folded = {fold(name): name for name in known}
    close = difflib.get_close_matches(fold(found), by_folded, n=1, cutoff=cutoff)
    return by_folded[close[0]] if close else ""


def unknown(what: str, found: str, known: Iterable[str]) -> Said:
    """A name that is not known, with the nearest that is; `what` it should name is a word of the catalogue, such as `target`."""
    names = sorted(known)
    near = nearest(found, names)
    if near:
        return Said('{what} "{found}" is not known. Did you mean "{near}"?', what=what, found=found, near=near)
    if not names:
        return Said('{what} "{found}" is not known: there is none yet', what=what, found=found)
    shown = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
    return Said('{what} "{found}" is not known. Known: {names}', what=what, found=found, names=shown)
