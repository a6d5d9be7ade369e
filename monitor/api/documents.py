"""What was sent, and what is declared: digests as they were written, the declarations in force and every version of them."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Path, Response

from monitor import workspace as workspaces
from monitor.acts.permission import Over, may, require
from monitor.api.frame import Caller, Name, PageNumber, PageSize, leads_to, paged
from monitor.desk import Desk
from monitor.model.act import Actor, Deed
from monitor.store import outbox, versions
from monitor.store.outbox import Written
from monitor.store.versions import Version

# A number that the database can hold.
Numbered = Annotated[int, Path(ge=1, le=2**31 - 1)]


def add(app: FastAPI, desk: Desk) -> None:
    """Add the ways to them."""
    _digests(app, desk)
    _files(app, desk)


def _digests(app: FastAPI, desk: Desk) -> None:
    @app.get(
        "/digests",
        operation_id="digests",
        responses=leads_to(digest=("digest", "digest", "id"), text=("text", "digest", "id")),
    )
    def digests(
        who: Caller, resolution: Name = "", route: Name = "", page: PageNumber = 1, size: PageSize = 100
    ) -> dict[str, Any]:
        """Digests and urgent letters, the latest first, for whoever may see the whole of their resolution."""
        with desk.engine.connect() as connection:
            found = [
                _told(each)
                for each in outbox.written(connection)
                if resolution in ("", each.stamp.resolution) and route in ("", each.stamp.route) and _sees(who, each)
            ]
        return paged(found, page, size)

    def one(who: Actor, key: int) -> Written:
        with desk.engine.connect() as connection:
            found = next((each for each in outbox.written(connection, key) if _sees(who, each)), None)
        if found is None:
            raise HTTPException(404, "there is no such digest")
        return found

    @app.get("/digests/{digest}", operation_id="digest")
    def digest(who: Caller, digest: Numbered) -> dict[str, Any]:
        """One digest, with its text."""
        found = one(who, digest)
        return {**_told(found), "text": found.text}

    @app.get("/digests/{digest}/text", operation_id="text", response_class=Response)
    def text(who: Caller, digest: Numbered) -> Response:
        """Its text alone, as it was sent."""
        return Response(one(who, digest).text, media_type="text/plain; charset=utf-8")


def _files(app: FastAPI, desk: Desk) -> None:
    def state(version: str) -> Version | None:
        """The version whose hash begins so, or the one in force. Raises HTTPException (404)."""
        with desk.engine.connect() as connection:
            if not version:
                return versions.in_force(connection)
            found = [v for v in versions.every(connection) if v.hash.startswith(version) and not v.problems]
        if not found or len({v.hash for v in found}) > 1:
            raise HTTPException(404, "there is no such version")
        return found[-1]

    def declared(version: str) -> tuple[str, dict[str, str]]:
        """A version's hash and its files; where none was kept yet, those on the disk."""
        kept = state(version)
        files = kept.files if kept is not None else workspaces.snapshot(desk.root)
        return kept.hash if kept is not None else workspaces.digest(files), files

    @app.get("/files", operation_id="files", responses=leads_to(file=("file", "path", "path")))
    def files(who: Caller, version: Name = "", page: PageNumber = 1, size: PageSize = 100) -> dict[str, Any]:
        """The declarations as they are in force, or were in a version."""
        require(who, Deed.READ_FILES)
        digest, found = declared(version)
        told = [
            {"path": path, "sha256": hashlib.sha256(_bytes(path, text)).hexdigest()} for path, text in found.items()
        ]
        return {"version": digest, **paged(told, page, size)}

    @app.get("/files/{path:path}", operation_id="file", response_class=Response)
    def file(who: Caller, path: Annotated[str, Path(max_length=300)], version: Name = "") -> Response:
        """One of them, as it stands."""
        require(who, Deed.READ_FILES)
        _, found = declared(version)
        if path not in found:
            raise HTTPException(404, "there is no such file")
        kind = "text/plain; charset=utf-8"
        if path.endswith(workspaces.BINARY):
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        return Response(_bytes(path, found[path]), media_type=kind)

    @app.get("/versions", operation_id="versions", responses=leads_to(files=("files", "version", "version")))
    def every(who: Caller, page: PageNumber = 1, size: PageSize = 100) -> dict[str, Any]:
        """Every state of the declarations that came into force or was refused, the latest first."""
        require(who, Deed.READ_FILES)
        with desk.engine.connect() as connection:
            kept = versions.every(connection)
        return paged(
            [
                {"version": v.hash, "seen": v.seen, "by": v.by, "why": v.why, "refused": [dict(p) for p in v.problems]}
                for v in reversed(kept)
            ],
            page,
            size,
        )


def _sees(who: Actor, written: Written) -> bool:
    """A digest speaks of all that its route chose: it is for those who may see everything."""
    return may(who, Deed.LOOK, Over(written.stamp.resolution, "", ""))


def _told(written: Written) -> dict[str, Any]:
    stamp = written.stamp
    named = {"id": written.id, "resolution": stamp.resolution, "route": stamp.route, "kind": stamp.kind.value}
    return {**named, "as_of": stamp.as_of, "composed": written.composed, "subject": written.subject}


def _bytes(path: str, text: str) -> bytes:
    return workspaces.bytes_of(FilePath(path), text)
