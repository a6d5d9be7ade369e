"""Scans, old files, workbooks: read where what reads them is installed, and told where it is not.

No machine of the tests need have Tesseract or LibreOffice: stand-ins on PATH answer as they do, from what the test wrote down.
"""

from __future__ import annotations

import contextlib
import io
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import matplotlib as mpl
import pypdfium2
import pytest
from docx import Document
from docx.document import Document as WordDocument
from docx.oxml import parse_xml
from matplotlib import pyplot
from openpyxl import Workbook
from PIL import Image

from monitor.derive.draft import Draft, derive
from monitor.language.legacy import encoded
from monitor.model.problem import Problems

LINES = (
    "Các chỉ tiêu chủ yếu năm 2024:",
    "- Thu ngân sách 512,5 tỷ đồng;",
    "- Tỷ lệ hộ nghèo dưới 2%;",
    "- Trồng mới 50 ha rừng.",
)


def held(draft: Draft) -> list[tuple[str, str]]:
    return [(str(t.held), t.unit) for t in draft.targets]


READ = [(">= 512.5", "tỷ đồng"), ("< 2", "%"), (">= 50", "ha")]


def scan() -> bytes:
    """A page that is a picture."""
    made = io.BytesIO()
    Image.new("L", (620, 877), 255).save(made, format="PDF")
    return made.getvalue()


def page(lines: Sequence[str]) -> bytes:
    """A page with text."""
    made = io.BytesIO()
    with mpl.rc_context({"pdf.fonttype": 42, "font.family": "DejaVu Sans"}):
        figure = pyplot.figure(figsize=(8.3, 11.7))
        for n, line in enumerate(lines):
            figure.text(0.1, 0.9 - 0.03 * n, line, fontsize=11)
        figure.savefig(made, format="pdf")
        pyplot.close(figure)
    return made.getvalue()


def bound(*documents: bytes) -> bytes:
    """The pages of several documents as one."""
    whole = pypdfium2.PdfDocument.new()
    for content in documents:
        whole.import_pages(pypdfium2.PdfDocument(content))
    made = io.BytesIO()
    whole.save(made)
    return made.getvalue()


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is all of PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    yield folder


def stand_in(folder: Path, name: str, code: str) -> None:
    program = folder / name
    program.write_text(f"#!{sys.executable}\nimport pathlib, sys\n{code}\n", encoding="utf-8")
    program.chmod(0o755)


def recognised(lines: Sequence[str], unsure: dict[str, int]) -> str:
    """Tesseract's table of words."""
    rows = ["level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"]
    for n, line in enumerate(lines, start=1):
        rows.append(f"4\t1\t1\t1\t{n}\t0\t0\t0\t0\t0\t-1\t")
        for word in line.split():
            rows.append(f"5\t1\t1\t1\t{n}\t1\t0\t0\t0\t0\t{unsure.get(word, 96)}\t{word}")
    return "\n".join(rows)


def test_a_scan_is_recognised_and_a_figure_that_is_unsure_is_marked_and_never_changed(programs: Path) -> None:
    table = recognised(LINES, {"512,5": 61})
    stand_in(programs, "tesseract", f"assert 'vie' in sys.argv\nsys.stdin.buffer.read()\nprint({table!r})")
    draft = derive("scan.pdf", scan())
    assert held(draft) == READ
    assert [any("recognised" in s.message for s in t.for_a_person) for t in draft.targets] == [True, False, False]
    assert draft.targets[0].confidence == pytest.approx(0.61)


def test_a_scan_says_what_to_install_where_nothing_recognises_it(programs: Path) -> None:
    assert not list(programs.iterdir())
    with pytest.raises(Problems, match="tesseract-ocr-vie"):
        derive("scan.pdf", scan())


def test_recognition_that_fails_says_why_and_what_to_install(programs: Path) -> None:
    stand_in(programs, "tesseract", "sys.exit('Error opening data file vie.traineddata')")
    with pytest.raises(Problems, match=r"page 1: Error opening data file vie\.traineddata.*tesseract-ocr-vie"):
        derive("scan.pdf", scan())


def test_pages_that_are_pictures_among_others_are_told_and_the_others_read(programs: Path) -> None:
    assert not list(programs.iterdir())
    draft = derive("x.pdf", bound(page(LINES), scan()))
    assert held(draft) == READ
    assert [(u.place, u.reason) for u in draft.unread] == [("tr. 2", "this page is a picture without text")]
    assert any("some pages are pictures" in doubt for doubt in draft.outline.doubts)
    with pytest.raises(Problems, match=r"no list of targets.*|tr\. 2") as raised:
        derive("x.pdf", bound(page(["Một bức thư ngỏ gửi bà con."]), scan()))
    assert "tr. 2" in str(raised.value)


def test_a_picture_among_pages_of_text_is_recognised_where_it_can_be(programs: Path) -> None:
    stand_in(programs, "tesseract", f"sys.stdin.buffer.read()\nprint({recognised(LINES[2:], {})!r})")
    draft = derive("x.pdf", bound(page(LINES[:2]), scan()))
    assert held(draft) == READ
    assert not draft.unread


@pytest.mark.parametrize("office", ["soffice", "libreoffice"])
@pytest.mark.parametrize(("name", "begins"), [("x.doc", b"\xd0\xcf\x11\xe0"), ("x.rtf", b"{\\rtf1 ")])
def test_an_old_file_is_read_by_the_office_that_is_installed(
    office: str, name: str, begins: bytes, programs: Path, tmp_path: Path
) -> None:
    document = Document()
    for line in LINES:
        document.add_paragraph(line)
    document.save(str(tmp_path / "new.docx"))
    code = (
        "folder = pathlib.Path(sys.argv[sys.argv.index('--outdir') + 1])\n"
        f"(folder / 'document.docx').write_bytes(pathlib.Path({str(tmp_path / 'new.docx')!r}).read_bytes())"
    )
    stand_in(programs, office, code)
    assert held(derive(name, begins + b"\0" * 600)) == READ


def test_an_old_word_file_is_read_by_antiword(programs: Path) -> None:
    text = "\n".join(LINES)
    stand_in(programs, "antiword", f"sys.stdout.buffer.write({text!r}.encode())")
    assert held(derive("x.doc", b"\xd0\xcf\x11\xe0" + b"\0" * 600)) == READ


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "", r"old \.doc file: install LibreOffice"),
        (b"{\\rtf1 }", "", r"old \.rtf file: install LibreOffice"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "", "locked with a password"),
        (b"{\\rtf1 }", "pass", r"made no \.docx"),
        (b"{\\rtf1 }", "sys.exit('no room on the disk')", "no room on the disk"),
    ],
)
def test_an_old_file_that_is_not_read_says_why(content: bytes, code: str, said: str, programs: Path) -> None:
    if code:
        stand_in(programs, "soffice", code)
    with pytest.raises(Problems, match=said):
        derive("x.doc", content)


def test_a_workbook_is_read_as_it_is_seen() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ("BIỂU CHỈ TIÊU KINH TẾ - XÃ HỘI XÃ TÂN HƯNG NĂM 2024",),
        (),
        ("TT", "Chỉ tiêu", "ĐVT", "Năm 2023", None, "Kế hoạch năm 2024"),
        (None, None, None, "Kế hoạch", "Ước TH", None),
        ("I", "KINH TẾ"),
        (1, "Thu ngân sách", "Triệu đồng", 5000, 5200.5, 12850),
        (2, "Diện tích lúa", "ha", 410, 405, 412.5),
        ("II", "XÃ HỘI"),
        (3, "Tỷ lệ hộ nghèo", "%", 3.2, 3, 2.8),
        (4, "Tỷ lệ hộ dùng nước sạch", None, 0.9, 0.91, 0.935),
        ("Người lập biểu",),
    ):
        sheet.append(row)
    for merged in ("A1:F1", "A3:A4", "B3:B4", "C3:C4", "D3:E3", "F3:F4"):
        sheet.merge_cells(merged)
    sheet["F10"].number_format = "0.0%"
    book.create_sheet("Nháp").sheet_state = "hidden"
    made = io.BytesIO()
    book.save(made)
    draft = derive("x.xlsx", made.getvalue())
    assert held(draft) == [(">= 12850", "triệu đồng"), (">= 412.5", "ha"), ("<= 2.8", "%"), (">= 93.5", "%")]
    assert [t.baseline for t in draft.targets][:3] == [5200.5, 405, 3]
    assert draft.outline.year == 2024
    with pytest.raises(Problems, match="cannot be read"):
        derive("x.xlsx", made.getvalue()[:800])


@pytest.mark.parametrize("encoding", ["tcvn3", "vni"])
def test_text_in_the_letters_of_an_old_font_is_read(encoding: str) -> None:
    text = "\n".join(
        (*LINES[:3], "- Tỷ lệ trẻ em suy dinh dưỡng còn 12%;", "- Giải quyết việc làm cho 1.200 lao động.")
    )
    old = encoded(text, "tcvn3" if encoding == "tcvn3" else "vni")
    assert held(derive("x.txt", old.encode("latin-1"))) == [*READ[:2], ("<= 12", "%"), (">= 1200", "lao động")]


@pytest.mark.parametrize("form", ["NFD", "NFKD"])
def test_decomposed_letters_are_read_alike_in_every_kind_of_document(form: str) -> None:
    lines = [unicodedata.normalize("NFD" if form == "NFD" else "NFKD", line) for line in LINES]
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    word = io.BytesIO()
    document.save(word)
    html = "".join(f"<p>{line}</p>" for line in lines)
    for name, content in (("x.txt", "\n".join(lines).encode()), ("x.html", html.encode()), ("x.docx", word.getvalue())):
        assert held(derive(name, content)) == READ


_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_LIST = ("Các chỉ tiêu năm 2024:", "- Thu ngân sách 12 tỷ đồng", "- Hộ nghèo dưới 2%", "- Trồng 50 ha rừng")


def _in_a_text_box(document: WordDocument) -> None:
    lines = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in _LIST)
    box = f"<w:r {_W}><w:pict><w:txbxContent>{lines}</w:txbxContent></w:pict></w:r>"
    document.add_paragraph("HỘI ĐỒNG NHÂN DÂN XÃ")._p.append(parse_xml(box))


def _with_a_tracked_change(document: WordDocument) -> None:
    for line in _LIST:
        before, number, after = line.partition("12 ")
        paragraph = document.add_paragraph(before)
        if number:
            gone = f'<w:del {_W} w:id="1" w:author="a"><w:r><w:delText>10 </w:delText></w:r></w:del>'
            come = f'<w:ins {_W} w:id="2" w:author="a"><w:r><w:t xml:space="preserve">12 </w:t></w:r></w:ins>'
            paragraph._p.append(parse_xml(gone))
            paragraph._p.append(parse_xml(come))
            paragraph.add_run(after)


def _in_a_table_in_a_table(document: WordDocument) -> None:
    cell = document.add_table(1, 1).cell(0, 0)
    cell.text = "CHỈ TIÊU NĂM 2024"
    rows = (
        ("TT", "Chỉ tiêu", "KH"),
        ("1", "Thu ngân sách", "12 tỷ đồng"),
        ("2", "Hộ nghèo", "< 2%"),
        ("3", "Trồng rừng", "50 ha"),
    )
    table = cell.add_table(4, 3)
    for line, row in enumerate(rows):
        for column, text in enumerate(row):
            table.cell(line, column).text = text


@pytest.mark.parametrize("write", [_in_a_text_box, _with_a_tracked_change, _in_a_table_in_a_table])
def test_what_word_keeps_apart_from_its_paragraphs_is_read(write: Callable[[WordDocument], None]) -> None:
    document = Document()
    write(document)
    written = io.BytesIO()
    document.save(written)
    draft = derive("x.docx", written.getvalue())
    assert [str(t.held) for t in draft.targets] == [">= 12", "< 2", ">= 50"]


@pytest.mark.parametrize(
    "text",
    [
        "1" * 50_000,
        "(" * 5_000 + " 5% " + ")" * 5_000,
        "tỷ lệ đạt là khoảng từ " * 2_000 + "5%",
        "\n".join(["1. Chỉ tiêu"] * 1_000),
    ],
    ids=["digits", "brackets", "verbs", "headings"],
)
def test_no_text_takes_longer_than_its_length(text: str) -> None:
    begun = time.process_time()
    with contextlib.suppress(Problems):
        derive("x.txt", f"QUYẾT NGHỊ:\nCác chỉ tiêu năm 2024:\n- Thu ngân sách {text}".encode())
    # Seconds of computing, many times what it takes: one that grows with the square takes minutes.
    assert time.process_time() - begun < 10
