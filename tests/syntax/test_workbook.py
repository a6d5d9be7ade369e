"""A text in a workbook is read as it was written."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from monitor.syntax.workbook import Book

TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=40)


def read_again(text: str, *, styled: bool) -> object:
    written = io.BytesIO()
    book = Book(written)
    form = book.add_format({"bold": True}) if styled else None
    book.add_worksheet("a").write_string(1, 2, text, form)
    book.close()
    cell = load_workbook(io.BytesIO(written.getvalue()))["a"]["C2"]
    assert cell.data_type == "s"
    assert cell.font.b == styled
    return cell.value


@pytest.mark.parametrize("styled", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "<r>a & b</r>",
        "<r></r>",
        "<r><t>a</t></r>",
        "<r>" * 3 + "</r>",
        "=1+1",
        "{=1}",
        "http://a.example",
        "a\nb",
        " a ",
    ],
)
def test_whatever_it_looks_like(text: str, styled: bool) -> None:
    assert read_again(text, styled=styled) == text


@given(TEXTS, st.booleans())
def test_any_text_between_marks_of_xml(text: str, styled: bool) -> None:
    assert read_again(f"<r>{text}</r>", styled=styled) == f"<r>{text}</r>"
