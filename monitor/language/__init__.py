"""What people read, in Vietnamese (the default) and English: message catalogues, and numbers as each language prints them.

Source strings are English; `<language>.po` beside this file holds their translations. Catalogues are read as they are
edited, with no compiled copy that could go stale.
"""

from __future__ import annotations

import io
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, get_decimal_symbol, get_group_symbol, get_minus_sign_symbol

from monitor.language.figures import share as in_percent

LANGUAGES = ("vi", "en")
# Names in a message that words of the catalogue fill.
_WORDS = {"what", "left", "right", "reason"}
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


@lru_cache
def catalogue(language: str) -> NullTranslations:
    """The gettext catalogue of `language`; English is the source text itself. Raises KeyError for another language."""
    if language not in LANGUAGES:
        raise KeyError(language)
    if language == "en":
        return NullTranslations()
    compiled = io.BytesIO()
    with resources.files(__package__).joinpath(f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """`text` for comparison: lower case, no accents, no surrounding punctuation, single spaces.

    So accents composed or not, and tones in their old or new place (`hoá`, `hóa`), are alike.
    """
    return _plain(text).strip(" .:;*-\t")


def fits_pattern(text: str, pattern: str) -> bool:
    """Whether `text` is such as `pattern` says (`*` any characters, `?` one), both without accents and in lower case."""
    return fnmatchcase(_plain(text).strip(), _plain(pattern).strip())


def _plain(text: str) -> str:
    spread = unicodedata.normalize("NFD", text.casefold().replace("đ", "d").replace("ð", "d"))
    # Neither accents nor what is not seen: soft hyphens, zero-width spaces, byte order marks.
    bare = "".join(c for c in spread if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    return re.sub(r"\s+", " ", bare)


@lru_cache(maxsize=65536)
def _figure(value: float, digits: int, code: str) -> str:
    """With so many decimals at most, as Babel writes it by `#,##0.############`: that pattern would take twenty times as long to
    read at each figure.
    """
    value = round(value, digits)
    if not math.isfinite(value):
        return str(format_decimal(value, format="#,##0.############", locale=code))
    # A float has up to 309 digits before its point, and as many as it has are written.
    figure = f"{Decimal(str(value)):,.12f}".rstrip("0").rstrip(".")
    return "0" if figure == "-0" else figure.translate(_signs(code))


@lru_cache
def _signs(code: str) -> dict[int, str]:
    """What a language writes where Python has a comma between thousands, a point before decimals, a minus."""
    signs = {",": get_group_symbol(code), ".": get_decimal_symbol(code), "-": get_minus_sign_symbol(code)}
    return str.maketrans(signs)


@lru_cache(maxsize=1024)
def _listed(words: tuple[str, ...], code: str) -> str:
    """The few lists that there are come again and again."""
    return str(format_list(list(words), locale=code))


@dataclass(frozen=True, slots=True)
class Language:
    """One reader's language: `Language("vi").say("{n} targets", n=64)`, `.number(778290, "triệu đồng")`."""

    code: str = "vi"

    def say(self, message: str, **values: object) -> str:
        """`message` (an English source string) in this language, with its `{names}` filled.

        What fills `{what}`, `{left}`, `{right}`, `{reason}` is itself of the catalogue, where it is there. Figures (floats) print
        as numbers.
        """
        text = catalogue(self.code).gettext(message)
        values = {name: self.number(v, digits=6) if isinstance(v, float) else v for name, v in values.items()}
        for name in _WORDS & values.keys():
            word = str(values[name])
            values[name] = catalogue(self.code).gettext(word) if word else word
        return text.format(**values) if values else text

    def number(self, value: float | None, unit: str = "", digits: int | None = None) -> str:
        """`value` as this language prints it, with its unit of measure: `95,15%`, `778.290 triệu đồng`; `–` when missing.

        Without `digits`, two decimals at most, and none from a thousand on.
        """
        if value is None or value != value:
            return "–"
        if digits is None:
            digits = 0 if abs(value) >= 1000 else 2
        figure = _figure(value, digits, self.code)
        return figure + unit if unit == "%" else f"{figure} {unit}".rstrip()

    def difference(self, value: float | None, unit: str = "", digits: int | None = None) -> str:
        """What lies between two figures of a unit of measure: `-1,87 điểm %`, for it is no percentage of anything."""
        return self.number(value, self.say("percentage points") if unit == "%" else unit, digits)

    def decimal(self, value: float, places: int) -> str:
        """`value` with so many decimals, zeros too, for a column of figures: `0,140`; `–` when missing."""
        return "–" if value != value else str(format_decimal(value, format="0." + "0" * places, locale=self.code))

    def interval(self, low: float | None, high: float | None, unit: str = "", digits: int | None = None) -> str:
        """From one figure to another: `92,9–94,6%`; that figure where both are printed alike; `–` when one is missing."""
        if low is None or high is None or low != low or high != high:
            return "–"
        begin, end = self.number(low, "", digits), self.number(high, unit, digits)
        return end if begin == self.number(high, "", digits) else f"{begin}–{end}"

    def list(self, words: Sequence[str]) -> str:
        """`phường, xã và đặc khu`."""
        return _listed(tuple(words), self.code)

    def percent(self, share: float | None) -> str:
        """A share of one as whole percent: `0.12` is `12%`; nearly none or all is `<1%`, `>99%`; `–` when missing."""
        if share is None or share != share:
            return "–"
        if 0 < share < 0.005 or 0.995 < share < 1:
            return "<1%" if share < 0.5 else ">99%"
        return self.number(100 * share, "%", 0)

    def ratio(self, share: float | None) -> str:
        """What is done of what is asked, which may be more than all: `0.9954` is `99,5%`, `1.03` is `103%`; `–` when missing."""
        if share is None or share != share:
            return "–"
        percent, digits = in_percent(share)
        return self.number(percent, "%", digits)

    def month(self, period: str) -> str:
        """A reporting period `2024-06`: `06/2024`; `–` when there is none."""
        if not period:
            return "–"
        return format_date(
            date.fromisoformat(f"{period}-01"), "MM/yyyy" if self.code == "vi" else "MMM yyyy", locale=self.code
        )

    def day(self, when: date) -> str:
        """A calendar day: `30/06/2024`."""
        return format_date(when, "dd/MM/yyyy" if self.code == "vi" else "d MMM yyyy", locale=self.code)

    def moment(self, when: datetime) -> str:
        """An instant, in the city's own zone: `07:30 30/06/2024`."""
        pattern = "HH:mm dd/MM/yyyy" if self.code == "vi" else "d MMM yyyy HH:mm"
        return format_datetime(when, pattern, tzinfo=ZONE, locale=self.code)
