"""A table for people keeps to its page and leaves nothing out, however narrow the page is."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from monitor.cli import frame

WORDS = st.lists(st.text("abcđệ0123456789,%–", min_size=1, max_size=14), max_size=12).map(" ".join)


def printed(heads: list[str], rows: list[list[str]], width: int) -> list[str]:
    page = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frame, "output", Console(file=page, width=width))
        frame.print_table(heads, rows, right=[1])
    return page.getvalue().splitlines()


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 9).flatmap(lambda n: st.lists(st.lists(WORDS, min_size=n, max_size=n), min_size=2)), st.data())
def test_no_line_passes_the_page_and_no_letter_is_left_out(table: list[list[str]], data: st.DataObject) -> None:
    width = data.draw(st.integers(3 * len(table[0]), 160))
    lines = printed(table[0], table[1:], width)
    assert max(map(len, lines)) <= width
    given_letters = sorted("".join("".join(row) for row in table).replace(" ", ""))
    assert sorted("".join(lines).replace(" ", "").replace("─", "")) == given_letters


def test_figures_and_dates_are_not_broken_beside_a_sentence() -> None:
    sentence = "khả năng đạt còn thấp " * 20
    lines = printed(["Nội dung", "Dự báo", "Ngày"], [[sentence, "37,58–38,09", "30/04/2024"]], 60)
    assert any("37,58–38,09  30/04/2024" in line for line in lines)


@pytest.mark.parametrize("width", [46, 60, 80])
def test_an_id_is_broken_at_its_joints_only(width: int) -> None:
    ids = ["nong-nghiep.dien-tich-thuy-san", "van-hoa.phuong-do-thi-van-minh", "moi-truong.nuoc-sach@phuong-10"]
    rows = [[name, "khả năng đạt còn thấp " * 8, "37,58–38,09", "30/04/2024"] for name in ids]
    parts = {part for name in ids for part in re.split(r"[-.@]", name)}
    lines = printed(["Mã", "Nội dung", "Dự báo", "Ngày"], rows, width)
    for line in lines[next(n for n, line in enumerate(lines) if line.startswith("─")) + 1 :]:
        shown = line.split("  ")[0].strip()
        assert set(re.split(r"[-.@]", shown)) - {""} <= parts, line


def test_a_table_with_room_is_as_wide_as_its_texts() -> None:
    assert printed(["Chỉ tiêu", "Số"], [["Bảo hiểm y tế", "95,15%"]], 120)[-1].rstrip() == "Bảo hiểm y tế  95,15%"
