"""Periods as offices write them are read as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.written_period import written_period, written_standing
from monitor.model.observation import Standing


@pytest.mark.parametrize(
    ("text", "read"),
    [
        # (year, the month in which it ends, how many months)
        ("6 tháng", (None, 6, 6)),
        ("Cộng dồn 9 tháng năm 2020", (2020, 9, 9)),
        ("6 tháng đầu năm", (None, 6, 6)),
        ("6 tháng đầu năm 2011", (2011, 6, 6)),
        ("tháng Sáu", (None, 6, 1)),
        ("sáu tháng đầu năm 2011", (2011, 6, 6)),
        ("tháng Sáu và sáu tháng đầu năm 2011", (None, 6, 1)),
        ("Quý I năm 2020", (2020, 3, 3)),
        ("quý II", (None, 6, 3)),
        ("Performance quarter III in 2020", (2020, 9, 3)),
        ("Thực hiện các tháng năm 2024 T1", (None, 1, 1)),
        ("Ước tính tháng 6", (None, 6, 1)),
        ("Sơ bộ tháng 5", (None, 5, 1)),
        ("Cộng dồn 6 tháng năm 2020.0", (2020, 6, 6)),
        ("Cộng dồn 6 tháng năm 2020", (2020, 6, 6)),
        ("6 tháng năm 2020 so với  kế hoạch năm 2020 (%)", (2020, 6, 6)),
        ("6 tháng năm 2020 so với cùng kỳ năm trước  (%)", (2020, 6, 6)),
        ("Năm 2018 so với kế hoạch năm", (2018, 12, 12)),
        ("Ước tính cả năm 2018", (2018, 12, 12)),
        ("Năm 2019", (2019, 12, 12)),
        ("Tháng 01/2017 so với kế hoạch năm 2017 (%)", (2017, 1, 1)),
        ("Thực hiện so với kế hoạch năm 2008 (%) Tháng 6/2008", (2008, 6, 1)),
        ("Kế hoạch năm 2017", None),
        ("Tháng 6 năm 2020 so với: Tháng 6 năm 2019", (2020, 6, 1)),
        ("Tháng 6 năm 2020 so với: Kỳ gốc (2014)", (2020, 6, 1)),
        ("Bình quân 6 tháng năm 2020 so với cùng kỳ năm trước", (2020, 6, 6)),
        ("Bình quân quý II năm 2020 so với cùng kỳ năm trước", (2020, 6, 3)),
        ("Năm 2020 so với năm 2019", (2020, 12, 12)),
        ("Quý I năm 2021 so với cùng kỳ năm 2020", (2021, 3, 3)),
        ("Theo giá so sánh 2010 Tốc độ phát triển so với quý I năm 2016 (%)", None),
        ("So với cùng kỳ năm trước (%) 6 tháng năm 2020", (2020, 6, 6)),
        ("So với cùng kỳ năm trước Cả năm 2018", (2018, 12, 12)),
        ("So với cùng kỳ năm trước (%) Quý I năm 2020", (2020, 3, 3)),
        ("Cộng dồn cả năm 2020", (2020, 12, 12)),
        ("Tổng sản phẩm trong nước quý I năm 2017", (2017, 3, 3)),
        ("Tổng sản phẩm trong nước 6 tháng đầu năm 2017", (2017, 6, 6)),
        ("Accrued 9 months of 2020", (2020, 9, 9)),
        ("Performance August 2020", (2020, 8, 1)),
        ("9 months of 2020 versus paln 2020 (%)", (2020, 9, 9)),
        ("Estimate September 2020", (2020, 9, 1)),
        ("2024", (2024, 12, 12)),
        ("2024-03", (2024, 3, 1)),
        ("03/2024", (2024, 3, 1)),
        ("13/2024", None),
        ("T1", (None, 1, 1)),
        ("Tháng 3", (None, 3, 1)),
        ("Lũy kế 6 tháng", (None, 6, 6)),
        ("tháng năm năm 2020", (2020, 5, 1)),
        ("tháng 5 năm 2020", (2020, 5, 1)),
        ("Ước tính tháng 12 năm 2018 Trị giá", (2018, 12, 1)),
        ("Ước tính năm 2018 Tổng mức (Tỷ đồng)", (2018, 12, 12)),
        ("2024-Q1", (2024, 3, 3)),
        ("Quý 1/2024", (2024, 3, 3)),
        ("Lũy kế đến tháng 6", (None, 6, 6)),
        ("Sau 2 tháng", (None, 2, 2)),
        ("Kỳ gốc (2019)", None),
        ("10 tháng năm 2018", (2018, 10, 10)),
        ("Ước tính 6 tháng cuối năm 2020", (2020, 12, 6)),
        ("tháng 10 năm 2018", (2018, 10, 1)),
        ("Tháng 3/2024", (2024, 3, 1)),
        ("tháng Mười hai", (None, 12, 1)),
        ("Năm học 2023-2024", None),
        ("2024-03-01 00:00:00", (2024, 3, 1)),
        ("Tháng Tư năm 2021", (2021, 4, 1)),
        ("Ước tháng 6/2021", (2021, 6, 1)),
        ("Thực hiện tháng 12 năm 2016", (2016, 12, 1)),
        ("Tháng 7 năm 2021 so với cùng kỳ năm trước (%)", (2021, 7, 1)),
    ],
)  # fmt: skip
def test_a_period_is_read_as_it_is_written(text: str, read: tuple[int | None, int, int] | None) -> None:
    found = written_period(text)
    assert (None if found is None else (found.year, found.month, found.months)) == read


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("Tháng 3", True),
        ("Lũy kế 6 tháng", True),
        ("Ước tính quý II năm 2020", True),
        ("6 tháng năm 2020 so với cùng kỳ năm trước (%)", False),
        ("Năm 2020 so với năm 2019", False),
        ("Trị giá tháng 6", False),
    ],
)
def test_a_heading_that_says_more_than_a_period_is_not_taken_for_one(text: str, alone: bool) -> None:
    found = written_period(text)
    assert found is not None
    assert found.only is alone


@pytest.mark.parametrize(
    ("text", "standing"),
    [
        ("Ước tính tháng 6", Standing.ESTIMATE),
        ("Sơ bộ tháng 5", Standing.PRELIMINARY),
        ("Thực hiện tháng 5", Standing.FINAL),
        ("Tháng 5", None),
    ],
)
def test_a_heading_says_how_final_its_figures_are(text: str, standing: Standing | None) -> None:
    assert written_standing(text) == standing


@given(st.text(max_size=60))
def test_any_text_is_a_period_or_none(text: str) -> None:
    found = written_period(text)
    assert found is None or (1 <= found.months <= 12 and found.months <= found.month <= 12)
