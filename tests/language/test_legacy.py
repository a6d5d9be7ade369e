"""Text of before Unicode comes out as a person saw it; text that is Unicode is never touched."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.language import fold, legacy

ONSETS = ["", "b", "ch", "đ", "gh", "h", "kh", "l", "ngh", "nh", "ph", "qu", "s", "th", "tr", "v", "x"]
OPEN_RIMES = [
    "a",
    "an",
    "ang",
    "ăn",
    "âm",
    "âu",
    "em",
    "ê",
    "iên",
    "oan",
    "ông",
    "ơi",
    "uân",
    "uông",
    "ưa",
    "ương",
    "uyên",
]
STOPPED_RIMES = ["ac", "ăt", "âp", "êch", "iêt", "ôc", "ươc", "uyêt"]
TONES = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]


def _toned(onset: str, rime: str, tone: str) -> str:
    spread = unicodedata.normalize("NFD", rime)
    last = max(i for i, c in enumerate(spread) if not c.isascii() or c in "aeiouy" or unicodedata.combining(c))
    return unicodedata.normalize("NFC", onset + spread[: last + 1] + tone + spread[last + 1 :])


SYLLABLES = st.one_of(
    st.builds(_toned, st.sampled_from(ONSETS), st.sampled_from(OPEN_RIMES), st.sampled_from(TONES)),
    st.builds(_toned, st.sampled_from(ONSETS), st.sampled_from(STOPPED_RIMES), st.sampled_from(["\u0301", "\u0323"])),
)
TEXTS = st.lists(SYLLABLES, min_size=1, max_size=6).map(" ".join)
ENCODINGS = st.sampled_from(legacy.ENCODINGS)


# From the releases of June 2002, June 2004 and June 2008 of the General Statistics Office, cells in .VnArial.
@pytest.mark.parametrize(
    ("written", "font", "meant"),
    [
        ("Tæng s¶n phÈm", ".VnTime", "Tổng sản phẩm"),
        ("Tõ ®Çu n¨m ®Õn 15/6", ".VnArial", "Từ đầu năm đến 15/6"),
        ("n\u00adíc", ".VnArial", "nước"),
        ("Ch¨n nu«i", ".VnArial Narrow", "Chăn nuôi"),
        ("tæng s¶n phÈm trong n\u00adíc", ".VnTimeH", "TỔNG SẢN PHẨM TRONG NƯỚC"),
        ("B×nh D\u00ad¬ng", ".VnArial", "Bình Dương"),
        ("NG¢N S¸CH §ÞA PH¦¥NG", ".VnTime", "NGÂN SÁCH ĐỊA PHƯƠNG"),
        ("GDP", ".VnTime", "GDP"),
        ("Toång saûn phaåm", "VNI-Times", "Tổng sản phẩm"),
        ("NGAÂN SAÙCH ÑÒA PHÖÔNG", "VNI-Helve", "NGÂN SÁCH ĐỊA PHƯƠNG"),
        ("Phöôøng 1, thò xaõ Vónh Chaâu", "VNI-Times", "Phường 1, thị xã Vĩnh Châu"),
        # Unicode in a cell that is still formatted as an old font.
        ("Thái Bình", ".VnTime", "Thái Bình"),
        ("Hà Nội", ".VnTimeH", "Hà Nội"),
        ("Tỷ đồng", "VNI-Times", "Tỷ đồng"),
        # Somebody replaced a word in an old file (2008-06).
        ("1. Tæng s¶n phÈm trong n\u00adíc 6 th¸ng đầu n¨m 2008", "Arial", "1. Tổng sản phẩm trong nước 6 tháng đầu năm 2008"),
        ("Ưíc tÝnh", "Arial", "Ước tính"),
        # No font tells, the letters do.
        ("Tæng s¶n phÈm", "", "Tổng sản phẩm"),
        ("Toång saûn phaåm", "", "Tổng sản phẩm"),
    ],
)  # fmt: skip
def test_old_text_reads_as_it_was_printed(written: str, font: str, meant: str) -> None:
    told = legacy.font(font)
    encoding = legacy.encoding_of([written], told.encoding)
    assert legacy.unicode_of(written, encoding, told.capitals) == meant


@pytest.mark.parametrize(
    "text",
    [
        *("café", "naïve", "Zürich", "São Tomé", "m²", "km³", "25°C", "±0,5", "½", "§ 3", "® ©", "«Sóc Trăng»", "GDP¹", "Thu¹", "Tổng thu¹"),
        *("Hoà Bình", "Thuỷ sản", "Cá", "Đắk Lắk", "Kon Tum", "Ô-xtrây-li-a", "Urê", "ĐTNN", "Côte d’Ivoire"),
        *(unicodedata.normalize("NFD", "Thành phố Sóc Trăng"), "2.850 người", "-", ""),
    ],
)  # fmt: skip
def test_what_is_no_old_text_stays(text: str) -> None:
    assert legacy.unicode_of(text, legacy.encoding_of([text])) == text


@given(TEXTS, st.sampled_from([None, *legacy.ENCODINGS]))
def test_sound_unicode_stays_whatever_its_font(text: str, told: legacy.Encoding | None) -> None:
    if told is None or legacy.sound(text):
        assert legacy.unicode_of(text, legacy.encoding_of([text], told)) == text


@given(st.text(st.characters(max_codepoint=0x1EFF)))
def test_any_text_can_be_asked_about(text: str) -> None:
    legacy.unicode_of(text, legacy.encoding_of([text]))


@given(TEXTS, ENCODINGS)
def test_what_is_written_in_an_old_encoding_is_read_back(text: str, encoding: legacy.Encoding) -> None:
    written = legacy.encoded(text, encoding)
    assert legacy.decoded(written, encoding) == text
    assert legacy.unicode_of(written, legacy.encoding_of([written], encoding)) == text


@given(TEXTS)
def test_vni_keeps_capitals(text: str) -> None:
    assert legacy.decoded(legacy.encoded(text.upper(), "vni"), "vni") == text.upper()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoá", "hóa"),
        ("thuỷ sản", "thủy sản"),
        ("HOÀ BÌNH", "Hòa Bình"),
        (unicodedata.normalize("NFD", "Đường sắt"), "Đường sắt"),
        ("Ðà Nẵng", "Đà Nẵng"),  # the Icelandic letter, as some keyboards of the nineties wrote it
        ("Sóc\u00a0Trăng", "Sóc Trăng"),
        ("\ufeffSóc\u200b Trăng", "Sóc Trăng"),
    ],
)
def test_a_name_is_the_same_however_its_accents_are_written(one: str, other: str) -> None:
    assert fold(one) == fold(other)
