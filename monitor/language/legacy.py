"""Vietnamese of before Unicode: text in the encodings of fonts, TCVN3 (ABC: `.VnTime`) and VNI (`VNI-Times`), to Unicode.

Such text is stored as Latin-1 letters that only its font shows as Vietnamese: `Tæng s¶n phÈm` is "Tổng sản phẩm". A font's
name may mislead (Unicode text in a cell still formatted as .VnArial), so what decides is which reading makes Vietnamese
syllables; where both do, or neither, the font. Tables: TCVN 5712:1993, set VN3; VNI-Win as in VNI's own fonts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Encoding = Literal["tcvn3", "vni"]
ENCODINGS: tuple[Encoding, ...] = ("tcvn3", "vni")

# 0xA1 to 0xFE of TCVN3, a dot where there is no letter.
_TCVN3 = dict(
    zip(
        map(chr, range(0xA1, 0xFF)),
        "ĂÂÊÔƠƯĐăâêôơưđ......àảãáạ.ằẳẵắ.......ặầẩẫấậè.ẻẽéẹềểễếệìỉ...ĩíịò.ỏõóọồổỗốộờởỡớợù.ủũúụừửữứựỳỷỹýỵ",
        strict=True,
    )
)
_TCVN3_TABLE = str.maketrans({old: new for old, new in _TCVN3.items() if new != "."})

# What VNI writes after a vowel, as combining accents: acute, grave, hook, tilde, dot; with a circumflex; with a breve.
_TONES = dict(zip("ùøûõï", "\u0301\u0300\u0309\u0303\u0323", strict=True))
_CIRCUMFLEX = {"â": "\u0302"} | {m: "\u0302" + t for m, t in zip("áàåãä", _TONES.values(), strict=True)}
_BREVE = {"ê": "\u0306"} | {m: "\u0306" + t for m, t in zip("éèúüë", _TONES.values(), strict=True)}
_VNI_MARKS = {
    **dict.fromkeys("ôöuy", _TONES),
    **dict.fromkeys("eo", _TONES | _CIRCUMFLEX),
    "a": _TONES | _CIRCUMFLEX | _BREVE,
}
_VNI_LETTERS = dict(zip("ôöñíìæóòî", "ơưđíìỉĩịỵ", strict=True))
_VNI_TABLE = {
    old: unicodedata.normalize("NFC", new)
    for lower in (
        {
            vowel + mark: _VNI_LETTERS.get(vowel, vowel) + accents
            for vowel, marks in _VNI_MARKS.items()
            for mark, accents in marks.items()
        }
        | _VNI_LETTERS
    ).items()
    for old, new in (lower, (lower[0].upper(), lower[1].upper()), (lower[0].capitalize(), lower[1].upper()))
}
_VNI = re.compile("|".join(sorted(map(re.escape, _VNI_TABLE), key=len, reverse=True)))

_ONSET = "ngh|ng|nh|gh|gi|g|kh|k|ch|c|qu|ph|p|th|tr|t|b|d|đ|h|l|m|n|r|s|v|x"
_RIMES = (
    "a ac ach ai ak am an ang anh ao ap at au ay ăc ăk ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây e ec em en eng eo ep et "
    "ê êch êm ên ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu o oa oac oach oai oam oan oang "
    "oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot ô ôc ôi ôm ôn ông ôp ôt "
    "ơ ơi ơm ơn ơp ơt u ua uân uâng uât uây uc uê uêch uênh ui um un ung uôc uôi uôm uôn uông uôt up ut uơ uy uya uych "
    "uyên uyêt uynh uyp uyt uyu ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y yêm yên yêng yêt yêu êng"
)
_SYLLABLE = re.compile(f"({_ONSET})?({'|'.join(sorted(_RIMES.split(), key=len, reverse=True))})")
_STOPPED = re.compile("(c|ch|k|p|t)$")
_TONE = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
_STOP_TONES = {"\u0301", "\u0323"}

# Where one syllable ends: spaces, digits, ASCII punctuation, and the typographer's, which are no letters of either encoding.
_WORD = re.compile(r"[^\s\x00-\x40\x5b-\x60\x7b-\x7f\u2010-\u2027\u2030-\u205e]+")


_BEYOND = re.compile("[\u0100-\u0233\u0300-\u036f\u1e00-\u1eff]")
_AMONG_CAPITALS = re.compile(
    "(?<![a-z])(?=[\u00a8-\u00fe]*[A-Z\u00a1-\u00a7][\u00a8-\u00fe]*[A-Z\u00a1-\u00a7])[A-Z\u00a1-\u00fe]+(?![a-z])"
)


@dataclass(frozen=True, slots=True)
class Font:
    """What a font's name tells: the encoding of its letters, and whether it shows small ones as capitals (`.VnTimeH`)."""

    encoding: Encoding | None
    capitals: bool = False


@lru_cache(maxsize=1024)
def font(name: str) -> Font:
    """`.VnArialH` → TCVN3 in capitals, `VNI-Times` → VNI, `Arial` → neither."""
    lower = name.strip().lower()
    if lower.startswith(".vn"):
        return Font("tcvn3", name.strip().endswith("H"))
    return Font("vni" if lower.startswith("vni") else None)


@lru_cache(maxsize=65536)
def decoded(text: str, encoding: Encoding) -> str:
    """`text` read in that encoding; what is no letter of it stays as it is.

    TCVN3 has no capitals with tones: `S¸CH`, among capitals, is `SÁCH`.
    """
    if encoding == "tcvn3":
        raised = _AMONG_CAPITALS.sub(lambda match: match[0].translate(_TCVN3_TABLE).upper(), text)
        return raised.translate(_TCVN3_TABLE)
    return _VNI.sub(lambda match: _VNI_TABLE[match[0]], text)


def encoded(text: str, encoding: Encoding) -> str:
    """The other way; in TCVN3, which has no capitals with tones, those become small."""
    composed = unicodedata.normalize("NFC", text)
    if encoding == "tcvn3":
        table = {new: old for old, new in _TCVN3.items() if new != "."}
        return "".join(table.get(c) or table.get(c.lower(), c) for c in composed)
    back: dict[str, str] = {}
    for old, new in _VNI_TABLE.items():
        back.setdefault(new, old)
    return "".join(back.get(c, c) for c in composed)


def sound(text: str) -> bool:
    """Whether `text` holds Vietnamese that only Unicode writes: letters beyond Latin-1, or combining accents."""
    return _BEYOND.search(text) is not None


@lru_cache(maxsize=65536)
def is_syllable(word: str) -> bool:
    """Whether `word` is a Vietnamese syllable in small letters, capitals, or with one capital in front.

    Its tone stands on any of its vowels: at most one, and acute or dot before a stop.
    """
    if not (word[1:].islower() or word.isupper() or len(word) < 2):
        return False
    spread = unicodedata.normalize("NFD", word.lower())
    tones = _TONE.findall(spread)
    toneless = unicodedata.normalize("NFC", _TONE.sub("", spread))
    match = _SYLLABLE.fullmatch(toneless)
    if match is None:
        # "gin", "giết": the i is both of the onset and of the rime.
        match = _SYLLABLE.fullmatch(toneless.replace("gi", "gii", 1)) if toneless.startswith("gi") else None
    if match is None or len(tones) > 1:
        return False
    return not _STOPPED.search(match[2]) or not tones or tones[0] in _STOP_TONES


def misread(text: str, encoding: Encoding | None) -> tuple[int, int]:
    """Of the words of `text` that are not ASCII: how many are no Vietnamese syllables when read so, and how many there are."""
    words = [word for word in _WORD.findall(text) if not word.isascii() and any(map(str.isalpha, word))]
    read = words if encoding is None else [decoded(word, encoding) for word in words]
    return sum(not is_syllable(word) for word in read), len(words)


_odd = lru_cache(maxsize=65536)(misread)


def encoding_of(texts: Iterable[str], told: Encoding | None = None) -> Encoding | None:
    """In which encoding `texts` of one kind (a file's, or those of one font in a sheet) are written: None for Unicode.

    `told`: what their font says, which holds unless Unicode makes more syllables of them. Untold, only where nothing is
    Vietnamese in Unicode and at least three words, most of those that are not ASCII, become syllables.
    """
    distinct = {text for text in texts if not text.isascii()}
    unsound = [text for text in distinct if not sound(text)]
    odd, words = (sum(counts) for counts in zip((0, 0), *(_odd(text, None) for text in unsound), strict=True))
    left = {each: sum(_odd(text, each)[0] for text in unsound) for each in ENCODINGS}
    if told is not None:
        return told if left[told] <= odd else None
    best = min(ENCODINGS, key=left.__getitem__)
    alone = len(unsound) == len(distinct)
    return best if alone and odd - left[best] >= 3 and left[best] <= 0.3 * words else None


@lru_cache(maxsize=65536)
def _mended(word: str, encoding: Encoding) -> str:
    """`word` decoded where that, and only that, makes a syllable of it; `Thu¹` has a footnote."""
    if word.isascii() or word.replace("¹", "").isascii() or is_syllable(word):
        return word
    read = decoded(word, encoding)
    return read if is_syllable(read) else word


def unicode_of(text: str, encoding: Encoding | None, capitals: bool = False) -> str:
    """`text` in Unicode, given the encoding that its font or its neighbours tell (`encoding_of`); sound Unicode stays as it is.

    Without one, only two words or more that are no syllables, and all become some, are read as TCVN3 or VNI. A text that is
    Unicode in part (somebody replaced a word in an old file) is mended word by word.
    """
    if text.isascii():
        return text.upper() if capitals and encoding else text
    if sound(text):
        return _WORD.sub(lambda match: _mended(match[0], encoding or "tcvn3"), text)
    odd, _ = _odd(text, None)
    if encoding is None:
        encoding = next((each for each in ENCODINGS if odd >= 2 and _odd(text, each)[0] == 0), None)
    if encoding is None or _odd(text, encoding)[0] > odd:
        return text
    read = decoded(text, encoding)
    return read.upper() if capitals else read
