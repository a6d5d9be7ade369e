"""Stories walked in a real browser (Chromium by Playwright), on a phone and on a desk, by mouse and by keyboard."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import Connection
from support.page import PASSWORD, Site, lay_out, site

from monitor.acts import letters as links
from monitor.acts import people, requests
from monitor.language import ZONE
from monitor.model.act import Actor, Door
from monitor.model.letter import Kind, Letter, Stamp
from monitor.pipeline import Moment
from monitor.store import alerts as stored_alerts
from monitor.store import outbox
from monitor.store import requests as stored_requests
from monitor.store.database import writing
from monitor.workspace import load

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
SIZES = {"phone": (390, 844), "desk": (1280, 900)}
NOON = datetime(2024, 6, 30, 12, tzinfo=ZONE)
Y_TE = "rules/nq/01-y-te.yaml"

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed here")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("browser"))


@pytest.fixture
def here(laid_out: Path, tmp_path: Path) -> Iterator[Site]:
    with site(Path(shutil.copytree(laid_out, tmp_path / "w"))) as made:
        yield made


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page that complains of every script's error and of everything that the policy refuses."""
    width, height = SIZES[request.param]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="vi-VN")
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    yield opened
    context.close()
    assert wrong == []


def sign_in(page: Page, here: Site, login: str, path: str = "/") -> None:
    page.goto(f"{here.url}{path}")
    page.get_by_label("Tên đăng nhập").fill(login)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{here.url}{path}")


def fits(page: Page) -> bool:
    """Nothing stands beyond the edge of the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_an_official_reads_asks_and_gets_the_answer_that_the_owner_gave_by_the_letters_link(
    page: Page, here: Site, browser: Browser
) -> None:
    sign_in(page, here, "official")
    assert fits(page)
    page.get_by_role("link", name="Bảo hiểm y tế").first.click()
    assert page.get_by_role("img", name=re.compile("Bảo hiểm y tế: năm 2024")).is_visible()
    assert fits(page)
    page.get_by_text("Yêu cầu giải trình", exact=True).click()
    page.get_by_label("Nội dung hỏi").fill("Vì sao giảm từ tháng 4?")
    page.get_by_role("button", name="Gửi").click()
    page.wait_for_url("**/requests/1")
    with here.engine.connect() as connection:
        letter = next(d for d in outbox.deliveries(connection) if d.stamp.kind is Kind.REQUEST)
        text = outbox.opened(connection, letter.id)[1].text
    link = re.search(r"https://giam-sat\.example(/l/\S+)", text)
    assert link is not None
    # The owner has no account, and their phone runs no script.
    owner = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False).new_page()
    owner.goto(here.url + link[1])
    owner.get_by_label("Vốn giao chậm").check()
    owner.get_by_label("Nguyên nhân cụ thể").fill("Ngân sách giao tháng 5")
    owner.get_by_label("Giải pháp").fill("Cấp thẻ tại phường")
    owner.get_by_label("Giá trị nay dự kiến đạt (%)").fill("94,2")
    owner.get_by_label("Vào ngày").fill("2024-09-30")
    owner.get_by_role("button", name="Gửi").click()
    assert owner.get_by_text("Đã nhận được câu trả lời").is_visible()
    owner.context.close()
    page.reload()
    assert page.get_by_text("Cấp thẻ tại phường").is_visible()
    page.get_by_role("link", name="Xem chỉ tiêu").click()
    assert page.get_by_text("Vốn giao chậm; Ngân sách giao tháng 5").is_visible()
    with here.engine.connect() as connection:
        assert stored_requests.requests(connection)[0].answer is not None


def test_an_official_acts_on_many_alerts_at_once(page: Page, here: Site) -> None:
    sign_in(page, here, "official", "/alerts")
    assert fits(page)
    page.get_by_role("checkbox", name="tất cả").check()
    page.get_by_label("Ghi chú").fill("Đã giao Phòng Y tế")
    page.get_by_role("button", name="Tiếp nhận").click()
    assert page.get_by_role("status").is_visible()
    assert page.locator(".tag", has_text="đã tiếp nhận").count() > 1


def test_an_official_slides_through_the_year_as_it_was_known(page: Page, here: Site) -> None:
    sign_in(page, here, "reader")
    slider = page.get_by_label("Kéo xem theo ngày trong năm")
    slider.focus()
    for _ in range(3):
        slider.press("PageDown")
    page.wait_for_url(re.compile("as_of=2024"))
    assert "as_of=2024-06-30" not in page.url
    assert fits(page)


def test_a_department_reports_is_asked_about_a_doubt_and_corrects(page: Page, here: Site) -> None:
    here.today = date(2024, 7, 18)
    sign_in(page, here, "reporter", "/report?period=2024-07")
    assert fits(page)
    page.get_by_label("Bảo hiểm y tế").fill("9,21")
    page.get_by_role("button", name="Gửi").click()
    assert page.get_by_role("alert").get_by_text("lệch quá xa").is_visible()
    page.get_by_label("Bảo hiểm y tế").fill("92,1")
    page.get_by_role("button", name="Gửi").click()
    assert page.get_by_text("Đã nhận, việc số").is_visible()
    assert page.get_by_text("đã báo cáo: 92,1").is_visible()


def test_an_administrator_is_shown_a_mistake_while_typing_what_an_edit_changes_and_goes_back(
    page: Page, here: Site
) -> None:
    begun = (here.root / Y_TE).read_text(encoding="utf-8")
    sign_in(page, here, "administrator", f"/rules/edit?path={Y_TE}")
    assert fits(page)
    editor, marks = page.locator("[data-editor]"), page.locator("#marks")
    marks.get_by_text("Không có lỗi.").wait_for()
    page.get_by_label("Lý do", exact=True).fill("bản đầu")
    page.get_by_role("button", name="Lưu và cho hiệu lực").click()
    page.get_by_text("Đã lưu và có hiệu lực.").wait_for()
    editor.fill(begun.replace('">= 99"', '"=> 99"'))
    marks.get_by_role("link", name="Dòng 6").wait_for()
    editor.fill(begun.replace('">= 95"', '">= 90"').replace("printed: 95%", "printed: 90%"))
    marks.get_by_text("Không có lỗi.").wait_for()
    page.get_by_role("button", name="Xem thử cả năm").click()
    page.locator("#plan li", has_text="bhyt").first.wait_for()
    page.get_by_label("Lý do", exact=True).fill("theo văn bản 12")
    page.get_by_role("button", name="Lưu và cho hiệu lực").click()
    page.get_by_text("Đã lưu và có hiệu lực.").wait_for()
    assert '">= 90"' in (here.root / Y_TE).read_text(encoding="utf-8")
    page.goto(f"{here.url}/rules")
    assert fits(page)
    page.locator("a[href^='/rules/versions/']").nth(1).click()
    page.get_by_label("Lý do", exact=True).fill("nhầm")
    page.get_by_role("button", name="Quay về phiên bản này").click()
    page.wait_for_url("**/rules")
    assert (here.root / Y_TE).read_text(encoding="utf-8") == begun


def test_an_operator_mends_a_feed_with_a_corrected_file_and_leaves_a_wrong_cell_out(
    page: Page, here: Site, tmp_path: Path
) -> None:
    source = here.root / "feeds" / "so-lieu.csv"
    good = source.read_text(encoding="utf-8")
    source.write_text(good.replace("bhyt,2024-06,92.0", "bhyt,2024-06,9x2").replace(",8.7\n", ",?\n"), encoding="utf-8")
    sign_in(page, here, "operator", "/upkeep")
    assert fits(page)
    page.get_by_role("button", name="Đọc ngay nguồn so-lieu").click()
    assert page.get_by_role("status").get_by_text("2 số không dùng được").is_visible()
    assert page.get_by_text("9x2", exact=True).is_visible()
    # One was mistyped: the department sends its file again. The other is wrong at its source.
    corrected = tmp_path / "so-lieu-sua.csv"
    corrected.write_text(source.read_text(encoding="utf-8").replace("9x2", "92.3"), encoding="utf-8")
    page.get_by_text("Nộp tệp đã sửa").click()
    page.get_by_label("Tệp").set_input_files(corrected)
    page.get_by_role("button", name="Thay tệp và đọc").click()
    page.get_by_text("Đã thay tệp feeds/so-lieu.csv").wait_for()
    assert page.get_by_text("9x2", exact=True).count() == 0
    page.get_by_role("checkbox", name="feeds/so-lieu.csv").check()
    page.get_by_label("Vì sao ô này sai từ nguồn").fill("phòng chưa rà soát xong")
    page.get_by_role("button", name="Bỏ qua").click()
    page.get_by_text("1 ô sẽ được bỏ qua khi đọc lại nguồn").wait_for()
    assert page.get_by_text("Mọi ô đã đọc đều dùng được.").is_visible()
    assert "phòng chưa rà soát xong" in (here.root / "feeds" / "so-lieu.yaml").read_text(encoding="utf-8")
    assert fits(page)


def test_the_editor_completes_a_word_by_keyboard(page: Page, here: Site) -> None:
    sign_in(page, here, "administrator", f"/rules/edit?path={Y_TE}")
    page.locator("#marks").get_by_text("Không có lỗi.").wait_for()
    editor = page.locator("[data-editor]")
    editor.press("Control+End")
    editor.press_sequentially("# unit_of")
    page.get_by_role("option", name="unit_of_measure").wait_for()
    editor.press("Enter")
    assert editor.input_value().endswith("# unit_of_measure")


PATHS = {
    "administrator": [
        f"/rules/edit?path={Y_TE}",
        "/rules",
        "/upkeep",
        "/guide/operator",
        "/overview-that-is-not-there",
    ],
    "official": ["/", "/targets/bhyt", "/alerts", "/ask?about=bhyt", "/requests", "/requests/1"],
    "reporter": ["/report?period=2024-06", "/requests/1"],
}


WIDE = ("/", "/targets/bhyt", f"/rules/edit?path={Y_TE}", "/report?period=2024-06")


def test_no_page_breaks_a_rule_of_accessibility(page: Page, here: Site) -> None:
    """axe-core, on every page: contrast, names, labels, headings, landmarks (WCAG 2 A and AA, and its best practice)."""
    read, june = load(here.root), Moment.at(here.now())
    phone = page.evaluate("innerWidth") < SIZES["desk"][0]
    requests.ask(read, here.engine, Actor("an", Door.COMMAND), "bhyt@tp", "Vì sao?", None, june)
    page.goto(f"{here.url}/sign-in")
    found = told("/sign-in", page)
    for login, paths in PATHS.items():
        page.context.clear_cookies()
        sign_in(page, here, login)
        for path in paths:
            page.goto(here.url + path)
            assert fits(page)
            # On a phone stands whatever stands on a desk; there only tables are laid out otherwise.
            if phone or path in WIDE:
                found += told(path, page)
    page.context.clear_cookies()
    with here.engine.connect() as connection:
        alerts = list(stored_alerts.alerts(connection))
    for subject in ("request 1", "letter"):
        with writing(here.engine) as connection:
            opens = subject if subject == "request 1" else links.subject_of(told_of(connection, alerts))
            path = f"/l/{people.link(connection, 'an', opens, here.now())}"
        page.goto(here.url + path)
        assert page.get_by_role("button", name=re.compile("Gửi|Tiếp nhận")).is_visible()
        found += told(path, page)
        assert fits(page)
    assert found == []


def told_of(connection: Connection, alerts: list[str]) -> int:
    """The number of a letter that tells of those."""
    stamp = Stamp("nq", "hdnd", Kind.DIGEST, date(2024, 6, 30))
    outbox.post(connection, stamp, Letter("Bản tin", "x", "x", ()), alerts, ["an"], NOON, NOON)
    key = outbox.posted(connection, stamp)
    assert key is not None
    return key


RESOLUTION = """\
HỘI ĐỒNG NHÂN DÂN THÀNH PHỐ SÓC TRĂNG
Số: 60/NQ-HĐND
NGHỊ QUYẾT
Về phát triển kinh tế - xã hội năm 2025
Điều 1. Chỉ tiêu năm 2025
1. Tỷ lệ người tham gia bảo hiểm y tế đạt từ 96% trở lên.
2. Tỷ lệ trẻ dưới 5 tuổi suy dinh dưỡng dưới 8,5%.
"""


def test_a_resolution_dropped_in_is_a_draft_that_reads_on_any_screen(page: Page, here: Site) -> None:
    sign_in(page, here, "administrator", "/rules")
    page.get_by_text("Lập bản nháp từ văn bản nghị quyết").click()
    document = {"name": "nq-60.txt", "mimeType": "text/plain", "buffer": RESOLUTION.encode()}
    page.get_by_label("Văn bản", exact=True).set_input_files(document)
    page.get_by_role("button", name="Lập bản nháp").click()
    page.locator("mark.read", has_text="96%").wait_for()
    assert fits(page)
    # Nothing is cut off that would have to be pushed aside to be read.
    assert page.evaluate("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.draft'))")
    assert told("/rules/draft", page) == []
    page.get_by_label("Lý do", exact=True).fill("nghị quyết mới")
    page.get_by_role("button", name="Lưu thành thư mục quy tắc").click()
    page.get_by_text("rules/nq-60-2025/resolution.yaml").first.wait_for()


def told(path: str, page: Page) -> list[str]:
    broken = Axe().run(page).response["violations"]
    return [f"{path}: {each['id']}: {node['html'][:140]}" for each in broken for node in each["nodes"][:3]]


def test_a_page_is_usable_by_keyboard_from_its_first_stop(page: Page, here: Site) -> None:
    sign_in(page, here, "reader")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    unnamed = page.evaluate(
        "[...document.querySelectorAll('input:not([type=hidden]), select, textarea, button')]"
        ".filter(e => !(e.labels?.length || e.getAttribute('aria-label') || e.textContent.trim())).length"
    )
    assert unnamed == 0
