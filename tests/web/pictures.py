"""Make the guide's pictures anew, of the sample city in the summer of 2024:  python tests/web/pictures.py

Needs Chromium. Each is a WebP of some ten kilobytes in monitor/guide/pictures.
"""

from __future__ import annotations

import io
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine

from monitor import pipeline
from monitor import workspace as workspaces
from monitor.acts import people, requests
from monitor.desk import Desk, Latest
from monitor.guide import FOLDER, PICTURES
from monitor.language import ZONE
from monitor.model.act import Actor, Door
from monitor.model.letter import Kind
from monitor.model.person import Grant, Person, Role
from monitor.pipeline import Moment
from monitor.store import outbox
from monitor.store.database import default_url, open_database
from monitor.web.app import make
from monitor.web.server import WebServer

JUNE, JULY, PASSWORD = date(2024, 6, 30), date(2024, 7, 18), "mot-mat-khau-dai"
NAMES = {
    Role.OFFICIAL: "Trần Thị Bình",
    Role.REPORTER: "Lê Văn Cường",
    Role.ADMINISTRATOR: "Phạm Thu Dung",
    Role.OPERATOR: "Võ Minh Đức",
}
WIDE, NARROW = (1280, 760), (390, 760)
TARGET, RULES = "bao-hiem.bhyt", "rules/nq-43-2023/08-y-te.yaml"
# Picture: who looks, at which page, on which day, how large the screen is; and what is done there first.
SCREENS = {
    "overview": (Role.OFFICIAL, "/", JUNE, WIDE, ""),
    "overview-phone": (Role.OFFICIAL, "/", JUNE, NARROW, ""),
    "target": (Role.OFFICIAL, f"/targets/{TARGET}", JUNE, (1280, 900), ""),
    "alerts": (Role.OFFICIAL, "/alerts", JUNE, WIDE, ""),
    "report": (Role.REPORTER, "/report?owner=phong-y-te&period=2024-07", JULY, WIDE, ""),
    "editor": (Role.ADMINISTRATOR, f"/rules/edit?path={RULES}", JUNE, WIDE, "#marks li"),
    "upkeep": (Role.OPERATOR, "/upkeep", JUNE, (1280, 1150), ""),
}


def main() -> None:
    """Make them all."""
    with tempfile.TemporaryDirectory() as folder, city(Path(folder) / "w") as (desk, days, url, link):
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for name, (role, path, day, size, ready) in SCREENS.items():
                days["today"] = day
                take(browser, name, url, role, path, size, ready)
            days["today"] = JUNE
            take(browser, "answer", url, None, link, (800, 900), "")
            browser.close()
        desk.engine.dispose()


def take(
    browser: Browser, name: str, url: str, role: Role | None, path: str, size: tuple[int, int], ready: str
) -> None:
    """One picture. `role`: who signs in first; `ready`: what the page shows when it is ready."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="vi-VN")
    page = context.new_page()
    page.set_default_timeout(120_000)
    if role is not None:
        page.goto(f"{url}/sign-in")
        page.get_by_label("Tên đăng nhập").fill(role.value)
        page.get_by_label("Mật khẩu").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{url}/")
    page.goto(url + path)
    if ready:
        page.locator(ready).first.wait_for()
    place = FOLDER / PICTURES / f"{name}.webp"
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(place, quality=60, method=6)
    print(f"{place.name}: {place.stat().st_size / 1024:.0f} kB")  # noqa: T201 - said to whoever runs it
    context.close()


@contextmanager
def city(root: Path) -> Iterator[tuple[Desk, dict[str, date], str, str]]:
    """The sample city, evaluated in June, with a request to explain and a feed with a slip: its desk, the day that its clock
    says, where it is served, and the letter's link.
    """
    workspaces.lay_out(root)
    slip = root / "feeds" / "samples" / "2024" / "phong-ban" / "phong-noi-vu.csv"
    text = slip.read_text(encoding="utf-8")
    slip.write_text(re.sub(r"(,05/2024,)[^,]+", r"\1chưa chốt", text, count=1), encoding="utf-8")
    read, engine = workspaces.load(root), open_database(default_url(root))
    june = Moment.end_of(JUNE)
    for feed in read.feeds:
        pipeline.ingest(read, engine, feed, pipeline.open_source(read, feed, {}), june)
    pipeline.evaluate(read, engine, read.resolutions[0], june)
    for role, name in NAMES.items():
        people.enrol(
            read, engine, Actor("root", Door.COMMAND), Person(role.value, name, "", (Grant(role),)), PASSWORD, june
        )
    days = {"today": JUNE}
    desk = Desk(
        Latest(root, engine, read), engine, root, {}, lambda: datetime.combine(days["today"], time(9), tzinfo=ZONE)
    )
    asker = Actor(NAMES[Role.OFFICIAL], Door.COMMAND)
    requests.ask(read, engine, asker, TARGET, "Vì sao giảm liên tục từ đầu năm?", None, june, "http://x")
    server = WebServer(make(desk), 0)
    try:
        yield desk, days, f"http://127.0.0.1:{server.port}", letter_link(engine)
    finally:
        server.close()


def letter_link(engine: Engine) -> str:
    """The path of the link in the letter that asks."""
    with engine.connect() as connection:
        sent = next(each for each in outbox.deliveries(connection) if each.stamp.kind is Kind.REQUEST)
        found = re.search(r"http://x(/l/\S+)", outbox.opened(connection, sent.id)[1].text)
    if found is None:
        raise LookupError("the letter has no link")
    return found[1]


if __name__ == "__main__":
    main()
