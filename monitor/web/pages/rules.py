"""The declarations in the browser: an editor with marks, what an edit would change beside it, versions and going back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from fnmatch import fnmatchcase
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Header, HTTPException, Query, Response, UploadFile
from fastapi.responses import JSONResponse, RedirectResponse
from markupsafe import Markup
from pydantic import BaseModel, Field

from monitor import preview, ruletest
from monitor import workspace as workspaces
from monitor.acts import files
from monitor.acts.files import Edit
from monitor.acts.permission import Refused, require
from monitor.derive import write
from monitor.derive.alike import Past, alike
from monitor.derive.draft import derive
from monitor.model.act import Deed
from monitor.model.assessment import FIELDS
from monitor.model.problem import Problem, Problems
from monitor.schema import KINDS, schema_of
from monitor.store import versions
from monitor.web import guard
from monitor.web.pages import SignedIn, acting, slow, visitor_of
from monitor.web.render import Page

router = APIRouter()
# Of what an edit changes, and of what is wrong in it, so many lines are shown.
MOST_SHOWN, MOST_MARKS = 60, 100


class Draft(BaseModel):
    """A file's text while it is being written."""

    path: str = Field(max_length=300)
    text: str = Field(max_length=1_000_000)


@router.get("/rules")
def list_(page: SignedIn) -> Response:
    """The files, and the versions that were in force."""
    require(visitor_of(page).actor, Deed.EDIT)
    return _listed(page, ())


@router.get("/rules/edit")
def edit(page: SignedIn, path: Annotated[str, Query(max_length=300)]) -> Response:
    """The editor of a file; of one that is not there yet, empty."""
    require(visitor_of(page).actor, Deed.EDIT)
    if path.endswith(workspaces.BINARY):
        raise HTTPException(404)
    text = files.present(page.desk.root, path)
    return _edited(page, path, text, text or "", "", ())


@router.post("/rules/edit")
@slow
def save(
    page: SignedIn,
    path: Annotated[str, Form(max_length=300)],
    begun: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    why: Annotated[str, Form(max_length=4000)] = "",
    csrf: Annotated[str, Form()] = "",
    what: Annotated[str, Form()] = "save",
    new: Annotated[bool, Form()] = False,
) -> Response:
    """Save; or save and put in force. What is wrong is told, and what was written stays in the editor."""
    desk, actor = page.desk, acting(page, csrf, why)
    before, text = None if new else _lines(begun), _lines(text)
    try:
        if what == "apply" and not why.strip():
            raise Problems([Problem("why", "say why: it is kept, and shown")])
        files.edit(desk.root, desk.engine, actor, [Edit(path, before, text)], desk.moment)
        if what == "apply":
            files.apply(desk.root, desk.engine, actor, files.prepare(desk.root), desk.moment)
    except Refused:
        raise
    except Problems as found:
        return _edited(page, path, before, text, why, found.problems)
    return RedirectResponse(f"/rules/edit?path={quote(path)}&done={'applied' if what == 'apply' else 'saved'}", 303)


@router.post("/rules/draft")
@slow
def draft(
    page: SignedIn,
    file: Annotated[UploadFile, File()],
    year: Annotated[str, Form(max_length=4)] = "",
    like: Annotated[str, Form(max_length=100)] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """A resolution's text made a draft, shown beside the document: nothing is saved yet."""
    require(acting(page, csrf), Deed.EDIT)
    workspace = page.desk.workspace()
    name = file.filename or "document"
    past = next((d for d in workspace.resolutions if d.resolution.id == like), None)
    try:
        made = derive(name, file.file.read(guard.MOST_BODY), _year(year))
        if past is None:
            written = write.files(made, name, page.speaks)
        else:
            made, before = alike(made, Past(past.targets, past.units))
            written = write.files(made, name, page.speaks, past.units, before)
    except Problems as found:
        return _listed(page, found.problems, 422)
    report = written.pop(write.REPORT).partition("<body>")[2].partition("</body>")[0]
    drafted = {f"rules/{made.identifier}/{path}": text for path, text in written.items()}
    document = hashlib.sha256(report.encode()).hexdigest()
    page.desk.remembered(("draft", document), lambda: report)
    return _drafted(page, drafted, "", (), document)


@router.post("/rules/draft/save")
def save_draft(
    page: SignedIn,
    path: Annotated[list[str] | None, Form()] = None,
    text: Annotated[list[str] | None, Form()] = None,
    why: Annotated[str, Form(max_length=4000)] = "",
    document: Annotated[str, Form(max_length=64)] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Save a draft as a folder of rules, all of it or nothing: what has a mistake, or is there already, is told."""
    desk, actor = page.desk, acting(page, csrf, why)
    drafted = {name: _lines(said) for name, said in zip(path or (), text or (), strict=False)}
    try:
        if not why.strip():
            raise Problems([Problem("why", "say why: it is kept, and shown")])
        files.edit(
            desk.root, desk.engine, actor, [Edit(name, None, said) for name, said in drafted.items()], desk.moment
        )
    except Refused:
        raise
    except Problems as found:
        return _drafted(page, drafted, why, found.problems, document)
    return RedirectResponse("/rules", 303)


@router.get("/rules/words")
def words(page: SignedIn, path: str) -> Response:
    """What may be written in a file of that name: the keys and values of its form, and the names that there are."""
    require(visitor_of(page).actor, Deed.EDIT)
    kind = next((name for name, (_, pattern) in KINDS.items() if fnmatchcase(path, pattern)), None)
    known = set(_words(schema_of(kind))) if kind is not None else set()
    names = page.desk.workspace().names
    known |= names.target | names.unit | names.group | names.rule | names.resolution
    if kind in ("policy", "rules", "tests"):
        known |= set(FIELDS) | {value for field in FIELDS.values() for value in field.values}
    return JSONResponse({"words": sorted(known)})


@router.post("/rules/check")
@slow
def check(page: SignedIn, draft: Draft, x_csrf: Annotated[str, Header()] = "") -> Response:
    """What is wrong with the files, were this one so."""
    require(acting(page, x_csrf), Deed.EDIT)
    try:
        _with(page, draft)
    except Problems as found:
        return JSONResponse({"problems": _marks(page, found.problems)})
    return JSONResponse({"problems": []})


@router.post("/rules/plan")
@slow
def plan(page: SignedIn, draft: Draft, x_csrf: Annotated[str, Header()] = "") -> Response:
    """What the edit would declare otherwise, and which of the year's alerts it would change."""
    require(acting(page, x_csrf), Deed.EDIT)
    before, speaks = page.desk.workspace(), page.speaks
    try:
        after, cases = _with(page, draft)
    except Problems as found:
        return JSONResponse({"problems": _marks(page, found.problems)})
    if files.is_test(draft.path):
        outcomes = [ruletest.run(after, case) for case in cases]
        lines = [line for outcome in outcomes for line in _outcome(page, outcome)]
        return JSONResponse({"problems": [], "declared": [], "alerts": lines, "more": 0, "told": []})

    known, _ = preview.stored_figures(page.desk.engine)
    edited = preview.edits(before, after)
    differences, told = preview.history(before, after, known, page.desk.moment.as_of) if edited else ([], [])
    names = {target.id: target.name for target in after.targets.values()}
    return JSONResponse(
        {
            "problems": [],
            "declared": [
                f"{speaks.say(e.what)} {e.id} {speaks.say(e.how)}"
                + "".join(f"; {name}: {old or '–'} → {new or '–'}" for name, old, new in e.fields)
                for e in edited[:MOST_SHOWN]
            ],
            "alerts": [
                f"{speaks.say(d.kind)}: {names.get(d.alert.target, d.alert.target)} ({d.alert.rule}, {d.alert.unit})"
                for d in differences[:MOST_SHOWN]
            ],
            "more": max(0, len(differences) - MOST_SHOWN),
            "told": sorted({t.route for t in told}),
        }
    )


@router.get("/rules/versions/{version}")
def compare(page: SignedIn, version: str) -> Response:
    """What differs between a version and the files as they are."""
    require(visitor_of(page).actor, Deed.EDIT)
    edits = files.back_to(page.desk.root, page.desk.engine, version)
    lines: list[str] = []
    for each in edits:
        now, then = (text.splitlines() if text is not None else [] for text in (each.begun, each.text))
        lines += unified_diff(now, then, each.path, f"{each.path} {version[:12]}", lineterm="")
    return page.show("version.html.j2", version=version, lines=lines)


@router.post("/rules/versions/{version}")
@slow
def go_back(
    page: SignedIn,
    version: str,
    why: Annotated[str, Form(max_length=4000)] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Make the files what they were, and put them in force."""
    desk, actor = page.desk, acting(page, csrf, why)
    try:
        if not why.strip():
            raise Problems([Problem("why", "say why: it is kept, and shown")])
        files.edit(desk.root, desk.engine, actor, files.back_to(desk.root, desk.engine, version), desk.moment)
        files.apply(desk.root, desk.engine, actor, files.prepare(desk.root), desk.moment)
    except Refused:
        raise
    except Problems as found:
        return _listed(page, found.problems, 422)
    return RedirectResponse("/rules", 303)


def _year(text: str) -> int | None:
    """A year that was typed; None, where none was. Raises Problems."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise Problems([Problem("year", '"{found}" is not what can stand here', {"found": text})])
    return int(text)


def _words(node: Any) -> Iterator[str]:
    """The keys and the words of a schema."""
    if isinstance(node, dict):
        yield from node.get("properties", {})
        yield from (value for value in node.get("enum", ()) if isinstance(value, str))
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from _words(each)


def _listed(page: Page, problems: tuple[Problem, ...], status: int = 200) -> Response:
    with page.desk.engine.connect() as connection:
        kept = list(reversed(versions.every(connection)))[:50]
    return page.show(
        "rules.html.j2",
        status,
        paths=list(files.paths(page.desk.root)),
        versions=kept,
        resolutions=[d.resolution for d in page.desk.workspace().resolutions],
        problems=page.told(problems),
    )


def _drafted(page: Page, drafted: dict[str, str], why: str, problems: tuple[Problem, ...], document: str) -> Response:
    """The draft beside its document, which is remembered for a while."""
    # Everything that the document says is escaped in the report (monitor.derive.write).
    report = Markup(page.desk.remembered(("draft", document), str))  # noqa: S704
    marks = _marks(page, problems)
    status = 422 if problems else 200
    return page.show("draft.html.j2", status, drafted=drafted, why=why, marks=marks, report=report, document=document)


def _edited(page: Page, path: str, begun: str | None, text: str, why: str, problems: tuple[Problem, ...]) -> Response:
    marks = _marks(page, problems)
    return page.show(
        "editor.html.j2",
        422 if problems else 200,
        file=path,
        begun=begun or "",
        new=begun is None,
        text=text,
        why=why,
        marks=marks,
    )


def _with(page: Page, draft: Draft) -> tuple[workspaces.Workspace, list[ruletest.Case]]:
    """The workspace, were a file so, and the rule tests in it. Raises Problems."""
    if draft.path.endswith(workspaces.BINARY):
        raise HTTPException(404)
    files.present(page.desk.root, draft.path)
    return files.looked_at(page.desk.root, {draft.path: _lines(draft.text)})


def _outcome(page: Page, outcome: ruletest.Outcome) -> list[str]:
    """What a rule test brought, a line each."""
    say, name = page.speaks.say, outcome.case.test.name
    differences = [f"{name}: {say(said.message, **said.values)}" for said in outcome.differences]
    return differences or [say("{name}: as expected", name=name)]


def _marks(page: Page, problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """What is wrong, as far as anybody reads."""
    marks = [_marked(page, problem) for problem in problems[:MOST_MARKS]]
    if more := len(problems) - len(marks):
        marks.append(_marked(page, Problem(problems[-1].file, "and {count} more places", {"count": more})))
    return marks


def _marked(page: Page, problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "width": problem.width,
        "place": problem.place(),
        "text": problem.text(page.speaks),
    }


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
