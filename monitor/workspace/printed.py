"""Whether a target says what is printed: the figure as printed, read by derive's own grammar, held against the declared one.

`>= 6.000` beside "6.000 ha" is six to a computer and six thousand to everybody else. The resolution's words decide.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

from monitor.derive.figure import Figure, figures, unit_of
from monitor.derive.passage import tidy
from monitor.language import fold
from monitor.model.comparator import Bound, Comparator
from monitor.model.problem import Problem
from monitor.model.target import Target
from monitor.rules.load import Declared
from monitor.syntax.document import Document, Path

# Small numbers are also printed as words, of what is counted.
_WORDS = {"một": 1, "hai": 2, "ba": 3, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "tám": 8, "chín": 9, "mười": 10}
_WORD = re.compile(rf"(?<!\w)({'|'.join(_WORDS)})(?=\s)", re.IGNORECASE)
_FROM = re.compile(r"(?<!\w)từ\s+(?:mức\s+)?\d[^;]*?(?=\s(?:lên|xuống|tới|thành)(?!\w))", re.IGNORECASE)
# Units of a deadline: of a task they say by when, not how much.
_SPANS = {"giờ", "ngày", "tháng", "năm"}
# Words before a unit that multiply it.
_SCALES = {"nghin": 1e3, "ngan": 1e3, "van": 1e4, "trieu": 1e6, "ty": 1e9, "ti": 1e9}
# Percentages that are added or taken away are printed with the same sign.
_POINTS = {"diem %": "%", "diem phan tram": "%"}


def differences(declared: Declared, documents: Mapping[str, Document]) -> Iterator[Problem]:
    """Every target whose value, comparator or unit is not what its `printed` says, where it stands.

    Nothing is held against a task whose words name no figure with a unit. documents: the resolution's files, by name.
    """
    for document in documents.values():
        for n, entry in enumerate(document.data.get("targets") or ()):
            target = declared.targets[entry["id"]]
            printed = list(_figures(target))
            if not printed and not target.task:
                message = 'printed "{printed}" holds no figure: write it as the resolution prints it, such as  {near}'
                near = f"{_plain(target.target.value)} {target.unit_of_measure}"
                yield document.problem(("targets", n, "printed"), message, printed=target.source.printed, near=near)
            elif printed and not any(_value_agrees(f, target) and _unit_agrees(f, target) for f in printed):
                yield _difference(document, n, target, printed[0])


def _difference(document: Document, n: int, target: Target, figure: Figure) -> Problem:
    if not _unit_agrees(figure, target):
        message = 'printed "{printed}" is measured in "{unit}", and unit_of_measure is "{found}"'
        where: Path = ("targets", n, "unit_of_measure")
        printed, found = target.source.printed, target.unit_of_measure
        return document.problem(where, message, printed=printed, unit=figure.unit, found=found)
    message = 'the target is "{found}", and printed "{printed}" says  {expected}'
    found, expected = str(target.target), _expected(figure, target)
    where = ("targets", n, "target")
    return document.problem(where, message, found=found, printed=target.source.printed, expected=expected)


def _figures(target: Target) -> Iterator[Figure]:
    """The promised figures in what is printed; of a task, those with a unit, but for how long it may take."""
    # Of a rise or a fall the promise is where it leads.
    text = _FROM.sub("", tidy(target.source.printed))
    found = [figure for figure in figures(text) if not figure.reason] or list(_in_words(text))
    if target.task:
        found = [figure for figure in found if figure.unit and figure.unit not in _SPANS]
    yield from found


def _in_words(text: str) -> Iterator[Figure]:
    for match in _WORD.finditer(text):
        unit, length = unit_of(text[match.end() :])
        if unit:
            end, value = match.end() + length, float(_WORDS[match[1].lower()])
            yield Figure(match.start(), end, text[match.start() : end], value, None, unit, None, (), "")


def _value_agrees(figure: Figure, target: Target) -> bool:
    """Whether comparator and value are those printed; where no comparator is, which side is good is for a person to say."""
    held, scale = target.target, _scale(figure, target)
    if figure.upper is not None:
        low, high = figure.value * scale, figure.upper * scale
        if figure.comparator is Comparator.RANGE or figure.comparator is None:
            # What is promised of a range may be one of its ends alone.
            ways = [
                Bound(Comparator.RANGE, low, high),
                Bound(Comparator.AT_LEAST, low),
                Bound(Comparator.AT_MOST, high),
            ]
        else:
            loose = high if figure.comparator in (Comparator.AT_MOST, Comparator.UNDER) else low
            ways = [Bound(figure.comparator, loose)]
        return any(_same(way, held) for way in ways)
    comparator = figure.comparator or held.comparator
    return held.upper is None and _same(Bound(comparator, figure.value * scale), held)


def _same(one: Bound, other: Bound) -> bool:
    ends = [(one.value, other.value), (one.upper or 0.0, other.upper or 0.0)]
    return one.comparator is other.comparator and all(math.isclose(a, b, rel_tol=1e-9) for a, b in ends)


def _unit_agrees(figure: Figure, target: Target) -> bool:
    """Whether the unit printed is the target's, but for thousands and millions, and for what it is divided by when the print
    leaves that to the name. No unit printed, or none that is known: nothing to hold.
    """
    if not figure.unit:
        return True
    printed, declared = _measure(figure.unit)[1], _measure(target.unit_of_measure)[1]
    # A noun may go on with words that no lexicon knows: 12 cái lạ.
    return declared == printed or declared.startswith((f"{printed}/", f"{printed} "))


def _scale(figure: Figure, target: Target) -> float:
    """How many of the target's unit the printed one is."""
    return _measure(figure.unit)[0] / _measure(target.unit_of_measure)[0] if figure.unit else 1.0


def _measure(unit: str) -> tuple[float, str]:
    """A unit of measure as how many of what: `nghìn tỷ đồng` is 1e12 of `dong`. A year is what every resolution binds."""
    plain = re.sub(r"\s*/\s*", "/", fold(unit)).removesuffix("/nam")
    plain, scale = _POINTS.get(plain, plain), 1.0
    words = plain.split(" ")
    while len(words) > 1 and words[0] in _SCALES:
        scale *= _SCALES[words.pop(0)]
    return scale, " ".join(words)


def _expected(figure: Figure, target: Target) -> str:
    scale = _scale(figure, target)
    if figure.upper is not None and figure.comparator in (Comparator.RANGE, None):
        return f"{_plain(figure.value * scale)} .. {_plain(figure.upper * scale)}"
    comparator = figure.comparator or (
        Comparator.AT_LEAST if target.target.upper is not None else target.target.comparator
    )
    return f"{comparator} {_plain(figure.value * scale)}"


def _plain(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(round(value, 9))
