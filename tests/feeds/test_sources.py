"""Where figures come from: the web, a database, an inbox, a mailbox; each real, on loopback."""

from __future__ import annotations

import imaplib
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from support import small
from support.web import Site, site

from monitor import pipeline
from monitor.feeds.sources.http import published
from monitor.language import Language
from monitor.model.observation import Taken
from monitor.model.problem import Problems
from monitor.pipeline import Ingestion, Moment
from monitor.store import observations as stored
from monitor.store.database import default_url, open_database
from monitor.store.observations import last_recorded
from monitor.workspace import load

Take = Callable[..., Ingestion]
JUNE = Moment.end_of(date(2024, 6, 30))
LAYOUT = small.FEED.split("schedule:")[1]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return small.lay_out(tmp_path / "w")


@pytest.fixture
def engine(root: Path) -> Iterator[Engine]:
    opened = open_database(default_url(root))
    yield opened
    opened.dispose()


@pytest.fixture
def take(root: Path, engine: Engine) -> Take:
    """Declare the feed's source, and take it."""

    def taking(
        source: str, environment: dict[str, str] | None = None, moment: Moment = JUNE, more: str = ""
    ) -> Ingestion:
        declared = f"id: so-lieu\nsource: {source}\n{more}schedule:{LAYOUT}"
        (root / "feeds" / "so-lieu.yaml").write_text(declared, encoding="utf-8")
        workspace = load(root)
        opened = pipeline.open_source(workspace, workspace.feeds[0], environment or {}, engine)
        return pipeline.ingest(workspace, engine, workspace.feeds[0], opened, moment)

    return taking


def said(done: Ingestion) -> list[str]:
    return [problem.text(Language("en")) for problem in done.problems]


@pytest.fixture
def web() -> Iterator[Site]:
    with site() as served:
        served.content = small.figures(months=6).encode()
        yield served


def http(web: Site, **more: Any) -> str:
    options = {"timeout": 0.5, "retries": 0, "pause": 0} | more
    return f"{{kind: http, url: {web.url}, " + ", ".join(f"{k}: {v}" for k, v in options.items()) + "}"


def test_a_file_on_the_web_is_taken_and_not_fetched_again_until_it_changes(web: Site, take: Take) -> None:
    assert take(http(web)).taken.added == 18
    assert take(http(web)).taken.added == 0
    assert web.asked[1]["If-None-Match"] == '"1"'
    web.content, web.etag = small.figures(months=6, bhyt=[94.5] * 6).encode(), '"2"'
    assert take(http(web)).taken.revised == 6


def test_a_figure_that_is_not_due_is_kept_and_need_not_be_fetched_again(web: Site, take: Take, engine: Engine) -> None:
    early = take(http(web), moment=Moment.end_of(date(2024, 6, 10)))
    assert (early.taken.added, early.taken.early, early.taken.newest) == (18, 3, date(2024, 6, 14))
    assert take(http(web)).taken.added == 0
    with engine.connect() as connection:
        assert len(stored.observations(connection, date(2024, 6, 13))) == 15
        assert len(stored.observations(connection, date(2024, 6, 14))) == 18


def test_a_file_that_has_not_changed_is_not_read_again_and_one_edited_back_is(root: Path, take: Take) -> None:
    file, source = root / "feeds" / "so-lieu.csv", "{kind: file, path: so-lieu.csv}"
    first = small.figures(months=6)
    file.write_text(first)
    assert take(source).taken.added == 18
    assert take(source).taken == Taken("so-lieu")
    file.write_text(small.figures(months=6, bhyt=[94.5] * 6))
    assert take(source).taken.revised == 6
    file.write_text(first)
    assert take(source).taken.revised == 6


def test_a_file_with_something_wrong_in_it_is_told_of_at_every_reading(root: Path, take: Take) -> None:
    (root / "feeds" / "so-lieu.csv").write_text(small.figures(months=6) + "bhty,2024-03,94\n")
    for _ in range(2):
        assert len(take("{kind: file, path: so-lieu.csv}").quarantined) == 1


def test_a_file_is_read_anew_when_a_unit_gets_another_name(root: Path, take: Take) -> None:
    (root / "feeds" / "so-lieu.csv").write_text(small.figures(months=6))
    take("{kind: file, path: so-lieu.csv}")
    units = root / "rules" / "nq" / "units.yaml"
    units.write_text(
        units.read_text(encoding="utf-8").replace("kind: city", "kind: city, aliases: [TP]"), encoding="utf-8"
    )
    assert take("{kind: file, path: so-lieu.csv}").taken.known == 18


def test_what_is_said_to_a_server_does_not_follow_a_redirect_to_another(web: Site, take: Take) -> None:
    secret = http(web, headers='{X-Api-Key: "${THE}", X-Dept: "${THE}"}', user="an", password='"${THE}"')
    web.moved = "/elsewhere.csv"
    assert take(secret, {"THE": "bi-mat"}).taken.added == 18
    assert [asked.get("X-Api-Key") for asked in web.asked] == ["bi-mat", "bi-mat"]
    with site() as other:
        other.content = web.content
        web.moved = other.url
        done = take(secret, {"THE": "bi-mat-2"})
        assert said(done) == []
        (asked,) = other.asked
        assert not {"X-Api-Key", "X-Dept", "Authorization"} & asked.keys()
        assert "bi-mat" not in str(asked)


@pytest.mark.parametrize(
    ("source", "where"),
    [
        ("{kind: http, url: 'https://x.vn/a.csv', headers: {X-Api-Key: bi-mat}}", "X-Api-Key"),
        ("{kind: http, url: 'https://x.vn/a.csv', headers: {Authorization: Bearer bi-mat}}", "Authorization"),
        ("{kind: http, url: 'https://x.vn/a.csv', headers: {Authorization: 'Bearer bi${X}mat'}}", "Authorization"),
        ("{kind: http, url: 'https://an:bi-mat@x.vn/a.csv'}", "user:password@"),
        ("{kind: http, url: 'https://${AN}:bi-mat@x.vn/a.csv'}", "user:password@"),
        ("{kind: http, url: 'https://bi-mat@x.vn/a.csv'}", "user@"),
        ("{kind: http, url: 'https://x.vn/a.csv?api_key=bi-mat'}", "api_key="),
        ("{kind: http, url: 'https://x.vn/a.csv?nam=2024&access_token=bi-mat'}", "access_token="),
        ("{kind: http, url: 'https://x.vn/a.csv', user: an, password: bi-mat}", "password"),
        ("{kind: sql, url: 'postgresql://an:bi-mat@db/kho', query: select 1}", "user:password@"),
        ("{kind: sql, url: 'postgresql://${AN}:bi-mat@db/kho', query: select 1}", "user:password@"),
        ("{kind: imap, url: 'imaps://an:bi-mat@mail.vn/INBOX', folder: hop}", "user:password@"),
        ("{kind: http, url: 'https://x.vn/a.csv?subscription-key=bi-mat'}", "subscription-key="),
        ("{kind: http, url: 'https://www.dropbox.com/scl/fi/a1b2/so-lieu.csv?rlkey=bi-mat&dl=1'}", "rlkey="),
        ("{kind: http, url: 'https://x.vn/a.csv#access_token=bi-mat'}", "access_token="),
        ("{kind: http, url: 'https://x.vn/a.csv;token=bi-mat'}", "token="),
        ("{kind: http, url: 'https://x.vn/a/token=bi-mat/so-lieu.csv'}", "token="),
        ("{kind: http, url: 'https://x.vn/token/8f3a51c0/data'}", "/token/…"),
        ("{kind: http, url: 'https://x.vn/api/v1/api-key/bi-mat-2024/data'}", "/api-key/…"),
        ("{kind: http, url: 'https://x.vn/token/6f1c8a2e-3b4d-4c5e-9f60-7a8b9c0d1e2f/data'}", "/token/…"),
        ("{kind: http, url: 'https://x.vn/%74oken/8f3a51c0/data'}", "/token/…"),
        ("{kind: http, url: 'https://api.telegram.org/bot123:ABC/getUpdates'}", "/bot1…/"),
        (
            "{kind: http, url: 'https://api.telegram.org/file/bot123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PAL/a.csv'}",
            "/bot1…/",
        ),
        ("{kind: http, url: 'https://hooks.x.vn/services/T024BE7LD/aB3xK9mQ2rT7vY1zW5cD8fG4/a.csv'}", "/aB3x…/"),
        ("{kind: http, url: 'https://x.vn/glpat-1234567890abcdefghij/a.csv'}", "/glpa…/"),
        ("{kind: http, url: 'https://x.vn/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc/a.csv'}", "/eyJh…/"),
        ("{kind: sql, url: 'mssql+pyodbc://?odbc_connect=UID%3Dan%3BPWD%3Dbi-mat', query: select 1}", "PWD="),
    ],
)
def test_a_secret_in_a_feeds_file_is_refused_and_not_repeated(take: Take, source: str, where: str) -> None:
    with pytest.raises(Problems) as refused:
        take(source)
    (problem,) = refused.value.problems
    assert problem.text(Language("en")) == (
        f"a secret stands in no file: found one in {where}. Write ${{NAME}} for it, and set NAME in the environment"
    )
    assert "bi-mat" not in problem.text(Language("vi"))


@pytest.mark.parametrize(
    "source",
    [
        "{kind: http, url: 'https://x.vn/a.csv?nam=2024', headers: {Accept: text/csv, X-Api-Key: '${KEY}'}}",
        "{kind: http, url: 'https://${USER}:${PASSWORD}@x.vn/a.csv?api_key=${KEY}', retries: 0}",
        "{kind: http, url: '${ALL}', user: an, password: '${PASSWORD}'}",
        "{kind: sql, url: 'postgresql://monitor@db/kho', query: select 1}",
        "{kind: imap, url: 'imaps://an:${PASSWORD}@mail.vn/INBOX', folder: hop}",
        "{kind: http, url: 'https://x.vn/token/${TOKEN}/data'}",
        "{kind: http, url: 'https://api.telegram.org/bot${BOT}/getUpdates'}",
        "{kind: sql, url: 'mssql+pyodbc://?odbc_connect=UID%3Dan%3BPWD%3D${PWD}', query: select 1}",
        # What stands in the addresses of open data is no secret: uuids, hashes, ids of documents, words, days.
        "{kind: http, url: 'https://data.gov.vn/dataset/6f1c8a2e-3b4d-4c5e-9f60-7a8b9c0d1e2f/resource/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9/download/so-lieu.csv'}",
        "{kind: http, url: 'https://www.arcgis.com/sharing/rest/content/items/30e5fe3149c34df1ba922e6f5bbf808f/data'}",
        "{kind: http, url: 'https://raw.githubusercontent.com/an/kho/4114c47d0f3b2a1e5c6d7f8091a2b3c4d5e6f708/a.csv'}",
        "{kind: http, url: 'https://docs.google.com/spreadsheets/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgVE2upms/export?format=csv'}",
        "{kind: http, url: 'https://docs.google.com/spreadsheets/d/e/2PACX-1vQ8aZk3LrT7xY2bN9mWq4cD6fG0hJ5/pub?output=csv'}",
        "{kind: http, url: 'https://x.vn/Bao-cao/BaoCaoKinhTeXaHoi2024Thang06/QD123-UBND-2024-KTXH.xlsx'}",
        "{kind: http, url: 'https://x.vn/key/indicators/2024-06/api/v1/auth/tokens/index.csv'}",
        "{kind: http, url: 'https://nso.gov.vn/wp-content/uploads/2024/06/01-Bao-cao-KTXH-thang-6_2024-final-v2.xlsx'}",
        "{kind: http, url: 'https://x.vn/a.csv?sort_key=thang&ma=30e5fe3149c34df1ba922e6f5bbf808f'}",
    ],
)
def test_a_secret_that_is_named_is_accepted(root: Path, source: str) -> None:
    (root / "feeds" / "so-lieu.yaml").write_text(f"id: so-lieu\nsource: {source}\nschedule:{LAYOUT}", encoding="utf-8")
    assert load(root).feeds


def test_the_same_content_is_read_anew_when_the_feed_is_declared_otherwise(web: Site, take: Take) -> None:
    web.content = web.content.replace(b"bhyt", b"BHYT toan dan")
    assert take(http(web)).taken.added == 12
    assert take(http(web), more="targets: {BHYT toan dan: bhyt}\n").taken.added == 6


def test_a_busy_server_is_asked_again(web: Site, take: Take) -> None:
    web.busy = 2
    assert take(http(web, retries=2)).taken.added == 18


def test_a_token_comes_from_the_environment_and_is_never_shown(web: Site, take: Take) -> None:
    web.token = "bi-mat"
    source = http(web, headers='{Authorization: "Bearer ${THE}"}')
    assert take(source, {"THE": "bi-mat"}).taken.added == 18
    assert said(take(source)) == ["the environment variable THE is not set, and the feed needs it"]
    own = take(source.replace("THE", "MONITOR_SMTP_URL"), {"MONITOR_SMTP_URL": "smtp://u:p@h"})
    assert said(own) == ["MONITOR_SMTP_URL is the monitor's own, and no feed may read it"]
    assert said(take(source, {"THE": "sai"})) == ["the server answers 401 Unauthorized"]


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("hangs", "no answer within 0.5 s"),
        ("redirects", "more than 5 redirects"),
        ("endless", "the file has 1"),
        ("drips", "longer than the 1"),
    ],
)
def test_a_server_that_misbehaves_is_told_and_does_not_hold_anything_up(
    web: Site, take: Take, how: str, told: str
) -> None:
    setattr(web, how, True)
    begun = time.monotonic()
    (problem,) = said(take(http(web, deadline=1), more="max_mb: 1\n"))
    assert told in problem
    assert time.monotonic() - begun < 10


def test_garbage_from_the_web_is_told_and_what_was_known_stays(web: Site, take: Take, engine: Engine) -> None:
    take(http(web))
    web.content, web.etag = bytes(range(256)) * 40, '"3"'
    assert "the encoding of the text cannot be told" in said(take(http(web)))[0]
    with engine.connect() as connection:
        assert last_recorded(connection) == 18


def test_columns_that_changed_are_told_with_the_nearest_name(web: Site, take: Take) -> None:
    web.content = web.content.replace(b"target,period,value", b"target,periods,value")
    assert said(take(http(web))) == [
        'column "period" is not in the heading, which has: target, periods, value. Did you mean "periods"?'
    ]


def test_json_records_are_read_where_they_stand(web: Site, take: Take) -> None:
    web.content = b'{"data": {"rows": [{"target": "bhyt", "period": "2024-03", "value": 94.5}]}}'
    done = take(http(web), more="format: json\noptions: {records: data.rows}\n")
    assert (done.taken.added, said(done)) == (1, [])
    web.etag = '"2"'
    assert said(take(http(web), more="format: json\noptions: {records: data.row}\n")) == [
        'there is no "row" in the JSON, which has: rows'
    ]


def test_the_address_at_which_people_look_at_a_spreadsheet_serves_as_well() -> None:
    assert published("https://docs.google.com/spreadsheets/d/1abc/edit#gid=7") == (
        "https://docs.google.com/spreadsheets/d/1abc/export?format=csv&gid=7"
    )


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_query_gives_a_figure_a_row_and_writes_nothing(
    kind: str, tmp_path: Path, take: Take, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'kho.db'}"
    if kind == "postgresql":
        url = str(request.getfixturevalue("postgres_url")).replace("postgresql://", "postgresql+psycopg://")
    other = create_engine(url)
    with other.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS kho"))
        connection.execute(text("CREATE TABLE kho (chi_tieu TEXT, thang DATE, so NUMERIC(6,2))"))
        connection.execute(text("INSERT INTO kho VALUES ('bhyt', '2024-03-01', 94.5)"))
    query = "select chi_tieu as target, thang as period, so as value from kho"
    done = take(f"{{kind: sql, url: '${{KHO}}', query: '{query}'}}", {"KHO": url})
    assert (done.taken.added, said(done)) == (1, [])
    writing = "with x as (select 1) insert into kho values ('x', '2024-01-01', 1)"
    (told,) = said(take(f'{{kind: sql, url: "${{KHO}}", query: "{writing}"}}', {"KHO": url}))
    assert "does not answer" in told
    assert url not in told
    with other.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM kho")).scalar() == 1
        connection.rollback()
    with other.begin() as connection:
        connection.execute(text("DROP TABLE kho"))
    other.dispose()


def drop(folder: Path, name: str, content: str | bytes, age: float = 60) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def test_an_inbox_takes_what_is_complete_and_files_it_away_with_a_report(root: Path, take: Take) -> None:
    folder = root / "feeds" / "hop-thu"
    inbox = "{kind: inbox, folder: hop-thu}"
    assert take(inbox).problems == ()
    drop(folder, "t6.csv", small.figures(months=6))
    drop(folder, "hong.csv", b"\xff\xfe")
    drop(folder, "la.pdf", b"%PDF")
    drop(folder, "nham.csv", small.HEAD + "bhyt,2024-03,nhieu\nbhty,2024-03,94\n")
    drop(folder, "dang-chep.csv", small.figures(months=6), age=0)
    drop(folder, "t7.csv.part", "x")
    (folder / "lien-ket.csv").symlink_to("/etc/hostname")
    done = take(inbox)
    assert (done.taken.added, len(done.problems), len(done.quarantined)) == (18, 2, 2)
    left = {path.name for path in folder.iterdir() if not path.is_dir()}
    assert left == {"dang-chep.csv", "t7.csv.part", "lien-ket.csv"}
    filed = {
        kind: sorted(p.name.split("-", 1)[1] for p in (folder / kind).iterdir()) for kind in ("processed", "rejected")
    }
    assert filed["processed"] == ["nham.csv", "nham.csv.report.txt", "t6.csv"]
    assert filed["rejected"] == ["hong.csv", "hong.csv.report.txt", "la.pdf", "la.pdf.report.txt"]
    report = next((folder / "processed").glob("*nham.csv.report.txt")).read_text(encoding="utf-8")
    assert 'nham.csv:2:3  "nhieu" không phải là số' in report
    assert "bhyt" in report.splitlines()[1]
    assert take(inbox).taken.added == 0


def test_a_file_replaced_between_reading_and_filing_is_read_too(root: Path, engine: Engine, take: Take) -> None:
    folder = root / "feeds" / "hop-thu"
    take("{kind: inbox, folder: hop-thu}")
    drop(folder, "t6.csv", small.figures(months=5))
    workspace = load(root)
    opened = pipeline.open_source(workspace, workspace.feeds[0], {}, engine)
    drop(folder, "t6.csv", small.figures(months=6))
    assert pipeline.ingest(workspace, engine, workspace.feeds[0], opened, JUNE).taken.added == 15
    assert take("{kind: inbox, folder: hop-thu}").taken.added == 3
    (filed,) = (folder / "processed").iterdir()
    assert filed.read_text(encoding="utf-8") == small.figures(months=6)


def test_a_file_taken_again_after_a_crash_changes_nothing(root: Path, take: Take) -> None:
    drop(root / "feeds" / "hop-thu", "t6.csv", small.figures(months=6))
    take("{kind: inbox, folder: hop-thu}")
    (again,) = (root / "feeds" / "hop-thu" / "processed").iterdir()
    again.rename(root / "feeds" / "hop-thu" / "t6.csv")
    done = take("{kind: inbox, folder: hop-thu}")
    assert (done.taken.added, done.taken.known) == (0, 18)


def test_a_database_that_is_not_there_is_told_without_its_password(take: Take) -> None:
    url = "postgresql+psycopg://an:bi-mat@127.0.0.1:1/kho"
    (told,) = said(take("{kind: sql, url: '${KHO}', query: select 1}", {"KHO": url}))
    assert "does not answer" in told
    assert "bi-mat" not in told


def test_sqlite_feeds_are_opened_for_reading_only(tmp_path: Path, take: Take) -> None:
    with sqlite3.connect(tmp_path / "kho.db") as made:
        made.execute("CREATE TABLE kho (target TEXT, period TEXT, value REAL)")
    made.close()
    done = take("{kind: sql, url: '${KHO}', query: select * from kho}", {"KHO": f"sqlite:///{tmp_path / 'kho.db'}"})
    assert (done.taken.added, said(done)) == (0, [])


@pytest.fixture
def mailbox() -> Iterator[int]:
    """A real IMAP server, with one account; its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            Path(sys.executable).with_name("pymap"),
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--no-tls",
            "dict",
            "--demo-data",
        ],
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        server.kill()
        server.wait()


def send(port: int, sender: str, name: str, content: bytes) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "so-lieu@soctrang.example", "Báo cáo"
    mail.set_content("Kính gửi")
    mail.add_attachment(content, "text", "csv", filename=name)
    with imaplib.IMAP4("127.0.0.1", port) as box:
        box.login("demouser", "demopass")
        box.append("INBOX", "", "", mail.as_bytes())


def test_attachments_of_a_mailbox_go_to_its_inbox_once(mailbox: int, root: Path, take: Take) -> None:
    send(mailbox, "y-te@soctrang.example", "../../t6.csv", small.figures(months=6).encode())
    send(mailbox, "la@x.example", "khac.csv", small.figures(months=6, bhyt=[1.0] * 6).encode())
    url = f"imap://demouser:${{MAT_KHAU}}@127.0.0.1:{mailbox}/INBOX"
    source = f"{{kind: imap, url: '{url}', folder: hop-thu, senders: [y-te@soctrang.example]}}"
    done = take(source, {"MAT_KHAU": "demopass"})
    assert (done.taken.added, said(done)) == (18, [])
    assert take(source, {"MAT_KHAU": "demopass"}).taken == Taken("so-lieu")
    (filed,) = (root / "feeds" / "hop-thu" / "processed").iterdir()
    assert filed.name.endswith("-t6.csv")
    (told,) = said(take(source, {"MAT_KHAU": "sai"}))
    assert "the mailbox cannot be read" in told
    assert "sai@" not in told
