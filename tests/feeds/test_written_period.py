"""Periods as offices write them are read as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.written_period import reported_period, written_period, written_standing, written_year
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
        ("tháng Sáu và sáu tháng đầu năm 2011", (2011, 6, 1)),
        ("Quý I năm 2020", (2020, 3, 3)),
        ("quý II", (None, 6, 3)),
        ("Performance quarter III in 2020", (2020, 9, 3)),
        ("Thực hiện các tháng năm 2024 T1", (2024, 1, 1)),
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
        # Ranges, days, short forms, years of two digits, and those that stand before.
        ("Từ tháng 1 đến tháng 6 năm 2023", (2023, 6, 6)),
        ("Tháng 1-6/2023", (2023, 6, 6)),
        ("Tháng 4 - tháng 6 năm 2023", (2023, 6, 3)),
        ("1-6/2023", (2023, 6, 6)),
        ("Jan-Jun 2023", (2023, 6, 6)),
        ("Tính đến 30/6/2023", (2023, 6, 6)),
        ("Giải ngân đến ngày 31 tháng 7 năm 2023", (2023, 7, 7)),
        ("30/6/2023", (2023, 6, 1)),
        ("2023/06", (2023, 6, 1)),
        ("Jun-23", (2023, 6, 1)),
        ("LK 6T/2023", (2023, 6, 6)),
        ("Th.6", (None, 6, 1)),
        ("TH 6 tháng/2023", (2023, 6, 6)),
        ("T12-22", (2022, 12, 1)),
        ("Tháng 6 năm 23", (2023, 6, 1)),
        ("Tháng 6, 2023", (2023, 6, 1)),
        ("Q.I/2023", (2023, 3, 3)),
        ("Nửa đầu năm 2023", (2023, 6, 6)),
        ("First half of 2023", (2023, 6, 6)),
        ("Lũy kế đến hết quý II", (None, 6, 6)),
        ("Năm 2022 Tháng 6", (2022, 6, 1)),
        ("2022 12 tháng", (2022, 12, 12)),
        ("Kế hoạch năm Tháng 6", (None, 6, 1)),
        ("Tháng 6/12", None),
        # What is planned is no period, nor is a document's number, its day of signature, or a fabric.
        ("KH năm 2023", None),
        ("Dự toán năm 2023", None),
        ("Kế hoạch vốn giao năm 2023", None),
        ("Ban hành theo Thông tư số 09/2019/TT-BKHĐT", None),
        ("Kèm theo Công văn số 123/UBND-TH ngày 10 tháng 7 năm 2023: tháng 6 năm 2023", (2023, 6, 1)),
        ("Báo cáo số 45/BC-STC ngày 05/7/2023 về 6 tháng đầu năm 2023", (2023, 6, 6)),
        ("Hàng dệt, may", None),
        ("Máy móc, thiết bị tháng 6 năm 2023", (2023, 6, 1)),
        ("in May 2023", (2023, 5, 1)),
        ("May 2023", (2023, 5, 1)),
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


@pytest.mark.parametrize(
    ("heading", "read"),
    [
        ("Thực hiện tháng trước", (2022, 12, 1)),
        ("Ước tháng báo cáo", (2023, 1, 1)),
        ("Lũy kế từ đầu năm", (2023, 1, 1)),
        ("Cùng kỳ năm trước", (2022, 1, 1)),
        ("Lũy kế cùng kỳ năm trước", (2022, 1, 1)),
        ("% so với tháng trước", (2023, 1, 1)),
    ],
)
def test_a_heading_speaks_of_a_period_by_that_of_the_title(heading: str, read: tuple[int, int, int]) -> None:
    found = reported_period(heading, written_period("Tháng 01 năm 2023"))
    assert found is not None
    assert (found.year, found.month, found.months) == read


def test_a_month_of_the_year_before_is_not_of_this_one() -> None:
    found = written_period("Thực hiện tháng 12 năm trước")
    assert found is not None
    assert str(found.ending(2023)) == "2022-12"


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("Kèm theo QĐ số 1234/QĐ-UBND ngày 05/12/2022: 6 tháng đầu năm 2023", 2023),
        ("Công văn số 2045/UBND-TH, năm 2023", 2023),
        ("Thông tư 09/2019/TT-BTC", None),
        ("Biểu 2 - 2023", 2023),
    ],
)
def test_the_year_of_a_title_is_not_that_of_a_document(text: str, year: int | None) -> None:
    assert written_year(text) == year


@given(st.text(max_size=60))
def test_any_text_is_a_period_or_none(text: str) -> None:
    found = written_period(text)
    assert found is None or (1 <= found.months <= 12 and found.months <= found.month <= 12)
