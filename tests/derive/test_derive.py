"""A resolution's text becomes a draft: every figure a target with its comparator, value and unit, or listed as not read.

`documents/`: Sóc Trăng's is the resolution that the monitor ships with (head and targets as printed, the rest in our words);
the others are invented, in the manner of a province, a town and a district.
"""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from support.command import Monitor

from monitor.derive.draft import Draft, derive
from monitor.derive.figure import figures, number
from monitor.derive.promise import promises
from monitor.language import Language
from monitor.model.problem import Problems
from monitor.workspace import lay_out

DOCUMENTS = Path(__file__).parent / "documents"
SOC_TRANG = DOCUMENTS / "soc-trang-2024.txt"
RESOLUTION = Path(__file__).parents[1] / "acceptance" / "resolution.csv"


def read(path: Path) -> Draft:
    return derive(path.name, path.read_bytes())


def found(draft: Draft) -> list[tuple[str, float, str]]:
    return [(t.held.comparator.value, t.held.value, t.unit) for t in draft.targets if not t.task]


def expected() -> list[tuple[str, float, str]]:
    with RESOLUTION.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    # The hand-written rules hold a lessening of a rate in points; the document prints %.
    return [(r["comparator"], float(r["value"]), r["unit"].replace("điểm %", "%")) for r in rows]


def test_all_64_figures_of_the_shipped_resolution_are_found_with_comparator_value_and_unit() -> None:
    draft = read(SOC_TRANG)
    assert found(draft) == expected()
    assert draft.outline.number == "43/NQ-HĐND"
    assert draft.outline.body == "Hội đồng nhân dân thành phố Sóc Trăng"
    assert str(draft.outline.adopted) == "2023-12-13"
    assert draft.outline.year == 2024
    assert len({t.group for t in draft.targets if not t.task}) == 10


def test_its_tasks_with_a_date_a_place_or_a_quota_are_found() -> None:
    tasks = [t.name for t in read(SOC_TRANG).targets if t.task]
    assert tasks == [
        "Đẩy nhanh tiến độ và đảm bảo tiến độ giải ngân theo kế hoạch được giao",
        "Sắp xếp đơn vị hành chính tại phường 1",
        "Sắp xếp đơn vị hành chính tại phường 9",
        "Xây dựng phương án mở rộng địa giới hành chính theo tiêu chí đô thị loại II",
        "Diễn tập chiến đấu khu vực phòng thủ tại phường 2",
        "Diễn tập chiến đấu khu vực phòng thủ tại phường 10",
        "Diễn tập tìm kiếm cứu nạn tại phường 9",
        "Giao quân đạt chỉ tiêu đảm bảo số lượng",
    ]


def test_parts_know_their_whole() -> None:
    by_name = {t.name: t for t in read(SOC_TRANG).targets}
    assert by_name["Nhà trẻ"].parent == by_name["Mầm non"].id
    assert by_name["Phổ thông"].parent == by_name["Huy động học sinh đầu năm học mới 2024- 2025"].id
    assert by_name["Sản lượng tôm nước lợ"].parent == by_name["Tổng sản lượng thủy sản"].id
    assert by_name["Giảm tỷ lệ hộ nghèo bình quân (tương đương)"].parent is None


def test_what_is_no_figure_of_a_target_is_listed_with_its_reason() -> None:
    reasons = {u.printed: u.reason for u in read(SOC_TRANG).unread}
    assert reasons == {
        "01 ha": "what a figure is divided by",
        "2024- 2025": "a year",
        "15 - 60 tuổi": "an age",
        "01 tuổi": "an age",
        "5 tuổi": "an age",
    }


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_composed_and_decomposed_letters_read_alike(form: str) -> None:
    text = unicodedata.normalize(form, SOC_TRANG.read_text(encoding="utf-8"))
    assert found(derive("x.txt", text.encode("utf-8"))) == expected()
    assert found(derive("x.txt", text.encode("utf-16"))) == expected()


HA_MINH = """
8..8.5% >=3.2% >=11.5% >=12% >=7.5% >63triệu-đồng/người/năm >=8350tỷ-đồng >=10% >=7900tỷ-đồng >=43.5nghìn-tỷ-đồng >=41.8% >=39.7%
>=18.5% >=1.2tỷ-USD >=15% >=71% >=28% >=17500lao-động >=1200lao-động >=0.5% <4.2% >=45giường >=12.5bác-sĩ <=18.5% >=7xã >=3xã
>=130xã >=66.3% >=0.2‰ >=93.7% >=74.2tuổi >95% >=60% >=39.2% >=9700ha >=97% >=100%
"""
BINH_LONG = """
>=12% >=1245.6tỷ-đồng >=3.5% >=330tỷ-đồng <=520.4tỷ-đồng >=95% <1% >=50hộ-nghèo <=1.05% >=100% >=99.9% >=100% >=8trạm-y-tế >=85%
>=90% >=95% >=100% 5..10% >=75% >90%
"""
TRA_BINH = """
>=11% >=64.93triệu-đồng >=28.09% >=38.16% >=33.75% 28000..30000tỷ-đồng >=4682tỷ-đồng <=11254.6tỷ-đồng >=500doanh-nghiệp
>=15hợp-tác-xã >=23000lao-động >=700lao-động >=67% >=33.5% >=1% 2..3% >=95% >=81xã >=35xã 1..2huyện >=95.2% >=15.5% >=2.8%
>=24.5m2-sàn/người >=9.2bác-sĩ >=26giường >=100% >=25% >=90% >=100% >=99% >=75% >=99% >=100% >=100% >=4.17%
"""


def short(draft: Draft) -> list[str]:
    return [
        (f"{t.held.value:g}..{t.held.upper:g}" if t.held.upper else f"{t.held.comparator}{t.held.value:.10g}")
        + t.unit.replace(" ", "-")
        for t in draft.targets
        if not t.task
    ]


@pytest.mark.parametrize(
    ("name", "figures_"),
    [("ha-minh-2023.html", HA_MINH), ("binh-long-2024.txt", BINH_LONG), ("tra-binh-2021.txt", TRA_BINH)],
)
def test_documents_of_other_manners_are_read_figure_by_figure(name: str, figures_: str) -> None:
    assert short(read(DOCUMENTS / name)) == figures_.split()


def test_the_evaluation_of_the_year_before_promises_nothing() -> None:
    assert not any("310" in t.printed for t in read(DOCUMENTS / "binh-long-2024.txt").targets)


def test_a_page_printed_as_pdf_is_read_as_the_page_is(tmp_path: Path) -> None:
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("no Chromium on this machine")
    page, printed = DOCUMENTS / "ha-minh-2023.html", tmp_path / "a.pdf"
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--no-pdf-header-footer",
    ]
    subprocess.run(
        [browser, *flags, f"--user-data-dir={tmp_path}/profile", f"--print-to-pdf={printed}", page.as_uri()],
        check=True,
        capture_output=True,
        timeout=120,
    )
    draft = read(printed)
    assert short(draft) == short(read(page))
    assert {t.place for t in draft.targets} <= draft.passages.keys()
    assert all(t.printed.split()[0] in draft.passages[t.place] for t in draft.targets)


ROWS = [
    ("TT", "Chỉ tiêu", "Đơn vị tính", "Ước thực hiện năm 2024", "Kế hoạch năm 2025", "So sánh (%)"),
    ("I", "VỀ KINH TẾ", "", "", "", ""),
    ("1", "Giá trị sản xuất (giá so sánh 2010)", "Tỷ đồng", "5.120", "5.632", "110"),
    ("", "Trong đó:", "", "", "", ""),
    ("-", "Nông, lâm nghiệp, thủy sản", "Tỷ đồng", "1.200", "1.250", "104,2"),
    ("2", "Thu nhập bình quân đầu người", "Triệu đồng", "62", "68-70", ""),
    ("II", "VỀ XÃ HỘI", "", "", "", ""),
    ("3", "Tỷ lệ hộ nghèo", "%", "2,1", "< 1,5", ""),
    ("4", "Tỷ lệ trẻ em dưới 5 tuổi suy dinh dưỡng", "%", "8,9", "Dưới 8,5", ""),
]


def word(rows: list[tuple[str, ...]], *, items: list[str] = []) -> bytes:  # noqa: B006
    document = Document()
    for text in (
        "HỘI ĐỒNG NHÂN DÂN",
        "HUYỆN AN BÌNH",
        "Số: 07/NQ-HĐND",
        "An Bình, ngày 20 tháng 12 năm 2024",
        "NGHỊ QUYẾT",
        "Về phát triển kinh tế - xã hội năm 2025",
        "QUYẾT NGHỊ:",
        "Điều 1. Các chỉ tiêu chủ yếu năm 2025:",
    ):
        document.add_paragraph(text)
    for item in items:
        document.add_paragraph(item, style="List Bullet")
    if rows:
        table = document.add_table(len(rows), len(rows[0]))
        for line, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                table.cell(line, column).text = cell
    document.add_paragraph("Điều 2. Nhiệm vụ, giải pháp")
    document.add_paragraph("Hoàn thành quy hoạch chung trước ngày 30/6/2025.", style="List Bullet")
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def test_a_table_in_word_is_read_by_its_columns() -> None:
    draft = derive("x.docx", word(ROWS))
    assert short(draft) == [">=5632tỷ-đồng", ">=1250tỷ-đồng", "68..70triệu-đồng", "<1.5%", "<8.5%"]
    assert draft.targets[1].parent == draft.targets[0].id
    assert [t.due for t in draft.targets if t.task] == ["2025-06-30"]


def test_the_same_figure_in_text_and_table_is_one_target_and_two_that_differ_are_marked() -> None:
    draft = derive(
        "x.docx", word(ROWS, items=["Tỷ lệ hộ nghèo dưới 1,5%.", "Thu nhập bình quân đầu người 75 triệu đồng."])
    )
    assert [t.printed for t in draft.targets if t.name == "Tỷ lệ hộ nghèo"] == ["1,5%"]
    said = [s.message for t in draft.targets for s in t.doubts]
    assert sum("printed twice and differs" in message for message in said) == 1


@pytest.mark.parametrize(
    ("printed", "unit", "value"),
    [
        ("104,6", "", 104.6),
        ("778.290", "", 778290),
        ("2.032", "", 2032),
        ("02", "", 2),
        ("1.200,5", "", 1200.5),
        ("0.45", "%", 0.45),
        ("2,390", "triệu", 2.39),
        ("1,200", "người", 1200),
    ],
)
def test_numbers_are_read_as_vietnamese_prints_them(printed: str, unit: str, value: float) -> None:
    assert number(printed, unit)[0] == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("trên 95%", "> 95"), ("dưới 3%", "< 3"), ("không quá 3%", "<= 3"), ("tối thiểu 80%", ">= 80"), ("từ 7,5% trở lên", ">= 7.5"),
        ("đạt từ 63 triệu đồng", ">= 63"), ("10% trở xuống", "<= 10"), ("<9%", "< 9"), ("≥ 95%", ">= 95"), ("không dưới 75%", ">= 75"), ("xuống còn 2%", "<= 2"),
    ],
)  # fmt: skip
def test_words_of_comparison_are_comparators(text: str, said: str) -> None:
    one = next(f for f in figures(text) if not f.reason)
    assert f"{one.comparator} {one.value:g}" == said


def test_a_figure_from_which_another_comes_is_its_baseline() -> None:
    (one,) = promises("Giảm tỷ lệ hộ nghèo từ 3,2% xuống còn 2,5%.", 2024).promises
    assert (one.figure.value, one.past) == (2.5, 3.2)


@given(st.floats(min_value=0, max_value=1e9, allow_nan=False).map(lambda x: round(x, 2)))
def test_what_this_program_prints_it_reads_again(value: float) -> None:
    printed = Language("vi").number(value, "", 2)
    assert number(printed, "triệu đồng")[0] == pytest.approx(value, abs=0.005)


@given(st.text(alphabet=" 0123456789.,%()-/:;<>abđgiảtừ\n", max_size=80))
def test_no_text_is_too_odd_and_no_number_is_lost(text: str) -> None:
    read_ = promises(text, 2024)
    every = list(figures(text))
    softer = sum(p.softer is not None for p in read_.promises)
    assert len(read_.promises) + softer + len(read_.others) == len(every)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.docx", b"", "empty"),
        ("x.doc", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old .doc"),
        ("x.docx", b"PK\x03\x04 nothing", "cannot be read"),
        ("x.pdf", b"%PDF-1.7 nothing", "cannot be read"),
        ("x.odt", b"something", ".docx, .xlsx, .pdf"),
        ("x.txt", b"\xff\xaa\xaa", "not UTF-8"),
        ("x.txt", "Một bức thư, không có gì.".encode(), "this is no list of targets"),
        ("x.html", b"<html><body><p>Xin ch\xc3\xa0o 5%</p></body></html>", "this is no list of targets"),
    ],
)
def test_what_cannot_be_read_says_what_is_needed(name: str, content: bytes, said: str) -> None:
    with pytest.raises(Problems) as raised:
        derive(name, content)
    assert said in str(raised.value)


def test_a_thousand_targets_are_read() -> None:
    items = "\n".join(f"- Chỉ tiêu thử nghiệm thứ mục {n} nhóm {n % 7}: {n + 1} ha." for n in range(1000))
    head = "Số: 1/NQ-HĐND\nngày 1 tháng 12 năm 2023\nNGHỊ QUYẾT\nVề năm 2024\nQUYẾT NGHỊ:\nĐiều 1. Nội dung\n1. Các chỉ tiêu chủ yếu\n"
    assert len(derive("x.txt", (head + items).encode()).targets) == 1000


def test_a_target_split_over_a_page_break_is_one() -> None:
    text = SOC_TRANG.read_text(encoding="utf-8").replace("y tế: 95,15%", "y\n\ntế:\n\n95,15%")
    assert found(derive("x.txt", text.encode())) == expected()


def test_the_command_drafts_a_folder_that_passes_check_and_overwrites_nothing(tmp_path: Path) -> None:
    monitor = Monitor(tmp_path)
    lay_out(tmp_path / "w")
    shutil.rmtree(tmp_path / "w" / "rules" / "nq-43-2023")
    for feed in (tmp_path / "w" / "feeds").glob("*.yaml"):
        feed.unlink()
    told = monitor.json("derive", str(SOC_TRANG), "--out", "w/rules")
    assert len([t for t in told["targets"] if not t["task"]]) == 64
    assert len(told["not_read"]) == 5
    folder = tmp_path / "w" / "rules" / "nq-43-2023"
    assert "95,15%" in (folder / "report.html").read_text(encoding="utf-8")
    checked = Monitor(tmp_path / "w").run("check", "--lang", "en", expect=None)
    assert "rules/nq-43-2023" not in checked.stderr, checked.stderr
    again = monitor.run("derive", str(SOC_TRANG), "--out", "w/rules", "--lang", "en", expect=2)
    assert "nothing is overwritten" in again.stderr
    missing = monitor.run("derive", "no.docx", "--out", "elsewhere", expect=2)
    assert "no.docx" in missing.stderr
    assert not (tmp_path / "elsewhere").exists()


def test_a_scan_says_that_it_is_one(tmp_path: Path) -> None:
    import matplotlib  # noqa: PLC0415

    matplotlib.use("Agg")
    from matplotlib import pyplot  # noqa: PLC0415

    picture = tmp_path / "page.png"
    pyplot.figure().savefig(picture)
    document = Document()
    document.add_picture(str(picture))
    document.save(str(tmp_path / "scan.docx"))
    with pytest.raises(Problems, match="it is a scan"):
        read(tmp_path / "scan.docx")
    pyplot.savefig(tmp_path / "scan.pdf")
    with pytest.raises(Problems):
        read(tmp_path / "scan.pdf")


def test_a_target_that_was_there_before_keeps_its_id_and_what_was_decided_of_it(tmp_path: Path) -> None:
    monitor = Monitor(tmp_path)
    lay_out(tmp_path / "w")
    (tmp_path / "w" / "rules" / "nq-43-2023").rename(tmp_path / "before")
    told = monitor.json("derive", str(SOC_TRANG), "--out", "w/rules", "--like", "before")
    ids = {t["name"]: t["id"] for t in told["targets"]}
    assert ids["Tỷ lệ người tham gia bảo hiểm y tế"] == "bao-hiem.bhyt"
    assert ids["Nhà trẻ"] != "giao-duc.mam-non"
    written = (tmp_path / "w" / "rules" / "nq-43-2023" / "09-bao-hiem.yaml").read_text(encoding="utf-8")
    assert "breakdown:" in written
    assert "parent: bao-hiem.bhyt\n" in written
    Monitor(tmp_path / "w").run("check")
    assert (
        "no files of a resolution"
        in monitor.run("derive", str(SOC_TRANG), "--out", "x", "--like", "w", "--lang", "en", expect=2).stderr
    )
