"""The page: what each may see and do, and what a stranger, a forged form or a used link gets."""

from __future__ import annotations

import html
import io
import re
import shutil
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from openpyxl import load_workbook
from support.page import PASSWORD, Site, csrf, lay_out, site

from monitor.acts import figures, people
from monitor.acts.letters import with_link
from monitor.model.act import Actor, Deed, Door
from monitor.model.alert import State
from monitor.model.letter import Kind, Letter, Stamp
from monitor.model.person import Grant, Person, Role
from monitor.pipeline import Moment
from monitor.report import form
from monitor.store import acts as stored_acts
from monitor.store import alerts as stored_alerts
from monitor.store import outbox
from monitor.store import requests as stored_requests
from monitor.store import silences as stored_silences
from monitor.store.database import writing
from monitor.store.observations import observations
from monitor.store.people import drop
from monitor.workspace import defaults, load

Y_TE = "rules/nq/01-y-te.yaml"


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("page"))


@pytest.fixture
def here(laid_out: Path, tmp_path: Path) -> Iterator[Site]:
    with site(Path(shutil.copytree(laid_out, tmp_path / "w"))) as made:
        yield made


def deeds(here: Site) -> list[tuple[str, str]]:
    with here.engine.connect() as connection:
        acts = stored_acts.acts(connection)
    return [(act.deed.value, act.actor.who) for act in acts if act.deed is not Deed.PEOPLE]


def link(here: Site) -> str:
    with here.engine.connect() as connection:
        first = next(d for d in outbox.deliveries(connection) if d.stamp.kind is Kind.REQUEST)
        text = outbox.opened(connection, first.id)[1].text
    found = re.search(r"https://giam-sat\.example(/l/\S+)", text)
    assert found is not None
    return found[1]


def asked(here: Site) -> str:
    """A request of the official's, about insurance; its link."""
    client = here.sign_in("official")
    token = csrf(client.get("/targets/bhyt").text)
    done = client.post("/ask", data={"about": "bhyt@tp", "question": "Vì sao giảm?", "csrf": token})
    assert (done.status_code, done.headers["location"]) == (303, "/requests/1")
    return link(here)


ANSWER = {"cause": "von-cham", "because": "Ngân sách chậm", "remedy": "Cấp thẻ tại phường", "expects": "94,2"}


@pytest.mark.parametrize(
    "path", ["/", "/targets/bhyt", "/alerts", "/requests", "/rules", "/upkeep", "/overview.csv", "/overview.xlsx"]
)
def test_a_stranger_sees_nothing_and_is_asked_to_sign_in(here: Site, path: str) -> None:
    answer = here.visit().get(path)
    assert (answer.status_code, answer.headers["location"][:13]) == (303, "/sign-in?next")


@pytest.mark.parametrize(
    "path",
    [
        "/sign-in",
        "/",
        "/targets/bhyt",
        "/alerts",
        "/requests",
        "/rules",
        "/upkeep",
        "/guide/operator",
        "/nothing-there",
    ],
)
def test_every_page_forbids_what_is_not_its_own(here: Site, path: str) -> None:
    answer = here.sign_in("administrator").get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    # Nothing inline, which the policy would keep from working; nothing from other hosts.
    assert not re.search(r"<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=|(src|href)=\"(https?:)?//", answer.text)


def test_the_overview_tells_where_all_stand_the_endangered_first(here: Site) -> None:
    text = here.sign_in("reader").get("/").text
    assert "trong 3 chỉ tiêu có 2 đạt hoặc đúng tiến độ" in text
    assert text.index("Bảo hiểm y tế") < text.index("Tiêm chủng")
    assert "Bảo hiểm y tế" in here.sign_in("reader").get("/?q=bao hiem").text
    assert "Tiêm chủng" not in here.sign_in("reader").get("/?q=bao hiem").text


def test_the_overview_is_seen_as_it_was_known_on_a_day_before(here: Site) -> None:
    client = here.sign_in("reader")
    assert "03/2024" not in client.get("/?as_of=2024-06-30").text
    assert "03/2024" in client.get("/?as_of=2024-04-10").text
    assert client.get("/?as_of=30.6.2024").status_code == 422


def test_the_overview_is_had_as_a_workbook_and_as_text_with_no_formula_in_it(here: Site) -> None:
    path = here.root / Y_TE
    path.write_text(
        path.read_text(encoding="utf-8").replace("name: Bảo hiểm y tế", "name: '=HYPERLINK(1)'"), encoding="utf-8"
    )
    here.desk.workspace = partial(load, here.root)
    client = here.sign_in("reader")
    assert ",'=HYPERLINK(1)," in client.get("/overview.csv").text
    sheet = load_workbook(io.BytesIO(client.get("/overview.xlsx").content)).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert "=HYPERLINK(1)" in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells} == {"s"}


def test_a_target_shows_its_course_its_cells_its_rules_and_what_happened(here: Site) -> None:
    text = here.sign_in("reader").get("/targets/bhyt").text
    for shown in (
        "polyline",
        "so-lieu.csv!7:3" if "so-lieu.csv!7:3" in text else "so-lieu.csv",
        "off-track",
        "92%",
        "Mở từ ngày",
    ):
        assert shown in text
    assert 'action="/ask"' not in text
    assert 'action="/ask"' in here.sign_in("official").get("/targets/bhyt").text


def test_each_sees_and_does_only_what_concerns_them(here: Site) -> None:
    here.enrol("other", Grant(Role.OFFICIAL, owners=("tp",)))
    client = here.sign_in("other")
    assert client.get("/targets/bhyt").status_code == 404
    assert "Bảo hiểm y tế" not in client.get("/").text
    assert client.get("/rules").status_code == 403
    assert here.sign_in("reader").get("/rules").status_code == 403
    with here.engine.connect() as connection:
        name = next(iter(stored_alerts.alerts(connection)))
    for login in ("reader", "reporter", "administrator", "operator"):
        client = here.sign_in(login)
        token = csrf(client.get("/alerts").text)
        assert client.post("/alerts", data={"what": "acknowledge", "alert": name, "csrf": token}).status_code == 403
        ask = {"about": "bhyt", "question": "Vì sao?", "csrf": token}
        assert client.post("/ask", data=ask).status_code == 403
    assert deeds(here) == []


def test_many_alerts_are_acknowledged_with_a_note_at_once(here: Site) -> None:
    client = here.sign_in("official")
    page = client.get("/alerts").text
    names = re.findall(r'name="alert" value="([0-9a-f]+)"', page)
    assert len(names) > 1
    done = client.post(
        "/alerts", data={"what": "acknowledge", "alert": names, "note": "<b>đã xem</b>", "csrf": csrf(page)}
    )
    assert done.status_code == 303
    assert deeds(here) == [("acknowledge", "official")] * len(names)
    assert "&lt;b&gt;đã xem&lt;/b&gt;" in client.get("/targets/bhyt").text
    again = client.post("/alerts", data={"what": "acknowledge", "alert": names, "csrf": csrf(page)})
    assert again.status_code == 422
    assert "chỉ xác nhận được cảnh báo đang mở" in again.text.lower() or 'role="alert"' in again.text


def test_exactly_the_alerts_that_are_ticked_are_left_out_of_letters_until_it_is_ended(here: Site) -> None:
    with here.engine.connect() as connection:
        present = stored_alerts.alerts(connection)
    bhyt = next(n for n, a in present.items() if (a.target, a.rule) == ("bhyt", "off-track"))
    other = next(n for n, a in present.items() if a.target != "bhyt" or a.rule != "off-track")
    client = here.sign_in("administrator")
    page = client.get("/alerts").text
    form = {"what": "silence", "until": "2024-07-31", "note": "đang rà soát", "csrf": csrf(page)}
    assert client.post("/alerts", data=form | {"alert": [bhyt, "0123456789ab"]}).status_code == 422
    assert client.post("/alerts", data=form | {"alert": [bhyt, other], "resolution": "nq"}).status_code == 303
    with here.engine.connect() as connection:
        kept = stored_silences.silences(connection)
    assert [(each.matchers["target"], each.matchers["rule"]) for each in kept] == sorted(
        [([present[name].target], [present[name].rule]) for name in (bhyt, other)], key=lambda pair: pair[1]
    )
    assert "đang rà soát" in client.get("/alerts").text
    for each in kept:
        assert client.post(f"/alerts/silences/{each.id}", data={"csrf": csrf(page)}).status_code == 303
    assert "đang rà soát" not in client.get("/alerts").text


def test_an_alert_is_asked_about_where_it_stands(here: Site) -> None:
    client = here.sign_in("official")
    name = re.findall(r'href="/ask\?about=([0-9a-f]+)"', client.get("/alerts?owner=y-te").text)[0]
    form = client.get(f"/ask?about={name}").text
    assert "Bảo hiểm y tế" in form
    made = client.post("/ask", data={"about": name, "question": "Vì sao?", "csrf": csrf(form)})
    assert made.status_code == 303
    with here.engine.connect() as connection:
        assert stored_requests.requests(connection)[0].alert == name
    assert here.sign_in("reader").get(f"/ask?about={name}").status_code == 403


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({}, "forged"),
        ({}, ""),
        ({"origin": "https://elsewhere.example"}, None),
        ({"sec-fetch-site": "cross-site"}, None),
    ],
    ids=["another-token", "no-token", "another-origin", "another-site"],
)
def test_a_form_of_another_site_does_nothing(here: Site, headers: dict[str, str], token: str | None) -> None:
    client = here.sign_in("official")
    own = csrf(client.get("/").text)
    data = {"about": "bhyt", "question": "Vì sao?", "csrf": own if token is None else token}
    assert client.post("/ask", data=data, headers=headers).status_code == 403
    assert deeds(here) == []


def test_a_wrong_password_is_told_no_more_than_that_and_a_stranger_may_try_twenty_times(here: Site) -> None:
    client = here.visit()
    answers = [client.post("/sign-in", data={"login": f"x{n % 3}", "password": "wrong"}) for n in range(21)]
    assert [a.status_code for a in answers] == [401] * 20 + [429]
    assert len({re.sub(r'value="[^"]*"', "", a.text) for a in answers[:20]}) == 1


@pytest.mark.parametrize(
    "where", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)"]
)
def test_signing_in_leads_to_no_other_site(here: Site, where: str) -> None:
    done = here.visit().post("/sign-in", data={"login": "reader", "password": PASSWORD, "next": where})
    assert (done.status_code, done.headers["location"]) == (303, "/")


def test_whoever_is_removed_is_out_at_the_next_click_and_so_is_who_signs_out(here: Site) -> None:
    client, other = here.sign_in("official"), here.sign_in("reader")
    with writing(here.engine) as connection:
        drop(connection, login="official")
    assert client.get("/").status_code == 303
    other.post("/sign-out", data={"csrf": csrf(other.get("/").text)})
    assert other.get("/").status_code == 303


def test_a_letters_link_opens_its_request_without_an_account_and_answers_it_once(here: Site) -> None:
    path = asked(here)
    guest = here.visit()
    # Mail servers look before people do.
    for _ in range(3):
        assert "Vì sao giảm?" in guest.get(path).text
    wrong = guest.post(path, data={**ANSWER, "expects": "94.2", "by": "2024-09-30"})
    assert wrong.status_code == 422
    assert "Cấp thẻ tại phường" in wrong.text
    assert guest.post(path, data={**ANSWER, "by": "2024-09-30"}).status_code == 303
    assert "Cấp thẻ tại phường" in guest.get(path).text
    again = guest.post(path, data={**ANSWER, "remedy": "khác", "by": "2024-09-30"})
    assert (again.status_code, "đã được dùng để trả lời" in again.text) == (422, True)
    with here.engine.connect() as connection:
        request = stored_requests.requests(connection)[0]
    assert [(a.who, a.remedy, a.expected) for a in request.answers] == [("Phòng Y tế", "Cấp thẻ tại phường", 94.2)]
    # It opens nothing else.
    assert guest.get("/").status_code == 303
    assert guest.get("/requests/1").status_code == 303


def test_a_letters_link_ends_with_its_time_and_another_opens_nothing(here: Site) -> None:
    path = asked(here)
    assert here.visit().get(path[:-1] + ("a" if path[-1] != "a" else "b")).status_code == 410
    here.today = date(2024, 8, 30)
    assert here.visit().get(path).status_code == 410


def test_what_is_written_in_any_field_is_shown_as_text(here: Site) -> None:
    client = here.sign_in("official")
    nasty = "<img src=x onerror=alert(1)>{{ 7*7 }}"
    token = csrf(client.get("/").text)
    client.post("/ask", data={"about": "bhyt", "question": nasty, "csrf": token})
    for path in ("/requests", "/requests/1", "/targets/bhyt", f"/?q={nasty}", link(here)):
        text = client.get(path).text
        assert "<img src=x" not in text
        assert "&lt;img src=x onerror=alert(1)&gt;{{ 7*7 }}" in text


def test_an_administrator_edits_sees_what_is_wrong_and_what_it_would_change_applies_and_goes_back(here: Site) -> None:
    client = here.sign_in("administrator")
    page = client.get(f"/rules/edit?path={Y_TE}").text
    head = {"x-csrf": csrf(page)}
    begun = (here.root / Y_TE).read_text(encoding="utf-8")
    bad, good = (
        begun.replace('">= 99"', '"=> 99"'),
        begun.replace('">= 95"', '">= 90"').replace("printed: 95%", "printed: 90%"),
    )
    found = client.post("/rules/check", json={"path": Y_TE, "text": bad}, headers=head).json()["problems"]
    assert [(mark["file"], mark["line"]) for mark in found] == [(Y_TE, 6)]
    plan = client.post("/rules/plan", json={"path": Y_TE, "text": good}, headers=head).json()
    assert any("bhyt" in line for line in plan["declared"])
    assert any("Bảo hiểm y tế" in line for line in plan["alerts"])
    sent = {"path": Y_TE, "begun": begun, "csrf": head["x-csrf"], "what": "apply"}
    assert client.post("/rules/edit", data={**sent, "text": bad, "why": "x"}).status_code == 422
    assert client.post("/rules/edit", data={**sent, "text": good}).status_code == 422
    with_crlf = good.replace("\n", "\r\n")
    first = client.post("/rules/edit", data={**sent, "begun": begun, "text": begun, "why": "lần đầu"})
    assert first.status_code == 303
    assert client.post("/rules/edit", data={**sent, "text": with_crlf, "why": "theo văn bản 12"}).status_code == 303
    assert (here.root / Y_TE).read_text(encoding="utf-8") == good
    late = client.post("/rules/edit", data={**sent, "text": begun + "# late\n", "why": "x"})
    assert late.status_code == 422
    assert "# late" in late.text
    versions = re.findall(r"/rules/versions/([0-9a-f]{64})", client.get("/rules").text)
    assert len(versions) == 2
    assert "&gt;= 95" in client.get(f"/rules/versions/{versions[1]}").text
    back = client.post(f"/rules/versions/{versions[1]}", data={"why": "nhầm", "csrf": head["x-csrf"]})
    assert back.status_code == 303
    assert (here.root / Y_TE).read_text(encoding="utf-8") == begun


def test_the_editor_offers_the_words_of_the_form_and_the_names_there_are(here: Site) -> None:
    words = here.sign_in("administrator").get(f"/rules/words?path={Y_TE}").json()["words"]
    assert {"unit_of_measure", "throughout", "bhyt", "y-te", "periods_left"} <= set(words)


@pytest.mark.parametrize("path", ["alerts/addresses.yaml", "../x.yaml", "monitor.db", "feeds/so-lieu.csv"])
def test_only_declarations_are_opened_in_the_editor(here: Site, path: str) -> None:
    client = here.sign_in("administrator")
    assert client.get(f"/rules/edit?path={path}").status_code == 422
    token = csrf(client.get("/").text)
    done = client.post("/rules/edit", data={"path": path, "begun": "", "text": "x: 1", "why": "x", "csrf": token})
    assert done.status_code == 422


def test_every_page_is_there_in_english_too(here: Site) -> None:
    client = here.sign_in("official")
    text = client.get("/?lang=en").text
    assert "of 3 targets 2 are met or on track" in text
    assert 'lang="en"' in client.get("/alerts").text


def test_what_was_written_while_the_session_ended_is_sent_after_signing_in_again(here: Site) -> None:
    client = here.sign_in("official")
    written = {"about": "bhyt@tp", "question": "Vì <b>sao</b>?\nTừ tháng 4?", "csrf": csrf(client.get("/alerts").text)}
    client.cookies.clear()
    ended = client.post("/ask", data=written)
    assert (ended.status_code, 'name="password"' in ended.text) == (401, True)
    kept = html.unescape(re.findall(r'name="kept" value="([^"]+)"', ended.text)[0])
    signing = {"login": "official", "kept": kept}
    assert "&lt;b&gt;sao" in client.post("/sign-in", data=signing | {"password": "wrong"}).text
    assert client.post("/sign-in", data=signing | {"kept": "[", "password": PASSWORD}).status_code == 422
    again = client.post("/sign-in", data=signing | {"password": PASSWORD})
    assert 'action="/ask"' in again.text
    sent = re.findall(r'<textarea name="question"[^>]*>\n(.*?)</textarea>', again.text, flags=re.S)
    done = client.post("/ask", data={"about": "bhyt@tp", "question": html.unescape(sent[0]), "csrf": csrf(again.text)})
    assert (done.status_code, done.headers["location"]) == (303, "/requests/1")
    with here.engine.connect() as connection:
        assert stored_requests.requests(connection)[0].question == written["question"]


def test_an_account_without_a_password_never_signs_in(here: Site) -> None:
    with writing(here.engine) as connection:
        people.stored.keep(connection, Person("empty", "e", "", (Grant(Role.READER),)))
    assert here.visit().post("/sign-in", data={"login": "empty", "password": ""}).status_code == 401


def reported(here: Site) -> dict[str, float]:
    with here.engine.connect() as connection:
        table = observations(connection, date.max)
    own = table[table["feed"] == "@typed"]
    return {
        f"{target} {period}": value
        for target, period, value in zip(own["target"], own["period"], own["value"], strict=True)
    }


def test_a_department_types_looks_says_why_sends_and_corrects(here: Site) -> None:
    here.today = date(2024, 7, 18)
    client = here.sign_in("reporter")
    page = client.get("/report?period=2024-07").text
    assert all(f'name="{name}@tp"' in page for name in ("bhyt", "tiem-chung", "suy-dinh-duong"))
    written = {"csrf": csrf(page), "owner": "y-te", "period": "2024-07", "tiem-chung@tp": "99,5"}
    wrong = client.post("/report", data={**written, "bhyt@tp": "92.1", "what": "send"})
    assert wrong.status_code == 422
    # What was typed stays, and what is wrong stands at its place.
    assert 'value="92.1"' in wrong.text
    assert 'value="99,5"' in wrong.text
    assert "có phải 92,1" in wrong.text.lower() or "92,1" in wrong.text
    looked = client.post("/report", data={**written, "bhyt@tp": "9,21", "what": "check"})
    assert "Bảo hiểm y tế, Thành phố: 9,21 lệch quá xa" in looked.text
    assert client.post("/report", data={**written, "bhyt@tp": "9,21", "what": "send"}).status_code == 422
    assert reported(here) == {}
    sent = client.post("/report", data={**written, "bhyt@tp": "92,1", "what": "send"})
    assert sent.status_code == 303
    assert "Đã nhận, việc số" in client.get(sent.headers["location"]).text
    assert (
        client.post("/report", data={**written, "bhyt@tp": "92,4", "why": "cộng nhầm", "what": "send"}).status_code
        == 303
    )
    assert reported(here) == {"bhyt 2024-07": 92.4, "tiem-chung 2024-07": 99.5}
    assert "92,4%" in client.get("/targets/bhyt").text


def test_the_form_is_had_as_a_workbook_that_stands_in_it_when_dropped_in_and_counts_when_it_is_sent(here: Site) -> None:
    shutil.copy(defaults() / "feeds" / "bieu-mau.yaml", here.root / "feeds")
    here.desk.workspace = partial(load, here.root)
    here.today = date(2024, 7, 18)
    client = here.sign_in("reporter")
    page = client.get("/report?period=2024-07").text
    assert "Hạn báo cáo số liệu 07/2024: 22/07/2024: còn 3 trong 3 số chưa báo cáo." in page
    assert "đã báo cáo đủ 3 số." in client.get("/report?period=2024-06").text
    had = client.get("/report/form.xlsx?owner=y-te&period=2024-07")
    assert had.headers["content-disposition"] == 'attachment; filename="y-te-2024-07.xlsx"'
    book = load_workbook(io.BytesIO(had.content))
    sheet = book.worksheets[0]
    column = next(cell.column for row in sheet.iter_rows() for cell in row if cell.value == form.VALUE)
    lines = {cell.value: cell.row for row in sheet.iter_rows() for cell in row}
    sheet.cell(lines["bhyt"], column).value = 92.3
    sheet.cell(lines["tiem-chung"], column).value = 99.4
    written = io.BytesIO()
    book.save(written)
    # Meanwhile one of them has become another's to report.
    path = here.root / Y_TE
    path.write_text(path.read_text(encoding="utf-8").replace("{id: tiem", "{owner: tp, id: tiem"), encoding="utf-8")
    data = {"owner": "y-te", "period": "2024-07", "csrf": csrf(page)}
    read = client.post("/report/workbook", data=data, files={"file": ("bieu.xlsx", written.getvalue())})
    assert 'name="bhyt@tp" value="92,3"' in read.text
    assert "không thuộc phần Phòng Y tế báo cáo nên không lấy: Tiêm chủng" in read.text
    assert reported(here) == {}
    broken = client.post("/report/workbook", data=data, files={"file": ("bieu.xlsx", b"PK\x03\x04 no workbook")})
    assert broken.status_code == 200
    assert "bieu.xlsx" in broken.text
    assert here.sign_in("official").get("/report/form.xlsx").status_code == 403


def test_nobody_reports_for_another_department(here: Site) -> None:
    here.today = date(2024, 7, 18)
    here.enrol("ward", Grant(Role.REPORTER, owners=("tp",)))
    client = here.sign_in("ward")
    assert client.get("/report").status_code == 403
    data = {"csrf": csrf(client.get("/").text), "owner": "y-te", "period": "2024-07", "bhyt@tp": "95", "what": "send"}
    assert client.post("/report", data=data).status_code == 403
    assert here.sign_in("official").get("/report").status_code == 403
    assert reported(here) == {}


TESTS = "rules/nq/tests/bao-hiem.yaml"
RULE_TEST = """\
tests:
  - name: bảo hiểm giảm thì báo
    figures:
      bhyt: {2024: [94.0, 93.0, 92.0]}
    expect:
      - {as_of: 2024-04-25, status: {bhyt: met}}
"""


def test_rule_tests_are_written_tried_and_saved_in_the_browser(here: Site) -> None:
    client = here.sign_in("administrator")
    token = csrf(client.get(f"/rules/edit?path={TESTS}").text)
    headers = {"X-CSRF": token}
    wrong = client.post(
        "/rules/check", json={"path": TESTS, "text": RULE_TEST.replace("bhyt:", "bhty:", 1)}, headers=headers
    )
    (mark,) = wrong.json()["problems"]
    assert (mark["file"], mark["line"], "bhyt" in mark["text"]) == (TESTS, 4, True)
    tried = client.post("/rules/plan", json={"path": TESTS, "text": RULE_TEST}, headers=headers).json()
    assert tried["alerts"][0].startswith("bảo hiểm giảm thì báo: ")
    form = {"path": TESTS, "new": "true", "text": RULE_TEST, "why": "thử", "csrf": token}
    assert client.post("/rules/edit", data=form).status_code == 303
    assert (here.root / TESTS).read_text(encoding="utf-8") == RULE_TEST
    assert TESTS in client.get("/rules").text
    # Begun as a new one by another, too: nothing is overwritten.
    again = client.post("/rules/edit", data=form | {"text": RULE_TEST + "# khác\n"})
    assert (again.status_code, "đã sửa tệp này" in again.text) == (422, True)


RESOLUTION_TEXT = """\
HỘI ĐỒNG NHÂN DÂN THÀNH PHỐ SÓC TRĂNG
Số: 60/NQ-HĐND
Sóc Trăng, ngày 20 tháng 12 năm 2024
NGHỊ QUYẾT
Về phát triển kinh tế - xã hội năm 2025
Điều 1. Mục tiêu, chỉ tiêu năm 2025
1. Chỉ tiêu về y tế
- Tỷ lệ người tham gia bảo hiểm y tế đạt từ 96% trở lên.
- <b>Tỷ lệ</b> trẻ em suy dinh dưỡng dưới 8,5%.
Điều 2. Tổ chức thực hiện
"""


def test_a_resolution_dropped_in_is_a_draft_beside_its_text_and_saved_only_with_a_reason(here: Site) -> None:
    client = here.sign_in("administrator")
    token = csrf(client.get("/rules").text)
    sent = {"file": ("nq-60.txt", RESOLUTION_TEXT.encode())}
    shown = client.post("/rules/draft", data={"csrf": token, "like": "nq"}, files=sent)
    assert shown.status_code == 200
    assert "&lt;b&gt;" in shown.text
    assert '<mark class="read">' in shown.text
    paths = re.findall(r'name="path" value="([^"]+)"', shown.text)
    texts = [html.unescape(t) for t in re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", shown.text, flags=re.S)]
    folder = here.root / "rules" / Path(paths[0]).parent.name
    assert not folder.exists()
    document = re.findall(r'name="document" value="([0-9a-f]+)"', shown.text)[0]
    form = {"csrf": token, "path": paths, "text": texts, "document": document}
    assert client.post("/rules/draft/save", data=form).status_code == 422
    spoilt = [texts[0], *(t.replace("targets:", "tragets:") for t in texts[1:])]
    told = client.post("/rules/draft/save", data=form | {"text": spoilt, "why": "NQ 60"})
    assert (told.status_code, "tragets" in told.text) == (422, True)
    # The document is still beside it.
    assert '<mark class="read">' in told.text
    assert not folder.exists()
    saved = client.post("/rules/draft/save", data=form | {"why": "NQ 60"})
    assert (saved.status_code, saved.headers.get("location")) == (303, "/rules")
    assert sorted(path.name for path in folder.iterdir()) == sorted(Path(path).name for path in paths)
    official = here.sign_in("official")
    refused = official.post("/rules/draft", data={"csrf": csrf(official.get("/").text)}, files=sent)
    assert refused.status_code == 403


def sent(here: Site, *told: str) -> str:
    """The path of the link in a digest that goes to `an`, and tells of those alerts."""
    stamp = Stamp("nq", "hdnd", Kind.DIGEST, here.today)
    written = Letter("Bản tin", "<body>x</body>", "x", ())
    with writing(here.engine) as connection:
        outbox.post(connection, stamp, written, told, ["an"], here.now(), here.now())
        parcel, letter = outbox.opened(connection, outbox.deliveries(connection)[0].id)
        own = with_link("https://giam-sat.example/", here.desk.workspace)(connection, parcel, letter, here.now())
    found = re.search(r"https://giam-sat\.example(/l/\S+)", own.text)
    assert found is not None
    assert f'href="https://giam-sat.example{found[1]}"' in own.html
    assert "/l/" not in letter.text
    return found[1]


def test_a_letters_link_shows_its_alerts_and_acknowledges_them_for_a_month(here: Site) -> None:
    with here.engine.connect() as connection:
        active = [name for name, alert in stored_alerts.alerts(connection).items() if alert.state is State.OPEN]
    path = sent(here, active[0])
    stranger = here.visit()
    with here.engine.connect() as connection:
        told = stored_alerts.alerts(connection)[active[0]].target
    assert "Đã báo bằng thư" in here.sign_in("reader").get(f"/targets/{told}").text
    assert "Bảo hiểm y tế" in stranger.get(path).text
    assert "Tiếp nhận" in stranger.get(path).text
    assert stranger.post(f"{path}/acknowledge", data={"note": "x"}).status_code == 422
    assert stranger.post(f"{path}/acknowledge", data={"alert": active[1]}).status_code == 422
    done = stranger.post(f"{path}/acknowledge", data={"alert": active[0], "note": "<i>đã giao</i>"})
    assert (done.status_code, 'role="status"' in done.text) == (200, True)
    again = stranger.post(f"{path}/acknowledge", data={"alert": active[0]})
    assert again.status_code == 422
    assert ("acknowledge", "an") in deeds(here)
    with here.engine.connect() as connection:
        present = stored_alerts.alerts(connection)
    assert (present[active[0]].state, present[active[1]].state) == (State.ACKNOWLEDGED, State.OPEN)
    # It opens nothing else, and neither does a link to a request acknowledge.
    assert stranger.post(path, data=ANSWER | {"by": "2024-09-30"}).status_code == 404
    assert stranger.post(f"{asked(here)}/acknowledge", data={"alert": active[1]}).status_code == 404
    here.today = date(2024, 8, 1)
    assert (stranger.get(path).status_code, "đã quá một tháng" in stranger.get(path).text) == (410, True)


def test_a_letter_that_tells_of_no_alert_goes_as_it_is(here: Site) -> None:
    stamp, written = Stamp("nq", "hdnd", Kind.DIGEST, here.today), Letter("Bản tin", "<body>x</body>", "x", ())
    with writing(here.engine) as connection:
        outbox.post(connection, stamp, written, (), ["an"], here.now(), here.now())
        parcel, letter = outbox.opened(connection, outbox.deliveries(connection)[0].id)
        assert with_link("https://x.example", here.desk.workspace)(connection, parcel, letter, here.now()) == letter


def test_a_page_that_is_kept_for_many_is_each_ones_own_and_never_old(here: Site) -> None:
    here.enrol("binh", Grant(Role.OFFICIAL))
    here.enrol("part", Grant(Role.OFFICIAL, owners=("tp",)))
    first, second = here.sign_in("official"), here.sign_in("binh")
    texts = [client.get("/").text for client in (first, second)]
    assert ["<span>official</span>" in texts[0], "<span>binh</span>" in texts[1]] == [True, True]
    assert len({csrf(text) for text in texts}) == 2
    assert "Bảo hiểm y tế" not in here.sign_in("part").get("/").text
    assert "Overview" in second.get("/?lang=en").text
    typed = [figures.Typed("bhyt", "2024-06", "95,5")]
    root = Actor("root", Door.COMMAND, "đã rà soát")
    figures.report(load(here.root), here.engine, root, typed, Moment.at(here.now()))
    assert "95,5" in first.get("/").text
    path = here.root / Y_TE
    path.write_text(path.read_text(encoding="utf-8").replace("name: Bảo hiểm y tế", "name: Thẻ y tế"), encoding="utf-8")
    here.desk.workspace = partial(load, here.root)
    assert "Thẻ y tế" in second.get("/").text
