"""What keeps the monitor going: feeds and what they last brought, cells of no use, jobs, letters, versions, health."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Response, UploadFile
from fastapi.responses import RedirectResponse

from monitor.acts import upkeep
from monitor.acts.permission import Refused, require
from monitor.feeds.declaration import Feed, source_options
from monitor.feeds.sources import file as file_source
from monitor.feeds.sources import inbox
from monitor.model.act import Actor, Deed
from monitor.model.letter import FILES, Delivery, DeliveryState
from monitor.model.problem import Problem, Problems
from monitor.service.checkup import examine
from monitor.service.service import jobs, next_run
from monitor.store import jobs as stored_jobs
from monitor.store import outbox, readings, versions
from monitor.store.jobs import Outcome, Run, spoken
from monitor.store.readings import Unusable
from monitor.web import guard
from monitor.web.pages import SignedIn, acting, slow, visitor_of
from monitor.web.render import Page

router = APIRouter()
# So many rows of a kind are shown; the command line lists all.
MOST_SHOWN = 100
_WAITING = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DEAD)


@router.get("/upkeep")
@slow
def show(page: SignedIn, checkup: bool = False) -> Response:
    """The page. `checkup`: also try everything that the service needs, which takes its time."""
    return _shown(page, (), [], checkup=checkup)


@router.post("/upkeep/feed")
@slow
def read(page: SignedIn, feed: Annotated[str, Form()] = "", csrf: Annotated[str, Form()] = "") -> Response:
    """Read a feed now, and say what it brought."""
    desk, actor = page.desk, acting(page, csrf)
    try:
        told, problems = _read(page, actor, feed)
    except Refused:
        raise
    except Problems as found:
        return _shown(page, found.problems, [], 422)
    desk.changed()
    return _shown(page, problems, [told])


@router.post("/upkeep/file")
@slow
def supply(
    page: SignedIn,
    file: Annotated[UploadFile, File()],
    feed: Annotated[str, Form()] = "",
    why: Annotated[str, Form(max_length=4000)] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """A corrected file, put where the feed reads it, and read."""
    desk, actor = page.desk, acting(page, csrf, why)
    try:
        content = file.file.read(guard.MOST_BODY)
        path = upkeep.supply(desk.workspace(), desk.engine, actor, feed, file.filename or "", content, desk.moment)
        told, problems = _read(page, actor, feed)
    except Refused:
        raise
    except Problems as found:
        return _shown(page, found.problems, [], 422)
    desk.changed()
    return _shown(page, problems, [page.speaks.say("{path} is in its place.", path=path), told])


@router.post("/upkeep/cells")
def ignore(
    page: SignedIn,
    figure: Annotated[list[int] | None, Form()] = None,
    why: Annotated[str, Form(max_length=4000)] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Leave out the cells that are ticked, all or none."""
    desk, actor = page.desk, acting(page, csrf, why)
    try:
        done = upkeep.ignore(desk.workspace(), desk.engine, actor, figure or [], desk.moment)
    except Refused:
        raise
    except Problems as found:
        return _shown(page, found.problems, [], 422)
    return RedirectResponse(f"/upkeep?ignored={len(done)}", 303)


@router.post("/upkeep/cells/release")
def release(
    page: SignedIn,
    feed: Annotated[str, Form()] = "",
    place: Annotated[int, Form(ge=0)] = 0,
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Read a cell again that was left out."""
    desk, actor = page.desk, acting(page, csrf)
    try:
        upkeep.release(desk.workspace(), desk.engine, actor, feed, place, desk.moment)
    except Refused:
        raise
    except Problems as found:
        return _shown(page, found.problems, [], 422)
    return RedirectResponse("/upkeep?released=1", 303)


@router.post("/upkeep/letters")
def retry(page: SignedIn, letter: Annotated[int, Form()] = 0, csrf: Annotated[str, Form()] = "") -> Response:
    """Send a letter again that was given up."""
    desk, actor = page.desk, acting(page, csrf)
    try:
        upkeep.retry(desk.engine, actor, letter, desk.moment)
    except Refused:
        raise
    except Problems as found:
        return _shown(page, found.problems, [], 422)
    desk.changed()
    return RedirectResponse(f"/upkeep?letter={letter}", 303)


def _read(page: Page, actor: Actor, feed: str) -> tuple[str, tuple[Problem, ...]]:
    """Read a feed; what it brought, in words, and what could not be had of it."""
    desk = page.desk
    done = upkeep.read_now(desk.workspace(), desk.engine, actor, feed, desk.environment, desk.moment)
    if not done.taken.known and not done.taken.added and not done.taken.revised and not done.problems:
        return page.speaks.say("feed {feed}: nothing is new", feed=feed), ()
    values = {"added": done.taken.added, "revised": done.taken.revised, "unusable": done.unusable}
    told = f"{feed}: {page.speaks.say('{added} new, {revised} revised, {unusable} unusable', **values)}"
    return told, tuple(done.problems)


def _shown(
    page: Page, problems: tuple[Problem, ...], told: list[str], status: int = 200, *, checkup: bool = False
) -> Response:
    require(visitor_of(page).actor, Deed.INGEST)
    desk, workspace, say = page.desk, page.desk.workspace(), page.speaks.say
    declared = [feed.id for feed in workspace.feeds]
    with desk.engine.connect() as connection:
        read = readings.readings(connection)
        unusable = readings.unusable(connection, declared)
        runs = stored_jobs.runs(connection)
        letters = [each for each in outbox.deliveries(connection) if each.recipient != FILES]
        counts = outbox.by_state(connection)
        kept = list(reversed(versions.every(connection)))[:10]
    waiting = [each for each in letters if each.state in _WAITING]
    given = page.request.query_params
    if given.get("ignored", "").isdigit():
        told = [*told, say("{count} cells are left out, once the feed is read again.", count=given["ignored"])]
    if given.get("released"):
        told = [*told, say("The cell is read again, at the next reading.")]
    if given.get("letter", "").isdigit():
        told = [*told, say("Letter {found} is in the outbox again.", found=given["letter"])]
    look = page.request.app.state.health
    well, report = look() if look is not None else (None, dict[str, Any]())
    found = list(examine(desk.root, lambda: desk.engine, desk.environment, page.speaks, feeds=False)) if checkup else []
    return page.show(
        "upkeep.html.j2",
        status,
        problems=page.told(problems),
        told=told,
        well=well,
        report={"hanging": [], "edit_waits": False, "edit_refused": []} | report,
        found=found,
        feeds=[_feed(page, feed, read.get(feed.id), unusable) for feed in workspace.feeds],
        unusable=[_cell(page, each) for each in unusable[:MOST_SHOWN]],
        count=len(unusable),
        ignored=[
            {"feed": feed.id, "place": n, "cell": each}
            for feed in workspace.feeds
            for n, each in enumerate(feed.ignore)
        ],
        held_back=list(_held_back(page)),
        jobs=[
            _job(page, name, cron, runs.get(name))
            for name, cron in {**dict.fromkeys(runs, ""), **jobs(workspace)}.items()
        ],
        letters=[_letter(page, each) for each in waiting[:MOST_SHOWN]],
        counts={say(state): number for state, number in counts.items()},
        versions=[
            {"of": each, "wrong": [say(p["message"], **p["values"]) for p in each.problems[:3]]} for each in kept
        ],
    )


def _feed(page: Page, feed: Feed, read: readings.FeedReading | None, unusable: list[Unusable]) -> dict[str, Any]:
    options = source_options(feed)
    return {
        "id": feed.id,
        "about": feed.about,
        "kind": feed.source["kind"],
        "takes": isinstance(options, file_source.Options | inbox.Options),
        "read": read,
        "problems": [f"{p.file}: {p.text(page.speaks)}" for p in read.problems] if read is not None else [],
        "unusable": sum(each.feed == feed.id for each in unusable),
    }


def _cell(page: Page, each: Unusable) -> dict[str, Any]:
    text = each.problem.text(page.speaks)
    return {"number": each.number, "feed": each.feed, "place": each.problem.place(), "found": each.found, "text": text}


def _held_back(page: Page) -> Iterator[dict[str, Any]]:
    """The latest figures that cannot be right, of those whose targets are followed now: each with its cell."""
    desk, day = page.desk, page.desk.moment.as_of
    for declared in desk.resolutions(visitor_of(page).actor, day):
        view = desk.view(declared, day)
        doubted = [key for key, fields in view.fields.items() if fields.get("implausible")]
        if not doubted:
            continue
        known, (targets, units) = view.standing.observations, zip(*doubted, strict=True)
        known = known[known["target"].isin(targets) & known["unit"].isin(units)]
        known = known.sort_values("period").drop_duplicates(["target", "unit"], keep="last")
        cells = {(str(row["target"]), str(row["unit"])): row for row in known.to_dict("records")}
        for target, unit in doubted:
            if (target, unit) in cells:
                row, of = cells[target, unit], declared.targets[target]
                place = "!".join(str(part) for part in (row["file"], row["sheet"], row["cell"]) if part)
                yield {
                    "target": target,
                    "unit": unit,
                    "name": of.name,
                    "of": declared.unit_names.get(unit, unit) if unit != declared.city.id else "",
                    "value": page.speaks.number(
                        float(row["value"]), str(row["unit_of_measure"] or of.unit_of_measure), 6
                    ),
                    "period": page.speaks.month(str(row["period"])),
                    "place": place,
                }


def _job(page: Page, name: str, cron: str, last: Run | None) -> dict[str, Any]:
    speaks, now = page.speaks, page.desk.clock()
    failed = last is not None and last.outcome is Outcome.FAILED
    following = next_run(cron, None if failed else last, now) if cron else None
    return {
        "name": name,
        "cron": cron,
        "next": "–" if following is None else speaks.say("now") if following <= now else speaks.moment(following),
        "last": speaks.moment(last.started) if last is not None else "–",
        "outcome": last.outcome.value if last is not None else "",
        "did": spoken(last.did, speaks) if last is not None else "",
    }


def _letter(page: Page, each: Delivery) -> dict[str, Any]:
    owed = each.state in (DeliveryState.QUEUED, DeliveryState.SENDING)
    return {
        "id": each.id,
        "route": each.stamp.route,
        "recipient": each.recipient,
        "subject": each.subject,
        "state": each.state.value,
        "attempts": each.attempts,
        "next": page.speaks.moment(each.due) if owed else "–",
        "error": each.error,
        "dead": each.state is DeliveryState.DEAD,
    }
