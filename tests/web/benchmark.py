"""Readers at once on the overview of the sample city while it is evaluated:  python tests/web/benchmark.py [READERS]

Prints how long the overview took (median and 95th percentile of all answers), and the memory of the server before, during and
a session. Everything stays on this machine; it stops by itself.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
import tempfile
import time
from datetime import date, datetime
from datetime import time as clock
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import psutil

from monitor import pipeline
from monitor import workspace as workspaces
from monitor.acts import people
from monitor.desk import Desk, Latest
from monitor.language import ZONE
from monitor.model.act import Actor, Door
from monitor.model.person import Grant, Person, Role
from monitor.pipeline import Moment
from monitor.store.database import default_url, open_database, writing
from monitor.web.app import make
from monitor.web.server import WebServer

DAY, PASSWORD, LOOKS = date(2024, 6, 30), "mot-mat-khau-dai", 3


async def read(port: int, cookie: str, pause: float, taken: list[float]) -> None:
    """One reader: looks, reads, looks again, each time by a connection of its own. A client of httpx takes longer to make than the
    server to answer, so the few lines of HTTP stand here.
    """
    for _ in range(LOOKS):
        await asyncio.sleep(pause)
        begun = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = ("GET / HTTP/1.1", "Host: 127.0.0.1", f"Cookie: monitor_session={cookie}", "Connection: close")
        writer.write("\r\n".join((*head, "", "")).encode())
        answer = await reader.read()
        taken.append(time.perf_counter() - begun)
        writer.close()
        if not (answer.startswith(b"HTTP/1.1 200 ") and answer.rstrip().endswith(b"</html>")):
            raise SystemExit(f"the overview answered {answer[:40]!r}")


async def crowd(port: int, cookies: list[str], pauses: tuple[float, float]) -> list[float]:
    """All readers, each with a pause of its own between its looks; the seconds that each answer took."""
    taken: list[float] = []
    own = np.random.default_rng(1).uniform(*pauses, len(cookies))
    await asyncio.gather(*(read(port, c, float(p), taken) for c, p in zip(cookies, own, strict=True)))
    return taken


def serve(root: Path, ready: Connection) -> None:
    """The server, in a process of its own; evaluates again and again while it is asked to."""
    read, engine = workspaces.load(root), open_database(default_url(root))
    desk = Desk(Latest(root, engine, read), engine, root, {}, lambda: datetime.combine(DAY, clock(9), tzinfo=ZONE))
    server = WebServer(make(desk), 0)
    ready.send(server.port)
    june = Moment.end_of(DAY)
    while not ready.poll():
        time.sleep(0.05)
    ready.recv()
    runs = 0
    while not ready.poll():
        for feed in read.feeds:
            pipeline.ingest(read, engine, feed, pipeline.open_source(read, feed, {}), june, settle=False)
        pipeline.evaluate(read, engine, read.resolutions[0], june)
        runs += 1
    ready.send(runs)
    server.close()
    engine.dispose()


def lay_out(root: Path, readers: int) -> list[str]:
    """The sample city, evaluated in June, and a session for each reader."""
    workspaces.lay_out(root)
    read, engine = workspaces.load(root), open_database(default_url(root))
    june, root_actor = Moment.end_of(DAY), Actor("root", Door.COMMAND)
    for feed in read.feeds:
        pipeline.ingest(read, engine, feed, pipeline.open_source(read, feed, {}), june)
    pipeline.evaluate(read, engine, read.resolutions[0], june)
    people.enrol(read, engine, root_actor, Person("reader", "Người đọc", "", (Grant(Role.READER),)), PASSWORD, june)
    now = datetime.combine(DAY, clock(8), tzinfo=ZONE)
    with writing(engine) as connection:
        cookies = [people.session(connection, "reader", now)[0] for _ in range(readers)]
    engine.dispose()
    return cookies


def main() -> None:
    """The whole of it."""
    readers = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "w"
        cookies = lay_out(root, readers)
        ours, theirs = multiprocessing.Pipe()
        child = multiprocessing.get_context("spawn").Process(target=serve, args=(root, theirs))
        child.start()
        port = ours.recv()
        process = psutil.Process(child.pid)
        asyncio.run(crowd(port, cookies[:1], (0, 0)))
        before = process.memory_info().rss
        for what, pauses, begins in (
            ("all in one instant, nothing else runs", (0.0, 0.0), False),
            ("each every 0 to 20 s, feeds read and evaluated meanwhile", (0.0, 20.0), True),
            ("all in one instant, feeds read and evaluated meanwhile", (0.0, 0.0), False),
        ):
            if begins:
                ours.send("run")
            taken = asyncio.run(crowd(port, cookies, pauses))
            middle, most = np.percentile(taken, [50, 95])
            told = f"median {middle:.2f} s, 95th percentile {most:.2f} s, {len(taken)} answers"
            print(f"{readers} readers, {what}: {told}")  # noqa: T201
        grown = process.memory_info().rss - before
        ours.send("stop")
        memory = f"memory {before / 2**20:.0f} MB before, {grown / readers / 2**10:.0f} kB more a session"
        print(f"{ours.recv()} runs meanwhile; {memory}")  # noqa: T201
        child.join(60)


if __name__ == "__main__":
    main()
