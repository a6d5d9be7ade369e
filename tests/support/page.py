"""The page, served, over a small workspace whose insurance falls away in April, seen on a day that the test says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path

import httpx
from sqlalchemy import Engine
from support import small

from monitor import pipeline
from monitor.acts import people
from monitor.desk import Desk, Latest
from monitor.language import ZONE
from monitor.model.act import Actor, Door
from monitor.model.person import Grant, Person, Role
from monitor.pipeline import Moment
from monitor.store.database import default_url, open_database
from monitor.web.app import make
from monitor.web.server import WebServer
from monitor.workspace import load

PASSWORD = "mot-mat-khau-dai"
ROUTES = """\
requests:
  days: 5
  late: hdnd
  causes:
    - {id: von-cham, vi: Vốn giao chậm, en: Funds came late}
    - {id: khac, vi: Nguyên nhân khác}
routes:
  - {id: hdnd, name: Hội đồng nhân dân, to: [an], schedule: 30 7 25 * *}
  - {id: y-te, name: Phòng Y tế, to: [yte], schedule: 30 7 25 * *, choose: {owner: [y-te]}}
  - {id: quan-tri, name: Quản trị, to: [binh], schedule: 0 8 * * 1, upkeep: true}
"""


@dataclass
class Site:
    """The application, and what is behind it. `today`: what its clock says."""

    root: Path
    engine: Engine
    desk: Desk
    today: date = field(default=date(2024, 6, 30))
    url: str = ""
    clients: list[httpx.Client] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.combine(self.today, time(9), tzinfo=ZONE)

    def enrol(self, login: str, *grants: Grant) -> None:
        person = Person(login, login, "", grants)
        people.enrol(load(self.root), self.engine, Actor("root", Door.COMMAND), person, PASSWORD, Moment.at(self.now()))

    def visit(self) -> httpx.Client:
        client = httpx.Client(base_url=self.url, timeout=60)
        self.clients.append(client)
        return client

    def sign_in(self, login: str) -> httpx.Client:
        client = self.visit()
        assert client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 303
        return client


def lay_out(folder: Path) -> Path:
    """The figures until June, evaluated; and somebody of every role. The root."""
    root = small.lay_out(folder / "small")
    (root / "feeds" / "so-lieu.csv").write_text(small.figures(6), encoding="utf-8")
    (root / "alerts" / "routes.yaml").write_text(ROUTES, encoding="utf-8")
    read, engine = load(root), open_database(default_url(root))
    june = Moment.end_of(date(2024, 6, 30))
    for feed in read.feeds:
        pipeline.ingest(read, engine, feed, pipeline.open_source(read, feed, {}), june, settle=False)
    pipeline.evaluate(read, engine, read.resolutions[0], june)
    for role in Role:
        person = Person(role.value, role.value, "", (Grant(role),))
        people.enrol(read, engine, Actor("root", Door.COMMAND), person, PASSWORD, june)
    engine.dispose()
    return root


@contextmanager
def site(root: Path, settings: Mapping[str, str] | None = None) -> Iterator[Site]:
    """The page of such a workspace, served; `settings`: more of the environment."""
    engine = open_database(default_url(root))
    environment = {"MONITOR_URL": "https://giam-sat.example"} if settings is None else settings
    desk = Desk(Latest(root, engine, load(root)), engine, root, environment)
    made = Site(root, engine, desk)
    desk.clock = made.now
    server = WebServer(make(desk), 0)
    made.url = f"http://127.0.0.1:{server.port}"
    try:
        yield made
    finally:
        for client in made.clients:
            client.close()
        server.close()
        engine.dispose()


def csrf(text: str) -> str:
    """What the forms of a page carry."""
    found = re.search(r'<meta name="csrf" content="([^"]+)"', text)
    assert found is not None
    return found[1]
