"""Units of measure as Vietnamese offices write them: how many of one make another.

`tỷ đồng` and `triệu đồng`, `nghìn tấn` and `tấn`, `1000 ha` and `m2` say the same in other words; `người` and `hộ` do not.
"""

from __future__ import annotations

import re
from functools import lru_cache

from monitor.language import fold

_TIMES = {
    **{"chuc": 1e1, "tram": 1e2, "nghin": 1e3, "ngan": 1e3, "van": 1e4, "trieu": 1e6, "tr": 1e6, "ty": 1e9, "ti": 1e9},
    **{"thousand": 1e3, "million": 1e6, "trillion": 1e12, "mill": 1e6, "mil": 1e6, "billion": 1e9, "bill": 1e9},
}
# What is measured, and how much of it each name means.
_KINDS: dict[str, dict[str, float]] = {
    "dong": {"dong": 1, "vnd": 1, "d": 1, "dongs": 1, "dong viet nam": 1},
    "usd": {"usd": 1, "do la my": 1, "do la": 1, "us$": 1, "$": 1, "dollars": 1},
    "%": {"%": 1, "phan tram": 1, "per cent": 1, "percent": 1},
    "mass": {
        "gam": 1e-3,
        "g": 1e-3,
        "kg": 1,
        "kilogam": 1,
        "yen": 10,
        "ta": 100,
        "tan": 1000,
        "ton": 1000,
        "tons": 1000,
    },
    "area": {"m2": 1, "met vuong": 1, "ha": 1e4, "hecta": 1e4, "hec ta": 1e4, "km2": 1e6, "ki lo met vuong": 1e6},
    "length": {"m": 1, "met": 1, "km": 1000, "kilomet": 1000},
    "energy": {"kwh": 1, "mwh": 1e3, "gwh": 1e6},
    "people": {"nguoi": 1, "persons": 1, "people": 1},
}
# Of whom there is no half.
_WHOLE = frozenset(
    ("nguoi", "luot nguoi", "lao dong", "hoc sinh", "tre em", "tre", "chau", "ho", "ho gia dinh", "gia dinh")
)
_MEANING = {name: (kind, size) for kind, names in _KINDS.items() for name, size in names.items()}
_NUMERAL = re.compile(r"(10+|1(?:[., ]000)+)\b ?")


def conversion(stated: str, own: str) -> float | None:
    """How many of `own` one of `stated` is; None when they do not measure the same."""
    if fold(stated) == fold(own):
        return 1.0
    one, other = _parsed(stated), _parsed(own)
    return one[0] / other[0] if one[1] == other[1] else None


def is_known(text: str) -> bool:
    """Whether `text` is the name of a unit of measure, and of nothing else."""
    factor, (kind, *per) = _parsed(text)
    return kind in _KINDS and not per and factor > 0


def is_of_people(text: str) -> bool:
    """Whether `text` counts people or households one by one: `người`, not `nghìn người` or `người/km2`."""
    return fold(text) in _WHOLE


@lru_cache(maxsize=4096)
def _parsed(text: str) -> tuple[float, tuple[str, ...]]:
    """How much, and of what: `tỷ đồng` is 1e9 of đồng; what is written after a slash belongs to the kind."""
    plain = text.replace("²", "2").replace("³", "3").replace(". ", " ")
    head, *per = (fold(part) for part in plain.split("/"))
    factor = 1.0
    while head:
        numeral = _NUMERAL.match(head)
        word = head.split(" ", 1)[0]
        if numeral:
            factor *= float(re.sub(r"\D", "", numeral[0]))
            head = head[numeral.end() :]
        elif word in _TIMES and head != word:
            factor *= _TIMES[word]
            head = head[len(word) :].strip()
        else:
            break
    kind, size = _MEANING.get(head, (head, 1.0))
    return factor * size, (kind, *per)
